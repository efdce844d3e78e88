"""Pulse: beats that stay away.

Set up: a webhook with the body `{"check": $JSON, "status": "$STATUS", "now": "$NOW"}`; `$JSON` alone is read, too.
"""

from typing import Annotated

from alertmap import wire
from alertmap.adapter import Adapter, Notice, Reading, Reason, Severity, Shape, State, Times

STATES = {"down": State.FIRING, "up": State.RESOLVED, "paused": State.SUPPRESSED, "grace": None, "new": None}

LEVELS = {severity.value: severity for severity in Severity} | {"down": Severity.HIGH}


@wire.model
class Check:
    """A check as it is now."""

    status: Annotated[State | None, wire.state(STATES)]
    uuid: wire.Text = ""
    unique_key: wire.Text = ""  # instead of the uuid, where the key is read-only
    name: wire.Text = ""  # may be blank, or that of another check
    slug: wire.Text = ""
    tags: wire.Text = ""
    desc: wire.Text = ""
    n_beats: wire.Number = 0
    last_beat: wire.Rfc3339 = None
    beat_url: wire.Discarded = None


@wire.model
class Wrapped:
    """A change of a check's status."""

    check: wire.JsonIn[Check]
    status: Annotated[State | None, wire.state(STATES)]  # after the change; the check's own may be newer
    now: wire.Rfc3339 = None


def read(event: Wrapped) -> Reading | Notice | None:
    """Read a change."""
    return reading(event.check, event.status, event)


def read_bare(check: Check) -> Reading | Notice | None:
    """Read a check alone."""
    return reading(check, check.status, None)


def reading(check: Check, state: State | None, event: Wrapped | None) -> Reading | Notice | None:
    """Read a check that is in this state."""
    if (check.name, check.n_beats, check.tags) == ("TEST", 42, ""):
        return Notice(reason=Reason.TEST)
    if state is None:
        return None
    name = check.name or check.slug or "A check without a name"
    return Reading(
        state=state,
        level=next((tag for tag in check.tags.split() if tag in LEVELS), "down"),
        identity=[{"check": check.uuid}, {"unique_key": check.unique_key}, {"name": check.name, "slug": check.slug}],
        title=f"{name} is {'up' if state is State.RESOLVED else 'down'}",
        message=check.desc,
        resource=name,
        labels={"tags": check.tags, "slug": check.slug},
        occurred_at=event.now if event else None,
    )


adapter = Adapter(
    name="pulse",
    title="Pulse",
    shapes=[
        Shape(Wrapped, read, marks={"$.check.leeway", "$.check.n_beats"}),
        Shape(Check, read_bare, marks={"leeway", "n_beats", "beat_url"}, times=Times.NONE),
    ],
    levels=LEVELS,
    times=Times.STATED,
    repeats={State.FIRING},
)
