"""Single captured requests of InfluxDB 3; rules and streams are tested for all vendors at once."""

import pytest

import captures
from alertmap import Alert, ProblemCode, Source, State, parse
from corpus.rules_influxdb3 import RULES

STREAMS = captures.streams("influxdb3")
ALL = {one.name: one for stream in STREAMS.values() for one in stream if not RULES.waits(one)}


def _alert(name: str, source: Source | None = None) -> Alert:
    batch = parse("influxdb3", ALL[name].request, source=source)
    assert len(batch) == 1
    return batch.alerts[0]


@pytest.mark.parametrize(
    "names",
    [
        ("threshold_onwrite_default_01", "threshold_onwrite_trigger3"),
        ("deadman_default", "deadman_trigger2_repeats_01", "deadman_trigger2_repeats_02"),
        ("deadman_three_senders_01", "deadman_three_senders_02", "deadman_three_senders_03"),
        ("deadman_three_senders_01", "engine_request_from_threshold_deadman"),
        ("mad_count_default", "mad_time_default"),
        ("state_change_count_default_02", "state_change_time_default", "state_change_back_to_ok"),
        ("threshold_onwrite_json_template", "threshold_onwrite_json_template_resolved"),
        ("threshold_onwrite_json_template", "threshold_onwrite_logfmt_template"),
    ],
)
def test_one_thing_has_one_key(names: tuple[str, ...]) -> None:
    """Repeats, other senders and the recovery of one series share its key."""
    assert len({_alert(name).dedup_key for name in names}) == 1


def test_different_things_have_different_keys() -> None:
    """Series, fields, aggregations and kinds of check have different keys."""
    names = [
        "threshold_onwrite_default_01",  # host db1
        "threshold_onwrite_default_02",  # host db2
        "threshold_onwrite_default_03",  # a second limit of the same field
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
        "forecast_error_default_02",  # a second limit of the same error
        "prophet_validation_failed_default",
        "deadman_default",
    ]
    assert len({_alert(name).dedup_key for name in names}) == len(names)


def test_a_good_value_resolves_where_the_source_says_which() -> None:
    """With `ok_values` the change back to ok resolves the fault; without, it is FIRING."""
    source = Source("plant", options={"ok_values": ["ok"]})
    fault, ok = (_alert(name, source) for name in ("state_change_count_default_02", "state_change_back_to_ok"))
    assert (fault.state, ok.state) == (State.FIRING, State.RESOLVED)
    assert fault.dedup_key == ok.dedup_key
    assert _alert("state_change_back_to_ok").state is State.FIRING


def test_default_texts_never_promise_a_recovery() -> None:
    """Alerts of the official plugins are not resolvable: policy must close them."""
    assert not any(_alert(name).resolvable for name in ALL if "default" in name)


def test_credentials_of_the_engine_request_stay_out() -> None:
    """URLs and tokens in senders_config appear neither in the alert nor in its raw element."""
    alert = _alert("engine_request_from_threshold_deadman")
    assert "src-7f3a" in str(ALL["engine_request_from_threshold_deadman"].request.body)
    for text in (repr(alert), str(alert.raw), str(alert.labels), alert.message):
        assert "src-7f3a" not in text
        assert "webhook" not in text


def test_weak_keys_have_a_problem() -> None:
    """A text without a key, and unfilled variables, are problems."""
    for name in ALL:
        codes = {problem.code for problem in _alert(name).problems}
        is_text = "text" in _alert(name).identity
        assert (ProblemCode.KEY_FALLBACK in codes) == is_text, name
        assert (ProblemCode.UNRENDERED in codes) == ("unrendered" in name or "unknown-variables" in name), name
