"""Open-Falcon: what the fixtures cannot say, above all that its GET is an event."""

from itertools import permutations

import pytest

from alertmap import Alert, ConfigurationError, Request, Severity, Source, State, detect, parse
from alertmap.model import ProblemCode, Reason, Times

EVENT = {
    "endpoint": "web-1",
    "metric": "cpu.idle",
    "status": "PROBLEM",
    "step": "1",
    "priority": "0",
    "time": "2026-05-02 10:00:00",
    "tpl_id": "7",
    "exp_id": "0",
    "stra_id": "31",
    "left_value": "3.2",
    "tags": "mount:/data,fstype:ext4",
}


def one(changed: dict[str, str] | None = None, **options: str) -> Alert:
    """Return the alert of a callback with some parameters changed."""
    source = Source("falcon", vendor="open_falcon", options=options)
    [alert] = parse("open_falcon", Request(method="GET", query=EVENT | (changed or {})), source=source)
    return alert


def codes(alert: Alert) -> list[ProblemCode]:
    """Return the codes of an alert's problems."""
    return [problem.code for problem in alert.problems]


def test_a_get_is_an_event() -> None:
    """Only a GET without an event is a probe, also one with the receiver's token."""
    found = detect(Request(method="GET", query=EVENT | {"token": "t"}))
    assert found is not None
    assert found.vendor == "open_falcon"
    assert one({"token": "t"}).dedup_key == one().dedup_key
    assert "t" not in one({"token": "t"}).labels.values()
    assert parse("open_falcon", Request(method="GET", query={"token": "t"})).reason is Reason.PROBE


@pytest.mark.parametrize("parts", [*permutations(("mount:/data", "fstype:ext4", "alias:a,b:c"))])
def test_tags_in_any_order_have_one_key(parts: tuple[str, ...]) -> None:
    """They come from a map of Go, whose order is random, and commas in them are not escaped."""
    alert = one({"tags": ",".join(parts), "status": "OK"})
    assert alert.dedup_key == one({"tags": "alias:a,b:c,fstype:ext4,mount:/data"}).dedup_key


def test_a_comma_in_a_value_stays_in_it() -> None:
    """A part without a colon belongs to the tag before it."""
    assert one({"tags": "alias:a,b,iface:eth0"}).labels == {"alias": "a,b", "iface": "eth0"}


@pytest.mark.parametrize("name", ["endpoint", "metric", "tags", "stra_id", "exp_id"])
def test_what_tells_alerts_apart(name: str) -> None:
    """Another value is another alert."""
    assert one({name: "9:9"}).dedup_key != one().dedup_key


@pytest.mark.parametrize("name", ["status", "step", "priority", "time", "tpl_id", "left_value"])
def test_what_does_not(name: str) -> None:
    """Another value is the same alert."""
    assert one({name: "9"}).dedup_key == one().dedup_key


def test_a_time_without_a_zone_is_not_guessed() -> None:
    """The option names the zone of the server; without it the order of arrival counts."""
    known, unknown = one(utc_offset="+08:00"), one()
    assert known.occurred_at is not None
    assert known.occurred_at.isoformat() == "2026-05-02T02:00:00+00:00"
    assert (known.times, codes(known)) == (Times.STATED, [])
    assert (unknown.occurred_at, unknown.times, codes(unknown)) == (None, Times.NONE, [ProblemCode.BAD_TIME])


@pytest.mark.parametrize("offset", ["8", "Asia/Shanghai", "+8:00", ""])
def test_an_offset_that_is_none_is_refused(offset: str) -> None:
    """Names of zones are ambiguous for one hour a year."""
    with pytest.raises(ConfigurationError):
        one(utc_offset=offset)


def test_no_priority_is_not_the_second_highest() -> None:
    """Open-Falcon writes -1 where it knows none."""
    alert = one({"priority": "-1"}, utc_offset="Z")
    assert (alert.state, alert.severity, codes(alert)) == (State.FIRING, Severity.MEDIUM, [ProblemCode.LEVEL_MISSING])
