"""Tickets as the automations of Freshdesk and Freshservice post them: the fields that are ticked, or a template."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, TypeVar

from attrs import evolve

from alertmap import wire
from alertmap.adapter import Problem, ProblemCode, Reading, State
from alertmap.conventions.markup import plain_text
from alertmap.conventions.words import address, levels

T = TypeVar("T")

LEVELS = levels(critical="Urgent, 4", high="High, 3", medium="Medium, 2", low="Low, 1")
"""Priorities: a word or its code, even for one ticket."""

TEMPLATE = r"\{\{[^{}]{1,80}\}\}"

TEMPLATES = re.compile(TEMPLATE)

PLACEHOLDERS = re.compile(rf"\s*|{TEMPLATE}")
"""Texts that count as not sent: the test button fills in nothing."""

ID = wire.named("ticket_id", "id")
SUBJECT = wire.named("ticket_subject", "subject", "title")
STATUS = wire.named("ticket_status", "status")
URL = wire.named("ticket_url", "ticket_portal_url", "ticket_public_url", "url")

_WRAPPER = re.compile(r'\A\s*\{\s*"fresh(?:desk|service)_webhook"\s*:')
_HOST = re.compile(r"https?://([a-z0-9.-]{1,253})(?:[:/?#]|$)")

_OF_FRESHSERVICE = {
    *("ticket_department_name", "associated_asset_names", "approval_url", "approval_portal_url"),
    *("ticket_urgency", "ticket_impact"),
}
_NUMBER = re.compile(r"(?:INC|SR|PRB|CHN)-[0-9]{1,18}")


@wire.model
class Test:
    """Body of the test button: nothing is filled in."""

    id: Annotated[None, ID]
    subject: Annotated[None, SUBJECT] = None
    status: Annotated[None, STATUS] = None
    url: Annotated[None, URL] = None


@wire.model
class Ticket:
    """Fields of a ticket; the model of a product adds its status. Where users tick no number, the URL identifies it."""

    id: Annotated[wire.AnyText, ID] = ""
    subject: Annotated[wire.Text, SUBJECT] = ""
    description: Annotated[wire.Text, wire.named("ticket_description", "description")] = ""
    priority: Annotated[wire.Text, wire.named("ticket_priority", "priority")] = ""
    url: Annotated[wire.Text, URL] = ""
    type: Annotated[wire.Text, wire.named("ticket_type", "ticket_category")] = ""
    source: Annotated[wire.Text, wire.named("ticket_source")] = ""
    tags: Annotated[wire.ScalarText, wire.named("ticket_tags")] = ""
    group: Annotated[wire.Text, wire.named("ticket_group_name")] = ""
    rest: wire.Rest


def reading(
    ticket: Ticket, state: State | None, *, resource: str = "", labels: Mapping[str, str] | None = None
) -> Reading:
    """Read a ticket in this state. Two helpdesks may have the same number, and two kinds of tickets, too."""
    host = host_of(ticket.url)
    number = ticket.id.strip()
    own = ((key, wire.scalar_text(value)) for key, value in ticket.rest.items() if key.startswith("ticket_cf_"))
    return Reading(
        state=state,
        level=ticket.priority,
        identity=[{"helpdesk": host, "ticket": number}, {"ticket": number}, {"url": address(ticket.url.strip())}],
        title=ticket.subject,
        message=plain_text(ticket.description),
        resource=resource,
        labels={
            **{key.removeprefix("ticket_"): text for key, text in own if text},
            **wire.pick(ticket, "type", "source", "tags", "group"),
            "ticket": number,
            **(labels or {}),
        },
        links={"ticket": ticket.url},
    )


def read_text(text: str, model: type[T], read: Callable[[T], Reading]) -> Reading | Iterable[Problem]:
    """Read a body whose JSON a quote in the subject broke: the subject is its last value."""
    if '"ticket_' not in text:  # a document of somebody else, as a text of JSON
        return [Problem(ProblemCode.BAD_ELEMENT, "$", "expected a ticket in JSON, got other text")]
    inner = _WRAPPER.sub("", text, count=1)
    ticket, problems = wire.read_broken(inner, model, last="ticket_subject", placeholders=PLACEHOLDERS)
    return problems if ticket is None else evolve(read(ticket), problems=problems)


def host_of(url: str) -> str:
    """Return the host of a URL, "" where there is none."""
    found = _HOST.match(address(url.strip().lower()))
    return found[1] if found else ""


def is_of_freshservice(ticket: Mapping[str, Any]) -> bool:
    """Return whether a ticket is of Freshservice, which sends some fields more than Freshdesk."""
    if not _OF_FRESHSERVICE.isdisjoint(ticket):
        return True
    number, url = (wire.scalar_text(ticket.get(key)) or "" for key in ("ticket_id", "ticket_url"))
    return _NUMBER.fullmatch(number) is not None or host_of(url).endswith(".freshservice.com")
