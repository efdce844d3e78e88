"""Honeybadger: the webhook of a project, about errors, sites, check-ins and alarms.

Set up:

1. In the project's settings, under Alerts & Integrations, add a Webhook with the URL
   `https://receiver.example/honeybadger`, payload version v2. Version 3 and bodies from before v2 are read as well.
2. Each request has a token of Honeybadger's in the header `Honeybadger-Token`; the vendor's page "Security" says where
   to find it. The source gets it as `Auth(tokens="…")`. A bearer token that you set for the webhook does as well.
3. Tick the events in pairs: error occurred, rate exceeded, resolved and reopened; site down and up; check-in missing
   and reporting; alarm triggered and back to normal. What is not ticked is never sent, recoveries among them.
4. Send a test notification: it gives no alert.

Answer 200.

An error (fault) is an alert until somebody resolves it; each further notification states it again. An error that is
ignored is suppressed. A site, a check-in and an alarm are alerts that end by themselves. The event alone is the state:
the check-in that reports again may still be called missing in its own `state`. A certificate that expires (low) and a
spike of a project's errors have alerts of their own, which nothing ends: let them expire.

There are no levels: everything else is high. Override the severity by `$.fault.environment`, or by the name of the
event, such as `rate_exceeded`. Assignments, comments and deployments change no alert.

Limits: no body says when an error was resolved or reopened, when a check-in went missing, or when an alarm changed; the
time of receipt counts. `expected_at` of a check-in that is missing is its next one.
"""

from alertmap.adapter import Adapter, InHeader, State, Times
from alertmap.adapters.honeybadger import faults, monitoring
from alertmap.adapters.honeybadger.bodies import LEVELS

adapter = Adapter(
    name="honeybadger",
    title="Honeybadger",
    shapes=[*faults.SHAPES, *monitoring.SHAPES],
    levels=LEVELS,
    times=Times.STATED,
    repeats={State.FIRING},
    identity_parts={"fault", "url"}
    | {part for about in ("site", "certificate", "check_in", "alarm", "volume") for part in (about, f"{about}_name")},
    token_in=InHeader("Honeybadger-Token"),
)
