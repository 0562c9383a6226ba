"""A letter that is well, broken in one way at a time: each is seen by at least one check.

The first eighteen are those of reference/inbox.md §2; half of them no outside tool sees.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from pipeline.check import check
from pipeline.check.draft import Draft
from pipeline.model import Choices, Letter, Status
from tests.letters import ESSAY, HOUSE, draft_of, issue_of, letter_of
from tests.own_posts import a_post
from tests.pictures import kept

CUP = (
    '<img src="/cup.jpg" alt="A cup on a sill">'
    '<p>See <a href="https://blog.example/two">the second part</a>.</p>'
)
LATER = "<h2>Later</h2><p>It sang.</p><h3>Later still</h3><p>And stopped.</p>"
POST = a_post(ESSAY + CUP + LATER, id="a1", title="Keeping company")
COPIES = (kept("a1", "https://blog.example/cup.jpg"),)
SHOWING = replace(HOUSE, pictures="inline")


@cache
def well() -> Letter:
    return letter_of([POST], choices=Choices(quote=""), house=SHOWING, kept=COPIES)


Breaking = Callable[[], Letter]


def draft(letter: Letter) -> Draft:
    issue = issue_of([POST], Choices(quote=""))
    return draft_of([POST], letter=letter, issue=issue, house=SHOWING, kept=COPIES)


def in_html(pattern: str, new: str) -> Letter:
    html, times = re.subn(pattern, new, well().html, count=1)
    assert times, f"nothing to break: {pattern}"
    return replace(well(), html=html)


def in_text(pattern: str, new: str) -> Letter:
    text, times = re.subn(pattern, new, well().text, flags=re.DOTALL)
    assert times, f"nothing to break: {pattern}"
    return replace(well(), text=text)


def added(markup: str) -> Letter:
    return in_html("<hr", f"{markup}<hr")


def test_the_letter_is_well_to_begin_with() -> None:
    assert [one for one in check(draft(well())) if one.status is not Status.OK] == []


PAGE_COLOUR = r'(<p class="greeting[^>]*?)color: #2B2723'

BREAKAGES: dict[str, tuple[Breaking, str]] = {
    # those of the reference
    "alt gone": (lambda: in_html(' alt="A cup on a sill"', ""), "images"),
    "empty link": (lambda: in_html(">the second part</a>", "></a>"), "links"),
    "empty title": (lambda: in_html("<title>.*?</title>", "<title></title>"), "frame"),
    "html without lang": (lambda: in_html('<html lang="en"', "<html"), "frame"),
    "h2 made h4": (lambda: in_html("<h2(.*?)</h2>", r"<h4\1</h4>"), "order"),
    "low contrast": (lambda: in_html(PAGE_COLOUR, r"\1color: #B9B2A6"), "contrast"),
    "link not underlined": (
        lambda: in_html("text-decoration: underline", "text-decoration: none"),
        "underlines",
    ),
    "dark palette faint": (lambda: in_html("#E9E1D5", "#4A453E"), "contrast"),
    "flex inline": (
        lambda: in_html('<div class="column" style="', '<div class="column" style="display: flex;'),
        "markup",
    ),
    "background picture": (lambda: added('<p style="background-image: none">y</p>'), "mail programs"),
    "rem": (lambda: added('<p style="margin: 2rem">y</p>'), "mail programs"),
    "picture wider than a screen": (lambda: in_html(' width="552"', ' width="1264"'), "images"),
    "role=presentation gone": (
        lambda: in_html('class="paper" role="presentation"', 'class="paper"'),
        "markup",
    ),
    "lang gone inside body": (lambda: in_html('(<div role="article"[^>]*) lang="en"', r"\1"), "frame"),
    "dir gone inside body": (lambda: in_html('(<div role="article"[^>]*) dir="ltr"', r"\1"), "frame"),
    "click here": (lambda: in_html(">the second part</a>", ">click here</a>"), "links"),
    "script": (lambda: added("<script>1</script>"), "markup"),
    "9 px text": (lambda: added('<p style="font-size: 9px; color: #2B2723">y</p>'), "type size"),
    "webp": (
        lambda: in_html(r'src="cid:[^"]+"', 'src="https://letters.practice.example/cup.webp"'),
        "images",
    ),
    # and twelve more, or so
    "text coloured like its ground": (lambda: in_html(PAGE_COLOUR, r"\1color: #F7F2EA"), "contrast"),
    "no dark colours": (
        lambda: in_html("prefers-color-scheme: dark", "prefers-color-scheme: light"),
        "contrast",
    ),
    "id twice": (lambda: added('<p id="x">y</p><p id="x">z</p>'), "order"),
    "label by id": (lambda: added('<p aria-labelledby="x">y</p>'), "order"),
    "second main heading": (lambda: added("<h1>y</h1>"), "markup"),
    "no main heading": (lambda: in_html("<h1(.*?)</h1>", r"<p\1</p>"), "order"),
    "Outlook's part without an end": (lambda: in_html(r"<!--\[if mso\]></td>.*?endif\]-->", ""), "order"),
    "Outlook's table not for layout": (
        lambda: in_html(r'mso\]><table role="presentation"', "mso]><table"),
        "order",
    ),
    "cannot be zoomed": (lambda: in_html("initial-scale=1", "initial-scale=1, maximum-scale=1"), "frame"),
    "tables four deep": (
        lambda: added(4 * '<table role="presentation"><tr><td>' + "y" + 4 * "</td></tr></table>"),
        "order",
    ),
    "picture without a size": (lambda: in_html(r' height="\d+"', ""), "images"),
    "tracking pixel": (
        lambda: added('<img src="https://a.example/o.gif" width="1" height="1" alt="">'),
        "tracking",
    ),
    "font from elsewhere": (
        lambda: in_html("</style>", "@font-face {src: url(https://a.example/f)}</style>"),
        "tracking",
    ),
    "unencrypted link": (lambda: in_html("https://blog.example/two", "http://blog.example/two"), "links"),
    "merge tag": (lambda: added("<p>*|FNAME|*</p>"), "placeholders"),
    "element unheard of": (lambda: added("<marquee>y</marquee>"), "mail programs"),
    "no way out": (lambda: in_html('href="https://letters[^"]*"', 'href="https://a.example/"'), "leaving"),
    "no text part to speak of": (lambda: in_text("We sat.*(?=If something)", ""), "text part"),
    "entity in the text part": (lambda: in_text("We sat", "&nbsp;We sat"), "text part"),
    "long line in the text part": (lambda: in_text("We sat", "We sat " * 12), "text part"),
    "shouted subject": (lambda: replace(well(), subject="PLEASE READ THIS NOW"), "capitals"),
    "picture in the subject": (lambda: replace(well(), subject="Keeping company \U0001f33b"), "capitals"),
    "110 kB": (lambda: added(f"<!--{'x' * 110_000}-->"), "size"),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_letter_is_seen_by_a_check(name: str) -> None:
    breaking, by = BREAKAGES[name]
    found = [one for one in check(draft(breaking())) if one.status is not Status.OK]
    assert by in {one.name for one in found}
    assert all(one.fix for one in found), "each says what to do"
