"""PRTG beyond the goldens: what other receivers get wrong, the words of the status, and what is not escaped."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from alertmap import IncidentBook, Priorities, Severity, Source, State, detect, parse
from alertmap.errors import ShapeError
from alertmap.model import Alert, Batch, ProblemCode, Reason, Request

FIELDS = {"sensorid": "2045", "device": "web-1", "sensor": "Ping", "message": "Request timed out"}


def read(fields: dict[str, str], **more: Any) -> Batch:
    return parse("prtg", urlencode(fields), **more)


def one(status: str, **fields: str) -> Alert:
    (alert,) = read(FIELDS | {"status": status} | fields)
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    return {problem.code for problem in alert.problems}


# --- What goes wrong elsewhere ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("PagerTree", "a warning, a partial outage and an escalation open nothing")
@pytest.mark.parametrize(
    ("status", "severity"),
    [
        ("Warning", Severity.MEDIUM),
        ("Down (Partial)", Severity.HIGH),
        ("Unusual", Severity.LOW),
        ("Down ESCALATION", Severity.CRITICAL),
        ("Down REPEAT", Severity.CRITICAL),
        ("Down (before: Warning)", Severity.CRITICAL),
        ("Warning ended (now: Down)", Severity.CRITICAL),
    ],
)
def test_each_state_that_is_not_well_fires(status: str, severity: Severity) -> None:
    """Every status in which the sensor is not well fires, at the severity of what it is now."""
    alert = one(status)
    assert (alert.state, alert.severity, codes(alert)) == (State.FIRING, severity, set())


@pytest.mark.fault_elsewhere("PagerTree", "the status Up does not resolve, only `now: Up` does")
@pytest.mark.parametrize("status", ["Up", "up", "Down ended (now: Up)", "Warning ended (now: Up)"])
def test_up_resolves_in_each_of_its_forms(status: str) -> None:
    """A sensor that is up is well, whichever trigger says so."""
    assert one(status).state is State.RESOLVED


@pytest.mark.fault_elsewhere("ITOC360", "a sensor that is paused or unknown opens an alert as if it were down")
def test_a_pause_is_no_outage_and_no_recovery() -> None:
    """A pause suppresses; want of data fires as such; neither closes or opens as the other would."""
    for status in (
        "Paused",
        "Paused (paused by parent)",
        "Down ended (now: Paused)",
        "Down ended (now: Paused (Until))",
    ):
        assert one(status).state is State.SUPPRESSED
    unknown = one("Unknown")
    assert (unknown.state, unknown.no_data, unknown.severity) == (State.FIRING, True, Severity.LOW)


@pytest.mark.fault_elsewhere(
    "ITOC360", "names are in the key: a sensor that is renamed while it is down never recovers"
)
def test_a_name_is_no_identity() -> None:
    """The recovery finds its alert after the device, the sensor or the group got other names."""
    renamed = one("Down ended (now: Up)", device="web-1 (old)", sensor="Ping v4", group="Retired")
    assert renamed.dedup_key == one("Down").dedup_key


@pytest.mark.fault_elsewhere("Opsgenie", "the payload to paste asks for `%settings`, which may hold credentials")
def test_settings_come_nowhere() -> None:
    """The text for the placeholder `%settings` stands in no field of the alert."""
    alert = one("Down", settings="user: monitor")
    texts = [alert.title, alert.message, alert.resource, *alert.labels.values(), *map(str, alert.values.values())]
    assert not any("monitor" in text for text in texts)


# --- The status -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["Fehler beendet (jetzt: OK)", "Down ended", "Up?", "Down ended (now: OK)", "ended"])
def test_a_status_that_nobody_knows_fires(status: str) -> None:
    """Another language, and a text that does not say what is now, fire with a problem."""
    alert = one(status)
    assert alert.state is State.FIRING
    assert ProblemCode.STATE_UNKNOWN in codes(alert)


def test_an_acknowledged_sensor_is_still_down() -> None:
    """An acknowledgement keeps the severity of what is down, also where it ended a warning."""
    for status in ("Down (Acknowledged)", "Warning ended (now: Down (Acknowledged))"):
        alert = one(status)
        assert (alert.state, alert.severity) == (State.ACKNOWLEDGED, Severity.CRITICAL)


def test_a_recovery_has_the_severity_of_what_ended() -> None:
    """A recovery that names what ended has its severity; one that does not has none."""
    assert one("Warning ended (now: Up)").severity is Severity.MEDIUM
    assert one("Down ESCALATION ended (now: Up)").severity is Severity.CRITICAL
    assert one("Up").severity is None


CHANGES = [("Down", "Warning"), ("Warning", "Down"), ("Down", "Up")]


def test_an_outage_ends_when_the_sensor_is_up() -> None:
    """From Down over Warning and back a sensor has one incident, which only Up ends."""
    book = IncidentBook()
    steps = (
        "Down",
        "Down ESCALATION",
        "Down ended (now: Warning)",
        "Warning ended (now: Down)",
        "Down ended (now: Up)",
    )
    sizes = []
    for minute, status in enumerate(steps):
        received = datetime(2026, 3, 2, 10, minute, tzinfo=UTC)
        book.apply(read(FIELDS | {"status": status}, received_at=received))
        sizes.append(len(book.open))
    assert sizes == [1, 1, 1, 1, 0]


def test_the_stars_of_the_priority_can_decide() -> None:
    """A source may map the sensor's priority instead of its status."""
    stars = Priorities({"*": "info", "*****": "critical"}, field="priority")
    for sent, severity in (("*", Severity.INFO), ("*****", Severity.CRITICAL), ("***", Severity.MEDIUM)):
        source = Source("prtg", priorities=stars)
        (alert,) = read(FIELDS | {"status": "Warning", "priority": sent}, source=source)
        assert alert.severity is severity


# --- Bodies -----------------------------------------------------------------------------------------------------------


def test_a_body_without_a_status_is_refused() -> None:
    """Without any status the request is no notification of a sensor."""
    with pytest.raises(ShapeError):
        read(FIELDS)


@pytest.mark.parametrize("message", ["%message", "100 %", "50%"])
def test_a_message_may_hold_a_percent_sign(message: str) -> None:
    """Only a placeholder counts as not sent."""
    assert one("Down", message=message).message == ("" if message == "%message" else message)


def test_nothing_but_placeholders_is_a_test() -> None:
    """A test notification leaves all placeholders as they are."""
    batch = read({"sensorid": "%sensorid", "status": "%status", "device": "%device"})
    assert (batch.alerts, batch.reason) == ((), Reason.TEST)


def test_a_sensor_of_something_else_is_not_prtgs() -> None:
    """A form with a sensor's id and no status is not recognised."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert detect(Request("sensorid=7&value=3", headers=form)) is None
