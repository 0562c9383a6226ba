"""The ledger: frozen once, offered once, recorded exactly."""

from __future__ import annotations

import hashlib
import json
import math
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from pipeline.errors import Busy, NotAllowed, StoreError
from pipeline.model import (
    Approval,
    Bound,
    Claim,
    DeliveryState,
    IssueState,
    Outcome,
    OutcomeKind,
    SubscriberState,
    Totals,
)
from pipeline.store import SqlStore
from tests.contracts import (
    ISSUE,
    NOW,
    a_call,
    a_draft,
    a_letter,
    a_store,
    address,
    freeze,
    leave,
    next_claim,
    some_readers,
)
from tests.fake_provider import DOUBT, LATER, REFUSED, SENT

LATE = NOW + timedelta(minutes=5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with a_store(tmp_path) as store:
        yield store


def claimed(store: SqlStore) -> Claim:
    """The next batch, with a call for all of it under way."""
    claim = next_claim(store, NOW)
    assert claim is not None
    assert store.ledger.intend(claim, a_call(claim), keep_body=False, now=NOW) == frozenset()
    return claim


def record(store: SqlStore, claim: Claim, *outcomes: Outcome) -> None:
    store.ledger.record(claim, a_call(claim), outcomes, now=NOW)
    store.ledger.settle(claim, retry_at=LATE)


def recovered(store: SqlStore, *, replay_s: float = 0.0, issue: str = ISSUE) -> int:
    """Readers in doubt by a dead process."""
    doubted, replays = store.ledger.recover(issue, replay_s=replay_s, now=NOW)
    assert replays == ()
    return doubted


def rows(store: SqlStore, columns: str, table: str) -> Sequence[object]:
    with store.database.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(f"SELECT {columns} FROM {table}")]


def approved(store: SqlStore, issue: str, *, readers: int) -> None:
    store.issues.save_draft(issue, a_draft(issue), NOW)
    store.issues.approve(issue, Approval(fingerprint="f" * 64, readers=readers, at=NOW))


# --- freeze


def test_freezing_fixes_the_letter_and_the_active_readers(store: SqlStore) -> None:
    store.readers.add(some_readers(8), NOW)
    leave(store, 2)
    assert freeze(store, 8, batch_size=3) == 7
    assert store.ledger.letter(ISSUE) == a_letter()
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=7, queued=7)
    record = store.issues.get(ISSUE)
    assert record is not None
    assert (record.state, record.started_at) == (IssueState.SENDING, NOW)
    assert rows(store, "number, state", "batch") == [(1, "ready"), (2, "ready"), (3, "ready")]
    sizes = rows(store, "batch, count(*)", "delivery GROUP BY batch")
    assert sizes == [(1, 3), (2, 3), (3, 1)]


def test_keys_are_random_and_say_nothing(store: SqlStore) -> None:
    freeze(store, 50)
    keys = [str(row[0]) for row in rows(store, "key", "delivery")]  # type: ignore[index]
    assert len(set(keys)) == 50
    assert all(len(key) == 32 and int(key, 16) >= 0 and key == key.lower() for key in keys)


def test_a_reader_who_joins_later_is_not_in_the_frozen_letter(store: SqlStore) -> None:
    freeze(store, 2)
    store.readers.add(some_readers(5), NOW)
    assert [one.email for one in claimed(store).recipients] == [address(1), address(2)]


def test_who_joins_after_the_yes_waits_for_the_next_letter(store: SqlStore) -> None:
    store.readers.add(some_readers(2), NOW)
    approved(store, ISSUE, readers=2)
    store.readers.add(some_readers(3), NOW + timedelta(seconds=1))
    assert store.ledger.freeze(a_letter(), (), batch_size=3, now=LATE) == 2
    assert rows(store, "email", "delivery ORDER BY subscriber") == [(address(1),), (address(2),)]


def test_freezing_one_letter_begins_no_other_that_is_approved(store: SqlStore) -> None:
    store.readers.add(some_readers(2), NOW)
    approved(store, "2026-12", readers=2)
    approved(store, ISSUE, readers=2)
    store.ledger.freeze(a_letter(), (), batch_size=3, now=NOW)
    states = {one.name: one.state for one in store.issues.all()}
    assert states == {"2026-12": IssueState.APPROVED, ISSUE: IssueState.SENDING}


def test_a_frozen_letter_is_queued_with_nothing_said_of_anybody_yet(store: SqlStore) -> None:
    store.readers.add(some_readers(2), NOW)
    approved(store, ISSUE, readers=2)
    posts = (Bound(post="a", edition=2, words_sha256="0a"), Bound(post="b"))
    store.ledger.freeze(a_letter(), posts, batch_size=3, now=NOW)
    queued = ("queued", "", "", "2026-11-03T09:00:00.000000Z")
    assert rows(store, "state, provider_id, reason, changed_at", "delivery") == [queued, queued]
    assert rows(store, "attempt, token, not_before", "batch") == [(1, "", "2026-11-03T09:00:00.000000Z")]
    bound = rows(store, "post, issue, position, edition, words_sha256", "issue_post ORDER BY position")
    assert bound == [("a", ISSUE, 0, 2, "0a"), ("b", ISSUE, 1, 0, "")]


@pytest.mark.parametrize("state", ["nothing", "draft", "sending"])
def test_only_an_approved_issue_is_frozen(store: SqlStore, state: str) -> None:
    if state == "draft":
        store.issues.save_draft(ISSUE, a_draft(), NOW)
    if state == "sending":
        freeze(store, 2)
    freeze(store, 2, issue="2026-09")
    words = (
        "the issue is not approved any more, it is being sent\n  it goes on by itself; `warmletter status`"
        if state == "sending"
        else "the issue is not approved, so it is not sent\n  look at it and run `warmletter approve`"
    )
    with pytest.raises(NotAllowed, match=f"^{ISSUE}: {words}"):
        store.ledger.freeze(a_letter(), (), batch_size=3, now=NOW)
    assert store.ledger.totals(ISSUE).frozen == (2 if state == "sending" else 0)


def test_of_many_that_freeze_at_once_one_does(store: SqlStore) -> None:
    store.readers.add(some_readers(4), NOW)
    store.issues.save_draft(ISSUE, a_draft(), NOW)
    store.issues.approve(ISSUE, Approval(fingerprint="f", readers=4, at=NOW))
    gate = threading.Barrier(6)
    results: list[object] = []

    def try_it() -> None:
        gate.wait()
        try:
            results.append(store.ledger.freeze(a_letter(), (), batch_size=3, now=NOW))
        except NotAllowed:
            results.append("no")

    threads = [threading.Thread(target=try_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, results)) == ["4", *["no"] * 5]
    assert store.ledger.totals(ISSUE).frozen == 4


def test_a_post_is_mailed_once_ever(store: SqlStore) -> None:
    freeze(store, 2, issue="2026-10", posts=["a", "b"])
    with pytest.raises(NotAllowed) as caught:
        freeze(store, 2, issue="2026-11", posts=["c", "b"])
    assert str(caught.value) == (
        "2026-11: a post of this letter was mailed before, or stands in it twice\n"
        "  run `warmletter compose` again; it leaves out what was mailed"
    )
    record = store.issues.get("2026-11")
    assert record is not None
    assert record.state is IssueState.APPROVED
    assert store.posts.mailed(except_issue="2026-12") == {"a", "b"}


def test_an_issue_without_readers_is_sent_to_nobody(store: SqlStore) -> None:
    assert freeze(store, 0) == 0
    assert next_claim(store, NOW) is None
    assert store.ledger.finish(ISSUE, NOW) == Totals(issue=ISSUE)


def test_several_batches_are_claimed_in_one_step_without_those_who_left(store: SqlStore) -> None:
    freeze(store, 9, batch_size=3)
    for number in (1, 2, 3, 5):
        leave(store, number)
    first, second = store.ledger.claims(ISSUE, NOW, most=4)
    assert [one.email for one in first.recipients] == [address(4), address(6)]
    assert [one.email for one in second.recipients] == [address(number) for number in (7, 8, 9)]
    assert (first.left, second.left) == (4, 0)
    assert first.token != second.token
    assert store.ledger.claims(ISSUE, NOW, most=4) == ()


def test_a_batch_holds_somebody(store: SqlStore) -> None:
    with pytest.raises(ValueError, match="at least one"):
        freeze(store, 2, batch_size=0)


def test_there_is_no_letter_before_the_freeze(store: SqlStore) -> None:
    store.issues.save_draft(ISSUE, a_draft(), NOW)
    for name in (ISSUE, "2020-01"):
        words = f"^{name}: no letter was fixed yet\n  run `warmletter send` first$"
        with pytest.raises(NotAllowed, match=words):
            store.ledger.letter(name)


# --- claim


def test_a_claim_is_a_whole_batch_and_nobody_elses(store: SqlStore) -> None:
    freeze(store, 5)
    first, second = claimed(store), claimed(store)
    assert [one.email for one in first.recipients] == [address(1), address(2), address(3)]
    assert [one.email for one in second.recipients] == [address(4), address(5)]
    assert (first.attempt, first.batch, second.batch) == (1, 1, 2)
    assert first.token != second.token
    assert next_claim(store, NOW) is None
    assert store.ledger.next_ready_at(ISSUE) is None


def test_leave_tokens_are_kept_only_as_their_hash(store: SqlStore, tmp_path: Path) -> None:
    freeze(store, 5)
    claims = claimed(store), claimed(store)
    tokens = [one.leave_token for claim in claims for one in claim.recipients]
    assert rows(store, "first, purpose, hashes, subscribers", "token ORDER BY first") == [
        (1, "leave", b"".join(hashlib.sha256(one.encode()).digest() for one in tokens[:3]), "[1,2,3]"),
        (4, "leave", b"".join(hashlib.sha256(one.encode()).digest() for one in tokens[3:]), "[4,5]"),
    ]
    assert [one.partition(".")[0] for one in tokens] == ["1", "2", "3", "4", "5"]
    secrets = [one.partition(".")[2] for one in tokens]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{44}", secret) for secret in secrets), "33 random bytes"
    assert len(set(secrets)) == 5
    content = store.database.path.read_bytes()
    assert not any(one.encode() in content for one in secrets)


@pytest.mark.parametrize("state", [state for state in SubscriberState if state is not SubscriberState.ACTIVE])
def test_who_left_before_the_claim_gets_nothing(store: SqlStore, state: SubscriberState) -> None:
    freeze(store, 3)
    leave(store, 2, state)
    claim = claimed(store)
    assert [one.email for one in claim.recipients] == [address(1), address(3)]
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=3, queued=2, suppressed=1)


def test_who_left_before_a_retry_gets_nothing_either(store: SqlStore) -> None:
    freeze(store, 2)
    record(store, claimed(store), LATER, LATER)
    leave(store, 1)
    claim = next_claim(store, LATE)
    assert claim is not None
    assert [one.email for one in claim.recipients] == [address(2)]


def test_a_batch_that_everybody_left_is_done_and_the_next_is_taken(store: SqlStore) -> None:
    freeze(store, 4, batch_size=2)
    leave(store, 1)
    leave(store, 2)
    assert claimed(store).batch == 2
    assert rows(store, "number, state", "batch") == [(1, "done"), (2, "sending")]


def test_when_everybody_left_nothing_is_claimed_and_the_issue_is_sent(store: SqlStore) -> None:
    freeze(store, 2, batch_size=1)
    leave(store, 1)
    leave(store, 2)
    assert next_claim(store, NOW) is None
    assert store.ledger.finish(ISSUE, NOW) == Totals(issue=ISSUE, frozen=2, suppressed=2)


# --- record


def test_a_call_under_way_is_written_down_by_its_keys_and_without_an_address(store: SqlStore) -> None:
    freeze(store, 3)
    whole = next_claim(store, NOW)
    assert whole is not None
    part = a_call(replace(whole, recipients=whole.recipients[1:]))
    store.ledger.intend(whole, part, keep_body=False, now=NOW)
    (call,) = rows(store, "members, key, body", "intent")
    keys = [one.key for one in whole.recipients[1:]]
    assert call == (json.dumps(keys, separators=(",", ":")), f"call-{whole.token}", b"")


def test_a_batch_that_was_given_back_is_nobodys_call(store: SqlStore) -> None:
    """A process that slept through its own recovery holds the last token still."""
    freeze(store, 3)
    slept = next_claim(store, NOW)
    assert slept is not None
    assert recovered(store) == 0
    with pytest.raises(Busy, match="took this batch over"):
        store.ledger.intend(slept, a_call(slept), keep_body=False, now=NOW)
    assert rows(store, "*", "intent") == []


def test_a_call_of_a_whole_batch_need_not_say_whose_it_is(store: SqlStore) -> None:
    freeze(store, 3)
    claimed(store)
    assert rows(store, "members", "intent") == [("[]",)]
    assert store.ledger.recover(ISSUE, replay_s=0.0, now=NOW) == (3, ())
    assert store.ledger.totals(ISSUE).unknown == 3


def test_who_was_in_no_call_is_put_in_doubt_by_none(store: SqlStore) -> None:
    """In doubt by an earlier call, and to be sent again by a person's word, while a dead one is found."""
    freeze(store, 2)
    first = claimed(store)
    store.ledger.record(first, a_call(first), (DOUBT, LATER), now=NOW, retry_at=NOW)
    assert [one.email for one in claimed(store).recipients] == [address(2)]
    (doubt,) = store.ledger.doubts(ISSUE)
    store.ledger.clear(ISSUE, {doubt.key: LATER}, now=NOW)
    assert recovered(store) == 1
    assert [one.to for one in store.ledger.doubts(ISSUE)] == [address(2)]
    again = next_claim(store, NOW)
    assert again is not None
    assert [one.email for one in again.recipients] == [address(1)]


def test_a_call_that_is_to_be_repeated_says_its_order(store: SqlStore) -> None:
    freeze(store, 3)
    whole = next_claim(store, NOW)
    assert whole is not None
    backwards = a_call(replace(whole, recipients=whole.recipients[::-1]))
    store.ledger.intend(whole, backwards, keep_body=True, now=NOW)
    _, (replay,) = store.ledger.recover(ISSUE, replay_s=3600.0, now=NOW)
    assert replay.parcel.envelopes == backwards.envelopes


def test_a_whole_batch_in_flight_puts_nobody_in_doubt_who_was_in_doubt_or_settled_before(
    store: SqlStore,
) -> None:
    freeze(store, 5, batch_size=5)
    first = claimed(store)
    outcomes = [SENT, LATER, LATER, LATER, DOUBT]
    store.ledger.record(first, a_call(first), outcomes, now=NOW, retry_at=NOW)
    leave(store, 2)
    again = claimed(store)
    assert [one.email for one in again.recipients] == [address(3), address(4)]
    assert store.ledger.recover(ISSUE, replay_s=0.0, now=NOW) == (2, ())
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=5, accepted=1, suppressed=1, unknown=3)


def test_a_call_that_cannot_be_noted_beside_the_database_was_not_begun(store: SqlStore) -> None:
    freeze(store, 6)
    record(store, claimed(store), SENT, SENT, SENT)  # the first call of all makes the file
    claim = next_claim(store, NOW)
    assert claim is not None
    (store.database.path.parent / f".{store.database.path.name}.epoch.part").mkdir()
    with pytest.raises(StoreError, match="nothing was sent"):
        store.ledger.intend(claim, a_call(claim), keep_body=False, now=NOW)
    assert rows(store, "*", "intent") == []
    assert recovered(store) == 0
    assert store.ledger.totals(ISSUE).queued == 3


@pytest.mark.parametrize("alike", [True, False], ids=["one id for all", "an id each"])
def test_an_answer_is_written_whatever_characters_are_in_it(store: SqlStore, alike: bool) -> None:
    freeze(store, 2)
    claim = claimed(store)
    ids = ["a\0b\ud800c\t"] * 2 if alike else ["a\0b\ud800c\t", "\0"]
    record(
        store, claim, *(Outcome(kind=OutcomeKind.REFUSED, provider_id=i, reason="no\udfff!\0\n") for i in ids)
    )
    assert rows(store, "state, provider_id, reason", "delivery ORDER BY subscriber") == [
        ("refused", "abc\t", "no!\n"),
        ("refused", "abc\t" if alike else "", "no!\n"),
    ]


def test_each_outcome_is_written_to_its_reader(store: SqlStore) -> None:
    freeze(store, 4, batch_size=4)
    gone = Outcome(kind=OutcomeKind.SUPPRESSED, reason="inactive")
    record(store, claimed(store), SENT, REFUSED, gone, DOUBT)
    assert rows(store, "state, provider_id, reason", "delivery ORDER BY subscriber") == [
        ("accepted", "id", ""),
        ("refused", "", "no such mailbox"),
        ("suppressed", "", "inactive"),
        ("unknown", "", "no answer"),
    ]
    assert rows(store, "state", "batch") == [("unknown",)]
    assert store.ledger.totals(ISSUE).adds_up


@pytest.mark.parametrize(
    ("outcomes", "mails", "becomes"),
    [
        ((SENT, SENT), ["accepted", "accepted"], "done"),
        ((SENT, replace(SENT, provider_id="its own")), ["accepted", "accepted"], "done"),
        ((REFUSED, SENT), ["refused", "accepted"], "done"),
        ((DOUBT, DOUBT), ["unknown", "unknown"], "unknown"),
        ((SENT, DOUBT), ["accepted", "unknown"], "unknown"),
        ((LATER, LATER), ["queued", "queued"], "ready"),
        ((LATER, DOUBT), ["queued", "unknown"], "ready"),
    ],
    ids=["all taken", "an id each", "one refused", "all in doubt", "one in doubt", "all later", "one later"],
)
def test_an_answer_to_a_whole_batch_settles_it_and_no_other(
    store: SqlStore, outcomes: Sequence[Outcome], mails: Sequence[str], becomes: str
) -> None:
    freeze(store, 4, batch_size=2)
    first, second = claimed(store), claimed(store)
    store.ledger.record(first, a_call(first), outcomes, now=NOW, retry_at=LATE)
    assert rows(store, "state", "delivery ORDER BY batch, subscriber") == [
        (state,) for state in (*mails, "queued", "queued")
    ]
    assert rows(store, "state", "batch ORDER BY number") == [(becomes,), ("sending",)]
    assert rows(store, "batch", "intent") == [(second.batch,)]


def test_an_answer_to_a_part_settles_only_what_it_is_of(store: SqlStore) -> None:
    freeze(store, 3)
    claim = next_claim(store, NOW)
    assert claim is not None
    part = replace(claim, recipients=claim.recipients[:2])
    store.ledger.intend(claim, a_call(part), keep_body=False, now=NOW)
    store.ledger.record(claim, a_call(part), (SENT, SENT), now=NOW, retry_at=LATE)
    assert rows(store, "state", "delivery ORDER BY subscriber") == [("accepted",), ("accepted",), ("queued",)]
    assert rows(store, "state", "batch") == [("ready",)]


def test_a_second_answer_to_a_whole_batch_leaves_it_as_it_is(store: SqlStore) -> None:
    freeze(store, 2)
    claim = claimed(store)
    for outcome in (SENT, REFUSED):
        store.ledger.record(claim, a_call(claim), (outcome, outcome), now=NOW, retry_at=LATE)
        assert rows(store, "state, provider_id", "delivery") == [("accepted", "id")] * 2
        assert rows(store, "state", "batch") == [("done",)]


def test_only_those_to_be_retried_are_offered_again_and_not_before(store: SqlStore) -> None:
    freeze(store, 3)
    first = claimed(store)
    record(store, first, SENT, LATER, DOUBT)
    assert next_claim(store, LATE - timedelta(seconds=1)) is None
    assert store.ledger.next_ready_at(ISSUE) == LATE
    again = next_claim(store, LATE)
    assert again is not None
    assert [one.key for one in again.recipients] == [first.recipients[1].key]
    assert again.attempt == 2
    assert again.recipients[0].leave_token != first.recipients[1].leave_token
    record(store, again, SENT)
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=3, accepted=2, unknown=1)
    assert rows(store, "state", "batch") == [("unknown",)]


def test_a_late_answer_is_a_fact(store: SqlStore) -> None:
    freeze(store, 3)
    claim = claimed(store)
    assert recovered(store) == 3
    record(store, claim, SENT, REFUSED, DOUBT)
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=3, accepted=1, refused=1, unknown=1)


def test_a_late_proof_that_nothing_was_taken_brings_readers_back(store: SqlStore) -> None:
    freeze(store, 2)
    claim = claimed(store)
    recovered(store)
    record(store, claim, LATER, SENT)
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=2, accepted=1, queued=1)
    assert store.ledger.next_ready_at(ISSUE) == LATE


def test_an_old_claim_says_nothing_of_a_newer_ones_doubt(store: SqlStore) -> None:
    freeze(store, 2)
    old = claimed(store)
    recovered(store, replay_s=math.inf)
    new = claimed(store)
    recovered(store)
    record(store, old, LATER, SENT)
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=2, accepted=1, unknown=1)
    record(store, new, SENT, SENT)
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=2, accepted=2)


def test_a_late_answer_to_a_batch_made_ready_again_is_kept(store: SqlStore) -> None:
    freeze(store, 3)
    claim = claimed(store)
    recovered(store, replay_s=math.inf)
    record(store, claim, SENT, LATER, DOUBT)
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=3, accepted=1, queued=2)
    assert store.ledger.next_ready_at(ISSUE) == NOW


def test_the_first_answer_that_settles_is_kept(store: SqlStore) -> None:
    freeze(store, 1)
    claim = claimed(store)
    record(store, claim, SENT)
    record(store, claim, REFUSED)
    assert store.ledger.totals(ISSUE).accepted == 1


def test_of_two_answers_with_ids_of_their_own_the_first_that_settles_is_kept(store: SqlStore) -> None:
    freeze(store, 2)
    claim = claimed(store)
    taken = [Outcome(kind=OutcomeKind.ACCEPTED, provider_id=f"id{n}") for n in range(3)]
    record(store, claim, taken[0], LATER)
    store.ledger.record(claim, a_call(claim), taken[1:], now=LATE)
    assert rows(store, "provider_id", "delivery ORDER BY subscriber") == [("id0",), ("id2",)]


def test_outcomes_and_recipients_are_as_many(store: SqlStore) -> None:
    freeze(store, 2)
    with pytest.raises(ValueError, match="1 outcomes for 2"):
        record(store, claimed(store), SENT)


# --- recover


def test_a_batch_of_which_nothing_was_offered_comes_back_whole(store: SqlStore) -> None:
    freeze(store, 2)
    claim = next_claim(store, NOW)
    assert claim is not None
    assert recovered(store) == 0, "no call was written down, so none was made"
    again = next_claim(store, NOW)
    assert again is not None
    assert len(again.recipients) == 2
    store.ledger.settle(claim, retry_at=NOW)
    assert store.ledger.next_ready_at(ISSUE) is None, "an old claim says nothing of a newer one"


def test_readers_in_flight_become_unknown_and_are_never_offered_again(store: SqlStore) -> None:
    freeze(store, 5)
    claimed(store)
    assert recovered(store) == 3
    assert recovered(store) == 0
    record(store, claimed(store), SENT, SENT)
    assert next_claim(store, LATE) is None
    assert store.ledger.finish(ISSUE, NOW) == Totals(issue=ISSUE, frozen=5, accepted=2, unknown=3)
    record_ = store.issues.get(ISSUE)
    assert record_ is not None
    assert record_.state is IssueState.SENDING


def test_a_batch_with_an_open_call_is_not_offered_again_while_another_of_it_is_answered(
    store: SqlStore,
) -> None:
    """A dead process left two calls of one batch, and the first that is repeated was surely not taken."""
    freeze(store, 2)
    claim = next_claim(store, NOW)
    assert claim is not None
    for reader in claim.recipients:
        its_own = replace(a_call(replace(claim, recipients=(reader,))), key=reader.key)
        store.ledger.intend(claim, its_own, keep_body=True, now=NOW)
    _, (one, other) = store.ledger.recover(ISSUE, replay_s=3600.0, now=NOW)
    store.ledger.record(one.claim, one.parcel, (LATER,), now=NOW)
    store.ledger.settle(one.claim, retry_at=NOW)
    assert next_claim(store, NOW) is None
    store.ledger.record(other.claim, other.parcel, (DOUBT,), now=NOW)
    store.ledger.settle(other.claim, retry_at=NOW)
    again = next_claim(store, NOW)
    assert again is not None
    assert [reader.key for reader in again.recipients] == list(one.parcel.keys)
    assert [doubt.key for doubt in store.ledger.doubts(ISSUE)] == list(other.parcel.keys)


def test_where_repeating_is_harmless_they_are_offered_again_under_their_keys(store: SqlStore) -> None:
    freeze(store, 2)
    before = claimed(store)
    assert recovered(store, replay_s=math.inf) == 0
    again = claimed(store)
    assert [one.key for one in again.recipients] == [one.key for one in before.recipients]
    assert again.attempt == 2


def test_another_issues_batches_are_left_alone(store: SqlStore) -> None:
    freeze(store, 2, issue="2026-10")
    freeze(store, 2, issue=ISSUE)
    claimed(store)
    assert recovered(store, issue="2026-10") == 0
    assert store.ledger.totals(ISSUE).queued == 2


# --- totals, reasons, finish, exclusive


def test_refusals_are_counted_by_reason(store: SqlStore) -> None:
    freeze(store, 4, batch_size=4)
    full = Outcome(kind=OutcomeKind.REFUSED, reason="mailbox full")
    record(store, claimed(store), full, REFUSED, SENT, REFUSED)
    refused = DeliveryState.REFUSED
    assert store.ledger.reasons(ISSUE) == ((refused, "no such mailbox", 2), (refused, "mailbox full", 1))


def test_an_issue_is_sent_when_nobody_is_left(store: SqlStore) -> None:
    freeze(store, 2)
    claim = claimed(store)
    assert store.ledger.finish(ISSUE, NOW).queued == 2
    record(store, claim, SENT, SENT)
    assert store.ledger.finish(ISSUE, LATE) == Totals(issue=ISSUE, frozen=2, accepted=2)
    store.ledger.finish(ISSUE, LATE + timedelta(days=1))
    record_ = store.issues.get(ISSUE)
    assert record_ is not None
    assert (record_.state, record_.finished_at) == (IssueState.SENT, LATE)


def test_a_letter_that_ends_ends_no_other(store: SqlStore) -> None:
    freeze(store, 2, issue="2026-10")
    approved(store, ISSUE, readers=2)
    store.ledger.freeze(a_letter(ISSUE), (), batch_size=3, now=NOW)
    record(store, claimed(store), SENT, SENT)
    store.ledger.finish(ISSUE, LATE)
    states = {one.name: one.state for one in store.issues.all()}
    assert states == {ISSUE: IssueState.SENT, "2026-10": IssueState.SENDING}
    assert store.ledger.accepted_since(NOW) == 2
    assert store.ledger.accepted_since(LATE) == 0


def test_a_ledger_that_does_not_add_up_is_never_called_sent(store: SqlStore) -> None:
    freeze(store, 2)
    with store.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM delivery")
    words = "does not add up to the 2 readers.*\n  send nothing more of it, keep a copy of the database, and"
    with pytest.raises(StoreError, match=words):
        store.ledger.finish(ISSUE, NOW)


def test_an_issue_never_frozen_has_empty_totals(store: SqlStore) -> None:
    assert store.ledger.totals("2020-01") == Totals(issue="2020-01")


def test_only_one_sends_at_a_time(store: SqlStore, tmp_path: Path) -> None:
    with a_store(tmp_path) as other:
        with (
            store.ledger.exclusive(ISSUE),
            pytest.raises(Busy, match=r"under way\n.*goes on by itself"),
            other.ledger.exclusive(ISSUE),
        ):
            pass
        with other.ledger.exclusive(ISSUE):
            pass
    lock = tmp_path / "data" / "warmletter.db.sending"
    assert lock.stat().st_mode & 0o777 == 0o600


def test_a_lock_that_cannot_be_made_is_said_so(store: SqlStore, tmp_path: Path) -> None:
    (tmp_path / "data" / "warmletter.db.sending").mkdir()
    with pytest.raises(StoreError, match="lock file"), store.ledger.exclusive(ISSUE):
        pass


def test_no_address_and_no_token_shows_in_a_claim(store: SqlStore) -> None:
    freeze(store, 2)
    claim = claimed(store)
    assert "example.org" not in repr(claim)
    assert claim.recipients[0].leave_token not in repr(claim)


# --- whatever happens, the sums are exact and nobody is offered twice without proof


class AnyOrderOfEvents(RuleBasedStateMachine):
    """Claims, answers, crashes and leaving in any order, against what a provider would have taken."""

    @initialize(readers=st.integers(0, 9), size=st.integers(1, 4))
    def begin(self, readers: int, size: int) -> None:
        self.closing = ExitStack()
        folder = Path(self.closing.enter_context(TemporaryDirectory()))
        self.store = self.closing.enter_context(a_store(folder))
        self.readers = readers
        self.now = NOW
        self.open: list[Claim] = []
        self.stale: list[Claim] = []
        self.taken: dict[str, int] = {}
        self.left: set[str] = set()
        freeze(self.store, readers, batch_size=size)

    @rule()
    def claim(self) -> None:
        claim = next_claim(self.store, self.now)
        if claim is not None:
            assert not self.left & {one.email for one in claim.recipients}
            assert not {key for key in self.taken if key in {one.key for one in claim.recipients}}
            gone = self.store.ledger.intend(claim, a_call(claim), keep_body=False, now=self.now)
            assert gone == frozenset()
            self.open.append(claim)

    @rule()
    def claim_and_die_before_the_call(self) -> None:
        next_claim(self.store, self.now)  # no call was made, so no answer will come

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        self._answer(self.open.pop(data.draw(st.integers(0, len(self.open) - 1))), data)

    @precondition(lambda self: self.stale)
    @rule(data=st.data())
    def answer_late(self, data: st.DataObject) -> None:
        self._answer(self.stale.pop(data.draw(st.integers(0, len(self.stale) - 1))), data)

    def _answer(self, claim: Claim, data: st.DataObject) -> None:
        kinds = data.draw(st.lists(st.sampled_from(OutcomeKind), min_size=4, max_size=4))
        outcomes = [Outcome(kind=kind) for kind, _ in zip(kinds, claim.recipients, strict=False)]
        for one, outcome in zip(claim.recipients, outcomes, strict=True):
            # What is in doubt may have been taken: count it as taken, so that offering it again shows.
            if outcome.kind in (OutcomeKind.ACCEPTED, OutcomeKind.UNKNOWN):
                self.taken[one.key] = self.taken.get(one.key, 0) + 1
        self.store.ledger.record(claim, a_call(claim), outcomes, now=self.now)
        later = self.now + timedelta(seconds=data.draw(st.integers(0, 60)))
        self.store.ledger.settle(claim, retry_at=later)

    @rule()
    def crash(self) -> None:
        doubted, replays = self.store.ledger.recover(ISSUE, replay_s=0.0, now=self.now)
        assert replays == ()
        assert doubted == sum(len(claim.recipients) for claim in self.open)
        self.stale, self.open = self.stale + self.open, []

    @rule(seconds=st.integers(1, 90))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.readers)
    @rule(data=st.data())
    def somebody_leaves(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, self.readers))
        leave(self.store, number)
        self.left.add(address(number))

    @rule()
    def finish(self) -> None:
        totals = self.store.ledger.finish(ISSUE, self.now)
        issue = self.store.issues.get(ISSUE)
        assert issue is not None
        if issue.state is IssueState.SENT:
            assert not totals.queued
            assert not totals.unknown

    @invariant()
    def sums_are_exact(self) -> None:
        totals = self.store.ledger.totals(ISSUE)
        assert totals.frozen == self.readers
        assert totals.adds_up

    @invariant()
    def nobody_is_lost(self) -> None:
        # Whoever is queued is in a batch that is in flight or will be claimed again.
        stuck = rows(
            self.store,
            "count(*)",
            "delivery d JOIN batch b ON b.issue = d.issue AND b.number = d.batch"
            " WHERE d.state = 'queued' AND b.state NOT IN ('ready', 'sending')",
        )
        assert stuck == [(0,)]

    def teardown(self) -> None:
        if hasattr(self, "closing"):
            self.closing.close()


TestAnyOrderOfEvents = AnyOrderOfEvents.TestCase
TestAnyOrderOfEvents.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
