"""Notifications of Nagios and of what descends from it, such as Icinga 2, Checkmk, Naemon, Centreon.

A notification has a type, such as `RECOVERY`, and the state of the host or service that it is about. The end of a
downtime or of flapping names no state: there the state of the check decides. None of them posts by itself: a script
posts the macros, under Nagios's names, with or without a prefix, in any case.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from attrs import evolve

from alertmap import wire
from alertmap.adapter import Identity, Problem, ProblemCode, Reading, Severity, State, Times

TYPES = {
    "PROBLEM": State.FIRING,
    "RECOVERY": State.RESOLVED,
    "ACKNOWLEDGEMENT": State.ACKNOWLEDGED,
    "DOWNTIMESTART": State.SUPPRESSED,
    # These fire unless the check is well.
    "DOWNTIMEEND": State.FIRING,
    "DOWNTIMECANCELLED": State.FIRING,  # Nagios
    "DOWNTIMEREMOVED": State.FIRING,  # Icinga 2
    "FLAPPINGSTART": State.FIRING,
    "FLAPPINGSTOP": State.FIRING,  # Nagios
    "FLAPPINGEND": State.FIRING,  # Icinga 2
    "FLAPPINGDISABLED": State.FIRING,
    # Somebody sends a message, whatever the state is.
    "CUSTOM": None,
    # Checkmk: the state is that of the handler that was run.
    "ALERTHANDLER (OK)": None,
    "ALERTHANDLER (WARNING)": None,
    "ALERTHANDLER (CRITICAL)": None,
    "ALERTHANDLER (UNKNOWN)": None,
}
"""Types of notifications."""

STATES = {
    "OK": State.RESOLVED,
    "UP": State.RESOLVED,
    "WARNING": State.FIRING,
    "WARN": State.FIRING,
    "CRITICAL": State.FIRING,
    "CRIT": State.FIRING,
    "UNKNOWN": State.FIRING,
    "UNKN": State.FIRING,
    "DOWN": State.FIRING,
    "UNREACHABLE": State.FIRING,
    "UNREACH": State.FIRING,
}
"""States of a check, for notifications that name no type. Checkmk also has short words."""

LEVELS = {
    "CRITICAL": Severity.CRITICAL,
    "CRIT": Severity.CRITICAL,
    "DOWN": Severity.CRITICAL,
    "UNREACHABLE": Severity.HIGH,  # behind a host that is down, which has an alert of its own
    "UNREACH": Severity.HIGH,
    "WARNING": Severity.MEDIUM,
    "WARN": Severity.MEDIUM,
    "UNKNOWN": Severity.MEDIUM,  # the check cannot tell
    "UNKN": Severity.MEDIUM,
    "OK": Severity.INFO,
    "UP": Severity.INFO,
}

_MACRO = r"\$(?:[A-Z_][A-Z0-9_]{3,}(?::[^$]{0,99})?|(?:host|service|notification|user|icinga)\.[A-Za-z0-9_.]+)\$"
TEMPLATES = re.compile(_MACRO)
"""Macro of Nagios or Icinga 2 that was not filled in: `$SERVICEDESC$`, `$service.name$`. A plugin's `$y$` is none."""
PLACEHOLDERS = re.compile(rf"\s*+(?:{_MACRO}\s*+)?")
"""Text that counts as not sent. In a notification about a host the macros of services are blank."""

PREFIXES = ("", "NAGIOS_", "ICINGA_", "NOTIFY_")
"""Prefixes of the macros as environment variables: none, Nagios, Icinga 2's and Checkmk's scripts."""


def macro(*names: str) -> Any:
    """Return the note of a field that holds a macro: its names, of which those of Nagios may have a prefix."""
    return wire.named(*(prefix + name for name in names for prefix in ([""] if "." in name else PREFIXES)))


_TYPE = macro("NOTIFICATIONTYPE", "notification.type")


@wire.model(loose_keys=True)
class Macros:
    """Macros of a notification, also by the names that Icinga 2 gives them in its configuration."""

    HOSTNAME: Annotated[wire.AnyText, macro("HOSTNAME", "host.name")]
    HOSTDISPLAYNAME: Annotated[wire.Text, macro("HOSTDISPLAYNAME", "host.display_name")] = ""
    HOSTALIAS: Annotated[wire.Text, macro("HOSTALIAS")] = ""
    HOSTADDRESS: Annotated[wire.Text, macro("HOSTADDRESS", "host.address")] = ""
    HOSTGROUPNAMES: Annotated[wire.Text, macro("HOSTGROUPNAMES")] = ""
    HOSTSTATE: Annotated[wire.Text, macro("HOSTSTATE", "host.state")] = ""
    HOSTSTATETYPE: Annotated[wire.Text, macro("HOSTSTATETYPE", "host.state_type")] = ""
    LASTHOSTSTATE: Annotated[wire.Text, macro("LASTHOSTSTATE", "host.last_state")] = ""
    LASTHOSTSTATECHANGE: Annotated[wire.AnyTime, macro("LASTHOSTSTATECHANGE", "host.last_state_change")] = None
    HOSTOUTPUT: Annotated[wire.Text, macro("HOSTOUTPUT", "host.output")] = ""
    LONGHOSTOUTPUT: Annotated[wire.Text, macro("LONGHOSTOUTPUT")] = ""
    HOSTPERFDATA: Annotated[wire.Text, macro("HOSTPERFDATA", "host.perfdata")] = ""
    HOSTNOTIFICATIONID: Annotated[wire.Text, macro("HOSTNOTIFICATIONID")] = ""
    HOSTACKAUTHOR: Annotated[wire.Text, macro("HOSTACKAUTHOR")] = ""
    HOSTACKCOMMENT: Annotated[wire.Text, macro("HOSTACKCOMMENT")] = ""
    HOSTACTIONURL: Annotated[wire.Text, macro("HOSTACTIONURL", "host.action_url")] = ""
    HOSTNOTESURL: Annotated[wire.Text, macro("HOSTNOTESURL", "host.notes_url")] = ""
    HOSTINFOURL: Annotated[wire.Text, macro("HOSTINFOURL")] = ""

    SERVICEDESC: Annotated[wire.AnyText, macro("SERVICEDESC", "SERVICENAME", "SERVICEDESCRIPTION", "service.name")] = ""
    SERVICEDISPLAYNAME: Annotated[wire.Text, macro("SERVICEDISPLAYNAME", "service.display_name")] = ""
    SERVICEGROUPNAMES: Annotated[wire.Text, macro("SERVICEGROUPNAMES")] = ""
    SERVICESTATE: Annotated[wire.Text, macro("SERVICESTATE", "service.state")] = ""
    SERVICESTATETYPE: Annotated[wire.Text, macro("SERVICESTATETYPE", "service.state_type")] = ""
    LASTSERVICESTATE: Annotated[wire.Text, macro("LASTSERVICESTATE", "service.last_state")] = ""
    LASTSERVICESTATECHANGE: Annotated[wire.AnyTime, macro("LASTSERVICESTATECHANGE", "service.last_state_change")] = None
    SERVICEOUTPUT: Annotated[wire.Text, macro("SERVICEOUTPUT", "service.output")] = ""
    LONGSERVICEOUTPUT: Annotated[wire.Text, macro("LONGSERVICEOUTPUT")] = ""
    SERVICEPERFDATA: Annotated[wire.Text, macro("SERVICEPERFDATA", "service.perfdata")] = ""
    SERVICENOTIFICATIONID: Annotated[wire.Text, macro("SERVICENOTIFICATIONID")] = ""
    SERVICEACKAUTHOR: Annotated[wire.Text, macro("SERVICEACKAUTHOR")] = ""
    SERVICEACKCOMMENT: Annotated[wire.Text, macro("SERVICEACKCOMMENT")] = ""
    SERVICEACTIONURL: Annotated[wire.Text, macro("SERVICEACTIONURL", "service.action_url")] = ""
    SERVICENOTESURL: Annotated[wire.Text, macro("SERVICENOTESURL", "service.notes_url")] = ""
    SERVICEINFOURL: Annotated[wire.Text, macro("SERVICEINFOURL")] = ""

    NOTIFICATIONAUTHOR: Annotated[
        wire.Text, macro("NOTIFICATIONAUTHOR", "NOTIFICATIONAUTHORNAME", "notification.author", "author")
    ] = ""
    NOTIFICATIONCOMMENT: Annotated[wire.Text, macro("NOTIFICATIONCOMMENT", "notification.comment", "comment")] = ""
    TIMET: Annotated[wire.AnyTime, macro("TIMET", "icinga.timet")] = None


@wire.model(loose_keys=True)
class Notification(Macros):
    """Notification of a type."""

    NOTIFICATIONTYPE: Annotated[State | None, wire.state(TYPES), _TYPE]
    word: Annotated[wire.AnyText, _TYPE] = ""


@wire.model(loose_keys=True)
class CheckResult(Macros):
    """Notification whose script posts no type: only the state of the check tells."""

    state: Annotated[State, wire.state(STATES), macro("SERVICESTATE", "HOSTSTATE", "service.state", "host.state")]


@wire.model
class Short:
    """Notification as short commands write it by hand: one key for the state of either, a host or a service."""

    type: Annotated[State | None, wire.state(TYPES)]
    word: Annotated[wire.AnyText, wire.named("type")] = ""
    host: wire.AnyText
    state: wire.AnyText
    service: wire.AnyText = ""
    output: wire.Text = ""
    address: wire.Text = ""
    author: wire.Text = ""
    comment: wire.Text = ""


def read_short(event: Short) -> Reading | Problem | None:
    """Read a short notification; a state that no host has is a service's."""
    is_host = not event.service.strip() and wire.state_word(event.state) in _HOST_STATES
    macros = Macros(
        HOSTNAME=event.host,
        HOSTADDRESS=event.address,
        HOSTSTATE=event.state if is_host else "",
        HOSTOUTPUT=event.output,
        SERVICEDESC=event.service,
        SERVICESTATE="" if is_host else event.state,
        SERVICEOUTPUT=event.output,
        NOTIFICATIONAUTHOR=event.author,
        NOTIFICATIONCOMMENT=event.comment,
    )
    return reading(macros, event.type, event.word)


_HOST_STATES = {"", "up", "down", "unreachable", "unreach"}


class _Check(NamedTuple):
    """Macros of the check that a notification is about."""

    state: str
    state_type: str
    last_state: str
    changed: datetime | None
    output: str
    long_output: str
    perfdata: str
    notification: str
    author: str
    comment: str
    links: Mapping[str, str]


def is_service(event: Macros) -> bool:
    """Return whether a notification is about a service; those about a host have blank macros of services."""
    return bool(event.SERVICEDESC.strip() or event.SERVICESTATE.strip())


def _check(event: Macros) -> _Check:
    if is_service(event):
        return _Check(
            state=event.SERVICESTATE,
            state_type=event.SERVICESTATETYPE,
            last_state=event.LASTSERVICESTATE,
            changed=event.LASTSERVICESTATECHANGE,
            output=event.SERVICEOUTPUT,
            long_output=event.LONGSERVICEOUTPUT,
            perfdata=event.SERVICEPERFDATA,
            notification=event.SERVICENOTIFICATIONID,
            author=event.SERVICEACKAUTHOR,
            comment=event.SERVICEACKCOMMENT,
            links=_links(event.SERVICEACTIONURL, event.SERVICENOTESURL, event.SERVICEINFOURL),
        )
    return _Check(
        state=event.HOSTSTATE,
        state_type=event.HOSTSTATETYPE,
        last_state=event.LASTHOSTSTATE,
        changed=event.LASTHOSTSTATECHANGE,
        output=event.HOSTOUTPUT,
        long_output=event.LONGHOSTOUTPUT,
        perfdata=event.HOSTPERFDATA,
        notification=event.HOSTNOTIFICATIONID,
        author=event.HOSTACKAUTHOR,
        comment=event.HOSTACKCOMMENT,
        links=_links(event.HOSTACTIONURL, event.HOSTNOTESURL, event.HOSTINFOURL),
    )


def _links(action: str, notes: str, info: str) -> Mapping[str, str]:
    # Without the setting website_url Nagios writes `website_url not set/cgi-bin/extinfo.cgi?…`.
    return {"action": action, "notes": notes, "source": info if "://" in info else ""}


def reading(
    event: Macros,
    kind: State | None,
    word: str,
    *,
    scope: Identity | None = None,
    moment: datetime | None = None,
    labels: Mapping[str, str] | None = None,
) -> Reading | Problem | None:
    """Read a notification of a type.

    Args:
        event: the macros.
        kind: the meaning of its type in `TYPES`.
        word: its type.
        scope: parts of the identity besides host and service.
        moment: the time of the notification, if it is not `TIMET`.
        labels: labels besides the usual ones.
    """
    check, spelt = _check(event), wire.state_word(word)
    if kind is State.FIRING and spelt in _BY_CHECK:
        if _is_well(check.state):
            # While it flaps neither problem nor recovery is sent: only its end says that all is well.
            kind = None if spelt == "flappingstart" else State.RESOLVED
        elif spelt.startswith("downtime") and wire.state_word(check.state_type) == "soft" and check.changed is None:
            return _NEVER_CHECKED
    if kind is None:
        return None
    more = {"notification_type": word, **(labels or {})}
    return _reading(event, check, kind, scope=scope or {}, moment=moment or event.TIMET, labels=more)


def read_check(event: CheckResult) -> Reading:
    """Read a notification without a type: the state of the check is its state."""
    check = _check(event)
    state = event.state if check.state.strip() else None  # a service does not have the state of its host
    return evolve(_reading(event, check, state, scope={}, moment=event.TIMET, labels={}), problems=(_NO_TYPE,))


_BY_CHECK = {wire.state_word(word) for word, kind in TYPES.items() if kind is State.FIRING} - {"problem"}
_WELL = {wire.state_word(word) for word, state in STATES.items() if state is State.RESOLVED}


def _is_well(state: str) -> bool:
    return wire.state_word(state) in _WELL


# Icinga 2 gives a host that was never checked the state DOWN, a service UNKNOWN.
_NEVER_CHECKED = Problem(
    ProblemCode.STATE_GUESSED, "$", "the state is that of an object that was never checked; no alert was made of it"
)
_NO_TYPE = Problem(
    ProblemCode.STATE_GUESSED, "$", "the notification has no type; the state of the check was taken as its state"
)


def _reading(
    event: Macros,
    check: _Check,
    state: State | None,
    *,
    scope: Identity,
    moment: datetime | None,
    labels: Mapping[str, str],
) -> Reading:
    host = event.HOSTDISPLAYNAME.strip() or event.HOSTNAME.strip()
    service = event.SERVICEDISPLAYNAME.strip() or event.SERVICEDESC.strip()
    subject = f"{service} on {host}" if is_service(event) else host
    return Reading(
        state=state,
        level=_level(check, state),
        identity={"host": event.HOSTNAME, "service": event.SERVICEDESC if is_service(event) else None, **scope},
        title=f"{subject} is {check.state}" if check.state.strip() else subject,
        message="\n".join(text for text in (check.output, check.long_output) if text.strip()),
        resource=event.HOSTNAME,
        labels={
            "host_alias": event.HOSTALIAS,
            "host_address": event.HOSTADDRESS,
            "host_groups": event.HOSTGROUPNAMES,
            "service_groups": event.SERVICEGROUPNAMES,
            "author": event.NOTIFICATIONAUTHOR or check.author,
            "comment": event.NOTIFICATIONCOMMENT or check.comment,
            **labels,
        },
        links=check.links,
        values=measured(check.perfdata),
        started_at=None if state is State.RESOLVED or _is_well(check.state) else check.changed,
        occurred_at=moment,
        sequence=int(check.notification) if _NUMBER.fullmatch(check.notification) else None,
        times=Times.STATED if moment else Times.NONE,
    )


_NUMBER = re.compile(r"[0-9]{1,18}")


def _level(check: _Check, state: State | None) -> str | None:
    """Return the state of the check, on a recovery the one that ended; a downtime of what is well has no level."""
    if state is State.FIRING:
        return check.state
    words = (check.state, check.last_state) if state is State.RESOLVED else (check.state,)
    return next((word for word in words if word.strip() and not _is_well(word)), None)


def measured(perfdata: str) -> dict[str, int | float | str]:
    """Return the values in performance data, without limits: `'/var free'=9%;10;5` is `{"/var free": "9%"}`."""
    found: dict[str, int | float | str] = {}
    for entry in _ENTRY.findall(perfdata):
        label, _, value = entry.rpartition("=")
        found[label.strip("'")] = wire.number_in(value.partition(";")[0])
    found.pop("", None)
    return found


_ENTRY = re.compile(r"'[^']*'=\S+|\S+")
