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

from typing import Annotated

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Problem, ProblemCode, Reading, Shape, State, Times

STATES = {"PROBLEM": State.FIRING, "OK": State.RESOLVED}

LEVELS = conventions.levels(critical="0", high="1", medium="2, 3", low="4, 5", info="6")


@wire.model(closed=True)
class Options:
    utc_offset: wire.UtcOffset = None


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
    time: wire.LocalTime = None


def read(event: Event, options: Options) -> Reading:
    tags = sorted(split(event.tags))
    moment = event.time and event.time.at(options.utc_offset)
    return Reading(
        state=event.status,
        level="" if event.priority == "-1" else event.priority,  # so event.go writes that it knows none
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
        problems=(NO_ZONE,) if event.time and moment is None else (),
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

adapter = Adapter(
    name="open_falcon",
    title="Open-Falcon",
    shapes=[Shape(Event, read, marks={"stra_id", "exp_id", "left_value"})],
    levels=LEVELS,
    formats={"query"},
    times=Times.STATED,
    repeats={State.FIRING},  # up to the maximum of steps
    options=Options,
    retries=False,
    answer_within=20,
    identity_parts={"endpoint", "exp_id", "metric", "stra_id", "tags"},
)
