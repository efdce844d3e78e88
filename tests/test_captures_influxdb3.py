"""What the real InfluxDB 3 plugins sent becomes what the captures' README says really happened."""

import json

import pytest

import captures
from alertmap import Alert, ProblemCode, Severity, Source, State, detect, parse

STREAMS = captures.streams("influxdb3")
ALL = {one.name: one for stream in STREAMS.values() for one in stream}
LEVELS = {
    "INFO": Severity.INFO,
    "WARN": Severity.MEDIUM,
    "ERROR": Severity.HIGH,
    "CRITICAL": Severity.CRITICAL,
}


def _alert(name: str, source: Source | None = None) -> Alert:
    batch = parse("influxdb3", ALL[name].request, source=source)
    assert len(batch) == 1
    return batch.alerts[0]


def _told(name: str) -> str:
    body = json.loads(ALL[name].request.body)
    (told,) = [body[key] for key in ("message", "text", "content", "notification_text") if key in body]
    return told if isinstance(told, str) else json.dumps(told)


@pytest.mark.parametrize("name", ALL)
def test_every_request_is_one_alert(name: str) -> None:
    """Nothing that the Notifier sent is lost; only the text that says `resolved` resolves."""
    alert = _alert(name)
    assert (alert.state is State.RESOLVED) == ('"resolved"' in _told(name))


@pytest.mark.parametrize("name", ALL)
def test_severity_is_that_of_the_text(name: str) -> None:
    """A level in the text decides; a text without one goes by the kind of check."""
    told, alert = _told(name), _alert(name)
    level = next((word for word in LEVELS if f"[{word}]" in told or f'"{word}"' in told or f"level={word}" in told), "")
    if alert.state is State.RESOLVED:
        assert alert.severity is None  # its level is that of the inverse condition
    elif level:
        assert alert.severity is LEVELS[level]
    elif '"critical"' in told:
        assert alert.severity is Severity.CRITICAL
    else:
        assert alert.severity is (Severity.HIGH if told.startswith("Deadman") else Severity.MEDIUM)


@pytest.mark.parametrize("name", ALL)
def test_no_level_value_or_time_in_the_key(name: str) -> None:
    """What moves between two alerts of one series stands in no key."""
    key = _alert(name).dedup_key
    for moving in (*LEVELS, "2026-", "93.5", "99.0", "96.25", "0:00:01", "state=", "firing"):
        assert moving not in key


@pytest.mark.parametrize(
    "names",
    [
        ("threshold_onwrite_default_02", "threshold_onwrite_default_03"),  # WARN and ERROR of one breach
        ("threshold_onwrite_default_01", "threshold_onwrite_trigger3"),
        ("deadman_default", "deadman_trigger2_repeats_01", "deadman_trigger2_repeats_02"),
        ("deadman_three_senders_01", "deadman_three_senders_02", "deadman_three_senders_03"),
        ("deadman_three_senders_01", "engine_request_from_threshold_deadman"),
        ("mad_count_default", "mad_time_default"),
        ("state_change_count_default_02", "state_change_time_default", "state_change_back_to_ok"),
        ("forecast_error_default_01", "forecast_error_default_02"),
        ("threshold_onwrite_json_template", "threshold_onwrite_json_template_resolved"),
        ("threshold_onwrite_json_template", "threshold_onwrite_logfmt_template"),
    ],
)
def test_one_thing_has_one_key(names: tuple[str, ...]) -> None:
    """Repeats, other levels, other senders and the recovery of one series share its key."""
    assert len({_alert(name).dedup_key for name in names}) == 1


def test_different_things_have_different_keys() -> None:
    """Series, fields, aggregations and kinds of check are told apart."""
    names = [
        "threshold_onwrite_default_01",  # host db1
        "threshold_onwrite_default_02",  # host db2
        "threshold_onwrite_default_04",
        "threshold_onwrite_default_05",
        "threshold_scheduled_default_01",
        "threshold_scheduled_default_02",
        "threshold_scheduled_default_03",
        "threshold_scheduled_default_04",
        "threshold_scheduled_default_05",
        "state_change_count_default_01",
        "state_change_count_default_02",
        "state_change_scheduled_default_01",
        "mad_count_default",
        "adtk_default",
        "forecast_error_default_01",
        "prophet_validation_failed_default",
        "deadman_default",
    ]
    assert len({_alert(name).dedup_key for name in names}) == len(names)


def test_a_good_value_resolves_where_the_source_says_which() -> None:
    """With `ok_values` the change back to ok closes the change to fault; without, it fires."""
    source = Source("plant", options={"ok_values": ["ok"]})
    fault, ok = (_alert(name, source) for name in ("state_change_count_default_02", "state_change_back_to_ok"))
    assert (fault.state, ok.state) == (State.FIRING, State.RESOLVED)
    assert fault.dedup_key == ok.dedup_key
    assert _alert("state_change_back_to_ok").state is State.FIRING


def test_default_texts_never_promise_a_recovery() -> None:
    """No official plugin announces a recovery, so policy must close what they open."""
    assert not any(_alert(name).resolvable for name in ALL if "default" in name)


def test_times_are_those_of_the_window() -> None:
    """Only the ends of deadman and prophet windows are times; no other text has one."""
    for name in ALL:
        moment, told = _alert(name).occurred_at, _told(name)
        if told.startswith(("Deadman", "Validation failed")):
            assert moment is not None
            assert moment.strftime("to %Y-%m-%d %H:%M:%S") in told
        else:
            assert moment is None


def test_credentials_of_the_engine_request_stay_out() -> None:
    """Other people's URLs and tokens in senders_config reach neither the alert nor its raw part."""
    alert = _alert("engine_request_from_threshold_deadman")
    assert "src-7f3a" in str(ALL["engine_request_from_threshold_deadman"].request.body)
    for text in (repr(alert), str(alert.raw), str(alert.labels), alert.message):
        assert "src-7f3a" not in text
        assert "webhook" not in text


def test_weak_keys_are_told() -> None:
    """A text that names no key never goes unnoticed, nor do variables that were not filled in."""
    codes = {name: {problem.code for problem in _alert(name).problems} for name in ALL}
    weak = {name for name, found in codes.items() if ProblemCode.KEY_FALLBACK in found}
    assert weak == {name for name in ALL if name.startswith("notifier_")} - {"notifier_json_text"} | {
        "threshold_onwrite_unrendered_vars"
    }
    assert ProblemCode.UNRENDERED in codes["threshold_onwrite_unrendered_vars"]


def test_detection() -> None:
    """The official texts and the engine's own request are recognised; texts of the user's own are nobody's."""
    for name, one in ALL.items():
        found = detect(one.request)
        told = _told(name)
        own = name.startswith("notifier_") or "template" in name or "unrendered" in name
        assert (found.vendor if found else None) == (None if own else "influxdb3"), (name, told)
