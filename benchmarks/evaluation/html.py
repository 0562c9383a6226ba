"""The labelled texts are light Markdown; the reading takes HTML, as feeds have it."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt

from benchmarks.evaluation.data import LabelledPost
from pipeline.model import Reading
from pipeline.read import read_html

_MARKDOWN = MarkdownIt("commonmark", {"html": False})


def html(markdown: str) -> str:
    return str(_MARKDOWN.render(markdown))


@cache
def reading(post: LabelledPost) -> Reading:
    """How the post reads, once for all figures."""
    return read_html(html(post.text), title=post.title, base="", language="en")
