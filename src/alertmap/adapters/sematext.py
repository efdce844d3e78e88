"""Sematext Cloud: its custom notification hooks.

Set up:

1. Alerts, Notification Hooks, New Notification Hook, Custom: name the hook after one alert rule, and make a hook for
   each rule. No variable tells the rules of an app apart, so that rules which share a hook may share an alert.
2. URL `https://receiver.example/sematext?token=…`, send data as JSON, HTTP method POST, and these parameters:

   ```text
   webHookName      $webHookName
   applicationId    $applicationId
   ruleType         $ruleType
   backToNormal     $backToNormal
   description      $description
   title            $title
   createTimestamp  $createTimestamp
   troubleshootUrl  $troubleshootUrl
   ```

3. In each alert rule choose its hook, and let it notify when the condition is back to normal.

Answer 200. Data may also be sent as a form, or in the query of a GET.

An alert is a hook, an app, a kind of rule and, where the rule groups by a tag, the values of the tags in `filters`. It
fires, and resolves with `backToNormal`. Parameters without the hook, such as those of ilert, are read, too; then the
title stands for it, with a problem. Its level is `alert`, which is high; a heartbeat means that no data arrived.

Leave `$url` out: it is the address of the hook itself, with its token. `$applicationToken` is a credential.

Limits: there is no level and no signature. The button Test sends an alert like any other one, which nothing ends.
Whether a rule that goes on firing is stated again is not documented.
"""

import re
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Reading, Severity, Shape, State, Times

STATES = {"true": State.RESOLVED, "false": State.FIRING}

LEVELS = {"alert": Severity.HIGH}  # ours

OVER = re.compile(r"^\W*back to normal\W*", re.IGNORECASE)


@wire.model
class Notification:
    backToNormal: Annotated[State | None, wire.state(STATES)] = None
    ruleType: wire.AnyText = ""
    applicationId: wire.AnyText = ""
    webHookName: wire.AnyText = ""
    title: wire.AnyText = ""  # mostly the word Sematext
    description: wire.Text = ""
    filters: wire.JavaMap = Factory(dict)  # its form is not documented
    createTimestamp: wire.AnyTime = None
    troubleshootUrl: wire.Text = ""
    url: wire.Discarded = None
    applicationToken: wire.Discarded = None


@wire.model
class OfRule(Notification):
    """Notification whose parameters name the kind of the rule; without a state it fires."""

    ruleType: wire.AnyText


@wire.model
class Stated(Notification):
    """Notification whose parameters leave the kind of the rule out."""

    backToNormal: Annotated[State | None, wire.state(STATES)]


def read(event: Notification) -> Reading:
    tags = wire.without_secrets(event.filters)
    filters = ", ".join(f"{name}={text}" if name else text for name, text in sorted(tags.items()))
    parts = {"application": event.applicationId, "type": event.ruleType, "filters": filters or None}
    title = OVER.sub("", event.title)
    is_plain = title.strip().casefold() in ("", "sematext")
    return Reading(
        state=event.backToNormal,
        level="alert",
        identity=[{**parts, "hook": event.webHookName.strip()}, {**parts, "title": title}, parts],
        title=conventions.join(event.webHookName if is_plain else title, event.description) or title,
        message=event.description,
        resource=filters,
        labels={
            **{name or "filters": text for name, text in tags.items()},
            "application": event.applicationId,
            "type": event.ruleType,
            "hook": event.webHookName,
        },
        links={"alert": event.troubleshootUrl},
        occurred_at=event.createTimestamp,
        no_data=event.ruleType.strip().upper() == "HEARTBEAT" and event.backToNormal is not State.RESOLVED,
    )


VARIABLE = r"\$[a-z][A-Za-z]{2,30}"

adapter = Adapter(
    name="sematext",
    title="Sematext Cloud",
    shapes=[
        Shape(OfRule, read, marks={"backToNormal", "applicationId"}),
        Shape(Stated, read, marks={"webHookName", "applicationId"}),
    ],
    levels=LEVELS,
    formats={"json", "form", "query"},
    times=Times.SINCE,
    templates=re.compile(rf"(?<!\w){VARIABLE}\b"),
    placeholders=re.compile(VARIABLE),
    identity_parts={"application", "type", "filters", "hook", "title"},
)
