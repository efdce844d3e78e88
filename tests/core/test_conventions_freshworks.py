"""Conventions of Freshdesk and Freshservice: texts of descriptions, hosts, and which of the two a ticket is of."""

import time

import pytest

from alertmap.conventions import freshworks


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("no markup at all", "no markup at all"),
        ("<div>503 since 10:00</div>", "503 since 10:00"),
        ("<p>One</p><p>Two<br/>Three</p>", "One\nTwo\nThree"),
        ('<div dir="ltr">a &amp; b&nbsp;c</div>', "a & b\xa0c"),
        ("load < 5 and > 3", "load < 5 and > 3"),
        ("&lt;script&gt; is text", "<script> is text"),
        ("<!-- hidden -->seen", "seen"),
        ("<", "<"),
        ("", ""),
    ],
)
def test_a_description_is_read_as_text(html: str, text: str) -> None:
    """Tags go, a comparison stays."""
    assert freshworks.plain_text(html) == text


@pytest.mark.parametrize("part", ["<", "<a", "</p", "<!--", " ", "&", "\n ", "<br"])
def test_a_hostile_description_costs_in_proportion_to_its_length(part: str) -> None:
    """Nothing is scanned again and again."""
    begun = time.process_time()
    freshworks.plain_text(f"<{part * (60_000 // len(part))}")
    assert time.process_time() - begun < 1


def test_a_very_long_description_is_not_cut_in_silence() -> None:
    """The core cuts it, with a problem."""
    long = "<p>x</p>" * 10_000
    assert freshworks.plain_text(long) == long


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
