"""Values as JSON types, and alerts back; `alert.schema.json` beside this file is the schema of an alert."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, overload

from alertmap import wire
from alertmap.errors import ConfigurationError, ShapeError
from alertmap.model import Alert, Batch, Problem
from alertmap.times import time_text

if TYPE_CHECKING:
    from alertmap.incidents.model import Incident, Transition

AnyAlert = TypeVar("AnyAlert", bound=Alert)

_ABOUT = ("state", "severity", "dedup_key", "title", "source", "vendor")
_FIRST: Mapping[str, tuple[str, ...]] = {
    "Alert": _ABOUT,
    "Incident": _ABOUT,
    "Batch": ("vendor", "source", "reason", "alerts", "problems"),
    "Transition": ("kind", "cause", "at", "was", "incident"),
}
"""Fields that come first, for people who read the JSON; the others follow in the order of the class."""


@cache
def _writer(cls: type, *, omit_defaults: bool) -> Callable[[Any], dict[str, Any]]:
    # Lazy import: many programs write nothing (bench row `import alertmap, beside attrs alone`).
    from attrs import has  # noqa: PLC0415
    from cattrs import Converter  # noqa: PLC0415
    from cattrs.gen import make_dict_unstructure_fn, override  # noqa: PLC0415

    converter = Converter(unstruct_collection_overrides={tuple: list})
    converter.register_unstructure_hook(datetime, time_text)
    converter.register_unstructure_hook(StrEnum, lambda word: word.value)

    @converter.register_unstructure_hook_factory(has)
    def _in_order(cls: Any) -> Callable[[Any], dict[str, Any]]:
        raw = override(unstruct_hook=lambda raw: raw)
        write = make_dict_unstructure_fn(cls, converter, _cattrs_omit_if_default=omit_defaults, raw=raw)
        first = _FIRST.get(cls.__name__, ())

        def ordered(value: Any) -> dict[str, Any]:
            written = write(value)
            return {name: written[name] for name in first if name in written} | written

        return ordered

    written: Callable[[Any], dict[str, Any]] = converter.get_unstructure_hook(cls)
    return written


def to_dict(value: "Alert | Batch | Problem | Incident | Transition", *, omit_defaults: bool = False) -> dict[str, Any]:
    """Return a value as JSON types: times as RFC 3339 text in UTC, states, severities and kinds as their words.

    What a reader looks for comes first: state, severity, key and title. With `omit_defaults`, fields that hold their
    default are left out. `raw` of an alert or batch is the decoded payload itself, not a copy.

    Raises:
        ConfigurationError: the argument is another object, or one of its times is naive.
    """
    if not isinstance(value, (Alert, Batch, Problem)):
        from alertmap.incidents.model import Incident, Transition  # noqa: PLC0415 - many programs only parse

        if not isinstance(value, (Incident, Transition)):
            names = "Alert, Batch, Problem, Incident or Transition"
            raise ConfigurationError(f"expected {names}, got {type(value).__name__}")
    cls: Any = type(value)
    return _writer(cls, omit_defaults=omit_defaults is True)(value)


@overload
def from_dict(written: Any) -> Alert: ...
@overload
def from_dict(written: Any, kind: type[AnyAlert]) -> AnyAlert: ...
def from_dict(written: Any, kind: type[Alert] = Alert) -> Alert:
    """Return the alert that `to_dict` wrote, with or without the defaults.

    Args:
        written: JSON types.
        kind: `Alert`, or a subclass that was written, such as `alertmap.target.Message`.

    Raises:
        ShapeError: the argument is not an alert; the message names the paths.
    """
    try:
        alert: Alert = wire.structure(wire.plain(written), kind)
    except wire.Mismatch as error:
        raise ShapeError(str(error), problems=error.problems()) from None
    except Exception as error:
        raise ShapeError("expected JSON types, got an object that cannot be inspected") from error
    return alert
