"""Conventions of Freshdesk and Freshservice: hosts, and which of the two a ticket is of."""

import pytest

from alertmap.conventions import freshworks


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://acme.freshdesk.com/a/tickets/1", "acme.freshdesk.com"),
        (" HTTPS://Acme.Freshdesk.com ", "acme.freshdesk.com"),
        ("https://acme.freshdesk.com:443/", "acme.freshdesk.com"),
        ("https://ann:secret@acme.freshdesk.com/", "acme.freshdesk.com"),
        ("acme.freshdesk.com/1", ""),
        ("", ""),
    ],
)
def test_the_host_of_a_helpdesk(url: str, host: str) -> None:
    """Case and port do not count."""
    assert freshworks.host_of(url) == host


@pytest.mark.parametrize(
    ("ticket", "is_of_freshservice"),
    [
        ({"ticket_id": "INC-17"}, True),
        ({"ticket_id": 17, "ticket_url": "https://acme.freshservice.com/helpdesk/tickets/17"}, True),
        ({"ticket_id": 17, "ticket_urgency": "High"}, True),
        ({"ticket_id": 17, "ticket_url": "https://acme.freshdesk.com/a/tickets/17"}, False),
        ({"ticket_id": ["INC-17"], "ticket_url": None}, False),
    ],
)
def test_the_product_of_a_ticket(ticket: dict[str, object], *, is_of_freshservice: bool) -> None:
    """A prefix of the number, the host, or a field that Freshdesk does not have."""
    assert freshworks.is_of_freshservice(ticket) is is_of_freshservice
