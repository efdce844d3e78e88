"""`parse` gives a batch or an `AlertmapError` for any request, the same twice, and leaves the input unchanged."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alertmap import (
    Alert,
    AlertmapError,
    Batch,
    Request,
    State,
    detect,
    from_dict,
    parse,
    parse_document,
    to_dict,
)
from alertmap import vendors as names
from alertmap.errors import AdapterError, PayloadError
from alertmap.intake import registry
from alertmap.testing import documents
from alertmap.testing.strategies import anything, mutations, texts

FIXTURES = Path(__file__).parents[2] / "fixtures"
BODIES = [
    file.read_bytes()
    for folder in sorted(FIXTURES.iterdir())
    for file in (sorted(folder.glob("*.json"))[:8] if folder.is_dir() else ())
    if not file.name.endswith((".alerts.json", ".request.json"))
]

vendors = st.sampled_from(names())
headers = st.dictionaries(
    st.sampled_from(["Content-Type", "Content-Encoding", "X-GitHub-Event", "User-Agent"]),
    st.sampled_from(["application/json", "gzip", "text/plain; charset=utf-16", "application/x-www-form-urlencoded"])
    | texts,
    max_size=2,
)
methods = st.sampled_from(["POST", "GET", "PUT", "HEAD"])
bodies = (
    st.binary(max_size=100)
    | st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
    | anything.map(lambda document: json.dumps(document).encode())
    | st.sampled_from(BODIES)
    | st.sampled_from(BODIES).flatmap(
        lambda body: st.integers(0, len(body)).map(lambda place: body[:place] + b"\x00" + body[place + 1 :])
    )
    | st.dictionaries(texts, texts, max_size=3).map(lambda form: "&".join(f"{name}={it}" for name, it in form.items()))
)


def outcome(call: Any, *arguments: Any, **named: Any) -> Any:
    """Return the batch, or class and text of the error; a built-in adapter never raises `AdapterError`."""
    try:
        found = call(*arguments, **named)
    except AlertmapError as error:
        assert not isinstance(error, AdapterError), error  # noqa: PT017
        return type(error), str(error)
    return found


def check(batch: Any) -> None:
    """Check what holds for every alert."""
    if not isinstance(batch, Batch):
        kind, _ = batch
        assert issubclass(kind, PayloadError)
        return
    assert batch.alerts or batch.reason
    for alert in batch:
        assert isinstance(alert, Alert)
        assert alert.title.strip()
        assert alert.dedup_key.startswith(f"{batch.vendor}:")
        assert len(alert.dedup_key) <= 255
        assert alert.severity is not None or alert.state is not State.FIRING
        assert from_dict(json.loads(json.dumps(to_dict(alert)))) == alert


@settings(max_examples=200)
@given(vendors, bodies, headers, methods)
@example("kapacitor", b"[" * 5000, {}, "POST")
@example("kapacitor", '{"id": "\ud800"}', {}, "POST")
@example("kapacitor", b'{"id": 1e999}', {}, "POST")
@example("kapacitor", b"", {}, "GET")
def test_any_body(vendor: str, body: bytes | str, sent: dict[str, str], method: str) -> None:
    """Any bytes or text with any headers give a batch or a payload error, the same twice; detection too."""
    request = Request(body, method, "/hook?a=b", sent)
    before = copy.deepcopy(request)
    first = outcome(parse, vendor, request)
    assert outcome(parse, vendor, request) == first
    check(first)
    found = outcome(detect, request)
    assert outcome(detect, request) == found
    assert request == before


@settings(max_examples=150)
@given(vendors, st.data())
def test_any_document(vendor: str, data: st.DataObject) -> None:
    """Any JSON document, and mutated documents of other vendors, give a batch or a payload error, the same twice."""
    other = data.draw(vendors)
    document = data.draw(anything | documents(registry.find(other).models).flatmap(mutations))
    before = copy.deepcopy(document)
    first = outcome(parse_document, vendor, document)
    assert outcome(parse_document, vendor, document) == first
    check(first)
    assert document == before


IS_LONG = settings().max_examples >= 1_000
"""`nox -s property` runs all pairs; else each vendor meets one fixture of each other vendor, in turn."""


@pytest.mark.parametrize("other", [name for name in names() if (FIXTURES / name).is_dir()])
def test_every_fixture_with_every_vendor(other: str) -> None:
    """Every fixture parsed as another vendor gives a batch or a payload error."""
    files = sorted(file for file in (FIXTURES / other).iterdir() if file.suffix in (".json", ".form", ".txt", ".xml"))
    for place, file in enumerate(files):
        body = file.read_bytes()
        for number, vendor in enumerate(names()):
            if IS_LONG or number % len(files) == place:
                check(outcome(parse, vendor, body))
