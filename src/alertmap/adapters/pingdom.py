"""Pingdom: the webhook that posts changes of state of uptime and transaction checks.

Set up:

1. Under Integrations, Add integration, choose the type Webhook, enter a name and the URL

   ```text
   https://receiver.example/pingdom?token=…
   ```

   and save it as active.
2. In each check, uptime and transaction, tick this integration under "Connect integrations".

Answer 200. There is no signature: the token in the URL is the proof.

An alert is a check. DOWN and FAILING fire, UP and SUCCESS end it; each change is sent once, at once. The importance of
the check is the level: HIGH is high and LOW is medium; where none is sent, as in older messages, the level is `down`,
which is high.

The webhooks of BeepManager, which Pingdom sent until about 2015, are read, too: the query parameter `message` of a GET,
or its JSON as the body.

Limits: only changes between up and down are sent, so a check that is paused or deleted while it is down is never
announced as up: let incidents of this source expire where that happens. A test of the integration looks like an alert.
There is no link to Pingdom, and checks of type HTTP alone have the address that they visit.
"""

from typing import Annotated, Any

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Reading, Request, Severity, Shape, State, Times

# PAUSED is a state of Pingdom's API; its webhooks are documented with the other four.
STATES = conventions.states(firing="DOWN, FAILING", resolved="UP, SUCCESS", suppressed="PAUSED")

# Of the description, and of the action where that is missing.
BEEP_STATES = conventions.states(firing="down, assign, notify_user", resolved="up, notify_of_close")

LEVELS = {
    "HIGH": Severity.HIGH,
    "LOW": Severity.MEDIUM,  # the check is down all the same
    "down": Severity.HIGH,  # ours
}


@wire.model
class Change:
    current_state: Annotated[State, wire.state(STATES)]
    check_id: wire.AnyText = ""
    check_name: wire.Text = ""
    check_type: wire.Text = ""
    hostname: Annotated[str, wire.inside("hostname"), wire.named("check_params")] = ""
    full_url: Annotated[str, wire.inside("full_url"), wire.named("check_params")] = ""
    tags: wire.ScalarText = ""
    importance_level: wire.Text = ""
    state_changed_timestamp: wire.AnyTime = None
    state_changed_utc_time: wire.UtcTime = None
    description: wire.Text = ""
    long_description: wire.Text = ""
    custom_message: wire.Text = ""
    first_probe: Annotated[str, wire.inside("location")] = ""
    second_probe: Annotated[str, wire.inside("location")] = ""  # none on a recovery


@wire.model
class Beep:
    """Notification of BeepManager."""

    state: Annotated[State, wire.state(BEEP_STATES), wire.named("description", "action")]
    check: wire.AnyText
    checkname: wire.Text = ""
    host: wire.Text = ""


@wire.model
class Query:
    message: wire.JsonIn[Beep]


def read(event: Change) -> Reading:
    return Reading(
        state=event.current_state,
        level=event.importance_level or "down",  # that of the check, so a recovery has it as well
        identity=identity(event.check_id, event.check_name, event.hostname),
        title=event.check_name,
        message=conventions.join(event.long_description or event.description, event.custom_message, by="\n"),
        resource=event.hostname,
        labels=wire.pick(event, "check_type", "tags", "first_probe", "second_probe"),
        links={"url": conventions.link(event.full_url)},
        occurred_at=event.state_changed_timestamp or event.state_changed_utc_time,
    )


def read_beep(event: Beep) -> Reading:
    return Reading(
        state=event.state,
        level="down",
        identity=identity(event.check, event.checkname, event.host),
        title=event.checkname,
        resource=event.host,
    )


def read_query(event: Query) -> Reading:
    return read_beep(event.message)


def identity(check: str, name: str, host: str) -> list[dict[str, str | None]]:
    return [{"check_id": check.strip()}, {"check_name": name.strip(), "hostname": host.strip() or None}]


def is_beep(document: Any, _request: Request) -> bool:
    return '"incidentid"' in str(document["message"])


adapter = Adapter(
    name="pingdom",
    title="Pingdom",
    shapes=[
        Shape(Change, read, marks={"check_type", "previous_state"}),
        Shape(Beep, read_beep, marks={"checkname", "incidentid"}, times=Times.NONE),
        Shape(Query, read_query, marks=is_beep, times=Times.NONE),
    ],
    levels=LEVELS,
    formats={"json", "query"},
    times=Times.STATED,  # each change is sent once, at once: a change to down that comes after its end is old
    identity_parts={"check_id", "check_name", "hostname"},
)
