"""HertzBeat beyond the goldens: what a template breaks, times without a zone, and faults that other receivers have."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from alertmap import Alert, ConfigurationError, PayloadError, State, detect, parse, parse_document
from alertmap.adapters import hertzbeat
from alertmap.intake.source import Source
from alertmap.model import ProblemCode, Severity, Times

FIXTURES = Path(__file__).parents[2] / "fixtures" / "hertzbeat"


def body(name: str) -> str:
    """Return the body of a fixture."""
    return (FIXTURES / f"{name}.json").read_text(encoding="utf-8")


def alert(**more: Any) -> dict[str, Any]:
    """Return an alert of a group."""
    labels = {"alertname": "cpu", "severity": "critical", "instance": "a"}
    return {"labels": labels, "content": "cpu 97%", "triggerTimes": 1, "startAt": 1795258272326, **more}


def only(document: Any, **options: Any) -> Alert:
    """Return the only alert of a document."""
    [found] = parse_document("hertzbeat", document, source=Source("s", options=options))
    return found


def group(*alerts: Any, status: str = "firing") -> dict[str, Any]:
    """Return a group."""
    return {"status": status, "alerts": list(alerts)}


# --- Broken JSON ------------------------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "any receiver that takes JSON only, as HertzBeat's own template writes it",
    "firing alerts without annotations are refused, their recoveries are read: nothing ever opens",
)
@pytest.mark.parametrize("name", ["port_down", "info", "quotes"])
def test_what_is_no_json_fires(name: str) -> None:
    """A firing body that is no JSON is recognised and fires, with one problem for the request."""
    with pytest.raises(json.JSONDecodeError):
        json.loads(body(name))
    found = detect(body(name))
    assert found is not None
    assert found.vendor == "hertzbeat"
    batch = parse("hertzbeat", body(name))
    assert [one.state for one in batch] == [State.FIRING]
    assert [problem.code for problem in batch.problems] == [ProblemCode.MALFORMED]


def test_commas_and_brackets_inside_texts_stay() -> None:
    """Only commas outside of texts are taken out."""
    content = r"a, ] b,} \"c,}\" \\"
    text = body("port_down").replace(
        "port 707712906717952 unreachable", content.replace("\\", r"\\").replace('"', r"\"")
    )
    [found] = parse("hertzbeat", text)
    assert found.message == content


@pytest.mark.parametrize(
    "text",
    ['"commonLabels": {' * 20_000, '"' + '\\"' * 150_000 + "\\", ", " * 200_000, '"alerts":[' + ",\n" * 200_000],
)
def test_broken_text_takes_linear_time(text: str) -> None:
    """Texts that make a careless search quadratic are refused as fast as others."""
    start = perf_counter()
    with pytest.raises(PayloadError):
        parse("hertzbeat", text[:256_000])
    assert perf_counter() - start < 5


# --- States -----------------------------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "Alertmanager, prometheus/alertmanager#1051, and Grafana, grafana/grafana#42683",
    "one state for a batch: one recovery closes all, or a member that still fires hides one",
)
@pytest.mark.parametrize("name", ["guide_mixed", "mixed"])
def test_a_firing_group_hides_no_recovery(name: str) -> None:
    """The alert that is over resolves while its group fires, and only that one."""
    batch = parse("hertzbeat", body(name), source=Source("s", options={"utc_offset": "Z"}))
    assert [one.state for one in batch] == [State.RESOLVED, State.FIRING]


def test_an_end_of_zero_is_no_end() -> None:
    """A template that writes the end of a firing alert as 0, or as the epoch in the server's zone, still fires."""
    for end in (0, None, "1970-01-01 00:00:00", "1970-01-01 08:00:00", ""):
        assert only(group(alert(endAt=end))).state is State.FIRING


@pytest.mark.fault_elsewhere("Keep, keephq/keep#5370", "the name of the alert alone is the key, so hosts are one alert")
def test_hosts_are_alerts_of_their_own() -> None:
    """Alerts of one rule differ by their labels, and so do two severities, which HertzBeat ends one by one."""
    labels = alert()["labels"]
    others = [labels, labels | {"instance": "b"}, labels | {"severity": "warning"}]
    assert len({only(group(alert(labels=one))).dedup_key for one in others}) == 3


def test_labels_left_out() -> None:
    """The option ignore_labels names labels that make no difference."""
    found = only(group(alert()), ignore_labels=["severity", "instance"])
    assert found.identity == {"label.alertname": "cpu"}


def test_the_emoji_is_not_the_level() -> None:
    """The common labels call an emergency Unknown; the alert's own label counts."""
    [found] = parse("hertzbeat", body("quotes"))
    assert '"Unknown"' in body("quotes")
    assert (found.level, found.severity) == ("emergency", Severity.CRITICAL)


# --- Times ------------------------------------------------------------------------------------------------------------


def test_the_zone_of_the_server() -> None:
    """A time without a zone counts in that of the option, one with a zone does not; milliseconds need none."""
    china = {"utc_offset": "+08:00"}
    expected = datetime(2026, 11, 21, 10, 51, 12, tzinfo=UTC)
    assert only(group(alert(startAt="2026-11-21 18:51:12")), **china).started_at == expected
    assert only(group(alert(startAt="2026-11-21T12:51:12+02:00")), **china).started_at == expected
    assert only(group(alert()), **china).started_at == expected + timedelta(milliseconds=326)
    assert only(group(alert(startAt="2026-11-21 03:21:12")), utc_offset="-07:30").started_at == expected


def test_a_time_without_a_zone_is_not_guessed() -> None:
    """Without the option it is left out, with a problem, and the order of arrival counts."""
    found = only(group(alert(startAt="2026-11-21 18:51:12")))
    assert (found.occurred_at, found.times) == (None, Times.NONE)
    assert [problem.code for problem in found.problems] == [ProblemCode.BAD_TIME]
    assert only(group(alert())).times is Times.SINCE


@pytest.mark.parametrize("offset", ["8", "+8:00", "Asia/Shanghai", "", 8, "+08:00\n"])
def test_an_offset_that_is_none(offset: Any) -> None:
    """The option takes an offset and nothing else, and says so when the source is made."""
    with pytest.raises(ConfigurationError):
        only(group(alert()), utc_offset=offset)


# --- 1.6 and before ---------------------------------------------------------------------------------------------------


def test_a_recovery_of_1_6_has_no_level() -> None:
    """Every recovery has the priority of a warning, which is not that of what ended; its time is that of the end."""
    [found] = parse("hertzbeat", body("legacy_recovered"), source=Source("s", options={"utc_offset": "Z"}))
    assert (found.level, found.severity) == (None, None)
    assert found.occurred_at == datetime(2022, 2, 25, 13, 40, 10, tzinfo=UTC)


def test_the_number_of_the_record_is_not_the_key() -> None:
    """HertzBeat 1.6 gives each notice a record of its own, and its code of failure may change."""
    document = json.loads(body("legacy"))
    other = document | {"alarmId": 1, "tags": document["tags"] | {"code": "TIMEOUT"}, "content": "code is TIMEOUT"}
    assert only(document).dedup_key == only(other).dedup_key


def test_the_template_of_the_guide_is_in_the_guide() -> None:
    """The fixtures of the guide have just the keys that its template writes."""
    [first, *_] = json.loads(body("guide"))["alerts"]
    for key in first:
        assert f'"{key}":' in (hertzbeat.__doc__ or "")
