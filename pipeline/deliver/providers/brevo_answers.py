"""What Brevo's answers mean (developers.brevo.com/docs/how-it-works, its swagger's errorModel)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.deliver.providers.http import UNREADABLE, Answer
from pipeline.errors import ProviderStop
from pipeline.model import Outcome, OutcomeKind

_CODE = re.compile(r"[a-z_]{1,60}")
_KEY = "look at the variable named by send.api_key_env and at Brevo's authorised IPs; nobody was marked"
_STOPS = {
    "unauthorized": ("the key was not accepted", _KEY),
    "not_enough_credits": ("the account is out of credit", "buy credit, then repeat `warmletter send`"),
    "permission_denied": ("the account may not send", "write to Brevo's support; nobody was marked"),
    "account_under_validation": ("the account waits for its validation", "finish it at Brevo, then repeat"),
}
_STATUS_STOPS = {401: "unauthorized", 402: "not_enough_credits", 403: "permission_denied"}
_OF_A_LETTER = (400, 413, 422)
# The page on keys says the first, the swagger's errors hold both: missing one would make a taken call
# look refused, and its mails would be offered again in smaller calls, under other keys.
_REPEATS = ("duplicate_parameter", "duplicate_request")
_LONGEST_WAIT_S = 24 * 3600.0


def taken(said: object, count: int) -> tuple[Outcome, ...]:
    """One outcome a version, in order; a single one may be answered without a list."""
    ids = said.get("messageIds") if isinstance(said, Mapping) else None
    if ids is None and count == 1 and isinstance(said, Mapping):
        ids = [said.get("messageId")]
    if not isinstance(ids, list) or len(ids) != count or not all(isinstance(one, str) for one in ids):
        return (UNREADABLE,) * count
    return tuple(Outcome(kind=OutcomeKind.ACCEPTED, provider_id=one) for one in ids)


def is_repeat(answer: Answer) -> bool:
    """Whether it knows the call's key, and so did nothing now."""
    return name_of(answer) in _REPEATS


def failed(answer: Answer) -> Outcome:
    """What an answer other than 2xx means for every mail of the call. Raises ProviderStop."""
    code = name_of(answer)
    if answer.status == 429:
        return Outcome(
            kind=OutcomeKind.RETRY, reason="the provider asks to wait", retry_after_s=_wait_s(answer)
        )
    if answer.status >= 500 or answer.status == 408:
        return Outcome(
            kind=OutcomeKind.UNKNOWN,
            reason=f"the provider failed ({answer.status})",
            retry_after_s=answer.wait_s,
        )
    if answer.status in _OF_A_LETTER and code not in _STOPS:
        # One bad address is enough for it: the message names it, and is not kept.
        return Outcome(
            kind=OutcomeKind.REFUSED,
            reason=f"the provider refused the call ({code or answer.status})",
            whole=True,
        )
    raise stop(code, answer.status)


def stop(code: str, status: int) -> ProviderStop:
    """Why it takes nothing from us, by the error's code or the status."""
    known = code if code in _STOPS else _STATUS_STOPS.get(status, "")
    problem, hint = _STOPS.get(
        known, (f"the request was not accepted (HTTP {status})", "look at send.endpoint; nobody was marked")
    )
    return ProviderStop(f"brevo: {problem}", hint=hint)


def name_of(answer: Answer) -> str:
    """The error's code; "" where there is none that we may show."""
    said = answer.parsed
    code = said.get("code") if isinstance(said, Mapping) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _wait_s(answer: Answer) -> float | None:
    """Retry-After, or else the seconds until the limit is renewed."""
    if answer.wait_s is not None:
        return answer.wait_s
    left = answer.headers.get("x-sib-ratelimit-reset", "").strip()
    if not (left.isascii() and left.isdigit()):
        return None
    return min(float(left[:9]), _LONGEST_WAIT_S)
