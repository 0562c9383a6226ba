"""Pictures of letters, as readers see them: six months, three voices, phone and desktop, light and dark.

    make shots                          all of them into build/shots, the best into docs
    python scripts/shots.py LETTER.html any letter, whole, four pictures beside it

Look at build/shots/index.html: the test is whether you would be glad to receive it.

Georgia is not free to ship; its metric twin Gelasio (OFL) is fetched with npm where npm is at
hand, so that what is judged by eye has the right width. Without it the machine's serif is used.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHOTS = ROOT / "build" / "shots"
DOCS = ROOT / "docs"
HEIGHT = 1570  # px of the pictures in docs: shows a heading and the pull quote
WIDTHS = (360, 600)
SCHEMES = ("light", "dark")
SHEET_WIDTH = 1400  # px of the contact sheet
SHEET_HEIGHT = 1300  # px of each letter that it shows
GELASIO = "@fontsource/gelasio@5.3.0"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
FACES = (("400", "normal"), ("400", "italic"))


def georgia() -> str:
    """Style rules that make Georgia Gelasio; "" where it cannot be had."""
    if not shutil.which("npm"):
        return ""
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "--silent", GELASIO], cwd=folder, capture_output=True, text=True
        )
        if packed.returncode:
            return ""
        shutil.unpack_archive(Path(folder) / packed.stdout.strip().splitlines()[-1], folder)
        return "".join(_face(Path(folder) / "package" / "files", weight, style) for weight, style in FACES)


def _face(files: Path, weight: str, style: str) -> str:
    font = base64.b64encode((files / f"gelasio-latin-{weight}-{style}.woff2").read_bytes()).decode()
    return (
        f"@font-face {{ font-family: Georgia; font-weight: {weight}; font-style: {style}; "
        f"src: url(data:font/woff2;base64,{font}); }}"
    )


def shoot(letters: Iterable[Path], out: Path) -> Iterator[Path]:
    """Four whole pictures of each letter: 360 and 600 px wide, light and dark."""
    from playwright.sync_api import sync_playwright

    faces = georgia()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for letter in letters:
            for width, scheme in product(WIDTHS, SCHEMES):
                page = browser.new_page(
                    viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
                )
                page.goto(letter.resolve().as_uri())
                if faces:
                    page.add_style_tag(content=faces)
                    page.evaluate("document.fonts.ready")
                path = out / f"{letter.stem}-{width}-{scheme}.png"
                page.screenshot(path=path, full_page=True)
                page.close()
                yield path
        browser.close()


def written(folder: Path) -> list[Path]:
    """Every month in every voice as an HTML file with its pictures beside it."""
    from tests.months import MONTHS, STYLES, month

    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    files = []
    for name, style in product(MONTHS, STYLES):
        message = month(name, style).message
        html = message.html
        for one in message.attachments:
            (folder / "pictures" / one.name).write_bytes(one.content)
            html = html.replace(f"cid:{one.cid}", f"pictures/{one.name}")
        path = folder / f"{name.replace(' ', '-')}-{style}.html"
        path.write_text(html, "utf-8")
        files.append(path)
    return files + _seed(folder)


def _seed(folder: Path) -> list[Path]:
    """The post this program was asked for, where it is at hand; never into docs: its words are not ours."""
    from tests.own_posts import SEED
    from tests.sample_letters import filled

    if not SEED.exists():
        return []
    path = folder / "seed-letter.html"
    path.write_text(filled("seed").html, "utf-8")
    return [path]


def index(shots: Iterable[Path], out: Path) -> None:
    """A page with all pictures, a row a letter."""
    rows: dict[str, list[str]] = {}
    for shot in shots:
        name = shot.stem.rsplit("-", 2)[0]
        rows.setdefault(name, []).append(f'<img src="{shot.name}" alt="{shot.stem}" height="1400">')
    body = "".join(f"<h2>{name}</h2><p>{''.join(row)}</p>" for name, row in rows.items())
    out.write_text(f"<!doctype html><meta charset=utf-8><title>Letters</title>{body}", "utf-8")


def sheet(shots: Iterable[Path], out: Path) -> None:
    """One picture of many: the tops of the letters, side by side."""
    from PIL import Image

    tops = []
    for shot in shots:
        with Image.open(shot) as image:
            tops.append(image.convert("RGB").crop((0, 0, image.width, min(image.height, SHEET_HEIGHT))))
    gap = 24
    whole = Image.new("RGB", (sum(top.width + gap for top in tops) + gap, SHEET_HEIGHT + 2 * gap), "#8A857C")
    left = gap
    for top in tops:
        whole.paste(top, (left, gap))
        left += top.width + gap
    whole = whole.resize(
        (SHEET_WIDTH, round(whole.height * SHEET_WIDTH / whole.width)), Image.Resampling.LANCZOS
    )
    whole.save(out)
    _small(out, 256)


def best(shots: Path) -> Iterator[Path]:
    """What the README shows: the sample at its top, the six months, the three voices."""
    from PIL import Image

    for width, scheme in product(WIDTHS, SCHEMES):
        path = DOCS / f"letter-{width}-{scheme}.png"
        with Image.open(shots / f"sample-letter-{width}-{scheme}.png") as image:
            image.crop((0, 0, width, HEIGHT)).save(path)
        _small(path)
        yield path
    months = ("connection", "checklists", "pictures", "sensitive", "one-post")
    kinds = [f"{name}-letter-360-{SCHEMES[n % 2]}.png" for n, name in enumerate(months)]
    sheet((shots / name for name in kinds), DOCS / "months.png")
    yield DOCS / "months.png"
    sheet(
        (shots / f"sample-{style}-600-light.png" for style in ("letter", "essay", "plain")),
        DOCS / "voices.png",
    )
    yield DOCS / "voices.png"


def _small(picture: Path, colours: int = 128) -> None:
    """A letter has few colours: so many of them look the same and weigh a third."""
    from PIL import Image

    with Image.open(picture) as image:
        few = image.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
    few.save(picture, optimize=True)


def main() -> None:
    if len(sys.argv) > 1:
        letter = Path(sys.argv[1])
        for path in shoot([letter], letter.parent):
            print(path)
        return
    sys.path.insert(0, str(ROOT))  # for the months, which tests look at, too
    shutil.rmtree(SHOTS, ignore_errors=True)
    made = list(shoot(written(SHOTS), SHOTS))
    index(made, SHOTS / "index.html")
    print(f"{len(made)} pictures: {(SHOTS / 'index.html').relative_to(ROOT)}")
    DOCS.mkdir(exist_ok=True)
    for path in best(SHOTS):
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
