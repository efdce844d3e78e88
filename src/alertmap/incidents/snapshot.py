"""Timelines as JSON and back. Every later release reads all earlier versions.

A timeline, a statement and an incident are JSON objects. Their keys are the field names of their classes. Times are
ISO 8601 text in UTC, states and severities are words, and an order key is a list: time, sequence, start, event,
no_data, episode. Values that are None, false, zero or empty are left out, and so is `now`, which is recomputed.

Version 1 has other names for some keys (`_NAMES_1`), no `first_received_at`, no `ended` and no mark `still_firing`.
Version 2 has no `details`: resource, message, labels and links of an alert, in an object.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from alertmap.errors import ConfigurationError
from alertmap.incidents.model import STATES, Details, IncidentState, OrderKey, Policy, table_of
from alertmap.incidents.timeline import EVENTS, Statement, Timeline, recompute
from alertmap.model import Severity, State
from alertmap.times import to_utc

VERSION = 4

_NAMES_1: Mapping[str, str] = {
    "opening": "first",
    "announced_as": "mark",
    "announced": "marked",
    "count": "said",
    "received_at": "heard",
    "last_received_at": "heard",
}
"""Keys of version 1 that differ from the name of the field."""
_NEW_SINCE_1 = frozenset({"first_received_at", "ended", "details", "guessed"})


def dump_timeline(timeline: Timeline) -> dict[str, Any]:
    """Return the state of one key as JSON types, with the version of its form, for `load_timeline`.

    Raises:
        ConfigurationError: the argument is not a timeline, or it is that of an unknown key.
    """
    given: object = timeline
    if not isinstance(given, Timeline):
        raise ConfigurationError(f"expected the Timeline of a known key, got {type(given).__name__}")
    if not timeline:
        raise ConfigurationError("expected the Timeline of a known key, got an empty one")
    return {"version": VERSION, **written_timeline(timeline)}


def load_timeline(state: object, policy: Policy) -> Timeline:
    """Return the timeline that `dump_timeline` of this or an earlier release wrote; `policy` is that of its source.

    Raises:
        ConfigurationError: the state is invalid, damaged, or from a newer release.
    """
    if not isinstance(policy, Policy):
        raise ConfigurationError(f"expected Policy, got {type(policy).__name__}")
    return read_state(state, lambda _: policy)


def read_state(state: object, policy: Callable[[str], Policy]) -> Timeline:
    """Return the timeline of a state that has its version; `policy` returns the policy of a source.

    Raises:
        ConfigurationError: the state is invalid, damaged, or from a newer release.
    """
    if not isinstance(state, Mapping):
        raise ConfigurationError(f"state of a key: expected an object, got {type(state).__name__}")
    data = {name: value for name, value in state.items() if name != "version"}
    return read_timeline(data, policy, checked_version(state.get("version")))


def checked_version(version: object) -> int:
    """Return the version of a snapshot or of the state of a key.

    Raises:
        ConfigurationError: this release does not read it.
    """
    if type(version) is not int or not 1 <= version <= VERSION:
        raise ConfigurationError(f"snapshot: this version is unknown; this release reads versions 1 to {VERSION}")
    return version


def written_timeline(timeline: Timeline) -> dict[str, Any]:
    """Return a timeline as JSON types, without a version."""
    return _written({name: getattr(timeline, name) for name in _TIMELINE})


def read_timeline(data: object, policy: Callable[[str], Policy], version: int = VERSION) -> Timeline:
    """Return the timeline that `written_timeline` wrote; `policy` returns the policy of a source.

    Raises:
        ConfigurationError: the data is not the output of `written_timeline`.
    """
    if version == 1:
        data = _from_version_1(data, _TIMELINE)
    timeline = Timeline(**_read(data, _TIMELINE))
    _check(timeline)
    return recompute(timeline, policy(timeline.source))


def _check(timeline: Timeline) -> None:
    """Check what holds for every timeline."""
    base, horizon = timeline.base, timeline.horizon
    order = [statement.key for statement in timeline.recent]
    if horizon is not None:
        order.insert(0, horizon)
    if not timeline.recent or any(one >= other for one, other in pairwise(order)):
        raise ConfigurationError("snapshot: a timeline needs statements, in order and above its horizon")
    if base is not None:
        keys = [key for key in (base.opening, base.announced_as, horizon) if key is not None]
        if horizon is None or keys != sorted(keys):
            raise ConfigurationError("snapshot: the base of a timeline must lie at or below its horizon")
        if (STATES[base.state] is State.RESOLVED) is (base.resolved_at is None):
            raise ConfigurationError("snapshot: a closed incident needs resolved_at, an open one must not have it")


# --- Writing ----------------------------------------------------------------------------------------------------------


def _written(fields: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: _plain(name, value) for name, value in fields.items()}
    return {name: value for name, value in plain.items() if value not in (None, False, 0, "", [], {})}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, (Statement, IncidentState)):
        return _written(value._asdict())
    if name == "details" and value is not None:
        resource, message, labels, links = value
        return _written(
            {"resource": resource, "message": message, "labels": table_of(labels), "links": table_of(links)}
        )
    if name == "recent":
        return [_plain("", statement) for statement in value]
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
    if not isinstance(data, dict):
        raise ConfigurationError(f"snapshot: expected an object, got {type(data).__name__}")
    if data.keys() - readers.keys():
        raise ConfigurationError(f"snapshot: unknown keys; expected only {', '.join(readers)}")
    values = {}
    for name, read in readers.items():
        try:
            values[name] = read(data.get(name))
        except (KeyError, TypeError, ValueError, OverflowError):
            raise ConfigurationError(f"snapshot: {name} is missing or invalid") from None
    return values


def _from_version_1(data: object, readers: Mapping[str, Callable[[Any], Any]]) -> object:
    """Return an object of version 1 with the names of version 2; what is no object of version 1 stays as it is."""
    if not isinstance(data, dict):
        return data
    old_names = {_NAMES_1.get(name, name): name for name in readers if name not in _NEW_SINCE_1}
    found = {old_names.get(key, f"{key!s} of version 1"): value for key, value in data.items()}
    if readers is _TIMELINE:
        found["base"] = _from_version_1(found.get("base"), _INCIDENT)
        recent = found.get("recent")
        if isinstance(recent, list):
            found["recent"] = recent = [_from_version_1(one, _STATEMENT) for one in recent]
            newest = recent[-1] if recent else None
            # The first reception of the newest statement is not known: its latest is safe, the next repeat corrects it.
            found["first_received_at"] = newest.get("received_at") if isinstance(newest, dict) else None
    return found


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
    return to_utc(datetime.fromisoformat(data), "snapshot: a time")


def _time_or_none(data: Any) -> datetime | None:
    return None if data is None else _time(data)


def _severity_or_none(data: Any) -> Severity | None:
    return None if data is None else Severity(data)


def _state(data: Any) -> int:
    return STATES.index(State(data))


def _key(data: Any) -> OrderKey:
    time, sequence, started, event, no_data, episode = _a(list, data)
    return (
        _time(time),
        _number(_a(int, sequence)),
        _time(started),
        _WORDS.index(event),
        _a(bool, no_data),
        _a(str, episode),
    )


def _key_or_none(data: Any) -> OrderKey | None:
    return None if data is None else _key(data)


def _details_or_none(data: Any) -> Details | None:
    if data is None:
        return None
    found = _read(data, _DETAILS)
    return found["resource"], found["message"], found["labels"], found["links"]


def _table(data: Any) -> tuple[str, ...]:
    table = {} if data is None else _a(dict, data)
    return tuple(_a(str, text) for pair in table.items() for text in pair)


def _statement(data: Any) -> Statement:
    return Statement(**_read(data, _STATEMENT))


def _incident_or_none(data: Any) -> IncidentState | None:
    return None if data is None else IncidentState(**_read(data, _INCIDENT))


def _statements(data: Any) -> tuple[Statement, ...]:
    return tuple(_statement(one) for one in _a(list, data))


_DETAILS: Mapping[str, Callable[[Any], Any]] = {
    "resource": _text,
    "message": _text,
    "labels": _table,
    "links": _table,
}

_STATEMENT: Mapping[str, Callable[[Any], Any]] = {
    "key": _key,
    "severity": _severity_or_none,
    "title": _text,
    "received_at": _time,
    "expires_at": _time_or_none,
    "untimed": _flag,
    "announced": _flag,
    "details": _details_or_none,
    "guessed": _flag,
}

_INCIDENT: Mapping[str, Callable[[Any], Any]] = {
    "opening": _key,
    "announced_as": _key_or_none,
    "previous": _key_or_none,
    "state": _state,
    "resolved_at": _time_or_none,
    "expired": _flag,
    "severity": _severity_or_none,
    "max_severity": _severity_or_none,
    "title": _text,
    "last_seen": _time,
    "expires_at": _time_or_none,
    "count": _number,
    "no_data": _flag,
    "episode": _text,
    "details": _details_or_none,
    "ended": _time_or_none,
}

_TIMELINE: Mapping[str, Callable[[Any], Any]] = {
    "source": _text,
    "vendor": _text,
    "dedup_key": _text,
    "base": _incident_or_none,
    "horizon": _key_or_none,
    "recent": _statements,
    "total": _number,
    "first_received_at": _time,
    "last_received_at": _time,
}
