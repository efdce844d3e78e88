"""Flux, the events of its notification-controller: the providers `generic` and `generic-hmac`.

Set up:

1. Apply these objects, with your own token, and a line in `eventSources` for each kind and namespace. Keep
   `eventSeverity: info`: with `error` no recovery is sent.

   ```yaml
   apiVersion: v1
   kind: Secret
   metadata: {name: receiver, namespace: flux-system}
   stringData: {address: "https://receiver.example/fluxcd", token: "…"}
   ---
   apiVersion: notification.toolkit.fluxcd.io/v1beta3
   kind: Provider
   metadata: {name: receiver, namespace: flux-system}
   spec: {type: generic-hmac, secretRef: {name: receiver}}
   ---
   apiVersion: notification.toolkit.fluxcd.io/v1beta3
   kind: Alert
   metadata: {name: receiver, namespace: flux-system}
   spec:
     providerRef: {name: receiver}
     eventSeverity: info
     eventMetadata: {cluster: oslo}
     eventSources:
       - {kind: Kustomization, name: "*"}
       - {kind: HelmRelease, name: "*"}
       - {kind: GitRepository, name: "*"}
   ```

2. The token signs each body: the source gets it as `Auth(secrets="…")`. The type `generic` signs nothing; then put a
   token into the address.

   ```text
   https://receiver.example/fluxcd?token=…
   ```

Answer any status from 200 to 299.

An alert is a Flux object: an event of severity `error` opens it, whatever the reason, and one of severity `info` closes
it if its reason says that the object is well again. A rollback or an uninstallation that succeeded does not: the
release still is not what was asked for. Reasons of other controllers that mean a recovery are named by the option
`recoveries`. The provider `alertmanager` is a case for `prometheus_alertmanager`, and has no recoveries: there each
reason and each revision is another alert.

Limits: an object that is deleted or suspended while it fails, or gets well with nothing to change, may never be
announced as well: let incidents of this source expire. There is one level, `error`, which is high. An event that equals
another one of the last five minutes is not sent.
"""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, InHeader, Problem, ProblemCode, Reading, Severity, Shape, Signature, State, Times

STATES = {"error": State.FIRING, "info": State.RESOLVED, "trace": None}

# Of severity info, in helm-controller, source-controller, kustomize-controller and the image controllers.
RECOVERIES = {
    *("ReconciliationSucceeded", "Succeeded", "NewArtifact", "ChartPullSucceeded", "ChartPackageSucceeded"),
    *("InstallSucceeded", "UpgradeSucceeded", "TestSucceeded", "DriftCorrected"),
}
NO_RECOVERIES = {
    *("Progressing", "ProgressingWithRetry", "DependencyNotReady", "HealthCheckCanceled", "PendingRelease"),
    *("RollbackSucceeded", "UninstallSucceeded"),
}

LEVELS = {"error": Severity.HIGH}


@wire.model(closed=True)
class Options:
    recoveries: list[str] = Factory(list)


@wire.model
class Involved:
    kind: wire.AnyText = ""
    namespace: wire.AnyText = ""
    name: wire.AnyText = ""
    uid: wire.AnyText = ""


@wire.model
class Event:
    severity: Annotated[State | None, wire.state(STATES)]
    level: Annotated[wire.Text, wire.named("severity")] = ""
    involvedObject: Involved
    reason: wire.Text = ""
    message: wire.Text = ""
    timestamp: wire.Rfc3339 = None
    metadata: dict[str, wire.AnyText] = Factory(dict)
    reportingController: wire.Text = ""


def read(event: Event, options: Options) -> Reading | Problem | None:
    is_over = event.severity is State.RESOLVED
    if event.severity is None or (is_over and event.reason in NO_RECOVERIES):
        return None
    if is_over and event.reason not in RECOVERIES and event.reason not in options.recoveries:
        return UNKNOWN_REASON
    involved = event.involvedObject
    # Until 2022 the keys had the group of the API before them; `cluster` is what the guide adds.
    metadata = {name.rpartition("/")[2]: text for name, text in event.metadata.items()}
    where = conventions.join(involved.namespace, involved.name, by="/")
    by_name = {"cluster": metadata.get("cluster") or None, **wire.pick(involved, "kind", "namespace", "name")}
    return Reading(
        state=event.severity,
        level=None if is_over else event.level,
        identity=[{"uid": involved.uid}, by_name],
        title=conventions.join(f"{involved.kind} {where}".strip(), event.reason),
        message=event.message,
        resource=where,
        labels={**wire.pick(involved, "kind", "namespace"), "reason": event.reason}
        | {"controller": event.reportingController, **metadata},
        occurred_at=event.timestamp,
    )


UNKNOWN_REASON = Problem(
    ProblemCode.STATE_UNKNOWN,
    "$.reason",
    "unknown reason of an info event; it resolves nothing: if it means a recovery, name it in the option `recoveries`",
)


adapter = Adapter(
    name="fluxcd",
    title="Flux",
    shapes=[Shape(Event, read, marks={"reason", "reportingController", "$.involvedObject.apiVersion"})],
    levels=LEVELS,
    times=Times.STATED,
    repeats={State.FIRING, State.RESOLVED},
    options=Options,
    retries=True,
    signatures=[Signature(name="generic-hmac", place=InHeader("X-Signature", "sha256="))],
)
