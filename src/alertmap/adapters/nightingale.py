"""Nightingale (n9e), the open monitor of Flashcat: its webhooks and the media "Callback" of its notification rules.

Set up:

1. From version 8 on, under Notification, Media types, give the built-in "Callback" the URL

   ```text
   https://receiver.example/nightingale?token=…
   ```

   In older versions enter it as a global webhook (System settings, Notification settings) or as the callback URL of an
   alert rule.
2. From version 8 on add a notification rule that uses this media type, and choose it in the alert rules.
3. In each alert rule leave recovery notifications on.

When busy answer 429, which is sent again after one and two minutes; with any other answer, 500 among them, an event
counts as delivered. Nightingale's test buttons are recognised.

One event and lists of events are read, whatever `WebhookBatchSend` is set to, and also what the media "FlashDuty" posts
and what scripts relay from Nightingale's API. A body of your own template is a case for `generic`.

An alert is Nightingale's own hash, of the rule, its query, the series and the severity. A rule with several severities
has an alert for each. With `inhibit` the lower one keeps silent while a higher one fires, and still ends by itself. A
firing alert comes again at the interval of its rule: let incidents of this source expire after a few times that long.

Limits: nothing ends an alert whose rule is deleted or disabled while it fires, nor one whose rule sends no recoveries;
the latter are marked as not resolvable. Versions before 8 are silent, too, where a rule is edited. A recovery has the
value of the last notification. There is no link to Nightingale.
"""

from typing import Annotated, Any

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Notice, Reading, Reason, Request, Severity, Shape, State, Times
from alertmap.conventions import alertmanager

STATES = {"false": State.FIRING, "0": State.FIRING, "true": State.RESOLVED, "1": State.RESOLVED}

# Critical, warning and info in the media "FlashDuty", S1 to S3 in the user interface.
LEVELS = {"1": Severity.CRITICAL, "2": Severity.MEDIUM, "3": Severity.LOW}

# Beginnings of the hash: of the test of a notification rule, of an alert rule.
TESTS = ("notify-rule-test-mock-event", "test-fire-")

MARKS = {
    *("datasource_id", "first_trigger_time", "hash", "notify_cur_number", "prom_ql"),
    *("rule_name", "rule_prod", "target_ident", "trigger_time"),
}


@wire.model
class Measured:
    stat: wire.Number | None = None  # exact; `value` and `text` are rounded


@wire.model
class Values:
    values_with_unit: dict[str, Measured] = Factory(dict)


@wire.model
class Event:
    rule_id: wire.AnyText
    is_recovered: Annotated[State | None, wire.state(STATES)] = None  # events of the API may lack it
    hash: wire.AnyText = ""
    datasource_id: wire.AnyText = ""
    tags: list[wire.AnyText] = Factory(list)
    tags_map: dict[str, wire.AnyText] = Factory(dict)
    severity: wire.Text = ""
    rule_name: wire.Text = ""
    rule_note: wire.Text = ""
    annotations: dict[str, wire.AnyText] = Factory(dict)
    target_ident: wire.Text = ""
    cluster: wire.Text = ""
    group_name: wire.Text = ""
    runbook_url: wire.Text = ""
    notify_recovered: wire.Number | None = None
    trigger_value: wire.Text = ""  # rounded, with its unit
    trigger_values_json: Values = Values()
    trigger_time: wire.EpochSeconds = None  # of this notification; a recovery has that of the last one
    first_trigger_time: wire.EpochSeconds = None
    first: Annotated[wire.Text, wire.named("first_trigger_time")] = ""
    last_eval_time: wire.EpochSeconds = None
    recover_time: wire.EpochSeconds = None  # 0 in the recoveries of 9.1


def read(event: Event) -> Reading | Notice:
    if event.hash.startswith(TESTS):
        return Notice(reason=Reason.TEST)
    is_over = event.is_recovered is State.RESOLVED
    tags = event.tags_map or dict(tag.partition("=")[::2] for tag in event.tags)
    resource = event.target_ident or tags.get("ident") or conventions.host(tags)
    notes = event.annotations
    texts = (event.rule_note, conventions.first(notes, ("description", "summary", "message")))
    return Reading(
        state=event.is_recovered,
        level=event.severity,
        identity=[
            {"hash": event.hash},
            {"rule_id": event.rule_id, "datasource_id": event.datasource_id, "tags": ",".join(sorted(event.tags))},
        ],
        title=conventions.join(event.target_ident, event.rule_name),
        message=conventions.join(*texts, by="\n"),
        resource=resource,
        labels={"cluster": event.cluster, "group_name": event.group_name} | tags,
        links={name: conventions.link(text) for name, text in notes.items()} | {"runbook": event.runbook_url},
        values=values_of(event),
        started_at=event.first_trigger_time,
        occurred_at=(event.recover_time or event.last_eval_time) if is_over else event.trigger_time,
        episode=event.first if event.first_trigger_time else None,
        resolvable=is_over or event.notify_recovered != 0,
    )


def values_of(event: Event) -> dict[str, int | float | str]:
    found: dict[str, int | float | str] = {}
    for name, one in event.trigger_values_json.values_with_unit.items():
        if one.stat is not None:
            found["value" if name == "v" else name] = one.stat  # the only value of a query is called `v`
    return found or {"value": wire.number_in(event.trigger_value.removesuffix("%"))}


def marks(document: Any, _request: Request) -> bool:
    first = document[0] if type(document) is list and document else document
    return type(first) is dict and len(MARKS & first.keys()) >= 4  # noqa: PLR2004 - no single key is in all versions


adapter = Adapter(
    name="nightingale",
    title="Nightingale",
    shapes=[Shape(Event, read, marks=marks)],
    levels=LEVELS,
    many=True,
    times=Times.STATED,
    repeats={State.FIRING},
    templates=alertmanager.TEMPLATES,
    retries=True,
    busy=429,  # any other status counts as delivered, 500 too
    answer_within=5,
    identity_parts={"datasource_id", "hash", "rule_id", "tags"},
)
