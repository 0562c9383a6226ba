"""`init`, `collect`, `read`: from a blog to posts that are understood."""

from __future__ import annotations

import click

from pipeline.cli.shared import config_option, config_path, echo_json_line, json_option, opened


@click.command()
@click.argument("address", required=False)
@click.option("--name", default=None, help="The practice's name: who the letter is from.")
@click.option("--author", default=None, help="Who signs the letter.")
@click.option("--from", "sender", default=None, metavar="ADDRESS", help="The address it is sent from.")
@click.option("--postal", default=None, help="The practice's postal address; the law asks for one.")
@click.option("--country", default=None, metavar="GB", help="For crisis lines and dates.")
@click.option("--timezone", default=None, metavar="Europe/London", help="For the hour it is sent.")
@click.option("--allow-private", is_flag=True, help="Also fetch from addresses inside this network.")
@click.option("--force", is_flag=True, help="Write over a config.toml that is there.")
@config_option
def init(
    address: str | None,
    name: str | None,
    author: str | None,
    sender: str | None,
    postal: str | None,
    country: str | None,
    timezone: str | None,
    allow_private: bool,
    force: bool,
    config: str | None,
) -> None:
    """Ask for the blog's address, find its feed, write config.toml."""
    from urllib.parse import urlsplit

    from pipeline import example, wiring
    from pipeline.app.discover import find_feeds
    from pipeline.cli.choosing import chosen
    from pipeline.errors import UsageError, WarmletterError
    from pipeline.settings import parsed

    path = config_path(config)
    if path.exists() and not force and path.read_bytes() != example.text().encode():
        raise UsageError(f"{path.name} is already here", hint="--force writes over it")
    site = address or _asked("The blog's address", None)
    found = find_feeds(
        fetcher=wiring.fetcher(allow_private=allow_private), parser=wiring.parser(), address=site
    )
    if not found:
        raise WarmletterError(
            f"{site}: no feed was found there",
            hint="the README says where each blog platform keeps its feed; give that address instead",
        )
    feed = chosen(found)
    host = (urlsplit(feed.url).hostname or "practice.example").removeprefix("www.")
    answers: dict[str, object] = {
        "practice.name": name or _asked("The practice's name", feed.title or host),
        "practice.author": author or _asked("Who signs the letter", None),
        "practice.address": postal or _asked("Postal address (the law asks for one)", ""),
        "practice.site": site if site.startswith("http") and "://" in site else f"https://{host}",
        "practice.country": (country or _asked("Country, two letters", "GB")).upper(),
        "practice.timezone": timezone or _asked("Time zone", "Europe/London"),
        "feeds.urls": [feed.url],
        "feeds.allow_private": allow_private,
        "send.from": sender or _asked("The letter is sent from", f"letters@{host}"),
        "send.reply_to": "",
    }
    text = example.filled(answers)
    parsed(text, path)  # says at once what is wrong with an answer, before anything is written
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    click.echo(f"Wrote {path.name}. Next: warmletter collect, then warmletter compose")


def _asked(question: str, default: str | None) -> str:
    """The answer to a question; the default where nobody is there to ask."""
    from pipeline.cli.shared import is_terminal

    if is_terminal():
        return str(click.prompt(question, default=default)).strip()
    if default is None:
        raise click.UsageError(f"{question}: give it on the command line, nobody is here to ask")
    return default


@click.command()
@click.option("--feed", default=None, metavar="URL-OR-FILE", help="Only this feed.")
@json_option
@config_option
def collect(feed: str | None, as_json: bool, config: str | None) -> None:
    """Fetch the feeds; one line a feed. A failing feed does not stop the others."""
    from pipeline.app.collect import collect as collected

    failed = 0
    with opened(config) as app:
        for report in collected(
            posts=app.store.posts,
            fetcher=app.fetcher,
            parser=app.parser,
            clock=app.clock,
            feeds=(feed,) if feed else app.settings.feed_sources,
            zone=app.settings.practice.zone,
            followed=app.settings.feed_sources,
        ):
            failed += not report.outcome.ok
            if as_json:
                echo_json_line(
                    {
                        "feed": report.feed,
                        "outcome": report.outcome.value,
                        "new": len(report.new),
                        "known": report.known,
                        "held": report.held,
                        "message": report.message,
                    }
                )
            else:
                click.echo(f"{report.feed}: {report.message}", err=not report.outcome.ok)
    if failed:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="POST-OR-FILE-OR-URL…")
@click.option("--title", default="", help="The title, where the source has none.")
@json_option
@config_option
def read(sources: tuple[str, ...], title: str, as_json: bool, config: str | None) -> None:
    """Show how a post is read, with reasons. Nothing is stored or sent."""
    from contextlib import ExitStack

    from pipeline import wiring
    from pipeline.app.reading import read_source
    from pipeline.cli.reading import show
    from pipeline.errors import CannotRead
    from pipeline.read.contract import as_json as contract

    failed = 0
    with ExitStack() as stack:
        app = stack.enter_context(opened(config)) if config_path(config).exists() else None
        fetcher = app.fetcher if app else wiring.fetcher(allow_private=False)
        for source in sources:
            try:
                reading = read_source(
                    source, title=title, posts=app.store.posts if app else None, fetcher=fetcher
                )
            except CannotRead as problem:
                failed += 1
                click.echo(str(problem), err=True)
                continue
            if as_json:
                echo_json_line(contract(reading))
            else:
                show(reading)
    if failed:
        raise click.exceptions.Exit(1)
