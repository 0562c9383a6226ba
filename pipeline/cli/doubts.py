"""`resolve`: what nobody knows of a letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.shared import config_option, echo_json, issue_option, json_option, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.app.resolve import Resolved


@click.command()
@issue_option
@click.option("--send-again", default=None, type=int, metavar="N", help="Send the N in doubt once more.")
@click.option("--give-up", default=None, type=int, metavar="N", help="Leave the N in doubt as they are.")
@json_option
@config_option
def resolve(
    issue: str | None, send_again: int | None, give_up: int | None, as_json: bool, config: str | None
) -> None:
    """Ask the mail service about readers in doubt; what it cannot say is yours to decide."""
    from pipeline.app import resolve as use

    if send_again is not None and give_up is not None:
        raise click.UsageError("--send-again and --give-up are two answers; give one")
    with opened(config) as app:
        name = app.issue_named(issue)
        decision = send_again if send_again is not None else give_up
        if decision is not None:
            done = use.decide(app, name, count=decision, again=send_again is not None)
            what = "go out once more with `warmletter send`" if send_again is not None else "are given up"
            click.echo(f"{done} of the letter {name} {what}.")
            return
        found = use.resolve(app, name)
        zone = app.settings.practice.zone
    if as_json:
        echo_json(
            {
                "issue": found.issue,
                "taken": found.taken,
                "not_taken": found.not_taken,
                "unknown": found.open,
                "adopted": found.adopted,
                "asked": found.asked,
                "ask_again_at": found.ask_again_at.isoformat() if found.ask_again_at else None,
            }
        )
    else:
        again = found.ask_again_at.astimezone(zone) if found.ask_again_at else None
        for sentence in sentences(found, f"{again:%H:%M}" if again else ""):
            click.echo(sentence)
    if found.open:
        raise click.exceptions.Exit(1)


def sentences(found: Resolved, again_at: str) -> Iterator[str]:
    """What was found out, a sentence a line."""
    if found.adopted:
        yield (
            f"This copy of the database had forgotten what went out since it was made: {found.adopted} "
            "readers are in doubt by it. Whoever left the list since then is on it again: before you send, "
            "compare it with the mail service's own list of those who left."
        )
    if found.taken:
        yield f"{found.taken} were in doubt, and the mail service has them."
    if found.not_taken:
        yield f"{found.not_taken} never reached the mail service: `warmletter send` sends to them."
    if not found.open:
        yield f"Nothing of the letter {found.issue} is in doubt."
        return
    if found.asked and again_at:
        yield (
            f"{found.open} are in doubt; the mail service may not know of them yet. "
            f"Ask again after {again_at}: `warmletter resolve`"
        )
        return
    forgets = "The mail service does not know of them, and may have forgotten."
    cannot = f" {forgets if found.asked else 'This mail service cannot be asked.'}"
    yield (
        f"{found.open} are in doubt: they may have the letter or not.{cannot} `warmletter resolve --give-up "
        f"{found.open}` leaves them; `--send-again {found.open}` sends once more, and some may get it twice."
    )
