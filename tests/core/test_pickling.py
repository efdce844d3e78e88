"""Every public error and object can be pickled and copied: queues of tasks and copies of errors need it."""

import copy
import inspect
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

import alertmap
from alertmap import IncidentBook, PageBook, ProblemCode, Request, Source, TooManyOpen, parse
from alertmap.incidents import grouping

BODY = b'{"id":"a","message":"m","time":"2026-01-01T00:00:00Z","duration":0,"level":"CRITICAL","data":{"series":null}}'
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = parse("kapacitor", BODY, received_at=NOW)
BOOK = IncidentBook()
TRANSITIONS = BOOK.apply(BATCH.alerts)
PAGE_BOOK = PageBook()
PAGES = PAGE_BOOK.apply(TRANSITIONS, NOW)
GROUP_BOOK = grouping.GroupBook()
CHANGES = GROUP_BOOK.apply(TRANSITIONS)
PROBLEM = alertmap.Problem(ProblemCode.MISSING, "$", "m")

OBJECTS: dict[str, Any] = {
    "Accepted": alertmap.Accepted(answer=alertmap.Reply(), batch=BATCH, marks={"id:5": "seen"}),
    "Auth": alertmap.Auth(tokens="t", basic={"u": "p"}),
    "Duplicate": alertmap.Duplicate(answer=alertmap.Reply(), batch=BATCH),
    "Handshake": alertmap.Handshake(answer=alertmap.Reply(), confirm_url="https://example.org/"),
    "Probe": alertmap.Probe(answer=alertmap.Reply()),
    "Proof": alertmap.Proof(by=("token",)),
    "Rejected": alertmap.Rejected(answer=alertmap.Reply(status=401), reason=alertmap.Refusal.WRONG),
    "Alert": BATCH.alerts[0],
    "Batch": BATCH,
    "Decision": alertmap.Priorities().explain(BATCH.alerts[0]),
    "Detection": alertmap.Detection("kapacitor", "it has the keys a, b"),
    "Group": CHANGES[0].group,
    "GroupChange": CHANGES[0],
    "Grouping": grouping.Grouping(),
    "Incident": BOOK.open[0],
    "Limits": alertmap.Limits(),
    "Outgoing": alertmap.Outgoing(url="https://example.org/", headers={}, body=b"{}"),
    "Skipped": alertmap.Skipped("there is nothing to send"),
    "Notice": alertmap.Notice(reason=alertmap.Reason.TEST),
    "Page": PAGES[0],
    "Policy": alertmap.Policy(),
    "Priorities": alertmap.Priorities({"CRITICAL": "low"}),
    "Problem": PROBLEM,
    "Quiet": alertmap.Quiet(),
    "Recorded": alertmap.Recorded(Request(BODY), NOW, "Acme 1.2"),
    "Reading": alertmap.Reading(state=alertmap.State.FIRING, identity={"id": "a"}, title="t"),
    "Reply": alertmap.Reply(),
    "Request": Request(BODY, headers={"A": "b"}),
    "Source": Source("kapacitor"),
    "SourceFault": alertmap.SourceFault(3, "kapacitor", "m"),
    "Timeline": BOOK.timeline("kapacitor", BATCH.alerts[0].dedup_key),
    "Transition": TRANSITIONS[0],
}
"""An object of each public class that is a value."""

BOOKS: dict[str, Any] = {"IncidentBook": BOOK, "PageBook": PAGE_BOOK, "GroupBook": GROUP_BOOK}
SEEN = alertmap.MemorySeenStore()
SEEN.put("s", {"id:5": "seen"}, NOW)
SOURCES = alertmap.Sources([Source("kapacitor", auth=alertmap.Auth(tokens="t"))])
KEEPERS: dict[str, Any] = {"MemorySeenStore": SEEN, "Sources": SOURCES}
CODE = {"Adapter", "Shape", "SeenStore", "Target"}
"""Classes that hold the functions of an adapter's module: a process finds them by their name."""

PUBLIC = {name: getattr(alertmap, name) for name in alertmap.__all__} | {
    name: it for name, it in vars(grouping).items() if getattr(it, "__module__", "") == grouping.__name__
}
CLASSES = {name: it for name, it in PUBLIC.items() if inspect.isclass(it) and not name.startswith("_")}
ERRORS = {name: it for name, it in CLASSES.items() if issubclass(it, Exception)}

WAYS: dict[str, Callable[[Any], Any]] = {
    "pickle 2": lambda it: pickle.loads(pickle.dumps(it, 2)),  # noqa: S301
    "pickle 5": lambda it: pickle.loads(pickle.dumps(it, 5)),  # noqa: S301
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}
each_way = pytest.mark.parametrize("way", WAYS)


def full(kind: Any) -> Exception:
    """Make an error with all that its class can hold."""
    found: Exception
    if kind is TooManyOpen:
        found = kind("m", transitions=TRANSITIONS)
    elif issubclass(kind, alertmap.PayloadError):
        found = kind("m", vendor="kapacitor", problems=[PROBLEM], hint="this looks like another")
    else:
        found = kind("m")
    return found


@each_way
@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str, way: str) -> None:
    """The copy of an error has the class, the message and the facts of the first."""
    first = full(ERRORS[name])
    second = WAYS[way](first)
    assert (type(second), str(second), vars(second)) == (type(first), str(first), vars(first))


@each_way
@pytest.mark.parametrize("name", OBJECTS)
def test_objects(name: str, way: str) -> None:
    """The copy of a value is equal to the first, and of its class."""
    second = WAYS[way](OBJECTS[name])
    assert type(second) is type(OBJECTS[name])
    assert second == OBJECTS[name]


@each_way
@pytest.mark.parametrize("name", BOOKS)
def test_books(name: str, way: str) -> None:
    """The copy of a book has the same open incidents, pages or groups, of which there is one."""
    found = WAYS[way](BOOKS[name])
    assert found.open == BOOKS[name].open
    assert len(found.open) == 1


def test_every_public_class_is_listed() -> None:
    """A new class gets an object here."""
    values = {name for name, it in CLASSES.items() if name not in ERRORS and not hasattr(it, "__members__")}
    found = OBJECTS | BOOKS | KEEPERS
    assert values == found.keys() | CODE
    assert {name: type(it) for name, it in found.items()} == {name: CLASSES[name] for name in found}


@each_way
def test_what_is_kept_is_still_found(way: str) -> None:
    """The copy of a store has its marks, that of a set of sources finds them."""
    assert WAYS[way](SEEN).get("s", "id:5", NOW) == "seen"
    assert WAYS[way](SOURCES).by_token("t") == SOURCES.by_token("t") is not None
