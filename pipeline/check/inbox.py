"""What an inbox makes of it: subject, preheader, weight, markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.check.draft import Draft, Finding, block, note, warn
from pipeline.model import Picture
from pipeline.read.ethics import outing_words

SUBJECT_CHARACTERS = range(8, 61)
PREHEADER_CHARACTERS = range(30, 111)
# Gmail cuts a letter off at about 102 kB; quoted-printable and headers come on top of this.
HEAVY_BYTES, TOO_HEAVY_BYTES = 60_000, 95_000
# The whole mail: some gateways of workplaces refuse from 2 MB on, and phones load it by the byte.
HEAVY_MAIL_BYTES = 1_500_000
HEAD_STYLE_BYTES = 8_000  # Gmail drops all styles of a head that holds more than 16 kB
REFUSED = frozenset(
    "script iframe form input button textarea select svg math video audio link base object embed "
    "header main footer aside figure".split()
)
REFUSED_STYLE = re.compile(
    r"position\s*:|float\s*:|display\s*:\s*(flex|grid)|background-image|calc\(|var\(|\d(rem|vw)\b", re.I
)


def subject(draft: Draft) -> Iterator[Finding]:
    length = len(draft.letter.subject)
    if not draft.letter.subject.strip():
        yield block("the letter has no subject", "give one: `warmletter compose --subject …`")
    elif length not in SUBJECT_CHARACTERS:
        yield warn(
            f"the subject has {length} characters; lists of mail show about {SUBJECT_CHARACTERS.stop - 1}",
            "choose a shorter one with `warmletter compose --subject …`, or leave it",
        )
    letters = [c for c in draft.letter.subject if c.isalpha()]
    if len(letters) > 8 and all(c.isupper() for c in letters):
        yield warn("the subject is all capitals, which spam filters mark", "write it in small letters")


def preheader(draft: Draft) -> Iterator[Finding]:
    length = len(draft.letter.preheader)
    if length not in PREHEADER_CHARACTERS:
        yield warn(
            f"the preheader has {length} characters; 30 to 110 are shown well",
            "choose another sentence with `warmletter compose --preheader …`, or leave it",
        )


def lock_screen(draft: Draft) -> Iterator[Finding]:
    """Words that tell whoever sees the telephone that its owner is somebody's client."""
    places = (
        ("subject", draft.letter.subject, "choose another: `warmletter compose --subject …`"),
        ("preheader", draft.letter.preheader, "choose another: `warmletter compose --preheader …`"),
        ("sender's name", draft.letter.sender.name, "change practice.name in config.toml"),
    )
    for place, text, fix in places:
        if found := outing_words(text):
            yield warn(f"the {place} “{text}” says that the reader is a client (“{found}”)", fix)


def size(draft: Draft) -> Iterator[Finding]:
    weight = len(draft.letter.html.encode())
    if weight > TOO_HEAVY_BYTES:
        yield block(
            f"the letter weighs {weight // 1000} kB; Gmail cuts it off at about 102 kB",
            "leave a post out: `warmletter compose --leave-out ID`"
            if len(draft.issue.posts) > 1
            else 'set letter.style = "essay": the post is then shown by its beginning and a link',
        )
    elif weight > HEAVY_BYTES:
        yield warn(
            f"the letter weighs {weight // 1000} kB; under 60 kB is safe everywhere", "consider one post less"
        )
    elif not draft.letter.pictures:
        yield note(f"{weight / 1000:.0f} kB; Gmail cuts off at about 102 kB")
    whole = weight + len(draft.letter.text.encode()) + sum(map(_in_base64, draft.letter.pictures))
    if whole > HEAVY_MAIL_BYTES:
        yield warn(
            f"the mail weighs {whole / 1_000_000:.1f} MB with its pictures",
            'leave a post out, or set pictures = "link" under [letter]',
        )
    elif weight <= HEAVY_BYTES and draft.letter.pictures:
        yield note(
            f"{weight / 1000:.0f} kB, and {whole / 1000:.0f} kB with its pictures; "
            "Gmail cuts off at about 102 kB without them"
        )


def _in_base64(picture: Picture) -> int:
    return picture.size * 78 // 57  # 57 bytes a line of 76 characters and its end


def markup(draft: Draft) -> Iterator[Finding]:
    """What mail programs drop or refuse; it can only come from a template of the user's own."""
    tree = draft.tree
    styles = sum(len(style.text or "") for style in tree.iter("style"))
    if styles > HEAD_STYLE_BYTES:
        yield warn(
            f"the head holds {styles} bytes of styles", "Gmail drops them all above 16 kB; shorten them"
        )
    for element in tree.iter():
        if element.tag in REFUSED:
            yield block(f"<{element.tag}> has no place in a mail", "take it out of your template")
        if any(str(name).lower().startswith("on") for name in element.attrib):
            yield block(f"<{element.tag}> carries a script", "take it out of your template")
        if found := REFUSED_STYLE.search(element.get("style") or ""):
            yield warn(
                f"<{element.tag}> uses “{found.group()}”, which Outlook does not know",
                "lay it out with a table, or without",
            )
        if element.tag == "table" and not (element.get("role") == "presentation" or element.findall(".//th")):
            yield warn("a table for layout is read aloud as a table", 'give it role="presentation"')
    if len(list(tree.iter("h1"))) > 1:
        yield warn("the letter has more than one main heading", "keep one h1 in your template")
