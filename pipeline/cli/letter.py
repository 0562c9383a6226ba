"""`compose`, `preview`, `check`, `test`, `approve`: the letter until somebody says yes."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from pipeline.cli.shared import (
    config_option,
    config_path,
    echo_checks,
    echo_json,
    is_terminal,
    issue_option,
    json_option,
    opened,
)

if TYPE_CHECKING:
    from pipeline.model import Issue

FORGETTABLE = "lead quote subject preheader note ps leave-out wait order care fine".split()


@click.command()
@issue_option
@click.option("--lead", default=None, metavar="POST", help="The post that leads: id, address or title.")
@click.option("--quote", default=None, metavar="SENTENCE", help='The pull quote, word for word; "" for none.')
@click.option("--subject", default=None, help="The subject, in your words.")
@click.option("--preheader", default=None, help="The line an inbox shows beside the subject.")
@click.option(
    "--note",
    default=None,
    type=click.File("rb"),
    metavar="FILE",
    help="An opening note in your words, Markdown (- for standard input).",
)
@click.option(
    "--ps", default=None, type=click.File("rb"), metavar="FILE", help="A P.S. in your words, as for --note."
)
@click.option("--leave-out", multiple=True, metavar="POST", help="A post that is not to be in this letter.")
@click.option("--wait", multiple=True, metavar="POST", help="A post that waits for the next letter.")
@click.option(
    "--put-back", multiple=True, metavar="POST", help="A post that was left out, or waits, is in again."
)
@click.option(
    "--order", multiple=True, metavar="POST", help="How the posts follow the lead; once for each, in order."
)
@click.option("--care", multiple=True, metavar="POST", help="A care note stands before this post.")
@click.option("--no-care", multiple=True, metavar="POST", help="No care note stands before this post.")
@click.option(
    "--forget",
    multiple=True,
    type=click.Choice(FORGETTABLE),
    help="A choice of yours that is the program's again.",
)
@click.option(
    "--describe",
    nargs=2,
    multiple=True,
    metavar="PICTURE WORDS",
    help='What a picture shows: its file name or address, and your words; "" for an ornament.',
)
@click.option(
    "--fine", multiple=True, metavar="NAME", help="A question of ethics that `check` asked: this is fine."
)
@json_option
@config_option
def compose(
    issue: str | None,
    lead: str | None,
    quote: str | None,
    subject: str | None,
    preheader: str | None,
    note: IO[bytes] | None,
    ps: IO[bytes] | None,
    leave_out: tuple[str, ...],
    wait: tuple[str, ...],
    put_back: tuple[str, ...],
    order: tuple[str, ...],
    care: tuple[str, ...],
    no_care: tuple[str, ...],
    forget: tuple[str, ...],
    describe: tuple[tuple[str, str], ...],
    fine: tuple[str, ...],
    as_json: bool,
    config: str | None,
) -> None:
    """Make or refresh the draft. What you choose here stays chosen."""
    from pipeline.app.draft import compose_issue, passed_over
    from pipeline.cli.files import issue_json
    from pipeline.model import Choices

    chosen = Choices(
        lead=lead,
        quote=quote,
        subject=subject,
        preheader=preheader,
        note=_markdown(note.read()) if note is not None else None,
        ps=_markdown(ps.read()) if ps is not None else None,
        leave_out=leave_out,
        wait=wait,
        order=order,
        care=(*((post, True) for post in care), *((post, False) for post in no_care)),
        descriptions=describe,
    )
    with opened(config) as app:
        name = app.issue_to_compose(issue)
        composed = compose_issue(
            app,
            name,
            chosen,
            forget=[choice.replace("-", "_") for choice in forget],
            put_back=put_back,
            fine=fine,
        )
        over = passed_over(app, name)
    if as_json:
        echo_json(issue_json(composed, None))
    else:
        show_issue(composed)
        for post, reason in over:
            click.echo(f"  not in it: “{post.title}”: {reason}")
        click.echo("Next: warmletter preview --out letter")


def _markdown(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise click.UsageError("that is not UTF-8 text; save it as UTF-8") from problem


def show_issue(issue: Issue) -> None:
    """The draft in words: what stands where, and why."""
    click.echo(f"{click.style('Letter ' + issue.name, bold=True)}: {issue.subject}")
    for placed in issue.posts:
        click.echo(f"  {placed.post}  “{placed.title or 'untitled'}”: {placed.reason}")
    for out in issue.left_out:
        click.echo(f"  {out.post}  “{out.title or 'untitled'}” is left out: {out.reason}")
    for what, why in issue.reasons:
        click.echo(f"  {click.style(what + ':', bold=True)} {why}")


@click.command()
@issue_option
@click.option("--out", default=None, type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="The desk's port; 0: any free one.")
@click.option("--no-open", is_flag=True, help="Print the desk's address and open no browser.")
@config_option
def preview(issue: str | None, out: Path | None, port: int, no_open: bool, config: str | None) -> None:
    """Open the desk: a page on this computer to look at the letter, change it, and say yes.

    With --out DIR, write the letter into a folder instead: letter.html, .txt, .eml, issue.json,
    checks.json, the pictures that it shows beside them, and web.html, the same letter as a page
    with nothing of a reader in it.
    """
    if out is None:
        if issue is not None:
            raise click.UsageError("--issue goes with --out; the desk shows the letter at work")
        _open_desk(config_path(config), port, opens=not no_open)
        return
    from pipeline.app.draft import prepare
    from pipeline.cli.files import write_preview

    with opened(config) as app:
        prepared = prepare(app, app.issue_named(issue))
        files = write_preview(out, prepared, app)
    for file in files:
        click.echo(file)


def _open_desk(config: Path, port: int, *, opens: bool) -> None:
    import webbrowser

    from pipeline import wiring
    from pipeline.desk.serve import serve

    def ready(address: str) -> None:
        click.echo(f"The desk is open. Its way in works once:\n  {address}\nCtrl-C closes it.")
        if opens and is_terminal():
            webbrowser.open(address)

    with contextlib.suppress(KeyboardInterrupt):
        serve(lambda: wiring.opened(config), config=config, port=port, ready=ready)
    click.echo("The desk is closed.")


@click.command()
@issue_option
@click.option("--links", "ask", is_flag=True, help="Also ask each page that the letter links to, once.")
@json_option
@config_option
def check(issue: str | None, ask: bool, as_json: bool, config: str | None) -> None:
    """Run all checks on the draft; exit code 1 if one holds it back."""
    from pipeline.app.draft import prepare
    from pipeline.app.links import ask_links
    from pipeline.check import blocking
    from pipeline.check.answers import answers
    from pipeline.cli.files import checks_json

    with opened(config) as app:
        prepared = prepare(app, app.issue_named(issue))
        checks = prepared.checks
        if ask:
            checks += answers(tuple(ask_links(app, prepared.letter)))
    if as_json:
        echo_json(checks_json(checks))
    else:
        click.echo(f"Letter {prepared.issue.name}: {prepared.letter.subject}")
        echo_checks(checks)
    if blocking(checks):
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("address")
@issue_option
@config_option
def test(address: str, issue: str | None, config: str | None) -> None:
    """Send the letter, marked as a test, to one address."""
    from pipeline.app.mail import send_test
    from pipeline.subscribers.addresses import normalise

    try:
        to = normalise(address)
    except ValueError as problem:
        raise click.UsageError(f"that is not an email address: {problem}") from problem
    with opened(config) as app:
        name = app.issue_named(issue)
        send_test(app, name, to)
        provider = app.settings.send.provider
    click.echo(f"The letter {name} is on its way as a test, through {provider}.")


@click.command()
@issue_option
@click.option("--yes", "readers", default=None, type=int, metavar="N", help="Agree to exactly N readers.")
@click.option("--undo", is_flag=True, help="Take the yes back.")
@config_option
def approve(issue: str | None, readers: int | None, undo: bool, config: str | None) -> None:
    """Say yes to exactly this letter for exactly this many readers."""
    from pipeline.app import yes
    from pipeline.app.draft import prepare
    from pipeline.report import readers as counted

    with opened(config) as app:
        name = app.issue_named(issue)
        if undo:
            yes.unapprove(app, name)
            click.echo(f"The yes to the letter {name} is taken back.")
            return
        if readers is None:
            prepared = prepare(app, name)
            click.echo(f"Letter {name}: {prepared.letter.subject}")
            echo_checks(prepared.checks)
            click.echo(f"It goes to {counted(prepared.readers)}, from {prepared.letter.sender.name}.")
            if not is_terminal():
                raise click.UsageError(f"nobody is here to ask: say --yes {prepared.readers}")
            readers = click.prompt("Type the number of readers to say yes", type=int)
        yes.approve(app, name, readers)
    click.echo(f"The letter {name} is approved for {counted(readers)}. Next: warmletter send")
