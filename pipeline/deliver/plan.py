"""When to offer, how much at once, and when to try again. Decides; does nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from pipeline.model import Limits, Message, Outcome, OutcomeKind

FIRST_RETRY_S = 30.0
LONGEST_RETRY_S = 15 * 60.0
# A provider may name a later time than we would choose, up to a day: a daily quota, say.
LONGEST_ASKED_S = 24 * 3600.0
# From, To, the ids and the names of the fields around one message.
_ENVELOPE_BYTES = 2_000


def retry_at(outcomes: Iterable[Outcome], *, attempt: int, now: datetime) -> datetime:
    """When those of the batch that were not taken may be offered again; `attempt` is the one just made.

    30 s, doubled at each attempt up to a quarter of an hour; later where the provider asks for it.
    """
    # 2.0**1024 overflows, and the cap is reached long before.
    own = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(max(attempt, 1) - 1, 16))
    asked = (
        outcome.retry_after_s
        for outcome in outcomes
        if outcome.kind is OutcomeKind.RETRY and outcome.retry_after_s is not None
    )
    longest = max((seconds for seconds in asked if not math.isnan(seconds)), default=0.0)
    return now + timedelta(seconds=max(own, min(longest, LONGEST_ASKED_S)))


def pause_s(sent: int, per_minute: int) -> float:
    """Seconds to wait after offering `sent` messages; a `per_minute` of 0 means the provider's own limit."""
    return sent * 60.0 / per_minute if per_minute > 0 else 0.0


def weight(message: Message) -> int:
    """Bytes the message takes in a JSON request, or a little more.

    Text that comes so far holds no controls but line breaks and tabs.
    """
    headers = sum(len(name) + _escaped(value) + 32 for name, value in message.headers)
    return (
        _ENVELOPE_BYTES
        + _escaped(message.html)
        + _escaped(message.text)
        + _escaped(message.subject)
        + headers
        + sum(_ENVELOPE_BYTES + (len(one.content) + 2) // 3 * 4 for one in message.attachments)
    )


def split(messages: Sequence[Message], limits: Limits, *, per_minute: int = 0) -> Iterator[Sequence[Message]]:
    """The messages in order, in parts that the provider takes in one call.

    A message that is too big by itself gets a part of its own: the provider says so, not we.
    """
    most = min(limits.max_messages, per_minute) if per_minute > 0 else limits.max_messages
    part: list[Message] = []
    size = 0
    for message in messages:
        its_size = weight(message)
        if part and (len(part) >= most or size + its_size > limits.max_bytes):
            yield tuple(part)
            part, size = [], 0
        part.append(message)
        size += its_size
    if part:
        yield tuple(part)


def _escaped(text: str) -> int:
    # JSON writes a quote, a backslash and a line break in two bytes.
    twice = text.count('"') + text.count("\\") + text.count("\n") + text.count("\r") + text.count("\t")
    return len(text.encode("utf-8", "replace")) + twice
