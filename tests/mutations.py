"""Our own posts, broken in the ways that posts are broken, the same way for the same seed."""

from __future__ import annotations

import random
import re

from tests.own_posts import NAMES, own

_BITS = (
    "<", ">", "&", "&amp;", "&nbsp;", "&#8217;", "</p>", "<p>", "<ul>", "<li>", "</li>", "</ul>",
    "<ol start=7>", "<h2>", "</h2>", "<br>", "<blockquote>", "</div>", "<!--", "-->", "<b>", "</b>",
    "<img src=/a.jpg alt='suicide'>", "<a href='javascript:x'>", "“", "”", "’", "…", "...", ". ", "! ",
    "? ", "\n\n", "\t", "\xa0", "\u200b", "\u202e", "\ufeff", "\x00", "\u0130", "\xdf", "\xe9",
    "e\u0301", "\U0001f469\u200d\U0001f467", "\u6f22\u5b57\u3002", "\u05e9\u05dc\u05d5\u05dd",
    "{{ x }}", "{% raw %}", "*|NAME|*", "- ", "1. ", "suicide", "my client", "I promise",
    "http://x.example", "a" * 300, "<table><tr><td>", "<style>p{}</style>", "<pre>", "]]>",
)  # fmt: skip


_TOKEN = re.compile(r"<[^<>]*>|&#?\w+;|[^<&]{1,30}|.", re.DOTALL)
_WORDS_ONLY = tuple(bit for bit in _BITS if not set(bit) & set("<>&"))


def mutated(seed: int) -> str:
    """One post's HTML after a handful of cuts, doublings, swaps and insertions, even inside its tags."""
    draw = random.Random(seed)
    text = own(draw.choice(NAMES))
    for _ in range(draw.randint(1, 12)):
        text = _once(text, draw)
    return text


def shuffled(seed: int) -> str:
    """One post's HTML whose tags and words were moved, doubled, lost or added, each one whole."""
    draw = random.Random(seed)
    tokens = _TOKEN.findall(own(draw.choice(NAMES)))
    for _ in range(draw.randint(1, 12)):
        at = draw.randrange(len(tokens) + 1)
        some = tokens[at : at + draw.choice((1, 2, 8))]
        match draw.randrange(4):
            case 0:
                tokens[at : at + len(some)] = [token for token in some if token.startswith("<")]
            case 1:
                tokens[at:at] = some * draw.choice((1, 3))
            case 2:
                tokens.insert(at, draw.choice(_WORDS_ONLY))
            case _:
                tokens[at : at + len(some)] = [
                    token.swapcase() if token[0] not in "<&" else token for token in some
                ]
    return "".join(tokens)


def _once(text: str, draw: random.Random) -> str:
    a, b = sorted(draw.randrange(len(text) + 1) for _ in range(2))
    b = min(b, a + draw.choice((1, 3, 40, 400)))
    match draw.randrange(6):
        case 0:
            return text[:a] + text[b:]
        case 1:
            return text[:b] + text[a:b] * draw.choice((1, 2, 5)) + text[b:]
        case 2:
            return text[:a] + draw.choice(_BITS) * draw.choice((1, 1, 1, 8)) + text[a:]
        case 3:
            return text[:a] + text[a:b].swapcase() + text[b:]
        case 4:
            other = own(draw.choice(NAMES))
            return text[:a] + other[: draw.randrange(len(other))] + text[b:]
        case _:
            return text[:a] + "".join(draw.sample(text[a:b], b - a)) + text[b:]
