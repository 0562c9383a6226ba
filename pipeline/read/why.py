"""Why a text has its voice: what weighed most, literally, in words the author understands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_FEWEST, _MOST_REASONS = 2, 5
_WEIGHS = 0.12  # points below which a measure is not worth a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One measure's share in the score. Points above 0 speak for connection."""

    name: str
    amount: float  # in 100 words; of sentences or words: a share
    points: float
    each: float  # points for one more
    words: tuple[str, ...]


def why(parts: Sequence[Part], *, sentences: int) -> tuple[str, ...]:
    """What weighed most, first what speaks for the side the text is on; then the words themselves."""
    for_connection = sum(part.points for part in parts) >= 0
    ordered = sorted(
        (part for part in parts if part.name in _SAID),
        key=lambda part: ((part.points >= 0) is not for_connection, -abs(part.points), part.name),
    )
    told = [part for part in ordered if abs(part.points) >= _WEIGHS] or ordered[:_FEWEST]
    reasons = [_SAID[part.name](part, sentences) for part in told[:_MOST_REASONS]]
    return (*reasons, *_words(parts, for_connection=for_connection))


def telling(parts: Sequence[Part], *, sentences: int) -> tuple[str, ...]:
    """What stands in a passage and speaks for its side, not what is missing; empty where nothing does.

    A whole post may be told by what it lacks; of a paragraph, "no word of tools" says nothing.
    """
    for_connection = sum(part.points for part in parts) >= 0
    there = [
        part
        for part in parts
        if part.name in _SAID and part.amount > 0 and part.points and (part.points > 0) is for_connection
    ]
    there.sort(key=lambda part: (-abs(part.points), part.name))
    reasons = [_SAID[part.name](part, sentences) for part in there[:_MOST_REASONS]]
    return (*reasons, *_words(parts, for_connection=for_connection))


def _words(parts: Sequence[Part], *, for_connection: bool) -> list[str]:
    weight: Counter[str] = Counter()
    order: dict[str, int] = {}
    for part in parts:
        # Words set aside are named where that is said; here they would look like praise of them.
        for word in part.words if part.name != "set_aside" else ():
            weight[word] += round(1000 * part.each)
            order.setdefault(word, len(order))
    sign = 1 if for_connection else -1
    # Where two weigh alike, the earlier: never the order of a set or of a hash.
    ranked = sorted(weight, key=lambda word: (-sign * weight[word], order[word]))
    most = [word for word in ranked if sign * weight[word] > 0][:4]
    against = [word for word in reversed(ranked) if sign * weight[word] < 0][:2]
    said = [f"the words that weighed most: {', '.join(most)}"] if most else []
    return said + ([f"the words that spoke against it: {', '.join(against)}"] if against else [])


def _own(part: Part, _: int) -> str:
    how = "often" if part.amount >= 3 else "sometimes" if part.amount >= 1 else "seldom"
    return f"says “I” and “we” {how} ({part.amount:.0f} in 100 words)"


def _warm(part: Part, _: int) -> str:
    how = "many" if part.points >= 0 else "few"
    return f"{how} words for feeling and being with one another ({part.amount:.0f} in 100)"


def _orders(part: Part, sentences: int) -> str:
    orders = round(part.amount * sentences)
    if part.points >= 0:
        return f"few instructions ({orders} of {sentences} sentences)"
    return f"{orders} of {sentences} sentences tell the reader what to do"


def _open(part: Part, _: int) -> str:
    if part.points >= 0:
        return f"it wonders and invites ({_named(part)})"
    return "it states; it seldom wonders or invites"


def _tools(part: Part, _: int) -> str:
    if part.points >= 0:
        return "hardly a word of tools and techniques"
    return f"it speaks of tools and techniques ({_named(part)})"


def _facts(part: Part, _: int) -> str:
    if part.points >= 0:
        return "it does not read like a leaflet"
    return f"much of it is information ({part.amount:.0f} in 100 words)"


def _address(part: Part, _: int) -> str:
    if part.points >= 0:
        return f"seldom turns to the reader (“you” {part.amount:.0f} times in 100 words)"
    return f"speaks to the reader as “you” ({part.amount:.0f} in 100 words)"


def _named(part: Part) -> str:
    return ", ".join(word for word, _ in Counter(part.words).most_common(3))


_SAID: dict[str, Callable[[Part, int], str]] = {
    "first_person": _own,
    "warm": _warm,
    "orders": _orders,
    "open": _open,
    "tools": _tools,
    "facts": _facts,
    "set_aside": lambda part, _: f"it sets tools aside rather than handing them out ({_named(part)})",
    "checklist": lambda part, _: f"{100 * part.amount:.0f} in 100 words stand in a checklist",
    "listed": lambda part, _: f"{100 * part.amount:.0f} in 100 words stand in lists of facts or offers",
    "promises": lambda part, _: f"it promises ({_named(part)})",
    "numbers": lambda part, _: f"it counts ({part.amount:.0f} numbers in 100 words)",
    "address": _address,
    "title": lambda part, _: f"the title announces steps (“{_named(part)}”)",
}
