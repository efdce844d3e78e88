"""Event of Zabbix: its macros, by whatever names a script posts them, and how they are read."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Identity, Problem, ProblemCode, Reading, State, Times

STATES = conventions.states(
    firing="1, PROBLEM, alerting",  # alerting: so says the media type for Grafana OnCall
    resolved="0, RESOLVED, OK",
)

STATE_KEYS = wire.named(
    *("EVENT.VALUE", "event_value", "EVENT.STATUS", "event_status", "EVENT.RECOVERY.VALUE", "event_recovery_value"),
    *("TRIGGER.STATUS", "trigger_status", "TRIGGER.VALUE", "trigger_value", "status", "state"),
)
NAME_KEYS = wire.named(
    *("EVENT.NAME", "event_name", "name", "ALERT.SUBJECT", "alert_subject", "title", "subject"),
    *("TRIGGER.NAME", "trigger_name", "trigger"),  # has measured values, so that a recovery has another one
)
LEVEL_KEYS = wire.named(
    *("EVENT.NSEVERITY", "event_nseverity", "EVENT.SEVERITY", "event_severity"),
    # A severity that was changed by hand is the event's, not the trigger's.
    *("TRIGGER.NSEVERITY", "trigger_nseverity", "TRIGGER.SEVERITY", "trigger_severity", "severity"),
)
TAG_KEYS = wire.named("EVENT.TAGSJSON", "event_tags_json", "EVENT.TAGS", "event_tags", "tags")

IN_LINK = re.compile(r"[?&](eventid|triggerid)=([0-9]{1,20})(?![0-9])")
SUBJECT = re.compile(r"^(?:Problem|Resolved(?: in [^:]{1,64})?|Updated problem in [^:]{1,64}): ")
ACTION = re.compile(r"(?:^|, | and )([a-z]+)")  # of `acknowledged, commented and changed severity from High to Average`

NO_STATE = {"commented", "ranked"}
"""Updates that change no state, such as `ranked as symptom`."""


def read_tags(node: wire.Node) -> dict[str, str]:
    """Read `[{"tag": …, "value": …}]`, also as text, `{tag: [value, …]}`, or the text `tag:value, tag`."""
    value = wire.json_or_text(node.value) if type(node.value) is str else node.value
    pairs: list[tuple[Any, Any]]
    if type(value) is str:
        pairs = [(name.strip(), text) for name, _, text in (tag.partition(":") for tag in value.split(","))]
    elif type(value) is list and all(type(one) is dict for one in value):
        pairs = [(one.get("tag"), one.get("value")) for one in value]
    elif type(value) is dict:
        pairs = [(name, one) for name, some in value.items() for one in (some if type(some) is list else [some])]
    else:
        raise wire.mismatch("tags", node)
    tags: dict[str, list[str]] = {}  # one name may stand there with several values
    for name, text in ((wire.scalar_text(name), wire.scalar_text(text)) for name, text in pairs):
        if name and text:
            tags.setdefault(name, []).append(text)
    return {name: ", ".join(texts) for name, texts in tags.items()}


TAGS = wire.Encoding("tags", read_tags, ('[{"tag":"a","value":"b"}]', "a:b, c", "", [], [{"tag": "a"}], {"a": ["b"]}))


@wire.model(closed=True)
class Options:
    identity: Literal["event", "trigger"] = "event"
    utc_offset: wire.UtcOffset = None


@wire.model
class Event:
    """The macros by their own names, and as the official media types and other receivers name them."""

    id: Annotated[wire.AnyText, wire.named("EVENT.ID", "event_id")] = ""
    state: Annotated[State, wire.state(STATES), STATE_KEYS]
    word: Annotated[wire.AnyText, STATE_KEYS] = ""
    level: Annotated[wire.Text, LEVEL_KEYS] = ""
    source: Annotated[wire.Text, wire.named("EVENT.SOURCE", "event_source")] = ""
    acknowledged: Annotated[
        wire.Text, wire.named("EVENT.ACK.STATUS", "event_ack_status", "event_ack", "acknowledged")
    ] = ""
    update: Annotated[wire.Text, wire.named("EVENT.UPDATE.STATUS", "event_update_status")] = ""
    action: Annotated[wire.Text, wire.named("EVENT.UPDATE.ACTION", "event_update_action", "update_action")] = ""
    name: Annotated[wire.AnyText, NAME_KEYS] = ""
    description: Annotated[wire.Text, wire.named("TRIGGER.DESCRIPTION", "trigger_description", "description")] = ""
    message: Annotated[wire.Text, wire.named("ALERT.MESSAGE", "alert_message", "message")] = ""
    trigger: Annotated[wire.AnyText, wire.named("TRIGGER.ID", "trigger_id", "triggerId")] = ""
    host: Annotated[
        wire.AnyText, wire.named("HOST.NAME", "host_name", "hostname", "HOST.HOST", "host_host", "service")
    ] = ""
    technical_name: Annotated[wire.Text, wire.named("HOST.HOST", "host_host", "service")] = ""
    ip: Annotated[wire.Text, wire.named("HOST.IP", "host_ip")] = ""
    tags: Annotated[dict[str, str], TAGS, TAG_KEYS] = Factory(dict)
    data: Annotated[wire.Text, wire.named("EVENT.OPDATA", "event_opdata", "operation_data")] = ""
    value: Annotated[wire.Text, wire.named("ITEM.LASTVALUE1", "ITEM.VALUE1", "ITEM.LASTVALUE", "item_value")] = ""
    trigger_url: Annotated[wire.Text, wire.named("TRIGGER.URL", "trigger_url")] = ""
    link: Annotated[wire.Text, wire.named("event_url", "link_to_upstream_details", "link")] = ""
    zabbix_url: Annotated[wire.Text, wire.named("ZABBIX.URL", "zabbix_url", "zbxurl")] = ""
    started: Annotated[wire.EpochAny, wire.named("EVENT.TIMESTAMP", "event_timestamp")] = None
    start_date: Annotated[wire.Text, wire.named("EVENT.DATE", "event_date")] = ""
    start_time: Annotated[wire.Text, wire.named("EVENT.TIME", "event_time")] = ""
    updated: Annotated[wire.EpochAny, wire.named("EVENT.UPDATE.TIMESTAMP", "event_update_timestamp")] = None
    update_date: Annotated[wire.Text, wire.named("EVENT.UPDATE.DATE", "event_update_date")] = ""
    update_time: Annotated[wire.Text, wire.named("EVENT.UPDATE.TIME", "event_update_time")] = ""
    ended: Annotated[wire.EpochAny, wire.named("EVENT.RECOVERY.TIMESTAMP", "event_recovery_timestamp")] = None
    end_date: Annotated[wire.Text, wire.named("EVENT.RECOVERY.DATE", "event_recovery_date")] = ""
    end_time: Annotated[wire.Text, wire.named("EVENT.RECOVERY.TIME", "event_recovery_time")] = ""
    lastReceived: wire.Text = ""  # Keep's: the time of the message


def read(event: Event, options: Options) -> Reading | None:
    actions = set(ACTION.findall(event.action))
    if event.state is State.FIRING and actions and actions <= NO_STATE:
        return None
    state, problems = state_of(event, actions)
    named = moment(event, state)
    occurred_at = named.at(options)
    if occurred_at is None and any(named):
        problems += (NO_TIME,)
    ids = dict(IN_LINK.findall(event.link))
    event_id, trigger = event.id.strip() or ids.get("eventid", ""), event.trigger.strip() or ids.get("triggerid", "")
    links = {"trigger": event.trigger_url, "event": event.link}
    if event.zabbix_url and not event.link and event_id and trigger:
        url = event.zabbix_url.rstrip("/")
        links["event"] = f"{url}/tr_events.php?triggerid={trigger}&eventid={event_id}"
    return Reading(
        state=state,
        level=event.level,
        identity=identities(event, event_id, trigger, options),
        title=SUBJECT.sub("", event.name),
        message=event.description or event.message,
        resource=event.host,
        labels={"host": event.technical_name, "ip": event.ip} | event.tags,
        links=links,
        values={"data": event.data, "value": wire.number_in(event.value)},
        started_at=Moment(event.started, event.start_date, event.start_time).at(options),
        occurred_at=occurred_at,
        times=Times.STATED if occurred_at else Times.NONE,
        episode=event_id or None,
        # Discovery and autoregistration have no recoveries.
        resolvable=event.source not in ("1", "2"),
        problems=problems,
    )


NO_TIME = Problem(
    ProblemCode.BAD_TIME,
    "occurred_at",
    "the time of the event has no zone and was left out: send EVENT.TIMESTAMP, or set the option `utc_offset`",
)


def state_of(event: Event, actions: set[str]) -> tuple[State, tuple[Problem, ...]]:
    if event.state is State.RESOLVED or wire.state_word(event.word) not in WORDS:
        return event.state, ()
    if "suppressed" in actions:
        return State.SUPPRESSED, ()
    status = event.acknowledged.strip().casefold()
    # Zabbix fills in macros when it sends: the status is that of now, an action may be undone already.
    if status == "yes" or (status != "no" and "acknowledged" in actions):
        return State.ACKNOWLEDGED, ()
    is_update = event.update.strip() == "1" and event.source != "4"  # a service's update is always another severity
    return State.FIRING, (NO_ACTION,) if is_update and not (actions or status) else ()


WORDS = {wire.state_word(word) for word in STATES}
NO_ACTION = Problem(
    ProblemCode.STATE_GUESSED,
    "state",
    "an update that does not say what was done: treated as firing; send EVENT.UPDATE.ACTION",
)


def identities(event: Event, event_id: str, trigger: str, options: Options) -> list[Identity]:
    """The event comes first: one recovery event may end several, and one trigger may have several open ones."""
    parts: dict[str, Identity] = {"event": {"event": event_id}, "trigger": {"trigger": trigger}}
    return [parts.pop(options.identity), *parts.values(), {"host": event.host, "name": event.name}]


def moment(event: Event, state: State) -> "Moment":
    """Return the time of what the message is about."""
    if event.lastReceived:
        return Moment(None, *event.lastReceived.partition(" ")[::2])
    start = Moment(event.started, event.start_date, event.start_time)
    update = Moment(event.updated, event.update_date, event.update_time)
    end = Moment(event.ended, event.end_date, event.end_time)
    times = (end, update) if state is State.RESOLVED else (update, start)
    return next((one for one in times if any(one)), Moment())


class Moment(NamedTuple):
    """Time as the macros name it: since 1970, and as date and time of a zone that they do not name."""

    stamp: datetime | None = None
    date: str = ""
    time: str = ""

    def at(self, options: Options) -> datetime | None:
        """Return the time in UTC; None where its zone is not known."""
        local = wire.rfc3339(f"{self.date.replace('.', '-')}T{self.time}")
        if self.stamp is not None or local is None:
            return self.stamp
        return wire.LocalMoment(local, has_zone=False).at(options.utc_offset)
