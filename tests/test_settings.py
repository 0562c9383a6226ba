"""config.toml: all problems at once, and no secret in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import example
from pipeline.errors import ConfigError
from pipeline.model import Choices
from pipeline.settings import Settings, load

LEAST = """
[practice]
name = "The Quiet Room"
author = "Miriam"
address = "12 Example Lane"
[feeds]
urls = ["https://practice.example/feed"]
[send]
from = "letters@practice.example"
"""


def written(folder: Path, text: str) -> Settings:
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    return load(path)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        written(folder, text)
    return str(caught.value)


def test_the_least_config_has_a_good_default_for_the_rest(tmp_path: Path) -> None:
    settings = written(tmp_path, LEAST)
    assert settings.schedule.day == "first tuesday"
    assert settings.send.provider == "outbox"
    assert settings.send.answers == "letters@practice.example"
    assert settings.practice.zone.key == "Europe/London"
    assert settings.outbox_folder == tmp_path / "outbox"


def test_the_example_is_a_valid_config_and_shows_every_key(tmp_path: Path) -> None:
    settings = written(tmp_path, example.text())
    for name, table in type(settings).model_fields.items():
        if name in ("folder", "issue"):
            continue
        keys = getattr(settings, name).model_fields_set
        assert keys == set(type(getattr(settings, name)).model_fields), f"[{name}] {table}"


def test_every_problem_is_said_at_once_with_what_was_meant(tmp_path: Path) -> None:
    said = refused(
        tmp_path,
        LEAST.replace('author = "Miriam"', 'autor = "Miriam"').replace(
            'from = "letters', 'bundle = 3\nper_minut = 5\nfrom = "letters'
        )
        + '[schedule]\nday = "first toosday"\n',
    )
    assert "config.toml: practice.author is missing" in said
    assert "config.toml: practice.autor is not a setting; did you mean author?" in said
    assert "config.toml: send.bundle is not a setting" in said
    assert "config.toml: send.per_minut is not a setting; did you mean per_minute?" in said
    assert "config.toml: schedule.day: 'first toosday' is not a day of the month" in said


@pytest.mark.parametrize(
    ("table", "line", "problem"),
    [
        ("practice", 'timezone = "London"', "'London' is not a time zone"),
        ("practice", 'country = "uk"', "'uk' is not a country"),
        ("practice", 'language = "English!"', "is not a language"),
        ("practice", 'site = "practice.example"', "is not a web address"),
        ("schedule", 'time = "9"', "'9' is not an hour"),
        ("schedule", 'time = "02:30"', "in the night"),
        ("letter", "max_posts = 0", "letter.max_posts = 0"),
        ("letter", 'style = "disco"', "letter.style = 'disco'"),
        ("send", 'reply_to = "nobody"', "'nobody' is not an email address"),
        ("send", 'provider = "pigeon"', "send.provider = 'pigeon'"),
        ("store", 'url = "postgres://x"', "store.url"),
        ("feeds", "allow_private = 3", "feeds.allow_private = 3"),
    ],
)
def test_a_wrong_value_is_named_with_the_value(tmp_path: Path, table: str, line: str, problem: str) -> None:
    text = LEAST.replace(f"[{table}]", f"[{table}]\n{line}")
    assert problem in refused(tmp_path, text if f"[{table}]" in LEAST else f"{text}\n[{table}]\n{line}\n")


@pytest.mark.parametrize("urls", ["[]", '[""]', '["  "]'])
def test_a_feed_is_asked_for(tmp_path: Path, urls: str) -> None:
    assert "feeds.urls" in refused(tmp_path, LEAST.replace('["https://practice.example/feed"]', urls))


def test_a_table_that_is_no_table_is_named(tmp_path: Path) -> None:
    assert "letter" in refused(tmp_path, 'letter = "letter"\n' + LEAST)


def test_a_name_no_table_has_is_not_a_setting(tmp_path: Path) -> None:
    assert "practise is not a setting; did you mean practice?" in refused(
        tmp_path, LEAST + "[practise]\nx = 1\n"
    )


def test_a_file_that_is_not_there_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="warmletter init"):
        load(tmp_path / "config.toml")


def test_a_file_that_is_not_toml_says_the_line(tmp_path: Path) -> None:
    assert "line 1" in refused(tmp_path, "name = “The Quiet Room”\n")


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "config.toml")


def test_an_issue_is_named_by_its_month(tmp_path: Path) -> None:
    assert '[issue."November"] is not a month' in refused(
        tmp_path, LEAST + '[issue."November"]\nlead = "x"\n'
    )
    wrong = refused(tmp_path, LEAST + '[issue."2026-11"]\nleed = "x"\n')
    assert "issue.2026-11.leed is not a setting; did you mean lead?" in wrong


def test_choices_in_the_file_win_over_those_by_command(tmp_path: Path) -> None:
    settings = written(tmp_path, LEAST + '[issue."2026-11"]\nsubject = "From the file"\nquote = ""\n')
    stored = Choices(subject="By command", preheader="Kept.")
    assert settings.chosen("2026-11", stored) == Choices(subject="From the file", preheader="Kept.", quote="")
    assert settings.chosen("2026-10", stored) == stored


def test_a_key_comes_from_the_environment_and_is_never_shown(tmp_path: Path) -> None:
    settings = written(tmp_path, LEAST.replace("[send]", '[send]\napi_key_env = "TOKEN"'))
    key = settings.api_key({"TOKEN": " secret-value \n"})
    assert key.get_secret_value() == "secret-value"
    assert "secret-value" not in repr(key) + str(key)


def test_a_missing_key_names_the_variable_and_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"send\.api_key_env is empty"):
        written(tmp_path, LEAST).api_key({})
    with pytest.raises(ConfigError, match="TOKEN is not set"):
        written(tmp_path, LEAST.replace("[send]", '[send]\napi_key_env = "TOKEN"')).api_key({"TOKEN": ""})


def test_a_key_file_must_be_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings = written(tmp_path, LEAST.replace("[send]", '[send]\napi_key_file = "key"'))
    with pytest.raises(ConfigError, match="cannot be read"):
        settings.api_key()
    key = tmp_path / "key"
    key.write_text("secret-value\n")
    key.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        settings.api_key()
    key.chmod(0o600)
    assert settings.api_key().get_secret_value() == "secret-value"
    key.write_text("\n")
    with pytest.raises(ConfigError, match="is empty"):
        settings.api_key()


def test_answers_are_filled_into_the_example_with_its_comments_kept(tmp_path: Path) -> None:
    text = example.filled(
        {
            "practice.name": 'Say "hello" \\ ü',
            "feeds.urls": ["https://a.example/f"],
            "feeds.allow_private": True,
        }
    )
    settings = written(tmp_path, text)
    assert settings.practice.name == 'Say "hello" \\ ü'
    assert settings.feeds.urls == ("https://a.example/f",)
    assert settings.feeds.allow_private
    assert text.count("#") == example.text().count("#")


def test_an_answer_to_no_question_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        example.filled({"practice.nmae": "x"})


def test_a_feed_in_a_file_lies_beside_the_config(tmp_path: Path) -> None:
    settings = written(
        tmp_path, LEAST.replace('"https://practice.example/feed"', '"feed.xml", "https://a.example/f"')
    )
    assert settings.feed_sources == (str(tmp_path / "feed.xml"), "https://a.example/f")
