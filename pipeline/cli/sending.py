"""`send`, `status`, `report`, `run`: the letter goes out, and what came of it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click

from pipeline.cli.shared import config_option, echo_json, issue_option, json_option, opened

if TYPE_CHECKING:
    from pipeline.app.context import App
    from pipeline.model import Totals
    from pipeline.report import Report


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and a polite kill become a wish to stop, so that no batch is left half told of."""
    wish = False

    def wished(_number: int, _frame: FrameType | None) -> None:
        nonlocal wish
        if wish:  # asked twice: she means it
            raise KeyboardInterrupt
        wish = True

    before = {number: signal.signal(number, wished) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@click.command()
@issue_option
@click.option("--dry-run", is_flag=True, help="Everything but the requests.")
@click.option("--pause", "word", flag_value="pause", help="Hold a letter that is going out.")
@click.option("--resume", "word", flag_value="resume", help="Go on with one that is paused.")
@click.option("--cancel", "word", flag_value="cancel", help="Who has not got the letter gets none.")
@json_option
@config_option
def send(issue: str | None, dry_run: bool, word: str | None, as_json: bool, config: str | None) -> None:
    """Deliver an approved letter. Safe to interrupt and to repeat: nobody gets it twice."""
    from pipeline.app.mail import rehearse, resume
    from pipeline.app.mail import send as delivering
    from pipeline.app.reports import report_on
    from pipeline.model import IssueState
    from pipeline.report import readers

    with opened(config) as app:
        name = app.issue_named(issue)
        if word in ("pause", "cancel"):
            click.echo(_held(app, name, word))
            return
        if word == "resume":
            resume(app, name)
        if dry_run:
            count = rehearse(app, name)
            if as_json:
                echo_json({"issue": name, "ready": count})
            else:
                click.echo(f"The letter {name} is ready for {readers(count)}; nothing was sent.")
            return
        record = app.store.issues.get(name)
        over = record is not None and record.state is IssueState.SENT
        with stopping() as stop:
            run_through(delivering(app, name, stop=stop), quiet=as_json or over)
            stopped = stop()
        done = report_on(app, name)
    if as_json:
        echo_json(done.numbers())
    elif over:
        click.echo(f"The letter {name} was sent already; nothing is sent twice.")
    if not as_json:
        show_report(done)
    if stopped or not done.in_order or done.totals.queued:
        raise click.exceptions.Exit(1)


def _held(app: App, name: str, word: str) -> str:
    from pipeline.app import mail

    if word == "pause":
        mail.pause(app, name)
        return (
            f"The letter {name} is paused; what is on its way now is finished. "
            "`warmletter send --resume` goes on."
        )
    given_up = mail.cancel(app, name)
    return (
        f"The letter {name} is cancelled; {given_up} readers get none. "
        "What is on its way now is still counted."
    )


def run_through(steps: Iterator[Totals], *, quiet: bool) -> None:
    """Follow the totals with a progress bar."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from pipeline.cli.rate import RateColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        for _ in steps:
            pass
        return
    columns = (TextColumn("Sending"), BarColumn(), MofNCompleteColumn(), RateColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("send", total=None)
        for totals in steps:
            progress.update(task, total=totals.frozen, completed=totals.frozen - totals.queued)


def show_report(report: Report) -> None:
    from pipeline.report import sentences

    for sentence in sentences(report):
        click.echo(sentence)


@click.command()
@issue_option
@json_option
@config_option
def report(issue: str | None, as_json: bool, config: str | None) -> None:
    """What happened to a letter: sent to how many, what was refused or skipped, and why."""
    from pipeline.app.reports import report_on

    with opened(config) as app:
        done = report_on(app, app.issue_named(issue))
    if as_json:
        echo_json(done.numbers())
    else:
        show_report(done)
    if not done.totals.adds_up:
        raise click.exceptions.Exit(1)


@click.command()
@json_option
@config_option
def status(as_json: bool, config: str | None) -> None:
    """Where each feed and each letter stands, and when the next is due."""
    from pipeline.app.reports import standing
    from pipeline.cli.holding import in_words
    from pipeline.report import readers

    with opened(config) as app:
        now = standing(app)
        zone = app.settings.practice.zone
    if as_json:
        echo_json(
            {
                "readers": now.readers,
                "next": {"issue": str(now.due.period), "at": now.due.at.isoformat()},
                "feeds": [
                    {
                        "feed": feed.url,
                        "outcome": feed.outcome.value if feed.outcome else None,
                        "failures": feed.failures,
                        "message": feed.message,
                    }
                    for feed in now.feeds
                ],
                "held": [{"id": p.id, "title": p.title, "reason": p.held} for p in now.held],
                "changed": [
                    {"id": one.post.id, "title": one.post.title, "issue": one.issue, "asked": one.asked}
                    for one in now.changed
                ],
                "issues": [
                    {
                        "issue": record.name,
                        "state": record.state.value,
                        "subject": record.draft.subject if record.draft else None,
                        "frozen": totals.frozen,
                        "accepted": totals.accepted,
                        "unknown": totals.unknown,
                        "queued": totals.queued,
                        "reason": record.reason,
                    }
                    for record, totals in now.issues
                ],
            }
        )
        return
    for feed in now.feeds:
        often = f" ({feed.failures} times in a row)" if feed.failures > 1 else ""
        click.echo(f"{feed.url}: {feed.message}{often}")
    if not now.feeds:
        click.echo("No feed was collected yet: warmletter collect")
    for post in now.held:
        click.echo(f"“{post.title}” waits for your word: {post.held} (`warmletter held`)")
    for one in now.changed:
        click.echo(in_words(one))
    for record, totals in now.issues:
        subject = f" “{record.draft.subject}”" if record.draft else ""
        went = f", {totals.accepted} of {totals.frozen} accepted" if totals.frozen else ""
        doubt = f", {totals.unknown} in doubt" if totals.unknown else ""
        why = f": {record.reason}" if record.reason else ""
        click.echo(f"{record.name}{subject}: {record.state.value}{went}{doubt}{why}")
    local = now.due.at.astimezone(zone)
    click.echo(
        f"{readers(now.readers)}. Next due: {now.due.period} on {local:%A %d %B %Y, %H:%M} ({zone.key})"
    )


@click.command()
@config_option
def run(config: str | None) -> None:
    """Stay and do the month's work: collect, draft, send what is approved at its hour."""
    from pipeline.schedule import run as running

    with opened(config) as app, stopping() as stop:
        due = app.next_due()
        local = due.at.astimezone(app.settings.practice.zone)
        click.echo(f"Waiting. The next letter is {due.period}, on {local:%A %d %B %Y, %H:%M}. Ctrl-C ends.")
        running(app, say=lambda sentence: click.echo(f"{sentence}"), stop=stop)
    click.echo("Ended.")
