"""Texts in HTML, as people and mail programs write them: descriptions of tickets, mails."""

import html
import re

_LINE_END = re.compile(r"<(?:br|/p|/div|/li|/tr|/h[1-6])\b[^<>]*>", re.IGNORECASE)
_CELL_END = re.compile(r"</t[dh]\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>|<!--[^<>]*-->", re.IGNORECASE)
# Python refuses to convert a number of over 4,300 digits, so an entity has no more than a character needs.
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_MOST_ENTITIES = 2_000
_LONGEST = 65_536


def plain_text(text: str) -> str:
    """Return the text of HTML, a line for each paragraph. The rest of a very long one is returned as it stands."""
    if "<" not in text and "&" not in text:
        return text
    head, tail = text[:_LONGEST], text[_LONGEST:]
    plain = _TAG.sub("", _CELL_END.sub(" ", _LINE_END.sub("\n", head)))
    plain = _ENTITY.sub(lambda entity: html.unescape(entity[0]), plain, _MOST_ENTITIES)
    return "\n".join(line for each in plain.splitlines() if (line := each.strip())) + tail
