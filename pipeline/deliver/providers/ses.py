"""Amazon SES: `SendBulkEmail`, one template and up to 50 readers' values a call; an answer for each.

Source: the service model of botocore and docs.aws.amazon.com/ses. It knows no idempotency key and no way to
ask for what it took: what is in doubt stays so. Needs boto3 (the extra `ses`), which finds the keys itself.
"""

from __future__ import annotations

import threading
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import orjson

from pipeline.deliver.merging import Once, calls, runs
from pipeline.deliver.packing import parcel
from pipeline.deliver.providers.http import DEADLINE_S, UNANSWERED, UNREACHED, UNREADABLE, is_loopback
from pipeline.deliver.providers.ses_answers import accepted, of_each, of_error, stop
from pipeline.deliver.providers.ses_requests import bulk, template_bytes, whole
from pipeline.errors import ConfigError
from pipeline.model import Doubt, Limits, Message, Outcome, Parcel

# Of the 1 MB that a template and its values may take; a longer letter goes as whole mails.
_LONGEST_TEMPLATE = 900_000
_CONNECT_S = 5
_READ_S = 60


class Ses:
    """`endpoint`: "ses://eu-west-2", an address, or nothing for the region that boto3 is set to.

    Raises ConfigError where boto3 is not installed or knows no region.
    """

    name = "ses"
    limits = Limits(max_messages=50, max_bytes=1_000_000)

    def __init__(self, *, endpoint: str = "", deadline_s: float = DEADLINE_S) -> None:
        self._region, self._url = _place(endpoint)
        self._deadline_s = deadline_s
        self._client = self._connected()
        model = self._client.meta.service_model.operation_model("SendBulkEmail")
        # Older ones refuse a member that they do not know; without a configuration set nothing is tracked.
        self._overrides = "ConfigurationOverrides" in model.input_shape.members
        self._around = Once(partial(bulk, overrides=self._overrides))

    def __repr__(self) -> str:
        return "Ses()"

    def close(self) -> None:
        self._client.close()

    def ready(self) -> None:
        """Ask whether the account may send; a key that may only send is not told."""
        answer = self._asked("get_account", {})
        if isinstance(answer, Mapping) and answer.get("SendingEnabled") is False:
            raise stop("the account's sending is paused")

    def parcels(self, messages: Sequence[Message], *, most: int) -> Iterator[Parcel]:
        for run in runs(messages):
            common = run[0].common
            if common.attachments or template_bytes(common) > _LONGEST_TEMPLATE:
                yield from (parcel([one], whole(one, overrides=self._overrides)) for one in run)
                continue
            yield from calls(
                run,
                most=min(most, self.limits.max_messages),
                most_bytes=self.limits.max_bytes,
                around=self._around,
            )

    def offer(self, parcel: Parcel) -> tuple[Outcome, ...]:
        request = orjson.loads(bytes(parcel.body))
        count = len(parcel.envelopes)
        if "BulkEmailEntries" in request:
            answer = self._asked("send_bulk_email", request)
            if isinstance(answer, Outcome):
                return (answer,) * count
            return of_each(answer.get("BulkEmailEntryResults"), count)
        raw = request["Content"]["Raw"]
        raw["Data"] = b64decode(raw["Data"])
        answer = self._asked("send_email", request)
        return (answer if isinstance(answer, Outcome) else accepted(answer),) * count

    def look_up(self, tag: str, doubts: Sequence[Doubt]) -> Mapping[str, Outcome]:  # noqa: ARG002
        """Nothing: it can be asked by its own ids only, and those are what is missing."""
        return {}

    def _asked(self, operation: str, request: Mapping[str, object]) -> Mapping[str, Any] | Outcome:
        """The answer, or what its absence means for every mail of the call."""
        got: list[Mapping[str, Any] | BaseException] = []
        self._client.close()  # its connections only: none is kept, see `http.py`
        method = getattr(self._client, operation)

        def ask() -> None:
            try:
                got.append(method(**request))
            except Exception as error:  # looked at below, by the thread that waits for it
                got.append(error)

        # A time-out of boto3 is one for each read: see http.Api.
        caller = threading.Thread(target=ask, daemon=True)
        caller.start()
        caller.join(self._deadline_s)
        if not got:
            self._client = self._connected()  # the other is still in use by the call that was left
            return UNANSWERED
        return _absence(got[0], asked=operation) if isinstance(got[0], BaseException) else got[0]

    def _connected(self) -> Any:
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError, NoRegionError
        except ImportError as problem:
            raise ConfigError(
                'send.provider = "ses" needs boto3, which is not installed',
                hint="pip install 'warmletter[ses]'",
            ) from problem
        try:
            return boto3.session.Session().client(
                "sesv2",
                region_name=self._region,
                endpoint_url=self._url,
                # One attempt: a repeat of its own would be a letter twice. No proxy of the environment.
                config=Config(
                    retries={"total_max_attempts": 1, "mode": "standard"},
                    connect_timeout=_CONNECT_S,
                    read_timeout=min(_READ_S, self._deadline_s),
                    proxies={},
                ),
            )
        except NoRegionError as problem:
            raise ConfigError(
                "ses: boto3 knows no region",
                hint='write it into send.endpoint, like "ses://eu-west-2"',
            ) from problem
        except (BotoCoreError, ValueError) as problem:
            raise ConfigError(
                f"ses: boto3 could not be set up ({problem.__class__.__name__})",
                hint="look at send.endpoint and at Amazon's own variables and files",
            ) from problem


def _place(endpoint: str) -> tuple[str | None, str | None]:
    """(region, address) that an endpoint names. Raises ConfigError for one that is neither."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    if not endpoint:
        return None, None
    if parts.scheme == "ses" and host and not parts.path.strip("/"):
        return host, None
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        labels = host.split(".")  # email.eu-west-2.amazonaws.com
        return (labels[1] if host.endswith(".amazonaws.com") and len(labels) > 3 else None), endpoint
    raise ConfigError(
        f"send.endpoint: {endpoint!r} is no region of SES",
        hint='write it like "ses://eu-west-2", or leave it empty for the region that boto3 is set to',
    )


def _absence(error: BaseException, *, asked: str) -> Outcome:
    """What an error means. Raises ProviderStop for the account's, and what is a bug of ours."""
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        said = error.response.get("Error", {})
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if asked == "get_account" and status == 403:
            return UNREADABLE  # a key that may only send
        return of_error(str(said.get("Code", "")), str(said.get("Message", "")), status)
    if isinstance(error, exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        raise stop("the server's certificate is not valid for its name", hint="look at the computer's clock")
    if isinstance(
        error,
        exceptions.NoCredentialsError
        | exceptions.PartialCredentialsError
        | exceptions.CredentialRetrievalError
        | exceptions.TokenRetrievalError
        | exceptions.SSOError
        | exceptions.ProfileNotFound,
    ):
        raise stop("boto3 found no keys", hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY") from None
    if isinstance(error, exceptions.EndpointConnectionError | exceptions.ConnectTimeoutError):
        return UNREACHED
    if isinstance(error, exceptions.HTTPClientError):
        return UNANSWERED
    # The far end's own faults, and what it may have done before them.
    parser = ("ResponseParserError", "JSONDecodeError", "UnicodeDecodeError")
    if error.__class__.__name__ in parser:
        return UNREADABLE
    raise error
