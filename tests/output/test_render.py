"""`render`: what is sent, what is skipped, which errors leave it, and keys over all sources."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from alertmap import (
    AdapterError,
    Alert,
    ConfigurationError,
    IncidentBook,
    Policy,
    Severity,
    State,
    TransitionKind,
    wire,
)
from alertmap.output.registry import target_of
from alertmap.output.render import message_of, render
from alertmap.target import Message, Outgoing, Target

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def alert(state: State = State.FIRING, seconds: int = 0, **more: Any) -> Alert:
    """Return an alert of one problem."""
    at = NOW + timedelta(seconds=seconds)
    fields: dict[str, Any] = {
        "vendor": "kapacitor",
        "source": "tick",
        "state": state,
        "severity": Severity.HIGH,
        "identity": {"id": "cpu"},
        "dedup_key": "kapacitor:id=cpu",
        "title": "cpu is high",
        "occurred_at": at,
        "received_at": at,
    }
    return Alert(**(fields | more))


@wire.model(closed=True)
class Config:
    """Configuration of the target of these tests."""

    place: wire.Text = ""


def echoed(message: Message, _config: Config, _now: datetime) -> Outgoing:
    return Outgoing(url="https://t.example", headers={}, body=f"{message.state} {message.is_new}".encode())


ECHO = Target(name="echo", title="Echo", config=Config, write=echoed, keeps=("state",))


def tell(book: IncidentBook, *alerts: Alert) -> list[str]:
    """Return the bodies of all requests that the transitions of these alerts make, and the reasons of the others."""
    made = [render(ECHO, change, {}, NOW) for change in book.apply(alerts)]
    return [one.body.decode() if isinstance(one, Outgoing) else one.reason for one in made]


def test_a_life_is_sent_in_its_order() -> None:
    """An incident opens once, changes, and ends once; what changes nothing is skipped with the reason."""
    book = IncidentBook()
    assert tell(book, alert()) == ["firing True"]
    assert tell(book, alert(seconds=60, severity=Severity.CRITICAL)) == ["firing False"]
    assert tell(book, alert(State.ACKNOWLEDGED, 120, severity=None)) == ["acknowledged False"]
    assert tell(book, alert(State.RESOLVED, 180)) == ["resolved False"]
    assert tell(book, alert(seconds=30)) == ["the incident was over before, and still is"]


def test_a_recovery_of_nothing_is_not_sent() -> None:
    """A recovery whose trigger was never seen ends no page."""
    [echoed] = tell(IncidentBook(), alert(State.RESOLVED))
    assert echoed == "the alert changed no incident"


def test_an_expiry_is_sent_as_an_end() -> None:
    """An incident that expires has no alert, and still has key, severity, title and time of its end."""
    book = IncidentBook(default=Policy(expire_after=timedelta(minutes=5)))
    book.apply([alert()])
    [change] = book.tick(NOW + timedelta(hours=1))
    assert change.kind is TransitionKind.EXPIRED
    message = message_of(change)
    assert isinstance(message, Message)
    assert (message.state, message.key, message.severity) == (State.RESOLVED, "tick/kapacitor:id=cpu", Severity.HIGH)
    assert (message.title, message.occurred_at) == ("cpu is high", change.at)
    assert message.document["dedup_key"] == "kapacitor:id=cpu"


def test_the_corrected_end_of_an_incident_is_not_sent() -> None:
    """A resolve that arrives after the expiry corrects the end; the page is closed already."""
    book = IncidentBook(default=Policy(expire_after=timedelta(minutes=5)))
    book.apply([alert()])
    book.tick(NOW + timedelta(hours=1))
    late = evolve(alert(State.RESOLVED, 60), received_at=NOW + timedelta(hours=2))
    assert tell(book, late) == ["the incident was over before, and still is"]


def test_an_open_incident_can_be_sent_again() -> None:
    """Targets that forget what is not sent again are sent of the incident as it stands."""
    book = IncidentBook()
    book.apply([alert()])
    [incident] = book.open
    message = message_of(incident)
    assert isinstance(message, Message)
    assert (message.state, message.is_new, message.title) == (State.FIRING, False, "cpu is high")


def test_sources_of_one_vendor_share_no_key() -> None:
    """Two sources may have equal dedup keys; a recovery of one must not close what the other opened."""
    keys = {message.key for source in ("a", "b", "kapacitor") for message in [message_of(alert(source=source))]}  # type: ignore[union-attr]
    assert keys == {"a/kapacitor:id=cpu", "b/kapacitor:id=cpu", "kapacitor:id=cpu"}


def test_the_raw_document_stays_here() -> None:
    """Nothing of the raw document leaves by default: it may hold anything."""
    message = message_of(alert(raw={"password": "hunter2"}))
    assert isinstance(message, Message)
    assert "raw" not in message.document
    assert "hunter2" not in repr(message)


def test_the_alert_is_not_changed() -> None:
    """The message has tables of its own where a target may change them."""
    before = alert(labels={"host": "db"})
    message = message_of(before)
    assert isinstance(message, Message)
    message.facts()["labels"]["host"] = "other"
    assert before == alert(labels={"host": "db"})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pagerdty", alert(), {}, NOW), r"there is no target 'pagerdty' \(did you mean 'pagerduty'\?\)"),
        ((5, alert(), {}, NOW), "expected the name of a target or a Target, got int"),
        ((ECHO, "alert", {}, NOW), "expected an Alert, a Transition or an Incident, got str"),
        ((ECHO, alert(), {"plce": ""}, NOW), r"there is no option 'plce' \(did you mean 'place'\?\)"),
        ((ECHO, alert(), [], NOW), "options must be a mapping, got list"),
        ((ECHO, alert(), {}, datetime(2026, 3, 4)), "now must be an aware datetime"),  # noqa: DTZ001
        (("pagerduty", alert(), {}, NOW), "routing_key"),
        (("slack", alert(), {"url": "hooks.slack.example"}, NOW), "the target slack needs an absolute http"),
        (("slack", alert(), {"url": "https://a.example/ b"}, NOW), "the target slack needs an absolute http"),
        (("datadog", alert(), {"api_key": "a\nX-Other: b"}, NOW), "a setting of the target datadog holds a character"),
        (("datadog", alert(), {"api_key": "k", "site": "x y"}, NOW), "the target datadog needs an absolute http"),
    ],
)
def test_wrong_arguments(arguments: tuple[Any, ...], message: str) -> None:
    """Each is a ConfigurationError that names what is wrong, and the nearest name."""
    with pytest.raises(ConfigurationError, match=message):
        render(*arguments)


def test_a_broken_target_raises_our_error() -> None:
    """Whatever a third-party target raises or returns, an AdapterError names it."""

    def fails(*_: Any) -> Outgoing:
        raise KeyError("x")

    writers: list[tuple[Any, str]] = [(fails, "raised KeyError"), (lambda *_: None, "made neither")]
    for write, text in writers:
        with pytest.raises(AdapterError, match=f"the target echo {text}"):
            render(evolve(ECHO, write=write), alert(), {}, NOW)


def test_keeps_names_known_facts() -> None:
    """A target that claims a fact which no alert has is refused when it is made."""
    with pytest.raises(ConfigurationError, match="keeps names no fact of an alert: 'colour'"):
        evolve(ECHO, keeps=("colour",))


def test_a_configuration_is_read_once() -> None:
    """An instance of the configuration is taken as it is."""
    config = target_of("pagerduty").config(routing_key="R1")
    made = render("pagerduty", alert(), config, NOW)
    assert isinstance(made, Outgoing)
    assert b'"R1"' in made.body
    assert "R1" not in repr(made) + repr(config)
