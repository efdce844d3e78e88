"""Moira, its webhook sender.

Set up:

1. In `notifier.yml` add this sender, without `body`, in which an event cannot be written. Before 2.11 it has
   `type: webhook` and `name: receiver` in the place of its first two lines.

   ```yaml
   notifier:
     senders:
       - sender_type: webhook
         contact_type: receiver
         url: "https://receiver.example/moira?token=…"
   ```

2. Name the type in `api.yml`, too, so that it can be chosen:

   ```yaml
   web:
     contacts_template:
       - type: receiver
         label: Receiver
   ```

3. In Moira's pages add a contact of this type, with any value, and a subscription that has it, for the tags of your
   triggers.
4. Press the button for a test notification.

Answer any status from 200 to 299: after another one Moira sends the same body again, a minute later by default.

Each metric of a trigger is an alert of its own, and the trigger itself is one more. The level is the
state: `ERROR` critical, `EXCEPTION` (the trigger cannot be checked) and `NODATA` high, `WARN` medium. All but `WARN`
are sent again once a day while they last.

Limits: a new trigger or metric is first announced as recovered. Nothing is sent of what recovers while the trigger is
in maintenance or outside of its schedule, until that ends. A trigger that changes often is throttled: its events come
together, up to an hour late, with the label `throttled`. The alarm about Moira itself, "Moira health check", is sent
once, and its end mostly is not: let incidents of this source expire after more than a day.
"""

from collections.abc import Iterator
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Identity, Reading, Result, Shape, State, Times
from alertmap.conventions import alertmanager
from alertmap.paths import JsonPath

STATES = conventions.states(firing="WARN, ERROR, NODATA, EXCEPTION", resolved="OK", no_state="TEST")

LEVELS = conventions.levels(critical="ERROR", high="EXCEPTION, NODATA", medium="WARN")

HEALTH_CHECK = "Moira health check"  # of Moira itself: it has no id, and its metric is a sentence that changes


@wire.model
class Trigger:
    id: wire.AnyText = ""
    name: wire.AnyText = ""
    description: wire.Text = ""
    tags: list[wire.Text] = Factory(list)


@wire.model
class Event:
    state: Annotated[State | None, wire.state(STATES)]
    word: Annotated[wire.Text, wire.named("state")] = ""
    old_state: wire.Text = ""
    metric: wire.AnyText = ""  # the trigger's name in an event of the trigger itself
    trigger_event: bool = False
    values: dict[str, wire.Number] = Factory(dict)  # null without data
    value: wire.Number | None = None  # before 2.6.2
    timestamp: wire.EpochSeconds = None


@wire.model
class Webhook:
    trigger: Trigger
    events: wire.Items[Event]
    throttled: bool = False


def read(webhook: Webhook) -> Iterator[Result]:
    return conventions.group(
        webhook.events,
        lambda where, event: reading(where, event, webhook),
        is_test=lambda event: event.state is None,
        path="$.events",
    )


def reading(where: JsonPath, event: Event, webhook: Webhook) -> Reading:
    trigger = webhook.trigger
    metric = "" if event.trigger_event else event.metric
    ended = event.old_state if wire.loosen(event.old_state) in BAD else None
    return Reading(
        state=event.state,
        level=ended if event.state is State.RESOLVED else event.word,
        identity=identities(trigger, event),
        title=conventions.join(trigger.name, metric),
        message=trigger.description,
        labels={"metric": metric, "tags": ", ".join(trigger.tags), "throttled": "true" if webhook.throttled else ""},
        values=event.values if event.value is None else {"value": event.value},
        occurred_at=event.timestamp,
        no_data=wire.state_word(event.word) == "nodata",
        path=where,
    )


BAD = {wire.loosen(level) for level in LEVELS}


def identities(trigger: Trigger, event: Event) -> list[Identity]:
    if trigger.name == HEALTH_CHECK and not trigger.id:
        return [{"name": trigger.name}]
    metric = None if event.trigger_event else event.metric
    return [{"trigger": trigger.id, "metric": metric}, {"name": trigger.name, "metric": metric}]


adapter = Adapter(
    name="moira",
    title="Moira",
    shapes=[Shape(Webhook, read, marks={"contact", "throttled", "$.trigger.tags"})],
    levels=LEVELS,
    times=Times.STATED,
    repeats={State.FIRING},
    templates=alertmanager.TEMPLATES,
    retries=True,
)
