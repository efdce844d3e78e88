"""HTTP alert source: events that tools post in incident.io's place.

Sources: the vendor's page "Custom HTTP sources", and requests captured from Gatus 5.36.0 and from Flux.
"""

import json
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Batch, Rank, Reading, Reply, Shape, State, Times

STATES = conventions.states(firing="firing", resolved="resolved")


@wire.model
class Event:
    title: wire.AnyText
    status: Annotated[State, wire.state(STATES)]
    deduplication_key: wire.AnyText = ""
    description: wire.Text = ""
    source_url: wire.Text = ""
    metadata: wire.Texts = Factory(dict)


def read(event: Event) -> Reading:
    key = event.deduplication_key.strip()
    is_over = event.status is State.RESOLVED
    return Reading(
        state=event.status,
        level=None if is_over else conventions.level(event.metadata) or "unset",  # Flux sends the level of the recovery
        identity=[{"deduplication_key": key}, {"title": event.title.strip()}],
        title=event.title,
        message=event.description,
        resource=conventions.host(event.metadata),
        labels=event.metadata,
        links={"source": event.source_url},
        resolvable=bool(key),
    )


def answer(batch: Batch) -> Reply:
    """Return the answer of the HTTP alert source to an event of a tool; webhooks are content with any status 2xx."""
    keys = [alert.identity["deduplication_key"] for alert in batch if "deduplication_key" in alert.identity]
    if not keys:
        return Reply()
    text = json.dumps({"status": "success", "message": "Event accepted", "deduplication_key": keys[0]})
    return Reply(status=202, body=text)


SHAPES = [Shape(Event, read, marks={"deduplication_key"}, rank=Rank.WEAK, times=Times.NONE)]
