"""From bytes to a document, inside limits. The body decides what it is; a content type only advises."""

import codecs
import re
import zlib
from typing import Any, NamedTuple

from alertmap.credentials import CREDENTIALS
from alertmap.errors import DecodeError
from alertmap.model import Problem, ProblemCode, Request
from alertmap.strict_json import UNREAD, Limits, check, check_size, decode_json, decode_plain_json, limit_error


class Document(NamedTuple):
    """A decoded body."""

    value: Any
    problems: tuple[Problem, ...] = ()


def decode(request: Request, formats: frozenset[str], limits: Limits) -> Document | None:
    """Decode a request's body as one of `formats`; None where there is none to decode and nothing wrong with that.

    Raises:
        DecodeError: the body is not what its format asks for.
        LimitError: it is larger, deeper or longer than `limits` allow.
    """
    if len(request.body) > limits.max_body:
        raise limit_error("max_body", limits.max_body, "the body is too long")
    if len(request.headers) > limits.max_headers:
        raise limit_error("max_headers", limits.max_headers, "too many headers")
    if len(request.query) > limits.max_query:
        raise limit_error("max_query", limits.max_query, "too many parameters in the query")
    body = _inflated(request.body, request, limits) if "content-encoding" in request.headers else request.body
    if type(body) is bytes and body[:1] in _OPENS and "json" in formats and _charset(request) == "utf-8":
        value = decode_plain_json(body, limits)
        if value is not UNREAD:
            check_size(value, body, limits)
            return Document(value)
    text, problems = _text(body, request, limits)
    if not text.strip():
        query = {name: text for name, text in request.query.items() if name.strip().casefold() not in CREDENTIALS}
        if "query" in formats and query:
            check(query, limits)
            return Document(query, problems)
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return None
        if "empty" in formats:
            return None
        raise DecodeError("the body is empty")
    value, more = _decoded(text, formats, limits)
    return Document(value, problems + more)


_OPENS = (b"{", b"[")


# --- Bytes to text ---------------------------------------------------------------------------------------------------


def _inflated(body: bytes | str, request: Request, limits: Limits) -> bytes | str:
    encoding = request.headers["content-encoding"].strip().lower()
    if encoding in ("", "identity") or not body or isinstance(body, str):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise DecodeError("the content encoding is neither gzip nor deflate")
    allowed = min(limits.max_body, len(body) * limits.max_inflate_ratio)
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, by the first bytes
    try:
        inflated = inflater.decompress(body, allowed + 1)
    except zlib.error:
        raise DecodeError("the body is not what its content encoding says") from None
    if len(inflated) > allowed:
        raise limit_error("max_body, max_inflate_ratio", allowed, "the body inflates to too many bytes")
    if not inflater.eof or inflater.unused_data:
        raise DecodeError("the compressed body is cut off or has something behind its end")
    return inflated


_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_CHARSETS = {"iso-8859-1": "latin-1", "latin1": "latin-1", "utf-16": "utf-16"}


def _charset(request: Request) -> str:
    content_type = request.headers.get("content-type", "")
    declared = _CHARSET.search(content_type) if "=" in content_type else None
    return _CHARSETS.get(declared[1].lower(), "utf-8") if declared else "utf-8"


def _text(body: bytes | str, request: Request, limits: Limits) -> tuple[str, tuple[Problem, ...]]:
    if isinstance(body, str):
        try:
            length = len(body.encode())
        except UnicodeEncodeError:
            raise DecodeError("the body holds a lone surrogate") from None
        if length > limits.max_body:
            raise limit_error("max_body", limits.max_body, "the body is too long")
        text = body
    else:
        charset = _charset(request)
        if charset == "utf-16" and not body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise DecodeError("the body is utf-16 without a byte order mark")
        try:
            text = body.decode(charset)
        except UnicodeDecodeError:
            raise DecodeError(f"the body is not {charset}") from None
        if charset != "utf-8":
            return text, (Problem(ProblemCode.ENCODING, "$", f"the body is {charset}, not utf-8"),)
    if text.startswith("\ufeff"):
        return text[1:], (Problem(ProblemCode.ENCODING, "$", "the body begins with a byte order mark"),)
    return text, ()


# --- Text to document ------------------------------------------------------------------------------------------------


def _decoded(text: str, formats: frozenset[str], limits: Limits) -> tuple[Any, tuple[Problem, ...]]:
    first = text.lstrip()[:1]
    if first not in '{["<' and "form" in formats and "=" in text:
        return decode_form(text, limits)
    decoder = decode_xml if first == "<" and "xml" in formats else decode_json if "json" in formats else None
    if decoder is not None:
        try:
            return decoder(text, limits), ()
        except DecodeError:
            if "text" not in formats:
                raise
    if "text" in formats:
        check(text, limits)
        return text, ()
    raise DecodeError(f"the body is not {' or '.join(sorted(formats - {'query', 'empty'})) or 'empty'}")


def decode_form(text: str, limits: Limits) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """Decode `application/x-www-form-urlencoded` text; of a field that stands twice the last one counts.

    Raises:
        DecodeError: a field is not UTF-8.
        LimitError: there are more fields than `limits` allow.
    """
    text = text.strip().replace("+", " ")
    fields = text.count("&") + 1
    if fields > limits.max_fields:
        raise limit_error("max_fields", limits.max_fields, "the form has too many fields")
    form: dict[str, str] = {}
    problems: list[Problem] = []
    for pair in text.split("&"):
        if not pair:
            continue
        # Split first, decode once: values hold escaped `&` and `=`.
        name, _, value = pair.partition("=")
        if "%" in pair:
            name = _unquoted(name) if "%" in name else name
            value = _unquoted(value) if "%" in value else value
        if name in form:
            problems.append(Problem(ProblemCode.DUPLICATE_FIELD, "$", "a form field stands twice; the last one counts"))
        form[name] = value
    if len(text) > limits.max_string or fields >= limits.max_nodes:
        check(form, limits)
    return form, tuple(problems)


def _unquoted(text: str) -> str:
    from urllib.parse import unquote_to_bytes  # noqa: PLC0415 - few bodies are forms

    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise DecodeError("a form field is not utf-8") from None


# --- XML -------------------------------------------------------------------------------------------------------------

_JUNK = 9  # expat's code for what stands behind the root element
_DECLARATION = r"\A<\?xml\s[^>]*>"


def decode_xml(text: str, limits: Limits) -> dict[str, Any]:
    """Decode XML to an object of its top-level elements: of the root, or of elements side by side that have none.

    An element with others inside becomes an object, one without its text, several of one name a list. Text beside
    elements stands under `#text`. Attributes, comments and the prefixes of namespaces are left out.

    Raises:
        DecodeError: it is not well-formed, has a document type, or the extra `xml` is not installed.
        LimitError: it is deeper or larger than `limits` allow.
    """
    text = text.lstrip()
    try:
        value = _elements(text, limits)
        if value is None:
            # Zapier writes the fields of an alert side by side.
            wrapped = _elements(f"<_>{re.sub(_DECLARATION, '', text)}</_>", limits) or {}
            value = wrapped.get("_")
    except ImportError:
        raise DecodeError("XML can only be read with the extra `xml`: pip install alertmap[xml]") from None
    if type(value) is not dict or "#text" in value:
        raise DecodeError("the body is not XML: there is text outside of its elements")
    check(value, limits)
    return value


def _elements(text: str, limits: Limits) -> dict[str, Any] | None:
    """The root element, by its name; None where more stands behind it."""
    from defusedxml import DefusedXmlException, ElementTree  # noqa: PLC0415 - an extra, and slow to import

    tree = _Tree(limits)
    parser = ElementTree.XMLParser(target=tree, forbid_dtd=True)
    try:
        parser.feed(text)
        parser.close()
    except ElementTree.ParseError as error:
        if error.code == _JUNK:
            return None
        raise DecodeError(f"the body is not XML: it is not well-formed in line {error.position[0]}") from None
    except UnicodeEncodeError:
        raise DecodeError("the body holds a lone surrogate") from None
    except DefusedXmlException:
        raise DecodeError("the body is XML with a document type, which is not read") from None
    return tree.document


class _Tree:
    """Builds the document element by element, and stops where it grows beyond the limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.count = 0
        self.document: dict[str, Any] = {}
        self.open: list[tuple[dict[str, Any], list[str]]] = [(self.document, [])]

    def start(self, _tag: str, _attributes: object) -> None:
        self.count += 1
        if self.count > self.limits.max_nodes:
            raise limit_error("max_nodes", self.limits.max_nodes, "the document has too many values")
        if len(self.open) > self.limits.max_depth + 1:
            raise limit_error("max_depth", self.limits.max_depth, "the document is too deep")
        self.open.append(({}, []))

    def data(self, text: str) -> None:
        self.open[-1][1].append(text)

    def end(self, tag: str) -> None:
        below, pieces = self.open.pop()
        text = "".join(pieces)
        if below and text.strip():
            below["#text"] = text.strip()
        siblings = self.open[-1][0]
        name = tag.rpartition("}")[2]
        value = below or text
        if name not in siblings:
            siblings[name] = value
        elif type(siblings[name]) is list:
            siblings[name].append(value)
        else:
            siblings[name] = [siblings[name], value]
