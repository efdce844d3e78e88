"""Dead Man's Snitch: its integration "Webhooks".

Set up:

1. Open the Integrations of the case, add Webhook, and enter the URL

   ```text
   https://receiver.example/dead_mans_snitch?token=…
   ```

2. Save. From then on each change of each of the case's snitches is posted.

Answer 200 within 30 seconds; a redirect counts as a failure. What fails is posted again. There is no signature.

An alert is a snitch. It fires while the snitch is missing, which is no data, or errored; it is over when the snitch
reports. A snitch that is paused is suppressed. Both levels, `missing` and `errored`, are high. A recovery has the level
of what ended. Dead Man's Snitch posts in no certain order: the time in the body decides.

Whoever knows the token of a snitch can report for it. The key therefore holds a hash of the token.

Limits: each change is posted once, and a snitch that is deleted while it is missing is not announced as healthy: let
incidents of this source expire. A test message is not documented: it may look like an alert.
"""

from typing import Annotated

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Reading, Severity, Shape, State, Times

STATES = conventions.states(
    firing="missing, failed, errored",  # `failed` is the API's word for missing
    suppressed="paused",
    resolved="healthy",
    no_state="pending",  # it has never reported
)

LEVELS = conventions.levels(high="missing, failed, errored")


@wire.model
class Snitch:
    # The type of the event is the same word, or a verb for it: `snitch.missing`, `snitch.reporting`.
    status: Annotated[State | None, wire.state(STATES)]
    word: Annotated[wire.AnyText, wire.named("status")] = ""
    previous_status: wire.Text = ""
    token: wire.AnyText = ""
    name: wire.AnyText = ""
    notes: wire.Text = ""
    tags: wire.ScalarText = ""


@wire.model
class Data:
    snitch: Snitch


@wire.model
class Event:
    data: Data
    timestamp: wire.Rfc3339 = None


def read(event: Event) -> Reading | None:
    snitch = event.data.snitch
    if snitch.status is None:
        return None
    fires = snitch.status is State.FIRING
    was_firing = STATES.get(snitch.previous_status.strip().lower()) is State.FIRING
    return Reading(
        state=snitch.status,
        level=snitch.word if fires else snitch.previous_status if was_firing else None,
        identity=[{"token": snitch.token.strip()}, {"name": snitch.name.strip()}],
        title=snitch.name,
        message=snitch.notes,
        resource=snitch.name,
        labels=wire.pick(snitch, "tags"),
        occurred_at=event.timestamp,
        no_data=fires and wire.state_word(snitch.word) in NO_DATA,
    )


NO_DATA = {"missing", "failed"}

adapter = Adapter(
    name="dead_mans_snitch",
    title="Dead Man's Snitch",
    shapes=[Shape(Event, read, marks={"type": "snitch.", "$.data.snitch.previous_status": ""})],
    levels=LEVELS,
    fallback=Severity.HIGH,  # of another status
    times=Times.STATED,
    retries=True,
    answer_within=30,
    identity_parts={"token", "name"},
)
