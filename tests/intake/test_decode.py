"""Bytes to a document: character sets, compression, the format of a body, forms."""

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import DecodeError, LimitError, ProblemCode, Request
from alertmap.intake.decode import decode, decode_form, has_fields, unread_query
from alertmap.strict_json import Limits
from bodies import FORM, JSON, LIMITS, body

# --- Bytes to text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "value", "read_as"),
    [
        (b'["caf\xe9"]', ["café"], "latin-1"),
        (b'{"\xd6l":"\xfc"}', {"Öl": "ü"}, "latin-1"),
        (b'["\xff"]', ["ÿ"], "latin-1"),
        (b'["\xc3"]', ["Ã"], "latin-1"),
        (b'["\xc3\x28"]', ["Ã("], "latin-1"),
        (b'["\xc0\xaf"]', ["À¯"], "latin-1"),  # overlong in UTF-8
        (b'["\xf4\x90\x80\x80"]', ["ô\x90\x80\x80"], "latin-1"),  # beyond Unicode in UTF-8
        (b'["\xc3\xa9\xc3"]', ["é\ufffd"], "damaged utf-8"),
        ('["über","Störung","磁盘'.encode()[:-1] + b'"]', ["über", "Störung", "磁\ufffd"], "damaged utf-8"),
        (b'["\xed\xa0\xbd"]', ["\ufffd"], "half a character"),
        (b'["\xed\xa0\xbd\xed\xb8\x80"]', ["😀"], "half a character"),  # how some databases write it
        (b"\xff\xfe[\x00]\x00", [], "utf-16"),
        (b"\xfe\xff\x00[\x00]", [], "utf-16"),
        ('["é"]'.encode("utf-32"), ["é"], "utf-32"),
        (b"\x00\x00\xfe\xff" + '["é"]'.encode("utf-32-be"), ["é"], "utf-32"),
        (b'\xff\xfe[\x00"\x00\x3d\xd8"\x00]\x00', ["\ufffd"], "utf-16"),
    ],
)
def test_undeclared_character_sets(data: bytes, value: Any, read_as: str) -> None:
    """Bytes that are not UTF-8 are read by their byte order mark, as damaged UTF-8, or as Latin-1; with a problem."""
    found = decode(Request(data), JSON, LIMITS)
    assert found is not None
    assert found.value == value
    (problem,) = found.problems
    assert (problem.code, problem.path) == (ProblemCode.ENCODING, "$")
    assert read_as in problem.message


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"\x00[\x00]\xff",
        b'["\xe9\x01"]',
        b"\x80\x04\x95",
        b"\x0b\x03\x80\xe9",
    ],
)
@pytest.mark.parametrize("formats", [JSON, JSON | {"text"}, FORM])
def test_binary_bodies_are_refused(data: bytes, formats: frozenset[str]) -> None:
    """Bytes with control characters that are not UTF-8 are refused, also where a vendor sends text."""
    with pytest.raises(DecodeError, match="not text"):
        body(data, formats)


@pytest.mark.parametrize("data", [b"[1\xe5]", b'["\\\xe5"]', b"\xef\xbb", b"\x00[\x00]", b"\xff\xfe["])
def test_another_character_set_mends_no_json(data: bytes) -> None:
    """A body that is not JSON in the character set it is read with is refused."""
    with pytest.raises(DecodeError, match="not JSON"):
        body(data)


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf{}", "\ufeff{}"])
def test_one_byte_order_mark_is_removed(data: bytes | str) -> None:
    """One byte order mark is removed with a problem; two are not JSON, and one alone is an empty body."""
    found = decode(Request(data), JSON, LIMITS)
    assert found is not None
    assert found.value == {}
    assert [(problem.code, problem.path) for problem in found.problems] == [(ProblemCode.ENCODING, "$")]
    mark = data[: -len("{}")]
    with pytest.raises(DecodeError, match="not JSON"):
        body(mark + data)  # type: ignore[operator]
    with pytest.raises(DecodeError, match="empty"):
        body(mark)


@pytest.mark.parametrize(
    ("content_type", "data", "message"),
    [
        ("application/json", "é".encode(), None),
        ("application/json; charset=utf-8", "é".encode(), None),
        ('application/json; charset="UTF-8"', "é".encode(), None),
        ("application/json; charset='utf8'", "é".encode(), None),
        ("application/json; charset=", "é".encode(), None),
        ("text/plain; charset=us-ascii", "é".encode(), None),
        ("text/plain; charset=gbk", b"e", None),
        ("application/json; charset=nonsense", "é".encode(), "the declared character set is not known; the body"),
        ("application/json; charset=nonsense", b"e", "the declared character set is not known; the body"),
        ("application/json; charset=nonsense", b"\xe9", "the body is not utf-8; it was read as latin-1"),
        ("application/json; charset=ISO-8859-1", b"\xe9", "the body is latin-1, not utf-8"),
        ("application/json; charset=latin1", b"\xe9", "the body is latin-1, not utf-8"),
        ("application/json; charset=latin1", "é".encode(), "the body is utf-8, not latin-1 as declared"),
        ("application/json; charset=windows-1252", b"\x80", "the body is cp1252, not utf-8"),
        ("application/json; charset=windows-1252", b"\x81\xe9", "the body is not utf-8; it was read as latin-1"),
        ("application/json; charset = Windows-1251", b"\xd1", "the body is cp1251, not utf-8"),
        ("application/json; charset=koi8-u", b"\xd1", "the body is koi8-u, not utf-8"),
        ("application/json; charset=gbk", b"\xb8\xe6\xbe\xaf", "the body is gbk, not utf-8"),
        ("application/json; charset=gbk", "告警了".encode(), "the body is utf-8, not gbk as declared"),
        ("application/json; charset=gbk", b"\xb8\xe6\xbe", "the body is damaged gbk; U+FFFD stands for what is broken"),
        ("application/json; charset=Shift_JIS", b"\x8d\x90", "the body is shift_jis, not utf-8"),
        ("application/json; charset=euc-kr", b"\xb0\xe6", "the body is euc_kr, not utf-8"),
        ("application/json; charset=utf-16", "é".encode(), "the body is utf-8, not utf-16 as declared"),
        ("application/json; charset=utf-16", b"\xe9", "the body is not utf-8; it was read as latin-1"),
        ("application/json; charset=utf-7", "é".encode(), "the declared character set is not known; the body"),
    ],
)
def test_charsets(content_type: str, data: bytes, message: str | None) -> None:
    """A declared character set is used where the bytes allow it, with a problem unless it is UTF-8 or ASCII."""
    declared = content_type.lower().partition("charset")[2].strip(" =\"'")
    text = {"the body is utf-8": "utf-8", "the body is not utf-8; it was read as latin-1": "latin-1"}
    charset = next((name for start, name in text.items() if (message or "").startswith(start)), declared)
    if "not known" in (message or "") or not message:
        charset = "utf-8"
    found = decode(Request(b'{"text":"' + data + b'"}', headers={"Content-Type": content_type}), JSON, LIMITS)
    assert found is not None
    assert found.value == {"text": data.decode(charset, "replace")}
    assert [problem.code for problem in found.problems] == ([ProblemCode.ENCODING] if message else [])
    assert "".join(problem.message for problem in found.problems).startswith(message or "")


@pytest.mark.parametrize("text", ["é", "告警", "😀", "\x7f"])
@pytest.mark.parametrize("content_type", ["", "text/plain; charset=utf-8", "text/plain; charset=latin-1"])
def test_a_body_that_is_text_already_has_no_character_set(text: str, content_type: str) -> None:
    """A body that is given as text is read as it is, without a problem, whatever is declared."""
    for sent, formats, value in (
        (f'{{"text": "{text}"}}', JSON, {"text": text}),
        (f"text={text}", FORM, {"text": text}),
        (text, frozenset({"text"}), text),
    ):
        found = decode(Request(sent, headers={"Content-Type": content_type}), formats, LIMITS)
        assert found == (value, ())


@pytest.mark.parametrize(
    ("charset", "data"),
    [
        ("utf-16", '{"é":1}'.encode("utf-16")),
        ("UTF-16", b"\xfe\xff" + '{"é":1}'.encode("utf-16-be")),
        ("utf-16", '{"é":1}'.encode("utf-16-le")),
        ("utf-16", '{"é":1}'.encode("utf-16-be")),
        ("utf-16le", '{"é":1}'.encode("utf-16-le")),
        ("utf-16be", '{"é":1}'.encode("utf-16-be")),
        ("utf-32", '{"é":1}'.encode("utf-32-be")),
        ("utf-8", '{"é":1}'.encode("utf-16")),
    ],
)
def test_wide_characters(charset: str, data: bytes) -> None:
    """UTF-16 and UTF-32 are read by their mark, or where they are declared and the bytes agree."""
    found = decode(Request(data, headers={"Content-Type": f"application/json; charset={charset}"}), JSON, LIMITS)
    assert found is not None
    assert found.value == {"é": 1}
    assert [problem.code for problem in found.problems] == [ProblemCode.ENCODING]


@pytest.mark.parametrize(
    "name",
    [
        "utf-7",
        "idna",
        "punycode",
        "unicode_escape",
        "raw_unicode_escape",
        "unicode-escape",
        "undefined",
        "hz",
        "iso-2022-jp",
        "rot13",
        "base64",
        "hex",
        "zlib",
        "uu",
        "quopri",
        "bz2",
        "mbcs",
        "oem",
        "aliases",
        "charmap",
        "a.b",
        "__init__",
    ],
)
def test_unusable_charsets_are_ignored(name: str) -> None:
    """Unknown character sets, and codecs that hide text in other text, are not used."""
    data = b'{"text": "+AGE- \\\\u0041 ~{VP~} a-b"}'
    found = decode(Request(data, headers={"Content-Type": f"application/json; charset={name}"}), JSON, LIMITS)
    assert found is not None
    assert found.value == json.loads(data)
    assert [problem.code for problem in found.problems] == [ProblemCode.ENCODING]


def test_unknown_charset_names_are_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown names do not reach Python's codec registry, which would keep them for ever."""
    monkeypatch.setattr("codecs.lookup", lambda name: pytest.fail(f"{name} was looked up"))
    for number in range(50):
        assert body(b"[]", content_type=f"application/json; charset=x-{number}") == []


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZIP ", "deflate"])
@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress])
def test_compressed_bodies(encoding: str, compress: Callable[[bytes], bytes]) -> None:
    """A gzip or deflate body is inflated, recognised by its first bytes."""
    found = decode(Request(compress(b'{"a": 1}'), headers={"Content-Encoding": encoding}), JSON, LIMITS)
    assert found == ({"a": 1}, ())


@pytest.mark.parametrize("encoding", ["", "identity", "Identity"])
def test_uncompressed_bodies(encoding: str) -> None:
    """A body without compression is read as it is, also if `identity` is declared."""
    assert decode(Request(b"[1]", headers={"Content-Encoding": encoding}), JSON, LIMITS) == ([1], ())
    assert body("[1]", content_encoding="gzip") == [1]
    assert decode(Request(b"", "GET", headers={"content-encoding": "gzip"}), JSON, LIMITS) is None


PLAIN = b'{"title": "disk", "id": 1}'
LATIN = '{"title": "Öl"}'.encode("latin-1")
RAW = zlib.compress(PLAIN)[2:-4]
BROTLI = b"\x8b\x0c\x80" + PLAIN + b"\x03"
ZSTD = b"\x28\xb5\x2f\xfd\x20\x1a\xd1\x00\x00" + PLAIN


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("utf-8", PLAIN),
        ("gzip", PLAIN),
        ("deflate", PLAIN),
        ("deflate", LATIN),
        ("br", PLAIN),
        ("zstd", LATIN),
        ("gzip, gzip", PLAIN),
        ("chunked", PLAIN),
        ("", gzip.compress(PLAIN, mtime=0)),
        ("identity", gzip.compress(PLAIN, mtime=0)),
        ("utf-8", gzip.compress(PLAIN, mtime=0)),
        ("br", gzip.compress(PLAIN, mtime=0)),
        ("gzip, identity", gzip.compress(PLAIN, mtime=0)),
        ("none", zlib.compress(PLAIN)),
    ],
)
def test_the_first_bytes_decide_the_compression(encoding: str, data: bytes) -> None:
    """A content encoding that the body does not have is ignored, with a problem."""
    found = decode(Request(data, headers={"Content-Encoding": encoding}), JSON, LIMITS)
    assert found is not None
    assert found.value in ({"title": "disk", "id": 1}, {"title": "Öl"})
    assert found.problems
    assert {problem.code for problem in found.problems} == {ProblemCode.ENCODING}
    assert any("content encoding" in problem.message for problem in found.problems)


def test_raw_deflate() -> None:
    """Deflate without a header is read where deflate is declared, without a problem: many senders mean that."""
    found = decode(Request(RAW, headers={"Content-Encoding": "deflate"}), JSON, LIMITS)
    assert found is not None
    assert (found.value, found.problems) == ({"title": "disk", "id": 1}, ())
    with pytest.raises(DecodeError, match="not what its content encoding says"):
        body(RAW, content_encoding="gzip")
    as_text = b"SP0125\x01\x00"  # its bytes are UTF-8 as well, but hold control characters
    assert body(as_text, content_encoding="deflate") == 4254


@pytest.mark.parametrize(("encoding", "data"), [("br", BROTLI), (" ZSTD", ZSTD), ("compress", b"\x1f\x9d\x90\x00")])
def test_other_compressions_are_named(encoding: str, data: bytes) -> None:
    """The error for an unsupported compression names it and the remedy."""
    with pytest.raises(
        DecodeError, match=rf"compressed with {encoding.strip().lower()}, .*: send it as gzip or uncompr"
    ):
        body(data, JSON | {"text"}, content_encoding=encoding)


@pytest.mark.parametrize("encoding", ["sec\x00ret", "chunked", "aes128gcm"])
def test_unknown_compressions_are_not_named(encoding: str) -> None:
    """The error does not repeat an unknown content encoding."""
    with pytest.raises(DecodeError, match="content encoding") as caught:
        body(BROTLI, content_encoding=encoding)
    assert encoding not in str(caught.value)


INTACT = gzip.compress(b'{"a": 1}', mtime=0)


@pytest.mark.parametrize("data", [*(INTACT[:cut] for cut in range(1, len(INTACT))), INTACT + b"x", INTACT + INTACT])
def test_damaged_streams_are_refused(data: bytes) -> None:
    """A compressed stream that is cut, or has bytes after its end, is refused."""
    with pytest.raises(DecodeError, match=r"compressed body|content encoding"):
        body(data, content_encoding="gzip")


@pytest.mark.parametrize("window", [15, -15])
@given(cut=st.integers(1, 60))
def test_damaged_deflate_is_refused(window: int, cut: int) -> None:
    """Deflate that is cut is refused, with a header and without."""
    deflater = zlib.compressobj(wbits=window)
    data = deflater.compress(PLAIN + LATIN * 3) + deflater.flush()
    with pytest.raises(DecodeError):
        body(data[:-cut], content_encoding="deflate")


def test_compression_bombs_are_refused() -> None:
    """A body that inflates beyond the ratio or the limit is refused; a nested one is inflated once."""
    bomb = gzip.compress(b"0" * 10_000_000, mtime=0)
    deflater = zlib.compressobj(wbits=-15)
    raw = deflater.compress(b"0" * 10_000_000) + deflater.flush()
    for encoding in ("gzip", "deflate", "", "utf-8", "br"):
        with pytest.raises(LimitError, match="inflates"):
            body(bomb, content_encoding=encoding)
    for data in (zlib.compress(b" " * 1_000_000), raw):
        with pytest.raises(LimitError, match="inflates"):
            body(data, content_encoding="deflate")
    with pytest.raises(DecodeError, match="not text"):
        body(gzip.compress(bomb, mtime=0), content_encoding="gzip")


def test_inflation_ends_at_the_limits() -> None:
    """A body that inflates exactly to a limit is read, and one byte more is refused."""
    text = b'"' + b"x" * 998 + b'"'
    data = gzip.compress(text, mtime=0)
    assert len(body(data, limits=Limits(max_body=1000), content_encoding="gzip")) == 998
    with pytest.raises(LimitError, match="max_body"):
        body(data, limits=Limits(max_body=999), content_encoding="gzip")
    ratio = -(-len(text) // len(data))
    assert body(data, limits=Limits(max_inflate_ratio=ratio), content_encoding="gzip")
    with pytest.raises(LimitError, match="max_inflate_ratio"):
        body(data, limits=Limits(max_inflate_ratio=ratio - 1), content_encoding="gzip")


# --- The format of a body ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b" \r\n\t", "", "\u2003"])
def test_empty_bodies(data: bytes | str) -> None:
    """An empty body is a probe by GET, HEAD and OPTIONS, or where the vendor sends empty bodies; otherwise an error."""
    for method in ("GET", "head", "OPTIONS"):
        assert decode(Request(data, method), JSON, LIMITS) is None
    assert decode(Request(data), frozenset({"json", "empty"}), LIMITS) is None
    for method in ("POST", "PUT"):
        with pytest.raises(DecodeError, match="the body is empty"):
            decode(Request(data, method), JSON, LIMITS)


def test_a_query_stands_for_a_missing_body() -> None:
    """The query is the document of a vendor that sends no body; a body has precedence."""
    formats = frozenset({"form", "query"})
    sent = Request(b"", "GET", path="/hook?a=1&b=%C3%A9")
    found = decode(sent, formats, LIMITS)
    assert found is not None
    assert found.value == {"a": "1", "b": "é"}
    assert found.value is not sent.query
    assert decode(sent, JSON, LIMITS) is None
    assert decode(Request(b"", "GET"), formats, LIMITS) is None
    other = decode(Request(b"c=2", path="/hook?a=1"), formats, LIMITS)
    assert other is not None
    assert other.value == {"c": "2"}
    half = decode(Request(b"", "GET", query={"a\ud800": "\ud800"}), formats, LIMITS)
    assert half is not None
    assert half.value == {"a\ufffd": "\ufffd"}
    assert [problem.message for problem in half.problems] == [HALF]


def test_fields_of_a_query_that_is_not_read() -> None:
    """A GET with fields in its query has a problem, unless the vendor sends empty bodies; credentials are no fields."""
    sent = Request(b"", "GET", path="/hook?id=1&token=t0k3n")
    (problem,) = unread_query(sent, JSON, "acme")
    assert (problem.code, problem.path) == (ProblemCode.MISSING, "$")
    assert problem.message == "the query holds fields, but acme reads only bodies; they were not read"
    assert has_fields(sent) is True
    for request, formats in (
        (sent, JSON | {"empty"}),
        (Request(b"", "POST", path="/hook?id=1"), JSON),
        (Request(b"", "GET", path="/hook?token=t0k3n"), JSON),
        (Request(b"", "GET"), JSON),
    ):
        assert unread_query(request, formats, "acme") == ()
    assert has_fields(Request(b"", "GET", path="/hook?token=t0k3n&key=x")) is False


def test_credentials_in_a_query() -> None:
    """A credential is no field; a hash stands for what may be one or the sender's id; a query of such only is none."""
    formats = frozenset({"query"})
    found = decode(Request(b"", "GET", path="/hook?status=down&token=t0k3n&key=hunter2&sid="), formats, LIMITS)
    assert found is not None
    assert found.value == {"status": "down", "key": "~f52fbd32b2b3", "sid": ""}
    assert decode(Request(b"", "GET", path="/hook?key=hunter2&code=1&password=x"), formats, LIMITS) is None


def test_a_path_may_say_all() -> None:
    """A request without a body is an empty object where the path tells the event; a GET stays a probe."""
    formats = frozenset({"json", "path"})
    for method in ("POST", "DELETE"):
        found = decode(Request(b" ", method, path="/alerts/1/close?by=id"), formats, LIMITS)
        assert found is not None
        assert found.value == {}
    assert decode(Request(b"", "GET", path="/alerts/1"), formats, LIMITS) is None
    marked = decode(Request(b"\xef\xbb\xbf"), formats, LIMITS)
    assert marked is not None
    assert [problem.message for problem in marked.problems] == ["the body begins with a byte order mark"]


def test_the_body_decides_the_format() -> None:
    """The content type only advises: JSON is read as JSON and a form as a form."""
    both = frozenset({"json", "form"})
    assert body(b'{"a": "b=c"}', both, content_type="application/x-www-form-urlencoded") == {"a": "b=c"}
    assert body(b"a=b", both, content_type="application/json") == {"a": "b"}
    assert body(b'"a=b"', both) == "a=b"
    with pytest.raises(DecodeError, match="not JSON"):
        body(b"no form", both)


def test_text_where_a_vendor_sends_text() -> None:
    """A body that is neither JSON nor a form is text where the vendor sends text, within the limits."""
    formats = frozenset({"json", "text"})
    assert body(b"disk full on db-1", formats) == "disk full on db-1"
    assert body(b'{"a": NaN}', formats) == '{"a": NaN}'
    assert body(b"{}", formats) == {}
    with pytest.raises(LimitError, match="max_string"):
        body(b"x" * 11, formats, Limits(max_string=10))
    with pytest.raises(LimitError, match="max_depth"):
        body("[" * 65 + "]" * 65, formats)


@pytest.mark.parametrize(
    ("formats", "words"),
    [({"form"}, "not form"), ({"form", "text_"}, "not form or text_"), ({"query", "empty"}, "the body is not empty")],
)
def test_other_formats_are_refused(formats: set[str], words: str) -> None:
    """The error names the formats that the vendor sends."""
    with pytest.raises(DecodeError, match=words):
        body(b"[1]", frozenset(formats))


# --- Forms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=&b", {"a": "", "b": ""}),
        ("=1", {"": "1"}),
        ("a=1&&b=2&", {"a": "1", "b": "2"}),
        ("a=b=c", {"a": "b=c"}),
        ("a=x+y%20z", {"a": "x y z"}),
        ("a=%26%3D%2B%25", {"a": "&=+%"}),
        ("a%5B0%5D=1", {"a[0]": "1"}),
        ("a=1;b=2", {"a": "1;b=2"}),
        ("a=%zz%4", {"a": "%zz%4"}),
        ("a=%C3%A9é", {"a": "éé"}),
        ("a=%00", {"a": "\x00"}),
        ("\n a=1 \r\n", {"a": "1"}),
    ],
)
def test_forms(text: str, form: dict[str, str]) -> None:
    """A form is split first and decoded once: blanks stay, `;` does not separate, and a bad escape is kept."""
    assert decode_form(text, LIMITS) == (form, ())
    assert body(text, FORM) == form


@pytest.mark.parametrize(("text", "form"), [("Ã©=%41", {"Ã©": "A"}), ("%41=Ã©", {"A": "Ã©"}), ("Ã©=Ã©", {"Ã©": "Ã©"})])
def test_only_escaped_bytes_of_a_form_are_decoded(text: str, form: dict[str, str]) -> None:
    """Text without an escape is text already, and no bytes in the declared character set."""
    assert decode_form(text, LIMITS, "latin-1") == (form, ())


def test_the_last_of_a_repeated_field_counts() -> None:
    """The last value wins, with a problem for each repetition that does not name the field."""
    form, problems = decode_form("a=1&b=2&a=3&%61=4", LIMITS)
    assert form == {"a": "4", "b": "2"}
    assert [problem.code for problem in problems] == [ProblemCode.DUPLICATE_FIELD] * 2


@pytest.mark.parametrize(
    ("text", "charset", "form"),
    [
        ("a=%ff&b=%C3%A9", "", {"a": "ÿ", "b": "é"}),
        ("%D6l=1", "", {"Öl": "1"}),
        ("a=%ED%A0%BD", "", {"a": "\ufffd"}),
        ("a=%D1%E1%EE%E9+1", "windows-1251", {"a": "Сбой 1"}),
        ("a=%C3%A9", "iso-8859-1", {"a": "é"}),
        ("a=%B8%E6%BE%AF", "gbk", {"a": "告警"}),
        ("a=%81q%BE%AF", "gbk", {"a": b"\x81q\xbe\xaf".decode("gbk")}),
        ("a=%C3%A9", "utf-16", {"a": "é"}),
        ("a=%E9", "unknown", {"a": "é"}),
    ],
)
def test_forms_in_other_character_sets(text: str, charset: str, form: dict[str, str]) -> None:
    """Escaped bytes are read in the declared character set, otherwise like the bytes of a body."""
    content_type = f"application/x-www-form-urlencoded; charset={charset}"
    found = decode(Request(text.encode(), headers={"Content-Type": content_type}), FORM, LIMITS)
    assert found is not None
    assert found.value == form
    assert {problem.code for problem in found.problems} == {ProblemCode.ENCODING}


def test_a_form_of_many_odd_fields_has_one_problem() -> None:
    """One problem in many fields is reported once."""
    _, problems = decode_form("&".join(f"f{number}=%ff" for number in range(1000)), LIMITS)
    assert len(problems) == 1


def test_binary_fields_are_refused() -> None:
    """A form with a binary field is refused."""
    with pytest.raises(DecodeError, match="not text"):
        body("a=%ff%00", FORM)


def test_forms_have_the_limits_of_text() -> None:
    """Fields are limited in length and number, empty ones included."""
    with pytest.raises(LimitError, match="max_string"):
        body("a=" + "x" * 11, FORM, Limits(max_string=10))
    with pytest.raises(LimitError, match="max_fields"):
        body("a=1" + "&" * 1000, FORM)


# --- Words ------------------------------------------------------------------------------------------------------------

HALF = "the body holds half a character (a lone surrogate); U+FFFD stands in its place"


@pytest.mark.parametrize(
    ("data", "headers", "formats", "messages"),
    [
        (b"\xff\xfe[\x00]\x00", {}, JSON, ["the body is utf-16, not utf-8"]),
        (b"\xef\xbb\xbf[]", {}, JSON, ["the body begins with a byte order mark"]),
        (
            b"\xef\xbb\xbf[]",
            {"Content-Type": "text/plain; charset=nonsense"},
            JSON,
            ["the declared character set is not known; the body was read as utf-8"],
        ),
        (b'["\xe9"]', {}, JSON, ["the body is not utf-8; it was read as latin-1"]),
        (b'["\xc3\xa9\xc3"]', {}, JSON, ["the body is damaged utf-8; U+FFFD stands for what is broken"]),
        (b'["\xed\xa0\xbd"]', {}, JSON, [HALF]),
        (b'["\\ud800"]', {}, JSON, [HALF]),
        (b'{"a": "\\ud800", "a": 1}', {}, JSON, [HALF, "a key of an object stands twice; the last one counts"]),
        ('["\ud800"]', {}, JSON, [HALF]),
        (b'{"a": 2, "a": 1}', {}, JSON, ["a key of an object stands twice; the last one counts"]),
        (b'{"\\u003a": 2, "\\u003a": 1}', {}, JSON, ["a key of an object stands twice; the last one counts"]),
        (b"a=1&a=2", {}, FORM, ["a form field stands twice; the last one counts"]),
        (b"a=%ED%A0%BD&a=2", {}, FORM, [HALF, "a form field stands twice; the last one counts"]),
        (
            gzip.compress(b"[]", mtime=0),
            {},
            JSON,
            ["the body is compressed, which its content encoding does not say; it was inflated"],
        ),
        (
            gzip.compress(b'{"a": 2, "a": 1}', mtime=0),
            {},
            JSON,
            [
                "the body is compressed, which its content encoding does not say; it was inflated",
                "a key of an object stands twice; the last one counts",
            ],
        ),
        (
            b"[]",
            {"Content-Encoding": "gzip"},
            JSON,
            ["the content encoding is not what the body is; the body was read as it is"],
        ),
        (
            b"\xef\xbb\xbf[]",
            {"Content-Encoding": "gzip"},
            JSON,
            [
                "the content encoding is not what the body is; the body was read as it is",
                "the body begins with a byte order mark",
            ],
        ),
    ],
)
def test_problems_of_a_body_in_words(
    data: bytes | str, headers: dict[str, str], formats: frozenset[str], messages: list[str]
) -> None:
    """Each doubt about a body is one problem that states the fact and the consequence, in the order of reading."""
    found = decode(Request(data, headers=headers), formats, LIMITS)
    assert found is not None
    assert [problem.message for problem in found.problems] == messages
    assert {problem.path for problem in found.problems} == {"$"}


@pytest.mark.parametrize(
    ("request_", "formats", "message"),
    [
        (Request(b""), JSON, "the body is empty"),
        (Request(b"\xff\x00"), JSON, "the body is not text"),
        (Request(b"[1]"), FORM, "the body is not form"),
        (Request(b"x"), frozenset({"form", "xml", "query", "path"}), "the body is not form or xml"),
        (Request(b"x"), frozenset({"empty"}), "the body is not empty"),
        (Request(b"x"), frozenset({"form", "empty"}), "the body is not form"),
        (
            Request(INTACT[:-1]),
            JSON,
            "the compressed body is damaged, cut off, or has something behind its end",
        ),
        (
            Request(zlib.compress(PLAIN)[:-1], headers={"Content-Encoding": "deflate"}),
            JSON,
            "the compressed body is damaged, cut off, or has something behind its end",
        ),
        (
            Request(BROTLI, headers={"Content-Encoding": "br"}),
            JSON,
            "the body is compressed with br, which is not read: send it as gzip or uncompressed",
        ),
        (
            Request(BROTLI, headers={"Content-Encoding": "aes128gcm"}),
            JSON,
            "the body is not what its content encoding says, and not text: send it as gzip or uncompressed",
        ),
    ],
)
def test_errors_of_a_body_in_words(request_: Request, formats: frozenset[str], message: str) -> None:
    """The error of a body that cannot be read says why, and what to do where the sender can do something."""
    with pytest.raises(DecodeError) as caught:
        decode(request_, formats, LIMITS)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("fits", "too_much", "formats", "limits", "message"),
    [
        (Request(b"[12]"), Request(b"[123]"), JSON, Limits(max_body=4), "the body is too long (limit max_body = 4)"),
        (Request('"é"'), Request('"éé"'), JSON, Limits(max_body=4), "the body is too long (limit max_body = 4)"),
        (
            Request(b"[]", headers={"A": "1"}),
            Request(b"[]", headers={"A": "1", "B": "2"}),
            JSON,
            Limits(max_headers=1),
            "too many headers (limit max_headers = 1)",
        ),
        (
            Request(b"[]", query={"a": "1"}),
            Request(b"[]", query={"a": "1", "b": "2"}),
            JSON,
            Limits(max_query=1),
            "too many parameters in the query (limit max_query = 1)",
        ),
        (
            Request(b"", "GET", query={"a": "12"}),
            Request(b"", "GET", query={"a": "123"}),
            frozenset({"query"}),
            Limits(max_string=2),
            "a text is too long (limit max_string = 2)",
        ),
        (
            Request(b"a=1&b=2"),
            Request(b"a=1&b=2&c=3"),
            FORM,
            Limits(max_fields=2),
            "the form has too many fields (limit max_fields = 2)",
        ),
        (
            Request(b"a=1&b=2"),
            Request(b"a=1&b=2&c=3"),
            FORM,
            Limits(max_nodes=3),
            "the document has too many values (limit max_nodes = 3)",
        ),
        (
            Request(b"a=1234567"),
            Request(b"a=12345678"),
            FORM,
            Limits(max_string=7),
            "a text is too long (limit max_string = 7)",
        ),
        (
            Request(b"[[]]"),
            Request(b"[[[]]]"),
            JSON,
            Limits(max_depth=2),
            "the document is too deep (limit max_depth = 2)",
        ),
        (
            Request(zlib.compress(b" " * 98 + b"[]"), headers={"Content-Encoding": "deflate"}),
            Request(zlib.compress(b" " * 99 + b"[]"), headers={"Content-Encoding": "deflate"}),
            JSON,
            Limits(max_body=100),
            "the body inflates to too many bytes (limit max_body, max_inflate_ratio = 100)",
        ),
    ],
)
def test_what_is_at_a_limit_is_read(
    fits: Request, too_much: Request, formats: frozenset[str], limits: Limits, message: str
) -> None:
    """A request that is as large as a limit is read; one more is an error that names the limit."""
    assert decode(fits, formats, limits) is not None
    with pytest.raises(LimitError) as caught:
        decode(too_much, formats, limits)
    assert str(caught.value) == message
