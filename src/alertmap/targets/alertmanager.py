"""Alertmanager, its API v2: also that of Mimir, VictoriaMetrics and Grafana.

Set up: `url` is the address of Alertmanager, such as `http://alertmanager:9093`; add `user` and `password`, or `token`,
where it wants them.

Alertmanager ends an alert that is not sent again before its end: every `resend` seconds render and send all open
incidents again. A request gives an alert four times as long. Who cannot do that sets `resend` to the longest time that
an alert may stay open, and learns late of an end that gets lost.

```python
for incident in book.open:
    send(render("alertmanager", incident, config, now))
```

The labels are the identity there, so only what stays the same is a label: key, source, vendor as `alertname`, and the
labels that `labels` names for routes, such as `["team"]`. Severity, times, values and all other labels are annotations.
An acknowledged or muted alert goes on: Alertmanager has states of its own for that.

Fields: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, and the alert generator's
specification, https://github.com/prometheus/compliance/blob/main/alert_generator/specification.md
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import Factory

from alertmap import wire
from alertmap.escaping import label_name, plain
from alertmap.target import Endpoint, Message, Outgoing, Skipped, State, Target, json_request, time_text


@wire.model(closed=True)
class Config(Endpoint):
    resend: wire.Number = 60
    labels: list[wire.Text] = Factory(list)


def write(message: Message, config: Config, now: datetime) -> Outgoing | Skipped:
    start = min(message.started_at or message.time or now, now)
    end = min(message.occurred_at or now, now)
    if message.state is not State.RESOLVED:
        seconds = min(max(float(config.resend), 1), LONGEST)
        end = max(now + timedelta(seconds=4 * seconds), message.expires_at or now)
    alert = {
        "labels": labels(message, config.labels),
        "annotations": annotations(message),
        "startsAt": time_text(min(start, end)),
        "endsAt": time_text(end),
    }
    if message.link:
        alert["generatorURL"] = message.link
    return json_request(f"{config.url.rstrip('/')}/api/v2/alerts", [alert], config.all_headers())


LONGEST = 30 * 24 * 3600  # seconds


def labels(message: Message, names: list[str]) -> dict[str, str]:
    own = {"alertname": message.vendor, "alertmap_key": message.dedup_key, "alertmap_source": message.source}
    chosen = {label_name(name): message.labels[name] for name in names if name in message.labels}
    return chosen | own


def annotations(message: Message) -> dict[str, str]:
    found: dict[str, Any] = {
        "summary": plain(message.title, 1_024),
        "description": plain(message.message, 16_384),
        "resource": plain(message.resource, 1_024, lines=False),
        "alertmap_severity": message.severity or "",
        "alertmap_state": message.state,
        "alertmap_level": message.level or "",
        "values": lines(message.values),
        "links": lines(message.links),
    }
    found |= {f"label_{label_name(name)}": text for name, text in message.labels.items()}
    return {name: text for name, text in found.items() if text}


def lines(pairs: Mapping[str, object]) -> str:
    return plain("\n".join(f"{name}: {value}" for name, value in pairs.items()), 4_096)


target = Target(
    name="alertmanager",
    title="Alertmanager",
    config=Config,
    write=write,
    keeps={
        "state": "firing and over",
        "severity": "yes",
        "key": "as a label",
        "title": "yes",
        "message": "yes",
        "times": "start and end",
        "links": "the first",
        "labels": "as annotations; those that are named as labels",
        "values": "as text",
    },
    key_at="$[0].labels.alertmap_key",
    has_sources=True,
    example={"url": "http://alertmanager.example:9093"},
    reads_back="prometheus_alertmanager",
)
