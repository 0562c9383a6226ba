"""Whether the tests notice where the program is changed: `make mutations`, for an hour or more.

mutmut works on a clone in build/mutations, with tools of its own beside it, so that neither this folder
nor its pins know of it; what it changes and by which tests stands in pyproject.toml. `make mutations
ONLY="pipeline.deliver.plan* pipeline.app.*"` looks at some modules again. Ends with a table by module.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "build" / "mutations"
TREE, VENV = PLACE / "tree", PLACE / "venv"
MUTMUT = "mutmut==3.8.1"
AT_ONCE = "2"
_COLLECTED_TWICE = """
import sys, pytest
class Names:
    def pytest_collection_finish(self, session):
        self.all = {item.nodeid for item in session.items}
first, again = Names(), Names()
for names in (first, again):
    pytest.main(["--collect-only", "-q", *sys.argv[1:]], plugins=[names])
print("\\n@" + min(first.all ^ again.all, default=""))
"""
# A mutant that never ends was noticed; one that no test reaches was not.
NOTICED = ("killed", "timeout", "segfault")


def prepared() -> Path:
    """The clone as the last commit has it, and mutmut beside it."""
    if TREE.exists():
        subprocess.run(["git", "fetch", "-q", "origin", "HEAD"], cwd=TREE, check=True)
        subprocess.run(["git", "reset", "-q", "--hard", "FETCH_HEAD"], cwd=TREE, check=True)
    else:
        subprocess.run(["git", "clone", "-q", str(ROOT), str(TREE)], check=True)
    shared = ROOT.parent / "shared"
    if shared.is_dir() and not (TREE / "shared").exists():
        (TREE / "shared").symlink_to(shared)  # the vendors' descriptions lie beside a tree
    if not VENV.exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        pip = [str(VENV / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements-dev.txt")], check=True)
        subprocess.run([*pip, MUTMUT], check=True)
    return VENV / "bin" / "mutmut"


def require_named_tests() -> None:
    """Raises SystemExit where a test's name is another one when the tests are collected again.

    pytest escapes anew what `ids=ascii` gave. mutmut runs a mutant's tests by name in a process that has
    collected before; one that is not found there ends the run, and that counts as noticed.
    """
    settings = tomllib.loads((TREE / "pyproject.toml").read_text())["tool"]["mutmut"]
    files = settings["pytest_add_cli_args_test_selection"]
    python = str(VENV / "bin" / "python")
    said = subprocess.run(
        [python, "-c", _COLLECTED_TWICE, *files], cwd=TREE, check=True, capture_output=True, text=True
    ).stdout
    if other := said.rpartition("\n@")[2].split("\n")[0]:
        raise SystemExit(f"{other}: its name is another one the second time, so what it notices is unsure")


def outcomes(listed: str) -> Iterator[tuple[str, str, str]]:
    """(module, mutant, what became of it) of each line of `mutmut results --all true`."""
    for line in listed.splitlines():
        name, colon, status = line.strip().partition(": ")
        module, dot, _ = name.rpartition(".")
        if colon and dot and "__mutmut_" in name:
            yield module, name, status


def counted(listed: str) -> Mapping[str, Counter[str]]:
    by_module: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for module, _, status in outcomes(listed):
        if status != "not checked":
            by_module[module]["noticed" if status in NOTICED else "unseen"] += 1
    return dict(sorted(by_module.items()))


def table(by_module: Mapping[str, Counter[str]]) -> Iterator[str]:
    yield "| module | mutants | noticed | not | share |"
    yield "|---|--:|--:|--:|--:|"
    for module, found in [*by_module.items(), ("all", sum(by_module.values(), Counter()))]:
        share = 100 * found["noticed"] / max(found.total(), 1)
        yield (
            f"| {module.removeprefix('pipeline.')} | {found.total()} | {found['noticed']} | "
            f"{found['unseen']} | {share:.1f} % |"
        )


def main(only: Sequence[str]) -> None:
    mutmut = str(prepared())
    require_named_tests()
    subprocess.run(
        ["nice", "-n", "15", mutmut, "run", "--max-children", AT_ONCE, *only], cwd=TREE, check=True
    )
    listed = subprocess.run(
        [mutmut, "results", "--all", "true"], cwd=TREE, check=True, capture_output=True, text=True
    ).stdout
    for module, name, status in outcomes(listed):
        if status not in (*NOTICED, "not checked"):
            print(f"{module}: {name.rpartition('.')[2]}: {status}")
    print(*table(counted(listed)), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
