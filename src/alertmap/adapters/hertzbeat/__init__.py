"""Apache HertzBeat, its notification by WebHook.

Set up:

1. Under Notification add a template of the type WebHook with this content. The one that HertzBeat brings along writes
   times without their zone, and no JSON at all for a firing alert without annotations.

   ```text
   {"status":"${status!"firing"}","alerts":[<#list alerts as a>{
   "status":"${a.status!(status!"firing")}","content":"${(a.content!"")?json_string}",
   "triggerTimes":${a.triggerTimes!0},"startAt":${a.startAt!0},"endAt":${a.endAt!0},
   "labels":{<#list (a.labels!{})?keys as k>"${k?json_string}":"${a.labels[k]?json_string}"<#sep>,</#list>},
   "annotations":{<#list (a.annotations!{})?keys as k>"${k?json_string}":"${a.annotations[k]?json_string}"<#sep>,
   </#list>}}<#sep>,</#list>]}
   ```

2. Add a receiver of the type WebHook with the URL

   ```text
   https://receiver.example/hertzbeat?token=…
   ```

   and press its test button.
3. Add a policy that joins receiver and template.

Answer any status below 400.

HertzBeat's own templates are read, too, of 1.7 and later as well as of 1.6 and before, and so are its alerts as its API
takes them. The option `utc_offset` (`Z`, `+08:00`) names the zone of the server, for times that have none: without it
they are left out. JSON that a comma or a quote breaks is read without it, with a problem.

An alert is its set of labels, as in HertzBeat. Labels that make no difference are named by the option `ignore_labels`.
The label `severity` is the level.

Limits: a firing alert comes again when the repeat interval of its group has passed. HertzBeat sends nothing twice after
an error. Up to 1.8 a recovery is lost where another alert of its group fires at the same time, within the repeat
interval: let incidents of this source expire after a few repeat intervals, or group by labels that no two alerts share.
In 1.6 and before, the rows of one threshold are one alert.
"""

from typing import Any

from alertmap import conventions
from alertmap.adapter import Adapter, Request, Severity, Shape, State
from alertmap.adapters.hertzbeat.groups import Group, Reported, read_group, read_reported, read_text
from alertmap.adapters.hertzbeat.legacy import Legacy, read_legacy
from alertmap.adapters.hertzbeat.options import Options

# The numbers are the priorities of 1.6: emergency, critical, warning.
LEVELS = conventions.LEVELS | {"0": Severity.CRITICAL, "1": Severity.HIGH, "2": Severity.MEDIUM}


def group_marks(document: Any, _request: Request) -> bool:
    alerts = document["alerts"] if type(document["alerts"]) is list else []
    return any(type(one) is dict and is_alert(one) for one in alerts)


def reported_marks(document: Any, _request: Request) -> bool:
    return is_alert(document)


def is_alert(one: dict[str, Any]) -> bool:
    return one.keys() >= {"labels", "startAt"} and not one.keys().isdisjoint({"triggerTimes", "fingerprint"})


adapter = Adapter(
    name="hertzbeat",
    title="Apache HertzBeat",
    shapes=[
        Shape(Group, read_group, marks=group_marks),
        Shape(Reported, read_reported, marks=reported_marks),
        Shape(Legacy, read_legacy, marks={"triggerTime", "content"}),
        Shape(str, read_text, marks={'"commonLabels"', '"triggerTimes"'}),
    ],
    levels=LEVELS,
    levels_identify=True,
    open_levels=True,
    formats={"json", "text"},
    repeats={State.FIRING},
    options=Options,
    accepted=range(200, 400),
)
