"""Statements about an application: its three alerts, whatever the form of the body."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from alertmap import conventions
from alertmap.adapter import Identity, Reading, State, Times
from alertmap.paths import JsonPath

PHASES = conventions.states(firing="Failed, Error", resolved="Succeeded", no_state="Running, Terminating")

HEALTHS = conventions.states(
    firing="Degraded, Missing, Unknown", suppressed="Suspended", resolved="Healthy", no_state="Progressing"
)

COMPARISONS = {"Unknown": State.FIRING, "Synced": State.RESOLVED, "OutOfSync": State.RESOLVED}  # no fault, both

HOST = re.compile(r"https?://([^/?#]+)")


class Subject(NamedTuple):
    """Application that a request is about."""

    name: str
    identities: Sequence[Identity]
    """Identities of the application, best first."""
    level: str = ""
    """Level that its owner gave it."""
    resource: str = ""
    labels: Mapping[str, str] = {}
    url: str = ""


def statement(
    subject: Subject,
    aspect: str,
    state: State,
    word: str,
    where: JsonPath = (),
    *,
    message: str = "",
    started_at: datetime | None = None,
    occurred_at: datetime | None = None,
) -> Reading:
    """Read one alert of an application, in a state that Argo CD calls by this word."""
    return Reading(
        state=state,
        level=subject.level or (word if state is State.FIRING else None),
        identity=[{**identity, "aspect": aspect} for identity in subject.identities],
        title=f"{subject.name}: {aspect} {word}".strip(),
        message=message,
        resource=subject.resource,
        labels=subject.labels,
        links={"application": subject.url},
        started_at=started_at,
        occurred_at=occurred_at,
        times=None if occurred_at else Times.NONE,
        path=where,
    )


def by_name(host: str, name: str, namespace: str = "") -> Identity:
    """Return the identity of an application without a uid; names repeat on other hosts."""
    return {"host": host or None, "namespace": namespace or None, "app": name}


def host_of(url: str) -> str:
    """Return the host of a URL; "" if there is none."""
    found = HOST.match(url)
    return found[1] if found else ""
