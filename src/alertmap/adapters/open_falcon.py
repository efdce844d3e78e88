"""Open-Falcon: the callback of a template or of an expression.

Set up:

1. In the portal, edit the template or the expression. Under its actions tick "callback" and enter the callback URL

   ```text
   https://receiver.example/open_falcon?token=…
   ```

2. Set the source's option to the zone of the server's clock: the time has none, and without the option it is left out.

   ```toml
   options = { utc_offset = "+08:00" }
   ```

Open-Falcon sends a GET whose query holds the event: a receiver must not take it for a probe. Answer 200; it is never
sent again.

An alert is a metric of an endpoint with its tags, under one strategy or expression. Its level is the priority, 0 to 6.

Limits: no note, no threshold and no link is sent. While a problem lasts it comes again, up to the maximum of steps. Two
combined expressions about one metric are one alert, for their ids are not sent.
"""

import re
from typing import Annotated

from alertmap import wire
from alertmap.adapter import Adapter, Problem, ProblemCode, Reading, Severity, Shape, State, Times

STATES = {"PROBLEM": State.FIRING, "OK": State.RESOLVED}

LEVELS = {
    "0": Severity.CRITICAL,
    "1": Severity.HIGH,
    "2": Severity.MEDIUM,
    "3": Severity.MEDIUM,
    "4": Severity.LOW,
    "5": Severity.LOW,
    "6": Severity.INFO,
}


def read_offset(node: wire.Node) -> str:
    if type(node.value) is not str or not re.fullmatch(r"Z|[+-][0-9]{2}:[0-9]{2}", node.value):
        raise wire.mismatch("offset from UTC such as +08:00", node)
    return node.value


@wire.model(closed=True)
class Options:
    utc_offset: Annotated[str, wire.Encoding("offset from UTC: Z, +08:00", read_offset, ("Z", "+08:00"))] = ""


@wire.model
class Event:
    endpoint: wire.NonBlank
    metric: wire.NonBlank
    status: Annotated[State, wire.state(STATES)]
    priority: wire.Text = ""
    tags: wire.AnyText = ""
    stra_id: wire.AnyText = ""
    exp_id: wire.AnyText = ""
    step: wire.Text = ""
    left_value: wire.Text = ""
    time: wire.Text = ""


def read(event: Event, options: Options) -> Reading:
    tags = sorted(split(event.tags))
    moment = wire.rfc3339(f"{event.time}{options.utc_offset}") if options.utc_offset else None
    no_time = NO_ZONE if not options.utc_offset else NO_TIME
    return Reading(
        state=event.status,
        # event.go writes -1 where it knows none; lookups ignore the sign.
        level="" if event.priority == "-1" else event.priority,
        # Of the two ids the one that does not apply is 0.
        identity={
            "endpoint": event.endpoint,
            "metric": event.metric,
            "tags": ",".join(tags) or None,
            "stra_id": event.stra_id,
            "exp_id": event.exp_id,
        },
        title=f"{event.metric} on {event.endpoint}",
        resource=event.endpoint,
        labels={name: text for name, _, text in (tag.partition(":") for tag in tags)},
        values={"value": wire.number_in(event.left_value), "step": wire.number_in(event.step)},
        occurred_at=moment,
        times=Times.STATED if moment else Times.NONE,
        problems=(no_time,) if event.time and moment is None else (),
    )


def split(tags: str) -> list[str]:
    """Return the tags, which are sent in any order: `a:b,c:d`. A comma in a value is not escaped."""
    found: list[str] = []
    for part in tags.split(","):
        if found and ":" not in part:
            found[-1] += f",{part}"
        elif part:
            found.append(part)
    return found


NO_ZONE = Problem(ProblemCode.BAD_TIME, "$.time", "the time has no zone and was left out: set the option `utc_offset`")
NO_TIME = Problem(ProblemCode.BAD_TIME, "$.time", "the time cannot be read and was left out")

adapter = Adapter(
    name="open_falcon",
    title="Open-Falcon",
    shapes=[Shape(Event, read, marks={"stra_id", "exp_id", "left_value"})],
    levels=LEVELS,
    formats={"query"},
    times=Times.STATED,
    repeats={State.FIRING},  # up to the maximum of steps
    options=Options,
    identity_parts={"endpoint", "exp_id", "metric", "stra_id", "tags"},
)
