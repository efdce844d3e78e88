"""Rollbar: the webhook of a project.

Set up:

1. In the project, under Settings, Notifications, Webhook, enter the URL `https://receiver.example/rollbar?token=…` and
   press Enable Webhook Integration. There is no signature: the token is the proof.
2. Add rules for New Item, Item Reactivated, Item Reopened, Item Resolved and High Occurrence Rate; filter them by level
   or environment as you like, and all of them alike. Leave out Deploy. Keep JSON in each rule: XML is not read.
3. Press Send Test Payload: it gives no alert.

Answer 200, 201, 202 or 204 within three seconds: otherwise Rollbar sends the request up to ten more times, the last
after 16 days. A late retry does no harm: it has the time at which the item became active.

An alert is an item. It fires when it is new, comes back by itself (reactivated) or by hand (reopened), and ends when
somebody resolves it, or a version does. "10^nth Occurrence", "Every Occurrence" and "High Occurrence Rate" state it
again: of an item that is muted such a request suppresses the alert. The level is that of the item, which people may
change; the occurrence has its own.

Limits: muting, assigning and merging an item is not announced. A resolve has no time; the time of receipt counts. There
is no link to the item in older requests.
"""

from typing import Annotated, Literal

from alertmap import wire
from alertmap.adapter import Adapter, Notice, Reading, Reason, Severity, Shape, State, Times

CHANGES = {
    "new_item": State.FIRING,
    "reactivated_item": State.FIRING,
    "reopened_item": State.FIRING,
    "resolved_item": State.RESOLVED,
}
# These may be about an item that is resolved or muted.
UPDATES = dict.fromkeys(("occurrence", "exp_repeat_item", "item_velocity"), State.FIRING)
CHANGE_WORDS, UPDATE_WORDS = set(map(wire.state_word, CHANGES)), set(map(wire.state_word, UPDATES))

STATUSES = {"1": State.FIRING, "2": State.RESOLVED, "3": State.SUPPRESSED}

# The numbers are of items, the words of occurrences.
LEVELS = {
    **dict.fromkeys(("50", "critical"), Severity.CRITICAL),
    **dict.fromkeys(("40", "error"), Severity.HIGH),
    **dict.fromkeys(("30", "warning"), Severity.MEDIUM),
    **dict.fromkeys(("20", "info", "10", "debug"), Severity.INFO),
}

BODY = wire.named("body")


@wire.model
class Occurrence:
    level: wire.Text = ""
    text: Annotated[str, BODY, wire.inside("message", "body")] = ""
    exception: Annotated[str, BODY, wire.inside("trace", "exception", "message")] = ""
    host: Annotated[str, wire.named("server"), wire.inside("host")] = ""
    language: wire.Text = ""
    framework: wire.Text = ""
    timestamp: wire.EpochAny = None


@wire.model
class Item:
    id: wire.AnyText = ""
    project_id: wire.AnyText = ""
    counter: wire.Text = ""  # its number in the project
    status: Annotated[State | None, wire.state(STATUSES)] = None
    level: wire.Text = ""
    title: wire.Text = ""
    environment: wire.Text = ""
    total_occurrences: wire.Number | None = None
    last_activated_timestamp: wire.EpochAny = None  # when it was new, reactivated or reopened
    active_since: Annotated[wire.AnyText, wire.named("last_activated_timestamp")] = ""
    last_occurrence_timestamp: wire.EpochAny = None
    resolved_in_version: wire.Text = ""
    last_occurrence: Occurrence | None = None


@wire.model
class Data:
    item: Item
    occurrence: Occurrence | None = None  # of an event `occurrence`, whose item has no last one
    url: wire.Text = ""


@wire.model
class Event:
    event_name: Annotated[State, wire.state(CHANGES | UPDATES)]
    word: Annotated[wire.AnyText, wire.named("event_name")] = ""
    data: Data


@wire.model
class Test:
    event_name: Literal["test"]


@wire.model
class Deploy:
    event_name: Literal["deploy"]


def read(event: Event) -> Reading:
    item, word, project = event.data.item, wire.state_word(event.word), event.data.item.project_id.strip()
    state = (item.status or event.event_name) if word in UPDATE_WORDS else event.event_name
    last = event.data.occurrence or item.last_occurrence or Occurrence()
    occurred_at = last.timestamp or item.last_occurrence_timestamp
    if word in CHANGE_WORDS:
        # Nothing in a resolve says when: its last occurrence is older than what it ends may be.
        occurred_at = None if state is State.RESOLVED else item.last_activated_timestamp
    return Reading(
        state=state,
        level=item.level or last.level,
        identity=[{"project": project, "item": item.id.strip()}, {"project": project, "counter": item.counter.strip()}],
        title=item.title,
        message=last.text or last.exception,
        resource=last.host,
        labels={
            **wire.pick(item, "environment", "counter", "resolved_in_version"),
            **wire.pick(last, "language", "framework"),
            "event": event.word.strip().lower(),
        },
        links={"item": event.data.url},
        values={} if item.total_occurrences is None else {"occurrences": item.total_occurrences},
        started_at=item.last_activated_timestamp,
        occurred_at=occurred_at,
        episode=item.active_since or None,
        times=None if occurred_at or state is not State.RESOLVED else Times.NONE,
    )


adapter = Adapter(
    name="rollbar",
    title="Rollbar",
    shapes=[
        Shape(Test, Notice(reason=Reason.TEST), marks={"$.data.message": "This is a test payload from Rollbar"}),
        Shape(Deploy, None, marks={"$.data.deploy.project_id"}),
        Shape(Event, read, marks={"$.data.item.counter", "$.data.item.project_id"}),
    ],
    levels=LEVELS,
    times=Times.STATED,
    repeats={State.FIRING},
    identity_parts={"project", "item", "counter"},
    retries=True,
    accepted={200, 201, 202, 204},
    answer_within=3,
)
