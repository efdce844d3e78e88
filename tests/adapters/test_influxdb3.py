"""InfluxDB 3 beyond the goldens."""

import json
import time
from itertools import combinations, permutations
from typing import Any

import pytest

from alertmap import Alert, ProblemCode, Severity, Source, State, Times, detect, parse_document
from alertmap.adapters import influxdb3
from alertmap.adapters.influxdb3 import own, texts
from alertmap.intake.detect import match_of
from alertmap.model import Reply, Request

DASHES = ("\u2014", "\u2013", "-")
WRITTEN = (
    "[WARN] InfluxDB 3 alert triggered. Condition {} matched 1 times(95) \u2014 matched in row room:t:WARN:host=h."
)
MAD = "MAD count alert: Field load in {} outlier for 2 consecutive points. Tags: host=db1"


def _alert(body: Any, **options: Any) -> Alert:
    (alert,) = parse_document("influxdb3", {"message": body}, source=Source("plant", options=options))
    return alert


def _codes(alert: Alert) -> set[ProblemCode]:
    return {problem.code for problem in alert.problems}


# --- The official texts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("table", "known"), [("cpu", True), ("x" * 9_000, False)])
def test_long_texts_are_custom(table: str, known: bool) -> None:  # noqa: FBT001 - a case
    """A text longer than any official one is the user's own."""
    assert ("check" in _alert(MAD.format(table)).identity) is known


@pytest.mark.parametrize("dash", DASHES)
def test_dashes(dash: str) -> None:
    """A dash that a relay changed is still read."""
    alert = _alert(WRITTEN.format("t > 90").replace("\u2014", dash))
    assert alert.dedup_key == "influxdb3:check=threshold,field=t,limit=90,op=>,table=room,tags=host=h"


def test_both_ends_of_a_range() -> None:
    """Each limit of a field is its own alert: operator and limit are part of the key."""
    keys = [_alert(WRITTEN.format(condition)).dedup_key for condition in ("t > 90", "t < 5", "t > 70", "t >= 90")]
    assert len(set(keys)) == 4


def test_the_limits_of_a_forecast_error() -> None:
    """Each limit of a forecast's error is its own alert, which its level names; a threshold names its limit itself."""
    forecast = "[{}] Forecast error alert in temp.v: rmse=7.0. Tags: room=a1"
    assert len({_alert(forecast.format(level)).dedup_key for level in own.OWN_LEVELS}) == len(own.OWN_LEVELS)
    threshold = WRITTEN.format("t > 90")
    assert _alert(threshold).dedup_key == _alert(threshold.replace("WARN", "CRITICAL")).dedup_key


def test_the_value_is_not_in_the_key() -> None:
    """Value and count are not part of the key."""
    text = WRITTEN.format("t > 90")
    other = text.replace("matched 1 times(95)", "matched 3 times(97.25)")
    assert _alert(text).dedup_key == _alert(other).dedup_key


def test_a_field_that_is_called_like_a_level() -> None:
    """Only a level at the front of a text is cut from its title."""
    text = "State change detected: Field state in table svc changed to down during 0:00:01. Row: svc:state:down:time"
    assert _alert(text).title == text


@pytest.mark.parametrize(
    ("text", "times"),
    [
        (WRITTEN.format("t > 90"), Times.NONE),
        (
            "Deadman Alert: No data received from a from 2026-08-20 09:55:00+00:00 to 2026-08-20 10:00:00+00:00.",
            Times.STATED,
        ),
        ({"state": "firing", "key": "k", "occurred_at": "2026-08-20T10:00:00Z"}, Times.STATED),
        ({"state": "firing", "key": "k"}, Times.NONE),
    ],
)
def test_times(text: Any, times: Times) -> None:
    """A time in the text is used; a text without one has no problem."""
    alert = _alert(text)
    assert alert.times is times
    assert (alert.occurred_at is not None) is (times is Times.STATED)
    assert ProblemCode.TIME_MISSING not in _codes(alert)


PIECES = (
    "[WARN] InfluxDB 3 alert triggered. Condition ",
    "[WARN] Threshold Alert on table T",
    "[WARN] Forecast error alert in ",
    "Deadman Alert: No data received from ",
    "State change detected: Field ",
    "Field ",
    "MAD count alert: Field ",
    "Anomaly detected in ",
    "Validation failed for prophet model:",
)
REPEATED = (
    " ",
    "a",
    "1",
    "-",
    ": a of ",
    "a > a ",
    "> ",
    "a > a matched 1 times(",
    " matched (",
    " (actual: ",
    ") - matched in row ",
    " from 2026-08-20 09:55:00+00:00 to 2026-08-20 09:55:00+00:00",
    "a in table b changed to ",
    " during last 1 times. Row:",
    " changed 1 times in window 0:00:00 for tags",
    " in b outlier for 1 consecutive points. Tags",
    " with value b by c. Tags",
    ": m=1. Tags",
    " on table:y, field:z for period",
    ", a",
    ":a=b",
)


def _nanoseconds(text: str) -> int:
    """Return the CPU time of a match, in nanoseconds."""
    start = time.process_time_ns()
    texts.official(text)
    return time.process_time_ns() - start


@pytest.mark.parametrize("head", PIECES)
def test_matching_is_linear(head: str) -> None:
    """A text of 8,000 characters that almost matches is rejected in under 20 ms."""
    for piece, other in permutations(REPEATED, 2):
        text = (head + piece * (4_000 // len(piece)) + other * 4_000)[: texts.LONGEST - 1] + "x"
        assert any(_nanoseconds(text) < 20_000_000 for _ in range(3)), (head, piece, other)


# --- Texts of the user's own ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "things",
    [
        ("Tank level high: pump A", "Tank level low: pump A", "Tank level high: pump B"),
        ("Host 10.0.0.1 is down", "Host 10.0.0.2 is down", "Host 10.9.0.1 is down", "Host 10.0.0.1/24 is down"),
        ("Host 2001:db8::1 is down", "Host 2001:db8::2 is down", "Host fe80::1:1 is down", "Host fe80::1:2 is down"),
        ("Port 00:11:22:33:44:55 flaps", "Port 00:11:22:33:44:56 flaps"),
        ("Release 1.2.3 failed", "Release 1.2.4 failed"),
        ("Disk sda1 is full", "Disk sda2 is full"),
    ],
)
def test_texts_that_differ_in_words(things: tuple[str, ...]) -> None:
    """Words and addresses of a text are part of its key."""
    assert all(_alert(one).dedup_key != _alert(other).dedup_key for one, other in combinations(things, 2))


@pytest.mark.parametrize(
    "texts",
    [
        ("Disk on db-1: 91% at 2026-11-29T09:00:00Z", "Disk on db-1: 93.5% at 2026-11-29T09:05:00Z"),
        ("[WARN] queue is long: 900", "[ERROR] queue is long: 1200", "CRITICAL: queue is long: 2000."),
        ("Backup at 02:00 took 7 s", "Backup at 03:00 took 9 s"),
    ],
)
def test_texts_that_are_the_same(texts: tuple[str, ...]) -> None:
    """Levels at the front, times and separate numbers are not part of the key."""
    (first, *others) = (_alert(text).dedup_key.rstrip(".") for text in texts)
    assert set(others) == {first}


@pytest.mark.parametrize(
    ("text", "severity", "title"),
    [
        ("Critical alert: System down", Severity.CRITICAL, "Critical alert: System down"),
        ("Performance warning: Memory usage above threshold", Severity.MEDIUM, None),
        ("Database alert: High CPU usage detected", Severity.MEDIUM, None),
        ("Disk error: sda1", Severity.HIGH, None),
        ("ERROR on h1: v is 95", Severity.HIGH, None),
        ("[error] backup failed", Severity.HIGH, "backup failed"),
        ("\N{FIRE} ERROR: queue orders-7 depth 1200", Severity.HIGH, "\N{FIRE} queue orders-7 depth 1200"),
        ("INFO: all is well", Severity.INFO, "all is well"),
        ("Tank level high: pump A", Severity.MEDIUM, None),
        ("Tank level low: pump A", Severity.MEDIUM, None),
        ("Info screen down: hall 3", Severity.MEDIUM, None),
        ("Errors everywhere", Severity.MEDIUM, None),
        ("text: what a field is called is no level", Severity.MEDIUM, None),
    ],
)
def test_level_of_a_text(text: str, severity: Severity, title: str | None) -> None:
    """A level at the front, or in the words before the colon, is read; other words are not levels."""
    alert = _alert(text)
    assert (alert.severity, alert.title) == (severity, title or text)


@pytest.mark.parametrize(("body", "text"), [(5, "5"), (3.5, "3.5"), (True, "true"), (False, "false")])
def test_scalars_are_texts(body: Any, text: str) -> None:
    """Numbers and booleans are read as text: the Notifier sends whatever its caller passes."""
    alert = _alert(body)
    assert (alert.state, alert.title, alert.resolvable) == (State.FIRING, text, False)
    assert _codes(alert) == {ProblemCode.KEY_FALLBACK}


@pytest.mark.parametrize("body", [["a", "b"], [], [{"state": "resolved", "key": "k"}]])
def test_a_list_is_its_json(body: Any) -> None:
    """A list is FIRING with its JSON as text, and a problem."""
    alert = _alert(body)
    assert alert.state is State.FIRING
    assert alert.title == json.dumps(body, separators=(",", ":"))
    assert _codes(alert) == {ProblemCode.KEY_FALLBACK, ProblemCode.BAD_FIELD}


@pytest.mark.parametrize("key", ["message", "text", "content", "notification_text"])
def test_all_senders(key: str) -> None:
    """The text of each sender is read alike, and the raw element is only the text."""
    (alert,) = parse_document("influxdb3", {key: {"state": "ok", "key": "pump:WARN:7"}})
    assert (alert.state, alert.dedup_key) == (State.RESOLVED, "influxdb3:key=pump:7")
    assert alert.raw == {"state": "ok", "key": "pump:WARN:7"}


@pytest.mark.parametrize(
    ("state", "expected", "code"),
    [
        ("RECOVERY", State.RESOLVED, None),
        ("Problem", State.FIRING, None),
        ("acknowledged", State.ACKNOWLEDGED, None),
        ("nobody's", State.FIRING, ProblemCode.STATE_UNKNOWN),
        (7, State.FIRING, ProblemCode.STATE_UNKNOWN),
        ("", State.FIRING, ProblemCode.STATE_GUESSED),
        (None, State.FIRING, ProblemCode.STATE_GUESSED),
        (True, State.FIRING, ProblemCode.STATE_GUESSED),
        ([], State.FIRING, ProblemCode.STATE_GUESSED),
    ],
)
def test_state_of_an_object(state: Any, expected: State, code: ProblemCode | None) -> None:
    """Common state words match in any case; an unknown or missing one is FIRING."""
    alert = _alert({"state": state, "severity": "high", "key": "k", "title": "t"})
    assert alert.state is expected
    assert _codes(alert) == ({code} if code else set())


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("state=ok key=a b c", {"state": "ok", "key": "a b c"}),
        (
            "status=firing level=WARN value= row=cpu:usage",
            {"status": "firing", "level": "WARN", "value": "", "row": "cpu:usage"},
        ),
        ("state=ok op=>= alias=x key=y", {"state": "ok", "op": ">=", "alias": "x key=y"}),
        ("state=ok  key=a", {}),
        ("key=a state=ok", {}),
        ("a word state=ok key=a", {}),
        ("level=WARN key=a", {}),
        ("state=ok", {}),
        ("", {}),
    ],
)
def test_pairs(text: str, pairs: dict[str, str]) -> None:
    """The pairs in a text are found; a key takes the rest of the line."""
    assert own.pairs_in(text) == pairs


def test_a_text_of_a_pattern_is_its_title() -> None:
    """If the option `pattern` has no title group, the text is the title."""
    assert _alert("Problem on press-2", pattern=r"(?P<state>\w+) on (?P<key>\S+)").title == "Problem on press-2"


# --- Recognition and answer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "known"),
    [
        ({"message": MAD.format("cpu")}, True),
        ({"text": MAD.format("cpu")}, True),
        ({"content": f" {MAD.format('cpu')} "}, True),
        ({"notification_text": "x", "senders_config": {}}, True),
        ({"notification_text": "x"}, False),
        ({"message": "x"}, False),
        ({"message": 7}, False),
        ({"message": MAD.format("cpu"), "level": "warn"}, False),
        ({}, False),
        ([], False),
        (None, False),
    ],
)
def test_recognised(document: Any, known: bool) -> None:  # noqa: FBT001 - a case
    """The official texts and the engine's request are recognised, other messages are not."""
    assert (match_of(influxdb3.adapter, document, Request()) is not None) is known
    found = detect(json.dumps(document))
    assert (found is not None and found.vendor == "influxdb3") is known


def test_answer() -> None:
    """A check plugin that posts here gets an answer without `results` and stops."""
    answer = influxdb3.adapter.answer
    assert isinstance(answer, Reply)
    assert (answer.status, json.loads(answer.body)) == (200, {"results": {}})
