"""What one sentence does: instructs, sets tools aside, calls to action, speaks for itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.read.lexicon import entries, pattern, straight
from pipeline.read.sentences import words

_LEADING = re.compile(r"^[^\w]*(?:\(?\d{1,2}[.):]?\s+|step \d+\W*|tip \d+\W*|#\d+\W*)?", re.IGNORECASE)
_SOFTENERS = frozenset(
    "please always just simply first then next finally also instead now gently regularly".split()
)
# "Work is hard", "Rest can wait": the first word is a noun when a verb follows it.
_AFTER_A_NOUN = frozenset(
    "is are was were can may might will would could should has had does did isn't aren't wasn't of "
    "makes means helps "
    "feels seems comes takes allows requires involves requests".split()
)
# "When it gets loud, put the phone down": the order stands after the clause.
_CLAUSE = re.compile(
    r"^\W*(?:if|when|whenever|before|after|once|while|as|for|in|on|at|instead|to|each"
    r"|every) [^,.;:!?]{2,70},\s+"
)
# "Let yourself cry" tells; "Let me say", "Let us see" and "Let's" do not.
_LET = re.compile(r"^\W*let (?!me |us |him |her )\w")
_YOU_CAN = re.compile(
    r"(?<!\w)(?:you (?:can|could|should|must|need to|have to|may want to|might want to|may need to"
    r"|might try|may try"
    r"|might consider|may consider|will want to|want to make sure|'ll want to)|it(?: is|'s| can be"
    r"| may be| might be)"
    r" (?:important|helpful|essential|useful|crucial|vital|best|a good idea|good|worth) to|make sure"
    r"|be sure to|try to"
    r"|can be a (?:great|good|helpful|useful|simple) (?:way|tool|technique|practice|strategy|start"
    r"|place))(?!\w)"
)
_SET_ASIDE = re.compile(
    r"(?<!\w)(?:than|none of|not(?! only| sure| just)|never|nor|no|without|rather than|instead of|beyond"
    r"|underneath|beneath"
    r"|less about|anything but|\w+n't(?! know| forget| miss))(?!\w)[^.;:!?]{0,45}$"
)
# "Coping skills, worksheets … They're not the heart of therapy": the hardest case of the trial.
_TAKES_BACK = re.compile(
    r"(?<!\w)(?:they|these|those|this|that|it|none of (?:it|this|that|them))(?:'re| are|'s| is| were"
    r"| was)?\s?"
    r"(?:not|never|n't|isn't|aren't|wasn't|weren't)?\s?[^.;!?]{0,40}?"
    r"(?:not|never|n't|none|isn't|aren't|wasn't|weren't)[^.;!?]{0,30}?"
    r"(?<!\w)(?:heart|point|whole|enough|answer|reflection|heals?|healing|magic|same|cure|core|work"
    r"|therapy|it)(?!\w)"
)

# "But none of them ever held anybody's hand", "They are not what mends people".
_TURNS = re.compile(
    r"(?<!\w)none of (?:it|them|this|that|these|those)(?!\w)"
    r"|(?<!\w)(?:they|these|those)(?:'re| are|'ve| have| were)?\s?(?:not|never|n't)\s(?:once|ever|what"
    r"|who|why|how)(?!\w)"
)
# The small print of tips is no turn: "these are not a quick fix", "none of this replaces therapy".
_SMALL_PRINT = re.compile(
    r"(?<!\w)(?:replac|substitut|quick|easy|hard|difficult|overnight|perfect|have to be|need to be)"
)


def is_instruction(sentence: str) -> bool:
    """Whether a sentence tells the reader to do something: it, or its main clause, begins with an order."""
    if sentence.rstrip("\"'”’) ").endswith("?"):
        return False  # "Do you ever …?", "Have you noticed …?"
    said = _LEADING.sub("", straight(sentence))
    return _orders_first(said) or _orders_first(_CLAUSE.sub("", said, count=1)) or bool(_LET.match(said))


def _orders_first(said: str) -> bool:
    tokens = words(said)
    while tokens and tokens[0] in _SOFTENERS:
        tokens = tokens[1:]
    if not tokens or tokens[0] not in _orders():
        return False
    return len(tokens) == 1 or tokens[1] not in _AFTER_A_NOUN


def _orders() -> frozenset[str]:
    return frozenset(entries("voice", "imperatives"))


def advises(sentence: str) -> bool:
    """Whether a sentence tells the reader what to do, as an order or as what "you can" do."""
    return is_instruction(sentence) or bool(_YOU_CAN.search(straight(sentence)))


def is_call_to_action(sentence: str) -> bool:
    """Whether a sentence wants the reader to book, follow, subscribe or click."""
    return bool(pattern("voice", "call_to_action").search(straight(sentence)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique:
    """The technique words of one paragraph, parted by whether the author stands by them."""

    meant: tuple[str, ...]
    set_aside: tuple[str, ...]


def technique(sentences: Sequence[str], *, after: Sequence[str] = ()) -> Technique:
    """Technique words of a paragraph; a negation before one, or in a sentence after it, sets it aside.

    "More than any tool" and "not a checklist" praise what is not a tool. `after` are the sentences
    that follow in the next paragraph: a turn may come after a pause.
    """
    meant: list[str] = []
    aside: list[str] = []
    lowered = [straight(sentence) for sentence in (*sentences, *after[:2])]
    turns = [_turns_away(text) for text in lowered]
    for number, text in enumerate(lowered[: len(sentences)]):
        taken_back = any(turns[number : number + 3])
        for found in pattern("voice", "technique").finditer(text):
            negated = taken_back or sets_aside(text[: found.start()])
            (aside if negated else meant).append(found[0])
    return Technique(meant=tuple(meant), set_aside=tuple(aside))


def _turns_away(text: str) -> bool:
    """Whether a sentence takes back what was named before it."""
    if _TAKES_BACK.search(text):
        return True
    return bool(_TURNS.search(text)) and not _SMALL_PRINT.search(text)


def sets_aside(before: str) -> bool:
    """Whether words are such that a tool named after them is set aside: "more than any …", "no …"."""
    return bool(_SET_ASIDE.search(before))


def count(key: str, text: str) -> list[str]:
    """The words of `text` that stand under a key of the voice table, in order."""
    return pattern("voice", key).findall(straight(text))
