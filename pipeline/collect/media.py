"""Which picture stands for an item, and where its recording is, of all the media that it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import urlsplit

MAX_MEDIA = 20  # files of one kind that are looked at; a hostile item names thousands
WIDE_ENOUGH_PX = 600  # below, a picture is an icon or a preview of one


class MediaPlace(IntEnum):
    """Where an item names a file, the place most likely to mean its picture first (feeds.md P6)."""

    CONTENT = 0  # media:content; the image of a JSON Feed
    THUMBNAIL = 1  # media:thumbnail
    ENCLOSURE = 2
    COVER = 3  # itunes:image, the same for many episodes


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """A file that an item names, as its document has it."""

    address: str
    place: MediaPlace
    type: str = ""  # image/jpeg, or a bare "image"; "": not said
    width: int = 0  # px; 0: not said


def picture(media: Sequence[Medium]) -> str:
    """The address of the picture that stands for the item; "" where it names none."""
    fit = [one for one in media if _is_picture(one) and not 0 < one.width < WIDE_ENOUGH_PX]
    best = min(fit, key=lambda one: (one.place, -one.width), default=None)
    return best.address if best else ""


def recording(media: Sequence[Medium]) -> str:
    """The address of what can be listened to; "" where there is nothing."""
    return next((one.address for one in media if _is(one, "audio")), "")


def _is_picture(one: Medium) -> bool:
    if not (_is(one, "image") or (not one.type and one.place is not MediaPlace.ENCLOSURE)):
        return False
    # WordPress.com names the author's portrait as a picture of every post.
    return not _host(one.address).endswith("gravatar.com")


def _is(one: Medium, kind: str) -> bool:
    return one.type.strip().lower().partition("/")[0] == kind


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
