"""Amazon SES's events, as SNS posts them (docs.aws.amazon.com/sns, Verifying message signatures).

Needs `cryptography` (the extra `webhooks`). The certificate's address stands in what is to be proved, so
it is only fetched from Amazon's own host, of the topic's own region.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pipeline.deliver.webhooks.proof import require_recent
from pipeline.deliver.webhooks.reading import mapping, moment, reason, text, told
from pipeline.errors import ConfigError, Forged
from pipeline.model import Event, EventKind

_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")
_ADDRESS = re.compile(r"https://sns\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/[A-Za-z0-9/?=&%:._~+-]*")
_CONFIRMATIONS = ("SubscriptionConfirmation", "UnsubscribeConfirmation")
_SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SIGNED_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_MOST_CERTIFICATES = 8
_KINDS = {
    "Delivery": EventKind.DELIVERED,
    "Bounce": EventKind.BOUNCED,
    "Complaint": EventKind.COMPLAINED,
    "Reject": EventKind.BOUNCED,
    "Rendering Failure": EventKind.BOUNCED,
}


class SnsWebhook:
    """Believes what comes from `topic` (its ARN) alone.

    `certificate` gets the PEM at an https address of Amazon's; what it raises is raised here.
    Raises ConfigError for a topic that is none, or where `cryptography` is not installed.
    """

    def __init__(self, *, topic: str, certificate: Callable[[str], bytes]) -> None:
        named = _TOPIC.fullmatch(topic)
        if named is None:
            raise ConfigError(
                f"ses: {topic!r} is not a topic of SNS",
                hint="copy its ARN from the SNS console; it begins with arn:aws:sns:",
            )
        try:
            import cryptography  # noqa: F401
        except ImportError as problem:
            raise ConfigError(
                "ses: its webhook needs cryptography, which is not installed",
                hint="pip install 'warmletter[webhooks]'",
            ) from problem
        self._topic, self._region = topic, named[1]
        self._fetched = certificate
        self._certificates: dict[str, Any] = {}

    def __repr__(self) -> str:
        return "SnsWebhook()"

    def events(
        self,
        headers: Mapping[str, str],  # noqa: ARG002
        body: bytes,
        *,
        now: datetime,
    ) -> tuple[Event, ...]:
        said = self._proved(body, now)
        if said["Type"] != "Notification":
            return ()
        try:
            inner = mapping(told(text(said.get("Message")).encode("utf-8", "replace")))
        except Forged:
            return ()  # the first one of a topic is a sentence
        event = _event(inner, text(said.get("MessageId")))
        return () if event is None else (event,)

    def subscription(self, body: bytes, *, now: datetime) -> str:
        """The address to get so that the topic posts to us; "" for anything but its asking.

        Raises Forged as `events` does, and for an address that is not Amazon's.
        """
        said = self._proved(body, now)
        if said["Type"] != "SubscriptionConfirmation":
            return ""
        return self._of_amazon(text(said.get("SubscribeURL")))

    def _proved(self, body: bytes, now: datetime) -> Mapping[str, object]:
        said = mapping(told(body))
        if said.get("TopicArn") != self._topic:
            raise Forged("ses: a webhook of another topic")
        kind = said.get("Type")
        if kind != "Notification" and kind not in _CONFIRMATIONS:
            raise Forged("ses: a webhook of no known type")
        names = _SIGNED if kind == "Notification" else _SIGNED_CONFIRMATION
        # Subject is signed where there is one; of the rest nothing may be missing.
        if any(name != "Subject" and not isinstance(said.get(name), str) for name in names):
            raise Forged("ses: a webhook that lacks what is signed")
        signed = "".join(f"{name}\n{said[name]}\n" for name in names if said.get(name) is not None)
        at = moment(said["Timestamp"])
        if at is None or not self._is_signed(said, signed.encode("utf-8", "replace"), now):
            raise Forged("ses: a webhook whose signature is not right")
        require_recent(at, now)
        return said

    def _is_signed(self, said: Mapping[str, object], signed: bytes, now: datetime) -> bool:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding, rsa

        # Version 1 is SHA-1 and still what a topic has unless it is set to 2.
        kinds: Mapping[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303
        kind = kinds.get(text(said.get("SignatureVersion")))
        if kind is None:
            return False
        try:
            certificate = self._certificate(self._of_amazon(text(said.get("SigningCertURL"))))
            key = certificate.public_key()
            if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
                return False
            if not isinstance(key, rsa.RSAPublicKey):
                return False
            signature = base64.b64decode(text(said.get("Signature")), validate=True)
            key.verify(signature, signed, padding.PKCS1v15(), kind)
        except (InvalidSignature, ValueError):
            return False
        return True

    def _of_amazon(self, address: str) -> str:
        """The address, where it is one of SNS in the topic's region. Raises Forged."""
        # No port, no name before an @, and nothing that another reader of addresses might read otherwise.
        named = _ADDRESS.fullmatch(address)
        if named is None or named[1] != self._region:
            raise Forged("ses: a webhook that names an address which is not Amazon's")
        return address

    def _certificate(self, address: str) -> Any:
        from cryptography.x509 import load_pem_x509_certificate

        if address not in self._certificates:
            fetched = load_pem_x509_certificate(self._fetched(address))
            while len(self._certificates) >= _MOST_CERTIFICATES:
                self._certificates.pop(next(iter(self._certificates)))
            self._certificates[address] = fetched
        return self._certificates[address]


def _event(said: Mapping[str, object], id: str) -> Event | None:
    """None for what we do not act on: sent, opened, clicked, delayed."""
    what = text(said.get("eventType")) or text(said.get("notificationType"))
    mail, about = mapping(said.get("mail")), mapping(said.get(what.lower()))
    at = moment(about.get("timestamp")) or moment(mail.get("timestamp"))
    if what not in _KINDS or at is None:
        return None
    keys = mapping(mail.get("tags")).get("delivery")
    bounced = _KINDS[what] is EventKind.BOUNCED
    return Event(
        id=id,
        kind=_KINDS[what],
        key=text(keys[0]) if isinstance(keys, list) and keys else "",
        provider_id=text(mail.get("messageId")),
        at=at,
        permanent=about.get("bounceType") == "Permanent",
        reason=reason(what.replace(" ", "-"), about.get("bounceType"), about.get("bounceSubType"))
        if bounced
        else "",
    )
