r"""Datadog, its Webhooks integration: monitors, with a payload of your own or the default one.

Set up:

1. Under Integrations, Webhooks, New, enter a name such as `alertmap`, the URL

   ```text
   https://receiver.example/datadog?token=…
   ```

   and this payload. Keep the quotes; "Encode as form" may be on or off.

   ```json
   {"alert_id": "$ALERT_ID", "alert_scope": "$ALERT_SCOPE", "alert_cycle_key": "$ALERT_CYCLE_KEY",
    "aggreg_key": "$AGGREG_KEY", "alert_transition": "$ALERT_TRANSITION", "alert_type": "$ALERT_TYPE",
    "alert_priority": "$ALERT_PRIORITY", "event_title": "$EVENT_TITLE", "text_only_msg": "$TEXT_ONLY_MSG",
    "event_id": "$ID", "event_type": "$EVENT_TYPE", "date": "$DATE", "hostname": "$HOSTNAME", "tags": "$TAGS",
    "link": "$LINK", "snapshot": "$SNAPSHOT", "alert_metric": "$ALERT_METRIC", "alert_query": "$ALERT_QUERY",
    "org_id": "$ORG_ID", "org_name": "$ORG_NAME"}
   ```

2. Write `@webhook-alertmap` into the message of each monitor, outside of `{{#is_alert}}` and the like: inside of it no
   recovery is sent.
3. Set the priority of the monitor, P1 to P5; without one an alert is high and a warning medium.
4. Press "Test Notifications" in the monitor.

Answer within 15 seconds: after a status of 500 and above, and where no answer comes, Datadog tries five more times.

An alert is a monitor and the group that it fires for. "Renotify if the monitor has not been resolved" states it again.
Payloads of other names are read, too, whatever their case: `alertId`, `ALERT_ID`, `monitor_id`, `scopes`, `url`. Of one
that a value breaks, such as `$TAGS` without quotes, the texts before that value are read.
Without the scope, the group in the title or the cycle key keeps the groups apart. A key `priority` with `$PRIORITY` is
no level, for it is `normal` or `low` whatever the monitor's priority. With the default payload, where no payload is
entered, the title tells the state, the group and the priority, as in `[P3] [Recovered on {host:web-1}] CPU high`, and
title and organisation are the alert: rename no monitor while it fires, and leave the triggering tags in the titles.

Limits: a variable that is misspelt stays as it is. Where that is the transition, everything fires; where it is the
date, order is lost. An event that is no monitor's, but names the webhook in its text, fires and never ends. What is
muted in Datadog is not sent, nor is the recovery of a monitor that is deleted or edited while it fires.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, NamedTuple

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Identity, Notice, Reading, Reason, Request, Result, Shape, State, Times

# The first ten are those of the documentation; the other recoveries were seen. Null is an event that is no monitor's.
STATES = conventions.states(
    firing="Triggered, Re-Triggered, Renotify, Warn, Re-Warn, No Data, Re-No Data, Alert",
    resolved="Recovered, Resolved, Warn Recovered, No Data Recovered, Alert Recovered, Manually Resolved",
    suppressed="Muted",
    no_state="Null",
) | {"": None}
TRANSITION = wire.state(STATES)

TYPES = {"success": State.RESOLVED, "error": State.FIRING, "warning": State.FIRING}

LEVELS = conventions.levels(critical="P1", high="P2, error", medium="P3, warning", low="P4", info="P5, info")

WARN = {"warn", "rewarn"}
NO_DATA = {"nodata", "renodata"}

PRIORITY = re.compile(r"P[1-5]", re.IGNORECASE)
BRACKET = re.compile(
    r"\s*\[(?:(?P<priority>P[1-5])|(?P<test>TEST)|(?P<word>[A-Za-z][A-Za-z -]{0,30}?)(?: on \{(?P<scope>[^{}]*)\})?)\]"
)

# Variables that have no value for some alerts; those of a misspelt name stay as well.
ABSENT = (
    r"\$(?:ALERT_(?:METRIC|PRIORITY|STATUS)|HOSTNAME|SNAPSHOT|LOGS_SAMPLE|TAGS(?:\[[^\]]*\])?|USER(?:NAME)?|EMAIL"
    r"|(?:INCIDENT|SECURITY|SYNTHETICS)_[A-Z0-9_]+)"
)
PLACEHOLDERS = re.compile(rf"(?P<absent>{ABSENT})|\$[A-Z][A-Z0-9_]*(?:\[[^\]]*\])?")

TITLES = wire.named("event_title", "title", "alert_title")


@wire.model
class Org:
    id: wire.AnyText = ""
    name: wire.Text = ""


@wire.model(loose_keys=True)
class Payload:
    alert_id: Annotated[wire.AnyText, wire.also("monitor_id")] = ""
    alert_scope: Annotated[wire.AnyText | None, wire.also("scope", "scopes")] = None
    alert_cycle_key: Annotated[wire.AnyText, wire.also("cycle_key")] = ""
    aggreg_key: wire.AnyText = ""
    alert_type: wire.Text = ""
    alert_priority: Annotated[wire.Text, wire.also("severity", "priority")] = ""
    title: Annotated[wire.AnyText, TITLES] = ""
    body: Annotated[wire.Text, wire.also("text_only_msg", "event_msg", "event_message", "message", "text")] = ""
    event_id: wire.Text = ""  # `id` may be the event's or the monitor's
    event_type: wire.Text = ""
    date: Annotated[wire.AnyTime, wire.also("date_posix", "last_updated", "last_updated_posix")] = None
    hostname: Annotated[wire.AnyText, wire.also("host")] = ""
    tags: wire.ScalarText = ""
    link: Annotated[wire.Text, wire.also("url", "event_url", "alert_url")] = ""
    snapshot: wire.Text = ""
    alert_metric: Annotated[wire.Text, wire.also("metric")] = ""
    alert_query: Annotated[wire.Text, wire.also("query")] = ""
    alert_status: wire.Text = ""
    org: wire.JsonIn[Org] = Org()
    org_id: wire.AnyText = ""
    org_name: wire.Text = ""


@wire.model(loose_keys=True)
class Monitor(Payload):
    state: Annotated[State | None, TRANSITION, wire.named("alert_transition", "transition")]
    word: Annotated[wire.AnyText, wire.named("alert_transition", "transition")] = ""


@wire.model(loose_keys=True)
class Default(Payload):
    """The default payload, and others that do not have the transition."""

    names_it: Annotated[wire.Json, wire.named(*TITLES.keys, "alert_id", "monitor_id")]  # one of these is needed


class Title(NamedTuple):
    """Title without the brackets that Datadog puts before the name of the monitor, and what they say."""

    name: str
    is_test: bool = False
    priority: str = ""
    word: str = ""
    scope: str | None = None
    """Group for which the monitor fires. None says nothing: a monitor may leave the group out of its titles."""


def split(text: str) -> Title:
    found = Title(text.strip())
    while bracket := BRACKET.match(found.name):
        priority, test, word, scope = bracket.group("priority", "test", "word", "scope")
        # What follows the state is the monitor's own name; only a priority was seen there.
        if (found.priority if priority else found.word) or (word and wire.state_word(word) not in WORDS):
            break
        name = found.name[bracket.end() :].strip()
        if priority:
            found = found._replace(name=name, priority=priority)
        elif test:
            found = found._replace(name=name, is_test=True)
        else:
            found = found._replace(name=name, word=word, scope=scope)
    return found


WORDS = {wire.state_word(word): state for word, state in STATES.items()}


def read(event: Monitor) -> Iterator[Result]:
    return reading(event, event.state, wire.state_word(event.word))


def read_default(event: Default) -> Iterator[Result]:
    return reading(event, None, "")


def read_text(text: str) -> Iterable[Result]:
    """Read a payload whose JSON a value broke, such as tags without quotes."""
    event, problems = wire.read_broken(text, Monitor, placeholders=PLACEHOLDERS)
    found = read(event) if event else problems
    return (evolve(one, problems=problems) if isinstance(one, Reading) else one for one in found)


def reading(event: Payload, sent: State | None, word: str) -> Iterator[Result]:
    title = split(event.title)
    if title.is_test and title.word:
        yield Notice(reason=Reason.TEST)
        return
    word = word if sent else wire.state_word(title.word)
    state = sent or TYPES.get(event.alert_type.strip().casefold()) or WORDS.get(word)
    groups = labels_of(event.alert_scope or title.scope or "")
    labels = groups | labels_of(event.tags)
    yield Reading(
        state=state,
        level=level(event, title, word, state),
        identity=identity(event, title),
        title=title.name,
        message=event.body.replace("%%%", "").strip(),  # the marks of a text in Markdown
        resource=event.hostname or conventions.first(labels, (*conventions.HOSTS, "service")),
        labels=labels
        | wire.pick(event, "event_type", "alert_metric", "alert_query", "alert_status")
        | {"org": event.org.name or event.org_name},
        links={"event": event.link, "snapshot": event.snapshot},
        occurred_at=event.date,
        episode=event.alert_cycle_key or None,
        no_data=state is State.FIRING and bool({word, wire.state_word(title.word)} & NO_DATA),
        resolvable=state is not None,
    )
    yield Notice(delivery_id=event.event_id)


def level(event: Payload, title: Title, word: str, state: State | None) -> str | None:
    """Return the priority of the monitor, else the type of the alert; a recovery is always of the type success."""
    priority = event.alert_priority.strip()
    if PRIORITY.fullmatch(priority) or title.priority:
        return priority if PRIORITY.fullmatch(priority) else title.priority
    if state is State.RESOLVED:
        return None
    return "warning" if word in WARN else event.alert_type


def identity(event: Payload, title: Title) -> list[Identity]:
    monitor = event.alert_id.strip()
    scope = event.alert_scope if event.alert_scope is not None else title.scope
    groups = sorted(group for part in (scope or "").split(",") if (group := part.strip()) not in ("", "*"))
    org = (event.org.id or event.org_id).strip() or None
    return [
        # No group, or `*`: the monitor is not grouped. The groups are in no certain order.
        {"alert_id": monitor, "scope": "" if scope is None else ",".join(groups) or None},
        {"alert_cycle_key": event.alert_cycle_key.strip()},
        {"alert_id": monitor, "aggreg_key": event.aggreg_key.strip()},
        {"alert_id": monitor, "hostname": event.hostname.strip()},
        {"aggreg_key": event.aggreg_key.strip()},
        {"title": title.name, "alert_id": monitor or None, "scope": ",".join(groups) or None, "org": org},
    ]


def labels_of(text: str) -> dict[str, str]:
    """Return the names and values of tags; those without a name are under `tags`."""
    values: dict[str, dict[str, None]] = {}
    for tag in text.split(","):
        name, colon, value = tag.strip().partition(":")
        values.setdefault(name if colon else "tags", {})[value if colon else name] = None
    return {name: ", ".join(sorted(each)) for name, each in values.items()}


def is_monitor(document: Any, _request: Request) -> bool:
    keys = wire.loose_keys(document).keys()
    return "alerttransition" in keys and not keys.isdisjoint(("alertid", "monitorid"))


adapter = Adapter(
    name="datadog",
    title="Datadog",
    shapes=[
        Shape(Monitor, read, marks=is_monitor),
        Shape(Default, read_default, marks={"event_type", "last_updated", "org"}),
        Shape(str, read_text, marks={'"alert_transition"', '"alert_id"'}),
    ],
    levels=LEVELS,
    formats={"json", "form", "text"},
    times=Times.STATED,
    repeats={State.FIRING},
    templates=re.compile(r"\$[A-Z][A-Z0-9_]+(?:\[[^\]]*\])?|\{\{[^{}]*\}\}"),
    placeholders=PLACEHOLDERS,
    retries=True,
    answer_within=15,
    identity_parts={"alert_id", "scope", "alert_cycle_key", "aggreg_key", "hostname", "title", "org"},
)
