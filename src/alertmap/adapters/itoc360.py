"""ITOC360: what its own SDKs and its n8n node post to its event API.

Set up:

1. Point the SDK's or the node's base URL at the receiver instead:

   ```text
   https://receiver.example/itoc360
   ```

2. Send a trigger and its resolve; the resolve of the n8n node must repeat `title`, `host` and `source` exactly.

The SDKs' alert call writes Alertmanager's form, with the caller's own fingerprint as the identity; the n8n node writes
`event_type`, `title`, `host` and `severity`. The five keys `id`, `title`, `status`, `severity`, `message` of the GitHub
Action are Zapier's contract: use `zapier` for them.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Reading, Request, Result, Shape, State, Times
from alertmap.conventions import alertmanager
from alertmap.conventions.alertmanager import Item
from alertmap.paths import JsonPath

STATES = {"alert": State.FIRING, "resolve": State.RESOLVED}

LEVELS = conventions.LEVELS


@wire.model
class Webhook:
    alerts: wire.Items[Item]
    groupKey: wire.Text = ""
    truncatedAlerts: wire.Number = 0


@wire.model
class N8n:
    event_type: Annotated[State, wire.state(STATES)]
    title: wire.AnyText = ""
    host: wire.AnyText = ""
    severity: wire.Text = ""
    message: wire.Text = ""
    source: wire.AnyText = ""
    timestamp: wire.Rfc3339 = None


def read(event: Webhook) -> Iterator[Result]:
    return alertmanager.group(
        event.alerts, read_sdk, is_test=alertmanager.is_test, group_key=event.groupKey, truncated=event.truncatedAlerts
    )


def read_sdk(where: JsonPath, item: Item) -> Reading:
    visible = alertmanager.visible_labels(item)
    # The fingerprint is free text of the caller, no hash of the labels.
    parts = [{"fingerprint": item.fingerprint}, *alertmanager.identity(item, visible, conventions.LEVELS_IN)]
    # The SDKs remember nothing: a resolve has a start of its own, which is no episode.
    return alertmanager.reading(where, item, visible, parts, links={}, is_episode=False)


def read_n8n(event: N8n) -> Reading:
    return Reading(
        state=event.event_type,
        level=event.severity,
        identity={"host": event.host, "title": event.title, "source": event.source or None},
        title=event.title,
        message=event.message,
        resource=event.host,
        labels={"source": event.source},
        started_at=None if event.event_type is State.RESOLVED else event.timestamp,
        occurred_at=event.timestamp,
    )


def webhook_marks(document: Any, request: Request) -> bool:
    return alertmanager.is_from_itoc360(document, request)


def n8n_marks(document: Any, _request: Request) -> bool:
    # Salesforce's and SolarWinds' templates have an event_type as well, in capitals.
    return document.keys() >= {"title", "host", "severity"} and document["event_type"] in STATES


adapter = Adapter(
    name="itoc360",
    title="ITOC360",
    shapes=[Shape(Webhook, read, marks=webhook_marks), Shape(N8n, read_n8n, marks=n8n_marks, times=Times.STATED)],
    levels=LEVELS,
    templates=alertmanager.TEMPLATES,
)
