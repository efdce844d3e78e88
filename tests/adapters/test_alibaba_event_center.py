"""Event Center beyond the goldens: what closes what, which vendor reads which body, and faults of other receivers."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from alertmap import Alert, IncidentBook, Request, Severity, State, detect, parse, parse_document
from alertmap.errors import ShapeError

VENDOR = "alibaba_event_center"
FIXTURES = Path(__file__).parents[2] / "fixtures"
NOW = datetime(2026, 3, 14, 3, 0, tzinfo=UTC)


def body(name: str, vendor: str = VENDOR) -> Any:
    """Return the document of a fixture."""
    return json.loads((FIXTURES / vendor / f"{name}.json").read_text(encoding="utf-8"))


def push(name: str, *, status: str = "", **changed: Any) -> Any:
    """Return a push with changes of its alert; `status` is that of the system event."""
    document = body(name)
    document["alert"] |= changed
    if status:
        document["alert"]["meta"]["sysEventMeta"]["status"] = status
    return document


def one(document: Any) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


def open_after(*documents: Any) -> int:
    """Return the number of incidents that are open after these documents, received at intervals of an hour."""
    book = IncidentBook()
    for hour, document in enumerate(documents):
        book.apply(parse_document(VENDOR, document, received_at=NOW + timedelta(hours=hour)).alerts)
    return len(book.open)


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "receivers that key a system event by dedupId or traceId", "the end of a maintenance closes nothing"
)
@pytest.mark.parametrize("step", ["Executed", "Avoided", "Canceled"])
def test_the_last_step_closes_the_first(step: str) -> None:
    """Each step is an event of its own, with its own ids, and is triggered."""
    name = f"Instance:SystemFailure.Reboot:{step}"
    last = push("executed", eventName=name, dedupId="another", traceId="another", status=step)
    assert open_after(body("executing")) == 1
    assert open_after(body("executing"), last) == 0


@pytest.mark.fault_elsewhere("receivers that drop RESOLVED", "an alert that its policy resolves stays open")
def test_an_alert_that_its_policy_resolves_is_closed() -> None:
    """Its event is the first one, only the status of the alert differs."""
    assert open_after(body("executing"), body("resolved")) == 0
    assert open_after(body("threshold"), body("threshold_resolved")) == 0


@pytest.mark.fault_elsewhere(
    "receivers that need meta.sysEventMeta.instanceName", "an event without an instance is an error, or is dropped"
)
def test_an_event_without_details_is_read() -> None:
    """The resource names it."""
    document = push("executing", meta=None)
    assert one(document).dedup_key == one(body("executing")).dedup_key
    assert one(document).resource == "i-t4n7yq2exampl0001x"


# --- States, keys and times -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["Scheduled", "Inquiring", "Executing", "Failed"])
def test_no_other_step_closes(step: str) -> None:
    """A failed maintenance is worse than one that runs; both are the same alert."""
    name = f"Instance:SystemFailure.Reboot:{step}"
    assert open_after(body("executing"), push("executed", eventName=name, status=step)) == 1


def test_a_late_notification_of_the_first_step_reopens_nothing() -> None:
    """The policy does not know that the last step closes the first: it may notify of the first again."""
    assert open_after(body("executing"), body("executed"), body("executing")) == 0


def test_a_step_without_a_status_is_read_from_the_name() -> None:
    """The ending of the name repeats the status; a name without one stays as it is."""
    assert one(push("executed", meta={})).state is State.RESOLVED
    assert one(push("normal", eventName="Disk:Stalled", meta={})).title.startswith("Disk:Stalled")


def test_another_resource_or_event_is_another_alert() -> None:
    """A subscription covers many."""
    other = push("executing", arn="acs:ecs:ap-southeast-1:1179000000000001:instance/i-other")
    event = push("executing", eventName="Instance:InstanceFailure.Reboot:Executing")
    assert open_after(body("executing"), other, event) == 3


def test_threshold_events_of_one_name_are_kept_apart() -> None:
    """Two rules on one instance may have the same name: the deduplication id tells them apart."""
    other = push("threshold", dedupId="r-78_i-t4n7")
    assert open_after(body("threshold"), other) == 2
    assert open_after(body("threshold"), other, body("threshold_resolved")) == 1


def test_what_nothing_ends_is_known_beforehand() -> None:
    """The status Normal has no last step; a policy that resolves by itself names the time."""
    assert not one(body("normal")).resolvable
    assert one(body("auto_resolve")).resolvable
    assert not one(body("auto_resolve") | {"autoResolveTime": "0"}).resolvable
    assert one(body("executing")).resolvable
    assert not one(body("quota_percent")).resolvable


def test_a_form_and_a_query_are_the_same_alert() -> None:
    """The page lists POST and GET, each as JSON and as a form."""
    form = (FIXTURES / VENDOR / "form.form").read_text(encoding="utf-8")
    [posted] = parse(VENDOR, form)
    [got] = parse(VENDOR, Request(b"", method="GET", path=f"/hook?{form}"))
    assert posted.dedup_key == got.dedup_key
    assert posted.severity is got.severity is Severity.MEDIUM


def test_quota_alerts_of_two_regions_are_two() -> None:
    """The dimensions are JSON in a text; a second callback for the same quota is the same alert."""
    first = body("quota_percent")
    again = first | {"IdempotentId": "another", "AlarmTime": "2026-03-15T01:55:02Z", "Usage": "890.00"}
    other = first | {"QuotaDimension": '{"regionId":"cn-beijing"}'}
    assert open_after(first, again) == 1
    assert open_after(first, other) == 2


def test_the_id_of_a_quota_alert_is_that_of_the_request() -> None:
    """The page calls it the idempotent id."""
    assert parse_document(VENDOR, body("quota_percent")).delivery_id == body("quota_percent")["IdempotentId"]


# --- Detection --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["executing", "threshold", "quota_number"])
def test_cloudmonitor_does_not_take_a_push(name: str) -> None:
    """It reads what callback URLs receive, and names the vendor that reads this."""
    found = detect(json.dumps(body(name)))
    assert found is not None
    assert found.vendor == VENDOR
    with pytest.raises(ShapeError):
        parse_document("alibaba_cloudmonitor", body(name))


@pytest.mark.parametrize("name", ["event_executing", "v2_occurred", "queue_warn", "json_2018"])
def test_a_callback_of_cloudmonitor_is_not_taken(name: str) -> None:
    """Old event rules, CloudMonitor 2.0 and threshold callbacks are CloudMonitor's."""
    document = body(name, "alibaba_cloudmonitor")
    found = detect(json.dumps(document))
    assert found is not None
    assert found.vendor == "alibaba_cloudmonitor"
    with pytest.raises(ShapeError):
        parse_document(VENDOR, document)


def test_a_threshold_callback_is_not_taken() -> None:
    """It is a form, too."""
    callback = urlencode(
        {"alertName": "disk", "metricProject": "acs_ecs", "alertState": "ALERT", "preTriggerLevel": "null"}
    )
    with pytest.raises(ShapeError):
        parse(VENDOR, callback)


# --- Rules that users name --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nightly job:Executed", "order:Canceled", "disk:Avoided"])
def test_the_name_of_a_rule_is_no_step(name: str) -> None:
    """Users name threshold rules: one whose name ends like a system event fires, and is over when Alibaba says so."""
    fires = one(push("threshold", eventName=name))
    assert (fires.state, fires.severity) == (State.FIRING, Severity.MEDIUM)
    assert fires.title.startswith(name)
    assert open_after(push("threshold", eventName=name)) == 1
    assert open_after(push("threshold", eventName=name), push("threshold_resolved", eventName=name)) == 0


@pytest.mark.parametrize(("name", "other"), [("disk:Failed", "disk:Executing"), ("disk", "disk:Canceled")])
def test_two_rules_stay_two(name: str, other: str) -> None:
    """Nothing is cut off the name of a rule where it is the key."""
    keys = {one(push("threshold", eventName=text, dedupId="")).dedup_key for text in (name, other)}
    assert len(keys) == 2


def test_the_name_of_a_rule_resolves_nothing_where_its_source_is_missing() -> None:
    """Without source and details nothing says that it is a system event, whose ending is a step."""
    assert one(push("threshold", eventName="backup:Canceled", source=None, meta=None)).state is State.FIRING
