"""A reading on a terminal: signs and colours, width, and what is said."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from pipeline.cli.reading import show
from tests.own_posts import NAMES, read, read_own

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def shown(name: str, *, width: int = 60, terminal: bool = False, encoding: str = "utf-8") -> str:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    console = Console(
        file=out, width=width, force_terminal=terminal, highlight=False,
        color_system="standard" if terminal else None, legacy_windows=False,
    )  # fmt: skip
    show(read_own(name), console)
    out.seek(0)
    return out.read()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [40, 100])
def test_every_reading_fits_the_terminal(name: str, width: int) -> None:
    lines = shown(name, width=width).splitlines()
    assert max(map(len, lines)) <= width


def test_the_margin_says_with_a_sign_what_the_colour_says() -> None:
    plain, coloured = shown("tips_list"), shown("tips_list", terminal=True)
    assert "\x1b[" not in plain
    assert ESCAPE.sub("", coloured) == plain
    assert "☑ 1. Notice what drains you." in plain
    assert "♥ " in shown("quiet_room")
    assert "\x1b[35m☑" in coloured


def test_a_terminal_without_such_letters_gets_plain_signs() -> None:
    said = shown("tips_list", encoding="ascii")
    assert "# 1. Notice what drains you." in said
    assert "+ from person to person   . between   # steps" in said


def test_it_says_units_quotes_care_and_questions_with_reasons() -> None:
    said = shown("anecdote", width=200) + shown("survivor_guilt", width=200) + shown("quiet_room", width=200)
    assert "checklist, 4 items" in said
    assert "items begin with an instruction" in said
    assert "Sentences that could be set large, best first" in said
    assert "1. “" in said
    assert "about: suicide" in said
    assert "diagnosis: “If you ticked three boxes, you have an anxiety disorder.”" in said
    assert "only an assessment can tell" in said


def test_an_empty_reading_is_shown_too() -> None:
    out = io.StringIO()
    show(read("", title=""), Console(file=out, width=60))
    assert out.getvalue().startswith("(no title)\n0 words")
