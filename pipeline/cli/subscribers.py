"""`subscribers add / import / list / remove`."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.shared import config_option, echo_json, is_terminal, json_option, opened
from pipeline.report import readers as counted

BY_HAND = "added by hand by the practice"


@click.group()
def subscribers() -> None:
    """The list of readers."""


@subscribers.command("add")
@click.argument("address")
@click.option("--name", default="", help="For the greeting.")
@click.option("--consent", default=BY_HAND, show_default=True, help="How and when she agreed.")
@config_option
def add(address: str, name: str, consent: str, config: str | None) -> None:
    """Add one reader who agreed to get the letter."""
    from pipeline.model import NewReader
    from pipeline.subscribers.addresses import clean_name, normalise

    try:
        reader = NewReader(email=normalise(address), name=clean_name(name), consent=consent)
    except ValueError as problem:
        raise click.UsageError(f"that is not an email address: {problem}") from problem
    with opened(config) as app:
        added, there, refused = app.store.readers.add([reader], app.clock.now())
        count = app.store.readers.count_active()
    if refused:
        click.echo("Not added: this reader left, or mail to her came back; that no is kept.", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"{'Added' if added else 'Already there' if there else 'Not added'}. {counted(count)}.")


@subscribers.command("remove")
@click.argument("address")
@config_option
def remove(address: str, config: str | None) -> None:
    """Take a reader off the list, when she asks for it. She gets no letter from now on."""
    from pipeline.subscribers.addresses import normalise

    try:
        email = normalise(address)
    except ValueError as problem:
        raise click.UsageError(f"that is not an email address: {problem}") from problem
    with opened(config) as app:
        gone = app.store.readers.remove(email, app.clock.now())
        count = app.store.readers.count_active()
    if not gone:
        click.echo("Not on the list; `warmletter subscribers list` shows who is.", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"Taken off the list. {counted(count)}.")


@subscribers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--consent", default=None, help='How and when they agreed, like "form on the site, 2026".')
@click.option("--yes", is_flag=True, help="Do it without asking.")
@config_option
def import_(file: Path, consent: str | None, yes: bool, config: str | None) -> None:
    """Add the readers in a CSV file with a column `email`, and `name` where there is one."""
    from pipeline.subscribers.import_csv import read_csv

    if not consent or not consent.strip():
        raise click.UsageError('say how and when they agreed: --consent "form on the site, 2026"')
    found = read_csv(file.read_bytes(), consent=consent)
    readers, problems = found.readers, found.problems
    for line, reason in problems:
        click.echo(f"{file.name}, line {line}: {reason}", err=True)
    if not readers:
        click.echo("There is nobody to add.", err=True)
        raise click.exceptions.Exit(1)
    if not yes:
        if not is_terminal():
            raise click.UsageError(f"nobody is here to ask: say --yes to add {counted(len(readers))}")
        click.confirm(f"Add {counted(len(readers))} who agreed by “{consent}”?", abort=True)
    with opened(config) as app:
        added, there, refused = app.store.readers.add(readers, app.clock.now())
        count = app.store.readers.count_active()
    twice = f" {found.merged} stood there twice." if found.merged else ""
    click.echo(
        f"{added} added, {there} already there, {refused} had left and stay so.{twice} {counted(count)}."
    )
    if problems:
        raise click.exceptions.Exit(1)


@subscribers.command("list")
@json_option
@config_option
def list_(as_json: bool, config: str | None) -> None:
    """Show the readers. They are people who trust the practice: mind who sees your screen."""
    with opened(config) as app:
        everybody = app.store.readers.all()
    if as_json:
        echo_json(
            [
                {
                    "number": reader.number,
                    "email": reader.email,
                    "name": reader.name,
                    "state": reader.state.value,
                    "consent": reader.consent,
                    "added": reader.added_at.isoformat(),
                }
                for reader in everybody
            ]
        )
        return
    for reader in everybody:
        click.echo(f"{reader.number:>5}  {reader.state.value:<12}  {reader.email}  {reader.name}".rstrip())
    click.echo(f"{counted(sum(reader.state == 'active' for reader in everybody))}.")
