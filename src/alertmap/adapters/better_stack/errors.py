"""Outgoing webhooks of Errors.

Source: the vendor's page "Outgoing webhooks" of Errors, which prints the first event and names the others.
"""

from typing import Annotated, Literal

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State, Times

STATES = conventions.states(
    firing="new_error, threshold, spike, reoccurred, unresolved", resolved="resolved", suppressed="ignored"
)


@wire.model
class Attributes:
    event: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.Text, wire.named("event")] = ""
    application_id: wire.AnyText = ""
    application_name: wire.Text = ""
    error_type: wire.Text = ""
    error_message: wire.Text = ""
    error_url: wire.Text = ""
    call_site_function: wire.Text = ""


@wire.model
class Data:
    type: Literal["error"]
    id: wire.AnyText
    attributes: Attributes


@wire.model
class Error:
    data: Data


def read(event: Error) -> Reading:
    facts = event.data.attributes
    return Reading(
        state=facts.event,
        level="error",
        # The link names the application beside the id, which a second application might have as well.
        identity={"error": event.data.id.strip(), "application": facts.application_id.strip()},
        title=facts.error_type or facts.error_message,
        message=facts.error_message,
        resource=facts.application_name,
        labels={"event": facts.word, "call_site_function": facts.call_site_function},
        links={"error": facts.error_url},
    )


SHAPES = [Shape(Error, read, marks={"$.data.attributes.application_id"}, times=Times.NONE)]
