"""Objects of foreign types raise only errors of this library."""

from collections.abc import Callable
from typing import Any

import pytest

from alertmap import AlertmapError, Source, from_dict, parse, parse_document


class _Unhashable(type):
    """A type that has no hash."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(cls, other: object) -> bool:
        return cls is other


class Foreign(metaclass=_Unhashable):
    """An unhashable foreign object."""


@pytest.mark.parametrize(
    "call",
    [
        lambda: parse_document("kapacitor", Foreign()),
        lambda: parse_document("kapacitor", {"a": [Foreign()]}),
        lambda: from_dict(Foreign()),
        lambda: from_dict({"labels": {"a": Foreign()}, "vendor": Foreign()}),
        lambda: parse("kapacitor", b"{}", source=Source("a", options={"dedup_on": Foreign()})),
    ],
)
def test_types_without_a_hash(call: Callable[[], Any]) -> None:
    """An object that cannot be hashed is refused like any other object that is not JSON."""
    with pytest.raises(AlertmapError):
        call()
