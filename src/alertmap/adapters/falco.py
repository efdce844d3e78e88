"""Falco, its own HTTP output or Falcosidekick's output `webhook`.

Set up, with Falcosidekick:

1. Add this to its configuration, with the lowest priority that is worth an alert.

   ```yaml
   webhook:
     address: "https://receiver.example/falco?token=…"
     minimumpriority: warning
   ```

2. Falcosidekick's `/test` sends a test, which is no alert.

Set up, where Falco itself posts:

1. Add this to `falco.yaml`.

   ```yaml
   json_output: true
   http_output:
     enabled: true
     url: "https://receiver.example/falco?token=…"
   ```

Answer 200; a request that fails is not sent again.

An alert is a rule and what broke it. For system calls that is the host, with the container and the process where the
rule prints `container.id` and `proc.name`; for the Kubernetes audit log the target. For other sources it is the rule
alone: the option `fields = ["ct.user"]` names the output fields that tell such alerts apart, for all rules of a source
of yours. Put them into the rules' output, too. Custom fields become labels.

Limits: nothing is ever resolved: let incidents of this source expire. Each event that breaks the rule again is sent.
Before Falco 0.33 there is no host name. Other outputs of Falcosidekick write for other systems; what its output
`alertmanager` pushes is a case for `prometheus_alertmanager`, and there each event is an alert of its own.
"""

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Identity, Notice, Reading, Reason, Shape, State, Times

LEVELS = conventions.levels(
    critical="Emergency, Alert, Critical",
    high="Error",
    medium="Warning",
    low="Notice",
    info="Informational, Info, Debug",  # Falco and Falcosidekick accept both spellings in rules
)

AUDIT = "k8s_audit"
TARGET = ("ka.target.namespace", "ka.target.name")
POD = ("k8s.ns.name", "k8s.pod.name")
ON_HOST = {"", "syscall", "internal"}  # old versions name no source


@wire.model
class Event:
    rule: wire.NonBlank
    priority: wire.Text = ""
    output: wire.Text = ""
    output_fields: dict[str, wire.AnyText] = Factory(dict)
    time: wire.Rfc3339 = None
    source: wire.AnyText = ""
    hostname: wire.AnyText = ""
    tags: wire.ScalarText = ""
    uuid: wire.Text = ""


@wire.model(closed=True)
class Options:
    fields: list[str] = Factory(list)


def read(event: Event, options: Options) -> list[Reading | Notice]:
    # A rule of that name on a real host is no test.
    if (event.rule, event.priority, event.source, event.hostname) == (
        "Test rule",
        "Debug",
        "internal",
        "falcosidekick",
    ):
        return [Notice(reason=Reason.TEST, delivery_id=event.uuid)]
    reading = Reading(
        state=State.FIRING,
        level=event.priority,
        identity=identity(event, options),
        title=event.rule,
        message=event.output,
        resource=resource(event),
        labels=event.output_fields | {"source": event.source, "tags": event.tags},
        occurred_at=event.time,
    )
    return [reading, Notice(delivery_id=event.uuid)]


def identity(event: Event, options: Options) -> Identity | list[Identity]:
    # A rule has one source, so its name stands for that as well.
    fields, parts = event.output_fields, dict[str, str | None](rule=event.rule)
    if event.source in ON_HOST:
        # Of a plugin's event it is only where Falco runs: a pod that has another name tomorrow.
        parts["hostname"] = event.hostname
    if options.fields:
        return parts | {name: fields.get(name, "") for name in options.fields}
    if event.source == AUDIT:
        # What belongs to the cluster has no namespace.
        namespace, name = (fields.get(key, "") for key in TARGET)
        target = dict(zip(TARGET, (namespace or None, name), strict=True))
        return [parts | target, parts | {"ka.user.name": fields.get("ka.user.name", "")}]
    if event.source in ON_HOST:
        parts |= {name: fields.get(name) or None for name in ("container.id", "proc.name")}
    return parts


def resource(event: Event) -> str:
    target, pod = ("/".join(filter(None, map(event.output_fields.get, names))) for names in (TARGET, POD))
    if event.source in ON_HOST:
        return event.hostname or pod
    return target if event.source == AUDIT else ""


adapter = Adapter(
    name="falco",
    title="Falco",
    shapes=[Shape(Event, read, marks={"priority", "output_fields"})],
    levels=LEVELS,
    times=Times.STATED,
    recovers=False,
    options=Options,
    retries=False,
)
