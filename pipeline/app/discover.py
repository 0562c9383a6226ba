"""Find the feed of a blog of which only the address is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from pipeline import ports
from pipeline.collect.discover import WELL_KNOWN, candidates
from pipeline.errors import WarmletterError
from pipeline.model import Fetched, NotFetched, NotModified, NotParsed, Validators

_ANY = datetime(9998, 1, 1, tzinfo=UTC)  # no date is too late for a list that a person looks at
MAX_CANDIDATES = 5  # a page that names more is a magazine


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed that was fetched and read, for a person to choose."""

    url: str
    title: str
    entries: int
    newest: datetime | None  # aware, UTC; None: no entry has a date


def find_feeds(*, fetcher: ports.Fetcher, parser: ports.Parser, address: str) -> tuple[Found, ...]:
    """The feeds of the blog at `address`, which may be a feed itself; () where none was found.

    What the page names comes first; else the usual addresses are tried one after the other,
    up to the first that is a feed. Raises WarmletterError where the address does not answer.
    """
    address = address.strip()
    if "://" not in address and not address.startswith(("/", ".")):
        address = f"https://{address}"
    page = fetcher.fetch(address, Validators())
    if isinstance(page, NotFetched):
        raise WarmletterError(f"{address}: {page.message}")
    if isinstance(page, NotModified):
        return ()
    if found := _read(page, parser):
        return (found,)
    named = (candidate.url for candidate in candidates(page.body, page.final_url)[:MAX_CANDIDATES])
    feeds = tuple(found for url in named if (found := _look(url, fetcher, parser)))
    return feeds or _try_well_known(page.final_url, fetcher, parser)


def _try_well_known(base: str, fetcher: ports.Fetcher, parser: ports.Parser) -> tuple[Found, ...]:
    for path in WELL_KNOWN:
        if found := _look(urljoin(base, path), fetcher, parser):
            return (found,)
    return ()


def _look(url: str, fetcher: ports.Fetcher, parser: ports.Parser) -> Found | None:
    result = fetcher.fetch(url, Validators())
    return _read(result, parser) if isinstance(result, Fetched) else None


def _read(fetched: Fetched, parser: ports.Parser) -> Found | None:
    # The zone matters for dates without one only, and here for no more than which is newest.
    parsed = parser(fetched, zone=ZoneInfo("UTC"), now=_ANY)
    if isinstance(parsed, NotParsed):
        return None
    dates = [entry.published for entry in parsed.entries if entry.published]
    return Found(
        url=fetched.final_url if fetched.moved else fetched.url,
        title=parsed.title,
        entries=len(parsed.entries),
        newest=max(dates, default=None),
    )
