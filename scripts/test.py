"""All that `make test` runs, in order; stops at the first that fails, and says which.

Format, lint, types, import contracts, tests with coverage, a wheel used from an empty
folder, and a look that no file names a package index.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BRANCHES_OF_THE_CORE = 95.0  # percent
CORE = re.compile(
    r"pipeline/(errors|due|approve|report|(model|read|compose|render|check)/.*"
    r"|collect/(bounded|dates|discover|encoding|holding|identity|items|jsonfeed|merge|names|parse|polite|resemblance|text)"
    r"|deliver/(literal|mime|plan)|subscribers/.*)(\.py)?$"
)
# A pin or a file that names where packages come from would tie everybody to that place.
INDEX = re.compile(r"^\s*--?(extra-)?(index-url|find-links|trusted-host)|://\S*(pypi|pythonhosted)\S*/", re.M)


def run(*command: str | Path, **more: object) -> None:
    subprocess.run([str(part) for part in command], check=True, cwd=more.pop("cwd", ROOT), **more)  # type: ignore[call-overload]


def formatted() -> None:
    run("ruff", "format", "--check", "--quiet", ".")


def linted() -> None:
    run("ruff", "check", "--quiet", ".")


def typed() -> None:
    run("mypy")


def pointed_one_way() -> None:
    run("lint-imports", "--no-cache", stdout=subprocess.DEVNULL)


# Programs that judge letters from outside, and what goes without them.
JUDGES = {
    "chromium": "the letters are not looked at in a browser",
    "spamassassin": "nobody says whether the letters look like spam",
}


def judges() -> None:
    """Chromium and SpamAssassin: installed where that is ours to do, else said to be missing."""
    missing = [name for name in JUDGES if not shutil.which(name)]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
        run("apt-get", "update", "-qq", **quiet)
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, **quiet)
        return
    for name in missing:
        print(
            f"{name} is not installed: {JUDGES[name]}.\n"
            f"  Debian, Ubuntu: apt-get install {name}. Elsewhere: put `{name}` on the PATH."
        )


def tested() -> None:
    run(
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "2",
        "--cov",
        "--cov-report=json:.coverage.json",
        "--cov-report=",
    )


def covered() -> None:
    """The share of the core's branches that the tests took."""
    files = json.loads((ROOT / ".coverage.json").read_text())["files"]
    there = taken = 0
    for name, told in sorted(files.items()):
        if not CORE.match(name):
            continue
        summary = told["summary"]
        there += summary["num_branches"]
        taken += summary["covered_branches"]
        if summary["missing_branches"]:
            print(f"  {name}: {summary['missing_branches']} of {summary['num_branches']} branches not taken")
    share = 100 * taken / there
    print(f"Branches of the core: {taken} of {there} taken, {share:.1f} %")
    if share < BRANCHES_OF_THE_CORE:
        sys.exit(f"less than {BRANCHES_OF_THE_CORE} %")


def used_as_a_wheel() -> None:
    """The wheel, with run-time pins only, makes and sends the sample letter from an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        empty, built, home = (Path(folder) / name for name in ("empty", "built", "venv"))
        empty.mkdir()
        run(
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            built,
            stdout=subprocess.DEVNULL,
        )
        venv.create(home, with_pip=True)
        pip = [home / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(*pip, "--require-hashes", "-r", ROOT / "requirements.txt")
        run(*pip, "--no-deps", *built.glob("*.whl"))
        run(home / "bin" / "warmletter", "demo", cwd=empty, stdout=subprocess.DEVNULL)
        mails = list(empty.glob("demo/sample/outbox/**/*.eml"))
        if len(mails) != 3:
            sys.exit(f"the wheel made {len(mails)} mails instead of 3")


def tied_to_no_index() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path == Path(__file__).resolve() or path.suffix in (".png", ".jpg") or not path.is_file():
            continue
        text = path.read_text("utf-8", errors="replace")
        if found := INDEX.search(text):
            sys.exit(f"{name} names a package index: {found.group().strip()}")
        if name.startswith("requirements") and "://" in text:
            sys.exit(f"{name} holds an address")


STEPS: tuple[tuple[str, Callable[[], None]], ...] = (
    ("format", formatted),
    ("lint", linted),
    ("types", typed),
    ("imports", pointed_one_way),
    ("no index address", tied_to_no_index),
    ("outside judges", judges),
    ("tests", tested),
    ("coverage", covered),
    ("wheel", used_as_a_wheel),
)


def main() -> None:
    for name, step in STEPS:
        began = time.monotonic()
        try:
            step()
        except subprocess.CalledProcessError as problem:
            sys.exit(f"{name}: failed ({problem.returncode})")
        print(f"{name}: ok ({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
