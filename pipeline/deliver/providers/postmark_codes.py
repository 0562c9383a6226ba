"""What Postmark's error codes mean (postmarkapp.com/developer/api/overview#error-codes)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.model import Outcome, OutcomeKind

_BAD_ADDRESS = re.compile(r"(Invalid|Error parsing) 'To'")
# Their text names the addresses: it is looked at, never kept.
_INACTIVE = "but will not deliver to these inactive addresses"

_STOPS = {
    10: (
        "the server token was not accepted",
        "put a server token into the variable named by send.api_key_env",
    ),
    400: (
        "the sender is not known to the account",
        "add send.from as a sender signature or verify its domain",
    ),
    401: ("the sender is not confirmed", "open the confirmation mail Postmark sent, or verify the domain"),
    405: ("the account is out of credit", "buy credit, then repeat `warmletter send`"),
    412: (
        "the account waits for approval",
        "ask Postmark to approve the account; until then it mails itself only",
    ),
    413: ("the account may not send", "write to Postmark's support"),
}
_WAITS = {100: "the provider is being maintained", 429: "the provider asks to wait"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An outcome; `stop` says what to do where it concerns all messages unless one was dealt with."""

    outcome: Outcome
    stop: str = ""


def verdict(item: Mapping[str, object]) -> Verdict | None:
    """What one answer says, or None where it says nothing that we know to read."""
    code, text = item.get("ErrorCode"), str(item.get("Message", ""))
    if not isinstance(code, int):
        return None
    if code == 0 and _INACTIVE not in text:
        return Verdict(outcome=Outcome(kind=OutcomeKind.ACCEPTED, provider_id=str(item.get("MessageID", ""))))
    if code in (0, 406):
        return Verdict(
            outcome=Outcome(kind=OutcomeKind.SUPPRESSED, reason="the provider holds the address as inactive")
        )
    if code == 300 and _BAD_ADDRESS.search(text):
        return Verdict(
            outcome=Outcome(kind=OutcomeKind.REFUSED, reason="the provider says this is no mail address")
        )
    if code in _WAITS:
        return Verdict(outcome=Outcome(kind=OutcomeKind.RETRY, reason=_WAITS[code]))
    if code in _STOPS:
        reason, hint = _STOPS[code]
        return Verdict(outcome=Outcome(kind=OutcomeKind.RETRY, reason=reason), stop=hint)
    return Verdict(
        outcome=Outcome(kind=OutcomeKind.REFUSED, reason=f"the provider refused the message (code {code})"),
        stop=f"look up error {code} in Postmark's list of API error codes; nobody was marked",
    )
