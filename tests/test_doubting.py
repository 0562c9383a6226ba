"""Doubts in the ledger: only what was asked about is settled, and each letter by itself."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import Busy, Halted, NotAllowed
from pipeline.model import (
    Approval,
    Claim,
    DeliveryState,
    Doubt,
    Envelope,
    IssueState,
    Outcome,
    OutcomeKind,
    Parcel,
    Totals,
)
from pipeline.store import SqlStore
from pipeline.store.doubting import _AT_ONCE
from tests.contracts import (
    ISSUE,
    NOW,
    SENDER,
    a_draft,
    a_letter,
    a_store,
    address,
    freeze,
    next_claim,
    some_readers,
)
from tests.fake_provider import DOUBT, LATER, REFUSED, SENT

OTHER = "2026-10"
LATE = NOW + timedelta(minutes=30)
NOT_TAKEN = Outcome(kind=OutcomeKind.RETRY, reason="the mail service has never had it")
HELD_BACK = Outcome(kind=OutcomeKind.SUPPRESSED, reason="inactive")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """Two letters to four readers each are going out, in batches of two."""
    with a_store(tmp_path) as store:
        freeze(store, 4, batch_size=2, issue=OTHER)
        freeze_again(store, ISSUE)
        yield store


def freeze_again(store: SqlStore, issue: str, readers: int = 4) -> None:
    store.issues.save_draft(issue, a_draft(issue), NOW)
    store.issues.approve(issue, Approval(fingerprint="f" * 64, readers=readers, at=NOW))
    store.ledger.freeze(a_letter(issue), (), batch_size=2, now=NOW)


def call_of(claim: Claim) -> Parcel:
    """All of a claim in one call; the keys of readers are their own in each letter."""
    envelopes = tuple(Envelope(key=one.key, to=one.email) for one in claim.recipients)
    return Parcel(key=f"call-{claim.token}", body=b"all", sender=SENDER.address, envelopes=envelopes)


def offered(store: SqlStore, issue: str, *outcomes: Outcome, at_minute: int = 0) -> None:
    claim = next_claim(store, NOW, issue)
    assert claim is not None
    moment = NOW + timedelta(minutes=at_minute)
    store.ledger.intend(claim, call_of(claim), keep_body=False, now=moment)
    store.ledger.record(claim, call_of(claim), outcomes, now=moment)
    store.ledger.settle(claim, retry_at=moment)


def all_in_doubt(store: SqlStore, *issues: str) -> None:
    for issue in issues:
        for _ in range(2):
            offered(store, issue, DOUBT, DOUBT)


def rows(store: SqlStore, query: str) -> Sequence[tuple[object, ...]]:
    with store.database.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def batches(store: SqlStore, issue: str) -> list[str]:
    found = rows(store, f"SELECT state FROM batch WHERE issue = '{issue}' ORDER BY number")
    return [str(state) for (state,) in found]


def in_doubt(store: SqlStore, issue: str) -> list[str]:
    return [doubt.to for doubt in store.ledger.doubts(issue)]


def test_doubts_are_a_letter_s_own_the_oldest_first(store: SqlStore) -> None:
    offered(store, ISSUE, DOUBT, SENT, at_minute=9)
    offered(store, ISSUE, DOUBT, DOUBT, at_minute=3)
    offered(store, OTHER, DOUBT, SENT)
    doubts = store.ledger.doubts(ISSUE)
    minutes = [(doubt.since - NOW).total_seconds() / 60 for doubt in doubts]
    assert minutes == [3, 3, 9]
    assert [doubt.key for doubt in doubts[:2]] == sorted(doubt.key for doubt in doubts[:2])
    assert doubts[2] == Doubt(
        key=doubts[2].key, to=address(1), since=NOW + timedelta(minutes=9), offered_after=NOW
    )
    assert in_doubt(store, OTHER) == [address(1)]


def test_what_a_look_up_says_is_written_whatever_characters_are_in_it(store: SqlStore) -> None:
    offered(store, ISSUE, DOUBT, SENT)
    (doubt,) = store.ledger.doubts(ISSUE)
    said = Outcome(kind=OutcomeKind.REFUSED, provider_id="a\ud800b\0", reason="no\udfff!\0")
    assert store.ledger.clear(ISSUE, {doubt.key: said}, now=NOW) == 1
    written = rows(store, f"SELECT provider_id, reason FROM delivery WHERE key = '{doubt.key}'")
    assert written == [("ab", "no!")]


@pytest.mark.parametrize("later", [0, 1], ids=["at once", "a minute later"])
def test_a_doubt_was_offered_after_its_claim_and_not_only_after_the_freeze(
    store: SqlStore, later: int
) -> None:
    claimed = NOW + timedelta(hours=2)
    claim = next_claim(store, claimed)
    assert claim is not None
    store.ledger.intend(claim, call_of(claim), keep_body=False, now=claimed)
    since = claimed + timedelta(minutes=later)
    store.ledger.record(claim, call_of(claim), (DOUBT, LATER), now=since, retry_at=since)
    (doubt,) = store.ledger.doubts(ISSUE)
    assert (doubt.since, doubt.offered_after) == (since, claimed)
    again = next_claim(store, since + timedelta(hours=1))
    assert again is not None
    (doubt,) = store.ledger.doubts(ISSUE)
    assert (doubt.since, doubt.offered_after) == (since, NOW), "the last claim is another call's"


def test_each_doubt_is_settled_by_its_own_answer_and_no_other(store: SqlStore) -> None:
    all_in_doubt(store, ISSUE, OTHER)
    keys = {doubt.to: doubt.key for doubt in store.ledger.doubts(ISSUE)}
    answers = {
        keys[address(1)]: SENT,
        "a key of nobody": SENT,
        keys[address(2)]: DOUBT,
        keys[address(3)]: REFUSED,
    }
    assert store.ledger.clear(ISSUE, answers, now=LATE) == 2
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=4, accepted=1, refused=1, unknown=2)
    assert in_doubt(store, ISSUE) == sorted([address(2), address(4)], key=lambda to: keys[to])
    assert store.ledger.totals(OTHER) == Totals(issue=OTHER, frozen=4, unknown=4)
    settled = rows(
        store,
        f"SELECT email, state, provider_id, reason FROM delivery WHERE issue = '{ISSUE}' "
        "AND state IN ('accepted', 'refused') ORDER BY email",
    )
    assert settled == [
        (address(1), "accepted", SENT.provider_id, SENT.reason),
        (address(3), "refused", "", REFUSED.reason),
    ]
    assert store.ledger.accepted_since(LATE) == 1, "it counts for the day on which it was known"


def test_an_answer_changes_nothing_that_is_settled(store: SqlStore) -> None:
    offered(store, ISSUE, SENT, DOUBT)
    (key, *_), *_ = rows(store, f"SELECT key FROM delivery WHERE issue = '{ISSUE}' AND state = 'accepted'")
    assert store.ledger.clear(ISSUE, {str(key): NOT_TAKEN}, now=LATE) == 0
    assert store.ledger.abandon(ISSUE, [str(key)], reason="x", now=LATE) == 0
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=4, accepted=1, unknown=1, queued=2)


def test_an_answer_of_one_letter_settles_no_doubt_of_another(store: SqlStore) -> None:
    all_in_doubt(store, OTHER)
    keys = [doubt.key for doubt in store.ledger.doubts(OTHER)]
    assert store.ledger.clear(ISSUE, dict.fromkeys(keys, NOT_TAKEN), now=LATE) == 0
    assert store.ledger.abandon(ISSUE, keys, reason="x", now=LATE) == 0
    assert store.ledger.totals(OTHER).unknown == 4


def test_a_batch_goes_on_where_somebody_is_queued_again_and_is_done_where_all_is_known(
    store: SqlStore,
) -> None:
    all_in_doubt(store, ISSUE, OTHER)
    keys = {doubt.to: doubt.key for doubt in store.ledger.doubts(ISSUE)}
    assert batches(store, ISSUE) == ["unknown", "unknown"]
    store.ledger.clear(ISSUE, {keys[address(1)]: NOT_TAKEN, keys[address(2)]: SENT}, now=LATE)
    assert batches(store, ISSUE) == ["ready", "unknown"]
    store.ledger.clear(ISSUE, {keys[address(3)]: HELD_BACK}, now=LATE)
    assert batches(store, ISSUE) == ["ready", "unknown"]
    store.ledger.clear(ISSUE, {keys[address(4)]: SENT}, now=LATE)
    assert batches(store, ISSUE) == ["ready", "done"]
    assert batches(store, OTHER) == ["unknown", "unknown"]
    assert next_claim(store, LATE - timedelta(seconds=1)) is None, "not before it was decided"
    again = next_claim(store, LATE)
    assert again is not None
    assert [one.email for one in again.recipients] == [address(1)]


def test_of_a_cancelled_letter_nobody_is_queued_again(store: SqlStore) -> None:
    offered(store, ISSUE, DOUBT, DOUBT)
    store.issues.cancel(ISSUE, "the letter was cancelled", NOW)
    first, second = store.ledger.doubts(ISSUE)
    assert store.ledger.clear(ISSUE, {first.key: NOT_TAKEN, second.key: SENT}, now=LATE) == 2
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=4, accepted=1, abandoned=3)
    assert next_claim(store, LATE) is None


@pytest.mark.parametrize("name", ["2026-12", "2020-01"], ids=["a draft", "no letter"])
def test_of_a_letter_that_is_not_going_out_nothing_is_in_doubt(store: SqlStore, name: str) -> None:
    store.issues.save_draft("2026-12", a_draft("2026-12"), NOW)
    with pytest.raises(
        NotAllowed, match=f"^{name}: the letter is not being sent, so nothing of it is in doubt"
    ):
        store.ledger.clear(name, {}, now=LATE)


def test_those_given_up_are_as_many_as_were_named_with_the_reason(store: SqlStore, tmp_path: Path) -> None:
    all_in_doubt(store, ISSUE, OTHER)
    first, second, third, fourth = store.ledger.doubts(ISSUE)
    assert store.ledger.abandon(ISSUE, [third.key, first.key, "nobody"], reason="by decision", now=LATE) == 2
    assert sorted(in_doubt(store, ISSUE)) == sorted([second.to, fourth.to])
    given_up = rows(store, "SELECT DISTINCT reason, changed_at FROM delivery WHERE state = 'abandoned'")
    assert given_up == [
        ("by decision", rows(store, "SELECT changed_at FROM delivery WHERE state = 'abandoned'")[0][0])
    ]
    assert str(given_up[0][1]).startswith(LATE.strftime("%Y-%m-%dT%H:%M"))
    store.ledger.abandon(ISSUE, [second.key, fourth.key], reason="by decision", now=LATE)
    assert batches(store, ISSUE) == ["done", "done"]
    assert batches(store, OTHER) == ["unknown", "unknown"]


def test_a_long_list_is_given_up_in_parts_and_counted_whole(tmp_path: Path) -> None:
    readers = _AT_ONCE * 2 + 3
    with a_store(tmp_path) as store:
        store.readers.add(some_readers(readers), NOW)
        store.issues.save_draft(ISSUE, a_draft(), NOW)
        store.issues.approve(ISSUE, Approval(fingerprint="f" * 64, readers=readers, at=NOW))
        store.ledger.freeze(a_letter(), (), batch_size=readers, now=NOW)
        offered(store, ISSUE, *[DOUBT] * readers)
        keys = [doubt.key for doubt in store.ledger.doubts(ISSUE)]
        assert store.ledger.abandon(ISSUE, keys, reason="x", now=LATE) == readers
        assert store.ledger.doubts(ISSUE) == ()


# --- a process dies


def test_only_the_mails_of_an_open_call_are_in_doubt_and_the_rest_is_queued(store: SqlStore) -> None:
    next_claim(store, NOW, OTHER)  # of another letter, in flight too
    claim = next_claim(store, NOW)
    assert claim is not None
    whole = call_of(claim)
    first = replace(whole, envelopes=whole.envelopes[:1])
    store.ledger.intend(claim, first, keep_body=False, now=NOW)
    assert store.ledger.recover(ISSUE, replay_s=0.0, now=LATE) == (1, ())
    assert in_doubt(store, ISSUE) == [address(1)]
    assert store.ledger.reasons(ISSUE) == (
        (DeliveryState.UNKNOWN, "the program was stopped while this was on its way", 1),
    )
    assert rows(store, "SELECT count(*) FROM intent") == [(0,)]
    assert (batches(store, ISSUE), batches(store, OTHER)) == (["ready", "ready"], ["sending", "ready"])
    again = next_claim(store, LATE)
    assert again is not None
    assert ([one.email for one in again.recipients], again.attempt) == ([address(2)], 2)


def test_a_dead_process_s_calls_are_doubted_batch_by_batch_and_letter_by_letter(store: SqlStore) -> None:
    for issue in (ISSUE, ISSUE, OTHER):
        claim = next_claim(store, NOW, issue)
        assert claim is not None
        store.ledger.intend(claim, call_of(claim), keep_body=True, now=NOW)
    assert store.ledger.recover(ISSUE, replay_s=0.0, now=LATE) == (4, ())
    assert {doubt.since for doubt in store.ledger.doubts(ISSUE)} == {LATE}
    assert (batches(store, ISSUE), batches(store, OTHER)) == (["unknown"] * 2, ["sending", "ready"])
    assert store.ledger.totals(OTHER).unknown == 0
    assert rows(store, "SELECT issue, batch FROM intent") == [(OTHER, 1)]
    assert store.ledger.recover(ISSUE, replay_s=900.0, now=NOW) == (0, ())
    _, (replay,) = store.ledger.recover(OTHER, replay_s=900.0, now=NOW)
    assert (replay.claim.issue, replay.claim.batch, replay.claim.recipients) == (OTHER, 1, ())
    assert store.ledger.recover(OTHER, replay_s=math.inf, now=NOW) == (0, ())
    assert batches(store, OTHER) == ["ready", "ready"]


def test_the_next_hour_is_a_letter_s_own(store: SqlStore) -> None:
    for _ in range(2):
        offered(store, ISSUE, LATER, SENT, at_minute=7)
    assert store.ledger.next_ready_at(ISSUE) == NOW + timedelta(minutes=7)
    assert store.ledger.next_ready_at(OTHER) == NOW
    assert store.ledger.next_ready_at("2020-01") is None


@pytest.mark.parametrize(
    ("since_s", "replayed"), [(0, True), (599, True), (600, False), (9000, False)], ids=str
)
def test_an_open_call_is_repeated_only_while_its_provider_surely_knows_it(
    store: SqlStore, since_s: float, replayed: bool
) -> None:
    """With five minutes to spare of the quarter of an hour."""
    claim = next_claim(store, NOW)
    assert claim is not None
    store.ledger.intend(claim, call_of(claim), keep_body=True, now=NOW)
    found = store.ledger.recover(ISSUE, replay_s=900.0, now=NOW + timedelta(seconds=since_s))
    if not replayed:
        assert found == (2, ())
        return
    doubted, (replay,) = found
    assert (doubted, replay.parcel, replay.until) == (0, call_of(claim), NOW + timedelta(seconds=600))
    assert (replay.claim.token, replay.claim.batch, replay.claim.issue) == (claim.token, 1, ISSUE)
    assert batches(store, ISSUE) == ["sending", "ready"], "it is for the repeat to settle"


# --- a copy of the database is brought back


@pytest.fixture
def older(store: SqlStore, tmp_path: Path) -> Iterator[SqlStore]:
    """The copy of before ISSUE went on; OTHER went no further. A third letter was not even begun."""
    offered(store, OTHER, SENT, SENT)
    store.issues.save_draft("2026-12", a_draft("2026-12"), NOW)
    store.issues.save_draft("2027-01", a_draft("2027-01"), NOW)
    path = store.database.path
    store.close()
    content = path.read_bytes()
    with a_store(tmp_path) as later:
        offered(later, ISSUE, SENT, SENT)
        later.issues.approve("2026-12", Approval(fingerprint="f" * 64, readers=4, at=NOW))
        later.ledger.freeze(a_letter("2026-12"), (), batch_size=2, now=NOW)
        offered(later, "2026-12", SENT, SENT)
    path.write_bytes(content)
    with a_store(tmp_path) as older:
        yield older


def mark_of(store: SqlStore) -> dict[str, Any]:
    path = store.database.path
    mark: dict[str, Any] = json.loads(path.with_name(f"{path.name}.epoch").read_bytes())
    return mark


def test_a_copy_knows_the_letters_that_it_has_forgotten(older: SqlStore) -> None:
    assert older.ledger.forgotten() == (ISSUE, "2026-12")
    with pytest.raises(NotAllowed):
        older.ledger.require_current()


def test_a_copy_that_is_adopted_doubts_what_went_on_and_nothing_else(older: SqlStore) -> None:
    assert older.ledger.adopt(now=LATE) == 4
    assert older.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=4, unknown=4)
    assert older.ledger.totals(OTHER) == Totals(issue=OTHER, frozen=4, accepted=2, queued=2)
    assert (batches(older, ISSUE), batches(older, OTHER)) == (["unknown"] * 2, ["done", "ready"])
    assert older.ledger.reasons(ISSUE) == (
        (DeliveryState.UNKNOWN, "this copy of the database is older than what was sent", 4),
    )
    assert {doubt.since for doubt in older.ledger.doubts(ISSUE)} == {LATE}
    states = {record.name: (record.state, record.finished_at) for record in older.issues.all()}
    assert states == {
        ISSUE: (IssueState.SENDING, None),
        OTHER: (IssueState.SENDING, None),
        "2026-12": (IssueState.CANCELLED, LATE),
        "2027-01": (IssueState.DRAFT, None),
    }


def test_a_copy_that_is_adopted_is_the_true_one(older: SqlStore) -> None:
    before = mark_of(older)
    older.ledger.adopt(now=LATE)
    older.ledger.require_current()
    after = mark_of(older)
    assert after == before | {"epoch": before["epoch"] + 1}, "so the original is the old copy from now on"
    assert rows(older, "SELECT epoch FROM voyage") == [(after["epoch"],)]
    assert older.ledger.forgotten() == ()
    offered(older, OTHER, SENT, SENT)
    older.ledger.require_current()


def test_what_was_done_before_the_copy_was_made_stays_done(store: SqlStore, tmp_path: Path) -> None:
    offered(store, ISSUE, SENT, REFUSED)
    path = store.database.path
    store.close()
    content = path.read_bytes()
    with a_store(tmp_path) as later:
        offered(later, ISSUE, SENT, SENT)
    path.write_bytes(content)
    with a_store(tmp_path) as older:
        assert older.ledger.adopt(now=LATE) == 2
        assert batches(older, ISSUE) == ["done", "unknown"]
        assert older.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=4, accepted=1, refused=1, unknown=2)


def test_a_call_under_way_in_the_copy_is_forgotten_with_the_rest(store: SqlStore, tmp_path: Path) -> None:
    """The copy was made between a call and its answer, and the letter went on in the original."""
    for issue in (ISSUE, OTHER):
        claim = next_claim(store, NOW, issue)
        assert claim is not None
        store.ledger.intend(claim, call_of(claim), keep_body=True, now=NOW)
    path = store.database.path
    store.close()
    content = path.read_bytes()
    with a_store(tmp_path) as later:
        offered(later, ISSUE, SENT, SENT)
    path.write_bytes(content)
    with a_store(tmp_path) as older:
        assert older.ledger.adopt(now=LATE) == 4
        assert rows(older, "SELECT issue FROM intent") == [(OTHER,)]
        assert batches(older, ISSUE) == ["unknown", "unknown"]
        assert batches(older, OTHER) == ["sending", "ready"]
        assert older.ledger.recover(ISSUE, replay_s=3600.0, now=LATE) == (0, ())


def test_a_database_without_its_file_doubts_every_letter_that_is_going_out(
    store: SqlStore, tmp_path: Path
) -> None:
    offered(store, ISSUE, SENT, LATER)
    store.issues.save_draft("2026-12", a_draft("2026-12"), NOW)
    path = store.database.path
    store.close()
    path.with_name(f"{path.name}.epoch").unlink()
    with a_store(tmp_path) as moved:
        assert moved.ledger.forgotten() == ()
        with pytest.raises(NotAllowed):
            moved.ledger.require_current()
        ((made,),) = rows(moved, "SELECT epoch FROM voyage")
        assert moved.ledger.adopt(now=LATE) == 3 + 4
        moved.ledger.require_current()
        assert mark_of(moved)["epoch"] == int(str(made)) + 1
        assert mark_of(moved)["issues"] == {}
        record = moved.issues.get("2026-12")
        assert record is not None
        assert record.state is IssueState.DRAFT


# --- what is shown of it


def test_reasons_are_a_letter_s_own_the_most_frequent_first_and_else_by_name(store: SqlStore) -> None:
    other_reason = Outcome(kind=OutcomeKind.REFUSED, reason="a full mailbox")
    offered(store, ISSUE, REFUSED, other_reason)
    offered(store, ISSUE, Outcome(kind=OutcomeKind.UNKNOWN, reason=REFUSED.reason), SENT)
    offered(store, OTHER, REFUSED, REFUSED)
    found = store.ledger.reasons(ISSUE)
    assert found[0] == (DeliveryState.REFUSED, "a full mailbox", 1)
    assert set(found[1:]) == {
        (DeliveryState.REFUSED, REFUSED.reason, 1),
        (DeliveryState.UNKNOWN, REFUSED.reason, 1),
    }
    assert store.ledger.reasons(OTHER) == ((DeliveryState.REFUSED, REFUSED.reason, 2),)


# --- before a call is made


def stopped_by(store: SqlStore, claim: Claim) -> str:
    """Why a call of the claim may not be made, as it is said; nothing is written of it."""
    with pytest.raises((Busy, Halted)) as caught:
        store.ledger.intend(claim, call_of(claim), keep_body=False, now=NOW)
    assert rows(store, "SELECT count(*) FROM intent") == [(0,)]
    return f"{type(caught.value).__name__}: {caught.value}"


def test_no_call_is_made_of_a_letter_that_stands_or_of_another_s_batch(store: SqlStore) -> None:
    paused, taken = next_claim(store, NOW, ISSUE), next_claim(store, NOW, OTHER)
    assert paused is not None
    assert taken is not None
    store.issues.pause(ISSUE, paused=True)
    assert stopped_by(store, paused) == (
        f"Halted: the letter {ISSUE} was paused\n  `warmletter send --resume` goes on with a paused one"
    )
    store.issues.cancel(ISSUE, "she changed her mind", NOW)
    assert stopped_by(store, paused).splitlines()[0] == f"Halted: the letter {ISSUE} was cancelled"
    store.ledger.recover(OTHER, replay_s=0.0, now=NOW)  # by another process, which takes it again
    assert next_claim(store, NOW, OTHER) is not None
    assert stopped_by(store, taken) == (
        "Busy: another process took this batch over\n  let one `warmletter send` run at a time"
    )


# --- what a dead process left in flight


def under_way(store: SqlStore, issue: str, *, keep_body: bool = False) -> Claim:
    """A batch whose only call was written down and never answered."""
    claim = next_claim(store, NOW, issue)
    assert claim is not None
    store.ledger.intend(claim, call_of(claim), keep_body=keep_body, now=NOW)
    return claim


def test_only_the_letter_that_is_asked_for_is_recovered(store: SqlStore) -> None:
    for issue in (OTHER, ISSUE):
        under_way(store, issue)
    before = rows(store, f"SELECT * FROM intent WHERE issue = '{OTHER}'"), batches(store, OTHER)
    assert store.ledger.recover(ISSUE, replay_s=0.0, now=NOW) == (2, ())
    assert (rows(store, f"SELECT * FROM intent WHERE issue = '{OTHER}'"), batches(store, OTHER)) == before
    assert (batches(store, ISSUE), in_doubt(store, OTHER)) == (["unknown", "ready"], [])


def test_each_call_is_made_again_once_and_for_its_own_batch(store: SqlStore) -> None:
    under_way(store, OTHER, keep_body=True)
    first, second = under_way(store, ISSUE, keep_body=True), next_claim(store, NOW, ISSUE)
    assert second is not None
    doubted, replays = store.ledger.recover(ISSUE, replay_s=3600.0, now=NOW)
    assert doubted == 0
    assert [(one.claim.batch, one.claim.token, one.parcel) for one in replays] == [
        (first.batch, first.token, call_of(first))
    ]
    assert batches(store, ISSUE) == ["sending", "ready"], "nothing was written of the second: it waits"


def test_a_batch_that_is_done_is_not_in_flight(store: SqlStore) -> None:
    offered(store, ISSUE, SENT, REFUSED)
    hour = rows(store, f"SELECT * FROM batch WHERE issue = '{ISSUE}'")
    assert store.ledger.recover(ISSUE, replay_s=0.0, now=LATE) == (0, ())
    assert rows(store, f"SELECT * FROM batch WHERE issue = '{ISSUE}'") == hour


def test_who_is_known_to_have_it_is_not_in_doubt_by_a_dead_process(store: SqlStore) -> None:
    claim = under_way(store, ISSUE)
    with store.database.writing() as connection:  # a late answer, say
        connection.exec_driver_sql(
            "UPDATE delivery SET state = 'accepted' WHERE key = ?", (claim.recipients[0].key,)
        )
    assert store.ledger.recover(ISSUE, replay_s=0.0, now=NOW) == (1, ())
    assert in_doubt(store, ISSUE) == [address(2)]


def test_a_call_is_made_again_though_one_of_its_readers_was_erased(store: SqlStore) -> None:
    claim = under_way(store, ISSUE, keep_body=True)
    with store.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM delivery WHERE key = ?", (claim.recipients[0].key,))
    _, (replay,) = store.ledger.recover(ISSUE, replay_s=3600.0, now=NOW)
    assert [one.to for one in replay.parcel.envelopes] == ["", address(2)]
    assert (replay.parcel.keys, replay.parcel.body) == (call_of(claim).keys, b"all")


def test_who_was_not_taken_while_the_letter_was_cancelled_waits_no_more(store: SqlStore) -> None:
    claim, other = under_way(store, ISSUE), under_way(store, OTHER)
    in_doubt_too = next_claim(store, NOW, ISSUE)
    assert in_doubt_too is not None
    store.ledger.intend(in_doubt_too, call_of(in_doubt_too), keep_body=False, now=NOW)
    store.issues.cancel(ISSUE, "the letter was cancelled", NOW)
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=4, queued=4), "all may be on their way"
    for one in (claim, other):
        store.ledger.record(one, call_of(one), (SENT, LATER), now=NOW, retry_at=LATE)
    store.ledger.record(in_doubt_too, call_of(in_doubt_too), (DOUBT, LATER), now=NOW, retry_at=LATE)
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=4, accepted=1, unknown=1, abandoned=2)
    assert store.ledger.totals(OTHER) == Totals(issue=OTHER, frozen=4, accepted=1, queued=3)
    assert (batches(store, ISSUE), batches(store, OTHER)[0]) == (["done", "unknown"], "ready")
