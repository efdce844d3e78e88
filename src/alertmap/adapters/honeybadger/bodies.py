"""Fields that all bodies share, and the names of events as levels."""

from typing import Annotated

from alertmap import conventions, wire
from alertmap.adapter import State

CERTIFICATE = "cert_will_expire"

# The events that fire; there are no levels.
LEVELS = conventions.levels(
    high="occurred, rate_exceeded, unresolved, down, check_in_missing, alarm_alert, volume_spike", low=CERTIFICATE
)

HEADERS = {"Honeybadger-Token": ""}


@wire.model
class Project:
    id: wire.AnyText = ""
    name: wire.Text = ""


@wire.model
class Body:
    message: wire.Text = ""
    project: Project = Project()
    word: Annotated[wire.AnyText, wire.named("event")] = ""


def level(event: Body, state: State) -> str | None:
    return None if state is State.RESOLVED else event.word
