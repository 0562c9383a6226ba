"""The letter's markup as mail programs want it, line by line of reference/inbox.md §8."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import lxml.html
import pytest
from lxml import etree
from lxml.html import HtmlElement

from pipeline.check.plain_text import overlap
from pipeline.model import Message
from tests.letters import HOUSE, essay, letter_of, message_of
from tests.months import MONTHS, STYLES, month
from tests.own_posts import a_post
from tests.sample_letters import KINDS, filled

every_kind = pytest.mark.parametrize("kind", KINDS)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
LEAVE = "https://letters.practice.example/u/t0ken"
REFUSED = (
    "script iframe form input button textarea select svg math video audio link base object embed "
    "header main footer aside figure article nav section"
).split()
REFUSED_STYLE = re.compile(
    r"position\s*:|float\s*:|display\s*:\s*(?:flex|grid)|background-image|calc\(|var\(|\d(?:rem|vw|vh)\b|url\(|"
    r"text-align\s*:\s*(?:justify|center)"
)


def tree(message: Message) -> HtmlElement:
    return lxml.html.document_fromstring(message.html)


def the(parent: HtmlElement, path: str) -> HtmlElement:
    (found,) = parent.xpath(path)
    assert isinstance(found, HtmlElement)
    return found


def attributes(element: HtmlElement, *names: str) -> dict[str, str | None]:
    return {name: element.get(name) for name in names}


@every_kind
def test_the_head_says_what_mail_programs_ask_for(kind: str) -> None:
    message = filled(kind)
    assert message.html.startswith("<!DOCTYPE html>") or message.html.startswith("<!doctype html>")
    root = tree(message)
    assert attributes(root, "lang", "dir") == {"lang": "en", "dir": "ltr"}
    assert the(root, "//title").text == message.subject
    assert the(root, "//meta[@charset]").get("charset") == "utf-8"
    named = {meta.get("name"): meta.get("content") for meta in root.xpath("//meta[@name]")}
    assert named["viewport"] == "width=device-width, initial-scale=1", "and pinching is not forbidden"
    assert named["color-scheme"] == named["supported-color-schemes"] == "light dark"
    for kept_off in ("telephone=no", "date=no", "address=no", "email=no", "url=no"):
        assert kept_off in named["format-detection"]
    assert 'xml:lang="en"' in re.findall(r"<body[^>]*>", message.html)[0]


@every_kind
def test_one_wrapper_says_that_it_is_an_article_and_in_which_language(kind: str) -> None:
    message = filled(kind)
    article = the(tree(message), "//*[@role='article']")
    assert article.tag == "div"
    assert attributes(article, "aria-label", "lang", "dir") == {
        "aria-label": message.subject,
        "lang": "en",
        "dir": "ltr",
    }
    words = " ".join(article.text_content().split())
    assert message.text.split("\n")[0] in words, "all the letter is in it"
    assert "Unsubscribe" in words


@every_kind
def test_tables_are_for_layout_only_and_few_deep(kind: str) -> None:
    tables = tree(filled(kind)).xpath("//table")
    assert tables
    for table in tables:
        assert attributes(table, "role", "cellpadding", "cellspacing", "border") == {
            "role": "presentation",
            "cellpadding": "0",
            "cellspacing": "0",
            "border": "0",
        }
        assert len(table.xpath("ancestor-or-self::table")) <= 3


@every_kind
def test_headings_begin_with_one_h1_and_skip_no_level(kind: str) -> None:
    levels = [int(h.tag[1]) for h in tree(filled(kind)).iter("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels.count(1) == 1
    assert [pair for pair in itertools.pairwise(levels) if pair[1] > pair[0] + 1] == []


def test_the_title_comes_before_the_headings_under_it() -> None:
    levels = [int(h.tag[1]) for h in tree(filled("sample")).iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1


def test_a_lead_without_a_title_still_has_its_one_main_heading() -> None:
    message = message_of(letter_of([essay(title="")]))
    assert len(list(tree(message).iter("h1"))) == 1


@every_kind
def test_nothing_is_in_it_that_mail_programs_refuse(kind: str) -> None:
    root = tree(filled(kind))
    assert [element.tag for element in root.iter(*REFUSED)] == []
    for element in root.iter("*"):
        assert not REFUSED_STYLE.search(element.get("style") or ""), element.get("style")
        for name, value in element.attrib.items():
            assert not str(name).startswith("on")
            assert name not in ("aria-labelledby", "aria-describedby")
            assert not str(value).lower().startswith(("javascript:", "data:"))


@every_kind
def test_no_id_is_there_twice(kind: str) -> None:
    ids = Counter(element.get("id") for element in tree(filled(kind)).xpath("//*[@id]"))
    assert [name for name, times in ids.items() if times > 1] == []


@every_kind
def test_every_comment_is_outlooks_and_its_tables_are_shut(kind: str) -> None:
    html = filled(kind).html
    comments = COMMENT.findall(html)
    assert html.count("<!--") == html.count("-->") == len(comments)
    assert all(c.startswith("<!--[if mso]>") and c.endswith("<![endif]-->") for c in comments)
    inside = "".join(comments)
    for tag in ("table", "tr", "td", "xml"):
        assert inside.count(f"<{tag}") == inside.count(f"</{tag}>") > 0
    assert 'width="600"' in inside
    # What Outlook sees must nest as what others see does.
    outlook = lxml.html.document_fromstring(re.sub(r"<!--\[if mso\]>|<!\[endif\]-->", "", html))
    assert the(outlook, "//table[@width='600']").xpath(".//*[@class='page']")


@every_kind
def test_pictures_and_links_are_whole(kind: str) -> None:
    root = tree(filled(kind))
    for image in root.iter("img"):
        assert (image.get("src") or "").startswith("cid:")
        assert image.get("alt") is not None
        assert 0 < int(image.get("width") or 0) <= 552
        assert int(image.get("height") or 0) > 0
    for anchor in root.iter("a"):
        assert re.match(r"https://\S+$|(mailto|tel):\S+$", anchor.get("href") or "")
        assert " ".join(anchor.text_content().split()).lower() not in (
            "",
            "here",
            "click here",
            "read more",
            "link",
        )


@every_kind
def test_it_is_light_enough_everywhere(kind: str) -> None:
    html = filled(kind).html
    assert len(html.encode()) <= 60_000
    styles = [style.text or "" for style in tree(filled(kind)).iter("style")]
    assert sum(len(style.encode()) for style in styles) <= 8_000
    assert all(style.count("{") == style.count("}") for style in styles)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", MONTHS)
def test_every_element_closes_where_it_should(name: str, style: str) -> None:
    """By a parser that mends nothing; html-validate, which finds more, needs Node and is run by hand."""
    strict = etree.HTMLParser(recover=False)
    html = month(name, style).message.html
    etree.fromstring(html, strict)
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(html.replace("</td>", "</td></p>", 1), strict)


# --- colours ---------------------------------------------------------------------------------

COLOUR = re.compile(r"#[0-9A-Fa-f]{3,6}\b")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


def dark_rules(html: str) -> tuple[str, str]:
    """(the style sheet's @media part, its data-ogsc and data-ogsb part)."""
    sheet = next(s for s in re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL) if "prefers-color" in s)
    end = re.search(r"^\}", sheet, re.MULTILINE)
    assert end is not None
    start = sheet.index("{", sheet.index("@media")) + 1
    return sheet[start : end.start()], sheet[end.end() :]


def rules(sheet: str) -> Iterator[tuple[str, str, str]]:
    """(selector, property, value) of each declaration."""
    for selectors, body in RULE.findall(sheet):
        for selector in selectors.split(","):
            for declaration in filter(str.strip, body.split(";")):
                name, _, value = declaration.partition(":")
                yield " ".join(selector.split()), name.strip(), value.strip()


def matches(element: HtmlElement, selector: str) -> bool:
    """Whether a selector of tags, classes and descendants, as `.foot a`, means this element."""
    *outer, own = selector.split()
    if not _is(element, own):
        return False
    around: HtmlElement | None = element.getparent()
    while outer and around is not None:
        if _is(around, outer[-1]):
            outer.pop()
        around = around.getparent()
    return not outer


def _is(element: HtmlElement, simple: str) -> bool:
    tag, *classes = simple.split(".")
    return (not tag or element.tag == tag) and set(classes) <= set((element.get("class") or "").split())


def coloured(root: HtmlElement) -> Iterator[tuple[HtmlElement, str]]:
    """Each element that has a colour of its own, and which: text, ground or line."""
    for element in root.iter("*"):
        for _, name, value in rules(f"x{{{element.get('style') or ''}}}"):
            if COLOUR.search(value):
                yield element, "border-color" if name.startswith("border") else name


@every_kind
@pytest.mark.parametrize("part", [0, 1], ids=["prefers-color-scheme", "data-ogsc"])
def test_every_colour_has_its_dark_counterpart(kind: str, part: int) -> None:
    html = filled(kind).html
    dark = [
        (re.sub(r"^\[data-ogs[cb]\] ", "", selector), name)
        for selector, name, _ in rules(dark_rules(html)[part])
    ]
    seen = set()
    for element, name in coloured(tree(filled(kind))):
        seen.add(name)
        covered = any(matches(element, selector) for selector, dark_name in dark if dark_name == name)
        assert covered, f"{element.tag}.{element.get('class')}: no dark {name}"
    assert seen == {"color", "background-color", "border-color"}


def test_outlooks_dark_rules_say_the_same_as_the_others() -> None:
    media, outlook = (list(rules(part)) for part in dark_rules(filled("sample").html))
    attribute = {
        "color": "[data-ogsc]",
        "border-color": "[data-ogsc]",
        "opacity": "[data-ogsc]",
        "background-color": "[data-ogsb]",
    }
    assert media
    assert {(f"{attribute[name]} {selector}", name, value) for selector, name, value in media} == set(outlook)
    assert all(value.endswith("!important") for _, _, value in media), "else the inline colour wins"


@every_kind
def test_no_surface_or_ink_is_pure_white_or_black(kind: str) -> None:
    colours = {found.upper() for found in COLOUR.findall(COMMENT.sub("", filled(kind).html))}
    assert colours
    assert colours & {"#FFF", "#FFFFFF", "#000", "#000000"} == set()


# --- the text part ---------------------------------------------------------------------------


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]+", text.lower()))


def shown_words(message: Message) -> Counter[str]:
    root = tree(message)
    for unseen in root.xpath("//head | //*[@class='preheader'] | //comment()"):
        unseen.drop_tree()
    for edge in root.iter("p", "li", "td", "h1", "h2", "h3", "h4", "br", "blockquote"):
        edge.tail = " " + (edge.tail or "")
    return words(root.text_content())


@every_kind
def test_the_text_says_what_the_html_says(kind: str) -> None:
    message = filled(kind)
    in_html = shown_words(message)
    in_text = words(re.sub(r"\S+://\S+|\[\d+\]", " ", message.text))
    both = in_html & in_text
    assert 2 * both.total() / (in_html.total() + in_text.total()) >= 0.95, (in_html - both, in_text - both)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", MONTHS)
def test_every_months_text_says_what_its_html_says(name: str, style: str) -> None:
    assert overlap(month(name, style).draft) >= 0.95


@every_kind
def test_lines_of_text_are_short_and_clean(kind: str) -> None:
    text = filled(kind).text
    assert [line for line in text.split("\n") if len(line) > 76 and "://" not in line] == []
    assert [line for line in text.split("\n") if line != line.rstrip() and line != "-- "] == []
    assert (
        re.findall(r"\]\(|\*\*|__|^#|&\w+;|&#\d+;|<\w+|[\u2007\ufeff\u034f\u200b]", text, re.MULTILINE) == []
    )


@every_kind
def test_the_text_has_each_address_once_and_the_way_out_at_its_end(kind: str) -> None:
    message = filled(kind)
    addresses = re.findall(r"https?://\S+", message.text)
    assert [a for a, times in Counter(addresses).items() if times > 1] == []
    assert message.text.rstrip().endswith(LEAVE)
    assert HOUSE.address in " ".join(message.text.split())
    for anchor in tree(message).iter("a"):
        assert anchor.get("href") in message.text


@every_kind
def test_numbers_in_the_text_name_an_address_each(kind: str) -> None:
    body, _, listed = filled(kind).text.partition("\n[1] ")
    named = set(re.findall(r"\[(\d+)\]", body))
    assert named == (set(re.findall(r"^\[(\d+)\]", "[1] " + listed, re.MULTILINE)) if listed else set())


def test_a_right_to_left_post_is_turned_and_the_letters_own_words_are_not() -> None:
    post = a_post("<p>שלום לכולם</p>", title="שלום", language="he")
    message = message_of(letter_of([post], house=replace(HOUSE, language="he")))
    assert attributes(tree(message), "lang", "dir") == {"lang": "en", "dir": "ltr"}
    for place in ("//h1", "//div[p[contains(., 'שלום')]]"):
        assert attributes(the(tree(message), place), "lang", "dir") == {"lang": "he", "dir": "rtl"}
