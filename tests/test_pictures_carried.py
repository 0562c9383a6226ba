"""A mail service that carries no pictures: said before the yes, with what to write."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.app.draft import compose_issue, prepare
from pipeline.app.yes import approve
from pipeline.errors import ChecksFailed
from pipeline.model import Check, Status
from tests.pictures import file_of, landscape
from tests.practice import WORDS, collected, item, practice, with_readers, write_feed
from tests.servers import Server, answer, by_path

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
ISSUE = "2026-11"
JPEG = file_of(landscape(1600, 1000))


def carried(folder: Path, inside: Collection[str], **answers: str) -> Check:
    """What the check says; a letter that it holds back cannot be approved, one that it lets go can."""
    (folder / "miriam.jpg").write_bytes(JPEG)
    with Server(by_path({"/kettle.jpg": answer(JPEG)})) as blog:
        source = blog.url("/kettle.jpg")
        shown = f'<p><img src="{source}" alt="A kettle"></p>' if "a picture" in inside else ""
        write_feed(folder, item("Keeping company", WORDS * 3 + shown, "03 Nov 2026"))
        look = {"look__portrait": "miriam.jpg"} if "the portrait" in inside else {}
        with practice(folder, NOW, **look, **answers) as app:
            collected(app)
            compose_issue(app, ISSUE)
            with_readers(app)
            (found,) = (check for check in prepare(app, ISSUE).checks if check.name == "carried")
            if found.status is Status.BLOCK:
                with pytest.raises(ChecksFailed, match="carried"):
                    approve(app, ISSUE, 3)
            else:
                approve(app, ISSUE, 3)
    return found


@pytest.mark.parametrize(
    ("inside", "way"),
    [
        pytest.param(["a picture"], '[letter] pictures = "link"', id="a post's"),
        pytest.param(["the portrait"], '[look] portrait = ""', id="the portrait"),
        pytest.param(
            ["a picture", "the portrait"],
            '[letter] pictures = "link" and [look] portrait = ""',
            id="both",
        ),
    ],
)
def test_pictures_inside_are_held_back_where_the_mail_service_cannot_carry_them(
    tmp_path: Path, inside: list[str], way: str
) -> None:
    found = carried(tmp_path, inside, send__provider="brevo")
    assert (found.status, found.message) == (
        Status.BLOCK,
        "your mail service cannot carry pictures inside a letter",
    )
    assert found.fix == f"write {way} in config.toml, or choose another in [send]"


@pytest.mark.parametrize(
    ("inside", "answers"),
    [
        pytest.param(["a picture"], {"send__provider": "brevo", "letter__pictures": "link"}, id="as links"),
        pytest.param([], {"send__provider": "brevo"}, id="none in it"),
        pytest.param(["a picture"], {"send__provider": "resend"}, id="another mail service"),
        pytest.param(["a picture"], {}, id="into files"),
    ],
)
def test_all_else_may_go(tmp_path: Path, inside: list[str], answers: dict[str, str]) -> None:
    found = carried(tmp_path, inside, **answers)
    assert (found.status, found.message) == (Status.OK, "the mail service can carry its pictures")
