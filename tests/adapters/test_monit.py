"""Monit beyond the goldens: words, keys of several tests in one service, reports, and a fault of another receiver."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from alertmap import Request, Severity, Source, State, detect, parse
from alertmap.errors import ShapeError
from alertmap.model import Alert, Batch, ProblemCode, Reason, Times

FIXTURES = Path(__file__).parents[2] / "fixtures" / "monit"
REPORT = (FIXTURES / "report_gone.xml").read_text(encoding="utf-8")
EVENT = {"source": "monit", "event": "Does not exist", "service": "nginx", "host": "web-1", "description": "gone"}


def read(form: dict[str, str]) -> Batch:
    return parse("monit", urlencode(form))


def one(event: str, description: str = "") -> Alert:
    (alert,) = read(EVENT | {"event": event, "description": description})
    return alert


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("Does not exist", "Exists"),
        ("Does exist", "Exists not"),
        ("Resource limit matched", "Resource limit succeeded"),
        ("Timeout", "Timeout recovery"),
        ("Data access error", "Data access succeeded"),
        ("Invalid type", "Type succeeded"),
        ("Link down", "Link up"),
        ("Filesystem flags failed", "Filesystem flags succeeded"),
        ("ICMP failed", "ICMP succeeded"),
        ("Speed failed", "Speed ok"),
        ("Saturation exceeded", "Saturation ok"),
        ("Download bytes exceeded", "Download bytes ok"),
        ("Load average (15min) matched limit", "Load average (15min) ok"),
        ("Total filedescriptors usage matched limit", "Total filedescriptors usage ok"),
        ("Upload errors detected", "Upload errors ok"),
        ("Process is a zombie", "Zombie check succeeded"),
        ("Program start failed", "Program started"),
        ("Checksum changed", "Checksum not changed"),
    ],
)
def test_both_words_of_a_pair_are_one_alert(bad: str, good: str) -> None:
    """The recovery has another word, and the same key."""
    assert (one(bad).state, one(good).state) == (State.FIRING, State.RESOLVED)
    assert one(bad).dedup_key == one(good).dedup_key
    assert not (*one(bad).problems, *one(good).problems)


def test_existence_and_presence_are_two_alerts() -> None:
    """A process that must not run is another test than one that must."""
    assert one("Does exist").dedup_key != one("Does not exist").dedup_key


@pytest.mark.fault_elsewhere("BOSH agent", "a content match, which fires, is ignored, and its opposite is an error")
def test_a_content_match_fires() -> None:
    """Monit posts a match of a content test as the change, and its absence as none."""
    alert = one("Content match", "content match:\noom-killer")
    assert (alert.state, alert.resolvable) == (State.FIRING, False)
    assert one("Content doesn't match").state is State.RESOLVED


@pytest.mark.parametrize(
    ("event", "first", "second", "recovery"),
    [
        (
            "Connection",
            "failed protocol test [HTTP] at [10.0.0.1]:80 [TCP/IP] -- Connection refused",
            "failed protocol test [HTTP] at [10.0.0.1]:443 [TCP/IP TLS] -- timed out\nsecond line",
            "connection succeeded to [10.0.0.1]:80 [TCP/IP]",
        ),
        (
            "Resource limit",
            "cpu usage of 93.0% matches resource limit [cpu usage > 80.0%]",
            "mem usage of 91.0% matches resource limit [mem usage > 90.0%]",
            "cpu usage check succeeded [current cpu usage = 3.0%]",
        ),
        (
            "Resource limit",
            "total  filedescriptors usage of 900 matches limit [filedescriptors > 800]",
            "threads count 400 matches resource limit [threads > 300]",
            "total filedescriptors usage test succeeded [current filedescriptors usage = 3]",
        ),
        (
            "Resource limit",
            "space usage 91.0% matches resource limit [space usage > 90.0%]",
            "inode usage 91.0% matches resource limit [inode usage > 90.0%]",
            "space usage test succeeded [current space usage = 50.0%]",
        ),
        (
            "Resource limit",
            "loadavg (1min) of 9.0 matches resource limit [loadavg (1min) > 8.0]",
            "loadavg (5min) of 9.0 matches resource limit [loadavg (5min) > 8.0]",
            "loadavg (1min) check succeeded [current loadavg (1min) = 0.1]",
        ),
    ],
)
def test_a_recovery_ends_only_its_own_test(event: str, first: str, second: str, recovery: str) -> None:
    """Two tests of one kind in one service are two alerts: the recovery of one must not close the other."""
    bad, good = {"Connection": ("failed", "succeeded")}.get(event, ("matched", "succeeded"))
    one_key, other_key = (one(f"{event} {bad}", text).dedup_key for text in (first, second))
    assert one_key != other_key
    assert one(f"{event} {good}", recovery).dedup_key == one_key


def test_what_moves_stands_in_no_key() -> None:
    """Reason and value of a failure change from one repeat to the next."""
    texts = [f"failed protocol test [HTTP] at [10.0.0.1]:80 [TCP/IP] -- {why}" for why in ("refused", "timed out")]
    assert len({one("Connection failed", text).dedup_key for text in texts}) == 1
    texts = [f"size test failed for /srv/{size} -- current size is {size} B" for size in (292, 2)]
    assert len({one("Size failed", text).dedup_key for text in texts}) == 1


@pytest.mark.parametrize("event", ["Action done", "Monit instance changed", "Started", "Stopped", "Restarted"])
def test_actions_page_nobody(event: str) -> None:
    """An action of Monit or of a person is no alert."""
    assert read(EVENT | {"event": event}).reason is Reason.NO_ALERT


@pytest.mark.parametrize("event", ["Checksum changed", "PID changed", "Timestamp changed", "Program output match"])
def test_a_change_has_no_recovery(event: str) -> None:
    """Monit's grammar has no recovery of a change."""
    assert not one(event).resolvable


def test_only_a_time_with_a_zone_is_read() -> None:
    """MONIT_DATE names no zone; the script's own time is a count of seconds, and orders what curl tries again."""
    (without,) = read(EVENT | {"date": "Sat, 21 Nov 2026 09:48:48"})
    assert (without.occurred_at, without.times) == (None, Times.NONE)
    (with_time,) = read(EVENT | {"time": "1801303200"})
    assert with_time.times is Times.STATED
    assert with_time.occurred_at is not None


def test_a_source_may_map_the_severity_of_all_others() -> None:
    """Where no severity is passed, the level is `failed`."""
    source = Source("x", priorities={"failed": "high"})
    (alert,) = parse("monit", urlencode(EVENT), source=source)
    assert alert.severity is Severity.HIGH


def test_unset_variables_are_a_problem() -> None:
    """A variable in single quotes is not filled in by the shell."""
    (alert,) = read(EVENT | {"host": "$MONIT_HOST", "description": "${MONIT_DESCRIPTION}"})
    assert {ProblemCode.UNRENDERED, ProblemCode.KEY_FALLBACK} == {problem.code for problem in alert.problems}


def test_names_of_variables_and_of_the_script_are_the_same() -> None:
    """The environment as JSON, in any spelling, has the key of the form."""
    names = {"MONIT_EVENT": "Does not exist", "monit_service": "nginx", "Monit-Host": "web-1"}
    (alert,) = parse("monit", json.dumps(names))
    assert alert.dedup_key == one("Does not exist").dedup_key


# --- Reports ----------------------------------------------------------------------------------------------------------


def report(**fields: str) -> Batch:
    text = REPORT
    for name, value in fields.items():
        before, _, rest = text.rpartition(f"<{name}>")
        text = f"{before}<{name}>{value}</{name}>{rest.partition(f'</{name}>')[2]}"
    return parse("monit", text)


@pytest.mark.parametrize(
    ("state", "expected", "resolvable"),
    [
        ("0", State.RESOLVED, True),
        ("1", State.FIRING, True),
        ("2", State.FIRING, False),
        ("3", State.RESOLVED, True),
        ("4", State.RESOLVED, True),
        ("16", State.FIRING, True),
    ],
)
def test_states_of_a_report(state: str, expected: State, resolvable: bool) -> None:  # noqa: FBT001 - a table's column
    """The state is a number; one that is not known fires."""
    (alert,) = report(state=state)
    assert (alert.state, alert.resolvable) == (expected, resolvable)


@pytest.mark.parametrize("number", ["65536", "131072"])
def test_reports_of_actions_page_nobody(number: str) -> None:
    """Monit's own start, and what people do, are no alerts."""
    assert report(id=number, state="2").reason is Reason.NO_ALERT


def test_a_report_whose_event_cannot_be_read_is_refused() -> None:
    """A damaged event must not pass for a report without one."""
    before, _, rest = REPORT.partition("<event>")
    with pytest.raises(ShapeError):
        parse("monit", f"{before}<event>{rest.partition('</event>')[2]}".replace("<event>", "<event></event>"))


def test_monits_own_password_stays_in_the_report() -> None:
    """A Monit that registers with credentials sends the password of its own pages."""
    secret = "<credentials><username>admin</username><password>hunter-22</password></credentials></server>"  # noqa: S105
    (alert,) = parse("monit", REPORT.replace("</server>", secret))
    assert "hunter-22" not in repr(alert)
    assert "hunter-22" not in str(alert.raw)


@pytest.mark.parametrize("name", ["report_gone", "report_status"])
def test_reports_are_recognised_by_their_sender(name: str) -> None:
    """The header suffices where the body has lost its marks."""
    text = (FIXTURES / f"{name}.xml").read_text(encoding="utf-8").replace("localhostname>", "hostname>")
    found = detect(Request(text, headers={"User-Agent": "Monit/5.33.0"}))
    assert found is not None
    assert found.vendor == "monit"
