"""Bodies made to cost as much as possible: the same for the bench and for the tests, in any size.

`as_they_are()` has bodies that are tried on every adapter. `in_fields()` puts texts, lists and objects that are dear to
some pattern or loop into every field of an honest request of each vendor.
"""

import gzip
import json
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from attrs import Factory, evolve, frozen

from alertmap import Request
from alertmap.intake import registry
from alertmap.paths import JsonPath, format_path, resolve
from alertmap.testing.damage import places, replaced
from alertmap.testing.fixtures import Case, load
from alertmap.testing.fixtures import document as document_of
from bench.cases import FIXTURES, compact

GENERIC = {"title": "t", "id": "1", "status": "firing"}
CONTRACT = {"title": "t", "id": "1", "status": "trigger", "severity": "high", "message": "m"}
INFLUXDB = {"_level": "crit", "_measurement": "notifications", "_notification_rule_id": "1", "_check_id": "c"}


@frozen
class Hostile:
    """A body that can be made in any size, and the adapters that it is tried on."""

    name: str
    make: Callable[[int], Request]
    """Returns a request with a body of about so many bytes."""
    vendors: tuple[str, ...] = ()
    """Names of adapters; none stands for all, and for `detect`."""
    options: Mapping[str, Any] = Factory(dict)
    widens: int = 1
    """How many times more bytes a character takes once escapes are read: a text of ASCII may become a wide one."""
    each: int = 0
    """Bytes of one element, where the body is a list of elements that may become alerts."""


def as_they_are() -> Iterator[Hostile]:
    """Yield the bodies that are tried as they are."""
    yield from _texts_of_json()
    yield from _objects()
    yield from _elements()
    yield from _patterns()
    yield from _envelopes()
    yield from _forms()
    yield from _xml()
    yield from _bytes()
    yield from _requests()


def fill(piece: str, size: int) -> str:
    """Repeat a text until it has so many bytes."""
    return piece * max(1, size // len(piece.encode("utf-8", "surrogatepass")))


def post(document: object) -> Request:
    """Return the request that posts a document as JSON."""
    return Request(compact(document))


Text = Callable[[int], str]


def _body(name: str, text: Text) -> Hostile:
    return Hostile(name, lambda size: Request(text(size).encode("utf-8", "surrogatepass")))


def _document(name: str, make: Callable[[int], object]) -> Hostile:
    return Hostile(name, lambda size: post(make(size)))


def _field(name: str, vendor: str, event: Mapping[str, object], key: str, text: Text, **options: object) -> Hostile:
    """Return an event of one vendor with a text in one field."""
    return Hostile(name, lambda size: post({**event, key: text(size)}), (vendor,), options)


def _filled(piece: str) -> Text:
    return lambda size: fill(piece, size)


# --- Documents -------------------------------------------------------------------------------------------------------


def _texts_of_json() -> Iterator[Hostile]:
    """Yield texts of JSON that are dear to a decoder."""
    deep, nested = "[" * 60 + "]" * 60, '{"a":' * 60 + "1" + "}" * 60
    yield _body("lists in lists, to the limit", lambda size: f"[{fill(f'{deep},', size)}1]")
    yield _body("objects in objects, to the limit", lambda size: f"[{fill(f'{nested},', size)}1]")
    yield _body("beyond the limit of depth", _filled("["))
    yield _body("a number without end", lambda size: f'{{"id":{fill("1", size)}}}')
    yield _array("an array of numbers of 64 digits", int("9" * 64))
    yield _body("floats of many digits", lambda size: f'{{"id":[{fill("1." + "9" * 60 + "e-7,", size)}1]}}')
    yield _body("one key again and again", lambda size: f'{{{fill(DOUBLE, size)}"b":1}}')
    yield _body("spaced keys, one repeated", lambda size: f'{{{fill("  ", size)}"a" : 1, "a" : 2}}')
    yield _body("escaped text", lambda size: f'{{"title":"{fill(BACKSLASH + "u0041", size)}"}}')
    yield _body("escaped halves of characters", lambda size: f'{{"title":"{fill(BACKSLASH + "ud800", size)}"}}')
    yield _body("a text that does not end", lambda size: f'{{"title":"{fill("a", size)}')
    yield _body("many documents, one in a line", _filled('{"a":1}\n'))


DOUBLE = '"a":1,'
BACKSLASH = "\\"


def _objects() -> Iterator[Hostile]:
    """Yield objects whose size is in their keys."""
    yield _document("a flat object", lambda size: {f"k{number}": number for number in range(size // 11)})
    yield _document("an object of texts", lambda size: GENERIC | {f"k{number}": "v" for number in range(size // 10)})
    yield _document("an object of nulls", lambda size: CONTRACT | {f"k{number}": None for number in range(size // 12)})
    yield _document("long keys", lambda size: CONTRACT | {f"{n}{'k' * 500}": 1 for n in range(size // 507)})
    yield _document("one long key", lambda size: CONTRACT | {"k" * (size // 2): "v" * (size // 2)})
    yield _document(
        "a long key above many",
        lambda size: CONTRACT | {"labels": {"k" * (size // 2): {str(number): 1 for number in range(size // 20)}}},
    )
    yield _document(
        "long keys above each other",
        lambda size: CONTRACT | {"labels": {"k" * 250: {"k" * 250: {str(number): 1 for number in range(size // 8)}}}},
    )
    yield _document("spellings of one key", lambda size: CONTRACT | {f"i{'_' * n}d": "x" for n in range(_root(size))})
    yield _document("keys that need cleaning", lambda size: CONTRACT | {f"{n}\x1b": "\x1b" for n in range(size // 20)})
    yield _document("keys in other scripts", lambda size: CONTRACT | {f"ключ中文{n}🔥": "é" for n in range(size // 30)})
    yield _document("nested names", lambda size: CONTRACT | {f"a__b__{n}": {"c__d": "x"} for n in range(size // 24)})


def _root(size: int) -> int:
    return int((2 * size) ** 0.5)


# --- Elements --------------------------------------------------------------------------------------------------------


def _elements() -> Iterator[Hostile]:
    """Yield lists of very many elements: wrong ones, tiny ones, ones with many doubts."""
    elements: tuple[object, ...] = ({}, [], 1, "a", None, True, 1.5)
    for element in elements:
        yield _array(f"an array of {json.dumps(element)}", element)
    yield _array("an array of objects of nobody", {"a": "b"})
    yield _array("an array of wrong fields", {"status": [], "id": {}, "title": [1], "labels": 5, "startsAt": "x"})
    yield _array("an array of blank identities", {"id": " ", "status": "trigger", "title": " "})
    yield _array("an array of blank ids", {"id": " ", "status": "PENDING", "eventType": "alert-created"})
    yield _array("an array of comments", {"eventType": "COMMENT", "apiKey": "k"})
    yield _array("an array of rows", INFLUXDB)
    yield _array("an array of rows with bad fields", INFLUXDB | {"_status_timestamp": "x", "dead": 1, "a": []})
    yield _array("an array of tiny alerts", CONTRACT)
    yield _array("an array of tiny pushes", {"labels": {"a": "1"}, "startsAt": "x"})
    for vendor in ("prometheus_alertmanager", "grafana", "itoc360"):
        yield _group(f"a group of tiny alerts: {vendor}", vendor, {"labels": {"a": "1"}})
        yield _group(f"a group of bad times: {vendor}", vendor, {"labels": {"a": 1}, "startsAt": "x", "endsAt": "x"})
        yield _group(f"a group of numbers: {vendor}", vendor, 1)
        yield _group(f"a group of nulls: {vendor}", vendor, None)
        yield _group(f"a group of wrong fields: {vendor}", vendor, {"labels": [], "status": {}, "annotations": 1})
        yield _group(f"a group without labels: {vendor}", vendor, {})
        yield Hostile(f"a group with a bad field behind it: {vendor}", _group_and_bad_field, (vendor,), each=49)


def _array(name: str, element: object) -> Hostile:
    text = compact(element).decode()
    return Hostile(name, lambda size: Request(f"[{fill(text + ',', size)}{text}]"), each=len(text) + 1)


def _group(name: str, vendor: str, element: object) -> Hostile:
    text = compact(element).decode()
    begin = '{"version":"4","groupKey":"g","alerts":['
    make = _body(name, lambda size: f"{begin}{fill(text + ',', size)}{text}]}}").make
    return Hostile(name, make, (vendor,), each=len(text) + 1)


def _group_and_bad_field(size: int) -> Request:
    alerts = [{"status": "firing", "labels": {"alertname": str(number)}} for number in range(min(4_000, size // 49))]
    return post({"alerts": alerts, "groupKey": "g", "version": "4", "truncatedAlerts": "x", "orgId": []})


# --- Texts -----------------------------------------------------------------------------------------------------------


def _patterns() -> Iterator[Hostile]:
    """Yield texts that are dear to a pattern of one vendor."""
    yield Hostile("a threshold text that nearly matches", _threshold)
    yield _field("threshold texts that nearly match", "influxdb3", {}, "message", _filled(_THRESHOLD))
    event = {"id": "a", "level": "CRITICAL", "time": "2026-01-01T00:00:00Z", "duration": 0, "data": {"series": None}}
    for name, piece in _ENTITIES.items():
        details = _field(f"details of {name}", "kapacitor", event, "details", _filled(piece))
        yield evolve(details, widens=4 if name == "numbers" else 1)
    yield _field("a reference of many digits", "kapacitor", event, "details", lambda size: f"&#{fill('9', size)};")
    callback = {"metricProject": "p", "alertState": "ALERT", "preTriggerLevel": "OK", "ruleId": "r"}
    for name, piece in _JAVA.items():
        yield _field(f"a map of {name}", "alibaba_cloudmonitor", callback, "dimensions", _map_of(piece))
    for vendor, contract in (("zapier", CONTRACT), ("generic", GENERIC)):
        yield _field(f"marks in no order: {vendor}", vendor, contract, "title", _filled("a\u0300\u0316"))
        yield _field(f"marks in the wrong order: {vendor}", vendor, contract, "title", _marks)
    own = {"pattern": r"(?P<key>.*) (?P<title>.*)!"}
    yield _field("a pattern of the user's", "influxdb3", {}, "message", _filled("a b "), **own)
    own = {"template": r"(?P<id>.*) (?P<level>.*)!"}
    yield Hostile("a template of the user's", lambda size: Request(fill("a b ", size)), ("kapacitor",), own)


def _threshold(size: int) -> Request:
    part = min(size, 8_000) / 546
    pieces = {": a of ": 36, "> ": 125, " (actual: ": 25, ") \u2014 matched in row ": 360}
    text = "".join(piece * int(count * part / 15) for piece, count in pieces.items())
    return Request(compact({"message": f"[X] Threshold Alert on table T{text}x"}).ljust(size))


def _map_of(piece: str) -> Text:
    return lambda size: f"{{{fill(piece, size)}a=b}}"


def _marks(size: int) -> str:
    return "a" + fill("\u0300", size // 2) + fill("\u0316", size // 2)


_THRESHOLD = "[X] Threshold Alert on table T: a of > > (actual: ) \u2014 matched in row "
_ENTITIES = {
    "entities that Go writes": "&#34;&amp;&lt;",
    "other entities": "&eacute;",
    "numbers": "&#99999;",
    "bare ampersands": "&",
    "entities of nobody": "&abcdefghijklmnopqrstuvwxyz",
}
_JAVA = {"pairs": "a=b,", "commas": ",", "blanks": "a=b,         ", "names": ",a", "texts": '"a":"b",'}


# --- Envelopes and formats -------------------------------------------------------------------------------------------


def _envelopes() -> Iterator[Hostile]:
    """Yield documents in envelopes, as text and in base64."""
    inner: dict[str, Callable[[int], object]] = {
        "a text": lambda size: CONTRACT | {"message": fill("a", size)},
        "elements": lambda size: [{}] * (size // 4),
        "keys": lambda size: CONTRACT | {f"k{number}": "v" for number in range(size // 12)},
    }
    for carrier, wrap in {"SNS": _sns, "Pub/Sub": _pubsub, "CloudEvents": _cloudevent}.items():
        for name, make in inner.items():
            each = 4 if name == "elements" else 0
            yield evolve(_document(f"{name} in {carrier}", _in_envelope(wrap, make)), each=each)
    yield _document("four envelopes in each other", _four)
    yield _document("base64 that is none", lambda size: {"message": {"data": fill("*", size)}, "subscription": "s"})
    yield _document("a long delivery id", lambda size: _cloudevent("{}") | {"id": fill("i", size), "data": CONTRACT})


def _in_envelope(wrap: Callable[[str], object], make: Callable[[int], object]) -> Callable[[int], object]:
    return lambda size: wrap(compact(make(size * 2 // 3)).decode())


def _sns(text: str) -> dict[str, object]:
    return {"Type": "Notification", "TopicArn": "arn:aws:sns:eu:1:t", "MessageId": "m", "Message": text}


def _pubsub(text: str) -> dict[str, object]:
    return {"message": {"data": b64encode(text.encode()).decode(), "messageId": "m"}, "subscription": "s"}


def _cloudevent(text: str) -> dict[str, object]:
    data = b64encode(text.encode()).decode()
    return {"specversion": "1.0", "id": "i", "source": "s", "type": "t", "data_base64": data}


def _four(size: int) -> object:
    document: Any = CONTRACT | {"message": fill("a", size // 2)}
    for _ in range(4):
        document = _sns(compact(document).decode())
    return document


def _forms() -> Iterator[Hostile]:
    """Yield forms, and multipart bodies."""
    yield _body("a form of many fields", lambda size: "&".join(f"k{n}=v" for n in range(min(990, size // 8))))
    yield _body("a form of bad escapes", lambda size: "&".join(f"k{n}=%ff%" for n in range(min(990, size // 8))))
    yield _body("a form of escapes", lambda size: f"title={fill('%41a', size)}&status=trigger&id=1")
    yield _body("a form of one field, repeated", lambda size: fill("a=%ff&", min(size, 5_940)))
    yield _body("a form of too many fields", _filled("a=b&"))
    yield _body("a form with a payload", lambda size: f"payload=%7B%22title%22%3A%22{fill('a', size)}%22%7D")
    yield _body("multipart of many parts", _parts)
    part = '--b\r\nContent-Disposition: form-data; name="a"\r\n'
    yield _body("multipart with a long header", lambda size: f"{part}X-{fill('a', size)}: b\r\n\r\nv\r\n--b--\r\n")
    near = f"\r\n--{'b' * 59}"
    yield _body("multipart that nearly ends", lambda size: part.replace("--b", f"--{'b' * 60}", 1) + fill(near, size))
    yield _body("a boundary behind blanks", lambda size: f"--x{fill(' ', size)}")


def _parts(size: int) -> str:
    count = max(1, min(990, size // 70))
    filler = "v" * max(1, size // count - 60)
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    return "".join(part.format(number, filler) for number in range(count)) + "--b--\r\n"


def _xml() -> Iterator[Hostile]:
    """Yield XML."""
    contract = "<title>t</title><status>trigger</status><id>1</id>"
    inner: dict[str, Text] = {
        "siblings": _filled("<b>c</b>"),
        "empty siblings": _filled("<b/>"),
        "names": lambda size: "".join(f"<b{number}>c</b{number}>" for number in range(size // 16)),
        "attributes": lambda size: "<b " + "".join(f'a{number}="" ' for number in range(size // 9)) + "/>",
        "depth": _filled("<b>" * 50 + "</b>" * 50),
        "too much depth": _filled("<b>"),
        "text between elements": _filled("x<b/>"),
        "references": lambda size: f"<message>{fill('&amp;', size)}</message>",
    }
    for name, text in inner.items():
        yield _body(f"XML of {name}", _element(contract, text))
    yield _body("XML side by side", lambda size: contract + fill("<b>c</b>", size))


def _element(contract: str, text: Text) -> Text:
    return lambda size: f"<a>{contract}{text(size)}</a>"


def _bytes() -> Iterator[Hostile]:
    """Yield text of no format, compressed bodies, and other character sets."""
    yield _body("a text", _filled("a b=c "))
    yield _body("a text of brackets", lambda size: "x" + fill("[", size))
    yield Hostile("a compressed body that grows", lambda size: Request(gzip.compress(b"[" + b"1," * size * 8 + b"1]")))
    yield Hostile("a compressed body of blanks", lambda size: Request(zlib.compress(b" " * size * 50)))
    yield Hostile("UTF-16", lambda size: Request(json.dumps({"title": "ä" * (size // 6)}).encode("utf-16")))
    yield Hostile("damaged UTF-8", lambda size: Request(b'{"title":"' + b"\xc3" * size + b'"}'))
    yield _body("half characters", lambda size: f'{{"title":"{fill(chr(0xD800), size)}"}}')


def _requests() -> Iterator[Hostile]:
    """Yield requests whose size is not in the body."""
    body = compact(CONTRACT)
    many = {f"x-{number}": "y" for number in range(99)}
    yield Hostile("a long header name", lambda size: Request(body, headers={fill("token-", size): "x"}))
    yield Hostile("many headers", lambda _: Request(body, headers=many))
    yield Hostile("a long content type", lambda size: Request(body, headers={"content-type": fill("charset=", size)}))
    yield Hostile("a long query", lambda size: Request(b"", "GET", query={"title": fill("a", size), "status": "ok"}))
    yield Hostile("a long path", lambda size: Request(body, path="/" + fill("a1/", size)))


# --- Fields ----------------------------------------------------------------------------------------------------------

HOSTS = {
    "alibaba_cloudmonitor": ("warn", "json_2018", "v2_occurred", "event_executing", "queue_warn"),
    "generic": ("guessed", "label_set"),
    "grafana": ("single", "legacy"),
    "ilert": ("alert", "webhook_created"),
    "influxdb2": ("critical", "status_row"),
    "influxdb3": ("threshold_warn", "object", "plain"),
    "itoc360": ("sdk", "n8n"),
    "kapacitor": ("v14_critical",),
    "prometheus_alertmanager": ("single", "push"),
    "zapier": ("trigger",),
}
"""Honest requests of vendors with several forms, by the names of their fixtures; of others the first that fires."""

TEXTS = {
    "letters": "a",
    "blanks": " ",
    "lines": "\n",
    "control characters": "\x1b[",
    "direction marks": "\u202e",
    "marks": "e\u0301",
    "joined emoji": "👩\u200d",
    "commas": ",",
    "tildes": "~",
    "per cent": "%a",
    "braces": "{{",
    "templates": "{{a}} ",
    "dollars": "${",
    "no value": "<no value",
    "pairs": "a=b ",
    "brackets": "[",
    "states in brackets": "[FIRING:1] ",
    "states": "ok: ",
    "numbers": "1 ",
    "decimals": "1.",
    "colons": ":",
    "addresses": "ab:",
    "days": "2026-01-01T",
    "quotes": '"a":"b" ',
    "levels": ":WARN",
    "keys": " key=",
    "dashes": "-",
    "links": "https://a/",
    "rules": "/alerting/a",
    "commas of full width": "taskName=a\uff0c",
    "words": "a b_c-d ",
    "entities": "&a",
}
"""Pieces of the texts that are put into fields."""

LISTS: dict[str, object] = {
    "lists": [],
    "objects": {},
    "numbers": 1,
    "texts": "a",
    "nulls": None,
    "lists of texts": ["a", "b"],
    "named values": {"name": "a", "value": "b", "href": "x", "text": "a", "metric": "a", "tags": {"a": "b"}},
    "wrong fields": {"href": [], "text": [], "labels": [], "status": 5, "startsAt": "x", "tags": []},
}
"""Elements of the lists that are put into fields."""

OBJECTS: dict[str, Callable[[int], object]] = {
    "numbers": lambda size: {str(number): 1 for number in range(size // 9)},
    "texts": lambda size: {f"k{number}": "v" for number in range(size // 11)},
    "lists": lambda size: {str(number): [] for number in range(size // 9)},
    "templates": lambda size: {f"{{{{{number}}}}}": "{{a}}" for number in range(size // 20)},
    "control characters": lambda size: {f"{number}\x1b": "v\x1b" for number in range(size // 24)},
    "links": lambda size: {str(number): f"http://a/{number}" for number in range(size // 24)},
    "nested names": lambda size: {"k" * 200: {"k" * 200: {str(number): 1 for number in range(size // 9)}}},
}
"""Objects that are put into fields."""


def in_fields(vendors: Iterable[str]) -> Iterator[Hostile]:
    """Yield honest requests of vendors with texts, lists and objects in each of their fields."""
    for vendor in vendors:
        cases = {case.name: case for case in load(FIXTURES / vendor)}
        formats = registry.find(vendor).formats
        fires = (case for case in cases.values() if case.expected[0].startswith("firing"))
        firing = next((case.name for case in fires if isinstance(document_of(case, formats), dict | list)), "")
        for name in HOSTS.get(vendor, (firing,)):
            yield from _fields(vendor, cases[name])


STEP = 4
"""Fields share what is put into them: each has every fourth text, list or object, the next field the next ones."""


def _fields(vendor: str, case: Case) -> Iterator[Hostile]:
    document = document_of(case, registry.find(vendor).formats)
    for number, where in enumerate(places(document)):
        if where and all(step == 0 for step in where if isinstance(step, int)):
            makers = list(_makers(is_scalar=not isinstance(resolve(document, where), dict | list)).items())
            for name, make in makers[number % STEP :: STEP]:
                yield Hostile(
                    f"{name} in {case.name} {format_path(where)}", _put(case, document, where, make), (vendor,)
                )


@cache
def _makers(*, is_scalar: bool) -> dict[str, Callable[[int], object]]:
    """Return what is put in the place of a scalar, or of an object or a list."""
    if is_scalar:
        texts: dict[str, Callable[[int], object]] = {name: _filled(piece) for name, piece in TEXTS.items()}
        return {f"a text of {name}": make for name, make in texts.items()} | {"a list of numbers": _list_of(1)}
    lists = {f"a list of {name}": _list_of(one) for name, one in LISTS.items()}
    return lists | {f"an object of {name}": make for name, make in OBJECTS.items()}


def _list_of(one: object) -> Callable[[int], object]:
    return lambda size: [one] * max(1, size // (len(compact(one)) + 1))


def _put(case: Case, document: Any, where: JsonPath, make: Callable[[int], object]) -> Callable[[int], Request]:
    sent = case.request

    def request(size: int) -> Request:
        body = compact(replaced(document, where, make(size)))
        return Request(body, sent.method, sent.path, {}, sent.query)

    return request
