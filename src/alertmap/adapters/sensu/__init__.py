"""Sensu Go, and Sensu Core 1.x: the event that a pipe handler gets on its standard input.

Set up:

1. Sensu posts nothing by itself. Define a handler that posts its input unchanged, with `sensuctl create`:

   ```yaml
   type: Handler
   api_version: core/v2
   metadata:
     name: alertmap
     namespace: default
   spec:
     type: pipe
     command: >-
       curl -fsS -m 10 -H 'Content-Type: application/json' --data-binary @- 'https://receiver.example/sensu?token=…'
     timeout: 15
     filters:
       - is_incident
   ```

   Leave `not_silenced` out: it also holds back the recovery of what ends while it is silenced. A silenced failure is
   suppressed here, and fires when the silence ends. Add no filter on `occurrences`, unless it lets each passing result
   through. Sensu Core has the same command in a handler of type `pipe`, with `"handle_silenced": true`.
2. Name the handler in the `handlers` of the checks, and in `keepalive-handlers` of the agents.

Events as `sensuctl` wraps them are read, too. The answer goes to the log of Sensu; it repeats nothing that failed.

Each failing result is sent again, so that incidents of this source can expire a few intervals after the last one. The
level is the exit status: 1 `warning`, 2 `critical`, any other `unknown`. Where a label of the check has the level, name
it as the field of the source's priorities: `$.check.metadata.labels.severity`.

Limits: what is deleted while it fails, a check, an event or an entity, is never announced as over: let incidents of
this source expire. So are, behind `is_incident`, the checks of an agent that is deregistered. Failures of a TTL ignore
silences. A result has the time of its agent's clock, the failure of a TTL that of the backend: keep the clocks equal.
"""

from alertmap.adapter import Adapter, Severity, State, Times
from alertmap.adapters.sensu import core, go

LEVELS = {
    "critical": Severity.CRITICAL,
    "warning": Severity.MEDIUM,
    "unknown": Severity.MEDIUM,  # Sensu's own handler for PagerDuty makes it a warning
}

adapter = Adapter(
    name="sensu",
    title="Sensu",
    shapes=[*go.SHAPES, *core.SHAPES],
    levels=LEVELS,
    times=Times.STATED,  # handlers run side by side, so that events may overtake each other
    repeats={State.FIRING, State.SUPPRESSED, State.RESOLVED},
    retries=False,
    identity_parts={"check", "client", "entity", "namespace"},
)
