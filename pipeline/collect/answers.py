"""What a refusal means: an outcome, and a sentence that says what the author can do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

from pipeline.collect.retry_after import retry_at
from pipeline.model import FeedOutcome, NotFetched

_BROWSER = "open the address in a browser to see what it shows"
_MOVED = "if the blog has moved, put its new feed address under [feeds]"


def from_status(url: str, status: int, headers: Mapping[str, str], now: datetime) -> NotFetched:
    """The meaning of a status that brings no feed.

    410 is meant to last: the schedule asks no more, a person still can. 404 may be a slip, and is
    asked again once a day. A refusal (401, 403) lasts until somebody lets us in.
    """
    said = f"the site answered {status} {_phrase(status)}".rstrip()
    match status:
        case 410:
            text = f"{said}: the feed was taken down on purpose; {_MOVED}. "
            text += "We ask no more by ourselves; `warmletter collect` asks again"
            return NotFetched(url=url, outcome=FeedOutcome.GONE, message=text, lasting=True)
        case 404:
            text = f"{said}: there is no feed at this address; {_BROWSER}, and {_MOVED}"
            return NotFetched(url=url, outcome=FeedOutcome.GONE, message=text)
        case 401 | 403 | 407 | 451:
            text = _blocked(said, headers)
            return NotFetched(url=url, outcome=FeedOutcome.BLOCKED, message=text, lasting=True)
        case 429 | 503:
            return _throttled(url, said, retry_at(headers.get("Retry-After", ""), now))
        case _ if status >= 500:
            text = f"{said}: the site has a fault of its own; we try again next time"
            return broken(url, f"{text}, and if it lasts, tell whoever hosts the blog")
        case _:
            return broken(url, f"{said}, which is no feed; {_BROWSER}")


def broken(url: str, message: str) -> NotFetched:
    return NotFetched(url=url, outcome=FeedOutcome.BROKEN, message=message)


def _blocked(said: str, headers: Mapping[str, str]) -> str:
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return f"{said}: Cloudflare asks for a human; let the feed's address through in its settings"
    return (
        f"{said}: the site does not let programs read the feed; "
        "make the blog public, or allow its feed in the security settings"
    )


def _throttled(url: str, said: str, again: datetime | None) -> NotFetched:
    when = f"not before {again:%d %B, %H:%M} UTC" if again else "on the next run"
    text = f"{said}: it is busy, or asked us to come less often; we ask again {when}"
    return NotFetched(url=url, outcome=FeedOutcome.THROTTLED, message=text, retry_at=again)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
