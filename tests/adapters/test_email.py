"""E-mail: what the fixtures cannot say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from alertmap import Accepted, Alert, Auth, Rejected, Request, Source, State, parse, parse_document, receive
from alertmap.adapters.email.mails import constant, level_of, state_of
from alertmap.incidents.book import IncidentBook

FIXTURES = Path(__file__).parents[2] / "fixtures" / "email"
NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a fixture, with changes."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document | changes


def one(subject: str, **more: Any) -> Alert:
    """Return the alert of a parsed mail."""
    [alert] = parse_document("email", {"subject": subject, "from": "Nagios <nagios@example.com>", **more})
    return alert


def form(**changes: str) -> str:
    """Return the form of Mailgun, with changes."""
    text = (FIXTURES / "mailgun_signed.form").read_text(encoding="utf-8")
    return urlencode(dict(parse_qsl(text, keep_blank_values=True)) | changes)


# --- State, level and key of a subject --------------------------------------------------------------------------------

ENDS = (
    "** RECOVERY Service Alert: db1/Disk is OK **",
    "[RECOVERY] Ping on db1 is OK!",
    "Resolved: High CPU on db1",
    "Resolved in 12m 5s: Interface down",
    "Resolved in 1M 2d: Interface down",
    "Resolved in 5 minutes: Interface down",
    "[RESOLVED] DiskFull (db1)",
    "[RESOLVED:2] Disk full",
    "OK: 'orders' in EU (Frankfurt)",
    "Checkmk: db1/CPU CRIT -> OK",
    "Monitor is UP: shop",
    "Alert resolved: disk full on db1",
    "Disk full on db1 has recovered",
    "Fwd: Incident #4711 closed",
    "Load on db1 is back to normal",
    "Re: Re: disk full on db1 resolved",
    "[PROD] [High] Resolved: disk full",
    "Re: ** [shop] OK - disk full",
    "[CRITICAL] Disk full on db1 has recovered",
    "Alert: disk full on db1 has recovered",
    "db1: CRITICAL => OK",
    "[CRITICAL] -> [OK] disk full on db1",
    "✅ Resolved: disk full on db1",
    "[shop] [✅ Up] 200 - OK",
)

LASTS = (
    "** PROBLEM Service Alert: db1/Disk is CRITICAL **",
    "Problem: Interface down",
    "[FIRING:1] DiskFull (db1)",
    "ALARM: 'orders' in EU (Frankfurt)",
    "Checkmk: db1/CPU OK -> CRIT",
    "Monitor is DOWN: shop",
    "Port 443 is closed on web-1",
    "Name of web-1 cannot be resolved",
    "Disk full on db1 is not resolved",
    "The alert has not been resolved",
    "CRITICAL: recovery of db1 failed",
    "Disaster recovery test failed",
    "Is the shop ok?",
    "TCP ACK flood on fw-1",
    "Unresolved incident of db1",
    "[OK] -> [CRITICAL] CPU of db1",
    "[UP] to [DOWN] shop",
    "Up in 3 of 4 regions: shop",
    "[Ticket#4711][Normal] Server down",
    "CRITICAL: backup of db1 was skipped, 3 nodes recovered",
    "WARNING: shop.example has been resolved to 192.0.2.7",
    "[FIRING:1] shop.example has been resolved to 192.0.2.7",
    "Only 3 of 4 nodes recovered",
    "Re: Disk full on db1 - is it resolved?",
    "🔴 Down: shop",
    "",
)


@pytest.mark.parametrize("subject", ENDS)
def test_a_word_of_an_end_in_its_place_ends_an_alert(subject: str) -> None:
    """As monitors write it."""
    assert one(subject).state is State.RESOLVED


@pytest.mark.parametrize("subject", LASTS)
def test_nothing_else_ends_an_alert(subject: str) -> None:
    """Above all not a word that stands in the text of the problem."""
    assert one(subject).state is State.FIRING


@pytest.mark.parametrize("text", ["All is well.\nRESOLVED", "> RESOLVED: disk", "On Monday Ann wrote:\n> OK"])
def test_the_text_of_a_mail_ends_nothing(text: str) -> None:
    """It may quote an earlier mail."""
    assert one("Disk full on db1", text=text).state is State.FIRING


def test_a_quote_ends_nothing_by_option() -> None:
    """Only the text above it is searched."""
    source = Source("plant", vendor="email", options={"resolved": "all clear"})
    for text, state in (("all clear", State.RESOLVED), ("still bad\n> all clear", State.FIRING)):
        [alert] = parse_document("email", {"subject": "Hall 3", "from": "p@example.com", "text": text}, source=source)
        assert alert.state is state


@pytest.mark.parametrize(
    ("trigger", "end"),
    [
        ("** PROBLEM Service Alert: db1/Disk is CRITICAL **", "** RECOVERY Service Alert: db1/Disk is OK **"),
        ("Problem: Interface Gi0/1 down", "Resolved in 1h 5m: Interface Gi0/1 down"),
        ("[FIRING:2] DiskFull (db1)", "[RESOLVED] DiskFull (db1)"),
        ("Checkmk: db1/CPU OK -> CRIT", "Checkmk: db1/CPU CRIT -> OK"),
        ("ALARM: 'orders' in EU", "OK: 'orders' in EU"),
        ("Disk full on db1", "Re: Disk full on db1 resolved"),
        ("[PROD] [High] Problem: disk full", "Re: [PROD] Resolved: disk full"),
        ("WARNING: disk of db1 is 91% full at 10:00", "[OK] disk of db1 is 40.5 % full at 11:30:05"),
    ],
)
@pytest.mark.fault_elsewhere("GoAlert", "the key is a hash of subject and text, so a recovery never matches")
def test_trigger_and_end_have_one_key(trigger: str, end: str) -> None:
    """Where the subject is the same but for state, level, numbers and times."""
    book = IncidentBook()
    book.apply([one(trigger, date="2026-03-04T10:00:00Z", text="a")])
    book.apply([one(end, date="2026-03-04T11:00:00Z", text="b", message_id="another")])
    assert not book.open
    assert len(book.incidents) == 1


def test_other_alerts_have_other_keys() -> None:
    """Numbers of hosts and ports, and words such as high and low, stay in the key."""
    subjects = (
        "Disk full on db1",
        "Disk full on db2",
        "High pressure in hall 1",
        "Low pressure in hall 1",
        "Port 443",
        "Port 1:12",
        "Port 1:13",
        "[PROD] Disk full",
        "[TEST] Disk full",
        "00:11:22:33:44:55 left",
        "00:11:22:33:44:66 left",
    )
    assert len({one(subject).dedup_key for subject in subjects}) == len(subjects)
    assert one("Disk full").dedup_key != one("Disk full", **{"from": "other@example.com"}).dedup_key


def test_a_subject_that_is_only_a_state_ends_nothing_else() -> None:
    """It does not tell which alert of its sender is over."""
    book = IncidentBook()
    book.apply([one("CRITICAL", date="2026-03-04T10:00:00Z", text="Disk of db1")])
    book.apply([one("OK", date="2026-03-04T11:00:00Z", text="Disk of db2")])
    assert len(list(book.open)) == 1
    assert one("CRITICAL", **{"from": ""}).identity == {"subject": "critical"}


def test_the_part_behind_the_plus_is_the_key() -> None:
    """Whatever the subject is; the local part alone is no key, for all alerts of a source have it."""
    assert one("a", to="hook+db1@in.example.com").identity == {"tag": "db1"}
    assert one("b", to="ann@example.com, Hook <hook+db1@in.example.com>").identity == {"tag": "db1"}
    assert "tag" not in one("a", to="hook@in.example.com").identity


@pytest.mark.fault_elsewhere("FlashDuty", "each mail is a warning")
@pytest.mark.parametrize(
    ("subject", "headers", "level"),
    [
        ("CRITICAL: x", {}, "critical"),
        ("[High] x", {"x-priority": "5"}, "high"),
        ("CRIT -> WARN", {}, "warn"),
        ("x", {"x-priority": "1 (Highest)"}, "importance high"),
        ("x", {"importance": "Low"}, "importance low"),
        ("High CPU on db1", {}, ""),
    ],
)
def test_levels(subject: str, headers: dict[str, str], level: str) -> None:
    """A word of the subject, else the importance; `High CPU` is no level."""
    assert level_of(subject, headers) == level


@pytest.mark.parametrize(
    "subject",
    ["[" * 1024, "in 1s " * 170, "is " * 340, "alert #" * 150, "re:" * 340, "[a]" * 340, "* " * 500, "\\" * 1024],
)
def test_a_long_subject_costs_little(subject: str) -> None:
    """No pattern takes the square of a subject's length for long."""
    assert state_of(subject) in (None, State.FIRING)
    assert len(constant(subject)) <= len(subject)


# --- Automatic mails --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"Auto-Submitted": "auto-replied"}},
        {"headers": {"Precedence": "auto_reply"}},
        {"return_path": "<>"},
    ],
)
def test_an_automatic_reply_is_no_alert(changes: dict[str, Any]) -> None:
    """A loop with a mailbox opens nothing; a problem tells of it."""
    batch = parse_document("email", {"subject": "Out of office", "from": "a@example.com", **changes})
    assert not batch.alerts
    assert [problem.code for problem in batch.problems] == ["state_guessed"]


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"Auto-Submitted": "auto-generated"}},
        {"headers": {"Auto-Submitted": "no"}},
        {"headers": {"Precedence": "bulk"}},
        {"headers": {"X-Envelope-From": ""}},
        {"return_path": None},
    ],
)
def test_the_mail_of_a_monitor_is_an_alert(changes: dict[str, Any]) -> None:
    """Monitors write by themselves, and many mark it so."""
    assert one("Disk full", **changes).state is State.FIRING


# --- The services -----------------------------------------------------------------------------------------------------


def test_the_signature_of_mailgun() -> None:
    """It is that of time and token, as sent; it does not cover the mail."""
    source = Source("here", vendor="email", auth=Auth(secrets="made-up-mailgun-signing-key"))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert isinstance(receive(Request(form(), headers=headers), source, NOW), Accepted)
    for changes in ({"signature": "bad"}, {"signature": ""}, {"token": "x"}, {"timestamp": "1772618401"}):
        assert isinstance(receive(Request(form(**changes), headers=headers), source, NOW), Rejected)


def test_the_token_of_mailgun_stays_inside() -> None:
    """No alert holds token or signature."""
    sent = {"token": "tok-7f3a"}
    [alert] = parse("email", form(**sent))
    shown = repr([alert.labels, alert.message, alert.title, alert.dedup_key, alert.values])
    assert "tok-7f3a" not in shown
    assert "signature" not in shown


def test_a_mail_that_is_html_only_has_a_text() -> None:
    """Without markup, and without the style sheet of its head."""
    html = "<html><head><style>p {color: red}</style></head><body><p>a &amp; b</p>\n<p>c</p></body></html>"
    assert one("Disk full", html=html).message == "a & b\nc"


def test_postmark_without_a_tag_has_the_key_of_a_parsed_mail() -> None:
    """Another service makes no other alert of a mail."""
    plain = body("postmark_problem", OriginalRecipient="hook@in.example.com")
    [alert] = parse_document("email", plain)
    assert alert.dedup_key == one(plain["Subject"]).dedup_key


def test_options_that_find_nothing_are_a_problem() -> None:
    """The subject stands for the key."""
    source = Source("plant", vendor="email", options={"key": "Alarm (?P<key>[0-9]+)"})
    [alert] = parse_document("email", {"subject": "Hall 3", "from": "p@example.com"}, source=source)
    assert alert.identity == {"subject": "hall 3", "sender": "p@example.com"}
    assert "key_fallback" in {problem.code for problem in alert.problems}


def test_a_thread_and_a_recipient_are_keys_by_option_only() -> None:
    """The first id of the references, or the local part."""
    mail = {
        "subject": "a",
        "from": "p@example.com",
        "to": "hall3@in.example.com",
        "headers": {"References": "<1@x> <2@x>"},
    }
    for option, identity in (("by_thread", {"thread": "<1@x>"}), ("by_recipient", {"recipient": "hall3"})):
        source = Source("plant", vendor="email", options={option: True})
        assert parse_document("email", mail, source=source)[0].identity == identity
