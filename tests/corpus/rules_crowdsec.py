"""The rules of CrowdSec's captured requests: the plugin `http` with its own template, and what others write."""

import json
from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Any

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, raw

OTHER_TEMPLATES = ("text-template", "crowdsec-slack", "crowdsec-splunk")


def kind(one: Captured) -> Kind:
    """Texts of users, and the plugins for Slack and Splunk, are foreign; so is Falcosidekick in the same folder."""
    if one.facts["product"] != "CrowdSec" or one.facts["scenario"] in OTHER_TEMPLATES:
        return Kind.FOREIGN
    return Kind.NO_ALERT if one.facts["scenario"] == "cscli-test" else Kind.ALERTS


def check(one: Captured, alert: Alert, element: Any) -> None:
    """Each element fires, and nothing ends it; only the alert of the simulation is less than medium."""
    assert (alert.state, alert.resolvable) == (State.FIRING, False)
    assert alert.severity is (Severity.INFO if one.facts["scenario"] == "simulated" else Severity.MEDIUM)
    assert alert.title == f"{element['scenario']} by {element['source']['value']}"
    assert alert.message == element["message"]
    assert alert.values["events"] == element["events_count"]
    assert alert.occurred_at == time(alert)
    assert not alert.problems
    moving = (
        element["uuid"],
        element["machine_id"],
        *(decision["duration"] for decision in element["decisions"] or ()),
    )
    assert not set(moving) & set(alert.identity.values())


def time(alert: Alert) -> datetime:
    """Return the time of the last event of the alert."""
    return datetime.fromisoformat(raw(alert)["stop_at"]).astimezone(UTC)


def fingerprint(element: Any) -> Hashable:
    """Return the scenario and its source."""
    return element["scenario"], element["source"]["value"]


RULES = Rules(
    "crowdsec",
    kind,
    check,
    time,
    lambda one: json.loads(one.request.body),
    fingerprint,
    folder="falco_crowdsec",
    mostly_alerts=False,
)
