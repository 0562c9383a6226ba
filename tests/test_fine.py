"""Questions of ethics on the way of a letter: asked, answered, and not asked again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.app.context import App
from pipeline.app.draft import compose_issue, prepare
from pipeline.errors import UsageError
from pipeline.read.ethics import name_of
from tests.practice import WORDS, collected, item, practice, write_feed

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
CURE = "This evening class cures anxiety."
OTHER = "This morning class cures insomnia."
NAME = name_of("promise of cure", CURE)


def told(app: App, folder: Path, *said: str) -> None:
    body = WORDS * 3 + "".join(f"<p>{sentence}</p>" for sentence in said)
    write_feed(folder, item("Keeping company", body, "03 Nov 2026"))
    collected(app)


def open_questions(app: App) -> list[str]:
    checks = prepare(app, "2026-11").checks
    return [found.fix[-7:-1] for found in checks if found.name == "concerns" and found.fix]


def test_a_question_called_fine_stays_so_over_a_new_collect_and_compose(tmp_path: Path) -> None:
    with practice(tmp_path, NOW) as app:
        told(app, tmp_path, CURE)
        compose_issue(app, "2026-11")
        assert open_questions(app) == [NAME]
        compose_issue(app, "2026-11", fine=(NAME,))
        assert open_questions(app) == []
        told(app, tmp_path, CURE, OTHER)
        compose_issue(app, "2026-11")
        assert open_questions(app) == [name_of("promise of cure", OTHER)]
        compose_issue(app, "2026-11", forget=("fine",))
        assert open_questions(app) == [NAME, name_of("promise of cure", OTHER)]


def test_a_question_nobody_asked_is_refused(tmp_path: Path) -> None:
    with practice(tmp_path, NOW) as app:
        told(app, tmp_path, CURE)
        with pytest.raises(UsageError, match="'abc123' is no question") as refused:
            compose_issue(app, "2026-11", fine=("abc123",))
        assert f"{NAME} “{CURE}”" in refused.value.hint
