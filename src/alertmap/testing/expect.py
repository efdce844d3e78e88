"""Expectations: a person writes into `about.toml` what each fixture's request must become.

expect = "firing high"                                     one alert: its state, its severity
expect = "resolved -"                                      `-`: no severity
expect = "firing medium key_fallback level_unknown"        then its problem codes, sorted, each once
expect = ["firing high", "resolved -", "bad_element"]      several alerts in order, then the batch's own problem codes
expect = "test"                                            no alert: the reason, then the batch's problem codes
expect = "refused ShapeError"                              a refusal: the class of the error
"""

from collections.abc import Iterable, Sequence

from alertmap.errors import AdapterError, DecodeError, LimitError, PayloadError, ShapeError, did_you_mean
from alertmap.model import Batch, Problem, ProblemCode, Reason, Severity, State

NO_SEVERITY = "-"
REFUSED = "refused"
NOTHING = "nothing"
"""The word for a batch without alerts and without a reason. No fixture may expect it."""

_STATES = [state.value for state in State]
_SEVERITIES = [*(severity.value for severity in Severity), NO_SEVERITY]
_CODES = [code.value for code in ProblemCode]
_REASONS = [reason.value for reason in Reason]
_ERRORS = [kind.__name__ for kind in (ShapeError, DecodeError, LimitError, AdapterError)]


def parse_expect(written: str | Sequence[str]) -> tuple[str, ...]:
    """Return the lines of an `expect`, one per alert or batch problem.

    Raises:
        ValueError: a word is unknown, or the codes are not sorted; the message names the nearest word.
    """
    lines = (written,) if isinstance(written, str) else tuple(written)
    if not lines:
        raise ValueError('an empty list; write the reason, as in expect = "no_alert"')
    for line in lines:
        _check_line(line, is_only=len(lines) == 1)
    return lines


def _check_line(line: str, *, is_only: bool) -> None:
    words = line.split(" ")
    first, *rest = words
    if first in _STATES:
        if not rest:
            raise ValueError(f"{line!r} has no severity: write one of {', '.join(_SEVERITIES)} after the state")
        _check_word(rest[0], _SEVERITIES, "severity")
        codes = rest[1:]
    elif is_only and first == REFUSED:
        if len(rest) != 1:
            raise ValueError(f"{line!r} must name one error: {', '.join(_ERRORS)}")
        _check_word(rest[0], _ERRORS, "error")
        return
    elif is_only:
        _check_word(first, [*_STATES, *_REASONS, REFUSED], "state or reason")
        codes = rest
    else:
        _check_word(first, [*_STATES, *_CODES], "state or problem code")
        if rest:
            raise ValueError(f"{line!r}: write each problem code of the batch as an element of its own")
        return
    for code in codes:
        _check_word(code, _CODES, "problem code")
    if codes != sorted(set(codes)):
        raise ValueError(f"{line!r}: write each problem code once, sorted: {' '.join(sorted(set(codes)))}")


def _check_word(word: str, known: list[str], kind: str) -> None:
    if word not in known:
        raise ValueError(f"{word!r} is no {kind}{did_you_mean(word, known)}")


def refusal_lines(error: PayloadError) -> tuple[str, ...]:
    """Return a refusal in the lines of an `expect`."""
    return (f"{REFUSED} {type(error).__name__}",)


def batch_lines(batch: Batch) -> tuple[str, ...]:
    """Return a batch in the lines of an `expect`."""
    codes = _codes(batch.problems)
    if not batch.alerts:
        return (" ".join([batch.reason.value if batch.reason else NOTHING, *codes]),)
    alerts = (
        " ".join([a.state.value, a.severity.value if a.severity else NO_SEVERITY, *_codes(a.problems)]) for a in batch
    )
    return (*alerts, *codes)


def toml(lines: Sequence[str]) -> str:
    """Return lines as `about.toml` has them."""
    quoted = [f'"{line}"' for line in lines]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"


def _codes(problems: Iterable[Problem]) -> list[str]:
    return sorted({problem.code.value for problem in problems})
