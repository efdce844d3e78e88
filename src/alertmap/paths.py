"""JSON paths: `$.finding.severity`, `$.alerts[0].labels['my label']`, or a plain key."""

import re
from typing import Any

from alertmap.errors import ConfigurationError

JsonPath = tuple[str | int, ...]
"""A place in a document: the names and indexes on the way to it, `("alerts", 3, "labels")`."""

_PATH_NAME = 64  # characters of a key that a path shows


def format_path(where: JsonPath) -> str:
    """Write a place as text: `$.alerts[3].labels`. Keys that are no plain names stand in quotes, long ones are cut."""
    steps = ["$"]
    for step in where:
        if isinstance(step, int):
            steps.append(f"[{step}]")
        elif step.isidentifier() and len(step) <= _PATH_NAME:
            steps.append(f".{step}")
        else:
            steps.append(f"[{step[:_PATH_NAME]!a}]")
    return "".join(steps)


_STEP = r"""\.(?P<name>[^.\[\]'"]+)|\[(?P<index>\d{1,9})\]|\[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\]"""


def parse_path(text: object) -> JsonPath:
    """Read a place: a path that begins with `$`, or a key of the document as it stands.

    Raises:
        ConfigurationError: it is blank, or no path.
    """
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError("a place in a document is a path or a key that is not blank")
    if not text.startswith("$"):
        return (text,)
    steps: list[str | int] = []
    at, pattern = 1, re.compile(_STEP)
    while at < len(text):
        step = pattern.match(text, at)
        if step is None:
            raise ConfigurationError(f"{text!r} is no path: it goes wrong at character {at}")
        steps.append(int(step["index"]) if step["index"] else step["name"] or step["quoted"])
        at = step.end()
    return tuple(steps)


MISSING = object()
"""What `resolve` finds where there is nothing; not null."""


def resolve(document: Any, where: JsonPath) -> Any:
    """The value at a place of a document, or `MISSING`."""
    for step in where:
        is_there = (
            step in document
            if type(document) is dict and type(step) is str
            else type(document) is list and type(step) is int and step < len(document)
        )
        if not is_there:
            return MISSING
        document = document[step]
    return document
