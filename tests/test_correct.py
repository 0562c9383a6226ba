"""A post that changed after it was mailed: told, and mailed once more by the author's word alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.app.context import App
from pipeline.app.correct import changed_since_mailed, correct, leave_as_mailed
from pipeline.app.draft import compose_issue, eligible, prepare
from pipeline.app.mail import send
from pipeline.app.reports import standing
from pipeline.app.yes import approve
from pipeline.cli.main import cli
from pipeline.errors import NotAllowed, UsageError
from pipeline.model import Post
from tests.practice import WORDS, approved, clock_of, collected, item, never, practice, write_feed

NOV = datetime(2026, 11, 28, 9, tzinfo=UTC)
DEC = datetime(2026, 12, 28, 9, tzinfo=UTC)
OLD = "<p>The line in the hall is open until six.</p>"
NEW = "<p>The line in the hall is open until nine.</p>"


def blog(folder: Path, body: str, *more: str) -> None:
    write_feed(folder, *more, item("Keeping company", WORDS * 3 + body, "03 Nov 2026"))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    blog(tmp_path, OLD)
    with practice(tmp_path, NOV) as app:
        approved(app)
        list(send(app, "2026-11", stop=never))
        yield app


def the_post(app: App) -> Post:
    (post,) = (p for p in app.store.posts.known(app.settings.feed_sources[0]) if p.title == "Keeping company")
    return post


def changes(app: App, folder: Path, body: str = NEW, *more: str) -> Post:
    clock_of(app).time = clock_of(app).time + timedelta(days=1)
    blog(folder, body, *more)
    collected(app)
    return the_post(app)


def december(app: App) -> None:
    clock_of(app).time = DEC


def test_a_mailed_post_that_stays_is_not_told(app: App) -> None:
    assert changed_since_mailed(app) == ()


def test_other_marks_and_markup_are_no_change(app: App, tmp_path: Path) -> None:
    changes(app, tmp_path, OLD.replace("<p>", "<div class='x'>").replace("six.", "six!"))
    assert changed_since_mailed(app) == ()


def test_other_words_are_told_and_nothing_is_done(app: App, tmp_path: Path) -> None:
    post = changes(app, tmp_path)
    (told,) = changed_since_mailed(app)
    assert (told.post, told.issue, told.asked) == (post, "2026-11", False)
    assert standing(app).changed == (told,)
    december(app)
    assert eligible(app, "2026-12") == ()


def test_by_the_authors_word_it_goes_once_more_and_says_so(app: App, tmp_path: Path) -> None:
    post = changes(app, tmp_path, NEW, item("A new one", WORDS * 4, "05 Dec 2026"))
    asked = correct(app, post.id)
    assert (asked.issue, asked.asked) == ("2026-11", True)
    assert correct(app, post.id).issue == asked.issue, "saying it twice is saying it once"
    december(app)
    issue = compose_issue(app, "2026-12")
    assert [placed.title for placed in issue.posts] == ["A new one", "Keeping company"], "it does not lead"
    letter = prepare(app, "2026-12").letter
    assert "Corrected since the letter of November 2026." in letter.html
    assert "Corrected since the letter of November 2026." in letter.text
    approve(app, "2026-12", 3)
    list(send(app, "2026-12", stop=never))
    assert changed_since_mailed(app) == ()
    assert eligible(app, "2027-01") == ()


def test_a_corrected_post_may_be_corrected_again(app: App, tmp_path: Path) -> None:
    correct(app, changes(app, tmp_path).id)
    december(app)
    compose_issue(app, "2026-12")
    approve(app, "2026-12", 3)
    list(send(app, "2026-12", stop=never))
    post = changes(app, tmp_path, "<p>The line in the hall is open until ten.</p>")
    assert [(one.issue, one.asked) for one in changed_since_mailed(app)] == [("2026-12", False)]
    assert correct(app, post.id).issue == "2026-12"
    assert the_post(app).edition == 2


def test_another_post_at_the_old_address_is_not_called_a_correction(app: App, tmp_path: Path) -> None:
    post = changes(app, tmp_path)
    correct(app, post.id, as_new=True)
    december(app)
    compose_issue(app, "2026-12")
    assert "Corrected" not in prepare(app, "2026-12").letter.html


def test_the_word_can_be_taken_back(app: App, tmp_path: Path) -> None:
    post = changes(app, tmp_path)
    correct(app, post.id)
    december(app)
    assert eligible(app, "2026-12") == (the_post(app),)
    leave_as_mailed(app, post.id)
    assert eligible(app, "2026-12") == ()
    assert [one.asked for one in changed_since_mailed(app)] == [False]
    with pytest.raises(NotAllowed, match="nothing to take back"):
        leave_as_mailed(app, post.id)


def test_a_visit_that_was_under_way_does_not_undo_the_word(app: App, tmp_path: Path) -> None:
    before = changes(app, tmp_path)
    correct(app, before.id)
    app.store.posts.commit(app.store.posts.feed(before.feed), [before])
    assert (the_post(app).edition, the_post(app).corrects) == (1, "2026-11")


def test_what_cannot_be_corrected_says_why(app: App, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no post's id"):
        correct(app, "nothing")
    with pytest.raises(NotAllowed, match=r"reads as it was mailed in 2026-11\n.*warmletter collect"):
        correct(app, the_post(app).id)
    blog(tmp_path, OLD, item("Unmailed", WORDS, "29 Nov 2026"))
    collected(app)
    unmailed = next(p for p in app.store.posts.known(app.settings.feed_sources[0]) if p.title == "Unmailed")
    with pytest.raises(NotAllowed, match="was not mailed yet"):
        correct(app, unmailed.id)


def test_by_command(app: App, tmp_path: Path) -> None:
    post = changes(app, tmp_path)

    def said(*words: str) -> str:
        result = CliRunner().invoke(cli, [*words, "--config", str(tmp_path / "config.toml")])
        assert result.exit_code == 0, result.output
        return result.output

    told = f"in 2026-11; nothing is sent unless you say so: `warmletter correct {post.id}`"
    assert told in said("status")
    assert "goes once more with the next letter, as a correction of 2026-11." in said("correct", post.id)
    assert "--undo` takes that back" in said("held")
    assert "stays as it was mailed." in said("correct", post.id, "--undo")
    assert "goes once more with the next letter." in said("correct", post.id, "--as-new")
