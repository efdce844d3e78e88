"""Takes credentials out of a request before it is shown or kept; `REDACTED` stands where they were.

What is secret is told by its name (a header, a parameter, a field of JSON, of a form, of XML, a word before `:` or `=`)
or by its look (Slack's and Discord's URLs, GitHub's and AWS' keys, JWTs, a password in a URL). All other bytes stay as
they are. It rather takes too much than too little: no test of an adapter needs the value of a secret.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote_plus, unquote_plus

from alertmap.adapter import normalise
from alertmap.errors import PayloadError
from alertmap.intake.decode import decode
from alertmap.model import Request
from alertmap.strict_json import Limits, decode_json

PLACEHOLDER = "REDACTED"
"""What stands where a credential was."""

_NAMES = (
    "token|secret|signature|authorization|cookie|password|passwd|passphrase|pwd|credential|api[ _-]?key|"
    "access[ _-]?key|private[ _-]?key|routing[ _-]?key|integration[ _-]?key|webhook[ _-]?url|sig"
)
_BARE = r"""(?!(?:null|true|false)\b|[{\[])(?:[^"'&\s,}<\\]|\\(?!["']))+"""
_VALUE = rf"""(?P<value>"[^"\n]+"|'[^'\n]+'|{_BARE})"""


def _named(names: str) -> re.Pattern[str]:
    before = rf"""(?i)(?<![\w-])(?:{names or "(?!)"})\\*["']?\s*[:=]\s*\\*"""
    return re.compile(rf"{before}(?:(?:bearer|basic|token|digest)\s+)?{_VALUE}")


NAMED = _named(rf"[\w-]*?(?:{_NAMES})s?")
"""A named value in any text: `token=…`, `Authorization: Bearer …`, `"password": "…"`."""

KNOWN = re.compile(
    r"(?P<value>hooks\.slack\.com/services/[\w/]+|discord(?:app)?\.com/api/webhooks/\d+/[\w-]+"
    r"|webhook\.office\.com/webhookb2/[\w@/-]+|\bgh[pousr]_\w{20,}|\bxox[abp]-[\w-]+|AKIA[0-9A-Z]{16}|AC[0-9a-f]{32}"
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]+)?|Bearer\s+\S+|Basic\s+[A-Za-z0-9+/=]{8,})"
)
"""What looks like a credential whatever its name."""

_IN_URL = re.compile(r"(?<=://)(?P<value>[^/\s:@\"]{1,200}:[^/\s:@\"]{1,200})(?=@)")
_ELEMENT = re.compile(rf"(?i)<[\w.:-]*?(?:{_NAMES})s?(?:\s[^<>]*)?>(?P<value>(?:[^<]|<!\[CDATA\[[^\]<]*\]\]>)+)(?=</)")
_SECRET = re.compile(rf"(?i)[\w. -]*(?:{_NAMES})s?")
_SECRET_HEADER = re.compile(r"(?i).*(?:token|secret|signature|auth|cookie|pass|credential|(?<!idempotency-)key).*")
_SECRET_PARAMETER = re.compile(rf"(?i)[\w. -]*(?:{_NAMES})s?|key|code|auth|pass")
_TOKEN_IN_PATH = re.compile(r"(?=[^/]*[0-9])(?=[^/]*[A-Za-z])[\w-]{20,}")


def redact(request: Request, also: Iterable[str] = ()) -> Request:
    """A request without its credentials; `also` names more fields, headers and parameters that are secret.

    A compressed body is inflated. One that cannot be, or that is larger than the default limits allow, goes as a whole,
    for nobody can tell what is in it.
    """
    names = frozenset(map(normalise, also))
    headers, query = dict(request.headers), dict(request.query)
    body = _readable(request.body, headers)

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


def _readable(body: bytes | str, headers: dict[str, str]) -> bytes | str:
    """The body inflated; its headers without the word of it."""
    encoding = headers.pop("content-encoding", "")
    if normalise(encoding) in ("", "identity") or not body:
        return body
    try:
        found = decode(Request(body, headers={"content-encoding": encoding}), frozenset({"text"}), Limits())
    except PayloadError:
        return PLACEHOLDER.encode()
    return str(found.value if found else "").encode()


def _encoded(body: bytes | str, clean: Callable[[str], str]) -> bytes | str:
    if isinstance(body, str):
        return clean(body)
    charset = "utf-16" if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    try:
        text = body.decode(charset)
    except UnicodeDecodeError:
        charset = "latin-1"  # whatever it is, this way no byte of it is lost
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
    for pattern in (_ELEMENT, _named("|".join(map(re.escape, sorted(names)))), NAMED, KNOWN, _IN_URL):
        text = pattern.sub(_replaced, text)
    return text


def _replaced(match: re.Match[str]) -> str:
    value, start = match["value"], match.start("value") - match.start()
    quote_ = value[0] if value[0] in "\"'" else ""
    return f"{match[0][:start]}{quote_}{PLACEHOLDER}{quote_}{match[0][start + len(value) :]}"


def _form(text: str, names: frozenset[str]) -> str:
    if text.lstrip()[:1] in ("{", "[", "<"):  # a content type only advises
        return _text(text, names)
    return "&".join(_pair(pair, names) for pair in text.split("&"))


def _pair(pair: str, names: frozenset[str]) -> str:
    name, equals, value = pair.partition("=")
    told = unquote_plus(value)
    clean = _of(unquote_plus(name), told, _SECRET, names)
    return pair if clean == told else f"{name}{equals}{quote_plus(clean)}"


_TOKEN = re.compile(
    r"""(?P<name>"(?:[^"\\]|\\.)*"(?=\s*:))|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?[0-9][\w.+-]*)|(?P<mark>[\[\]{},])""",
    re.DOTALL,
)


def _json(text: str, names: frozenset[str]) -> str:
    """JSON with its secrets replaced, token by token, so that all else stays as it was written."""
    secret = [False]  # of what is open, the innermost last
    here = False  # whether the value that comes is one

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


# --- Writing down ----------------------------------------------------------------------------------------------------


def target(request: Request) -> str:
    """A request's path with its query."""
    query = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in request.query.items())
    return f"{request.path}?{query}" if query else request.path
