"""Requests, readings, alerts and batches."""

import copy
import json
import operator
import pickle
from enum import StrEnum
from itertools import product
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import (
    Batch,
    Cause,
    ConfigurationError,
    DecidedBy,
    PageKind,
    Problem,
    ProblemCode,
    Reading,
    Reason,
    Request,
    Severity,
    State,
    Times,
    TransitionKind,
)
from alertmap.errors import AlertmapError, PayloadError, join_limited
from alertmap.incidents.grouping import GroupChangeKind
from alertmap.model import Alert
from alertmap.paths import format_path

ALERT = Alert(
    state=State.FIRING, identity={"id": "x"}, vendor="acme", source="acme", severity=Severity.LOW, dedup_key="acme:id=x"
)


# --- Requests ---------------------------------------------------------------------------------------------------------


def test_a_request_has_defaults() -> None:
    """A request without arguments is a POST of an empty body to the root."""
    request = Request()
    assert (request.body, request.method, request.path) == (b"", "POST", "/")
    assert (request.headers, request.query) == ({}, {})


def test_headers_come_in_any_case() -> None:
    """Header names are stored in lower case and found in any case; of two spellings the last wins."""
    request = Request(headers={"Content-TYPE": "a", "X-A": "1", "x-a": "2"})
    assert request.headers == {"content-type": "a", "x-a": "2"}
    assert request.header("CONTENT-Type") == "a"
    assert request.header("x-b") is None


def test_methods_are_upper_case() -> None:
    """A method is stored in upper case."""
    assert Request(method="get").method == "GET"


@pytest.mark.parametrize("body", [bytearray(b"x"), memoryview(b"x"), b"x"])
def test_bytes_of_any_kind(body: Any) -> None:
    """A bytes-like body is copied, so the caller cannot change it afterwards."""
    assert Request(body).body == b"x"
    assert type(Request(body).body) is bytes


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/x?a=1&b=%20+", {"a": "1", "b": "  "}),
        ("/x?a=1&a=2", {"a": "2"}),
        ("/x?a=&b", {"a": "", "b": ""}),
        ("/x?", {}),
        ("/x?a=b?c=d", {"a": "b?c=d"}),
        ("/x", {}),
    ],
)
def test_a_query_in_the_path(path: str, query: dict[str, str]) -> None:
    """The query is taken out of the path; of a repeated name the last value wins."""
    request = Request(path=path)
    assert (request.path, request.query) == ("/x", query)


def test_a_given_query_is_kept() -> None:
    """A query that the caller passes is not parsed again."""
    assert Request(path="/x?a=1", query={"b": "2"}).query == {"b": "2"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"body": None},
        {"body": 5},
        {"body": ["x"]},
        {"body": {"a": 1}},
        {"method": None},
        {"method": b"POST"},
        {"path": None},
        {"path": b"/"},
        {"headers": None},
        {"headers": [("a", "b")]},
        {"headers": {b"a": b"b"}},
        {"headers": {"a": 1}},
        {"headers": {"a": None}},
        {"query": "a=b"},
        {"query": {"a": ["b"]}},
        {"query": {1: "b"}},
    ],
    ids=repr,
)
def test_wrong_types_are_refused(arguments: dict[str, Any]) -> None:
    """An argument of a wrong type is a `ConfigurationError` that contains no value."""
    with pytest.raises(ConfigurationError, match=r"a request's .* must"):
        Request(**arguments)


def test_a_repr_holds_no_secret() -> None:
    """The repr of a request leaves out body, path, query and headers: each may hold a token."""
    request = Request(b"hunter2", path="/hook/hunter2?token=hunter2", headers={"Authorization": "Bearer hunter2"})
    assert repr(request) == "Request(method='POST')"
    assert "hunter2" not in repr(Batch(vendor="acme", source="acme", raw={"token": "hunter2"}))
    assert "hunter2" not in repr(attrs.evolve(ALERT, raw={"token": "hunter2"}))


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_path_is_taken(path: str) -> None:
    """Any text is accepted as a path and split without an error."""
    request = Request(path=path)
    assert "?" not in request.path or request.query


# --- Severities, states, problems -------------------------------------------------------------------------------------


def test_severities_are_ordered() -> None:
    """Severities are ordered critical, high, medium, low, info; comparing one with anything else is an error."""
    assert sorted(Severity, reverse=True) == list(Severity)
    assert Severity.CRITICAL > Severity.HIGH > Severity.MEDIUM > Severity.LOW > Severity.INFO
    assert Severity.LOW <= Severity.LOW >= Severity.LOW
    assert max(Severity) is Severity.CRITICAL
    others: list[Any] = ["high", 3, None]
    for other, compare in product(others, (operator.lt, operator.le, operator.gt, operator.ge)):
        with pytest.raises(TypeError):
            compare(Severity.LOW, other)
        with pytest.raises(TypeError):
            compare(other, Severity.LOW)
    with pytest.raises(TypeError):
        operator.lt(Severity.LOW, State.FIRING)


@pytest.mark.parametrize(
    "kind",
    [State, Severity, Reason, ProblemCode, Times, TransitionKind, Cause, PageKind, GroupChangeKind, DecidedBy],
)
def test_words_are_text(kind: type[StrEnum]) -> None:
    """Members are their text: in comparisons, as keys, in f-strings, in JSON; names are the words in capitals."""
    for member in kind:
        text = str(member.value)
        assert member == text == f"{member}" == str(member)
        assert hash(member) == hash(text)
        assert {text: 1}[member] == 1
        assert json.loads(json.dumps({member: [member]})) == {text: [text]}
        assert copy.deepcopy(member) is pickle.loads(pickle.dumps(member)) is member  # noqa: S301 - made here
        assert kind(text) is member
        assert member.name == (text.upper() or "NONE")


def test_the_vocabularies_are_closed() -> None:
    """States, severities and codes are exactly the documented ones."""
    assert [state.value for state in State] == ["firing", "acknowledged", "suppressed", "resolved"]
    assert [severity.value for severity in Severity] == ["critical", "high", "medium", "low", "info"]
    assert all(code.value == code.name.lower() for code in ProblemCode)
    assert [code.value for code in ProblemCode] == sorted(code.value for code in ProblemCode)


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ((), "$"),
        (("alerts", 3, "labels"), "$.alerts[3].labels"),
        ((0, 1), "$[0][1]"),
        (("a b",), "$['a b']"),
        (("",), "$['']"),
        (("1",), "$['1']"),
        (("ключ",), "$.ключ"),
        (("a'b",), '$["a\'b"]'),
        (("\x1b[31m\n",), "$['\\x1b[31m\\n']"),
        (("\ud800",), "$['\\ud800']"),
        (("x" * 64,), f"$.{'x' * 64}"),
        (("x" * 65,), f"$['{'x' * 64}']"),
    ],
    ids=ascii,
)
def test_paths(where: tuple[str | int, ...], text: str) -> None:
    """A formatted path is readable and safe to log."""
    assert format_path(where) == text


def test_lists_of_sentences() -> None:
    """Of many sentences the first eight are written, with the number of the others."""
    assert join_limited([]) == ""
    assert join_limited(["a", "b"]) == "a; b"
    assert join_limited(list("abcdefgh")) == "a; b; c; d; e; f; g; h"
    assert join_limited(list("abcdefghi")) == "a; b; c; d; e; f; g; h; and 1 more"


# --- Readings, alerts, batches ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        Reading(state=State.FIRING, identity={"id": "x"}),
        ALERT,
        Batch(vendor="acme", source="acme"),
        Request(),
        Problem(ProblemCode.MISSING, "$", "x"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_frozen(value: Any) -> None:
    """Model objects cannot be changed or get new attributes; those that hold mappings have no hash."""
    field = attrs.fields(type(value))[0].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(value, field, None)
    with pytest.raises((AttributeError, TypeError)):
        value.new = 1
    if not isinstance(value, Problem | Batch):
        with pytest.raises(TypeError, match="unhashable"):
            hash(value)


def test_an_alert_is_its_reading() -> None:
    """Every field of a reading is one of the alert, with the same default; but an alert always has `times`."""
    reading = {field.name: field.default for field in attrs.fields(Reading)}
    alert = {field.name: field.default for field in attrs.fields(Alert)}
    assert (reading.pop("times"), alert["times"]) == (None, Times.SINCE)
    assert reading.items() <= alert.items()


def test_a_batch_iterates_over_its_alerts() -> None:
    """A batch has the length of its alerts and is false without any."""
    batch = Batch(vendor="acme", source="acme", alerts=(ALERT, ALERT))
    assert list(batch) == [ALERT, ALERT]
    assert len(batch) == 2
    assert not Batch(vendor="acme", source="acme")


# --- Errors -----------------------------------------------------------------------------------------------------------


def test_errors_have_their_status() -> None:
    """Each kind of error has the HTTP status that a service may answer with."""

    def kinds(cls: type[AlertmapError]) -> dict[str, int]:
        below = [kinds(one) for one in cls.__subclasses__() if one.__module__ == "alertmap.errors"]
        return {cls.__name__: cls.http_status} | {name: status for found in below for name, status in found.items()}

    assert kinds(AlertmapError) == {
        "AlertmapError": 500,
        "ConfigurationError": 500,
        "AdapterError": 500,
        "UnknownVendor": 404,
        "AuthError": 401,
        "PayloadError": 422,
        "DecodeError": 400,
        "LimitError": 413,
        "ShapeError": 422,
    }


def test_payload_errors_name_their_vendor() -> None:
    """The message begins with the vendor once it is known."""
    error = PayloadError("it is not", problems=[Problem(ProblemCode.MISSING, "$", "x")])
    assert str(error) == "it is not"
    assert error.problems == (Problem(ProblemCode.MISSING, "$", "x"),)
    error.vendor = "acme"
    assert str(error) == "acme: it is not"
