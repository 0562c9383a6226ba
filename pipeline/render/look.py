"""How the letter looks where the author may choose: her colour, and a serif or none.

Her colour is made darker on the paper and lighter at night until it can be read, so that no
choice of hers can make a letter that somebody cannot read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PAPER, NIGHT = "#F7F2EA", "#1C1A18"
HAND = "#FFFFFF"  # what the plain voice is written on, in most mail programs
READABLE = 4.5  # WCAG 2.2, 1.4.3
# Only what every system has: a letter fetches no font.
STACKS = {
    "serif": "Georgia, 'Noto Serif', 'Times New Roman', serif",
    "sans": "'Helvetica Neue', Helvetica, Arial, sans-serif",
}

RGB = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the settings say: the name of a stack, and a colour as #RRGGBB or "" for ours."""

    font: str = "serif"
    accent: str = ""

    @property
    def stack(self) -> str:
        return STACKS[self.font]

    @property
    def light(self) -> Accents:
        if not self.accent:
            return Accents(heading="#3F5540", link="#2C5A4C", rule="#9DB29B")
        return _accents(self.accent, PAPER)

    @property
    def dark(self) -> Accents:
        if not self.accent:
            return Accents(heading="#BCD0B6", link="#A6D0BE", rule="#5F7560")
        return _accents(self.accent, NIGHT)


OURS = Look()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accents:
    """The three colours that follow the author's: headings and quotes, links, the rule beside a quote."""

    heading: str
    link: str
    rule: str


def _accents(accent: str, ground: str) -> Accents:
    # A little over the limit, so that what a screen rounds off does not fall under it.
    seen = readable(accent, ground, READABLE + 0.3)
    return Accents(heading=seen, link=seen, rule=mixed(seen, ground, 0.5))


def contrast(one: str | RGB, other: str | RGB) -> float:
    """Between 1 and 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str | RGB) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.2)."""
    red, green, blue = (_linear(channel / 255) for channel in rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def rgb(colour: str | RGB) -> RGB:
    """The three channels of #RGB or #RRGGBB. Raises ValueError for anything else."""
    if not isinstance(colour, str):
        return colour
    if not re.fullmatch(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})", colour):
        raise ValueError(f"{colour!r} is not a colour; write it like #3F5540")
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def mixed(one: str | RGB, other: str | RGB, share: float) -> str:
    """`one` with a `share` of `other` in it."""
    pairs = zip(rgb(one), rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def readable(colour: str, ground: str, least: float = READABLE) -> str:
    """The colour, moved toward black or white just so far that it stands out from the ground."""
    end = "#000000" if luminance(ground) > 0.18 else "#FFFFFF"
    steps = (mixed(colour, end, step / 50) for step in range(51))
    return next(seen for seen in steps if contrast(seen, ground) >= least)
