"""When a server lets us ask again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(hours=24)


def retry_at(header: str, now: datetime) -> datetime | None:
    """Earliest time to ask again (aware, UTC), or None where the server named none.

    Seconds and dates are both allowed (RFC 9110 §10.2.3). No sooner than a quarter of an hour,
    since a server that says "1" is in trouble all the same; no later than a day, so that a
    mistyped year does not silence a feed.
    """
    moment = _moment(header.strip(), now)
    if moment is None:
        return None
    return min(max(moment, now + SHORTEST), now + LONGEST)


def _moment(header: str, now: datetime) -> datetime | None:
    if header.isascii() and header.isdigit():
        return now + timedelta(seconds=min(int(header[:12]), int(LONGEST.total_seconds())))
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
