"""Brevo: `POST /smtp/email` with a version a reader, each with its own words.

Sources: developers.brevo.com/docs/batch-send-transactional-emails and
/docs/heterogenous-versions-batch-emails (the key that makes a repeat harmless), /docs/how-it-works.
A call is taken or refused as a whole. Opens and clicks are tracked by a setting of the account that
no key can read or override: it is for whoever made the account to switch off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from email.header import Header
from uuid import UUID

import orjson
from pydantic import SecretStr

from pipeline.deliver.literal import literal_html, literal_line, literal_text
from pipeline.deliver.mime import header_values, mailbox, one_line
from pipeline.deliver.packing import packed
from pipeline.deliver.providers.brevo_answers import failed, is_repeat, name_of, stop, taken
from pipeline.deliver.providers.http import DEADLINE_S, Answer, Api, clean_key
from pipeline.errors import ProviderStop
from pipeline.model import Doubt, Limits, Message, Outcome, OutcomeKind, Parcel

ENDPOINT = "https://api.brevo.com/v3"

_LONGEST_NAME = 70
_BEFORE_THE_KEY = b'{"headers":{"idempotencyKey":"'
_KEY_LENGTH = 36
# Brevo writes these itself.
_ITS_OWN = ("date", "message-id")

_KNOWN = Outcome(
    kind=OutcomeKind.UNKNOWN, reason="the provider knows this call, and does not say what it did", final=True
)


class Brevo:
    """Sends transactional mail. `key` begins with xkeysib-."""

    name = "brevo"
    # The page on keys says 30 minutes, the changelog 15; 1,000 versions; of bytes nothing is said.
    limits = Limits(max_messages=1000, max_bytes=10_000_000, replay_s=15 * 60.0, pictures=False)

    def __init__(self, *, key: SecretStr, endpoint: str = "", deadline_s: float = DEADLINE_S) -> None:
        self._api = Api(
            self.name,
            base=endpoint or ENDPOINT,
            headers={"api-key": clean_key(self.name, key)},
            deadline_s=deadline_s,
        )

    def __repr__(self) -> str:
        return "Brevo()"

    def close(self) -> None:
        self._api.close()

    def ready(self) -> None:
        """Ask whether the key is one; what else is amiss is said to the first call."""
        answer = self._api.get("/account", {})
        if isinstance(answer, Answer) and answer.status in (401, 403):
            raise stop(name_of(answer) or "unauthorized", answer.status)

    def parcels(self, messages: Sequence[Message], *, most: int) -> Iterator[Parcel]:
        """Raises ProviderStop for letters with pictures inside: its attachments have no content id.

        A check says so before the yes, unless the letter was approved for another provider.
        """
        if not messages:
            return
        if any(message.attachments for message in messages):
            raise ProviderStop(
                "brevo: it cannot carry pictures inside a letter",
                hint='set pictures = "link" under [letter] in config.toml, then compose and approve again',
            )
        shared = orjson.dumps(_shared(messages[0]))[1:-1]

        def joined(versions: Sequence[bytes]) -> bytes:
            rest = shared + b',"messageVersions":[' + b",".join(versions) + b"]}"
            # A UUID of version 4 is what they recommend; ours is made of the call's own words.
            key = str(UUID(bytes=hashlib.sha256(rest).digest()[:16], version=4))
            return _BEFORE_THE_KEY + key.encode("ascii") + b'"},' + rest

        for parcel in packed(
            messages,
            most=min(most, self.limits.max_messages),
            most_bytes=self.limits.max_bytes,
            encode=lambda message: orjson.dumps(_version(message)),
            join=joined,
        ):
            yield replace(parcel, key=_key_of(bytes(parcel.body)))

    def offer(self, parcel: Parcel) -> tuple[Outcome, ...]:
        """One outcome a mail.

        "Duplicate" says that a call of these very bytes reached it within the half hour, and not
        whether it was taken or turned away: its page has a key that "was used", and the page of
        before one that is "accepted only once", which is said of the key. So it is no proof, and the
        mails stay in doubt; but it is nobody's second mail either.
        """
        count = len(parcel.envelopes)
        answer = self._api.post("/smtp/email", parcel.body, headers={"Content-Type": "application/json"})
        if isinstance(answer, Outcome):
            return (answer,) * count
        if 200 <= answer.status < 300:
            return taken(answer.parsed, count)
        if is_repeat(answer):
            return (_KNOWN,) * count
        return (failed(answer),) * count

    def look_up(self, tag: str, doubts: Sequence[Doubt]) -> Mapping[str, Outcome]:  # noqa: ARG002
        """Nothing. Its events name neither our key nor, in an agreed way, our tag.

        They could be asked for by address, but that would put addresses into URLs; and what a question
        put wrongly does not find would pass for "surely not taken".
        """
        return {}


def _shared(message: Message) -> dict[str, object]:
    sender = message.sender
    return {
        "sender": {
            "name": literal_line(sender.name)[:_LONGEST_NAME] or sender.address,
            "email": mailbox("", sender.address),
        },
        "replyTo": {"email": mailbox("", sender.reply_to)},
        "subject": literal_line(message.subject),
        # Must be there for versions to have their own; each has.
        "htmlContent": "<p></p>",
        "tags": [one_line(message.tag) or "letter"],
    }


def _version(message: Message) -> dict[str, object]:
    headers = {
        name: value if value.isascii() else Header(value, "utf-8", maxlinelen=998).encode(linesep="")
        for name, value in header_values(message)
        if name.lower() not in _ITS_OWN
    }
    return {
        # Without the reader's name: one that cannot be parsed would cost everybody in the call the letter.
        "to": [{"email": mailbox("", message.to)}],
        "htmlContent": literal_html(message.html),
        "textContent": literal_text(message.text),
        # Its own header for what webhooks are to say again.
        "headers": {**headers, "X-Mailin-custom": message.key},
    }


def _key_of(body: bytes) -> str:
    start = len(_BEFORE_THE_KEY)
    return body[start : start + _KEY_LENGTH].decode("ascii")
