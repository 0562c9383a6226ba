"""What the author's code of ethics would ask about, put as questions she may dismiss.

Narrow on purpose: in the trial, loose rules ("the best way to …") gave almost only false
alarms, and an alarm that is wrong teaches her to look past the next.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256

from pipeline.model import Block, BlockKind, Concern
from pipeline.read.lexicon import entries, straight, table

_PARTICULARS = ("age", "trade", "day", "speech", "family")
_TWO = 2
# Names are told from words by their capitals, so these two see the text as written.
_NAMED = re.compile(
    r"(?<!\w)(?:client|patient|couple|man|woman) (?:of mine )?(?:called|named) [A-Z]\w+"
    r"|(?<!\w)[Mm]y client,? [A-Z][a-z]+"
    r"|(?<!\w)(?:[Ll]et['’]?s|I['’]?ll|I will) call (?:her|him|them) [A-Z]\w+"
)
_SIGNED_BY_A_CLIENT = re.compile(
    r"[—–-]\s?(?:[A-Z][\w.]*,? )?"
    r"(?:(?:\w+ )?(?:client|patient)(?!\w)|(?<=[\w.] )\d\d(?!\d)|(?<=,\s)[A-Z]\.?$)"
)
_PRONOUN = re.compile(r"(?<!\w)(?:she|he|they|her|him|them|their|his)(?!\w)")
_DENIED = re.compile(r"(?:not|n't|never|no|cannot|nor|neither)(?!\w)[^.;!?]{0,30}$")


@cache
def _pattern(key: str) -> re.Pattern[str]:
    """Any of the expressions under a key of the ethics table, as whole words."""
    named = table("ethics")["words"]
    assert isinstance(named, dict)
    either = "|".join(f"(?:{expression})" for expression in entries("ethics", key))
    for name, expression in named.items():
        either = either.replace(f"<{name}>", str(expression))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)")


@cache
def _advice(kind: str) -> str:
    advice = table("ethics")["advice"]
    assert isinstance(advice, dict)
    return str(advice[kind])


def same_words(sentence: str) -> str:
    """A sentence as it is known again: white space, case and the shape of quotation marks aside."""
    return " ".join(re.sub(r"[\"“”„'‘’ʼ]", "'", sentence).casefold().split())


def name_of(kind: str, evidence: str) -> str:
    """A short name for a question about a sentence: the same as long as the sentence is."""
    return sha256(f"{kind}\n{same_words(evidence)}".encode()).hexdigest()[:6]


def outing_words(text: str) -> str:
    """The words in which a line says that its reader is a client; "" for none.

    "Your relationship with therapy" speaks to anybody; "your next session" to a client only.
    """
    found = _pattern("outing.words").search(straight(text))
    return found[0] if found else ""


def concerns(blocks: Sequence[Block]) -> tuple[Concern, ...]:
    """Questions to the author, in the post's order; one of a kind for a paragraph."""
    disguised = any(_pattern("client.disguised").search(straight(block.text)) for block in blocks)
    found: list[Concern] = []
    for number, block in enumerate(blocks):
        said = [block.text[a - block.start : b - block.start] for a, b in block.sentences]
        if block.kind is BlockKind.QUOTE:  # somebody else's words: only a client's are asked about
            asked = _thanked(block.text, said)
        else:
            asked = _asked(block.text, said, disguised=disguised)
        for kind, evidence in asked.items():
            found.append(Concern(kind=kind, evidence=evidence, advice=_advice(kind), block=number))
    return tuple(found)


def _asked(paragraph: str, said: Sequence[str], *, disguised: bool) -> dict[str, str]:
    asked: dict[str, str] = {}
    if not disguised and (client := _recognisable(paragraph, said)):
        asked["recognisable client"] = client
    if unkind := _unkind(said):
        asked["unkind about clients"] = unkind
    for sentence in said:
        low = straight(sentence)
        for kind, matches in _OF_A_SENTENCE:
            if not low.endswith("?") and matches(low):
                asked.setdefault(kind, sentence)
    return asked


def _promises_cure(low: str) -> bool:
    found = _pattern("cure.promises").search(low)
    if found is None or _pattern("cure.doubts").search(low):
        return False
    return not _pattern("cure.denials").search(low[: found.start()])


def _replaces_therapy(low: str) -> bool:
    found = _pattern("replaces.help").search(low)
    # What replaces must be something to read or buy: "a friend instead of a therapist" is a story.
    return (
        found is not None
        and bool(_pattern("replaces.by").search(low))
        and not _DENIED.search(low[: found.start()])
    )


def _diagnoses(low: str) -> bool:
    return bool(_pattern("diagnosis.told").search(low)) and not _pattern("diagnosis.not_told").search(low)


def _advises_medication(low: str) -> bool:
    told = _pattern("medication.told").search(low) or _pattern("medication.orders").match(low)
    return told is not None and not _pattern("medication.asks").search(low)


def _praised_by_a_client(low: str) -> bool:
    head = _pattern("testimonial.heading").fullmatch(low.strip(" :.!"))
    by = _pattern("testimonial.by_client").search(low)
    return head is not None or (by is not None and bool(_pattern("testimonial.praise").search(low)))


def _thanked(quotation: str, said: Sequence[str]) -> dict[str, str]:
    """A quotation that praises the work and that a client, or initials and an age, have signed."""
    if not _SIGNED_BY_A_CLIENT.search(quotation):
        return {}
    praise, stars = _pattern("testimonial.praise"), _pattern("testimonial.stars")
    lowered = ((sentence, straight(sentence)) for sentence in said)
    found = next((sentence for sentence, low in lowered if praise.search(low) or stars.search(low)), None)
    return {"testimonial": found} if found is not None else {}


# One question a sentence and kind; `recognisable client` and `unkind` look at the paragraph first.
_OF_A_SENTENCE: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("promise of cure", _promises_cure),
    ("replaces therapy", _replaces_therapy),
    ("diagnosis", _diagnoses),
    ("medication advice", _advises_medication),
    ("testimonial", _praised_by_a_client),
)


def _unkind(said: Sequence[str]) -> str:
    """The sentence that is unkind about the author's own clients; "" for none.

    An unkind word must stand beside a client, or a she, he or they right after one; what the
    author does at them ("I rolled my eyes") may stand a sentence away.
    """
    lowered = [straight(sentence) for sentence in said]
    if not any(_pattern("unkind.own").search(low) for low in lowered):
        return ""
    named = [bool(_pattern("unkind.of").search(low)) for low in lowered]
    for number, low in enumerate(lowered):
        near = any(named[max(0, number - 2) : number + 2])
        meant = named[number] or (any(named[max(0, number - 1) : number]) and bool(_PRONOUN.search(low)))
        for key, stands in (("unkind.words", meant), ("unkind.mocks", near)):
            found = _pattern(key).search(low) if stands else None
            if found and not _pattern("unkind.denials").search(low[: found.start()]):
                return said[number]
    return ""


def _recognisable(paragraph: str, said: Sequence[str]) -> str:
    """The sentence that speaks of one client whom particulars make recognisable; "" for none."""
    speaks = (s for s in said if _pattern("client.one").search(straight(s)) or _NAMED.search(s))
    sentence = next(speaks, "")
    low = straight(paragraph)
    particulars = sum(bool(_pattern(f"client.{kind}").search(low)) for kind in _PARTICULARS)
    return sentence if sentence and particulars + bool(_NAMED.search(paragraph)) >= _TWO else ""
