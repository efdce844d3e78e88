"""SigNoz: what the fixtures cannot say, above all how it differs from a plain Alertmanager."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Source, detect, parse, parse_document
from alertmap.model import Reason, State

VENDOR = "signoz"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str) -> dict[str, Any]:
    """Return the document of a fixture."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document


def alerts(name: str, **options: Any) -> list[Alert]:
    """Return the alerts of a fixture."""
    return list(parse_document(VENDOR, body(name), source=Source("s", options=options)))


def found(document: Any) -> str | None:
    """Return the vendor that a document is recognised as."""
    detected = detect(json.dumps(document))
    return detected.vendor if detected else None


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "Keep, whose provider for Prometheus reads SigNoz", "the channel's test opens an alert for ever"
)
def test_the_test_of_a_channel_is_no_alert() -> None:
    """It is recognised by its text, whatever the channel is called."""
    document = body("channel_test")
    document["alerts"][0]["labels"]["alertname"] = "Test Alert (another channel)"
    assert found(document) == VENDOR
    assert parse_document(VENDOR, document).reason is Reason.TEST


@pytest.mark.fault_elsewhere(
    "PagerDuty, from SigNoz before SigNoz/signoz#9538", "an alert without `severity` is an error"
)
def test_the_threshold_is_the_level_where_there_is_no_severity() -> None:
    """Versions before that change name the level in `threshold.name` alone."""
    document = body("firing")
    del document["alerts"][0]["labels"]["severity"]
    [alert] = parse_document(VENDOR, document)
    assert (alert.level, alert.problems) == ("critical", ())


@pytest.mark.fault_elsewhere("goalert, target/goalert#4461", "the recovery of one alert of a group closes all")
def test_the_end_of_the_higher_threshold_leaves_the_lower_open() -> None:
    """Each threshold is an alert of its own."""
    higher, lower = alerts("two_thresholds")
    ended, still = alerts("higher_ends")
    assert (ended.dedup_key, ended.state) == (higher.dedup_key, State.RESOLVED)
    assert (still.dedup_key, still.state) == (lower.dedup_key, State.FIRING)
    assert higher.dedup_key != lower.dedup_key


# --- Recognition, tests of rules, options -----------------------------------------------------------------------------


def test_one_alert_of_another_origin_does_not_hide_the_vendor() -> None:
    """Labels of one alert, or of all of them, suffice."""
    document = body("firing")
    document["commonLabels"] = {}
    document["alerts"].insert(0, {"status": "firing", "labels": {"alertname": "x"}})
    assert found(document) == VENDOR
    document["alerts"] = document["alerts"][:1]
    assert found(document) == "prometheus_alertmanager"


def test_alertmanager_reads_it_as_well() -> None:
    """A source that is named `prometheus_alertmanager` may receive SigNoz: it is the same label set."""
    [one], [other] = alerts("firing"), parse_document("prometheus_alertmanager", body("firing"))
    assert (one.identity, one.episode) == (other.identity, other.episode)


def test_the_test_of_a_rule_of_older_versions() -> None:
    """It has no label but a suffix of the name; a saved rule of such a name is an alert."""
    document = body("older")
    labels = document["alerts"][0]["labels"]
    labels["alertname"] += "_TEST_ALERT"
    [alert] = parse_document(VENDOR, document)
    assert alert.state is State.FIRING
    del labels["ruleId"], labels["ruleSource"], document["commonLabels"]
    assert parse(VENDOR, json.dumps(document)).reason is Reason.TEST


def test_thresholds_share_an_alert_by_option() -> None:
    """`ignore_labels` takes the threshold out of the key."""
    higher, lower = alerts("two_thresholds", ignore_labels=["severity", "threshold.name"])
    assert higher.dedup_key == lower.dedup_key


def test_links_and_values() -> None:
    """Annotations of SigNoz are links and values; the message has its summary and its description."""
    [alert] = alerts("firing")
    assert alert.values == {"value": 2.31, "threshold": 2}
    assert alert.links["traces"].startswith("https://signoz.example.internal/traces-explorer")
    assert alert.links["source"].endswith("/alerts/edit?ruleId=0196f1d2-7c1e-7b1a-9d3f-2b6f0c1e4a55")
    assert (alert.title, alert.resource) == ("p99 of cart is high", "cart")
    assert alert.message.splitlines()[0] == "The rule threshold is set to 2, and the observed metric value is 2.31"
