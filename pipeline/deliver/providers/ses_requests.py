"""What Amazon SES is asked: a template with its readers' values, or one whole mail with its pictures."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from email.header import Header

import orjson

from pipeline.deliver.merging import Form, Shared, line
from pipeline.deliver.mime import mailbox, one_line, to_bytes
from pipeline.model import Common, Message, Sender

# SES writes these itself, whatever is asked.
_ITS_OWN = frozenset({"date", "message-id"})
_NO_TRACKING = {"Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}}
_LONGEST_HEADER = 995
_MOST_HEADERS = 15
_NO_TAG = re.compile(r"[^A-Za-z0-9_-]")

# Two braces begin a variable and three a raw one, a backslash before them undoes that, and three that
# close one that two began are a mistake. One of ours may stand on either side of our words. A style
# sheet's braces are neither, and have to stay what they are: nothing there is read as an entity.
_RUN = re.compile(r"[{}\\]+")
_MISREAD = re.compile(r"\{\{|\\[\\{]")
_MARKS = {"{": "open", "}": "close", "\\": "slash"}


def bulk(first: Message, *, overrides: bool) -> Form:
    """How the readers of a letter are written, and the SendBulkEmail around them.

    `overrides`: whether the installed botocore can say that nothing is to be tracked.
    """
    shared = Shared(first, without=_ITS_OWN, more=tuple(_MARKS.values()))
    template = _template(shared)
    rest = orjson.dumps(
        _beginning(first.sender, overrides=overrides)
        | {
            "ReplyToAddresses": [mailbox("", first.sender.reply_to)],
            "DefaultContent": {"Template": {"TemplateContent": template, "TemplateData": "{}"}},
            "DefaultEmailTags": [_tag("issue", first.tag)],
        }
    )[1:]
    constants = {
        shared.name(kind): sign
        for sign, kind in _MARKS.items()
        if any(_mark(shared)(kind) in text for text in template.values())
    }

    def reader(message: Message) -> bytes:
        values = orjson.dumps(shared.values(message) | constants).decode("utf-8")
        given = {**message.values, "key": message.key}
        headers = [(name, one_line(value.filled(given))) for name, value in shared.headers]
        return orjson.dumps(
            {
                "Destination": {"ToAddresses": [mailbox("", message.to)]},
                "ReplacementTags": [_tag("delivery", message.key)],
                "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": values}},
                # In this order: Gmail's button vanished when -Post came first.
                "ReplacementHeaders": _checked(headers),
            }
        )

    return reader, lambda readers: b'{"BulkEmailEntries":[' + b",".join(readers) + b"]," + rest


def whole(message: Message, *, overrides: bool) -> bytes:
    """One mail as it travels, in a SendEmail: a template has no room for pictures."""
    return orjson.dumps(
        _beginning(message.sender, overrides=overrides)
        | {
            "Destination": {"ToAddresses": [mailbox("", message.to)]},
            "Content": {"Raw": {"Data": b64encode(to_bytes(message)).decode("ascii")}},
            "EmailTags": [_tag("issue", message.tag), _tag("delivery", message.key)],
        }
    )


def template_bytes(common: Common) -> int:
    """About how many bytes the letter takes as a template."""
    pieces = (*common.html.pieces, *common.text.pieces, common.subject)
    return sum(len(orjson.dumps(piece)) for piece in pieces)


def _beginning(sender: Sender, *, overrides: bool) -> dict[str, object]:
    tracking: dict[str, object] = {"ConfigurationOverrides": _NO_TRACKING} if overrides else {}
    return {"FromEmailAddress": _from(sender)} | tracking


def _template(shared: Shared) -> Mapping[str, str]:
    common, mark, text = shared.common, _mark(shared), _as_text(shared)
    return {
        "Subject": text(line(common.subject)),
        # SES does not escape values for HTML; ours are escaped for it.
        "Html": common.html.marked(mark, words=_as_html),
        "Text": common.text.marked(mark, words=text),
    }


def _mark(shared: Shared) -> Callable[[str], str]:
    return lambda blank: "{{" + shared.name(blank) + "}}"


def _as_html(words: str) -> str:
    return _harmless(words, lambda sign: f"&#{ord(sign)};")


def _as_text(shared: Shared) -> Callable[[str], str]:
    """A text has no entities: its braces come as values, which are not read again."""
    return lambda words: _harmless(words, lambda sign: _mark(shared)(_MARKS[sign]))


def _harmless(words: str, written: Callable[[str], str]) -> str:
    """The words with each sign that SES might read for a variable's as `written` has it."""

    def run(signs: re.Match[str]) -> str:
        after_ours = signs.start() == 0 and signs[0][0] == "}"
        before_ours = signs.end() == len(words) and signs[0][-1] != "}"
        if after_ours or before_ours or _MISREAD.search(signs[0]):
            return "".join(map(written, signs[0]))
        return signs[0]

    return _RUN.sub(run, words)


def _from(sender: Sender) -> str:
    """The sender, in ASCII: SES wants other names as encoded words (RFC 2047)."""
    plain = mailbox(sender.name, sender.address)
    if plain.isascii() and "=?" not in plain:
        return plain
    return f"{Header(one_line(sender.name), 'utf-8').encode(linesep='')} <{sender.address}>"


def _tag(name: str, value: str) -> dict[str, str]:
    return {"Name": name, "Value": _NO_TAG.sub("-", value)[:256]}


def _checked(headers: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    for name, value in headers:
        if not (value.isascii() and value.isprintable()) or len(name) + len(value) > _LONGEST_HEADER:
            raise ValueError(f"{name} holds what SES takes in no header")
    if len(headers) > _MOST_HEADERS:
        raise ValueError("a message has more headers than SES takes")
    return [{"Name": name, "Value": value} for name, value in headers]
