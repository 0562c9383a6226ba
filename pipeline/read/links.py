"""Addresses in a post: made absolute, freed of tracking, or dropped."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

SCHEMES = frozenset({"http", "https", "mailto", "tel"})

# Browsers drop tabs and newlines inside an address; mail clients differ. Nothing of the kind stays.
_INVISIBLE = re.compile(
    r"[\x00-\x20\x7f-\xa0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+"
)
_TRACKING = re.compile(r"^(utm_\w*|fbclid|gclid|dclid|msclkid|igshid|mc_\w+|_hs\w+)$", re.IGNORECASE)

# reference: hosts and paths that feeds use to count opens, seen in WordPress, Feedburner, Substack.
_PIXELS = re.compile(
    r"^https?://(pixel\.wp\.com/|stats\.wordpress\.com/|feeds\.wordpress\.com/1\.0/"
    r"|feeds\.feedburner\.com/~(r|ff)/|[^/]+/(.*/)?open\?|[^/]*eotrx|.*\.substack\.com/o/"
    r"|www\.facebook\.com/tr\?|[^/]*doubleclick\.net/|www\.google-analytics\.com/|[^/]+/__utm\.gif"
    r"|blogger\.googleusercontent\.com/tracker/|.*/eotrx)",
    re.IGNORECASE,
)


def absolute(address: str, base: str) -> str:
    """`address` as an absolute http(s), mailto or tel address without tracking; "" if it is none.

    An address that names a user (`https://bank@evil.example`) is dropped: it reads as another
    place than it leads to.
    """
    bare = _INVISIBLE.sub("", address)
    if not bare:
        return ""
    try:
        parts = urlsplit(urljoin(_INVISIBLE.sub("", base), bare))
        port_is_a_number = parts.port is None or parts.port >= 0
    except ValueError:  # an IPv6 bracket left open, a port that is no number
        return ""
    scheme = parts.scheme.lower()
    if scheme not in SCHEMES or not port_is_a_number:
        return ""
    if scheme in ("mailto", "tel"):
        # A feed may pre-fill blind copies; a reader's answer goes to whom she sees.
        return f"{scheme}:{parts.path}" if parts.path else ""
    if not parts.hostname or parts.username is not None:
        return ""
    return urlunsplit(parts._replace(scheme=scheme, query=_untracked(parts.query)))


def _untracked(query: str) -> str:
    pairs = query.split("&")
    kept = [pair for pair in pairs if not _TRACKING.match(pair.partition("=")[0])]
    # The rest is kept byte for byte: signed addresses break when re-encoded.
    return query if len(kept) == len(pairs) else "&".join(kept)


def is_pixel(address: str) -> bool:
    """Whether a picture's address is known to count opens rather than to show something."""
    return bool(_PIXELS.match(address))


def host(address: str) -> str:
    """The plain name of the place an address leads to: `youtube.com`."""
    return (urlsplit(address).hostname or "").removeprefix("www.")


def page_of(embed: str) -> str:
    """The page a person would open for an embedded player; the address itself where unknown."""
    parts = urlsplit(embed)
    place = host(embed).removesuffix("-nocookie.com").removesuffix(".com")
    last = parts.path.rstrip("/").rpartition("/")[2]
    if place == "youtube" and parts.path.startswith("/embed/") and last and last != "videoseries":
        start = dict(parse_qsl(parts.query)).get("start", "")
        query = {"v": last} | ({"t": start} if start.isdigit() else {})
        return f"https://www.youtube.com/watch?{urlencode(query)}"
    if place == "player.vimeo" and parts.path.startswith("/video/") and last.isdigit():
        return f"https://vimeo.com/{last}"
    return embed


def first_of_srcset(srcset: str) -> str:
    """The first address of a `srcset`; an address may itself hold commas."""
    return srcset.strip().split(None, 1)[0].rstrip(",") if srcset.strip() else ""
