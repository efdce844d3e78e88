"""Home Assistant beyond the goldens: what on and off mean, keys, messages, detection."""

import json
from typing import Any

import pytest

from alertmap import Severity, Source, State, detect, parse, parse_document
from alertmap.errors import ConfigurationError, ShapeError
from alertmap.incidents.book import IncidentBook
from alertmap.model import Alert, ProblemCode, Reason, Request, Times

VENDOR = "home_assistant"
AT = "2026-03-04 08:25:00.530436+00:00"


def one(document: dict[str, Any], **problem_when: str) -> Alert:
    options = {"problem_when": {name.replace("__", "."): word for name, word in problem_when.items()}}
    (alert,) = parse_document(VENDOR, document, source=Source("house", options=options))
    return alert


def change(entity_id: str, state: Any, **more: Any) -> dict[str, Any]:
    return {"entity_id": entity_id, "state": state, "last_changed": AT, **more}


def codes(alert: Alert) -> set[ProblemCode]:
    return {problem.code for problem in alert.problems}


@pytest.mark.parametrize("device_class", ["", "moisture", "connectivity"])
@pytest.mark.parametrize(
    ("word", "state"), [("on", State.FIRING), ("off", State.ACKNOWLEDGED), ("idle", State.RESOLVED)]
)
def test_off_of_an_alert_is_no_recovery(word: str, state: State, device_class: str) -> None:
    """An alert that is off was acknowledged and lasts; only idle is its end."""
    alert = one(change("alert.freezer", word, device_class=device_class), alert__freezer="on")
    assert (alert.state, codes(alert)) == (state, set())


@pytest.mark.parametrize(
    ("device_class", "firing", "over"),
    [
        ("moisture", "on", "off"),
        ("smoke", "on", "off"),
        ("problem", "on", "off"),
        ("door", "on", "off"),
        ("battery", "On", "Off"),
        ("connectivity", "off", "on"),
    ],
)
def test_the_device_class_tells_on_from_off(device_class: str, firing: str, over: str) -> None:
    """One of the two words is the problem, the other one its end."""
    for word, state in ((firing, State.FIRING), (over, State.RESOLVED)):
        alert = one(change("binary_sensor.x", word, device_class=device_class))
        assert (alert.state, codes(alert)) == (state, set())


@pytest.mark.parametrize("word", ["on", "off"])
@pytest.mark.parametrize("device_class", ["", "light", "power", "unheard of", None, ["moisture"]])
def test_on_and_off_without_a_meaning_fire(device_class: Any, word: str) -> None:
    """Without a class of which one state is a problem neither word ends anything; the problem names the option."""
    alert = one(change("switch.pump", word, device_class=device_class))
    assert alert.state is State.FIRING
    (guess,) = (problem for problem in alert.problems if problem.code is ProblemCode.STATE_GUESSED)
    assert "problem_when" in guess.message


def test_the_option_comes_before_the_class() -> None:
    """Whoever names an entity in the option knows better, and other entities keep their meaning."""
    document = change("binary_sensor.x", "off", device_class="moisture")
    assert one(document).state is State.RESOLVED
    assert one(document, binary_sensor__x="off").state is State.FIRING
    assert one(document, binary_sensor__y="off").state is State.RESOLVED
    with pytest.raises(ConfigurationError):
        one(document, binary_sensor__x="open")


@pytest.mark.parametrize("word", ["unavailable", "unknown", "Unavailable"])
def test_lack_of_data_fires(word: str) -> None:
    """An entity without a state is no entity that is fine, of whatever class."""
    alert = one(change("binary_sensor.x", word, device_class="moisture"))
    assert (alert.state, alert.no_data, codes(alert)) == (State.FIRING, True, set())


@pytest.mark.parametrize(
    "word", ["False", False, "None", None, "", "off", "not_home", "disarmed", 0, "clear", "normal"]
)
def test_only_known_words_resolve(word: Any) -> None:
    """A word that merely sounds like an end fires, with a problem."""
    alert = one(change("sensor.x", word))
    assert alert.state is State.FIRING
    assert {ProblemCode.STATE_UNKNOWN, ProblemCode.STATE_GUESSED} & codes(alert)


def test_two_problems_of_one_entity() -> None:
    """A key beside the entity is a part of the identity: the end of one problem does not end the other."""
    entity = "sensor.freezer"
    keys = {one(change(entity, "problem", key=key)).dedup_key for key in ("warm", "battery", "")}
    assert len(keys) == 3
    assert one(change(entity, "ok", tag="warm")).dedup_key == one(change(entity, "problem", key="warm")).dedup_key


def test_a_recovery_has_another_message() -> None:
    """Where only a title names the problem, the message is no part of the key."""
    fired = one({"title": "Freezer", "message": "Freezer at -4", "state": "problem"})
    over = one({"title": "Freezer", "message": "Freezer is fine", "state": "ok"})
    assert (over.dedup_key, over.state) == (fired.dedup_key, State.RESOLVED)
    assert ProblemCode.KEY_FALLBACK in codes(fired)


def test_a_measured_value_makes_no_new_alert() -> None:
    """A message that comes again with another value is the same alert; another message is not."""
    first = one({"message": "Freezer at -4.5 °C", "title": "Home Assistant"})
    assert first.title == "Freezer at -4.5 °C"
    assert one({"message": "Freezer at 12 °C"}).dedup_key == first.dedup_key
    assert one({"message": "Fridge at 12 °C"}).dedup_key != first.dedup_key


def test_a_message_alone_is_never_resolved() -> None:
    """A done message is a message like any other: it opens what nothing ends, and ends nothing."""
    book = IncidentBook()
    for text in ("Leak is on", "Leak is on", "Leak gone, all is ok"):
        alert = one({"message": text, "title": "Leak"})
        assert not alert.resolvable
        book.apply([alert])
    assert len(book.open) == 2


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({}, Severity.MEDIUM),
        ({"severity": "critical"}, Severity.CRITICAL),
        ({"priority": "P2"}, Severity.HIGH),
        ({"severity": "None"}, Severity.MEDIUM),  # a template of what is not there
        ({"severity": "whatever"}, Severity.MEDIUM),
    ],
)
def test_severities(more: dict[str, str], severity: Severity) -> None:
    """Without a severity, and with Python's None, an alert is medium; `none` as a level would be info."""
    assert one(change("sensor.x", "problem", **more)).severity is severity


@pytest.mark.parametrize("at", [AT, "2026-03-04T09:25:00.530436+01:00", 1772612700.530436, "1772612700.530436"])
def test_times(at: Any) -> None:
    """A time of a state object, as text and as a timestamp, is the time since which the state holds."""
    alert = one({"entity_id": "sensor.x", "state": "problem", "last_changed": at})
    assert (str(alert.occurred_at), alert.times) == ("2026-03-04 08:25:00.530436+00:00", Times.SINCE)


def test_what_has_no_time() -> None:
    """Without a time the order of arrival counts, and that is no problem; a broken time is one."""
    alert = one({"entity_id": "sensor.x", "state": "problem"})
    assert (alert.times, codes(alert)) == (Times.NONE, set())
    assert ProblemCode.BAD_TIME in codes(one({"entity_id": "sensor.x", "state": "problem", "last_changed": "soon"}))


def test_a_template_that_was_not_filled_in() -> None:
    """A template under `data` instead of `data_template` arrives as it is: it fires, with a problem."""
    alert = one({"message": "{{ states('sensor.x') }}", "entity_id": "sensor.x", "state": "{{ states('sensor.x') }}"})
    assert (alert.state, ProblemCode.UNRENDERED in codes(alert)) == (State.FIRING, True)


def test_other_keys_are_labels() -> None:
    """Keys that a template adds are kept, nested maps and lists too."""
    alert = one({"message": "m", "room": "cellar", "nested": {"l": ["2", 2]}, "flag": "True"})
    assert alert.labels == {"room": "cellar", "nested.l": "2, 2", "flag": "True"}


def test_parameters_of_other_names_are_refused() -> None:
    """A GET whose parameters are not known is an error that the log has, not a silent probe."""
    with pytest.raises(ShapeError):
        parse(VENDOR, Request(method="GET", path="/ha?e=alert.leak&s=on"))
    with pytest.raises(ShapeError):
        parse(VENDOR, json.dumps({"text": "m", "channel": "ops"}))
    assert parse(VENDOR, Request(method="GET", path="/ha?token=x")).reason is Reason.PROBE


AGENT = "HomeAssistant/2025.4.4 httpx/0.28.1 Python/3.13"


@pytest.mark.parametrize(
    ("document", "agent", "found"),
    [
        ({"message": "m"}, AGENT, VENDOR),
        ({"message": "m"}, "", None),
        ({"entity_id": "alert.leak", "state": "on"}, "", VENDOR),
        ({"entity_id": "alert.leak", "state": "on"}, AGENT, VENDOR),
        ({"entity_id": "no entity", "state": "on"}, "", None),
        ({"entity_id": "alert.leak", "message_type": "CRITICAL"}, "", "splunk"),
        ({"text": "m"}, AGENT, None),
    ],
)
def test_detection(document: dict[str, Any], agent: str, found: str | None) -> None:
    """The sender names itself; without that an entity and its state are needed."""
    detection = detect(Request(json.dumps(document), headers={"User-Agent": agent}))
    assert (detection.vendor if detection else None) == found
