"""`held`: posts that wait for a person's word."""

from __future__ import annotations

import click

from pipeline.cli.shared import config_option, echo_json, json_option, opened


@click.command()
@click.option("--release", multiple=True, metavar="ID", help="This post may be in a letter.")
@click.option("--drop", multiple=True, metavar="ID", help="This post is for no letter, ever.")
@json_option
@config_option
def held(release: tuple[str, ...], drop: tuple[str, ...], as_json: bool, config: str | None) -> None:
    """Posts that wait for your word, and why; --release and --drop are the two answers."""
    from pipeline.app import held as use

    with opened(config) as app:
        said = [f"“{use.release(app, post).title}” may be in a letter." for post in release]
        said += [f"“{use.drop(app, post).title}” will be in no letter." for post in drop]
        waiting = use.held(app)
    if as_json:
        echo_json(
            [{"id": post.id, "title": post.title, "feed": post.feed, "reason": post.held} for post in waiting]
        )
        return
    for sentence in said:
        click.echo(sentence)
    for post in waiting:
        click.echo(f"{post.id}  “{post.title}” ({post.feed})\n              {post.held}")
    if waiting:
        click.echo("Say `warmletter held --release ID` or `warmletter held --drop ID`.")
    elif not said:
        click.echo("No post waits for your word.")
