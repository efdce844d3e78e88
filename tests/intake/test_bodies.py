"""Bodies as senders post them: storms, other character sets and compressions, and any bytes at all."""

import gzip
import json
import time
import zlib
from contextlib import suppress
from encodings.aliases import aliases

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import (
    ConfigurationError,
    DecodeError,
    LimitError,
    Limits,
    ProblemCode,
    Request,
    State,
    parse,
)
from alertmap.intake.decode import Document, decode

ALERT = {
    "status": "firing",
    "labels": {
        "alertname": "NodeDown",
        "cluster": "eu-west-1-production",
        "container": "exporter",
        "endpoint": "metrics",
        "instance": "",
        "job": "kubernetes-nodes",
        "namespace": "monitoring",
        "node": "ip-10-0-0-1.eu-west-1.compute.internal",
        "pod": "node-exporter-x7k2p",
        "prometheus": "monitoring/k8s",
        "service": "node-exporter",
        "severity": "critical",
    },
    "annotations": {"summary": "a node does not answer", "description": "no scrape for 5 minutes"},
    "startsAt": "2026-05-01T10:00:00Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "https://prometheus.example/graph?g0.expr=up+%3D%3D+0",
    "fingerprint": "0a1b2c3d4e5f6071",
}


def storm(alerts: int) -> bytes:
    """Return an Alertmanager notification with this many alerts of 12 labels."""
    many = [ALERT | {"labels": ALERT["labels"] | {"instance": f"10.0.{n >> 8}.{n & 255}:9100"}} for n in range(alerts)]  # type: ignore[operator]
    group = {"groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "https://am.example"}
    head = {"version": "4", "groupKey": '{}:{alertname="NodeDown"}', "status": "firing", "receiver": "pager"}
    return json.dumps({**head, **group, "truncatedAlerts": 0, "alerts": many}).encode()


@pytest.mark.parametrize("compressed", [False, True])
def test_a_storm_is_read(*, compressed: bool) -> None:
    """5,000 alerts of 12 labels each are read inside the default limits, plain and compressed."""
    body = storm(5000)
    assert len(body) > 3_000_000
    headers = {"Content-Type": "application/json"} | ({"Content-Encoding": "gzip"} if compressed else {})
    batch = parse(
        "prometheus_alertmanager", Request(gzip.compress(body, mtime=0) if compressed else body, headers=headers)
    )
    assert len({alert.dedup_key for alert in batch.alerts}) == 5000
    assert {alert.state for alert in batch.alerts} == {State.FIRING}
    assert not batch.problems


def test_a_larger_storm_is_refused() -> None:
    """One alert more than `max_alerts` is a `LimitError`; no part of the storm is read."""
    with pytest.raises(LimitError, match="max_alerts"):
        parse("prometheus_alertmanager", storm(5001))


LATIN = '{"title":"Störung Heizung","status":"trigger","id":"7","severity":"high"}'.encode("latin-1")
PLAIN = LATIN.replace(b"\xf6", b"oe")


@pytest.mark.parametrize(
    ("headers", "body", "title"),
    [
        ({"Content-Type": "application/json"}, LATIN, "Störung Heizung"),
        ({"Content-Type": "application/json; charset=gbk"}, LATIN.replace(b"\xf6", b"\xb8\xe6"), "St告rung Heizung"),
        ({"Content-Type": "application/json; charset=windows-1251"}, LATIN, "Stцrung Heizung"),
        ({"Content-Encoding": "UTF-8"}, PLAIN, "Stoerung Heizung"),
        ({"Content-Encoding": "gzip"}, PLAIN, "Stoerung Heizung"),
        ({}, gzip.compress(PLAIN, mtime=0), "Stoerung Heizung"),
        ({}, PLAIN.replace(b"oe", b"\\ud83d"), "St\ufffdrung Heizung"),
    ],
)
def test_damaged_encodings_still_give_alerts(headers: dict[str, str], body: bytes, title: str) -> None:
    """A wrong character set or header costs a problem of the batch, not the alert."""
    batch = parse("zapier", Request(body, headers=headers))
    (alert,) = batch.alerts
    assert (alert.title, alert.state) == (title, State.FIRING)
    assert [problem.code for problem in batch.problems] == [ProblemCode.ENCODING]


FORMATS = ["json", "form", "xml", "text", "query", "empty", "path", "multipart"]
CHARSETS = sorted(
    {*aliases, *aliases.values(), "", "utf-8", "utf-8-sig", "x", "unicode_escape", "rot13", "idna", "\x00"}
)
ENCODINGS = ["", "gzip", "deflate", "br", "zstd", "identity", "utf-8", "gzip, gzip", "x"]
PIECES = [b"{", b'"', b":", b"[", b"]", b"}", b"<a>", b"</a>", b"&", b"=", b"%e9", b"--x\r\nA: b\r\n\r\n", b"--x--\r\n"]
BYTES = st.binary(max_size=80) | st.lists(
    st.sampled_from(PIECES)
    | st.binary(max_size=3)
    | st.sampled_from([b"\\ud83d", b"\xed\xa0\xbd", "é".encode(), b"\xe9"]),
    max_size=20,
).map(b"".join)


@given(
    BYTES | BYTES.map(gzip.compress) | BYTES.map(zlib.compress) | BYTES.map(lambda data: zlib.compress(data)[2:-4]),
    st.sampled_from(CHARSETS) | st.text(max_size=8),
    st.sampled_from(ENCODINGS) | st.text(max_size=8),
    st.frozensets(st.sampled_from(FORMATS), min_size=1),
)
def test_any_body_with_any_headers(body: bytes, charset: str, encoding: str, formats: frozenset[str]) -> None:
    """Bytes with any headers give a JSON document, nothing, or an error of this library."""
    headers = {"Content-Type": f"text/plain; charset={charset}", "Content-Encoding": encoding}
    try:
        found = decode(Request(body, headers=headers), formats, Limits())
    except (DecodeError, LimitError, ConfigurationError):
        return
    if found is not None:
        assert isinstance(found, Document)
        assert json.loads(json.dumps(found.value, ensure_ascii=False).encode()) == found.value


@given(st.text(st.characters(), max_size=60), st.frozensets(st.sampled_from(FORMATS), min_size=1))
def test_any_text(body: str, formats: frozenset[str]) -> None:
    """A text with lone surrogates anywhere is handled like bytes."""
    try:
        found = decode(Request(body), formats, Limits())
    except (DecodeError, LimitError):
        return
    json.dumps(None if found is None else found.value, ensure_ascii=False).encode()


MEGABYTE = 1024 * 1024
NASTY = {
    "backslashes": b'["' + b"\\" * MEGABYTE,
    "half characters": b'["' + b"\\ud800" * (MEGABYTE // 6) + b'"]',
    "escapes": b'["\\ud800' + b"\\n" * (MEGABYTE // 2) + b'"]',
    "raw half characters": b'["' + b"\xed\xa0\x80" * (MEGABYTE // 3) + b'"]',
    "bytes of no character": b'["' + b"\xff" * MEGABYTE + b'"]',
    "cut characters": b'["' + "告".encode()[:2] * (MEGABYTE // 2) + "告".encode() * MEGABYTE + b'"]',
    "utf-16 halves": b"\xff\xfe" + b"\x00\xd8" * (MEGABYTE // 2),
    "boundaries": b"--x\r\nA: b\r\n\r\n" + b"\r\n--x" * (MEGABYTE // 5),
    "half boundaries": b"--x\r\nA: b\r\n\r\n" + b"\r\n--" * (MEGABYTE // 4),
    "returns": b"--x\r\nA: b\r\n\r\n" + b"\r" * MEGABYTE,
    "a boundary without end": b"--" + b"x" * MEGABYTE,
    "blanks": b" " * MEGABYTE + b"{",
    "percents": b"a=" + b"%" * MEGABYTE,
    "odd fields": b"&".join([b"a=%ff"] * 999),
}
HEADERS = {
    "charset": "charset" * 1000 + " " * MEGABYTE + "charset" + "=" * MEGABYTE,
    "blanks": "text/plain; charset" + " " * MEGABYTE,
    "one byte each": "text/plain; charset=iso8859-6",
    "several bytes each": "text/plain; charset=gbk",
}


@pytest.mark.parametrize("body", NASTY)
@pytest.mark.parametrize("header", HEADERS)
def test_time_is_bounded(body: str, header: str) -> None:
    """A megabyte that is slow in quadratic decoders is read or refused in bounded time."""
    request = Request(NASTY[body], headers={"Content-Type": HEADERS[header], "Content-Encoding": HEADERS[header]})
    start = time.process_time()
    for formats in (frozenset({"json"}), frozenset({"form", "multipart"})):
        with suppress(DecodeError, LimitError):
            decode(request, formats, Limits(max_string=8 * MEGABYTE))
    assert time.process_time() - start < 3
