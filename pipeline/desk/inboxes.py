"""Subject and preheader as lists of mail and lock screens cut them.

No program cuts at a count of letters: it cuts where the line ends, which differs by screen, type
size and wording. The counts are what is seen at the usual size, taken low rather than high.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """Where one program cuts. `line`: subject and preheader share one line of so many characters."""

    name: str
    subject: int
    preheader: int
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    name: str
    subject: str
    preheader: str
    whole: bool  # the subject is seen to its end


LISTS = (
    Inbox(name="Gmail on a computer", subject=70, preheader=100, line=105),
    Inbox(name="Gmail on a phone", subject=38, preheader=42),
    Inbox(name="Apple Mail on a Mac", subject=60, preheader=140),
    Inbox(name="Apple Mail on an iPhone", subject=38, preheader=84),
    Inbox(name="Outlook on a computer", subject=55, preheader=55),
    Inbox(name="Outlook on a phone", subject=38, preheader=75),
)
LOCK_SCREENS = (
    Inbox(name="iPhone, lock screen", subject=40, preheader=110),
    Inbox(name="Android, lock screen", subject=42, preheader=45),
)


def seen(inbox: Inbox, subject: str, preheader: str) -> Seen:
    shown = cut(subject, inbox.subject)
    left = max(0, inbox.line - len(shown) - 3) if inbox.line else inbox.preheader
    return Seen(
        name=inbox.name,
        subject=shown,
        preheader=cut(preheader, min(left, inbox.preheader)),
        whole=shown == subject,
    )


def cut(text: str, most: int) -> str:
    """The text as a program cuts it: at the letter, whatever the word."""
    if len(text) <= most:
        return text
    return text[: most - 1].rstrip() + "…" if most > 1 else ""
