"""What a list or a run of headings is announced as: steps, facts, moments, or an offer.

The nearest words decide. "Signs of burnout" above and "A few things you can try:" just before
announce steps; the heading is asked only where the words before the list say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.read.cues import is_instruction, sets_aside
from pipeline.read.lexicon import pattern, straight
from pipeline.read.sentences import words


class Cue(StrEnum):
    STEPS = "steps"
    HINT = "hint"  # a heading that does something: "Supporting a friend"
    FACTS = "facts"
    MOMENTS = "moments"
    OFFER = "offer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """The cue, the words that gave it, and whether they stand right before what is announced."""

    cue: Cue | None
    words: str
    near: bool


NOTHING = Announced(cue=None, words="", near=False)

# "Therapy can help you:", "we'll work together to:", "I help clients:": what follows completes the
# sentence, so that its verbs look like orders and are none.
_WORK = (
    r"(?:my|our|therapy|psychotherapy|therapists?|counsell?ing|counsell?ors?|coaching|treatment|sessions?"
    r"|clients?"
    r"|practice|programme|program|approach|workshops?|groups?|cbt|dbt|emdr|ifs|eft|hypnotherapy)"
)
_OFFERING = (
    r"(?:help|offer|provide|support|integrate|use|combine|draw|specialise|specialize|work|aim|focus"
    r"|address|teach"
    r"|explore|involve|include|allow|enable|guide)s?"
)
_MODAL = r"(?:can|will|may|might|could|'ll)"
_OFFER = re.compile(
    rf"(?<!\w)(?:{_WORK}(?:\s+\w+){{0,3}}?\s+(?:{_MODAL}|{_OFFERING})|(?:i|we)(?:\s?{_MODAL})?(?:\s+\w+ly"
    rf"|\s+also)?"
    rf"\s+{_OFFERING})(?!\w)"
)
_OFFER_LABEL = re.compile(rf"(?<!\w){_WORK}(?!\w)[^.!?]{{0,30}}:$")
_ROUND_IT = re.compile(r"^\W*(?:before|after|between|during|for)(?!\w)")  # "Before your first session:"
# "you might:", "this may include:" say what is to be expected; "consider help when:" gives conditions.
_EXPECTED = re.compile(
    r"(?<!\w)(?:might|may|will|'ll|would)(?:\s+(?:also|find|feel|notice|include|involve|experience|see"
    r"|look like|need))*\s*:$"
    r"|(?<!\w)(?:experienc\w+|struggl\w+ with|feel\w*|suffer\w* from|notic\w+)[^.:!?]{0,20}:$"
    r"|(?<!\w)(?:can|could|often|usually|tends? to)\s*:$"
    r"|(?<!\w)in (?:so )?(?:many|several|different|various|multiple|other|a number of"
    r"|a variety of)(?: different)? ways(?!\w)"
)
_CONDITION = re.compile(
    r"(?<!\w)(?:when|if|if you|if you're|if you are|after|during|because|who|that|you're|you are"
    r"|if any of these)\s*:$"
)
_ADVICE_FOR = re.compile(
    r"(?<!\w)(?:therap\w*|counsell?\w*|support|help|it|professional)(?!\w)[^.!?]{0,20}(?<!\w)for\s*:$"
)
_BY = re.compile(
    r"(?<!\w)(?:can|could|may|might|so|this|yourself|them)(?!\w)[^.!?]{0,60}(?<!\w)(?:by|try)\s*:$"
    r"|^\W*(?:instead,? )?try\s*:$"
)
_CAN = re.compile(
    r"(?<!\w)(?:you|parents|families|couples|partners|friends|people|anyone|everyone|one)\s+(?:can|could"
    r"|should)"
    r"(?:\s+(?:also|try|do|say))?\s*:$"
)
# "If you struggle with sleep, here are some suggestions": what is presented is what is announced.
_PRESENTS = re.compile(
    r"(?<!\w)(?:here are|here is|here's|below are|below is|below you|the following|i have made a list"
    r"|i've made a list)(?!\w)"
)


def announced(near: Sequence[str], far: Sequence[str]) -> Announced:
    """What `near` (nearest first) says, else what `far` (headings above, the title) says."""
    for is_near, texts in ((True, near), (False, far)):
        for text in texts:
            cue, said = _cue(straight(text).strip())
            if cue is not None:
                return Announced(cue=cue, words=said, near=is_near)
    return NOTHING


def offers(sentence: str) -> bool:
    """Whether a sentence says what the author offers: "I help couples", "Therapy can help you"."""
    said = straight(sentence)
    return bool(_OFFER.search(said) or pattern("voice", "units.services").search(said))


def announces(heading: str) -> bool:
    """Whether a heading announces what stands under it, and so is no step itself."""
    cue, _ = _cue(straight(heading))
    return cue not in (None, Cue.HINT)


def _cue(text: str) -> tuple[Cue | None, str]:
    if (presented := _PRESENTS.search(text)) is not None:
        text = text[presented.start() :]
    steps = _first(text, pattern("voice", "units.steps_ahead"), _BY, _CAN)
    facts = _first(text, pattern("voice", "units.information_ahead"), _EXPECTED, _CONDITION, _ADVICE_FOR)
    moments = _first(text, pattern("voice", "units.moments_ahead"))
    label = () if _ROUND_IT.match(text) else (_OFFER_LABEL,)
    offer = _first(text, pattern("voice", "units.services"), _OFFER, *label)
    if moments is not None and (not _before(steps, moments) or _ends(text, moments)):
        return Cue.MOMENTS, moments[0]
    if offer is not None and (not _before(steps, offer) or _completes(text, offer)):
        return Cue.OFFER, offer[0]
    # "Benefits of these techniques" lists benefits, "tips against these symptoms" lists tips: the
    # first noun is what is announced.
    if steps is not None and sets_aside(text[: steps.start()]):
        return None, ""
    if steps is not None and not (facts is not None and facts.start() <= steps.start()):
        return Cue.STEPS, steps[0]
    if facts is not None:
        return Cue.FACTS, facts[0]
    hint = pattern("voice", "units.doing").match(text)
    if hint is not None:
        return Cue.HINT, hint[0]
    return (Cue.HINT, text) if is_instruction(text) and not text.endswith((".", ":")) else (None, "")


def _first(text: str, *patterns: re.Pattern[str]) -> re.Match[str] | None:
    found = [match for one in patterns if (match := one.search(text)) is not None]
    return min(found, key=lambda match: match.start()) if found else None


def _before(one: re.Match[str] | None, other: re.Match[str]) -> bool:
    return one is not None and one.start() < other.start()


def _ends(text: str, found: re.Match[str]) -> bool:
    """Whether nothing follows: "Some ways that this might show up:" announces moments, not ways."""
    return not words(text[found.end() :])


def _completes(text: str, offer: re.Match[str]) -> bool:
    """Whether the list ends the sentence that offers: "By using these tools, I help clients:"."""
    return text.endswith(":") and offer.start() > text.rfind(",") > 0
