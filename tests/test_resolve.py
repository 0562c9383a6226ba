"""Doubt: what the provider says settles it, what it cannot say a person decides."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.app.context import App
from pipeline.app.mail import cancel, pause, resume, send
from pipeline.app.resolve import Resolved, answered, decide, resolve
from pipeline.cli.main import cli
from pipeline.errors import NotAllowed, StoreError
from pipeline.model import Doubt, IssueState, Limits, Outcome, OutcomeKind
from pipeline.store import SqlStore
from pipeline.store.epoch import EpochFile
from tests.fake_provider import DOUBT, LATER, SENT, FakeProvider
from tests.practice import WORDS, approved, clock_of, item, never, practice, write_feed

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
EARLIER = datetime(2026, 11, 10, 9, tzinfo=UTC)  # the command looks at the real clock
ISSUE = "2026-11"


def reader(number: int) -> str:
    return f"reader{number}@example.org"


def with_provider(app: App, provider: FakeProvider) -> App:
    return replace(app, provider=lambda: provider)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    write_feed(tmp_path, item("Keeping company", WORDS * 3, "03 Nov 2026"))
    with practice(tmp_path, NOW, send__batch=2) as app:
        approved(app, ISSUE, 6)
        yield app


def closed(app: App) -> None:
    """So that its file can be copied."""
    assert isinstance(app.store, SqlStore)
    app.store.close()


def sent(app: App) -> dict[str, int]:
    totals = list(send(app, ISSUE, stop=never))[-1]
    assert totals.adds_up
    return {"accepted": totals.accepted, "unknown": totals.unknown, "queued": totals.queued}


def state(app: App) -> IssueState:
    record = app.store.issues.get(ISSUE)
    assert record is not None
    return record.state


# --- resolve


def test_what_the_provider_has_is_accepted_and_what_it_never_had_is_sent(app: App) -> None:
    provider = FakeProvider(max_messages=2, looks_up=True).answering(reader(1), DOUBT)
    app = with_provider(app, provider)
    assert sent(app) == {"accepted": 5, "unknown": 1, "queued": 0}
    found = resolve(app, ISSUE)
    assert (found.taken, found.not_taken, found.open) == (1, 0, 0)
    assert state(app) is IssueState.SENT


def test_what_was_found_out_is_said_whole(app: App) -> None:
    asked: list[str] = []

    class Asked(FakeProvider):
        def look_up(self, tag: str, doubts: Sequence[Doubt]) -> Mapping[str, Outcome]:
            asked.append(tag)
            return super().look_up(tag, doubts)

    provider = Asked(max_messages=2, looks_up=True).answering(reader(1), DOUBT)
    app = with_provider(app, provider)
    assert resolve(app, ISSUE) == Resolved(issue=ISSUE)
    assert asked == [], "there was nothing to ask"
    sent(app)
    clock_of(app).time = NOW + timedelta(hours=1)
    assert resolve(app, ISSUE) == Resolved(issue=ISSUE, taken=1)
    assert asked == [f"issue-{ISSUE}"], "the tag that the mails bear"
    record = app.store.issues.get(ISSUE)
    assert record is not None
    assert record.finished_at == NOW + timedelta(hours=1)


def test_a_provider_that_cannot_be_asked_leaves_all_in_doubt(app: App) -> None:
    app = with_provider(app, FakeProvider(max_messages=2).answering(reader(1), DOUBT))
    assert resolve(app, ISSUE) == Resolved(issue=ISSUE), "nothing is in doubt yet"
    sent(app)
    assert resolve(app, ISSUE) == Resolved(issue=ISSUE, open=1, asked=False)


def test_what_the_provider_never_had_is_queued_with_the_reason(app: App) -> None:
    provider = FakeProvider(max_messages=2, looks_up=True).answering(reader(1), DOUBT)
    app = with_provider(app, provider)
    sent(app)
    provider.forget()
    clock_of(app).time = NOW + timedelta(hours=1)
    assert resolve(app, ISSUE) == Resolved(issue=ISSUE, not_taken=1)
    assert reasons(app) == {("queued", "the mail service has never had it")}


def reasons(app: App) -> set[tuple[str, str]]:
    assert isinstance(app.store, SqlStore)
    with app.store.database.reading() as connection:
        found = connection.exec_driver_sql("SELECT state, reason FROM delivery WHERE reason != ''")
        return {(str(state), str(reason)) for state, reason in found}


def test_a_mail_the_provider_never_had_is_queued_only_when_it_would_know(app: App) -> None:
    provider = FakeProvider(max_messages=2, looks_up=True)
    provider.before_send = lambda: (_ for _ in ()).throw(KeyboardInterrupt())
    app = with_provider(app, provider)
    with pytest.raises(KeyboardInterrupt):
        sent(app)
    early = resolve(app, ISSUE)
    assert (early.taken, early.not_taken, early.open) == (0, 0, 2)
    assert early.ask_again_at == NOW + timedelta(minutes=8)
    clock_of(app).time = NOW + timedelta(minutes=8)
    late = resolve(app, ISSUE)
    assert (late.taken, late.not_taken, late.open) == (0, 2, 0)
    provider.before_send = lambda: None
    assert sent(app) == {"accepted": 6, "unknown": 0, "queued": 0}
    assert len(provider.took) == len(set(provider.took)) == 6


def test_answers_are_what_is_certain() -> None:
    limits = Limits(max_messages=1, max_bytes=1, indexed_s=300.0, remembers_s=3600.0)
    doubts = [
        Doubt(
            key=key,
            to="x",
            since=NOW - timedelta(minutes=noticed),
            offered_after=NOW - timedelta(minutes=offered),
        )
        for key, noticed, offered in (
            ("had", 9, 9),
            ("never had", 8, 60),
            ("too early", 7.99, 9),
            ("forgotten", 9, 60.01),
            ("had and forgotten", 9, 600),
        )
    ]
    found = answered(doubts, {"had": SENT, "had and forgotten": SENT}, now=NOW, limits=limits)
    assert {key: one.kind for key, one in found.items()} == {
        "had": OutcomeKind.ACCEPTED,
        "had and forgotten": OutcomeKind.ACCEPTED,
        "never had": OutcomeKind.RETRY,
    }


def test_what_the_provider_may_have_forgotten_is_never_sent_again_unasked(app: App) -> None:
    """A crash is noticed a day later: by then the mails, which were taken, are out of its events."""
    provider = FakeProvider(max_messages=2, looks_up=True)
    provider.limits = replace(provider.limits, remembers_s=23 * 3600.0)
    app = with_provider(app, provider)
    provider.answering(reader(1), KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        sent(app)
    assert provider.took == [reader(0)]
    provider.forget()
    for later in (timedelta(days=1), timedelta(days=2)):
        clock_of(app).time = NOW + later
        found = resolve(app, ISSUE)
        assert (found.taken, found.not_taken, found.open) == (0, 0, 2)
        assert found.ask_again_at is None
    assert sent(app) == {"accepted": 4, "unknown": 2, "queued": 0}
    assert provider.took.count(reader(0)) == 1


def test_a_doubt_is_as_old_as_the_call_and_not_as_its_discovery(app: App) -> None:
    provider = FakeProvider(max_messages=2, looks_up=True)
    app = with_provider(app, provider)
    provider.answering(reader(2), DOUBT)
    provider.before_send = lambda: setattr(clock_of(app), "time", clock_of(app).time + timedelta(hours=1))
    provider.answering(reader(5), KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        sent(app)
    found_at = clock_of(app).time = NOW + timedelta(days=1)
    app.store.ledger.recover(ISSUE, replay_s=0.0, now=found_at)
    first, *rest = app.store.ledger.doubts(ISSUE)
    assert (first.to, first.since) == (reader(2), NOW + timedelta(hours=2))
    assert first.offered_after <= NOW + timedelta(hours=1), "its batch may have been claimed ahead"
    assert {(one.to, one.since) for one in rest} == {(reader(4), found_at), (reader(5), found_at)}
    assert all(NOW <= one.offered_after <= NOW + timedelta(hours=2) for one in rest)


def test_a_doubt_of_a_batch_that_was_claimed_again_is_as_old_as_the_letter(app: App) -> None:
    provider = FakeProvider(max_messages=2, looks_up=True).answering(reader(0), DOUBT)
    provider.answering(reader(1), LATER)
    app = with_provider(app, provider)
    assert sent(app) == {"accepted": 5, "unknown": 1, "queued": 0}
    (doubt,) = app.store.ledger.doubts(ISSUE)
    assert (doubt.to, doubt.offered_after) == (reader(0), NOW)


@pytest.mark.parametrize(("again", "took", "ends"), [(False, 1, 5), (True, 2, 6)], ids=["give up", "again"])
def test_what_cannot_be_asked_is_decided_by_number(app: App, *, again: bool, took: int, ends: int) -> None:
    provider = FakeProvider(max_messages=2).answering(reader(1), DOUBT)
    app = with_provider(app, provider)
    sent(app)
    asked = resolve(app, ISSUE)
    assert (asked.open, asked.asked) == (1, False)
    with pytest.raises(NotAllowed, match=r"1 are in doubt, not 5\n  run `warmletter resolve` to see them"):
        decide(app, ISSUE, count=5, again=again)
    clock_of(app).time = NOW + timedelta(hours=1)
    assert decide(app, ISSUE, count=1, again=again) == 1
    if again:
        assert ("queued", "sent again by decision") in reasons(app)
        assert state(app) is IssueState.SENDING
    else:
        assert ("abandoned", "given up by decision: it may have arrived or not") in reasons(app)
        record = app.store.issues.get(ISSUE)
        assert record is not None
        assert (record.state, record.finished_at) == (IssueState.SENT, NOW + timedelta(hours=1))
    assert sent(app)["accepted"] == ends
    assert provider.took.count(reader(1)) == took
    assert state(app) is IssueState.SENT


# --- pause, resume, cancel


def test_a_paused_letter_stops_before_the_next_call_and_goes_on(app: App) -> None:
    provider = FakeProvider(max_messages=2)
    app = with_provider(app, provider)
    provider.before_send = lambda: pause(app, ISSUE) if not provider.calls else None
    assert sent(app) == {"accepted": 2, "unknown": 0, "queued": 4}
    with pytest.raises(NotAllowed, match=r"is paused\n.*--resume"):
        sent(app)
    resume(app, ISSUE)
    provider.before_send = lambda: None
    assert sent(app) == {"accepted": 6, "unknown": 0, "queued": 0}


def test_a_cancelled_letter_gives_up_who_has_it_not_and_counts_who_has(app: App) -> None:
    provider = FakeProvider(max_messages=2)
    app = with_provider(app, provider)

    def cancelling() -> None:
        provider.before_send = lambda: None
        assert cancel(app, ISSUE) == 4

    provider.before_send = cancelling
    list(send(app, ISSUE, stop=never))
    totals = app.store.ledger.totals(ISSUE)
    assert (totals.accepted, totals.abandoned, totals.queued) == (2, 4, 0)
    assert totals.adds_up
    assert state(app) is IssueState.CANCELLED
    assert list(send(app, ISSUE, stop=never))[-1] == totals, "nothing more is sent"


def test_only_a_letter_that_is_going_out_is_paused_or_cancelled(app: App) -> None:
    for change in (pause, cancel):
        with pytest.raises(NotAllowed, match="is approved"):
            change(app, ISSUE)


def test_a_wait_ends_within_a_second_of_a_pause(app: App) -> None:
    provider = FakeProvider(max_messages=2)
    slow = replace(
        app,
        settings=app.settings.model_copy(
            update={"send": app.settings.send.model_copy(update={"per_minute": 2})}
        ),
    )
    app = with_provider(slow, provider)
    provider.before_send = lambda: pause(app, ISSUE)
    began = clock_of(app).time
    sent(app)
    assert clock_of(app).time - began <= timedelta(seconds=1)


# --- a new sender


def test_a_new_sender_warms_up_day_by_day(tmp_path: Path) -> None:
    write_feed(tmp_path, item("Keeping company", WORDS * 3, "03 Nov 2026"))
    with practice(tmp_path, NOW, send__warm_up="2026-11-28") as app:
        approved(app, ISSUE, 170)
        took = []
        for day in range(4):
            clock_of(app).time = NOW + timedelta(days=day, minutes=1)
            sent(app)
            took.append(app.store.ledger.totals(ISSUE).accepted)
            sent(app)
        assert took == [50, 150, 170, 170]


# --- a copy of the database


def test_a_restored_copy_does_not_send_until_it_knows(app: App, tmp_path: Path) -> None:
    data, backup = tmp_path / "data" / "warmletter.db", tmp_path / "backup.db"
    provider = FakeProvider(max_messages=2, looks_up=True)
    app = with_provider(app, provider)
    list(send(app, ISSUE, stop=lambda: len(provider.calls) >= 1))
    closed(app)
    shutil.copy(data, backup)
    with practice(tmp_path, NOW, send__batch=2) as later:
        sent(with_provider(later, provider))
    assert len(provider.took) == 6
    shutil.copy(backup, data)
    with practice(tmp_path, NOW + timedelta(hours=1), send__batch=2) as restored:
        restored = with_provider(restored, provider)
        with pytest.raises(
            NotAllowed, match=r"older than what was sent last \(2026-11\).*\n.*warmletter resolve"
        ):
            sent(restored)
        assert len(provider.took) == 6
        found = resolve(restored, ISSUE)
        assert (found.adopted, found.taken, found.open) == (4, 4, 0)
        assert state(restored) is IssueState.SENT
        assert sent(restored) == {"accepted": 6, "unknown": 0, "queued": 0}
    assert len(provider.took) == len(set(provider.took)) == 6


def test_a_copy_from_before_the_letter_never_sends_it_again(app: App, tmp_path: Path) -> None:
    data, backup = tmp_path / "data" / "warmletter.db", tmp_path / "backup.db"
    closed(app)
    shutil.copy(data, backup)
    provider = FakeProvider(max_messages=2, looks_up=True)
    with practice(tmp_path, NOW, send__batch=2) as later:
        sent(with_provider(later, provider))
    shutil.copy(backup, data)
    with practice(tmp_path, NOW + timedelta(hours=1), send__batch=2) as restored:
        restored = with_provider(restored, provider)
        with pytest.raises(NotAllowed, match="has forgotten whom it mailed"):
            sent(restored)
        resolve(restored, ISSUE)
        assert state(restored) is IssueState.CANCELLED
        record = restored.store.issues.get(ISSUE)
        assert record is not None
        assert "went out before this copy" in record.reason
    assert len(provider.took) == 6


def test_a_copy_without_its_file_and_a_file_of_another_machine_are_known(app: App, tmp_path: Path) -> None:
    provider = FakeProvider(max_messages=2, looks_up=True)
    app = with_provider(app, provider)
    list(send(app, ISSUE, stop=lambda: len(provider.calls) >= 1))
    mark = tmp_path / "data" / "warmletter.db.epoch"
    assert mark.stat().st_mode & 0o777 == 0o600
    assert "@" not in mark.read_text()
    closed(app)
    content = mark.read_text()
    mark.unlink()
    with practice(tmp_path, NOW) as moved, pytest.raises(NotAllowed, match=r"without its \.epoch file"):
        sent(with_provider(moved, provider))
    mark.write_text(content.replace('"machine": "', '"machine": "another'))
    if '"machine": ""' not in content:
        with practice(tmp_path, NOW) as moved, pytest.raises(NotAllowed, match="on another machine"):
            sent(with_provider(moved, provider))
    with practice(tmp_path, NOW + timedelta(hours=1)) as moved:
        moved = with_provider(moved, provider)
        found = resolve(moved, ISSUE)
        assert found.open == 0
        assert sent(moved) == {"accepted": 6, "unknown": 0, "queued": 0}
    assert len(provider.took) == len(set(provider.took)) == 6


def test_a_process_that_ends_in_the_first_call_of_all_leaves_no_copy_behind(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, written = FakeProvider(max_messages=2, looks_up=True), EpochFile.write

    def ends(file: EpochFile, epoch: int, issue: str) -> None:
        if epoch:
            raise KeyboardInterrupt
        written(file, epoch, issue)

    with monkeypatch.context() as patch:
        patch.setattr(EpochFile, "write", ends)
        with pytest.raises(KeyboardInterrupt):
            sent(with_provider(app, provider))
    closed(app)
    with practice(tmp_path, NOW) as again:
        assert sent(with_provider(again, provider)) == {"accepted": 4, "unknown": 2, "queued": 0}


def test_a_mark_that_cannot_be_read_stops_before_anything_is_sent(app: App, tmp_path: Path) -> None:
    provider = FakeProvider(max_messages=2, looks_up=True)
    (tmp_path / "data" / "warmletter.db.epoch").write_text("{half")
    with pytest.raises(StoreError, match=r"epoch: it cannot be read"):
        sent(with_provider(app, provider))
    assert provider.took == []
    assert app.store.issues.get(ISSUE).state is IssueState.APPROVED  # type: ignore[union-attr]


# --- by command


def test_by_command(tmp_path: Path) -> None:
    write_feed(tmp_path, item("Keeping company", WORDS * 3, "03 Nov 2026"))
    config = str(tmp_path / "config.toml")

    def said(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(cli, [*words, "--config", config])
        assert result.exit_code == code, result.output
        return result.output

    with practice(tmp_path, EARLIER) as app:
        approved(app, ISSUE, 3)
        list(send(app, ISSUE, stop=lambda: True))
    assert "is paused; what is on its way now is finished" in said("send", "--pause", "--issue", ISSUE)
    assert "is paused: `warmletter send --resume`" in said("report", "--issue", ISSUE)
    with practice(tmp_path, EARLIER) as app, pytest.raises(NotAllowed, match="paused"):
        list(send(app, ISSUE, stop=never))
    assert "3 accepted" in said("send", "--resume", "--issue", ISSUE)
    assert f"Nothing of the letter {ISSUE} is in doubt." in said("resolve", "--issue", ISSUE)
    assert '"unknown": 0' in said("resolve", "--issue", ISSUE, "--json")
    assert "give one" in said("resolve", "--issue", ISSUE, "--give-up", "1", "--send-again", "1", code=2)
