"""`held` and `correct`: posts that wait for a person's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.shared import config_option, echo_json, json_option, opened

if TYPE_CHECKING:
    from pipeline.app.correct import Changed


@click.command()
@click.option("--release", multiple=True, metavar="ID", help="This post may be in a letter.")
@click.option("--drop", multiple=True, metavar="ID", help="This post is for no letter, ever.")
@json_option
@config_option
def held(release: tuple[str, ...], drop: tuple[str, ...], as_json: bool, config: str | None) -> None:
    """Posts that wait for your word, and why; --release and --drop are the two answers."""
    from pipeline.app import held as use
    from pipeline.app.correct import changed_since_mailed

    with opened(config) as app:
        said = [f"“{use.release(app, post).title}” may be in a letter." for post in release]
        said += [f"“{use.drop(app, post).title}” will be in no letter." for post in drop]
        waiting = use.held(app)
        changed = changed_since_mailed(app)
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
    for one in changed:
        click.echo(f"{one.post.id}  {in_words(one)}")


def in_words(changed: Changed) -> str:
    """What is known of a post that changed since it was mailed, and the way to say a word."""
    title, post = changed.post.title, changed.post.id
    if changed.asked:
        return (
            f"“{title}”, mailed in {changed.issue}, goes once more with the next letter, as it is now "
            f"(`warmletter correct {post} --undo` takes that back)"
        )
    return (
        f"“{title}” changed since it was mailed in {changed.issue}; nothing is sent unless you say so: "
        f"`warmletter correct {post}`"
    )


@click.command()
@click.argument("post", metavar="ID")
@click.option("--as-new", is_flag=True, help="Do not call it a correction: it is another post by now.")
@click.option("--undo", is_flag=True, help="Leave it as it was mailed.")
@config_option
def correct(post: str, as_new: bool, undo: bool, config: str | None) -> None:
    """Send a post once more with the next letter, as a correction of what was mailed."""
    from pipeline.app import correct as use

    with opened(config) as app:
        if undo:
            left = use.leave_as_mailed(app, post)
            click.echo(f"“{left.title}” stays as it was mailed.")
            return
        asked = use.correct(app, post, as_new=as_new)
    how = "" if as_new else f", as a correction of {asked.issue}"
    click.echo(f"“{asked.post.title}” goes once more with the next letter{how}.")
    click.echo("Next: warmletter compose")
