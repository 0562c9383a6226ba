"""B9: something changes after the yes. Whatever it is, `send` refuses, and nobody is mailed."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from benchmarks.faults.stage import World
from pipeline.app.context import App
from pipeline.app.draft import compose_issue
from pipeline.app.mail import send
from pipeline.app.yes import approve
from pipeline.errors import ChecksFailed, NotAllowed
from pipeline.model import Choices
from pipeline.subscribers.import_csv import read_csv
from tests.contracts import ISSUE, NOW
from tests.pictures import file_of, landscape
from tests.practice import WORDS, collected, item, practice, with_readers, write_feed
from tests.servers import Server, answer, by_path

READERS = 3
WEB = "https://letters.practice.example"
_LINES = (
    "She laughed, and the room was lighter.",
    "Nobody had asked him that before.",
    "I thought of my own first teacher.",
    "It had rained since noon.",
)
_SENTENCES = (
    "The rain had made up its mind, and so had she.",
    "I have thought of it since.",
    "When she left, she said that it had been good to be somewhere.",
)
_PARTS = ("sign_off.html", "footer.html", "opening.html", "lead.html")
_TEMPLATES = Path(__file__).parents[2] / "templates" / "letter"

Mutation = Callable[["Agreed", random.Random], "dict[str, object] | None"]


class Agreed:
    """A practice's folder with a letter agreed to. A mutation changes files, or gives answers of config.toml,
    or leaves what is to be done with the program open in `then`."""

    def __init__(self, folder: Path, feed: Sequence[tuple[str, str, str]]) -> None:
        self.folder = folder
        self.feed = list(feed)
        self.then: Callable[[App], object] = lambda _: None

    def write(self) -> None:
        write_feed(self.folder, *(item(title, body, day) for title, body, day in self.feed))

    def collecting(self) -> None:
        self.write()
        self.then = collected

    def composing(self, **chosen: object) -> None:
        self.then = lambda app: compose_issue(app, ISSUE, Choices(**chosen))  # type: ignore[arg-type]


def _title(on: Agreed, chance: random.Random) -> None:
    place = chance.randrange(len(on.feed))
    title, body, day = on.feed[place]
    # The same guid, since that is made of the title: an edit, not another post.
    guid = title.lower().replace(" ", "-")
    on.write()
    items = [item(*one) for one in on.feed]
    items[place] = item(f"{title}, {chance.choice(_LINES).lower()}", body, day, guid=guid)
    write_feed(on.folder, *items)
    on.then = collected


def _letter_of_the_body(on: Agreed, chance: random.Random) -> None:
    title, body, day = on.feed[0]
    places = [n for n, one in enumerate(body) if one == "e" and n > 30 and "<" not in body[n - 6 : n + 6]]
    place = chance.choice(places)
    on.feed[0] = (title, f"{body[:place]}a{body[place + 1 :]}", day)
    on.collecting()


def _line_more(on: Agreed, chance: random.Random) -> None:
    place = chance.randrange(len(on.feed))
    title, body, day = on.feed[place]
    on.feed[place] = (title, f"{body}<p>{chance.choice(_LINES)}</p>", day)
    on.collecting()


def _another_post(on: Agreed, chance: random.Random) -> None:
    # It is in no letter agreed to; composing with it is what would bring it in.
    on.feed.append(
        ("One more", WORDS.replace("rain", chance.choice(("snow", "wind", "heat"))), "09 Nov 2026")
    )
    on.write()

    def brought_in(app: App) -> None:
        collected(app)
        compose_issue(app, ISSUE)

    on.then = brought_in


def _part(on: Agreed, chance: random.Random) -> None:
    name = chance.choice(_PARTS)
    own = on.folder / "templates" / "letter" / "parts"
    own.mkdir(parents=True)
    given = (_TEMPLATES / "parts" / name).read_text()
    (own / name).write_text(given + f"<p>{chance.choice(_LINES)}</p>\n")


def _look(_: Agreed, chance: random.Random) -> dict[str, object]:
    return {"look__accent": chance.choice(("#5A3E6B", "#8A2B0E", "#0B5394")), "look__font": "sans"}


def _config(**answers: Sequence[object]) -> Mutation:
    def changed(_: Agreed, chance: random.Random) -> dict[str, object]:
        name = chance.choice(list(answers))
        return {name: chance.choice(answers[name])}

    return changed


def _import(on: Agreed, chance: random.Random) -> None:
    rows = "".join(f"new{n}@example.org,Neve\n" for n in range(chance.randint(1, 30)))
    readers = read_csv(f"email,name\n{rows}".encode(), consent="on paper").readers
    on.then = lambda app: app.store.readers.add(readers, app.clock.now())


def _note(on: Agreed, chance: random.Random) -> None:
    on.composing(note=chance.choice(_LINES))


def _subject(on: Agreed, chance: random.Random) -> None:
    on.composing(subject=chance.choice(_LINES))


def _quote(on: Agreed, chance: random.Random) -> None:
    on.composing(quote=chance.choice(("", *_SENTENCES)))


def _description(on: Agreed, chance: random.Random) -> None:
    on.composing(descriptions=(("kettle.jpg", chance.choice(_LINES)),))


def _lead(on: Agreed, chance: random.Random) -> None:
    on.composing(lead="The kettle", preheader=chance.choice(_LINES))


def _left_out(on: Agreed, chance: random.Random) -> None:
    on.composing(leave_out=(chance.choice(("The kettle", "Keeping company")),))


MUTATIONS: dict[str, Mutation] = {
    "a post's title": _title,
    "one letter of a post": _letter_of_the_body,
    "a line more in a post": _line_more,
    "another post": _another_post,
    "a part of the template": _part,
    "the look": _look,
    "who sends it": _config(
        practice__name=("Another Room",), practice__author=("Ann", "Bo"), send__from=("ann@practice.example",)
    ),
    "who is answered": _config(send__reply_to=("ann@practice.example", "letters@practice.example")),
    "the letter's own words": _config(
        letter__sign_off=("Warmly,", "Yours,"), practice__address=("1 Other Road",), letter__style=("essay",)
    ),
    "where one leaves": _config(web__base_url=("", "https://other.example", f"{WEB}/x")),
    "readers imported": _import,
    "a note": _note,
    "the subject": _subject,
    "the quotation": _quote,
    "a picture's description": _description,
    "the lead and the preheader": _lead,
    "a post left out": _left_out,
}


def mutations(world: World, rounds: int, names: Sequence[str] = tuple(MUTATIONS)) -> Iterator[str]:
    faults, refused, chance = list[str](), 0, random.Random(9)
    with (
        world.scratch() as scratch,
        Server(by_path({"/kettle.jpg": answer(file_of(landscape(900, 600)))})) as blog,
    ):
        feed = (
            ("Keeping company", WORDS * 3, "03 Nov 2026"),
            (
                "The kettle",
                f'{WORDS}<p><img src="{blog.url("/kettle.jpg")}" alt="A kettle"></p>',
                "05 Nov 2026",
            ),
        )
        folder = scratch / "practice"
        folder.mkdir()
        Agreed(folder, feed).write()
        with practice(folder, NOW + timedelta(days=7), web__base_url=WEB) as app:
            collected(app)
            compose_issue(app, ISSUE)
            with_readers(app, READERS)
            approve(app, ISSUE, READERS)
        kept = scratch / "kept"
        shutil.copytree(folder, kept)
        for name in names:
            for round_ in range(rounds):
                shutil.rmtree(folder)
                shutil.copytree(kept, folder)
                said = _refusal(Agreed(folder, feed), MUTATIONS[name], chance)
                refused += not said
                if said:
                    faults.append(f"FAULT {name}, round {round_}: {said}")
        # The same without a change goes out: it is the change that is refused.
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)
        went = _refusal(Agreed(folder, feed), lambda *_: None, chance)
    yield f"{len(names)} changes after the yes × {rounds}: {refused} refused; without a change: {went}"
    yield from faults
    if went != f"it went to {READERS}":
        yield f"FAULT without a change {went}"


def _refusal(on: Agreed, mutation: Mutation, chance: random.Random) -> str:
    """ "" where it was refused, else what happened."""
    answers = {"web__base_url": WEB} | (mutation(on, chance) or {})
    with practice(on.folder, NOW + timedelta(days=7, hours=3), **answers) as app:
        on.then(app)
        try:
            list(send(app, ISSUE, stop=lambda: False))
        except (NotAllowed, ChecksFailed):
            said = ""
        else:
            said = "not refused"
        mails = len(list(app.settings.outbox_folder.rglob("*.eml")))
    return f"it went to {mails}" if mails else said
