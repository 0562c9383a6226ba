"""The author's portrait on its way from a file beside config.toml into the letter."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.app.draft import Prepared, compose_issue, prepare
from pipeline.app.pictures import attachments
from pipeline.model import Status
from tests.pictures import file_of, landscape
from tests.practice import WORDS, collected, item, practice, write_feed

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


def prepared(folder: Path, **look: object) -> Prepared:
    with practice(folder, NOW, **look) as app:
        write_feed(folder, item("Keeping company", WORDS * 3, "03 Nov 2026"))
        collected(app)
        compose_issue(app, "2026-11")
        made = prepare(app, "2026-11")
        assert [len(one.content) for one in attachments(app, made.letter)] == [
            one.size for one in made.letter.pictures
        ]
        return made


def said_of_portrait(made: Prepared) -> tuple[Status, str]:
    (one,) = (check for check in made.checks if check.name == "portrait")
    return one.status, one.message


def test_a_portrait_travels_with_the_letter(tmp_path: Path) -> None:
    (tmp_path / "miriam.jpg").write_bytes(file_of(landscape(900, 1200)))
    made = prepared(tmp_path, look__portrait="miriam.jpg")
    assert len(made.letter.pictures) == 1
    assert 'alt="Miriam"' in made.letter.html
    assert said_of_portrait(made)[0] is Status.OK


def test_the_same_file_gives_the_same_letter_and_another_file_another(tmp_path: Path) -> None:
    file = tmp_path / "miriam.jpg"
    file.write_bytes(file_of(landscape(900, 1200)))
    first, again = (prepared(tmp_path, look__portrait="miriam.jpg") for _ in range(2))
    assert first.fingerprint == again.fingerprint
    file.write_bytes(file_of(landscape(800, 800)))
    assert prepared(tmp_path, look__portrait="miriam.jpg").fingerprint != first.fingerprint
    plain = prepared(tmp_path, look__portrait="miriam.jpg", letter__style="plain")
    assert plain.letter.pictures != first.letter.pictures, "it is cut on what is behind it"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.jpg", b"", "there is no such file"),
        ("letter.txt", b"Dear all", "not in a format"),
        ("small.jpg", file_of(landscape(64, 64)), "icon's size"),
        ("https://a.example/me.jpg", b"", "is an address"),
    ],
)
def test_a_portrait_that_cannot_be_shown_is_said(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    if content:
        (tmp_path / name).write_bytes(content)
    made = prepared(tmp_path, look__portrait=name)
    assert made.letter.pictures == ()
    status, message = said_of_portrait(made)
    assert status is Status.WARN
    assert said in message


def test_without_one_nothing_is_asked_for(tmp_path: Path) -> None:
    assert said_of_portrait(prepared(tmp_path))[0] is Status.OK
