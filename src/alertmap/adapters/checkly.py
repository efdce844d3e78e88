"""Checkly: the alert channel "Webhook", with a payload of your own, and the payload of its channel for incident.io.

Set up:

1. Alerts, Alert channels, Add more channels, Webhook: method POST, the URL

   ```text
   https://receiver.example/checkly?token=…
   ```

   the request header `Content-Type: application/json`, and the body below. Two braces write a quote in a name as
   `&quot;`; with three it would break the JSON. Leave the error message at the end: its line breaks and backslashes
   break the JSON in any case, and then only what stands before it is read.

   ```json
   {"alert_type": "{{ALERT_TYPE}}", "check_id": "{{CHECK_ID}}", "check_name": "{{CHECK_NAME}}",
    "group_name": "{{GROUP_NAME}}", "check_type": "{{CHECK_TYPE}}", "alert_title": "{{ALERT_TITLE}}",
    "started_at": "{{STARTED_AT}}", "response_time": "{{RESPONSE_TIME}}",
    "status_code": "{{API_CHECK_RESPONSE_STATUS_CODE}}", "run_location": "{{RUN_LOCATION}}",
    "tags": "{{TAGS}}", "result_link": "{{RESULT_LINK}}",
    "ssl_check_domain": "{{SSL_CHECK_DOMAIN}}", "ssl_days_remaining": "{{SSL_DAYS_REMAINING}}",
    "check_error_message": "{{CHECK_ERROR_MESSAGE}}"}
   ```

2. Enter a webhook secret, and give it to the source: `Auth(secrets="…")`. It signs the body, not the time.
3. Let the channel send when a check fails, degrades and recovers, and when a certificate expires. Subscribe your checks
   and groups to it.

Answer 200: after a status above 399 Checkly posts up to five times more, 20 seconds apart, so that a failure may come
after its recovery. The start of the run puts them in order.

An alert is a check: failing is high, degraded is medium. It recovers; reminders state it again, where they are on. The
certificate of a check is an alert of its own, medium in its last seven days and low before. No recovery ends it: let
incidents of this source expire.

Other payloads with one key for each variable are read, too, such as that for Keep (`event`, `link`), whatever their
case. `$UUID` and `CHECK_RESULT_ID` differ in each request, so neither is a key.

Limits: a payload without `check_id` names the check by its name and group, which need not be unique. The payload for
incident.io has no time. A check that is deleted, muted or deactivated while it fails is not announced as well: let
incidents of this source expire. A test message from the editor looks like an alert.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Identity, InHeader, Problem, Reading, Request, Shape, Signature, State, Times

# Each type is a transition of the check; its level is the state that the check is in, or was in until its recovery.
# ALERT_FAIL stands on old pages of the vendor.
FAILING = "ALERT_FAILURE, ALERT_FAIL, ALERT_FAILURE_REMAIN, ALERT_DEGRADED_FAILURE"
DEGRADED = "ALERT_DEGRADED, ALERT_DEGRADED_REMAIN, ALERT_FAILURE_DEGRADED"
STATES = conventions.states(
    firing=f"{FAILING}, {DEGRADED}, ALERT_SSL",
    resolved="ALERT_RECOVERY, ALERT_DEGRADED_RECOVERY, NO_ALERT",
)

LEVELS = conventions.levels(high="failing", medium="degraded, expires_soon", low="expires")
TYPES = {"failing": f"{FAILING}, ALERT_RECOVERY", "degraded": f"{DEGRADED}, ALERT_DEGRADED_RECOVERY", "": "NO_ALERT"}
LEVEL_BY_TYPE = {wire.state_word(word): level for level, words in TYPES.items() for word in words.split(",")}

SSL = wire.state_word("ALERT_SSL")
SOON = 7  # days

UNRENDERED = re.compile(r"\{\{[^{}]*\}\}|\{\{\{[^{}]*\}\}\}")


@wire.model(loose_keys=True)
class Alert:
    alert_type: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.AnyText, wire.named("alert_type")] = ""
    check_id: wire.AnyText = ""
    check_name: wire.HtmlText = ""
    group_name: Annotated[wire.HtmlText, wire.also("group")] = ""
    check_type: wire.Text = ""
    alert_title: Annotated[wire.HtmlText, wire.also("event", "title", "message")] = ""
    check_error_message: Annotated[wire.HtmlText, wire.also("error_message", "error")] = ""
    started_at: wire.AnyTime = None  # of the run
    response_time: wire.Text = ""
    status_code: Annotated[wire.Text, wire.also("api_check_response_status_code")] = ""
    run_location: wire.Text = ""
    tags: wire.HtmlText | list[wire.Text] = ""
    result_link: Annotated[wire.HtmlText, wire.also("link", "url")] = ""
    ssl_check_domain: wire.Text = ""
    ssl_days_remaining: wire.Text = ""


@wire.model
class Metadata:
    alertType: wire.AnyText = ""
    resultLink: wire.HtmlText = ""


@wire.model
class ForIncidentIo:
    """Payload of the channel for incident.io, where nobody changed it."""

    status: Annotated[State, wire.state({"firing": State.FIRING, "resolved": State.RESOLVED})]
    deduplication_key: wire.AnyText = ""  # the check's id
    metadata: Metadata = Metadata()
    title: wire.HtmlText = ""
    description: wire.HtmlText = ""


def read(alert: Alert) -> Reading:
    check_id, name = alert.check_id.strip(), alert.check_name.strip()
    is_ssl = wire.state_word(alert.word) == SSL
    domain, days = alert.ssl_check_domain.strip(), wire.number_in(alert.ssl_days_remaining.strip())
    check: list[Identity] = [{"check_id": check_id}, {"check_name": name, "group": alert.group_name or None}]
    # Without its domain a certificate is still not the check.
    certificate = [{**each, "kind": "ssl", **more} for more in ({"domain": domain}, {}) for each in check]
    return Reading(
        state=alert.alert_type,
        level=level(alert.word, days),
        identity=certificate if is_ssl else check,
        title=alert.alert_title if is_ssl or not name else name,
        message=alert.check_error_message or alert.alert_title,
        resource=domain if is_ssl else name,
        labels=wire.pick(alert, "group_name", "check_type", "run_location")
        | {"tags": alert.tags if isinstance(alert.tags, str) else ", ".join(alert.tags)},
        links={"result": alert.result_link},
        values={
            "response_time_ms": wire.number_in(alert.response_time),
            "status_code": "" if alert.status_code == "0" else wire.number_in(alert.status_code),
            "ssl_days_remaining": days if is_ssl else "",
        },
        occurred_at=alert.started_at,
        resolvable=not is_ssl,
    )


def read_for_incident_io(event: ForIncidentIo) -> Reading:
    is_ssl = wire.state_word(event.metadata.alertType) == SSL
    return Reading(
        state=event.status,
        level=level(event.metadata.alertType, ""),
        identity={"check_id": event.deduplication_key.strip(), "kind": "ssl" if is_ssl else None},
        title=event.title,
        message=event.description,
        links={"result": event.metadata.resultLink},
        resolvable=not is_ssl,
    )


def read_text(text: str) -> Reading | Iterable[Problem]:
    alert, problems = wire.read_broken(text, Alert, last="check_error_message", placeholders=UNRENDERED)
    return problems if alert is None else evolve(read(alert), problems=problems)


def level(word: str, days: int | float | str) -> str:
    name = wire.state_word(word)
    if name == SSL:
        return "expires" if isinstance(days, str) or days > SOON else "expires_soon"
    return LEVEL_BY_TYPE.get(name, word)


def is_alert(document: Any, _request: Request) -> bool:
    keys = wire.loose_keys(document)
    kind = document.get(keys.get("alerttype"))
    return type(kind) is str and kind.startswith(("ALERT_", "NO_ALERT")) and not keys.keys().isdisjoint(NAMES)


NAMES = ("checkid", "checkname")

# Of every request; newer pages of the vendor do not name the second.
HEADERS = {"x-checkly-signature": "", "x-checkly-timestamp": ""}

adapter = Adapter(
    name="checkly",
    title="Checkly",
    shapes=[
        Shape(Alert, read, marks=is_alert, headers=HEADERS),
        Shape(
            ForIncidentIo,
            read_for_incident_io,
            marks={"$.metadata.alertType": "ALERT_"},
            headers=HEADERS,
            times=Times.NONE,
        ),
        Shape(str, read_text, marks={'"alert_type"', '"check_id"', "ALERT"}),
    ],
    levels=LEVELS,
    formats={"json", "text"},
    times=Times.STATED,
    repeats={State.FIRING},
    templates=UNRENDERED,
    placeholders=UNRENDERED,
    accepted=range(200, 400),
    retries=True,
    signatures=[Signature(place=InHeader("x-checkly-signature"))],
    identity_parts={"check_id", "check_name", "group", "kind", "domain"},
)
