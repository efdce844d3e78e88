"""Alerts as JSON types and back; `alert.schema.json` beside this file is the schema."""

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
    except Exception:  # noqa: BLE001, S110 - a time beyond the years 1 to 9999, or a time zone that raises
        pass
    raise ConfigurationError("the times of an alert must be aware and lie in the years 1 to 9999 of UTC")


@cache
def _writer(*, omit_defaults: bool) -> Callable[[Alert], dict[str, Any]]:
    # Lazy import: many programs write no alerts (bench row `import alertmap, beside attrs alone`).
    from cattrs import Converter  # noqa: PLC0415
    from cattrs.gen import make_dict_unstructure_fn, override  # noqa: PLC0415

    converter = Converter(unstruct_collection_overrides={tuple: list})
    converter.register_unstructure_hook(datetime, _written)
    raw = override(unstruct_hook=lambda raw: raw)
    return make_dict_unstructure_fn(Alert, converter, _cattrs_omit_if_default=omit_defaults, raw=raw)


_LEADING = ("state", "severity", "dedup_key", "identity")  # for people who read the JSON


def to_dict(alert: Alert, *, omit_defaults: bool = False) -> dict[str, Any]:
    """Return an alert as JSON types: times as RFC 3339 text in UTC, states and severities as their names.

    With `omit_defaults`, fields that hold their default are left out. `raw` is the alert's own element, not a copy.

    Raises:
        ConfigurationError: the argument is not an Alert, or one of its times is naive.
    """
    if not isinstance(alert, Alert):
        raise ConfigurationError(f"expected Alert, got {type(alert).__name__}")
    written = _writer(omit_defaults=omit_defaults is True)(alert)
    return {name: written[name] for name in _LEADING} | written


def from_dict(written: Any) -> Alert:
    """Return the alert that `to_dict` wrote, with or without the defaults.

    Raises:
        ShapeError: the argument is not an alert; the message names the paths.
    """
    try:
        alert: Alert = wire.structure(wire.plain(written), Alert)
    except wire.Mismatch as error:
        raise ShapeError(str(error), problems=error.problems()) from None
    except Exception as error:
        raise ShapeError("expected JSON types, got an object that cannot be inspected") from error
    return alert
