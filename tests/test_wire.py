"""The one strict converter and the named types of the wire."""

import ast
import inspect
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, Literal, Optional, Union

import attrs
import pytest
from attrs import Factory
from cattrs.gen import override
from hypothesis import given, settings
from hypothesis import strategies as st

from alertmap import vendors, wire
from alertmap.intake import registry
from alertmap.model import ProblemCode, Request
from alertmap.testing.damage import EDGE_VALUES

RECEIVED = datetime(2026, 1, 1, 12, tzinfo=UTC)


@wire.model
class Inner:
    """A model in a model."""

    tags: dict[str, str] = Factory(dict)


@wire.model
class Data:
    """As Kapacitor has it."""

    series: list[Inner] | None = None


@wire.model
class Outer:
    """One of each kind of field."""

    id: str
    data: Data = Data()
    count: int = 0
    ratio: float = 0.0
    on: bool = False
    word: Literal["a", "b"] = "a"
    more: Inner | None = None


def read(value: Any, hint: Any, request: Request | None = None) -> Any:
    """The value, structured as a part of a request."""
    return wire.structure(wire.Node(value, (), wire.ParseContext(request or Request(), RECEIVED)), hint)


def fault(value: Any, hint: Any) -> str:
    """What the error says."""
    with pytest.raises(wire.Mismatch) as caught:
        read(value, hint)
    return str(caught.value)


def doubts(value: Any, hint: Any) -> list[tuple[Any, ...]]:
    """The problems that come up on the way."""
    context = wire.ParseContext(Request(), None)
    wire.structure(wire.Node(value, (), context), hint)
    return context.warnings


# --- Every primitive accepts only itself ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "hint", "told"),
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
def test_primitives_accept_only_themselves(value: Any, hint: Any, told: str) -> None:
    """Nothing is made to fit: the error says what was wanted and which type came, at `$`."""
    assert fault(value, hint) == f"{told} @ $"


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
        ("x", Annotated[str, "a note that is nobody's"], "x"),
    ],
    ids=repr,
)
def test_what_fits_is_taken(value: Any, hint: Any, made: Any) -> None:
    """What is of the type that was declared comes out equal and of that type."""
    assert repr(read(value, hint)) == repr(made)


def test_missing_null_and_blank_differ() -> None:
    """A key that is missing has its default; null is no blank text, and no default either."""

    @wire.model
    class Event:
        text: str | None = "default"

    assert [read(value, Event).text for value in ({}, {"text": None}, {"text": ""})] == ["default", None, ""]
    assert fault({"count": None, "id": "x"}, Outer) == "expected int, got null @ $.count"


def test_unknown_keys_are_ignored() -> None:
    """A key that is not declared is no fault, with whatever value."""
    assert read({"id": "x", "new": [{}]}, Outer) == Outer(id="x")


def test_keys_are_exact() -> None:
    """Neither case nor blanks of a key are forgiven."""
    assert fault({"ID": "x", " id": "x"}, Outer) == "expected str, found nothing @ $.id"


# --- Errors -----------------------------------------------------------------------------------------------------------


def test_errors_name_the_place() -> None:
    """An error names its place in the document, as `$.data.series`."""
    assert fault({"id": "x", "data": {"series": "abc"}}, Outer) == "expected list, got str @ $.data.series"
    deep = {"id": "x", "data": {"series": [{}, {"tags": {"a b": 1}}]}}
    assert fault(deep, Outer) == "expected str, got int @ $.data.series[1].tags['a b']"


def test_all_faults_are_named_at_once() -> None:
    """All that does not fit in a document is told, each with its place; of many only the first."""
    told = fault({"count": "5", "data": {"series": [1, {}, 2]}, "word": "c"}, Outer)
    assert told == (
        "expected str, found nothing @ $.id; expected object, got int @ $.data.series[0]; "
        "expected object, got int @ $.data.series[2]; expected int, got str @ $.count; "
        "expected 'a' or 'b', got another str @ $.word"
    )
    many = fault({str(number): number for number in range(1000)}, dict[str, str])
    assert many.endswith("expected str, got int @ $['7']; and 992 more")
    with pytest.raises(wire.Mismatch) as caught:
        read(list(range(1000)), list[str])
    problems = caught.value.problems()
    assert len(problems) == 1000
    assert {problem.code for problem in problems} == {ProblemCode.BAD_ELEMENT}
    assert problems[999].path == "$[999]"


@wire.model
class Everything:
    """A field of each kind of type, all required."""

    text: str
    number: Annotated[int, override(rename="a number")]
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
    """A missing key is told with what should stand there, in words of JSON."""
    told = {path: text for text, _, path in (part.partition(" @ ") for part in _all_faults({}, Everything))}
    assert {path: text.removesuffix(", found nothing").removeprefix("expected ") for path, text in told.items()} == {
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


def _all_faults(value: Any, hint: Any) -> list[str]:
    with pytest.raises(wire.Mismatch) as caught:
        read(value, hint)
    return [f"{problem.message} @ {problem.path}" for problem in caught.value.problems()]


@given(st.recursive(st.sampled_from(EDGE_VALUES), lambda below: st.lists(below) | st.dictionaries(st.text(), below)))
def test_errors_never_show_a_value(junk: Any) -> None:
    """No error holds a value of the payload, and nothing but a mismatch comes out, whatever stands anywhere."""
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
            assert secret not in fault(value, hint)
    for other in (Everything, Outer, wire.Items[Outer], Inner | str | None, list[Everything]):
        try:
            read(junk, other)
        except wire.Mismatch as error:
            assert error.problems()  # noqa: PT017


def test_long_and_odd_names_in_a_path() -> None:
    """A path shows a name in ASCII and at most 64 characters of it."""
    told = fault({"\x1b[31m\u202e": 1, "x" * 500: 1}, dict[str, str])
    assert told == f"expected str, got int @ $['\\x1b[31m\\u202e']; expected str, got int @ $['{'x' * 64}']"


def test_names_that_are_no_text() -> None:
    """A mapping that is no JSON object is refused: options and alerts may come from Python."""
    assert fault({1: "a"}, dict[str, str]) == "expected text as every key, got int @ $"
    assert fault({("a",): "a"}, Mapping[str, Any]) == "expected text as every key, got tuple @ $"


# --- Models -----------------------------------------------------------------------------------------------------------


def test_models_are_frozen_and_hold_no_hash() -> None:
    """A model cannot be changed, has no room for more, and no hash where it holds a mapping."""
    event = Outer(id="x")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.id = "y"  # type: ignore[misc]
    assert not hasattr(event, "__dict__")
    with pytest.raises(TypeError, match="unhashable"):
        hash(Inner())


def test_underscore_names_stay() -> None:
    """A field that begins with an underscore is named so in the document, and in the constructor too."""

    @wire.model
    class Event:
        _id: str
        __v: int = 0

    assert read({"_id": "x"}, Event) == Event(_id="x")
    assert fault({"id": "x"}, Event) == "expected str, found nothing @ $._id"


def test_renamed_fields() -> None:
    """What Python cannot spell is renamed, also where a union looks for it and where it is a word."""

    @wire.model
    class Event:
        kind: Annotated[Literal["x"], override(rename="@type")]
        inner: Annotated[Inner | None, override(rename="in-ner")] = None
        text: Annotated[wire.Text, override(rename="class")] = ""

    assert read({"@type": "x", "in-ner": {}, "class": 5}, Event) == Event(kind="x", inner=Inner(), text="5")
    assert fault({"kind": "x"}, Event) == "expected 'x', found nothing @ $['@type']"
    assert read({"@type": "x"}, Inner | Event) == Inner()
    assert read({"@type": "x"}, Event | Inner) == Event(kind="x")
    assert read({"@type": "y"}, Event | Inner) == Inner()
    assert [field.key for field in wire.fields(Event)] == ["@type", "in-ner", "class"]


def test_closed_models() -> None:
    """A closed model takes no other keys and does not tell which came; a missing key is told beside it."""

    @wire.model(closed=True)
    class Message:
        message: str
        header: Annotated[str | None, wire.Header("X-A")] = None

    assert wire.is_closed(Message)
    assert not wire.is_closed(Outer)
    assert read({"message": "x"}, Message).message == "x"
    assert fault({"message": "x", "token-abc": 1}, Message) == "expected no other keys than message @ $"
    assert fault({"token-abc": 1}, Message) == (
        "expected str, found nothing @ $.message; expected no other keys than message @ $"
    )
    spoofed = {"message": "x", "header": "spoofed"}
    assert fault(spoofed, Message) == "expected no other keys than message @ $"
    assert read(spoofed, Message | Inner) == Inner()


# --- Unions -----------------------------------------------------------------------------------------------------------


@wire.model
class Ping:
    """Told by a word."""

    type: Literal["ping"]


@wire.model
class Alarm:
    """Told by a word and a key."""

    type: Literal["alarm"]
    id: str


@wire.model(closed=True)
class Bare:
    """Known by one common key."""

    id: Any


def test_unions_take_the_first_that_fits() -> None:
    """The first in order of declaration whose required keys and words are there is taken, and its error told."""
    union = Ping | Alarm | Bare | str
    assert read({"type": "ping", "id": "x"}, union) == Ping(type="ping")
    assert read({"type": "alarm", "id": "x"}, union) == Alarm(type="alarm", id="x")
    assert read({"id": 1}, union) == Bare(id=1)
    assert read("text", union) == "text"
    assert fault({"type": "alarm", "id": 1}, union) == "expected str, got int @ $.id"
    assert read({"type": "alarm", "id": "x"}, Data | Alarm) == Data()
    assert read({"type": "alarm", "id": "x"}, Alarm | Data) == Alarm(type="alarm", id="x")
    assert read({"a": "b"}, Alarm | dict[str, str]) == {"a": "b"}
    assert read({"type": "alarm", "id": "x"}, dict[str, str] | Alarm) == {"type": "alarm", "id": "x"}
    assert read({"a": 1}, Alarm | wire.Json) == {"a": 1}


def test_the_order_of_a_union_is_its_own() -> None:
    """Unions of the same members in another order keep their own order, also inside lists and mappings."""
    for one, other in ((int | float, float | int), (list[int | float], list[float | int])):
        assert repr(read([1], one) if one != int | float else read(1, one)) in ("1", "[1]")
        assert repr(read([1], other) if other != int | float else read(1, other)) in ("1.0", "[1.0]")
    assert repr(read({"a": 1}, dict[str, int | float])) == "{'a': 1}"
    assert repr(read({"a": 1}, dict[str, float | int])) == "{'a': 1.0}"


def test_unions_name_what_each_wanted() -> None:
    """If nothing fits the error names each with the keys that it needs."""
    wanted = "Ping (needs type) or Alarm (needs type, id) or str"
    assert fault({"type": "other"}, Ping | Alarm | str) == f"expected {wanted}, got object @ $"
    assert fault(5, Ping | Alarm | str) == f"expected {wanted}, got int @ $"
    assert fault(5, Ping | Alarm | None) == "expected Ping (needs type) or Alarm (needs type, id) or null, got int @ $"
    assert fault(1.5, int | Literal["a", "b"] | list[str]) == "expected int or 'a' or 'b' or list, got float @ $"


def test_a_union_with_one_model_tells_its_faults() -> None:
    """An object can only have been meant as the one model, and null only leaves one other: their own words are told."""
    assert fault({"type": "alarm"}, Alarm | str) == "expected str, found nothing @ $.id"
    assert fault({"type": "x", "id": "x"}, Alarm | None) == "expected 'alarm', got another str @ $.type"
    assert fault([1], list[str] | None) == "expected str, got int @ $[0]"
    assert fault("x", Alarm | None) == "expected object, got str @ $"
    assert fault(5, Alarm | str) == "expected object or str, got int @ $"


def test_unions_leave_no_doubts_of_what_did_not_fit() -> None:
    """A time that is doubted in a member that does not fit is no problem."""
    assert doubts(["soon", "x"], list[wire.Rfc3339] | list[str])
    assert not doubts(["soon", {}], Annotated[Any, "x"] | list[str])
    assert not doubts(["soon", 5], list[wire.Rfc3339] | list[str | int])


# --- Items ------------------------------------------------------------------------------------------------------------


def test_one_bad_item_costs_only_itself() -> None:
    """The good ones come with their places; the bad ones become problems of the batch, by index and path."""

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
        (("alerts", 1, "count"), ProblemCode.BAD_ELEMENT, "expected int, got str"),
        (("alerts", 2), ProblemCode.BAD_ELEMENT, "expected object, got str"),
    ]


def test_items_that_do_not_fit() -> None:
    """A list of nothing but bad ones does not fit, an empty one does, and a value that is no list never."""
    assert fault([1, 2], wire.Items[str]) == "expected str, got int @ $[0]; expected str, got int @ $[1]"
    assert len(read([], wire.Items[str])) == 0
    assert fault({}, wire.Items[str]) == "expected list, got object @ $"
    assert fault("ab", wire.Items[str]) == "expected list, got str @ $"


def test_items_are_values() -> None:
    """Items are equal by what they hold, show it, and have no hash."""
    assert read(["a"], wire.Items[str]) == wire.Items([((0,), "a")])
    assert read(["a"], wire.Items[str]) != wire.Items([((0,), "b")])
    assert wire.Items() != ()
    assert repr(wire.Items([((0,), "a")])) == "Items([((0,), 'a')])"
    with pytest.raises(TypeError, match="unhashable"):
        hash(wire.Items())


# --- Facts of the request ---------------------------------------------------------------------------------------------


@wire.model
class Told:
    """Facts that travel beside the body."""

    event: Annotated[str | None, wire.Header("X-GitHub-Event")] = None
    status: Annotated[str | None, wire.Query("Status")] = None
    now: Annotated[datetime | None, wire.ReceivedAt()] = None
    rest: wire.Rest = Factory(dict)
    id: str = ""


def test_facts_come_from_the_request() -> None:
    """Headers come in any case, query parameters in their own, and the time from the caller."""
    request = Request(b"", path="/hook?Status=up", headers={"x-github-EVENT": "ping"})
    told = read({"id": "x"}, Told, request)
    assert (told.event, told.status, told.now) == ("ping", "up", RECEIVED)
    told = read({}, Told, Request(path="/?status=up"))
    assert (told.event, told.status) == (None, None)
    assert wire.structure(wire.plain({}), Told).now is None


def test_no_body_can_spoof_facts() -> None:
    """What a body says under the names of such fields goes nowhere but to the rest."""
    body = {"event": "ping", "X-GitHub-Event": "ping", "status": "up", "Status": "up", "now": 0, "rest": {"id": "y"}}
    told = read(body, Told)
    assert (told.event, told.status, told.now, told.id) == (None, None, RECEIVED, "")
    assert told.rest == body


def test_facts_hold_in_models_below() -> None:
    """A field of a model inside a list of a union knows the request too."""
    request = Request(headers={"X-GitHub-Event": "ping"})
    assert read([{"id": "a"}], list[Told | str], request)[0].event == "ping"


def test_the_rest_is_what_is_not_declared() -> None:
    """The rest has the undeclared keys in the order of the document, with their values as they stand."""
    value = {"z": [1], "id": "x", "a": None, "m": {"id": 1}}
    rest = read(value, Told).rest
    assert list(rest.items()) == [("z", [1]), ("a", None), ("m", {"id": 1})]
    assert rest["z"] is value["z"]


# --- Named types ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (" x ", " x "),
        ("", ""),
        (None, ""),
        (42, "42"),
        (42.0, "42"),
        (-0.0, "0"),
        (4.5, "4.5"),
        (2**64, "18446744073709551616"),
        (10**20, "1" + "0" * 20),
        (1e300, "1e+300"),
        (0.1, "0.1"),
    ],
)
def test_text(value: Any, text: str) -> None:
    """`Text` is lenient by name: a number has one spelling, null is blank."""
    assert read(value, wire.Text) == text


@pytest.mark.parametrize("hint", [wire.Text, wire.NonBlank])
@pytest.mark.parametrize("value", [True, False, [], {}, ["x"]])
def test_text_is_no_repr(value: Any, hint: Any) -> None:
    """A boolean, a list or an object never becomes text."""
    assert fault(value, hint).startswith("expected text")


def test_keys() -> None:
    """A `Key` is text or number, kept as it is, and never blank."""
    assert [read(value, wire.NonBlank) for value in (" x ", 42, 2**64, 0)] == [" x ", "42", str(2**64), "0"]
    for blank in ("", " \t\n", None):
        assert fault(blank, wire.NonBlank) == "expected text or number that is not blank @ $"


def test_numbers() -> None:
    """A `Number` is int or float, exact; `number_or_text` keeps text and spells booleans as JSON does."""
    assert repr([read(value, wire.Number) for value in (2**64, 1.5)]) == repr([2**64, 1.5])
    others: tuple[Any, ...] = (True, "1", None, [], {})
    for value in others:
        assert fault(value, wire.Number).startswith("expected number, got ")
    assert [wire.number_or_text(value) for value in (1, 1.5, "1", True, False)] == [1, 1.5, "1", "true", "false"]


def test_json_is_whatever_stands_there() -> None:
    """`Json` admits any value and passes it on unchanged."""
    values: tuple[Any, ...] = (None, 0, "x", [1], {"a": {}})
    for value in values:
        assert read(value, wire.Json) is value


def test_json_in_a_text() -> None:
    """JSON that stands in a text is read as strictly as a body; None where it is no such thing."""
    assert wire.json_in('{"id": "x"}', Outer) == Outer(id="x")
    for text in ("", "x", '{"id": 1}', "[]", "NaN", '{"id": "\\ud800"}', '{"id": "\ud800"}', "[" * 1000):
        assert wire.json_in(text, Outer) is None


def test_regular_expressions() -> None:
    """A regular expression is compiled or taken as it is, and must have the groups that are asked for."""
    hint = Annotated[re.Pattern[str], wire.regex("key")]
    pattern = read("(?P<key>.*)!", hint)
    assert pattern.fullmatch("a\nb!")["key"] == "a\nb"
    assert read(pattern, hint) is pattern
    assert fault("(?P<other>.)", hint) == "expected a regular expression with the groups key @ $"
    assert fault("(((secret", hint) == "expected a regular expression, got other text @ $"
    assert fault("(?P<key>a){99999999999999999999}", hint) == "expected a regular expression, got other text @ $"
    assert fault(5, hint) == "expected a regular expression, got int @ $"


class Colour(Enum):
    """An enumeration, as options and alerts have them."""

    RED = "red"
    BLUE = "blue"


def test_enumerations() -> None:
    """An enumeration is read from its value, exactly."""
    assert read("red", Colour) is Colour.RED
    assert fault("RED", Colour) == "expected one of red, blue, got another str @ $"
    assert fault(["red"], Colour) == "expected one of red, blue, got list @ $"
    assert read(None, Colour | None) is None


def test_moments_of_alerts() -> None:
    """A bare `datetime` is strict RFC 3339 text."""
    assert read("2026-01-01T12:00:00Z", datetime) == RECEIVED
    for value in ("soon", 5, None, ""):
        assert fault(value, datetime).startswith("expected RFC 3339 text, got ")


ENCODINGS = {
    name: hint for name in wire.__all__ if (hint := getattr(wire, name)) is not None and wire.encoding(hint) is not None
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_wire_types_accept_their_examples(name: str) -> None:
    """What a wire type gives as examples it accepts: the generated documents are made of them."""
    noted = wire.encoding(ENCODINGS[name])
    assert noted is not None
    assert noted.examples
    for value in noted.examples:
        read(value, ENCODINGS[name])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("name", ENCODINGS)
@given(st.sampled_from(EDGE_VALUES) | _JSON | st.from_regex(r"[{]?[0-9TZ:.,+=a -]{0,25}[}]?", fullmatch=True))
@settings(max_examples=60)
def test_wire_types_are_total(name: str, value: Any) -> None:
    """A wire type reads any JSON value the same way twice, or says that it does not fit."""
    ends = []
    for _ in range(2):
        try:
            ends.append(read(value, ENCODINGS[name]))
        except wire.Mismatch as error:
            ends.append(str(error))
    assert repr(ends[0]) == repr(ends[1])


# --- Rules for those who declare --------------------------------------------------------------------------------------


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
    """What a type is made with has a name, for those who walk over models."""
    assert wire.kind_of(hint) == kind


def test_what_fits() -> None:
    """`fits` looks at required keys, words and closedness only, never at values."""
    assert wire.fits(Alarm, {"type": "alarm", "id": 5})
    assert not wire.fits(Alarm, {"type": "alarm"})
    assert not wire.fits(Alarm, {"type": "ping", "id": 5})
    assert not wire.fits(Alarm, ["type", "id"])
    assert wire.fits(Bare, {"id": 1})
    assert not wire.fits(Bare, {"id": 1, "more": 1})
    assert wire.is_model(Alarm)
    assert not wire.is_model(Alarm | None)
    assert not wire.is_model("Alarm")


def _models_of(vendor: str) -> list[type]:
    return [cls for _, cls in inspect.getmembers(_module(vendor), inspect.isclass) if cls.__module__.endswith(vendor)]


def _module(vendor: str) -> Any:
    return inspect.getmodule(registry.find(vendor).read)


@pytest.mark.parametrize("vendor", vendors())
def test_no_class_is_named_like_a_field(vendor: str) -> None:
    """A class named like a field of its module would silently retype that field."""
    models = [cls for cls in _models_of(vendor) if wire.is_model(cls)]
    names = {attribute.name for cls in models for attribute in attrs.fields(cls)}
    assert not names & {cls.__name__ for cls in _models_of(vendor)}


@pytest.mark.parametrize("vendor", vendors())
def test_models_of_adapters_say_what_they_hold(vendor: str) -> None:
    """No model of an adapter holds `Any`: where anything may stand the field says `Json`."""
    source = inspect.getsource(_module(vendor))
    classes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    hints = [line.annotation for node in classes for line in node.body if isinstance(line, ast.AnnAssign)]
    found = [
        ast.unparse(hint)
        for hint in hints
        for name in ast.walk(hint)
        if isinstance(name, ast.Name) and name.id == "Any"
    ]
    assert not found


@pytest.mark.parametrize("vendor", vendors())
def test_an_adapter_is_named_like_its_file(vendor: str) -> None:
    """The file's name is the vendor's name, and the docstring the setup guide."""
    module = _module(vendor)
    assert registry.find(vendor).name == vendor == module.__name__.rpartition(".")[2]
    assert module.__doc__
