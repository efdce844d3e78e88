"""The default texts of the official plugins, influxdata/influxdb3_plugins of June 2025 to August 2026."""

import re
from collections.abc import Mapping
from typing import NamedTuple

LEVEL = r"\[(?P<level>\w+)\]"
IS = r"(?>(?P<field>.+?) (?P<op>>=|<=|==|!=|>|<) )"
ROW = r"(?>(?P<actual>.*)\) [—\u2013-]+ matched in row )(?P<row>.*)\."  # relays turn the dash into another
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\+00:00"
SPAN = r"(?:\d+ days?, )?\d+:\d\d:\d\d(?:\.\d+)?"

TEXTS = (
    # A threshold on written data.
    ("threshold", rf"{LEVEL} InfluxDB 3 alert triggered\. Condition {IS}(?>(?P<limit>.+?) matched \d+ times\(){ROW}"),
    # A threshold on a schedule.
    (
        "threshold",
        (
            rf"{LEVEL} Threshold Alert on table (?>(?P<table>.+?): (?P<agg>\w+) of ){IS}"
            rf"(?>(?P<limit>.+?) \(actual: ){ROW}"
        ),
    ),
    # The example in the plugin's own header.
    ("threshold", rf"{LEVEL} InfluxDB 3 alert triggered\. Condition {IS}(?>(?P<limit>.+?) matched \()(?P<actual>.*)\)"),
    ("deadman", rf"Deadman Alert: No data received from (?>(?P<table>.+) from {TIME} to (?P<end>{TIME})\.)"),
    (
        "state",
        (
            r"State change detected: (?>Field (?P<field>.+?) in table )(?>(?P<table>.+?) changed to )"
            rf"(?>(?P<actual>.*) during (?:last \d+ times|{SPAN})\. Row: )(?P<row>.*)"
        ),
    ),
    (
        "changes",
        (
            r"(?>Field (?P<field>.+?) in table )"
            rf"(?>(?P<table>.+?) changed \d+ times in window {SPAN} for tags ?)(?P<tags>.*)"
        ),
    ),
    (
        "mad",
        (
            r"MAD (?:count|duration) alert: (?>Field (?P<field>.+?) in )"
            rf"(?>(?P<table>.+?) outlier for (?:\d+ consecutive points|{SPAN})\. Tags: ?)(?P<tags>.*)"
        ),
    ),
    (
        "anomaly",
        r"Anomaly detected in (?>(?P<series>.+?) with value )(?>(?P<actual>.+?) by )(?>.+?\. Tags: ?)(?P<tags>.*)",
    ),
    (
        "forecast",
        (
            rf"{LEVEL} Forecast error alert in "
            r"(?>(?P<series>.+?): (?P<metric>\w+)=(?P<actual>\S+)\. Tags: ?)(?P<tags>.*)"
        ),
    ),
    (
        "prophet",
        (
            r"Validation failed for prophet model:(?>.+? on table:)(?>(?P<table>.+?), field:)"
            rf"(?>(?P<field>.+?) for period from {TIME} to (?P<end>{TIME}), forecast not written to table:).+"
        ),
    ),
)
"""The kind of check, and the text as a pattern.

Groups that are atomic, `(?>...)`, are not tried a second time: each takes the first place where the words behind it
stand (or the last), so that no text costs more than its length.
"""

LONGEST = 8_192
"""Characters of a default text; a longer one is somebody's own."""

PATTERNS = [(kind, re.compile(text, re.DOTALL)) for kind, text in TEXTS]


class Official(NamedTuple):
    """A default text: the kind of check, and the parts that its text names."""

    kind: str
    parts: Mapping[str, str]


def official(text: str) -> Official | None:
    if len(text) <= LONGEST:
        for kind, pattern in PATTERNS:
            match = pattern.fullmatch(text)
            if match is not None:
                return Official(kind, with_row(match.groupdict()))
    return None


def with_row(parts: dict[str, str]) -> dict[str, str]:
    """Add the table and the tags that the row of a text names.

    A row is `table:field:LEVEL:tag=value:…`, and any part may hold `:` itself: the tags stay as they stand.
    """
    if "row" not in parts:
        return parts
    row, field, table = parts["row"], parts["field"], parts.get("table")
    if not table:
        table, found, tags = f"{row}:".partition(f":{field}:{parts['level']}:")
        if not found:
            table, tags = "", row.replace(f":{parts['level']}", "", 1)
    else:
        agg, level, actual = parts.get("agg"), parts.get("level"), parts["actual"]
        row = row.removeprefix(f"{table}:{field}:" + (f"{agg}:{level}" if agg else actual))
        tags = COUNTED.sub("", row, count=1).removeprefix(":")
    return parts | {"table": table, "tags": tags.removesuffix(":")}


COUNTED = re.compile(r":(?:count|time)(?=:|$)")


def tags_in(parts: Mapping[str, str]) -> dict[str, str]:
    """The tags of a text by name. A row joins them by colons, other texts by commas; values may hold both."""
    separator = ":" if "row" in parts else ", "
    pairs = (
        tag.partition("=")
        for tag in re.split(rf"{separator}(?=[^{separator}=]+=)", parts.get("tags", ""))
        if "=" in tag
    )
    return {name: value for name, _, value in pairs if value not in ("None", "nan")}  # texts for a tag that is absent
