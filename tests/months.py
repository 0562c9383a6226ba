"""Six months of a practice, whole letters as readers get them: for the outside judges and `make shots`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from pipeline.check.draft import Draft
from pipeline.demo.feeds import SITE, picture, sample_posts, squarespace_rss
from pipeline.model import Attachment, Choices, Copy, KeptPicture, Letter, Message, ReadPost
from pipeline.render.message import Filling
from pipeline.render.pictures import own_copy
from pipeline.render.portrait import ground_of, round_copy
from tests.letters import BY_WEB, HOUSE, NOW, READER, draft_of, essay, issue_of, letter_of
from tests.own_posts import a_post, own, own_post
from tests.pictures import kept
from tests.sample_letters import feed_posts

STYLES = ("letter", "essay", "plain")
PICTURES = ("kettle", "lamp", "stairs", "chairs")
SHOWN = {
    "kettle": "A kettle on a two-ring stove",
    "lamp": "A lamp with a cloth shade beside a window",
    "stairs": "Stairs going up to a half-open door",
    "chairs": "Two armchairs turned a little toward each other",
}

Contents = tuple[Sequence[ReadPost], Choices]


def _sample() -> Contents:
    return feed_posts(squarespace_rss(sample_posts())), Choices()


def _connection() -> Contents:
    posts = feed_posts(squarespace_rss(sample_posts()), "2026-09")
    note = "The dog has learnt to *wait*. I have not."
    ps = "The chair by the window is [still there](https://practice.example/chair)."
    return posts, Choices(note=note, ps=ps, care=((posts[-1].post.id, True),))


def _checklists() -> Contents:
    posts = [
        own_post("tips_headings", title="Seven ways to rest", day=3),
        own_post("tips_list", title="How to set a boundary", day=4),
        own_post("five_things", title="Five things", day=5),
        *feed_posts(squarespace_rss([p for p in sample_posts() if "Five steps" in p.title])),
    ]
    return posts, Choices(lead="tips_headings")


def _pictures() -> Contents:
    words = re.sub(r"<(figure|img)\b.*?(</figure>|>)", "", own("quiet_room").replace("\n", " "))
    paragraphs = words.split("</p>")
    body = ""
    for number, paragraph in enumerate(filter(str.strip, paragraphs)):
        body += f"{paragraph}</p>"
        if number < len(PICTURES):
            name = PICTURES[number]
            caption = "<figcaption>From my window, <em>this week</em></figcaption>" if number % 2 else ""
            body += f'<figure><img src="{SITE}/pictures/{name}.jpg" alt="{SHOWN[name]}">{caption}</figure>'
    return [
        a_post(body, id="album", title="Four things in a room"),
        own_post("moments", title="Moments", day=9),
    ], (Choices(lead="album"))


def _sensitive() -> Contents:
    grave = essay(
        "<p>Years ago a friend of mine died by suicide, and nobody said the word.</p>",
        id="g7",
        title="An empty chair",
    )
    return [grave, own_post("survivor_guilt", title="Those who stay", day=8)], Choices(lead="survivor_guilt")


def _one_post() -> Contents:
    one = [post for post in sample_posts() if post.title.startswith("The room")]
    return feed_posts(squarespace_rss(one), "2026-10"), Choices()


_MONTHS: dict[str, Callable[[], Contents]] = {
    "sample": _sample,
    "connection": _connection,
    "checklists": _checklists,
    "pictures": _pictures,
    "sensitive": _sensitive,
    "one post": _one_post,
}
MONTHS = tuple(_MONTHS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    draft: Draft
    message: Message

    @property
    def letter(self) -> Letter:
        return self.draft.letter


@cache
def month(name: str, style: str = "letter") -> Month:
    """The letter of that month in that voice, its pictures with it."""
    posts, choices = _MONTHS[name]()
    house = replace(HOUSE, style=style, pictures="inline")
    portrait = round_copy(_copy("chairs"), ground_of(style)) if name == "connection" else None
    copies = [_copy(one) for one in PICTURES] + ([portrait] if portrait else [])
    issue, copied = issue_of(posts, choices, style), _kept(posts)
    letter = letter_of(
        posts,
        issue=issue,
        house=house,
        kept=copied,
        portrait=kept("portrait", style, portrait) if portrait else None,
    )
    attachments = tuple(_attached(letter, copies))
    filling = Filling(letter, leaving=BY_WEB, language="en", at=NOW, attachments=attachments)
    draft = draft_of(posts, letter=letter, issue=issue, house=house, kept=copied)
    return Month(draft=draft, message=filling.message(READER))


@cache
def _copy(name: str) -> Copy:
    made = own_copy(picture(f"{name}.jpg") or b"")
    assert isinstance(made, Copy)
    return made


def _kept(posts: Sequence[ReadPost]) -> list[KeptPicture]:
    return [
        kept(read.post.id, f"{SITE}/pictures/{name}.jpg", _copy(name)) for read in posts for name in PICTURES
    ]


def _attached(letter: Letter, copies: Sequence[Copy]) -> list[Attachment]:
    by_hash = {kept("", "", copy).sha256: copy.jpeg for copy in copies}
    return [
        Attachment(
            cid=one.cid, name=f"{one.sha256[:12]}.jpg", media_type="image/jpeg", content=by_hash[one.sha256]
        )
        for one in letter.pictures
    ]
