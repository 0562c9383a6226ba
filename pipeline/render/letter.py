"""Issue → Letter: laid out, set as HTML and text, proved verbatim, styles inlined."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import css_inline
from markupsafe import Markup

from pipeline.model import Issue, KeptPicture, Letter, ReadPost, Sender
from pipeline.render.inline import in_letter, pictures_of
from pipeline.render.portrait import shown_portrait
from pipeline.render.templates import Templates
from pipeline.render.text import TextSetter, tidy
from pipeline.render.verbatim import (
    ATTRIBUTE,
    assert_hers,
    assert_set_in_html,
    assert_set_in_text,
    expected_in_html,
    expected_in_text,
    normalised,
    plain,
)
from pipeline.render.view import DESCRIPTION, NOTE, PS, House, lay_out, note_html
from pipeline.render.words import Words, words

RIGHT_TO_LEFT = frozenset("ar ckb dv fa he ps sd ug ur yi".split())

# What body.txt may call.
_SETTERS = ("line", "title", "story", "pieces", "ps", "links")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """How a reader leaves: by her own address on the web, or by a mail to the practice."""

    base_url: str  # "" where there are no public pages
    mail_to: str

    @property
    def by_web(self) -> bool:
        return bool(self.base_url)


def render(
    issue: Issue,
    posts: Sequence[ReadPost],
    *,
    house: House,
    sender: Sender,
    leaving: Leaving,
    templates: Templates,
    kept: Sequence[KeptPicture] = (),
    portrait: KeptPicture | None = None,
) -> Letter:
    """The letter all readers get, with placeholders. The same input gives the same bytes.

    Pictures that were `kept` are shown, within limits; the others are lines that lead to them.
    `portrait`: our copy of the author's, cut round; None without one.
    Raises NotVerbatim or TemplateProblem where the author's words would not come out as
    she wrote them, TemplateProblem where a template is broken.
    """
    fixed = words(house.language)
    pictures = pictures_of(issue, posts, kept)
    view = lay_out(issue, posts, house, fixed, pictures)
    said = expected_in_html(view)
    assert_hers(said, sources(issue, posts))
    mark = _mark(issue, posts)
    greeting, leave = f"{mark}-greeting-", _leave(leaving, mark, fixed)
    # The letter is in the language of its fixed words, whatever was asked for.
    tag = house.language if house.language.lower().split("-")[0] == fixed.language else fixed.language
    shared = {
        "view": view,
        "language": tag,
        "house": house,
        "words": fixed,
        "greeting": greeting,
        "leave": leave,
        "look": house.look,
        "portrait": shown_portrait(portrait) if portrait else None,
    }
    direction = _direction(tag)
    sides = ("left", "right") if direction == "ltr" else ("right", "left")

    html = templates.html(
        "letter/body.html",
        {
            **shared,
            "said": _said,
            "dir": direction,
            "direction": _direction,
            "start": sides[0],
            "end": sides[1],
        },
    )
    html = _inlined(assert_set_in_html(html, said))

    setter = TextSetter(fixed, house.checklist_line)
    functions = {name: getattr(setter, name) for name in _SETTERS}
    text = tidy(templates.text("letter/body.txt", {**shared, **functions, "mail_leave": not leaving.by_web}))
    assert_set_in_text(text, expected_in_text(view))
    return Letter(
        issue=issue.name,
        sender=sender,
        subject=issue.subject,
        preheader=issue.preheader,
        html=html,
        text=text,
        mark=mark,
        pictures=(*pictures.attached, *([in_letter(portrait)] if portrait else [])),
    )


def _direction(tag: str) -> str:
    return "rtl" if tag.lower().split("-")[0] in RIGHT_TO_LEFT else "ltr"


def _said(whose: str) -> Markup:
    """The attribute that marks the author's words until they are proved."""
    return Markup(f' {ATTRIBUTE}="%s"') % whose  # noqa: S704 (the attribute's name is ours)


def sources(issue: Issue, posts: Sequence[ReadPost]) -> dict[str, str]:
    """Whose → all words there are of hers: each post's title and body, note and P.S., her descriptions."""
    sources = {
        read.post.id: normalised(f"{read.post.title} {plain(read.post.body, read.post.base)}")
        for read in posts
    }
    described = " ".join(normalised(words) for _, words in issue.descriptions)
    written = {NOTE: plain(note_html(issue.note)), PS: plain(note_html(issue.ps))}
    return {**sources, **written, DESCRIPTION: described}


def _mark(issue: Issue, posts: Sequence[ReadPost]) -> str:
    # Made from the words themselves: a post that held its own letter's mark would have to
    # contain a hash of itself.
    seal = hashlib.sha256(repr(issue).encode())
    for read in posts:
        seal.update(f"{read.post.id}\n{read.post.title}\n{read.post.body}\n".encode("utf-8", "surrogatepass"))
    return "w" + seal.hexdigest()[:20]


def _leave(leaving: Leaving, mark: str, fixed: Words) -> str:
    if leaving.by_web:
        return f"{leaving.base_url}/u/{mark}-leave-"
    return mail_leave(leaving, fixed)


def mail_leave(leaving: Leaving, fixed: Words) -> str:
    """A mailto to the practice, the same for every reader: it names nobody."""
    return f"mailto:{leaving.mail_to}?subject={quote(fixed.say('leave_subject'))}"


def _inlined(html: str) -> str:
    # No style sheet or file is ever fetched: the default would open file:// addresses too.
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)
    return inliner.inline(html)
