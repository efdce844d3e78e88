"""Splunk: search alerts of Enterprise and Cloud, detectors of Observability Cloud, and what tools post to On-Call.

Set up, for a search of Splunk Enterprise or Splunk Cloud:

1. Save the search as an alert; "Trigger" once, or for each result where each row is a problem of its own.
2. Add the trigger action "Webhook". There are no headers and no signature, so the token stands in the URL; Splunk Cloud
   wants the URL on its allow list.

   ```text
   https://receiver.example/splunk?token=…
   ```

3. Let the search return the fields `host` and `severity`: only the first row is sent, and the alert's own severity
   never.

An alert is a search with its app and the `host` of its row. Other fields that tell alerts apart are named by the option
`by`. Splunk sends no recovery: let incidents of this source expire after a few intervals. Or let the search return a
row in both cases, with a field such as `state` in it, and set the option `state_field = "state"`.

For Observability Cloud (SignalFx): Data Management, Available integrations, Webhook: the URL with HTTPS and a shared
secret, no custom payload; then add the integration as a recipient of the detector's alerts. The source gets
`Auth(secrets="…")`. Answer 200: anything else is sent again for up to 24 hours.

In the place of On-Call (VictorOps): in the tool, such as Alertmanager, Grafana, Kapacitor or Healthchecks, replace the
URL of the REST endpoint by that of the receiver.

   ```text
   https://receiver.example/splunk
   ```

Limits: Observability Cloud ends an alert that still burns when its detector is edited or deleted (`stopped`), and when
somebody does (`manually resolved`). Its levels `Minor` and `Warning` are both medium: map one of them with a source's
priorities. On-Call's `INFO` opens nothing there, and changes no alert here. An event for On-Call without an `entity_id`
is never closed. Alertmanager sends CRITICAL to On-Call whatever the severity is.
"""

import re

from alertmap import conventions
from alertmap.adapter import Adapter, InHeader, Severity, Signature, State
from alertmap.adapters.splunk import observability, on_call, search
from alertmap.adapters.splunk.options import Options

# Observability Cloud: Critical, Major, Minor, Warning, Info. Enterprise Security: informational, low to critical.
LEVELS = conventions.LEVELS | {"unknown": Severity.INFO}

PLACEHOLDER = r"\$[A-Za-z_][\w.]{0,64}\$|\{\{\{?[\w. ]{1,64}\}\}\}?"

SIGNED = InHeader("X-SFX-Signature")

adapter = Adapter(
    name="splunk",
    title="Splunk",
    shapes=[*on_call.SHAPES, *observability.SHAPES, *search.SHAPES],
    levels=LEVELS,
    open_levels=True,
    repeats={State.FIRING},
    options=Options,
    templates=re.compile(PLACEHOLDER),
    placeholders=re.compile(r"\$[A-Za-z_][\w.]{0,64}\$"),
    retries=True,
    # The page names SHA-256, older libraries of the vendor SHA-1.
    signatures=[
        Signature(name="sha256", place=SIGNED, encoding="base64"),
        Signature(name="sha1", place=SIGNED, algorithm="hmac-sha1", encoding="base64"),
    ],
)
