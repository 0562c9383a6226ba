"""Which of the feeds that were found is the blog's: shown to a person, who says."""

from __future__ import annotations

from collections.abc import Sequence

import click

from pipeline.app.discover import Found
from pipeline.cli.shared import is_terminal


def chosen(found: Sequence[Found]) -> Found:
    """The feed that the person picks; the first where there is one only, or nobody to ask."""
    first, *others = found
    if not others:
        click.echo(f"Found: {first.url} ({described(first)})")
        return first
    click.echo(f"Found {len(found)} feeds:")
    for number, feed in enumerate(found, start=1):
        click.echo(f"  {number}  {described(feed)}\n     {feed.url}")
    if is_terminal():
        number = click.prompt(
            "Which one has the posts for the letter?", default=1, type=click.IntRange(1, len(found))
        )
        return found[number - 1]
    click.echo(
        f"Took the first, {first.url}, as nobody is here to choose. "
        f"For another one, say: warmletter init {others[0].url} --force"
    )
    return first


def described(feed: Found) -> str:
    """What tells one feed from another: “The Quiet Room”, 8 posts, the newest of 3 November 2026."""
    posts = "1 post" if feed.entries == 1 else f"{feed.entries or 'no'} posts"
    parts = [f"“{feed.title}”" if feed.title else "without a title", posts]
    if feed.newest:
        parts.append(f"the newest of {feed.newest.day} {feed.newest:%B %Y}")
    return ", ".join(parts)
