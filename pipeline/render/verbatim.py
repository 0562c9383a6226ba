"""Proof that what the letter shows as the author's words is hers, all there, and unchanged.

Three witnesses that do not know of each other are held together: the words of the post as
received (tags taken out here, not by the reader's block code), the issue as composed, and
the HTML and text as the templates really set them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urljoin

import lxml.html
from lxml.etree import _Comment, _Element, _ProcessingInstruction

from pipeline.errors import NotVerbatim, TemplateProblem
from pipeline.read.links import host, page_of
from pipeline.render.view import ItemList, LetterView, Piece, PieceKind

ATTRIBUTE = "data-said"
_MARKED = re.compile(rf' {ATTRIBUTE}="[^"]+"')
_INVISIBLE = dict.fromkeys(
    map(ord, "\u200b\u200c\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)
_BLOCKS = frozenset(
    "address article aside blockquote br caption dd details div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead "
    "tr ul".split()
)
_SILENT = frozenset(("script", "style", "template", "noscript", "head"))
_PLAYERS = frozenset(("iframe", "embed", "video", "audio"))
_NAMED = _PLAYERS | {"img"}
_UNSEEN = frozenset("svg math object title textarea select datalist canvas".split())
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

_PAGE = re.compile(r"</?(?:html|head|body)(?=[\s/>])[^>]*>", re.IGNORECASE)

Said = tuple[str, str]  # (whose: a post's id, "note", "ps" or "description"; the words)
OfPicture = Callable[[Piece], Iterator[Said]]


def normalised(text: str) -> str:
    """Text with white space collapsed and what cannot be seen taken out: the measure of "verbatim"."""
    return " ".join(_visible(text).split())


def _visible(text: str) -> str:
    text = "".join(" " if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in text)
    return text.translate(_INVISIBLE)


def plain(html: str, base: str = "") -> str:
    """All words of an HTML text in order, then what stands beside them.

    That is: descriptions of pictures, names of players (a title, else the site) and what is not
    shown on the page. These can stand in the middle of a sentence, and are no part of it.
    `base`: what the addresses in the text are relative to.
    """
    if not html.strip():
        return ""
    source = "".join(c for c in html if c in "\t\n\r" or not (ord(c) < 32 or 0xD800 <= ord(c) < 0xE000))
    # A page's own tags in a post: libxml2 would end there, browsers pass them over.
    source = _PAGE.sub("", source)
    root = lxml.html.fragment_fromstring(source, create_parent="div")
    beside: list[str] = []
    words = "".join(_words(root, beside, base))
    return normalised(" ".join((words, *beside)))


def _words(root: _Element, beside: list[str], base: str = "") -> Iterator[str]:
    # Iterative: a hostile post nests deeper than Python's stack.
    stack: list[_Element | str] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            yield node
            continue
        if isinstance(node, _Comment | _ProcessingInstruction) or node.tag in _SILENT:
            continue
        if _is_smiley(node):
            yield node.get("alt") or ""
            continue
        if node.tag in _NAMED or _is_unseen(node):
            beside += _names(node, base)
            yield " " if node.tag in _NAMED else ""
            continue
        edge = " " if node.tag in _BLOCKS else ""
        yield edge + (node.text or "")
        stack.append(edge)
        for child in reversed(node):
            stack.append(str(child.tail or ""))
            stack.append(child)


def _is_smiley(node: _Element) -> bool:
    """Whether a picture is an emoji that she typed: WordPress makes pictures of them."""
    return node.tag == "img" and bool({"emoji", "wp-smiley"} & set((node.get("class") or "").lower().split()))


def _is_unseen(node: _Element) -> bool:
    return (
        node.tag in _UNSEEN
        or "hidden" in node.attrib
        or bool(_HIDDEN.search(node.get("style") or ""))
        or "screen-reader-text" in (node.get("class") or "").lower().split()
    )


def _names(node: _Element, base: str) -> Iterator[str]:
    for element in node.iter(*_NAMED):
        yield from filter(None, (element.get("alt"), element.get("title")))
        if element.tag in _PLAYERS:
            yield from _sites(element, base)
    yield str(node.xpath("string()"))


def _sites(player: _Element, base: str) -> Iterator[str]:
    addresses = (player.get("src"), player.get("data-src"), *(s.get("src") for s in player.iter("source")))
    for address in filter(None, addresses):
        try:
            yield host(page_of(urljoin(base, str(address).strip())))
        except ValueError:  # an address that is none; the reader leaves such a player out
            continue


def expected_in_html(view: LetterView) -> tuple[Said, ...]:
    """What the HTML must show as the author's, in order; of a picture that is shown, both her texts."""
    return _expected(view, _of_picture_shown)


def expected_in_text(view: LetterView) -> tuple[Said, ...]:
    """What the text part must show as the author's, in order; of a picture one text, or none."""
    return _expected(view, _of_picture)


def _expected(view: LetterView, of_picture: OfPicture) -> tuple[Said, ...]:
    said = list(_of_pieces(view.note, of_picture))
    for story in (view.lead, *view.others):
        said.append((story.post, normalised(story.title)))
        said += _of_pieces(story.pieces, of_picture)
    said += _of_pieces(view.ps, of_picture)
    # With a note the lead's title stands after it; either way it precedes the lead's words.
    return tuple((whose, words) for whose, words in said if words)


def _of_picture(piece: Piece) -> Iterator[Said]:
    if piece.text:
        yield piece.said, normalised(piece.text)
    else:
        yield piece.described, normalised(piece.alt)


def _of_picture_shown(piece: Piece) -> Iterator[Said]:
    if piece.picture is None:
        yield from _of_picture(piece)
    else:
        yield piece.described, normalised(piece.alt)
        yield piece.said, normalised(piece.text)


def _of_pieces(pieces: Sequence[Piece], of_picture: OfPicture) -> Iterator[Said]:
    for piece in pieces:
        if piece.items:
            yield from _of_items(piece.items)
        elif piece.kind is PieceKind.PICTURE:
            yield from of_picture(piece)
        elif piece.kind is not PieceKind.TAKE:
            yield piece.said, normalised(piece.text)


def _of_items(items: ItemList) -> Iterator[Said]:
    for item in items.items:
        yield item.said, normalised("".join(run.text for run in item.runs))
        if item.inner:
            yield from _of_items(item.inner)


def assert_hers(said: Sequence[Said], sources: dict[str, str]) -> None:
    """Every sentence stands in its source. `sources`: whose → its words, normalised.

    Raises NotVerbatim with the first words that do not.
    """
    for whose, words in said:
        if not _stands_in(words, sources[whose]):
            raise NotVerbatim(
                f"“{_from_where_it_differs(words, sources[whose])}” does not stand in the post like this",
                hint="the post may have changed since: run `warmletter compose` again; "
                "if that does not help, its HTML is broken there: save it once more on the blog",
            )


def _stands_in(words: str, source: str) -> bool:
    """Whether `source` holds `words` as a run that neither begins nor ends inside a word."""
    at = source.find(words)
    while at >= 0:
        before, after = source[at - 1 : at] if at else "", source[at + len(words) : at + len(words) + 1]
        if not (before.isalnum() and words[0].isalnum()) and not (after.isalnum() and words[-1].isalnum()):
            return True
        at = source.find(words, at + 1)
    return False


def _from_where_it_differs(words: str, source: str) -> str:
    """The words from just before the first that the source does not go on with."""
    tokens = words.split()
    same = next((n for n in range(len(tokens), 0, -1) if " ".join(tokens[:n]) in source), 0)
    before = "… " if same > 3 else ""
    return before + _short(" ".join(tokens[max(0, same - 3) :]))


def assert_set_in_html(html: str, said: Sequence[Said]) -> str:
    """The HTML without its marks, after proof that the templates set `said`, whole and in order.

    Raises TemplateProblem with the first words that were changed, lost or added.
    """
    root = lxml.html.document_fromstring(html)
    found = [
        (str(element.get(ATTRIBUTE)), words)
        for element in root.iter()
        if element.get(ATTRIBUTE) and (words := normalised(_own(element)))
    ]
    for place, (want, got) in enumerate(zip(said, found, strict=False)):
        if want != got:
            raise _changed("body.html", want[1], got[1], place)
    if len(found) != len(said):
        lost = said[len(found)][1] if len(found) < len(said) else found[len(said)][1]
        raise _changed("body.html", lost, "", min(len(found), len(said)))
    return _MARKED.sub("", html)


def _own(element: _Element) -> str:
    if element.tag == "img":
        return element.get("alt") or ""
    return "".join(_words(element, []))


def assert_set_in_text(text: str, said: Sequence[Said]) -> None:
    """Proof that the text part holds `said`, whole and in order. Raises TemplateProblem."""
    everything = _unset(text)
    at = 0
    for place, (_, words) in enumerate(said):
        found = everything.find(_unset(words), at)
        if found < 0:
            raise _changed("body.txt", words, "", place)
        at = found + len(_unset(words))


def _unset(text: str) -> str:
    """Text without what setting adds: white space, quotation marks at a line's start, link numbers."""
    return re.sub(r"\[\d+\]|[\s>]+", "", normalised(text))


def _changed(template: str, want: str, got: str, place: int) -> TemplateProblem:
    instead = f" (it shows “{_short(got)}”)" if got else ""
    return TemplateProblem(
        f"template letter/{template} does not set the author's words as they are: "
        f"“{_short(want)}”{instead}, part {place + 1}",
        hint="a part in your templates/ folder may cut or reorder them; delete it to use the built-in one",
    )


def _short(words: str) -> str:
    return words if len(words) <= 80 else words[:77] + "…"
