"""AWS beyond the goldens: what closes what, what is no news, and faults that other receivers have."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Batch, IncidentBook, PayloadError, Severity, State, detect, parse, parse_document
from alertmap.model import ProblemCode, Reason, Request

FIXTURES = Path(__file__).parents[2] / "fixtures" / "aws_sns_cloudwatch"
VENDOR = "aws_sns_cloudwatch"


def fixture(name: str) -> Any:
    """Return the document of a fixture."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def message(name: str = "alarm", **changed: Any) -> dict[str, Any]:
    """Return the message in the envelope of a fixture, with other fields; those that are None are left out."""
    inner: dict[str, Any] = json.loads(fixture(name)["Message"])
    return {key: value for key, value in (inner | changed).items() if value is not None}


def only(batch: Batch) -> Alert:
    """Return the only alert of a batch."""
    (alert,) = batch
    return alert


def read(document: Any) -> Alert:
    """Return the only alert of a document."""
    return only(parse_document(VENDOR, document))


def open_after(*documents: Any) -> int:
    """Return the number of incidents that are open after these documents."""
    book = IncidentBook()
    for number, document in enumerate(documents):
        received_at = datetime(2026, 3, 5, 10, number, tzinfo=UTC)
        book.apply(parse_document(VENDOR, document, received_at=received_at).alerts)
    return len(book.open)


# --- Alarms ----------------------------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep", "the key of an alarm is the hash of its message, so that OK never closes ALARM")
def test_another_message_closes_the_alarm() -> None:
    """Another message id, text, time and state make no other key."""
    assert open_after(fixture("alarm")) == 1
    assert open_after(fixture("alarm"), fixture("alarm_ok")) == 0


def test_each_envelope_has_the_same_key() -> None:
    """An alarm by SNS, raw delivery, EventBridge, a Lambda action, SQS and a forwarded record is one alarm."""
    direct = message()
    change = fixture("eventbridge_alarm")
    action = {"alarmArn": change["resources"][0], "alarmData": change["detail"], "source": "aws.cloudwatch"}
    sns = fixture("alarm")
    documents = [
        sns,
        direct,
        change,
        sns | {"Message": json.dumps(change)},
        action,
        {"Records": [{"EventSource": "aws:sns", "Sns": sns}]},
        {"Records": [{"eventSource": "aws:sqs", "messageId": "q", "body": json.dumps(sns)}]},
    ]
    assert len({read(document).dedup_key for document in documents}) == 1


@pytest.mark.fault_elsewhere(
    "the Amazon SNS webhook plugin of Cloudforet",
    "the time of the state is a part of the key, and each dimension makes an event of its own",
)
def test_dimensions_make_no_other_alarm() -> None:
    """An alarm with two dimensions is one alert, whose key holds neither a dimension nor a time."""
    trigger = message()["Trigger"]
    trigger["Dimensions"] = [{"name": "Cluster", "value": "a"}, {"name": "Service", "value": "b"}]
    alert = read(message(Trigger=trigger, StateChangeTime="2026-03-04T11:11:12.345+0000"))
    assert alert.dedup_key == read(message()).dedup_key
    assert (alert.labels["Cluster"], alert.labels["Service"]) == ("a", "b")


def test_two_topics_make_one_incident() -> None:
    """An alarm that publishes to two topics is one incident, and ends once."""
    copies = [
        fixture(name) | {"TopicArn": "arn:aws:sns:eu-central-1:111122223333:other", "MessageId": name}
        for name in ("alarm", "alarm_ok")
    ]
    assert open_after(fixture("alarm"), copies[0]) == 1
    assert open_after(fixture("alarm"), copies[0], fixture("alarm_ok"), copies[1]) == 0


def test_order_of_arrival_does_not_count() -> None:
    """SNS keeps no order: an ALARM that arrives behind the later OK opens nothing."""
    assert open_after(fixture("alarm_ok"), fixture("alarm")) == 0


def test_the_subject_does_not_decide() -> None:
    """The state of the message counts, not the word in its subject."""
    document = fixture("alarm_ok") | {"Subject": 'ALARM: "orders-cpu" in EU (Frankfurt)'}
    assert read(document).state is State.RESOLVED


def test_no_data_is_no_recovery() -> None:
    """An alarm that loses its data stays open until OK."""
    later = fixture("alarm_no_data")
    assert open_after(fixture("alarm"), later) == 1
    assert open_after(fixture("alarm"), later, fixture("alarm_ok")) == 0
    assert read(later).no_data


def test_the_first_evaluation_opens_nothing() -> None:
    """OK after INSUFFICIENT_DATA, as each new alarm sends it, is no incident."""
    assert open_after(message("alarm_ok", OldStateValue="INSUFFICIENT_DATA")) == 0


@pytest.mark.fault_elsewhere("receivers that format the description", "a missing description is the text None")
def test_a_missing_description_is_no_text() -> None:
    """A null description leaves the reason alone."""
    assert fixture("alarm")["Message"].count('"AlarmDescription": null') == 1
    assert "None" not in read(fixture("alarm")).message


def test_an_account_keeps_its_zeros() -> None:
    """The account is text."""
    arn = "arn:aws:cloudwatch:eu-central-1:011122223333:alarm:orders-cpu"
    assert read(message(AWSAccountId="011122223333", AlarmArn=arn)).labels["account"] == "011122223333"


def test_the_region_is_its_code() -> None:
    """The label is the code in the ARN, not the name for people; without an ARN the name is all there is."""
    assert read(message()).labels["region"] == "eu-central-1"
    assert read(message(AlarmArn=None)).labels["region"] == "EU (Frankfurt)"


@pytest.mark.parametrize("indent", [None, 2])
def test_json_in_a_text_in_a_text_is_read(indent: int | None) -> None:
    """A message that was quoted once more, or printed with line ends of Windows, is the same alarm."""
    text = json.dumps(message(), indent=indent).replace("\n", "\r\n")
    for sent in (text, json.dumps(text)):
        assert read(fixture("alarm") | {"Message": sent}).dedup_key == read(fixture("alarm")).dedup_key


@pytest.mark.fault_elsewhere("receivers that ask for application/json", "SNS posts text/plain, and nothing is read")
def test_the_content_type_does_not_decide() -> None:
    """SNS posts JSON as text/plain."""
    headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": "Notification"}
    request = Request(body=json.dumps(fixture("alarm")), headers=headers)
    assert only(parse(VENDOR, request)).state is State.FIRING
    found = detect(request)
    assert found is not None
    assert found.vendor == VENDOR


def test_series_end_one_by_one() -> None:
    """Two series of an alarm are two incidents, beside that of the alarm itself."""
    alarm = message("contributor", AlarmContributorId=None, AlarmContributorAttributes=None)
    first, second = message("contributor"), message("contributor", AlarmContributorId="0000111122223333")
    over = first | {"NewStateValue": "OK", "StateChangeTime": "2026-03-04T11:00:00.000+0000"}
    assert open_after(alarm, first, second) == 3
    assert open_after(alarm, first, second, over) == 2


def test_a_series_has_the_same_key_everywhere() -> None:
    """SNS and EventBridge name the series of an alarm in two ways."""
    event = fixture("contributor_muted")
    arn, series = event["resources"][0], event["detail"]["alarmContributor"]["id"]
    sent = message(AlarmName="DynamoDBInsightsAlarm", AlarmArn=arn, AlarmContributorId=series)
    assert read(sent).dedup_key == read(event).dedup_key


def test_an_alarm_fires_when_its_suppression_ends() -> None:
    """The state keeps the time of its own change, which may lie before the suppression; the incident still fires."""
    book = IncidentBook()
    for name in ("composite_suppressed", "composite_suppression_ended"):
        book.apply(parse_document(VENDOR, fixture(name)).alerts)
    (incident,) = book.open
    assert incident.state is State.FIRING


def test_a_muted_recovery_resolves() -> None:
    """An alarm that is well while a rule mutes it is resolved."""
    event = fixture("contributor_muted")
    event["detail"]["state"]["value"] = "OK"
    assert read(event).state is State.RESOLVED


def test_an_unknown_operation_is_no_silence() -> None:
    """A change of an alarm that is neither created, updated nor deleted fires once, with a problem."""
    event = fixture("configuration_update")
    event["detail"]["operation"] = "paused"
    alert = read(event)
    assert (alert.state, alert.resolvable) == (State.FIRING, False)
    assert ProblemCode.STATE_GUESSED in {problem.code for problem in alert.problems}


def test_levels_of_alarms_can_be_overridden() -> None:
    """Each word of a state is a level, for CloudWatch has none of its own."""
    assert [read(fixture(name)).level for name in ("alarm", "alarm_no_data", "alarm_ok")] == [
        "ALARM",
        "INSUFFICIENT_DATA",
        None,
    ]


@pytest.mark.parametrize(
    ("arn", "name", "link"),
    [
        ("arn:aws:cloudwatch:eu-west-1:1:alarm:a.b-c", "a.b-c", "https://eu-west-1.console.aws.amazon.com/"),
        ("arn:aws-cn:cloudwatch:cn-north-1:1:alarm:a", "a", ""),  # China has another console
        ("arn:aws:cloudwatch:eu-west-1:1:alarm:a/b c", "a/b c", ""),  # its escapes are not documented
    ],
)
def test_links_are_never_made_up(arn: str, name: str, link: str) -> None:
    """The console is linked where its address is certain."""
    found = read(message(AlarmArn=arn, AlarmName=name)).links
    assert found.get("alarm", "").startswith(link)
    assert bool(found) is bool(link)


# --- Handshake and other notifications -------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep", "any SubscribeURL is visited, whoever sent it and wherever it leads")
def test_only_a_url_of_sns_is_passed_on() -> None:
    """A confirmation is no alert; its URL is data, and only if it is one of SNS for that topic."""
    batch = parse_document(VENDOR, fixture("subscription"))
    assert batch.reason is Reason.HANDSHAKE
    assert batch.confirm_url == fixture("subscription")["SubscribeURL"]
    for name in ("subscription_foreign_url", "unsubscribed"):
        batch = parse_document(VENDOR, fixture(name))
        assert (batch.reason, batch.confirm_url, len(batch)) == (Reason.HANDSHAKE, None, 0)


def test_the_message_id_is_that_of_the_request() -> None:
    """A retry has the same id, in an alarm as in a text."""
    for name in ("alarm", "text", "budget"):
        assert parse_document(VENDOR, fixture(name)).delivery_id == fixture(name)["MessageId"]


def test_texts_of_two_subjects_are_two_alerts() -> None:
    """The subject makes the key, without the state in front of it."""
    base = read(fixture("text"))
    assert read(fixture("text") | {"Subject": "OK: nightly report", "MessageId": "x"}).dedup_key == base.dedup_key
    assert read(fixture("text") | {"Subject": "weekly report"}).dedup_key != base.dedup_key


def test_another_vendor_inside_is_found() -> None:
    """A message that another monitor publishes to a topic is recognised as its own."""
    event = {"id": "cpu", "message": "m", "details": "", "time": "2026-03-02T08:00:00Z", "duration": 0}
    inner = event | {"level": "CRITICAL", "data": {"series": None}}
    found = detect(json.dumps(fixture("alarm") | {"Message": json.dumps(inner)}))
    assert found is not None
    assert found.vendor == "kapacitor"


@pytest.mark.parametrize("source", ["aws.partner/datadog.com/x", "com.example.shop"])
def test_events_of_others_are_not_claimed(source: str) -> None:
    """An event of a partner or of one's own application is not recognised as one of AWS."""
    assert detect(json.dumps(fixture("other_event") | {"source": source})) is None


def test_raw_text_needs_its_envelope() -> None:
    """A text without subject and topic is like any other text: it is refused, not guessed."""
    with pytest.raises(PayloadError, match="raw message delivery"):
        parse(VENDOR, "Disk almost full on db-1.")


def test_a_truncated_subject_is_still_a_key() -> None:
    """Subjects are cut at 100 characters: two cuts of the same are equal."""
    subject = f"ALARM: {'long ' * 30}"[:100]
    keys = {read(fixture("text") | {"Subject": subject, "MessageId": one}).dedup_key for one in ("a", "b")}
    assert len(keys) == 1


# --- Health and findings ---------------------------------------------------------------------------------------------


def test_the_end_of_an_issue_may_lie_before_its_last_update() -> None:
    """Health sets endTime in hindsight; the incident is over all the same."""
    assert open_after(fixture("health_open"), fixture("health_update")) == 1
    assert open_after(fixture("health_open"), fixture("health_update"), fixture("health_closed")) == 0


def test_a_copy_for_the_backup_region_is_no_second_incident() -> None:
    """Health sends each event to two regions; the region of delivery is not the affected one."""
    copy = fixture("health_open") | {"region": "us-west-2", "id": "copy"}
    assert open_after(fixture("health_open"), copy) == 1
    assert read(copy).labels["region"] == "eu-west-1"


def test_accounts_of_an_organisation_are_separate() -> None:
    """One public event that affects two accounts is two incidents."""
    other = fixture("health_open")
    other["detail"]["affectedAccount"] = "444455556666"
    assert open_after(fixture("health_open"), other) == 2


@pytest.mark.parametrize(
    ("number", "severity"),
    [
        (1, Severity.LOW),
        (3.9, Severity.LOW),
        (4.0, Severity.MEDIUM),
        (6.9, Severity.MEDIUM),
        (7, Severity.HIGH),
        (8.9, Severity.HIGH),
        (9, Severity.CRITICAL),
        ("8.5", Severity.HIGH),
    ],
)
def test_ranges_of_guardduty(number: float | str, severity: Severity) -> None:
    """The severity is a number, with or without decimals, also where a forwarder made it text."""
    event = fixture("guardduty")
    event["detail"]["severity"] = number
    assert read(event).severity is severity


@pytest.mark.parametrize(
    ("word", "severity"),
    [("threats_found", Severity.HIGH), ("THREATS_CLEANED", Severity.MEDIUM), ("access_denied", Severity.INFO)],
)
def test_only_a_scan_that_could_not_be_made_is_a_note(word: str, severity: Severity) -> None:
    """Neither another spelling nor an unknown result of a scan is a note."""
    event = fixture("malware")
    event["detail"]["scanResultDetails"]["scanResultStatus"] = word
    assert read(event).severity is severity


def test_an_event_behind_a_topic_has_the_id_of_its_message() -> None:
    """A retry by SNS has the same message id; an event that arrives without SNS has its own."""
    event = fixture("canary_failed")
    behind = fixture("alarm") | {"Message": json.dumps(event)}
    assert parse_document(VENDOR, behind).delivery_id == fixture("alarm")["MessageId"]
    assert parse_document(VENDOR, event).delivery_id == event["id"]


def test_one_bad_finding_costs_no_other() -> None:
    """A finding without an id is a problem of the batch."""
    event = fixture("security_hub_several")
    del event["detail"]["findings"][1]["Id"]
    batch = parse_document(VENDOR, event)
    assert len(batch) == 3
    assert {problem.code for problem in batch.problems} == {ProblemCode.BAD_ELEMENT}


def test_what_never_ends_says_so() -> None:
    """One-shot alerts are not resolvable; those that get an end are."""
    never = ("guardduty", "budget", "instance", "other_event", "scaling_error", "rds_event", "malware", "health_abuse")
    assert not any(read(fixture(name)).resolvable for name in never)
    later = ("alarm", "composite", "health_open", "security_hub", "canary_failed", "pipeline_failed")
    assert all(read(fixture(name)).resolvable for name in later)


@pytest.mark.parametrize("word", ["STARTED", "RESUMED", "CANCELED", "STOPPED", "SUPERSEDED"])
def test_a_pipeline_on_its_way_ends_nothing(word: str) -> None:
    """Only a success ends a failure."""
    event = fixture("pipeline_started")
    event["detail"]["state"] = word
    assert open_after(fixture("pipeline_failed"), event) == 1


def test_a_stage_does_not_end_the_pipeline() -> None:
    """The success of a stage says nothing of the pipeline."""
    event = fixture("pipeline_stage_failed")
    event["detail"]["state"] = "SUCCEEDED"
    assert open_after(fixture("pipeline_failed"), event) == 1
