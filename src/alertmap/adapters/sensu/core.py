"""Sensu Core 1.x, the predecessor of Sensu Go: the event of a client's check."""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State
from alertmap.adapters.sensu import results

# A check that flaps stays an event of the server, also while it passes: a `resolve` follows.
STATES = {"create": State.FIRING, "flapping": State.FIRING, "resolve": State.RESOLVED}


@wire.model
class Client:
    name: wire.AnyText = ""
    address: wire.Text = ""


@wire.model
class Check:
    name: wire.NonBlank
    status: wire.AnyText = ""
    type: wire.Text = ""
    output: wire.Text = ""
    history: list[wire.AnyText] = Factory(list)  # texts, the last 21 statuses
    executed: wire.EpochSeconds = None
    runbook: wire.Text = ""  # a custom attribute


@wire.model
class Event:
    client: Client
    check: Check
    action: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.AnyText, wire.named("action")] = ""
    timestamp: wire.EpochSeconds = None
    silenced: bool = False


def read(event: Event) -> Reading | None:
    client, check, is_over = event.client, event.check, event.action is State.RESOLVED
    # Each result of a metric check is sent to its handlers, as a `create` that nothing ends.
    if check.type == "metric" and check.status == "0" and event.word == "create":
        return None
    # An action that is unknown fires, silenced or not.
    is_muted = not is_over and event.word in STATES and event.silenced
    failed = next((status for status in (check.status, *reversed(check.history)) if status != "0"), None)
    return Reading(
        state=State.SUPPRESSED if is_muted else event.action,
        level=None if failed is None else results.level(failed),
        identity={"client": client.name, "check": check.name},
        title=conventions.join(client.name, check.name, by="/"),
        message=check.output.strip(),
        resource=client.name,
        labels={"address": client.address},
        links={"runbook": check.runbook},
        occurred_at=event.timestamp or check.executed,
        no_data=not is_over and results.is_silence(check.output),
        resolvable=check.name not in results.WITHOUT_RECOVERY,
    )


SHAPES = [Shape(Event, read, marks={"$.check.history"})]
