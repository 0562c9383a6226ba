"""Counting through lists: which list, how deep, which number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

# Five digits: a longer `start` is a slip or an attack, and no list in a letter has that many items.
_NUMBER = re.compile(r"^\s*([+-]?\d{1,5})\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an item stands; `number` is None in a bulleted list."""

    list_id: int
    level: int
    number: int | None


@dataclass(slots=True)
class _Open:
    list_id: int
    ordered: bool
    next: int
    step: int


class ListCount:
    """The lists and items that are open while a tree is walked."""

    def __init__(self) -> None:
        self._lists: list[_Open] = []
        self._items: list[Place | None] = []  # open items; None: already placed, or has no list
        self._next_id = 0

    @property
    def in_item(self) -> bool:
        return bool(self._items)

    def open(self, element: etree._Element) -> None:
        ordered = element.tag == "ol"
        backwards = ordered and "reversed" in element.attrib
        first = _whole(element.get("start"), len(element.findall("li")) if backwards else 1)
        self._lists.append(_Open(self._new_id(), ordered, first, -1 if backwards else 1))

    def close(self) -> None:
        self._lists.pop()

    def item(self, element: etree._Element) -> None:
        parent, before = element.getparent(), element.getprevious()
        outside = parent is None or parent.tag not in ("ul", "ol")
        if outside:  # an item that has lost its list; its neighbours are one list with it
            list_id = self._next_id - 1 if before is not None and before.tag == "li" else self._new_id()
            self._items.append(Place(list_id=list_id, level=len(self._lists), number=None))
            return
        current = self._lists[-1]
        number = None
        if current.ordered:
            number = _whole(element.get("value"), current.next)
            current.next = number + current.step
        self._items.append(Place(list_id=current.list_id, level=len(self._lists) - 1, number=number))

    def end_item(self) -> None:
        self._items.pop()

    def place(self) -> Place | None:
        """Where the innermost item stands; None once it has been asked for."""
        place, self._items[-1] = self._items[-1], None
        return place

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1


def _whole(value: str | None, default: int) -> int:
    found = _NUMBER.match(value or "")
    return int(found[1]) if found else default
