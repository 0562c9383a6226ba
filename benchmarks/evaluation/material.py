"""The labelled posts as this program reads them: light Markdown → HTML → a reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from markdown_it import MarkdownIt

from benchmarks.evaluation.data import LabelledPost
from pipeline.model import Reading
from pipeline.read import read_html

# Raw HTML stays text: the material is somebody's Markdown, not somebody's page.
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


def html_of(text: str) -> str:
    """The post's body as a blog would send it."""
    return str(_MARKDOWN.render(text))


def readings(posts: Iterable[LabelledPost]) -> Mapping[str, Reading]:
    """Every post's reading by its id; each is read once, for all figures."""
    return {
        post.id: read_html(html_of(post.text), title=post.title, base="https://posts.example/")
        for post in posts
    }
