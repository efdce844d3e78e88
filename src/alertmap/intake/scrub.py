"""What the core does to every text on its way into an alert: plain, bounded, harmless in a log. `raw` stays untouched.

Keys are never scrubbed, only escaped: two hosts must not become one.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from alertmap.model import Problem, ProblemCode, Reading
from alertmap.paths import format_path

MAX_TITLE = 1_024
MAX_MESSAGE = 32 * 1024
MAX_VALUE = 4 * 1024
MAX_URL = 2_048
"""Characters of a title, resource or level, a message, a label or value, a link. PagerDuty takes 1,024 of a summary."""

# C0 without tab and newline, DEL, C1, line and paragraph separators, bidirectional controls, tags.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\ud800-\udfff]"
)
_BREAKS = re.compile(r"[\r\n\t]+")


class Clean(NamedTuple):
    """The texts of a reading, clean, and what is to be told of them."""

    level: str | None
    title: str
    message: str
    resource: str
    labels: Mapping[str, str]
    links: Mapping[str, str]
    values: Mapping[str, int | float | str]
    problems: tuple[Problem, ...]


def scrub(reading: Reading, unrendered: re.Pattern[str] | None, vendor_title: str, safe: set[str]) -> Clean:
    """Clean the texts of a reading; what is cut, dropped or made up becomes a problem.

    `safe` collects links that were found to be in order: those of one request are mostly the same.
    """
    told: list[Problem] = []
    title = _line(reading.title, "title", told)
    if not title:
        title = _line(reading.message.strip().partition("\n")[0], "title", told) or f"{vendor_title} alert"
        told.append(Problem(ProblemCode.TITLE_FALLBACK, "title", "the payload has no title; one was made"))
    message = _cut(reading.message, MAX_MESSAGE, "message", told)
    if unrendered is not None and _may_match(unrendered, (title, message, *reading.identity.values())):
        paths = [path for path, text in (("title", title), ("message", message)) if unrendered.search(text)]
        paths += [_path("identity", name) for name, text in reading.identity.items() if unrendered.search(text)]
        told += [Problem(ProblemCode.UNRENDERED, it, "a template of the sender was not filled in") for it in paths]
    level = None if reading.level is None else _cut(reading.level, MAX_TITLE, "level", told)
    resource = _line(reading.resource, "resource", told) if reading.resource else ""
    labels = _table(reading.labels, reading.labels.values(), "labels", told)
    measured = [value for value in reading.values.values() if isinstance(value, str)]
    values = _table(reading.values, measured, "values", told)
    links = _links(reading.links, safe, told)
    return tuple.__new__(Clean, (level, title, message, resource, labels, links, values, tuple(told)))


def _cut(text: str, limit: int, path: str, told: list[Problem]) -> str:
    if not text.isprintable():
        text = _HARMFUL.sub("", text)
    if len(text) <= limit:
        return text
    told.append(Problem(ProblemCode.TRUNCATED, path, f"text over {limit} characters was cut"))
    return f"{text[: limit - 1]}…"


def _line(text: str, path: str, told: list[Problem]) -> str:
    if text.isascii() and text.isprintable() and len(text) <= MAX_TITLE:
        return text.strip()
    if not text.isprintable():
        text = _HARMFUL.sub("", _BREAKS.sub(" ", text))
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return _cut(text.strip(), MAX_TITLE, path, told)


def _table(pairs: Mapping[str, Any], texts: Iterable[str], path: str, told: list[Problem]) -> Mapping[str, Any]:
    if not pairs:
        return pairs
    # Where no name and no text can be harmful or too long, told by one look, it stays as it is.
    joined = "".join([*pairs, *texts])
    if joined.isprintable() and len(joined) <= MAX_VALUE:
        return pairs
    return {
        _cut(name, MAX_VALUE, path, told): _cut(value, MAX_VALUE, path, told) if isinstance(value, str) else value
        for name, value in pairs.items()
    }


# What makes a pattern look beyond what it matches: ends of texts and of words, assertions.
_LOOKS_ROUND = r"(?<!\[)\^|\$|\\[AbBZ]|\(\?[^:]"


@lru_cache(maxsize=256)
def _looks_round(pattern: str) -> bool:
    return re.search(_LOOKS_ROUND, pattern) is not None


def _may_match(pattern: re.Pattern[str], texts: Sequence[str]) -> bool:
    """False only where a pattern matches in none of these texts: one search instead of many."""
    return pattern.search("\n".join(texts)) is not None or _looks_round(pattern.pattern)


def _path(field: str, name: str) -> str:
    return format_path((field, name)).removeprefix("$.")


def _links(links: Mapping[str, str], safe: set[str], told: list[Problem]) -> dict[str, str]:
    kept = {}
    for name, url in links.items():
        if not url:
            continue
        if url in safe or _is_safe(url):
            safe.add(url)
            kept[name if name.isprintable() else _HARMFUL.sub("", name)] = url
        else:
            told.append(
                Problem(ProblemCode.BAD_LINK, _path("links", name), "a link is not absolute http(s); it was dropped")
            )
    return kept


_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][!-~]*)?")


def _is_safe(url: str) -> bool:
    if len(url) <= MAX_URL and _PLAIN_URL.fullmatch(url):
        return True
    if len(url) > MAX_URL or not url.isprintable() or " " in url:
        return False
    from urllib.parse import urlsplit  # noqa: PLC0415 - few URLs are not plain

    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
