"""What Amazon SES's answers mean, for each mail and for the account.

Its error texts name addresses: they are looked at, never kept.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.deliver.providers.http import UNREADABLE
from pipeline.errors import ProviderStop
from pipeline.model import Outcome, OutcomeKind

_WAIT = Outcome(kind=OutcomeKind.RETRY, reason="the provider asks to wait")
_REFUSED = "the message was refused by the provider"

# SendBulkEmail's statuses, one a reader.
_RETRIED = {
    "TRANSIENT_FAILURE": Outcome(kind=OutcomeKind.RETRY, reason="the provider had a passing trouble"),
    "ACCOUNT_THROTTLED": _WAIT,
    # The quota is of any 24 hours, so that some of it comes free at every hour.
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": Outcome(
        kind=OutcomeKind.RETRY, reason="the account's quota of the day is used up", retry_after_s=3600.0
    ),
}
_REFUSALS = {"MESSAGE_REJECTED", "INVALID_PARAMETER", "FAILED"}
_STOPS = {
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": "the sender's domain is not verified",
    "CONFIGURATION_SET_NOT_FOUND": "a configuration set is not there",
    "TEMPLATE_NOT_FOUND": "the template was not found",
    "ACCOUNT_SUSPENDED": "the account is suspended",
    "INVALID_SENDING_POOL_NAME": "the pool of sending addresses is not there",
    "ACCOUNT_SENDING_PAUSED": "the account's sending is paused",
    "CONFIGURATION_SET_SENDING_PAUSED": "the configuration set's sending is paused",
}

# Errors of a whole call.
_WAITS = {"TooManyRequestsException", "Throttling", "ThrottlingException", "LimitExceededException"}
_SPOILT = {"MessageRejected", "BadRequestException"}
_CLOCK = {"RequestTimeTooSkewed", "RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException"}


def of_each(results: object, count: int) -> tuple[Outcome, ...]:
    """The outcome of each reader of a SendBulkEmail, in order.

    Raises ProviderStop where the account is to blame and nothing of the call was taken.
    """
    if not isinstance(results, list) or len(results) != count:
        return (UNREADABLE,) * count
    statuses = [str(one.get("Status")) if isinstance(one, Mapping) else "" for one in results]
    stops = [_STOPS[status] for status in statuses if status in _STOPS]
    if stops and all(status in _STOPS or status in _RETRIED for status in statuses):
        raise stop(stops[0])
    # With nothing taken the fault may be the letter's: the sender finds out by smaller calls.
    whole = all(status in _REFUSALS for status in statuses)
    return tuple(_of_one(status, one, whole=whole) for status, one in zip(statuses, results, strict=True))


def _of_one(status: str, result: object, *, whole: bool) -> Outcome:
    if status == "SUCCESS":
        return accepted(result)
    if status in _RETRIED:
        return _RETRIED[status]
    if status in _STOPS:  # others were taken: the next call says the rest
        return Outcome(kind=OutcomeKind.RETRY, reason=_STOPS[status])
    if status in _REFUSALS:
        return Outcome(kind=OutcomeKind.REFUSED, reason=f"{_REFUSED} ({status})", whole=whole)
    return UNREADABLE


def accepted(result: object) -> Outcome:
    """Of an answer that names the mail's id; without one nobody can say."""
    named = result.get("MessageId") if isinstance(result, Mapping) else None
    return Outcome(kind=OutcomeKind.ACCEPTED, provider_id=named) if isinstance(named, str) else UNREADABLE


def of_error(code: str, text: str, status: int) -> Outcome:
    """What an error means for every message of the call. Raises ProviderStop for the account's."""
    if code in _WAITS or status == 429:
        return _WAIT
    if "not verified" in text:  # also said of readers, while the account is in the sandbox
        raise stop("an address is not verified, or the account is still in the sandbox")
    if code in _SPOILT or status == 413:
        return Outcome(kind=OutcomeKind.REFUSED, reason=_REFUSED, whole=True)
    if status >= 500:
        return Outcome(kind=OutcomeKind.UNKNOWN, reason=f"the provider failed ({status})")
    if code in _CLOCK:
        raise stop(
            "the request's signature was not accepted", hint="look at the key and the computer's clock"
        )
    raise stop(f"the request was not accepted ({code[:60] or status})")


def stop(
    why: str, *, hint: str = "look at the account in the SES console, in the region that is used"
) -> ProviderStop:
    return ProviderStop(f"ses: {why}", hint=f"{hint}; nobody was marked")
