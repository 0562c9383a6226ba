"""Addresses, names, and lists kept elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.model import NewReader
from pipeline.subscribers import import_csv
from pipeline.subscribers.addresses import clean_name, normalise
from pipeline.subscribers.import_csv import Imported, read_csv

HOW = "paper form, spring 2026"


def reader(email: str, name: str = "") -> NewReader:
    return NewReader(email=email, name=name, consent=HOW)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (" Ann.Lee@Example.ORG\n", "ann.lee@example.org"),
        ("a+b@bücher.example.org", "a+b@xn--bcher-kva.example.org"),
        ("a@bu\u0308cher.example.org", "a@xn--bcher-kva.example.org"),
        ("o'neil@example.org", "o'neil@example.org"),
    ],
)
def test_two_of_the_same_address_are_equal(raw: str, expected: str) -> None:
    assert normalise(raw) == expected
    assert normalise(expected) == expected


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "empty"),
        ("ann.example.org", "no @"),
        ("ann@example.org, bob@example.org", "more than one"),
        ("ann@example.org;", "more than one"),
        ("ann lee@example.org", "a space"),
        ("ännchen@example.org", "accents"),
        ("a" * 300 + "@example.org", "too long"),
        ("ann@example", "not a mail address"),
        ("ann@-example.org", "not a mail address"),
        ("ann@[127.0.0.1]", "not a mail address"),
        ("<ann@example.org>", "not a mail address"),
        ("ann..lee@example.org", "not a mail address"),
        ("ann@example.org\0x", "not a mail address"),
    ],
)
def test_what_is_no_address_is_refused_without_being_shown(raw: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        normalise(raw)
    assert not any(part in str(caught.value) for part in ("example", "lee", "nnchen", "127"))
    assert caught.value.__cause__ is None


@given(st.text(st.characters(), max_size=40).map(lambda text: text + "@example.org"))
def test_any_text_is_an_ascii_address_or_refused(raw: str) -> None:
    try:
        address = normalise(raw)
    except ValueError:
        return
    assert address.isascii()
    assert address == address.lower()
    assert normalise(address) == address


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  Ann \t  Lee ", "Ann Lee"),
        ("Ann\r\nBcc: x", "Ann Bcc: x"),
        ("\u202eeeL nnA\u202c", "eeL nnA"),
        ("A\u0308nne", "Änne"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("x" * 79 + " yz", "x" * 79),
        ("\x00\x9f\u2028", ""),
    ],
)
def test_names_are_one_clean_line(raw: str, expected: str) -> None:
    assert clean_name(raw) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"email,name\nann@example.org,Ann Lee\nbob@example.org,\n",
        b"\xef\xbb\xbfemail,name\r\nann@example.org,Ann Lee\r\nbob@example.org\r\n\r\n",
        b"Name;Joined;EMAIL \nAnn Lee;2020;ann@example.org\n;;bob@example.org",
        b'"email"\t"name"\n"ann@example.org"\t"Ann Lee"\n"bob@example.org"\t""\n',
    ],
    ids=["plain", "BOM and CRLF", "semicolons, other columns", "tabs, quoted"],
)
def test_a_list_is_read_as_spreadsheets_write_it(content: bytes) -> None:
    assert read_csv(content, consent=HOW) == Imported(
        readers=(reader("ann@example.org", "Ann Lee"), reader("bob@example.org")), problems=(), merged=0
    )


def test_a_file_without_names_is_enough() -> None:
    assert read_csv(b"email\nann@example.org\n", consent=HOW).readers == (reader("ann@example.org"),)


def test_the_same_reader_twice_is_one_with_the_first_name() -> None:
    content = b"email,name\nann@example.org,\nANN@example.org,Ann\nann@Example.org,Anna\n"
    assert read_csv(content, consent=HOW) == Imported(
        readers=(reader("ann@example.org", "Ann"),), problems=(), merged=2
    )


def test_a_bad_line_does_not_stop_the_others_and_names_nobody() -> None:
    content = b'email,name\nann@example.org,"=1+1"\nbob at example,Bob\n\n,Eve\n"x\ny@example.org",\n'
    imported = read_csv(content, consent=HOW)
    assert imported.readers == (reader("ann@example.org", "=1+1"),)
    assert imported.problems == (
        (3, "there is no @ in the address"),
        (5, "the address is empty"),
        (7, "there is a space in the address"),
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no column `email`"),
        (b"name,mail\nAnn,ann@example.org\n", "no column `email`"),
        (b"email,Email\n", "no column `email`, or two"),
        ("email\nann@example.org".encode("utf-16"), "not UTF-8"),
        (b"email\n\xff\n", "not UTF-8"),
        (b"email\n\0\n", "NUL"),
        (b'email\n"' + b"x" * 200_000, "line 1 cannot be read|line 2 cannot be read"),
    ],
    ids=["empty", "other names", "two", "UTF-16", "Latin-1", "NUL", "open quote"],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(content: bytes, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        read_csv(content, consent=HOW)
    assert caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("consent", ["", "  \n", "\u202e"])
def test_without_evidence_of_consent_nobody_is_added(consent: str) -> None:
    with pytest.raises(UsageError, match="how these readers agreed"):
        read_csv(b"email\nann@example.org\n", consent=consent)


def test_huge_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"email\n" + b"ann@example.org\n" * 5
    monkeypatch.setattr(import_csv, "MOST_ROWS", 4)
    with pytest.raises(UsageError, match="more than 4 lines"):
        read_csv(content, consent=HOW)
    monkeypatch.setattr(import_csv, "LARGEST_FILE", 50)
    with pytest.raises(UsageError, match="larger than"):
        read_csv(content, consent=HOW)
