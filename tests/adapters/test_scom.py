"""System Center Operations Manager beyond the goldens: its states and levels, and the scripts that post them."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Auth, IncidentBook, Severity, Source, State, detect, parse, parse_document
from alertmap.adapters import scom
from alertmap.errors import AuthError
from alertmap.intake.verify import verify
from alertmap.model import ProblemCode, Request

FIXTURES = Path(__file__).parents[2] / "fixtures" / "scom"


def fixture(name: str, **changed: Any) -> Any:
    """Return the document of a fixture, with other fields."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8")) | changed


def only(document: Any) -> Alert:
    """Return the only alert of a document."""
    (alert,) = parse_document("scom", document)
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    return {problem.code for problem in alert.problems}


def open_after(*documents: Any) -> int:
    """Return the number of incidents that are open after these documents, a minute apart."""
    book = IncidentBook()
    for minute, document in enumerate(documents):
        received_at = datetime(2026, 3, 4, 11, minute, tzinfo=UTC)
        book.apply(parse_document("scom", document, received_at=received_at).alerts)
    return len(book.open)


@pytest.mark.fault_elsewhere("PagerDuty/scom-powershell-integration", "state 249, Acknowledged, triggers once more")
@pytest.mark.parametrize(
    ("sent", "state"),
    [
        (0, State.FIRING),
        ("New", State.FIRING),
        (247, State.ACKNOWLEDGED),
        ("248", State.ACKNOWLEDGED),
        (249, State.ACKNOWLEDGED),
        ("Acknowledged", State.ACKNOWLEDGED),
        (250, State.ACKNOWLEDGED),
        (254, State.RESOLVED),
        ("resolved", State.RESOLVED),
        ("255", State.RESOLVED),
        ("Closed", State.RESOLVED),
    ],
)
def test_each_built_in_state_is_read(sent: object, state: State) -> None:
    """Numbers, their texts and their names are the same."""
    alert = only(fixture("new", resolutionState=sent))
    assert (alert.state, codes(alert)) == (state, set())


@pytest.mark.parametrize("sent", [1, 150, 251, "In Progress", 256, "25", -1, 255.5])
def test_a_state_of_the_sites_own_fires(sent: object) -> None:
    """Any other state keeps the alert open, with a problem."""
    alert = only(fixture("new", resolutionState=sent))
    assert (alert.state, codes(alert)) == (State.FIRING, {ProblemCode.STATE_UNKNOWN})


@pytest.mark.parametrize("absent", ["Not Present", "NotPresent", "", None])
def test_a_state_that_is_not_present_is_still_open(absent: str | None) -> None:
    """Opsgenie's script writes this default for each state but New and Closed."""
    assert open_after(fixture("opsgenie_new"), fixture("opsgenie_update", resolutionState=absent)) == 1


@pytest.mark.parametrize(
    ("words", "severity"),
    [
        (("Error", "Critical", "CRITICAL", 2, "2"), Severity.CRITICAL),
        (("Warning", 1, "1"), Severity.MEDIUM),
        (("Information", "INFO", 0, "0"), Severity.INFO),
    ],
)
def test_severities_have_three_spellings(words: tuple[object, ...], severity: Severity) -> None:
    """The cmdlet calls 2 Error, the console Critical, and macros give the number."""
    for word in words:
        alert = only(fixture("new", severity=word))
        assert (alert.severity, codes(alert)) == (severity, set())


def test_ids_with_braces_are_the_same_id() -> None:
    """A macro writes the id in braces and capitals; any script may end what another opened."""
    text = "7D1C1F0E-6F0A-4A0F-9F2E-0C1D2E3F4A5B"
    assert open_after(fixture("new"), fixture("opsgenie_closed", alertId=f"{{{text}}}")) == 0
    assert open_after(fixture("new"), fixture("ilert_resolved", alertId=text)) == 0
    assert open_after(fixture("new"), fixture("opsgenie_closed", alertId=f"{{{text}}}\r\n")) == 0


def test_a_monitor_that_fails_again_is_another_alert() -> None:
    """It gets a new id; the end of the first does not close the second."""
    again = fixture("new", alertId="11111111-6f0a-4a0f-9f2e-0c1d2e3f4a5b", modifiedAt="2026-03-04T10:30:00Z")
    assert open_after(fixture("new"), again, fixture("closed")) == 1


@pytest.mark.parametrize("script", ["new", "ilert_alert"])
def test_times_are_in_utc_with_and_without_a_zone(script: str) -> None:
    """`ToString("o")` writes no zone where .NET does not know it; SCOM's times are in UTC."""
    text = (FIXTURES / f"{script}.json").read_text(encoding="utf-8")
    for body in (text.replace("0000Z", "0000"), text.replace("0000Z", "0000").replace('0000"', '0000Z"')):
        alert = only(json.loads(body))
        assert alert.started_at is not None
        assert alert.started_at.replace(microsecond=0) == datetime(2026, 3, 4, 10, tzinfo=UTC)
        assert not alert.problems


def test_texts_for_absent_values_are_no_labels() -> None:
    """Neither scripts' words for nothing nor macros that were not filled in are labels, links or owners."""
    alerts = [only(fixture(name)) for name in ("opsgenie_new", "ilert_alert", "macros")]
    texts = [text for alert in alerts for text in (*alert.labels.values(), *alert.links.values())]
    assert not [text for text in texts if re.search(r"present|none|\$Data", text, re.IGNORECASE)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_bodies_of_old_powershell_are_read(encoding: str) -> None:
    """Windows PowerShell sends Latin-1 where a script declares no charset."""
    body = json.dumps(fixture("opsgenie_new", alertName="Laufwerk überfüllt"), ensure_ascii=False)
    (alert,) = parse("scom", Request(body.encode(encoding), headers={"Content-Type": "application/json"}))
    assert alert.title == "Laufwerk überfüllt: D:"


def test_the_script_of_the_guide_posts_what_is_read() -> None:
    """The keys of the script in the setup guide are those of its fixture, and each is read."""
    guide = scom.__doc__ or ""
    keys = re.findall(r"(\w+) = \S", guide[guide.index("@{") : guide.index("       }\n")])
    assert sorted(keys) == sorted(fixture("new"))
    declared = {field.name for field in scom.Alert.__attrs_attrs__}  # type: ignore[attr-defined]
    assert set(keys) <= declared


def test_each_script_is_recognised() -> None:
    """So is a script of one's own, in any case of the keys; ilert's own events are not claimed."""
    for name in ("new", "opsgenie_new", "ilert_alert", "macros"):
        found = detect(Request(json.dumps(fixture(name))))
        assert found is not None
        assert found.vendor == "scom"
    found = detect(Request('{"apiKey": "k", "eventType": "ALERT", "alertKey": "a", "summary": "s"}'))
    assert found is not None
    assert found.vendor == "ilert"


def test_the_key_of_ilerts_script_is_the_token() -> None:
    """The script posts its key in the body; there the source's token may stand."""
    source = Source("scom", "scom", auth=Auth(tokens="made-up-token"))
    now = datetime(2026, 3, 4, tzinfo=UTC)
    verify(Request(json.dumps(fixture("ilert_alert", apiKey="made-up-token"))), source, now)
    with pytest.raises(AuthError):
        verify(Request(json.dumps(fixture("ilert_alert", apiKey="another"))), source, now)
