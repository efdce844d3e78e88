r"""Wazuh 4, its integrations: a script that posts the alert, Shuffle's, and Keep's.

Set up: on the manager write the file `/var/ossec/integrations/custom-alertmap`

    #!/bin/sh
    # $1 is the file of the alert, $3 the hook_url
    exec curl --silent --show-error --fail --max-time 10 --retry 3 \
      --header "Content-Type: application/json" --data-binary "@$1" "$3"

give it to its user and make it executable: `chown root:wazuh` and `chmod 750`. Then add to `/var/ossec/etc/ossec.conf`

    <integration>
      <name>custom-alertmap</name>
      <hook_url>https://receiver.example/wazuh?token=…</hook_url>
      <level>7</level>
      <alert_format>json</alert_format>
    </integration>

and restart the manager. Each event is posted: where a rule fires often, restrict this by `<group>` or `<rule_id>` as
well. Any status below 400 will do.

The integration `shuffle` is read, too; it leaves out fourteen rules, 5710 among them. So is the script `custom-keep.py`
of Keep, whose text names rule, level and agent, but not the file, address or user that an alert is about. What
`pagerduty`, `slack` and other scripts write is not read here: their severities are wrong, or are missing.

An alert is a rule on an agent, and the file, source address or Windows user that it names. The level is that of the
rule: 15 and 16 are critical, 12 to 14 high, 7 to 11 medium, 4 to 6 low, 0 to 3 info.

Limits: nothing ever recovers, also where a later rule says that an agent is back: let incidents of this source expire.
Wazuh 5 has no integrations of this kind: its notifications have the form that their user gives them, a case for
`generic`.
"""

import re
from typing import Any

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Adapter, Reading, Request, Severity, Shape, State, Times

LEVELS = {
    str(level): severity
    for levels, severity in (
        (range(4), Severity.INFO),
        (range(4, 7), Severity.LOW),
        (range(7, 12), Severity.MEDIUM),
        (range(12, 15), Severity.HIGH),
        (range(15, 17), Severity.CRITICAL),
    )
    for level in levels
} | {
    # Words of Keep's script, which count where its text does not name the level.
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "info": Severity.MEDIUM,  # levels 7 to 11: it stands above low
    "low": Severity.LOW,
}

KEEP = re.compile(
    r"Rule ID (?P<rule>[^\n]*)\nLevel (?P<level>[^\n]*)\nAgent ID (?P<agent>[^\n]*)\nAgent Name (?P<name>[^\n]*)"
    r"(?:\nTitle .*?)?(?:\nFull Log (?P<log>.*))?",
    re.DOTALL,
)


@wire.model
class Mitre:
    id: list[wire.Text] = Factory(list)


@wire.model
class Rule:
    id: wire.AnyText
    level: wire.Text = ""
    description: wire.Text = ""
    groups: list[wire.Text] = Factory(list)
    mitre: Mitre = Mitre()
    firedtimes: wire.Number | None = None


@wire.model
class Agent:
    id: wire.AnyText = ""
    name: wire.Text = ""


@wire.model
class Agentless:
    host: wire.AnyText = ""


@wire.model
class Named:
    name: wire.Text = ""


@wire.model
class Syscheck:
    path: wire.AnyText = ""


@wire.model
class EventData:
    targetUserName: wire.AnyText = ""


@wire.model
class Windows:
    eventdata: EventData = EventData()


@wire.model
class Data:
    srcip: wire.AnyText = ""
    win: Windows = Windows()


@wire.model
class Event:
    rule: Rule
    agent: Agent = Agent()
    agentless: Agentless | None = None  # beside it the agent is the manager, or absent
    manager: Named = Named()
    decoder: Named = Named()
    syscheck: Syscheck = Syscheck()
    data: Data = Data()
    location: wire.Text = ""
    full_log: wire.Text = ""
    timestamp: wire.Rfc3339 = None


@wire.model
class Shuffle:
    all_fields: Event  # `<options>` replace what stands beside it


@wire.model
class Keep:
    description: wire.AnyText
    message: wire.Text = ""
    severity: wire.Text = ""
    created_at: wire.Rfc3339 = None  # of the request


def read(event: Event) -> Reading:
    rule, agentless = event.rule, event.agentless
    where = {"agentless": agentless.host} if agentless else {"agent": event.agent.id}
    return Reading(
        state=State.FIRING,
        level=rule.level,
        identity={"rule": rule.id, **where, **subject(event)},
        title=rule.description,
        message=event.full_log,
        resource=agentless.host if agentless else event.agent.name,
        labels={
            "groups": ", ".join(rule.groups),
            "mitre": ", ".join(rule.mitre.id),
            "location": event.location,
            "decoder": event.decoder.name,
            "manager": event.manager.name,
            "rule": rule.id,
        },
        values={} if rule.firedtimes is None else {"fired times": rule.firedtimes},
        occurred_at=event.timestamp,
    )


def subject(event: Event) -> dict[str, str]:
    """The file, address or user that the rule is about, as a part of the identity."""
    named = {"path": event.syscheck.path, "srcip": event.data.srcip, "user": event.data.win.eventdata.targetUserName}
    return next(({name: text} for name, text in named.items() if text.strip()), {})


def read_shuffle(event: Shuffle) -> Reading:
    return read(event.all_fields)


def read_keep(event: Keep) -> Reading:
    found = KEEP.fullmatch(event.description.strip())
    facts = found.groupdict(default="") if found else {"rule": "", "agent": "", "level": "", "name": "", "log": ""}
    return Reading(
        state=State.FIRING,
        level=facts["level"] if facts["level"] in LEVELS else event.severity,
        identity=[{"rule": facts["rule"], "agent": facts["agent"]}, {"message": event.message}],
        title=event.message,
        message=("" if facts["log"] == "N/A" else facts["log"]) if found else event.description,
        resource=facts["name"],
        labels={"rule": facts["rule"]},
        occurred_at=event.created_at,
    )


def keep_marks(document: Any, _request: Request) -> bool:
    text = document["description"]
    return (
        type(text) is str and text.startswith("Rule ID ") and document.keys() >= {"message", "severity", "created_at"}
    )


adapter = Adapter(
    name="wazuh",
    title="Wazuh",
    shapes=[
        Shape(Event, read, marks={"$.rule.level", "$.manager.name", "decoder", "location"}),
        Shape(Shuffle, read_shuffle, marks={"pretext", "rule_id"}),
        Shape(Keep, read_keep, marks=keep_marks),
    ],
    levels=LEVELS,
    times=Times.STATED,
    recovers=False,
    accepted=range(200, 400),
    retries=True,
)
