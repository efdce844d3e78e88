"""Memory of the requests that were received, so that a retry is recognised."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from alertmap.errors import ConfigurationError


class SeenStore(Protocol):
    """Store of marks, by source: a name such as `id:42`, and a text.

    Write the marks of a request in the transaction that stores the request itself: a mark without its request loses
    the alerts, a request without its mark only processes a retry again.
    """

    def get(self, source: str, name: str, now: datetime) -> str | None:
        """Return the text of a mark; None where there is none, or it has expired."""

    def put(self, source: str, marks: Mapping[str, str], now: datetime) -> None:
        """Write marks; an older text of the same name is replaced."""


class MemorySeenStore:
    """Store of marks in memory, for one process. The oldest marks are forgotten first.

    Args:
        max_marks: number of marks that are kept.
        keep: time after which a mark is forgotten. Senders that follow Standard Webhooks try for three days.

    Raises:
        ConfigurationError: `max_marks` or `keep` is not positive.
    """

    def __init__(self, max_marks: int = 100_000, keep: timedelta = timedelta(days=4)) -> None:
        given: tuple[object, object] = (max_marks, keep)
        if [*map(type, given)] != [int, timedelta] or max_marks < 1 or keep <= timedelta():
            raise ConfigurationError("max_marks must be a positive int, keep a positive timedelta")
        self._max, self._keep = max_marks, keep
        self._marks: OrderedDict[tuple[str, str], tuple[str, datetime]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._marks)

    def get(self, source: str, name: str, now: datetime) -> str | None:
        """Return the text of a mark; None where there is none, or it has expired."""
        text, at = self._marks.get((source, name), ("", None))
        return None if at is None or now - at > self._keep else text

    def put(self, source: str, marks: Mapping[str, str], now: datetime) -> None:
        """Write marks; an older text of the same name is replaced."""
        for name, text in marks.items():
            self._marks[source, name] = (text, now)
            self._marks.move_to_end((source, name))
        while len(self._marks) > self._max:
            self._marks.popitem(last=False)
