"""Cleaning of every text on its way into an alert: plain, bounded, harmless in a log. `raw` stays untouched.

What has the name of a credential is no label, value or link.

Keys are never scrubbed, only escaped: two hosts must not become one.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from alertmap.credentials import without_secrets
from alertmap.escaping import HARMFUL
from alertmap.model import Problem, ProblemCode, Reading
from alertmap.paths import format_path

V = TypeVar("V")

MAX_TITLE = 1_024
MAX_MESSAGE = 32 * 1024
MAX_VALUE = 4 * 1024
MAX_URL = 2_048
"""Characters of a title, resource or level, a message, a label or value, a link. PagerDuty takes 1,024 of a summary."""

_WINDOW = 2  # times the characters that are kept: no pattern looks at more
_NAMED = 8  # problems of one kind that are listed one by one

_HARMFUL = re.compile(f"[{HARMFUL}]")
_ASCII_HARMFUL = dict.fromkeys([*range(0x09), *range(0x0B, 0x20), 0x7F])
_BREAKS = re.compile(r"[\r\n\t]+")
# Marks that combine are no word characters. Sorting a long run of them takes the square of its length.
_MANY_MARKS = re.compile(r"[^\w\s!-~]{31}")


class Clean(NamedTuple):
    """Clean texts of a reading, and the problems found in them."""

    level: str | None
    title: str
    message: str
    resource: str
    labels: Mapping[str, str]
    links: Mapping[str, str]
    values: Mapping[str, int | float | str]
    problems: tuple[Problem, ...]


def scrub(
    reading: Reading,
    identity: Mapping[str, str],
    templates: re.Pattern[str] | None,
    vendor_title: str,
) -> Clean:
    """Clean the texts of a reading; what is cut, dropped or made up becomes a problem. Blank entries are dropped."""
    problems: list[Problem] = []
    title = one_line(reading.title, "title", problems)
    if not title:
        first, _, _ = reading.message[:MAX_MESSAGE].strip().partition("\n")
        title = one_line(first, "title", problems) or _named(vendor_title, identity)
        problems.append(Problem(ProblemCode.TITLE_FALLBACK, "title", "the payload has no title; one was made"))
    message = cut(reading.message, MAX_MESSAGE, "message", problems)
    if templates is not None:
        paths = [path for path, text in (("title", title), ("message", message)) if templates.search(text)]
        paths += [_path("identity", name) for name, text in identity.items() if templates.search(text[:MAX_VALUE])]
        found = [Problem(ProblemCode.UNRENDERED, it, "a template of the sender was not filled in") for it in paths]
        problems += _first(found, "identity")
    level = cut(reading.level, MAX_TITLE, "level", problems) or None if reading.level else None
    resource = one_line(reading.resource, "resource", problems) if reading.resource else ""
    labels = _open(reading.labels, "labels", problems)
    labels = _table(labels, labels.values(), "labels", problems)
    values = _open(reading.values, "values", problems)
    measured = [value for value in values.values() if isinstance(value, str)]
    values = _table(values, measured, "values", problems)
    links = _links(_open(reading.links, "links", problems), problems)
    return tuple.__new__(Clean, (level, title, message, resource, labels, links, values, tuple(problems)))


def _open(table: Mapping[str, V], path: str, problems: list[Problem]) -> Mapping[str, V]:
    """Return a table without the entries that have the names of credentials."""
    kept = without_secrets(table) if table else table
    if len(kept) < len(table) and any(value not in (None, "") for name, value in table.items() if name not in kept):
        problems.append(Problem(ProblemCode.CREDENTIAL, path, "entries with the names of credentials were left out"))
    return kept


def _named(vendor_title: str, identity: Mapping[str, str]) -> str:
    """Make a title for an alert without one: the vendor, and what distinguishes this alert from its others."""
    parts = [text[:_MADE_TITLE] for text in islice(identity.values(), _MADE_TITLE)]
    return one_line(f"{vendor_title}: {', '.join(parts)}"[:_MADE_TITLE], "title", [])


_MADE_TITLE = 200


def _first(problems: list[Problem], path: str) -> list[Problem]:
    """The first problems of many, and one that counts the others."""
    if len(problems) <= _NAMED:
        return problems
    more = f"{len(problems) - _NAMED} more problems like the one before"
    return [*problems[:_NAMED], Problem(problems[0].code, path, more)]


def cut(text: str, limit: int, path: str, problems: list[Problem]) -> str:
    """Return a text without harmful characters, cut to `limit` characters with a problem."""
    kept = text[: _WINDOW * limit]
    if not kept.isprintable():
        kept = kept.translate(_ASCII_HARMFUL) if kept.isascii() else _HARMFUL.sub("", kept)
    return _limited(kept, limit, path, problems, is_cut=len(text) > _WINDOW * limit)


def one_line(text: str, path: str, problems: list[Problem]) -> str:
    """Return a text as one line, without harmful characters, cut to the length of a title with a problem."""
    if text.isascii() and text.isprintable() and len(text) <= MAX_TITLE:
        return text.strip()
    text = text.strip()
    kept = text[: _WINDOW * MAX_TITLE]
    if not kept.isprintable():
        kept = _HARMFUL.sub("", _BREAKS.sub(" ", kept))
    if not kept.isascii() and not _MANY_MARKS.search(kept):
        kept = unicodedata.normalize("NFC", kept)
    return _limited(kept.strip(), MAX_TITLE, path, problems, is_cut=len(text) > _WINDOW * MAX_TITLE)


def _limited(text: str, limit: int, path: str, problems: list[Problem], *, is_cut: bool) -> str:
    if len(text) <= limit and not is_cut:
        return text
    problems.append(Problem(ProblemCode.TRUNCATED, path, f"text over {limit} characters was cut"))
    return f"{text[: limit - 1]}…" if text else ""


def _table(pairs: Mapping[str, Any], texts: Iterable[str], path: str, problems: list[Problem]) -> Mapping[str, Any]:
    if not pairs:
        return pairs
    if "" in pairs.values() or None in pairs.values():
        pairs = {name: value for name, value in pairs.items() if value is not None and value != ""}
        texts = [value for value in pairs.values() if isinstance(value, str)]
    # Where no name and no text can be harmful or too long, which one look decides, the table stays as it is.
    every = [*pairs, *texts]
    if "".join(every).isprintable() and max(map(len, every), default=0) <= MAX_VALUE:
        return pairs
    cleaned = {}
    for name, value in pairs.items():
        if isinstance(value, str) and not (value.isprintable() and len(value) <= MAX_VALUE):
            value = cut(value, MAX_VALUE, path, problems)  # noqa: PLW2901 - the cleaned one
        if value != "":
            is_plain = name.isprintable() and len(name) <= MAX_VALUE
            cleaned[name if is_plain else cut(name, MAX_VALUE, path, problems)] = value
    return cleaned


def _path(field: str, name: str) -> str:
    return format_path((field, name)).removeprefix("$.")


def _links(links: Mapping[str, str], problems: list[Problem]) -> dict[str, str]:
    kept = {}
    dropped = []
    for name, url in links.items():
        if not url:
            continue
        if len(url) <= MAX_URL and _is_safe(url):
            is_plain = name.isprintable() and len(name) <= MAX_VALUE
            kept[name if is_plain else cut(name, MAX_VALUE, "links", problems)] = url
        else:
            message = "a link is not absolute http(s); it was dropped"
            dropped.append(Problem(ProblemCode.BAD_LINK, _path("links", name), message))
    problems += _first(dropped, "links")
    return kept


_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][!-~]*)?")


@lru_cache(maxsize=1024)  # the links of a vendor are mostly the same
def _is_safe(url: str) -> bool:
    if _PLAIN_URL.fullmatch(url):
        return True
    if not url.isprintable() or " " in url:
        return False
    from urllib.parse import urlsplit  # noqa: PLC0415 - few URLs are not plain

    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
