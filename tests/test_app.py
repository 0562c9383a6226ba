"""The use cases on a real store, a real feed file and the real outbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.app.choices import merged
from pipeline.app.context import App
from pipeline.app.draft import compose_issue, eligible, prepare
from pipeline.app.mail import rehearse, send, send_test
from pipeline.app.reports import report_on, standing
from pipeline.app.yes import approve, unapprove
from pipeline.errors import ChecksFailed, ConfigError, NotAllowed, NothingToSay, ProviderStop, UsageError
from pipeline.model import Choices, DeliveryState, IssueState, NewReader, Totals
from pipeline.report import readers, report, sentences
from tests.practice import (
    WORDS,
    approved,
    clock_of,
    collected,
    configure,
    item,
    never,
    practice,
    with_readers,
    write_feed,
)

WHY = (
    (DeliveryState.REFUSED, "no such mailbox", 2),
    (DeliveryState.SUPPRESSED, "held as inactive", 1),
    (DeliveryState.UNKNOWN, "no answer", 2),
)
NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


def november(folder: Path, *more: str) -> None:
    write_feed(
        folder,
        item("Keeping company", WORDS * 3, "03 Nov 2026"),
        item("The kettle", WORDS, "10 Nov 2026"),
        item("October rain", WORDS, "20 Oct 2026"),
        *more,
    )


def titles(app: App, name: str) -> list[str]:
    return [post.title for post in eligible(app, name)]


def outbox(app: App) -> list[Path]:
    return sorted(app.settings.outbox_folder.glob("*.eml"))


def test_first_contact_mails_nothing_older_than_the_month_asked_for(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        collected(app)
        assert titles(app, "2026-11") == ["Keeping company", "The kettle"]
        assert titles(app, "2026-10") == ["October rain"]


def test_a_post_that_came_after_its_months_letter_goes_into_the_next(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        approved(app)
        list(send(app, "2026-11", stop=never))
        november(tmp_path, item("The last of November", WORDS, "30 Nov 2026"))
        clock_of(app).time = NOW + timedelta(days=20)
        collected(app)
        assert titles(app, "2026-12") == ["The last of November"]
        assert titles(app, "2026-11")[0] == "Keeping company", "an issue may show again what it mailed itself"


def test_what_was_mailed_once_is_never_offered_again(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        approved(app)
        list(send(app, "2026-11", stop=never))
        assert app.store.posts.mailed(except_issue="2026-12") >= {p.id for p in eligible(app, "2026-11")}


def test_a_month_without_a_post_says_where_posts_are(tmp_path: Path) -> None:
    with practice(tmp_path, NOW) as app:
        with pytest.raises(NothingToSay, match="warmletter collect"):
            compose_issue(app, "2026-11")
        november(tmp_path)
        collected(app)
        with pytest.raises(NothingToSay, match="compose --issue 2026-11"):
            compose_issue(app, "2026-12")


def test_a_month_whose_posts_went_elsewhere_says_so(tmp_path: Path) -> None:
    write_feed(tmp_path, item("Late", WORDS * 3, "30 Sep 2026"))
    with practice(tmp_path, NOW) as app:
        approved(app, "2026-09")
        list(send(app, "2026-09", stop=never))
        write_feed(tmp_path, item("Late", WORDS * 3, "30 Oct 2026"))
        collected(app)
        with pytest.raises(NothingToSay):
            compose_issue(app, "2026-10")


def test_what_the_author_chose_stays_when_the_draft_is_made_again(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        collected(app)
        issue = compose_issue(app, "2026-11", Choices(lead="The kettle", subject="Tea", note="Dear all."))
        assert (issue.posts[0].title, issue.subject) == ("The kettle", "Tea")
        november(tmp_path, item("A third", WORDS * 4, "20 Nov 2026"))
        collected(app)
        again = compose_issue(app, "2026-11", Choices(leave_out=("A third",)))
        assert (again.posts[0].title, again.subject, again.note) == ("The kettle", "Tea", "Dear all.")
        assert "A third" in {out.title for out in again.left_out}


def test_a_post_is_named_by_address_title_or_id_and_a_wrong_name_is_not_kept(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        collected(app)
        by_address = compose_issue(app, "2026-11", Choices(lead="https://practice.example/blog/the-kettle"))
        assert by_address.posts[0].title == "The kettle"
        assert compose_issue(app, "2026-11", Choices(lead=by_address.lead)).lead == by_address.lead
        with pytest.raises(UsageError, match="is none of this letter's posts") as caught:
            compose_issue(app, "2026-11", Choices(lead="Nonsense"))
        assert "The kettle" in str(caught.value)
        with pytest.raises(UsageError):
            compose_issue(app, "2026-11", Choices(leave_out=("",)))
        assert compose_issue(app, "2026-11").lead == by_address.lead


def test_a_title_two_posts_begin_with_names_neither(tmp_path: Path) -> None:
    write_feed(
        tmp_path,
        item("Rain one", WORDS, "03 Nov 2026"),
        item("Rain two", WORDS, "04 Nov 2026"),
    )
    with practice(tmp_path, NOW) as app:
        collected(app)
        with pytest.raises(UsageError, match="more than one"):
            compose_issue(app, "2026-11", Choices(lead="rain"))


def test_choices_add_up() -> None:
    before = Choices(lead="a", leave_out=("b",), subject="S")
    assert merged(before, Choices()) == before
    assert merged(before, Choices(leave_out=("c", "b"))).leave_out == ("b", "c")
    assert merged(before, Choices(lead="b")) == Choices(lead="b", subject="S")
    assert merged(before, Choices(quote="")).quote == ""


def test_a_post_is_left_out_or_waits_as_she_said_last() -> None:
    waits = Choices(leave_out=("a",), wait=("b",), care=(("a", True),))
    assert merged(waits, Choices(wait=("a",))) == Choices(wait=("b", "a"), care=(("a", True),))
    assert merged(waits, Choices(leave_out=("b",))).wait == ()
    assert merged(waits, Choices(lead="b")).wait == ()
    assert merged(Choices(), Choices(wait=("a",), leave_out=("a",))) == Choices(leave_out=("a",))
    for aside in (Choices(leave_out=("a",)), Choices(wait=("a",))):
        assert merged(Choices(lead="a", subject="S"), aside).lead is None
        assert merged(Choices(lead="b"), aside).lead == "b"
    assert merged(waits, Choices(care=(("a", False), ("b", True)))).care == (("a", False), ("b", True))
    assert merged(Choices(order=("a", "b")), Choices(order=("b", "a"))).order == ("b", "a")


def test_a_post_that_waits_is_in_the_next_letter_also_past_a_month_that_was_skipped(tmp_path: Path) -> None:
    november(tmp_path, item("For advent", WORDS * 4, "20 Nov 2026"))
    with practice(tmp_path, NOW) as app:
        collected(app)
        issue = compose_issue(app, "2026-11", Choices(wait=("For advent",)))
        assert "For advent" not in {placed.title for placed in issue.posts}
        assert [post.title for post in eligible(app, "2026-12")] == ["For advent"]
        app.store.issues.skip("2026-12", "nothing to say", NOW)
        assert [post.title for post in eligible(app, "2027-01")] == ["For advent"]
        # Put back, it is November's again.
        compose_issue(app, "2026-11", put_back=["For advent"])
        assert eligible(app, "2027-01") == ()


def test_a_post_that_waited_and_was_mailed_waits_no_more(tmp_path: Path) -> None:
    november(tmp_path, item("For advent", WORDS * 4, "20 Nov 2026"))
    with practice(tmp_path, NOW) as app:
        collected(app)
        compose_issue(app, "2026-11", Choices(wait=("For advent",)))
        with_readers(app)
        approve(app, "2026-11", 3)
        list(send(app, "2026-11", stop=never))
        clock_of(app).time = NOW + timedelta(days=30)
        december = compose_issue(app, "2026-12")
        assert [placed.title for placed in december.posts] == ["For advent"]
        approve(app, "2026-12", 3)
        list(send(app, "2026-12", stop=never))
        assert eligible(app, "2027-01") == ()


def test_a_post_that_leaves_the_blog_takes_her_choices_of_it_along(tmp_path: Path) -> None:
    november(tmp_path, item("A third", WORDS * 4, "20 Nov 2026"))
    with practice(tmp_path, NOW) as app:
        collected(app)
        third = next(post.id for post in eligible(app, "2026-11") if post.title == "A third")
        chosen = Choices(lead="A third", leave_out=("The kettle",), order=("A third",), care=((third, True),))
        compose_issue(app, "2026-11", chosen)
        app.store.posts.drop(third)
        issue = compose_issue(app, "2026-11")
        assert [placed.title for placed in issue.posts] == ["Keeping company"]
        app.store.posts.release(third, NOW)
        assert compose_issue(app, "2026-11").lead == third


def test_nothing_is_sent_without_a_yes(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        collected(app)
        with pytest.raises(NotAllowed, match="there is no letter"):
            list(send(app, "2026-11", stop=never))
        compose_issue(app, "2026-11")
        with_readers(app)
        with pytest.raises(NotAllowed, match="nobody has said yes"):
            list(send(app, "2026-11", stop=never))
        with pytest.raises(NotAllowed, match="nobody has said yes"):
            rehearse(app, "2026-11")
        assert outbox(app) == []


def test_a_yes_is_for_an_exact_number_of_readers(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        collected(app)
        compose_issue(app, "2026-11")
        with pytest.raises(NotAllowed, match="nobody to send it to"):
            approve(app, "2026-11", 0)
        with_readers(app)
        with pytest.raises(NotAllowed, match="you agreed to 2 readers, but there are 3"):
            approve(app, "2026-11", 2)
        assert approve(app, "2026-11", 3).readers == 3
        with pytest.raises(NotAllowed, match="is approved, not a draft"):
            approve(app, "2026-11", 3)


def test_a_yes_can_be_taken_back(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        approved(app)
        unapprove(app, "2026-11")
        with pytest.raises(NotAllowed):
            list(send(app, "2026-11", stop=never))
        with pytest.raises(NotAllowed):
            unapprove(app, "2026-11")


def test_composing_again_voids_the_yes(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        approved(app)
        compose_issue(app, "2026-11")
        record = app.store.issues.get("2026-11")
        assert record is not None
        assert (record.state, record.approval) == (IssueState.DRAFT, None)


@pytest.mark.parametrize("change", ["post", "template", "config", "reader"])
def test_whatever_changes_after_the_yes_voids_it(tmp_path: Path, change: str) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        approved(app)
        clock_of(app).time += timedelta(hours=1)
    answers: dict[str, object] = {}
    if change == "template":
        (tmp_path / "templates" / "letter" / "parts").mkdir(parents=True)
        (tmp_path / "templates" / "letter" / "parts" / "sign_off.html").write_text("<p>Yours</p>")
    if change == "config":
        answers["practice__author"] = "Somebody else"
    with practice(tmp_path, NOW + timedelta(hours=2), **answers) as app:
        if change == "post":
            write_feed(tmp_path, item("Keeping company", WORDS * 3 + "<p>And more.</p>", "03 Nov 2026"))
            collected(app)
        if change == "reader":
            app.store.readers.add([NewReader(email="new@example.org", name="", consent="x")], app.clock.now())
        with pytest.raises(NotAllowed) as caught:
            list(send(app, "2026-11", stop=never))
        assert "approve --undo" in str(caught.value)
        assert outbox(app) == []


def test_a_sent_letter_is_sent_once_and_cannot_be_changed(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW, web__base_url="https://letters.practice.example") as app:
        approved(app)
        assert rehearse(app, "2026-11") == 3
        assert list(send(app, "2026-11", stop=never))[-1] == Totals(issue="2026-11", frozen=3, accepted=3)
        first = {path.name: path.read_bytes() for path in outbox(app)}
        assert len(first) == 3
        assert list(send(app, "2026-11", stop=never))[-1].accepted == 3
        assert {path.name: path.read_bytes() for path in outbox(app)} == first
        with pytest.raises(NotAllowed, match="was sent"):
            compose_issue(app, "2026-11")
        with pytest.raises(NotAllowed, match="is sent"):
            rehearse(app, "2026-11")
        with pytest.raises(NotAllowed, match="is sent, not a draft"):
            approve(app, "2026-11", 3)
        assert standing(app).due.period.month == 12, "the next letter is the next month's"


def test_sending_that_was_stopped_goes_on_with_the_letter_as_frozen(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        approved(app)
        first = next(iter(send(app, "2026-11", stop=lambda: True)))
        assert (first.frozen, first.queued) == (3, 3)
        assert rehearse(app, "2026-11") == 3
        write_feed(tmp_path, item("Keeping company", "<p>Rewritten.</p>", "03 Nov 2026"))
        collected(app)
        assert list(send(app, "2026-11", stop=never))[-1].accepted == 3
        assert all(b"Rewritten" not in path.read_bytes() for path in outbox(app))


def test_a_blocked_letter_cannot_be_approved(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW, practice__address="") as app:
        collected(app)
        compose_issue(app, "2026-11")
        with_readers(app)
        with pytest.raises(ChecksFailed, match="postal address"):
            approve(app, "2026-11", 3)


def test_a_missing_key_is_found_before_anything_is_frozen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_TOKEN", raising=False)
    november(tmp_path)
    with practice(tmp_path, NOW, send__provider="postmark", send__api_key_env="NO_SUCH_TOKEN") as app:
        approved(app)
        with pytest.raises(ConfigError, match="NO_SUCH_TOKEN is not set"):
            list(send(app, "2026-11", stop=never))
        record = app.store.issues.get("2026-11")
        assert record is not None
        assert record.state is IssueState.APPROVED


def test_a_test_mail_is_marked_and_needs_no_yes(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        collected(app)
        with pytest.raises(NotAllowed, match="compose --issue 2026-11"):
            send_test(app, "2026-11", "miriam@practice.example")
        compose_issue(app, "2026-11")
        send_test(app, "2026-11", "miriam@practice.example")
        (mail,) = outbox(app)
        assert b"Subject: [Test] Keeping company" in mail.read_bytes()
        assert app.store.ledger.totals("2026-11") == Totals(issue="2026-11")


def test_a_post_that_left_the_store_stops_the_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        collected(app)
        compose_issue(app, "2026-11")
        monkeypatch.setattr(type(app.store.posts), "get", lambda *_: None)
        with pytest.raises(NotAllowed, match="no longer there"):
            prepare(app, "2026-11")


def test_the_letter_at_work_is_meant_where_none_is_named(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        assert app.issue_named(None) == "2026-11", "the next due: the first Tuesday of December"
        collected(app)
        compose_issue(app, "2026-10")
        assert app.issue_named(None) == "2026-10"
        with pytest.raises(UsageError, match="not a month"):
            app.issue_named("November")


def test_a_report_tells_all_and_adds_up(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        with pytest.raises(NotAllowed, match="there is no letter 2026-11"):
            report_on(app, "2026-11")
        approved(app)
        list(send(app, "2026-11", stop=never))
        told = report_on(app, "2026-11")
        assert told.in_order
        assert list(sentences(told)) == [
            "The letter 2026-11, “Keeping company”, was sent.",
            "3 readers when it began; 3 accepted by the mail service.",
        ]
        record = app.store.issues.get("2026-11")
        assert record is not None
        worst = Totals(
            issue="2026-11", frozen=9, accepted=1, refused=2, suppressed=1, unknown=2, queued=1, abandoned=1
        )
        text = "\n".join(sentences(report(record, worst, WHY)))
        for part in (
            "1 still to go",
            "1 not sent:\n  1 × held as inactive",
            "2 × no answer",
            "2 × no such mailbox",
            "2 in doubt",
            "1 given up",
            "do not add up to 9",
        ):
            assert part in text


def test_a_skipped_letter_says_why(tmp_path: Path) -> None:
    configure(tmp_path)
    with practice(tmp_path, NOW) as app:
        app.store.issues.skip("2026-11", "no post this month", app.clock.now())
        assert list(sentences(report_on(app, "2026-11"))) == [
            "The letter 2026-11 was skipped: no post this month."
        ]
        assert readers(1) == "1 reader"


def test_posts_of_a_feed_that_is_not_in_the_config_are_in_no_letter(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        collected(app)
    write_feed(tmp_path, item("A stranger", WORDS * 3, "04 Nov 2026"))
    (tmp_path / "feed.xml").rename(tmp_path / "other.xml")
    with practice(tmp_path, NOW, feeds__urls=[str(tmp_path / "other.xml")]) as app:
        collected(app)
        assert titles(app, "2026-11") == ["A stranger"]


def test_a_feed_whose_address_changed_mails_nothing_again(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        approved(app)
        list(send(app, "2026-11", stop=never))
    (tmp_path / "feed.xml").rename(tmp_path / "moved.xml")
    with practice(tmp_path, NOW, feeds__urls=[str(tmp_path / "moved.xml")]) as app:
        collected(app)
        assert titles(app, "2026-12") == []
        app.store.issues.skip("2026-10", "a test", NOW)
        mailed_again = set(titles(app, "2026-11"))
        assert mailed_again == {"Keeping company", "The kettle"}, "its own issue may show them"


def test_a_post_in_two_feeds_counts_once(tmp_path: Path) -> None:
    november(tmp_path)
    (tmp_path / "mirror.xml").write_bytes((tmp_path / "feed.xml").read_bytes())
    feeds = [str(tmp_path / "feed.xml"), str(tmp_path / "mirror.xml")]
    with practice(tmp_path, NOW, feeds__urls=feeds) as app:
        collected(app)
        assert titles(app, "2026-11") == ["Keeping company", "The kettle"]


def test_an_exact_title_is_no_beginning_of_another(tmp_path: Path) -> None:
    write_feed(
        tmp_path,
        item("Rain", WORDS, "03 Nov 2026"),
        item("Rain again", WORDS, "04 Nov 2026"),
    )
    with practice(tmp_path, NOW) as app:
        collected(app)
        assert compose_issue(app, "2026-11", Choices(lead="rain")).posts[0].title == "Rain"


def test_a_service_that_cannot_be_reached_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "secret-value")
    november(tmp_path)
    answers = {"send__provider": "postmark", "send__api_key_env": "TOKEN"}
    with practice(tmp_path, NOW, send__endpoint="http://127.0.0.1:9", **answers) as app:
        approved(app)
        with pytest.raises(ProviderStop, match="could not be reached"):
            list(send(app, "2026-11", stop=never))
        assert app.store.ledger.totals("2026-11").queued == 3
    with practice(tmp_path, NOW, send__endpoint="nonsense", **answers) as app, pytest.raises(ConfigError):
        list(send(app, "2026-11", stop=never))


def test_a_choice_can_be_taken_back(tmp_path: Path) -> None:
    november(tmp_path)
    with practice(tmp_path, NOW) as app:
        collected(app)
        compose_issue(app, "2026-11", Choices(leave_out=("The kettle",), quote="", subject="Tea"))
        issue = compose_issue(app, "2026-11", put_back=["The kettle"], forget=["subject", "quote"])
        assert [placed.title for placed in issue.posts] == ["Keeping company", "The kettle"]
        assert issue.subject == "Keeping company"
        with pytest.raises(UsageError):
            compose_issue(app, "2026-11", put_back=["Nonsense"])
