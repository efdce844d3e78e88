"""Timelines as JSON and back. What version 1 wrote will load for ever.

A timeline, a statement and an incident are each an object with the names of their class. Times are ISO 8601 text in
UTC, states and severities their words, an order key a list: time, sequence, start, event, no_data, episode. What is
None, false, zero or empty is left out; so is `now`, which the fold makes anew.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from alertmap.errors import ConfigurationError
from alertmap.incidents.model import STATES, Facts, Key, Policy
from alertmap.incidents.timeline import EVENTS, Record, Timeline, newest, utc
from alertmap.model import Severity, State

VERSION = 1


def dump_timeline(timeline: Timeline) -> dict[str, Any]:
    """The timeline as JSON types."""
    return _written({name: getattr(timeline, name) for name in _TIMELINE})


def load_timeline(data: object, policy: Callable[[str], Policy]) -> Timeline:
    """The timeline that `dump_timeline` wrote; `policy` gives the policy of its source.

    Raises:
        ConfigurationError: it is not what `dump_timeline` writes.
    """
    timeline = Timeline(**_read(data, _TIMELINE))
    _hold(timeline)
    return newest(timeline, policy(timeline.source))


def _hold(timeline: Timeline) -> None:
    """Insist on what every timeline is."""
    base, horizon = timeline.base, timeline.horizon
    order = [record.key for record in timeline.recent]
    if horizon is not None:
        order.insert(0, horizon)
    if not timeline.recent or any(one >= other for one, other in pairwise(order)):
        raise ConfigurationError("snapshot: the statements of a timeline must be there, in order, above its horizon")
    if base is not None:
        firsts = [key for key in (base.first, base.mark, horizon) if key is not None]
        if horizon is None or firsts != sorted(firsts):
            raise ConfigurationError("snapshot: the base of a timeline must lie below its horizon")
        if (STATES[base.state] is State.RESOLVED) is (base.resolved_at is None):
            raise ConfigurationError("snapshot: an incident has a time of its end if it is closed, and only then")


# --- Writing ----------------------------------------------------------------------------------------------------------


def _written(fields: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: _plain(name, value) for name, value in fields.items()}
    return {name: value for name, value in plain.items() if value not in (None, False, 0, "", [])}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, (Record, Facts)):
        return _written(value._asdict())
    if name == "recent":
        return [_plain("", record) for record in value]
    if name == "state":
        return STATES[value].value
    if isinstance(value, tuple):
        time, sequence, started, event, no_data, episode = value
        return [time.isoformat(), sequence, started.isoformat(), _WORDS[event], no_data, episode]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Severity) else value


# --- Reading ----------------------------------------------------------------------------------------------------------

_WORDS = tuple(event.value if isinstance(event, State) else event for event in EVENTS)


def _read(data: object, readers: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    if not isinstance(data, dict) or data.keys() - readers.keys():
        raise ConfigurationError(f"snapshot: an object with some of {', '.join(readers)} is wanted")
    values = {}
    for name, read in readers.items():
        try:
            values[name] = read(data.get(name))
        except (KeyError, TypeError, ValueError):
            raise ConfigurationError(f"snapshot: {name} does not hold what it should") from None
    return values


def _text(data: Any) -> str:
    return "" if data is None else _a(str, data)


def _flag(data: Any) -> bool:
    return data is not None and _a(bool, data)


def _number(data: Any) -> int:
    if isinstance(data, bool):
        raise TypeError
    return 0 if data is None else _a(int, data)


def _a(kind: type[Any], data: Any) -> Any:
    if not isinstance(data, kind):
        raise TypeError
    return data


def _time(data: Any) -> datetime:
    return utc(datetime.fromisoformat(data), "snapshot: a time")


def _time_or_none(data: Any) -> datetime | None:
    return None if data is None else _time(data)


def _severity_or_none(data: Any) -> Severity | None:
    return None if data is None else Severity(data)


def _state(data: Any) -> int:
    return STATES.index(State(data))


def _key(data: Any) -> Key:
    time, sequence, started, event, no_data, episode = _a(list, data)
    return (
        _time(time),
        _number(_a(int, sequence)),
        _time(started),
        _WORDS.index(event),
        _a(bool, no_data),
        _a(str, episode),
    )


def _key_or_none(data: Any) -> Key | None:
    return None if data is None else _key(data)


def _record(data: Any) -> Record:
    return Record(**_read(data, _RECORD))


def _facts_or_none(data: Any) -> Facts | None:
    return None if data is None else Facts(**_read(data, _FACTS))


def _records(data: Any) -> tuple[Record, ...]:
    return tuple(_record(record) for record in _a(list, data))


_RECORD: Mapping[str, Callable[[Any], Any]] = {
    "key": _key,
    "severity": _severity_or_none,
    "title": _text,
    "heard": _time,
    "expires_at": _time_or_none,
    "untimed": _flag,
    "marked": _flag,
}

_FACTS: Mapping[str, Callable[[Any], Any]] = {
    "first": _key,
    "mark": _key_or_none,
    "previous": _key_or_none,
    "state": _state,
    "resolved_at": _time_or_none,
    "expired": _flag,
    "severity": _severity_or_none,
    "max_severity": _severity_or_none,
    "title": _text,
    "last_seen": _time,
    "expires_at": _time_or_none,
    "said": _number,
    "no_data": _flag,
    "episode": _text,
}

_TIMELINE: Mapping[str, Callable[[Any], Any]] = {
    "source": _text,
    "vendor": _text,
    "dedup_key": _text,
    "base": _facts_or_none,
    "horizon": _key_or_none,
    "recent": _records,
    "total": _number,
    "heard": _time,
}
