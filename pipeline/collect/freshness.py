"""How long a feed asks to be left alone, by its answer's headers and by its document (feeds.md F7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 24 * 3600
_MAX_AGE = re.compile(r'(?:^|[\s,])max-age\s*=\s*"?(\d{1,12})', re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:store|cache)\b", re.IGNORECASE)
# sy:updatePeriod of RSS's Syndication module; a day at most, so that the longer ones are all alike.
_PERIODS_S = {"hourly": 3600, "daily": LONGEST_S, "weekly": LONGEST_S, "monthly": LONGEST_S}


def fresh_for_s(headers: Mapping[str, str], now: datetime) -> int:
    """Seconds for which the answer still holds, a day at most; 0 where it says nothing.

    max-age goes before Expires (RFC 9111 §4.2.1); what it spent in caches on its way is taken off.
    """
    control = headers.get("Cache-Control", "")
    if _NOT_KEPT.search(control):
        return 0
    found = _MAX_AGE.search(control)
    lifetime = int(found[1]) if found else _until_expiry_s(headers, now)
    age = headers.get("Age", "").strip()
    spent = int(age[:12]) if age.isascii() and age.isdigit() else 0
    return min(max(0, lifetime - spent), LONGEST_S)


def _until_expiry_s(headers: Mapping[str, str], now: datetime) -> int:
    expires = _moment(headers.get("Expires", ""))
    if expires is None:
        return 0
    # Against the server's own clock, which may not be ours.
    return int((expires - (_moment(headers.get("Date", "")) or now)).total_seconds())


def _moment(header: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header.strip())
    except ValueError:  # "0", which many send for "at once"
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def update_pause_s(ttl: str, period: str, frequency: str) -> int:
    """Seconds that the document asks between two visits, a day at most; 0 where it says nothing.

    `ttl` is in minutes (RSS 2.0); `period` is divided by `frequency` (Syndication module, "daily"
    twice being every twelve hours).
    """
    minutes = int(ttl.strip()[:12]) if ttl.strip().isascii() and ttl.strip().isdigit() else 0
    often = int(frequency.strip()[:6]) if frequency.strip().isascii() and frequency.strip().isdigit() else 1
    named = _PERIODS_S.get(period.strip().lower(), 0)
    return min(max(minutes * 60, named // max(often, 1)), LONGEST_S)
