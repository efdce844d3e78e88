"""Alerts to JSON and back. The schema of what is written is `alert.schema.json` beside this file."""

from datetime import UTC, datetime
from typing import Any

from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn, override

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


def _writer(*, omit_defaults: bool) -> Converter:
    converter = Converter(unstruct_collection_overrides={tuple: list})
    converter.register_unstructure_hook(datetime, _written)
    converter.register_unstructure_hook(
        Alert,
        make_dict_unstructure_fn(
            Alert, converter, _cattrs_omit_if_default=omit_defaults, raw=override(unstruct_hook=lambda raw: raw)
        ),
    )
    return converter


_whole = _writer(omit_defaults=False)
_short = _writer(omit_defaults=True)


def to_dict(alert: Alert, *, omit_defaults: bool = False) -> dict[str, Any]:
    """Write an alert as JSON types: times as RFC 3339 text in UTC, states and severities as their names.

    With `omit_defaults` the fields that hold their default are left out. `raw` is the alert's own element, not a copy.

    Raises:
        ConfigurationError: it is no alert, or a time of it is naive.
    """
    if not isinstance(alert, Alert):
        raise ConfigurationError(f"to_dict takes an Alert, not a {type(alert).__name__}")
    written: dict[str, Any] = (_short if omit_defaults else _whole).unstructure(alert)
    return written


def from_dict(written: Any) -> Alert:
    """Read what `to_dict` wrote, with or without the defaults.

    Raises:
        ShapeError: it is not an alert; the message says where.
    """
    try:
        alert: Alert = wire.structure(wire.plain(written), Alert)
    except wire.Mismatch as error:
        raise ShapeError(str(error), problems=error.problems()) from None
    return alert
