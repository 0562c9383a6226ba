"""What blog programs put round a post: left out, or opened into the plain words and links it holds.

Known by the class names that the programs write (inbox.md §6, and each platform's own markup); what is
not known stays, since a button too many is a smaller fault than a sentence too few.
"""

from __future__ import annotations

import re

from lxml import etree

Element = etree._Element

_DROPPED = frozenset({"form", "button", "map", "dialog"})  # visible, but of no use in a letter
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

# Prefixes end in a star.
_NAMES = (
    # WordPress and its plugins
    "sharedaddy sd-sharing* sd-block jp-relatedposts* jp-post-flair wp-block-jetpack-subscriptions* "
    "jetpack_subscription_widget jetpack-likes-widget* wpcnt wp-block-latest-posts* wp-block-social-links* "
    "wp-block-jetpack-sharing-buttons* wp-block-search* wp-block-tag-cloud* wp-block-mailpoet* yarpp* "
    "crp_related* rp4wp-related-posts* addtoany_* addthis_* a2a_kit* heateor_sss* ssba* sfsi* "
    "swp_social_panel* et_social_inline* simplesocialbuttons* mc4wp-form* wpforms-container* "
    "convertkit-form* formkit-form* screen-reader-text "
    # Substack
    "subscription-widget* button-wrapper captioned-button-wrap image-link-expand post-ufi* "
    "embedded-publication-wrap community-chat-link* install-substack-app-embed* "
    # Squarespace
    "sqs-block-newsletter* sqs-block-form* sqs-block-socialaccountlinks* sqs-block-summary* "
    "sqs-block-search* sqs-block-tagcloud* sqs-block-archive* sqs-block-spacer* "
    # Ghost: sign-up cards, and the controls of its players
    "kg-signup-card* kg-cta-card kg-audio-player kg-audio-player-container kg-audio-thumbnail* "
    "kg-video-overlay* kg-video-player* kg-bookmark-metadata kg-bookmark-thumbnail kg-toggle-card-icon "
    # Feedburner, Blogger, Wix, Weebly, and what many share
    "feedflare blogger-post-footer post-footer-line* wix-share* wsite-social* share-buttons social-share "
    "social-icons share-this* sharethis* sumome* related-posts"
).split()
_WHOLE = frozenset(name for name in _NAMES if not name.endswith("*"))
_STARTS = tuple(name[:-1] for name in _NAMES if name.endswith("*"))

# Sentences that a platform adds in its own name, as the last paragraphs of a post.
_ADDED = re.compile(
    r"was originally published in .{1,200} on Medium, where people are continuing the conversation"
    r"|^Continue reading on .{1,200} »$|^View story at Medium\.com$"
    r"|^(?:Thanks for reading .{1,120}! )?Subscribe for free to receive new posts and support my work\.$",
    re.DOTALL,
)


def classes(element: Element) -> list[str]:
    return (element.get("class") or "").lower().split()


def is_furniture(element: Element) -> bool:
    """Whether an element is no part of what the author wrote."""
    if element.tag in _DROPPED or "hidden" in element.attrib or _HIDDEN.search(element.get("style") or ""):
        return True
    names = [*classes(element), (element.get("id") or "").lower()]
    if any(name in _WHOLE or name.startswith(_STARTS) for name in names):
        return True
    return element.tag == "p" and bool(_ADDED.search(_text(element)))


def open_cards(root: Element) -> None:
    """Ghost's cards as what they say: a link for a page, a file or a sound; one line for a callout."""
    for element in list(root.iter(etree.Element)):
        names = classes(element)
        if "kg-bookmark-card" in names:
            _become_link(element, _first(element, "kg-bookmark-container"), "kg-bookmark-title")
        elif "kg-file-card" in names:
            _become_link(element, _first(element, "kg-file-card-container"), "kg-file-card-title")
        elif "kg-audio-card" in names:
            _become_link(element, element.find(".//audio"), "kg-audio-title")
        elif "kg-callout-emoji" in names:
            element.tag = "span"
            element.tail = f" {element.tail or ''}"
        elif "kg-callout-text" in names:
            element.tag = "span"


def _become_link(card: Element, source: Element | None, named: str) -> None:
    """The card emptied but for a link to its address under its title, and its caption."""
    address = (source.get("href") or source.get("src") or "") if source is not None else ""
    title = _first(card, named)
    words = _text(title) if title is not None else ""
    caption = card.find(".//figcaption")
    tail = card.tail
    card.clear()
    card.tag, card.tail = "div", tail
    if words or address:
        line = etree.SubElement(card, "p")
        link = etree.SubElement(line, "a", {"href": address} if address else {})
        link.text = words or address
    if caption is not None:
        caption.tag = "p"
        card.append(caption)


def _first(root: Element, name: str) -> Element | None:
    return next((element for element in root.iter(etree.Element) if name in classes(element)), None)


def _text(element: Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())
