"""Common words for states and levels, and common names of labels and fields.

Not a standard: teams differ. A vendor whose words are documented has a table of its own; a word in a table here has the
same meaning for all adapters that use the table.
"""

import re
from collections.abc import Iterable, Mapping

from alertmap.credentials import hidden, is_secret
from alertmap.model import Severity, State

STATES = {
    word: state
    for state, words in {
        State.FIRING: "firing fire fired trigger triggered alert alerting alarm problem open opened new active"
        " activated create created raise raised start started down bad unhealthy fail failed failing failure"
        " critical crit error warning warn",
        State.ACKNOWLEDGED: "ack acknowledge acknowledged acknowledgement accepted in_progress in-progress inprogress",
        State.SUPPRESSED: "suppressed muted silenced snoozed paused maintenance downtime ignored",
        State.RESOLVED: "resolve resolved ok recover recovered recovery close closed clear cleared up normal success"
        " healthy operational good inactive deactivated fixed done end ended",
    }.items()
    for word in words.split()
} | {"in progress": State.ACKNOWLEDGED}
"""State words, in lower case.

`pending` is missing on purpose: for Prometheus and Grafana it does not fire yet, for others it does. Words for lack of
data (`unknown`, `stale`) and for tests name no state; the adapters of their vendors handle them.
"""

LEVELS = {
    word: severity
    for severity, words in {
        Severity.CRITICAL: "critical crit emergency emerg fatal disaster blocker urgent alert p0 p1 sev0 sev1 s0 s1",
        Severity.HIGH: "high page major severe error err p2 sev2 s2",
        Severity.MEDIUM: "medium moderate warning warn average minor p3 sev3 s3",
        Severity.LOW: "low ticket p4 sev4 s4",
        Severity.INFO: "info information informational notice debug verbose trivial none ok p5 sev5 s5",
    }.items()
    for word in words.split()
}
"""Level words. Lookups of an adapter's levels ignore case, `-`, `_` and blanks: `SEV-1`.

Three words have different meanings elsewhere:

- `alert` is critical. It is a word of syslog (RFC 5424), which puts it above critical.
- `minor` is medium. In X.733 it lies above a warning, which is medium.
- `notice` is info. In syslog it stands for conditions that are normal but significant.

`urgent` and `blocker` are the highest priorities of issue trackers (Zendesk, Jira).
"""

LEVELS_IN = ("severity", "priority", "level", "sev", "criticality")
"""Labels that hold the level, the most common first."""

HOSTS = ("host", "hostname", "instance", "server", "node", "device", "agent_host")
"""Labels that name the affected host, the most specific first."""

TARGETS = ("instance", "exported_instance", "node", "pod", "host", "hostname")
"""Labels that name the affected target of a rule of Prometheus, the most specific first."""

SPELLINGS = {
    name: tuple(words.split())
    for name, words in {
        "state": "state status alertstate alertstatus eventtype eventaction action eventstatus transition"
        " alerttransition currentstate monitorstatus messagetype type",
        "severity": "severity priority level alertlevel urgency importance criticality loglevel sev eventstatus",
        "key": "dedupkey alertkey alertuid fingerprint incidentkey incidentid alias entityid alertid checkid monitorid"
        " id eventid key",
        "title": "title titlerule summary alertname rulename name subject message",
        "message": "message description body text details content reason output",
        "resource": "host hostname node entity resource instance device monitorname service source",
        "link": "url link alerturl sourceurl linktoupstreamdetails clienturl permalink dashboardurl generatorurl",
        "time": "timestamp time date datetime occurredat eventtime triggertime ts updatedat sentat",
        "start": "startsat startedat startat starttime started starts firedat triggeredat openedat createdat since",
        "end": "endsat endedat endat endtime ended ends resolvedat recoveredat clearedat closedat",
        "labels": "labels tags customdetails details metadata attributes annotations",
        "firing": "firing alert isalarm",
        "resolved": "resolved isresolved",
    }.items()
}
"""Common keys of each field, the likeliest first, in the form of `wire.loosen` (without case, `_`, `-` and blanks).
`firing` and `resolved` are flags."""


def states(
    *, firing: str = "", acknowledged: str = "", suppressed: str = "", resolved: str = "", no_state: str = ""
) -> dict[str, State | None]:
    """Make a table of state words; several words are joined by commas. `no_state`: words that change nothing."""
    words = {
        State.FIRING: firing,
        State.ACKNOWLEDGED: acknowledged,
        State.SUPPRESSED: suppressed,
        State.RESOLVED: resolved,
        None: no_state,
    }
    return {word: state for state, joined in words.items() for word in _words(joined)}


def levels(
    *, critical: str = "", high: str = "", medium: str = "", low: str = "", info: str = ""
) -> dict[str, Severity]:
    """Make a table of level words; several words are joined by commas."""
    words = {
        Severity.CRITICAL: critical,
        Severity.HIGH: high,
        Severity.MEDIUM: medium,
        Severity.LOW: low,
        Severity.INFO: info,
    }
    return {word: severity for severity, joined in words.items() for word in _words(joined)}


def _words(joined: str) -> list[str]:
    return [word.strip() for word in joined.split(",") if word.strip()]


def first(labels: Mapping[str, str], names: Iterable[str]) -> str:
    """Return the value of the first of these labels that is present and not blank; "" if there is none."""
    for name in names:
        value = labels.get(name)
        if value and not value.isspace():
            return value
    return ""


def host(labels: Mapping[str, str]) -> str:
    """Return the value of the first label that names a host; "" if there is none."""
    return first(labels, HOSTS)


def level(labels: Mapping[str, str]) -> str | None:
    """Return the value of the first label that holds the level, its name in any case; None if there is none."""
    found = first(labels, LEVELS_IN)
    return found or first({name.casefold(): text for name, text in labels.items()}, LEVELS_IN) or None


def join(*texts: str, by: str = ": ") -> str:
    """Join the texts that are not blank: for a title made of several fields, or a message of several lines."""
    return by.join(text for text in texts if text and not text.isspace())


def address(text: str) -> str:
    """Return an address without user and password, and with a hash for each credential among its parameters.

    `https://ann:secret@db-3/` is `https://db-3/`. Of an address with over 256 parameters all are left out.
    """
    text = _USER.sub(r"\1", text, count=1)
    if text.count("=") > _MOST_PARAMETERS:
        return re.split("[?#]", text, maxsplit=1)[0]
    return _PARAMETER.sub(_parameter, text) if "=" in text else text


def _parameter(match: re.Match[str]) -> str:
    before, name, value = match.groups()
    return f"{before}{name}={hidden(value)}" if is_secret(name, value) else match[0]


def link(text: str) -> str:
    """Return an `address` that a browser opens; "" for any other text."""
    return address(text) if text.startswith(("http://", "https://")) else ""


_MOST_PARAMETERS = 256
_PARAMETER = re.compile(r"([?&;#])([^=&;#?]{1,64})=([^&;#]+)")
_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]{0,31}://)[^/?#]*@")


def filled(placeholder: re.Pattern[str], text: str) -> str:
    """Return a text for the key; "" for one in which a placeholder was not filled in: all alerts would have it."""
    return "" if placeholder.search(text) else text.strip()
