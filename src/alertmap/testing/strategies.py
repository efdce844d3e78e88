"""Hypothesis strategies: payloads of a vendor, damaged ones, and streams of alerts as they really come in.

from hypothesis import given
from alertmap.testing import payloads, streams

@given(payloads(adapter))  # JSON documents that the adapter's wire model admits
@given(damaged_payloads("fixtures/acme"))  # its fixtures with up to three places broken
@given(streams(keys=2))  # alerts late, repeated and out of order
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from attrs import evolve
from hypothesis import strategies as st

from alertmap import wire
from alertmap.adapter import Adapter
from alertmap.intake.dedup import dedup_key
from alertmap.model import Alert, Severity, State
from alertmap.testing.damage import EDGE_VALUES
from alertmap.testing.fixtures import document, load
from alertmap.wire.models import inside_text, is_loose

texts = st.sampled_from(["", " ", "x", "web-1", "a=b,c~d%", "é\u202e\n\x00", "{{ x }}", "OK", "ok", "0"]) | st.text(
    max_size=20
)
"""Texts, the edges first."""

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
"""JSON's scalars."""

anything = st.recursive(scalars, lambda below: st.lists(below, max_size=3) | st.dictionaries(texts, below, max_size=3))
"""Any JSON value."""


def documents(hint: Any) -> st.SearchStrategy[Any]:
    """JSON documents that fit a wire type or model; every optional key there or not, unknown keys beside them."""
    noted = wire.encoding(hint)
    if wire.in_text(hint):
        inside = documents(inside_text(hint))
        return inside | inside.map(json.dumps)
    if noted is not None and noted.examples:
        return st.sampled_from(noted.examples)
    if wire.is_model(hint):
        return st.deferred(lambda: _models(hint))
    arguments = get_args(hint)
    match wire.kind_of(hint):
        case "annotated":
            return documents(arguments[0])
        case "union":
            return st.one_of(*(documents(one) for one in arguments))
        case "literal":
            return st.sampled_from(arguments)
        case "list" | "items":
            return st.lists(documents(arguments[0]), max_size=3)
        case "object":
            return st.dictionaries(texts, documents(arguments[1]), max_size=3)
    return {
        str: texts,
        int: st.integers(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
        type(None): st.none(),
    }.get(hint, anything)


def _models(cls: type) -> st.SearchStrategy[dict[str, Any]]:
    by_key: dict[str, list[wire.Field]] = {}
    for field in wire.fields(cls):
        if field.fact is None:
            by_key.setdefault(field.key, []).append(field)
    required = {key: _entries(cls, some) for key, some in by_key.items() if any(field.required for field in some)}
    optional = {key: _entries(cls, some) for key, some in by_key.items() if key not in required}
    exact = st.fixed_dictionaries(required, optional=optional).map(lambda entries: dict(entries.values()))
    if wire.is_closed(cls):
        return exact
    more = st.dictionaries(texts, anything, max_size=2)
    return st.builds(lambda extra, own: {**extra, **own}, more, exact)


def _entries(cls: type, some: Sequence[wire.Field]) -> st.SearchStrategy[tuple[str, Any]]:
    """A key and its value, for all fields that read this key: in one of its spellings, and null where it may be."""
    strictest = min(some, key=lambda field: (not field.decides, _is_total(field.type)))
    value = documents(strictest.type)
    if not strictest.decides:
        value = st.integers(0, 5).flatmap(lambda number: value if number < 5 else st.none())  # noqa: PLR2004
    keys = list(strictest.keys)
    if is_loose(cls):
        keys += [key.upper() for key in keys] + [key.replace("_", "-") for key in keys]
    return st.tuples(st.sampled_from(keys), value)


def _is_total(hint: Any) -> bool:
    noted = wire.encoding(hint)
    return noted is not None and noted.is_total


def payloads(adapter: Adapter) -> st.SearchStrategy[Any]:
    """JSON documents that an adapter's wire model admits: what its `read` must take."""
    return documents(adapter.models)


def damaged_payloads(adapter: Adapter, folder: Path | str) -> st.SearchStrategy[Any]:
    """The fixtures of a folder, decoded, with up to three places dropped, doubled or replaced."""
    found = [document(case, adapter.formats) for case in load(folder)]
    return st.sampled_from(found).flatmap(mutations)


@st.composite
def mutations(draw: st.DrawFn, document: Any) -> Any:
    """A document with up to three places dropped, doubled, replaced by an edge value or by junk."""
    for _ in range(draw(st.integers(1, 3))):
        document = _mutated(draw, document)
    return document


def _mutated(draw: st.DrawFn, document: Any) -> Any:
    here = not isinstance(document, dict | list) or not document or draw(st.integers(0, 3)) == 0
    if here:
        return draw(st.sampled_from(EDGE_VALUES) | anything)
    copy = document.copy()
    place = draw(st.sampled_from(sorted(copy) if isinstance(copy, dict) else range(len(copy))))
    match draw(st.sampled_from(["below", "below", "drop", "double"])):
        case "drop":
            del copy[place]
        case "double" if isinstance(copy, list):
            copy.append(copy[place])
        case _:
            copy[place] = _mutated(draw, copy[place])
    return copy


@st.composite
def alerts(draw: st.DrawFn, *, keys: int = 1, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> Alert:
    """Alerts of a few keys within a minute: all states and severities, with and without the sender's time (UTC)."""
    identity = {"check": f"check-{draw(st.integers(1, keys))}"}
    occurred_at = start + timedelta(seconds=draw(st.integers(0, 60)))
    return Alert(
        vendor="any",
        source="any",
        state=draw(st.sampled_from([State.FIRING, State.FIRING, State.RESOLVED, *State])),
        severity=draw(st.sampled_from(Severity)),
        identity=identity,
        dedup_key=dedup_key("any", identity),
        title=draw(st.sampled_from(["it burns", "it smokes"])),
        occurred_at=occurred_at if draw(st.integers(0, 5)) else None,
        episode=draw(st.sampled_from([None, None, "1", "2"])),
        no_data=draw(st.integers(0, 5)) == 0,
    )


@st.composite
def streams(
    draw: st.DrawFn, *, keys: int = 2, max_size: int = 12, within: timedelta = timedelta(minutes=1)
) -> list[Alert]:
    """Alerts in order of arrival, as senders and networks really deliver them: late, repeated and out of order.

    Each alert is received within `within` of its own time, never before it. A repeat is the same alert, with the time
    of receipt of its own delivery.
    """
    sent: Sequence[Alert] = draw(st.lists(alerts(keys=keys), min_size=1, max_size=max_size))
    repeats = draw(st.lists(st.sampled_from(sent), max_size=3))
    delays = draw(st.lists(st.integers(0, int(within.total_seconds())), min_size=len(sent) + len(repeats)))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    received = [
        evolve(alert, received_at=(alert.occurred_at or start) + timedelta(seconds=delay))
        for alert, delay in zip([*sent, *repeats], delays, strict=False)
    ]
    return sorted(received, key=lambda alert: alert.received_at or start)
