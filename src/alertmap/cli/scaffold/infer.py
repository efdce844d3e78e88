"""Infer an adapter from payloads: guess which keys hold the state, the level, the identity and the times of an alert.

A draft holds the keys that it reads and no others. Each guess is marked, and the author decides.
"""

import keyword
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import Factory, evolve, frozen

from alertmap import conventions, wire
from alertmap.adapter import Times, normalise
from alertmap.intake.marks import first_event
from alertmap.intake.redact import PLACEHOLDER
from alertmap.model import Severity, State

# --- Words -----------------------------------------------------------------------------------------------------------

STATES = conventions.STATES
LEVELS = conventions.LEVELS
FLAGS = {
    **dict.fromkeys(
        ("resolved", "isresolved", "recovered", "closed", "ok", "up", "healthy", "success"), State.RESOLVED
    ),
    **dict.fromkeys(("firing", "active", "triggered", "isdown", "down", "alerting", "failing", "failed"), State.FIRING),
}
"""The state of a true flag, by the letters of its key."""
OPPOSITES = {
    "down": "up",
    "open": "closed",
    "opened": "closed",
    "problem": "ok",
    "alerting": "ok",
    "trigger": "resolve",
}
"""The likely word of the recovery, by the word of the trigger; otherwise `resolved`."""

# Keys by their letters, the likeliest first.
KEYS = conventions.SPELLINGS
STATE_KEYS = ("status", "state", "alertstatus", "alertstate", "currentstate", "newstate", "currentstatus")
EVENT_KEYS = ("eventtype", "event", "action", "type", "kind")
ID_KEYS = (*KEYS["key"], "problemid", "issueid", "ruleid", "uuid", "guid", "uid")
PART_KEYS = (
    *("host", "hostname", "device", "node", "server", "instance", "endpoint", "monitor", "monitorname", "check"),
    *("checkname", "service", "servicename", "target", "resource", "rule", "rulename", "alertname", "job", "group"),
    *("name", "title"),
)
MAP_KEYS = (*KEYS["labels"], "dimensions", "extra", "fields", "vars", "custom")
LIST_KEYS = ("alerts", "events", "incidents", "issues", "items", "problems", "findings", "results", "notifications")
TEST_FLAGS = ("test", "istest", "testing", "testmode", "testalert", "istestalert", "testnotification")
COMMON_KEYS = frozenset(
    [
        *STATE_KEYS,
        *EVENT_KEYS,
        *ID_KEYS,
        *PART_KEYS,
        *MAP_KEYS,
        *LIST_KEYS,
        "data",
        "version",
        "payload",
        "now",
        "error",
    ]
).union(*KEYS.values())
"""Keys that many vendors have: none of them tells the vendor."""

_EPOCHS = (
    ("wire.EpochSeconds", 10**9),
    ("wire.EpochMillis", 10**12),
    ("wire.EpochMicros", 10**15),
    ("wire.EpochNanos", 10**18),
)
_COUNT = re.compile("[1-3][0-9]{9}|[1-3][0-9]{12}")
_ZONELESS = re.compile(r"[Tt ][0-9:.,]+")
_NO_LINK = {
    "api",
    "avatar",
    "badge",
    "callback",
    "icon",
    "image",
    "logo",
    "pause",
    "ping",
    "resume",
    "update",
    "webhook",
}

KEY = re.compile(r"[A-Za-z_@$][\w.@$:/ -]{0,39}", re.ASCII)
"""A key that a field can stand for; any other key is data, and its object is a map."""
MAX_SHAPES = 3
_MAX_DEPTH = 4
_LONGEST = 70  # characters of the expression for a value


def letters(key: str) -> str:
    """Return a key without its case, blanks and marks: `alert-ID` and `alertId` are `alertid`."""
    return re.sub("[^a-z0-9]", "", key.lower())


def parts(word: str) -> list[str]:
    """Split a word of letters: `ALERT_RECOVERY` and `alertRecovery` are `alert` and `recovery`."""
    return re.findall("[a-z]+", re.sub("([a-z0-9])([A-Z])", r"\1 \2", word).lower())


def python_name(key: str) -> str:
    """Spell a key as a name of Python."""
    name = re.sub(r"\W", "_", key, flags=re.ASCII).strip("_") or "field"
    if name[0].isdigit():
        name = f"n{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in ("bool", "dict", "wire") else name


def state_of(word: str) -> State | None:
    """Return the state that a word, or its last known part, stands for: `alert.resolved`, `ALERT_RECOVERY`."""
    found = parts(word)
    known = [part for part in found if part in STATES]
    if not known or normalise(word) in STATES:
        return STATES.get(normalise(word))
    before = found[: len(found) - found[::-1].index(known[-1]) - 1]
    return State.FIRING if before[-1:] in (["not"], ["un"], ["no"]) else STATES[known[-1]]


# --- Places ----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True, eq=False)
class Place:
    """A place in the payloads of a shape, and the values there."""

    path: tuple[str, ...]
    """The keys from the event to it; for a place in an element of the shape's list, from the element to it."""
    values: tuple[Any, ...]
    """One for each payload or element; None where it has none."""
    is_in_element: bool = False

    @property
    def key(self) -> str:
        """The last key."""
        return self.path[-1]

    @property
    def filled(self) -> list[Any]:
        """The values that are not null."""
        return [value for value in self.values if value is not None]

    @property
    def is_everywhere(self) -> bool:
        """Each payload has a value here."""
        return None not in self.values

    @property
    def is_text(self) -> bool:
        """The values are texts and numbers."""
        return bool(self.filled) and all(type(value) in (str, int, float) for value in self.filled) and not self.objects

    @property
    def is_flag(self) -> bool:
        """The values are true or false."""
        return bool(self.filled) and all(type(value) is bool for value in self.filled)

    @property
    def is_json(self) -> bool:
        """The values are texts that hold JSON objects."""
        return bool(self.filled) and all(
            type(value) is str and type(wire.json_or_text(value)) is dict for value in self.filled
        )

    @property
    def objects(self) -> list[Any]:
        """The objects that stand here, None where a payload has none; empty where the values are something else."""
        values = [wire.json_or_text(value) if type(value) is str else value for value in self.values]
        return values if self.filled and all(type(value) is dict for value in values if value is not None) else []

    @property
    def is_map(self) -> bool:
        """The values are objects of names and scalars, such as labels."""
        inner = [below for one in self.objects if one for below in one.values()]
        return letters(self.key) in MAP_KEYS and not any(isinstance(one, dict | list) for one in inner)

    @property
    def time_type(self) -> str | None:
        """The wire type of its times; None where the values are none."""
        filled = [value for value in self.filled if value != ""]
        if not filled or not all(map(is_time, filled)):
            return None
        if all(type(value) is int for value in filled):
            sizes = (name for name, size in _EPOCHS if all(size <= value < 4 * size for value in filled))
            return next(sizes, "wire.AnyTime")
        if not all(type(value) is str for value in filled):
            return "wire.AnyTime"
        if all(map(_COUNT.fullmatch, filled)):
            return "wire.EpochAny"
        if any(map(_COUNT.fullmatch, filled)):
            return "wire.AnyTime"
        return "wire.UtcTime" if any(_ZONELESS.fullmatch(value, 10) for value in filled) else "wire.Rfc3339"

    @property
    def words(self) -> list[str]:
        """The words of the values that code can hold."""
        words = dict.fromkeys(wire.scalar_text(value) or "" for value in self.filled)
        return [word for word in words if re.fullmatch(r"[\w.:/+-][\w .:/+-]{0,31}", word, re.ASCII)]


def is_time(value: Any) -> bool:
    """Say whether a scalar looks like a point in time: RFC 3339, or a count since 1970 of this century."""
    if isinstance(value, str):
        return wire.rfc3339(value) is not None or bool(_COUNT.fullmatch(value))
    return isinstance(value, int | float) and any(size <= value < 4 * size for _, size in _EPOCHS)


def without_times(value: Any) -> Any:
    """Return a document whose times are null: retries of one request are then equal."""
    if isinstance(value, dict):
        return {key: without_times(below) for key, below in value.items()}
    if isinstance(value, list):
        return [without_times(below) for below in value]
    return None if is_time(value) else value


def _places(objects: Sequence[Any], before: tuple[str, ...] = (), *, is_in_element: bool = False) -> Iterator[Place]:
    """Yield all places in objects that an expression of Python can name; None stands for an object that is missing."""
    for key in dict.fromkeys(key for one in objects if one for key in one if KEY.fullmatch(key)):
        values = tuple(None if one is None else one.get(key) for one in objects)
        place = Place(path=(*before, key), values=values, is_in_element=is_in_element)
        if sum(len(step) + 1 for step in place.path) > _LONGEST:
            continue
        yield place
        below = [] if place.is_map else place.objects
        if len(place.path) < _MAX_DEPTH and all(KEY.fullmatch(key) for one in below if one for key in one):
            yield from _places(below, place.path, is_in_element=is_in_element)


# --- The draft -------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class ShapeDraft:
    """One shape of the payloads, and the place of each part of an alert."""

    payloads: frozenset[int]
    """Which of the payloads have it."""
    places: tuple[Place, ...]
    """All places of the events, then those of the elements."""
    items: Place | None = None
    """The list whose elements are alerts."""
    tells: tuple[Place, ...] = ()
    """The keys that tell it from the shapes that are tried after it."""
    test: Place | None = None
    """A flag or a word of the test button."""
    test_words: tuple[str, ...] = ()
    """Empty for a flag."""
    state: Place | None = None
    states: Mapping[str, State] = Factory(dict)
    """By the word, as it was sent."""
    unseen: frozenset[str] = frozenset()
    """The words of `states` that no payload has."""
    level: Place | None = None
    level_ends: bool = False
    """A recovery has a level of its own, not the level of what ended."""
    levels: Mapping[str, Severity] = Factory(dict)
    identity: tuple[tuple[Place, ...], ...] = ()
    """The parts of each mapping, the best mapping first."""
    title: Place | None = None
    message: Place | None = None
    resource: Place | None = None
    labels: Place | None = None
    link: Place | None = None
    started: Place | None = None
    occurred: Place | None = None
    ended: Place | None = None

    @property
    def keys(self) -> set[str]:
        """The keys that its events have."""
        return {place.key for place in self.places if len(place.path) == 1 and not place.is_in_element}

    @property
    def everywhere(self) -> list[Place]:
        """The places that each of its events has, without secrets: keys of few vendors first, then the outer ones."""
        found = [
            place
            for place in self.places
            if place.is_everywhere and not place.is_in_element and any(value != PLACEHOLDER for value in place.values)
        ]
        return sorted(found, key=lambda place: (letters(place.key) in COMMON_KEYS, len(place.path)))

    @property
    def deciding(self) -> list[Place]:
        """The places without which a body has not this shape: the state, the best identity, what tells the shape."""
        best = self.identity[0] if self.identity else ()
        decide = (*self.tells, self.state, *best, self.items)
        return [place for place in decide if place is not None and place.is_everywhere]

    @property
    def times(self) -> Times:
        """The meaning of its times."""
        if self.started:
            return Times.SINCE
        return Times.STATED if self.occurred or self.ended else Times.NONE

    def value_at(self, place: Place, document: Any) -> Any:
        """Return the value of a document at a place; of a list the first element counts."""
        found = first_event(document)
        for key in (*(self.items.path if self.items and place.is_in_element else ()), *place.path):
            found = wire.json_or_text(found) if type(found) is str else first_event(found)
            found = found.get(key) if type(found) is dict else None
        return found

    def is_test(self, document: Any) -> bool:
        """Say whether a payload comes from the test button."""
        found = self.value_at(self.test, document) if self.test else None
        return found is True or (isinstance(found, str) and normalise(found) in map(normalise, self.test_words))

    def state_in(self, document: Any) -> State | None:
        """Return the state of a payload; None where no place tells it."""
        word = wire.scalar_text(self.value_at(self.state, document)) if self.state else None
        states = {normalise(word): state for word, state in self.states.items()}
        return states.get(normalise(word), State.FIRING) if word is not None else None

    def level_in(self, document: Any) -> str:
        """Return the level of a payload, or "" where there is none."""
        level = self.value_at(self.level, document) if self.level else None
        return "" if level is None else str(level)

    def identity_in(self, document: Any) -> list[Any]:
        """Return the values of the best identity of a payload."""
        return [self.value_at(place, document) for place in self.identity[0]] if self.identity else []


@frozen(kw_only=True)
class Draft:
    """The shapes of an adapter to be."""

    shapes: tuple[ShapeDraft, ...]
    """In the order in which they are tried; three at most."""
    many: bool = False
    """A body is an array of events."""

    def shape_of(self, payload: int) -> ShapeDraft | None:
        """Return the shape of a payload; None where the draft has none for it."""
        return next((shape for shape in self.shapes if payload in shape.payloads), None)


def infer(documents: Sequence[Any]) -> Draft:
    """Infer a draft from decoded documents: objects, or lists of objects. Payloads that share most keys are a shape.

    Raises:
        ValueError: no document holds an object.
    """
    several = [document if type(document) is list else [document] for document in documents]
    rest = [(place, event) for place, events in enumerate(several) for event in events if type(event) is dict and event]
    if not rest:
        raise ValueError("there is no object in the payloads")
    shapes: list[ShapeDraft] = []
    while rest and len(shapes) < MAX_SHAPES:
        ((keys, _),) = Counter(frozenset(event) for _, event in rest).most_common(1)
        alike = [(place, event) for place, event in rest if _is_like(keys, event)]
        rest = [one for one in rest if not _is_like(keys, one[1])]
        shapes.append(_guessed([event for _, event in alike], frozenset(place for place, _ in alike)))
    return Draft(shapes=_in_order(shapes), many=any(type(document) is list for document in documents))


def _is_like(keys: frozenset[str], event: Mapping[str, Any]) -> bool:
    """Say whether a payload shares most of its keys with others."""
    return 2 * len(keys & event.keys()) >= len(keys | event.keys())


def _in_order(shapes: Iterable[ShapeDraft]) -> tuple[ShapeDraft, ...]:
    """Order shapes so that each takes its own payloads: the one with the most keys is tried first.

    A shape that would take the payloads of a later one gets a key that they lack. Where there is none, the later shape
    is left out.
    """
    waiting = sorted(shapes, key=lambda shape: -len(shape.everywhere))
    ordered = []
    while waiting:
        first, *others = waiting
        waiting = []
        for later in others:
            outer_keys = {place.path[0] for place in first.deciding if not place.is_in_element}
            if outer_keys <= later.keys:
                tells = (one for one in first.everywhere if len(one.path) == 1 and one.key not in later.keys)
                tell = next(tells, None)
                if tell is None:
                    continue
                first = evolve(first, tells=(*first.tells, tell))
            waiting.append(later)
        ordered.append(first)
    return tuple(ordered)


# --- Guesses ---------------------------------------------------------------------------------------------------------


def _guessed(events: list[dict[str, Any]], payloads: frozenset[int]) -> ShapeDraft:
    of_events = list(_places(events))
    lists = (one for one in of_events if len(one.path) == 1 and letters(one.key) in LIST_KEYS)
    items = next((one for one in lists if _elements(one)), None)
    of_elements = list(_places(_elements(items), is_in_element=True)) if items else []
    places = [*of_elements, *of_events]
    shape = ShapeDraft(payloads=payloads, places=(*of_events, *of_elements), items=items)
    shape = _with_level(_with_state(_with_test(shape, of_events), places), places)
    titles = (one for one in _named(places, KEYS["title"]) if any(str(value).strip() for value in one.filled))
    title = next(titles, None)

    def time(keys: Sequence[str]) -> Place | None:
        return next(iter(_named(places, keys, lambda one: one.time_type is not None, by_part=False)), None)

    return evolve(
        shape,
        title=title,
        message=next((one for one in _named(places, KEYS["message"]) if one not in (title, shape.state)), None),
        identity=_identity(shape, places),
        resource=next(iter(_named(places, KEYS["resource"], by_part=False)), None),
        link=next(iter(_named(places, KEYS["link"], _is_link)), None),
        labels=next((one for one in places if one.objects and one.is_map), None),
        started=time(KEYS["start"]),
        occurred=time((*KEYS["time"], "now", "changedat", "lastchange")),
        ended=time(KEYS["end"]),
    )


def _elements(place: Place) -> list[dict[str, Any]]:
    """List the elements of a place of lists; empty where one of them is no object."""
    if not all(type(value) is list for value in place.filled):
        return []
    elements = [one for value in place.filled for one in value]
    return elements if all(type(one) is dict and one for one in elements) else []


def _is_text(place: Place) -> bool:
    return place.is_text


def _is_link(place: Place) -> bool:
    is_other = bool(_NO_LINK & set(parts(place.key)))
    links = [isinstance(value, str) and value.startswith(("http://", "https://")) for value in place.filled]
    return bool(links) and all(links) and not is_other


def _named(
    places: Iterable[Place], keys: Sequence[str], is_right: Callable[[Place], bool] = _is_text, *, by_part: bool = True
) -> list[Place]:
    """List the places with one of these keys, the likeliest first: `check_error_message` is a `message` by part.

    The places of an element come before those of the event, full keys before their parts.
    """
    order = {key: place for place, key in enumerate(keys)}
    ranked = []
    for place in places:
        key = letters(place.key)
        end = (parts(place.key) or [""])[-1]
        name = key if key in order else end if by_part and end in order else None
        if name is not None and is_right(place):
            ranked.append(((not place.is_in_element, name != key, order[name], len(place.path)), place))
    return [place for _, place in sorted(ranked, key=lambda one: one[0])]


def _with_test(shape: ShapeDraft, places: list[Place]) -> ShapeDraft:
    """Guess the place of the test button: a flag, a word of the state or the event, or a name that is TEST."""
    flags = [place for place in places if place.is_flag and letters(place.key) in TEST_FLAGS]
    if flags:
        return evolve(shape, test=flags[0])
    for keys, is_test in (((*STATE_KEYS, *EVENT_KEYS), _says_test), ((*KEYS["title"], *PART_KEYS), _is_test_name)):
        for place in _named(places, keys):
            by_word = {normalise(word): word for word in place.words if is_test(word)}
            if by_word:
                return evolve(shape, test=place, test_words=tuple(by_word.values()))
    return shape


def _says_test(word: str) -> bool:
    return "test" in parts(word)


def _is_test_name(word: str) -> bool:
    return parts(word) in (["test"], ["test", "alert"], ["test", "notification"], ["test", "message"])


def _with_state(shape: ShapeDraft, places: list[Place]) -> ShapeDraft:
    """Guess the place of the state, and the states of its words."""

    def words(place: Place) -> list[str]:
        by_word = {normalise(word): word for word in place.words}
        return [word for word in by_word.values() if place is not shape.test or word not in shape.test_words]

    named = _named(places, STATE_KEYS)
    known = [place for place in [*named, *_named(places, EVENT_KEYS)] if any(map(state_of, words(place)))]
    graded = [place for place in named if any(normalise(word) in LEVELS for word in words(place))]
    flags = [place for place in places if place.is_flag and letters(place.key) in FLAGS and place is not shape.test]
    leveled = [place for place in _named(places, KEYS["severity"]) if State.RESOLVED in map(state_of, words(place))]
    exact = _named(places, STATE_KEYS, by_part=False)
    state = next(iter([*known, *graded, *flags, *leveled, *exact]), None)
    if state is None:
        return shape
    if state.is_flag:
        true = FLAGS[letters(state.key)]
        false = State.FIRING if true is State.RESOLVED else State.RESOLVED
        return evolve(shape, state=state, states={"true": true, "false": false})
    if state is shape.test and not state.is_everywhere:  # a word without a state needs a state that is always there
        shape = evolve(shape, test=None, test_words=())
    states = {word: state_of(word) or State.FIRING for word in words(state)}
    if State.RESOLVED in states.values():
        return evolve(shape, state=state, states=states)
    ends = next((OPPOSITES[word] for word in map(normalise, states) if word in OPPOSITES), "resolved")
    return evolve(shape, state=state, states={**states, ends: State.RESOLVED}, unseen=frozenset({ends}))


def _with_level(shape: ShapeDraft, places: list[Place]) -> ShapeDraft:
    """Guess the place of the level, and the severities of its words."""
    level = next(iter(_named(places, KEYS["severity"])), None)
    if level is None and shape.state and not shape.state.is_flag:
        words = {normalise(word) for word in shape.state.words} - {"alert"}
        level = shape.state if any(word in LEVELS and state_of(word) is not State.RESOLVED for word in words) else None
    if level is None:
        return shape
    by_word = {normalise(word): word for word in level.words}
    ends = [word for word in by_word if state_of(word) is State.RESOLVED]
    levels = {by_word[word]: LEVELS.get(word, Severity.MEDIUM) for word in by_word if word not in ends}
    return evolve(shape, level=level, levels=levels, level_ends=bool(ends) or level is shape.state)


def _identity(shape: ShapeDraft, places: list[Place]) -> tuple[tuple[Place, ...], ...]:
    """Guess what is the same in trigger and recovery: an id, and else up to three names of what is watched."""
    places = [place for place in places if place is not shape.state]
    ids = _named(places, ID_KEYS, by_part=False)
    if shape.state is not None:  # an id beside the state is that of the alert, others are of its surroundings
        around = shape.state.path[:-1]
        ids = sorted(ids, key=lambda place: place.path[:-1] != around)
    kept = [place for place in ids if _stays(shape, place)]
    names = [place for place in _named(places, PART_KEYS, by_part=False) if _stays(shape, place)]
    better = [place for place in names if letters(place.key) not in ("name", "title")]
    # Ids that differ may belong to two problems: take one where there is nothing else.
    mappings = (kept[:1], better[:3] or names[:1]) if kept or names else (ids[:1],)
    return tuple(tuple(mapping) for mapping in mappings if mapping)


def _stays(shape: ShapeDraft, place: Place) -> bool:
    """Say whether, as far as the payloads show, a recovery repeats a value of a trigger, and no value is blank."""
    values = [str(value).strip() for value in place.values if value is not None]
    if not all(values):
        return False
    if shape.state is None or len(place.values) != len(shape.state.values):
        return True
    by_word = {normalise(word): state for word, state in shape.states.items()}
    states = [by_word.get(normalise(wire.scalar_text(value) or "")) for value in shape.state.values]
    pairs = [(v, s is State.RESOLVED) for v, s in zip(place.values, states, strict=True) if v is not None]
    ended = {str(value) for value, is_over in pairs if is_over}
    begun = {str(value) for value, is_over in pairs if not is_over}
    return not ended or not begun or bool(ended & begun)
