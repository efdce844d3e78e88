"""Replace the credentials of a request by `REDACTED`, before it is displayed or stored.

A credential is found by its name (a header, a parameter, a field of JSON, of a form, of XML, a word before `:` or `=`)
or by its form (`token_forms`, a password in a URL). The names are those of `alertmap.credentials`. All other bytes stay
as they are. When in doubt a value is replaced: no test of an adapter needs the value of a secret.

Whatever `decode` and `envelope` would read for some adapter is read here: in any character set, whatever the headers
declare, also where the body is over the limits, cut off, or not well-formed.
"""

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from alertmap.credentials import is_secret_parameter, looks_generated
from alertmap.errors import ConfigurationError, PayloadError
from alertmap.intake.decode import SEVERAL_BYTES, declared_charset, inflate
from alertmap.intake.redact_text import DEEPEST, PLACEHOLDER, TextRedactor, quoted, unquoted
from alertmap.intake.token_forms import replace_tokens
from alertmap.model import Request
from alertmap.strict_json import Limits

__all__ = ["PLACEHOLDER", "redact", "secrets_in"]


def redact(request: Request, also: Iterable[str] = ()) -> Request:
    """Return a request without its credentials; `also` names more fields, headers and parameters that are secret.

    A compressed body is inflated. A body that cannot be inflated, or that then exceeds the default limits, is replaced
    entirely, because its credentials cannot be found.

    Raises:
        ConfigurationError: an argument has another type than declared.
    """
    if not isinstance(request, Request):
        raise ConfigurationError(f"expected a Request, got {type(request).__name__}")
    names = () if isinstance(also, str) or not isinstance(also, Iterable) else tuple(also)
    if not all(isinstance(name, str) for name in names) or (also and not names):
        raise ConfigurationError("the names of secrets must be a collection of str")
    redactor = _Redactor(names)
    headers = dict(request.headers)
    headers.pop("content-encoding", None)
    body = redactor.body(_readable(request), headers.get("content-type", ""))
    if body != request.body:
        headers.pop("content-length", None)
    return Request(
        body,
        request.method,
        redactor.path(request.path),
        {name: redactor.header(name, value) for name, value in headers.items()},
        dict(redactor.parameter(name, value) for name, value in request.query.items()),
    )


def secrets_in(text: str) -> list[str]:
    """List the beginnings of all parts of a text that `redact` would replace; each is cut to 24 characters.

    Parts with the word `example` are left out: vendors print such in their documentation.
    """
    redactor = _Redactor(())
    redactor.body(text, "")
    return [found[:24] for found in redactor.found if "example" not in found.lower()]


def _readable(request: Request) -> bytes | str:
    try:
        return inflate(request, Limits())[0]
    except PayloadError:
        return PLACEHOLDER.encode()


_SECRET_HEADER = (
    *("token", "secret", "signature", "auth", "cookie", "pass", "credential", "jwt", "hmac", "session", "csrf", "xsrf"),
    *("bearer", "assertion"),
)
_TOKEN_IN_PATH = re.compile(r"[\w-]{20,}+|[0-9a-fA-F]{16,}+")
_DECLARED_CHARACTERS = 1024  # of a content type


class _Redactor(TextRedactor):
    """Replaces the credentials in the parts of a request."""

    def header(self, name: str, value: str) -> str:
        """Return the value of a header without credentials."""
        lower = name.lower()
        is_key = "key" in lower.replace("idempotency-key", "")
        if self.kind(name) or is_key or any(word in lower for word in _SECRET_HEADER):
            return value and PLACEHOLDER
        return self.words(self.text(value), is_url=True)

    def parameter(self, name: str, value: str) -> tuple[str, str]:
        """Return a parameter of the query without credentials; a parameter without a value may be one itself."""
        if not value:
            return _without_tokens(replace_tokens(name, PLACEHOLDER, self.found.append)), value
        is_named = self.kind(name) or is_secret_parameter(name)
        return replace_tokens(name, PLACEHOLDER, self.found.append), PLACEHOLDER if is_named else self.text(value)

    def path(self, path: str) -> str:
        """Return a path without credentials: it may be a URL, hold a token, or name one in its last but one step."""
        before = ""
        steps = []
        for step in self.words(path, is_url=True).split("/"):
            inner, charset = unquoted(step) if "%" in step else (step, "utf-8")
            clean = _without_tokens(self.text(inner))
            if step and (self.kind(before) or is_secret_parameter(before)):
                clean = PLACEHOLDER
            steps.append(step if clean == inner else quoted(clean, charset))
            before = inner
        return "/".join(steps)

    # --- Bodies ------------------------------------------------------------------------------------------------------

    def body(self, body: bytes | str, content_type: str) -> bytes | str:
        """Return a body without credentials."""
        content_type = content_type[:_DECLARED_CHARACTERS]
        is_form = "form-urlencoded" in content_type.lower()
        if isinstance(body, bytes):
            return self.data(body, declared_charset(content_type), is_form=is_form)
        try:
            data = body.encode()
        except UnicodeEncodeError:
            return self.text(body, is_form=is_form)
        # A part of multipart may be in another character set.
        return self.data(data, None, is_form=is_form).decode(errors="replace")

    def data(self, data: bytes, charset: str | None, depth: int = 0, *, is_form: bool = False) -> bytes:
        """Return bytes without credentials: multipart, or text in some character set."""
        multipart = _MULTIPART.match(data)
        if multipart is not None and depth < DEEPEST:
            return self._multipart(data, multipart[1], depth)
        decoded = _decoded(data, charset)
        return _encoded(self.text(decoded.text, depth, is_form=is_form), decoded)

    def _multipart(self, data: bytes, boundary: bytes, depth: int) -> bytes:
        pieces = re.split(rb"((?:\A|(?<=\n))--" + re.escape(boundary) + rb")", data)
        clean = b"".join([self._part(piece, depth) if index % 2 == 0 else piece for index, piece in enumerate(pieces)])
        # A private key, too, begins with a line that may be a boundary.
        text = clean.decode(errors="surrogateescape")
        return self.words(text, DEEPEST).encode(errors="surrogateescape")

    def _part(self, part: bytes, depth: int) -> bytes:
        blank = _BLANK_LINE.search(part)
        if blank is None:
            return self.data(part, None, depth + 1)
        head, value = part[: blank.end()], part[blank.end() :]
        headers = head.decode("latin-1")
        charset = _part_charset(headers)
        end = len(value.rstrip(b"\r\n"))
        decoded = _decoded(value[:end], charset)
        text = decoded.text.strip()
        if any(self.is_secret(name, text) for name in _PART_NAME.findall(headers)):
            self.found.append(text)
            clean = _encoded(PLACEHOLDER, decoded)
        else:
            clean = self.data(value[:end], charset, depth + 1)
        return self.words(headers).encode("latin-1") + clean + value[end:]


def _without_tokens(step: str) -> str:
    """Replace what looks like a token in a path; words with a number between them, `utf8-and-latin-1`, do not."""
    return _TOKEN_IN_PATH.sub(lambda match: PLACEHOLDER if looks_generated(match[0]) else match[0], step)


# --- Multipart -------------------------------------------------------------------------------------------------------

_MULTIPART = re.compile(rb"[\r\n]*+--([^\r\n]{1,256}?)[ \t]*+\r?\n[A-Za-z-]{1,64}:")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_PART_NAME = re.compile(r"""(?i)(?<![\w-])name\s*+=\s*+"?+((?<=")[^"]*+|[^\s;"]++)""")
_PART_TYPE = re.compile(r"(?i)content-type:([^\n]*+)")


def _part_charset(headers: str) -> str | None:
    found = _PART_TYPE.search(headers)
    return declared_charset(found[1][:_DECLARED_CHARACTERS]) if found is not None else "utf-8"


# --- Character sets --------------------------------------------------------------------------------------------------

# A mark is read as a character, so that it stays where it is.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDTHS = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
"""Bytes of a unit in the codecs that have more than one."""
_SAMPLE = 1024  # bytes in which zeros tell UTF-16


class _Decoded(NamedTuple):
    """Text of some bytes, and how it becomes these bytes again."""

    text: str
    codec: str
    errors: str
    rest: bytes = b""
    """Half a character at the end."""


def _decoded(data: bytes, declared: str | None) -> _Decoded:
    for codec in _codecs(data, declared):
        end = len(data) - len(data) % _WIDTHS.get(codec, 1)
        try:
            text = data[:end].decode(codec, "surrogatepass")
            if text.encode(codec, "surrogatepass") == data[:end]:
                return _Decoded(text, codec, "surrogatepass", data[end:])
        except UnicodeError:
            continue
    return _Decoded(data.decode(errors="surrogateescape"), "utf-8", "surrogateescape")


def _codecs(data: bytes, declared: str | None) -> Iterator[str]:
    """Yield the codecs that bytes may be in, in the order in which `decode` tries them."""
    yield from (codec for mark, codec in _MARKS if data.startswith(mark))
    sample = data[:_SAMPLE]
    if b"\0" in sample:
        yield from ("utf-32-le", "utf-32-be")  # hardly any other bytes can be read so
        # A character of ASCII is a byte beside a zero. Zeros beside zeros fill a buffer, in any character set.
        units = [unit for unit in zip(sample[::2], sample[1::2], strict=False) if any(unit)]
        little, big = sum(not last for _, last in units), sum(not first for first, _ in units)
        if max(little, big) * 5 > len(units):
            yield "utf-16-le" if little > big else "utf-16-be"
    if declared in ("utf-16", "utf-32"):  # without a mark, as `decode` reads it
        declared += "-be" if data.startswith(b"\0") else "-le"
    if declared is not None and SEVERAL_BYTES.fullmatch(declared) and not declared.startswith("utf-"):
        yield declared
    yield "utf-8"
    if declared is not None:
        yield declared


def _encoded(clean: str, decoded: _Decoded) -> bytes:
    try:
        data = clean.encode(decoded.codec, decoded.errors)
    except UnicodeEncodeError:
        # A text of JSON was written anew, and holds a character that was escaped because the character set lacks it.
        data = "".join(
            [it if _fits(it, decoded) else json.dumps(it)[1:-1] for it in re.split(r"([^\x00-\x7f])", clean)]
        ).encode(decoded.codec, decoded.errors)
    return data + decoded.rest


def _fits(text: str, decoded: _Decoded) -> bool:
    try:
        text.encode(decoded.codec, decoded.errors)
    except UnicodeEncodeError:
        return False
    return True
