"""Severity layers, from the source's overrides to the adapter's fallback, and reading and writing them."""

import json
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from alertmap import (
    Alert,
    ConfigurationError,
    Priorities,
    ProblemCode,
    Reading,
    Severity,
    Source,
    State,
    UnknownVendor,
    parse,
    vendors,
)
from alertmap.intake.presets import PRESETS
from alertmap.intake.registry import find
from alertmap.intake.severity import DecidedBy


def event(level: str = "CRITICAL", previous: str = "OK", **data: Any) -> bytes:
    return json.dumps(
        {
            "id": "disk:host=a",
            "message": "disk",
            "details": "",
            "time": "2026-03-02T08:00:00Z",
            "duration": 0,
            "level": level,
            "previousLevel": previous,
            "data": {"series": None, **data},
        }
    ).encode()


def alert(priorities: Priorities, level: str = "CRITICAL", **more: Any) -> Alert:
    (made,) = parse("kapacitor", event(level, **more), source=Source("s", priorities=priorities))
    return made


ALL = [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO]


def test_first_hit_wins() -> None:
    """Override, callable, preset, adapter, fallback: a layer decides only if those before it do not."""
    callable_ = [lambda reading: Severity.LOW if reading.level == "WARNING" else None]
    priorities = Priorities({"CRITICAL": "high"}, layers=callable_, preset="itoc360")
    cases = {
        "CRITICAL": (Severity.HIGH, DecidedBy.OVERRIDE),
        "WARNING": (Severity.LOW, DecidedBy.CALLABLE),
        "INFO": (Severity.LOW, DecidedBy.ADAPTER),  # the preset knows no info
        "BANANAS": (Severity.MEDIUM, DecidedBy.FALLBACK),
    }
    for level, (severity, by) in cases.items():
        made = alert(priorities, level)
        decision = priorities.explain(made)
        assert (made.severity, decision.severity, decision.by, decision.word) == (severity, severity, by, level)


def test_a_preset_decides_before_the_adapter() -> None:
    """The preset's documented table decides where it names the vendor's level."""
    adapter = find("influxdb3")
    reading = Reading(state=State.FIRING, identity={"id": "x"}, level="WARN")
    decision = Priorities(preset="itoc360").decide(evolve(adapter, name="prtg"), evolve(reading, level=" Down"), {}, {})
    assert (decision.severity, decision.by) == (Severity.CRITICAL, DecidedBy.PRESET)


def test_a_recovery_without_a_level() -> None:
    """A recovery without the level of the ended alert has no severity and no problem."""
    priorities = Priorities()
    made = alert(priorities, "OK", previous="OK")
    assert made.severity is None
    assert made.problems == ()
    assert priorities.explain(made).by is DecidedBy.NOTHING


def test_guesses_are_problems() -> None:
    """An unknown or missing level is a problem of the alert."""
    unknown = [ProblemCode.STATE_UNKNOWN, ProblemCode.LEVEL_UNKNOWN]  # Kapacitor's level is its state, too
    assert [p.code for p in alert(Priorities(), "BANANAS").problems] == unknown
    assert [p.code for p in alert(Priorities(), "").problems] == [ProblemCode.STATE_GUESSED, ProblemCode.LEVEL_MISSING]


@pytest.mark.parametrize(
    ("field", "value", "hit"),
    [
        ("$.data.team", "gold", True),
        ("$['data'].team", " GOLD ", True),
        ("message", "disk", False),
        ("level", "gold", False),
        ("$.data.series[0].x", "gold", False),
        ("$.nowhere.at.all", "gold", False),
    ],
)
def test_overrides_may_go_by_a_field(field: str, value: str, hit: bool) -> None:  # noqa: FBT001 - a case
    """With `field` the value at that path decides, in any case; without a value the next layer does."""
    priorities = Priorities({"gold": "info"}, field=field)
    made = alert(priorities, team=value)
    assert made.severity is (Severity.INFO if hit else Severity.CRITICAL)
    assert priorities.explain(made).by is (DecidedBy.OVERRIDE if hit else DecidedBy.ADAPTER)


@pytest.mark.parametrize(("value", "word"), [(3, "3"), (3.0, "3"), (True, "true"), (None, None), ([1], None)])
def test_a_field_may_be_a_number_or_a_boolean(value: object, word: str | None) -> None:
    """Numbers and booleans are matched in one spelling; null, lists and objects are not matched."""
    priorities = Priorities({"3": "low", "true": "low"}, field="$.data.rank")
    assert alert(priorities, rank=value).severity is (Severity.LOW if word else Severity.CRITICAL)


SENTENCE = 5
ANY_TYPE: Any = []


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Priorities({"CRITICAL": "critcal"}), "did you mean 'critical'"),
        (lambda: Priorities({"CRITCAL": "high"}, vendor="kapacitor"), "did you mean 'CRITICAL'"),
        (lambda: Priorities({"a": "high", "A": "low"}), "the level 'A' stands twice, with two severities"),
        (lambda: Priorities({"a-b": "high", "a_b": "low"}), "the level 'a_b' stands twice, with two severities"),
        (lambda: Priorities({1: "high"}), "overrides must map levels (text) to severities"),
        (lambda: Priorities({"a": 1}), "not a int"),
        (lambda: Priorities("high"), "overrides must map levels (text) to severities"),
        (lambda: Priorities(preset="itoc36"), "no preset is called 'itoc36' (did you mean 'itoc360'?)"),
        (lambda: Priorities(preset=3), "no preset is called a int"),
        (lambda: Priorities(field="$.a[x"), "invalid path"),
        (lambda: Priorities(field=" "), "blank"),
        (lambda: Priorities(field=3), "blank"),
        (lambda: Priorities(layers=["x"]), "layers must be a list of functions of a Reading"),
        (lambda: Priorities(layers=len), "layers must be a list of functions of a Reading"),
        (lambda: Priorities(labels=3), "labels must map values (text) to text"),
        (lambda: Priorities(labels={"a": 3}), "labels must map values (text) to text"),
        (lambda: Priorities(labels={3: "a"}), "labels must map values (text) to text"),
        (lambda: Priorities().to_itoc360(), "ITOC360 maps the values of a field; these priorities name none"),
        (lambda: Priorities.from_itoc360(ITOC360, vendor="kapacitr"), "no adapter is called kapacitr"),
        (lambda: Priorities.from_itoc360({"priority": {"field": "x"}}), "found nothing @ $.priority.mapping"),
        (lambda: Priorities.from_itoc360([]), "expected object"),
        (lambda: Priorities.from_toml("= x", sources={}), "not TOML"),
        (lambda: Priorities.from_toml("a = 1\na = 2", sources={}), "not TOML"),
        (lambda: Priorities.from_toml(ANY_TYPE, sources={}), "the priorities must be text, got list"),
        (lambda: Priorities.from_toml("", sources=ANY_TYPE), "sources must be a mapping of names to vendors, got list"),
        (
            lambda: Priorities.from_toml("[metrix-eu]", sources={"metrics-eu": "kapacitor"}),
            "no source is called 'metrix-eu' (did you mean 'metrics-eu'?)",
        ),
        (
            lambda: Priorities.from_toml('[m]\nlevels = {CRITCAL = "high"}', sources={"m": "kapacitor"}),
            "source 'm': kapacitor has no level 'critcal' (did you mean 'CRITICAL'?)",
        ),
        (lambda: Priorities.from_toml("[m]\nlevel = 3", sources={"m": "kapacitor"}), "source 'm': expected no other"),
        (lambda: Priorities.from_toml("m = 3", sources={"m": "kapacitor"}), "source 'm': expected object"),
    ],
)
def test_mistakes_are_found_when_built(make: Any, says: str) -> None:
    """A misspelt level, severity, preset, source or path is an error at once, with the nearest name."""
    with pytest.raises((ConfigurationError, UnknownVendor)) as caught:
        make()
    # Where the text given here is a sentence of several words, it is all of the message or its beginning.
    message = str(caught.value)
    assert message.startswith(says) if says.count(" ") > SENTENCE else says in message


def test_an_unknown_vendor_is_an_error() -> None:
    """An unknown vendor is an error as well."""
    with pytest.raises(UnknownVendor, match="did you mean 'kapacitor'"):
        Priorities(vendor="kapacitr")
    with pytest.raises(UnknownVendor, match="did you mean 'kapacitor'"):
        Priorities.from_toml("", sources={"m": "kapacitr"})


@pytest.mark.parametrize(
    ("layer", "says"),
    [(lambda _: 1 / 0, "raised ZeroDivisionError$"), (lambda _: "high", "gave a str, not a Severity$")],
)
def test_a_broken_layer_is_a_configuration_error(layer: Any, says: str) -> None:
    """A callable that raises, or returns something else than a severity, is a configuration error."""
    with pytest.raises(ConfigurationError, match=f"a layer of the priorities {says}"):
        alert(Priorities(layers=[layer]))


@pytest.mark.parametrize(("path", "element", "document"), [("a", {"a": "gold"}, {}), ("b", {"a": 1}, {"b": "gold"})])
def test_a_field_is_looked_up_in_the_element_and_then_in_the_document(path: str, element: Any, document: Any) -> None:
    """The alert's own element comes first; where it has no such value, the document around it counts."""
    reading = Reading(state=State.FIRING, identity={"id": "x"}, level="CRITICAL")
    priorities = Priorities({"gold": "info"}, field=path)
    assert priorities.decide(find("kapacitor"), reading, element, document).by is DecidedBy.OVERRIDE
    both = priorities.decide(find("kapacitor"), reading, {path: "iron"}, {path: "gold"})
    assert both.by is DecidedBy.ADAPTER


def test_words_of_a_field_are_compared_strictly_and_levels_loosely() -> None:
    """Any value may stand in a document, so `-1` is not `1` there; a level is one word in any spelling."""
    reading = Reading(state=State.FIRING, identity={"id": "x"}, level="page me")
    kapacitor = find("kapacitor")
    by_field = Priorities({"-1": "info", "page-me": "info"}, field="rank")
    assert by_field.decide(kapacitor, reading, {"rank": "1"}, {}).by is DecidedBy.FALLBACK
    assert by_field.decide(kapacitor, reading, {"rank": "page me"}, {}).by is DecidedBy.FALLBACK
    assert by_field.decide(kapacitor, reading, {"rank": -1}, {}).by is DecidedBy.OVERRIDE
    by_level = Priorities({"Page-Me": "info"})
    assert by_level.decide(kapacitor, reading, {}, {}).by is DecidedBy.OVERRIDE


@pytest.mark.parametrize("level", ["", " ", "\t\n", None])
def test_a_blank_level_is_no_level(level: str | None) -> None:
    """A level of blanks alone is missing, and no override of a blank word decides."""
    reading = Reading(state=State.FIRING, identity={"id": "x"}, level=level)
    decision = Priorities({" ": "info"}).decide(find("kapacitor"), reading, {}, {})
    assert (decision.by, decision.word) == (DecidedBy.FALLBACK, None)
    assert decision.problem is not None
    assert decision.problem.code is ProblemCode.LEVEL_MISSING


def test_an_imported_mapping_has_the_tables_of_its_platform() -> None:
    """Priorities of ITOC360 go on with that platform's preset, which knows no info."""
    priorities = Priorities.from_itoc360(ITOC360, vendor="kapacitor")
    assert (priorities.preset, priorities.vendor) == ("itoc360", "kapacitor")
    assert alert(priorities, "INFO").severity is Severity.LOW


def test_open_vocabularies_take_any_level() -> None:
    """For a vendor with free level words a source may map any word."""
    for vendor in ("generic", "grafana", "influxdb2", "influxdb3", "prometheus_alertmanager"):
        assert Priorities({"page-me": "critical"}, vendor=vendor).overrides == {"page-me": Severity.CRITICAL}


def test_toml() -> None:
    """One TOML file configures many sources; one without a table has the defaults."""
    text = """
        [metrics-eu]
        preset = "itoc360"
        levels = { WARNING = "high" }
        [findings]
        field = "$.finding.severity"
        levels = { SEVERE = "critical" }
    """
    sources = {"metrics-eu": "kapacitor", "findings": "kapacitor", "other": "kapacitor"}
    found = Priorities.from_toml(text, sources=sources)
    assert found["metrics-eu"] == Priorities({"WARNING": "high"}, preset="itoc360", vendor="kapacitor")
    assert found["findings"].field == "$.finding.severity"
    assert found["other"] == Priorities(vendor="kapacitor")


ITOC360: dict[str, Any] = {
    "priority": {
        "field": "$.finding.severity",
        "options": [{"value": "HIGH", "label": "High"}, {"value": "Low!", "label": "Low"}],
        "mapping": {"HIGH": "HIGH", "Low!": "LOW", "SEVERE": "CRITICAL"},
    }
}


def test_itoc360_in_and_out() -> None:
    """ITOC360's mapping object of a source is written as it was read."""
    priorities = Priorities.from_itoc360(ITOC360)
    assert priorities.to_itoc360() == ITOC360
    assert priorities.overrides["severe"] is Severity.CRITICAL
    assert Priorities({"x": "info"}, field="y").to_itoc360()["priority"]["mapping"] == {"X": "LOW"}


TRIGGER_LEVEL = {"field": "triggerLevel", "mapping": {"CRITICAL": "HIGH", "WARN": "CRITICAL", "INFO": "LOW"}}


def cloudmonitor(priority: dict[str, Any], **changed: str) -> Alert:
    callback = {
        "metricProject": "acs_ecs",
        "alertName": "disk",
        "alertState": "ALERT",
        "triggerLevel": "WARN",
        "preTriggerLevel": "null",
        "ruleId": "r1",
        "dimensions": "{instanceId=i-1}",
        "timestamp": "1776548823512",
    }
    source = Source("cms", priorities=Priorities.from_itoc360({"priority": priority}, vendor="alibaba_cloudmonitor"))
    (made,) = parse("alibaba_cloudmonitor", json.dumps(callback | changed), source=source)
    assert source.priorities.explain(made).severity is made.severity
    return made


@pytest.mark.parametrize("field", ["triggerLevel", "$.triggerLevel"])
def test_the_mapping_of_triggerlevel_holds_for_recoveries(field: str) -> None:
    """A recovery, which has OK in `triggerLevel`, gets the mapped severity of the alert that ended."""
    mapping = TRIGGER_LEVEL | {"field": field}
    assert cloudmonitor(mapping).severity is Severity.CRITICAL
    ended = cloudmonitor(mapping, alertState="OK", triggerLevel="OK", preTriggerLevel="WARN")
    assert (ended.state, ended.level, ended.severity) == (State.RESOLVED, "WARN", Severity.CRITICAL)
    of_nothing = cloudmonitor(mapping, alertState="OK", triggerLevel="OK")
    assert of_nothing.severity is None


def test_a_mapped_word_of_the_field_comes_before_the_level() -> None:
    """A mapping for OK itself has precedence."""
    mapping = TRIGGER_LEVEL | {"mapping": {"WARN": "CRITICAL", "OK": "LOW"}}
    ended = cloudmonitor(mapping, alertState="OK", triggerLevel="OK", preTriggerLevel="WARN")
    assert ended.severity is Severity.LOW


def test_the_mapping_of_another_field_does_not_go_by_the_level() -> None:
    """A mapping by another field ignores the level, even if a value looks like one."""
    mapping = {"field": "alertName", "mapping": {"WARN": "CRITICAL"}}
    assert cloudmonitor(mapping).severity is Severity.MEDIUM
    assert cloudmonitor(mapping, alertName="WARN", triggerLevel="INFO").severity is Severity.CRITICAL


def test_the_documented_tables_of_itoc360() -> None:
    """The preset holds exactly the documented tables, which have no info."""
    preset = PRESETS["itoc360"]
    identity = dict(zip(("critical", "high", "medium", "low"), ALL[:4], strict=True))
    critical, high, medium, low = ALL[:4]
    assert preset.levels == {
        "alibaba_cloudmonitor": {"critical": critical, "warn": medium, "info": low},
        "checkmk": {"ok": low, "warning": medium, "critical": critical},
        "google_scc": identity,
        "grafana": {"info": low, "warning": medium, "critical": critical},
        "prometheus_alertmanager": {"info": low, "warning": medium, "error": high, "critical": critical},
        "prtg": {"down": critical, "warning": medium, "unusual": low, "up": low, "paused": low, "unknown": low},
        "rollbar": {"20": low, "30": medium, "40": high, "50": critical},
        "salesforce": identity,
        "itoc360": identity,
        "zapier": identity,
        "generic": identity,
    }
    assert preset.replace == {Severity.INFO: Severity.LOW}


@pytest.mark.parametrize("vendor", sorted(PRESETS["itoc360"].levels.keys() & set(vendors())))
def test_presets_use_words_of_their_vendors(vendor: str) -> None:
    """Every level of a preset is a level of the adapter."""
    adapter = find(vendor)
    assert set(PRESETS["itoc360"].levels[vendor]) <= set(adapter.severity_by_word)


severities = st.sampled_from(ALL)
priorities_ = st.builds(
    Priorities,
    st.dictionaries(st.sampled_from(["CRITICAL", "warning", "Info"]), severities, max_size=3),
    preset=st.sampled_from(["default", "itoc360"]),
    layers=st.lists(st.none() | severities, max_size=2).map(lambda given: [lambda _, one=one: one for one in given]),
)


@given(priorities_, st.sampled_from(["CRITICAL", "WARNING", "INFO", "OK", "odd", ""]))
def test_a_mapping_changes_severities_and_nothing_else(priorities: Priorities, level: str) -> None:
    """A mapping changes only severities, and a firing alert always has one."""
    plain, mapped = alert(Priorities(), level), alert(priorities, level)
    codes = {ProblemCode.LEVEL_UNKNOWN, ProblemCode.LEVEL_MISSING}
    kept = tuple(problem for problem in mapped.problems if problem.code not in codes)
    assert evolve(mapped, severity=None, problems=kept) == evolve(
        plain, severity=None, problems=tuple(problem for problem in plain.problems if problem.code not in codes)
    )
    assert mapped.severity is not None or mapped.state is State.RESOLVED
