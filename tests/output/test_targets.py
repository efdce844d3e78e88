"""Each target over every alert of the fixtures, over hostile texts, and against its published limits."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from attrs import evolve
from hypothesis import given, settings

from alertmap import (
    Alert,
    Auth,
    AuthError,
    IncidentBook,
    Request,
    Severity,
    Source,
    State,
    parse,
    verify,
)
from alertmap.adapter import STANDARD_WEBHOOKS
from alertmap.escaping import BREAK
from alertmap.output.registry import target_names, target_of
from alertmap.output.render import message_of, render
from alertmap.paths import parse_path, resolve
from alertmap.target import Message, Outgoing, Skipped
from alertmap.testing.targets import LONG, document_of, hostile, hostile_alert, key_of, largest, target_conformance
from output_alerts import NOW, alerts


@cache
def subjects() -> tuple[Any, ...]:
    """Return these alerts, and the transitions that they make in a book."""
    book = IncidentBook()
    changes = [change for alert in alerts() for change in book.apply([alert])]
    return (*alerts(), *changes, *book.tick(NOW + timedelta(days=9)))


def made(name: str, subject: Any) -> Outgoing | Skipped:
    """Render with the example of the target."""
    return render(name, subject, target_of(name).example, NOW)


for _name in target_names():
    globals()[f"Test_{_name}"] = target_conformance(target_of(_name))


@pytest.mark.parametrize("name", target_names())
def test_every_alert_and_transition(name: str) -> None:
    """Each becomes one request in JSON or a form, the same each time, or is skipped with a sentence."""
    ends = 0
    for subject in subjects():
        request = made(name, subject)
        if isinstance(request, Skipped):
            assert re.fullmatch(r"[\w .,-]{10,120}", request.reason)
            continue
        ends += 1
        assert request == made(name, subject)
        assert request.method == "POST"
        assert document_of(request)
    assert ends > len(alerts())


# --- Keys -----------------------------------------------------------------------------------------------------------

WITH_KEY = [name for name in target_names() if target_of(name).key_at]


@pytest.mark.parametrize("name", WITH_KEY)
def test_trigger_and_recovery_have_one_key(name: str) -> None:
    """For every alert: its key at the target is the same whatever its state, severity, texts and times are."""
    target = target_of(name)
    for alert in {alert.dedup_key: alert for alert in alerts()}.values():
        trigger = evolve(alert, state=State.FIRING, severity=Severity.HIGH)
        recovery = evolve(
            alert, state=State.RESOLVED, severity=None, title="over", message="", occurred_at=NOW, labels={}, values={}
        )
        assert key_of(target, trigger) == key_of(target, recovery)


@pytest.mark.parametrize("name", WITH_KEY)
def test_keys_of_all_fixtures_stay_apart(name: str) -> None:
    """All keys of the fixtures are distinct at the target, too."""
    target = target_of(name)
    base = evolve(alerts()[0], state=State.FIRING)
    keys = {alert.dedup_key for alert in alerts()}
    found = {key_of(target, evolve(base, dedup_key=key)) for key in keys}
    assert len({key.casefold() if target.ignores_case else key for key in found}) == len(keys)


# --- Limits ---------------------------------------------------------------------------------------------------------

LIMITS = {
    "bigpanda": {"description": 2_048},
    "datadog": {"data.attributes.title": 500, "data.attributes.message": 4_000},
    "discord": {"embeds[0].title": 256, "embeds[0].description": 4_096, "embeds[0].footer.text": 2_048},
    "ilert": {"summary": 255},
    "jsm": {"message": 130, "description": 15_000, "entity": 512, "source": 100},
    "opsgenie": {"message": 130, "description": 15_000, "entity": 512, "source": 100},
    "pagerduty": {"payload.summary": 1_024, "payload.source": 255},
    "servicenow": {"records[0].description": 4_000, "records[0].node": 100},
    "slack": {"text": 4_000},
    "splunk_on_call": {"state_message": 20_480},
    "twilio": {"Body": 1_600},
}
"""Published limits in characters, by the place of the text."""


@pytest.mark.parametrize("name", LIMITS)
def test_limits(name: str) -> None:
    """The longest alert is cut to what the target takes; each cut text says so."""
    request = made(name, largest())
    assert isinstance(request, Outgoing), request
    document = document_of(request)
    for path, limit in LIMITS[name].items():
        text = str(resolve(document, parse_path(f"$.{path}")))
        assert 0 < len(text) <= limit, path
        assert text.endswith("…"), path


def test_discord_takes_an_embed() -> None:
    """An embed has at most 6,000 characters, 25 fields, 256 in a name, and 1,024 in a value."""
    request = made("discord", largest())
    assert isinstance(request, Outgoing)
    [embed] = json.loads(request.body)["embeds"]
    assert len(embed["fields"]) <= 25
    texts = [embed["title"], embed["description"], embed["footer"]["text"]]
    for one in embed["fields"]:
        assert 0 < len(one["name"]) <= 256
        assert 0 < len(one["value"]) <= 1_024
        texts += [one["name"], one["value"]]
    assert sum(map(len, texts)) <= 6_000


# --- Hostile texts --------------------------------------------------------------------------------------------------

TEXT_TARGETS = {"slack", "discord", "teams", "twilio", "influxdb3"}
"""Targets that show texts to people in clients which make links and mentions of them."""


def shown(name: str, request: Outgoing) -> list[str]:
    """Return the texts of a request that people read; links of the alert are not among them."""
    document = document_of(request)
    if name == "slack":
        spans = [it for it in walk(document) if it.get("type") == "text"]
        return [document["text"], *(span["text"] for span in spans)]
    if name == "discord":
        [embed] = document["embeds"]
        fields = [text for it in embed["fields"] if not it["value"].startswith("<http") for text in it.values()]
        return [embed["title"], embed["description"], embed["footer"]["text"], *filter(is_text, fields)]
    if name == "teams":
        return [it["text"] for it in walk(document) if it.get("type") == "TextRun"]
    return [document["Body"] if name == "twilio" else document["notification_text"]]


def is_text(value: object) -> bool:
    """Return whether a value is text."""
    return isinstance(value, str)


def walk(document: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects of a document."""
    if isinstance(document, dict):
        yield document
    for value in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from walk(value)


LINKS = re.compile(r"://|www\.\w|\b(?:mailto|tel|javascript|data|file):", re.IGNORECASE)
MENTIONS = re.compile("[@\uff20]\\w")
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.mark.parametrize("name", sorted(TEXT_TARGETS))
@settings(deadline=None)
@given(text=hostile)
def test_no_text_becomes_a_link_or_a_mention(name: str, text: str) -> None:
    """Whatever a sender writes: no URL, mention or control character of it stands in a text that people read."""
    target = target_of(name)
    config = dict(target.example) | ({"as_json": False} if name == "influxdb3" else {})
    request = render(name, hostile_alert(text), config, NOW)
    assert isinstance(request, Outgoing)
    for found in shown(name, request):
        assert not CONTROLS.search(found)
        if name != "slack" or found == document_of(request)["text"]:  # rich text makes links of nothing
            assert not LINKS.search(found), found
        if name not in {"slack", "teams"}:  # there only an element or entity mentions
            assert not MENTIONS.search(found), found
        if name == "influxdb3":  # one text for all channels, Slack among them
            assert not re.search("[<>]", found), found
        if name == "discord":
            assert not re.search(r"(?<!\\)[*_`\[\]<>#|~]", re.sub(r"\\\\", "", found)), found


def test_datadog_notifies_nobody() -> None:
    """An `@` in a text of an event notifies people there."""
    request = made("datadog", hostile_alert("ask @ops and @slack-ops-channel %%% [x](y)"))
    assert isinstance(request, Outgoing)
    attributes = json.loads(request.body)["data"]["attributes"]
    for text in (attributes["title"], attributes["message"]):
        assert f"@{BREAK}ops" in text
        assert "@ops" not in text


# --- Reading back -----------------------------------------------------------------------------------------------------


def read_back(name: str, alert: Alert) -> Alert | None:
    """Return the alert that our own adapter makes of the request; None where nothing is sent."""
    request = made(name, alert)
    if isinstance(request, Skipped):
        return None
    url = urlsplit(request.url)
    sent = Request(request.body, request.method, url.path, dict(request.headers), dict(parse_qsl(url.query)))
    if name == "influxdb3":  # what the plugin posts
        sent = Request(json.dumps({"message": json.loads(request.body)["notification_text"]}).encode())
    batch = parse(target_of(name).reads_back, sent, received_at=NOW)
    return batch[0] if len(batch) == 1 else None


READABLE = [name for name in target_names() if target_of(name).reads_back]

SEVERITIES_LEFT = {
    "itoc360": {Severity.INFO: Severity.LOW},
    "splunk_on_call": {Severity.HIGH: Severity.CRITICAL, Severity.LOW: Severity.MEDIUM},
}
"""Severities that read back as another one, where a target has fewer."""

STATES_LEFT = {
    "alertmanager": {State.ACKNOWLEDGED: State.FIRING, State.SUPPRESSED: State.FIRING},
}


@pytest.mark.parametrize("name", READABLE)
def test_round_trip(name: str) -> None:
    """State, severity, key, title and what the target says it keeps are read back, for every alert of the fixtures."""
    seen = 0
    for alert in alerts():
        back = read_back(name, alert)
        if back is None:
            continue
        seen += 1
        assert back.state is STATES_LEFT.get(name, {}).get(alert.state, alert.state)
        keys = [text.casefold() for text in back.identity.values()]
        complete = alert.dedup_key[: (target_of(name).longest_key or 255) - 50]  # a longer one ends in a hash
        assert any(complete.casefold() in text for text in keys), (alert.dedup_key, back.identity)
        if alert.state is not State.FIRING:
            continue
        assert alert.severity is not None
        assert back.severity is SEVERITIES_LEFT.get(name, {}).get(alert.severity, alert.severity)
        # A cut title ends in `…`; blanks at its ends and line ends are not kept.
        start = " ".join(alert.title.split())[:100]
        assert " ".join(back.title.split())[:100] == start
    assert seen > len(alerts()) // 2


@pytest.mark.parametrize("name", READABLE)
def test_a_recovery_that_is_read_back_closes(name: str) -> None:
    """Trigger and recovery go through the target and back: the incident opens and ends."""
    base = next(alert for alert in alerts() if alert.state is State.FIRING and alert.vendor == "kapacitor")
    start = NOW - timedelta(hours=1)
    trigger = evolve(base, occurred_at=start, received_at=start)
    book = IncidentBook()
    for alert, state in ((trigger, 1), (evolve(trigger, state=State.RESOLVED, occurred_at=NOW, received_at=NOW), 0)):
        back = read_back(name, alert)
        assert back is not None
        book.apply([evolve(back, received_at=alert.received_at)])
        assert len(book.open) == state


# --- Forms of single targets ------------------------------------------------------------------------------------------


def firing(**more: Any) -> Alert:
    """Return a firing alert."""
    base = next(alert for alert in alerts() if alert.state is State.FIRING and alert.vendor == "kapacitor")
    return evolve(base, **more)


def document(name: str, subject: Any, **config: Any) -> Any:
    """Return the document that is sent."""
    request = render(name, subject, dict(target_of(name).example) | config, NOW)
    assert isinstance(request, Outgoing)
    return document_of(request)


def test_alertmanager_is_sent_when_it_ends() -> None:
    """A firing alert ends four resends from now, or at its deadline; a resolved one has ended."""
    [alert] = document("alertmanager", firing(expires_at=None), resend=60)
    assert alert["endsAt"] == "2026-12-31T00:04:00Z"
    [alert] = document("alertmanager", firing(expires_at=NOW + timedelta(hours=1)))
    assert alert["endsAt"] == "2026-12-31T01:00:00Z"
    over = firing(state=State.RESOLVED, occurred_at=NOW - timedelta(seconds=30), started_at=None)
    [alert] = document("alertmanager", over)
    assert alert["startsAt"] <= alert["endsAt"] == "2026-12-30T23:59:30Z"


def test_alertmanager_labels_are_an_identity() -> None:
    """No severity, text, time or value is a label; routes get the labels that are named."""
    labels = {"team": "db", "severity": "critical", "1 odd-näme": "x"}
    [alert] = document("alertmanager", firing(labels=labels), labels=["team", "1 odd-näme"])
    assert alert["labels"].keys() == {"alertname", "alertmap_key", "alertmap_source", "team", "u_1_20_odd_2d_n_e4_me"}
    assert all(re.fullmatch(r"[a-zA-Z_]\w*", name) for name in (*alert["labels"], *alert["annotations"]))
    again = document("alertmanager", firing(labels=labels, severity=Severity.LOW, title="other", message="x"))
    assert again[0]["labels"] == {key: alert["labels"][key] for key in again[0]["labels"]}


def test_opsgenie_paths() -> None:
    """Acknowledgement and close name the alert in the path; whatever its key holds, it is one segment."""
    alert = firing(state=State.RESOLVED, dedup_key="v:a=x/y?z#ü", vendor="v", source="v")
    request = made("opsgenie", alert)
    assert isinstance(request, Outgoing)
    assert request.url == "https://api.opsgenie.com/v2/alerts/v%3Aa%3Dx%2Fy%3Fz%23%C3%BC/close?identifierType=alias"


def test_pagerduty_resolve_has_no_payload() -> None:
    """Only a trigger needs one; PagerDuty ignores that of the others."""
    assert document("pagerduty", firing(state=State.RESOLVED)).keys() == {"routing_key", "event_action", "dedup_key"}


def test_pagerduty_leaves_out_what_does_not_fit() -> None:
    """A request of more than 512 KiB loses values, links and labels, in this order, and says so."""
    labels = {f"l{number}": LONG[:4_000] for number in range(90)}
    details = document("pagerduty", firing(labels=labels, values={"v": 1}))["payload"]["custom_details"]
    assert details["truncated"].startswith("values")
    assert details["alertmap_severity"] == firing().severity


def test_the_notifier_gets_each_channel() -> None:
    """Several channels stand in one request; headers are Base64 of JSON, as the plugin reads them."""
    config = {
        "slack_webhook_url": "https://hooks.slack.example/1",
        "slack_headers": {"X-A": "b"},
        "discord_webhook_url": "https://discord.example/1",
        "twilio_sid": "AC1",
        "twilio_token": "t",
        "twilio_from_number": "+1",
        "sms_to": "+2",
        "whatsapp_to": "+3",
    }
    senders = document("influxdb3", firing(), **config)["senders_config"]
    assert list(senders) == ["slack", "discord", "http", "sms", "whatsapp"]
    assert senders["slack"]["slack_headers"] == "eyJYLUEiOiAiYiJ9"
    assert senders["whatsapp"]["twilio_to_number"] == "+3"
    nothing = render("influxdb3", firing(), {"url": "http://i", "token": "t"}, NOW)
    assert nothing == Skipped("no channel is configured")


def test_standard_webhooks_verifies() -> None:
    """The signature of a webhook is accepted by our own verification of Standard Webhooks, and covers the body."""
    secret = target_of("webhook").example["secret"]
    request = made("webhook", firing())
    assert isinstance(request, Outgoing)
    source = Source("s", vendor="generic", auth=Auth(secrets=secret, schemes=STANDARD_WEBHOOKS))
    sent = Request(request.body, "POST", "/", dict(request.headers))
    assert verify(sent, source, NOW)
    with pytest.raises(AuthError):
        verify(Request(request.body + b" ", "POST", "/", dict(request.headers)), source, NOW)


def test_the_id_of_a_webhook_stays() -> None:
    """Rendered again later, a request has the same id, so that a repeat is recognised; a change has another."""
    first, later = (render("webhook", firing(), target_of("webhook").example, at) for at in (NOW, NOW + timedelta(1)))
    changed = made("webhook", firing(severity=Severity.LOW))
    assert isinstance(first, Outgoing)
    assert isinstance(later, Outgoing)
    assert isinstance(changed, Outgoing)
    ids = [request.headers["webhook-id"] for request in (first, later, changed)]
    assert ids[0] == ids[1] != ids[2]


def test_time_is_sent_in_utc() -> None:
    """Each target writes its own form of the time of the statement."""
    at = datetime(2026, 3, 4, 10, 0, 0, 250_000, tzinfo=UTC)
    alert = firing(occurred_at=at, started_at=at)
    assert document("pagerduty", alert)["payload"]["timestamp"] == "2026-03-04T10:00:00.250000Z"
    assert document("servicenow", alert)["records"][0]["time_of_event"] == "2026-03-04 10:00:00"
    assert document("splunk_on_call", alert)["state_start_time"] == 1_772_618_400
    [record] = document("otlp", alert)["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    assert record["timeUnixNano"] == "1772618400250000000"
    assert document("ocsf", alert)["time"] == 1_772_618_400_250
    assert document("ecs", alert)["@timestamp"] == "2026-03-04T10:00:00.250000Z"


def test_messages_have_a_title() -> None:
    """A title is never blank: the key stands in its place."""
    message = message_of(firing(title=""))
    assert isinstance(message, Message)
    assert message.title == message.dedup_key
