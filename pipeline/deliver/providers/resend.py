"""Resend: `POST /emails/batch`, up to 100 letters a call, each accepted or not by itself.

Sources: resend.com/docs/api-reference/emails/send-batch-emails, /errors, and
/dashboard/emails/idempotency-keys. A call repeated within 24 hours under its key is the first call
again, with the first call's ids. Nothing is filled into what is sent: a letter needs no escaping.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import orjson
from pydantic import SecretStr

from pipeline.deliver.literal import literal_line
from pipeline.deliver.mime import header_values, mailbox
from pipeline.deliver.packing import as_json_list, packed, parcel
from pipeline.deliver.providers.http import DEADLINE_S, Api, clean_key
from pipeline.deliver.providers.resend_answers import each, failed, require_untracked, single
from pipeline.model import Doubt, Limits, Message, Outcome, Parcel

ENDPOINT = "https://api.resend.com"

_NOT_IN_A_TAG = re.compile(r"[^A-Za-z0-9_-]+")
_PAGE = 100
_MOST_PAGES = 20


class Resend:
    """Sends from `sender`, whose domain must be verified and must not track."""

    name = "resend"
    # No limit is documented for a batch's bytes; one mail alone may have 40 MB.
    limits = Limits(max_messages=100, max_bytes=10_000_000, replay_s=24 * 3600.0)

    def __init__(
        self, *, key: SecretStr, sender: str, endpoint: str = "", deadline_s: float = DEADLINE_S
    ) -> None:
        self._domain = sender.rpartition("@")[2].lower()
        self._api = Api(
            self.name,
            base=endpoint or ENDPOINT,
            # Requests without a User-Agent are turned away; one that says requests may be.
            headers={"Authorization": f"Bearer {clean_key(self.name, key)}", "User-Agent": "warmletter"},
            deadline_s=deadline_s,
        )

    def __repr__(self) -> str:
        return "Resend()"

    def close(self) -> None:
        self._api.close()

    def ready(self) -> None:
        """Look whether the sender's domain is verified and tracks nobody.

        A key that may only send cannot ask: then it is for whoever made the account to look.
        """
        query: dict[str, str | int] = {"limit": _PAGE}
        for _ in range(_MOST_PAGES):
            after = require_untracked(self._api.get("/domains", query), self._domain)
            if not after:
                return
            query["after"] = after

    def parcels(self, messages: Sequence[Message], *, most: int) -> Iterator[Parcel]:
        """Letters with pictures go one by one: a batch takes no attachments."""
        if any(message.attachments for message in messages):
            return (parcel([message], orjson.dumps(_fields(message))) for message in messages)
        return packed(
            messages,
            most=min(most, self.limits.max_messages),
            most_bytes=self.limits.max_bytes,
            encode=lambda message: orjson.dumps(_fields(message)),
            join=as_json_list,
        )

    def offer(self, parcel: Parcel) -> tuple[Outcome, ...]:
        count = len(parcel.envelopes)
        batched = bytes(parcel.body).startswith(b"[")
        answer = self._api.post(
            "/emails/batch" if batched else "/emails",
            parcel.body,
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": _NOT_IN_A_TAG.sub("-", parcel.key),
                **({"x-batch-validation": "permissive"} if batched else {}),
            },
        )
        if isinstance(answer, Outcome):
            return (answer,) * count
        if not 200 <= answer.status < 300:
            return (failed(answer),) * count
        return each(answer.parsed, count) if batched else (single(answer.parsed),)

    def look_up(self, tag: str, doubts: Sequence[Doubt]) -> Mapping[str, Outcome]:  # noqa: ARG002
        """Nothing: its list has neither our tag nor our key, so what is missing there proves nothing."""
        return {}


def _fields(message: Message) -> dict[str, object]:
    # Resend dates the mail itself. Whether it keeps our Message-ID is not documented.
    headers = {name: value for name, value in header_values(message) if name.lower() != "date"}
    fields: dict[str, object] = {
        "from": mailbox(literal_line(message.sender.name), message.sender.address),
        # Without the reader's name: one that cannot be parsed would cost her the letter.
        "to": [mailbox("", message.to)],
        "reply_to": mailbox("", message.sender.reply_to),
        "subject": literal_line(message.subject),
        "html": message.html,
        "text": message.text,
        "headers": headers,
        "tags": [
            {"name": "issue", "value": _tag(message.tag)},
            {"name": "delivery", "value": _tag(message.key)},
        ],
    }
    if message.attachments:
        fields["attachments"] = [
            {
                "filename": one.name,
                "content": _in_base64(one.content),
                "content_type": one.media_type,
                "content_id": one.cid,
            }
            for one in message.attachments
        ]
    return fields


def _tag(value: str) -> str:
    return _NOT_IN_A_TAG.sub("-", value)[:256] or "-"


@lru_cache(maxsize=32)  # the same for every reader of a letter
def _in_base64(content: bytes) -> str:
    return b64encode(content).decode("ascii")
