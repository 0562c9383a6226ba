"""Letters going out: the agreed one to all, a test to one, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, time

from pipeline.app.context import OVER, App
from pipeline.app.draft import prepare
from pipeline.app.pictures import attachments
from pipeline.app.send import deliver
from pipeline.app.yes import agreed
from pipeline.collect.resemblance import words_sha256
from pipeline.deliver.plan import warm_up_cap
from pipeline.errors import NotAllowed, ProviderStop
from pipeline.model import (
    Bound,
    IssueRecord,
    IssueState,
    Letter,
    OutcomeKind,
    ReadPost,
    Recipient,
    Totals,
)
from pipeline.render.message import Filling

NO_TOKEN = "no-token"  # noqa: S105 (leaves nobody: the store knows no such token)


def send(app: App, name: str, *, stop: Callable[[], bool]) -> Iterator[Totals]:
    """Deliver an approved issue, or go on with one under way; yields the totals after each batch.

    One that was sent yields its totals once: nothing is sent twice. Raises NotAllowed for
    an issue nobody agreed to, or that changed since.
    """
    record = _record(app, name)
    if record.state in OVER:
        yield app.store.ledger.totals(name)
        return
    if record.paused:
        raise NotAllowed(f"the letter {name} is paused", hint="`warmletter send --resume` goes on with it")
    # Before anything is frozen: a copy of the database has other keys for the same readers.
    app.store.ledger.require_current()
    with closing(app.provider()) as provider:
        if record.state is not IssueState.SENDING:
            prepared = agreed(app, record)
            app.store.ledger.freeze(
                prepared.letter,
                [_bound(read) for read in prepared.posts],
                batch_size=min(provider.limits.max_messages, app.settings.send.batch),
                now=app.clock.now(),
            )
            record = _record(app, name)
        letter = app.store.ledger.letter(name)  # as frozen, also after a restart
        filling = _filling(app, letter, record.started_at or app.clock.now())
        yield app.store.ledger.totals(name)
        allowed = allowed_now(app)
        if allowed == 0:
            return
        yield from deliver(
            ledger=app.store.ledger,
            provider=provider,
            clock=app.clock,
            issue=name,
            fill=lambda claim: filling.messages(claim.recipients),
            per_minute=app.settings.send.per_minute,
            stop=stop,
            allowed=allowed,
        )


def allowed_now(app: App) -> int | None:
    """Mails that may still go out today while a new sender warms up; None: as many as there are."""
    begun = app.settings.send.warm_up_day
    if begun is None:
        return None
    zone = app.settings.practice.zone
    today = app.clock.now().astimezone(zone).date()
    cap = warm_up_cap((today - begun).days)
    if cap is None:
        return None
    midnight = datetime.combine(today, time.min, zone)
    return max(0, cap - app.store.ledger.accepted_since(midnight))


def pause(app: App, name: str) -> None:
    """No further call is begun, by whichever process. Raises NotAllowed for one that is not going out."""
    app.store.issues.pause(name, paused=True)


def resume(app: App, name: str) -> None:
    app.store.issues.pause(name, paused=False)


def cancel(app: App, name: str) -> int:
    """Who has not got the letter gets none; how many. What is on its way now is still counted."""
    return app.store.issues.cancel(name, "cancelled while it went out", app.clock.now())


def rehearse(app: App, name: str) -> int:
    """All of `send` but the requests: how many mails were made and found sound."""
    record = _record(app, name)
    if record.state in OVER:
        raise NotAllowed(f"the letter {name} is {record.state.value}; there is nothing left to send")
    if record.state is IssueState.SENDING:
        return app.store.ledger.totals(name).queued
    letter = agreed(app, record).letter
    app.provider().close()  # a missing key is found now, not on the day
    filling = _filling(app, letter, app.clock.now())
    readers = [s for s in app.store.readers.all() if s.state == "active"]
    for reader in readers:
        filling.message(
            Recipient(key="rehearsal", email=reader.email, name=reader.name, leave_token=NO_TOKEN)
        )
    return len(readers)


def send_test(app: App, name: str, address: str) -> None:
    """Mail the draft, marked as a test, to one address. It needs no yes and is in no ledger.

    Raises ProviderStop where the provider did not take it, with its reason.
    """
    prepared = prepare(app, name)
    letter = replace(prepared.letter, subject=f"[Test] {prepared.letter.subject}")
    now = app.clock.now()
    filling = _filling(app, letter, now)
    reader = Recipient(key=f"test-{name}-{now:%Y%m%d%H%M%S}", email=address, name="", leave_token=NO_TOKEN)
    with closing(app.provider()) as provider:
        provider.ready()
        (parcel,) = provider.parcels([filling.message(reader)], most=1)
        (outcome,) = provider.offer(parcel)
    if outcome.kind is not OutcomeKind.ACCEPTED:
        raise ProviderStop(f"the test mail was not taken: {outcome.reason or outcome.kind.value}")


def _bound(read: ReadPost) -> Bound:
    post = read.post
    return Bound(post=post.id, edition=post.edition, words_sha256=words_sha256(post.title, post.body))


def _filling(app: App, letter: Letter, at: datetime) -> Filling:
    return Filling(
        letter,
        leaving=app.leaving,
        language=app.settings.practice.language,
        at=at,
        attachments=attachments(app, letter),
    )


def _record(app: App, name: str) -> IssueRecord:
    record = app.store.issues.get(name)
    if record is None:
        raise NotAllowed(f"there is no letter {name}", hint=f"`warmletter compose --issue {name}` makes one")
    return record
