"""Airbrake: its integration "Webhook", which posts errors.

Set up:

1. Project settings, Integrations, Webhook. Enter the URL, tick "Enabled" and save:

   ```text
   https://receiver.example/airbrake?token=…
   ```

2. Choose the environments and the least severity that are worth a page.
3. Press "Test integration".

Answer 200. There is no signature: the token in the URL is the proof.

An alert is a group of errors of a project. Airbrake posts it when the group is new, and when it occurs again after
somebody resolved it. The severity is that of the error, if the body names it; else the level is `error`, which is high.

Limits: no recovery is ever posted, not even when somebody resolves the group: let incidents of this source expire. The
test looks like an error. Deploys are not read.
"""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Reading, Severity, Shape, State, Times

# Severities that Airbrake's notifiers may send; `error` is theirs where users choose none.
LEVELS = conventions.levels(
    critical="emergency, alert, critical", high="error", medium="warning", info="notice, info, debug"
)


@wire.model
class Project:
    id: wire.AnyText = ""
    name: wire.Text = ""


@wire.model
class Occurrence:
    request_url: wire.Text = ""
    backtrace: list[wire.AnyText] = Factory(list)


@wire.model
class Group:
    id: wire.AnyText = ""  # a number in the documentation, text of 19 digits on the wire
    error_class: wire.Text = ""
    error_message: wire.Text = ""
    file: wire.Text = ""
    line_number: wire.Text = ""
    project: Project = Project()
    last_notice: Occurrence = Occurrence()
    environment: wire.Text = ""
    severity: wire.Text = ""
    first_occurred_at: wire.Rfc3339 = None
    last_occurred_at: wire.Rfc3339 = None
    times_occurred: wire.Number | None = None


@wire.model
class Event:
    group: Annotated[Group, wire.named("error")]
    airbrake_error_url: wire.AnyText = ""


def read(event: Event) -> Reading:
    group, number = event.group, event.group.id.strip()
    has_class = group.error_message.startswith(group.error_class)
    place = conventions.join(group.file, group.line_number, by=":")
    # The query of the page that failed may hold anything.
    page = conventions.link(group.last_notice.request_url.partition("?")[0].partition("#")[0])
    return Reading(
        state=State.FIRING,
        level=group.severity.strip() or "error",
        identity=[
            {"project": group.project.id.strip(), "error": number},
            {"url": conventions.address(event.airbrake_error_url.strip().partition("?")[0])},
            {"error": number},
        ],
        title=group.error_message if has_class else conventions.join(group.error_class, group.error_message),
        message=conventions.join(place, *group.last_notice.backtrace[:1], by="\n"),
        resource=group.project.name,
        labels=wire.pick(group, "environment", "error_class"),
        links={"error": event.airbrake_error_url, "page": page},
        values={} if group.times_occurred is None else {"occurrences": group.times_occurred},
        started_at=group.first_occurred_at,
        occurred_at=group.last_occurred_at,
    )


adapter = Adapter(
    name="airbrake",
    title="Airbrake",
    shapes=[Shape(Event, read, marks={"airbrake_error_url"})],
    levels=LEVELS,
    fallback=Severity.HIGH,  # of another severity
    times=Times.STATED,
    recovers=False,
    identity_parts={"project", "error", "url"},
)
