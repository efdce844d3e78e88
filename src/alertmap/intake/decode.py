"""From bytes to a document, inside limits. The body decides what it is; headers only advise.

A body that is not quite as declared is read with a problem of code `encoding`; only what is not text at all is refused.
"""

import codecs
import re
import zlib
from encodings.aliases import aliases
from functools import lru_cache
from typing import Any, NamedTuple

from alertmap.credentials import SECRET, hidden, is_secret_parameter, kind_of_name
from alertmap.errors import AlertmapError, ConfigurationError, DecodeError
from alertmap.model import Problem, ProblemCode, Request
from alertmap.strict_json import (
    REPEATED,
    UNREAD,
    Limits,
    check,
    check_size,
    decode_json,
    decode_plain_json,
    has_repeated_keys,
    limit_error,
    replace_escaped_surrogates,
    replace_surrogates,
)

_HEADER = 1024  # characters of a header that are read


class Document(NamedTuple):
    """A decoded body."""

    value: Any
    problems: tuple[Problem, ...] = ()


def decode(request: Request, formats: frozenset[str], limits: Limits) -> Document | None:
    """Decode a request's body as one of `formats`; None where there is none to decode and nothing wrong with that.

    Raises:
        DecodeError: the body is not what its format asks for.
        LimitError: it is larger, deeper or longer than `limits` allow.
        ConfigurationError: the extra that reads the body is not installed.
    """
    _check_lengths(request, limits)
    body, charset, problems = _bytes(request, limits)
    if body[:1] in _OPENS and charset == "utf-8" and "json" in formats:
        value = decode_plain_json(body, limits)
        if value is not UNREAD:
            check_size(value, body, limits)
            return Document(value, (*problems, _REPEATED) if has_repeated_keys(value, body, limits) else problems)
    if _MULTIPART.match(body):
        value, doubts = _multipart_or_text(body, charset, formats, limits)
        return Document(value, problems + doubts)
    text, doubts = _text(body, charset)
    problems += doubts
    if not text.strip():
        query, doubts = _query(request)
        if "query" in formats and query:
            check(query, limits)
            return Document(query, problems + doubts)
        if request.method in ("GET", "HEAD", "OPTIONS") or "empty" in formats:
            return None
        if "path" in formats:
            return Document({}, problems + doubts)
        raise DecodeError("the body is empty")
    value, doubts = _decoded(text, charset, formats, limits)
    return Document(value, (*problems, *(doubt for doubt in doubts if doubt not in problems)))


_OPENS = (b"{", b"[")


def _check_lengths(request: Request, limits: Limits) -> None:
    if len(request.body) > limits.max_body:
        raise limit_error("max_body", limits.max_body, "the body is too long")
    if len(request.headers) > limits.max_headers:
        raise limit_error("max_headers", limits.max_headers, "too many headers")
    if len(request.query) > limits.max_query:
        raise limit_error("max_query", limits.max_query, "too many parameters in the query")


def unread_query(request: Request, formats: frozenset[str], vendor: str) -> tuple[Problem, ...]:
    """The problem of a GET whose query holds fields, where `decode` found nothing to decode.

    None for a vendor that sends requests without a body: the query is the receiver's own.
    """
    if request.method != "GET" or "empty" in formats or not has_fields(request):
        return ()
    message = f"the query holds fields, but {vendor} reads only bodies; they were not read"
    return (Problem(ProblemCode.MISSING, "$", message),)


def has_fields(request: Request) -> bool:
    """Return whether the query holds more than credentials of the receiver."""
    return bool(_query(request)[0])


def _query(request: Request) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """The fields of a query, without the receiver's own credentials.

    A parameter such as `key` may be the receiver's credential or the sender's id: a hash stands for its value.
    """
    if all(map(is_secret_parameter, request.query)):
        return {}, ()
    sent = {
        name: hidden(value) if value and is_secret_parameter(name) else value
        for name, value in request.query.items()
        if kind_of_name(name) != SECRET
    }
    query = {replace_surrogates(name): replace_surrogates(value) for name, value in sent.items()}
    return query, () if query == sent else _encoding(_HALF)


def _encoding(*messages: str) -> tuple[Problem, ...]:
    return tuple(Problem(ProblemCode.ENCODING, "$", message) for message in messages)


_REPEATED = Problem(ProblemCode.DUPLICATE_FIELD, "$", REPEATED)
_HALF = "the body holds half a character (a lone surrogate); U+FFFD stands in its place"


def _bytes(request: Request, limits: Limits) -> tuple[bytes, str | None, tuple[Problem, ...]]:
    body, problems = inflate(request, limits)
    if isinstance(body, bytes):
        return body, declared_charset(request.headers.get("content-type", "")[:_HEADER]), problems
    body = body.encode("utf-8", "surrogatepass")
    if len(body) > limits.max_body:
        raise limit_error("max_body", limits.max_body, "the body is too long")
    return body, "utf-8", problems


# --- Compression -----------------------------------------------------------------------------------------------------

_GZIP = b"\x1f\x8b"
_WINDOW_GZIP, _WINDOW_ZLIB, _WINDOW_RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_NOT_READ = ("br", "zstd", "compress", "x-compress", "lz4", "snappy", "xz", "bzip2", "lzma")


def inflate(request: Request, limits: Limits) -> tuple[bytes | str, tuple[Problem, ...]]:
    """The body without its compression; its first bytes say what it is, the content encoding only advises.

    Raises:
        DecodeError: it is compressed in a way that is not read, or the compressed body is damaged.
        LimitError: it inflates to more than `limits` allow.
    """
    body = request.body
    named = request.headers.get("content-encoding", "")[:_HEADER].strip().lower()
    if isinstance(body, str) or not body or (named in ("", "identity") and not body.startswith(_GZIP)):
        return body, ()
    window = _window(body, named)
    if window:
        inflated = _inflated(body, window, limits)
        if inflated is not None:
            if named in ("gzip", "x-gzip", "deflate"):
                return inflated, ()
            return inflated, _encoding(
                "the body is compressed, which its content encoding does not say; it was inflated"
            )
        if window == _WINDOW_GZIP or not _is_text(body):
            raise DecodeError("the compressed body is damaged, cut off, or has something behind its end")
    if _is_text(body):
        return body, _encoding("the content encoding is not what the body is; the body was read as it is")
    if named in _NOT_READ:
        raise DecodeError(f"the body is compressed with {named}, which is not read: send it as gzip or uncompressed")
    raise DecodeError("the body is not what its content encoding says, and not text: send it as gzip or uncompressed")


def _window(body: bytes, named: str) -> int:
    """The window bits to inflate a body with; 0 where it does not look compressed."""
    if body.startswith(_GZIP):
        return _WINDOW_GZIP
    first, second = body[0], body[1:2]
    if first & 0x8F == zlib.DEFLATED and second and (first * 256 + second[0]) % 31 == 0:
        return _WINDOW_ZLIB
    if named == "deflate" and not (_is_text(body) and _is_utf8(body)):
        return _WINDOW_RAW  # it has no header
    return 0


def _inflated(body: bytes, window: int, limits: Limits) -> bytes | None:
    allowed = min(limits.max_body, len(body) * limits.max_inflate_ratio)
    inflater = zlib.decompressobj(window)
    try:
        inflated = inflater.decompress(body, allowed + 1)
    except zlib.error:
        return None
    if len(inflated) > allowed:
        raise limit_error("max_body, max_inflate_ratio", allowed, "the body inflates to too many bytes")
    return inflated if inflater.eof and not inflater.unused_data else None


# --- Bytes to text ---------------------------------------------------------------------------------------------------

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\f\r\x1b"))
_DECLARED = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE | re.ASCII)
# Python remembers each name that it does not know: only what is listed here is ever looked up.
_NAMES = frozenset(
    (
        *aliases,
        *aliases.values(),
        *("cp720", "cp737", "cp856", "cp874", "cp875", "iso8859_1", "koi8_t", "koi8_u", "mac_croatian", "mac_romanian"),
    )
)
# UTF-7, HZ and ISO 2022 can hide ASCII in other ASCII; mbcs depends on the machine.
_NOT_HONOURED = re.compile(r"utf-7|hz|iso2022.*|mbcs|idna|punycode|.*escape|undefined")
SEVERAL_BYTES = re.compile(r"utf-(?:16|32).*|gb.*|big5.*|cp9(?:32|49|50)|euc_.*|shift_jis.*|johab")


@lru_cache(maxsize=128)
def declared_charset(content_type: str) -> str | None:
    """The codec that a content type declares, utf-8 where it declares none; None for one that is not honoured."""
    declared = _DECLARED.search(content_type) if "=" in content_type else None
    if declared is None:
        return "utf-8"
    name = re.sub(r"[-:]", "_", declared[1].lower())
    if name in ("utf_8_sig", "us_ascii"):
        return "utf-8"
    if name not in _NAMES:
        return None
    try:
        codec = codecs.lookup(name)
    except LookupError:
        return None
    if not getattr(codec, "_is_text_encoding", False) or _NOT_HONOURED.fullmatch(codec.name):
        return None
    return _SPELT.get(codec.name, codec.name)


_SPELT = {"iso8859-1": "latin-1", "ascii": "utf-8"}


def _text(data: bytes, charset: str | None) -> tuple[str, tuple[Problem, ...]]:
    """Bytes as text, and the doubt about it: as the mark at their begin says, as declared, as UTF-8, as Latin-1."""
    text, doubt = _read_as(data, charset)
    if text.startswith("\ufeff"):
        return text[1:], _encoding(doubt or "the body begins with a byte order mark")
    return text, _encoding(doubt) if doubt else ()


def _read_as(data: bytes, charset: str | None) -> tuple[str, str]:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace"), f"the body is {name}, not utf-8"
    if charset in (None, "utf-8") or (data.isascii() and b"\0" not in data[:_HEADER]):
        order: tuple[str, ...] = ("utf-8",)
    elif SEVERAL_BYTES.fullmatch(charset):
        order = (charset, "utf-8")
    else:
        order = ("utf-8", charset)  # any bytes are text in these, but hardly any are UTF-8 by chance
    for name in order:
        text = _decoded_as(data, name)
        if text is not None:
            return text, _doubt(name, charset, certain=len(order) == 1)
    return _damaged(data, charset)


def _damaged(data: bytes, charset: str | None) -> tuple[str, str]:
    """Text in bytes that are neither UTF-8 nor as declared."""
    if not _is_text(data):
        raise DecodeError("the body is not text")
    if charset and not charset.startswith("utf-") and SEVERAL_BYTES.fullmatch(charset):
        return data.decode(charset, "replace"), f"the body is damaged {charset}; U+FFFD stands for what is broken"
    try:
        return replace_surrogates(data.decode("utf-8", "surrogatepass")), _HALF
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    intact = len(text) - len(text.encode("ascii", "ignore")) - damaged
    # Latin-1 hardly ever looks like UTF-8, so this is UTF-8 that was cut: its other characters stay what they are.
    if intact >= damaged:
        return text, "the body is damaged utf-8; U+FFFD stands for what is broken"
    return data.decode("latin-1"), "the body is not utf-8; it was read as latin-1"


def _doubt(name: str, declared: str | None, *, certain: bool) -> str:
    if declared is None:
        return "the declared character set is not known; the body was read as utf-8"
    if certain:
        return ""
    return f"the body is {name}, not utf-8" if name == declared else f"the body is utf-8, not {declared} as declared"


def _decoded_as(data: bytes, charset: str) -> str | None:
    if charset.startswith(("utf-16", "utf-32")):
        if b"\0" not in data[:_HEADER]:
            return None
        if charset in ("utf-16", "utf-32"):
            charset += "-be" if data.startswith(b"\0") else "-le"
    try:
        return data.decode(charset)
    except UnicodeError:
        return None


def _is_utf8(data: bytes) -> bool:
    return _decoded_as(data, "utf-8") is not None


def _is_text(data: bytes) -> bool:
    return data.startswith(_BYTE_ORDER_MARKS) or len(data.translate(None, _CONTROLS)) == len(data)


_BYTE_ORDER_MARKS = tuple(mark for mark, _ in _MARKS)


# --- Text to document ------------------------------------------------------------------------------------------------


def _decoded(
    text: str, charset: str | None, formats: frozenset[str], limits: Limits
) -> tuple[Any, tuple[Problem, ...]]:
    try:
        return _structured(text, charset, formats, limits)
    except (DecodeError, ConfigurationError) as error:
        problems = _unless_text(error, formats)
    check(text, limits)
    return text, problems


def _multipart_or_text(
    body: bytes, charset: str | None, formats: frozenset[str], limits: Limits
) -> tuple[Any, tuple[Problem, ...]]:
    error: AlertmapError = DecodeError("the body is multipart/form-data, which is not read here")
    if "multipart" in formats:
        try:
            return decode_multipart(body, limits)
        except (DecodeError, ConfigurationError) as failed:
            error = failed
    problems = _unless_text(error, formats)
    text, doubts = _text(body, charset)
    check(text, limits)
    return text, problems + doubts


def _unless_text(error: AlertmapError, formats: frozenset[str]) -> tuple[Problem, ...]:
    """Raise the error of a body that cannot be text either; a missing extra becomes a problem."""
    if "text" not in formats:
        raise error
    return _encoding(str(error)) if isinstance(error, ConfigurationError) else ()


def _structured(
    text: str, charset: str | None, formats: frozenset[str], limits: Limits
) -> tuple[Any, tuple[Problem, ...]]:
    first = text.lstrip()[:1]
    if first not in '{["<' and "form" in formats and "=" in text:
        return decode_form(text, limits, charset or "utf-8")
    if first == "<" and "xml" in formats:
        return decode_xml(text, limits), ()
    if "json" in formats:
        mended = replace_escaped_surrogates(text)
        doubts: list[str] = []
        value = decode_json(mended, limits, doubts)
        return value, (*(() if mended == text else _encoding(_HALF)), *((_REPEATED,) if doubts else ()))
    raise DecodeError(f"the body is not {' or '.join(sorted(formats - {'query', 'empty', 'path'})) or 'empty'}")


# --- Forms -----------------------------------------------------------------------------------------------------------


def decode_form(text: str, limits: Limits, charset: str = "utf-8") -> tuple[dict[str, str], tuple[Problem, ...]]:
    """Decode `application/x-www-form-urlencoded` text; of a field that stands twice the last one counts.

    `charset` is what escaped bytes are in.

    Raises:
        DecodeError: a field is not text.
        LimitError: there are more fields than `limits` allow.
    """
    text = text.strip().replace("+", " ")
    fields = text.count("&") + 1
    if fields > limits.max_fields:
        raise limit_error("max_fields", limits.max_fields, "the form has too many fields")
    form: dict[str, str] = {}
    doubts: dict[Problem, None] = {}
    repeats = 0
    for pair in text.split("&"):
        if not pair:
            continue
        # Split first, decode once: values hold escaped `&` and `=`.
        name, _, value = pair.partition("=")
        if "%" in pair:
            name = _unquoted(name, charset, doubts) if "%" in name else name
            value = _unquoted(value, charset, doubts) if "%" in value else value
        if name in form:
            repeats += 1
        form[name] = value
    if len(text) > limits.max_string or fields >= limits.max_nodes:
        check(form, limits)
    return form, (*doubts, *[_TWICE] * repeats)


_ESCAPES = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[0].decode().replace("%", ""))


_TWICE = Problem(ProblemCode.DUPLICATE_FIELD, "$", "a form field stands twice; the last one counts")


def _unquoted(text: str, charset: str, found: dict[Problem, None]) -> str:
    # In some character sets an escaped byte and the plain letter behind it are one character.
    try:
        plain = text.encode("utf-8" if charset.startswith("utf-") else charset)
    except UnicodeEncodeError:
        plain, charset = text.encode(), "utf-8"
    decoded, doubts = _text(_ESCAPES.sub(_unescaped, plain), charset)
    found.update(dict.fromkeys(doubts))
    return decoded


_MULTIPART = re.compile(rb"(?:\r\n)?--([^\r\n]{1,256}?)[ \t]{0,16}\r\n[A-Za-z-]{1,64}:")


def decode_multipart(body: bytes, limits: Limits) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """Decode `multipart/form-data` to the text of each part by its name; of a name that stands twice the last counts.

    The first line is the boundary. A file counts by its text; a part that is not text is left out with a problem.

    Raises:
        DecodeError: it is not well-formed or cut off.
        LimitError: there are more parts, or longer ones, than `limits` allow.
        ConfigurationError: the extra `forms` is not installed.
    """
    try:
        from python_multipart.exceptions import FormParserError  # noqa: PLC0415 - an extra
        from python_multipart.multipart import MultipartParser, parse_options_header  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError(
            "multipart/form-data can only be read with the extra `forms`: pip install alertmap[forms]"
        ) from None
    begin = _MULTIPART.match(body)
    if begin is None:
        raise DecodeError("the body is not multipart/form-data: it does not begin with a boundary and a header")
    parts = _Parts(limits)
    parser = MultipartParser(
        begin[1],
        {
            "on_part_begin": parts.begin,
            "on_header_field": parts.add_name,
            "on_header_value": parts.add_value,
            "on_header_end": parts.end_header,
            "on_part_data": parts.add_data,
            "on_end": parts.end,
        },
    )
    parser.logger = parser.logger.getChild("alertmap")
    parser.logger.disabled = True  # it would print what a stranger sends
    try:
        parser.write(body)
    except FormParserError:
        raise DecodeError("the body is not multipart/form-data: it is not well-formed") from None
    if not parts.ended:
        raise DecodeError("the multipart body is cut off: its last boundary is missing")
    form: dict[str, str] = {}
    doubts: dict[Problem, None] = {}
    repeats = 0
    for headers, pieces in parts.found:
        _, options = parse_options_header(headers.get(b"content-disposition", b"")[:_HEADER])
        if b"name" not in options:
            doubts[_NAMELESS] = None
            continue
        charset = declared_charset(headers.get(b"content-type", b"")[:_HEADER].decode("latin-1"))
        try:
            name, of_name = _text(options[b"name"], "utf-8")
            value, of_value = _text(b"".join(pieces), charset)
        except DecodeError:
            doubts[_TEXTLESS] = None
            continue
        doubts.update(dict.fromkeys((*of_name, *of_value)))
        if name in form:
            repeats += 1
        form[name] = value
    check(form, limits)
    return form, (*doubts, *[_TWICE] * repeats)


_NAMELESS = Problem(ProblemCode.MISSING, "$", "a part of the body has no name; it was left out")
_TEXTLESS = Problem(ProblemCode.ENCODING, "$", "a part of the body is not text; it was left out")


class _Parts:
    """Collects the parts of a multipart body."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.found: list[tuple[dict[bytes, bytes], list[bytes]]] = []
        self.name = self.value = b""
        self.ended = False

    def begin(self) -> None:
        if len(self.found) >= self.limits.max_fields:
            raise limit_error("max_fields", self.limits.max_fields, "the form has too many fields")
        self.found.append(({}, []))

    def add_name(self, data: bytes, start: int, end: int) -> None:
        self.name += data[start:end]

    def add_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def end_header(self) -> None:
        self.found[-1][0][self.name.lower()] = self.value
        self.name = self.value = b""

    def add_data(self, data: bytes, start: int, end: int) -> None:
        self.found[-1][1].append(data[start:end])

    def end(self) -> None:
        self.ended = True


# --- XML -------------------------------------------------------------------------------------------------------------

_JUNK = 9  # expat's code for what stands behind the root element
_DECLARATION = r"\A<\?xml\s[^>]*>"


def decode_xml(text: str, limits: Limits) -> dict[str, Any]:
    """Decode XML to an object of its top-level elements: of the root, or of elements side by side that have none.

    An element with others inside becomes an object, one without its text, several of one name a list. Text beside
    elements stands under `#text`. Attributes, comments and the prefixes of namespaces are left out.

    Raises:
        DecodeError: it is not well-formed, or has a document type.
        LimitError: it is deeper or larger than `limits` allow.
        ConfigurationError: the extra `xml` is not installed.
    """
    text = text.lstrip()
    try:
        value = _elements(text, limits)
        if value is None:
            # Zapier writes the fields of an alert side by side.
            wrapped = _elements(f"<_>{re.sub(_DECLARATION, '', text, count=1)}</_>", limits) or {}
            value = wrapped.get("_")
    except ImportError:
        raise ConfigurationError("XML can only be read with the extra `xml`: pip install alertmap[xml]") from None
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
