"""VMware Aria Operations (vRealize Operations, VCF Operations): its REST notification plug-in.

Set up:

1. Under Configure, Outbound Settings (in older versions Administration, Management) add an instance of the type Rest
   Notification Plugin: the URL `https://receiver.example/vmware_aria`, user name and password of the source, content
   type `application/json`; `application/xml` needs the extra `xml`. A token in the URL is of no use, since the id of
   each alert is put behind it: pass requests to paths below this one on, with POST and PUT. Press Test.
2. Under Alerts, Notifications add a rule with this instance. Leave updated and canceled alerts on.

Answer 201 to new alerts and 202 to updates, with an empty body.

An alert is its `alertId`, which may also be the end of the path. It is stated again when it is updated. A payload
template of one's own is read where it keeps the names of these fields: `alertId`, `status`, `criticality`, `alertName`,
`resourceName`.

Limits: the time of the end stands in alerts that are active, too, and decides nothing. Neither an acknowledgement nor
the owner of an alert is sent. There is no link to the alert, for the payload does not name the server. What Aria
Operations for Logs posts is another payload, and is not read.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Batch, Notice, Reading, Reason, Reply, Result, Shape, State, Times

# The vendor's page names ACTIVE only; the others were seen by receivers, in both spellings.
STATES = conventions.states(firing="ACTIVE, NEW, UPDATED", resolved="CANCELED, CANCELLED, INACTIVE, CLOSED")

LEVELS = conventions.levels(
    critical="ALERT_CRITICALITY_LEVEL_CRITICAL, CRITICAL",
    high="ALERT_CRITICALITY_LEVEL_IMMEDIATE, IMMEDIATE",
    medium="ALERT_CRITICALITY_LEVEL_WARNING, WARNING",
    low="ALERT_CRITICALITY_LEVEL_INFO, ALERT_CRITICALITY_LEVEL_INFORMATION, INFO, INFORMATION",
)

ANSWERS = {"POST": Reply(status=201), "PUT": Reply(status=202)}

SAMPLE = "sample-alert-uuid"  # on the vendor's page, where real ids are UUIDs

UUID_AT_END = re.compile(r"/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?\Z", re.IGNORECASE)
LENGTH = len("/01234567-89ab-cdef-0123-456789abcdef/")


@wire.model
class Alert:
    status: Annotated[State, wire.state(STATES)]
    alertId: wire.AnyText = ""
    alertName: wire.AnyText = ""  # not in version 6.0
    criticality: wire.Text = ""
    info: wire.Text = ""
    adapterKind: wire.AnyText = ""
    resourceId: wire.AnyText = ""
    resourceKind: wire.Text = ""
    resourceName: wire.Text = ""
    type: wire.Text = ""
    subType: wire.Text = ""
    Health: wire.Text = ""
    Risk: wire.Text = ""
    Efficiency: wire.Text = ""
    startDate: wire.AnyTime = None
    updateDate: wire.AnyTime = None
    cancelDate: wire.AnyTime = None
    path: Annotated[str, wire.RequestPath()] = ""
    method: Annotated[str, wire.RequestMethod()] = ""


@wire.model
class Document:
    """Alert in XML: the root element is `alert`."""

    alert: Alert


def read(alert: Alert) -> Iterator[Result]:
    yield Notice(reason=Reason.TEST if alert.alertId == SAMPLE else None, reply=ANSWERS.get(alert.method))
    if alert.alertId != SAMPLE:
        yield reading(alert)


def reading(alert: Alert) -> Reading:
    in_path = UUID_AT_END.search(alert.path[-LENGTH:])
    scores = wire.pick(alert, "Health", "Risk", "Efficiency")
    return Reading(
        state=alert.status,
        level=alert.criticality,  # in the end, that of what ended
        identity=[
            {"alert": alert.alertId.strip() or (in_path[1] if in_path else "")},
            {"adapter": alert.adapterKind, "name": alert.alertName, "resource": alert.resourceId},
        ],
        title=conventions.join(alert.alertName or alert.subType, alert.resourceName),
        message=alert.info,
        resource=alert.resourceName,
        labels=wire.pick(alert, "adapterKind", "resourceKind", "type", "subType"),
        values={name: wire.number_in(text) for name, text in scores.items()},
        started_at=alert.startDate,
        occurred_at=latest(alert),
    )


def read_document(event: Document) -> Iterator[Result]:
    return read(event.alert)


def latest(alert: Alert) -> datetime | None:
    """Return the time of the statement; that of the end counts where it is over."""
    ends = [alert.cancelDate] if alert.status is State.RESOLVED else []
    return max(filter(None, [alert.startDate, alert.updateDate, *ends]), default=None)


def answer(batch: Batch) -> Reply:
    return batch.reply or ANSWERS["POST"]


adapter = Adapter(
    name="vmware_aria",
    title="VMware Aria Operations",
    shapes=[
        Shape(Alert, read, marks={"adapterKind": "", "criticality": "ALERT_CRITICALITY_LEVEL_"}),
        Shape(Document, read_document, marks={"$.alert.criticality": "ALERT_CRITICALITY_LEVEL_"}),
    ],
    levels=LEVELS,
    formats={"json", "xml", "empty"},
    times=Times.STATED,
    repeats={State.FIRING},
    placeholders=re.compile(r"\$\{[^{}]*\}"),
    answer=answer,
    identity_parts={"alert", "adapter", "name", "resource"},
)
