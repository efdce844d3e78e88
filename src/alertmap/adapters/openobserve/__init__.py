"""OpenObserve: alerts by a template or in its own envelope, and incident events of workflows.

Set up:

1. Under Management, Templates, add a template of the type web hook with this body.

   ```json
   {"org_name": "{org_name}", "stream_type": "{stream_type}", "stream_name": "{stream_name}",
    "alert_name": "{alert_name}", "alert_type": "{alert_type}", "alert_level": "{alert_level}",
    "alert_priority": "{alert_priority}", "alert_operator": "{alert_operator}",
    "alert_threshold": "{alert_threshold}", "alert_count": "{alert_count}", "alert_agg_value": "{alert_agg_value}",
    "alert_trigger_time_millis": "{alert_trigger_time_millis}", "alert_url": "{alert_url}", "rows": "{rows}"}
   ```

   For alerts that are grouped add one more line for each label, such as `"group.pod": "{group.pod}",`, before `rows`.
   A key `severity` of your own sets the level. Names of alerts and streams must not hold quotes: OpenObserve does not
   escape them.
2. Under Alert Destinations add a destination of the type web hook: method POST, this template, and the URL

   ```text
   https://receiver.example/openobserve?token=…
   ```

3. Choose the destination in each alert.

Answer 200.

A template of the newer kind, with a title and a text, is sent in an envelope of OpenObserve's own, which is read as
well; so are the template that Keep installs, and a list of objects with `labels` and `annotations`. For a workflow with
the trigger Incident Event (Enterprise) enter the same URL in its destination.

An alert with thresholds for two levels says `ok` when it is over. One without, and any alert of versions before 2026,
fires again at each evaluation while its condition holds, and never recovers: let incidents of this source expire, after
more than its silence period. Its level is `fired`, which is medium, unless a priority is set. Where the template's
level is blank, the alert has the problem `state_guessed`.

Limits: the envelope has no time with a zone; start and end of the window are left as texts. An alert is one, however
many rows it has; give it groups to tell hosts apart. A workflow with the trigger Alert Fired is not read.
"""

import re

from alertmap import conventions
from alertmap.adapter import Adapter, Severity, State
from alertmap.adapters.openobserve import alerts, incidents

LEVELS = conventions.LEVELS | {
    "no_data": Severity.MEDIUM,
    "fired": Severity.MEDIUM,  # ours: the alert has no level
}


PLACEHOLDERS = re.compile(
    # Only newer versions, or some kinds of alerts, fill the first ones in.
    r"\{(?:(?P<absent>alert_(?:level|priority|tags|description|agg_value|trigger_time_millis)|group\.[^{}]+)"
    r"|(?:alert|org|stream)_[a-z_]+|rows|severity)\}"
)

adapter = Adapter(
    name="openobserve",
    title="OpenObserve",
    shapes=[*incidents.SHAPES, *alerts.SHAPES],
    levels=LEVELS,
    open_levels=True,
    many=True,
    repeats={State.FIRING},  # at each evaluation while the condition holds, after the silence period
    templates=re.compile(r"\{(?:alert|org|stream)_[a-z_]+\}"),
    placeholders=PLACEHOLDERS,
)
