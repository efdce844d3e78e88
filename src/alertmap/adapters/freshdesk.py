"""Freshdesk: the action "Trigger webhook" of its automations.

Set up:

1. Admin, Workflows, Automations, Ticket creation, New rule: the conditions choose the tickets that page, such as a
   priority or a group. Leave the status out. Action "Trigger webhook": request type POST, and the URL

   ```text
   https://receiver.example/freshdesk?token=…
   ```

   Encoding JSON, content Simple: tick ticket ID, subject, description, URL, status, priority, type, tags and group.
2. Under Ticket updates add a second rule with the same conditions and action, when the status or the priority is
   changed: without it nothing ends. Its webhook needs the same fields.

Or content Advanced, with this body. Freshdesk does not escape quotes, so the subject comes last, and the description,
which is HTML, is left out.

```json
{"ticket_id": "{{ticket.id}}", "ticket_status": "{{ticket.status}}", "ticket_priority": "{{ticket.priority}}",
 "ticket_url": "{{ticket.url}}", "ticket_type": "{{ticket.ticket_type}}", "ticket_tags": "{{ticket.tags}}",
 "ticket_group_name": "{{ticket.group.name}}", "triggered_event": "{{triggered_event}}",
 "ticket_subject": "{{ticket.subject}}"}
```

Answer 200. There is no signature: the token in the URL is the proof. An alert is a ticket of a helpdesk. Open and
pending fire, waiting on the customer or on a third party is acknowledged, resolved and closed end it; words and codes
are read. Urgent is critical. Fields of your own are labels: `cf_…`. The test button, which fills in nothing, is
recognised as a test. The template of Zulip's guide and a form are read, too.

Limits: a status of your own, or in another language, fires as unknown. An update that matches several rules may run
only the first of them. There is no time, so the order of arrival counts. A ticket that is deleted, marked as spam or
merged is announced only if its status changes. Without the URL tickets of two helpdesks with the same number are one
alert.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Notice, Problem, Reading, Reason, Request, Shape, State, Times
from alertmap.conventions import freshworks

# Pending waits for the requester; nobody has answered for the ticket. Codes above 7 are statuses of the user's own.
STATES = conventions.states(
    firing="Open, 2, Pending, 3",
    acknowledged="Waiting on Customer, 6, Waiting on Third Party, 7",
    resolved="Resolved, 4, Closed, 5",
)

CHANGE = re.compile(
    r"\bstatus:\{from:[^{},]{0,40},\s*to:\s*([0-9]{1,3})\}"
)  # `{status:{from:2,to:4}}`, which is no JSON


@wire.model
class Ticket(freshworks.Ticket):
    status: Annotated[State | None, wire.state(STATES), freshworks.STATUS] = None
    triggered_event: wire.Text = ""


@wire.model
class Flat(Ticket):
    """Ticket without the wrapper."""

    id: Annotated[wire.AnyText, freshworks.ID]


@wire.model
class Wrapped:
    freshdesk_webhook: Ticket


@wire.model
class Test:
    freshdesk_webhook: freshworks.Test


def read(ticket: Ticket) -> Reading:
    change = CHANGE.search(ticket.triggered_event)
    return freshworks.reading(ticket, ticket.status or (STATES.get(change[1]) if change else None))


def read_wrapped(event: Wrapped) -> Reading:
    return read(event.freshdesk_webhook)


def read_text(text: str) -> Reading | Iterable[Problem]:
    return freshworks.read_text(text, Flat, read)


def is_wrapped(document: Any, _request: Request) -> bool:
    ticket = document["freshdesk_webhook"]
    return bool(ticket) and not freshworks.is_of_freshservice(ticket)


def is_ticket(document: Any, _request: Request) -> bool:
    return set(document) >= {"ticket_id", "ticket_subject"} and not freshworks.is_of_freshservice(document)


adapter = Adapter(
    name="freshdesk",
    title="Freshdesk",
    shapes=[
        Shape(Test, Notice(reason=Reason.TEST)),
        Shape(Wrapped, read_wrapped, marks=is_wrapped),
        Shape(freshworks.Test, Notice(reason=Reason.TEST), rank=None),
        Shape(Flat, read, marks=is_ticket),
        Shape(str, read_text, marks={'"ticket_id"', '"ticket_group_name"', '"triggered_event"'}),
    ],
    levels=freshworks.LEVELS,
    formats={"json", "form", "text"},
    times=Times.NONE,
    templates=freshworks.TEMPLATES,
    placeholders=freshworks.PLACEHOLDERS,
    retries=True,
    identity_parts={"helpdesk", "ticket", "url"},
)
