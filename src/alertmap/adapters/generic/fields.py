"""Where the fields of a document stand: by the options, and of all else under their usual spellings."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Annotated, Any, Literal, NamedTuple

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Problem, ProblemCode, Severity, State, normalise
from alertmap.paths import MISSING, JsonPath, format_path, resolve

# A priority "normal" is no recovery; as a state it is one.
ENDS = {word for word, state in conventions.STATES.items() if state is State.RESOLVED and word != "normal"}
FLAGS = {"true": True, "1": True, "false": False, "0": False}
UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
MAX_WRAPPERS = 4
MOST_MAPS = 8

SPELT_AS: dict[str, list[tuple[str, int]]] = {}
"""The fields that a key may stand for, each with the place of its spelling among the field's."""
for _name, _spellings in conventions.SPELLINGS.items():
    for _place, _spelling in enumerate(_spellings):
        SPELT_AS.setdefault(_spelling, []).append((_name, _place))


@wire.model
class Event:
    document: wire.Rest
    received_at: Annotated[datetime | None, wire.ReceivedAt()] = None


@wire.model(closed=True)
class Options:
    state: wire.Path | None = None
    states: dict[str, Literal["firing", "acknowledged", "suppressed", "resolved", "no_data", "test"]] = Factory(dict)
    severity: wire.Path | None = None
    levels: dict[str, Severity] = Factory(dict)
    key: wire.Path | list[wire.Path] | None = None
    title: wire.Path | None = None
    message: wire.Path | None = None
    resource: wire.Path | None = None
    occurred: wire.Path | None = None
    labels: wire.Path | None = None
    link: wire.Path | None = None

    def name_any(self) -> bool:
        """Return whether any place is named."""
        places = (self.state, self.severity, self.key, self.title, self.message, self.resource)
        return any((*places, self.occurred, self.labels, self.link))

    def key_places(self) -> list[wire.PathOption]:
        """The places that make the key together."""
        return self.key if isinstance(self.key, list) else [self.key] if self.key else []


class Fields(NamedTuple):
    """A document, and where its fields stand."""

    document: Mapping[str, object]
    options: Options
    at: JsonPath
    """Where the document stands in that which was sent."""
    guesses: Mapping[str, JsonPath]
    """Places of fields that no option names."""
    maps: tuple[str, ...]
    """Keys of the objects and lists that are labels, where no option names them."""

    def place(self, name: str) -> JsonPath:
        """The place of a field; the root where it has none."""
        named = getattr(self.options, name, None)
        return named.where if named else self.guesses.get(name, ())

    def value(self, name: str) -> Any:
        """The value of a field; None where it is not there."""
        place = self.place(name)
        value = resolve(self.document, place) if place else None
        return None if value is MISSING else value

    def text(self, name: str) -> str:
        """The text of a field; "" where it is not there, or none."""
        return wire.scalar_text(self.value(name)) or ""

    def problem(self, code: ProblemCode, name: str, message: str) -> Problem:
        """A problem at the place of a field."""
        return Problem(code, format_path((*self.at, *self.place(name))), message)


def find_fields(document: Mapping[str, Any], options: Options) -> Fields:
    """Find the fields of a document, or of what stands in its `data` or `result` if it has none itself."""
    fields = guess(document, options, ())
    while not options.name_any() and fields.guesses.keys().isdisjoint({"state", "severity", "key", "title"}):
        inner = {key: it for key in ("data", "result") if isinstance(it := fields.document.get(key), dict)}
        if not inner or len(fields.at) == MAX_WRAPPERS:
            break
        key, document = next(iter(inner.items()))
        fields = guess(document, options, (*fields.at, key))
    return fields


def guess(document: Mapping[str, Any], options: Options, at: JsonPath) -> Fields:
    """Find what the options do not name; no key stands for two fields."""
    spelt: dict[str, list[tuple[int, str]]] = {}
    for key, value in document.items():
        for name, place in SPELT_AS.get(wire.loosen(key), ()) if value is not None else ():
            spelt.setdefault(name, []).append((place, key))
    keys: dict[str, str] = {}

    def usual(name: str, fits: Callable[[str, Any], object]) -> Iterator[str]:
        sent = [key for _, key in sorted(spelt.get(name, ()), key=itemgetter(0))]
        return (key for key in sent if key not in keys.values() and fits(key, document[key]))

    def take(name: str, found: Iterator[str]) -> None:
        key = None if getattr(options, name, None) else next(found, None)
        if key is not None:
            keys[name] = key

    take("state", usual("state", is_state))
    levels = usual("severity", lambda _, value: is_level(value, options))
    take("severity", iter(sorted(levels, key=lambda key: not is_known(document[key], options))))
    take("title", usual("title", is_text))
    has_title = options.title is not None or "title" in keys
    take("key", usual("key", lambda key, value: is_key(key, value, has_title=has_title)))
    for name in ("message", "resource", "link"):
        take(name, usual(name, is_text))
    if options.occurred is None:
        for name in ("start", "end", "time"):
            take(name, usual(name, is_moment))
    if options.state is None and "state" not in keys:
        take("firing", usual("firing", is_flag))
        take("resolved", usual("resolved", is_flag))
        take("ending", usual("severity", is_end))
    maps = () if options.labels else tuple(islice(usual("labels", is_map), MOST_MAPS))
    guesses: dict[str, JsonPath] = {name: (key,) for name, key in keys.items()}
    return Fields(document, options, at, among_labels(document, options, maps) | guesses, maps)


def among_labels(document: Mapping[str, Any], options: Options, maps: tuple[str, ...]) -> dict[str, JsonPath]:
    """The places of a title and a severity that stand among the labels."""
    found: dict[str, JsonPath] = {}
    for key in maps:
        labels = document[key] if type(document[key]) is dict else {}
        if options.title is None and is_text("", labels.get("alertname")):
            found.setdefault("title", (key, "alertname"))
        level = next((name for name in conventions.LEVELS_IN if is_level(labels.get(name), options)), None)
        if options.severity is None and level is not None:
            found.setdefault("severity", (key, level))
    return found


def is_text(_key: str, value: Any) -> bool:
    return bool(wire.scalar_text(value))


def is_state(key: str, value: Any) -> bool:
    # A number is the status of some HTTP request, and `ping` the type of many a check.
    is_other = wire.loosen(key) == "type" and normalise(str(value)) in ("ping", "verification")
    return type(value) is str and not value.strip().isdigit() and not is_other


def is_key(key: str, value: Any, *, has_title: bool) -> bool:
    # A bare id that is a UUID is as often the message's as the alert's.
    is_doubtful = has_title and wire.loosen(key) in ("id", "eventid")
    text = wire.scalar_text(value)
    return bool(text) and not (is_doubtful and UUID.fullmatch(text or ""))


def is_moment(_key: str, value: Any) -> bool:
    return type(value) in (str, int, float)


def is_flag(_key: str, value: Any) -> bool:
    return normalise(wire.scalar_text(value) or "") in FLAGS


def is_map(_key: str, value: Any) -> bool:
    return type(value) is dict or type(value) is list


def is_end(_key: str, value: Any) -> bool:
    return normalise(wire.scalar_text(value) or "") in ENDS


def is_level(value: Any, options: Options) -> bool:
    # A recovery has its own state there: Ok, Normal. That does not say what ended.
    text = wire.scalar_text(value)
    return bool(text) and (is_known(value, options) or normalise(text or "") not in conventions.STATES)


def is_known(value: Any, options: Options) -> bool:
    """Return whether a level is one of the options, or a usual one that is not a word for a recovery."""
    word = normalise(wire.scalar_text(value) or "")
    return word in map(normalise, options.levels) or (wire.loosen(word) in conventions.LEVELS and word not in ENDS)
