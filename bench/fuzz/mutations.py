"""Mutations of JSON documents, texts, bytes and requests, by a seeded generator: equal seeds give equal inputs."""

import gzip
import json
import re
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import urlencode

from attrs import frozen

from alertmap import Request
from alertmap.paths import JsonPath, resolve
from alertmap.testing.damage import EDGE_VALUES, replaced, without

_TEXTS = (
    *("", " ", "null", "None", "true", "0", "-1", "nan", "1e999", "9" * 20, "9" * 700, "a" * 300, "x" * 5000, "\x00"),
    *("\ud800", "\udfff\ud800", "\u202e", "é", "中", "🔥", "\r\n", "\x1b[31m", "{{ x }}", "$VAR$", "%(x)s", "${x}"),
    *("%", ",", "~", "=", "a=b,c~d%", "~0123456789ab", "<b>", "</alert>", "&#9999999999;", "&amp;", "]]>", "'", '"'),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "10:00"),
    *("https://h/", "javascript:alert(1)", "https://u:p@h:99999/", "http://[::1", "//h", "firing", "resolved", "ok"),
    *("{", "[", '{"a":', '{"status":"ok"}', "[1,2", "a: b\nc: d", "key=value key2=value2", "1,2,3", "(a)", "*", "\\"),
)
"""Texts that some reader may take for something else."""
_NUMBERS = (0, -1, 1, 2, 1.5, -0.0, 1e300, 1e-300, 2**31, 2**53 + 1, 2**63, -(2**63), 10**30, 1767225600, 253402300800)
_BYTES = (b"\x00", b"\xff", b"\xc3", b"\xef\xbb\xbf", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"&", b"=", b"<")
_CHARACTER_SETS = ("utf-8", "utf-16", "utf-16-le", "utf-32", "latin-1", "shift_jis", "gbk", "utf-7", "hz", "unknown")
_PLACES = 24  # steps of a walk to a place, at the most


@frozen
class Pool:
    """Values that occur in fixtures: by key, and all of them."""

    by_key: Mapping[str, Sequence[Any]]
    values: Sequence[Any]
    keys: Sequence[str]


def pool_of(documents: Sequence[Any]) -> Pool:
    """Return the values of some documents."""
    by_key: dict[str, dict[str, Any]] = {}

    def add(key: str, value: Any) -> None:
        by_key.setdefault(key, {})[repr(value)[:200]] = value
        if isinstance(value, dict):
            for name, below in value.items():
                add(name, below)
        elif isinstance(value, list):
            for below in value:
                add(key, below)

    for document in documents:
        add("", document)
    found = {key: list(values.values()) for key, values in by_key.items()}
    return Pool(found, [value for values in found.values() for value in values], sorted(found))


def place_in(random: Random, document: Any) -> JsonPath:
    """Return a place of a document, deep ones as likely as those above them."""
    where: list[str | int] = []
    value = document
    while isinstance(value, dict | list) and value and len(where) < _PLACES and random.random() < 0.85:
        step: Any = random.choice(list(value)) if isinstance(value, dict) else random.randrange(len(value))
        where.append(step)
        value = value[step]
    return tuple(where)


def text(random: Random, before: str) -> str:
    """Return a mutated text."""
    other = random.choice(_TEXTS)
    at = random.randint(0, len(before))
    match random.randrange(8):
        case 0:
            return before[:at]
        case 1:
            return before[:at] + other + before[at:]
        case 2:
            return before[:at] + other + before[at + len(other) :]
        case 3:
            return before[at:] + before[:at]
        case 4:
            return before + before[at:]
        case 5:
            return random.choice((before.upper(), before.lower(), before.title(), f" {before}\n", f'"{before}"'))
        case 6:
            return re.sub(
                r"\d+", lambda match: str(random.choice(_NUMBERS)) if random.random() < 0.5 else match[0], before
            )
        case _:
            return other


def value(random: Random, before: Any, pool: Pool, key: str | int) -> Any:
    """Return another value for a place."""
    chance = random.random()
    if chance < 0.3 and isinstance(key, str) and key in pool.by_key:
        return random.choice(pool.by_key[key])
    if chance < 0.4 and pool.values:
        return random.choice(pool.values)
    if chance < 0.7:
        return _like(random, before)
    return random.choice(EDGE_VALUES)


def _like(random: Random, before: Any) -> Any:
    """Return a value that was made from another one."""
    if isinstance(before, str):
        return text(random, before)
    if isinstance(before, bool):
        return random.choice((not before, str(before).lower(), int(before)))
    if isinstance(before, int | float):
        return random.choice((*_NUMBERS, before + 1, -before, str(before), [before], {"value": before}))
    if isinstance(before, list):
        return random.choice(([*before, *before], before[:1], before[::-1], [before], {"0": before}, before * 3))
    if isinstance(before, dict):
        items = list(before.items())
        random.shuffle(items)
        return random.choice(
            (dict(items), dict(items[: len(items) // 2]), [before], list(before.values()), {"": before})
        )
    return random.choice(_TEXTS)


def document(random: Random, before: Any, pool: Pool) -> Any:
    """Return a document with one to four mutations; the original is not changed."""
    for _ in range(random.choice((1, 1, 2, 3, 4))):
        before = _mutated(random, before, pool)
    return before


def _mutated(random: Random, before: Any, pool: Pool) -> Any:
    where = place_in(random, before)
    here = resolve(before, where)
    if not where:
        return before if random.random() < 0.7 else value(random, here, pool, "")
    above, key = resolve(before, where[:-1]), where[-1]
    match random.randrange(8):
        case 0:
            return without(before, where)
        case 1 if isinstance(above, dict) and isinstance(key, str):
            return replaced(before, where[:-1], _renamed(random, above, key, pool))
        case 1 | 2 if isinstance(above, list):
            return replaced(before, where[:-1], [*above, here] if random.random() < 0.5 else [here, *above])
        case 3 if isinstance(above, dict) and pool.keys:
            more = {random.choice((*pool.keys, "", "é", "k" * 300, "a.b", "__proto__")): value(random, here, pool, key)}
            return replaced(before, where[:-1], {**more, **above} if random.random() < 0.5 else {**above, **more})
        case 4:
            other = resolve(before, place_in(random, before))
            return replaced(before, where, other)
        case _:
            return replaced(before, where, value(random, here, pool, key))


def _renamed(random: Random, above: dict[str, Any], key: str, pool: Pool) -> dict[str, Any]:
    names = (key.upper(), key.replace("_", "-"), key.title(), f"{key} ", text(random, key), *pool.keys[:1])
    new = random.choice(names)
    return {new if name == key else name: below for name, below in above.items()}


def data(random: Random, before: bytes) -> bytes:
    """Return mutated bytes."""
    for _ in range(random.choice((1, 1, 2, 8))):
        at = random.randint(0, len(before))
        end = min(len(before), at + random.choice((1, 2, 4, 16, 64)))
        match random.randrange(6):
            case 0:
                before = before[:at]
            case 1:
                before = before[:at] + before[end:]
            case 2:
                before = before[:at] + random.choice(_BYTES) * random.choice((1, 1, 1, 70)) + before[at:]
            case 3:
                before = before[:at] + random.randbytes(end - at) + before[end:]
            case 4:
                before = before[:end] + before[at:]
            case _:
                before = before[at:] + before[:at]
    return before


# --- Requests ---------------------------------------------------------------------------------------------------------


def _sns(body: str) -> object:
    return {"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "MessageId": "m", "Message": body}


def _pubsub(body: str) -> object:
    data = b64encode(body.encode("utf-8", "surrogatepass")).decode()
    return {"message": {"data": data, "messageId": "1"}, "subscription": "s"}


def _cloudevent(body: str) -> object:
    return {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": body}


def _event_grid(body: str) -> object:
    return [{"eventType": "e", "data": body, "topic": "t", "subject": "s", "id": "1"}]


_ENVELOPES: tuple[Callable[[str], object], ...] = (_sns, _pubsub, _cloudevent, _event_grid, lambda body: [body])


def encoded(random: Random, value: Any) -> bytes:
    """Return the bytes of a document: JSON, now and then in an envelope, as a form, or in another character set."""
    written = json.dumps(value, ensure_ascii=random.random() < 0.5)
    chance = random.random()
    if chance < 0.04:
        written = json.dumps(random.choice(_ENVELOPES)(written))
    elif chance < 0.06:
        written = f"payload={urlencode({'': written}, errors='surrogatepass')[1:]}"
    elif chance < 0.08 and isinstance(value, dict):
        written = urlencode({name: str(below) for name, below in value.items()}, errors="surrogatepass")
    elif chance < 0.10:
        return written.encode(random.choice(("utf-16", "utf-16-le", "utf-32", "latin-1")), "replace")
    return written.encode("utf-8", "surrogatepass")


def request(random: Random, before: Request, body: bytes | str) -> Request:
    """Return a request with another body; now and then compressed, with other headers, query, method or path."""
    headers, query, method, path = dict(before.headers), dict(before.query), before.method, before.path
    chance = random.random()
    if chance < 0.03:
        as_bytes = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        kind = random.choice(("gzip", "deflate", "zstd", "gzip, gzip"))
        body = random.choice((gzip.compress, zlib.compress))(as_bytes)
        headers["content-encoding"] = kind
    elif chance < 0.08:
        kind = random.choice(
            ("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "")
        )
        headers["content-type"] = f"{kind}; charset={random.choice(_CHARACTER_SETS)}"
    elif chance < 0.11 and headers:
        name = random.choice(list(headers))
        headers[name] = text(random, headers[name])
    elif chance < 0.13:
        headers[random.choice(_TEXTS)] = random.choice(_TEXTS)
    elif chance < 0.15:
        query = {random.choice(_TEXTS): random.choice(_TEXTS), **{name: text(random, it) for name, it in query.items()}}
    elif chance < 0.17:
        method, path = random.choice(("GET", "HEAD", "PUT", "", "\x00")), text(random, path)
    return Request(body, method, path, headers, query)
