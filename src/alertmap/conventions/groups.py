"""Requests that hold a list of alerts."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from attrs import evolve

from alertmap.adapter import Notice, Problem, ProblemCode, Reading, Reason, Result
from alertmap.paths import JsonPath

T = TypeVar("T")


def group(
    items: Iterable[tuple[JsonPath, T]],
    one: Callable[[JsonPath, T], Reading],
    *,
    is_test: Callable[[T], bool],
    path: str,
    notice: Notice = Notice(),  # noqa: B008 - it is immutable
) -> Iterator[Result]:
    """Read a list of alerts: a reading for each that is not a test, a problem for an empty list, and a notice.

    Args:
        items: the alerts with their places: a field of type `wire.Items`.
        one: reads one alert.
        is_test: whether an alert comes from a test button; the notice then has the reason `test`.
        path: the place of the list, for the problem that it is empty.
        notice: facts about the request.
    """
    count = 0
    for where, item in items:
        count += 1
        if is_test(item):
            notice = evolve(notice, reason=Reason.TEST)
        else:
            yield one(where, item)
    if not count:
        yield Problem(ProblemCode.MISSING, path, "the group holds no alerts")
    yield notice
