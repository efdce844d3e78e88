"""Replace the credentials of a request by `REDACTED`, before it is displayed or stored.

A credential is found by its name (a header, a parameter, a field of JSON, of a form, of XML, a word before `:` or `=`)
or by its form (URLs of Slack and Discord, keys of GitHub and AWS, JWTs, a password in a URL). All other bytes stay as
they are. When in doubt a value is replaced: no test of an adapter needs the value of a secret.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote_plus, unquote_plus

from alertmap.adapter import normalise
from alertmap.errors import PayloadError
from alertmap.intake.decode import inflate
from alertmap.model import Request
from alertmap.strict_json import Limits, decode_json

PLACEHOLDER = "REDACTED"
"""The text that replaces a credential."""

_NAMES = (
    "token|secret|signature|authorization|cookie|password|passwd|passphrase|pwd|credential|api[ _-]?key|"
    "access[ _-]?key|private[ _-]?key|routing[ _-]?key|integration[ _-]?key|webhook[ _-]?url|sig"
)
_BARE = r"""(?!(?:null|true|false)\b|[{\[])(?:[^"'&\s,}<\\]|\\(?!["']))+"""
_VALUE = rf"""(?P<value>"[^"\n]+"|'[^'\n]+'|{_BARE})"""


def _named(names: str) -> re.Pattern[str]:
    before = rf"""(?i)(?<![\w-])(?:{names or "(?!)"})\\*["']?\s*[:=]\s*\\*"""
    return re.compile(rf"{before}(?:(?:bearer|basic|token|digest)\s+)?{_VALUE}")


_NAMED = _named(rf"[\w-]*?(?:{_NAMES})s?")
"""A named value in any text: `token=…`, `Authorization: Bearer …`, `"password": "…"`."""

_KNOWN = re.compile(
    r"(?P<value>hooks\.slack\.com/services/[\w/]+|discord(?:app)?\.com/api/webhooks/\d+/[\w-]+"
    r"|webhook\.office\.com/webhookb2/[\w@/-]+|\bgh[pousr]_\w{20,}|\bxox[abp]-[\w-]+|AKIA[0-9A-Z]{16}|AC[0-9a-f]{32}"
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]+)?|Bearer\s+\S+|Basic\s+[A-Za-z0-9+/=]{8,})"
)
"""A credential by its form, under any name."""

_IN_URL = re.compile(r"(?<=://)(?P<value>[^/\s:@\"]{1,200}:[^/\s:@\"]{1,200})(?=@)")
_ELEMENT = re.compile(rf"(?i)<[\w.:-]*?(?:{_NAMES})s?(?:\s[^<>]*)?>(?P<value>(?:[^<]|<!\[CDATA\[[^\]<]*\]\]>)+)(?=</)")
_PART = re.compile(
    rf'(?i)\bname="[\w. -]{{0,99}}?(?:{_NAMES})s?"[^\n]{{0,999}}\n'
    r"(?:[\w-]{1,99}:[^\n]{0,999}\n){0,8}\r?\n(?P<value>[^\r\n]+)"
)
_SECRET = re.compile(rf"(?i)[\w. -]*(?:{_NAMES})s?")
_SECRET_HEADER = re.compile(r"(?i).*(?:token|secret|signature|auth|cookie|pass|credential|(?<!idempotency-)key).*")
_SECRET_PARAMETER = re.compile(rf"(?i)[\w. -]*(?:{_NAMES})s?|key|code|auth|pass")
_TOKEN_IN_PATH = re.compile(r"(?=[^/]*[0-9])(?=[^/]*[A-Za-z])[\w-]{20,}")


def redact(request: Request, also: Iterable[str] = ()) -> Request:
    """Return a request without its credentials; `also` names more fields, headers and parameters that are secret.

    A compressed body is inflated. A body that cannot be inflated, or that then exceeds the default limits, is replaced
    entirely, because its credentials cannot be found.
    """
    names = frozenset(map(normalise, also))
    headers, query = dict(request.headers), dict(request.query)
    body = _readable(request)
    headers.pop("content-encoding", "")

    def text(part: str) -> str:
        return _text(part, names)

    is_form = "form-urlencoded" in headers.get("content-type", "").lower()
    clean = _encoded(body, (lambda part: _form(part, names)) if is_form else text)
    if clean != request.body:
        headers.pop("content-length", None)
    return Request(
        clean,
        request.method,
        "/".join(text(_TOKEN_IN_PATH.sub(PLACEHOLDER, step)) for step in request.path.split("/")),
        {name: _of(name, value, _SECRET_HEADER, names) for name, value in headers.items()},
        {name: _of(name, value, _SECRET_PARAMETER, names) for name, value in query.items()},
    )


def _of(name: str, value: str, secret: re.Pattern[str], names: frozenset[str]) -> str:
    if not value or normalise(name) in names or secret.fullmatch(name):
        return value and PLACEHOLDER
    return _text(value, names)


def _readable(request: Request) -> bytes | str:
    try:
        return inflate(request, Limits())[0]
    except PayloadError:
        return PLACEHOLDER.encode()


def _encoded(body: bytes | str, clean: Callable[[str], str]) -> bytes | str:
    if isinstance(body, str):
        return clean(body)
    charset = "utf-16" if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    try:
        text = body.decode(charset)
    except UnicodeDecodeError:
        charset = "latin-1"  # decodes any bytes and keeps each of them
        text = body.decode(charset)
    cleaned = clean(text)
    return body if cleaned == text else cleaned.encode(charset)


# --- Bodies ----------------------------------------------------------------------------------------------------------


def _text(text: str, names: frozenset[str]) -> str:
    if text.lstrip()[:1] in ("{", "["):
        try:
            decode_json(text, Limits())
        except PayloadError:
            pass
        else:
            return _json(text, names)
    return _plain(text, names)


def _plain(text: str, names: frozenset[str]) -> str:
    for pattern in (_ELEMENT, _PART, _named("|".join(map(re.escape, sorted(names)))), _NAMED, _KNOWN, _IN_URL):
        text = pattern.sub(_replaced, text)
    return text


def _replaced(match: re.Match[str]) -> str:
    value, start = match["value"], match.start("value") - match.start()
    quote_ = value[0] if value[0] in "\"'" else ""
    return f"{match[0][:start]}{quote_}{PLACEHOLDER}{quote_}{match[0][start + len(value) :]}"


def _form(text: str, names: frozenset[str]) -> str:
    if text.lstrip()[:1] in ("{", "[", "<"):  # the content type may be wrong
        return _text(text, names)
    return "&".join(_pair(pair, names) for pair in text.split("&"))


def _pair(pair: str, names: frozenset[str]) -> str:
    name, equals, value = pair.partition("=")
    text = unquote_plus(value)
    clean = _of(unquote_plus(name), text, _SECRET, names)
    return pair if clean == text else f"{name}{equals}{quote_plus(clean)}"


_TOKEN = re.compile(
    r"""(?P<name>"(?:[^"\\]|\\.)*"(?=\s*:))|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?[0-9][\w.+-]*)|(?P<mark>[\[\]{},])""",
    re.DOTALL,
)


def _json(text: str, names: frozenset[str]) -> str:
    """Replace the secrets of JSON token by token, so that everything else stays as it was written."""
    secret = [False]  # one entry for each open object or list, the innermost last
    here = False  # the next value is secret

    def replaced(match: re.Match[str]) -> str:
        nonlocal here
        written = match[0]
        match match.lastgroup:
            case "name":
                name = _string(written)
                here = secret[-1] or normalise(name) in names or _SECRET.fullmatch(name) is not None
            case "mark" if written in "{[":
                secret.append(here)
            case "mark":
                if written in "}]" and len(secret) > 1:
                    secret.pop()
                here = secret[-1]
            case _ if here:
                return written if written == '""' else f'"{PLACEHOLDER}"'
            case "text":
                inner = _string(written)
                clean = _text(inner, names)
                return written if clean == inner else json.dumps(clean)
        return written

    return _TOKEN.sub(replaced, text)


def _string(token: str) -> str:
    return str(json.loads(token))


# --- Checking --------------------------------------------------------------------------------------------------------


def secrets_in(text: str) -> list[str]:
    """List the beginnings of all parts of a text that look like credentials; each is cut to 24 characters."""
    found = [match for pattern in (_NAMED, _KNOWN) for match in pattern.finditer(text)]
    return [match[0][:24] for match in found if PLACEHOLDER not in match[0] and "example" not in match[0].lower()]
