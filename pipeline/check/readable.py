"""Whether everybody can read it: colours by day, in dark mode and turned over; sizes; underlines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.check.draft import Draft, Finding, block, warn
from pipeline.check.sheet import Seen, dark_rules, declarations, shown
from pipeline.render.look import READABLE, RGB, contrast

HARDLY = 3.0  # under this nobody reads with ease
SMALLEST_PX = 14.0
_SHOWN = 40  # characters of a text that a finding names


def contrasts(draft: Draft) -> Iterator[Finding]:
    """Each faint text once a mode. WCAG 2.2, 1.4.3: 4.5 to 1 for running text."""
    dark = dark_rules(draft.tree)
    if not dark:
        yield warn(
            "the letter has no colours for dark mode", "put letter/dark.css back, or write one of your own"
        )
    yield from _faint(shown(draft.tree), "by day", _as_it_is)
    if dark:
        yield from _faint(shown(draft.tree, dark=dark), "in dark mode", _as_it_is)
    yield from _faint(shown(draft.tree), "where a mail app turns colours over", _turned_over)


def _faint(texts: Iterator[Seen], when: str, seen_as: Callable[[RGB], RGB]) -> Iterator[Finding]:
    told: set[tuple[RGB, RGB]] = set()
    for text in texts:
        pair = (text.colour, text.ground)
        if pair in told or not any(c.isalnum() for c in text.text):
            continue
        told.add(pair)
        ratio = contrast(seen_as(text.colour), seen_as(text.ground))
        if ratio < READABLE:
            say = block if ratio < HARDLY else warn
            yield say(
                f"“{_short(text.text)}” hardly stands out {when} ({ratio:.1f} to 1; 4.5 can be read by all)",
                "choose a stronger colour in your style.css or dark.css",
            )


def _as_it_is(colour: RGB) -> RGB:
    return colour


def _turned_over(colour: RGB) -> RGB:
    """What `invert(1) hue-rotate(180deg)` makes of a colour: mail apps' forced dark is near to it.

    The matrix is that of CSS Filter Effects 1, §6.1.4, for 180 degrees.
    """
    red, green, blue = (255 - channel for channel in colour)
    turned = (
        -0.574 * red + 1.43 * green + 0.144 * blue,
        0.426 * red + 0.43 * green + 0.144 * blue,
        0.426 * red + 1.43 * green - 0.856 * blue,
    )
    first, second, third = (min(255, max(0, round(channel))) for channel in turned)
    return first, second, third


def sizes(draft: Draft) -> Iterator[Finding]:
    small = sorted(
        {(text.size, _short(text.text)) for text in shown(draft.tree) if text.size < SMALLEST_PX},
    )
    for size, text in small[:5]:
        yield warn(
            f"“{text}” is set in {size:g} px, which many cannot read", "14 px is the least; 18 is kind"
        )


def underlines(draft: Draft) -> Iterator[Finding]:
    """A colour alone is no sign of a link for who sees no colours (WCAG 2.2, 1.4.1)."""
    for anchor in draft.tree.iter("a"):
        if declarations(anchor.get("style") or "").get("text-decoration", "underline") != "underline":
            label = _short(" ".join(str(anchor.text_content()).split()))
            yield warn(f"the link “{label}” is not underlined", "let style.css underline links")


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
