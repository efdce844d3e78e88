"""CrowdStrike Falcon: what the fixtures cannot say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Auth, AuthError, Request, Severity, Source, State, parse_document, verify
from alertmap.errors import PayloadError
from alertmap.incidents.book import IncidentBook
from signatures import BODY, ISO, SECRET

VENDOR = "crowdstrike"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR
NOW = datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC)


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a fixture, with changes of the object that is the alert."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    inner = document.get("data", document)
    inner |= changes
    return document


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


# --- The signature ----------------------------------------------------------------------------------------------------

IN_BASE64 = "qAOpwG8SBeEEl9Ovuf0M5PW+OpxA3nznpGHinCv7ueg="
IN_HEX = "a0ed256712a6c656f3fb8c3e883186797488e2ee9cebadea02812f6dd5fa4979"


def signed(signature: str, stamp: str = ISO, header: str = "X-CS-Primary-Signature") -> Request:
    """Return a request with a signature."""
    return Request(BODY, headers={header: signature, "X-CS-Delivery-Timestamp": stamp})


@pytest.mark.fault_elsewhere("PagerTree", "the time is put before the body, in hex: a rule of others signs it behind")
@pytest.mark.parametrize(
    ("signature", "form"), [(IN_BASE64, "body then time, base64"), (IN_HEX, "time then body, hex")]
)
def test_both_ways_to_sign_are_accepted(signature: str, form: str) -> None:
    """The proof names the one that matched, and a source can pin it."""
    proof = verify(signed(signature), Source("soc", vendor=VENDOR, auth=Auth(secrets=SECRET)), NOW)
    assert proof
    assert proof.form == form
    pinned = Source("soc", vendor=VENDOR, auth=Auth(secrets=SECRET, form=form))
    assert verify(signed(signature), pinned, NOW)
    with pytest.raises(AuthError):
        verify(signed(IN_HEX if signature == IN_BASE64 else IN_BASE64), pinned, NOW)


@pytest.mark.parametrize("request_", [signed(""), signed(IN_HEX.upper()), signed(IN_HEX, stamp=""), Request(BODY)])
def test_a_request_that_is_not_signed_is_refused(request_: Request) -> None:
    """Also without the time, which is signed."""
    with pytest.raises(AuthError):
        verify(request_, Source("soc", vendor=VENDOR, auth=Auth(secrets=SECRET)), NOW)


def test_the_header_may_have_another_name() -> None:
    """Users of the webhook may change it."""
    auth = Auth(secrets=SECRET, signature_header="X-Our-Signature")
    assert verify(signed(IN_HEX, header="X-Our-Signature"), Source("soc", vendor=VENDOR, auth=auth), NOW)


# --- State, key and level ---------------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("ilert", "the recipe has the trigger New detection only, so nothing ever ends")
def test_a_case_has_one_incident() -> None:
    """From new over in progress to closed."""
    book = IncidentBook()
    for name in ("new", "in_progress", "closed"):
        book.apply(parse_document(VENDOR, body(name)).alerts)
    [incident] = book.incidents
    assert not book.open
    assert incident.severity is Severity.CRITICAL


@pytest.mark.fault_elsewhere("ITOC360", "a false positive and a detection that is ignored stay open")
@pytest.mark.parametrize("status", ["closed", "False Positive", "false_positive", "IGNORED"])
def test_a_case_that_needs_nobody_is_over(status: str) -> None:
    """Whoever looked at it decided that it is none."""
    assert one(body("new", status=status)).state is State.RESOLVED


@pytest.mark.fault_elsewhere("PagerTree", "without an id the key is a random one")
def test_no_key_is_random() -> None:
    """The link stands for a missing id, title and host for both; without any there is no alert."""
    first, second = one(body("fields_no_id")), one(body("fields_no_id"))
    assert first.dedup_key == second.dedup_key
    document = body("fields_no_id")
    document["meta"]["event_reference_url"] = ""
    assert one(document).dedup_key == one(document).dedup_key
    with pytest.raises(PayloadError):
        parse_document(VENDOR, {"data": {}, "meta": {}})


def test_detections_and_incidents_are_apart() -> None:
    """They may have the same id."""
    document = body("fields")
    detection = one(document)
    document["data"] = {"incidents.incident_id": "ldt:5b2c9d:77002"}
    assert one(document).dedup_key != detection.dedup_key


@pytest.mark.parametrize(
    ("severity", "expected"),
    [(100, "critical"), ("80", "critical"), (79, "high"), (40, "medium"), (20, "low"), (6, "info"), ("high", "high")],
)
def test_a_number_is_on_the_scale_to_100(severity: str | int, expected: str) -> None:
    """As the bands of Falcon are."""
    alert = one(body("new", severity=severity))
    assert (alert.severity, alert.problems) == (expected, ())


@pytest.mark.parametrize("severity", [0, 1, 5, "5", "-1", "severe"])
def test_a_number_of_several_scales_is_no_severity(severity: str | int) -> None:
    """A 5 may be the worst of five, or next to nothing."""
    assert [problem.code for problem in one(body("new", severity=severity)).problems] == ["level_unknown"]


@pytest.mark.parametrize("name", ["incident_id", "status"])
def test_an_unrendered_variable_is_neither_key_nor_state(name: str) -> None:
    """Without an id there is no alert; without a status it fires."""
    document = body("new", **{name: "${data['detection.id']}"})
    if name == "incident_id":
        with pytest.raises(PayloadError):
            parse_document(VENDOR, document)
    else:
        alert = one(document)
        assert alert.state is State.FIRING
        assert {problem.code for problem in alert.problems} >= {"unrendered"}


@pytest.mark.parametrize("left_out", ["workflow_id", "event_reference_url"])
def test_what_the_action_adds_decides_nothing(left_out: str) -> None:
    """The fields of the workflow alone are an alert."""
    document = body("fields")
    document["meta"].pop(left_out)
    assert one(document).dedup_key == one(body("fields")).dedup_key
    assert one({"data": document["data"]}).dedup_key == one(body("fields")).dedup_key


def test_custom_json_without_a_status_fires() -> None:
    """The trigger "New detection" has none."""
    document = body("new")
    del document["status"]
    alert = one(document)
    assert (alert.state, alert.dedup_key) == (State.FIRING, one(body("new")).dedup_key)
    assert "state_guessed" in {problem.code for problem in alert.problems}


def test_the_name_of_a_severity_is_above_its_number() -> None:
    """A 4 may be of several scales."""
    assert one(body("fields", **{"detections.severity": 4, "detections.severity_name": "High"})).severity == "high"
