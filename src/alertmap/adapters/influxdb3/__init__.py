"""InfluxDB 3 Core and Enterprise: the Notifier plugin and the checks that feed it.

Set up:

1. Create a trigger `request:notify` with the Notifier plugin.
2. Create a check trigger with these arguments:

   ```text
   senders=http
   http_webhook_url=https://receiver.example/influxdb3?token=…
   ```

3. Answer 200 or 204: the Notifier repeats everything else, 202 too.

A check plugin may also be pointed straight at the receiver: it wants status 200 and the body
`{"results": {}}`, sends each alert three times after anything but 200, and stops at a body without `results`.

For recoveries write a second trigger with the inverse condition and make both texts JSON:
`{"state": "firing", "severity": "$level", "key": "$row", "title": "$field"}` and the same with `"state": "resolved"`;
or `state=firing level=$level key=$row`, whose last key takes the rest of the line. A plugin of your own posts such an
object as `notification_text`. Of state changes the option `ok_values` names the values that are well. For other texts
the option `pattern` takes a regular expression that matches all of the text, with the group `key` and, if you like,
`state`, `level`, `title`, `value` and `resource`; it is not tried on texts of more than 8,192 characters.

Limits: no official plugin announces a recovery. Let incidents of this source expire, or use the texts above. Each limit
of a threshold and of a forecast's error is an alert of its own: 95 with `>70-WARN` and `>90-CRITICAL` is two. `$row`
does not name the limit: with texts of your own give each limit its own pair of triggers and its own key, such as
`$row:90`. The key of a text that names none is the text without its level, times and numbers.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from attrs import Factory, evolve

from alertmap import conventions, wire
from alertmap.adapter import (
    Adapter,
    Identity,
    Problem,
    ProblemCode,
    Reading,
    Reply,
    Request,
    Severity,
    Shape,
    State,
    Times,
)
from alertmap.adapters.influxdb3 import own, texts

LEVELS = conventions.LEVELS | {
    # Texts without a level go by the kind of check.
    "deadman": Severity.HIGH,
    "state": Severity.MEDIUM,
    "changes": Severity.MEDIUM,
    "mad": Severity.MEDIUM,
    "anomaly": Severity.MEDIUM,
    "prophet": Severity.MEDIUM,
    "text": Severity.MEDIUM,
}

MessageBody: TypeAlias = dict[str, wire.Json] | wire.AnyText  # nothing checks what the caller of the Notifier sends


@wire.model(closed=True)
class Event:
    message: MessageBody


@wire.model(closed=True)
class Slack:
    text: MessageBody  # the Slack sender pointed at us


@wire.model(closed=True)
class Discord:
    content: MessageBody


@wire.model
class EngineRequest:
    notification_text: MessageBody  # beside it other people's URLs and tokens in `senders_config`: never read


@wire.model(closed=True)
class Options:
    pattern: Annotated[re.Pattern[str] | None, wire.regex("key")] = None
    ok_values: list[str] = Factory(list)


def read(event: Event, options: Options) -> Reading:
    return reading(event.message, options, "message")


def read_slack(event: Slack, options: Options) -> Reading:
    return reading(event.text, options, "text")


def read_discord(event: Discord, options: Options) -> Reading:
    return reading(event.content, options, "content")


def read_engine_request(event: EngineRequest, options: Options) -> Reading:
    return reading(event.notification_text, options, "notification_text")


def reading(body: MessageBody, options: Options, key: str) -> Reading:
    return evolve(read_body(body, options), path=(key,))


def read_body(body: MessageBody, options: Options) -> Reading:
    if isinstance(body, dict):
        return own.structured(body, "")
    text = body.strip()
    is_long = options.pattern is not None and len(text) > texts.LONGEST
    match = options.pattern.fullmatch(text) if options.pattern and not is_long else None
    if match is not None:
        return own.read_pattern(match.groupdict(), text)
    official = texts.official(text)
    found = own.read_text(text) if official is None else read_official(official, text, options)
    return evolve(found, problems=(*found.problems, TOO_LONG)) if is_long else found


TOO_LONG = Problem(
    ProblemCode.TRUNCATED, "$", f"the text has more than the {texts.LONGEST:,} characters that `pattern` is tried on"
)


def read_official(official: texts.Official, text: str, options: Options) -> Reading:
    kind, parts = official
    is_ok = kind == "state" and parts["actual"] in options.ok_values
    tags = texts.tags_in(parts)
    measured = parts.get("field") or parts.get("series", "")
    occurred_at = wire.rfc3339(parts["end"]) if "end" in parts else None
    return Reading(
        state=State.RESOLVED if is_ok else State.FIRING,
        level=None if is_ok else parts.get("level", kind),
        identity=identity(kind, parts),
        title=title(parts, measured) if kind == "threshold" else own.without_prefix(text),
        message=text,
        resource=conventions.host(tags),
        labels={name: parts.get(name, "") for name in ("table", "field", "agg")} | tags,
        values={measured: wire.number_in(parts["actual"])} if "actual" in parts else {},
        occurred_at=occurred_at,
        times=Times.STATED if occurred_at else None,
        no_data=kind == "deadman",
        resolvable=kind == "state" and bool(options.ok_values),
    )


def identity(kind: str, parts: Mapping[str, str]) -> Identity:
    found = {name: parts.get(name) or None for name in ("table", "field", "agg", "metric", "series", "tags")}
    if kind == "threshold":
        # Each limit is a condition of its own, which the plugin checks and repeats for itself. The text of the plugin's
        # own header has no row, so that its table is missing.
        found |= {"table": found["table"] or "", "op": parts["op"], "limit": parts["limit"]}
    elif kind == "forecast":
        # The same; but here the text names no limit, and each limit has a level of its own.
        found |= {"level": parts["level"]}
    return {"check": kind, **found}


def title(parts: Mapping[str, str], measured: str) -> str:
    what = f"{parts['agg']} of {measured}" if parts.get("agg") else measured
    return f"{what} {parts['op']} {parts['limit']}" + (f" on {parts['table']}" if parts.get("table") else "")


def is_official(document: Any, _request: Request) -> bool:
    return any(type(text) is str and texts.official(text.strip()) is not None for text in document.values())


adapter = Adapter(
    name="influxdb3",
    title="InfluxDB 3",
    shapes=[
        Shape(Event, read, marks=is_official),
        Shape(Slack, read_slack, marks=is_official),
        Shape(Discord, read_discord, marks=is_official),
        Shape(EngineRequest, read_engine_request, marks={"senders_config"}),
    ],
    levels=LEVELS,
    open_levels=True,
    times=Times.NONE,
    repeats={State.FIRING, State.RESOLVED},  # each breach; the inverse trigger posts each row that is well
    options=Options,
    templates=re.compile(r"\$\{?[a-z_]+\}?"),
    answer=Reply(body='{"results": {}}'),  # a check plugin stops at a body without this key; the Notifier reads none
    accepted={200},  # of a check plugin; the Notifier also takes 204
    retries=True,
    answer_within=5,
)
