"""Links that lead nowhere: each page is asked once, by a real server's word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.app.context import App
from pipeline.app.draft import compose_issue, prepare
from pipeline.app.links import MOST, ask_links
from pipeline.check.answers import Asked, answers
from pipeline.model import Status
from tests.practice import WORDS, collected, item, practice, write_feed
from tests.servers import Server, answer, by_path

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[Server]:
    pages = {
        "/there": answer(b"<p>Here I am.</p>"),
        "/gone": answer(status="404 Not Found"),
        "/taken-down": answer(status="410 Gone"),
        "/busy": answer(status="503 Service Unavailable"),
    }
    with Server(by_path(pages)) as server:
        yield server


def asked(app: App, folder: Path, *hrefs: str) -> list[Asked]:
    links = "".join(f'<p>See <a href="{href}">page {n}</a>.</p>' for n, href in enumerate(hrefs))
    write_feed(folder, item("Keeping company", WORDS * 3 + links, "03 Nov 2026"))
    collected(app)
    compose_issue(app, "2026-11")
    return [one for one in ask_links(app, prepare(app, "2026-11").letter) if one.label.startswith("page")]


def test_a_page_that_is_not_there_is_said_and_one_that_is_busy_is_not_blamed(
    tmp_path: Path, site: Server
) -> None:
    with practice(tmp_path, NOW) as app:
        names = ("there", "gone", "taken-down", "busy")
        found = asked(app, tmp_path, *(site.url(f"/{name}") for name in names))
    assert [(one.label, bool(one.problem), one.gone) for one in found] == [
        ("page 0", False, False),
        ("page 1", True, True),
        ("page 2", True, True),
        ("page 3", True, False),
    ]
    checks = answers(found)
    assert [one.status for one in checks] == [Status.WARN, Status.WARN, Status.OK]
    assert "“page 1” to 127.0.0.1 leads to no page (the site answered 404 Not Found)" in checks[0].message
    assert checks[0].fix


def test_a_page_is_asked_once_however_often_the_letter_leads_there(tmp_path: Path, site: Server) -> None:
    with practice(tmp_path, NOW) as app:
        asked(app, tmp_path, site.url("/there"), site.url("/there#below"), site.url("/there"))
    assert [head.split(" ", 2)[1] for head in site.heads] == ["/there"]


def test_a_readers_own_address_is_never_asked(tmp_path: Path) -> None:
    with practice(tmp_path, NOW) as app:
        write_feed(tmp_path, item("Keeping company", WORDS * 3, "03 Nov 2026"))
        collected(app)
        compose_issue(app, "2026-11")
        letter = prepare(app, "2026-11").letter
        asked_for = [one.label for one in ask_links(app, letter)]
    assert not any("nsubscribe" in label for label in asked_for)


def test_only_so_many_pages_are_asked(tmp_path: Path, site: Server) -> None:
    with practice(tmp_path, NOW) as app:
        found = asked(app, tmp_path, *(site.url(f"/there?{n}") for n in range(MOST + 3)))
    assert sum(1 for one in found if "no time" in one.problem) >= 3
    assert len(site.heads) <= MOST


def test_where_all_answer_that_is_said() -> None:
    (well,) = answers([Asked(label="a", site="a.example")])
    assert (well.status, well.message) == (Status.OK, "1 of 1 pages answered")
