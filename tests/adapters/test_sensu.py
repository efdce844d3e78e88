"""Sensu beyond the goldens: keys, exit statuses, silences, and the events that Sensu makes itself."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from alertmap import IncidentBook, Severity, State, detect, parse
from alertmap.model import Alert, ProblemCode, Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sensu"


def body(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def one(document: Any) -> Alert:
    (alert,) = parse("sensu", json.dumps(document))
    return alert


def bare(document: Any) -> Alert:
    """Return an alert without its raw element, to compare it with another one."""
    return evolve(one(document), raw=None)


def named(entity: str, check: str, namespace: str = "default") -> Any:
    event = body("warning")
    event["entity"]["metadata"] |= {"name": entity, "namespace": namespace}
    event["check"]["metadata"] |= {"name": check, "namespace": namespace}
    return event


def codes(alert: Alert) -> set[ProblemCode]:
    return {problem.code for problem in alert.problems}


# --- Keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "Sensu's handler for PagerDuty", "the default key has no namespace: a recovery resolves the incident of another one"
)
@pytest.mark.fault_elsewhere(
    "The Opsgenie handler for Sensu Go", "the alias has no namespace: a recovery closes the alert of another one"
)
def test_two_namespaces_are_two_alerts() -> None:
    """Entity and check of the same names in two namespaces have two keys."""
    assert one(named("web", "disk", "prod")).dedup_key != one(named("web", "disk", "test")).dedup_key


@pytest.mark.fault_elsewhere(
    "Sensu's handler for PagerDuty",
    "names joined by a hyphen: `web` with `1-disk` is the incident of `web-1` with `disk`",
)
def test_names_that_join_alike_are_two_alerts() -> None:
    """A hyphen may stand in both names, and never tells where one ends."""
    assert one(named("web-1", "disk")).dedup_key != one(named("web", "1-disk")).dedup_key


@pytest.mark.fault_elsewhere(
    "Alerta's handler for Sensu Core", "the client's address is part of the resource: after it changed nothing clears"
)
def test_a_client_with_another_address_is_the_same_client() -> None:
    """The recovery of a client whose address has changed has the key of its failure."""
    failed, over = body("core"), body("core_resolved")
    assert failed["client"]["address"] != over["client"]["address"]
    assert one(failed).dedup_key == one(over).dedup_key


def test_the_wrapped_event_is_the_bare_one() -> None:
    """The form of `sensuctl` changes nothing but the place."""
    wrapped = body("wrapped")
    assert evolve(bare(wrapped), path=()) == bare(wrapped["spec"])
    assert one(wrapped).raw == wrapped["spec"]


def test_the_event_is_no_id_of_the_request() -> None:
    """The failure of a TTL has the id of the passing event before it: as id of a request it would be a duplicate."""
    folder = FIXTURES / "streams" / "ttl-runs-out"
    bodies = [json.loads((folder / f"{number:02}.request.json").read_bytes())["body"] for number in (2, 3)]
    assert len({json.loads(text)["id"] for text in bodies}) == 1
    passing, failing = (parse("sensu", text) for text in bodies)
    assert passing.delivery_id == failing.delivery_id == ""
    assert [alert.state for alert in (*passing, *failing)] == [State.RESOLVED, State.FIRING]


# --- States and levels ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "level"), [(1, "warning"), (2, "critical"), (3, "unknown"), (126, "unknown"), (255, "unknown")]
)
def test_every_exit_status_fires(status: int, level: str) -> None:
    """Only zero is well; no exit status is a problem."""
    event = body("warning")
    event["check"]["status"] = status
    alert = one(event)
    assert (alert.state, alert.level, alert.problems) == (State.FIRING, level, ())


@pytest.mark.parametrize("status", [256, 3221225477, -1, "CRITICAL", 0.5, True, "", " "])
@pytest.mark.parametrize("silenced", [False, True])
def test_what_is_no_exit_status_fires(status: object, silenced: bool) -> None:  # noqa: FBT001 - a parameter
    """A status that is unknown fires with a problem, silenced or not."""
    event = body("silenced" if silenced else "warning")
    event["check"]["status"] = status
    alert = one(event)
    assert alert.state is State.FIRING
    assert codes(alert) & {ProblemCode.STATE_UNKNOWN, ProblemCode.STATE_GUESSED}


@pytest.mark.parametrize("state", ["passing", "failing", "flapping", "", None])
def test_the_word_state_decides_nothing(state: str | None) -> None:
    """A check that flaps has one word while it fails and while it passes."""
    for name in ("critical", "recovered"):
        event = body(name)
        event["check"]["state"] = state
        assert bare(event) == bare(body(name))


@pytest.mark.fault_elsewhere(
    "Sensu's plugin for PagerDuty, sensu-plugins/sensu-plugins-pagerduty#30",
    "a check that falls from critical to warning stays critical",
)
def test_a_fall_to_warning_lowers_the_severity() -> None:
    """The incident goes on with the lower severity."""
    fallen = body("critical")
    fallen["timestamp"] += 60
    fallen["check"]["status"] = 1
    book = IncidentBook()
    book.apply([one(body("critical"))])
    book.apply([one(fallen)])
    (incident,) = book.open
    assert (incident.severity, incident.max_severity) == (Severity.MEDIUM, Severity.CRITICAL)


@pytest.mark.fault_elsewhere(
    "Sensu's plugin for PagerDuty, sensu-plugins/sensu-plugins-pagerduty#33", "a check that flaps opens no incident"
)
def test_a_check_that_flaps_fires() -> None:
    """Sensu Core keeps the event of a check that flaps, whatever its last result is."""
    for status in (0, 2):
        event = body("core_flapping")
        event["check"]["status"] = status
        assert one(event).state is State.FIRING


@pytest.mark.fault_elsewhere("Alerta's handler for Sensu Go", "a failure that is silenced counts like any other")
@pytest.mark.parametrize(
    "silence",
    [
        {"is_silenced": True},
        {"silenced": ["linux:check-disk"]},  # before Sensu Go had `is_silenced`
        {"is_silenced": True, "silenced": None},
    ],
)
def test_a_silenced_failure_is_suppressed(silence: dict[str, object]) -> None:
    """A silence mutes the failure and keeps its level; it never hides a recovery."""
    event = body("critical")
    event["check"] = {**event["check"], **silence}
    alert = one(event)
    assert (alert.state, alert.level) == (State.SUPPRESSED, "critical")
    event["check"]["status"] = 0
    assert one(event).state is State.RESOLVED


def test_a_silenced_failure_of_sensu_core_is_suppressed() -> None:
    """The flag stands beside the check there; a recovery, and an unknown action, do not heed it."""
    muted = {"silenced": True, "silenced_by": ["client:client-01:check_load"]}
    assert one(body("core") | muted).state is State.SUPPRESSED
    assert one(body("core_resolved") | muted).state is State.RESOLVED
    assert one(body("core") | muted | {"action": "escalate"}).state is State.FIRING


# --- Times ------------------------------------------------------------------------------------------------------------


def test_a_history_of_failures_has_no_start() -> None:
    """The history ends before the first failure: its first entry is no start."""
    event = body("critical")
    event["check"]["history"] = [{"status": 1, "executed": 1795253000 + n} for n in range(21)]
    assert one(event).started_at is None
    event["check"]["history"][0]["status"] = 0
    assert one(event).started_at == datetime.fromtimestamp(1795253001, UTC)


def test_events_that_overtake_each_other_end_alike() -> None:
    """Handlers run side by side: the order of the events' own times counts, not that of arrival."""
    alerts = [one(body(name)) for name in ("recovered", "critical", "warning_again", "warning")]
    book = IncidentBook()
    for alert in alerts:
        book.apply([alert])
    assert not book.open
    (incident,) = book.incidents
    assert incident.resolved_at == alerts[0].occurred_at


# --- Events that Sensu makes itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "output", ["Last check execution was 7 seconds ago", "No keepalive sent from web-1 for 25 seconds (>= 16)"]
)
@pytest.mark.parametrize("name", ["critical", "core"])
def test_a_failure_for_want_of_data(name: str, output: str) -> None:
    """A TTL that ran out and an agent without keepalives are no data; what the check itself prints is data."""
    event = body(name)
    assert not one(event).no_data
    event["check"]["output"] = output
    assert one(event).no_data


@pytest.mark.parametrize("name", ["registration", "deregistration"])
@pytest.mark.parametrize("product", ["warning", "core"])
def test_agents_that_come_and_go(product: str, name: str) -> None:
    """Sensu sends one failing event when an agent comes or goes, and never a passing one."""
    event = body(product)
    (event["check"]["metadata"] if "metadata" in event["check"] else event["check"])["name"] = name
    alert = one(event)
    assert (alert.state, alert.resolvable) == (State.FIRING, False)
    assert one(body(product)).resolvable


def test_a_deregistered_agent_ends_its_failures() -> None:
    """Sensu repeats the last event of each check as passing: with its time and sequence, without its history."""
    over = body("critical")
    over["check"] |= {"status": 0, "output": "Resolving due to entity deregistering", "history": []}
    book = IncidentBook()
    book.apply([one(body("critical"))])
    book.apply([one(over)])
    assert not book.open


def test_metrics_beside_a_check_are_a_part_of_its_event() -> None:
    """Only an event without a check is no alert."""
    metrics = body("metrics")["metrics"]
    assert bare(body("critical") | {"metrics": metrics}) == bare(body("critical"))
    wrapped = {"type": "Event", "api_version": "core/v2", "spec": body("metrics")}
    for document in (body("metrics"), body("metrics") | {"check": None}, wrapped):
        assert parse("sensu", json.dumps(document)).reason is Reason.NO_ALERT


def test_a_metric_check_that_fails_is_an_alert() -> None:
    """Sensu Core passes over no result of a metric check: only the good ones are no alert."""
    event = body("core_metric")
    event["check"] |= {"status": 2, "history": ["0", "2"]}
    assert (one(event).state, one(event).level) == (State.FIRING, "critical")


@pytest.mark.parametrize("name", ["critical", "recovered", "silent_agent", "metrics", "wrapped", "core", "core_metric"])
def test_each_form_is_recognised(name: str) -> None:
    """Nothing but the body tells Sensu: the user agent is that of curl."""
    found = detect(json.dumps(body(name)))
    assert found is not None
    assert found.vendor == "sensu"
