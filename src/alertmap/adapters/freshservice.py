"""Freshservice: the action "Trigger webhook" of its Workflow Automator.

Set up:

1. Admin, Workflow Automator, New automator, Ticket: event "Ticket is raised", conditions that choose the tickets that
   page, but not their status, and the action "Trigger webhook": request type POST, and the callback URL

   ```text
   https://receiver.example/freshservice?token=…
   ```

   Encoding JSON, content Simple: tick ticket ID, subject, description, URL, status, priority, department, category,
   group, source, tags and associated assets.
2. Add a second automator with the same conditions and action, for the event that status or priority is updated:
   without it nothing ends. Its webhook needs the same fields.

Or content Advanced, with this body. Freshservice does not escape quotes, so the subject comes last, and the
description, which is HTML, is left out.

```json
{"ticket_id": "{{ticket.id}}", "ticket_status": "{{ticket.status}}", "ticket_priority": "{{ticket.priority}}",
 "ticket_url": "{{ticket.url}}", "ticket_department_name": "{{ticket.department.name}}",
 "ticket_category": "{{ticket.category}}", "ticket_group_name": "{{ticket.group.name}}",
 "ticket_subject": "{{ticket.subject}}"}
```

Answer 200. There is no signature: the token in the URL is the proof. An alert is a ticket of a service desk: `INC-17`
and `SR-17` are two. Open and pending fire, resolved and closed end it; words and codes are read. Urgent is critical.
The resource is the first of the associated assets, else the department. The test button, which fills in nothing, is
recognised as a test. A form is read, too.

Limits: a status of your own, or in another language, fires as unknown. There is no time, so the order of arrival
counts. Problems and changes have other fields and are not read. Without the URL tickets of two service desks with the
same number are one alert.
"""

from collections.abc import Iterable
from typing import Annotated, Any

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Notice, Problem, Reading, Reason, Request, Shape, State, Times
from alertmap.conventions import freshworks

# Pending waits for the requester; nobody has answered for the ticket. Codes above 5 are statuses of the user's own.
STATES = conventions.states(firing="Open, 2, Pending, 3", resolved="Resolved, 4, Closed, 5")

WRAPPER = wire.named("freshservice_webhook", "freshdesk_webhook")  # the product was made of Freshdesk


@wire.model
class Ticket(freshworks.Ticket):
    status: Annotated[State | None, wire.state(STATES), freshworks.STATUS] = None
    associated_asset_names: wire.ScalarText = ""
    ticket_department_name: wire.Text = ""
    ticket_urgency: wire.Text = ""
    ticket_impact: wire.Text = ""


@wire.model
class Flat(Ticket):
    """Ticket without the wrapper."""

    id: Annotated[wire.AnyText, freshworks.ID]


@wire.model
class Wrapped:
    ticket: Annotated[Ticket, WRAPPER]


@wire.model
class Test:
    ticket: Annotated[freshworks.Test, WRAPPER]


def read(ticket: Ticket) -> Reading:
    return freshworks.reading(
        ticket,
        ticket.status,
        resource=ticket.associated_asset_names.partition(",")[0].strip() or ticket.ticket_department_name,
        labels={
            "assets": ticket.associated_asset_names,
            "department": ticket.ticket_department_name,
            "urgency": ticket.ticket_urgency,
            "impact": ticket.ticket_impact,
        },
    )


def read_wrapped(event: Wrapped) -> Reading:
    return read(event.ticket)


def read_text(text: str) -> Reading | Iterable[Problem]:
    return freshworks.read_text(text, Flat, read)


def is_wrapped(document: Any, _request: Request) -> bool:
    ticket = document.get("freshdesk_webhook")
    return "freshservice_webhook" in document or (type(ticket) is dict and freshworks.is_of_freshservice(ticket))


def is_ticket(document: Any, _request: Request) -> bool:
    return freshworks.is_of_freshservice(document)


adapter = Adapter(
    name="freshservice",
    title="Freshservice",
    shapes=[
        Shape(Test, Notice(reason=Reason.TEST), marks={"freshservice_webhook"}),
        Shape(Wrapped, read_wrapped, marks=is_wrapped),
        Shape(freshworks.Test, Notice(reason=Reason.TEST), rank=None),
        Shape(Flat, read, marks=is_ticket),
        Shape(str, read_text, marks={'"ticket_id"', '"ticket_department_name"'}),
    ],
    levels=freshworks.LEVELS,
    formats={"json", "form", "text"},
    times=Times.NONE,
    reads_also={"freshdesk"},  # a ticket with a bare number and a host of the user's own looks the same
    templates=freshworks.TEMPLATES,
    placeholders=freshworks.PLACEHOLDERS,
    identity_parts={"helpdesk", "ticket", "url"},
)
