"""Mailgun: `POST /v3/{domain}/messages`, one body and its readers' values, up to 500 a call.

Sources: documentation.mailgun.com, Messages, Batch sending, Events and Domain tracking. It knows no
idempotency key, and answers a call as a whole: whom it does not mail it says by webhook alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from pipeline.deliver.merging import Once, calls
from pipeline.deliver.mime import one_line
from pipeline.deliver.providers.http import DEADLINE_S, Api, clean_key
from pipeline.deliver.providers.mailgun_answers import (
    not_theirs,
    of_all,
    page_of,
    taken,
    tracks,
    turned_away,
    unasked,
)
from pipeline.deliver.providers.mailgun_form import around
from pipeline.errors import ProviderStop
from pipeline.model import Doubt, Limits, Message, Outcome, Parcel

ENDPOINT = "https://api.mailgun.net"  # the EU's is https://api.eu.mailgun.net

_PAGE = 300
_MOST_PAGES = 1000
_EARLIER_S = 3600  # for clocks that do not agree


class Mailgun:
    """Sends from `domain`, which the key must be for. `endpoint` is the region's."""

    name = "mailgun"
    # It takes 1,000, but users lost values above some 500. 25 MB are one mail's limit, and so the call's.
    # Its manual trusts pages of events older than half an hour; the smallest plan keeps them for a day.
    limits = Limits(
        max_messages=500, max_bytes=24_000_000, looks_up=True, indexed_s=30 * 60.0, remembers_s=23 * 3600.0
    )

    def __init__(
        self, *, key: SecretStr, domain: str, endpoint: str = "", deadline_s: float = DEADLINE_S
    ) -> None:
        self._api = Api(
            self.name,
            base=endpoint or ENDPOINT,
            headers={},
            auth=("api", clean_key(self.name, key)),
            deadline_s=deadline_s,
        )
        self._base = urlsplit(endpoint or ENDPOINT)
        self._domain = quote(domain, safe="")
        self._around = Once(around)

    def __repr__(self) -> str:
        return "Mailgun()"

    def close(self) -> None:
        self._api.close()

    def ready(self) -> None:
        """Ask whether the domain tracks: its own unsubscribe link no request of ours can switch off."""
        answer = self._api.get(f"/v3/domains/{self._domain}/tracking", {})
        if isinstance(answer, Outcome):
            return  # the first call will say the same, and knows what to do about it
        if answer.status in (404, 200) and not isinstance(answer.parsed, Mapping):
            raise not_theirs()
        if answer.status == 404:
            raise turned_away(answer)
        on = tracks(answer.parsed) if answer.status == 200 else ()
        if on:  # a key that may only send is not told (401, 403)
            raise ProviderStop(
                f"mailgun: the domain's own {' and '.join(on)} tracking is on",
                hint="switch it off in Mailgun under Sending, Domain settings, Tracking; nobody was marked",
            )

    def parcels(self, messages: Sequence[Message], *, most: int) -> Iterator[Parcel]:
        return calls(
            messages,
            most=min(most, self.limits.max_messages),
            most_bytes=self.limits.max_bytes,
            around=self._around,
        )

    def offer(self, parcel: Parcel) -> tuple[Outcome, ...]:
        body = bytes(parcel.body)
        boundary = body[2 : body.index(b"\r\n")].decode("ascii")
        kind = f"multipart/form-data; boundary={boundary}"
        path = f"/v3/{self._domain}/messages"
        answer = self._api.post(path, body, headers={"Content-Type": kind})
        outcome = answer if isinstance(answer, Outcome) else of_all(answer)
        return (outcome,) * len(parcel.envelopes)

    def look_up(self, tag: str, doubts: Sequence[Doubt]) -> Mapping[str, Outcome]:
        """By our key, which each mail carries as its variable; only the last days are remembered."""
        wanted = {doubt.key: doubt.to for doubt in doubts}
        if not wanted:
            return {}
        found: dict[str, Outcome] = {}
        path = f"/v3/{self._domain}/events"
        query: dict[str, str | int] = {
            "begin": str(int(min(doubt.offered_after for doubt in doubts).timestamp()) - _EARLIER_S),
            "ascending": "yes",
            "limit": _PAGE,
            "event": "accepted",
            "tags": one_line(tag),
        }
        for _ in range(_MOST_PAGES):
            answer = self._api.get(path, query)
            items, following = page_of(answer)
            found |= dict(taken(items, wanted))
            if not items or len(found) == len(wanted):
                return found
            if not following:  # there is always one, and the last page is empty
                raise unasked("it names no page for the rest")
            path, query = self._on_our_host(following), {}
        raise unasked("it took more mails than can be looked through")

    def _on_our_host(self, address: str) -> str:
        """The path of the next page. Raises ProviderStop for another host: it would get the key."""
        try:
            parts = urlsplit(address)
        except ValueError:
            raise unasked("it names no server for the rest") from None
        if (parts.scheme, parts.netloc) != (self._base.scheme, self._base.netloc):
            raise unasked("it names another server for the rest")
        return parts._replace(scheme="", netloc="", fragment="").geturl()
