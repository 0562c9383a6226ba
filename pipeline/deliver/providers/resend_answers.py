"""What Resend's answers mean (resend.com/docs/api-reference/errors)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.deliver.providers.http import UNREADABLE, Answer
from pipeline.errors import ProviderStop
from pipeline.model import Outcome, OutcomeKind

_NAME = re.compile(r"[a-z_]{1,60}")
_BAD_ADDRESS = re.compile(r"Invalid `to` field", re.IGNORECASE)
_NO_ADDRESS = "the provider says this is no mail address"
_LETTER = Outcome(kind=OutcomeKind.REFUSED, reason="the provider refused the letter", whole=True)
_KEY = "look at the variable named by send.api_key_env; nobody was marked"
_DOMAIN = "verify the domain of send.from on Resend's Domains page; nobody was marked"
# A quota is for a person to know of: waiting for it in silence, a run would seem to hang for a day,
# and a letter to 500 readers would take a week of a free account without anybody having chosen that.
_QUOTA = "repeat `warmletter send` once the quota is renewed, or take a larger plan; nobody was marked"

_STOPS = {
    "missing_api_key": ("the key is missing", _KEY),
    "restricted_api_key": ("the key may not send", _KEY),
    "invalid_api_key": ("the key was not accepted", _KEY),
    "daily_quota_exceeded": ("today's quota is used up", _QUOTA),
    "monthly_quota_exceeded": ("this month's quota is used up", _QUOTA),
    "invalid_from_address": ("the sender is not one it takes", "look at send.from; nobody was marked"),
    "security_error": ("the account is held for a security check", "write to Resend's support"),
}
_STATUS_STOPS = {
    401: ("the key was not accepted", _KEY),
    403: ("it does not take mail from this sender", _DOMAIN),
    451: ("the account is held for a security check", "write to Resend's support"),
}
# Of the whole call, in which one letter may be the cause.
_OF_A_LETTER = (400, 413, 422)
_VERIFIED = ("verified", "partially_verified")  # the latter: for sending or for receiving


def single(said: object) -> Outcome:
    """What came of a mail that went alone."""
    found = said.get("id") if isinstance(said, Mapping) else None
    return _accepted(found) if isinstance(found, str) else UNREADABLE


def each(said: object, count: int) -> tuple[Outcome, ...]:
    """One outcome a mail: refused ones are named by their place, the ids are of the others, in order."""
    ids, errors = _lists(said)
    refused = {place: text for place, text in errors if 0 <= place < count}
    if len(refused) != len(errors) or len(ids) + len(refused) != count:
        return (UNREADABLE,) * count
    # With none taken the trouble may be the letter's own: then nobody is refused, the call is.
    whole = not ids and not all(_BAD_ADDRESS.search(text) for text in refused.values())
    left = iter(ids)
    return tuple(
        (_LETTER if whole else _refused(refused[place])) if place in refused else _accepted(next(left))
        for place in range(count)
    )


def failed(answer: Answer) -> Outcome:
    """What an answer other than 2xx means for every mail of the call. Raises ProviderStop."""
    said = name_of(answer)
    if answer.status == 409:
        return _conflict(said, answer.wait_s)
    if said in _STOPS:
        raise _stop(*_STOPS[said])
    if answer.status == 429:
        return Outcome(
            kind=OutcomeKind.RETRY, reason="the provider asks to wait", retry_after_s=answer.wait_s
        )
    if answer.status in _OF_A_LETTER and said != "invalid_idempotency_key":
        return Outcome(
            kind=OutcomeKind.REFUSED,
            reason=f"the provider refused the call ({said or answer.status})",
            whole=True,
        )
    if answer.status >= 500 or answer.status == 408:
        return Outcome(
            kind=OutcomeKind.UNKNOWN,
            reason=f"the provider failed ({answer.status})",
            retry_after_s=answer.wait_s,
        )
    if answer.status in _STATUS_STOPS:
        raise _stop(*_STATUS_STOPS[answer.status])
    raise _stop(
        f"the request was not accepted (HTTP {answer.status})", "look at send.endpoint; nobody was marked"
    )


def require_untracked(answer: Answer | Outcome, domain: str) -> str:
    """Look for the sender's domain in a page of domains: where to go on, or "" where all is well.

    Raises ProviderStop where the domain is missing, not verified, or tracks readers.
    """
    if isinstance(answer, Answer) and answer.status in (401, 403) and name_of(answer) != "invalid_api_key":
        return ""  # a key that may only send
    said = answer.parsed if isinstance(answer, Answer) and answer.status == 200 else None
    listed = said.get("data") if isinstance(said, Mapping) else None
    if isinstance(answer, Answer) and answer.status in (401, 403):
        raise _stop(*_STOPS["invalid_api_key"])
    if not isinstance(listed, list):
        raise _stop(
            "it could not be asked about the sender's domain",
            "look at the connection, then repeat; nothing was sent",
        )
    domains = [one for one in listed if isinstance(one, Mapping)]
    for one in domains:
        if str(one.get("name", "")).lower() == domain:
            _require_well(one)
            return ""
    after = (
        str(domains[-1].get("id", ""))
        if domains and isinstance(said, Mapping) and said.get("has_more") is True
        else ""
    )
    if not after:
        raise _stop(f"the account does not know the sender's domain {domain}", _DOMAIN)
    return after


def name_of(answer: Answer) -> str:
    """The error's name; "" where there is none that we may show."""
    said = answer.parsed
    name = said.get("name") if isinstance(said, Mapping) else None
    return name if isinstance(name, str) and _NAME.fullmatch(name) else ""


def _require_well(domain: Mapping[str, object]) -> None:
    if domain.get("status") not in _VERIFIED:
        raise _stop("the sender's domain is not verified", _DOMAIN)
    if domain.get("open_tracking") or domain.get("click_tracking"):
        raise _stop(
            "the sender's domain tracks readers",
            "switch open and click tracking off on Resend's Domains page; nothing was sent",
        )


def _conflict(name: str, wait_s: float | None) -> Outcome:
    """409: the key is known. Neither answer says what became of the call that it is known from."""
    if name == "concurrent_idempotent_requests":
        # The first call is still being worked on, so it may yet be taken: its repeat will tell.
        return Outcome(
            kind=OutcomeKind.UNKNOWN,
            reason="the provider is still at work on this call",
            retry_after_s=wait_s,
        )
    return Outcome(
        kind=OutcomeKind.UNKNOWN,
        reason="the provider knows this call with other words in it",
        final=name == "invalid_idempotent_request",
    )


def _lists(said: object) -> tuple[list[str], list[tuple[int, str]]]:
    """(ids, (place, message) of each error); a part that cannot be read is missing, so the sum tells."""
    data, errors = (said.get("data"), said.get("errors")) if isinstance(said, Mapping) else ([], [])
    return (
        [one["id"] for one in data if isinstance(one, Mapping) and isinstance(one.get("id"), str)]
        if isinstance(data, list)
        else [],
        [
            (one["index"], str(one.get("message", "")))
            for one in errors
            if isinstance(one, Mapping) and isinstance(one.get("index"), int)
        ]
        if isinstance(errors, list)
        else [],
    )


def _accepted(found: str) -> Outcome:
    return Outcome(kind=OutcomeKind.ACCEPTED, provider_id=found)


def _refused(text: str) -> Outcome:
    bad = _BAD_ADDRESS.search(text)  # its words name the address: looked at, never kept
    return Outcome(kind=OutcomeKind.REFUSED, reason=_NO_ADDRESS if bad else _LETTER.reason)


def _stop(problem: str, hint: str) -> ProviderStop:
    return ProviderStop(f"resend: {problem}", hint=hint)
