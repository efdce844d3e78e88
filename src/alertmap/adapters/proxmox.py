"""Proxmox VE and Proxmox Backup Server: their notification target "Webhook".

Set up:

1. Under Datacenter, Notifications (Backup Server: Configuration, Notifications), add the target Webhook: method POST,
   URL `https://receiver.example/proxmox?token=…`, the header `Content-Type` with the value `application/json`, and as
   its body

       {"title": {{ json title }}, "message": {{ json message }}, "severity": "{{ severity }}",
        "timestamp": {{ timestamp }}, "fields": {{ json fields }}}

2. Add a matcher for this target without rules, or with rules that let severity `info` through: a job that succeeds has
   it, and that is the recovery.
3. Set the notification mode of backup jobs to the notification system, and, in Backup Server, the notifications of
   datastores to always.
4. Press "Test". Answer 200.

`{{ escape title }}` in quotes is read as well.

Backup, garbage collection, prune, sync, verification and tape backup jobs fire when they fail, again with each run that
fails, and end with the first that succeeds. An alert is a job of a host; runs by hand have no job id and are an alert
of their own. Failed replications, fencing, mails for root and news such as updates have no recovery: let incidents of
this source expire, after more than the time between two runs.

Limits: a request that fails is not sent again. A backup job is one alert, however many guests it saves. Without
`fields` nothing resolves, since `info` is both success and news. Texts made for Slack, Discord or ntfy are not read.
"""

import re
from typing import Annotated, Any, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Notice, Problem, ProblemCode, Reading, Reason, Request, Shape, State, Times

STATES = conventions.states(
    firing="error, warning, notice, unknown",  # unknown: mails for root
    resolved="info",  # of a job only; else it is news
)

LEVELS = conventions.levels(
    critical="node lost",  # ours: fencing has severity `error` like a failed backup
    high="error",
    medium="warning, unknown",
    low="notice",
    info="info",
)

JOBS = {"vzdump", "gc", "prune", "sync", "verification", "tape-backup"}  # types that also announce success
OTHERS = {"acme", "fencing", "package-updates", "replication", "system-mail", "tape-load"}


@wire.model
class Test:
    title: Literal["Test notification"]
    severity: Literal["info"]


@wire.model
class Notification:
    severity: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.Text, wire.named("severity")] = ""
    title: wire.AnyText = ""
    message: wire.Text = ""
    timestamp: wire.EpochAny = None  # of the notification
    fields: wire.JsonIn[dict[str, wire.AnyText]] = Factory(dict)


def read(event: Notification) -> Reading:
    kind, host = event.fields.get("type", ""), event.fields.get("hostname", "")
    is_job = kind in JOBS
    is_over = event.severity is State.RESOLVED and is_job
    parts = {
        "type": kind,
        "hostname": host,
        "datastore": event.fields.get("datastore", "" if is_job and kind != "vzdump" else None),
        "media-pool": event.fields.get("media-pool"),
        "job-id": event.fields.get("job-id"),
        # The mails of a host have nothing but their subject to tell a broken disk from a cron job.
        "subject": event.title if kind == "system-mail" else None,
    }
    return Reading(
        state=State.RESOLVED if is_over else State.FIRING,
        level=None if is_over else "node lost" if kind == "fencing" else event.word,
        identity=[parts, {"title": event.title}],
        title=event.title,
        message=event.message,
        resource=host,
        labels=event.fields,
        occurred_at=event.timestamp,
        resolvable=is_job,
        problems=(NO_TYPE,) if event.severity is State.RESOLVED and not kind.strip() else (),
    )


NO_TYPE = Problem(
    ProblemCode.STATE_GUESSED, "$.fields", "info without a type may be a success or news; treated as firing"
)


def marks(document: Any, _request: Request) -> bool:
    fields = document.get("fields")
    kind = fields.get("type") if type(fields) is dict else None
    return type(kind) is str and kind in JOBS | OTHERS and document.keys() >= {"title", "message"}


adapter = Adapter(
    name="proxmox",
    title="Proxmox",
    shapes=[
        Shape(Test, Notice(reason=Reason.TEST), marks={"message": "This is a test of the notification target"}),
        Shape(Notification, read, marks=marks),
    ],
    levels=LEVELS,
    times=Times.STATED,
    repeats={State.FIRING, State.RESOLVED},  # each run of a job states its result
    templates=re.compile(r"\{\{[^{}]*\}\}"),
    placeholders=re.compile(r"\{\{[^{}]*\}\}"),  # a body that was entered as it stands, not as a template
    retries=False,
)
