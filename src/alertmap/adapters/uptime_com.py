"""Uptime.com: its integration "Custom Postback URL (Webhook)", in both forms of its payload.

Set up:

1. Notifications, Integrations, New Profile, Custom Postback URL (Webhook): a name, and the URL

   ```text
   https://receiver.example/uptime_com?token=…
   ```

   Leave "Use legacy payload" off. Instead of the token in the URL, "Headers" may have `Authorization: Bearer …`; but
   each payload then holds this header in its field `integration.headers`.
2. Assign the profile to contacts, and these contacts to your checks.

Answer 200. There is no signature.

An alert is a check of an account: the event `alert_raised` fires, `alert_cleared` ends it. Without an event the verdict
over all locations decides, never that of one location. An alert that somebody ignores is suppressed. A critical one is
critical, a warning is medium. A legacy alert has the level `down`, which is high.

Limits: a legacy payload has a time without a zone, so the order of arrival counts; its key is not that of the new
payload. A check that is paused or deleted while it is down is not announced as up: let incidents of this source expire.
The request of the test button is not documented: it may look like an alert.
"""

from typing import Annotated

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Reading, Severity, Shape, State, Times

EVENTS = conventions.states(firing="alert_raised", resolved="alert_cleared")
RAISED = wire.state_word("alert_raised")
IS_UP = {"false": State.FIRING, "true": State.RESOLVED}
LEGACY_STATES = conventions.states(firing="DOWN", resolved="UP")

LEVELS = conventions.levels(critical="CRITICAL", high="down", medium="WARNING", info="INFO")  # `down` is ours


@wire.model
class Service:
    id: wire.AnyText
    name: wire.Text = ""
    display_name: wire.Text = ""
    short_name: wire.Text = ""
    monitoring_service_type: wire.Text = ""
    msp_address: wire.Text = ""
    tags: wire.ScalarText = ""


@wire.model
class Account:
    id: wire.AnyText = ""
    name: wire.Text = ""


@wire.model
class Result:
    """Result of the check at one location, which may differ from the verdict."""

    state: wire.Text = ""
    output: wire.Text = ""
    short_output: wire.Text = ""


@wire.model
class Verdict:
    """Verdict over all locations."""

    created_at: wire.Rfc3339 = None
    num_locations_down: wire.Number | None = None
    state_is_up: Annotated[State | None, wire.state(IS_UP)] = None
    ignored: bool = False


@wire.model
class Device:
    address: wire.Text = ""


@wire.model
class Links:
    alert_details: wire.Text = ""
    real_time_analysis: wire.Text = ""


@wire.model
class Data:
    service: Service
    account: Account = Account()
    alert: Result = Result()
    global_alert_state: Verdict = Verdict()
    device: Device = Device()
    locations: wire.ScalarText = ""
    links: Links = Links()
    date: wire.Rfc3339 = None


@wire.model
class Webhook:
    data: Data
    event: Annotated[State | None, wire.state(EVENTS)] = None
    word: Annotated[wire.AnyText, wire.named("event")] = ""


@wire.model
class Legacy:
    state: Annotated[State, wire.state(LEGACY_STATES)]
    check_id: wire.AnyText = ""
    check_name: wire.Text = ""
    check_type: wire.Text = ""
    check_url: wire.Text = ""
    server_name: wire.Text = ""
    locations: wire.ScalarText = ""
    output: wire.Text = ""


def read(event: Webhook) -> Reading:
    data, service, verdict = event.data, event.data.service, event.data.global_alert_state
    state = event.event or verdict.state_is_up
    fires = state is not State.RESOLVED
    is_ignored = verdict.ignored and wire.state_word(event.word) == RAISED  # an event that is not known fires
    address = conventions.address(service.msp_address or data.device.address)
    return Reading(
        state=State.SUPPRESSED if is_ignored else state,
        level=data.alert.state if fires else None,
        # A device may have several checks. No page says that the ids of alert and verdict last as long as an outage.
        identity=[{"account": data.account.id.strip(), "check": service.id.strip()}, {"check": service.id.strip()}],
        title=service.display_name or service.short_name or service.name,
        message=data.alert.short_output or data.alert.output.partition("\n")[0],
        resource=address,
        labels={
            "type": service.monitoring_service_type,
            "tags": service.tags,
            "locations": data.locations,
            "account": data.account.name,
        },
        links={
            "alert": data.links.alert_details,
            "analysis": data.links.real_time_analysis,
            "url": conventions.link(address),
        },
        values={} if verdict.num_locations_down is None else {"locations_down": verdict.num_locations_down},
        started_at=verdict.created_at if fires else None,
        occurred_at=data.date,
    )


def read_legacy(event: Legacy) -> Reading:
    address = conventions.address(event.check_url)
    return Reading(
        state=event.state,
        level="down",
        identity=[{"check": event.check_id.strip()}, {"name": event.check_name.strip(), "url": address}],
        title=event.check_name or event.server_name,
        message=event.output.partition("\n")[0],
        resource=address or event.server_name,
        labels={"type": event.check_type, "locations": event.locations},
        links={"url": conventions.link(address)},
    )


adapter = Adapter(
    name="uptime_com",
    title="Uptime.com",
    shapes=[
        Shape(Webhook, read, marks={"$.data.global_alert_state"}),
        Shape(Legacy, read_legacy, marks={"check_uptime_api_url"}, times=Times.NONE),
    ],
    levels=LEVELS,
    fallback=Severity.HIGH,  # of another state of an alert
    times=Times.STATED,
    identity_parts={"account", "check", "name", "url"},
)
