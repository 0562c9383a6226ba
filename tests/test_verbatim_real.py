"""Shapes in which real feeds hold an author's words, that the proof of her words must not take for others."""

from __future__ import annotations

import pytest

from pipeline.errors import NotVerbatim, TemplateProblem
from pipeline.render.verbatim import assert_hers, assert_set_in_text, plain
from tests.letters import ESSAY, letter_of
from tests.own_posts import a_post


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('<p>So we get: <img src="/a.png" alt="Screenshot 12"> Here it is.</p>', "So we get: Here it is."),
        ('<p>See you <img class="wp-smiley" src="/1f642.png" alt="🙂">.</p>', "See you 🙂."),
        (
            '<p>See <a href="/b">this<span class="screen-reader-text"> (opens a tab)</span></a> now.</p>',
            "this</a> now.",
        ),
        ("<p>A <svg><title>Link</title></svg>note and <span hidden>not </span>more.</p>", "A note and more."),
        ('<p>Her own <span style="display: none">old</span> words.</p>', "words."),
        ('<iframe src="https://www.youtube.com/embed/pO663z" width="720"></iframe>', "youtube.com"),
        ('<iframe src="https://www.youtube-nocookie.com/embed/pO663z"></iframe>', "youtube.com"),
        ('<video><source src="https://media.example/a.mp4">Get a browser.</video>', "media.example"),
        ('<iframe src="https://player.example/1" title="A talk I gave"></iframe>', "A talk I gave"),
    ],
    ids=[
        "picture inside a sentence",
        "emoji as a picture",
        "words for screen readers",
        "drawing inside a sentence",
        "hidden word",
        "player without a title",
        "player by another host",
        "video",
        "player with a title",
    ],
)
def test_what_stands_beside_her_words_is_not_taken_for_them(body: str, shown: str) -> None:
    assert shown in letter_of([a_post(ESSAY + body)]).html


@pytest.mark.parametrize(
    "body",
    [
        "<ul>"
        + "".join(
            f'<li>The note about the long evening has a number (<a href="/{n}">#17{n}</a>)</li>'
            for n in range(60, 75)
        )
        + "</ul>",
        "<pre><code>&gt;&gt; one\n=&gt; two\n&gt;&gt; three</code></pre>",
        f"<p>{'and then we walked on -> ' * 12}</p>",
        f'<p>{"a word or two more " * 8}<a href="/n">the note </a>and [12] on.</p>',
        "<blockquote><p>" + "she wrote > he wrote " * 8 + "</p></blockquote>",
    ],
    ids=["link in brackets at a line's end", "code", "arrows", "number of hers", "quotation with a mark"],
)
def test_setting_them_as_text_does_not_change_them(body: str) -> None:
    assert letter_of([a_post(ESSAY + body)]).text


def test_a_player_at_an_address_on_the_blog_itself_is_named_after_the_blog() -> None:
    assert plain('<iframe src="/player/1"></iframe>', "https://blog.example/a") == "blog.example"


def test_an_address_that_is_none_names_nothing() -> None:
    assert plain('<p>One</p><iframe src="https://[oops/1"></iframe>') == "One"


def test_words_beside_hers_are_no_way_to_put_words_into_her_sentences() -> None:
    source = plain('<p>I never said <img src="/a.png" alt="anything of that"> kind.</p>')
    with pytest.raises(NotVerbatim):
        assert_hers([("a", "I never said anything of that kind.")], {"a": source})


def test_a_word_that_is_lost_from_the_text_is_still_missed() -> None:
    with pytest.raises(TemplateProblem):
        assert_set_in_text("We walked\non [1] slowly.", [("a", "We walked on very slowly.")])


def test_a_whole_page_pasted_into_a_post_is_read_to_its_end() -> None:
    page = f"<html><head><title>x</title></head><body class='b'>{ESSAY}</body></html><p>One thing more.</p>"
    assert "One thing more." in letter_of([a_post(page)]).html
