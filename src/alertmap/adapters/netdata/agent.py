"""Variables of the agent's notification script, as a `custom_sender` of the user posts them, or its Opsgenie method."""

from datetime import timedelta
from typing import Annotated

from alertmap import conventions, wire
from alertmap.adapter import Notice, Reading, Reason, Shape, State, Times

STATES = conventions.states(
    firing="critical, warning",
    resolved="clear, removed",  # removed: the chart is gone
    no_state="undefined, uninitialized",  # kept by the agent: "internal statuses" of health_notifications.c
)

RAISED = ("critical", "warning")
TEST = ("test.chart", "test_alarm", "1")  # of `alarm-notify.sh test`
LONGEST = 10**9  # seconds


@wire.model
class Alarm:
    status: Annotated[State | None, wire.state(STATES)]
    chart: wire.AnyText
    name: wire.AnyText
    host: wire.AnyText = ""
    word: Annotated[wire.Text, wire.named("status")] = ""
    old_status: wire.Text = ""
    when: wire.EpochAny = None
    non_clear_duration: wire.Text = ""  # seconds
    value: wire.Text = ""  # rounded to an integer, or `nan`
    value_string: wire.Text = ""  # with the units; blank for `nan`
    units: wire.Text = ""
    info: wire.Text = ""
    alarm: wire.Text = ""
    context: wire.Text = ""
    family: wire.Text = ""
    classification: wire.Text = ""
    component: wire.Text = ""
    type: wire.Text = ""
    roles: wire.Text = ""
    unique_id: wire.Text = ""  # of the notification
    goto_url: wire.Text = ""


def read(event: Alarm) -> Reading | Notice | None:
    if (event.chart, event.name, event.unique_id) == TEST:
        return Notice(reason=Reason.TEST)
    if event.status is None:
        return None
    return Reading(
        state=event.status,
        level=ended(event.old_status) if event.status is State.RESOLVED else event.word,
        # An alarm_id is another one once the alarm was made anew.
        identity={"host": event.host, "chart": event.chart, "alert": event.name},
        title=event.alarm or event.name,
        message=event.info,
        resource=event.host,
        labels=wire.pick(event, "chart", "context", "family", "component", "type", "roles")
        | {"alert": event.name, "class": event.classification},
        links={"alert": event.goto_url},
        values={event.name: wire.number_in(event.value_string.removesuffix(event.units).strip() or event.value)},
        started_at=wire.before(event.when, raised_for(event.non_clear_duration)),
        occurred_at=event.when,
    )


def ended(status: str) -> str | None:
    """Return the level of what ended; a status that is no level has none."""
    return status if status.strip().casefold() in RAISED else None


def raised_for(seconds: str) -> timedelta | None:
    count = wire.number_in(seconds)
    return timedelta(seconds=count) if isinstance(count, int) and abs(count) < LONGEST else None


# A repeated notification has the time at which it was made.
SHAPES = [Shape(Alarm, read, marks={"unique_id", "old_status"}, times=Times.STATED)]
