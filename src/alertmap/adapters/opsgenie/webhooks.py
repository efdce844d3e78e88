"""Webhooks of Opsgenie and of Jira Service Management Operations.

Sources: the vendor's pages "Webhook integration" and "Alert action data for Jira Edge Connector".
"""

from datetime import datetime

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Problem, ProblemCode, Reading, Shape, State, Times
from alertmap.adapters.opsgenie.alert_api import level, tag_labels

ACTIONS: dict[str, State | None] = {
    "Create": State.FIRING,
    "Acknowledge": State.ACKNOWLEDGED,
    "UnAcknowledge": State.FIRING,
    "Close": State.RESOLVED,
    "Delete": State.RESOLVED,
    "Snooze": State.SUPPRESSED,
    "SnoozeEnded": State.FIRING,
    "UpdatePriority": State.FIRING,
    "Escalate": State.FIRING,  # by default an escalation goes on only until somebody acknowledges
    "EscalateNext": State.FIRING,
    # A body does not say whether its alert is acknowledged: with a state, these would undo that.
    **dict.fromkeys(("AddNote", "AddTags", "RemoveTags", "AddDetails", "RemoveDetails", "AddTeam", "AddRecipient")),
    **dict.fromkeys(("AddResponder", "AssignOwnership", "TakeOwnership", "UpdateMessage", "UpdateDescription")),
}

STATES = {wire.state_word(action): state for action, state in ACTIONS.items()}

CUSTOM = Problem(ProblemCode.STATE_UNKNOWN, "$.action", "the action is unknown, perhaps a custom one; no alert changes")

BAD_TIME = Problem(
    ProblemCode.BAD_TIME, "$.alert.updatedAt", "the time lies before 2000 or after 9999; it was left out"
)

NANOSECONDS = 10**17  # as milliseconds the year 5138
OLDEST = 946_684_800_000  # milliseconds; in seconds all times of today are less


@wire.model
class Alert:
    alertId: wire.AnyText = ""
    tinyId: wire.Text = ""
    alias: wire.AnyText = ""
    message: wire.Text = ""
    description: wire.Text = ""
    entity: wire.Text = ""
    source: wire.Text = ""
    username: wire.Text = ""
    note: wire.Text = ""
    priority: wire.Text = ""  # absent in old bodies and in most actions
    tags: list[wire.Text] = Factory(list)
    details: wire.Texts = Factory(dict)
    createdAt: wire.EpochMillis = None
    updatedAt: wire.Number = 0  # nanoseconds, in newer bodies milliseconds


@wire.model
class Webhook:
    action: wire.Text
    alert: Alert
    integrationName: wire.Text = ""
    escalationName: wire.Text = ""  # such a body has nothing else of its alert


def read(event: Webhook) -> Reading | Problem | None:
    word = wire.state_word(event.action)
    if word and word not in STATES:
        return CUSTOM
    state = STATES.get(word)
    if word and state is None:
        return None
    alert = event.alert
    changed = updated(alert.updatedAt)
    moment = changed or (alert.createdAt if state is State.FIRING else None)
    return Reading(
        state=state,
        level=level(alert.priority),
        # An alias is given again once its alert is closed.
        identity=[{"id": alert.alertId}, {"alias": alert.alias}, {"tinyId": alert.tinyId}],
        title=alert.message or event.escalationName,
        message=alert.description or alert.note,
        resource=alert.entity,
        labels={
            **tag_labels(alert.tags),
            **alert.details,
            "alias": alert.alias,
            "tinyId": alert.tinyId,
            "source": alert.source,
            "username": alert.username,
        },
        started_at=alert.createdAt,
        occurred_at=moment,
        times=None if moment else Times.NONE,
        sequence=int(alert.updatedAt) if changed and alert.updatedAt >= NANOSECONDS else None,
        problems=() if changed or not alert.updatedAt else (BAD_TIME,),
    )


def updated(count: int | float) -> datetime | None:
    """Return the time of a count of nanoseconds or milliseconds, which its size tells apart."""
    return wire.epoch(int(count), 10**9 if count >= NANOSECONDS else 10**3) if count >= OLDEST else None


SHAPES = [Shape(Webhook, read, marks={"integrationId", "$.alert.alertId"}, times=Times.STATED)]
