"""What blog programs put round a post goes; what the author wrote in their cards stays."""

from __future__ import annotations

import pytest

from pipeline.model import BlockKind, Reading
from pipeline.read import read_html

HER_WORDS = "<p>The kettle was on before she sat down.</p>"


def read(html: str) -> Reading:
    return read_html(html, title="", base="https://blog.example/post/")


FURNITURE = {
    "wordpress sharing": '<div class="sharedaddy sd-sharing"><h3>Share:</h3><a href="/x">Mail</a></div>',
    "wordpress related": '<div id="jp-relatedposts" class="jp-relatedposts"><p>Related</p></div>',
    "wordpress latest posts": '<ul class="wp-block-latest-posts__list"><li>Another</li></ul>',
    "wordpress social icons": '<ul class="wp-block-social-links flex"><li><a href="/f">Here</a></li></ul>',
    "wordpress footer": '<p>The post <a href="/p">Kettle</a> appeared first on <a href="/">The Room</a>.</p>',
    "wordpress sign-up": '<div class="mc4wp-form-12"><p>Join the list</p></div>',
    "squarespace newsletter": '<div class="sqs-block sqs-block-newsletter"><p>Sign up</p></div>',
    "squarespace summary": '<div class="sqs-block sqs-block-summary-v2"><a href="/o">Other</a></div>',
    "substack subscribe": (
        '<div class="subscription-widget-wrap"><p class="cta-caption">Thanks for reading Room Letters! '
        "Subscribe for free to receive new posts and support my work.</p></div>"
    ),
    "substack subscribe without its box": (
        "<p>Thanks for reading Room Letters! Subscribe for free to receive new posts and support my work.</p>"
    ),
    "substack button": '<p class="button-wrapper"><a class="button primary" href="/s">Share</a></p>',
    "ghost sign-up": '<div class="kg-card kg-signup-card"><h2>Sign up</h2><p>No spam.</p></div>',
    "ghost video controls": (
        '<figure class="kg-card kg-video-card"><div class="kg-video-overlay"><p>Play</p></div>'
        '<div class="kg-video-player-container"><span>0:00</span><p>1x</p></div></figure>'
    ),
    "medium footer": (
        '<hr><p><a href="/k">Kettle</a> was originally published in <a href="/r">The Room</a> on Medium, '
        "where people are continuing the conversation by highlighting and responding to this story.</p>"
    ),
    "medium teaser link": '<p class="medium-feed-link"><a href="/k">Continue reading on The Room »</a></p>',
    "medium pixel": '<img src="https://medium.com/_/stat?event=post.clientViewed&x=1" width="1" height="1">',
    "feedburner": '<div class="feedflare"><a href="/d"><img src="https://feeds.feedburner.com/~ff/R?d=1"></a></div>',
    "feedburner pixel": '<img src="https://feeds.feedburner.com/~r/Room/~4/abc" height="1" width="1" alt="">',
    "blogger footer": '<div class="blogger-post-footer">From the blog</div>',
    "hidden": '<p style="display: none">Unseen</p><div hidden><p>Unseen too</p></div>',
}


@pytest.mark.parametrize("furniture", FURNITURE.values(), ids=FURNITURE.keys())
def test_furniture_goes_whole(furniture: str) -> None:
    assert read(HER_WORDS + furniture) == read(HER_WORDS)


HERS = {
    "a button of hers": (
        '<div class="kg-card kg-button-card"><a class="kg-btn" href="/book">Come and talk</a></div>',
        [("Come and talk", "https://blog.example/book")],
    ),
    "a wordpress button": (
        '<div class="wp-block-buttons"><div class="wp-block-button"><a href="/book">Come by</a></div></div>',
        [("Come by", "https://blog.example/book")],
    ),
    "squarespace text": (
        '<div class="sqs-layout"><div class="sqs-block html-block sqs-block-html"><p>Rain.</p></div></div>',
        [("Rain.", "")],
    ),
    "a bookmark": (
        '<figure class="kg-card kg-bookmark-card kg-card-hascaption"><a class="kg-bookmark-container" '
        'href="https://books.example/rain"><div class="kg-bookmark-content"><div class="kg-bookmark-title">'
        'On rain</div><div class="kg-bookmark-description">A book about it</div>'
        '<div class="kg-bookmark-metadata"><img src="/i.png"><span>Books</span></div></div></a>'
        "<figcaption>I keep it by the door.</figcaption></figure>",
        [("On rain", "https://books.example/rain"), ("I keep it by the door.", "")],
    ),
    "a file": (
        '<div class="kg-card kg-file-card"><a class="kg-file-card-container" href="/f/walk.pdf" download>'
        '<div class="kg-file-card-contents"><div class="kg-file-card-title">The walk, as a page</div>'
        '<div class="kg-file-card-metadata"><div class="kg-file-card-filesize">12 KB</div></div></a></div>',
        [("The walk, as a page", "https://blog.example/f/walk.pdf")],
    ),
    "a sound": (
        '<div class="kg-card kg-audio-card"><img class="kg-audio-thumbnail kg-audio-hide">'
        '<div class="kg-audio-player-container"><audio src="/s/rain.mp3"></audio>'
        '<div class="kg-audio-title">Ten minutes of rain</div><div class="kg-audio-player">'
        '<button>Play</button><span class="kg-audio-current-time">0:00</span></div></div></div>',
        [("Ten minutes of rain", "https://blog.example/s/rain.mp3")],
    ),
    "a callout": (
        '<div class="kg-card kg-callout-card"><div class="kg-callout-emoji">☂</div>'
        '<div class="kg-callout-text">Bring a coat.</div></div>',
        [("☂ Bring a coat.", "")],
    ),
    "a toggle": (
        '<div class="kg-card kg-toggle-card"><div class="kg-toggle-heading"><h4>Where is the room?</h4>'
        '<button class="kg-toggle-card-icon">+</button></div><div class="kg-toggle-content">'
        "<p>Up the stairs.</p></div></div>",
        [("Where is the room?", ""), ("Up the stairs.", "")],
    ),
    "a sentence that only sounds like a footer": (
        "<p>Continue reading on the bench, I said.</p><p>My first book was published in May.</p>",
        [("Continue reading on the bench, I said.", ""), ("My first book was published in May.", "")],
    ),
}


@pytest.mark.parametrize(("html", "said"), HERS.values(), ids=HERS.keys())
def test_what_she_wrote_in_a_card_stays(html: str, said: list[tuple[str, str]]) -> None:
    blocks = [block for block in read(html).blocks if block.kind is not BlockKind.PICTURE]
    assert [(block.text, next((run.href for run in block.runs if run.href), "")) for block in blocks] == said
