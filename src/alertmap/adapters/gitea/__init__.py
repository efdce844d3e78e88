"""Gitea and Forgejo: webhooks about workflow runs, commit statuses and issues.

Set up:

1. In the settings of a repository, an organisation or the site, under Webhooks, Add Webhook, choose the type Gitea, or
   Forgejo. Enter method POST, content type `application/json`, and as target URL

   ```text
   https://receiver.example/gitea?token=…
   ```

2. Enter a secret, which the source gets as `Auth(secrets="…")`.
3. Under "Custom Events" tick

   - in Gitea: Workflow Run,
   - in Forgejo: Action Run Failure, Action Run Recover and Action Run Success.

Any answer with status 200 will do. The types Slack, Discord, Microsoft Teams and others write messages, which are not
read. The button "Test Push Event" sends a push, like any other one, which is no alert.

An alert is a workflow on a branch or on a pull request: a failed run opens it, and the next successful run closes it,
also a run of another commit. A further failure states it again; nothing is sent between runs. A run that was cancelled
or skipped changes nothing. A run on the repository's default branch is high, on another branch medium, and of a pull
request low.

Two other events are read. A commit status (Status) is a context of one commit, medium, or low where it is a warning.
Gitea writes statuses about its own workflows, too, among them a failure for a run that was cancelled: do not tick
Status for these. Issues are alerts only with the option `issue_label`, which names a label such as `incident`: an issue
that has it is open until it is closed or deleted. A label such as `severity/critical` or `priority:low` sets its level.

Limits: Gitea's event Workflow Job does not name the workflow, so that its alert is about one run: only a job of that
name in a re-run of the same run closes it. A status of a commit is closed by another status of that commit only, not
by the next commit. Deliveries are not retried: let incidents of these two, and of branches that are deleted, expire.
"""

from alertmap import conventions, wire
from alertmap.adapter import Adapter, InHeader, Severity, Signature, State, Times
from alertmap.adapters.gitea import actions, events, forgejo
from alertmap.conventions.github import Options

LEVELS = conventions.LEVELS | {
    # All of these are ours; the words of `conventions` stand in labels of issues.
    "default branch": Severity.HIGH,  # it blocks everybody
    "other branch": Severity.MEDIUM,
    "pull request": Severity.LOW,
    "commit status": Severity.MEDIUM,
    "commit warning": Severity.LOW,
    "issue": Severity.MEDIUM,
}

SIGNATURES = [
    Signature(
        # Of a form the value of its field `payload` is signed.
        name=f"{name}, {part}",
        place=InHeader(header, prefix),
        content=f"{{{part}}}",
    )
    # The three are made with one secret. Without a secret the headers of Gitea are there, and empty.
    for name, header, prefix in (
        ("forgejo", "X-Forgejo-Signature", ""),
        ("gitea", "X-Gitea-Signature", ""),
        ("github", "X-Hub-Signature-256", "sha256="),
    )
    for part in ("body", "payload")
]

adapter = Adapter(
    name="gitea",
    title="Gitea and Forgejo",
    shapes=[*forgejo.SHAPES, *actions.SHAPES, *events.SHAPES],
    levels=LEVELS,
    open_levels=True,
    formats={"json", "form", "query"},
    times=Times.STATED,
    repeats={State.FIRING},
    delivery_header="X-Gitea-Delivery",  # Forgejo sends it as well
    prepare=wire.unwrap_payload_field,  # a form, or the query of a GET, has the JSON in the field `payload`
    options=Options,
    retries=False,
    signatures=SIGNATURES,
)
