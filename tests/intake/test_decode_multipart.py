"""`multipart/form-data`: a body becomes the text of its parts by name, or an error."""

import json
import sys
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import ConfigurationError, DecodeError, LimitError, Limits, PayloadError, ProblemCode, Request
from alertmap.intake.decode import Document, decode, decode_multipart
from captures import SHARED

LIMITS = Limits()
MULTIPART = frozenset({"multipart"})
HEADERS = {"Content-Type": "multipart/form-data; boundary=xyz"}


def part(disposition: str, content: bytes | str, *headers: str) -> bytes:
    """Return one part with the boundary before it."""
    lines = "".join(f"{header}\r\n" for header in (f"Content-Disposition: form-data{disposition}", *headers))
    content = content if isinstance(content, bytes) else content.encode()
    return f"--xyz\r\n{lines}\r\n".encode() + content + b"\r\n"


def multipart(*parts: bytes) -> bytes:
    """Return a body of these parts."""
    return b"".join(parts) + b"--xyz--\r\n"


def read(body: bytes | str, formats: frozenset[str] = MULTIPART, limits: Limits = LIMITS, **headers: str) -> Document:
    """Decode the body of a POST."""
    found = decode(Request(body, headers=headers or HEADERS), formats, limits)
    assert found is not None
    return found


TWO = multipart(
    part('; name="title"', "disk full"), part('; name="data"', '{"id": 7}', "Content-Type: application/json")
)


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (TWO, {"title": "disk full", "data": '{"id": 7}'}),
        (b"\r\n" + TWO + b"behind the end", {"title": "disk full", "data": '{"id": 7}'}),
        (multipart(part("; name=a", "1")), {"a": "1"}),
        (multipart(part('; name="a"', "")), {"a": ""}),
        (multipart(part('; name="a;b"', "1\r\n2")), {"a;b": "1\r\n2"}),
        (multipart(part('; NAME="a"; size=1', "1")), {"a": "1"}),
        (multipart(part('; name="ü"', "é 😀")), {"ü": "é 😀"}),
        (multipart(part('; filename="; name=x"; name="a"', "text")), {"a": "text"}),
        (
            multipart(part('; name="file"; filename="note.txt"', "two\nlines", "Content-Type: text/plain")),
            {"file": "two\nlines"},
        ),
    ],
)
def test_parts_become_fields(body: bytes, form: dict[str, str]) -> None:
    """The text of each part is stored under its name; JSON and files in parts stay text."""
    assert read(body) == Document(form)
    assert read(body.decode()) == Document(form)


@pytest.mark.parametrize(
    "content_type", ["", "multipart/form-data", "multipart/form-data; boundary=other", "application/json", "text/plain"]
)
@pytest.mark.parametrize("formats", [{"multipart"}, {"multipart", "form", "json", "xml", "text", "query", "empty"}])
def test_the_body_decides(content_type: str, formats: set[str]) -> None:
    """The first line of the body is the boundary, whatever the content type; JSON stays JSON."""
    assert read(TWO, frozenset(formats), content_type=content_type).value == {"title": "disk full", "data": '{"id": 7}'}
    assert read(b'{"a": 1}', frozenset({"json", "multipart"})).value == {"a": 1}
    assert read(b"a=1", frozenset({"form", "multipart"})).value == {"a": "1"}


def test_the_boundary_may_be_any() -> None:
    """Boundaries of browsers, curl and axios are read, also with a trailing blank."""
    for boundary in (
        "----WebKitFormBoundary7MA4YWxkTrZu0gW",
        "------------------------d74496d66958873e",
        "'()+_,-./:=?",
    ):
        assert read(TWO.replace(b"xyz", boundary.encode())).value["title"] == "disk full"


@pytest.mark.parametrize(
    ("body", "form", "codes"),
    [
        (multipart(part('; name="a"', b"caf\xe9")), {"a": "café"}, ["encoding"]),
        (
            multipart(part('; name="a"', b"\xd1\xe1\xee\xe9", "Content-Type: text/plain; charset=windows-1251")),
            {"a": "Сбой"},
            ["encoding"],
        ),
        (multipart(part('; name="a"', "é", "Content-Type: text/plain; charset=nonsense")), {"a": "é"}, ["encoding"]),
        (multipart(part('; name="a"', "1"), part('; name="a"', "2")), {"a": "2"}, ["duplicate_field"]),
        (multipart(part("", "1"), part('; name="a"', "2")), {"a": "2"}, ["missing"]),
        (
            multipart(part('; name="png"; filename="a.png"', b"\x89PNG\x00"), part('; name="a"', "2")),
            {"a": "2"},
            ["encoding"],
        ),
        (multipart(part('; name="a"', b"\xe9"), part('; name="b"', b"\xe9")), {"a": "é", "b": "é"}, ["encoding"]),
    ],
)
def test_problems(body: bytes, form: dict[str, str], codes: list[str]) -> None:
    """A part in another character set is read, and a part without a name or text is left out; each with a problem."""
    found = read(body)
    assert found.value == form
    assert [problem.code.value for problem in found.problems] == codes
    assert {problem.path for problem in found.problems} == {"$"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (TWO[: TWO.index(b"--xyz--")], "cut off"),
        (TWO[:60], "cut off"),
        (b"--xyz\r\nContent-Disposition form-data: x\r\n\r\n1\r\n--xyz--\r\n", "not multipart"),
        (b"--xyz\r\nA: b\rc\r\n\r\n1\r\n--xyz--\r\n", "not well-formed"),
        (b"--xyz\r\n\r\n1\r\n--xyz--\r\n", "not multipart"),
        (b"xyz\r\nA: b\r\n\r\n1\r\n--xyz--\r\n", "not multipart"),
        (b"--xyz--\r\n", "not multipart"),
    ],
)
def test_damaged_bodies_are_refused(body: bytes, words: str) -> None:
    """A damaged body is refused, or is text where the vendor sends text."""
    with pytest.raises(DecodeError, match=words):
        read(body)
    with pytest.raises(DecodeError, match=words):
        decode_multipart(body, LIMITS)
    assert read(body, frozenset({"multipart", "text"})).value == body.decode()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (TWO[: TWO.index(b"--xyz--")], "the multipart body is cut off: its last boundary is missing"),
        (
            b"--xyz\r\nA: b\rc\r\n\r\n1\r\n--xyz--\r\n",
            "the body is not multipart/form-data: it is not well-formed",
        ),
        (
            b"--xyz--\r\n",
            "the body is not multipart/form-data: it does not begin with a boundary and a header",
        ),
    ],
)
def test_errors_in_words(body: bytes, message: str) -> None:
    """The error says what is wrong with the body."""
    with pytest.raises(DecodeError) as caught:
        decode_multipart(body, LIMITS)
    assert str(caught.value) == message


def test_problems_in_words() -> None:
    """A problem says what became of a part."""
    parts = [part("", "1"), part('; name="a"', b"\x89PNG\x00"), part('; name="b"', "1"), part('; name="b"', "2")]
    assert [problem.message for problem in read(multipart(*parts)).problems] == [
        "a part of the body has no name; it was left out",
        "a part of the body is not text; it was left out",
        "a form field stands twice; the last one counts",
    ]


def test_multipart_where_a_vendor_sends_none() -> None:
    """Where the vendor does not send multipart the error names the format of the body."""
    for formats in ({"form"}, {"json", "form", "xml"}):
        with pytest.raises(DecodeError, match="the body is multipart/form-data, which is not read here"):
            read(TWO, frozenset(formats))
    text = frozenset({"text"})
    assert read(TWO, text) == Document(TWO.decode())
    with pytest.raises(LimitError, match="max_string = 9"):
        read(TWO, text, Limits(max_string=9))


def test_limits_hold_at_their_edge() -> None:
    """Parts, texts, values and bytes have the limits of forms, documents and bodies."""
    many = multipart(*(part(f'; name="f{number}"', "") for number in range(5)))
    assert len(read(many, limits=Limits(max_fields=5)).value) == 5
    with pytest.raises(LimitError) as caught:
        read(many, limits=Limits(max_fields=4))
    assert str(caught.value) == "the form has too many fields (limit max_fields = 4)"
    with pytest.raises(LimitError, match=r"max_nodes = 5"):
        read(many, limits=Limits(max_nodes=5))
    long = multipart(part('; name="a"', "x" * 100))
    assert read(long, limits=Limits(max_string=100)).value == {"a": "x" * 100}
    with pytest.raises(LimitError, match=r"max_string = 99"):
        read(long, limits=Limits(max_string=99))
    with pytest.raises(LimitError, match=r"max_body"):
        read(long, limits=Limits(max_body=len(long) - 1))
    with pytest.raises(LimitError, match=r"max_fields = 1000"):
        read(part('; name="a"', "") * 1001)


def test_long_headers_of_parts_are_refused() -> None:
    """A part with too long a header is refused."""
    with pytest.raises(DecodeError):
        read(multipart(part('; name="a"', "", f"X-Long: {'x' * 1_000_000}")))
    with pytest.raises(DecodeError):
        read(multipart(part('; name="a"', "", *("X: y",) * 100_000)))


@pytest.mark.parametrize("missing", ["python_multipart.exceptions", "python_multipart.multipart"])
def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Without the extra the error is ours, and names what to install."""
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ConfigurationError, match=r"pip install alertmap\[forms\]"):
        read(TWO)
    text = read(TWO, MULTIPART | {"text"})
    assert text.value == TWO.decode()
    assert [(problem.code, problem.message) for problem in text.problems] == [
        (
            ProblemCode.ENCODING,
            "multipart/form-data can only be read with the extra `forms`: pip install alertmap[forms]",
        )
    ]
    assert read(b"a=1", frozenset({"form", "multipart"})).value == {"a": "1"}


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The multipart parser logs nothing of a body."""
    with suppress(DecodeError):
        read(b"--xyz\r\nA: b\rc\r\n\r\n1\r\n--xyz--\r\n")
    assert not caplog.records


@pytest.mark.skipif(not SHARED.is_dir(), reason="the captures are not on this machine")
def test_captured_bodies() -> None:
    """Bodies sent by Uptime Kuma and Apprise are read."""
    kuma = json.loads((SHARED / "captures/uptime_kuma/http_down_formdata.json").read_text(encoding="utf-8"))
    data = json.loads(read(kuma["body"], **kuma["headers"]).value["data"])
    assert data["monitor"]["name"].startswith("shop — ödeme")
    apprise = json.loads((SHARED / "captures/apprise/v2.2.0_form-attachment_01.json").read_text(encoding="utf-8"))
    found = read(apprise["body"], **apprise["headers"])
    assert found == Document(
        {"version": "1.0", "title": "with file", "message": "b", "type": "warning", "file01": "attached text\n"}
    )


PIECES: list[Any] = [
    "--xyz",
    "--xyz--",
    "\r\n",
    "\n",
    "Content-Disposition: form-data; ",
    'name="a"',
    "filename=",
    '"',
    ";",
    "é",
    ":",
    "-",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join) | st.binary(max_size=80))
def test_any_body_is_a_form_or_an_error(body: str | bytes) -> None:
    """Any body is a dict of texts or a payload error."""
    for data in (body, b"--xyz\r\nA:" + (body if isinstance(body, bytes) else body.encode())):
        with suppress(PayloadError):
            form = read(data, MULTIPART).value
            assert {type(it) for it in (*form, *form.values())} <= {str}


@given(st.dictionaries(st.text("abcü .", min_size=1, max_size=5), st.text(max_size=20)))
def test_round_trip(form: dict[str, str]) -> None:
    """Any texts written as multipart are read back."""
    if form:
        body = multipart(*(part(f'; name="{name}"', text) for name, text in form.items()))
        expected = {name: text.removeprefix("\ufeff") for name, text in form.items()}
        assert read(body).value == expected
