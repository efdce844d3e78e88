r"""Monit: a program of its `exec` action, and its reports to M/Monit.

Set up, with a program:

1. Write the program `/usr/local/bin/notify-receiver`, which Monit may execute:

   ```sh
   #!/bin/sh
   exec curl -sS --max-time 10 --retry 5 "https://receiver.example/monit?token=…" \
     --data-urlencode "source=monit" --data-urlencode "severity=$1" --data-urlencode "time=$(date +%s)" \
     --data-urlencode "event=$MONIT_EVENT" --data-urlencode "service=$MONIT_SERVICE" \
     --data-urlencode "host=$MONIT_HOST" --data-urlencode "description=$MONIT_DESCRIPTION" \
     --data-urlencode "program_status=$MONIT_PROGRAM_STATUS" --data-urlencode "memory=$MONIT_PROCESS_MEMORY" \
     --data-urlencode "cpu_percent=$MONIT_PROCESS_CPU_PERCENT"
   ```

   The variables by their own names (`MONIT_EVENT`, …), and JSON, are read as well.
2. Write in `monitrc` both sides of each test. The severity may be left out.

   ```text
   if failed port 443 then exec "/usr/local/bin/notify-receiver high"
     else if succeeded then exec "/usr/local/bin/notify-receiver high"
   ```

Set up, as if to M/Monit, with all tests at once and no severity (needs the extra `xml`):

1. Write in `monitrc`

   ```text
   set mmonit https://user:password@receiver.example/monit and register without credentials
   set eventqueue basedir /var/monit slots 1000
   ```

   In the queue events wait while the receiver does not answer.

Answer 200. Most of these reports hold no event.

A change is sent once; with `repeat every 10 cycles` the program runs again while the failure lasts.

Limits: tests for a change (`if changed checksum`) and of content are never announced as over, nor is a service that is
no longer monitored, nor, to a program, a test without `else if succeeded`: let incidents of this source expire. In one
service each address of a connection and each resource is an alert of its own. Other tests of one kind, and two limits
of one resource, are one alert, which the first recovery ends: give each a check of its own. `MONIT_DATE` has no zone
and is not read.
"""

import re

from alertmap import conventions
from alertmap.adapter import Adapter, Severity, State, Times
from alertmap.adapters.monit import program, reports

LEVELS = conventions.LEVELS | {"failed": Severity.MEDIUM}  # `failed` is ours, where no severity is passed

adapter = Adapter(
    name="monit",
    title="Monit",
    shapes=[*reports.SHAPES, *program.SHAPES],
    levels=LEVELS,
    open_levels=True,
    formats={"form", "json", "xml"},
    times=Times.STATED,
    repeats={State.FIRING},  # where a test has `repeat every`
    placeholders=re.compile(r"\$\{?MONIT_[A-Z_]+\}?"),  # a shell does not fill in what stands in single quotes
    retries=True,
    identity_parts={"event", "host", "id", "service", "test"},
)
