"""Wire models: primitives, errors, unions, items and facts of the request."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Optional, Union

import attrs
import pytest
from attrs import Factory
from hypothesis import given
from hypothesis import strategies as st

from alertmap import wire
from alertmap.errors import ConfigurationError
from alertmap.model import ProblemCode, Request
from alertmap.testing.damage import EDGE_VALUES
from structuring import RECEIVED, error_of, mismatch, read, warnings_of


@wire.model
class Inner:
    """A model in a model."""

    tags: dict[str, str] = Factory(dict)


@wire.model
class Data:
    """A model like Kapacitor's `data`."""

    series: list[Inner] | None = None


@wire.model
class Outer:
    """A model with one field of each kind."""

    id: str
    data: Data = Data()
    count: int = 0
    ratio: float = 0.0
    on: bool = False
    word: Literal["a", "b"] = "a"
    more: Inner | None = None


# --- Every primitive accepts only itself ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "hint", "message"),
    [
        # What a lenient converter makes of it stands beside.
        (None, str, "expected str, got null"),  # 'None'
        (True, str, "expected str, got bool"),
        (1, str, "expected str, got int"),
        ({}, str, "expected str, got object"),  # '{}'
        ([], str, "expected str, got list"),
        ("false", bool, "expected bool, got str"),  # True
        (0, bool, "expected bool, got int"),
        (1, bool, "expected bool, got int"),
        (None, bool, "expected bool, got null"),
        (1.9, int, "expected int, got float"),  # 1
        (1.0, int, "expected int, got float"),
        ("1", int, "expected int, got str"),
        ("\uff11\uff12", int, "expected int, got str"),  # 12
        (True, int, "expected int, got bool"),
        (None, int, "expected int, got null"),
        ("nan", float, "expected float, got str"),  # NaN
        ("1.5", float, "expected float, got str"),
        (True, float, "expected float, got bool"),
        (None, float, "expected float, got null"),
        (10**400, float, "expected float, got int"),
        ("abc", list[str], "expected list, got str"),  # ['a', 'b', 'c']
        ({}, list[str], "expected list, got object"),  # []
        ({"a": 1}, list[str], "expected list, got object"),
        (None, list[str], "expected list, got null"),
        ("ab", Sequence[str], "expected list, got str"),
        ("ab", tuple[str, ...], "expected list, got str"),
        ([], dict[str, str], "expected object, got list"),
        ([["a", "b"]], dict[str, str], "expected object, got list"),  # {'a': 'b'}
        ("", dict[str, str], "expected object, got str"),
        (None, Mapping[str, str], "expected object, got null"),
        ("id", Outer, "expected object, got str"),
        ("", Inner, "expected object, got str"),  # Inner()
        ("tags", Inner, "expected object, got str"),
        ([], Inner, "expected object, got list"),
        (None, Inner, "expected object, got null"),  # a bare TypeError, as of any scalar
        (1, Inner, "expected object, got int"),
        (1.5, Inner, "expected object, got float"),
        (True, Inner, "expected object, got bool"),
        (0, type(None), "expected null, got int"),
        ("c", Literal["a", "b"], "expected 'a' or 'b', got another str"),
        (5, Literal["a", "b"], "expected 'a' or 'b', got int"),
        (True, Literal[1, 2], "expected 1 or 2, got bool"),
        (1.0, Literal[1], "expected 1, got float"),
        (1, Literal[True], "expected True, got int"),
    ],
    ids=repr,
)
def test_primitives_accept_only_themselves(value: Any, hint: Any, message: str) -> None:
    """A primitive accepts only its own type; the error names the expected and the actual type, at `$`."""
    assert error_of(value, hint) == f"{message} @ $"


@pytest.mark.parametrize(
    ("value", "hint", "made"),
    [
        ("", str, ""),
        (0, int, 0),
        (10**30, int, 10**30),
        (False, bool, False),
        (1.5, float, 1.5),
        (85, float, 85.0),
        ([], list[str], []),
        (["a"], Sequence[str], ("a",)),
        ([1], tuple[int, ...], (1,)),
        ({}, dict[str, int], {}),
        ({"a": 1}, Mapping[str, int], {"a": 1}),
        ({}, Inner, Inner()),
        (None, type(None), None),
        (None, str | None, None),
        ("", str | None, ""),
        (None, Optional[int], None),  # noqa: UP045 - users write it so
        (1, Union[int, str], 1),  # noqa: UP007
        ("b", Literal["a", "b"], "b"),
        (1, Literal["a", 1], 1),
        ([1, "x", None], list[int | str | None], [1, "x", None]),
        ({"a": [1]}, Any, {"a": [1]}),
        ("x", Annotated[str, "an unrelated note"], "x"),
    ],
    ids=repr,
)
def test_values_of_the_declared_type_are_kept(value: Any, hint: Any, made: Any) -> None:
    """A value of the declared type comes out equal and of that type."""
    assert repr(read(value, hint)) == repr(made)


def test_missing_null_and_blank_differ() -> None:
    """A missing or null key has its default; a blank text is a value."""

    @wire.model
    class Event:
        text: str | None = "default"

    assert [read(value, Event).text for value in ({}, {"text": None}, {"text": ""})] == ["default", "default", ""]
    assert error_of({"count": None, "id": "x"}, Outer) == "expected int, got null @ $.count"


def test_unknown_keys_are_ignored() -> None:
    """An undeclared key is ignored, whatever its value."""
    assert read({"id": "x", "new": [{}]}, Outer) == Outer(id="x")


def test_keys_are_exact() -> None:
    """Keys match exactly, including case and blanks."""
    assert error_of({"ID": "x", " id": "x"}, Outer) == "expected str, found nothing @ $.id"


# --- Errors -----------------------------------------------------------------------------------------------------------


def test_errors_name_the_path() -> None:
    """An error has the JSON path of the fault, such as `$.data.series`."""
    assert error_of({"id": "x", "data": {"series": "abc"}}, Outer) == "expected list, got str @ $.data.series"
    deep = {"id": "x", "data": {"series": [{}, {"tags": {"a b": 1}}]}}
    assert error_of(deep, Outer) == "expected str, got int @ $.data.series[1].tags['a b']"


def test_all_faults_are_named_at_once() -> None:
    """The error lists every fault with its path; of many only the first eight."""
    message = error_of({"count": "5", "data": {"series": [1, {}, 2]}, "word": "c"}, Outer)
    assert message == (
        "expected str, found nothing @ $.id; expected object, got int @ $.data.series[0]; "
        "expected object, got int @ $.data.series[2]; expected int, got str @ $.count; "
        "expected 'a' or 'b', got another str @ $.word"
    )
    many = error_of({str(number): number for number in range(1000)}, dict[str, str])
    assert many.endswith("expected str, got int @ $['7']; and 992 more")
    problems = mismatch(list(range(1000)), list[str]).problems()
    assert len(problems) == 1000
    assert {problem.code for problem in problems} == {ProblemCode.BAD_ELEMENT}
    assert problems[999].path == "$[999]"


@wire.model
class Everything:
    """A model with a required field of each kind of type."""

    text: str
    number: Annotated[int, wire.named("a number")]
    word: Literal["a", 1]
    many: list[str]
    sequence: Sequence[str]
    items: wire.Items[str]
    table: dict[str, str]
    mapping: Mapping[str, str]
    inner: Inner
    either: int | str
    maybe: str | None
    time: wire.Rfc3339
    key: wire.NonBlank
    models: Inner | Data
    odd: Literal["a"] | list[int] | None


def test_errors_say_what_is_missing() -> None:
    """A missing key is reported with the expected type, in JSON's terms."""
    expected = {path: text for text, _, path in (part.partition(" @ ") for part in _all_errors({}, Everything))}
    assert {
        path: text.removesuffix(", found nothing").removeprefix("expected ") for path, text in expected.items()
    } == {
        "$.text": "str",
        "$['a number']": "int",
        "$.word": "'a' or 1",
        "$.many": "list",
        "$.sequence": "list",
        "$.items": "list",
        "$.table": "object",
        "$.mapping": "object",
        "$.inner": "object",
        "$.either": "int or str",
        "$.maybe": "str or null",
        "$.time": "RFC 3339 text",
        "$.key": "text or number, not blank",
        "$.models": "Inner (needs none) or Data (needs none)",
        "$.odd": "'a' or list or null",
    }


def _all_errors(value: Any, hint: Any) -> list[str]:
    with pytest.raises(wire.Mismatch) as caught:
        read(value, hint)
    return [f"{problem.message} @ {problem.path}" for problem in caught.value.problems()]


@given(st.recursive(st.sampled_from(EDGE_VALUES), lambda below: st.lists(below) | st.dictionaries(st.text(), below)))
def test_errors_never_contain_a_value(junk: Any) -> None:
    """No error contains a value of the payload, and only `Mismatch` is raised for any input."""
    secret = "hunter2-hunter2"  # noqa: S105
    for value in (secret, {"id": secret, "data": secret}, {"id": [secret], "more": {"tags": [secret]}}):
        for hint in (
            Outer,
            int,
            list[Outer],
            dict[str, Outer],
            Ping | Alarm,
            Literal["a"],
            wire.Items[Outer],
            wire.Number,
        ):
            assert secret not in error_of(value, hint)
    for other in (Everything, Outer, wire.Items[Outer], Inner | str | None, list[Everything]):
        try:
            read(junk, other)
        except wire.Mismatch as error:
            assert error.problems()  # noqa: PT017


def test_long_and_odd_names_in_a_path() -> None:
    """A path holds a name in ASCII and at most 64 characters of it."""
    message = error_of({"\x1b[31m\u202e": 1, "x" * 500: 1}, dict[str, str])
    assert message == f"expected str, got int @ $['\\x1b[31m\\u202e']; expected str, got int @ $['{'x' * 64}']"


def test_keys_must_be_text() -> None:
    """A mapping with keys other than text is refused: options and alerts may come from Python."""
    assert error_of({1: "a"}, dict[str, str]) == "expected text as every key, got int @ $"
    assert error_of({("a",): "a"}, Mapping[str, Any]) == "expected text as every key, got tuple @ $"


# --- Models -----------------------------------------------------------------------------------------------------------


def test_models_are_frozen_and_unhashable() -> None:
    """A model cannot be changed or get attributes, and has no hash where it holds a mapping."""
    event = Outer(id="x")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.id = "y"  # type: ignore[misc]
    assert not hasattr(event, "__dict__")
    with pytest.raises(TypeError, match="unhashable"):
        hash(Inner())


def test_underscore_names_are_kept() -> None:
    """A leading underscore is part of the name, in the document and in the constructor."""

    @wire.model
    class Event:
        _id: str
        __v: int = 0

    assert read({"_id": "x"}, Event) == Event(_id="x")
    assert error_of({"id": "x"}, Event) == "expected str, found nothing @ $._id"


def test_renamed_fields() -> None:
    """A renamed field is found by its key in the document, also where a union decides by it."""

    @wire.model
    class Event:
        kind: Annotated[Literal["x"], wire.named("@type")]
        inner: Annotated[Inner | None, wire.named("in-ner")] = None
        text: Annotated[wire.Text, wire.named("class")] = ""

    assert read({"@type": "x", "in-ner": {}, "class": 5}, Event) == Event(kind="x", inner=Inner(), text="5")
    assert error_of({"kind": "x"}, Event) == "expected 'x', found nothing @ $['@type']"
    assert read({"@type": "x"}, Inner | Event) == Inner()
    assert read({"@type": "x"}, Event | Inner) == Event(kind="x")
    assert read({"@type": "y"}, Event | Inner) == Inner()
    assert [field.key for field in wire.fields(Event)] == ["@type", "in-ner", "class"]


def test_closed_models() -> None:
    """A closed model refuses other keys without naming them; missing keys are reported as well."""

    @wire.model(closed=True)
    class Message:
        message: str
        header: Annotated[str | None, wire.Header("X-A")] = None

    assert wire.is_closed(Message)
    assert not wire.is_closed(Outer)
    assert read({"message": "x"}, Message).message == "x"
    assert error_of({"message": "x", "token-abc": 1}, Message) == "expected no other keys than message @ $"
    assert error_of({"token-abc": 1}, Message) == (
        "expected str, found nothing @ $.message; expected no other keys than message @ $"
    )
    spoofed = {"message": "x", "header": "spoofed"}
    assert error_of(spoofed, Message) == "expected no other keys than message @ $"
    assert read(spoofed, Message | Inner) == Inner()


# --- Unions -----------------------------------------------------------------------------------------------------------


@wire.model
class Ping:
    """A model recognised by a word."""

    type: Literal["ping"]


@wire.model
class Alarm:
    """A model recognised by a word and a key."""

    type: Literal["alarm"]
    id: str


@wire.model(closed=True)
class Bare:
    """A closed model recognised by one common key."""

    id: Any


def test_unions_take_the_first_that_fits() -> None:
    """The first member whose required keys and words are present is chosen, and its errors are reported."""
    union = Ping | Alarm | Bare | str
    assert read({"type": "ping", "id": "x"}, union) == Ping(type="ping")
    assert read({"type": "alarm", "id": "x"}, union) == Alarm(type="alarm", id="x")
    assert read({"id": 1}, union) == Bare(id=1)
    assert read("text", union) == "text"
    assert error_of({"type": "alarm", "id": 1}, union) == "expected str, got int @ $.id"
    assert read({"type": "alarm", "id": "x"}, Data | Alarm) == Data()
    assert read({"type": "alarm", "id": "x"}, Alarm | Data) == Alarm(type="alarm", id="x")
    assert read({"a": "b"}, Alarm | dict[str, str]) == {"a": "b"}
    assert read({"type": "alarm", "id": "x"}, dict[str, str] | Alarm) == {"type": "alarm", "id": "x"}
    assert read({"a": 1}, Alarm | wire.Json) == {"a": 1}


def test_the_order_of_a_union_is_its_own() -> None:
    """Unions of the same members keep their own order, also inside lists and mappings."""
    for one, other in ((int | float, float | int), (list[int | float], list[float | int])):
        assert repr(read([1], one) if one != int | float else read(1, one)) in ("1", "[1]")
        assert repr(read([1], other) if other != int | float else read(1, other)) in ("1.0", "[1.0]")
    assert repr(read({"a": 1}, dict[str, int | float])) == "{'a': 1}"
    assert repr(read({"a": 1}, dict[str, float | int])) == "{'a': 1.0}"


def test_union_errors_name_every_member() -> None:
    """If no member fits, the error names each with its required keys."""
    wanted = "Ping (needs type) or Alarm (needs type, id) or str"
    assert error_of({"type": "other"}, Ping | Alarm | str) == f"expected {wanted}, got object @ $"
    assert error_of(5, Ping | Alarm | str) == f"expected {wanted}, got int @ $"
    assert (
        error_of(5, Ping | Alarm | None) == "expected Ping (needs type) or Alarm (needs type, id) or null, got int @ $"
    )
    assert error_of(1.5, int | Literal["a", "b"] | list[str]) == "expected int or 'a' or 'b' or list, got float @ $"


def test_a_union_with_one_candidate_reports_its_errors() -> None:
    """A union with one possible member for a value reports the errors of that member."""
    assert error_of({"type": "alarm"}, Alarm | str) == "expected str, found nothing @ $.id"
    assert error_of({"type": "x", "id": "x"}, Alarm | None) == "expected 'alarm', got another str @ $.type"
    assert error_of([1], list[str] | None) == "expected str, got int @ $[0]"
    assert error_of("x", Alarm | None) == "expected object, got str @ $"
    assert error_of(5, Alarm | str) == "expected object or str, got int @ $"


def test_members_that_do_not_fit_leave_no_warnings() -> None:
    """Warnings of a union member that does not fit are dropped."""
    assert warnings_of(["soon", "x"], list[wire.Rfc3339] | list[str])
    assert not warnings_of(["soon", {}], Annotated[Any, "x"] | list[str])
    assert not warnings_of(["soon", 5], list[wire.Rfc3339] | list[str | int])


# --- Items ------------------------------------------------------------------------------------------------------------


def test_bad_items_are_left_out() -> None:
    """Good items keep their paths; each bad one becomes a problem with index and path."""

    @wire.model
    class Event:
        alerts: wire.Items[Outer]

    context = wire.ParseContext(Request(), None)
    value = {"alerts": [{"id": "a"}, {"id": 1, "count": ""}, "x", {"id": "b"}]}
    event = wire.structure(wire.Node(value, (), context), Event)
    assert list(event.alerts) == [(("alerts", 0), Outer(id="a")), (("alerts", 3), Outer(id="b"))]
    assert len(event.alerts) == 2
    assert context.warnings == [
        (("alerts", 1, "id"), ProblemCode.BAD_ELEMENT, "expected str, got int"),
        (("alerts", 2), ProblemCode.BAD_ELEMENT, "expected object, got str"),
    ]


def test_items_that_do_not_fit() -> None:
    """A list of bad items only does not fit, an empty list does, and a value that is not a list never does."""
    assert error_of([1, 2], wire.Items[str]) == "expected str, got int @ $[0]; expected str, got int @ $[1]"
    assert len(read([], wire.Items[str])) == 0
    assert error_of({}, wire.Items[str]) == "expected list, got object @ $"
    assert error_of("ab", wire.Items[str]) == "expected list, got str @ $"


def test_items_are_values() -> None:
    """Items compare by value, print their content, and have no hash."""
    assert read(["a"], wire.Items[str]) == wire.Items([((0,), "a")])
    assert read(["a"], wire.Items[str]) != wire.Items([((0,), "b")])
    assert wire.Items() != ()
    assert repr(wire.Items([((0,), "a")])) == "Items([((0,), 'a')])"
    with pytest.raises(TypeError, match="unhashable"):
        hash(wire.Items())


# --- Facts of the request ---------------------------------------------------------------------------------------------


@wire.model
class RequestFields:
    """A model with fields that are read from the request."""

    event: Annotated[str | None, wire.Header("X-GitHub-Event")] = None
    status: Annotated[str | None, wire.Query("Status")] = None
    now: Annotated[datetime | None, wire.ReceivedAt()] = None
    path: Annotated[str, wire.RequestPath()] = ""
    method: Annotated[str, wire.RequestMethod()] = ""
    rest: wire.Rest = Factory(dict)
    id: str = ""


def test_facts_come_from_the_request() -> None:
    """Headers match in any case, query parameters exactly, and the time of receipt comes from the caller."""
    request = Request(b"", "delete", path="/hook?Status=up", headers={"x-github-EVENT": "ping"})
    found = read({"id": "x"}, RequestFields, request)
    assert (found.event, found.status, found.now) == ("ping", "up", RECEIVED)
    assert (found.path, found.method) == ("/hook", "DELETE")
    found = read({}, RequestFields, Request(path="/?status=up"))
    assert (found.event, found.status) == (None, None)
    assert wire.structure(wire.plain({}), RequestFields).now is None


def test_no_body_can_spoof_facts() -> None:
    """Keys of the body with the names of such fields go only to the rest."""
    body = {"event": "ping", "X-GitHub-Event": "ping", "status": "up", "Status": "up", "now": 0, "rest": {"id": "y"}}
    body |= {"path": "/spoofed", "method": "GET"}
    found = read(body, RequestFields)
    assert (found.event, found.status, found.now, found.id) == (None, None, RECEIVED, "")
    assert (found.path, found.method) == ("/", "POST")
    assert found.rest == body


def test_facts_reach_nested_models() -> None:
    """A model inside a list of a union reads the request as well."""
    request = Request(headers={"X-GitHub-Event": "ping"})
    assert read([{"id": "a"}], list[RequestFields | str], request)[0].event == "ping"


def test_the_rest_holds_undeclared_keys() -> None:
    """The rest holds the undeclared keys in document order, with unchanged values."""
    value = {"z": [1], "id": "x", "a": None, "m": {"id": 1}}
    rest = read(value, RequestFields).rest
    assert list(rest.items()) == [("z", [1]), ("a", None), ("m", {"id": 1})]
    assert rest["z"] is value["z"]


# --- Introspection ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hint", "kind"),
    [
        (str, ""),
        (Outer, ""),
        (str | None, "union"),
        (Optional[str], "union"),  # noqa: UP045
        (Literal["a"], "literal"),
        (list[str], "list"),
        (wire.Items[str], "items"),
        (dict[str, str], "object"),
        (wire.Text, "annotated"),
    ],
)
def test_kinds(hint: Any, kind: str) -> None:
    """`kind_of` names the kind of a type."""
    assert wire.kind_of(hint) == kind


def test_fits() -> None:
    """`fits` looks at required keys, literal words and closedness, not at values."""
    assert wire.fits(Alarm, {"type": "alarm", "id": 5})
    assert not wire.fits(Alarm, {"type": "alarm"})
    assert not wire.fits(Alarm, {"type": "ping", "id": 5})
    assert not wire.fits(Alarm, ["type", "id"])
    assert wire.fits(Bare, {"id": 1})
    assert not wire.fits(Bare, {"id": 1, "more": 1})
    assert wire.is_model(Alarm)
    assert not wire.is_model(Alarm | None)
    assert not wire.is_model("Alarm")


def test_a_note_that_a_field_hides_is_named() -> None:
    """A field that is called like the note of a later one takes its place there: the message says so."""
    namespace: dict[str, Any] = {"Annotated": Annotated, "KEYS": wire.named("a", "b"), "Text": wire.Text}
    body = "class Event:\n    KEYS: Text = ''\n    title: Annotated[Text, KEYS] = ''\n"
    exec(body, namespace)  # noqa: S102 - as a module would write it
    with pytest.raises(ConfigurationError, match=r"Event\.title: a str is no note of a wire type"):
        wire.fields(wire.model(namespace["Event"]))
