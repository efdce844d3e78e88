"""GitHub, also Enterprise Server: webhooks about Actions, checks, deployments, security alerts and issues.

Set up:

1. Settings of a repository or an organisation, Webhooks, Add webhook. As payload URL, with the content type
   `application/json`:

   ```text
   https://receiver.example/github
   ```

2. Enter a secret; the source gets it as `Auth(secrets="…")`.
3. Under "Let me select individual events" tick Workflow runs and what else shall page: Deployment statuses, Dependabot
   alerts, Code scanning alerts, Secret scanning alerts, Statuses, Check runs, Check suites, Workflow jobs. GitHub then
   sends a ping, which is recognised as a test.

Answer 200 within 10 seconds. Nothing is sent again by itself: redeliver by hand under Recent Deliveries.

| event | what is one alert | what ends it |
|---|---|---|
| Workflow runs | a workflow on a branch | the next successful run, of any commit |
| Workflow jobs | a job of a workflow on a branch | its next success |
| Check runs, Check suites | a check of an app on a branch | its next success there |
| Deployment statuses | an environment | the next successful deployment, or an inactive one |
| Statuses | a context on a branch | its next success there |
| Dependabot, Code scanning, Secret scanning alerts | the alert | it is fixed, dismissed, resolved or revoked |
| Issues | an issue with the label of the option `issue_label` | it is closed, deleted or transferred |

A further failure states an alert again. What is cancelled, skipped, neutral or stale changes nothing. On the default
branch a failure is high, elsewhere medium, and an `action_required` low. A failed deployment to production is high,
another medium. Dependabot's and code scanning's alerts have their own severity. A secret is critical, medium where
GitHub found it inactive. An issue is medium, or has the level of a label such as `severity/critical` or `priority: P2`.

Limits: several events may be about one failure: tick one of Workflow runs, Workflow jobs, Check runs and Check suites.
A check of Actions does not name its workflow, and one on a fork no branch: such an alert ends with a re-run only. A
workflow job does not tell a fork's branch from yours of that name; a workflow run does. A run that ends later than a
newer one counts more than that. Branches and workflows that are deleted are not announced: let incidents of this
source expire.
"""

from alertmap import conventions, wire
from alertmap.adapter import Adapter, InHeader, Signature, State, Times
from alertmap.adapters.github import actions, deployments, events, security
from alertmap.conventions.github import Options

LEVELS = conventions.LEVELS | conventions.levels(  # of branches, environments, secrets, approvals and issues: ours
    critical="secret",
    high="default branch, production",
    medium="other branch, other environment, inactive secret, issue",
    low="note, action required",
)

adapter = Adapter(
    name="github",
    title="GitHub",
    # A deployment status has its workflow run and check run beside it.
    shapes=[*deployments.SHAPES, *actions.SHAPES, *security.SHAPES, *events.SHAPES],
    levels=LEVELS,
    open_levels=True,
    formats={"json", "form"},
    times=Times.STATED,
    repeats={State.FIRING},
    delivery_header="X-GitHub-Delivery",
    prepare=wire.unwrap_payload_field,  # a form has the JSON in the field `payload`
    options=Options,
    retries=False,
    answer_within=10,
    signatures=[Signature(place=InHeader("X-Hub-Signature-256", "sha256="))],
)
