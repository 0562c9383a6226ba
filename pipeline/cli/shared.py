"""What the commands share: the config option, opening the program, printing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from pipeline.model import Check, Status

if TYPE_CHECKING:
    from pipeline.app.context import App

Command = TypeVar("Command", bound=Callable[..., object])
MARKS = {Status.OK: ("✓", "green"), Status.WARN: ("!", "yellow"), Status.BLOCK: ("✗", "red")}


def config_option(command: Command) -> Command:
    """`--config FILE`, after the command as well as before it."""
    return click.option(
        "--config",
        "config",
        default=None,
        metavar="FILE",
        help="Another config.toml (default: the one here).",
    )(command)


def issue_option(command: Command) -> Command:
    return click.option(
        "--issue", "issue", default=None, metavar="2026-11", help="Which letter (default: the one at work)."
    )(command)


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="For programs: JSON.")(command)


def config_path(config: str | None) -> Path:
    """The file named after the command, else before it, else config.toml here."""
    outer = click.get_current_context().find_root().obj
    return Path(config or outer or "config.toml")


def opened(config: str | None) -> AbstractContextManager[App]:
    from pipeline import wiring

    return wiring.opened(config_path(config))


def echo_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def echo_json_line(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


def echo_checks(checks: Iterable[Check]) -> None:
    """A table on a terminal; else one line a check, and under what is wrong what to do."""
    if is_terminal():
        _table_of(checks)
        return
    for found in checks:
        mark, colour = MARKS[found.status]
        click.echo(f"  {click.style(mark, fg=colour)} {found.name + ':':<14} {found.message}")
        if found.fix and found.status is not Status.OK:
            click.echo(f"    {'':<14} {click.style(found.fix, dim=True)}")


def _table_of(checks: Iterable[Check]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("", "check", "what was found", "what to do", header_style="dim", box=None, pad_edge=False)
    for found in checks:
        mark, colour = MARKS[found.status]
        fix = found.fix if found.status is not Status.OK else ""
        # As Text: what a post says is no markup of rich's.
        table.add_row(Text(mark, colour), Text(found.name), Text(found.message), Text(fix, "dim"))
    Console().print(table)


def is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
