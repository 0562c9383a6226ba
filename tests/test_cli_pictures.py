"""Pictures as a person meets them: on the command line and in the folder of the preview."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.demo.server import BlogServer
from tests.practice import configure
from tests.test_cli import Terminal

LETTER = Path("letter")


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(monkeypatch, capsys)


def test_octobers_kettle_is_described_and_the_preview_shows_all_three(
    typed: Terminal, tmp_path: Path
) -> None:
    with BlogServer() as blog:
        configure(tmp_path, feeds__urls=[blog.url])
        assert typed("collect") == 0
        assert typed("compose", "--issue", "2026-10") == 0
    assert typed("check") == 1
    assert "please describe this picture: “kettle.jpg” in “The room" in typed.out
    assert '--describe "kettle.jpg"' in typed.out
    assert typed("compose", "--describe", "teapot.jpg", "A teapot") == 2
    assert "kettle.jpg" in typed.err
    assert typed("compose", "--describe", "kettle.jpg", "A kettle, and two cups") == 0
    assert typed("check") == 0
    assert typed("preview", "--out", "letter") == 0
    html = (LETTER / "letter.html").read_text("utf-8")
    sources = re.findall(r'<img[^>]* src="([^"]+)"', html)
    assert len(sources) == 3
    assert all((LETTER / source).read_bytes().startswith(b"\xff\xd8") for source in sources)
    assert 'alt="A kettle, and two cups"' in html
    assert "cid:" not in html
    assert (LETTER / "letter.eml").read_bytes().count(b"Content-ID: <") == 3


def test_describe_needs_a_picture_and_words(typed: Terminal, tmp_path: Path) -> None:
    configure(tmp_path)
    assert typed("compose", "--describe", "kettle.jpg") == 2


def test_the_demos_letter_is_the_same_on_any_port(typed: Terminal) -> None:
    letters = []
    for folder in ("one", "two"):
        assert typed("demo", "--folder", folder) == 0
        place = Path(folder) / "sample/letter"
        letters.append([(place / name).read_bytes() for name in ("letter.html", "letter.txt")])
        (picture,) = (place / "pictures").iterdir()
        assert f'src="pictures/{picture.name}"'.encode() in letters[-1][0]
    assert letters[0] == letters[1]
    assert b"127.0.0.1" not in b"".join(letters[0])


def test_help_and_drafts_load_no_pillow() -> None:
    code = "import sys, pipeline.cli.main, pipeline.app.draft, pipeline.wiring; print('PIL' in sys.modules)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "False"
