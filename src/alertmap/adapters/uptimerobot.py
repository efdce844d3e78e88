r"""UptimeRobot: the notifications of its Webhook integration, with a payload of your own or the default variables.

Set up:

1. Under Integrations & API, add the integration Webhook, in older accounts an alert contact of the type Web-Hook. Enter
   a name and the URL

   ```text
   https://receiver.example/uptimerobot?token=…
   ```

   and tick the notifications about down, up, and expiry of SSL certificates and domains.
2. Tick "Send as JSON" and enter this as POST value. Details come last, since UptimeRobot does not escape their quotes.

   ```json
   {"monitorID": "*monitorID*", "alertType": "*alertType*", "alertTypeFriendlyName": "*alertTypeFriendlyName*",
    "alertDateTime": "*alertDateTime*", "alertDuration": "*alertDuration*", "monitorURL": "*monitorURL*",
    "sslExpiryDate": "*sslExpiryDate*", "sslExpiryDaysLeft": "*sslExpiryDaysLeft*",
    "monitorFriendlyName": "*monitorFriendlyName*", "alertDetails": "*alertDetails*"}
   ```

   Where the page writes variables as `$monitorID`, write them so.
3. Tick this contact in each monitor.

Answer 200. There is no signature: the token in the URL is the proof.

An alert is a monitor: down fires and has the level `down`, which is high, and up ends it. The number in `alertType` is
the state; its word counts where the number is missing. The end of a certificate or domain is an alert of its own, which
fires once and never ends: `expires` is low, and from seven days on `expires_soon` is medium. Where notifications are
repeated, a monitor that is still down is sent again.

A form, the query of a GET and other spellings of the names, such as `monitor_id`, are read, too. Without `monitorID`
URL and name are the key. Leave `*monitorAlertContacts*` out: it has addresses and secret URLs of others.

Limits: no end of an expiry is announced: let incidents of this source expire, or close these by hand. A monitor that is
paused or deleted while it is down may never be announced as up. A test notification looks like an alert. There are no
levels, and with the variables above no link to UptimeRobot.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Problem, Rank, Reading, Request, Severity, Shape, State, Times

# Type 3 may also be that of a domain: its word tells.
STATES = conventions.states(
    firing="1, Down, 3, SSL expiry, 4, Domain expiry", resolved="2, Up", suppressed="Paused", no_state="Started"
)
EXPIRIES = {"3": "ssl", "sslexpiry": "ssl", "4": "domain", "domainexpiry": "domain"}

LEVELS = {"down": Severity.HIGH, "expires_soon": Severity.MEDIUM, "expires": Severity.LOW}  # ours

DAYS_SOON = 7
LONGEST = 10**9  # seconds of an outage

TYPES = wire.named("alertType", "alertTypeFriendlyName")


@wire.model(loose_keys=True)
class Alert:
    state: Annotated[State | None, wire.state(STATES), TYPES]
    word: Annotated[wire.AnyText, TYPES] = ""
    alertTypeFriendlyName: wire.Text = ""
    monitorID: wire.AnyText = ""
    monitorURL: wire.AnyText = ""
    monitorFriendlyName: wire.AnyText = ""
    alertDetails: wire.Text = ""
    alertDateTime: wire.AnyTime = None
    alertDuration: wire.Text = ""  # seconds, of an outage that is over
    sslExpiryDate: wire.Text = ""
    sslExpiryDaysLeft: wire.Text = ""
    dashboardUrl: wire.Text = ""


def read(event: Alert) -> Reading | None:
    if event.state is None:
        return None
    expiry = expiry_of(event)
    left = wire.number_in(event.sslExpiryDaysLeft.strip())
    is_far = isinstance(left, int) and left > DAYS_SOON
    url, name = conventions.address(event.monitorURL.strip()), event.monitorFriendlyName.strip()
    return Reading(
        state=event.state,
        level="down" if expiry is None else "expires" if is_far else "expires_soon",
        identity=[
            {"monitor": event.monitorID.strip(), "expiry": expiry},
            {"url": url, "name": name or None, "expiry": expiry},
            {"name": name, "expiry": expiry},
        ],
        title=name or url,
        message=event.alertDetails,
        resource=url,
        labels={"expiry": expiry or "", "expires": event.sslExpiryDate if expiry else ""},
        links={"url": conventions.link(url), "monitor": event.dashboardUrl},
        values={"days left": left} if expiry else {},
        started_at=wire.before(event.alertDateTime, duration(event)) if event.state is State.RESOLVED else None,
        occurred_at=event.alertDateTime,
        resolvable=expiry is None,
    )


def expiry_of(event: Alert) -> str | None:
    expiry = EXPIRIES.get(wire.state_word(event.word))
    return "domain" if expiry and "domain" in event.alertTypeFriendlyName.casefold() else expiry


def duration(event: Alert) -> timedelta | None:
    seconds = wire.number_in(event.alertDuration.strip())
    return timedelta(seconds=seconds) if isinstance(seconds, int) and 0 < seconds < LONGEST else None


def read_text(text: str) -> Reading | Iterable[Problem] | None:
    event, problems = wire.read_broken(text, Alert, last="alertDetails", placeholders=PLACEHOLDERS)
    if event is None:
        return problems
    found = read(event)
    return found and evolve(found, problems=problems)


def is_alert(document: Any, _request: Request) -> bool | Rank:
    keys = wire.loose_keys(document).keys()
    if keys.isdisjoint(("monitorfriendlyname", "monitorid", "monitorurl")):
        return False
    # Datadog's templates have a `monitor_id` and an `alert_type`, too.
    return Rank.WEAK if keys.isdisjoint(("monitorfriendlyname", "monitorurl", "alerttypefriendlyname")) else Rank.STRONG


# Those of the second group have no value for most alerts.
NAMES = r"monitor(?:ID|URL|FriendlyName)|alert(?:Type|TypeFriendlyName|Details|DateTime)|dashboardUrl"
ABSENT = r"alert(?:Friendly)?Duration|sslExpiry(?:Date|DaysLeft)|domainExpireDate"
PLACEHOLDERS = re.compile(rf"(?P<absent>\*(?:{ABSENT})\*|\$(?:{ABSENT}))|\*(?:{NAMES})\*|\$(?:{NAMES})")

adapter = Adapter(
    name="uptimerobot",
    title="UptimeRobot",
    shapes=[
        Shape(Alert, read, marks=is_alert),
        Shape(str, read_text, marks={'"monitorID"', '"alertType"'}),
    ],
    levels=LEVELS,
    formats={"json", "form", "query", "text"},
    times=Times.STATED,
    repeats={State.FIRING},
    templates=re.compile(rf"\*(?:{NAMES}|{ABSENT})\*|\$(?:{NAMES}|{ABSENT})"),
    placeholders=PLACEHOLDERS,
    identity_parts={"monitor", "url", "name", "expiry"},
)
