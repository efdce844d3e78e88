"""Alibaba Cloud ARMS: alerts of Application Real-Time Monitoring Service and of Managed Service for Prometheus.

Set up:

1. In the ARMS console under Alert Management, Notification Objects, Webhook Integration create a webhook: Post, and the
   URL. Nothing is signed, so the URL holds a token:

   ```text
   https://receiver.example/alibaba_arms?token=…
   ```

2. Add the header `Content-Type` with the value `application/json`: ARMS fills the next variable in for this type only.
3. Enter this as the notification template, and again as the template to clear alerts:

   ```text
   $alertmanager_content
   ```

4. Press Test: ARMS sends the variable as it stands, and is answered 200 without an alert.
5. Under Notification Policies add the webhook as the notification object (Universal Webhook), and turn on notifications
   of recovery.

Answer 200 within five seconds. What keeps firing is stated again after the repeat interval of its policy.

Each alert of a notification has its own state and fingerprint. The level of ARMS counts, `_aliyun_arms_alert_level`,
else the rule's label `severity`; a source may override any word of theirs. `P4`, `page` and `info` are low. While an
alert fires, ARMS sends an end, too: it is not read.

Limits: the text of an alert may hold variables that ARMS has not filled in, such as `{{$labels.pod_name}}`: it is kept,
with a problem. A template of your own (`$content`, `{{ .commonLabels.alertname }}`) names neither the state nor the
alert: it is a case for `generic`.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from attrs import evolve

from alertmap import conventions, wire
from alertmap.adapter import (
    Adapter,
    Notice,
    Problem,
    ProblemCode,
    Reading,
    Reason,
    Request,
    Result,
    Severity,
    Shape,
    State,
)
from alertmap.conventions import alertmanager
from alertmap.conventions.alertmanager import Item
from alertmap.paths import JsonPath

# `page` is the fourth level of ARMS, and CloudMonitor has `info` in its place.
LEVELS = conventions.LEVELS | {"page": Severity.LOW, "info": Severity.LOW}

OWN = "_aliyun_arms_"
LEVEL = f"{OWN}alert_level"
CHANGING = {LEVEL, "value", *conventions.LEVELS_IN}
VALUES = (f"{OWN}alert_now_value", f"{OWN}alert_value", "value")

KEYS = ("labels", "annotations", "commonLabels", "commonAnnotations")

TEST = "$alertmanager_content"

NO_STATUS = Problem(
    ProblemCode.STATE_GUESSED, "$.status", "the alert has no status; that of the notification counts, else it fires"
)


@wire.model
class Webhook:
    alerts: wire.Items[Item]
    status: Annotated[State | None, wire.state(alertmanager.STATES)] = None
    externalURL: wire.Text = ""


def read(event: Webhook) -> Iterator[Result]:
    def one(where: JsonPath, item: Item) -> Reading:
        return reading(where, item, event)

    return conventions.group(event.alerts, one, is_test=lambda _: False, path="$.alerts")


def reading(where: JsonPath, item: Item, event: Webhook) -> Reading:
    labels, notes = item.labels, item.annotations
    visible = alertmanager.visible_labels(item)
    parts = {f"label.{name}": text for name, text in visible.items() if name not in CHANGING}
    # Alertmanager's push has no status, and is over when its endsAt has passed; here endsAt is filled in all the time.
    stated = Item(
        labels=labels,
        annotations=notes,
        startsAt=item.startsAt,
        endsAt=item.endsAt,
        generatorURL=item.generatorURL,
        status=item.status or event.status or State.FIRING,
    )
    found = alertmanager.reading(
        where,
        stated,
        visible,
        [{"fingerprint": item.fingerprint}, parts],
        title=labels.get("alertname", ""),
        resource=conventions.first(visible, (*conventions.TARGETS, "pod_name", f"{OWN}involvedObject_name")),
        links={"arms": event.externalURL},
        values={"value": wire.number_in(conventions.first(notes, VALUES))},
        is_episode=False,
    )
    problems = found.problems if item.status else (*found.problems, NO_STATUS)
    return evolve(found, level=labels.get(LEVEL) or found.level, problems=problems)


def read_text(text: str) -> Notice | Problem:
    if text.strip().strip('"') == TEST:
        return Notice(reason=Reason.TEST)
    return Problem(ProblemCode.BAD_ELEMENT, "$", "expected $alertmanager_content filled in, got other text")


def webhook_marks(document: Any, _request: Request) -> bool:
    """ARMS imitates Alertmanager without its version and group key; labels and annotations of its own give it away."""
    alerts = document["alerts"]
    places = [document, *(alerts if type(alerts) is list else ())]
    maps = (one.get(key) for one in places if type(one) is dict for key in KEYS)
    return any(name.startswith(OWN) for one in maps if type(one) is dict for name in one)


adapter = Adapter(
    name="alibaba_arms",
    title="Alibaba Cloud ARMS",
    shapes=[Shape(Webhook, read, marks=webhook_marks), Shape(str, read_text, marks={TEST})],
    levels=LEVELS,
    open_levels=True,
    formats={"json", "text"},
    repeats={State.FIRING},
    templates=alertmanager.TEMPLATES,
    answer_within=5,
)
