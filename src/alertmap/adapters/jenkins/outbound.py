"""The plugin Outbound WebHook for build events."""

import re
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State, Times
from alertmap.adapters.jenkins.options import Options

EVENTS = {"failure": State.FIRING, "unstable": State.FIRING, "success": State.RESOLVED, "start": None}

NUMBER = re.compile(r"(?<![0-9])[0-9]++/?$")


@wire.model
class Outbound:
    event: Annotated[State | None, wire.state(EVENTS)]
    word: Annotated[wire.Text, wire.named("event")] = ""
    buildUrl: wire.AnyText
    projectName: wire.AnyText = ""
    buildName: wire.Text = ""
    buildVars: wire.JavaMap = Factory(dict)


def read_outbound(event: Outbound, options: Options) -> Reading | None:
    if event.event is None:
        return None
    url = conventions.address(event.buildUrl)
    return Reading(
        state=event.event,
        level=None if event.event is State.RESOLVED else event.word,
        identity=[{"job": NUMBER.sub("", url)}, {"name": event.projectName}],
        title=f"{event.projectName} {event.buildName} {event.word}" if event.projectName else "",
        resource=event.projectName,
        labels=event.buildVars if options.parameters else {},
        links={"build": url},
        times=Times.NONE,
    )


SHAPES = [Shape(Outbound, read_outbound, marks={"projectName", "buildName"})]
