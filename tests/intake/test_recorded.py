"""Recorded requests: one HTTP request in a JSON file."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import DecodeError, LimitError, ProblemCode, Request, ShapeError, parse
from alertmap.errors import PayloadError
from alertmap.intake.recorded import Recorded, from_document, read_recorded, write_recorded

LEAST: dict[str, Any] = {"method": "post", "path": "/hook?a=b", "body": "{}"}


def test_a_recorded_request() -> None:
    """Method, path with query, headers and body are read back; other keys are ignored."""
    sender = {"product": "Acme", "version": "1.0"}
    file = {**LEAST, "headers": {"X-A": "1"}, "received_at": "2026-01-01T13:00:00+01:00", **sender}
    found = read_recorded(json.dumps(file).encode())
    assert found == Recorded(
        Request(b"{}", "POST", "/hook?a=b", {"x-a": "1"}), datetime(2026, 1, 1, 12, tzinfo=UTC), "Acme 1.0"
    )
    assert from_document({**LEAST, "product": ["Acme"], "version": 1}).product == ""
    assert found.request.query == {"a": "b"}
    assert read_recorded(b"\xef\xbb\xbf" + json.dumps(LEAST).encode()).received_at is None


def test_bodies() -> None:
    """The body is text or base64 of bytes that are not UTF-8, which has precedence; it may be missing."""
    assert from_document({**LEAST, "body": '{"é": 1}'}).request.body == '{"é": 1}'.encode()
    assert from_document({**LEAST, "body_raw": b64encode(b"\xff\x00").decode()}).request.body == b"\xff\x00"
    assert from_document({**LEAST, "body": None}).request.body == b""
    assert from_document({**LEAST, "body_raw": ""}).request.body == b""


@pytest.mark.parametrize("raw", ["%%%", "é", "YQ", "YQ=\n", "YQ==YQ=="])
def test_bodies_that_are_no_base64(raw: str) -> None:
    """Invalid base64 is refused."""
    with pytest.raises(DecodeError, match="body_raw is not base64"):
        from_document({**LEAST, "body_raw": raw})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"path": "/"}, "not a recorded request: expected str, found nothing @ $.method"),
        ({**LEAST, "body": {"a": 1}}, "not a recorded request: expected str, got object @ $.body"),
        ({**LEAST, "headers": {"a": 1}}, "not a recorded request: expected str, got int @ $.headers.a"),
        ([], "not a recorded request: expected object, got list @ $"),
    ],
)
def test_other_documents_are_refused(document: Any, message: str) -> None:
    """The error names the path and contains no value."""
    with pytest.raises(ShapeError) as caught:
        read_recorded(json.dumps(document).encode())
    assert str(caught.value) == message
    assert caught.value.problems


@pytest.mark.parametrize(
    ("data", "kind"), [(b"\xff", DecodeError), (b"{", DecodeError), (b"[" * 99 + b"]" * 99, LimitError)]
)
def test_files_that_cannot_be_read(data: bytes, kind: type[PayloadError]) -> None:
    """A file that is not JSON in UTF-8, or too deep, is refused."""
    with pytest.raises(kind):
        read_recorded(data)


def test_lone_surrogates_are_passed_on() -> None:
    """A lone surrogate in a recorded text reaches the parser as in a body."""
    request = from_document({**LEAST, "body": '{"status":"trigger","title":"\ud83d","id":"7"}'}).request
    batch = parse("zapier", request)
    assert [alert.title for alert in batch.alerts] == ["\ufffd"]
    assert ProblemCode.ENCODING in {problem.code for problem in batch.problems}


@given(st.binary(max_size=60) | st.text().map(lambda text: json.dumps({**LEAST, "body": text}).encode()))
def test_any_file(data: bytes) -> None:
    """Any file is a recorded request or a payload error."""
    try:
        found = read_recorded(data)
    except PayloadError:
        return
    assert found.request.path == "/hook"


def test_the_path_is_written_with_its_query() -> None:
    """The query is escaped; without a query there is no question mark."""
    assert json.loads(write_recorded(Request(path="/a")))["path"] == "/a"
    assert json.loads(write_recorded(Request(path="/a", query={"b c": "&é"})))["path"] == "/a?b+c=%26%C3%A9"
