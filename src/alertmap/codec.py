"""Alerts to JSON and back. The schema of what is written is `alert.schema.json` beside this file."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from alertmap import wire
from alertmap.errors import ConfigurationError, ShapeError
from alertmap.model import Alert


def _written(moment: datetime) -> str:
    try:
        if moment.utcoffset() is not None:
            return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        pass
    raise ConfigurationError("the times of an alert must be aware, and in a year that UTC has")


@cache
def _writer(*, omit_defaults: bool) -> Callable[[Alert], dict[str, Any]]:
    # Not every user writes alerts, and cattrs takes half as long to import as all of this library.
    from cattrs import Converter  # noqa: PLC0415
    from cattrs.gen import make_dict_unstructure_fn, override  # noqa: PLC0415

    converter = Converter(unstruct_collection_overrides={tuple: list})
    converter.register_unstructure_hook(datetime, _written)
    raw = override(unstruct_hook=lambda raw: raw)
    return make_dict_unstructure_fn(Alert, converter, _cattrs_omit_if_default=omit_defaults, raw=raw)


def to_dict(alert: Alert, *, omit_defaults: bool = False) -> dict[str, Any]:
    """Write an alert as JSON types: times as RFC 3339 text in UTC, states and severities as their names.

    With `omit_defaults` the fields that hold their default are left out. `raw` is the alert's own element, not a copy.

    Raises:
        ConfigurationError: it is no alert, or a time of it is naive.
    """
    if not isinstance(alert, Alert):
        raise ConfigurationError(f"to_dict takes an Alert, not a {type(alert).__name__}")
    return _writer(omit_defaults=omit_defaults)(alert)


def from_dict(written: Any) -> Alert:
    """Read what `to_dict` wrote, with or without the defaults.

    Raises:
        ShapeError: it is not an alert; the message says where.
    """
    try:
        alert: Alert = wire.structure(wire.plain(written), Alert)
    except wire.Mismatch as error:
        raise ShapeError(str(error), problems=error.problems()) from None
    except Exception as error:
        raise ShapeError("an alert cannot hold what is no JSON") from error
    return alert
