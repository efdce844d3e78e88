"""HetrixTools: the webhooks of its uptime, server resource and blacklist monitors.

Set up:

1. Contact Lists, add or edit a list, and enter the webhook URL:

   ```text
   https://receiver.example/hetrixtools?token=…
   ```

   Instead of the token in the URL, the list may have an authentication token, which is sent as
   `Authorization: Bearer …`.
2. Assign the list to your uptime monitors, server monitors and blacklist monitors.

Answer 200. There is no signature.

Each alert is a monitor. An uptime monitor fires while it is `offline`, is over when it is `online`, and is suppressed
during maintenance; the level is `down`, which is high. A warning about the resources of a server is an alert of its own
for each resource, of the level `resource`, which is medium. A blacklist monitor fires while its address is on a list,
and is over when it is on none; the level is `blacklisted`, which is medium.

Limits: nothing ends a warning about resources: let incidents of this source expire. So it is with an uptime monitor
that is paused or deleted while it is down. A blacklist report has no time, so the order of arrival counts.
"""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Reading, Shape, State, Times

STATES = conventions.states(firing="offline", suppressed="maintenance", resolved="online")

LEVELS = conventions.levels(high="down", medium="resource, blacklisted")  # ours


@wire.model
class Monitor:
    """Fields of the monitors that have an id."""

    monitor_id: wire.AnyText = ""
    monitor_name: wire.AnyText = ""
    timestamp: wire.EpochAny = None


@wire.model
class Uptime(Monitor):
    monitor_status: Annotated[State, wire.state(STATES)]
    monitor_target: wire.AnyText = ""
    monitor_type: wire.Text = ""
    monitor_category: wire.Text = ""
    monitor_errors: wire.Texts = Factory(dict)  # by location; a recovery has none


@wire.model
class Resource:
    resource_type: wire.AnyText = ""
    current_usage: wire.Text = ""
    average_usage: wire.Text = ""
    average_minutes: wire.Text = ""


@wire.model
class Usage(Monitor):
    resource_usage: Resource


@wire.model
class Listing:
    rbl: wire.Text = ""


@wire.model
class Links:
    report_link: wire.Text = ""


@wire.model
class Blacklist:
    blacklisted_now: wire.AnyText
    blacklisted_before: wire.Text = ""
    monitor: wire.AnyText
    label: wire.Text = ""
    blacklisted_on: wire.Items[Listing] = wire.Items()
    links: Links = Links()


def read(event: Uptime) -> Reading:
    address = conventions.address(event.monitor_target.strip())
    return Reading(
        state=event.monitor_status,
        level="down",
        identity=[{"monitor": event.monitor_id.strip()}, {"target": address, "name": event.monitor_name.strip()}],
        title=event.monitor_name,
        message="\n".join(f"{location}: {error}" for location, error in event.monitor_errors.items()),
        resource=address or event.monitor_name,
        labels={"category": event.monitor_category, "type": event.monitor_type},
        links={"url": conventions.link(address)},
        occurred_at=event.timestamp,
    )


def read_usage(event: Usage) -> Reading:
    used = event.resource_usage
    resource = used.resource_type.strip()
    # A server may have an uptime monitor of the same id.
    return Reading(
        state=State.FIRING,
        level="resource",
        identity=[
            {"monitor": event.monitor_id.strip(), "resource": resource},
            {"name": event.monitor_name.strip(), "resource": resource},
        ],
        title=conventions.join(event.monitor_name, resource),
        resource=event.monitor_name,
        labels={"resource": resource},
        values={
            "current usage": wire.number_in(used.current_usage),
            "average usage": wire.number_in(used.average_usage),
            "average minutes": wire.number_in(used.average_minutes),
        },
        occurred_at=event.timestamp,
        resolvable=False,
    )


def read_blacklist(event: Blacklist) -> Reading:
    count = event.blacklisted_now.strip()
    return Reading(
        state=(State.RESOLVED if count == "0" else State.FIRING) if count.isdecimal() else None,
        level="blacklisted",
        identity={"blacklist": event.monitor.strip()},
        title=conventions.join(event.label, event.monitor),
        message=", ".join(listing.rbl for _, listing in event.blacklisted_on),
        resource=event.monitor,
        labels=wire.pick(event, "label"),
        links={"report": event.links.report_link},
        values={"blacklists": wire.number_in(count), "blacklists before": wire.number_in(event.blacklisted_before)},
    )


adapter = Adapter(
    name="hetrixtools",
    title="HetrixTools",
    shapes=[
        Shape(Uptime, read, marks={"monitor_type", "monitor_category"}),
        Shape(Usage, read_usage, marks={"monitor_id", "$.resource_usage.resource_type"}, times=Times.STATED),
        Shape(Blacklist, read_blacklist, marks={"blacklisted_before"}, times=Times.NONE),
    ],
    levels=LEVELS,
    many=True,
    identity_parts={"monitor", "target", "name", "resource", "blacklist"},
)
