r"""Wazuh 4, its integrations: a script that posts the alert, Shuffle's, and Keep's.

Set up:

1. On the manager write the file `/var/ossec/integrations/custom-alertmap`

   ```sh
   #!/bin/sh
   # $1 is the file of the alert, $3 the hook_url
   exec curl --silent --show-error --fail --max-time 10 --retry 3 \
     --header "Content-Type: application/json" --data-binary "@$1" "$3"
   ```

2. Give it to its user and make it executable:

   ```text
   chown root:wazuh /var/ossec/integrations/custom-alertmap
   chmod 750 /var/ossec/integrations/custom-alertmap
   ```

3. Add to `/var/ossec/etc/ossec.conf`

   ```xml
   <integration>
     <name>custom-alertmap</name>
     <hook_url>https://receiver.example/wazuh?token=…</hook_url>
     <level>7</level>
     <alert_format>json</alert_format>
   </integration>
   ```

   Each event is posted: where a rule fires often, restrict this by `<group>` or `<rule_id>` as well.
4. Restart the manager.

Any status below 400 will do.

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
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Reading, Shape, State, Times

LEVELS = conventions.levels(
    critical="15, 16, critical",  # the words are those of Keep's script, for where its text does not name the level
    high="12, 13, 14, high",
    medium="7, 8, 9, 10, 11, info",  # Keep's `info` is above its `low`: it means levels 7 to 11
    low="4, 5, 6, low",
    info="0, 1, 2, 3",
)

KEEP_MARKS = {"description": "Rule ID ", "message": "", "severity": "", "created_at": ""}
KEEP = re.compile(
    r"Rule ID (?P<rule>[^\n]*)\nLevel (?P<level>[^\n]*)\nAgent ID (?P<agent>[^\n]*)\nAgent Name (?P<name>[^\n]*)"
    r"(?:\nTitle .*?)?(?:\nFull Log (?P<log>.*))?",
    re.DOTALL,
)


@wire.model
class Rule:
    id: wire.AnyText
    level: wire.Text = ""
    description: wire.Text = ""
    groups: list[wire.Text] = Factory(list)
    mitre: wire.Texts = Factory(dict)
    firedtimes: wire.Number | None = None


@wire.model
class Event:
    rule: Rule
    agent_id: Annotated[str, wire.named("agent"), wire.inside("id")] = ""
    agent_name: Annotated[str, wire.named("agent"), wire.inside("name")] = ""
    # Beside it the agent is the manager, or absent.
    agentless: Annotated[str | None, wire.inside("host")] = None
    manager: Annotated[str, wire.inside("name")] = ""
    decoder: Annotated[str, wire.inside("name")] = ""
    path: Annotated[str, wire.named("syscheck"), wire.inside("path")] = ""
    srcip: Annotated[str, wire.named("data"), wire.inside("srcip")] = ""
    user: Annotated[str, wire.named("data"), wire.inside("win", "eventdata", "targetUserName")] = ""
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
    rule = event.rule
    where = {"agent": event.agent_id} if event.agentless is None else {"agentless": event.agentless}
    return Reading(
        state=State.FIRING,
        level=rule.level,
        identity={"rule": rule.id, **where, **subject(event)},
        title=rule.description,
        message=event.full_log,
        resource=event.agent_name if event.agentless is None else event.agentless,
        labels={"groups": ", ".join(rule.groups), "mitre": rule.mitre.get("id", ""), "rule": rule.id}
        | wire.pick(event, "location", "decoder", "manager"),
        values={} if rule.firedtimes is None else {"fired times": rule.firedtimes},
        occurred_at=event.timestamp,
    )


def subject(event: Event) -> dict[str, str]:
    """The file, address or user that the rule is about, as a part of the identity."""
    named = {"path": event.path, "srcip": event.srcip, "user": event.user}
    return next(({name: text} for name, text in named.items() if text.strip()), {})


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


adapter = Adapter(
    name="wazuh",
    title="Wazuh",
    shapes=[
        Shape(Event, read, marks={"$.rule.level", "$.manager.name", "decoder", "location"}),
        Shape(Shuffle, lambda event: read(event.all_fields), marks={"pretext", "rule_id"}),
        Shape(Keep, read_keep, marks=KEEP_MARKS),
    ],
    levels=LEVELS,
    times=Times.STATED,
    recovers=False,
    accepted=range(200, 400),
    retries=True,
)
