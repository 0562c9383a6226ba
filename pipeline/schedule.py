"""The month's clockwork: what is due now, decided anew at every tick.

Nothing is kept in the scheduler itself: each tick looks at the clock, the rule and the
store, so that a machine that slept, died or ran twice does the right thing once. A letter's
state in the ledger is what keeps it from being sent twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from pipeline.app.collect import collect
from pipeline.app.context import OVER, App
from pipeline.app.draft import compose_issue, eligible, no_longer_fit, prepare, settling
from pipeline.app.mail import allowed_now, send
from pipeline.app.yes import approve
from pipeline.collect.polite import is_news, next_visit
from pipeline.due import Due, draft_at, last_due, next_due
from pipeline.errors import NothingToSay, WarmletterError
from pipeline.model import FeedState, IssueRecord, IssueState

TICK_S = 60

Say = Callable[[str], None]


def tick(app: App, *, stop: Callable[[], bool]) -> Iterator[str]:
    """Do what is due now; yields a sentence for each thing done. To be called about once a minute."""
    now = app.clock.now()
    schedule, zone = app.settings.schedule, app.settings.practice.zone
    yield from _collect(app, now)
    yield from _look_again(app, last_due(now, app.rule, schedule.time, zone), now)
    coming = next_due(now, app.rule, schedule.time, zone)
    if now >= draft_at(coming, schedule.draft_days, zone):
        yield from _draft(app, coming)
    yield from _send(app, last_due(now, app.rule, schedule.time, zone), now, stop)


def _collect(app: App, now: datetime) -> Iterator[str]:
    """Ask the feeds whose time has come; a failing one less and less often."""
    states = [app.store.posts.feed(url) for url in app.settings.feed_sources]
    due = [(state, next_visit(state)) for state in states]
    yield from _visited(app, [state for state, at in due if at is not None and now >= at])


def _look_again(app: App, due: Due, now: datetime) -> Iterator[str]:
    """The hour is here and a letter would go: one fresh look, so that nothing goes that was taken back."""
    record = app.store.issues.get(str(due.period))
    if record is None or record.state not in (IssueState.DRAFT, IssueState.APPROVED):
        return
    states = [app.store.posts.feed(url) for url in app.settings.feed_sources]
    yield from _visited(
        app, [s for s in states if not s.failures and s.last_try is not None and s.last_try < due.at <= now]
    )


def _visited(app: App, states: Sequence[FeedState]) -> Iterator[str]:
    before = {state.url: state for state in states}
    for found in collect(
        posts=app.store.posts,
        fetcher=app.fetcher,
        parser=app.parser,
        clock=app.clock,
        feeds=list(before),
        zone=app.settings.practice.zone,
        followed=app.settings.feed_sources,
    ):
        after = app.store.posts.feed(found.feed)
        if found.new or found.changed or is_news(before[found.feed], after):
            yield f"{found.feed}: {found.message}"


def _draft(app: App, due: Due) -> Iterator[str]:
    """Make the draft, and make it again for a new post until somebody says yes to it."""
    name = str(due.period)
    record = app.store.issues.get(name)
    if record is not None and (record.state is not IssueState.DRAFT or not _news(app, record)):
        return
    try:
        issue = compose_issue(app, name)
    except NothingToSay:
        return  # there may be a post before the hour; what is said then is said in _send
    yield f"{name}: the draft “{issue.subject}” is ready; look at it with `warmletter preview --out letter`"


def _news(app: App, record: IssueRecord) -> bool:
    """Whether there is a post that the draft does not know of."""
    if record.draft is None:
        return True
    if no_longer_fit(app, record.draft):
        return True
    known = {placed.post for placed in record.draft.posts} | {out.post for out in record.draft.left_out}
    return any(post.id not in known for post in eligible(app, record.name))


def _send(app: App, due: Due, now: datetime, stop: Callable[[], bool]) -> Iterator[str]:
    name = str(due.period)
    late = now - due.at > timedelta(hours=app.settings.schedule.late_after_hours)
    record = app.store.issues.get(name)
    if record is not None and record.state in OVER:
        return
    if record is not None and record.state is IssueState.SENDING:
        if app.store.ledger.totals(name).queued and not record.paused and allowed_now(app) != 0:
            yield from _going_out(app, name, stop)  # begun is begun: finished however late
    elif late:
        yield from _missed(app, due, record)
    elif record is None or record.draft is None:
        yield from _caught_up(app, due)
    elif record.state is IssueState.DRAFT and no_longer_fit(app, record.draft):
        yield from _caught_up(app, due)  # nobody agreed to it yet: it is made without what was taken back
    elif fresh := settling(app, record.draft):
        if now - due.at < timedelta(seconds=TICK_S):  # said once; it goes when they are settled
            titles = ", ".join(f"“{post.title}”" for post in fresh)
            minutes = app.settings.feeds.settle_minutes
            yield f"{name}: not sent yet: {titles} changed less than {minutes} minutes ago"
    elif record.state is IssueState.APPROVED or _agreed_by_itself(app, record):
        yield from _going_out(app, name, stop)
    else:
        yield f"{name}: its hour is here and nobody has said yes to it; `warmletter approve` does"


def _going_out(app: App, name: str, stop: Callable[[], bool]) -> Iterator[str]:
    try:
        totals = list(send(app, name, stop=stop))[-1]
    except WarmletterError as problem:
        yield f"{name}: not sent: {problem}"
        return
    yield (
        f"{name}: {totals.accepted} of {totals.frozen} accepted, "
        f"{totals.queued} to go, {totals.unknown} in doubt"
    )


def _agreed_by_itself(app: App, record: IssueRecord) -> bool:
    """With approval = "auto" a draft that passes its checks is agreed to at its hour."""
    if app.settings.schedule.approval != "auto":
        return False
    try:
        approve(app, record.name, prepare(app, record.name).readers)
    except WarmletterError:
        return False  # a letter that does not pass is never sent unseen; `status` shows it waiting
    return True


def _caught_up(app: App, due: Due) -> Iterator[str]:
    """The hour is here and no draft that could go: the machine was off, or there is nothing to say."""
    name = str(due.period)
    try:
        issue = compose_issue(app, name)
    except NothingToSay as quiet:
        if app.settings.letter.quiet == "skip":
            app.store.issues.skip(name, "no post this month", app.clock.now())
            yield f"{name}: skipped: {quiet.problem}"
        else:
            yield f"{name}: its hour is here, but there is no post yet; it waits for one"
        return
    yield f"{name}: the draft “{issue.subject}” is ready, late; it waits for your yes"


def _missed(app: App, due: Due, record: IssueRecord | None) -> Iterator[str]:
    """Later than `late_after_hours`: nothing leaves by itself any more. Said once, kept as skipped.

    A letter that has an approval or a draft is left as it is: the author can still send it.
    """
    if record is not None and record.draft is not None:
        yield f"{due.period}: its hour passed, too late to leave by itself; `warmletter send` sends it"
        return
    running_since_before = any(issue.name < str(due.period) for issue in app.store.issues.all())
    if record is None and running_since_before:
        hours = app.settings.schedule.late_after_hours
        app.store.issues.skip(
            str(due.period), f"its hour passed more than {hours} hours ago", app.clock.now()
        )
        yield f"{due.period}: skipped: the computer was off at its hour, and it is too late now"


def run(app: App, *, say: Say, stop: Callable[[], bool]) -> None:
    """Tick every minute until `stop`. Blocks."""
    from apscheduler.schedulers.background import BackgroundScheduler

    said: list[str] = []

    def ticking() -> None:
        told: list[str] = []
        try:
            for sentence in tick(app, stop=stop):
                told.append(sentence)
                if sentence not in said:  # what holds from minute to minute is said once
                    say(sentence)
        except WarmletterError as problem:
            told.append(str(problem))
            if str(problem) not in said:
                say(str(problem))
        said[:] = told

    # One heartbeat in memory. misfire_grace_time=None: a tick missed in sleep is made up on
    # waking; a stored job would lose the missed run when it is added again at the start.
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        ticking,
        "interval",
        seconds=TICK_S,
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
    )
    ticking()
    scheduler.start()
    try:
        while not stop():
            app.clock.sleep(0.5)
    finally:
        scheduler.shutdown(wait=True)
