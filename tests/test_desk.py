"""What the author does at the desk, and what becomes of it."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.app import mail
from pipeline.app.collect import collect
from pipeline.desk.inboxes import LISTS, cut, seen
from pipeline.desk.note import tree
from pipeline.desk.plainly import plain, without_commands
from pipeline.model import Choices, Issue, IssueRecord, IssueState
from tests.desks import Author, a_feed, a_site, room_in
from tests.practice import WORDS, item, never, with_readers, write_feed


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    a_feed(tmp_path)
    one = Author(a_site(tmp_path))
    assert one.post("/make").status_code == 303
    yield one
    room_in(one.site).close()


def record(author: Author, name: str = "2026-11") -> IssueRecord:
    found = author.app.store.issues.get(name)
    assert found
    return found


def draft(author: Author) -> Issue:
    found = record(author).draft
    assert found
    return found


def approve(author: Author, typed: str = "3") -> int:
    (fingerprint,) = re.findall(r'name="fingerprint" value="(\w+)"', author.get("/").text)
    answer = author.post("/approve", {**author.seal(), "readers": typed, "fingerprint": fingerprint})
    return int(answer.status_code)


def test_her_choices_are_in_the_letter_and_stay_through_a_new_look_at_the_blog(
    author: Author, tmp_path: Path
) -> None:
    _, second, third = (placed.post for placed in draft(author).posts)
    assert author.choose("lead", second).headers["Location"] == "/?said=saved"
    author.choose("leave-out", third)
    author.choose("subject", "A letter for dark afternoons")
    author.choose("preheader", "We sat a while before either of us spoke, and that was enough.")
    author.choose("quote", "none")
    author.post("/note", {**author.seal(), "value": "Dear all,\r\n\r\nit *rained*."})
    a_feed(tmp_path, item("A fourth", WORDS * 2, "15 Nov 2026"))
    assert author.post("/look").status_code == 303
    issue = draft(author)
    assert issue.lead == second
    assert (issue.subject, issue.quote) == ("A letter for dark afternoons", None)
    assert issue.preheader == "We sat a while before either of us spoke, and that was enough."
    assert issue.note == "Dear all,\n\nit *rained*."
    assert [out.post for out in issue.left_out] == [third]
    assert {placed.title for placed in issue.posts} == {"The slow hour", "Rain on the window", "A fourth"}
    page = author.get("/").text
    assert "A letter for dark afternoons" in page
    assert "it *rained*." in page
    assert "it <em>rained</em>." in author.get("/letter").text


def test_everything_can_be_undone_step_by_step(author: Author) -> None:
    _, second, third = (placed.post for placed in draft(author).posts)
    states = [record(author).choices]
    (fine,) = re.findall(r'name="value" value="([0-9a-f]{6})"', author.get("/").text)
    steps = [
        ("lead", second),
        ("leave-out", second),
        ("put-back", second),
        ("leave-out", third),
        ("put-back", third),
        ("subject", "One"),
        ("subject", ""),
        ("preheader", "Another line, long enough to be a line."),
        ("quote", "none"),
        ("forget", "quote"),
        ("fine", fine),
        ("wait", third),
        ("put-back", third),
        ("order", f"{third} {second}"),
        ("forget", "order"),
        ("care", second),
    ]
    for what, value in steps:
        assert author.choose(what, value, wanted="on").status_code == 303, what
        states.append(record(author).choices)
    assert len(states[-1].fine) == 1
    assert states[-1].care == ((second, True),)
    for kept in reversed(states[:-1]):
        assert author.post("/undo", author.seal()).headers["Location"] == "/?said=undone"
        assert record(author).choices == kept
    assert record(author).choices == Choices()
    assert author.post("/undo", author.seal()).status_code == 400


def test_a_note_that_is_saved_while_it_is_typed_is_one_step(author: Author) -> None:
    for text in ("D", "Dear", "Dear all."):
        answer = author.post("/note", {**author.seal(), "value": text}, Accept="application/json")
        assert answer.json["version"] == author.seal()["version"]
    assert draft(author).note == "Dear all."
    author.post("/undo", author.seal())
    assert draft(author).note == ""


def test_a_ps_is_written_like_the_note_and_undone_by_itself(author: Author) -> None:
    author.post("/note", {**author.seal(), "value": "Dear all."})
    for text in ("Te", "Tea is *on*."):
        answer = author.post("/note", {**author.seal(), "what": "ps", "value": text})
        assert answer.headers["Location"] == "/?said=saved#ps"
    assert "<em>P.S.</em> <span>Tea is <em>on</em>.</span>" in author.get("/letter").text
    assert "Undo: your P.S." in author.get("/").text
    author.post("/undo", author.seal())
    assert (draft(author).note, draft(author).ps) == ("Dear all.", "")


def test_a_post_is_moved_and_whichever_comes_first_leads(author: Author) -> None:
    first, second, third = (placed.post for placed in draft(author).posts)
    page = author.get("/").text
    assert f'value="{first} {third} {second}"' in page  # ▼ of the second, ▲ of the third
    author.choose("order", f"{first} {third} {second}")
    assert [placed.post for placed in draft(author).posts] == [first, third, second]
    assert record(author).choices.lead is None
    author.choose("order", f"{third} {first} {second}")
    assert [placed.post for placed in draft(author).posts] == [third, first, second]
    assert record(author).choices.lead == third
    assert author.choose("order", " ").status_code == 400
    assert author.choose("order", "no-post").status_code == 400


def test_a_post_that_waits_is_said_to_and_can_be_put_back(author: Author) -> None:
    _, second, third = (placed.post for placed in draft(author).posts)
    author.choose("lead", second)
    author.choose("wait", second)
    assert record(author).choices.wait == (second,)
    assert record(author).choices.lead is None
    assert "You chose to let it wait for the next letter." in author.get("/").text
    author.choose("put-back", second)
    assert {placed.post for placed in draft(author).posts} >= {second, third}


def test_a_word_on_a_held_post_and_on_readers_can_be_taken_back(author: Author, tmp_path: Path) -> None:
    a_feed(tmp_path, item("TEST", "<p>test</p>", "13 Nov 2026"))
    author.post("/look")
    (held,) = author.app.store.posts.held()
    for what, words in (("release", "a post that may go in"), ("drop", "a post that stays out")):
        author.post("/held", {"what": what, "value": held.id})
        assert author.app.store.posts.held() == ()
        assert f"Undo: {words}" in author.get("/").text
        author.post("/undo", author.seal())
        assert author.app.store.posts.held() == (held,)
    some = {"addresses": "Anna anna@example.org\nbo@example.org", "consent": "asked"}
    author.post("/readers", some)
    author.post("/readers", some)  # the same once more adds nobody, and is no step
    assert author.app.store.readers.count_active() == 2
    assert "Undo: 2 readers added" in author.get("/").text
    author.post("/undo", author.seal())
    assert author.app.store.readers.all() == ()


def test_a_trouble_that_was_put_aside_comes_back_by_undo(author: Author, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").unlink()
    author.post("/look")
    (url,) = (feed.url for feed in author.app.store.posts.feeds())
    author.post("/aside", {"value": f"feed {url}"})
    assert "could not be read" not in author.get("/").text
    author.post("/undo", author.seal())
    assert "could not be read" in author.get("/").text


def test_a_care_note_is_taken_away_and_put_back(author: Author, tmp_path: Path) -> None:
    hard = WORDS * 3 + "<p>Years ago a friend of mine died by suicide, and nobody said the word.</p>"
    a_feed(tmp_path, item("A hard one", hard, "14 Nov 2026"))
    author.post("/look")
    post = next(placed.post for placed in draft(author).posts if placed.title == "A hard one")
    assert "A care note stands before it: it mentions suicide, with the crisis line." in author.get("/").text
    author.choose("care", post, wanted="off")
    page = author.get("/").text
    assert "It mentions suicide, with the crisis line; you took the care note away." in page
    assert "is left out by your choice" in page
    assert "116 123" not in author.get("/letter").text
    author.choose("care", post, wanted="on")
    assert "116 123" in author.get("/letter").text


def test_past_letters_count_who_left_since_and_not_who_left_before(author: Author) -> None:
    store, now = author.app.store, author.app.clock.now()
    with_readers(author.app, 5)
    store.readers.remove("reader0@example.org", now - timedelta(days=1))
    assert approve(author, "4") == 303
    list(mail.send(author.app, "2026-11", stop=never))
    store.readers.remove("reader1@example.org", now + timedelta(days=2))
    store.readers.remove("reader2@example.org", now + timedelta(days=3))
    page = author.get("/past").text
    assert "<td>4</td><td>4</td><td>–</td><td>–</td><td>–</td><td>2</td>" in page


def test_the_yes_can_follow_a_note_without_loading_the_page_anew(author: Author) -> None:
    with_readers(author.app)
    saved = author.post("/note", {**author.seal(), "value": "Dear all."}, Accept="application/json").json
    yes = {"letter": "2026-11", "readers": "3", **saved}
    assert author.post("/approve", yes).status_code == 303
    assert record(author).state is IssueState.APPROVED


def test_two_windows_do_not_overwrite_each_other(author: Author) -> None:
    other_window = author.seal()
    author.choose("subject", "Mine")
    late = author.post("/choose", {**other_window, "what": "subject", "value": "Theirs"})
    assert late.status_code == 409
    assert "Changed in another window" in late.text
    note = author.post("/note", {**other_window, "value": "Theirs"}, Accept="application/json")
    assert note.status_code == 409
    assert author.post("/undo", other_window).status_code == 409
    assert author.post("/skip", other_window).status_code == 409
    assert record(author).choices == Choices(subject="Mine")


def test_a_question_is_asked_until_she_says_that_it_is_fine(author: Author) -> None:
    page = author.get("/").text
    assert "this will cure your anxiety" in page
    (name,) = re.findall(r'name="value" value="([0-9a-f]{6})"', page)
    author.choose("fine", name)
    assert "This is fine" not in author.get("/").text


def test_the_yes_is_for_the_number_she_types_and_the_letter_she_saw(author: Author) -> None:
    assert 'name="fingerprint"' not in author.get("/").text
    with_readers(author.app)
    page = author.get("/").text
    assert "<strong>3 readers</strong>" in page
    assert "Tuesday, 1 December 2026, at 09:00" in page
    assert approve(author, "4") == 400
    assert approve(author, "three") == 400
    wrong = author.post("/approve", {**author.seal(), "readers": "3", "fingerprint": "0" * 64})
    assert wrong.status_code == 409
    assert record(author).state is IssueState.DRAFT
    assert approve(author, "3") == 303
    assert record(author).state is IssueState.APPROVED
    assert "You said yes" in author.get("/").text
    assert author.post("/unapprove", author.seal()).status_code == 303
    assert record(author).state is IssueState.DRAFT


def test_a_change_after_the_yes_takes_it_back(author: Author) -> None:
    with_readers(author.app)
    assert approve(author) == 303
    author.choose("subject", "Something else")
    assert (record(author).state, record(author).approval) == (IssueState.DRAFT, None)


def test_nothing_is_sent_without_a_yes(author: Author, tmp_path: Path) -> None:
    with_readers(author.app)
    answer = author.post("/send", author.seal())
    assert answer.status_code == 400
    assert "Nobody has said yes" in answer.text
    assert list(tmp_path.glob("outbox/**/*.eml")) == []


def test_the_letter_goes_out_and_its_report_adds_up(author: Author, tmp_path: Path) -> None:
    with_readers(author.app, 7)
    assert approve(author, "7") == 303
    assert author.post("/send", author.seal()).status_code == 303
    told = author.get("/progress?letter=2026-11").text
    room_in(author.site).courier.close()
    last = told.strip().rpartition("data: ")[2]
    assert '"frozen": 7' in last
    assert record(author).state is IssueState.SENT
    assert len(list(tmp_path.glob("outbox/**/*.eml"))) == 7
    past = author.get("/past").text
    assert "<td>7</td><td>7</td><td>–</td><td>–</td><td>–</td><td>–</td>" in past
    assert "Your readers are not watched" in past.replace("your", "Your")
    assert "example.org" not in past
    assert author.post("/send", author.seal()).status_code == 400


def test_a_letter_under_way_is_paused_goes_on_and_is_stopped(author: Author) -> None:
    with_readers(author.app, 3)
    assert approve(author) == 303
    next(iter(mail.send(author.app, "2026-11", stop=never)))  # frozen, and then the computer stopped
    page = author.get("/").text
    assert "Begun, and resting" in page
    assert "Go on sending from here" in page
    assert author.post("/pause", author.seal()).status_code == 303
    assert "Paused" in author.get("/").text
    assert author.post("/cancel", author.seal()).status_code == 303
    assert record(author).state is IssueState.CANCELLED
    assert author.post("/pause", author.seal()).status_code == 400


def test_a_test_goes_to_her_alone(author: Author, tmp_path: Path) -> None:
    with_readers(author.app)
    assert author.post("/test", {**author.seal(), "address": "miriam@example.org"}).status_code == 303
    (mail,) = tmp_path.glob("outbox/**/*.eml")
    assert b"Subject: [Test] " in mail.read_bytes()
    refused = author.post("/test", {**author.seal(), "address": "nobody"})
    assert refused.status_code == 400
    assert "nobody" not in refused.text


def test_a_month_can_be_passed_by_and_taken_back(author: Author) -> None:
    author.post("/skip", {**author.seal(), "reason": "I was away"})
    assert (record(author).state, record(author).reason) == (IssueState.SKIPPED, "I was away")
    assert "I was away" in author.get("/").text
    author.post("/make", {"letter": "2026-11"})
    assert record(author).state is IssueState.DRAFT


def test_a_held_post_waits_at_the_top_with_two_answers(author: Author, tmp_path: Path) -> None:
    a_feed(tmp_path, item("test", "<p>test</p>", "16 Nov 2026"))
    author.post("/look")
    (waiting,) = author.app.store.posts.held()
    assert "It may go in: test" in author.get("/").text
    author.post("/held", {"what": "drop", "value": waiting.id})
    assert "waits for your word" not in author.get("/").text
    author.post("/held", {"what": "release", "value": waiting.id})
    assert "test" in {placed.title for placed in draft(author).posts}


def test_trouble_with_the_blog_is_said_and_can_wait(author: Author, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").unlink()
    author.post("/look")
    page = author.get("/").text
    assert "The blog could not be read:" in page
    (aside,) = re.findall(r'name="value" value="(feed [^"]+)"', page)
    author.post("/aside", {"value": aside})
    assert "The blog could not be read:" not in author.get("/").text


def test_a_month_without_a_post_is_calm(tmp_path: Path) -> None:
    write_feed(tmp_path, item("Long ago", WORDS * 3, "03 Sep 2026"))
    author = Author(a_site(tmp_path))
    assert "There is no draft for November 2026 yet" in author.get("/").text
    list(
        collect(
            posts=author.app.store.posts,
            fetcher=author.app.fetcher,
            parser=author.app.parser,
            clock=author.app.clock,
            feeds=author.app.settings.feed_sources,
            zone=author.app.settings.practice.zone,
        )
    )
    assert "The blog has no post for November 2026 yet" in author.get("/").text
    author.post("/skip", {**author.seal(), "reason": "there was no post"})
    assert "There is no letter for November 2026: there was no post" in author.get("/").text
    room_in(author.site).close()


def test_readers_are_added_all_or_none_and_never_shown(author: Author) -> None:
    good = {"addresses": "Anna Berg anna@example.org\n\nbo@example.org", "consent": "form, 2026"}
    assert author.post("/readers", {**good, "consent": ""}).status_code == 400
    broken = author.post("/readers", {**good, "addresses": "anna@example.org\nbroken"})
    assert broken.status_code == 400
    assert "Line 2" in broken.text
    assert author.app.store.readers.count_active() == 0
    assert author.post("/readers", good).status_code == 303
    assert {(one.email, one.name) for one in author.app.store.readers.all()} == {
        ("anna@example.org", "Anna Berg"),
        ("bo@example.org", ""),
    }
    assert "anna@example.org" not in author.get("/").text


def test_how_a_post_was_read_is_told_by_sign_and_by_word(author: Author) -> None:
    page = author.get(f"/read/{draft(author).posts[-1].post}").text
    assert 'aria-label="from person to person"' in page
    assert 'aria-label="steps"' in page
    assert 'role="tooltip"' in page
    assert author.get("/read/none").status_code == 404


def test_a_wrong_choice_is_said_and_does_not_stick(author: Author) -> None:
    before = record(author)
    for what, value in (
        ("lead", "none"),
        ("quote", "Nobody wrote this."),
        ("fine", "000000"),
        ("colour", "red"),
    ):
        answer = author.choose(what, value)
        assert answer.status_code == 400, what
        assert "Nothing was changed" in answer.text
    assert record(author) == before


def test_the_switches_are_server_side_too(author: Author) -> None:
    dark = author.get("/letter?scheme=dark").text
    assert "@media all" in dark
    assert "@media not all" in author.get("/letter?scheme=light").text
    assert "invert(1)" in author.get("/letter?scheme=forced").text
    assert "Dear Anna," in author.get("/letter?kind=text").text
    assert "List-Unsubscribe" in author.get("/letter?kind=source").text
    assert author.get("/letter?kind=nonsense&scheme=nonsense").status_code == 200


def test_the_note_is_shown_as_the_letter_sets_it() -> None:
    assert tree("Dear *all*,\n\n- one\n- [two](https://a.example)\n\n> kept\n\n<b>raw</b>") == [
        ["p", ["Dear ", ["em", ["all"]], ","]],
        ["p", ["• ", "one"]],
        ["p", ["• ", ["u", ["two"]]]],
        ["blockquote", ["kept"]],
        ["p", ["<b>raw</b>"]],
    ]
    assert tree("") == []


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("choose another: `warmletter compose --subject …`", "Choose another."),
        ("choose one with `warmletter compose --subject …`, or leave it", "Choose one, or leave it."),
        ("leave a post out: `warmletter compose --leave-out ID`", "Leave a post out."),
        ("`warmletter check`", ""),
        ("consider one post less", "Consider one post less."),
    ],
    ids=["at the end", "inside", "a hint", "nothing else", "none"],
)  # fmt: skip
def test_nobody_at_the_desk_is_told_to_type_a_command(said: str, plain: str) -> None:
    assert without_commands(said) == plain


def test_a_subject_is_cut_where_a_list_of_mail_cuts_it() -> None:
    subject, preheader = "s" * 45, "p" * 200
    shown = {one.name: seen(one, subject, preheader) for one in LISTS}
    assert shown["Gmail on a phone"].subject == "s" * 37 + "…"
    assert not shown["Gmail on a phone"].whole
    assert shown["Gmail on a computer"].subject == subject
    assert len(shown["Gmail on a computer"].preheader) == 105 - 45 - 3
    assert cut("short", 10) == "short"


BEGINNING = {
    "author": "Miriam",
    "name": "",
    "sender": "letters@example.org",
    "address": "12 Example Lane",
    "country": "IE",
    "day": "first friday",
    "time": "10:30",
    "zone": "Europe/Dublin",
}


def test_the_first_time_six_questions_make_a_letter(tmp_path: Path) -> None:
    a_feed(tmp_path)
    config = tmp_path / "config.toml"
    author = Author(a_site(tmp_path, config=config))
    assert author.get("/").headers["Location"] == "/begin"
    empty = author.post("/begin", BEGINNING)
    assert empty.status_code == 400
    assert not config.exists()
    site = str(tmp_path / "feed.xml")
    wrong = author.post("/begin", {**BEGINNING, "site": site, "sender": "nobody"})
    assert wrong.status_code == 400
    assert not config.exists()
    done = author.post("/begin", {**BEGINNING, "site": site})
    assert done.headers["Location"] == "/?said=made"
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    practice, schedule = author.app.settings.practice, author.app.settings.schedule
    assert (practice.name, practice.author, practice.country) == ("The Quiet Room", "Miriam", "IE")
    assert (practice.timezone, schedule.day, schedule.time) == ("Europe/Dublin", "first friday", "10:30")
    assert "Nothing leaves without your yes" in author.get("/").text
    assert author.get("/begin").headers["Location"] == "/"
    assert author.post("/begin", {**BEGINNING, "site": site}).headers["Location"] == "/"
    room_in(author.site).close()


def test_the_first_letter_is_of_the_month_that_has_posts(tmp_path: Path) -> None:
    write_feed(tmp_path, item("Long ago", WORDS * 3, "03 Sep 2026"))
    author = Author(a_site(tmp_path, config=tmp_path / "config.toml"))
    author.post("/begin", {**BEGINNING, "site": str(tmp_path / "feed.xml")})
    assert "September 2026" in author.get("/").text
    room_in(author.site).close()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("you agreed to 7 readers, but there are 212", "You agreed to 7 readers, but there are 212."),
        ("look at it with `warmletter preview`, then `warmletter approve` again", ""),
        ("The letter is paused: `warmletter send --resume` goes on with it.", "The letter is paused."),
        ('One. `warmletter resolve --x "a. b"` asks. Two', "One. Two."),
        (
            "Nothing was sent.\n  look at the key; then `warmletter send`",
            "Nothing was sent. look at the key.",
        ),
    ],
)
def test_what_goes_wrong_is_said_without_commands_and_in_whole_clauses(said: str, shown: str) -> None:
    assert plain(said) == shown
