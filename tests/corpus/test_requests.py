"""Every captured request keeps the rules of its vendor; no request is tested by name."""

from datetime import datetime
from typing import Any

import pytest

import captures
from alertmap import State, detect
from alertmap.errors import PayloadError
from captures import Captured
from corpus.rules import Kind, Rules, raw
from corpus.rules_grafana import is_push
from corpus.vendors import VENDORS

ALL = [(rules, one) for rules in VENDORS for one in captures.requests(rules.folder)]


def _of(kind: Kind) -> list[Any]:
    found = []
    for rules, one in ALL:
        if rules.kind(one) is kind:
            waits = rules.waits(one)
            marks = [pytest.mark.xfail(reason=waits, strict=True)] if waits else []
            found.append(pytest.param(rules, one, id=f"{rules.vendor}-{one.name}", marks=marks))
    return found


@pytest.mark.parametrize(("rules", "one"), _of(Kind.ALERTS))
def test_each_element_is_an_alert(rules: Rules, one: Captured) -> None:
    """Every element becomes one alert with its own state, times, severity and key."""
    batch = rules.parse(one)
    assert batch.reason is None
    for alert, element in zip(batch, rules.elements(one), strict=True):
        rules.check(one, alert, element)


@pytest.mark.parametrize(("rules", "one"), _of(Kind.ALERTS))
def test_recognised(rules: Rules, one: Captured) -> None:
    """A request with alerts is recognised as its vendor's, or not at all where the body does not identify it."""
    if rules.waits(one):
        rules.parse(one)
    found = detect(one.request)
    assert (found.vendor if found else None) == (rules.vendor if rules.is_recognised(one) else None)


@pytest.mark.parametrize(("rules", "one"), _of(Kind.NO_ALERT))
def test_empty_batches(rules: Rules, one: Captured) -> None:
    """Tests, probes and rows are empty batches with a reason."""
    batch = rules.parse(one)
    assert not batch.alerts
    assert batch.reason is not None


@pytest.mark.parametrize(("rules", "one"), _of(Kind.FOREIGN))
def test_foreign_requests(rules: Rules, one: Captured) -> None:
    """A request for another system is refused or an empty batch, and not recognised as the vendor's."""
    try:
        assert not rules.parse(one).alerts
    except PayloadError as error:
        assert error.vendor == rules.vendor  # noqa: PT017 - an empty batch is right as well
        found = detect(one.request)
        assert found is None or found.vendor != rules.vendor


@pytest.mark.parametrize("rules", VENDORS, ids=lambda rules: rules.vendor)
def test_keys_agree_with_fingerprints(rules: Rules) -> None:
    """Two alerts share a key exactly where the sender gives them one fingerprint."""
    pairs = set()
    for _, one in (pair for pair in ALL if pair[0] is rules):
        if rules.kind(one) is Kind.ALERTS and not rules.waits(one):
            for alert, element in zip(rules.parse(one), rules.elements(one), strict=True):
                if (fingerprint := rules.fingerprint(element)) is not None:
                    pairs.add((alert.dedup_key, fingerprint))
    assert len({key for key, _ in pairs}) == len({fingerprint for _, fingerprint in pairs}) == len(pairs)


@pytest.mark.parametrize("rules", VENDORS, ids=lambda rules: rules.vendor)
def test_enough_is_captured(rules: Rules) -> None:
    """More than half of a vendor's captured requests are alerts, unless its rules say otherwise."""
    kinds = [rules.kind(one) for other, one in ALL if other is rules]
    assert kinds.count(Kind.ALERTS) > (len(kinds) / 2 if rules.mostly_alerts else 0)


# --- Pushes to Alertmanager's API, whoever sends them -----------------------------------------------------------------

FOLDERS = sorted(folder.name for folder in (captures.SHARED / "captures").iterdir() if folder.is_dir())
PUSHES = [
    (folder, one)
    for folder in FOLDERS
    for one in captures.requests(folder)
    if one.request.path.endswith(("/api/v1/alerts", "/api/v2/alerts"))
]


@pytest.mark.parametrize("one", [one for _, one in PUSHES], ids=[f"{folder}-{one.name}" for folder, one in PUSHES])
def test_a_push_is_alertmanagers(one: Captured) -> None:
    """Each element of a push to Alertmanager's API is an alert with a key of all its labels, whatever the sender."""
    rules = {rules.vendor: rules for rules in VENDORS}["prometheus_alertmanager"]
    keys: dict[str, Any] = {}
    for alert, element in zip(rules.parse(one), rules.elements(one), strict=True):
        labels = {name: text for name, text in element["labels"].items() if text}
        assert raw(alert)["labels"] == element["labels"]
        assert alert.level == labels.get("severity")
        assert keys.setdefault(alert.dedup_key, labels) == labels, "two sets of labels have one key"
        ends = element.get("endsAt")
        is_over = bool(ends and one.received_at and datetime.fromisoformat(ends) <= one.received_at)
        assert (alert.state is State.RESOLVED) == (is_over and not ends.startswith("0001-01-01"))


# --- Detection over all folders, built vendors and others -------------------------------------------------------------


TARGETS = {
    "pagerduty": "pagerduty",
    "opsgenie": "opsgenie",
    "gitlab": "gitlab",
    "incidentio": "incident_io",
    "servicenow": "servicenow",
    "squadcast": "squadcast",
    "to-splunk": "splunk",
    "victorops": "splunk",
}
"""Vendors of the APIs that other tools post to, by a word in the names of captures. VictorOps is Splunk's On-Call."""


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_request_is_misrecognised(folder: str) -> None:
    """A request is recognised as its folder's vendor or not at all, except for foreign forms."""
    mine = [rules for rules in VENDORS if rules.folder == folder]
    own = mine[0] if mine else None
    for one in captures.requests(folder):
        found = detect(one.request)
        if found is None or found.vendor in {folder, *(rules.vendor for rules in mine)}:
            continue
        posts_there = one.request.path.endswith(("/api/v1/alerts", "/api/v2/alerts"))
        target = next((vendor for word, vendor in TARGETS.items() if word in one.name), None)
        if target is not None:  # many tools post to the APIs of these
            assert found.vendor == target, one.name
        elif posts_there or (folder == "grafana" and is_push(one)):
            assert found.vendor == "prometheus_alertmanager", one.name
        else:
            # The user's own template may be written for a vendor of ours.
            assert own is not None, (one.name, found)
            assert own.kind(one) is Kind.FOREIGN, (one.name, found)
            assert "payload" in one.name, (one.name, found)
