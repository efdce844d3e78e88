"""Small bodies that try to become large: each costs at most 20 ms, and 8 MiB beside what it holds.

A body, inflated up to the limit where it is compressed, may stand in memory twice: as it came and as text. Large bodies
that are only large are measured by `bench.hostile`, against decoding. The exit status is 1 if one costs more.
"""

import gzip
import json
import sys
import time
import tracemalloc
import zlib
from base64 import b64encode
from collections.abc import Iterator

from alertmap import AdapterError, AlertmapError, Request, detect, parse
from alertmap.strict_json import DEFAULTS
from bench.hostile_bodies import GENERIC

MILLISECONDS, MEBIBYTES = 20, 8
_MANY = 100_000


def bombs() -> Iterator[tuple[str, str, Request]]:
    """Yield the name of each bomb, the vendor that it is posted to, and its request."""
    for name, squeeze in (("gzip", gzip.compress), ("zlib", zlib.compress)):
        yield f"200 MB of zeros in {name}", "generic", Request(squeeze(bytes(200_000_000)))
        yield f"200 MB of JSON in {name}", "generic", Request(squeeze(b"[" + b"1," * _MANY * 1000 + b"1]"))
        twice = squeeze(squeeze(b" " * 200_000_000))
        yield f"{name} in {name}", "generic", Request(twice, headers={"content-encoding": f"{name}, {name}"})
    yield "lists in each other", "generic", Request(b"[" * _MANY)
    yield "closed lists in each other", "generic", Request(b"[" * _MANY + b"]" * _MANY)
    yield "objects in each other", "generic", Request(b'{"a":' * _MANY)
    for digits in (_MANY, 1_000_000):
        yield f"an integer of {digits} digits", "generic", _with("id", f"{'9' * digits}")
        yield f"a float of {digits} digits", "generic", _with("id", f"1.{'9' * digits}")
        yield f"an exponent of {digits} digits", "generic", _with("id", f"1e{'9' * digits}")
    yield "a number beyond the floats", "generic", _with("id", "1e999")
    yield "a key over the limit", "generic", Request(b'{"' + b"k" * 300_000 + b'":1}')
    yield "a text over the limit", "generic", _with("title", '"' + "t" * 300_000 + '"')
    yield "a body over the limit", "generic", Request(b" " * 9_000_000)
    lol = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    laughs = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">{lol}]><alert><title>&l9;</title></alert>'
    yield "XML entities in each other", "zapier", Request(laughs)
    blow = f'<!DOCTYPE a [<!ENTITY x "{"x" * 50_000}">]><a>{"&x;" * 10_000}</a>'
    yield "one long XML entity, often", "zapier", Request(blow)
    yield (
        "an external XML entity",
        "zapier",
        Request('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
    )
    yield "XML elements in each other", "zapier", Request("<a>" * _MANY)
    yield "form fields over the limit", "zapier", Request("a=b&" * _MANY)
    yield (
        "parts of multipart over the limit",
        "prtg",
        Request("--b\r\nContent-Disposition: form-data\r\n\r\n\r\n" * 20_000),
    )
    yield "headers over the limit", "generic", Request(b"{}", headers={f"h{n}": "v" for n in range(10_000)})
    yield "parameters over the limit", "generic", Request(b"{}", query={f"q{n}": "v" for n in range(10_000)})
    inner = json.dumps(GENERIC)
    for _ in range(12):
        inner = json.dumps({"message": {"data": b64encode(inner.encode()).decode()}, "subscription": "s"})
    yield "twelve envelopes in each other", "generic", Request(inner)
    references = {"id": "a", "message": "m", "details": f"&#{'9' * _MANY};", "level": "CRITICAL"}
    yield "a character reference of many digits", "kapacitor", Request(json.dumps(references))


def _with(key: str, written: str) -> Request:
    return Request(json.dumps({**GENERIC, key: 0}).replace(f'"{key}": 0', f'"{key}": {written}'))


def measure(vendor: str, request: Request) -> tuple[float, float, str]:
    """Return milliseconds of CPU time (the best of five), mebibytes at the peak, and the outcome of one request."""
    outcome, best = "", float("inf")
    for _ in range(5):
        start = time.process_time()
        outcome = _outcome(vendor, request)
        best = min(best, time.process_time() - start)
    tracemalloc.start()
    _outcome(vendor, request)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return best * 1e3, peak / 2**20, outcome


def _outcome(vendor: str, request: Request) -> str:
    try:
        detect(request)
        parse(vendor, request)
    except AdapterError:
        raise
    except AlertmapError as error:
        return type(error).__name__
    return "accepted"


def main() -> int:
    """Print the table; return 1 if a bomb costs too much."""
    over = 0
    print(f"{'ms':>8} {'MiB':>8}  outcome, body, adapter")
    for name, vendor, request in bombs():
        milliseconds, mebibytes, outcome = measure(vendor, request)
        held = DEFAULTS.max_body if " in gzip" in name or " in zlib" in name else len(request.body)
        is_over = milliseconds > MILLISECONDS or mebibytes - 2 * held / 2**20 > MEBIBYTES
        over += is_over
        mark = "  over the aim" if is_over else ""
        print(f"{milliseconds:8.2f} {mebibytes:8.2f}  {outcome}, {name}, {vendor}{mark}", flush=True)
    print(f"{over} over the aim")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
