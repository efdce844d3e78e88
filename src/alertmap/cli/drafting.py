"""Drafts wire models from payloads: types that all of them fit, and a first guess of which field says what.

A draft is a start, not an answer: all that is guessed is marked as such, and a person decides.
"""

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import Factory, define, evolve, frozen

from alertmap import wire
from alertmap.adapter import first_event, normalise
from alertmap.conventions import labels
from alertmap.intake.redact import PLACEHOLDER
from alertmap.model import Severity, State

KEY = re.compile(r"[A-Za-z_@$][\w.@$:/ -]{0,39}", re.ASCII)
"""A key that a field can stand for; others are data, and their object is a map."""

_MODULE = "Annotated Adapter Event Iterator Literal Problem ProblemCode Reading Said Severity State JsonPath"
_RESERVED = set(_MODULE.split())
_BUILTIN = {"bool", "dict", "float", "int", "list", "object", "override", "str", "wire"}
_MAPS = {"labels", "tags", "annotations", "attributes", "dimensions", "metadata", "extra", "fields", "vars", "custom"}
_LISTS = {"alerts", "events", "incidents", "issues", "items", "problems", "findings", "results", "notifications"}
_TIME = re.compile(r"(?i)time|date|stamp|since|start|end|at$|_at|epoch|created|updated|last|next|until|^ts$|^now$")


@define(kw_only=True, eq=False)
class Field:
    """A field of a wire model."""

    name: str
    """In Python."""
    key: str
    """On the wire."""
    type: str
    optional: bool = False
    """Null, or missing in one of the payloads."""
    values: tuple[Any, ...] = ()
    """What the payloads hold here: scalars only, in their order."""
    model: "Model | None" = None
    """What an object, or a list's element, is made of."""
    is_list: bool = False
    guess: str = ""
    """What it may say."""


@define
class Model:
    """A wire model."""

    name: str
    fields: list[Field]


Way = tuple[Field, ...]
"""The fields on the way to a value."""


@frozen(kw_only=True)
class Draft:
    """All that a stub is written from."""

    event: Model
    models: tuple[Model, ...] = ()
    """All of them, each after those that it is made of."""
    many: bool = False
    """A body is an array of events."""
    items: Field | None = None
    """The list whose elements are alerts."""
    state: Way = ()
    states: Mapping[str, State] = Factory(dict)
    """By folded word."""
    unseen: frozenset[str] = frozenset()
    """Words of `states` that no payload has."""
    level: Way = ()
    level_ends: bool = False
    """The level of a recovery is that of the recovery, not of what ended."""
    levels: Mapping[str, Severity] = Factory(dict)
    identity: tuple[Way, ...] = ()
    title: Way = ()
    message: Way = ()
    resource: Way = ()
    labels: Way = ()
    link: Way = ()
    started: Way = ()
    occurred: Way = ()
    ended: Way = ()
    marks: tuple[str, ...] = ()
    others: frozenset[int] = frozenset()
    """The places of the payloads that are of another shape than the first: they need a model of their own."""


def draft(documents: Sequence[Any], vendor: str = "") -> Draft:
    """Draft from decoded documents: objects, or lists of objects. A text that is the vendor's name is a mark.

    Raises:
        ValueError: none of them holds an object.
    """
    several = [document if type(document) is list else [document] for document in documents]
    first = next((one for elements in several for one in elements if type(one) is dict and one), None)
    if first is None:
        raise ValueError("there is no object in the payloads")
    alike = [[one for one in elements if _is_like(first, one)] for elements in several]
    events = [one for elements in alike for one in elements]
    maker = _Maker(events, vendor)
    event = maker.model("Event", events)
    items = next((field for field in event.fields if field.type.startswith("wire.Items[")), None)
    many = any(type(document) is list for document in documents)
    others = frozenset(place for place, elements in enumerate(alike) if not elements)
    return _guessed(
        Draft(event=event, models=tuple(maker.models), many=many, items=items, marks=_marks(event), others=others)
    )


def _is_like(first: Mapping[str, Any], other: Any) -> bool:
    """Whether two payloads have most of their keys in common."""
    return type(other) is dict and 2 * len(first.keys() & other.keys()) >= len(first.keys() | other.keys())


# --- Types -----------------------------------------------------------------------------------------------------------


class _Maker:
    def __init__(self, events: Iterable[Any], vendor: str) -> None:
        self.vendor = _letters(vendor)
        self.models: list[Model] = []
        # A class that is named like a field would retype it.
        self.taken = _RESERVED | {_python(key) for event in events for key in _keys(event)}

    def model(self, name: str, objects: Sequence[Mapping[str, Any]]) -> Model:
        """What all of these objects fit."""
        keys = dict.fromkeys(key for one in objects for key in one if KEY.fullmatch(key))
        found: list[Field] = []
        for key in keys:
            values = [one[key] for one in objects if key in one]
            field = self._field(key, values, missing=len(values) < len(objects))
            while any(field.name == other.name for other in found):
                field = evolve(field, name=f"{field.name}_")
            found.append(field)
        made = Model(name, found)
        same = next((model for model in self.models if _same(model, made)), None)
        if same is None:
            self.models.append(made)
        return same or made

    def _field(self, key: str, values: list[Any], *, missing: bool) -> Field:
        told = [value for value in values if value is not None]
        made = self._typed(key, told)
        return evolve(made, optional=missing or len(told) < len(values))

    def _typed(self, key: str, values: list[Any]) -> Field:
        field = Field(name=_python(key), key=key, type="wire.Json")
        kinds = {type(value) for value in values}
        if kinds == {dict}:
            return self._object(field, values)
        if kinds == {list}:
            return self._list(field, [one for value in values for one in value])
        if kinds & {dict, list} or not values:
            return field
        kind = "wire.Discarded" if set(values) == {PLACEHOLDER} else _scalar(key, values, kinds)
        if (
            kind == "str"
            and len(set(values)) == 1
            and _letters(values[0]) == self.vendor
            and re.fullmatch("[A-Za-z0-9]+", values[0])
        ):
            kind = f'Literal["{values[0]}"]'
        return evolve(field, type=kind, values=tuple(values))

    def _object(self, field: Field, values: list[Any]) -> Field:
        inner = [one for value in values for one in value.values()]
        is_map = normalise(field.key) in _MAPS and not any(isinstance(one, dict | list) for one in inner)
        if is_map or not inner or not all(KEY.fullmatch(key) for value in values for key in value):
            return evolve(field, type=f"dict[str, {_inner(inner)}]")
        made = self.model(self._name(field.key), values)
        return evolve(field, type=made.name, model=made)

    def _list(self, field: Field, elements: list[Any]) -> Field:
        if elements and all(type(one) is dict and one for one in elements):
            made = self.model(self._name(_singular(field.key)), elements)
            kind = "wire.Items" if normalise(field.key) in _LISTS else "list"
            return evolve(field, type=f"{kind}[{made.name}]", model=made, is_list=True)
        return evolve(field, type=f"list[{_inner(elements)}]", is_list=True)

    def _name(self, key: str) -> str:
        words = re.findall(r"[A-Za-z][a-z0-9]*|[0-9]+", key)
        name = "".join(word[0].upper() + word[1:] for word in words) or "Part"
        name = name if name[0].isalpha() else f"Part{name}"
        while name in self.taken:
            name += "Part"
        self.taken.add(name)
        return name


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _keys(below)


def _same(one: Model, other: Model) -> bool:
    def spelt(model: Model) -> list[tuple[str, str, bool]]:
        return [(field.key, field.type, field.optional) for field in model.fields]

    return spelt(one) == spelt(other)


def _python(key: str) -> str:
    """A key as Python can spell it."""
    name = re.sub(r"\W", "_", key, flags=re.ASCII).strip("_") or "field"
    if name[0].isdigit():
        name = f"n{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in _BUILTIN else name


def _singular(key: str) -> str:
    return key[:-1] if key.endswith("s") and not key.endswith(("ss", "us", "series")) else key


def _inner(values: list[Any]) -> str:
    kinds = {type(value) for value in values}
    if kinds <= {str}:
        return "str"
    return "wire.Text" if kinds <= {str, int, float, type(None)} else "wire.Json"


def _scalar(key: str, values: list[Any], kinds: set[type]) -> str:
    if kinds == {bool}:
        return "bool"
    if kinds == {int}:
        return _count(key, values)
    if kinds <= {int, float}:
        return "float"
    if kinds == {str}:
        told = [value for value in values if value.strip()]
        if told and all(wire.rfc3339(value) for value in told):
            return "wire.Rfc3339"
        counts = bool(told) and all(re.fullmatch(r"[0-9]{10}|[0-9]{13}", value) for value in told)
        return "wire.EpochAny" if counts and _TIME.search(key) else "str"
    return "wire.Text" if bool not in kinds else "wire.Json"


_EPOCHS = (("wire.EpochSeconds", 10**9), ("wire.EpochMillis", 10**12), ("wire.EpochNanos", 10**18))


def _count(key: str, values: list[int]) -> str:
    """A count since 1970 where it is one of this century's years and the key speaks of time."""
    for name, size in _EPOCHS:
        if _TIME.search(key) and all(size <= value < 4 * size for value in values):
            return name
    return "int"


# --- Guesses ---------------------------------------------------------------------------------------------------------

_ENDS = "ok resolved resolve up recovered recovery closed close normal inactive cleared clear healthy good success"
_STARTS = "firing triggered trigger alerting alert down problem open opened active failing failed failure bad unhealthy"
_WORDS = {
    **dict.fromkeys(_ENDS.split(), State.RESOLVED),
    **dict.fromkeys([*_STARTS.split(), "create", "created", "new", "started", "start", "pending"], State.FIRING),
    **dict.fromkeys(["ack", "acknowledged", "acknowledge", "accepted"], State.ACKNOWLEDGED),
    **dict.fromkeys(["suppressed", "muted", "silenced", "paused", "maintenance", "downtime"], State.SUPPRESSED),
}
_ANSWERS = {"down": "up", "open": "closed", "opened": "closed", "problem": "ok", "alerting": "ok", "trigger": "resolve"}
"""What a sender that says one word for a trigger is likely to say in the end; else `resolved`."""

# Names by their letters alone, the likeliest first.
_STATES = "status state alertstatus alertstate currentstate newstate currentstatus"
_EVENTS = "eventtype event action type kind"
_ENDED_IF = "resolved isresolved recovered closed ok up healthy success"
_FIRING_IF = "firing active triggered isdown down alerting failing failed"
_FLAGS = {
    **dict.fromkeys(_ENDED_IF.split(), State.RESOLVED),
    **dict.fromkeys(_FIRING_IF.split(), State.FIRING),
}
_LEVELS = "severity level alertlevel severitylevel priority criticality urgency sev alertseverity"
_IDS = (
    "dedupkey dedupekey alertkey fingerprint alertid incidentid problemid issueid checkid monitorid ruleid uuid guid "
    "uid id eventkey key"
)
_PARTS = (
    "host hostname device node server instance endpoint monitor monitorname check checkname service servicename target "
    "resource rule rulename alertname job group name title"
)
_TITLES = "title summary subject headline alertname alerttitle shortmessage message description name rulename checkname"
_MESSAGES = "message description details detail body text output reason error errors msg comment info"
_RESOURCES = "host hostname instance device node server resource target endpoint service entity url component"
_LINKS = "alerturl incidenturl dashboardurl externalurl permalink weburl htmlurl link url href"
_STARTED = "startedat startsat starttime startat started triggeredat createdat firstseen since opened openedat"
_OCCURRED = "occurredat timestamp time eventtime now date ts updatedat changedat lastchange sentat"
_ENDED = "resolvedat endedat endsat endtime endat ended closedat recoveredat"
_TIMES = ("wire.Rfc3339", "wire.EpochSeconds", "wire.EpochMillis", "wire.EpochNanos", "wire.EpochAny")
_TEXTS = ("str", "int", "wire.Text")
_NAMED_TEXTS = ("dict[str, str]", "dict[str, wire.Text]")
_DEEP = 3


def value(way: Way, document: Any) -> Any:
    """What a document holds at the end of a way; of a list its first element counts."""
    for field in way:
        document = first_event(document)
        document = document.get(field.key) if type(document) is dict else None
    return document


def _guessed(found: Draft) -> Draft:
    ways = list(_ways(found.event))
    if found.items is not None and found.items.model is not None:
        ways = [*_ways(found.items.model, (found.items,)), *ways]
    found = _leveled(_stated(found, ways), ways)
    links = (way for way in _named(ways, _LINKS, ("str",)) if all(map(_is_link, way[-1].values)))
    told = (way for way in _named(ways, _TITLES, _TEXTS) if any(_word(value).strip() for value in way[-1].values))
    title = next(told, ())
    found = evolve(
        found,
        title=title,
        message=next((way for way in _named(ways, _MESSAGES, _TEXTS) if way not in (title, found.state)), ()),
        identity=_identity(found, ways),
        resource=next(iter(_named(ways, _RESOURCES, _TEXTS)), ()),
        link=next(links, ()),
        labels=next((way for way in ways if normalise(way[-1].key) in _MAPS and way[-1].type in _NAMED_TEXTS), ()),
        started=next(iter(_named(ways, _STARTED, _TIMES)), ()),
        occurred=next(iter(_named(ways, _OCCURRED, _TIMES)), ()),
        ended=next(iter(_named(ways, _ENDED, _TIMES)), ()),
    )
    _note(found)
    return found


def _ways(model: Model, before: Way = ()) -> Iterator[Way]:
    """The ways to all values that are there in every payload's objects."""
    for field in model.fields:
        yield (*before, field)
        if field.model is not None and not field.is_list and not field.optional and len(before) < _DEEP:
            yield from _ways(field.model, (*before, field))


def _named(ways: Iterable[Way], names: str, types: Iterable[str]) -> list[Way]:
    """The ways that end in one of these names and types: an element's before the whole's, the likeliest first."""
    order = {name: place for place, name in enumerate(names.split())}
    fitting = [way for way in ways if way[-1].type in types and _letters(way[-1].key) in order]
    return sorted(fitting, key=lambda way: (not way[0].is_list, order[_letters(way[-1].key)], len(way)))


def _letters(key: str) -> str:
    return re.sub("[^a-z0-9]", "", key.lower())


def _word(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _words(way: Way) -> list[str]:
    """The words of a field that code can hold."""
    told = dict.fromkeys(_word(value) for value in (way[-1].values if way else ()))
    return [word for word in told if re.fullmatch(r"[\w.:/+-][\w .:/+-]{0,31}", word, re.ASCII)]


def _is_link(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def _meant(word: str) -> State | None:
    """The state that a word stands for, if it is a usual one: also at the end of `alert.resolved`."""
    return _WORDS.get(normalise(word)) or _WORDS.get(re.split("[^a-z]", normalise(word))[-1])


def _stated(found: Draft, ways: list[Way]) -> Draft:
    """With a guess of what tells the state."""
    named = _named(ways, _STATES, _TEXTS)
    known = [way for way in [*named, *_named(ways, _EVENTS, _TEXTS)] if any(map(_meant, _words(way)))]
    graded = [way for way in named if any(normalise(word) in labels.LEVELS for word in _words(way))]
    flags = [way for way in ways if way[-1].type == "bool" and _letters(way[-1].key) in _FLAGS]
    leveled = [way for way in _named(ways, _LEVELS, _TEXTS) if State.RESOLVED in map(_meant, _words(way))]
    state = next(iter([*known, *graded, *flags, *leveled, *named]), ())
    if not state or state in flags:
        return evolve(found, state=state, states={"true": _FLAGS[_letters(state[-1].key)]} if state else {})
    states = {normalise(word): _meant(word) or State.FIRING for word in _words(state)}
    if State.RESOLVED in states.values():
        return evolve(found, state=state, states=states)
    ends = next((_ANSWERS[word] for word in states if word in _ANSWERS), "resolved")
    return evolve(found, state=state, states={**states, ends: State.RESOLVED}, unseen=frozenset({ends}))


def _leveled(found: Draft, ways: list[Way]) -> Draft:
    """With a guess of what tells the level."""
    level = next(iter(_named(ways, _LEVELS, _TEXTS)), ())
    if not level and any(normalise(word) in labels.LEVELS and not _meant(word) for word in _words(found.state)):
        level = found.state
    words = _words(level)
    ends = [word for word in words if _meant(word) is State.RESOLVED]
    levels = {word: labels.LEVELS.get(normalise(word), Severity.MEDIUM) for word in words if word not in ends}
    return evolve(found, level=level, levels=levels, level_ends=bool(ends) or level == found.state)


def _identity(found: Draft, ways: list[Way]) -> tuple[Way, ...]:
    """What may be the same from trigger to recovery."""
    whole = _named(ways, _IDS, _TEXTS)
    stays = [way for way in whole if _stays(found, way)]
    parts = [way for way in _named(ways, _PARTS, _TEXTS) if _stays(found, way) and way != found.state]
    better = [way for way in parts if _letters(way[-1].key) not in ("name", "title")]
    # Ids that differ may be of two problems: where nothing else is left, one of them it is.
    return tuple(stays[:1] or better[:3] or parts[:1] or whole[:1])


def _stays(found: Draft, way: Way) -> bool:
    """Whether a recovery has a value that a trigger has, as far as the payloads tell; no value is blank."""
    values = [_word(value).strip() for value in way[-1].values]
    states = [found.states.get(normalise(_word(value))) for value in (found.state[-1].values if found.state else ())]
    if not all(values):
        return False
    if len(values) != len(states) or len({state is State.RESOLVED for state in states}) == 1:
        return True
    ended = {value for value, state in zip(values, states, strict=True) if state is State.RESOLVED}
    return bool(ended & {value for value, state in zip(values, states, strict=True) if state is not State.RESOLVED})


def _note(found: Draft) -> None:
    """Write the guesses on the fields, and give those that become text a type that takes all that may stand there."""
    guesses = {
        "state": found.state,
        "level": found.level,
        "title": found.title,
        "message": found.message,
        "resource": found.resource,
        "labels": found.labels,
        "link": found.link,
        "start": found.started,
        "time": found.occurred,
        "end": found.ended,
    }
    for guess, way in (*guesses.items(), *(("identity", way) for way in found.identity)):
        if not way:
            continue
        field = way[-1]
        field.guess = f"{field.guess}, {guess}" if field.guess else guess
        if field.type in _TEXTS:
            is_key = guess == "identity" and _letters(field.key) in _IDS.split() and not field.optional
            field.type = "wire.NonBlank" if is_key else "wire.Text"


_GENERIC = {
    name
    for names in (
        _STATES,
        _EVENTS,
        _LEVELS,
        _IDS,
        _PARTS,
        _TITLES,
        _MESSAGES,
        _RESOURCES,
        _LINKS,
        _STARTED,
        _OCCURRED,
        _ENDED,
    )
    for name in names.split()
} | {*_LISTS, *_MAPS, "data", "alert", "source", "version", "payload"}


def _marks(event: Model) -> tuple[str, ...]:
    """Keys that every payload has, those that are not everybody's first."""
    keys = [field.key for field in event.fields if not field.optional]
    return tuple(sorted(sorted(keys, key=lambda key: _letters(key) in _GENERIC)[:6]))
