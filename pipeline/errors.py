"""What we expect to go wrong. Each class carries its exit code; anything else is a bug."""

from __future__ import annotations


class WarmletterError(Exception):
    """Something that stops the run: what is wrong, and the next step."""

    exit_code = 1

    def __init__(self, problem: str, *, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.problem}\n  {self.hint}" if self.hint else self.problem


class ConfigError(WarmletterError):
    """config.toml or a secret is missing or wrong; all problems are listed, one a line."""

    exit_code = 2


class UsageError(WarmletterError):
    """The command was called with something that cannot be meant."""

    exit_code = 2


class StoreError(WarmletterError):
    """The database or the disk did not take what we gave it."""


class Locked(StoreError):
    """Another program holds the database, for longer than we wait for each step."""


class CannotRead(WarmletterError):
    """One post or file could not be read into blocks; names the post and the reason."""


class NothingToSay(WarmletterError):
    """No post for the letter asked for."""


class NotVerbatim(WarmletterError):
    """The letter would show as the author's words what she did not write."""


class TemplateProblem(WarmletterError):
    """A template does not compile, names something undefined, or loses the author's words."""


class NotAllowed(WarmletterError):
    """The issue is not in a state in which this may be done (not approved, changed, sent)."""


class ChecksFailed(WarmletterError):
    """A check blocks the letter."""


class Busy(WarmletterError):
    """Another process is doing this right now."""


class Forged(WarmletterError):
    """A request that says it is the provider's, and cannot prove it."""


class Halted(WarmletterError):
    """The letter was paused or cancelled while it was going out."""


class ProviderStop(WarmletterError):
    """The provider will take nothing at all: bad key, sender not verified, out of credit.

    No recipient is to blame, so none is marked; the run stops and can be repeated.
    """
