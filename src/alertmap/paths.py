"""JSON paths: `$.finding.severity`, `$.alerts[0].labels['my label']`, or a plain key."""

import re
from typing import Any

from alertmap.errors import ConfigurationError, quoted

JsonPath = tuple[str | int, ...]
"""Path in a document, as keys and indexes: `("alerts", 3, "labels")`."""

_PATH_NAME = 64  # characters of a key in a path


def format_path(path: JsonPath) -> str:
    """Format a path as text: `$.alerts[3].labels`. Keys that are no identifiers are quoted, long keys are cut."""
    steps = ["$"]
    for step in path:
        if isinstance(step, int):
            steps.append(f"[{step}]")
        elif step.isidentifier() and len(step) <= _PATH_NAME:
            steps.append(f".{step}")
        else:
            steps.append(f"[{step[:_PATH_NAME]!a}]")
    return "".join(steps)


_STEP = r"""\.(?P<name>[^.\[\]'"]+)|\[(?P<index>\d{1,9})\]|\[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\]"""


def parse_path(text: object) -> JsonPath:
    """Parse a path: text that begins with `$`; any other text is a single key.

    Raises:
        ConfigurationError: the text is blank, or not a path.
    """
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError("expected a path such as $.alert.status, or a key; got blank or no text")
    if not text.startswith("$"):
        return (text,)
    steps: list[str | int] = []
    at, pattern = 1, re.compile(_STEP)
    while at < len(text):
        step = pattern.match(text, at)
        if step is None:
            raise ConfigurationError(f"invalid path {quoted(text)}: unexpected text at character {at}")
        steps.append(int(step["index"]) if step["index"] else step["name"] or step["quoted"])
        at = step.end()
    return tuple(steps)


MISSING = object()
"""Result of `resolve` where the path does not exist; distinct from null."""


def resolve(document: Any, path: JsonPath) -> Any:
    """Return the value at a path of a document, or `MISSING`."""
    for step in path:
        exists = (
            step in document
            if type(document) is dict and type(step) is str
            else type(document) is list and type(step) is int and step < len(document)
        )
        if not exists:
            return MISSING
        document = document[step]
    return document
