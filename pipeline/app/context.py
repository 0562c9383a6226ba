"""What every use case works with, and what it reads off the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.due import Due, Rule, next_due
from pipeline.errors import UsageError
from pipeline.model import IssueState, Limits, Period, Post, ReadPost, Sender
from pipeline.ports import Clock, Copier, Fetcher, Parser, Provider, Store
from pipeline.read import read_post
from pipeline.render.letter import Leaving
from pipeline.render.look import Look
from pipeline.render.templates import Templates
from pipeline.render.view import House
from pipeline.settings import Settings

OPEN = (IssueState.DRAFT, IssueState.APPROVED, IssueState.SENDING)
OVER = (IssueState.SENT, IssueState.SKIPPED, IssueState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The program, wired. `provider` is called only where something is to be sent; `limits` are its own."""

    settings: Settings
    store: Store
    fetcher: Fetcher
    parser: Parser
    pictures: Fetcher  # of pictures, within limits of their own
    copier: Copier
    clock: Clock
    templates: Templates
    provider: Callable[[], Provider]
    limits: Callable[[], Limits]

    @property
    def rule(self) -> Rule:
        return Rule.parse(self.settings.schedule.day)

    @property
    def house(self) -> House:
        practice, letter, look = self.settings.practice, self.settings.letter, self.settings.look
        return House(
            practice=practice.name,
            author=practice.author,
            address=practice.address,
            site=practice.site,
            country=practice.country,
            language=practice.language,
            style=letter.style,
            checklist_line=letter.checklist_line,
            sign_off=letter.sign_off,
            pictures=letter.pictures,
            look=Look(font=look.font, accent=look.accent),
        )

    @property
    def sender(self) -> Sender:
        send = self.settings.send
        return Sender(name=self.settings.practice.name, address=send.sender, reply_to=send.answers)

    @property
    def leaving(self) -> Leaving:
        return Leaving(base_url=self.settings.web.base_url, mail_to=self.settings.send.answers)

    def read(self, post: Post) -> ReadPost:
        """The post as it reads. Raises CannotRead."""
        if not self.settings.letter.feature_pictures:
            post = replace(post, picture="")
        return ReadPost(post=post, reading=read_post(post))

    def next_due(self) -> Due:
        """The next letter's hour; one that is over before its hour is passed by."""
        schedule, zone = self.settings.schedule, self.settings.practice.zone
        due = next_due(self.clock.now(), self.rule, schedule.time, zone)
        while (record := self.store.issues.get(str(due.period))) and record.state in OVER:
            due = next_due(due.at, self.rule, schedule.time, zone)
        return due

    def issue_to_compose(self, name: str | None) -> str:
        """`name`, checked; without one the letter at work, else the next due: one that is over is not."""
        if name is not None:
            return self.issue_named(name)
        begun = (IssueState.DRAFT, IssueState.APPROVED)
        at_work = [issue.name for issue in self.store.issues.all() if issue.state in begun]
        return (at_work or [str(self.next_due().period)])[0]

    def issue_named(self, name: str | None) -> str:
        """`name`, checked; without one the letter at work, else the latest, else the next due."""
        if name is not None:
            try:
                return str(Period.parse(name))
            except ValueError as problem:
                raise UsageError(str(problem)) from problem
        issues = self.store.issues.all()
        at_work = [issue.name for issue in issues if issue.state in OPEN]
        return (at_work or [issue.name for issue in issues] or [str(self.next_due().period)])[0]
