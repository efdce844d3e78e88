"""Lower bound of the cost of parsing: one function for one shape, written for speed alone.

It returns the alerts that `parse` returns for the bodies of Alertmanager in `bench.cases`. It has no limits, adapter,
wire model or options, reports no errors and no problems, and gives up on unusual values.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from alertmap import Alert, State, Times
from alertmap._records import twin_of
from alertmap.conventions import LEVELS

VENDOR = "prometheus_alertmanager"
_TIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-2][0-9]:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z").fullmatch
_LINK = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][!-~]*)?").fullmatch
_UNRENDERED = re.compile(r"<no value>|<error expanding template|\{\{").search
_LINKS = (("runbook", "runbook_url"), ("dashboard", "dashboard"))
_TWIN: Any = twin_of(Alert)


def alerts(body: bytes, loads: Callable[[bytes], Any]) -> tuple[Alert, ...]:
    """Return the alerts of a body.

    Raises:
        ValueError: the body holds an unusual value.
    """
    document = loads(body)
    url = document["externalURL"]
    known: set[str] = set()
    made = []
    for place, item in enumerate(document["alerts"]):
        labels, notes, began = item["labels"], item["annotations"], item["startsAt"]
        if {*map(type, [*labels.values(), *notes.values()])} != {str} or item["status"] != "firing" or not _TIME(began):
            raise ValueError
        identity = {f"label.{name}": value for name, value in labels.items()}
        key = f"{VENDOR}:{','.join([f'{name}={identity[name]}' for name in sorted(identity)])}"
        title, message, host, level = notes["summary"], notes["description"], labels["instance"], labels["severity"]
        texts = " ".join([key, title, message, *labels, *labels.values()])
        if not texts.isprintable() or "%" in key or "~" in key or _UNRENDERED(texts):
            raise ValueError
        links = {"source": item["generatorURL"]} | {name: notes[note] for name, note in _LINKS} | {"alertmanager": url}
        for link in links.values():
            if link not in known:
                if not _LINK(link):
                    raise ValueError
                known.add(link)
        alert = object.__new__(_TWIN)
        alert.state = State.FIRING
        alert.identity = identity
        alert.level = level
        alert.title = title
        alert.message = message
        alert.resource = host
        alert.labels = labels
        alert.links = links
        alert.values = {}
        alert.started_at = alert.occurred_at = datetime.fromisoformat(began)
        alert.sequence = alert.expires_at = alert.received_at = None
        alert.episode = began
        alert.no_data = labels["alertname"] == "DatasourceNoData"
        alert.resolvable = True
        alert.problems = ()
        alert.path = ("alerts", place)
        alert.times = Times.SINCE
        alert.vendor = alert.source = VENDOR
        alert.severity = LEVELS[level]
        alert.dedup_key = key
        alert.raw = item
        alert.__class__ = Alert
        made.append(alert)
    return tuple(made)
