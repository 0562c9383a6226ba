"""The letter as HTML and text: hers, whole, unchanged, and the same bytes every time."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import NotVerbatim, TemplateProblem
from pipeline.model import Choices, ReadPost
from pipeline.read import read_html
from pipeline.render.templates import Templates
from pipeline.render.text import wrap
from pipeline.render.verbatim import ATTRIBUTE, assert_set_in_text, normalised, plain
from pipeline.render.words import words
from tests.letters import (
    BY_MAIL,
    ESSAY,
    HOUSE,
    SENTENCES,
    essay,
    issue_of,
    letter_of,
    message_of,
)
from tests.own_posts import NAMES, a_post, own_post, seed_post


def shown(html: str) -> str:
    (body,) = lxml.html.document_fromstring(html).iter("body")
    return plain(lxml.html.tostring(body, encoding="unicode"))


def two() -> list[ReadPost]:
    return [
        essay(),
        a_post(
            f"<p>{SENTENCES * 3}</p><h2>One</h2><p>{SENTENCES * 2}</p><p>{SENTENCES * 2}</p>",
            id="b2",
            title="Five o’clock & after",
            day=2,
        ),
    ]


def test_the_same_input_gives_the_same_bytes() -> None:
    assert letter_of(two()) == letter_of(two())


def test_all_the_leads_words_are_in_both_parts_in_order() -> None:
    letter = letter_of([essay()])
    for paragraph in re.findall("<p>(.*?)</p>", ESSAY):
        assert normalised(paragraph) in shown(letter.html)
        assert normalised(paragraph) in normalised(letter.text)


@pytest.mark.parametrize("name", NAMES)
def test_every_shape_of_post_makes_a_letter_that_holds_its_words(name: str) -> None:
    post = own_post(name, title="A title of hers")
    letter = letter_of([post])
    for block in post.reading.blocks[: issue_of([post]).posts[0].shown]:
        assert normalised(block.text) in shown(letter.html)


def test_another_post_is_shortened_and_its_link_names_it() -> None:
    letter = letter_of(two(), choices=Choices(lead="a1"))
    assert "Read on: Five o’clock & after" in shown(letter.html)
    assert 'href="https://blog.example/b2"' in letter.html
    assert "Read on: Five o’clock & after\nhttps://blog.example/b2" in letter.text


def test_with_a_note_the_greeting_comes_before_it_and_the_title_after() -> None:
    letter = letter_of([essay()], choices=Choices(note="It has been a *wet* month.\n\nThank you <b>all</b>."))
    text = shown(letter.html)
    text = text.replace(letter.preheader, "", 1)
    order = ("-greeting-", "It has been a wet month.", "Keeping company", "We sat")
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "<em" in letter.html
    assert "Thank you <b>all</b>." in unescape(letter.html), "raw HTML in a note stays text"


def test_narrative_bullets_are_vignettes_and_no_list() -> None:
    letter = letter_of([own_post("moments")])
    assert "<li" not in letter.html
    assert 'class="vignette' in letter.html


def test_the_seeds_bullets_are_set_as_vignettes() -> None:
    post = seed_post()
    letter = letter_of([post])
    assert letter.subject == post.post.title
    assert "<li" not in letter.html
    assert letter.html.count('class="vignette') == 5 + 2  # five paragraphs, their table and its cell
    assert words("en").say("checklist_line") not in letter.html


def checklist() -> ReadPost:
    steps = "".join(
        f"<li>{verb} slowly for a count of four.</li>" for verb in ("Breathe", "Sit", "Walk", "Stop")
    )
    return a_post(
        ESSAY + f"<h2>Four steps to try</h2><p>Try these steps:</p><ol>{steps}</ol>",
        id="c3",
        title="Four steps",
    )


def test_a_checklist_is_set_quieter_under_a_line_that_frees_the_reader() -> None:
    letter = letter_of([checklist()])
    line = words("en").say("checklist_line")
    assert shown(letter.html).count(line) == 1
    assert 'ol class="quiet"' in letter.html
    assert line in letter.text
    assert "1. Breathe slowly" in letter.text


def test_the_line_over_a_checklist_is_hers_to_edit() -> None:
    letter = letter_of([checklist()], house=replace(HOUSE, checklist_line="One of these is plenty."))
    assert "One of these is plenty." in shown(letter.html)
    assert "One of these is plenty." in letter.text


def test_a_list_inside_a_list_is_nested_and_keeps_its_numbers() -> None:
    body = (
        ESSAY + "<ol start='3'><li>The office is open on Mondays<ul><li>by phone</li>"
        "<li>by post</li></ul></li><li>The office is shut on Fridays</li></ol>"
    )
    letter = letter_of([a_post(body, id="d4")])
    tree = lxml.html.document_fromstring(letter.html)
    (outer,) = tree.iter("ol")
    assert outer.get("start") == "3"
    (inner,) = outer.iter("ul")
    items = [plain(lxml.html.tostring(li, encoding="unicode")) for li in inner.iter("li")]
    assert items == ["by phone", "by post"]
    assert "3. The office is open on Mondays\n   * by phone" in letter.text
    assert "4. The office is shut" in letter.text


def test_links_emphasis_and_line_breaks_come_through_both_parts() -> None:
    body = ESSAY + (
        '<p>See <a href="/one">the <em>first</em> part</a> and <a href="https://blog.example/one">again</a>.</p>'
        "<p>Roses are red<br>and <strong>so on</strong></p>"
    )
    letter = letter_of([a_post(body, id="e5")])
    assert ">the </a>" in letter.html
    assert "the first part [1] and again [1]" in letter.text
    assert "[1] https://blog.example/one" in letter.text
    assert "Roses are red\nand so on" in letter.text
    assert "Roses are red<br>" in letter.html


def test_a_quotation_is_marked_and_a_picture_is_a_line_that_fetches_nothing() -> None:
    body = ESSAY + (
        "<blockquote><p>To be heard is to be mended a little, somebody wrote.</p></blockquote>"
        '<figure><img src="/tree.jpg" alt="A bare tree">'
        "<figcaption>The hornbeam in March</figcaption></figure>"
        '<img src="/cup.jpg" alt="A cup"><img src="/IMG_2034.jpg" alt="">'
    )
    letter = letter_of([a_post(body, id="f6")])
    assert "<blockquote" in letter.html
    assert "<img" not in letter.html
    assert "The hornbeam in March" in shown(letter.html)
    assert "> To be heard" in letter.text
    assert "[See the picture: A cup]" in letter.text


def test_a_post_that_is_only_mentioned_for_care_has_its_note_and_its_lines() -> None:
    post = essay("<p>Years ago a friend of mine died by suicide, and nobody said the word.</p>")
    for part in (shown(letter_of([post]).html), normalised(letter_of([post]).text)):
        assert "this piece mentions suicide" in part
        assert "116 123" in part
    abroad = letter_of([post], house=replace(HOUSE, country="BR"))
    assert "findahelpline.com" in shown(abroad.html)


def test_a_topic_that_is_no_crisis_has_a_note_without_lines() -> None:
    post = essay(
        "<p>Grief came and sat down. My grief was not loud. In grief we are slow.</p>", title="On grief"
    )
    letter = letter_of([post])
    assert "about grief" in shown(letter.html)
    assert "116 123" not in letter.html


def test_merge_tags_and_markup_in_a_post_stay_the_text_they_are() -> None:
    hostile = "{{ 7*7 }} {% raw %} *|EMAIL|* %recipient.x% &lt;script&gt;alert(1)&lt;/script&gt; w-greeting-"
    letter = letter_of([essay(f"<p>{hostile}</p>")])
    for part in (shown(letter.html), normalised(letter.text)):
        assert normalised(unescape(hostile)) in part
    assert "<script" not in letter.html


def test_a_reader_without_a_name_is_greeted_all_the_same() -> None:
    letter = letter_of([essay()])
    assert "Dear Anna," in message_of(letter).text
    assert message_of(letter, name="").text.startswith("Hello,")


def test_a_name_is_escaped_for_its_place() -> None:
    message = message_of(letter_of([essay()]), name='<b>"A" & B</b>')
    assert "Dear &lt;b&gt;&quot;A&quot; &amp; B&lt;/b&gt;," in message.html
    assert 'Dear <b>"A" & B</b>,' in message.text


def test_no_placeholder_is_left_in_a_filled_mail() -> None:
    letter = letter_of([essay()])
    message = message_of(letter)
    assert letter.mark not in message.html + message.text
    assert "https://letters.practice.example/u/t0ken" in message.html
    assert message.text.rstrip().endswith("https://letters.practice.example/u/t0ken")


def test_leaving_by_web_is_one_click_and_by_mail_names_nobody() -> None:
    letter = letter_of([essay()])
    headers = dict(message_of(letter).headers)
    assert headers["List-Unsubscribe"].startswith("<https://letters.practice.example/u/t0ken>, <mailto:")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Id"] == "The Quiet Room <letter.practice.example>"
    assert headers["Message-ID"] == "<0123456789abcdef@practice.example>"

    by_mail = message_of(letter_of([essay()], leaving=BY_MAIL), leaving=BY_MAIL)
    assert "List-Unsubscribe-Post" not in dict(by_mail.headers)
    assert "mailto:miriam@practice.example?subject=" in by_mail.html
    assert "t0ken" not in by_mail.html + by_mail.text + str(by_mail.headers)
    assert "anna" not in by_mail.html.lower().replace("dear anna,", "")


def test_a_post_whose_words_changed_since_it_was_composed_is_not_sent() -> None:
    post = essay()
    issue = issue_of([post], Choices(quote="The rain had made up its mind, and so had she."))
    quote = issue.quote
    assert quote is not None
    invented = replace(issue, quote=replace(quote, text="She never said this."))
    with pytest.raises(NotVerbatim, match="She never said this"):
        letter_of([post], issue=invented)
    with pytest.raises(NotVerbatim):
        letter_of([post], issue=replace(issue, posts=(replace(issue.posts[0], title="Another title"),)))


def test_a_block_that_the_post_does_not_hold_is_caught() -> None:
    post = essay()
    forged = read_html(ESSAY.replace("kept company", "kept a secret"), title="Keeping company", base="")
    with pytest.raises(NotVerbatim, match="secret"):
        letter_of([replace(post, reading=forged)])


def test_words_that_begin_inside_a_word_of_hers_are_not_hers() -> None:
    post = a_post(f"<p>I am a therapist. {SENTENCES}</p>", id="a1")
    issue = issue_of([post], Choices(quote=""))
    placed = replace(issue.posts[0], title="rapist.")
    with pytest.raises(NotVerbatim):
        letter_of([post], issue=replace(issue, posts=(placed,)))


@pytest.mark.parametrize(
    ("name", "part", "broken"),
    [
        ("runs", "{{ run.text }}", "{{ run.text | truncate(20) }}"),
        ("runs", "{{ run.text }}", "{{ run.text | upper }}"),
        ("pieces", "{% for piece in all -%}", "{% for piece in all[1:] -%}"),
        ("pieces", "{% for piece in all -%}", "{% for piece in all | reverse -%}"),
        ("runs", "{{ run.text }}", "{{ run.text }} indeed"),
        ("pieces", "{% for piece in all -%}", "{% for piece in all + all -%}"),
    ],
    ids=["cut", "shouted", "lost", "reordered", "added", "twice"],
)
def test_a_template_that_alters_her_words_is_refused(
    tmp_path: Path, name: str, part: str, broken: str
) -> None:
    name = f"letter/parts/{name}.html"
    source = (Path(__file__).parents[1] / "templates" / name).read_text("utf-8")
    assert part in source
    mine = tmp_path / name
    mine.parent.mkdir(parents=True)
    mine.write_text(source.replace(part, broken), "utf-8")
    with pytest.raises(TemplateProblem, match="does not set the author's words"):
        letter_of([essay()], templates=Templates(tmp_path))


def test_a_text_template_that_loses_her_words_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter").mkdir()
    (tmp_path / "letter" / "body.txt").write_text("{{ greeting }}\n{{ leave }}\n")
    with pytest.raises(TemplateProblem, match=r"body\.txt"):
        letter_of([essay()], templates=Templates(tmp_path))


def test_one_part_is_overridden_by_one_file(tmp_path: Path) -> None:
    (tmp_path / "letter" / "parts").mkdir(parents=True)
    (tmp_path / "letter" / "parts" / "sign_off.html").write_text("<p>Warmly, {{ house.author }}</p>")
    letter = letter_of([essay()], templates=Templates(tmp_path))
    assert "Warmly, Miriam" in shown(letter.html)
    assert "Unsubscribe" in shown(letter.html)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ house.autor }}", "autor"),
        ("{% if %}", "sign_off.html, line 1"),
        ("{% include 'letter/parts/none.html' %}", "none.html is not there"),
        ("{{ 1 / 'a' }}", ""),
        ("{{ ''.__class__.__mro__ }}", "sign_off.html"),
    ],
    ids=["undefined", "syntax", "missing", "type", "escape"],
)
def test_a_broken_template_is_named_with_its_line(tmp_path: Path, source: str, said: str) -> None:
    (tmp_path / "letter" / "parts").mkdir(parents=True)
    (tmp_path / "letter" / "parts" / "sign_off.html").write_text(source)
    with pytest.raises(TemplateProblem) as caught:
        letter_of([essay()], templates=Templates(tmp_path))
    assert said in str(caught.value)


def test_a_style_sheet_cannot_leave_its_element(tmp_path: Path) -> None:
    (tmp_path / "letter").mkdir()
    (tmp_path / "letter" / "style.css").write_text("p {}</style><script>")
    with pytest.raises(TemplateProblem, match="style"):
        letter_of([essay()], templates=Templates(tmp_path))


def test_no_mark_of_the_proof_is_left_in_the_letter() -> None:
    assert ATTRIBUTE not in letter_of([essay()]).html


def test_styles_stand_on_the_elements_and_mail_survives_without_its_head() -> None:
    letter = letter_of([essay("<h2>One</h2><ul><li>x y z</li></ul>")])
    tree = lxml.html.document_fromstring(letter.html)
    for tag in ("h1", "h2", "p", "li", "a"):
        for element in tree.iter(tag):
            assert "color" in (element.get("style") or ""), f"{tag} has no colour of its own"
    for table in tree.iter("table"):
        assert table.get("role") == "presentation"
    assert letter.html.count("<style") == 2


def test_lines_of_text_are_at_most_72_columns_but_for_addresses() -> None:
    letter = letter_of(two())
    long = [line for line in message_of(letter).text.split("\n") if len(line) > 72 and "://" not in line]
    assert long == []


@given(st.text(min_size=1, max_size=400))
def test_wrapping_changes_no_word(text: str) -> None:
    assert wrap(text).split() == text.split()


@given(
    st.lists(
        st.sampled_from(["<p>", "</p>", "<b>", "a b", "&amp;", "<li>", "é", "<br>", "\x00", "<!--", "<"])
    )
)
def test_the_plain_words_of_any_html_are_found_without_an_error(parts: list[str]) -> None:
    assert plain("".join(parts)) == normalised(plain("".join(parts)))


def test_plain_words_leave_out_what_is_not_read() -> None:
    assert plain("<p>One<script>two</script> three<!-- four --><br>five</p>six<img alt='seven'>") == (
        "One three five six seven"
    )


def test_text_that_lacks_her_words_is_refused() -> None:
    assert_set_in_text("One two\nthree [1] four", [("a", "two three four")])
    with pytest.raises(TemplateProblem):
        assert_set_in_text("One three", [("a", "One two three")])


def test_another_language_keeps_its_own_letter_words_in_english_until_there_are_any() -> None:
    assert words("en-GB") == words("en")
    assert words("xx").say("greeting", name="A") == "Dear A,"
    assert words("crisis").language == "en"


@pytest.mark.parametrize(
    ("topics", "said"),
    [
        (["grief"], "grief"),
        (["grief", "suicide"], "grief and suicide"),
        (["grief", "suicide", "eating"], "grief, suicide and eating and the body"),
    ],
)
def test_topics_are_named_in_words(topics: list[str], said: str) -> None:
    assert words("en").series(topics) == said


def test_a_post_in_another_language_says_so_to_a_screen_reader() -> None:
    german = a_post("<p>" + "Wir saßen eine Weile da, und der Regen hörte nicht auf. " * 9 + "</p>", id="g1")
    letter = letter_of([essay(), german], choices=Choices(lead="a1"))
    tree = lxml.html.document_fromstring(letter.html)
    assert tree.get("lang") == "en"
    assert [e.tag for e in tree.iter() if e.get("lang") == "de"] == ["h2", "div"]
    alone = lxml.html.document_fromstring(letter_of([german]).html)
    assert [e.tag for e in alone.iter() if e.get("lang") == "de"] == ["h1", "div"]
    foreign = letter_of([essay()], house=replace(HOUSE, language="xx"))
    assert lxml.html.document_fromstring(foreign.html).get("lang") == "en", "its own words are English"


def test_the_plain_voice_has_no_paper_and_no_rules() -> None:
    warm, plain_one = letter_of([checklist()]), letter_of([checklist()], house=replace(HOUSE, style="plain"))
    assert "bgcolor" in warm.html
    assert "bgcolor" not in plain_one.html
    assert plain_one.text == warm.text
