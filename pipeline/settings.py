"""config.toml: one table, one frozen class. Everything wrong is said at once.

Paths in the file are relative to the folder it lies in. Secrets are never in it: it holds
the name of an environment variable, or the path of a file only its owner can read.
"""

from __future__ import annotations

import difflib
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from pipeline.due import Rule
from pipeline.errors import ConfigError
from pipeline.model import Choices, Period

ProviderName = Literal["outbox", "postmark", "resend", "mailgun", "sendgrid", "ses", "brevo", "smtp"]


def _date(day: str) -> str:
    if day:
        try:
            date.fromisoformat(day)
        except ValueError as problem:
            raise ValueError(f"{day!r} is not a day; write it like 2026-11-23") from problem
    return day


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as problem:  # a ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"{name!r} is not a time zone; write it like Europe/London") from problem
    return name


def _day(rule: str) -> str:
    Rule.parse(rule)
    return rule


def _time(clock: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", clock):
        raise ValueError(f"{clock!r} is not an hour; write it like 09:00")
    if clock < "04:00":
        # Between 00:00 and 03:59 a night exists twice or not at all when the clocks change.
        raise ValueError(f"{clock!r} is in the night; choose an hour from 04:00 on")
    return clock


def _address(address: str) -> str:
    if not address:
        return address
    from pipeline.subscribers.addresses import normalise

    try:
        normalise(address)
    except ValueError as problem:
        raise ValueError(f"{address!r} is not an email address: {problem}") from problem
    return address


def _web(address: str) -> str:
    if address and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", address):
        raise ValueError(f"{address!r} is not a web address; write it like https://practice.example")
    return address.rstrip("/")


def _country(code: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", code):
        raise ValueError(f"{code!r} is not a country; write its two letters, like GB")
    return code


def _language(code: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", code):
        raise ValueError(f"{code!r} is not a language; write it like en or en-GB")
    return code


def _colour(code: str) -> str:
    if code and not re.fullmatch(r"#[0-9A-Fa-f]{6}", code):
        raise ValueError(f"{code!r} is not a colour; write it like #3F5540, or leave it empty")
    return code.upper()


def _feed(address: str) -> str:
    if not address.strip():
        raise ValueError("an address is empty; delete it or fill it in")
    return address.strip()


EmailAddress = Annotated[str, AfterValidator(_address)]
WebAddress = Annotated[str, AfterValidator(_web)]


class Table(BaseModel):
    """A table of config.toml: unknown names are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, str_strip_whitespace=True)


class PracticeTable(Table):
    name: str = Field(min_length=1, max_length=120)
    author: str = Field(min_length=1, max_length=120)
    address: str = Field(default="", max_length=300)
    site: WebAddress = ""
    country: Annotated[str, AfterValidator(_country)] = "GB"
    timezone: Annotated[str, AfterValidator(_zone)] = "Europe/London"
    language: Annotated[str, AfterValidator(_language)] = "en"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class FeedsTable(Table):
    urls: tuple[Annotated[str, AfterValidator(_feed)], ...] = Field(min_length=1)
    allow_private: bool = False
    settle_minutes: int = Field(default=60, ge=0, le=7 * 24 * 60)

    @property
    def settle(self) -> timedelta:
        """How long after its last change a post counts as finished."""
        return timedelta(minutes=self.settle_minutes)


class LetterTable(Table):
    style: Literal["letter", "essay", "plain"] = "letter"
    max_posts: int = Field(default=5, ge=1, le=20)
    quiet: Literal["skip", "wait", "note"] = "skip"
    checklist_line: str = Field(default="", max_length=200)
    sign_off: str = Field(default="", max_length=200)
    pictures: Literal["inline", "link"] = "inline"
    feature_pictures: bool = False


class LookTable(Table):
    font: Literal["serif", "sans"] = "serif"
    accent: Annotated[str, AfterValidator(_colour)] = ""
    portrait: str = Field(default="", max_length=300)


class ScheduleTable(Table):
    day: Annotated[str, AfterValidator(_day)] = "first tuesday"
    time: Annotated[str, AfterValidator(_time)] = "09:00"
    draft_days: int = Field(default=3, ge=0, le=20)
    approval: Literal["required", "auto"] = "required"
    late_after_hours: int = Field(default=48, ge=1, le=24 * 14)


class SendTable(Table):
    provider: ProviderName = "outbox"
    sender: EmailAddress = Field(alias="from", min_length=1)
    reply_to: EmailAddress = ""
    api_key_env: str = ""
    api_key_file: str = ""
    endpoint: str = ""
    per_minute: int = Field(default=0, ge=0)
    batch: int = Field(default=50, ge=1, le=500)
    warm_up: Annotated[str, AfterValidator(_date)] = ""

    @property
    def warm_up_day(self) -> date | None:
        """The day on which sending from this address began; None: it is warm."""
        return date.fromisoformat(self.warm_up) if self.warm_up else None

    @property
    def answers(self) -> str:
        """Where a reader's answer goes."""
        return self.reply_to or self.sender


class StoreTable(Table):
    url: str = Field(default="sqlite:///data/warmletter.db", pattern=r"^sqlite:///.+")


class WebTable(Table):
    base_url: WebAddress = ""


class IssueTable(Table):
    lead: str | None = None
    quote: str | None = None
    subject: str | None = None
    preheader: str | None = None
    note: str | None = None
    leave_out: tuple[str, ...] = ()
    descriptions: Mapping[str, str] = Field(default_factory=dict)
    ps: str | None = None
    wait: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    care: Mapping[str, bool] = Field(default_factory=dict)

    def choices(self, stored: Choices) -> Choices:
        """What is written in the file, over what was chosen by command; of pictures, one by one."""
        written = {name: getattr(self, name) for name in self.model_fields_set}
        written["descriptions"] = tuple({**dict(stored.descriptions), **self.descriptions}.items())
        written["care"] = tuple({**dict(stored.care), **self.care}.items())
        return Choices(**{**{n: getattr(stored, n) for n in Choices.__dataclass_fields__}, **written})


class Settings(Table):
    """All of config.toml, and the folder it lies in."""

    practice: PracticeTable
    feeds: FeedsTable
    letter: LetterTable = LetterTable()
    look: LookTable = LookTable()
    schedule: ScheduleTable = ScheduleTable()
    send: SendTable
    store: StoreTable = StoreTable()
    web: WebTable = WebTable()
    issue: Mapping[str, IssueTable] = Field(default_factory=dict)
    folder: Path = Field(default=Path(), exclude=True)

    @property
    def feed_sources(self) -> tuple[str, ...]:
        """The feeds' addresses; a file's path is taken from the folder of config.toml."""
        urls = self.feeds.urls
        return tuple(url if "://" in url else str(self.folder / Path(url).expanduser()) for url in urls)

    @property
    def templates_folder(self) -> Path:
        return self.folder / "templates"

    @property
    def outbox_folder(self) -> Path:
        return self.folder / "outbox"

    def chosen(self, name: str, stored: Choices) -> Choices:
        """The author's choices for an issue: those in the file win over those by command."""
        table = self.issue.get(name)
        return table.choices(stored) if table else stored

    def api_key(self, environment: Mapping[str, str] | None = None) -> SecretStr:
        """The provider's key. Raises ConfigError where it is not to be had."""
        environment = os.environ if environment is None else environment
        if self.send.api_key_file:
            return _secret_file(self.folder / self.send.api_key_file)
        name = self.send.api_key_env
        if not name:
            raise ConfigError(
                f"config.toml: send.api_key_env is empty, and {self.send.provider} needs a key",
                hint='write the NAME of an environment variable there, like "POSTMARK_TOKEN"',
            )
        if not environment.get(name):
            raise ConfigError(
                f"the environment variable {name} is not set, and {self.send.provider} needs a key",
                hint=f"set it (export {name}=…), or name a file in send.api_key_file",
            )
        return SecretStr(environment[name].strip())


def _secret_file(path: Path) -> SecretStr:
    try:
        mode = path.stat().st_mode
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(
            f"send.api_key_file: {path.name} cannot be read",
            hint="check the name; it is relative to config.toml",
        ) from problem
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigError(f"send.api_key_file: others can read {path.name}", hint=f"chmod 600 {path.name}")
    if not secret:
        raise ConfigError(f"send.api_key_file: {path.name} is empty", hint="put the provider's key into it")
    return SecretStr(secret)


def load(path: Path) -> Settings:
    """The settings in the file at `path`. Raises ConfigError that lists every problem."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError as problem:
        raise ConfigError(
            f"there is no {path.name} here",
            hint="`warmletter init` writes one, or give one with --config FILE",
        ) from problem
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{path.name} cannot be read: {problem.__class__.__name__}") from problem
    return parsed(text, path)


def parsed(text: str, path: Path) -> Settings:
    """The settings in `text`, as if it stood in the file at `path`. Raises ConfigError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(
            f"{path.name} is not TOML: {problem}",
            hint='texts stand in "straight quotes", lists in [square brackets]',
        ) from problem
    try:
        settings = Settings.model_validate({**document, "folder": path.resolve().parent})
    except ValidationError as problem:
        raise ConfigError("\n".join(_problems(problem, path.name))) from problem
    if bad := [name for name in settings.issue if not _is_period(name)]:
        raise ConfigError(f'{path.name}: [issue."{bad[0]}"] is not a month; write it like [issue."2026-11"]')
    return settings


def _is_period(name: str) -> bool:
    try:
        Period.parse(name)
    except ValueError:
        return False
    return True


def _problems(error: ValidationError, file: str) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        where = ".".join(str(part) for part in problem["loc"])
        value = problem.get("input")
        match problem["type"]:
            case "extra_forbidden":
                yield f"{file}: {where} is not a setting{_meant(problem['loc'])}"
            case "missing":
                yield f"{file}: {where} is missing"
            case "value_error":
                text = str(problem["msg"]).removeprefix("Value error, ")
                yield f"{file}: {where}: {text}"
            case "string_too_short" | "too_short":
                yield f"{file}: {where} is empty; fill it in"
            case _:
                yield f"{file}: {where} = {value!r}: {_lower(str(problem['msg']))}"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _meant(loc: tuple[int | str, ...]) -> str:
    table: type[BaseModel] = Settings
    for part in loc[:-1]:
        field = table.model_fields.get(str(part))
        inner = field.annotation if field else IssueTable
        arguments = [a for a in get_args(inner) if isinstance(a, type) and issubclass(a, BaseModel)]
        found = inner if isinstance(inner, type) else (arguments[0] if arguments else None)
        if not (isinstance(found, type) and issubclass(found, BaseModel)):
            return ""
        table = found
    names = [field.alias or name for name, field in table.model_fields.items() if name != "folder"]
    near = difflib.get_close_matches(str(loc[-1]), names, n=1)
    return f"; did you mean {near[0]}?" if near else ""
