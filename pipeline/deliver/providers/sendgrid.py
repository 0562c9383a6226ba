"""SendGrid: `POST /v3/mail/send`, one body and up to 500 readers' substitutions a call.

Sources: twilio.com/docs/sendgrid/api-reference/mail-send. It knows no idempotency key, answers a call as a
whole, and lets what it took be asked for only by those who pay for it: what is in doubt stays so.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import orjson
from pydantic import SecretStr

from pipeline.deliver.merging import Form, Once, Shared, calls, line
from pipeline.deliver.mime import mailbox, one_line
from pipeline.deliver.providers.http import DEADLINE_S, UNREADABLE, Answer, Api, clean_key
from pipeline.errors import ProviderStop
from pipeline.model import Doubt, Limits, Message, Outcome, OutcomeKind, Parcel

ENDPOINT = "https://api.sendgrid.com"  # the EU's is https://api.eu.sendgrid.com

_ITS_OWN = frozenset({"date"})
_LONGEST_VALUES = 10_000  # bytes of one reader's substitutions
_LONGEST_CATEGORY = 255
# Said in every request, for the account's own settings may be others. Without subscription tracking
# its old tags ([unsubscribe], <% %>, -unsubscribe-) are plain text as well.
_TRACKING = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}
_HINTS = {
    400: "look at send.from and at the letter's subject",
    401: "put an API key with the right to send into the variable named by send.api_key_env",
    403: "verify send.from or its domain in SendGrid, and give the key the right to send",
    404: "look at send.endpoint",
    451: "the account's data stay in the EU: write https://api.eu.sendgrid.com into send.endpoint",
}


class SendGrid:
    """Sends as the account whose key it has. `endpoint` is the region's."""

    name = "sendgrid"
    # It takes 1,000 readers and 30 MB.
    limits = Limits(max_messages=500, max_bytes=28_000_000)

    def __init__(self, *, key: SecretStr, endpoint: str = "", deadline_s: float = DEADLINE_S) -> None:
        self._api = Api(
            self.name,
            base=endpoint or ENDPOINT,
            headers={"Authorization": f"Bearer {clean_key(self.name, key)}"},
            deadline_s=deadline_s,
        )
        self._around = Once(_around)

    def __repr__(self) -> str:
        return "SendGrid()"

    def close(self) -> None:
        self._api.close()

    def ready(self) -> None:
        """Nothing to ask: each request says that nothing is to be tracked, over the account's settings."""

    def parcels(self, messages: Sequence[Message], *, most: int) -> Iterator[Parcel]:
        return calls(
            messages,
            most=min(most, self.limits.max_messages),
            most_bytes=self.limits.max_bytes,
            around=self._around,
        )

    def offer(self, parcel: Parcel) -> tuple[Outcome, ...]:
        answer = self._api.post("/v3/mail/send", parcel.body, headers={"Content-Type": "application/json"})
        outcome = answer if isinstance(answer, Outcome) else _all(answer)
        return (outcome,) * len(parcel.envelopes)

    def look_up(self, tag: str, doubts: Sequence[Doubt]) -> Mapping[str, Outcome]:  # noqa: ARG002
        """Nothing: its log of mails is sold apart."""
        return {}


def _around(first: Message) -> Form:
    """How the readers of a letter are written, and the request around them."""
    shared = Shared(first, without=_ITS_OWN)
    rest = orjson.dumps(_fields(shared))[1:]

    def reader(message: Message) -> bytes:
        mailbox("", message.to)
        values = {f"-{name}-": value for name, value in shared.values(message).items()}
        if len(orjson.dumps(values)) > _LONGEST_VALUES:
            raise ValueError("a message's values are longer than SendGrid takes")
        # Without her name: one that it cannot parse would cost all of the call their letter.
        # Headers are written out: it substitutes in subject and content only.
        given = {**message.values, "key": message.key}
        return orjson.dumps(
            {
                "to": [{"email": message.to}],
                "headers": {name: one_line(value.filled(given)) for name, value in shared.headers},
                "substitutions": values,
                "custom_args": {"delivery": message.key},
            }
        )

    return reader, lambda readers: b'{"personalizations":[' + b",".join(readers) + b"]," + rest


def _fields(shared: Shared) -> dict[str, object]:
    """All but the readers."""
    common, sender = shared.common, shared.common.sender
    name = line(sender.name)
    mailbox("", sender.address)
    mailbox("", sender.reply_to)
    fields: dict[str, object] = {
        "from": {"email": sender.address} | ({"name": name} if name else {}),
        "reply_to": {"email": sender.reply_to},
        "subject": line(common.subject),
        # In this order, by their manual and RFC 2046 §5.1.4 alike.
        "content": [
            {"type": "text/plain", "value": common.text.marked(_mark(shared))},
            {"type": "text/html", "value": common.html.marked(_mark(shared))},
        ],
        "categories": [one_line(common.tag)[:_LONGEST_CATEGORY]],
        "tracking_settings": _TRACKING,
    }
    if common.attachments:
        fields["attachments"] = [
            {
                "content": b64encode(one.content).decode("ascii"),
                "type": one.media_type,
                "filename": one.name,
                "disposition": "inline",
                "content_id": one.cid,
            }
            for one in common.attachments
        ]
    return fields


def _mark(shared: Shared) -> Callable[[str], str]:
    """A key in dashes is replaced wherever it stands; no letter holds one of ours."""
    return lambda blank: f"-{shared.name(blank)}-"


def _all(answer: Answer) -> Outcome:
    """What an answer means for every message of the call."""
    if answer.status == 202:
        return Outcome(kind=OutcomeKind.ACCEPTED, provider_id=answer.headers.get("X-Message-Id", "")[:200])
    if answer.status == 429:
        return Outcome(
            kind=OutcomeKind.RETRY, reason="the provider asks to wait", retry_after_s=_wait(answer)
        )
    if answer.status == 413 or (answer.status == 400 and not _is_ours(answer.parsed)):
        # Their words may name an address, so they are not kept.
        why = "is too big for the provider" if answer.status == 413 else "was refused by the provider"
        return Outcome(kind=OutcomeKind.REFUSED, reason=f"the message {why}", whole=True)
    if answer.status >= 500:
        return Outcome(kind=OutcomeKind.UNKNOWN, reason=f"the provider failed ({answer.status})")
    if 200 <= answer.status < 300:  # 200 is said to a trial that sends nothing, which we never ask for
        return UNREADABLE
    raise ProviderStop(
        f"sendgrid: the request was not accepted (HTTP {answer.status})",
        hint=f"{_HINTS.get(answer.status, 'look at send.endpoint and at the account')}; nobody was marked",
    )


def _is_ours(parsed: object) -> bool:
    """Whether a 400 is about what all messages share: then no reader is to blame."""
    errors = parsed.get("errors") if isinstance(parsed, Mapping) else None
    fields = (
        [one.get("field") for one in errors if isinstance(one, Mapping)] if isinstance(errors, list) else []
    )
    named = [field for field in fields if isinstance(field, str) and field]
    return bool(named) and not any(field.startswith("personalizations") for field in named)


def _wait(answer: Answer) -> float | None:
    """Seconds until X-RateLimit-Reset, which is a moment (Unix time)."""
    reset = answer.headers.get("X-RateLimit-Reset", "").strip()
    if not re.fullmatch(r"[0-9]{1,11}", reset):
        return answer.wait_s
    return max(0.0, float(reset) - datetime.now(UTC).timestamp())
