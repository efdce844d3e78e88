"""Zendesk: webhooks of its triggers and automations, and event webhooks.

Set up: with a trigger, which chooses the tickets that page:

1. Admin Center, Apps and integrations, Webhooks, Create webhook, "Trigger or automation": request method POST, request
   format JSON, and the endpoint URL below. The signing secret, which the webhook's page has, proves the sender.

   ```text
   https://receiver.example/zendesk
   ```

2. Objects and rules, Triggers, Create trigger. Conditions: ticket "is created", or ticket status "changed", or priority
   "changed", besides those that choose your tickets, such as a group. Leave the status itself out: a ticket that is
   solved must meet them, too.
3. Action "Notify active webhook", with this JSON body. The texts come last, since their quotes may break the JSON.

   ```json
   {"ticket_id": "{{ticket.id}}", "ticket_status": "{{ticket.status}}", "ticket_priority": "{{ticket.priority}}",
    "ticket_url": "{{ticket.link}}", "ticket_type": "{{ticket.ticket_type}}", "ticket_group": "{{ticket.group.name}}",
    "ticket_via": "{{ticket.via}}", "ticket_title": "{{ticket.title}}", "ticket_description": "{{ticket.description}}"}
   ```

Or without a trigger, for all tickets: create the webhook for "Zendesk events", and subscribe to ticket created, status
changed, priority changed, merged, marked as spam, soft deleted, permanently deleted and undeleted. Subscribe to agent
assignment changed only where people take their tickets themselves: each assignment acknowledges.

Answer 200. An alert is a ticket of an account. New, open and pending fire, on hold is acknowledged, solved and closed
end it, and so do deletion, spam, and being merged into another ticket, with the label `reason`. Urgent is critical,
high is high, normal medium, low low. Comments and other changes state the ticket again. The bodies of the guides of
ilert, Squadcast, Zenduty, PagerTree and Zulip are read, too, as JSON or as a form.

Limits: a status is read in English only; other languages fire as unknown. A ticket without a priority has no level. A
trigger's body has no time, so the order of arrival counts. The test button of an event webhook sends a sample that
looks like an alert. Without Zendesk's headers and a URL tickets of two accounts with the same number are one alert.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import (
    Adapter,
    InHeader,
    Notice,
    Problem,
    ProblemCode,
    Reading,
    Reason,
    Request,
    Shape,
    Signature,
    State,
    Times,
)

# Nobody has answered for a pending ticket: it waits for its requester. Archived tickets were closed before.
STATES = conventions.states(
    firing="new, open, reopened, pending",
    acknowledged="hold, on-hold",
    resolved="solved, closed, deleted, archived, scrubbed",
)

# Of the body in PagerTree's guide.
ACTIONS = {"create": State.FIRING, "acknowledge": State.ACKNOWLEDGED, "resolve": State.RESOLVED}

# Events that end a ticket, whatever its status. A merged ticket is the one that went into another.
ENDS = conventions.states(resolved="merged, marked_as_spam, soft_deleted, permanently_deleted")

LEVELS = conventions.levels(critical="urgent", high="high", medium="normal", low="low")

EVENT = re.compile(r"zen:event-type:(?P<domain>[a-z_]{1,64})\.(?P<name>[a-z_]{1,64})")
HOST = re.compile(r"(?:https?://)?([a-z0-9.-]{1,253}\.[a-z]{2,63})(?:[:/?#]|$)")  # also `acme.zendesk.com/agent/…`
RULE = re.compile(r"\A\s*-{10,}\s*")  # before the first comment in a placeholder

ACCOUNT = wire.Header("X-Zendesk-Account-Id")
ID = wire.named("ticket_id", "id")
TITLE = wire.named("ticket_title", "title", "ticket_subject", "subject")
STATUS = wire.named("ticket_status", "status")
URL = wire.named("ticket_url", "link", "url")


@wire.model
class Test:
    """Body that was sent by the test button, with its placeholders. One that has a title or a URL is about a ticket."""

    id: Annotated[None, ID]
    title: Annotated[None, TITLE] = None
    status: Annotated[None, STATUS]
    url: Annotated[None, URL] = None


@wire.model
class Fields:
    """Fields of a body that people write, under the names of several guides."""

    account: Annotated[str | None, ACCOUNT] = None
    id: Annotated[wire.AnyText, ID]
    title: Annotated[wire.Text, TITLE] = ""
    priority: Annotated[wire.Text, wire.named("ticket_priority", "priority")] = ""
    description: Annotated[wire.Text, wire.named("ticket_description", "description", "message", "latest_comment")] = ""
    url: Annotated[wire.Text, URL] = ""
    type: Annotated[wire.Text, wire.named("ticket_type", "type")] = ""
    group: Annotated[wire.Text, wire.named("ticket_group", "group_name")] = ""
    via: Annotated[wire.Text, wire.named("ticket_via", "via")] = ""
    zendesk_event_version: None = None  # it is no event, whose `id` is that of the event


@wire.model
class Ticket(Fields):
    state: Annotated[State | None, wire.state(STATES), STATUS] = None


@wire.model
class Action(Fields):
    """Body of PagerTree's guide. With another event it is a `Ticket`, of which the status decides."""

    event_type: Literal["create", "acknowledge", "resolve"]


@wire.model
class Detail:
    id: wire.AnyText
    status: Annotated[State | None, wire.state(STATES)] = None
    word: Annotated[wire.Text, wire.named("status")] = ""
    subject: wire.Text = ""
    description: wire.Text = ""
    priority: wire.Text = ""
    type: wire.Text = ""
    tags: wire.ScalarText = ""
    via: Annotated[str, wire.inside("channel")] = ""
    assignee_id: wire.Text = ""


@wire.model
class Event:
    account: Annotated[str | None, ACCOUNT] = None
    type: wire.Text = ""
    detail: Detail
    account_id: wire.AnyText = ""
    time: wire.Rfc3339 = None


def read_event(event: Event) -> Reading | None:
    kind = EVENT.fullmatch(event.type)
    if kind and kind["domain"] != "ticket":
        return None  # of a user or an article, with a detail of its own
    ticket, name = event.detail, kind["name"] if kind else ""
    state = ENDS.get(name, ticket.status)
    if name == "agent_assignment_changed" and ticket.assignee_id and STATES.get(ticket.word.lower()) is State.FIRING:
        state = State.ACKNOWLEDGED
    return Reading(
        state=state,
        level=ticket.priority,
        identity=identity(event.account_id or event.account, ticket.id),
        title=ticket.subject,
        message=ticket.description,
        labels={
            **wire.pick(ticket, "type", "tags", "via"),
            "ticket": ticket.id,
            "reason": name if name in ENDS else "",
        },
        occurred_at=event.time,
    )


def read_action(action: Action) -> Reading:
    return reading(action, ACTIONS[action.event_type])


def read_ticket(ticket: Ticket) -> Reading:
    return reading(ticket, ticket.state)


def reading(ticket: Fields, state: State | None) -> Reading:
    url = conventions.address(ticket.url.strip())
    host = HOST.match(url.lower())
    return Reading(
        state=state,
        level=ticket.priority,
        # A body whose JSON is broken is read without the headers, so the URL comes first.
        identity=identity(host[1] if host else ticket.account, ticket.id, url),
        title=ticket.title,
        message=RULE.sub("", ticket.description),
        labels={**wire.pick(ticket, "type", "group", "via"), "ticket": ticket.id},
        links={"ticket": url if "://" in url or not host else f"https://{url}"},
    )


def identity(account: str | None, ticket: str, url: str = "") -> list[dict[str, str | None]]:
    number = ticket.strip()
    # A sandbox has the numbers of its production account, and an account alone would be all tickets.
    return [{"account": (account or "").strip() if number else "", "ticket": number}, {"ticket": number}, {"url": url}]


def read_text(text: str) -> Reading | Iterable[Problem]:
    if '"ticket_' not in text:  # a document of somebody else, as a text of JSON
        return [Problem(ProblemCode.BAD_ELEMENT, "$", "expected a ticket in JSON, got other text")]
    event, problems = wire.read_broken(text, Ticket, last="ticket_description", placeholders=PLACEHOLDERS)
    return problems if event is None else evolve(read_ticket(event), problems=problems)


def is_ticket(document: Any, _request: Request) -> bool:
    keys = set(document)
    return keys >= {"ticket_id", "ticket_title"} or keys >= {"latest_comment", "requester_name"}


HEADERS = {"X-Zendesk-Webhook-Id": ""}
TEMPLATE = r"\{\{[^{}]{1,80}\}\}"
PLACEHOLDERS = re.compile(rf"(?P<absent>\s*+(?:-\s*+)?)|{TEMPLATE}")  # a dash: no priority

adapter = Adapter(
    name="zendesk",
    title="Zendesk",
    shapes=[
        Shape(Event, read_event, marks={"type": "zen:event-type:"}, times=Times.STATED),
        Shape(Test, Notice(reason=Reason.TEST), rank=None),
        Shape(Action, read_action, marks={"ticket_type"}, headers=HEADERS),
        Shape(Ticket, read_ticket, marks=is_ticket, headers=HEADERS),
        Shape(str, read_text, marks={'"ticket_id"', '"ticket_status"', "zendesk.com"}),
    ],
    levels=LEVELS,
    formats={"json", "form", "text"},
    times=Times.NONE,
    repeats={State.FIRING},
    delivery_header="X-Zendesk-Webhook-Invocation-Id",
    templates=re.compile(TEMPLATE),
    placeholders=PLACEHOLDERS,
    retries=True,
    answer_within=12,
    busy=409,  # 429 and 503 are tried again only with a short Retry-After
    signatures=Signature(
        place=InHeader("X-Zendesk-Webhook-Signature"),
        content="{timestamp}{body}",
        encoding="base64",
        timestamp=InHeader("X-Zendesk-Webhook-Signature-Timestamp"),
        unit="iso",
    ),
    identity_parts={"account", "ticket", "url"},
)
