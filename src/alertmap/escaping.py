"""Texts of a sender in the texts of a target: cut, without control characters, mark-up, links or mentions.

A sender's text stays text: where a target makes links or mentions of plain text, a zero-width space (U+200B) takes the
recognised form apart. It looks the same and copies nearly the same.
"""

import re
from hashlib import sha256

BREAK = "\u200b"
"""Zero-width space."""

_MARK = "…"

HARMFUL = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\ud800-\udfff"
"""Characters that no text may have: C0 without tab and newline, DEL, C1, separators of lines and paragraphs,
bidirectional controls, tags, halves of characters."""

# Besides these, those that cannot be seen: the break is one of them.
_CONTROLS = re.compile(f"[{HARMFUL}\u061c\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\ufeff]")

_BREAKS = re.compile(r"[\n\t][ \n\t]*")


def plain(text: str, limit: int, *, lines: bool = True) -> str:
    """Return a text of at most `limit` characters without control characters; a cut ends in `…`.

    Without `lines`, line ends and tabulators become blanks.
    """
    found = _CONTROLS.sub("", text[: 4 * limit].replace("\r\n", "\n").replace("\r", "\n"))
    if not lines:
        found = _BREAKS.sub(" ", found)
    found = found.strip()
    if len(found) <= limit and len(text) <= 4 * limit:
        return found
    return found[: limit - len(_MARK)].rstrip() + _MARK


_LINK = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_HOST = re.compile(r"(?<=[^\W_])\.(?=[^\W\d_]{2,})")  # clients make links of `example.com`, too
_SCHEME = re.compile(r"\b(mailto|tel|javascript|data|file):(?!//)", re.IGNORECASE)
_MENTION = re.compile("(?<=[@\uff20])(?=\\S)")  # the second is an `@` of full width
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~=:&])")


def inert(text: str, limit: int, *, lines: bool = True) -> str:
    """Return `plain` text of which no client makes a link or a mention: URLs, hosts and `@` are taken apart."""
    found = _taken_apart(plain(text, limit, lines=lines))
    return found if len(found) <= limit else found[: limit - len(_MARK)] + _MARK


def markdown(text: str, limit: int, *, lines: bool = True) -> str:
    """Return `inert` text whose mark-up is escaped for Markdown; each line stays a line."""
    found = _MARKDOWN.sub(r"\\\1", _taken_apart(plain(text, limit, lines=lines)))
    if len(found) <= limit:
        return found
    kept = found[: limit - len(_MARK)]
    backslashes = len(kept) - len(kept.rstrip("\\"))
    return (kept[:-1] if backslashes % 2 else kept) + _MARK


def _taken_apart(text: str) -> str:
    found = _SCHEME.sub(rf"\1{BREAK}:", _LINK.sub(BREAK, text))
    return _MENTION.sub(BREAK, _HOST.sub(f".{BREAK}", found))


def short_key(key: str, limit: int) -> str:
    """Return a key of at most `limit` characters: a longer one is cut, and ends in `~` and 32 digits of its SHA-256.

    Distinct keys stay distinct: `~` is in a dedup key only before a hash.
    """
    if len(key) <= limit:
        return key
    return f"{key[: limit - 33]}~{digest(key)[:32]}"


def folded_key(key: str, limit: int) -> str:
    """Return a key for a target that ignores case: with capitals it ends in `~` and 12 digits of its SHA-256."""
    if key == key.casefold():
        return short_key(key, limit)
    return short_key(f"{key}~{digest(key)[:12]}", limit)


def digest(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal digits."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


_NOT_IN_NAME = re.compile(r"[^a-zA-Z0-9]")


def label_name(name: str) -> str:
    """Return a name of `[a-zA-Z_][a-zA-Z0-9_]*`; distinct names stay distinct.

    Names of that form stay as they are; any other becomes `u_`, its letters and digits, and `_` with the hexadecimal
    code point and `_` for each other character. A name that begins like that is written so as well.
    """
    if re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) and not name.startswith("u_"):
        return name
    return "u_" + _NOT_IN_NAME.sub(lambda found: f"_{ord(found[0]):x}_", name)
