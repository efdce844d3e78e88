"""The rules of InfluxDB 3's captured requests.

Only the texts identify a thing. No official plugin sends a recovery; only the user's own texts do.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any

from alertmap import Alert, Severity, State
from captures import Captured
from corpus.rules import Kind, Rules, name

LEVELS = {
    "INFO": Severity.INFO,
    "WARN": Severity.MEDIUM,
    "ERROR": Severity.HIGH,
    "CRITICAL": Severity.CRITICAL,
}
OVER = re.compile(r"""\b(state|status)("?: ?"|=)(resolved|ok|recovery)\b""", re.IGNORECASE)
"""A state in a text of the user's own that ends what fired."""


def text_of(one: Captured) -> Any:
    """Return the Notifier's text, of whatever type."""
    body = json.loads(one.request.body)
    (text,) = [body[key] for key in ("message", "text", "content", "notification_text") if key in body]
    return text


def words(one: Captured) -> str:
    """Return the text as str."""
    text = text_of(one)
    return text if isinstance(text, str) else json.dumps(text)


def check(one: Captured, alert: Alert, _: Any) -> None:
    """Only a text with a state resolves; the level comes from the text, else from the check; few texts have a time."""
    text = words(one)
    is_over = OVER.search(text) is not None
    assert (alert.state is State.RESOLVED) == is_over
    level = next((word for word in LEVELS if f"[{word}]" in text or f'"{word}"' in text or f"level={word}" in text), "")
    if is_over:
        assert alert.severity is None  # its level is that of the inverse condition
    elif level:
        assert alert.severity is LEVELS[level]
    elif '"critical"' in text:
        assert alert.severity is Severity.CRITICAL
    elif text.startswith("Deadman"):
        assert alert.severity is Severity.HIGH
    for moving in ("2026-", "93.5", "99.0", "96.25", "0:00:01", "state=", "firing", *LEVELS):
        assert moving not in alert.dedup_key or moving in text.partition(":")[0], "what moves stands in no key"
    if text.startswith(("Deadman", "Validation failed")):
        assert alert.occurred_at is not None
        assert alert.occurred_at.strftime("to %Y-%m-%d %H:%M:%S") in text
    else:
        assert alert.occurred_at is None
    assert not alert.resolvable or "{" in text or "=" in text


def time(alert: Alert) -> datetime:
    """Return the end of a deadman's or prophet's window; other texts have only the time of receipt."""
    window = re.search(r"from [-0-9]+ \S+ to ([-0-9]+ [:0-9.]+\+00:00)", str(alert.raw))
    assert alert.received_at is not None
    return datetime.fromisoformat(window[1]).astimezone(UTC) if window else alert.received_at


def is_recognised(one: Captured) -> bool:
    """Texts of the user's own are not recognised."""
    own = ("notifier", "template", "unrendered", "unknown-variables", "free-texts", "pair-")
    return not any(word in name(one) for word in own)


RULES = Rules("influxdb3", lambda _: Kind.ALERTS, check, time, is_recognised=is_recognised)
