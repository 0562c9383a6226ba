"""A post → what it is: its blocks, voice, quotable sentences, and what asks for care.

Deterministic, offline, explained. Only English words are judged; a post in another language
keeps its structure and is called mixed.
"""

from __future__ import annotations

from dataclasses import replace

from pipeline.model import Post, Reading, Voice
from pipeline.read.blocks import blocks_of
from pipeline.read.care import care_topics
from pipeline.read.clean import plain, tree_of
from pipeline.read.ethics import concerns
from pipeline.read.language import is_english, name_of, second_language
from pipeline.read.language import language as language_of
from pipeline.read.quotes import quotable
from pipeline.read.sentences import words
from pipeline.read.units import find_units
from pipeline.read.voice import post_voice, score_blocks, unread_voice

__all__ = ["read_html", "read_post"]


def read_post(post: Post) -> Reading:
    """How a stored post reads. Raises CannotRead where its HTML yields nothing at all."""
    return read_html(
        post.body,
        title=post.title,
        base=post.base,
        url=post.url,
        language=post.language,
        picture=post.picture,
    )


def read_html(
    html: str, *, title: str, base: str, url: str = "", language: str = "", picture: str = ""
) -> Reading:
    """How a piece of HTML reads, a document or a fragment.

    Relative addresses are taken against `base`, or `url` where there is no base; `language` is
    what the source declares. `picture` stands before a text that shows none. An empty body is an
    empty reading, not an error.

    Raises: CannotRead where the parser makes nothing of the HTML.
    """
    name = " ".join(plain(title).split())
    blocks, text = blocks_of(tree_of(html, title=name, base=base or url, picture=picture))
    tongue = language_of(text or name, language)
    count = len(words(text))
    second = second_language([block.text for block in blocks], tongue)
    if not is_english(tongue):
        return Reading(
            title=name, language=tongue, words=count, text=text,
            voice=_also(unread_voice(tongue), tongue, second),
            blocks=blocks, units=(), quotes=(), care=(), concerns=(),
        )  # fmt: skip
    blocks, units = find_units(blocks, title=name)
    blocks = score_blocks(blocks, units)
    asked = concerns(blocks)
    return Reading(
        title=name, language=tongue, words=count, text=text,
        voice=_also(post_voice(blocks, units, title=name), tongue, second),
        blocks=blocks, units=units,
        quotes=quotable(blocks, units, questioned={concern.evidence for concern in asked}),
        care=care_topics(name, blocks), concerns=asked,
    )  # fmt: skip


def _also(voice: Voice, main: str, second: str) -> Voice:
    """The voice, which says of a post in two languages which one it was judged by."""
    if not second:
        return voice
    judged = "only that part is judged" if is_english(main) else "nothing is judged but its structure"
    told = f"the post is mostly in {name_of(main)}, and partly in {name_of(second)}: {judged}"
    return replace(voice, reasons=(*voice.reasons, told))
