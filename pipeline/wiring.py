"""Picks store, fetcher, provider and clock: the only file that imports adapters."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from pydantic import SecretStr

from pipeline.app.context import App
from pipeline.collect.apart import ApartParser
from pipeline.collect.copying import ApartCopier
from pipeline.collect.fetch import PICTURE_LIMITS, PICTURES, HttpFetcher
from pipeline.model import Limits
from pipeline.ports import Clock, Fetcher, Parser, Provider
from pipeline.render.templates import Templates
from pipeline.settings import ProviderName, Settings, load
from pipeline.store import open_store


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def provider_for(settings: Settings) -> Provider:
    """The provider named in config.toml. Raises ConfigError where its key is missing."""
    match settings.send.provider:
        case "outbox":
            from pipeline.deliver.providers.outbox import Outbox

            return Outbox(settings.outbox_folder)
        case "postmark":
            from pipeline.deliver.providers.postmark import Postmark

            return Postmark(token=settings.api_key(), endpoint=settings.send.endpoint)
        case "resend":
            from pipeline.deliver.providers.resend import Resend

            return Resend(
                key=settings.api_key(), sender=settings.send.sender, endpoint=settings.send.endpoint
            )
        case "brevo":
            from pipeline.deliver.providers.brevo import Brevo

            return Brevo(key=settings.api_key(), endpoint=settings.send.endpoint)
        case "mailgun":
            from pipeline.deliver.providers.mailgun import Mailgun

            domain = settings.send.sender.rpartition("@")[2]
            return Mailgun(key=settings.api_key(), domain=domain, endpoint=settings.send.endpoint)
        case "sendgrid":
            from pipeline.deliver.providers.sendgrid import SendGrid

            return SendGrid(key=settings.api_key(), endpoint=settings.send.endpoint)
        case "ses":
            from pipeline.deliver.providers.ses import Ses

            return Ses(endpoint=settings.send.endpoint)
        case "smtp":
            from pipeline.deliver.providers.smtp import Smtp

            # A relay on this computer may want no name and no password.
            named = settings.send.api_key_env or settings.send.api_key_file or "@" in settings.send.endpoint
            return Smtp(
                endpoint=settings.send.endpoint,
                password=settings.api_key() if named else SecretStr(""),
            )


# Class by module; what it can take is asked before there is a key to make one with.
_CLASSES: Mapping[ProviderName, str] = {
    "outbox": "Outbox",
    "postmark": "Postmark",
    "resend": "Resend",
    "mailgun": "Mailgun",
    "sendgrid": "SendGrid",
    "ses": "Ses",
    "brevo": "Brevo",
    "smtp": "Smtp",
}


def limits_of(provider: ProviderName) -> Limits:
    """What the provider of that name can take."""
    adapter = import_module(f"pipeline.deliver.providers.{provider}")
    limits: Limits = getattr(adapter, _CLASSES[provider]).limits
    return limits


def fetcher(*, allow_private: bool) -> Fetcher:
    return HttpFetcher(allow_private=allow_private)


def parser() -> Parser:
    return ApartParser()


@contextmanager
def opened(config: Path, clock: Clock | None = None) -> Iterator[App]:
    """The program as `config` describes it; its database is closed at the end."""
    with wired(load(config), clock) as app:
        yield app


@contextmanager
def wired(settings: Settings, clock: Clock | None = None) -> Iterator[App]:
    store = open_store(settings.store.url, base=settings.folder)
    try:
        yield App(
            settings=settings,
            store=store,
            fetcher=fetcher(allow_private=settings.feeds.allow_private),
            parser=parser(),
            pictures=HttpFetcher(
                allow_private=settings.feeds.allow_private, limits=PICTURE_LIMITS, accept=PICTURES
            ),
            copier=ApartCopier(),
            clock=clock or WallClock(),
            templates=Templates(settings.templates_folder),
            provider=lambda: provider_for(settings),
            limits=lambda: limits_of(settings.send.provider),
        )
    finally:
        store.close()
