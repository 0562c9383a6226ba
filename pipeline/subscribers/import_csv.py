"""A list that was kept elsewhere, read from CSV (RFC 4180, and what spreadsheets make of it)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.errors import UsageError
from pipeline.model import NewReader
from pipeline.subscribers.addresses import clean_name, normalise

LARGEST_FILE = 20_000_000
MOST_ROWS = 200_000
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What the file holds. A problem is (line, reason), and names nobody."""

    readers: tuple[NewReader, ...]  # in the file's order, each address once
    problems: tuple[tuple[int, str], ...]
    merged: int  # lines whose address stood there before


def read_csv(content: bytes, *, consent: str) -> Imported:
    """The readers of the file, each with `consent` as the evidence of how and when they agreed.

    Raises UsageError where the file as a whole cannot be read, or no evidence is given. A name like
    `=A1` stays as it is written: it is text here, and guarded where a spreadsheet would run it.
    """
    evidence = clean_name(consent) and " ".join(consent.split())
    if not evidence:
        raise UsageError(
            "nothing says how these readers agreed",
            hint='give it in words: --consent "paper form at the door, spring 2026"',
        )
    rows = _rows(_text(content))
    columns = [name.strip().casefold() for name in next(rows, (0, []))[1]]
    if columns.count("email") != 1:
        raise UsageError(
            "the first line of the file names no column `email`, or two",
            hint="the first line must hold the names of the columns: email,name",
        )
    at_email = columns.index("email")
    at_name = columns.index("name") if "name" in columns else None
    found: dict[str, NewReader] = {}
    problems: list[tuple[int, str]] = []
    merged = 0
    for line, cells in rows:
        try:
            email = normalise(_cell(cells, at_email))
        except ValueError as error:
            problems.append((line, str(error)))
            continue
        name = "" if at_name is None else clean_name(_cell(cells, at_name))
        before = found.get(email)
        merged += before is not None
        kept = before.name if before is not None and before.name else name
        found[email] = NewReader(email=email, name=kept, consent=evidence)
    return Imported(readers=tuple(found.values()), problems=tuple(problems), merged=merged)


def _text(content: bytes) -> str:
    if len(content) > LARGEST_FILE:
        raise UsageError(
            f"the file is larger than {LARGEST_FILE // 1_000_000} MB", hint="cut it into smaller files"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(
            "the file is not UTF-8", hint='save it from the spreadsheet as "CSV UTF-8"'
        ) from None


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line where it ends, cells) of each line that is not empty."""
    if "\0" in text:
        raise UsageError("the file holds NUL bytes, so it is no CSV", hint='save it as "CSV UTF-8"')
    first = text.partition("\n")[0]
    # Spreadsheets of half of Europe write semicolons into what they call comma-separated.
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader):
            if number > MOST_ROWS:
                raise UsageError(
                    f"the file has more than {MOST_ROWS} lines", hint="cut it into smaller files"
                )
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error:
        raise UsageError(
            f"line {reader.line_num} cannot be read as CSV", hint="look for a quote that is not closed"
        ) from None


def _cell(cells: list[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""
