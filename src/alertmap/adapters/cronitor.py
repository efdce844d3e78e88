"""Cronitor: its integration "Webhooks".

Set up:

1. Settings, Integrations, Create Integration, Webhooks: a name, a unique identifier, and the URL

   ```text
   https://receiver.example/cronitor?token=…
   ```

2. Add the integration to the notification lists of your monitors.

Answer 200 within 15 seconds. There is no signature: the token in the URL is the proof.

An alert is a monitor in one environment: `ALERT` fires, `RECOVERY` ends it, and while it fails Cronitor alerts again in
the interval that the monitor names (`realert_interval`). There are no levels: all alerts have the level `alert`, which
is high. A source's priorities may go by the rule that was broken instead: `Priorities({…}, field="rule")`.

Limits: a body has no time, so the order of arrival counts. Where it does not name the environment, as older bodies do
not, a monitor is one alert for all its environments. The oldest bodies have no `type`: all of them fire, and nothing
ends them. For these, and for monitors that are paused or deleted while they fail, let incidents of this source expire.
"""

from typing import Annotated, Any

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Rank, Reading, Request, Severity, Shape, State, Times

STATES = conventions.states(firing="ALERT", resolved="RECOVERY")  # older bodies: Alert, Recovery

LEVELS = {"alert": Severity.HIGH}  # ours


@wire.model
class Alert:
    monitor: wire.AnyText  # its name
    id: wire.AnyText = ""  # of the monitor
    type: Annotated[State | None, wire.state(STATES)] = None
    description: wire.Text = ""
    rule: wire.Text = ""  # on a recovery it may be blank, or another one
    environment: wire.AnyText = ""
    group: wire.Text = ""
    issue_url: wire.Text = ""
    monitor_url: wire.Text = ""


def read(alert: Alert) -> Reading:
    # The description may name an environment, too, but that of a recovery need not.
    environment = alert.environment.strip() or None
    return Reading(
        state=alert.type,
        level="alert",
        identity=[
            {"id": alert.id.strip(), "environment": environment},
            {"monitor": alert.monitor.strip(), "environment": environment},
        ],
        title=alert.monitor,
        message=alert.description,
        resource=alert.monitor,
        labels=wire.pick(alert, "environment", "group", "rule"),
        links={"issue": alert.issue_url, "monitor": alert.monitor_url},
        resolvable=alert.type is not None,
    )


def is_alert(document: Any, _request: Request) -> bool | Rank:
    if not document.keys() >= {"id", "description", "rule"} or type(document["monitor"]) is not str:
        return False
    is_own = str(document.get("monitor_url")).startswith("https://cronitor.io/") or document.get("type") in TYPES
    return Rank.STRONG if is_own else Rank.WEAK


TYPES = ("ALERT", "RECOVERY", "Alert", "Recovery")

adapter = Adapter(
    name="cronitor",
    title="Cronitor",
    shapes=[Shape(Alert, read, marks=is_alert)],
    levels=LEVELS,
    times=Times.NONE,
    repeats={State.FIRING},
    answer_within=15,
    identity_parts={"id", "monitor", "environment"},
)
