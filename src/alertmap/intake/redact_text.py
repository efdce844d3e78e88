"""Redaction of texts: JSON, forms, XML, base64 and prose, in each other.

The work grows in proportion to the text. That rests on three rules:

- No pattern reads a character more than a bounded number of times: a repetition is possessive or has a maximum, and a
  pattern that begins with a repetition begins only where the character before does not belong to it.
- A search for the end of something (a tag, a comment, a bracket) goes on behind that end, or is the last.
- A text inside a text is read again once, and no deeper than `DEEPEST`. Where prose surrounds JSON, what is escaped in
  a URL is read as if it were the deepest.
"""

import json
import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from html import escape, unescape
from urllib.parse import quote_from_bytes, unquote_to_bytes

from alertmap.adapter import normalise
from alertmap.credentials import (
    AMBIGUOUS,
    HARMLESS,
    SECRET,
    is_secret,
    is_secret_parameter,
    kind_of_name,
    looks_generated,
)
from alertmap.intake.token_forms import replace_tokens

PLACEHOLDER = "REDACTED"
"""The text that replaces a credential."""

DEEPEST = 8
"""Levels of texts inside texts that are read: JSON in a form in base64 in JSON."""

_BLANK = "\ufeff\x1e\0 \t\r\n\f\v"
_SHORT = 16  # characters of a credential that is known by its form alone, at the least
_CONSPICUOUS = re.compile(r"[:=<{\[@]|--|-u |earer |BEARER |Basic ")


class TextRedactor:
    """Replaces the credentials in texts."""

    def __init__(self, also: Iterable[str]) -> None:
        self.also = frozenset(map(normalise, also))
        """More names that are secret."""
        self.found: list[str] = []
        """Parts of texts that were replaced."""
        self._also_name = _name("|".join(map(re.escape, sorted(self.also)))) if self.also else None

    def kind(self, name: str) -> int:
        """Return the kind of a name."""
        if self.also and not self.also.isdisjoint((normalise(name), normalise(name.rpartition(".")[2]))):
            return SECRET
        return kind_of_name(name)

    def is_secret(self, name: str, value: str, kind: int | None = None) -> bool:
        """Return whether the value under a name is to be replaced; `kind` is that of a name around it."""
        kind = self.kind(name) if kind is None else kind
        if kind == HARMLESS or not value.strip() or _is_redacted(value):
            return False
        if kind == AMBIGUOUS:
            return looks_generated(value)
        return is_secret(name, value) or kind_of_name(name) != SECRET

    def text(self, text: str, depth: int = 0, *, is_form: bool = False) -> str:
        """Return a text without its credentials; all other characters stay as they are."""
        if len(text) < _SHORT and not _CONSPICUOUS.search(text):
            return text
        if depth > DEEPEST:
            return self.words(text, depth)
        first = text.lstrip(_BLANK)[:1]
        if first in ("{", "[", '"'):
            return self._json(text, depth)
        has_markup = (first == "<" or "</" in text) and _MARKUP.search(text) is not None
        if has_markup and first == "<":
            return self._xml(text, depth)
        if _BASE64.fullmatch(text):
            return self._base64(text, depth)
        if is_form or _looks_like_a_form(text):
            return self._form(text, depth, is_declared=is_form)
        return self._xml(text, depth) if has_markup else self._prose(text, depth)

    # --- JSON --------------------------------------------------------------------------------------------------------

    def _json(self, text: str, depth: int) -> str:
        if _ALL_JSON.fullmatch(text):
            return self._tokens(text, depth)
        if _is_escaped(text):
            return self._html(text, depth)
        lines = text.split("\n")
        are_documents = [_is_document(line) for line in lines]
        if any(are_documents):
            read = (self._prose, self._tokens)
            return "\n".join([read[it](line, depth) for line, it in zip(lines, are_documents, strict=True)])
        return self.words(self._tokens(text, depth), max(depth, DEEPEST - 1))

    def _tokens(self, text: str, depth: int) -> str:
        return _JsonReader(self, text, depth).redacted()

    def _prose(self, text: str, depth: int) -> str:
        if _is_escaped(text):
            return self._html(text, depth)
        start = text.find("{")
        if start < 0 or '"' not in text:
            return self.words(text, depth)
        return self.words(text[:start] + self._tokens(text[start:], depth), max(depth, DEEPEST - 1))

    # --- Forms and base64 --------------------------------------------------------------------------------------------

    def _form(self, text: str, depth: int, *, is_declared: bool) -> str:
        clean = "&".join([pair and self._pair(pair, depth) for pair in text.split("&")])
        return clean if is_declared else self.words(clean, DEEPEST)

    def _pair(self, pair: str, depth: int) -> str:
        name, equals, written = pair.partition("=")
        if not equals:
            return self.text(pair, depth + 1)
        value, charset = unquoted(written)
        if self.is_secret(unquoted(name)[0], value.strip()):
            self.found.append(pair)
            return f"{name}={PLACEHOLDER}{written[len(written.rstrip()) :]}"
        clean = self.text(value, depth + 1)
        if clean == value:
            return pair
        return f"{name}={clean if value == written else quoted(clean, charset)}"

    def _base64(self, text: str, depth: int) -> str:
        try:
            inner = a2b_base64(text).decode()
        except ValueError:
            return self.words(text)
        clean = self.text(inner, depth + 1)
        if clean == inner:
            return self.words(text)
        return b2a_base64(clean.encode(), newline=False).decode()

    # --- XML ---------------------------------------------------------------------------------------------------------

    def _xml(self, text: str, depth: int) -> str:
        pieces: list[str] = []
        elements = _Elements()
        start = 0
        for part, end in _parts(text):
            piece = text[start:end]
            start = end
            if part == "tag":
                name = _NAME_ATTRIBUTE.search(piece)
                attribute = self.kind(name["name"]) if name is not None else HARMLESS
                pieces.append(self._tag(piece, attribute, depth))
                elements.read(piece, attribute, self.kind)
            elif part == "other":
                pieces.append(self.words(piece, depth))
            elif self.is_secret("", piece.strip(), elements.kind):
                if not (pieces and pieces[-1].endswith(PLACEHOLDER)):
                    self.found.append(piece)
                    pieces.append(_around(piece))
            elif part == "data":
                inner = piece.removeprefix(_CDATA).removesuffix(_CDATA_END)
                pieces.append(_CDATA + self.text(inner, depth + 1) + piece[len(_CDATA) + len(inner) :])
            else:
                pieces.append(self._html(piece, depth))
        return "".join(pieces)

    def _tag(self, tag: str, attribute: int, depth: int) -> str:
        clean = self.words(tag, depth)
        value = _VALUE_ATTRIBUTE.search(clean)
        if value is None or not self.is_secret("", value["value"], attribute):
            return clean
        self.found.append(value[0])
        return f"{clean[: value.start('value')]}{PLACEHOLDER}{clean[value.end('value') :]}"

    def _html(self, text: str, depth: int) -> str:
        """Redact a text whose special characters are escaped as in HTML: Kapacitor's details are such JSON."""
        inner = _ENTITY.sub(lambda match: unescape(match[0]), text)
        clean = self.text(inner, depth + 1)
        if clean == inner:
            return text
        if inner == text:
            return clean
        quote = _QUOTE.search(text)
        return escape(clean, quote=False).replace('"', quote[0] if quote is not None else '"')

    # --- Prose -------------------------------------------------------------------------------------------------------

    def words(self, text: str, depth: int = 0, *, is_url: bool = False) -> str:
        """Replace the credentials in prose: named values, tokens, and parts of URLs.

        `is_url`: the text is the request's own URL, whose parameters are the receiver's.
        """
        if ":" in text or "=" in text:
            lower = text.lower()
            if "cookie" in lower or "authorization" in lower:
                text = _HEADER_LINE.sub(self._header_line, text)
            if "{" in text or "[" in text:
                text = self._brackets(text)
            kinds = {self.kind(name) for name in _NAME.findall(text)}
            for kind in (SECRET, AMBIGUOUS):
                if kind in kinds:
                    text = self._named(text, _NAME, kind)
            if self._also_name is not None:
                text = self._named(text, self._also_name, SECRET)
        if "-" in text and " " in text:
            text = _FLAG.sub(self._flag, text)
        text = replace_tokens(text, PLACEHOLDER, self.found.append)
        if "@" in text:
            text = _USER.sub(self._user, text)
        if "=" in text and (is_url or "?" in text):
            replace = partial(self._parameter, depth=depth, is_own=is_url)
            text = (_PARAMETERS if is_url else _QUERY).sub(lambda match: _PARAMETER.sub(replace, match[0]), text)
        return text

    def _header_line(self, match: re.Match[str]) -> str:
        if not match["value"].strip() or match["value"].strip() == PLACEHOLDER:
            return match[0]
        self.found.append(match[0])
        return f"{match['before']}{_around(match['value'])}"

    def _named(self, text: str, names: re.Pattern[str], kind: int) -> str:
        """Replace the values of names of one kind, such as `token=…`; a value holds no further names."""
        pieces: list[str] = []
        done = 0
        for match in names.finditer(text):
            if match.start() < done or self.kind(match["name"]) != kind:
                continue
            value = _VALUE.match(text, match.end())
            if value is None or value.lastgroup is None:
                continue
            if self.is_secret(match["name"], value[value.lastgroup]):
                self.found.append(text[match.start() : value.end()])
                start, end = value.span(value.lastgroup)
                pieces += [text[done:start], PLACEHOLDER, text[end : value.end()]]
            else:
                pieces.append(text[done : value.end()])
            done = value.end()
        return "".join([*pieces, text[done:]])

    def _brackets(self, text: str) -> str:
        """Replace all in the brackets behind a secret name, as languages print maps: `secrets={a=b}`."""
        pieces: list[str] = []
        done = 0
        for match in _NAMED_BRACKET.finditer(text):
            if match.start() < done or self.kind(match["name"]) != SECRET:
                continue
            end = _closing(text, match.end())
            if text[match.end() : end] in ("", PLACEHOLDER):
                continue
            self.found.append(text[match.start() : end])
            pieces += [text[done : match.end()], PLACEHOLDER]
            done = end
        return "".join([*pieces, text[done:]])

    def _flag(self, match: re.Match[str]) -> str:
        value = match["value"].strip("\"'")
        is_user = match["name"] in ("-u", "--user") and ":" in value
        if value == PLACEHOLDER or not (is_user or self.is_secret(match["name"].lstrip("-"), value)):
            return match[0]
        self.found.append(match[0])
        return match[0].removesuffix(match["value"]) + match["value"].replace(value, PLACEHOLDER)

    def _user(self, match: re.Match[str]) -> str:
        user = match["user"][:-1]
        # `git@` in an address of ssh is no credential.
        if user in ("", PLACEHOLDER) or not (":" in user or match["scheme"].lower() in ("http", "https")):
            return match[0]
        self.found.append(match[0])
        return f"{match['scheme']}{match['slashes']}{PLACEHOLDER}@"

    def _parameter(self, match: re.Match[str], depth: int, *, is_own: bool) -> str:
        name, (value, charset) = unquoted(match["name"])[0], unquoted(match["value"])
        is_parameter = is_secret_parameter(name) and (is_own or looks_generated(value)) and not _is_redacted(value)
        if is_parameter or self.is_secret(name, value):
            self.found.append(match[0])
            return f"{match['name']}={PLACEHOLDER}"
        if "%" not in match["value"] or depth >= DEEPEST:
            return match[0]
        clean = self.text(value, depth + 1)
        return match[0] if clean == value else f"{match['name']}={quoted(clean, charset)}"


def _is_redacted(value: str) -> bool:
    """Return whether a value holds no credential any more; of a webhook's URL, a person may have kept the host."""
    return value == PLACEHOLDER or (value.startswith("http") and PLACEHOLDER in value)


def _around(text: str) -> str:
    """Return the placeholder between the blanks around a text."""
    begin = len(text) - len(text.lstrip())
    return f"{text[:begin]}{PLACEHOLDER}{text[len(text.rstrip()) :]}"


# --- Forms -----------------------------------------------------------------------------------------------------------

_BEGINS_A_FORM = re.compile(r"[\s\ufeff]*+[\w.\[\]%+-]++=")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4}){4,}+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def _looks_like_a_form(text: str) -> bool:
    return _BEGINS_A_FORM.match(text) is not None and ("&" in text or len(text.split(maxsplit=1)) == 1)


def unquoted(text: str) -> tuple[str, str]:
    """Decode a part of a form or of a query; return it with the character set of its escaped bytes."""
    if "%" not in text:
        return text.replace("+", " "), "utf-8"
    data = unquote_to_bytes(text.replace("+", " ").encode(errors="surrogatepass"))
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


def quoted(text: str, charset: str) -> str:
    """Encode a part of a form or of a query; `charset` is that which `unquoted` returned."""
    try:
        data = text.encode(charset)
    except UnicodeEncodeError:
        data = text.encode(errors="surrogatepass")
    return quote_from_bytes(data, safe=" ").replace(" ", "+")


# --- JSON ------------------------------------------------------------------------------------------------------------

_TEXT = r'"[^"\\]*+(?:\\.[^"\\]*+)*+'
_NUMBER = r"-?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
_LITERAL = "true|false|null|NaN|-?Infinity"
_SPACE = r"\s\0\ufeff\x1e"
_LEXEMES = rf'(?:[\[\]{{}},:{_SPACE}]++|{_TEXT}"|(?:{_NUMBER}|{_LITERAL})(?![\w.+-]))*+'
_ALL_JSON = re.compile(_LEXEMES, re.DOTALL)
_TOKEN = re.compile(
    rf"""(?P<text>{_TEXT}"?+)(?P<colon>\s*+:)?+|(?P<scalar>[\w.+-]++)|(?P<open>[\[{{])|(?P<close>[\]}}])|(?P<comma>,)""",
    re.DOTALL,
)
_LITERALS = frozenset(("true", "false", "null", "NaN", "Infinity", "-Infinity"))
_SURROGATE = re.compile("[\ud800-\udfff]")

_OF_NAMES = frozenset(("name", "key", "header", "field", "k", "param", "parameter", "variable"))
_OF_VALUES = frozenset(("value", "values", "val", "v"))
_DEEPEST_PAIR = 256  # levels of a document that can be read under any limits


class _Pair:
    """An object of a name and a value: `{"name": "Authorization", "value": "…"}`."""

    __slots__ = ("kind", "value")

    def __init__(self) -> None:
        self.kind = HARMLESS
        """The kind of the name."""
        self.value: tuple[int, str] | None = None
        """The value where it stands before the name: its place, and how it is written."""


class _JsonReader:
    """Reads JSON token by token, and replaces the values of secret names; the grammar does not matter."""

    def __init__(self, redactor: TextRedactor, text: str, depth: int) -> None:
        self.redactor = redactor
        self.text = text
        self.depth = depth
        self.edits: dict[int, tuple[int, str]] = {}
        """Ends and replacements, by the start of what is replaced."""
        # One byte for each open object or list: a body may consist of brackets.
        self.kinds = bytearray((HARMLESS,))
        self.are_lists = bytearray((False,))
        self.pairs: dict[int, _Pair] = {}
        """By the depth of the object."""
        self.rows: dict[int, tuple[int, int]] = {}
        """Lists in a list, `["token", "…"]`, by their depth: the kind of the first text, and the place in the list."""

    def redacted(self) -> str:
        """Return the text with the replacements."""
        self._read()
        if not self.edits:
            return self.text
        pieces: list[str] = []
        done = 0
        for start, (end, new) in sorted(self.edits.items()):
            pieces += [self.text[done:start], new]
            done = end
        return "".join([*pieces, self.text[done:]])

    def _read(self) -> None:
        name, role, kind, is_first = "", "", HARMLESS, False
        for match in _TOKEN.finditer(self.text):
            match match.lastgroup:
                case "colon":
                    name = self._name(match)
                    kind = max(self.kinds[-1], self.redactor.kind(name))
                    folded = name.casefold()
                    role = "name" if folded in _OF_NAMES else "value" if folded in _OF_VALUES else ""
                    is_first = False
                    continue
                case "open":
                    self.kinds.append(max(kind, self._by_sibling(role)))
                    self.are_lists.append(match[0] == "[")
                case "close":
                    self._close()
                case "comma":
                    row = self.rows.get(len(self.kinds))
                    if row is not None:
                        self.rows[len(self.kinds)] = (row[0], row[1] + 1)
                case _:
                    self._value(match, name, role, max(kind, self._by_sibling(role)), is_first=is_first)
            is_first = match.lastgroup == "open"
            name, role, kind = "", "", self.kinds[-1]

    def _name(self, match: re.Match[str]) -> str:
        written = match["text"]
        name = _unescaped(written)
        if len(name) >= _SHORT:
            clean = replace_tokens(name, PLACEHOLDER, self.redactor.found.append)
            if clean != name:
                self.edits[match.start()] = (match.end("text"), _written(clean, written))
        return name

    def _by_sibling(self, role: str) -> int:
        """The kind of the next value by what stands beside it: the name in an object, the first text in a row."""
        if role == "value":
            pair = self.pairs.get(len(self.kinds))
            return pair.kind if pair is not None else HARMLESS
        kind, place = self.rows.get(len(self.kinds), (HARMLESS, 0))
        return kind if place == 1 else HARMLESS

    def _close(self) -> None:
        self.pairs.pop(len(self.kinds), None)
        self.rows.pop(len(self.kinds), None)
        if len(self.kinds) > 1:
            self.kinds.pop()
            self.are_lists.pop()

    def _value(self, match: re.Match[str], name: str, role: str, kind: int, *, is_first: bool) -> None:
        written = match[0]
        if written in _LITERALS:
            return
        is_text = match["text"] is not None
        inner = _unescaped(written) if is_text else written
        if is_text:
            self._learn(inner, role, is_first=is_first)
        if kind and self.redactor.is_secret(name, inner, kind):
            self._replace(match.start(), written, name)
            return
        if role == "value" and len(self.kinds) <= _DEEPEST_PAIR:
            self.pairs.setdefault(len(self.kinds), _Pair()).value = (match.start(), written)
        if is_text:
            clean = self.redactor.text(inner, self.depth + 1)
            if clean != inner:
                self.edits[match.start()] = (match.end(), _written(clean, written))

    def _learn(self, text: str, role: str, *, is_first: bool) -> None:
        """Remember a text that is the name of what stands beside it."""
        here = len(self.kinds)
        is_row = is_first and self.are_lists[-2]
        if (role != "name" and not is_row) or here > _DEEPEST_PAIR:
            return
        kind = self.redactor.kind(text)
        if kind and is_row:
            self.rows[here] = (kind, 0)
        elif kind:
            pair = self.pairs.setdefault(here, _Pair())
            pair.kind = kind
            if pair.value is not None:
                start, written = pair.value
                if self.redactor.is_secret(text, _unescaped(written) if written[0] == '"' else written):
                    self._replace(start, written, text)

    def _replace(self, start: int, written: str, name: str) -> None:
        self.redactor.found.append(f"{name}: {written}" if name else written)
        self.edits[start] = (start + len(written), f'"{PLACEHOLDER}"')


def _is_document(line: str) -> bool:
    return line[:1] in ("{", "[") and line.rstrip()[-1:] in ("}", "]") and _ALL_JSON.fullmatch(line) is not None


def _unescaped(written: str) -> str:
    """Decode a text of JSON, which may be cut off or wrong."""
    inner = written[1:-1] if written[1:].endswith('"') else written[1:]
    if "\\" not in inner:
        return inner
    try:
        return str(json.loads(f'"{inner}"', strict=False))
    except ValueError:
        return inner


def _written(text: str, before: str) -> str:
    """Write a text of JSON, in ASCII where it was; halves of characters that were escaped are so again."""
    if before.isascii():
        return json.dumps(text)
    kept = set(before)
    return _SURROGATE.sub(
        lambda match: match[0] if match[0] in kept else f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False)
    )


# --- XML -------------------------------------------------------------------------------------------------------------

_DEEPEST_ELEMENT = 1000  # open elements that are remembered; deeper documents are refused under any limits
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_MARKUP = re.compile(r"<(?:/?[A-Za-z_]|[!?])")
_TAG_NAME = re.compile(r"</?([A-Za-z_][\w.:-]{0,199}+)")
_NAME_ATTRIBUTE = re.compile(r"""(?i)\s(?:name|key|header|field)\s*+=\s*+["'](?P<name>[^"'<>]{1,99})["']""")
_VALUE_ATTRIBUTE = re.compile(r"""(?i)\svalue\s*+=\s*+["'](?P<value>[^"'<>]*+)""")
_QUOTE = re.compile("&(?:quot|#34|#x22);")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|[a-zA-Z]{2,6});")


def _parts(text: str) -> Iterator[tuple[str, int]]:
    """Yield each part of XML by its end and what it is: `tag`, `text`, `data` (CDATA), `other` (such as a comment)."""
    at = 0
    while at < len(text):
        markup = _MARKUP.search(text, at)
        start = len(text) if markup is None else markup.start()
        if start > at:
            at = start
            yield "text", at
            continue
        part, end = "other", ">"
        if text.startswith(_CDATA, at):
            part, end = "data", _CDATA_END
        elif text.startswith("<!--", at):
            end = "-->"
        elif _TAG_NAME.match(text, at):
            part = "tag"
        close = text.find(end, at)
        at = len(text) if close < 0 else close + len(end)
        yield part, at


def _is_escaped(text: str) -> bool:
    """Return whether all quotes, and what else is special in HTML, are escaped."""
    return "&" in text and _QUOTE.search(text) is not None and '"' not in text and "<" not in text


class _Elements:
    """The open elements of XML, with their kinds; a closing tag that fits none is ignored."""

    def __init__(self) -> None:
        self.names: list[tuple[str, int]] = []
        self.open: dict[str, int] = {}

    @property
    def kind(self) -> int:
        """The kind of the innermost element, by its name and those of the elements around it."""
        return self.names[-1][1] if self.names else HARMLESS

    def read(self, tag: str, attribute: int, kind: Callable[[str], int]) -> None:
        """Read a tag; `attribute` is the kind of the name in its attributes."""
        match = _TAG_NAME.match(tag)
        name = match[1] if match is not None else ""
        if tag.startswith("</"):
            while self.open.get(name):
                last, _ = self.names.pop()
                self.open[last] -= 1
                if last == name:
                    break
        elif not tag.endswith("/>") and len(self.names) < _DEEPEST_ELEMENT:
            self.names.append((name, max(self.kind, attribute, kind(name))))
            self.open[name] = self.open.get(name, 0) + 1


# --- Prose -----------------------------------------------------------------------------------------------------------

_BARE = r"""(?!(?:null|true|false|none|nil|undefined)\b|[{\[])(?:[^"'&\s,}<\\]++|\\(?!["']))++"""
_VALUE = re.compile(
    rf"""
    "(?P<double>[^"\\\n]*+(?:\\.[^"\\\n]*+)*+)"?+
    |'(?P<single>[^'\\\n]*+(?:\\.[^'\\\n]*+)*+)'?+
    |(?P<quote>\\{{1,7}}+["'])(?P<escaped>(?:(?!(?P=quote))[^\n])*+)
    |&(?:quot|\#34);(?P<html>[^&\n]*+(?:&(?!(?:quot|\#34);)[^&\n]*+)*+)
    |(?P<bare>{_BARE})
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SCHEME = r"(?:(?:bearer|basic|token|digest|apikey|geniekey|bot)[ \t]++)?+"


def _name(names: str) -> re.Pattern[str]:
    """A name, and what stands before its value: `token=`, `"password": `, `X-Token: Bearer `, `params['key'] => `."""
    return re.compile(
        rf"""(?<![\w$.-])(?P<name>{names})(?:\\{{0,7}}+["']|&(?:quot|\#34);)?+\]?+\s*+(?:=>|:=|[:=])
        (?:\s*+(?=\\{{0,7}}+["'])|[ \t]*+){_SCHEME}""",
        re.IGNORECASE | re.VERBOSE,
    )


# The first words of names that people write apart.
_APART = "api|access|auth|client|integration|license|private|routing|secret|service|shared|webhook"
_NAME = _name(rf"(?:(?:{_APART})[ ])?[\w$.-]++")
_NAMED_BRACKET = re.compile(r"(?<![\w$.-])(?P<name>[\w$.-]++)'?+\s*+(?:=>|:=|[:=])\s*+(?:map)?+[\[{]")
_HEADER_LINE = re.compile(
    rf"""(?i)(?<![\w-])(?P<before>(?:(?:proxy-)?authorization|(?:set-)?cookie)["']?+[ \t]*+:[ \t]*+["']?+{_SCHEME})"""
    r"""(?P<value>[^\n"'<\\]++)"""
)
_FLAG = re.compile(
    r"""(?<![\w-])(?P<name>--?[A-Za-z][\w-]{0,63}+)[ \t]++(?P<value>"[^"\n]++"|'[^'\n]++'|[^\s"'-][^\s"']*+)"""
)
_USER = re.compile(
    r"""(?<![\w+.-])(?P<scheme>[\w+.-]*+)(?P<slashes>:(?:\\{0,7}+/){2})(?P<user>(?:[^\s/?#"'<>\\@]*+@)++)"""
)
_IN_URL = r"""[^\s"'<>\\]"""
_QUERY = re.compile(rf"(?<=[\w/.~%-])\?{_IN_URL}++")
_PARAMETERS = re.compile(rf"[?&#;]{_IN_URL}++")
_PARAMETER = re.compile(r"(?<=[?&#;])(?P<name>[^=&#?;]++)=(?P<value>[^&#;]++)")
_BRACKET = re.compile(r"[\[\](){}]")


def _closing(text: str, start: int) -> int:
    """Return the place of the bracket that closes the one before `start`; the end of the text if there is none."""
    depth = 1
    for match in _BRACKET.finditer(text, start):
        depth += 1 if match[0] in "[({" else -1
        if not depth:
            return match.start()
    return len(text)
