"""What Mailgun's answers mean, for the mails of a call and for the whole account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pipeline.deliver.providers.http import UNREADABLE, Answer
from pipeline.errors import ProviderStop
from pipeline.model import Outcome, OutcomeKind

_WAIT = re.compile(r"try again (?:after|in) (\d{1,9}) ?s", re.IGNORECASE)


def of_all(answer: Answer) -> Outcome:
    """What an answer means for every message of the call."""
    wait = _WAIT.search(answer.body[:1000].decode("utf-8", "replace"))
    if answer.status == 200:
        return _accepted(answer)
    if answer.status == 429 or (answer.status == 402 and wait):
        return Outcome(
            kind=OutcomeKind.RETRY,
            reason="the provider asks to wait",
            retry_after_s=float(wait[1]) if wait else answer.wait_s,
        )
    if answer.status in (400, 413):
        # One bad address spoils the call; their words name it, so they are not kept.
        why = "is too big for the provider" if answer.status == 413 else "was refused by the provider"
        return Outcome(kind=OutcomeKind.REFUSED, reason=f"the message {why}", whole=True)
    if answer.status >= 500:
        return Outcome(kind=OutcomeKind.UNKNOWN, reason=f"the provider failed ({answer.status})")
    raise turned_away(answer)


def _accepted(answer: Answer) -> Outcome:
    said = answer.parsed
    if isinstance(said, Mapping) and isinstance(said.get("id"), str):
        return Outcome(kind=OutcomeKind.ACCEPTED, provider_id=said["id"].strip("<>"))
    if b"Mailgun Magnificent API" in answer.body:
        raise not_theirs()
    return UNREADABLE


def tracks(parsed: object) -> tuple[str, ...]:
    settings = parsed.get("tracking") if isinstance(parsed, Mapping) else None
    if not isinstance(settings, Mapping):
        return ()
    # "active" has been a boolean and a word ("htmlonly") over the years.
    return tuple(
        kind
        for kind in ("open", "click", "unsubscribe")
        if isinstance(one := settings.get(kind), Mapping)
        and one.get("active") not in (None, False, "no", "off", "false", "")
    )


def page_of(answer: Answer | Outcome) -> tuple[Sequence[object], str]:
    """The events of a page, and the address of the next."""
    parsed = answer.parsed if isinstance(answer, Answer) and answer.status == 200 else None
    items = parsed.get("items") if isinstance(parsed, Mapping) else None
    paging = parsed.get("paging") if isinstance(parsed, Mapping) else None
    if not isinstance(items, list):
        raise unasked("look at the connection")
    following = paging.get("next") if isinstance(paging, Mapping) else None
    return items, following if isinstance(following, str) else ""


def unasked(why: str) -> ProviderStop:
    return ProviderStop(
        "mailgun: it could not be asked what it took",
        hint=f"{why}; then `warmletter resolve` again; nothing was changed",
    )


def not_theirs() -> ProviderStop:
    return ProviderStop(
        "mailgun: send.endpoint is not the address of its API",
        hint="leave it empty, or write https://api.eu.mailgun.net for a domain in the EU; nobody was marked",
    )


def turned_away(answer: Answer) -> ProviderStop:
    hints = {
        401: "put a sending key of the domain into the variable named by send.api_key_env",
        402: "look at the account's plan and credit in Mailgun",
        403: "look in Mailgun whether domain and account may send, and whether the key is for them",
        404: "the domain of send.from must be one of the account's; in the EU, write "
        "https://api.eu.mailgun.net into send.endpoint",
    }
    return ProviderStop(
        f"mailgun: the request was not accepted (HTTP {answer.status})",
        hint=f"{hints.get(answer.status, 'look at send.endpoint')}; nobody was marked",
    )


def taken(items: Sequence[object], wanted: Mapping[str, str]) -> Iterator[tuple[str, Outcome]]:
    """(our key, that it was taken) of each event of a mail that is wanted; `wanted`: addresses by key."""
    keys = {address: key for key, address in wanted.items()}
    for item in items:
        if not isinstance(item, Mapping):
            continue
        variables, message = item.get("user-variables"), item.get("message")
        key = str(variables.get("delivery", "")) if isinstance(variables, Mapping) else ""
        if key.startswith("%"):  # left as it was written: then the address must do
            key = keys.get(str(item.get("recipient", "")).lower(), "")
        headers = message.get("headers") if isinstance(message, Mapping) else None
        sent_as = str(headers.get("message-id", "")) if isinstance(headers, Mapping) else ""
        if key in wanted:
            yield key, Outcome(kind=OutcomeKind.ACCEPTED, provider_id=sent_as.strip("<>"))
