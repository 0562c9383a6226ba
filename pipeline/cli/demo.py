"""`demo`: the whole way of a letter, from a blog to the mail, in one command."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--feed", default="", metavar="URL-OR-FILE", help="Another feed than the sample blog's.")
@click.option(
    "--folder",
    default="demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo keeps its letter; a folder in it for each feed.",
)
def demo(feed: str, folder: Path) -> None:
    """Make a letter from the sample blog, or from any feed, and send it to three sample readers.

    Nothing leaves the computer: the mail is written as files.
    """
    from pipeline.cli.story import tell

    tell(feed.strip(), folder, say=click.echo)
