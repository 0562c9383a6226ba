"""When to offer, how much at once, and when to try again. Decides; does nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pipeline.model import Outcome, OutcomeKind

FIRST_RETRY_S = 30.0
LONGEST_RETRY_S = 15 * 60.0
FIRST_REPEAT_S = 2.0
LONGEST_REPEAT_S = 5 * 60.0
LONGEST_ASKED_REPEAT_S = 3600.0
# A provider may name a later time than we would choose, up to a day: a daily quota, say.
LONGEST_ASKED_S = 24 * 3600.0


def retry_at(outcomes: Iterable[Outcome], *, attempt: int, now: datetime) -> datetime:
    """When those of the batch that were not taken may be offered again; `attempt` is the one just made.

    30 s, doubled at each attempt up to a quarter of an hour; later where the provider asks for it.
    """
    # 2.0**1024 overflows, and the cap is reached long before.
    own = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(max(attempt, 1) - 1, 16))
    put_off = (outcome for outcome in outcomes if outcome.kind is OutcomeKind.RETRY)
    return now + timedelta(seconds=max(own, min(_asked_s(put_off), LONGEST_ASKED_S)))


def repeat_at(
    outcomes: Iterable[Outcome], *, attempt: int, now: datetime, until: datetime
) -> datetime | None:
    """When to repeat a call whose answer is missing, under its key; None: it cannot be in time.

    2 s, doubled at each attempt up to five minutes: the answer is wanted, the mails are not urgent.
    Later where the provider asks for it in `outcomes`, which are those of the call just made; but
    within the hour: who is in doubt is worth a question more.
    """
    own = min(FIRST_REPEAT_S * 2.0 ** min(attempt, 16), LONGEST_REPEAT_S)
    at = now + timedelta(seconds=max(own, min(_asked_s(outcomes), LONGEST_ASKED_REPEAT_S)))
    return at if at < until else None


def _asked_s(outcomes: Iterable[Outcome]) -> float:
    """The longest wait that the provider asked for; 0 where it asked for none."""
    asked = (outcome.retry_after_s for outcome in outcomes if outcome.retry_after_s is not None)
    return max((seconds for seconds in asked if not math.isnan(seconds)), default=0.0)


def is_poisoned(outcomes: Sequence[Outcome]) -> bool:
    """Whether the whole call was refused for what may be the fault of one mail in it."""
    return bool(outcomes) and all(one.whole and one.kind is OutcomeKind.REFUSED for one in outcomes)


# What a mailbox provider is used to grows slowly: a domain that sends thousands on its first day is
# taken for a spammer's (Resend's own plan begins at 150, others at 50).
_WARM_UP = (50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 20_000)


def warm_up_cap(day: int) -> int | None:
    """Mails that may go out on the day of that number (0: the first); None: as many as there are."""
    return _WARM_UP[max(day, 0)] if day < len(_WARM_UP) else None


def pause_s(sent: int, per_minute: int) -> float:
    """Seconds to wait after offering `sent` messages; a `per_minute` of 0 means the provider's own limit."""
    return sent * 60.0 / per_minute if per_minute > 0 else 0.0
