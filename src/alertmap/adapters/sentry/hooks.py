"""Headers and marks that all webhooks of an integration share."""

import re
from datetime import datetime

from alertmap import wire

MARKS = {"action", "$.installation.uuid"}
HEADERS = {"Sentry-Hook-Resource": ""}

SENT_AT = wire.Header("Sentry-Hook-Timestamp")

SECONDS = re.compile(r"[0-9]{9,11}")


def seconds(text: str | None) -> datetime | None:
    return wire.epoch(int(text), 1) if text and SECONDS.fullmatch(text) else None
