"""The demo: a blog is collected over HTTP and becomes a letter that is sent into files."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pipeline import example
from pipeline.app import yes
from pipeline.app.collect import collect
from pipeline.app.context import App
from pipeline.app.draft import Prepared, compose_issue, prepare
from pipeline.app.mail import send
from pipeline.app.reports import report_on
from pipeline.check import blocking
from pipeline.cli.files import write_preview
from pipeline.cli.letter import show_issue
from pipeline.cli.sending import run_through
from pipeline.cli.shared import echo_checks
from pipeline.demo.server import BlogServer
from pipeline.errors import ChecksFailed, NothingToSay, StoreError, UsageError
from pipeline.model import Issue, IssueState, NewReader, Period
from pipeline.report import sentences
from pipeline.settings import load
from pipeline.wiring import wired

Say = Callable[[str], None]
READERS = (
    NewReader(email="anna@example.org", name="Anna", consent="sample reader"),
    NewReader(email="bilal@example.org", name="Bilal", consent="sample reader"),
    NewReader(email="reader@example.org", name="", consent="sample reader"),
)


@dataclass
class Stages:
    """How long each stage took, for the curious and for the benchmark."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began


def tell(feed: str, folder: Path, *, say: Say) -> Stages:
    """Run the demo for `feed` ("": the sample blog) in `folder`; raises what stops it."""
    stages = Stages()
    with ExitStack() as stack:
        place = _place(folder, feed)
        server = None if feed else stack.enter_context(BlogServer(port=_port_before(place)))
        address = server.url if server else _source(feed)
        app = stack.enter_context(wired(load(_config(place, address))))
        again = bool(app.store.issues.all())
        with stages.stage("collect"):
            if server and not again:
                _collected(app, address, say)
                say("A week passes, in which the author mends a post.")
            if server:
                server.edited = True
            _collected(app, address, say)
        name = _newest_month(app)
        with stages.stage("compose"):
            issue = _composed(app, name)
        show_issue(issue)
        with stages.stage("render and check"):
            prepared = prepare(app, name)
        app.store.readers.add(READERS, app.clock.now())
        prepared = prepare(app, name)
        echo_checks(prepared.checks)
        files = write_preview(place / "letter", prepared, app)
        if blocking(prepared.checks):
            raise ChecksFailed(
                f"the letter {name} cannot be sent like this", hint=f"look at {_near(files[0])}"
            )
        with stages.stage("approve and send"):
            _sent(app, name, prepared, say)
        _told(app, prepared, files, say)
    return stages


def _place(folder: Path, feed: str) -> Path:
    """The folder of a feed's demo; one that another feed of the same name has is left to it."""
    place = (folder / _slug(feed)).resolve()
    config = place / "config.toml"
    if feed and config.exists() and load(config).feeds.urls != (_source(feed),):
        return place.with_name(f"{place.name}-{hashlib.sha256(_source(feed).encode()).hexdigest()[:6]}")
    return place


def _slug(feed: str) -> str:
    """A folder's name for a feed: the sample's, a file's name, or a host's."""
    if not feed:
        return "sample"
    parts = urlsplit(feed)
    name = parts.hostname if parts.scheme in ("http", "https") else Path(feed).stem
    return re.sub(r"[^a-z0-9.-]+", "-", (name or "feed").lower()).strip("-.") or "feed"


def _port_before(place: Path) -> int:
    """The port the sample blog had last time, so that it is the same feed again; 0: any."""
    config = place / "config.toml"
    return urlsplit(load(config).feeds.urls[0]).port or 0 if config.exists() else 0


def _source(feed: str) -> str:
    if feed.startswith(("http://", "https://")):
        return feed
    path = Path(feed)
    if not path.is_file():
        raise UsageError(
            f"{feed}: there is no such file", hint="give a feed's address, or a file that holds one"
        )
    return str(path.resolve())


def _config(place: Path, address: str) -> Path:
    """The demo's own config.toml: the example's practice, this feed, loopback allowed."""
    path = place / "config.toml"
    answers = {
        "feeds.urls": [address],
        "feeds.allow_private": True,
        "web.base_url": "https://letters.practice.example",
        # Said again, whatever the example says: nothing leaves the computer.
        "send.provider": "outbox",
        "send.endpoint": "",
        "store.url": "sqlite:///data/warmletter.db",
    }
    try:
        place.mkdir(parents=True, exist_ok=True)
        path.write_text(example.filled(answers), "utf-8")
    except OSError as problem:
        raise StoreError(
            f"{place}: {problem.strerror or 'cannot be written'}", hint="make room, or name another --folder"
        ) from problem
    return path


def _collected(app: App, address: str, say: Say) -> None:
    for report in collect(
        posts=app.store.posts,
        fetcher=app.fetcher,
        parser=app.parser,
        clock=app.clock,
        feeds=(address,),
        zone=app.settings.practice.zone,
    ):
        if not report.outcome.ok:
            raise NothingToSay(f"{address}: {report.message}")
        say(f"Collected: {report.message}")


def _newest_month(app: App) -> str:
    newest = app.store.posts.newest()
    if newest is None:
        waiting = app.store.posts.held()
        if waiting:
            raise NothingToSay(
                f"“{waiting[0].title or 'untitled'}” is the only post, and waits: {waiting[0].held}",
                hint="`warmletter held` lists what waits for a word; or give another feed",
            )
        raise NothingToSay("the feed holds no post", hint="write one, or give another feed")
    return str(Period.of(newest.dated, app.settings.practice.zone))


def _composed(app: App, name: str) -> Issue:
    record = app.store.issues.get(name)
    if record and record.draft and record.state is not IssueState.DRAFT:
        return record.draft
    return compose_issue(app, name)


def _sent(app: App, name: str, prepared: Prepared, say: Say) -> None:
    record = app.store.issues.get(name)
    if record and record.state is IssueState.DRAFT:
        yes.approve(app, name, prepared.readers)
    if record and record.state is IssueState.SENT:
        say(f"The letter {name} was sent already; nothing is sent twice.")
    run_through(send(app, name, stop=lambda: False), quiet=True)


def _told(app: App, prepared: Prepared, files: Sequence[Path], say: Say) -> None:
    issue, reasons = prepared.issue, dict(prepared.issue.reasons)
    lead = next(placed for placed in issue.posts if placed.post == issue.lead)
    say("")
    say(f"Subject:    {issue.subject}")
    say(f"Lead:       “{lead.title or 'untitled'}”: {reasons.get('lead', lead.reason)}")
    if issue.quote:
        say(f"Quote:      “{issue.quote.text}”")
        say(f"            {issue.quote.where}")
    else:
        say(f"Quote:      none: {reasons.get('quote', '')}")
    held = sum(found.status != "ok" for found in prepared.checks)
    say(f"Checks:     {len(prepared.checks) - held} ok, {held} to look at")
    for sentence in sentences(report_on(app, issue.name)):
        say(f"            {sentence}")
    say(f"The letter: {_near(files[0])}")
    say(f"            {_near(files[1])}")
    mails = sorted(app.settings.outbox_folder.rglob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    say("The mail:   " + "\n            ".join(_near(path) for path in mails[-len(READERS) :]))


def _near(path: Path) -> str:
    """A path as seen from here, where it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
