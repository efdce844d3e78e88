"""Texts and objects of the user's own: JSON, JSON that a quote broke, `key=value` pairs, and free text."""

import re
from collections.abc import Mapping
from itertools import islice
from string import digits
from typing import Any

from alertmap import conventions, wire
from alertmap.adapter import Identity, Problem, ProblemCode, Reading, State, Times
from alertmap.adapters.influxdb3.texts import LONGEST, TIME

KEYS = ("dedup_key", "dedup", "key", "alias", "row")
MOVING = {"state", "status", "severity", "level", "value", "threshold", "occurred_at"}
"""Names of what differs between a trigger and its recovery."""

OWN_LEVELS = ("INFO", "WARN", "ERROR", "CRITICAL")
"""Values of `$level` in a template."""

LEVELS_IN_TEXT = (*OWN_LEVELS, "CRIT", "FATAL", "ERR", "HIGH", "WARNING", "MEDIUM", "LOW", "NOTICE")
"""Words that are a level where they stand at the front of a text."""

WORDS = "|".join(LEVELS_IN_TEXT)
# Symbols may stand before it.
PREFIX = re.compile(rf"([^\w\[]{{0,16}})(?:\[({WORDS})\]|({WORDS}):)\s*", re.IGNORECASE)
# "Critical alert: System down", "Performance warning: …": examples of the Notifier's own page. `high` and `low` are no
# levels there: "Tank level high: …".
IN_WORDS = re.compile(
    r"[^\w\[]{0,16}(critical|fatal|error|warning|info) (?:alert|alarm|event)\b[^:\n]{0,64}:"
    r"|[^:\n]{1,64} (critical|fatal|error|warning):",
    re.IGNORECASE,
)
RENDERED = re.compile(rf"({'|'.join(OWN_LEVELS)})\b")  # a template that begins with `$level`

# Substitution does not escape: a value with a quote breaks the JSON that it stands in.
BROKEN = re.compile(r'"(\w+)"\s*:\s*"([^"]*)"(?=\s*[,}])')
# `state=firing level=WARN … key=…`: the last key takes the rest of the line.
LAST = re.compile(rf"(?:^| )({'|'.join(KEYS)})=")
MOST_PAIRS = 1_000

STAYS = r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f:]*::[0-9A-Fa-f:.]*|(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b)"  # an address
MOVES = (
    rf"{TIME}|\d{{4}}-\d\d-\d\dT\S+"
    r"|(?<![\w.-])-?\d+(?:\.\d+)?%?(?![\w-]|\.\d)"  # a number that stands alone: 10.0.0.1 does not
)
PARTS = re.compile(rf"({STAYS})|{MOVES}")


def read_pattern(groups: Mapping[str, str | None], text: str) -> Reading:
    """A text that the source's option `pattern` takes apart; where it names no title, the text is the title."""
    named = {name: part for name, part in groups.items() if part}
    return structured({"title": text} | named, text, level="text")


def read_text(text: str) -> Reading:
    fields = wire.json_in(text, dict[str, wire.Json])
    if fields is not None:
        return structured(fields, text)
    broken: dict[str, str] = {}
    if text.startswith("{"):
        broken = {match[1]: match[2] for match in islice(BROKEN.finditer(text, 0, 4 * LONGEST), MOST_PAIRS)}
    if broken.keys() & set(KEYS) and broken.keys() & {"state", "status"}:
        malformed = Problem(ProblemCode.MALFORMED, "$", "the text is not quite JSON; what could be read was")
        return structured(broken, text, malformed)
    pairs = pairs_in(text)
    return structured(pairs, text, level="text") if pairs else free(text)


def pairs_in(text: str) -> dict[str, str]:
    """The pairs of a text that consists of them, has a state among them and ends in the key; none of any other."""
    last = LAST.search(text, 0, LONGEST)
    if last is None:
        return {}
    pairs = [word.partition("=") for word in text[: last.start()].split(" ", MOST_PAIRS)]
    if len(pairs) > MOST_PAIRS or not all(equals and name.isidentifier() for name, equals, _ in pairs):
        return {}
    found = {name: value for name, _, value in pairs}
    return found | {last[1]: text[last.end() :]} if found.keys() & {"state", "status"} else {}


def structured(fields: Mapping[str, Any], text: str, *problems: Problem, level: str | None = None) -> Reading:
    """A text or object with names for its parts."""
    word, sent_level = first(fields, "state", "status"), first(fields, "severity", "level")
    state = conventions.STATES.get(word.strip().casefold())
    if word.strip() and state is None:
        problems += (Problem(ProblemCode.STATE_UNKNOWN, "$", "unknown state; treated as firing"),)
    key = without_level(first(fields, *KEYS), sent_level)
    title = first(fields, "title", "summary")
    sayings = text or flat(fields)
    if not title:
        problems += (Problem(ProblemCode.TITLE_FALLBACK, "$", "there is no title; it is made of the key or the text"),)
    tags = {
        name: first(below, name)
        for below in (fields.get("labels"), fields.get("tags"))
        if isinstance(below, dict)
        for name in below
    }
    value = first(fields, "value")
    occurred_at = wire.rfc3339(first(fields, "occurred_at"))
    return Reading(
        state=State.FIRING if word.strip() and state is None else state,
        # The level of a recovery is that of its own, inverse condition.
        level=None if state is State.RESOLVED else sent_level or level,
        identity=[{"key": key}, *by_text(title or sayings)],
        title=title or key or sayings,
        message=first(fields, "description", "text", "message") or text,
        resource=first(fields, "resource", "source", "host") or conventions.host(tags),
        labels=tags,
        links={name: first(fields, name) for name in ("link", "url")},
        values={first(fields, "field") or "value": wire.number_in(value)} if value else {},
        occurred_at=occurred_at,
        times=Times.STATED if occurred_at else None,
        problems=problems,
    )


def first(fields: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that holds text or a number, as text."""
    found = (fields[name] for name in names if type(fields.get(name)) in (str, int, float) and fields[name] != "")
    return next((one if isinstance(one, str) else wire.number_text(one) for one in found), "")


def flat(fields: Mapping[str, Any]) -> str:
    """The texts of an object, without what moves between firing and recovery."""
    found = ((name, first(fields, name)) for name in sorted(fields.keys() - MOVING))
    return " ".join(f"{name}={text}" for name, text in found if text)


def without_level(key: str, level: str) -> str:
    # `$row` holds the level of the condition: WARN when it fires, INFO when its inverse does.
    words = re.escape(level) if level.upper() in LEVELS_IN_TEXT else "|".join(OWN_LEVELS)
    return re.sub(rf":(?:{words})(?=:|$)", "", key, count=1, flags=re.IGNORECASE)


def free(text: str) -> Reading:
    """Any other text: its level stands at the front, its identity is what does not move."""
    found = PREFIX.match(text) or IN_WORDS.match(text) or RENDERED.match(text)
    return Reading(
        state=State.FIRING,
        level=found[found.lastindex or 0] if found else "text",
        identity=[{"key": ""}, *by_text(text)],  # the text names no key
        title=without_prefix(text).partition("\n")[0],
        message=text,
        resolvable=False,
    )


def by_text(text: str) -> list[Identity]:
    return [{"text": still(text)}, {"text": "blank"}]


def without_prefix(text: str) -> str:
    found = PREFIX.match(text)
    return found[1] + text[found.end() :] if found else text


def still(text: str) -> str:
    """A text without levels, times and numbers that stand alone: the same whenever it is sent again.

    Behind the first 8,192 characters of a long text no digit counts.
    """
    text = without_prefix(text)
    rest = text[LONGEST:]
    for digit in digits:
        rest = rest.replace(digit, "#")
    return " ".join(PARTS.sub(lambda match: match[1] or "#", text[:LONGEST]).split()) + rest
