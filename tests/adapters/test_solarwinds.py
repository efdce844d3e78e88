"""SolarWinds: what the fixtures cannot say, above all bodies that users write, or that a value breaks."""

import json
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from alertmap import Alert, IncidentBook, PayloadError, Request, Severity, State, detect, parse
from alertmap.adapters import solarwinds
from alertmap.model import ProblemCode

VENDOR = "solarwinds"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR


def sent(name: str) -> str:
    """Return the body of a fixture."""
    return (FIXTURES / name).read_text(encoding="utf-8")


def body(name: str) -> dict[str, Any]:
    """Return the document of a fixture that is JSON."""
    document: dict[str, Any] = json.loads(sent(f"{name}.json"))
    return document


def one(document: dict[str, Any] | str, **arguments: Any) -> Alert:
    """Return the only alert of a document or of a text."""
    [alert] = parse(VENDOR, document if isinstance(document, str) else json.dumps(document), **arguments)
    return alert


def template() -> str:
    """Return the body of the set-up guide."""
    assert solarwinds.__doc__
    return textwrap.dedent(solarwinds.__doc__.partition("the body.")[2].partition("```text")[2].partition("```")[0])


def filled_in(**values: str) -> str:
    """Return that body as the platform fills it in: nothing is escaped."""
    text = template()
    for name, macro in json.loads(text).items():
        if name != "event_type":
            text = text.replace(f'"{macro}"', f'"{(body("trigger") | values)[name]}"', 1)
    return text


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "a provider for Keep", "the flag Acknowledged wins, so that an acknowledged alert never ends"
)
@pytest.mark.parametrize("flag", ["Acknowledged", "True", True, "1"])
def test_an_acknowledged_alert_is_reset(flag: object) -> None:
    """The reset action counts."""
    assert one(body("reset") | {"Acknowledged": flag}).state is State.RESOLVED
    assert one(body("trigger") | {"Acknowledged": flag}).state is State.ACKNOWLEDGED


@pytest.mark.parametrize(
    "flag", ["Not Acknowledged", "False", False, "0", "", None, "${N=Alerting;M=Acknowledged}", []]
)
def test_any_other_flag_fires(flag: object) -> None:
    """A page that nobody has seen must not look acknowledged."""
    assert one(body("trigger") | {"Acknowledged": flag}).state is State.FIRING


@pytest.mark.fault_elsewhere("a provider for Keep", "AlertActiveID is the key, which is gone when the alert is reset")
def test_the_id_of_the_active_alert_is_no_part_of_the_key() -> None:
    """It is removed with the alert."""
    first, again = (one(body("trigger") | {"AlertActiveID": number}) for number in ("12", ""))
    assert first.dedup_key == again.dedup_key


@pytest.mark.fault_elsewhere("ilert", "the key holds AlertActiveID, which may be blank in the reset: nothing is closed")
@pytest.mark.parametrize("gone", ["", "13", "${N=Alerting;M=AlertActiveID}"])
def test_the_key_for_ilert_counts_without_the_active_id(gone: str) -> None:
    """AlertObjectID stands in front; the resolve has nothing else."""
    fields = {"iLertEventType": "ALERT", "iLertIncidentKey": "771-12", "AlertObjectID": "771", "AlertName": "Node down"}
    trigger = one("&".join(f"{name}={value}" for name, value in fields.items()))
    resolve = one(f"iLertEventType=RESOLVE&iLertIncidentKey=771-{gone}&iLertEventSummary=core-sw-1 is up")
    assert (resolve.state, resolve.dedup_key) == (State.RESOLVED, trigger.dedup_key)


@pytest.mark.fault_elsewhere(
    "a provider for Keep", "a severity that is a number is critical, warning or info at random"
)
@pytest.mark.parametrize("number", ["0", "1", "2", 3])
def test_a_number_is_no_severity(number: object) -> None:
    """Versions number the severities in different ways."""
    alert = one(body("trigger") | {"Severity": number})
    assert alert.severity is Severity.MEDIUM
    assert ProblemCode.LEVEL_UNKNOWN in {problem.code for problem in alert.problems}


@pytest.mark.fault_elsewhere("receivers that key on AlertID", "all objects of an alert definition are one incident")
def test_the_definition_alone_is_no_key() -> None:
    """Definition and object are, together."""
    first, other = (one(body("datadog") | {"object": name, "host": name}) for name in ("sw-1", "sw-2"))
    assert first.dedup_key != other.dedup_key
    with pytest.raises(PayloadError):
        one({"event_type": "TRIGGER", "Severity": "Critical"})


# --- Bodies -----------------------------------------------------------------------------------------------------------


def test_the_body_of_the_guide() -> None:
    """It is JSON with the keys of the fixtures, and becomes their alert."""
    assert json.loads(template()).keys() == body("trigger").keys()
    assert one(filled_in()).dedup_key == one(body("trigger")).dedup_key
    assert list(json.loads(template()))[-1] == "AlertMessage"


def test_a_body_without_any_value_is_refused() -> None:
    """Nothing of it becomes a key."""
    with pytest.raises(PayloadError):
        one(template())


@pytest.mark.parametrize("name", ["AlertObjectID", "NodeName", "ObjectName", "AlertName"])
@pytest.mark.parametrize("macro", ["${N=Alerting;M=AlertName}", "${NodeName}", "sw-${Caption}"])
def test_a_macro_that_was_not_filled_in_is_no_key(name: str, macro: str) -> None:
    """It would be the same for all alerts; so would one inside of an alias."""
    document = body("not_filled_in") | {"ObjectID": "", name: macro}
    for alert in (one(document), one(document | {"alias": f"{macro}-45"})):
        assert "$" not in alert.dedup_key


def test_what_stands_in_a_value_resolves_nothing() -> None:
    """Pairs inside of a value that breaks the JSON are none."""
    alert = one(filled_in(AlertMessage='a "b"", "event_type": "RESET", "x": "'))
    assert (alert.state, alert.dedup_key) == (State.FIRING, one(body("trigger")).dedup_key)


def test_backslashes_and_line_breaks() -> None:
    """The message stays readable."""
    alert = one(filled_in(AlertMessage="SRV\\SQL is down\r\nsince noon"))
    assert (alert.title, alert.message) == ("Node down on core-sw-1", "SRV\\SQL is down\nsince noon")


@pytest.mark.parametrize("state", ["TRIGGER", "RESET"])
def test_an_id_without_quotes_is_the_key(state: str) -> None:
    """Users write numbers so; the state may stand behind them, and last."""
    for text in (
        f'{{"AlertObjectID": 771, "event_type": "{state}", "AlertMessage": "C:\\Temp is "full""}}',
        f'{{"AlertObjectID": 771, "AlertMessage": "SRV is down\r\nsince noon", "event_type": "{state}"}}',
    ):
        alert = one(text)
        assert alert.state is (State.RESOLVED if state == "RESET" else State.FIRING)
        assert alert.dedup_key == "solarwinds:alert_object=771"


@pytest.mark.parametrize("word", ["TRIGGER", "Triggered", "ALERT", "Create", "problem", "firing"])
@pytest.mark.parametrize("key", ["event_type", "EventType", "ActionType", "notification_type", "status"])
def test_states_of_common_templates(key: str, word: str) -> None:
    """Under the keys of ITOC360, Opsgenie and Keep."""
    document = body("trigger")
    del document["event_type"]
    assert one(document | {key: word}).state is State.FIRING


def test_a_query_and_an_escaped_form() -> None:
    """The action may be a GET, or a form in which all is escaped."""
    fields = urlencode(body("trigger"))
    for request in (Request(method="GET", path=f"/solarwinds?{fields}"), Request(fields)):
        [alert] = parse(VENDOR, request)
        assert alert.dedup_key == one(body("trigger")).dedup_key


def test_bytes_of_a_windows_server() -> None:
    """The body may be in the code page of the server."""
    [alert] = parse(VENDOR, sent("trigger.json").replace("is Down", "hängt").encode("cp1252"))
    assert alert.message == "core-sw-1 hängt"


# --- AppOptics --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clear", ["normal", "manual", "auto"])
@pytest.mark.parametrize("is_form", [True, False])
def test_cleared_incidents_close(clear: str, *, is_form: bool) -> None:
    """As a form, and as the bare object."""
    payload = body("appoptics_cleared")["payload"] | {"clear": clear}
    texts = [urlencode({"payload": json.dumps(payload)})] if is_form else [json.dumps(payload)]
    for text in texts:
        book = IncidentBook()
        book.apply(parse(VENDOR, sent("appoptics.form"), received_at=datetime(2026, 3, 4, 10, 1, tzinfo=UTC)))
        assert len(book.open) == 1
        book.apply(parse(VENDOR, text, received_at=datetime(2026, 3, 4, 10, 12, tzinfo=UTC)))
        assert not book.open


def test_an_end_at_the_time_of_its_start_closes() -> None:
    """It is not known which time the end has."""
    book = IncidentBook()
    payload = body("appoptics_cleared")["payload"] | {"trigger_time": 1772618400}
    for minute, text in ((1, sent("appoptics.form")), (30, json.dumps(payload))):
        book.apply(parse(VENDOR, text, received_at=datetime(2026, 3, 4, 10, minute, tzinfo=UTC)))
    assert not book.open


def test_two_sources_and_no_key_of_the_incident() -> None:
    """The alert is the key then; each source has a value."""
    payload = {
        "alert": {"id": 7719003, "name": "api.latency.high"},
        "incident_key": None,
        "trigger_time": 1772618400,
        "violations": {name: [{"metric": "p95", "value": value}] for name, value in (("web-1", 7.19), ("web-2", 4))},
    }
    alert = one(payload)
    assert (alert.identity, alert.resource) == ({"alert": "7719003"}, "")
    assert alert.values == {"web-1": 7.19, "web-2": 4}
    assert ProblemCode.KEY_FALLBACK in {problem.code for problem in alert.problems}


def test_recognition() -> None:
    """Bodies of the platform and of AppOptics are recognised, a bare event type is not."""
    for name in ("trigger.json", "opsgenie_close.form", "ilert_resolve.form", "datadog.json", "appoptics.form"):
        found = detect(sent(name))
        assert found is not None
        assert found.vendor == VENDOR
    assert detect('{"event_type": "TRIGGER", "AlertName": "x"}') is None
