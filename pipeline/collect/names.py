"""The names of a post: guid, path, link. Any name that two have in common makes them one post."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from pipeline.model import Alias, Entry

EVERYWHERE = ""  # the scope of a name that means the same in all feeds

_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hs(?:enc|mi)|ck_subscriber_id|amp)",
    re.IGNORECASE,
)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.IGNORECASE)
_AMP = re.compile(r"/amp$", re.IGNORECASE)
_WORLDWIDE = re.compile(r"https?://[^/?#]+[/?#]*[^/?#]|tag:|urn:", re.IGNORECASE)
_PORTS = {None, 80, 443}


def guid_name(guid: str, feed: str) -> tuple[str, str]:
    """The guid itself; a number means something in its own feed only, an address everywhere."""
    return (EVERYWHERE if _WORLDWIDE.match(guid) else feed), f"guid {guid}"


def path_name(guid: str, feed: str) -> tuple[str, str] | None:
    """A guid that is an address, without scheme and host; None where nothing would be left.

    Domains move, and http becomes https; `?p=7` of a WordPress blog stays.
    """
    parts = _split(guid)
    if parts is None or not (parts.netloc or guid.startswith("/")):
        return None
    rest = _path(parts) + _query(parts)
    if parts.fragment:
        rest += f"#{parts.fragment}"
    return (feed, f"path {rest}") if rest else None


def link_name(link: str) -> tuple[str, str] | None:
    """The address of the post as all ways of writing it have it; None for a site's root."""
    parts = _split(link)
    if parts is None or not parts.hostname:
        return None
    host = parts.hostname.removeprefix("www.")
    port = "" if _port(parts) in _PORTS else f":{_port(parts)}"
    rest = _path(parts) + _query(parts)
    return (EVERYWHERE, f"link {host}{port}{rest}") if rest else None


def names(guid: str, link: str, feed: str) -> tuple[tuple[str, str], ...]:
    """All names, (scope, name) each, the most trusted first."""
    found = (guid_name(guid, feed), path_name(guid, feed), link_name(link))
    return tuple(name for name in found if name is not None)


def own_links(entries: Sequence[Entry], site: str) -> frozenset[str]:
    """The links' names that are one entry's alone: a link that two have is nobody's name."""
    counts = Counter(name for entry in entries if (name := link_name(entry.url)))
    return frozenset(name for (_, name), count in counts.items() if count == 1) - {
        name for _, name in [link_name(site) or ("", "")]
    }


def aliases(entry: Entry, post: str, *, feed: str, own: frozenset[str]) -> Iterable[Alias]:
    """The entry's names, as names of that post."""
    for scope, name in names(entry.guid, entry.url, feed):
        if not name.startswith("link ") or name in own:
            yield Alias(scope=scope, name=name, post=post)


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in ("", "http", "https") else None


def _port(parts: SplitResult) -> int | None:
    return parts.port


def _path(parts: SplitResult) -> str:
    path = _INDEX.sub("", parts.path).rstrip("/")
    return _AMP.sub("", path)


def _query(parts: SplitResult) -> str:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = sorted(pair for pair in pairs if not _TRACKING.fullmatch(pair[0]))
    return f"?{urlencode(kept)}" if kept else ""
