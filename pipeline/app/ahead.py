"""The next batch made ready while the last call is on its way: claimed, filled in and packed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.errors import WarmletterError
from pipeline.model import Claim, Message, Parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A claimed batch with its messages, and their calls as they were packed for `most` mails each."""

    claim: Claim
    messages: tuple[Message, ...]
    parcels: tuple[Parcel, ...] = ()
    most: int = 0


class Line:
    """Batches one after the other, the next one ahead. What is claimed and not offered is given back.

    `claim` may claim several in one step: each by itself would have to wait for the disk.
    """

    def __init__(
        self,
        claim: Callable[[], Sequence[Claim]],
        fill: Callable[[Claim], Sequence[Message]],
        pack: Callable[[Sequence[Message], int], Sequence[Parcel]],
        give_back: Callable[[Claim], None],
    ) -> None:
        self._claim = claim
        self._fill = fill
        self._pack = pack
        self._give_back = give_back
        self._next: Ready | None = None
        self._claimed: deque[Claim] = deque()

    def next(self) -> Ready | None:
        """The next batch; None where none is ready to be offered."""
        ready, self._next = self._next, None
        return ready or self._made(0)

    @property
    def ahead(self) -> Ready | None:
        """The batch that was made ready and comes next; None where there is none yet."""
        return self._next

    def look_ahead(self, most: int) -> None:
        """Make the next batch ready, in calls of at most `most`.

        What goes wrong here goes wrong again when its turn comes, and is said then: now there is a
        call under way whose answer is worth more.
        """
        if self._next is None and most:
            try:
                self._next = self._made(most)
            except (WarmletterError, ValueError, LookupError):
                self._next = None

    def close(self) -> None:
        if self._next is not None:
            self._claimed.appendleft(self._next.claim)
            self._next = None
        while self._claimed:
            self._give_back(self._claimed.popleft())

    def _made(self, most: int) -> Ready | None:
        if not self._claimed:
            self._claimed.extend(self._claim())
        if not self._claimed:
            return None
        claim = self._claimed.popleft()
        try:
            messages = tuple(self._fill(claim))
            parcels = tuple(self._pack(messages, most)) if most else ()
        except BaseException:
            self._give_back(claim)
            raise
        return Ready(claim=claim, messages=messages, parcels=parcels, most=most)
