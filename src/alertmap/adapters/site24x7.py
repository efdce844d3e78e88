"""Site24x7: the third-party integration "Webhooks".

Set up:

1. Admin, Third-Party Integrations, Add Integration, Webhooks: the URL, and the method POST.

   ```text
   https://receiver.example/site24x7?token=…
   ```

2. Turn on "Post as JSON" and "Send Incident Parameters": all parameters are then sent under their names. To choose
   them yourself, send these custom parameters as JSON instead:

   ```json
   {"MONITOR_ID": "$MONITOR_ID", "STATUS": "$STATUS", "INCIDENT_TIME_ISO": "$INCIDENT_TIME_ISO",
    "MONITORTYPE": "$MONITORTYPE", "MONITOR_DASHBOARD_LINK": "$MONITOR_DASHBOARD_LINK", "RCA_LINK": "$RCA_LINK",
    "MONITORURL": "$MONITORURL", "MONITORNAME": "$MONITORNAME", "MONITOR_GROUPNAME": "$MONITOR_GROUPNAME",
    "TAGS": "$TAGS", "FAILED_LOCATIONS": "$FAILED_LOCATIONS", "INCIDENT_REASON": "$INCIDENT_REASON"}
   ```

3. Let it alert for Down, Critical, Trouble and Up, and choose the monitors, groups or tags that it is for.

Answer 200. There is no signature: a header that you add, or the token in the URL, is the proof. Forms and the query of
a GET are read, too, and templates with the same names in any case; `IncidentNumber` is another name of `MONITOR_ID`.
Where a quote or a line break in a value breaks the JSON, what stands before it is read.

An alert is a monitor. Down is critical, Critical is high, Trouble is medium, as Site24x7 orders them. A monitor that
goes from Trouble to Down is the same alert, and Up ends it. Suspended and in maintenance it is suppressed.

Limits: without `MONITOR_ID` the id in the link to the dashboard is taken, and without that the name and the URL of the
monitor, which may change. A status with a name of your own fires, and ends nothing. A monitor that is deleted while it
is down is not announced as up: let incidents of this source expire.
"""

import re
from collections.abc import Iterable
from typing import Annotated

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Problem, Reading, Severity, Shape, State

STATES = conventions.states(
    firing="DOWN, CRITICAL, TROUBLE, CONFIGURATION_ERROR, DISCOVERY", resolved="UP", suppressed="SUSPENDED, MAINTENANCE"
)

# The vendor's order: Down, Critical, Trouble.
LEVELS = conventions.levels(critical="DOWN", high="CRITICAL", medium="TROUBLE", low="CONFIGURATION_ERROR, DISCOVERY")

IN_LINK = re.compile(r"/monitors/([0-9]{6,25})(?:/|$)")

# Parameters that have no value for some monitors or changes: $INCIDENT_DETAILS is for RBL monitors only.
ABSENT = (
    r"\$(?:BU_NAME|FAILED_LOCATIONS|(?:GROUP_)?TAGS|INCIDENT_(?:DETAILS|REASON)|MONITOR_(?:DASHBOARD_LINK|GROUPNAME)"
    r"|MONITORURL|MSP_CUSTOMER_NAME|RCA_LINK)"
)
UNRENDERED = r"\$[A-Z][A-Z0-9_]*"
PLACEHOLDERS = re.compile(rf"(?P<absent>{ABSENT})|{UNRENDERED}")


@wire.model(loose_keys=True)
class Incident:
    STATUS: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.AnyText, wire.named("STATUS")] = ""
    MONITOR_ID: Annotated[wire.AnyText, wire.also("IncidentNumber")] = ""  # 18 digits, as a number or as text
    MONITORNAME: wire.AnyText = ""
    MONITORURL: wire.AnyText = ""
    MONITORTYPE: wire.Text = ""
    MONITOR_GROUPNAME: wire.ScalarText = ""
    INCIDENT_REASON: wire.Text = ""
    INCIDENT_DETAILS: wire.Text = ""
    REASON: wire.Text = ""  # of the request, such as "Execute on Down"; in templates of the incident
    INCIDENT_TIME_ISO: wire.AnyTime = None
    OUTAGE_TIME_UNIX_FORMAT: wire.AnyTime = None
    FAILED_LOCATIONS: wire.ScalarText = ""
    TAGS: wire.ScalarText = ""
    MONITOR_DASHBOARD_LINK: wire.Text = ""
    RCA_LINK: wire.Text = ""


def read(incident: Incident) -> Reading:
    in_link = IN_LINK.search(incident.MONITOR_DASHBOARD_LINK)
    name, url = incident.MONITORNAME.strip(), conventions.address(incident.MONITORURL.strip())
    tags = [tag.partition(":") for tag in incident.TAGS.split(",")]
    details = "" if incident.INCIDENT_DETAILS == incident.INCIDENT_REASON else incident.INCIDENT_DETAILS
    return Reading(
        state=incident.STATUS,
        level=incident.word if incident.STATUS is State.FIRING else None,
        identity=[
            {"monitor": incident.MONITOR_ID.strip() or (in_link[1] if in_link else "")},
            {"name": name, "url": url or None},
        ],
        title=name,
        message=conventions.join(incident.INCIDENT_REASON, details, by="\n") or incident.REASON,
        resource=url or name,
        labels={name.strip(): value.strip() for name, _, value in tags if name.strip()}
        | {
            "type": incident.MONITORTYPE,
            "groups": incident.MONITOR_GROUPNAME,
            "failed_locations": incident.FAILED_LOCATIONS,
            "tags": ", ".join(name.strip() for name, colon, _ in tags if not colon),
        },
        links={
            "dashboard": incident.MONITOR_DASHBOARD_LINK,
            "root_cause": incident.RCA_LINK,
            "url": conventions.link(url),
        },
        occurred_at=incident.INCIDENT_TIME_ISO or incident.OUTAGE_TIME_UNIX_FORMAT,
    )


def read_text(text: str) -> Reading | Iterable[Problem]:
    incident, problems = wire.read_broken(text, Incident, last="INCIDENT_REASON", placeholders=PLACEHOLDERS)
    return problems if incident is None else evolve(read(incident), problems=problems)


adapter = Adapter(
    name="site24x7",
    title="Site24x7",
    shapes=[
        Shape(Incident, read, marks={"MONITORNAME"}),
        Shape(str, read_text, marks={'"MONITORNAME"', '"STATUS"'}),
    ],
    levels=LEVELS,
    fallback=Severity.HIGH,  # an unknown status may be a name of one's own for Down
    formats={"json", "form", "query", "text"},
    templates=re.compile(UNRENDERED),
    placeholders=PLACEHOLDERS,
    identity_parts={"monitor", "name", "url"},
)
