r"""Microsoft System Center Operations Manager (SCOM): scripts of its command channel.

Set up:

1. SCOM has no webhook. On each management server that may notify, write `C:\scripts\alertmap.ps1`:

       param([string]$AlertId)
       Import-Module OperationsManager
       $alert = Get-SCOMAlert -Id $AlertId.Trim("{}")
       $body = @{
         alertId = "$($alert.Id)"; alertName = $alert.Name; alertDescription = $alert.Description
         resolutionState = $alert.ResolutionState; severity = "$($alert.Severity)"; priority = "$($alert.Priority)"
         category = "$($alert.Category)"; owner = $alert.Owner; ticketId = $alert.TicketId
         repeatCount = $alert.RepeatCount; createdByMonitor = $alert.IsMonitorAlert
         computer = $alert.NetbiosComputerName; managedEntityPath = $alert.MonitoringObjectPath
         managedEntityDisplayName = $alert.MonitoringObjectDisplayName
         raisedAt = $alert.TimeRaised.ToString("o"); modifiedAt = $alert.LastModified.ToString("o")
       }
       [Net.ServicePointManager]::SecurityProtocol = "Tls12"
       $json = [Text.Encoding]::UTF8.GetBytes(($body | ConvertTo-Json))
       Invoke-RestMethod -Method Post -Uri "https://receiver.example/scom?token=…" -Body $json `
         -ContentType "application/json; charset=utf-8"

2. Under Administration, Notifications, Channels create one of the type Command: the full path of `powershell.exe`, the
   parameters `-File C:\scripts\alertmap.ps1 -AlertId "$Data/Context/DataItem/AlertId$"`, the startup folder
   `C:\scripts`.
3. Create a subscriber with this channel, and a subscription whose criteria have the resolution states New,
   Acknowledged, Resolved and Closed: a state that is not there is never sent, recoveries among them.

Answer 200; nothing is tried again. Read as well are the scripts of ilert, with the source's token as its key, and of
Opsgenie, if their URL is changed, and your own with the names of SCOM's macros: `AlertID`, `AlertName`, `Severity`,
`ResolutionState`. The script of PagerDuty is for `pagerduty`.

An alert is its id: it stays from New to Closed, and a monitor that fails again raises another. A change of the alert
may state it again. A resolution state of your own fires, with a problem; where it means that somebody works on the
alert, let the script send 249 in its place. Error is critical, as the console calls it. The priority is a label.

Limits: the state is that at the time when the script runs: of two quick changes both requests have the second. Alerts
of rules end only when somebody closes them: let incidents of this source expire. Opsgenie's script knows only New and
Closed, and its times have no zone.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, InBody, Reading, Request, Shape, State, Times

STATES = conventions.states(
    firing="0, New",
    acknowledged="249, Acknowledged, 247, Awaiting Evidence, 248, Assigned to Engineering, 250, Scheduled",
    resolved="255, Closed, 254, Resolved",
)

EVENTS = conventions.states(firing="alert", acknowledged="accepted", resolved="resolved")  # of ilert's script

LEVELS = conventions.levels(critical="Critical, Error, 2", medium="Warning, 1", info="Information, INFO, 0")

CUSTOM = re.compile(r"custom(?:field)?([0-9]{1,2})")

SEVERITY = re.compile(r"\[[A-Z]{1,16}\]: *")  # before the title, in ilert's script


@wire.model(loose_keys=True)
class Alert:
    """Alert in the names of SCOM's macros, as scripts write them."""

    resolutionState: Annotated[State, wire.state(STATES)]
    alertId: wire.Text = ""
    alertName: wire.AnyText = ""
    alertDescription: Annotated[wire.Text, wire.also("alertDesc")] = ""
    severity: wire.Text = ""
    priority: wire.Text = ""
    category: wire.Text = ""
    owner: Annotated[wire.Text, wire.also("alertOwner")] = ""
    ticketId: wire.Text = ""
    repeatCount: wire.Text = ""
    createdByMonitor: wire.ScalarText = ""
    computer: wire.Text = ""
    managedEntityPath: wire.AnyText = ""
    managedEntityDisplayName: Annotated[wire.AnyText, wire.also("managedEntitySource")] = ""
    workflowId: wire.Text = ""
    webConsoleUrl: wire.Text = ""
    raisedAt: wire.UtcTime = None
    modifiedAt: wire.UtcTime = None
    rest: wire.Rest


@wire.model
class Payload:
    summary: wire.AnyText = ""
    description: wire.Text = ""
    severity: wire.Text = ""
    priority: wire.Text = ""
    source: wire.AnyText = ""
    timestamp: wire.UtcTime = None  # at which the alert was raised, in each state
    customDetails: wire.Texts = Factory(dict)


@wire.model
class Event:
    """Alert as ilert's script writes it."""

    eventType: Annotated[State, wire.state(EVENTS)]
    payload: Payload
    alertId: wire.Text = ""
    apiKey: wire.Discarded = None


def read(alert: Alert) -> Reading:
    path = alert.managedEntityPath.partition(";")[0]
    return Reading(
        state=alert.resolutionState,
        level=alert.severity,
        identity=[
            {"alert": alert_id(alert.alertId)},
            {"name": alert.alertName, "path": alert.managedEntityPath, "entity": alert.managedEntityDisplayName},
        ],
        title=conventions.join(alert.alertName, alert.managedEntityDisplayName),
        message=alert.alertDescription,
        resource=alert.computer or path or alert.managedEntityDisplayName,
        labels={
            **wire.pick(alert, "priority", "category", "owner", "ticketId", "createdByMonitor", "workflowId"),
            "path": alert.managedEntityPath,
            **custom(alert.rest),
        },
        links={"console": alert.webConsoleUrl},
        values={"repeats": wire.number_in(alert.repeatCount)},
        started_at=alert.raisedAt,
        occurred_at=alert.modifiedAt,
        times=None if alert.modifiedAt else Times.NONE,
    )


def read_event(event: Event) -> Reading:
    payload = event.payload
    return Reading(
        state=event.eventType,
        level=payload.severity,
        identity=[{"alert": alert_id(event.alertId)}, {"name": SEVERITY.sub("", payload.summary, count=1)}],
        title=SEVERITY.sub("", payload.summary, count=1),
        message=payload.description,
        resource=payload.source,
        labels={"priority": payload.priority, **custom(payload.customDetails)},
        started_at=payload.timestamp,
    )


def alert_id(text: str) -> str:
    """Return an id as all scripts agree on it: macros write it in braces."""
    return text.strip("{} \t\r\n").lower()


def custom(fields: Mapping[str, object]) -> dict[str, str]:
    """Return the custom fields of an alert."""
    found = ((CUSTOM.fullmatch(wire.loosen(name)), wire.scalar_text(value)) for name, value in fields.items())
    return {f"custom{match[1]}": text for match, text in found if match and text}


def is_alert(document: Any, _request: Request) -> bool:
    return wire.loose_keys(document).keys() >= {"alertid", "resolutionstate"}


adapter = Adapter(
    name="scom",
    title="System Center Operations Manager",
    shapes=[
        Shape(Event, read_event, marks={"$.payload.customDetails.CustomField1", "alertId"}, times=Times.NONE),
        Shape(Alert, read, marks=is_alert),
    ],
    levels=LEVELS,
    times=Times.STATED,
    # `Not Present` is the default of macros in Opsgenie's script; `NONE` stands for blank fields in ilert's.
    placeholders=re.compile(r"(?P<absent>Not ?Present|NONE|Hostname Not Available)|\$Data(?:\[[^\]]*\])?/.*"),
    repeats={State.FIRING},
    retries=False,
    token_in=InBody("apiKey"),
    identity_parts={"alert", "name", "path", "entity"},
)
