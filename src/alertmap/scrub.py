"""What the core does to every text on its way into an alert: plain, bounded, harmless in a log. `raw` stays untouched.

Keys are never scrubbed, only escaped: two hosts must not become one.
"""

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import urlsplit

from attrs import evolve

from alertmap.model import Problem, ProblemCode, Reading, path_text

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


def scrub(reading: Reading, unrendered: re.Pattern[str] | None, fallback_title: str) -> Reading:
    """Clean the texts of a reading; what is cut, dropped or made up becomes a problem."""
    told: list[Problem] = []

    def cut(text: str, limit: int, path: str) -> str:
        text = _harmless(text)
        if len(text) <= limit:
            return text
        told.append(Problem(ProblemCode.TRUNCATED, path, f"text over {limit} characters was cut"))
        return f"{text[: limit - 1]}…"

    def line(text: str, path: str) -> str:
        if not text.isprintable():
            text = _harmless(_BREAKS.sub(" ", text))
        return cut(unicodedata.normalize("NFC", text).strip(), MAX_TITLE, path)

    title = line(reading.title, "title")
    if not title:
        title = line(reading.message.strip().partition("\n")[0], "title") or fallback_title
        told.append(Problem(ProblemCode.TITLE_FALLBACK, "title", "the payload has no title; one was made"))
    message = cut(reading.message, MAX_MESSAGE, "message")
    if unrendered is not None:
        for path, text in (("title", title), ("message", message), *_identity(reading)):
            if unrendered.search(text):
                told.append(Problem(ProblemCode.UNRENDERED, path, "a template of the sender was not filled in"))
    return evolve(
        reading,
        level=None if reading.level is None else cut(reading.level, MAX_TITLE, "level"),
        title=title,
        message=message,
        resource=line(reading.resource, "resource"),
        labels={
            cut(name, MAX_VALUE, "labels"): cut(value, MAX_VALUE, "labels") for name, value in reading.labels.items()
        },
        values={
            cut(name, MAX_VALUE, "values"): cut(value, MAX_VALUE, "values") if isinstance(value, str) else value
            for name, value in reading.values.items()
        },
        links=_links(reading.links, told),
        problems=(*reading.problems, *told),
    )


def _identity(reading: Reading) -> list[tuple[str, str]]:
    return [(_path("identity", name), value) for name, value in reading.identity.items()]


def _path(field: str, name: str) -> str:
    return path_text((field, name)).removeprefix("$.")


def _links(links: Mapping[str, str], told: list[Problem]) -> dict[str, str]:
    kept = {}
    for name, url in links.items():
        if _is_safe(url):
            kept[_harmless(name)] = url
        elif url:
            told.append(
                Problem(ProblemCode.BAD_LINK, _path("links", name), "a link is not absolute http(s); it was dropped")
            )
    return kept


def _harmless(text: str) -> str:
    return text if text.isprintable() else _HARMFUL.sub("", text)


def _is_safe(url: str) -> bool:
    if len(url) > MAX_URL or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
