"""Sites and their certificates, check-ins, and alarms of Insights.

Sources: the vendor's pages of payloads, versions 2 and 3; fixtures of Zulip's integration.
"""

from typing import Annotated

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State, Times
from alertmap.adapters.honeybadger.bodies import CERTIFICATE, HEADERS, Body, level

SITES = {"down": State.FIRING, CERTIFICATE: State.FIRING, "up": State.RESOLVED}
CHECK_INS = {"check_in_missing": State.FIRING, "check_in_reporting": State.RESOLVED}
ALARMS = {"alarm_alert": State.FIRING, "alarm_ok": State.RESOLVED}


@wire.model
class Site:
    id: wire.AnyText = ""
    name: wire.Text = ""
    url: wire.Text = ""
    details_url: wire.Text = ""


@wire.model
class Outage:
    down_at: wire.Rfc3339WithText = None
    up_at: wire.Rfc3339 = None
    status: wire.Number | None = None
    reason: wire.Text = ""


@wire.model
class SiteEvent(Body):
    event: Annotated[State, wire.state(SITES)]
    site: Site
    outage: Outage = Outage()


@wire.model
class CheckIn:
    id: wire.AnyText = ""
    name: wire.Text = ""
    details_url: wire.Text = ""  # of all check-ins of the project


@wire.model
class CheckInEvent(Body):
    event: Annotated[State, wire.state(CHECK_INS)]
    check_in: CheckIn


@wire.model
class Alarm:
    id: wire.AnyText = ""
    name: wire.Text = ""
    url: Annotated[wire.Text, wire.also("details_url")] = ""


@wire.model
class AlarmEvent(Body):
    event: Annotated[State, wire.state(ALARMS)]
    alarm: Alarm


def read_site(event: SiteEvent) -> Reading:
    site, outage = event.site, event.outage
    is_certificate = wire.state_word(event.word) == wire.state_word(CERTIFICATE)
    about = "certificate" if is_certificate else "site"
    # All times are null where a site was added, and is up for the first time.
    down_at = None if is_certificate else outage.down_at
    at = outage.up_at if event.event is State.RESOLVED else down_at and down_at.moment
    address = conventions.address(site.url.partition("?")[0])
    return Reading(
        state=event.event,
        level=level(event, event.event),
        identity=[{about: site.id.strip()}, {f"{about}_name": site.name.strip()}],
        title=site.name or address,
        message=event.message
        if event.event is State.RESOLVED
        else conventions.join(event.message, outage.reason, by="\n"),
        resource=address,
        labels={"project": event.project.name},
        links={"site": site.details_url},
        values={} if outage.status is None else {"status": outage.status},
        started_at=down_at.moment if down_at else None,
        occurred_at=at,
        episode=down_at.text if down_at else None,
        times=Times.SINCE if at else Times.NONE,
        resolvable=not is_certificate,
    )


def read_check_in(event: CheckInEvent) -> Reading:
    return Reading(
        state=event.event,
        level=level(event, event.event),
        identity=[{"check_in": event.check_in.id.strip()}, {"check_in_name": event.check_in.name.strip()}],
        title=event.check_in.name,
        message=event.message,
        resource=event.project.name,
        labels={"project": event.project.name},
        links={"check_ins": event.check_in.details_url},
        times=Times.NONE,
    )


def read_alarm(event: AlarmEvent) -> Reading:
    alarm = event.alarm
    return Reading(
        state=event.event,
        level=level(event, event.event),
        identity=[{"alarm": alarm.id.strip()}, {"alarm_name": alarm.name.strip()}],
        title=alarm.name,
        message=event.message,
        resource=event.project.name,
        links={"alarm": alarm.url},
        times=Times.NONE,
    )


SHAPES = [
    Shape(SiteEvent, read_site, marks={"message", "$.site.id", "$.site.state"}, headers=HEADERS),
    Shape(CheckInEvent, read_check_in, marks={"message", "$.check_in.id"}, headers=HEADERS),
    Shape(AlarmEvent, read_alarm, marks={"message", "$.alarm.name", "$.alarm.state"}, headers=HEADERS),
]
