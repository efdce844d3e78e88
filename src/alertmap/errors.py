"""Errors of the library.

Public functions raise `AlertmapError` and its subclasses only, whatever the input. Each class has an `http_status`, a
hint for services that answer a webhook. No message holds a value of the payload: it may be a secret.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum, unique
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alertmap.model import Problem


class AlertmapError(Exception):
    """Base class of all errors of this library."""

    http_status = 500


class ConfigurationError(AlertmapError):
    """Invalid options, priorities, limits or arguments: the caller's fault."""


class UnknownVendor(AlertmapError):
    """No adapter has this name."""

    http_status = 404


class AdapterError(AlertmapError):
    """The module of an adapter does not load, or its `read` raised: the adapter's fault. The cause is kept."""


@unique
class Refusal(StrEnum):
    """Reason why a request is not accepted."""

    MISSING = "missing"  # it has no credential, or a part of its signature is missing
    WRONG = "wrong"  # its token or its signature is another one
    STALE = "stale"  # its signature is right, and its time too far from now
    UNTRUSTED = "untrusted"  # it is signed by somebody who is not known here
    UNSUPPORTED = "unsupported"  # its signature has a version or a form that is not accepted
    TOO_LARGE = "too_large"  # it exceeds its limits
    UNAVAILABLE = "unavailable"  # something that the receiver needs is down: a store, the fetch of a certificate
    TOO_MANY = "too_many"  # the sender has used up its rate
    RETIRED = "retired"  # the source does not exist any more


class AuthError(AlertmapError):
    """The request does not prove that it comes from its sender; `refusal` has the reason."""

    http_status = 401

    def __init__(self, message: str, refusal: Refusal = Refusal.WRONG) -> None:
        super().__init__(message)
        self.refusal = refusal


class PayloadError(AlertmapError):
    """The request cannot be read.

    `vendor` is the adapter in use ("" before one was chosen), `problems` holds the faults with their paths, `hint`
    names another vendor that the request may come from.
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
    """The body decodes, but fits no shape of the vendor."""


_LONGEST = 64  # characters of a word that are compared or shown; the word may come from a URL


def quoted(value: object) -> str:
    """Return a value of the caller's for a message: a text quoted and cut, of any other value its type."""
    if not isinstance(value, str):
        return f"a {type(value).__name__}"
    return repr(value) if len(value) <= _LONGEST else f"{value[:_LONGEST]!r}…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean ...?)` for an error message, ignoring case; "" where no known word is close."""
    from difflib import get_close_matches  # noqa: PLC0415 - lazy: error path only

    folded = {one.casefold(): one for one in known}
    close = [folded[one] for one in get_close_matches(word[:_LONGEST].strip().casefold(), folded, 1)]
    return f" (did you mean {close[0]!r}?)" if close else ""


_LISTED = 8  # sentences in one message


def join_limited(sentences: Sequence[str]) -> str:
    """Join sentences to one message: the first ones, and the number of the others."""
    more = len(sentences) - _LISTED
    return "; ".join([*sentences[:_LISTED], *([f"and {more} more"] if more > 0 else [])])
