"""A post's pictures: our own copies, as kept and as they stand in a letter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A picture made ready for mail: a plain JPEG in sRGB, the right way up, with nothing else in it."""

    jpeg: bytes
    width: int
    height: int

    def __repr__(self) -> str:
        return f"Copy({self.width} × {self.height} px, {len(self.jpeg)} bytes)"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCopy:
    """Why a picture is not shown, as the end of a sentence that begins with it."""

    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPicture:
    """What came of fetching one picture of a post; the copy's bytes are asked for by `sha256`."""

    post: str
    source: str  # the address as it stands in the post
    sha256: str = ""  # of our JPEG; "": there is no copy
    size: int = 0  # bytes
    width: int = 0  # px
    height: int = 0
    problem: str = ""  # why there is no copy; "" where there is one
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Our copy of a picture as it stands in a letter, and travels with it."""

    cid: str
    sha256: str
    size: int  # bytes
    width: int  # px, of the copy; it may be shown smaller
    height: int
