"""Alerts written as JSON and read back, and the schema of the written form."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import attrs
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

import alertmap
from alertmap import (
    Alert,
    Batch,
    ConfigurationError,
    IncidentBook,
    Problem,
    ProblemCode,
    Severity,
    ShapeError,
    State,
    from_dict,
    to_dict,
    vendors,
)
from alertmap.errors import PayloadError
from alertmap.intake import registry
from alertmap.testing import load
from alertmap.testing.strategies import anything

FIXTURES = Path(__file__).parents[2] / "fixtures"
SCHEMA = json.loads((Path(alertmap.__file__).parent / "alert.schema.json").read_text(encoding="utf-8"))
VALID = Draft202012Validator(SCHEMA, format_checker=FormatChecker())

_TEXT = st.text(max_size=8)
_NAMES = st.dictionaries(_TEXT, _TEXT, max_size=2)
_TIMES = st.none() | st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(fold=0))
ALERTS = st.builds(
    Alert,
    state=st.sampled_from(State),
    identity=_NAMES,
    level=st.none() | _TEXT,
    title=_TEXT,
    message=_TEXT,
    resource=_TEXT,
    labels=_NAMES,
    links=_NAMES,
    values=st.dictionaries(
        st.text(max_size=5),
        st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
        max_size=3,
    ),
    started_at=_TIMES,
    occurred_at=_TIMES,
    sequence=st.none() | st.integers(),
    episode=st.none() | _TEXT,
    expires_at=_TIMES,
    no_data=st.booleans(),
    resolvable=st.booleans(),
    problems=st.lists(st.builds(Problem, st.sampled_from(ProblemCode), _TEXT, _TEXT), max_size=2).map(tuple),
    path=st.lists(st.text(max_size=5) | st.integers(0), max_size=3).map(tuple),
    vendor=_TEXT,
    source=_TEXT,
    severity=st.none() | st.sampled_from(Severity),
    dedup_key=_TEXT,
    received_at=_TIMES,
    raw=st.none() | anything,
)
LEAST = Alert(state=State.FIRING, identity={}, vendor="acme", source="acme", severity=None, dedup_key="acme:")


@settings(max_examples=60)
@given(ALERTS, st.booleans())
def test_alerts_survive_json(alert: Alert, short: bool) -> None:  # noqa: FBT001
    """An alert read back from its JSON is equal, type for type, with or without defaults, and fits the schema."""
    written = to_dict(alert, omit_defaults=short)
    read = from_dict(json.loads(json.dumps(written, allow_nan=False)))
    assert read == alert
    assert repr(read) == repr(alert)
    VALID.validate(written)


def test_the_written_form() -> None:
    """States and severities are written by name, times in UTC with a Z, paths as lists; defaults can be left out."""
    moment = datetime(2026, 1, 1, 13, 0, 30, 5, tzinfo=timezone(timedelta(hours=1)))
    alert = evolve(
        LEAST,
        severity=Severity.HIGH,
        identity={"id": "x"},
        occurred_at=moment,
        problems=(Problem(ProblemCode.MISSING, "$", "it is missing"),),
        path=("alerts", 0),
        values={"n": 2**64},
    )
    assert to_dict(alert, omit_defaults=True) == {
        "state": "firing",
        "identity": {"id": "x"},
        "vendor": "acme",
        "source": "acme",
        "severity": "high",
        "dedup_key": "acme:",
        "occurred_at": "2026-01-01T12:00:30.000005Z",
        "problems": [{"code": "missing", "path": "$", "message": "it is missing"}],
        "path": ["alerts", 0],
        "values": {"n": 18446744073709551616},
    }
    assert to_dict(alert).keys() == {field.name for field in attrs.fields(Alert)}
    assert from_dict(to_dict(alert)) == alert


def test_raw_is_not_copied() -> None:
    """The raw element is passed on as the same object, whatever it is."""
    raw: dict[str, Any] = {"a": [1, {"b": None}]}
    assert to_dict(evolve(LEAST, raw=raw))["raw"] is raw
    assert from_dict({**to_dict(LEAST), "raw": raw}).raw is raw


def test_what_a_reader_looks_for_comes_first() -> None:
    """The first keys of each value are those that a person reads; times have the same form everywhere."""
    moment = datetime(2026, 1, 1, 12, tzinfo=UTC)
    alert = evolve(LEAST, severity=Severity.HIGH, title="t", occurred_at=moment, raw={"a": 1})
    batch = Batch(vendor="acme", source="acme", alerts=(alert,), problems=(Problem(ProblemCode.MISSING, "$", "m"),))
    [opened] = IncidentBook().apply(alert)
    assert opened.incident is not None
    about = ["state", "severity", "dedup_key", "title", "source", "vendor"]
    assert list(to_dict(alert))[:6] == list(to_dict(opened.incident))[:6] == about
    assert list(to_dict(batch))[:5] == ["vendor", "source", "reason", "alerts", "problems"]
    assert list(to_dict(opened))[:5] == ["kind", "cause", "at", "was", "incident"]
    assert to_dict(batch.problems[0]) == {"code": "missing", "path": "$", "message": "m"}
    assert to_dict(batch)["alerts"] == [to_dict(alert)]
    assert to_dict(opened)["incident"] == to_dict(opened.incident)
    assert to_dict(opened)["alert"] == to_dict(alert)
    times = {to_dict(alert)["occurred_at"], to_dict(opened)["at"], to_dict(opened.incident)["opened_at"]}
    assert times == {"2026-01-01T12:00:00Z"}


def test_written_values_are_plain_json_types() -> None:
    """No enum and no tuple is left, so that any encoder takes them, and what was before a change is its word."""
    book = IncidentBook()
    book.apply(evolve(LEAST, severity=Severity.LOW, occurred_at=datetime(2026, 1, 1, 12, tzinfo=UTC)))
    [risen] = book.apply(evolve(LEAST, severity=Severity.HIGH, occurred_at=datetime(2026, 1, 1, 13, tzinfo=UTC)))
    values: list[Any] = [to_dict(risen)]
    assert values[0]["was"] == "low"
    for value in values:
        assert type(value) in {dict, list, str, int, float, bool, type(None)}
        values += [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []


def test_only_values_of_the_library_are_written() -> None:
    """Anything else, and a value with a naive time, is a configuration error."""
    with pytest.raises(ConfigurationError, match="expected Alert, Batch, Problem, Incident or Transition, got dict"):
        to_dict({})  # type: ignore[arg-type]
    for moment, message in (
        (datetime(2026, 1, 1), "a time must be an aware datetime such as .*, got a naive datetime"),  # noqa: DTZ001
        (datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))), "a time lies outside the years 1 to 9999 in UTC"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            to_dict(evolve(LEAST, occurred_at=moment))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"state": "Firing"}, "expected one of firing, acknowledged, suppressed, resolved, got another str @ $.state"),
        ({"severity": 1}, "expected one of critical, high, medium, low, info, got int @ $.severity"),
        ({"identity": {"a": 1}}, "expected str, got int @ $.identity.a"),
        ({"identity": {1: "a"}}, "expected text as every key, got int @ $.identity"),
        ({"values": {"a": True}}, "expected int or float or str, got bool @ $.values.a"),
        ({"occurred_at": "soon"}, "expected RFC 3339 text, got str @ $.occurred_at"),
        ({"problems": [{"code": "x"}]}, "expected one of bad_element"),
        ({"problems": {}}, "expected list, got object @ $.problems"),
        ({"path": [None]}, "expected str or int, got null @ $.path[0]"),
        ({"resolvable": 1}, "expected bool, got int @ $.resolvable"),
        ({"sequence": 1.0}, "expected int, got float @ $.sequence"),
    ],
)
def test_reading_is_strict(change: dict[str, Any], message: str) -> None:
    """Reading is as strict as a wire model: the error names the path."""
    with pytest.raises(ShapeError) as caught:
        from_dict({**to_dict(LEAST), **change})
    assert str(caught.value).startswith(message)
    assert caught.value.problems[0].path in str(caught.value)


def test_every_missing_field_is_named() -> None:
    """The error for an empty object names each field that has no default."""
    with pytest.raises(ShapeError) as caught:
        from_dict({})
    assert {problem.path for problem in caught.value.problems} == {f"$.{name}" for name in SCHEMA["required"]}


@given(
    anything
    | st.dictionaries(st.sampled_from([field.name for field in attrs.fields(Alert)]), anything)
    | st.dictionaries(st.sampled_from(list(SCHEMA["properties"])), anything).map(
        lambda part: {**to_dict(LEAST), **part}
    )
    | st.sampled_from([{1: 2}, {"labels": {None: ""}}, {("a",): 1}, object(), {"at": {1}}, b"x", float("nan")])
)
def test_junk_is_a_shape_error(junk: Any) -> None:
    """Any input reads as an alert or raises `ShapeError`."""
    try:
        alert = from_dict(junk)
    except ShapeError as error:
        assert error.problems  # noqa: PT017
    else:
        assert from_dict(to_dict(alert)) == alert


# --- The schema -------------------------------------------------------------------------------------------------------


def test_the_schema_is_valid() -> None:
    """The schema is a valid JSON Schema and refuses objects that are not alerts."""
    Draft202012Validator.check_schema(SCHEMA)
    VALID.validate(to_dict(LEAST))
    for change in (
        {"more": 1},
        {"state": "Firing"},
        {"occurred_at": "2026-01-01T00:00:00+00:00"},
        {"labels": {"a": 1}},
    ):
        assert not VALID.is_valid({**to_dict(LEAST), **change})


def test_the_schema_has_the_fields_of_the_class() -> None:
    """Properties are the fields in their order, required ones have no default, and the enums agree."""
    fields = attrs.fields(Alert)
    assert list(SCHEMA["properties"]) == [field.name for field in fields]
    assert SCHEMA["required"] == [field.name for field in fields if field.default is attrs.NOTHING]
    assert SCHEMA["properties"]["state"]["enum"] == [state.value for state in State]
    assert SCHEMA["properties"]["severity"]["enum"] == [*(severity.value for severity in Severity), None]
    problem = SCHEMA["$defs"]["problem"]
    assert list(problem["properties"]) == problem["required"] == [field.name for field in attrs.fields(Problem)]
    assert problem["properties"]["code"]["enum"] == [code.value for code in ProblemCode]


@pytest.mark.parametrize("vendor", [name for name in vendors() if (FIXTURES / name).is_dir()])
def test_alerts_of_fixtures_are_valid(vendor: str) -> None:
    """Every alert of every fixture fits the schema once written."""
    adapter = registry.find(vendor)
    seen = 0
    for case in load(FIXTURES / vendor):
        try:
            batch = case.parse(adapter)
        except PayloadError:
            continue
        for alert in batch:
            VALID.validate(to_dict(alert))
            seen += 1
    assert seen
