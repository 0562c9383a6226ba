"""Pictures of the sample letter, as readers see it: phone and desktop, light and dark.

    make shots            writes docs/letter-*.png

Georgia is not free to ship; its metric twin Gelasio (OFL) is fetched with npm where npm is at
hand, so that what is judged by eye has the right width. Without it the machine's serif is used.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEIGHT = 1570  # shows a heading and the pull quote
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


def shoot(html: Path, out: Path, *, names: str, whole: bool) -> list[Path]:
    """Four pictures of a letter: 360 and 600 px wide, light and dark."""
    from playwright.sync_api import sync_playwright

    made = []
    faces = georgia()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for width in (360, 600):
            for scheme in ("light", "dark"):
                page = browser.new_page(
                    viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, offline=True
                )
                page.goto(html.resolve().as_uri())
                if faces:
                    page.add_style_tag(content=faces)
                    page.evaluate("document.fonts.ready")
                path = out / f"{names}-{width}-{scheme}.png"
                page.screenshot(path=path, full_page=whole)
                if not whole:
                    _small(path)
                made.append(path)
                page.close()
        browser.close()
    return made


def _small(picture: Path) -> None:
    """A letter has few colours: 128 of them look the same and weigh a third."""
    from PIL import Image

    with Image.open(picture) as image:
        few = image.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    few.save(picture, optimize=True)


def main() -> None:
    if len(sys.argv) > 1:  # any letter.html, whole, beside it
        letter = Path(sys.argv[1])
        for path in shoot(letter, letter.parent, names=letter.stem, whole=True):
            print(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        demo = [sys.executable, "-m", "pipeline", "demo", "--folder", folder]
        subprocess.run(demo, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        letter = Path(folder) / "sample" / "letter" / "letter.html"
        (ROOT / "docs").mkdir(exist_ok=True)
        for path in shoot(letter, ROOT / "docs", names="letter", whole=False):
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
