"""Conventions of Nagios, Icinga 2 and Checkmk: types, states of a check, names of macros, performance data."""

from typing import Any

import pytest

from alertmap import parse_document
from alertmap.adapter import Adapter, ProblemCode, Result, Severity, Shape, State, Times
from alertmap.conventions import nagios
from alertmap.conventions.nagios import CheckResult, Notification, Short
from alertmap.model import Batch

SERVICE = {"HOSTNAME": "web-1", "SERVICEDESC": "Disk /var", "HOSTSTATE": "UP"}
BY_CHECK = [
    "DOWNTIMEEND",
    "DOWNTIMECANCELLED",
    "DOWNTIMEREMOVED",
    "FLAPPINGSTOP",
    "FLAPPINGEND",
    "FLAPPINGDISABLED",
]


def read(event: Notification) -> Result | None:
    return nagios.reading(event, event.NOTIFICATIONTYPE, event.word)


ACME = Adapter(
    name="acme",
    title="Acme",
    shapes=[
        Shape(Notification, read, rank=None),
        Shape(Short, nagios.read_short, rank=None),
        Shape(CheckResult, nagios.read_check, rank=None),
    ],
    levels=nagios.LEVELS,
    reads_also={"nagios", "icinga2", "checkmk"},
    times=Times.STATED,
    templates=nagios.TEMPLATES,
    placeholders=nagios.PLACEHOLDERS,
)


def parsed(**document: Any) -> Batch:
    """Parse a notification of an adapter that has all shapes."""
    return parse_document(ACME, document)


def states(**document: Any) -> list[State]:
    """Return the states of the alerts of a notification."""
    return [alert.state for alert in parsed(**document)]


def codes(batch: Batch) -> list[str]:
    """Return the codes of all problems."""
    found = [*batch.problems, *(problem for alert in batch for problem in alert.problems)]
    return sorted(problem.code.value for problem in found)


# --- States -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("PROBLEM", State.FIRING),
        ("RECOVERY", State.RESOLVED),
        ("ACKNOWLEDGEMENT", State.ACKNOWLEDGED),
        ("DOWNTIMESTART", State.SUPPRESSED),
        ("DowntimeStart", State.SUPPRESSED),
        ("ESCALATION", State.FIRING),
    ],
)
def test_the_type_decides(word: str, state: State) -> None:
    """Whatever the state of the check is, these types have a state of their own; an unknown one fires."""
    for check in ("OK", "CRITICAL"):
        assert states(**SERVICE, NOTIFICATIONTYPE=word, SERVICESTATE=check) == [state]


@pytest.mark.parametrize("word", BY_CHECK)
@pytest.mark.parametrize("check", ["WARNING", "CRITICAL", "UNKNOWN", "a state of tomorrow", "", None])
def test_an_end_fires_unless_the_check_is_well(word: str, check: str | None) -> None:
    """The end of a downtime or of flapping fires for each state that is not known to be well, also without any."""
    assert states(**SERVICE, NOTIFICATIONTYPE=word, SERVICESTATE=check) == [State.FIRING]


@pytest.mark.parametrize("word", BY_CHECK)
def test_an_end_resolves_what_is_well(word: str) -> None:
    """No recovery is sent for what became well in a downtime or while it flapped: the end is the recovery."""
    assert states(**SERVICE, NOTIFICATIONTYPE=word, SERVICESTATE="OK") == [State.RESOLVED]
    assert states(HOSTNAME="web-1", NOTIFICATIONTYPE=word, HOSTSTATE="UP") == [State.RESOLVED]


def test_flapping_starts() -> None:
    """A service that begins to flap fires in a bad state; in a good one nothing changes, above all nothing resolves."""
    assert states(**SERVICE, NOTIFICATIONTYPE="FLAPPINGSTART", SERVICESTATE="CRITICAL") == [State.FIRING]
    assert states(**SERVICE, NOTIFICATIONTYPE="FLAPPINGSTART", SERVICESTATE="OK") == []


@pytest.mark.parametrize("word", ["CUSTOM", "ALERTHANDLER (OK)", "ALERTHANDLER (CRITICAL)"])
def test_messages_change_nothing(word: str) -> None:
    """A message of a person, or of an alert handler, is no news of the check."""
    for check in ("OK", "CRITICAL"):
        assert states(**SERVICE, NOTIFICATIONTYPE=word, SERVICESTATE=check) == []


def test_without_a_type() -> None:
    """A notification without a type has the state of its check, and says so."""
    for check, state in {"OK": State.RESOLVED, "WARN": State.FIRING, "a state of tomorrow": State.FIRING}.items():
        batch = parsed(**SERVICE, SERVICESTATE=check)
        assert [alert.state for alert in batch] == [state]
        assert ProblemCode.STATE_GUESSED.value in codes(batch)


def test_a_service_never_has_the_state_of_its_host() -> None:
    """A service without a state of its own fires, while its host is up."""
    assert states(**SERVICE) == [State.FIRING]
    assert states(**SERVICE, NOTIFICATIONTYPE="DOWNTIMEEND") == [State.FIRING]
    (alert,) = parsed(**{**SERVICE, "HOSTSTATE": "DOWN"}, NOTIFICATIONTYPE="RECOVERY", SERVICESTATE="OK")
    assert (alert.state, alert.title) == (State.RESOLVED, "Disk /var on web-1 is OK")


def test_what_was_never_checked() -> None:
    """The state of an object that was never checked means nothing; in a state since some time it does."""
    ended = {"HOSTNAME": "new-1", "NOTIFICATIONTYPE": "DOWNTIMEEND", "HOSTSTATE": "DOWN", "HOSTSTATETYPE": "SOFT"}
    batch = parsed(**ended, LASTHOSTSTATECHANGE="0")
    assert (len(batch), codes(batch)) == (0, ["state_guessed"])
    assert states(**ended, LASTHOSTSTATECHANGE="1795950625") == [State.FIRING]
    assert states(**{**ended, "HOSTSTATETYPE": "HARD"}, LASTHOSTSTATECHANGE="0") == [State.FIRING]
    assert states(**{**ended, "NOTIFICATIONTYPE": "PROBLEM"}, LASTHOSTSTATECHANGE="0") == [State.FIRING]


# --- Levels -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "check", "last", "level"),
    [
        ("PROBLEM", "CRITICAL", "WARNING", "CRITICAL"),
        ("RECOVERY", "OK", "CRITICAL", "CRITICAL"),
        ("RECOVERY", "OK", "OK", None),
        ("RECOVERY", "OK", "", None),
        ("DOWNTIMEEND", "OK", "WARNING", "WARNING"),
        ("ACKNOWLEDGEMENT", "WARNING", "OK", "WARNING"),
        ("DOWNTIMESTART", "OK", "CRITICAL", None),
    ],
)
def test_level(word: str, check: str, last: str, level: str | None) -> None:
    """The level is the state of the check, on a recovery the one that ended; what is well has none."""
    (alert,) = parsed(**SERVICE, NOTIFICATIONTYPE=word, SERVICESTATE=check, LASTSERVICESTATE=last)
    assert alert.level == level


def test_severities() -> None:
    """Long and short words have one severity; what cannot tell is as bad as a warning."""
    found = {word: parsed(**SERVICE, NOTIFICATIONTYPE="PROBLEM", SERVICESTATE=word) for word in nagios.LEVELS}
    by_severity: dict[Severity | None, set[str]] = {}
    for word, batch in found.items():
        by_severity.setdefault(batch.alerts[0].severity, set()).add(word)
    assert by_severity == {
        Severity.CRITICAL: {"CRITICAL", "CRIT", "DOWN"},
        Severity.HIGH: {"UNREACHABLE", "UNREACH"},
        Severity.MEDIUM: {"WARNING", "WARN", "UNKNOWN", "UNKN"},
        Severity.INFO: {"OK", "UP"},
    }


# --- Names and macros -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        ("NOTIFICATIONTYPE", "HOSTNAME", "SERVICEDESC", "SERVICESTATE"),
        ("NAGIOS_NOTIFICATIONTYPE", "NAGIOS_HOSTNAME", "NAGIOS_SERVICEDESC", "NAGIOS_SERVICESTATE"),
        ("ICINGA_NOTIFICATIONTYPE", "ICINGA_HOSTNAME", "ICINGA_SERVICENAME", "ICINGA_SERVICESTATE"),
        ("NOTIFY_NOTIFICATIONTYPE", "NOTIFY_HOSTNAME", "NOTIFY_SERVICEDESC", "NOTIFY_SERVICESTATE"),
        ("notification_type", "host_name", "service_description", "service_state"),
        ("NotificationType", "HostName", "ServiceDesc", "ServiceState"),
        ("notification.type", "host.name", "service.name", "service.state"),
        ("type", "host", "service", "state"),
    ],
)
def test_names(names: tuple[str, ...]) -> None:
    """All usual names of the macros are one alert."""
    (alert,) = parsed(**dict(zip(names, ("PROBLEM", "web-1", "Disk /var", "CRITICAL"), strict=True)))
    assert alert.dedup_key == "acme:host=web-1,service=Disk /var"
    assert (alert.state, alert.level, alert.resource) == (State.FIRING, "CRITICAL", "web-1")


def test_a_host_has_blank_macros_of_services() -> None:
    """Blank macros of services, or ones that were not filled in, leave a notification about the host."""
    for blank, problems in {"": [], "$SERVICEDESC$": ["unrendered"], "$service.name$": ["unrendered"]}.items():
        batch = parsed(NOTIFICATIONTYPE="PROBLEM", HOSTNAME="web-1", HOSTSTATE="DOWN", SERVICEDESC=blank)
        assert batch.alerts[0].identity == {"host": "web-1"}
        assert codes(batch) == problems


def test_a_service_without_a_name_is_not_its_host() -> None:
    """Where only the state of a service is there, the key is known to be a weaker one."""
    for document in (
        {"NOTIFICATIONTYPE": "PROBLEM", "HOSTNAME": "web-1", "SERVICESTATE": "CRITICAL"},
        {"type": "PROBLEM", "host": "web-1", "state": "CRITICAL"},
    ):
        assert codes(parsed(**document)) == ["key_fallback"]
    assert codes(parsed(type="PROBLEM", host="web-1", state="DOWN")) == []


def test_templates() -> None:
    """A macro in a text that a user wrote is found; the dollars of a plugin's output are its own."""
    for text in ("$SERVICEDESC$", "on $HOSTNAME:web$", "$host.display_name$", "$_HOSTENV$"):
        assert nagios.TEMPLATES.search(text), text
    for text in ("$y$", "a $ b $", "$5 and $6$", "costs 5$ on US$", "$x.y$", "$PS$"):
        assert not nagios.TEMPLATES.search(text), text


def test_times() -> None:
    """TIMET is the time of the statement, the last change the start; without TIMET the order of arrival counts."""
    problem = {**SERVICE, "NOTIFICATIONTYPE": "PROBLEM", "SERVICESTATE": "CRITICAL"}
    (alert,) = parsed(**problem, TIMET="1795950625", LASTSERVICESTATECHANGE="1795950620", SERVICENOTIFICATIONID="7")
    assert alert.times is Times.STATED
    assert (str(alert.occurred_at), str(alert.started_at)) == ("2026-11-29 11:10:25+00:00", "2026-11-29 11:10:20+00:00")
    assert alert.sequence == 7
    (alert,) = parsed(**problem)
    assert (alert.times, alert.occurred_at, alert.sequence, alert.problems) == (Times.NONE, None, None, ())


def test_a_link_without_a_server_is_none() -> None:
    """Without its setting Nagios writes a link that is none: no problem of this alert."""
    for info, links in {
        "website_url not set/cgi-bin/extinfo.cgi?type=1&host=web-1": {},
        "https://nagios.example/cgi-bin/extinfo.cgi": {"source": "https://nagios.example/cgi-bin/extinfo.cgi"},
    }.items():
        batch = parsed(NOTIFICATIONTYPE="PROBLEM", HOSTNAME="web-1", HOSTSTATE="DOWN", HOSTINFOURL=info)
        assert (batch.alerts[0].links, codes(batch)) == (links, [])


@pytest.mark.parametrize(
    ("perfdata", "values"),
    [
        ("", {}),
        ("/var=91%;80;90;0;100 inode=12%", {"/var": "91%", "inode": "12%"}),
        ("'in use'=7GB;8;9 'a=b'=1.5", {"in use": "7GB", "a=b": 1.5}),
        ("time=0.010s;;;0.000 load1=3", {"time": "0.010s", "load1": 3}),
        ("x=U y=", {"x": "U", "y": ""}),
        ("nothing here", {}),
        ("=5 ''=6 'open=7", {"open": 7}),
    ],
)
def test_performance_data(perfdata: str, values: dict[str, Any]) -> None:
    """A value keeps its unit, a label its blanks; limits and what is no value are left out."""
    assert nagios.measured(perfdata) == values
