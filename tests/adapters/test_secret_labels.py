"""Labels that users name as they like: those with the name of a credential come out nowhere."""

import json
from typing import Any

import pytest

from alertmap import Alert, Source, parse

SERIES = {"name": "cpu", "tags": {"host": "web01", "password": "hunter2"}, "columns": ["time", "value"], "values": []}
BODIES: dict[str, Any] = {
    "generic": {"status": "firing", "title": "disk", "labels": {"host": "web01", "password": "hunter2"}},
    "ilert": {"eventType": "ALERT", "summary": "disk", "labels": {"host": "web01", "password": "hunter2"}},
    "influxdb2": {
        "_measurement": "notifications",
        "_notification_rule_id": "1",
        "_check_id": "1",
        "_level": "crit",
        "host": "web01",
        "password": "hunter2",
    },
    "influxdb3": {"message": {"key": "disk", "title": "disk", "tags": {"host": "web01", "password": "hunter2"}}},
    "kapacitor": {"id": "cpu", "message": "cpu", "level": "CRITICAL", "data": {"series": [SERIES]}},
    "zapier": {"title": "disk", "status": "trigger", "labels": {"host": "web01", "password": "hunter2"}},
}


def one(vendor: str, secret: str = "hunter2", **options: Any) -> Alert:  # noqa: S107 - what is planted
    """Return the alert of a body with a secret."""
    body = json.dumps(BODIES[vendor]).replace("hunter2", secret)
    [alert] = parse(vendor, body, source=Source(vendor, options=options))
    return alert


@pytest.mark.parametrize("vendor", BODIES)
def test_credentials_are_no_labels(vendor: str) -> None:
    """The value is neither a label nor in the key; other labels are."""
    alert = one(vendor)
    assert alert.labels.get("host", alert.labels.get("labels.host")) == "web01"
    assert "hunter2" not in repr(alert)


@pytest.mark.parametrize(("vendor", "options"), [("influxdb2", {}), ("kapacitor", {"dedup_on": "id+tags"})])
def test_a_credential_in_the_key_is_a_hash(vendor: str, options: dict[str, Any]) -> None:
    """Where tags are part of the key, a hash keeps two alerts apart that differ in a credential."""
    keys = [one(vendor, secret, **options).dedup_key for secret in ("hunter2", "hunter3")]
    assert "tag.password=~f52fbd32b2b3" in keys[0]
    assert keys[0] != keys[1]
