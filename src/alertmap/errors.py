"""Every error that leaves this library.

`AlertmapError` is the base of them all; whatever comes in, nothing else leaves a public function. Each kind carries
`http_status`, a hint for services that answer a webhook. No message holds a value of the payload: it may be a secret.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alertmap.model import Problem


class AlertmapError(Exception):
    """The base of all errors of this library."""

    http_status = 500


class ConfigurationError(AlertmapError):
    """Our caller's fault: options, priorities, limits or arguments that cannot mean anything."""


class UnknownVendor(AlertmapError):
    """There is no adapter of that name."""

    http_status = 404


class AdapterError(AlertmapError):
    """The adapter's fault: its module does not load, or its `read` raised; the cause is kept."""


class AuthError(AlertmapError):
    """The request does not prove that it comes from its sender."""

    http_status = 401


class PayloadError(AlertmapError):
    """The sender's fault: the request cannot be read.

    `vendor` is the adapter that was asked ("" before one was chosen), `problems` says what is wrong and where, `hint`
    what else it may be.
    """

    http_status = 422

    def __init__(self, message: str, *, vendor: str = "", problems: Sequence["Problem"] = (), hint: str = "") -> None:
        super().__init__(message)
        self.vendor = vendor
        self.problems = tuple(problems)
        self.hint = hint

    def __str__(self) -> str:
        message = f"{super().__str__()} ({self.hint})" if self.hint else super().__str__()
        return f"{self.vendor}: {message}" if self.vendor else message


class DecodeError(PayloadError):
    """The body is not text, or not JSON, a form or XML."""

    http_status = 400


class LimitError(PayloadError):
    """The input is larger than its `Limits` allow, or a source has more open incidents than its policy allows."""

    http_status = 413


class ShapeError(PayloadError):
    """The body decodes, but it is not what the vendor sends."""


_LONGEST = 64  # characters of a word that are compared: it may come from a URL


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean ...?)` for an error, without regard to case, or "" where nothing is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for who misspelt something

    folded = {one.casefold(): one for one in known}
    close = [folded[one] for one in get_close_matches(word[:_LONGEST].strip().casefold(), folded, 1)]
    return f" (did you mean {close[0]!r}?)" if close else ""


_LISTED = 8  # sentences that one message shows


def join_limited(sentences: Sequence[str]) -> str:
    """Write sentences as one message; of many only the first, and how many more there are."""
    more = len(sentences) - _LISTED
    return "; ".join([*sentences[:_LISTED], *([f"and {more} more"] if more > 0 else [])])
