"""GitLab: webhooks about pipelines, jobs, deployments and incidents, and what tools post to its alert endpoint.

Set up:

1. Settings of a project or a group, Webhooks, Add new webhook; for all projects of an instance Admin, System hooks:

   ```text
   https://receiver.example/gitlab
   ```

2. Enter a signing token, which begins with `whsec_`; the source gets it as `Auth(secrets="…")`. An older GitLab has a
   secret token only, which it sends in a header: `Auth(tokens="…")`.
3. Tick Pipeline events, and what else shall page: Job events, Deployment events, Issues events (incidents are issues).
   Leave the custom webhook template empty.
4. Behind GitLab's alert endpoint: give a tool that posts to `…/alerts/notify/…` this URL instead.

Answer 200 within 10 seconds. A webhook whose answers are 4xx or 5xx four times in a row is disabled by GitLab. "Test"
sends the newest pipeline, job or issue as it is.

| event | what is one alert | what ends it |
|---|---|---|
| Pipeline | a branch or tag of a project, or a merge request | its next successful pipeline, whatever started it |
| Job | a job there | its next success |
| Deployment | an environment | its next successful deployment |
| Issue | an incident; other issues are no alerts | it is closed or resolved |
| alert endpoint | the fingerprint; without it title, service and hosts | the alert has an `end_time` |

A further failure states an alert again; nothing is sent between. What is canceled, skipped, manual or still running
changes nothing, nor does a failed job that is allowed to fail. On the default branch or a tag a failure is high,
elsewhere medium; a deployment to production is high, another medium. Incidents have their own severity; `unknown` is
medium. An incident is acknowledged, or suppressed where its alert is ignored. An alert without a severity is critical,
as in GitLab.

Limits: a child pipeline has no name, so that it is an alert of its own, which ends if it is retried with success; it
is not what its parent reports. Pipeline and job events are about one failure: tick one of them. Branches, merge
requests and incidents that are deleted are not announced: let incidents of this source expire.
"""

from alertmap import conventions
from alertmap.adapter import STANDARD_WEBHOOKS, Adapter, InHeader, State, Times
from alertmap.adapters.gitlab import incidents, pipelines

LEVELS = conventions.levels(  # of branches, tags and environments: ours
    critical="critical",
    high="high, default branch, tag, production",
    medium="medium, unknown, other branch, other environment",
    low="low",
    info="info",
)

adapter = Adapter(
    name="gitlab",
    title="GitLab",
    shapes=[*pipelines.SHAPES, *incidents.SHAPES],
    levels=LEVELS,
    times=Times.STATED,
    repeats={State.FIRING},
    # From 17.4 on. X-Gitlab-Event-UUID is shared by webhooks that set each other off.
    delivery_header="Idempotency-Key",
    answer_within=10,
    signatures=STANDARD_WEBHOOKS,
    token_in=InHeader("X-Gitlab-Token"),
)
