"""Pictures of the desk in every state, on a phone at night and on a computer by day.

    python scripts/desk_shots.py [NAME …]     all states, or those named, into build/desk; the best into docs

Look at them as somebody would who does not like software: is it plain what to do, and calm?
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from shots import DOCS, FLAGS, _small, georgia  # noqa: E402

from pipeline.app.draft import compose_issue  # noqa: E402
from pipeline.app.mail import pause, send  # noqa: E402
from pipeline.app.yes import approve  # noqa: E402
from pipeline.demo.server import BlogServer  # noqa: E402
from pipeline.desk.changes import make  # noqa: E402
from pipeline.model import Choices  # noqa: E402
from tests.desks import Served, a_feed, served  # noqa: E402
from tests.fake_provider import FakeClock  # noqa: E402
from tests.practice import configure, item, never, with_readers  # noqa: E402

OUT = ROOT / "build" / "desk"
LOOKS = ((360, "dark"), (1400, "light"))
READERS = 212
MONTH = "2026-11"
BEST = "changes"  # what the README shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A browser at a desk, and the folder of its practice."""

    page: Page
    desk: Served
    folder: Path

    def press(self, path: str) -> None:
        """A form of the desk that has no field of its own."""
        self.page.goto(self.desk.origin)
        token = self.page.locator("input[name=token]").first.input_value()
        self.page.evaluate(
            "([path, token]) => fetch(path, {method: 'POST', body: new URLSearchParams({token})})",
            [path, token],
        )


def begin(_: Visit) -> str:
    return "/begin"


def sample(visit: Visit) -> str:
    """A month as most are."""
    make(visit.desk.room)
    with_readers(visit.desk.room.app, READERS)
    return "/"


def changes(visit: Visit) -> str:
    """A note, a P.S., a post that waits, and the posts open."""
    sample(visit)
    app = visit.desk.room.app
    waits = next(one.post for one in app.store.issues.get(MONTH).draft.posts if "Five" in one.title)  # type: ignore[union-attr]
    note = "It has *rained* for nine days, and I have thought of you all."
    compose_issue(app, MONTH, Choices(note=note, ps="The kettle is on.", wait=(waits,)))
    return "/"


def folds(visit: Visit) -> str:
    """Everything that can be changed, open."""
    return sample(visit)


def questions(visit: Visit) -> str:
    """A question of ethics, a held post, a feed that fails, nobody on the list."""
    make(visit.desk.room)
    a_feed(visit.folder, item("TEST", "<p>test</p>", "13 Nov 2026"))
    visit.press("/look")
    (visit.folder / "feed.xml").unlink()
    visit.press("/look")
    return "/"


def approved(visit: Visit) -> str:
    sample(visit)
    approve(visit.desk.room.app, MONTH, READERS)
    return "/"


def going(visit: Visit) -> str:
    """On its way, and seen half way."""
    approved(visit)
    for seen, _ in enumerate(send(visit.desk.room.app, MONTH, stop=never)):
        if seen == 1:
            break
    return "/"


def paused(visit: Visit) -> str:
    going(visit)
    pause(visit.desk.room.app, MONTH)
    return "/"


def past(visit: Visit) -> str:
    """Two letters that went out, a month that was passed by, and one who left."""
    app = visit.desk.room.app
    clock = app.clock
    assert isinstance(clock, FakeClock)
    make(visit.desk.room)
    for month, readers, described in (("2026-10", 180, True), (MONTH, READERS, False)):
        with_readers(app, readers)
        seen = (("kettle.jpg", "A kettle"), ("chairs.jpg", "Two chairs")) if described else ()
        compose_issue(app, month, Choices(descriptions=seen))
        approve(app, month, app.store.readers.count_active())
        list(send(app, month, stop=never))
        clock.time += timedelta(days=2)
        app.store.readers.remove("reader7@example.org", clock.now())
        clock.time += timedelta(days=2)
    app.store.issues.skip("2026-09", "you decided so", clock.now())
    return "/past"


def reading(visit: Visit) -> str:
    sample(visit)
    record = visit.desk.room.app.store.issues.get(MONTH)
    assert record
    assert record.draft
    return f"/read/{record.draft.lead}"


def quiet(visit: Visit) -> str:
    a_feed(visit.folder)
    make(visit.desk.room)
    visit.desk.room.app.store.issues.skip(MONTH, "there was no post", visit.desk.room.app.clock.now())
    return "/"


def nothing(visit: Visit) -> str:
    visit.press("/look")
    return "/"


def problem(visit: Visit) -> str:
    sample(visit)
    return "/?problem"


Scene = Callable[[Visit], str]  # sets the desk up; the page to look at
SCENES: dict[str, Scene] = {
    one.__name__: one
    for one in (
        begin,
        sample,
        changes,
        folds,
        questions,
        approved,
        going,
        paused,
        past,
        reading,
        quiet,
        nothing,
        problem,
    )
}
OF_A_FILE = ("questions", "quiet")  # a blog of three posts in a file, not the sample


@contextmanager
def desk_for(name: str, folder: Path) -> Iterator[Served]:
    with BlogServer() as blog:
        if name in OF_A_FILE:
            a_feed(folder)
        config = folder / "config.toml"
        if name in OF_A_FILE:
            configure(folder)
        elif name != "begin":
            configure(folder, feeds__urls=[blog.url], send__batch=50)
        with served(config, allow_private=True) as desk:
            yield desk


def shoot(browser: Browser, name: str, faces: str) -> None:
    with tempfile.TemporaryDirectory() as folder, desk_for(name, Path(folder)) as desk:
        page = browser.new_page()
        if faces:  # styles that the desk's own policy would refuse
            page.route(
                "**/static/desk.css",
                lambda route: route.fulfill(
                    body=faces + (ROOT / "pipeline/desk/static/desk.css").read_text("utf-8"),
                    content_type="text/css",
                ),
            )
        page.goto(desk.address)
        where = desk.origin + SCENES[name](Visit(page=page, desk=desk, folder=Path(folder)))
        for width, scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": 1010})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.goto("about:blank")
            page.goto(where)
            if name == "folds":
                page.evaluate("for (const f of document.querySelectorAll('details.fold')) f.open = true")
            if name == "reading":
                page.locator("button.sign.near").first.focus()
            if name == "problem":
                page.get_by_label("To say yes, type the number of readers").fill("7")
                page.get_by_role("button", name="Yes, send this letter").click()
                page.wait_for_url("**/approve")
            page.wait_for_timeout(500)
            page.screenshot(path=OUT / f"{name}-{width}-{scheme}.png", full_page=name != BEST)
        page.close()


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    faces = georgia()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for name in sys.argv[1:] or SCENES:
            shoot(browser, name, faces)
            print(name)
        browser.close()
    if not sys.argv[1:]:
        from PIL import Image

        with Image.open(OUT / f"{BEST}-1400-light.png") as image:
            image.save(DOCS / "desk.png")
        _small(DOCS / "desk.png", 256)


if __name__ == "__main__":
    main()
