"""Priorities: layers from a source's own overrides down to the adapter's fallback, and the way in and out of them."""

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
    """Override, callable, preset, adapter, fallback: each decides only where those above it say nothing."""
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
        told = priorities.explain(made)
        assert (made.severity, told.severity, told.by, told.word) == (severity, severity, by, level)


def test_a_preset_decides_before_the_adapter() -> None:
    """The documented table of a platform counts where it names the vendor's level."""
    adapter = find("influxdb3")
    reading = Reading(state=State.FIRING, identity={"id": "x"}, level="WARN")
    told = Priorities(preset="itoc360").decide(evolve(adapter, name="prtg"), evolve(reading, level=" Down"), {}, {})
    assert (told.severity, told.by) == (Severity.CRITICAL, DecidedBy.PRESET)


def test_nothing_decides_on_a_recovery_that_tells_nothing() -> None:
    """A recovery without the level of what ended has no severity, and that is no problem."""
    priorities = Priorities()
    made = alert(priorities, "OK", previous="OK")
    assert made.severity is None
    assert made.problems == ()
    assert priorities.explain(made).by is DecidedBy.NOTHING


def test_what_is_guessed_is_told() -> None:
    """A level that is unknown or missing is a problem on the alert."""
    assert [p.code for p in alert(Priorities(), "BANANAS").problems] == [ProblemCode.LEVEL_UNKNOWN]
    assert [p.code for p in alert(Priorities(), "").problems] == [ProblemCode.LEVEL_MISSING]


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
    """With `field` the value at that place of the raw document decides, in any case; without it the next layer does."""
    priorities = Priorities({"gold": "info"}, field=field)
    made = alert(priorities, team=value)
    assert made.severity is (Severity.INFO if hit else Severity.CRITICAL)
    assert priorities.explain(made).by is (DecidedBy.OVERRIDE if hit else DecidedBy.ADAPTER)


@pytest.mark.parametrize(("value", "word"), [(3, "3"), (3.0, "3"), (True, "true"), (None, None), ([1], None)])
def test_a_field_may_be_a_number_or_a_boolean(value: object, word: str | None) -> None:
    """Numbers and booleans are words too, written in one way; null, lists and objects are none."""
    priorities = Priorities({"3": "low", "true": "low"}, field="$.data.rank")
    assert alert(priorities, rank=value).severity is (Severity.LOW if word else Severity.CRITICAL)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Priorities({"CRITICAL": "critcal"}), "did you mean 'critical'"),
        (lambda: Priorities({"CRITCAL": "high"}, vendor="kapacitor"), "did you mean 'CRITICAL'"),
        (lambda: Priorities({"a": "high", "A": "low"}), "twice"),
        (lambda: Priorities({1: "high"}), "must map levels"),
        (lambda: Priorities({"a": 1}), "not a int"),
        (lambda: Priorities("high"), "must map levels"),
        (lambda: Priorities(preset="itoc36"), "did you mean 'itoc360'"),
        (lambda: Priorities(preset=3), "no preset"),
        (lambda: Priorities(field="$.a[x"), "is no path"),
        (lambda: Priorities(field=" "), "not blank"),
        (lambda: Priorities(field=3), "not blank"),
        (lambda: Priorities(layers=["x"]), "functions"),
        (lambda: Priorities(layers=len), "functions"),
        (lambda: Priorities().to_itoc360(), "name none"),
        (lambda: Priorities.from_itoc360({"priority": {"field": "x"}}), "found nothing @ $.priority.mapping"),
        (lambda: Priorities.from_itoc360([]), "expected object"),
        (lambda: Priorities.from_toml("= x", sources={}), "not TOML"),
        (lambda: Priorities.from_toml("[metrix-eu]", sources={"metrics-eu": "kapacitor"}), "did you mean 'metrics-eu'"),
        (
            lambda: Priorities.from_toml('[m]\nlevels = {CRITCAL = "high"}', sources={"m": "kapacitor"}),
            "source 'm': kapacitor has no level 'critcal' (did you mean 'CRITICAL'?)",
        ),
        (lambda: Priorities.from_toml("[m]\nlevel = 3", sources={"m": "kapacitor"}), "source 'm': expected no other"),
        (lambda: Priorities.from_toml("m = 3", sources={"m": "kapacitor"}), "source 'm': expected object"),
    ],
)
def test_mistakes_are_told_when_it_is_built(make: Any, says: str) -> None:
    """A misspelt level, severity, preset, source or path never waits for an alert, and the nearest name is offered."""
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert says in str(caught.value)


def test_an_unknown_vendor_is_told() -> None:
    """So is a vendor that there is not."""
    with pytest.raises(UnknownVendor, match="did you mean 'kapacitor'"):
        Priorities(vendor="kapacitr")
    with pytest.raises(UnknownVendor, match="did you mean 'kapacitor'"):
        Priorities.from_toml("", sources={"m": "kapacitr"})


@pytest.mark.parametrize("layer", [lambda _: 1 / 0, lambda _: "high"])
def test_a_broken_layer_is_a_configuration_error(layer: Any) -> None:
    """A callable that raises, or gives something else than a severity, is the configuration's fault."""
    with pytest.raises(ConfigurationError, match="a layer of the priorities"):
        alert(Priorities(layers=[layer]))


def test_open_vocabularies_take_any_level() -> None:
    """Where users send words of their own, a source maps them."""
    for vendor in ("generic", "grafana", "influxdb2", "influxdb3", "prometheus_alertmanager"):
        assert Priorities({"page-me": "critical"}, vendor=vendor).overrides == {"page-me": Severity.CRITICAL}


def test_toml() -> None:
    """Many sources at once; one without a table has the defaults."""
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


ITOC360 = {
    "priority": {
        "field": "$.finding.severity",
        "options": [{"value": "HIGH", "label": "High"}, {"value": "Low!", "label": "Low"}],
        "mapping": {"HIGH": "HIGH", "Low!": "LOW", "SEVERE": "CRITICAL"},
    }
}


def test_itoc360_in_and_out() -> None:
    """Its per-source mapping object comes out as it went in."""
    priorities = Priorities.from_itoc360(ITOC360)
    assert priorities.to_itoc360() == ITOC360
    assert priorities.overrides["severe"] is Severity.CRITICAL
    assert Priorities({"x": "info"}, field="y").to_itoc360()["priority"]["mapping"] == {"X": "LOW"}


def test_the_documented_tables_of_itoc360() -> None:
    """The preset holds exactly the documented tables; there is no info in it."""
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
    """A preset's levels are levels that the adapter knows too."""
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
    """Whatever the mapping, all else of an alert stays, and a firing one has a severity."""
    plain, mapped = alert(Priorities(), level), alert(priorities, level)
    codes = {ProblemCode.LEVEL_UNKNOWN, ProblemCode.LEVEL_MISSING}
    kept = tuple(problem for problem in mapped.problems if problem.code not in codes)
    assert evolve(mapped, severity=None, problems=kept) == evolve(
        plain, severity=None, problems=tuple(problem for problem in plain.problems if problem.code not in codes)
    )
    assert mapped.severity is not None or mapped.state is State.RESOLVED
