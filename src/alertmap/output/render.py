"""`render`: what there is to tell, and a target with its configuration, become one HTTP request."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import evolve

from alertmap._records import extender
from alertmap.codec import to_dict
from alertmap.errors import AdapterError, AlertmapError, ConfigurationError
from alertmap.intake.source import read_options
from alertmap.model import Alert
from alertmap.output.registry import target_of
from alertmap.target import Message, Outgoing, Skipped, Target
from alertmap.times import to_utc

if TYPE_CHECKING:
    from alertmap.incidents.model import Incident, Transition


def render(
    target: str | Target,
    subject: "Alert | Message | Incident | Transition",
    config: Mapping[str, Any] | object,
    now: datetime,
) -> Outgoing | Skipped:
    """Return the request that tells a target of an alert, a transition or an incident, or why there is none to send.

    Nothing is sent. Of one incident, transitions come in their order: send the requests in that order, too.

    Args:
        target: the target, or its name: see `target_names`.
        subject: what to tell. An alert is sent as it is, each time. Of transitions, those that change nothing are
            skipped: ignored alerts, and corrections of an incident that is over. An incident is sent as it stands:
            for targets that forget what is not sent again. A `Message` is one of these, made by `message_of` before:
            it can be kept (`to_dict`, `from_dict`) and rendered later.
        config: the settings of the target: a mapping, or an instance of its configuration.
        now: the present time (aware), for targets that want deadlines or sign their requests.

    Raises:
        ConfigurationError: the target, a setting or the time is invalid, or the subject is something else. A URL must
            be absolute, and a setting that becomes a header must be printable ASCII.
        AdapterError: a third-party target does not load, or raised.
    """
    found = target_of(target)
    settings = read_options(config, found.config, found.name)
    message = message_of(subject)
    at = to_utc(now, "now")
    if isinstance(message, Skipped):
        return message
    try:
        made = found.write(message, settings, at)
    except AlertmapError:
        raise
    except Exception as error:
        raise AdapterError(f"the target {found.name} raised {type(error).__name__}") from error
    if not isinstance(made, (Outgoing, Skipped)):
        raise AdapterError(f"the target {found.name} made neither Outgoing nor Skipped")
    if isinstance(made, Outgoing):
        _check(made, found.name)
    return made


def _check(request: Outgoing, name: str) -> None:
    """Raise the error of settings with which no HTTP request can be made; no value stands in the message."""
    if not _URL.fullmatch(request.url):
        raise ConfigurationError(f"the target {name} needs an absolute http(s) URL without blanks")
    if not all(text.isascii() and text.isprintable() for pair in request.headers.items() for text in pair):
        raise ConfigurationError(f"a setting of the target {name} holds a character that no header can have")


_URL = re.compile(r"https?://[!-~]+")


def message_of(subject: object) -> Message | Skipped:
    """Return what there is to tell of an alert, a transition or an incident.

    Raises:
        ConfigurationError: it is none of these.
    """
    if isinstance(subject, Message):
        return subject
    if isinstance(subject, Alert):
        return _message(subject, subject)
    from alertmap.incidents.model import Incident, Transition  # noqa: PLC0415 - many programs only parse

    if isinstance(subject, Transition):
        return _of_transition(subject)
    if isinstance(subject, Incident):
        return _of_incident(subject, None, subject.opened_at, is_new=False)
    raise ConfigurationError(f"expected an Alert, a Transition or an Incident, got {type(subject).__name__}")


def _of_transition(transition: "Transition") -> Message | Skipped:
    incident = transition.incident
    if incident is None:
        return Skipped("the alert changed no incident")
    if not incident.open and not transition.was_open:
        return Skipped("the incident was over before, and still is")
    return _of_incident(incident, transition.alert, transition.at, is_new=not transition.was_open)


def _of_incident(incident: "Incident", alert: Alert | None, at: datetime, *, is_new: bool) -> Message:
    # Where no alert caused the change, what only an alert has is missing.
    about = alert or Alert(
        vendor=incident.vendor,
        source=incident.source,
        state=incident.state,
        severity=None,
        identity={},
        dedup_key=incident.dedup_key,
    )
    stated = evolve(
        about,
        state=incident.state,
        severity=incident.severity,
        title=incident.title,
        message=incident.message,
        resource=incident.resource,
        labels=incident.labels,
        links=incident.links,
        started_at=incident.opened_at,
        occurred_at=incident.resolved_at or at,
        expires_at=incident.expires_at,
        episode=incident.episode,
        no_data=incident.no_data,
    )
    return _message(stated, alert or incident, is_new=is_new, incident=incident.id, count=incident.count)


def _message(
    alert: Alert, subject: "Alert | Incident", *, is_new: bool = True, incident: str = "", count: int = 1
) -> Message:
    made: Message = _extended(
        alert,
        title=alert.title or alert.dedup_key,
        raw=None,
        # Two sources of one vendor may have equal keys; a source that nobody named has the name of its vendor.
        key=alert.dedup_key if alert.source == alert.vendor else f"{alert.source}/{alert.dedup_key}",
        is_new=is_new,
        incident=incident,
        count=count,
        document=_document(subject),
    )
    return made


_extended = extender(Message, Alert, ("title", "raw"))


def _document(subject: "Alert | Incident") -> dict[str, Any]:
    written = to_dict(subject, omit_defaults=True)
    written.pop("raw", None)
    return written
