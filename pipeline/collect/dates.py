"""Dates as feeds write them: read right, or not at all.

feedparser's own reading turns `2020/1/10` into November and a number of seconds into another
year (feeds.md §0.6), so its results are not used anywhere.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)  # before there were blogs
AHEAD = timedelta(hours=24)  # clocks and zones differ; a date beyond is a plan or a mistake
_LONGEST = 100  # characters

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}

# Hours from UTC. BST is Britain's, CST America's (RFC 5322 §4.3), IST India's: whoever means
# another one has a blog in another zone, which is asked first (see _named).
_HOURS = {
    zone: hours
    for hours, zones in (
        (-10, "HST"),
        (-9, "AKST"),
        (-8, "PST AKDT"),
        (-7, "MST PDT"),
        (-6, "CST MDT"),
        (-5, "EST CDT"),
        (-4, "EDT AST"),
        (-3.5, "NST"),
        (-3, "ADT BRT"),
        (-2.5, "NDT"),
        (0, "Z UT UTC GMT WET"),
        (1, "BST WEST CET MEZ"),
        (2, "CEST MESZ EET SAST"),
        (3, "EEST MSK"),
        (5.5, "IST"),
        (8, "HKT SGT AWST"),
        (9, "JST KST"),
        (9.5, "ACST"),
        (10, "AEST"),
        (10.5, "ACDT"),
        (11, "AEDT"),
        (12, "NZST"),
        (13, "NZDT"),
    )
    for zone in zones.split()
}

_DAY_NAME = r"(?:[A-Za-z]{2,9}\.?(?:,\s*|\s+))?"
_CLOCK = r"(?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<s>\d{2})(?:[.,]\d+)?)?(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
_ZONE = (
    r"(?:(?:GMT|UTC?)?(?P<sign>[+-])(?P<zh>\d{2}):?(?P<zm>\d{2})?|(?P<name>[A-Za-z]{1,5}))"
    r"(?:\s+[A-Z]{2,5}|\s*\([^)]*\))?"  # Go adds the name, JavaScript the name in brackets
)
_TIME = rf"(?:(?:[Tt]|\s*,?\s+(?:at\s+|-\s+)?){_CLOCK}(?:\s*{_ZONE})?)?"
_MONTH = r"(?P<month>[A-Za-z]{3,9})\.?"

_FORMS = tuple(
    re.compile(form)
    for form in (
        # 2026-11-02T09:12:41.5+00:00 · 2026/11/2 09:12 (the year first leaves one reading)
        rf"(?P<y>\d{{4}})(?P<sep>[-/.])(?P<m>\d{{1,2}})(?P=sep)(?P<d>\d{{1,2}}){_TIME}",
        # 20261102T091241Z
        rf"(?P<y>\d{{4}})(?P<m>\d\d)(?P<d>\d\d)(?:T(?P<h>\d\d)(?P<min>\d\d)(?P<s>\d\d)?(?P<half>)(?:{_ZONE})?)?",
        # Mon, 02 Nov 2026 09:12:41 +0000 · 2 November 26
        rf"{_DAY_NAME}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ -]{_MONTH},?[ -](?P<y>\d{{4}}|\d\d){_TIME}",
        # November 2, 2026 at 9:12 am · Mon Nov 02 2026 09:12:41 GMT+0100 (CET)
        rf"{_DAY_NAME}{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}}){_TIME}",
        # Mon Nov 2 09:12:41 GMT 2026
        rf"{_DAY_NAME}{_MONTH}\s+(?P<d>\d{{1,2}})\s+{_CLOCK}(?:\s+{_ZONE})?\s+(?P<y>\d{{4}})",
        # 25.12.2026: with dots the day is always first, with slashes it is anybody's guess
        rf"(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\.(?P<y>\d{{4}}){_TIME}",
    )
)
_SECONDS = re.compile(r"\d{10}|\d{13}")  # since 1970, or thousandths of them


def parse_date(raw: str, *, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The moment meant by `raw` (aware, UTC), or None where it cannot be believed.

    A date without a zone is in `zone`, one without a time at its midnight. Outside
    1995 … now + 24 h it is None.
    """
    text = " ".join(raw.split())
    if not text or len(text) > _LONGEST:
        return None
    try:
        moment = _moment(text, zone)
    except (ValueError, OverflowError):  # 31 February, 25 o'clock, the year 0
        return None
    return moment if moment and EARLIEST <= moment <= now + AHEAD else None


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    for form in _FORMS:
        if match := form.fullmatch(text):
            return _from_parts(match.groupdict(), zone)
    return None


def _from_parts(part: dict[str, str | None], zone: ZoneInfo) -> datetime | None:
    month = part.get("m") or _MONTHS.get((part.get("month") or "").lower())
    if month is None:
        return None
    second = int(part["s"] or 0)
    local = datetime(  # noqa: DTZ001 - the zone may depend on the date
        _year(part["y"] or ""),
        int(month),
        int(part["d"] or 0),
        _hour(int(part["h"] or 0), (part["half"] or "").lower()),
        int(part["min"] or 0),
        59 if second == 60 else second,  # a leap second
    )
    offset = _offset(part, local, zone)
    return None if offset is None else local.replace(tzinfo=offset).astimezone(UTC)


def _year(digits: str) -> int:
    """RFC 5322 §4.3: two digits mean 1950–2049."""
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if year < 50 else 1900)


def _hour(hour: int, half: str) -> int:
    if not half or hour > 12:  # "15:04 PM" is written, and means what it says
        return hour
    return hour % 12 + (12 if half == "p" else 0)


def _offset(part: dict[str, str | None], local: datetime, zone: ZoneInfo) -> tzinfo | None:
    """None where the zone's name says nothing to us: a guess could be half a day off."""
    if part["sign"]:
        hours, minutes = int(part["zh"] or 0), int(part["zm"] or 0)
        if hours > 14 or minutes > 59:
            return None
        size = timedelta(hours=hours, minutes=minutes)
        return timezone(-size if part["sign"] == "-" else size)
    return _named(part["name"].upper(), local, zone) if part["name"] else zone


def _named(name: str, local: datetime, zone: ZoneInfo) -> tzinfo | None:
    if local.replace(tzinfo=zone).tzname() == name:
        return zone
    return timezone(timedelta(hours=_HOURS[name])) if name in _HOURS else None
