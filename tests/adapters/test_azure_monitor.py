"""Azure Monitor beyond the goldens: what closes what, what is a test, and faults that other receivers have."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, Severity, State, detect, parse_document
from alertmap.model import Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "azure_monitor"
VENDOR = "azure_monitor"
ONES = "11111111-1111-1111-1111-111111111111"


def fixture(name: str) -> Any:
    """Return the document of a fixture."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def common(name: str = "metric", **changed: Any) -> Any:
    """Return the document of a fixture with other essentials."""
    document = fixture(name)
    document["data"]["essentials"] |= changed
    return document


def read(document: Any) -> Alert:
    """Return the only alert of a document."""
    (alert,) = parse_document(VENDOR, document)
    return alert


def open_after(*names: str) -> int:
    """Return the number of incidents that are open after these fixtures."""
    book = IncidentBook()
    for number, name in enumerate(names):
        received_at = datetime(2026, 3, 26, 13, number, tzinfo=UTC)
        book.apply(parse_document(VENDOR, fixture(name), received_at=received_at).alerts)
    return len(book.open)


@pytest.mark.fault_elsewhere("Keep", "Service Health is read by its monitorCondition, which stays Fired for ever")
def test_the_stage_ends_an_incident_of_service_health() -> None:
    """Updates are one incident under other alert ids, and the stage ends it, in either schema."""
    assert open_after("service_health", "service_health_update") == 1
    assert open_after("service_health", "service_health_update", "service_health_resolved") == 0
    assert open_after("service_health", "legacy_service_health_resolved") == 0
    assert open_after("service_health", "service_health_resolved", "service_health_analysis") == 0


def test_two_subscriptions_of_one_incident_are_two() -> None:
    """One tracking id in another subscription concerns other resources."""
    other = common("service_health", alertTargetIDs=["/subscriptions/77aa"], alertId="/subscriptions/77aa/x")
    assert read(other).dedup_key != read(fixture("service_health")).dedup_key


def test_the_health_of_a_resource_ends_its_outage() -> None:
    """An outage ends under another alert id, by the health and not by the status, in whatever schema it began."""
    assert open_after("resource_health", "resource_health_resolved") == 0
    assert open_after("legacy_resource_health", "resource_health_resolved") == 0
    assert open_after("resource_health", "resource_restart") == 0


@pytest.mark.parametrize(
    ("status", "state"), [("Resolved", State.RESOLVED), ("Updated", State.FIRING), ("Completing", State.FIRING)]
)
def test_the_status_counts_where_the_health_is_missing(status: str, state: State) -> None:
    """An event of Resource Health without the health of the resource is about the same outage."""
    document = fixture("resource_health_resolved")
    document["data"]["alertContext"]["status"] = status
    del document["data"]["alertContext"]["properties"]["currentHealthStatus"]
    alert = read(document)
    assert (alert.state, alert.dedup_key) == (state, read(fixture("resource_health")).dedup_key)


def test_the_same_operation_by_both_schemas_is_one_alert() -> None:
    """An action group may have an action with the common schema and one without."""
    assert read(fixture("operation")).dedup_key == read(fixture("legacy_operation")).dedup_key


@pytest.mark.fault_elsewhere("Keep", "an id that is no ARM path raises an IndexError")
def test_an_id_of_any_form_is_a_key() -> None:
    """Ids may be long hexadecimal texts or short words."""
    assert read(common(alertId="4711")).identity == {"alertId": "4711"}


@pytest.mark.fault_elsewhere("Cloudforet", "an alert with an empty list of configuration items raises an IndexError")
def test_no_configuration_item_is_no_fault() -> None:
    """The target stands for the resource."""
    assert read(common(configurationItems=[])).resource == "web1"
    assert read(common(configurationItems=None)).resource == "web1"


@pytest.mark.fault_elsewhere("Keep", "Sev3 is info and Sev4 is low, which is above it")
def test_each_number_is_less_severe_than_the_one_before() -> None:
    """Sev0 to Sev4 are five severities, in this order."""
    found = [read(common(severity=f"Sev{number}")).severity for number in range(5)]
    assert found == [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO]


@pytest.mark.parametrize("severity", [1, "1", "Sev1"])
def test_a_severity_may_be_a_bare_number(severity: int | str) -> None:
    """The older schemas write it so, and senders that copy them."""
    assert read(common(severity=severity)).severity is Severity.HIGH


def test_a_log_alert_needs_no_query() -> None:
    """The query decides nothing: without it the alert is the same."""
    document = fixture("legacy_log")
    expected = read(document).dedup_key
    del document["data"]["SearchQuery"]
    assert read(document).dedup_key == expected


def test_the_case_of_an_id_makes_no_other_alert() -> None:
    """The case of ids differs between the trigger and the end."""
    loud = common("metric_resolved")
    loud["data"]["essentials"]["alertId"] = loud["data"]["essentials"]["alertId"].upper()
    assert read(loud).dedup_key == read(fixture("metric")).dedup_key


@pytest.mark.parametrize("name", ["metric", "log", "service_health", "resource_health", "operation", "cost_budget"])
def test_the_subscription_of_ones_is_a_test(name: str) -> None:
    """Each sample of the test button is known by its subscription."""
    text = json.dumps(fixture(name)).replace("6a0f1c2d-7b1e-4f0a-9d3c-2e5b8a7c1f40", ONES)
    assert parse_document(VENDOR, json.loads(text)).reason is Reason.TEST


def test_a_rule_with_test_in_its_name_is_no_test() -> None:
    """A rule may be called so by its user."""
    assert read(common(alertRule="test-metricAlertRule")).state is State.FIRING


def test_properties_of_a_rule_do_not_make_another_kind_of_alert() -> None:
    """Users choose the names of a rule's properties, also those of Service Health and Resource Health."""
    document = fixture("metric")
    mine = {"trackingId": "T1", "stage": "Resolved", "currentHealthStatus": "Available"}
    document["data"]["alertContext"]["properties"] = mine
    alert = read(document)
    assert (alert.state, alert.problems) == (State.FIRING, ())
    assert alert.dedup_key == read(fixture("metric")).dedup_key


def test_two_alerts_of_defender_about_one_machine_are_two() -> None:
    """They have the same operation and resource."""
    second = fixture("security")
    second["data"]["alertContext"]["operationId"] = "2518408115673930000"
    assert read(second).dedup_key != read(fixture("security")).dedup_key


def test_each_dimension_is_an_alert_of_its_own() -> None:
    """A rule without the common schema has no id of the alert: its dimensions are a part of the key."""
    second = fixture("legacy_metric")
    second["data"]["context"]["condition"]["allOf"][0]["dimensions"][0]["value"] = "PutBlob"
    assert read(second).dedup_key != read(fixture("legacy_metric")).dedup_key
    assert open_after("legacy_metric", "legacy_metric_resolved") == 0


def test_times_of_the_united_states_are_read_exactly() -> None:
    """Half a day counts, also at noon and at midnight; other texts are no time."""
    document = fixture("legacy_log_workspace")
    for text, hour in (("3/22/2026 12:10:40 AM", 0), ("3/22/2026 12:10:40 PM", 12), ("3/22/2026 1:10:40 PM", 13)):
        at = read(document | {"SearchIntervalEndtimeUtc": text}).occurred_at
        assert at == datetime(2026, 3, 22, hour, 10, 40, tzinfo=UTC)
    assert read(document | {"SearchIntervalEndtimeUtc": "22/3/2026 1:10:40 PM"}).occurred_at is None


def test_look_alikes_have_their_own_vendor() -> None:
    """An alert inside an envelope of Event Grid or CloudEvents is Azure Monitor's, an event of a resource is not."""
    alert = fixture("metric")
    grid = {"id": "g", "topic": "/t", "subject": "s", "eventType": "x", "eventTime": "2026-03-22T09:12:07Z"}
    cloud = {"specversion": "1.0", "id": "c", "source": "/s", "type": "x"}
    for document, vendor in (
        ([grid | {"data": alert}], VENDOR),
        (cloud | {"data": alert}, VENDOR),
        ([grid | {"data": {"resourceInfo": {}}}], "cloudevents"),
        (cloud | {"data": {"status": "Activated"}}, "cloudevents"),
    ):
        found = detect(json.dumps(document))
        assert found is not None
        assert found.vendor == vendor
    assert read([grid | {"data": alert}]).dedup_key == read(alert).dedup_key
