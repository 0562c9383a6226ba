"""Postmark: `POST /email/batch`, up to 500 letters a call, an answer for each.

Sources: postmarkapp.com/developer/api/email-api#send-batch-emails and /overview#error-codes.
It knows no idempotency key: what may have arrived and was not answered stays unknown.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache

from pydantic import SecretStr

from pipeline.deliver.json_mails import JsonMails, bytes_of, in_a_list
from pipeline.deliver.literal import literal_html, literal_line, literal_text, literal_value
from pipeline.deliver.mime import header_values, mailbox, one_line
from pipeline.deliver.packing import by_mails, packed
from pipeline.deliver.providers.http import DEADLINE_S, UNREADABLE, Answer, Api, clean_key
from pipeline.deliver.providers.postmark_codes import Verdict, verdict
from pipeline.errors import ProviderStop
from pipeline.model import Doubt, Limits, Message, Outcome, OutcomeKind, Parcel

ENDPOINT = "https://api.postmarkapp.com"

_PAGE = 500
_MOST_PAGED = 10_000  # count + offset, by their own limit
_ONE_BY_ONE = 20  # so few doubts are asked for by name

_LOOKED_AT = (OutcomeKind.ACCEPTED, OutcomeKind.REFUSED, OutcomeKind.SUPPRESSED)


class Postmark:
    """Sends through a server's broadcast stream. `token` is the server's, not the account's."""

    name = "postmark"
    # The API takes 50 MB; 2 MB are left over. Messages are kept for 45 days, or as few as 7 if so chosen.
    limits = Limits(max_messages=500, max_bytes=48_000_000, looks_up=True, remembers_s=7 * 24 * 3600.0)

    def __init__(self, *, token: SecretStr, endpoint: str = "", deadline_s: float = DEADLINE_S) -> None:
        self._api = Api(
            self.name,
            base=endpoint or ENDPOINT,
            headers={"X-Postmark-Server-Token": clean_key(self.name, token)},
            deadline_s=deadline_s,
        )
        self._mails = JsonMails(_fields, literal_value)

    def __repr__(self) -> str:
        return "Postmark()"

    def close(self) -> None:
        self._api.close()

    def ready(self) -> None:
        """Nothing to ask: what the server's settings say of tracking is not open to its token."""

    def parcels(self, messages: Sequence[Message], *, most: int) -> Iterator[Parcel]:
        return packed(
            messages,
            most=min(most, self.limits.max_messages),
            most_bytes=self.limits.max_bytes,
            encode=self._mails.pieces,
            join=in_a_list,
            size=bytes_of,
            name=by_mails,
        )

    def offer(self, parcel: Parcel) -> tuple[Outcome, ...]:
        answer = self._api.post("/email/batch", parcel.body, headers={"Content-Type": "application/json"})
        count = len(parcel.envelopes)
        if isinstance(answer, Outcome):
            return (answer,) * count
        if answer.status == 200:
            return _each(answer.parsed, count)
        return (_all(answer),) * count

    def look_up(self, tag: str, doubts: Sequence[Doubt]) -> Mapping[str, Outcome]:
        """By our key, which each mail carries as metadata.

        Many are looked for in the pages of the letter, the newest first. There are pages for 10,000
        mails only: whoever is in none of them is asked for by name.
        """
        wanted = frozenset(doubt.key for doubt in doubts)
        found, whole = self._in_pages(tag, wanted) if len(wanted) > _ONE_BY_ONE else ({}, False)
        return found if whole else found | self._by_name(tag, wanted - found.keys())

    def _in_pages(self, tag: str, wanted: frozenset[str]) -> tuple[dict[str, Outcome], bool]:
        """What of it is found, and whether there is no more to find."""
        found: dict[str, Outcome] = {}
        for offset in range(0, _MOST_PAGED, _PAGE):
            messages, total = self._outbound({"count": _PAGE, "offset": offset, "tag": tag})
            found |= {key: outcome for key, outcome in _taken(messages) if key in wanted}
            if len(found) == len(wanted):
                return found, True
            if len(messages) < _PAGE:  # a short page is the last one only if the sum says so too
                return found, offset + len(messages) == total
        return found, False

    def _by_name(self, tag: str, wanted: Collection[str]) -> dict[str, Outcome]:
        found: dict[str, Outcome] = {}
        for key in sorted(wanted):
            messages, _ = self._outbound({"count": _PAGE, "offset": 0, "tag": tag, "metadata_delivery": key})
            its_own = {name: outcome for name, outcome in _taken(messages) if name == key}
            if messages and not its_own:  # then it was not asked for by name, and nothing is proved
                raise _unasked()
            found |= its_own
        return found

    def _outbound(self, query: Mapping[str, str | int]) -> tuple[Sequence[object], object]:
        """The messages of a page, and how many it says there are in all."""
        answer = self._api.get("/messages/outbound", query)
        parsed = answer.parsed if isinstance(answer, Answer) and answer.status == 200 else None
        messages = parsed.get("Messages") if isinstance(parsed, Mapping) else None
        if not isinstance(parsed, Mapping) or not isinstance(messages, list):
            raise _unasked()
        return messages, parsed.get("TotalCount")


def _fields(message: Message) -> dict[str, object]:
    headers = dict(header_values(message))
    # Postmark dates the mail itself, and keeps our Message-ID only if asked to.
    headers = {name: value for name, value in headers.items() if name.lower() != "date"}
    if any(name.lower() == "message-id" for name in headers):
        headers["X-PM-KeepID"] = "true"
    fields: dict[str, object] = {
        "From": mailbox(literal_line(message.sender.name), message.sender.address),
        # Without the reader's name: one that Postmark cannot parse would cost her the letter.
        "To": mailbox("", message.to),
        "ReplyTo": mailbox("", message.sender.reply_to),
        "Subject": literal_line(message.subject),
        # On a broadcast stream {{{ pm:unsubscribe }}} is live, also in a reader's name.
        "HtmlBody": literal_html(message.html),
        "TextBody": literal_text(message.text),
        "MessageStream": "broadcast",
        "Tag": one_line(message.tag),
        "Metadata": {"delivery": message.key},
        "TrackOpens": False,
        "TrackLinks": "None",
        "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
    }
    if message.attachments:
        fields["Attachments"] = [
            {
                "Name": one.name,
                "Content": _in_base64(one.content),
                "ContentType": one.media_type,
                "ContentID": f"cid:{one.cid}",
            }
            for one in message.attachments
        ]
    return fields


@lru_cache(maxsize=32)  # the same for every reader of a letter
def _in_base64(content: bytes) -> str:
    return b64encode(content).decode("ascii")


def _taken(messages: Sequence[object]) -> Iterator[tuple[str, Outcome]]:
    """(our key, what became of it) of each mail in a page of what was sent."""
    for message in messages:
        metadata = message.get("Metadata") if isinstance(message, Mapping) else None
        if isinstance(message, Mapping) and isinstance(metadata, Mapping):
            yield (
                str(metadata.get("delivery", "")),
                Outcome(kind=OutcomeKind.ACCEPTED, provider_id=str(message.get("MessageID", ""))),
            )


def _each(items: object, expected: int) -> tuple[Outcome, ...]:
    """One outcome a message, by position: a refused one has neither address nor id in its answer."""
    if not isinstance(items, list) or len(items) != expected:
        return (UNREADABLE,) * expected
    verdicts = tuple(verdict(item) if isinstance(item, Mapping) else None for item in items)
    taken = any(one is not None and not one.stop and one.outcome.kind in _LOOKED_AT for one in verdicts)
    for one in verdicts:
        # With some dealt with the account is in order, and the trouble is the message's own.
        if one is not None and one.stop and not taken:
            raise _stop(one)
    return tuple(UNREADABLE if one is None else one.outcome for one in verdicts)


def _all(answer: Answer) -> Outcome:
    """What an answer other than 200 means for every message of the call."""
    item = answer.parsed
    said = verdict(item) if isinstance(item, Mapping) else None
    if answer.status == 429 or (
        said is not None and said.outcome.kind is OutcomeKind.RETRY and not said.stop
    ):
        return Outcome(
            kind=OutcomeKind.RETRY,
            reason="the provider asks to wait",
            retry_after_s=answer.wait_s,
        )
    if answer.status >= 500:
        # Their pages call 500 and 503 "try again", but not whether the batch was taken before.
        return Outcome(kind=OutcomeKind.UNKNOWN, reason=f"the provider failed ({answer.status})")
    if said is not None and said.stop:
        raise _stop(said)
    raise ProviderStop(
        f"postmark: the request was not accepted (HTTP {answer.status})",
        hint="look at send.endpoint and at the variable named by send.api_key_env; nobody was marked",
    )


def _unasked() -> ProviderStop:
    return ProviderStop(
        "postmark: it could not be asked what it took",
        hint="look at the connection, then `warmletter resolve` again; nothing was changed",
    )


def _stop(why: Verdict) -> ProviderStop:
    return ProviderStop(f"postmark: {why.outcome.reason}", hint=why.stop)
