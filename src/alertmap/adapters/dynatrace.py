"""Dynatrace: its problem notifications (custom integration), and problems that a workflow posts.

Set up:

1. Settings, Integration, Problem notifications, Add notification, Custom integration. Enter the URL and an HTTP header
   with the token; there is no signature.

   ```text
   https://receiver.example/dynatrace
   Authorization: Bearer …
   ```

2. Leave "Call webhook if problem is closed" on: without it nothing recovers. "Call webhook if new events merge into
   existing problems" may be on: then an open problem is sent again.
3. Enter this custom payload. The last two placeholders stand for JSON and have no quotes.

   ```text
   {
   "State": "{State}",
   "PID": "{PID}",
   "ProblemID": "{ProblemID}",
   "ProblemTitle": "{ProblemTitle}",
   "ProblemSeverity": "{ProblemSeverity}",
   "ProblemImpact": "{ProblemImpact}",
   "ProblemURL": "{ProblemURL}",
   "ImpactedEntityNames": "{ImpactedEntityNames}",
   "Tags": "{Tags}",
   "ProblemDetailsText": "{ProblemDetailsText}",
   "ImpactedEntities": {ImpactedEntities},
   "ProblemDetailsJSONv2": {ProblemDetailsJSONv2}
   }
   ```

4. Choose an alerting profile and press "Send test notification": the request is recognised as a test.

In a workflow: take the Davis problem trigger, for problems that become active and that are closed, and add an HTTP
request with the method POST, the header `Content-Type: application/json` and the payload `{{ event() | to_json }}`. A
bare problem of the problems API, version 2, is read as well.

Other payloads that keep the names of the placeholders are read, too, in any case, with blanks or `_`. The state and one
of `PID`, `ProblemURL` and `ProblemID` should be there; without these the title is the alert. Of a payload that quotes
or values have made invalid JSON, the texts before that place are read, so keep the state and the ids in front.

An alert is a problem: its system id (`PID`, else the one in the URL), else the number that is displayed, with the host
of the URL and, of a managed cluster, its environment. A problem that was merged into another is resolved and has the
label `reason`.

Limits: a recovery has the severity of its problem. Without `ProblemDetailsJSONv2` or `ProblemDetailsJSON` there are no
times, and without one of these and `ProblemSeverity` no level. A workflow sends no link.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from attrs import Factory, evolve

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Notice, Problem, Reading, Reason, Request, Shape, State, Times

STATES = conventions.states(firing="OPEN, ACTIVE", resolved="RESOLVED, CLOSED, MERGED")

# In the order of Dynatrace's pages. A workflow has other words for three of them.
LEVELS = conventions.levels(
    critical="AVAILABILITY",
    high="ERROR, MONITORING_UNAVAILABLE",
    medium="PERFORMANCE, SLOWDOWN, RESOURCE_CONTENTION, RESOURCE, CUSTOM_ALERT, CUSTOM",
    info="INFO",
)

# The example of the page "Webhook integration" and older tests.
TEST_PID, TEST_NUMBERS, TEST_TITLE = "99999", ("999", "TESTID"), "Dynatrace problem notification test run"

NAMES = "PID ProblemID ProblemTitle ProblemURL ProblemSeverity ProblemImpact ImpactedEntities ImpactedEntityNames"
DETAILS = ("ProblemDetailsJSONv2", "ProblemDetailsJSON")
MARKS = {wire.loosen(name) for name in (*NAMES.split(), "ProblemDetailsText", "ProblemDetailsJSON")}

PLACEHOLDER = re.compile(r"\{(?:State|PID|Tags|Problem\w{1,30}|(?:NamesOf)?Impacted\w{1,20})\}|\{\{[^{}]{1,80}\}\}")

# The environments of a managed cluster share its host: https://dynatrace.example/e/ENVIRONMENT/.
ENVIRONMENT = re.compile(r"https?://([^/?#@]{1,253}(?:/e/[\w-]{1,64})?)", re.IGNORECASE)

PID_IN_URL = re.compile(r"\bpid=([\w-]{1,128})")


@wire.model
class Entity:
    """Entity of a notification, or of the problems API."""

    name: Annotated[wire.Text, wire.named("name", "entityName")] = ""
    entity: wire.Text = ""


@wire.model
class Tag:
    key: wire.Text = ""
    value: wire.Text = ""
    stringRepresentation: wire.Text = ""


@wire.model
class Details:
    """Problem of the API, version 1 or 2."""

    problemId: Annotated[wire.AnyText, wire.also("id", "ID")] = ""
    displayId: Annotated[wire.AnyText, wire.also("displayName")] = ""
    title: wire.Text = ""
    severityLevel: wire.Text = ""
    impactLevel: wire.Text = ""
    startTime: wire.Number = 0
    endTime: wire.Number = 0  # -1 while it is open
    affectedEntities: Annotated[list[Entity], wire.also("rankedEvents")] = Factory(list)
    entityTags: Annotated[list[Tag], wire.also("tagsOfAffectedEntities")] = Factory(list)
    rootCauseEntity: Entity = Entity()


@wire.model
class Listed(Details):
    """Problem as the body."""

    problemId: wire.AnyText
    displayId: wire.AnyText
    status: Annotated[State, wire.state(STATES)]


STATE_KEYS = wire.named("State", "ProblemState", "ProblemStatus", "Status")


@wire.model(loose_keys=True)
class Notification:
    """Placeholders under their own names."""

    names_it: Annotated[wire.Json, wire.named(*NAMES.split(), "ProblemDetails", *DETAILS)]  # one of these is needed
    state: Annotated[State | None, STATE_KEYS, wire.state(STATES)] = None
    word: Annotated[wire.AnyText, STATE_KEYS] = ""
    PID: wire.AnyText = ""
    ProblemID: wire.AnyText = ""
    ProblemTitle: wire.Text = ""
    ProblemSeverity: Annotated[wire.Text, wire.also("SeverityLevel")] = ""
    ProblemImpact: wire.Text = ""
    ProblemURL: wire.Text = ""
    ImpactedEntityNames: wire.ScalarText = ""
    ImpactedEntities: wire.JsonIn[list[Entity]] = Factory(list)
    Tags: wire.ScalarText = ""
    ProblemDetailsText: Annotated[wire.Text, wire.also("ProblemDetailsMarkdown")] = ""
    ProblemDetails: Details | wire.Text = ""  # people give this name to either
    details: Annotated[wire.JsonIn[Details], wire.named(*DETAILS)] = Details()


@wire.model
class Davis:
    """Problem of a workflow: a record of `dt.davis.problems`."""

    status: Annotated[State, wire.state(STATES), wire.named("event.status")]
    pid: Annotated[wire.AnyText, wire.named("event.id")] = ""
    display_id: wire.AnyText = ""
    name: Annotated[wire.Text, wire.named("event.name")] = ""
    description: Annotated[wire.Text, wire.named("event.description")] = ""
    category: Annotated[wire.Text, wire.named("event.category")] = ""
    start: Annotated[wire.Rfc3339, wire.named("event.start")] = None
    end: Annotated[wire.Rfc3339, wire.named("event.end")] = None
    reopened: Annotated[wire.Rfc3339, wire.named("dt.davis.last_reopen_timestamp")] = None
    entities: Annotated[list[Entity], wire.named("smartscape.affected_entities")] = Factory(list)
    affected_entity_ids: list[wire.Text] = Factory(list)
    root_cause_entity_name: wire.Text = ""
    entity_tags: list[wire.Text] = Factory(list)


def read(event: Notification) -> Reading | Notice:
    problem = event.ProblemDetails if isinstance(event.ProblemDetails, Details) else event.details
    text = event.ProblemDetailsText or (event.ProblemDetails if isinstance(event.ProblemDetails, str) else "")
    in_url = PID_IN_URL.search(event.ProblemURL)
    pid = event.PID.strip() or problem.problemId.strip() or (in_url[1] if in_url else "")
    # People edit samples, and keep their texts: a real id is no test.
    is_sample = event.ProblemID in TEST_NUMBERS and (event.ProblemTitle or text).startswith(TEST_TITLE)
    if pid == TEST_PID or (is_sample and not pid):
        return Notice(reason=Reason.TEST)
    return reading(event, problem, pid, text)


def read_listed(problem: Listed) -> Reading:
    event = Notification(names_it=None, state=problem.status, ProblemID=problem.displayId)
    return reading(event, problem, problem.problemId)


def reading(event: Notification, problem: Details, pid: str, text: str = "") -> Reading:
    number = event.ProblemID or problem.displayId
    start, end = milliseconds(problem.startTime), milliseconds(problem.endTime)
    moment = end if event.state is State.RESOLVED else start
    entities = event.ImpactedEntities or problem.affectedEntities
    in_problem = (tag.stringRepresentation or f"{tag.key}:{tag.value}" for tag in problem.entityTags)
    title = event.ProblemTitle or problem.title
    environment = environment_of(event.ProblemURL)
    return Reading(
        state=event.state,
        level=event.ProblemSeverity or problem.severityLevel,
        # Environments of one organisation may display the same number.
        identity=[
            {"pid": pid},
            {"problem": number, "environment": environment},
            {"title": title, "environment": environment},
        ],
        title=title,
        message=text,
        resource=event.ImpactedEntityNames or conventions.join(*(one.name for one in entities), by=", "),
        labels={
            **tag_labels(event.Tags.split(",") if event.Tags.strip() else in_problem),
            "problem": number,
            "impact": event.ProblemImpact or problem.impactLevel,
            "entity": conventions.join(*(one.entity for one in entities), by=", "),
            "root_cause": problem.rootCauseEntity.name,
            "reason": "merged" if wire.state_word(event.word) == "merged" else "",
        },
        links={"problem": event.ProblemURL},
        started_at=start,
        occurred_at=moment,
        times=None if moment else Times.NONE,
    )


def read_davis(event: Davis) -> Reading:
    moment = event.end if event.status is State.RESOLVED else event.reopened or event.start
    return Reading(
        state=event.status,
        level=event.category,
        identity=[{"pid": event.pid}, {"problem": event.display_id}],
        title=event.name,
        message=event.description,
        resource=conventions.join(*(one.name for one in event.entities), by=", "),
        labels={
            **tag_labels(event.entity_tags),
            "problem": event.display_id,
            "entity": conventions.join(*event.affected_entity_ids, by=", "),
            "root_cause": event.root_cause_entity_name,
        },
        started_at=event.start,
        occurred_at=moment,
        times=None if moment else Times.NONE,
    )


def read_text(text: str) -> Reading | Notice | Iterable[Problem]:
    event, problems = wire.read_broken(text, Notification, placeholders=PLACEHOLDER)
    if event is None:
        return problems
    found = read(event)
    return found if isinstance(found, Notice) else evolve(found, problems=problems)


def tag_labels(tags: Iterable[str]) -> dict[str, str]:
    """Return tags such as `env:prod` and `[AWS]Name:web` as labels, and those without a value as one."""
    values: dict[str, dict[str, None]] = {}  # several entities may have a tag
    for tag in tags:
        name, _, value = (part.strip() for part in tag.partition(":"))
        name, value = (name, value) if value else ("tags", name)
        values.setdefault(name, {})[value] = None
    return {name: ", ".join(several) for name, several in values.items()}


def milliseconds(count: int | float) -> datetime | None:
    return wire.epoch(int(count), 1000) if count > 0 else None


def environment_of(url: str) -> str | None:
    found = ENVIRONMENT.match(url)
    return found[1].lower() if found else None


def marks(document: Any, _request: Request) -> bool:
    return len(wire.loose_keys(document).keys() & MARKS) > 1


adapter = Adapter(
    name="dynatrace",
    title="Dynatrace",
    shapes=[
        Shape(Listed, read_listed, marks={"severityLevel", "impactLevel"}),
        Shape(Davis, read_davis, marks={"display_id"}),
        Shape(Notification, read, marks=marks),
        Shape(str, read_text, marks={'"ProblemTitle"'}),
    ],
    levels=LEVELS,
    formats={"json", "text"},
    repeats={State.FIRING},  # where new events that merge into a problem are sent, and updates of a workflow
    templates=PLACEHOLDER,
    placeholders=PLACEHOLDER,
    identity_parts={"pid", "problem", "environment", "title"},
)
