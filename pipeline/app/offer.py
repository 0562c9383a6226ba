"""One claimed batch on its way: each call written down before it is made, and after."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipeline.app.ahead import Line, Ready
from pipeline.deliver.plan import is_poisoned, pause_s, repeat_at, retry_at
from pipeline.errors import Halted, Locked, ProviderStop, StoreError, WarmletterError
from pipeline.model import Call, Claim, Message, Outcome, OutcomeKind, Parcel, Replay
from pipeline.ports import Clock, Ledger, Provider

# Mails refused one after the other, with none taken before: then it is the letter, not the readers.
REFUSALS_THAT_STOP = 3
# Times that a call's answer is offered to a database that another program holds; each waits ten seconds.
HELD_AT_MOST = 18
_NOT_TAKEN = Outcome(kind=OutcomeKind.RETRY)
_NOBODY = Claim(issue="", batch=0, token="", attempt=0, recipients=())
_OPEN = (OutcomeKind.UNKNOWN, OutcomeKind.RETRY)  # in a call that may have been made before


class Pace:
    """Keeps to so many letters a minute, and notices within a second that it is to stop."""

    def __init__(
        self, clock: Clock, per_minute: int, *, stop: Callable[[], bool], going: Callable[[], bool]
    ) -> None:
        """`going`: whether the ledger still lets the letter out."""
        self._clock = clock
        self._stop = stop
        self._going = going
        self.per_minute = per_minute
        self.owed_s = 0.0

    def turn(self) -> bool:
        """Wait for what is owed; whether to go on.

        The ledger is asked while waiting only: each call that is written down asks it anyway.
        """
        waited = self.owed_s > 0
        while self.owed_s > 0 and self.goes_on():
            self._clock.sleep(min(self.owed_s, 1.0))
            self.owed_s -= 1.0
        self.owed_s = 0.0
        return self.goes_on() if waited else not self.stopped

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._stop()

    def goes_on(self) -> bool:
        return not self.stopped and self._going()


@dataclass(slots=True)
class Offered:
    """What came of a batch so far."""

    outcomes: list[Outcome] = field(default_factory=list)
    halted: bool = False  # told to stop, pause or cancel on the way
    settled: bool = False
    left: int = 0  # readers who left between claim and call
    open: set[str] = field(default_factory=set)  # keys of calls that are written down and not answered

    @property
    def kinds(self) -> set[OutcomeKind]:
        return set(_kinds(self.outcomes))

    @property
    def nothing_taken(self) -> str:
        """Why the provider took nothing, where it did not even say when to come again; else ""."""
        if self.kinds != {OutcomeKind.RETRY} or any(o.retry_after_s is not None for o in self.outcomes):
            return ""
        return self.outcomes[0].reason or "the mail service took nothing"


class Offering:
    """Offers batches to one provider; remembers over all of them whether it took anything at all."""

    def __init__(
        self,
        ledger: Ledger,
        provider: Provider,
        clock: Clock,
        *,
        pace: Pace,
        line: Line,
        allowed: int | None = None,
    ) -> None:
        """`allowed`: mails that may be taken in all; None: as many as there are."""
        self._allowed = allowed
        self._ledger = ledger
        self._provider = provider
        self._clock = clock
        self._pace = pace
        self._replay_s = provider.limits.replay_s
        self._keeps = 0 < self._replay_s < math.inf
        # One call at a time, beside us: the next batch is made ready while it is on its way.
        self._caller = ThreadPoolExecutor(max_workers=1, thread_name_prefix="call")
        self._line = line
        self._begun: Call | None = None  # written down with the answer before it, and not made yet
        self._packed = Ready(claim=_NOBODY, messages=())
        self.taken = 0

    def close(self) -> None:
        """Take back what is written down and not made. To be called before the line is closed."""
        self._caller.shutdown(wait=False, cancel_futures=True)
        self._withdraw()

    @property
    def most(self) -> int:
        """Mails that the next call may hold; 0 where no more may go out in this run."""
        most = self._provider.limits.max_messages
        if self._pace.per_minute > 0:
            most = min(most, self._pace.per_minute)
        return most if self._allowed is None else max(0, min(most, self._allowed - self.taken))

    def batch(self, ready: Ready) -> Offered:
        """Offer the batch's messages, and settle it; while a call is on its way the next is made ready.

        Raises ProviderStop, with nobody marked by it. Where a call is left without its answer (a bug
        of ours, say) the batch stays in flight, for the next run to look at.
        """
        offered, claim = Offered(), ready.claim
        self._packed = ready
        try:
            self._offer(claim, ready.messages, offered)
        except Halted:
            offered.halted = True
        finally:
            if self._begun is not None and self._begun.claim is claim:
                self._withdraw()
            if not offered.open and not offered.settled:
                self._ledger.settle(claim, retry_at=self._again(offered, claim.attempt))
        return offered

    def replay(self, replay: Replay) -> Offered:
        """Make a dead process's call again, as it was."""
        offered = Offered(open={replay.parcel.key})
        try:
            outcomes = self._insist(replay.parcel, (), replay.until)
        except Halted:
            offered.halted = True
            return offered
        if is_poisoned(outcomes):  # nobody was taken, and one alone may be the cause: offered anew, and split
            outcomes = _all_queued(replay.parcel)
        self._record(replay.claim, replay.parcel, outcomes, offered)
        self._ledger.settle(replay.claim, retry_at=self._again(offered, replay.claim.attempt))
        return offered

    def _offer(self, claim: Claim, messages: Sequence[Message], offered: Offered) -> None:
        """Runs of messages on a stack: one is split in two where it is poisoned."""
        stack = [tuple(messages)]
        refused: list[tuple[Parcel, tuple[Outcome, ...]]] = []
        try:
            while stack:
                run = stack.pop()
                stack += self._run(claim, run, offered, refused, last=not stack)
                self._require_somebody(refused)
        except (Halted, ProviderStop):
            for parcel, _ in refused:  # said of the whole call: not held against the reader
                self._record(claim, parcel, _all_queued(parcel), offered)
            raise
        for parcel, outcomes in refused:
            self._record(claim, parcel, outcomes, offered)

    def _run(
        self,
        claim: Claim,
        run: Sequence[Message],
        offered: Offered,
        refused: list[tuple[Parcel, tuple[Outcome, ...]]],
        *,
        last: bool,
    ) -> list[tuple[Message, ...]]:
        """Offer a run; what of it is to be offered yet, the first last."""
        run = tuple(run)
        if not self.most:
            raise Halted("as many as may go out now are out")
        for parcel in self._parcels(run):
            if len(parcel.envelopes) > self.most:
                return [run]  # fewer are allowed by now
            part, run = run[: len(parcel.envelopes)], run[len(parcel.envelopes) :]
            if not self._pace.turn():
                raise Halted("told to stop")
            if gone := self._intend(claim, parcel, offered):  # made again without those who left just now
                offered.left += len(gone)
                return [tuple(message for message in (*part, *run) if message.key not in gone)]
            outcomes = self._call(claim, parcel, offered)
            self._pace.owed_s = pause_s(len(part), self._pace.per_minute)
            if is_poisoned(outcomes) and len(part) > 1:
                self._record(claim, parcel, _all_queued(parcel), Offered(open=offered.open))
                middle = len(part) // 2
                return [rest for rest in (run, part[middle:], part[:middle]) if rest]
            if is_poisoned(outcomes):
                refused.append((parcel, outcomes))
            else:
                self._record(claim, parcel, outcomes, offered, last=last and not run and not refused)
        return []

    def _parcels(self, run: tuple[Message, ...]) -> Iterable[Parcel]:
        if run == self._packed.messages and self.most == self._packed.most:
            return self._packed.parcels
        return self._provider.parcels(run, most=self.most)

    def _intend(self, claim: Claim, parcel: Parcel, offered: Offered) -> frozenset[str]:
        # Before it is written, so that an interrupt in between leaves it to the next run to look at.
        offered.open.add(parcel.key)
        if self._is_begun(parcel):
            return frozenset()
        try:
            gone = self._ledger.intend(claim, parcel, keep_body=self._keeps, now=self._clock.now())
        except WarmletterError:
            offered.open.discard(parcel.key)  # it says why nothing was written
            raise
        if gone:
            offered.open.discard(parcel.key)
        return gone

    def _is_begun(self, parcel: Parcel) -> bool:
        """Whether the call is written down already and may be made; another one, or if not, is taken back."""
        call = self._begun
        if call is None:
            return False
        # Whoever is given the totals may take a while with them: somebody may have left, or said stop.
        if call.parcel is parcel and self._ledger.stands(call):
            self._begun = None
            return True
        self._withdraw()
        return False

    def _withdraw(self) -> None:
        if self._begun is not None:
            self._ledger.withdraw(self._begun)
            self._begun = None

    def _call(self, claim: Claim, parcel: Parcel, offered: Offered) -> tuple[Outcome, ...]:
        """The call's outcomes. Raises ProviderStop with the call forgotten: it took nothing of it."""
        started = self._clock.now()
        call = self._caller.submit(self._provider.offer, parcel)
        self._line.look_ahead(self.most)
        try:
            outcomes = call.result()
        except ProviderStop:
            self._record(claim, parcel, _all_queued(parcel), offered)
            raise
        if self._keeps and OutcomeKind.UNKNOWN in _kinds(outcomes):
            return self._insist(parcel, outcomes, started + timedelta(seconds=self._replay_s))
        return outcomes

    def _insist(self, parcel: Parcel, outcomes: tuple[Outcome, ...], until: datetime) -> tuple[Outcome, ...]:
        """Repeat a call under its key until it is answered, or the provider has forgotten the first.

        Raises Halted where we are to stop first: the call stays open, and can be repeated later.
        """
        attempt = 0
        while not outcomes or any(one.kind in _OPEN and not one.final for one in outcomes):
            at = repeat_at(outcomes, attempt=attempt, now=self._clock.now(), until=until)
            if at is None:  # the first call may have been taken: what is open is in doubt
                return tuple(_doubtful(one) for one in outcomes or _all_queued(parcel))
            if outcomes:
                self._pace.owed_s = max(0.0, (at - self._clock.now()).total_seconds())
            if not (self._pace.turn() and self._pace.goes_on()):
                raise Halted("told to stop")
            outcomes = self._provider.offer(parcel)
            attempt += 1
        return outcomes

    def _record(
        self,
        claim: Claim,
        parcel: Parcel,
        outcomes: tuple[Outcome, ...],
        offered: Offered,
        *,
        last: bool = False,
    ) -> None:
        """Write what came of a call; with its `last` one the batch is settled in the same step."""
        offered.outcomes += outcomes
        retry_at = self._again(offered, claim.attempt) if last else None
        then = self._next_call(outcomes) if last else None
        held = 0
        while True:
            self._begun = then  # before it is written, as in `_intend`
            try:
                begun = self._ledger.record(
                    claim, parcel, outcomes, now=self._clock.now(), retry_at=retry_at, then=then
                )
                break
            except Locked:  # an answer that is lost is a call in doubt: worth more than one wait
                held += 1
                if held == HELD_AT_MOST:
                    raise
            except StoreError:
                if then is None:
                    raise
                then = None  # by itself the answer may still find room
        self._begun = then if begun else None
        offered.open.discard(parcel.key)
        offered.settled = last
        self.taken += _kinds(outcomes).count(OutcomeKind.ACCEPTED)

    def _next_call(self, outcomes: Sequence[Outcome]) -> Call | None:
        """The next batch's first call, where nothing will stand between this answer and it."""
        ahead = self._line.ahead
        if ahead is None or not ahead.parcels or self._pace.stopped:
            return None
        if self._pace.per_minute or self._allowed is not None or OutcomeKind.ACCEPTED not in _kinds(outcomes):
            return None
        return Call(claim=ahead.claim, parcel=ahead.parcels[0], keep_body=self._keeps)

    def _require_somebody(self, refused: Sequence[tuple[Parcel, tuple[Outcome, ...]]]) -> None:
        """Raises ProviderStop where nothing was taken yet and several were refused, each alone."""
        if self.taken or len(refused) < REFUSALS_THAT_STOP:
            return
        raise ProviderStop(
            f"{self._provider.name}: it refuses the letter itself: {refused[0][1][0].reason}",
            hint="look at send.from and at the provider's own log; nobody was marked",
        )

    def _again(self, offered: Offered, attempt: int) -> datetime:
        now = self._clock.now()
        put_off = OutcomeKind.RETRY in offered.kinds
        return retry_at(offered.outcomes, attempt=attempt, now=now) if put_off else now


def _kinds(outcomes: Iterable[Outcome]) -> list[OutcomeKind]:
    return [outcome.kind for outcome in outcomes]


def _all_queued(parcel: Parcel) -> tuple[Outcome, ...]:
    return (_NOT_TAKEN,) * len(parcel.envelopes)


def _doubtful(outcome: Outcome) -> Outcome:
    """In doubt, unless it is settled: a repeat that was surely not taken says nothing of the first call."""
    if outcome.kind not in _OPEN:
        return outcome
    return Outcome(kind=OutcomeKind.UNKNOWN, reason=outcome.reason or "the provider did not answer in time")
