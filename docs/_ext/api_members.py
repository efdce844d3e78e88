"""Completes the API pages: each public field and enum member is on them, with its meaning; else the build fails."""

import inspect
import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

import attrs

import alertmap
from alertmap import adapter
from alertmap.incidents import grouping

GROUPING = ("Grouping", "GroupBook", "Group", "GroupChange", "GroupChangeKind", "by_key", "by_source")
"""The public names of `alertmap.incidents.grouping`."""

OPAQUE = ("Timeline",)
"""Classes whose fields are not for users: a value to keep, and to hand to `step` again."""

FIELDS = {
    "state": "State that this request reports.",
    "severity": "Severity, after the source's priorities.",
    "title": "One line for people; plain text.",
    "message": "Longer text for people; plain text, perhaps with several lines.",
    "labels": "Texts by name, as the sender has them.",
    "vendor": "Name of the adapter.",
    "source": "Name of the source.",
    "received_at": "Time of receipt (UTC), as the caller passed it.",
    "alerts": "Alerts, in the order of the document.",
    "kind": "What happened.",
    "cause": "Why, where the kind alone does not say so.",
    "code": "Code, for programs.",
    "path": "Place in the document, or field of the alert.",
    "body": "Body.",
    "method": "Method, in upper case.",
    "headers": "Headers, by their names in lower case.",
    "query": "Parameters of the query.",
    "name": "Name.",
    "status": "HTTP status.",
    "content_type": "Content type of the body.",
    "reason": "Reason, for people or, of a batch without alerts, for programs.",
    "request": "Request, as it was recorded.",
    "by": "Layer that decided.",
    "word": "Word that decided; None where none did.",
    "reply": "Answer to a handshake.",
    "confirm_url": "URL that confirms a handshake.",
    "truncated": "Number of alerts that the sender left out.",
    "group_key": "The sender's grouping key.",
    "delivery_id": "The sender's id of the request, equal on a retry.",
    "transition": "Transition of an incident that caused the change.",
    "dedup_key": "Key of the problem within its source.",
    "http_status": "HTTP status for an API that answers its client; for webhooks see the page Receiving.",
}
"""Meaning of a field without a docstring of its own, by its name."""


def public() -> Iterator[tuple[str, Any]]:
    """Yield the public classes and functions with the names by which the pages document them."""
    for name in alertmap.__all__:
        yield f"alertmap.{name}", getattr(alertmap, name)
    for name in GROUPING:
        yield f"alertmap.incidents.grouping.{name}", getattr(grouping, name)


def members(value: Any) -> list[str]:
    """List the public fields of a class, or the members of an enum."""
    if inspect.isclass(value) and issubclass(value, Enum):
        return list(value.__members__)
    if inspect.isclass(value) and attrs.has(value):
        fields = [] if value.__name__ in OPAQUE else attrs.fields(value)
        return [field.name for field in fields if not field.name.startswith("_")]
    return [name for name in ("http_status",) if inspect.isclass(value) and name in vars(value)]


def meaning(cls: type, name: str) -> str:
    """Return the meaning of a member: its docstring or the comment after it, or else the meaning of its name."""
    for owner in cls.__mro__:
        try:
            source = inspect.getsource(owner)
        except (OSError, TypeError):
            continue
        documented = re.search(rf'^    {name}\b[^\n]*\n    """(.*?)"""', source, re.MULTILINE | re.DOTALL)
        if documented:
            return documented[1]
        found = re.search(rf"^    {name}\b[^#\n]*#:? (.*)$", source, re.MULTILINE)
        if found:
            return found[1][:1].upper() + found[1][1:] + "."
    if name == "http_status":
        return f"{FIELDS[name]} Here {getattr(cls, name)}."
    return FIELDS.get(name, "")


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    classes = {value.__qualname__: value for _, value in public() if inspect.isclass(value)}
    classes |= {name: getattr(adapter, name) for name in adapter.__all__ if inspect.isclass(getattr(adapter, name))}

    def describe(_app: Any, what: str, name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
        owner, _, member = name.rpartition(".")
        cls = classes.get(owner.rpartition(".")[2])
        if what in ("attribute", "property") and cls is not None and not any(lines):
            lines[:] = [meaning(cls, member)]

    def check(_app: Any, env: Any) -> None:
        from sphinx.util import logging  # noqa: PLC0415 - the tests import this module without Sphinx

        known = env.get_domain("py").objects
        for name, value in public():
            for missing in (one for one in ("", *members(value)) if f"{name}.{one}".rstrip(".") not in known):
                logging.getLogger(__name__).warning("the API page has no %s", f"{name}.{missing}".rstrip("."))

    app.connect("autodoc-process-docstring", describe, priority=300)
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": True}
