"""ITOC360: what its own SDKs and its n8n node post to its event API.

Point the SDK's or the node's base URL at the receiver instead. The SDKs' alert call writes Alertmanager's form, with
the caller's own fingerprint as the identity; the n8n node writes `event_type`, `title`, `host` and `severity`, and a
resolve must repeat `title`, `host` and `source` exactly. The five keys `id`, `title`, `status`, `severity`, `message`
of the GitHub Action are Zapier's contract: use `zapier` for them.
"""

from collections.abc import Iterator
from typing import Any

from alertmap import wire
from alertmap.adapter import Adapter, Mark, Said, normalise
from alertmap.conventions import alertmanager, labels
from alertmap.conventions.alertmanager import Item, Options
from alertmap.model import Problem, ProblemCode, Reading, Request, State
from alertmap.paths import JsonPath


@wire.model
class Sdk(Item):
    fingerprint: wire.Text = ""  # free text of the caller, no hash


@wire.model
class Webhook:
    version: wire.Text
    groupKey: wire.Text
    alerts: wire.Items[Sdk]
    truncatedAlerts: int | None = None


@wire.model
class N8n:
    event_type: str
    title: wire.NonBlank
    host: wire.NonBlank
    severity: wire.Text = ""
    message: wire.Text = ""
    source: wire.Text = ""
    timestamp: wire.Rfc3339 = None


LEVELS = labels.LEVELS


def identity(event: Sdk | N8n) -> dict[str, str]:
    if isinstance(event, N8n):
        return {"host": event.host, "title": event.title} | ({"source": event.source} if event.source else {})
    if event.fingerprint.strip():
        return {"fingerprint": event.fingerprint}
    return alertmanager.identity(event, alertmanager.shown(event), Options(ignore_labels=list(labels.LEVELS_IN)))


def read(event: Webhook | N8n) -> Iterator[Said]:
    if isinstance(event, N8n):
        yield _n8n(event)
    else:
        yield from alertmanager.group(
            event.alerts, _sdk, is_test=alertmanager.is_test, group_key=event.groupKey, truncated=event.truncatedAlerts
        )


def _sdk(where: JsonPath, item: Sdk) -> Reading:
    told = "the alert has no fingerprint; the key is made of its labels"
    problems = () if item.fingerprint.strip() else (Problem(ProblemCode.KEY_FALLBACK, "$.fingerprint", told),)
    shown = alertmanager.shown(item)
    # The SDKs remember nothing: a resolve has a start of its own, which is no episode.
    return alertmanager.reading(where, item, shown, identity(item), links={}, is_episode=False, problems=problems)


def _n8n(event: N8n) -> Reading:
    state = {"alert": State.FIRING, "resolve": State.RESOLVED}.get(normalise(event.event_type))
    unknown = Problem(ProblemCode.STATE_UNKNOWN, "$.event_type", "the type is neither alert nor resolve; it fires")
    return Reading(
        state=state or State.FIRING,
        level=event.severity or None,
        identity=identity(event),
        title=event.title,
        message=event.message,
        resource=event.host,
        labels={"source": event.source} if event.source else {},
        started_at=None if state is State.RESOLVED else event.timestamp,
        occurred_at=event.timestamp,
        problems=() if state else (unknown,),
    )


def recognise(document: Any, request: Request) -> Mark | None:
    if alertmanager.is_webhook(document) and alertmanager.is_from_itoc360(document, request):
        return Mark("it is Alertmanager's form, written by an SDK of ITOC360")
    if type(document) is not dict or not document.keys() >= {"event_type", "title", "host", "severity"}:
        return None
    # Salesforce's and SolarWinds' templates have an event_type as well, in capitals.
    known = document["event_type"] in ("alert", "resolve")
    return Mark("it has a title, a host, a severity and an event_type alert or resolve") if known else None


adapter = Adapter(
    name="itoc360",
    title="ITOC360",
    wire=Webhook | N8n,
    read=read,
    levels=LEVELS,
    marks=recognise,
    unrendered=alertmanager.UNRENDERED,
)
