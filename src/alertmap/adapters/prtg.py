"""PRTG Network Monitor, its notification "Execute HTTP Action".

Set up:

1. Under Setup, Account Settings, Notification Templates, add a template that always notifies at once and never
   summarizes, with "Execute HTTP Action": method POST, the URL (older versions send no headers of yours)

   ```text
   https://receiver.example/prtg?token=…
   ```

   and as payload this single line:

   ```text
   sensorid=%sensorid&status=%status&device=%device&sensor=%sensor&host=%host&group=%group&probe=%probe&\
priority=%priority&lastvalue=%lastvalue&tags=%objecttags&location=%location&linksensor=%linksensor&\
linkdevice=%linkdevice&message=%message
   ```

   Leave `%settings` out: it may hold credentials.
2. Under Notification Triggers of the root group, or of what you choose, add state triggers for Down, and for Warning
   and others if you like, that perform the template, also when the sensor leaves the state: without that nothing
   recovers. A state trigger for Down (Acknowledged) announces acknowledgements.

Answer 200. Test notifications, which fill in nothing, are no alerts. Synonyms of these placeholders are read, too, and
so is the query of a GET.

An alert is a sensor, whatever its name; two triggers of a sensor share it. The level is the status. To go by the stars
of the sensor's priority instead, map the values of the field `priority`, `*` to `*****`, in the source's priorities.

Limits: the status is in the language of PRTG's web interface, and only English is read. Times are in the format and the
zone of that server, and are left out. A sensor that is paused while it is down may never be announced as up. A text of
threshold, speed and volume triggers fires as an unknown status, and no such text resolves.
"""

import re
from typing import Annotated, Any

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Notice, Problem, ProblemCode, Reading, Reason, Severity, Shape, State, Times

STATES = {
    "Down": State.FIRING,
    "Down (Partial)": State.FIRING,  # on some nodes of a cluster
    "Down (Acknowledged)": State.ACKNOWLEDGED,
    "Warning": State.FIRING,
    "Unusual": State.FIRING,
    "Unknown": State.FIRING,
    "Collecting": State.FIRING,
    "Up": State.RESOLVED,
    "Paused": State.SUPPRESSED,
}
STATUS = wire.state(STATES)

NO_DATA = {"unknown", "collecting"}

LEVELS = {
    "Down": Severity.CRITICAL,
    "Down (Partial)": Severity.HIGH,
    "Down (Acknowledged)": Severity.CRITICAL,
    "Warning": Severity.MEDIUM,
    "Unusual": Severity.LOW,
    "Unknown": Severity.LOW,  # it has not measured yet; a probe that is lost has an alarm of its own
    "Collecting": Severity.LOW,
    # No alert has these as its level; a mapping of all statuses, such as ITOC360's, may name them.
    "Paused": Severity.LOW,
    "Up": Severity.LOW,
}

ENDED = re.compile(r" ended \(now: ?", re.IGNORECASE)  # `Warning ended (now: Down)`
ADDED = re.compile(r"(?<! ) ++(?:\(before: .*|ESCALATION.*|REPEAT.*)", re.IGNORECASE)  # `Down (before: Warning)`
PAUSED = re.compile(r"(Paused) +\(.*", re.IGNORECASE)  # `Paused (paused by parent)`


LONGEST = 200  # characters of a status


def split(text: str) -> tuple[str, str]:
    """Return the status that ended, "" where none did, and the one that the sensor has now."""
    text = text.strip()
    if len(text) > LONGEST:
        return "", text
    ended = ENDED.search(text) if text.endswith(")") else None
    before, now = (text[: ended.start()], text[ended.end() : -1]) if ended else ("", text)
    return ADDED.sub("", before), PAUSED.sub(r"\1", ADDED.sub("", now))


def read_status(node: wire.Node) -> Any:
    word = split(node.value)[1] if type(node.value) is str else node.value
    return STATUS.decode(wire.Node(word, node.where, node.context))


STATUS_KEYS = wire.named("status", "laststatus", "state")


@wire.model
class Test:
    """Test notification: its placeholders are not filled in, which counts as not sent."""

    sensorid: None
    status: Annotated[None, STATUS_KEYS]


@wire.model
class Event:
    sensorid: Annotated[wire.AnyText, wire.also("sensor_id", "id")]
    state: Annotated[State, evolve(STATUS, decode=read_status, fast_path=None), STATUS_KEYS]
    status: Annotated[wire.AnyText, STATUS_KEYS] = ""
    device: Annotated[wire.AnyText, wire.also("server")] = ""
    sensor: Annotated[wire.AnyText, wire.also("name", "shortname")] = ""
    message: Annotated[wire.Text, wire.also("lastmessage")] = ""
    lastvalue: wire.Text = ""
    host: wire.Text = ""
    group: wire.Text = ""
    probe: wire.Text = ""
    priority: Annotated[wire.Text, wire.also("prio")] = ""
    tags: Annotated[wire.Text, wire.also("objecttags")] = ""
    location: wire.Text = ""
    linksensor: wire.Text = ""
    linkdevice: wire.Text = ""
    rest: wire.Rest


def read(event: Event) -> Reading:
    before, now = split(event.status)
    is_over = event.state in (State.RESOLVED, State.SUPPRESSED)
    names = conventions.join(event.device, event.sensor)
    is_cut = any(" " in key and value == "" for key, value in event.rest.items())
    return Reading(
        state=event.state,
        level=before if is_over else now,
        identity=[{"sensor": event.sensorid.strip()}, {"device": event.device, "name": event.sensor}],
        title=f"{names} {event.status}" if names else "",
        message=event.message,
        resource=event.device,
        labels=wire.pick(event, "host", "group", "probe", "priority", "tags", "location"),
        links={"sensor": event.linksensor, "device": event.linkdevice},
        values={"value": wire.number_in(event.lastvalue)},
        no_data=wire.state_word(now) in NO_DATA,
        problems=(CUT,) if is_cut else (),
    )


CUT = Problem(ProblemCode.TRUNCATED, "$", "a value holds `&`, which the sender did not escape: its end is lost")

PLACEHOLDERS = (
    "(?:comments|lastmessage|laststatus|lastvalue|message|status|sensor(?:id)?|device(?:id)?|name|host|group(?:id)?"
    "|probe(?:id)?|priority|prio|datetime|since|link(?:sensor|device)|objecttags|tags|location)"
)

adapter = Adapter(
    name="prtg",
    title="PRTG Network Monitor",
    shapes=[Shape(Test, Notice(reason=Reason.TEST), rank=None), Shape(Event, read, marks={"sensorid"})],
    levels=LEVELS,
    formats={"form", "json", "query"},
    # Local times as text. Three attempts are made, so that the order of arrival is not certain either.
    times=Times.NONE,
    repeats={State.FIRING},  # where a trigger repeats
    templates=re.compile(rf"(?<!\w)%{PLACEHOLDERS}\b"),
    placeholders=re.compile(r"%[a-z_]+"),
    retries=True,
    identity_parts={"device", "name", "sensor"},
)
