"""Rules that hold for the captured requests of a vendor: the kind of each request and the content of its alerts.

A vendor's module holds one `Rules`. A new capture needs a line there only if its behaviour is new.
"""

import json
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from attrs import Factory, frozen

from alertmap import Batch, Source, parse
from alertmap.model import Alert
from captures import Captured


class Kind(Enum):
    """The kind of a request, from the view of its folder's vendor."""

    ALERTS = "alerts"
    NO_ALERT = "no alert"
    """An empty batch with a reason: a test, a probe, rows."""
    FOREIGN = "foreign"
    """Written for another system, or in the user's own form: refused, or an empty batch."""


@frozen
class Rules:
    """Rules for each captured request of one vendor."""

    vendor: str
    kind: Callable[[Captured], Kind]
    """Decided by the sending software and its target, never by the adapter's result."""
    check: Callable[[Captured, Alert, Any], None]
    """Compare an alert with its element of the body."""
    time: Callable[[Alert], datetime]
    """The time of a statement, read from the raw element."""
    elements: Callable[[Captured], list[Any]] = lambda one: [json.loads(one.request.body)]
    """The elements of a body; each becomes one alert."""
    fingerprint: Callable[[Any], Hashable] = lambda _: None
    """The sender's own identifier of the problem in an element; None where it has none."""
    is_recognised: Callable[[Captured], bool] = lambda _: True
    """Predicate of requests whose body alone identifies the vendor."""
    options: Mapping[str, Mapping[str, object]] = {}
    """Options of the source, by scenario."""
    waits: Callable[[Captured], str] = lambda _: ""
    """The missing rule that makes a request fail; it must fail until the rule exists."""
    folder: str = Factory(lambda self: self.vendor, takes_self=True)
    """The folder of the captures, where its name is not the vendor's."""
    mostly_alerts: bool = True
    """False where most captured requests are written for other systems or change no alert."""

    def parse(self, one: Captured) -> Batch:
        """Parse a captured request as its source would be set up."""
        source = Source("corpus", vendor=self.vendor, options=self.options.get(one.scenario, {}))
        return parse(self.vendor, one.request, source=source, received_at=one.received_at)


def raw(alert: Alert) -> Mapping[str, Any]:
    """Return the raw element of an alert."""
    found: Mapping[str, Any] | None = alert.raw
    assert found is not None
    return found


def name(one: Captured) -> str:
    """Return the name of a request without its folder."""
    return one.name.rpartition("/")[2]
