"""Cloudflare: what the fixtures cannot say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Request, Severity, State, parse
from alertmap.errors import AuthError
from alertmap.intake.auth import Auth
from alertmap.intake.source import Source
from alertmap.intake.verify import verify
from alertmap.model import ProblemCode, Reason

VENDOR = "cloudflare"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def body(name: str, /, **more: Any) -> dict[str, Any]:
    """Return the document of a fixture, with other keys."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document | more


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse(VENDOR, json.dumps(document))
    return alert


def changed(name: str, /, **data: Any) -> Alert:
    """Return the alert of a fixture with other data."""
    document = body(name)
    return one(document | {"data": document["data"] | data})


@pytest.mark.fault_elsewhere("Flashduty", "each notification is a warning, an attack as well as a bill")
@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        ("dos_attack_l4", Severity.HIGH),
        ("fbm_dosd_attack", Severity.HIGH),
        ("bgp_hijack_notification", Severity.HIGH),
        ("http_alert_origin_error", Severity.HIGH),
        ("clickhouse_alert_fw_anomaly", Severity.MEDIUM),
        ("universal_ssl_event_type", Severity.LOW),
        ("expiring_service_token_alert", Severity.LOW),
        ("billing_usage_alert", Severity.LOW),
        ("maintenance_event_notification", Severity.LOW),
    ],
)
def test_the_type_decides_how_bad_it_is(kind: str, severity: Severity) -> None:
    """No level is sent for most types, and no type is unknown."""
    alert = one(body("attack", alert_type=kind))
    assert (alert.severity, alert.problems) == (severity, ())


@pytest.mark.fault_elsewhere("receivers that key on the policy", "the end of one attack ends all others of its policy")
def test_a_policy_is_no_alert() -> None:
    """Two attacks of one policy are two alerts, and two policies that announce one attack are one."""
    first, other = one(body("attack")), one(body("attack", alert_correlation_id="another"))
    assert first.dedup_key != other.dedup_key
    assert one(body("attack", policy_id="p2", policy_name="b")).dedup_key == first.dedup_key


@pytest.mark.fault_elsewhere("receivers that know two events only", "WORKERS_ANOMALY_DETECTED_END opens an incident")
@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("ALERT_STATE_EVENT_START", State.FIRING),
        ("ALERT_STATE_EVENT_END", State.RESOLVED),
        ("WORKERS_ANOMALY_DETECTED_START", State.FIRING),
        ("WORKERS_ANOMALY_DETECTED_END", State.RESOLVED),
    ],
)
def test_the_last_word_of_an_event_is_its_state(word: str, state: State) -> None:
    """Products have events of their own."""
    assert one(body("attack", alert_event=word)).state is state


@pytest.mark.parametrize("word", ["ALERT_STATE_EVENT_ENDED_NOT", "TUNNEL_STATUS_CHANGE", "", 7])
def test_no_other_event_ends_anything(word: object) -> None:
    """It fires, with a problem."""
    alert = one(body("attack_ended", alert_event=word))
    assert alert.state is State.FIRING
    assert {problem.code for problem in alert.problems} <= {ProblemCode.STATE_UNKNOWN, ProblemCode.STATE_GUESSED}
    assert alert.problems


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Healthy", State.RESOLVED),
        ("TUNNEL_STATUS_TYPE_HEALTHY (status change)", State.RESOLVED),
        ("MAGIC_TUNNEL_STATUS_UP", State.RESOLVED),
        ("Unhealthy", State.FIRING),
        ("TUNNEL_STATUS_TYPE_INACTIVE", State.FIRING),
        ("MAGIC_TUNNEL_STATUS_DOWN", State.FIRING),
    ],
)
def test_each_product_writes_its_status_in_its_own_way(word: str, state: State) -> None:
    """All of them are known."""
    alert = changed("tunnel_degraded", new_status=word)
    assert (alert.state, alert.problems) == (state, ())


@pytest.mark.parametrize(
    ("word", "state"), [("INVESTIGATING", State.FIRING), ("IDENTIFIED", State.FIRING), ("RESOLVED", State.RESOLVED)]
)
def test_an_incident_of_cloudflare_keeps_its_key_and_impact(word: str, state: State) -> None:
    """From its first update to its end."""
    alert = changed("incident", incident_status=f"INCIDENT_STATUS_{word}")
    assert (alert.state, alert.severity) == (state, Severity.MEDIUM)
    assert alert.dedup_key == one(body("incident")).dedup_key


def test_no_sentence_ends_an_alert() -> None:
    """The text is prose, and a check may be named after a state."""
    document = body("old_unhealthy", text="Health check api is Healthy: all is well again")
    assert one(document).state is State.FIRING


def test_an_origin_is_neither_its_pool_nor_another_origin() -> None:
    """Else one that is healthy again would end the alert of the other."""
    alerts = [
        changed("origin_unhealthy"),
        changed("origin_unhealthy", origin_name="web-2"),
        changed("origin_unhealthy", event_source="pool", origin_name=None),
    ]
    assert len({alert.dedup_key for alert in alerts}) == 3


def test_an_origin_without_its_name_is_not_the_pool() -> None:
    """The correlation id is its key then."""
    document = body("origin_unhealthy", alert_correlation_id="c1")
    alert = one(document | {"data": document["data"] | {"origin_name": ""}})
    assert dict(alert.identity) == {"correlation": "c1"}
    assert ProblemCode.KEY_FALLBACK in {problem.code for problem in alert.problems}


@pytest.mark.parametrize("end", ["correctly.", "properly.", ""])
def test_a_greeting_is_a_test(end: str) -> None:
    """Its end was not always the same."""
    greeting = f"Hello World! This is a test message sent from https://cloudflare.com. Your webhook is configured {end}"
    assert parse(VENDOR, json.dumps({"text": greeting})).reason is Reason.TEST


def test_a_text_alone_is_no_test() -> None:
    """It fires once, since nothing says what it is."""
    alert = one({"text": "Health check api is Healthy"})
    assert (alert.state, alert.resolvable, alert.title) == (State.FIRING, False, "Health check api is Healthy")


def test_what_is_sent_once_never_ends() -> None:
    """Without an event and a status nothing will announce its end."""
    assert not one(body("certificate")).resolvable
    assert one(body("attack")).resolvable


def test_the_secret_is_a_token_in_a_header() -> None:
    """It proves the request as it is."""
    source = Source("cf", vendor=VENDOR, auth=Auth(tokens="made-up"))
    now = datetime(2026, 3, 4, 10, tzinfo=UTC)
    content = json.dumps(body("attack"))
    assert verify(Request(content, headers={"cf-webhook-auth": "made-up"}), source, now)
    with pytest.raises(AuthError):
        verify(Request(content, headers={"cf-webhook-auth": "other"}), source, now)


@pytest.mark.parametrize("left_out", ["account_id", "policy_id", "alert_correlation_id", "data", "ts", "name", "text"])
def test_no_other_field_decides(left_out: str) -> None:
    """A notification without it is still one."""
    document = body("attack")
    del document[left_out]
    assert one(document).state is State.FIRING


def test_a_message_without_data_fires() -> None:
    """Of the old form, or with a type alone."""
    assert one({"name": "hc", "text": "Origin down", "ts": "1772618400"}).state is State.FIRING
    assert one({"alert_type": "billing_usage_alert", "text": "Over 100"}).severity is Severity.LOW
