"""Alert API, versions 2 and 1, as tools post to it. The path says what a request does, and mostly to which alert.

Sources: the vendor's page "Alert API"; captured senders: Alertmanager, Gatus, Grafana, Healthchecks, Kapacitor, Uptime
Kuma and others.
"""

import json
from typing import Annotated, Any
from urllib.parse import unquote
from uuid import NAMESPACE_URL, uuid5

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Batch, Identity, Rank, Reading, Reply, Request, Shape, State, Times

ACTIONS: dict[str, State | None] = {
    "acknowledge": State.ACKNOWLEDGED,
    "unacknowledge": State.FIRING,
    "close": State.RESOLVED,
    "snooze": State.SUPPRESSED,
    "priority": State.FIRING,
    **dict.fromkeys(("note", "notes", "tags", "details", "message", "description", "attachments", "actions")),
    **dict.fromkeys(("assign", "owner", "team", "teams", "responders", "recipient", "recipients", "escalate")),
}
"""Last parts of the paths in both versions. Those without a state change no alert."""

NAMES = {"alias": "alias", "tiny": "tinyId"}
"""Part of the identity by `identifierType`; without one an identifier is an id."""


@wire.model
class Call:
    path: Annotated[str, wire.RequestPath()] = ""
    method: Annotated[str, wire.RequestMethod()] = ""
    identifierType: Annotated[str | None, wire.Query("identifierType")] = None
    alias: wire.AnyText = ""  # Alertmanager 0.5 sends an integer
    id: wire.AnyText = ""  # of version 1
    message: wire.Text = ""
    description: wire.Text = ""
    entity: wire.Text = ""
    source: wire.Text = ""
    note: wire.Text = ""
    priority: wire.Text = ""
    tags: list[wire.Text] = Factory(list)
    details: wire.Texts = Factory(dict)
    apiKey: wire.Discarded = None  # of version 1


def read(call: Call) -> Reading | None:
    action, identifier = target(call.path, call.method, call.identifierType)
    if not action:
        return created(call)
    state = State.RESOLVED if action == "delete" else ACTIONS[action]
    if state is None:
        return None
    given: Identity = {NAMES.get(call.identifierType or "", "id"): identifier}
    return Reading(
        state=state,
        level=level(call.priority) if action == "priority" else None,
        # Version 1 has the identifier in the body.
        identity=given if identifier else [{"alias": call.alias}, {"id": call.id}],
        message=call.note,
        labels={"source": call.source},
    )


def created(call: Call) -> Reading:
    texts = {"entity": call.entity or None, "message": call.message, "source": call.source or None}
    return Reading(
        state=State.FIRING,
        level=level(call.priority) or "P3",
        identity=[{"alias": call.alias}, texts],
        title=call.message,
        message=call.description,
        resource=call.entity or conventions.host(call.details),
        labels={**tag_labels(call.tags), **call.details, "source": call.source},
        resolvable=bool(call.alias.strip()),
    )


def target(path: str, method: str, identifier_type: str | None) -> tuple[str, str]:
    """Return the action that a path names and the identifier of its alert; blank texts where it names none.

    A framework that decodes paths leaves `/` in an identifier.
    """
    base, _, action = path.rstrip("/").rpartition("/")
    rest = path.rstrip("/").rpartition("/alerts/")[2] if "/alerts/" in path else ""
    if rest:
        identifier, _, action = rest.rpartition("/")
        if identifier.endswith(("/actions", "/attachments")) or identifier == "saved-searches":
            return "actions", ""
        if identifier and action in ACTIONS:
            return action, unquote(identifier)  # a DELETE removes tags or details
        return ("delete", unquote(rest)) if method == "DELETE" else ("", "")
    if action not in ACTIONS:
        return "", ""
    parent = base.rpartition("/")[2]
    if identifier_type is not None:
        return action, unquote(parent)  # the URL of the tool does not end in `/alerts`
    return (action, "") if parent == "alert" else ("", "")  # version 1


def level(priority: str) -> str:
    """Return the priority as `P1` to `P5`; webhooks also have it as a number."""
    priority = priority.strip()
    return f"P{priority}" if priority.isdecimal() else priority


def tag_labels(tags: list[str]) -> dict[str, str]:
    """Return tags such as `env:prod` as labels, and the others as one."""
    pairs = [tag.partition(":") for tag in tags]
    named = {name.strip(): value.strip() for name, colon, value in pairs if colon and name.strip()}
    return {**wire.without_secrets(named), "tags": ", ".join(name for name, colon, _ in pairs if not colon)}


def answer(batch: Batch) -> Reply:
    """Return the answer that clients of the alert API expect; webhooks are content with any 2xx.

    The id of the request is made of its alert, so that a retry gets the same.
    """
    made = uuid5(NAMESPACE_URL, json.dumps([batch.source, *(alert.dedup_key for alert in batch)]))
    if isinstance(batch.raw, dict) and "apiKey" in batch.raw:
        return Reply(body=json.dumps({"status": "successful", "code": 200, "alertId": str(made)}))
    return Reply(
        status=202,
        body=json.dumps({"result": "Request will be processed", "took": 0.0, "requestId": str(made)}),
    )


def marks(document: Any, request: Request) -> bool | Rank:
    path = request.path.rstrip("/")
    is_create = path.endswith(("/v2/alerts", "/v1/json/alert")) and not path.endswith("/api/v2/alerts")
    if is_create or target(path, request.method, request.query.get("identifierType"))[0]:
        return True
    # A webhook of another vendor may have any header, and many have a message.
    has_key = (request.header("Authorization") or "").startswith("GenieKey ")
    is_alert = "message" in document and not document.keys().isdisjoint({"alias", "responders", "visibleTo", "apiKey"})
    return Rank.WEAK if has_key or is_alert else False


SHAPES = [Shape(Call, read, marks=marks, times=Times.NONE)]
