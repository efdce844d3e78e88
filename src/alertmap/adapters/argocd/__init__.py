"""Argo CD, its notifications to a webhook.

Set up:

1. Add this to the ConfigMap `argocd-notifications-cm`.

   ```yaml
   service.webhook.receiver: |
     url: https://receiver.example/argocd?token=…
     headers: [{name: Content-Type, value: application/json}]
   template.receiver: |
     webhook:
       receiver:
         method: POST
         body: |
           {"app": {{dict "metadata" (pick .app.metadata "name" "namespace" "uid" "labels" "deletionTimestamp")
             "spec" (pick .app.spec "project" "destination" "source" "sources")
             "status" (pick .app.status "sync" "health" "operationState" "conditions") | toJson}},
            "url": "{{.context.argocdUrl}}/applications/{{.app.metadata.namespace}}/{{.app.metadata.name}}"}
   trigger.receiver: |
     - {when: "app.status?.operationState?.phase in ['Error', 'Failed']", send: [receiver]}
     - {when: "app.status?.operationState?.phase == 'Succeeded'", send: [receiver]}
     - {when: "app.status?.health?.status in ['Degraded', 'Missing']", send: [receiver]}
     - {when: "app.status?.health?.status in ['Healthy', 'Suspended']", send: [receiver]}
     - {when: "app.status?.sync?.status == 'Unknown'", send: [receiver]}
     - {when: "app.status?.sync?.status in ['Synced', 'OutOfSync']", send: [receiver]}
     - {when: "app.metadata?.deletionTimestamp != nil", send: [receiver]}
   ```

2. Add this annotation to each Application, or to an AppProject.

   ```yaml
   notifications.argoproj.io/subscribe.receiver.receiver: ""
   ```

Answer any status from 200 to 299.

An application has three alerts: `sync`, where its last operation failed, `health`, and `comparison`, where it cannot be
compared with its source. Their levels are words of Argo CD, such as `Failed` and `Degraded`, unless the Application has
a label `severity`.

Also read are ilert's template, `{"app": {{toJson .app}}, …}`; JSON of your own with the keys `app` (the name), `phase`,
`health` or both, and perhaps `status`, `namespace`, `url`, `message`, `revision` and `severity`; GitHub's commit status
as the documentation has it; and the sentences of Argo CD's catalog, which a template without `webhook` sends. Any other
text fires. Texts in JSON of your own need `toJson`: a quote breaks the JSON, and only what stands before it is read.

Limits: the triggers of the catalog send once per revision, so that what gets well without a new one is never announced:
use the triggers above, or let incidents of this source expire. The service `alertmanager` is a case for
`prometheus_alertmanager`; notifications-engine 0.5.0 sends the labels of its first alert with later ones, too.
"""

from typing import Any

from alertmap import conventions
from alertmap.adapter import Adapter, Rank, Request, Severity, Shape, State
from alertmap.adapters.argocd import own
from alertmap.adapters.argocd.application import Notification, read_application
from alertmap.adapters.argocd.statements import HEALTHS, PHASES
from alertmap.adapters.argocd.texts import CommitStatus, read_commit_status, read_text

LEVELS = conventions.LEVELS | {
    "Failed": Severity.HIGH,
    "Degraded": Severity.HIGH,
    "Missing": Severity.MEDIUM,
    "Unknown": Severity.MEDIUM,
    "text": Severity.MEDIUM,  # ours: the level of any other text
}


def application_marks(document: Any, _request: Request) -> bool:
    app = document["app"]
    return str(app.get("apiVersion")).startswith("argoproj.io/") or app["status"].keys() >= {"sync", "health"}


def own_marks(document: Any, _request: Request) -> bool | Rank:
    phase, health = document.get("phase"), document.get("health")
    sent = [(word, table) for word, table in ((phase, PHASES), (health, HEALTHS)) if word is not None]
    is_argo = all(type(word) is str and word in table for word, table in sent)
    return is_argo and ((phase is not None and health is not None) or Rank.WEAK)


adapter = Adapter(
    name="argocd",
    title="Argo CD",
    shapes=[
        Shape(Notification, read_application, marks=application_marks),
        *(Shape(model, own.read, marks=own_marks) for model in (own.OwnBoth, own.OwnOperation, own.OwnHealth)),
        Shape(CommitStatus, read_commit_status, marks={"context": "", "target_url": "", "description": "ArgoCD"}),
        Shape(str, read_text, rank=None),
    ],
    levels=LEVELS,
    open_levels=True,
    formats={"json", "text"},
    repeats={State.FIRING, State.RESOLVED},
    retries=True,
)
