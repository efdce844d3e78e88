"""LibreNMS: its alert transport "API".

Set up:

1. Alerts, Alert Transports, Create alert transport: transport type API, API method POST, API URL

   ```text
   https://receiver.example/librenms
   ```

2. LibreNMS cuts off what stands behind a `?`, so the token is a line of the field Options:

   ```text
   token=…
   ```

3. Headers: `Content-Type=application/json`. Body, with its line breaks:

   ```text
   {
   "state": "{{ $state }}",
   "alert_id": "{{ $alert_id }}",
   "rule_id": "{{ $rule_id }}",
   "device_id": "{{ $device_id }}",
   "severity": "{{ $severity }}",
   "timestamp": "{{ $timestamp|date('c') }}",
   "hostname": "{{ $hostname }}",
   "display": "{{ $display }}",
   "name": {{ $name|json_encode }},
   "msg": {{ $msg|json_encode }}
   }
   ```

4. Press the button that tests the transport.
5. Make the transport the default, or choose it in the alert rules.
6. Acknowledgements are sent only after

   ```text
   lnms config:set alert.acknowledged true
   ```

Older versions know no filters: there write `"{{ $timestamp }}"`, `"{{ $name }}"` and `"{{ $msg }}"`. Then the time has
no zone and is taken for UTC, and quotes or line breaks in a text break the JSON, of which each line that is a pair is
read all the same. Keep's body is read in this way, too, and so are GET requests with lines such as `state={{ $state }}`
as Options.

LibreNMS sends a firing alert again at the interval of its rule, each five minutes unless changed, and nothing again
because of the answer: let incidents of this source expire after a few intervals.

An alert is a rule on a device: a second port that goes down makes it worse, and it ends when all are well. Worse,
better and changed are firing.

Limits: an alert whose rule or device is deleted, disabled or ignored meanwhile never ends, nor one that ends while all
parents of its device are down, or whose rule sends no recoveries. There is no link to LibreNMS. The transport "ilert"
is a case for the vendor `ilert`.
"""

import re
from collections.abc import Iterable
from typing import Annotated

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Notice, Problem, Reading, Reason, Severity, Shape, State, Times

# LibreNMS/Enum/AlertState.php: recovered, active, acknowledged, worse, better, changed.
STATES = conventions.states(resolved="0", firing="1, 3, 4, 5", acknowledged="2")

# Of the rule, so a recovery has it as well. `ok` is a rule that only informs.
LEVELS = {"critical": Severity.CRITICAL, "warning": Severity.MEDIUM, "ok": Severity.INFO}

TEST_ID = "000"  # LibreNMS/Alert/AlertData.php, testData

MARKS = {"alert_id", "rule_id", "device_id"}

PAIR = re.compile(r'[\s{]*"(\w{1,64})"\s*:\s*')

PLACEHOLDER = re.compile(r"\{\{ \$?[\w.:-]+(?:\|[^{}]+)? \}\}")


@wire.model
class Alert:
    """Variables of LibreNMS under their own names."""

    state: Annotated[State, wire.state(STATES)]
    alert_id: wire.AnyText = ""  # of a rule on a device, unlike `id` and `uid`, which are of an entry in the log
    rule_id: wire.AnyText = ""
    device_id: wire.AnyText = ""
    severity: wire.Text = ""
    timestamp: wire.Rfc3339 = None
    name: wire.Text = ""
    title: wire.Text = ""  # another one on a recovery
    msg: wire.Text = ""
    hostname: wire.Text = ""
    display: wire.Text = ""
    sysName: wire.Text = ""
    ip: wire.Text = ""
    os: wire.Text = ""
    hardware: wire.Text = ""
    location: wire.Text = ""
    proc: wire.Text = ""  # the procedure of the rule, a text or a URL


def read(event: Alert) -> Reading | Notice:
    if TEST_ID in (event.alert_id, event.rule_id):
        return Notice(reason=Reason.TEST)
    device = event.display or event.sysName or event.hostname
    return Reading(
        state=event.state,
        level=event.severity,
        identity=[
            {"alert_id": event.alert_id},
            {"rule_id": event.rule_id, "device_id": event.device_id},
            {"name": event.name, "hostname": event.hostname},
        ],
        title=conventions.join(device, event.name) or event.title,
        message=event.msg,
        resource=device,
        labels=wire.pick(event, "hostname", "sysName", "ip", "os", "hardware", "location") | {"rule": event.name},
        links={"runbook": conventions.link(event.proc)},
        occurred_at=event.timestamp,
    )


def read_text(text: str) -> Reading | Notice | Iterable[Problem]:
    """Read a body whose JSON a value broke: the lines that are a pair."""
    how = "a value broke the JSON; only lines that are a pair were read"
    event, problems = wire.read_mended(pairs_of(text), Alert, how)
    if event is None:
        return problems
    found = read(event)
    if isinstance(found, Notice):
        return found
    return evolve(found, message=found.message or message_in(text), problems=problems)


def message_in(text: str) -> str:
    """The message, which is the text that has several lines most often: up to the next pair, or to the end."""
    rest = text.replace("\r\n", "\n").partition('"msg": "')[2]
    message, comma, _ = rest.partition('",\n')
    return message if comma else rest.rstrip(" \n}").removesuffix('"')


def pairs_of(text: str) -> dict[str, str]:
    """The pairs of a name and a text or a count, each on a line; a name with two values has none."""
    # A device writes some of the texts: lines of them that look like a pair must not resolve anything.
    pairs: dict[str, str] = {}
    for line in text.splitlines():
        start = PAIR.match(line)
        if start is None:
            continue
        value = line[start.end() :].rstrip().removesuffix("}").rstrip().removesuffix(",").rstrip()
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        elif not value.isdigit():
            continue
        pairs[start[1]] = value if pairs.get(start[1], value) == value else ""
    return pairs


adapter = Adapter(
    name="librenms",
    title="LibreNMS",
    shapes=[Shape(Alert, read, marks=MARKS), Shape(str, read_text, marks={f'"{mark}"' for mark in MARKS})],
    levels=LEVELS,
    formats={"json", "text", "query"},
    times=Times.ARRIVAL,  # one process sends all, in order, and tries nothing again
    repeats={State.FIRING},
    templates=PLACEHOLDER,
    placeholders=PLACEHOLDER,
    retries=False,
    identity_parts={"alert_id", "device_id", "hostname", "name", "rule_id"},
)
