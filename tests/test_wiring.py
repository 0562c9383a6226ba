"""The adapters named in config.toml are the ones that come."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from pipeline import wiring
from pipeline.deliver.providers.brevo import Brevo
from pipeline.deliver.providers.mailgun import Mailgun
from pipeline.deliver.providers.outbox import Outbox
from pipeline.deliver.providers.postmark import Postmark
from pipeline.deliver.providers.resend import Resend
from pipeline.deliver.providers.sendgrid import SendGrid
from pipeline.deliver.providers.ses import Ses
from pipeline.deliver.providers.smtp import Smtp
from pipeline.errors import ConfigError, StoreError
from pipeline.settings import ProviderName, load
from tests.fake_calls import reply, serving
from tests.practice import configure


def provider(folder: Path, **answers: object) -> object:
    return wiring.provider_for(load(configure(folder, **answers)))


def test_each_provider_is_made_from_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "secret-value")
    assert isinstance(provider(tmp_path), Outbox)
    postmark = provider(tmp_path, send__provider="postmark", send__api_key_env="TOKEN")
    assert isinstance(postmark, Postmark)
    assert "secret-value" not in repr(postmark)
    for name, kind in (("resend", Resend), ("brevo", Brevo), ("mailgun", Mailgun), ("sendgrid", SendGrid)):
        made = provider(tmp_path, send__provider=name, send__api_key_env="TOKEN")
        assert isinstance(made, kind)
        assert "secret-value" not in repr(made)
    endpoint = "smtp://user@mail.example.org:587"
    smtp = provider(tmp_path, send__provider="smtp", send__api_key_env="TOKEN", send__endpoint=endpoint)
    assert isinstance(smtp, Smtp)
    assert "secret-value" not in repr(smtp)


@pytest.mark.parametrize("name", get_args(ProviderName))
def test_what_a_provider_takes_is_known_without_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: ProviderName
) -> None:
    limits = wiring.limits_of(name)
    if name == "ses":
        pytest.importorskip("boto3")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("TOKEN", "secret-value")
    endpoint = {"ses": "ses://eu-west-2", "smtp": "smtp://user@mail.example.org:587"}.get(name, "")
    made = provider(tmp_path, send__provider=name, send__api_key_env="TOKEN", send__endpoint=endpoint)
    assert made.limits == limits  # type: ignore[attr-defined]


def test_mailgun_sends_from_the_sender_s_own_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "secret-value")
    with serving(reply(200, {"tracking": {}})) as server:
        made = provider(
            tmp_path,
            send__provider="mailgun",
            send__api_key_env="TOKEN",
            send__from="letters@practice.example.org",
            send__endpoint=server.url,
        )
        made.ready()  # type: ignore[attr-defined]
        assert server.calls[0].path == "/v3/domains/practice.example.org/tracking"


def test_ses_wants_no_key_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("boto3")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # boto3 would ask a cloud's own network for keys
    assert isinstance(provider(tmp_path, send__provider="ses", send__endpoint="ses://eu-west-2"), Ses)


def test_a_relay_without_a_name_wants_no_password(tmp_path: Path) -> None:
    assert isinstance(provider(tmp_path, send__provider="smtp", send__endpoint="smtp://127.0.0.1:2525"), Smtp)
    with pytest.raises(ConfigError, match="api_key_env"):
        provider(tmp_path, send__provider="smtp", send__endpoint="smtp://user@mail.example.org")
    with pytest.raises(ConfigError, match=r"send\.endpoint"):
        provider(tmp_path, send__provider="smtp")


def test_the_wall_clock_is_aware_and_sleeps() -> None:
    clock = wiring.WallClock()
    before = clock.now()
    clock.sleep(0)
    assert before.tzinfo is not None
    assert clock.now() >= before


def test_a_database_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    with pytest.raises(StoreError), wiring.opened(configure(tmp_path)):
        pass
