"""Templates of a source for titles and messages: text with fields of the alert in braces, and nothing else.

`{title}` is a field of the alert, `{labels.host}` an entry of one of its tables; `{{` and `}}` are braces. There are no
expressions, formats or attributes, and a text of the sender is never read as a template. What an alert does not have is
empty.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from alertmap import wire
from alertmap.errors import ConfigurationError, did_you_mean, quoted
from alertmap.model import Alert

FIELDS = ("title", "message", "resource", "level", "severity", "state", "source", "vendor", "dedup_key", "episode")
TABLES = ("labels", "identity", "values", "links")

_LONGEST = 4_096
_TOKEN = re.compile(r"(\{\{|\}\})|\{([^{}]*)\}|([{}])")


class Place(NamedTuple):
    """A place in a template: a field of the alert, or an entry of one of its tables."""

    field: str
    entry: str | None


class Template(NamedTuple):
    """A template that was checked: literal texts and places, in order."""

    parts: tuple[str | Place, ...]

    def render(self, alert: Alert, limit: int) -> str:
        """Return the text for an alert, cut after `limit` characters."""
        found: list[str] = []
        left = limit
        for part in self.parts:
            text = (part if isinstance(part, str) else _text(alert, part))[:left]
            found.append(text)
            left -= len(text)
        return "".join(found)


def parse_template(text: object) -> Template:
    """Read a template.

    Raises:
        ConfigurationError: it is not text, is too long, has a brace that stands alone, or names no field of an alert.
    """
    if not isinstance(text, str):
        raise ConfigurationError(f"a template must be text, got {type(text).__name__}")
    if len(text) > _LONGEST:
        raise ConfigurationError(f"a template has at most {_LONGEST:,} characters, got {len(text):,}")
    parts: list[str | Place] = []
    end = 0
    for token in _TOKEN.finditer(text):
        parts.append(text[end : token.start()])
        end = token.end()
        brace, name, alone = token.groups()
        if alone:
            raise ConfigurationError(f"a single {alone!r} at character {token.start() + 1}: write {alone * 2!r} for it")
        parts.append(brace[0] if brace else _place(name))
    parts.append(text[end:])
    return Template(tuple(part for part in parts if part))


def _place(name: str) -> Place:
    field, dot, entry = name.strip().partition(".")
    if (field in TABLES and entry) or (field in FIELDS and not dot):
        return Place(field, entry if dot else None)
    known = [*FIELDS, *(f"{table}.NAME" for table in TABLES)]
    close = f"labels.{field}" if not dot and field and field not in TABLES else ""
    hint = did_you_mean(field, (*FIELDS, *TABLES)) or (f" (a label is written {{{close[:64]}}})" if close else "")
    raise ConfigurationError(f"a template has no field {quoted(name)}{hint}; there are {', '.join(known)}")


def _text(alert: Alert, place: Place) -> str:
    value: Any = getattr(alert, place.field)
    if place.entry is not None:
        table: Mapping[str, Any] = value
        value = table.get(place.entry)
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else wire.number_text(value)
