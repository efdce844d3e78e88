"""Bytes to a document: limits, encodings, JSON by its rules, forms, and orjson held to the standard library."""

import gzip
import importlib.util
import json
import sys
import zlib
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import alertmap.strict_json as room
from alertmap import ConfigurationError, DecodeError, LimitError, PayloadError, ProblemCode, Request
from alertmap.intake.decode import decode, decode_form
from alertmap.strict_json import Limits, check, decode_json, resolve_limits

JSON = frozenset({"json"})
FORM = frozenset({"form"})
LIMITS = Limits()


@pytest.fixture(params=["reference", "orjson"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each of the two decoders of JSON."""
    monkeypatch.setattr(room, "_orjson", None if request.param == "reference" else pytest.importorskip("orjson"))
    return str(request.param)


def body(data: bytes | str, formats: frozenset[str] = JSON, limits: Limits = LIMITS, **headers: str) -> Any:
    """The document in a body, decoded as a POST."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    found = decode(Request(data, headers=names), formats, limits)
    assert found is not None
    return found.value


# --- JSON, rule by rule -----------------------------------------------------------------------------------------------

GOOD: list[tuple[str, Any]] = [
    # What surrounds a value, and what may be a document at all.
    (" [] ", []),
    ("\t\r\n {}\n", {}),
    ("true", True),
    ("false", False),
    ("null", None),
    ("42", 42),
    ("-0.1", -0.1),
    ('"text"', "text"),
    ('""', ""),
    # Arrays.
    ('["a" , null]', ["a", None]),
    ("[[[]], [ ]]", [[[]], []]),
    ('[false,1.5,"x",{"a":[]}]', [False, 1.5, "x", {"a": []}]),
    # Numbers.
    ("[0, -0, 1, -1, 9]", [0, 0, 1, -1, 9]),
    ("[0e1, 0E+1, 1e2, 1E-2, 1.5e+3, 2.5E2]", [0.0, 0.0, 100.0, 0.01, 1500.0, 250.0]),
    ("[-0.0]", [-0.0]),
    ("[-0.000000000000000000000000000000000000000000000000001]", [-1e-51]),
    ("[1.7976931348623157e308]", [1.7976931348623157e308]),
    # Objects.
    ('{"a":1,"b":{"c":null}}', {"a": 1, "b": {"c": None}}),
    ('{"":0}', {"": 0}),
    ('{"a\\u0000b":1}', {"a\x00b": 1}),
    ('{"k":"one","k":"two"}', {"k": "two"}),
    ('{"k":[],"k":[]}', {"k": []}),
    # Text.
    ('["\\"\\\\\\/\\b\\f\\n\\r\\t"]', ['"\\/\b\f\n\r\t']),
    ('["\\u00e9\\u00E9\\u0041"]', ["ééA"]),
    ('["\\ud83d\\ude00"]', ["😀"]),
    ('["\\udbff\\udfff"]', ["\U0010ffff"]),
    ('["\\\\u0041"]', ["\\u0041"]),
    ('["\\\\ud800"]', ["\\ud800"]),
    ('["\\u0000\\u001f"]', ["\x00\x1f"]),
    ('["\x7f\u0080\u2028\u2029"]', ["\x7f\u0080\u2028\u2029"]),
    ('["/ // /* */ #"]', ["/ // /* */ #"]),
    ('["é中😀\ufffe\uffff\U0010fffe"]', ["é中😀\ufffe\uffff\U0010fffe"]),
    ('["\\uFEFF"]', ["\ufeff"]),
]

BAD: list[str] = [
    # Nothing, or not only one document.
    "{}{}",
    "[][]",
    '{"a":1}\n{"a":2}',
    "[1]x",
    "[]\x00",
    "1 2",
    "2@",
    "{}#",
    "{} //x",
    "{} /* x */",
    '{"a":/*x*/1}',
    "\x00",
    "\u2060[]",
    "[\u2060]",
    "\x0c[]",
    "[\x0b]",
    "\u00a01",
    # Words.
    "True",
    "nul",
    "tru",
    "fals",
    "nulll",
    "é",
    "*",
    "<null>",
    "<.>",
    "undefined",
    "aå",
    # Arrays.
    "[",
    "]",
    "[]]",
    "[1,]",
    "[,1]",
    "[,]",
    "[1,,2]",
    "[1 true]",
    "[1;2]",
    '["a":1]',
    "[3[4]]",
    '["",',
    '["x"',
    "[1,\n1\n,1",
    "[{}",
    "[-]",
    "[*]",
    "[nul",
    # Numbers.
    "[+1]",
    "[++1]",
    "[- 1]",
    "[-foo]",
    "[01]",
    "[-01]",
    "[012]",
    "[1.]",
    "[-2.]",
    "[.5]",
    "[-.5]",
    "[1.e3]",
    "[0.e1]",
    "[0e]",
    "[0E+]",
    "[1.0e-]",
    "[1eE2]",
    "[1e+-2]",
    "[0.1.2]",
    "[1.0.]",
    "[0x1F]",
    "[1_000]",
    "[1 000]",
    "[1+2]",
    "[1ea]",
    "[1.8011670033376514H-308]",
    "[1a]",
    "[\uff11]",
    "[Inf]",
    "[nan]",
    "[NaN]",
    "[-NaN]",
    "[Infinity]",
    "[-Infinity]",
    '{"a":NaN}',
    # Objects.
    "{",
    "}",
    "{}}",
    "{[",
    "{]",
    "{,",
    '{"a"',
    '{"a":',
    '{"a":"b',
    '{"a" "b"}',
    '{"a","b"}',
    '{"a"::1}',
    '{"a":}',
    "{:1}",
    '{"a":1,}',
    '{"a":1,,"b":2}',
    '{,"a":1}',
    '{"a":1 "b":2}',
    "{1:1}",
    "{null:1}",
    "{[1]:1}",
    "{'a':1}",
    "{a:1}",
    "{\"a\":'b'}",
    '{"a":b}',
    '{"a":1]',
    "{9999E9999:1}",
    "{😀}",
    # Text.
    '["',
    '"',
    '["a]',
    '["\\"]',
    '["\\x00"]',
    '["\\a"]',
    "['a']",
    "[abc]",
    "[\\n]",
    '["\\u"]',
    '["\\u00"]',
    '["\\u00g0"]',
    '["\\U0041"]',
    '["\\ud83d\\u"]',
    '["\\ud83d\\ude0"]',
    '["\\😀"]',
    '["\\\t"]',
    '["\\\x00"]',
    '["a\x00b"]',
    '["a\x1fb"]',
    '["a\nb"]',
    '["a\tb"]',
    '\\u000A""',
    "[\\u0020]",
]

BEYOND: list[str] = [
    "1e999",
    "[-1e999]",
    "[123123e100000]",
    "[1e1000000000000]",
    '["\\ud800"]',
    '["\\udc00"]',
    '["\\uDADA"]',
    '["\\ud888\\u1234"]',
    '["\\ude00\\ud83d"]',
    '["\\ud800\\ud800x"]',
    '["\\ud800\\n"]',
    '{"\\udfaa":0}',
    '{"a":{"b":["\\ud83d"]}}',
]
"""What the grammar of JSON allows and nobody can keep: numbers beyond a float, half a character."""


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(("text", "value"), GOOD, ids=ascii)
def test_json_is_read(text: str, value: Any) -> None:
    """What is JSON is read, to the type and the sign of zero, as text and as bytes."""
    assert repr(decode_json(text, LIMITS)) == repr(value)
    assert repr(body(text.encode())) == repr(value)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("text", BAD + BEYOND, ids=ascii)
def test_what_is_not_json_is_refused(text: str) -> None:
    """What breaks a rule of JSON, or cannot be kept exactly, is a `DecodeError`, as text and as bytes."""
    with pytest.raises(DecodeError):
        decode_json(text, LIMITS)
    with pytest.raises(DecodeError):
        body(text.encode())


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("text", ["1e-400", "[123e-10000000]"])
def test_numbers_too_small_are_zero(text: str) -> None:
    """A number too small for a float is zero: nothing of its size is lost."""
    assert body(text) in (0.0, [0.0])


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    "number",
    [2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**19 + 1, -(10**20) - 1, 10**63 + 7],
)
def test_integers_are_exact(number: int) -> None:
    """An integer of any length inside the limit stays what it is, wherever it stands: it may be an identity."""
    for place in range(5):
        assert body(f'{{{" " * place}"id": {number}}}') == {"id": number}
    assert body(f"[{number}.0]") == [float(number)]


@pytest.mark.usefixtures("backend")
def test_a_later_name_hides_half_a_character() -> None:
    """Of a name that stands twice only the last counts, also where the first could not be kept."""
    assert body('{"a":"\\ud800","a":"x"}') == {"a": "x"}


@pytest.mark.usefixtures("backend")
def test_raw_half_characters_are_refused() -> None:
    """Half a character in a text is refused wherever the text comes from."""
    for text in ("\ud800", '["\udfff"]', '{"\ud83d":1}', "[1] \udc00"):
        with pytest.raises(DecodeError):
            decode_json(text, LIMITS)
        with pytest.raises(DecodeError, match="surrogate"):
            body(text)


@pytest.mark.usefixtures("backend")
def test_errors_show_a_position_and_no_value() -> None:
    """The error says what is wrong and at which character, and nothing of the body."""
    with pytest.raises(DecodeError) as caught:
        body('{"token": "hunter2", hunter2}')
    assert str(caught.value) == (
        "the body is not JSON: Expecting property name enclosed in double quotes at character 21"
    )


# --- Limits, each at its edge -----------------------------------------------------------------------------------------

ROOMS: dict[str, tuple[Callable[[int], Any], int]] = {
    "max_body": (lambda n: body(b'"' + b"x" * (n - 2) + b'"', limits=Limits(max_body=64)), 64),
    "max_body text": (lambda n: body(f'"{"x" * (n - 2)}"', limits=Limits(max_body=64)), 64),
    "max_depth": (lambda n: body("[" * n + "]" * n), 64),
    "max_depth objects": (lambda n: body('{"a":' * n + "1" + "}" * n), 64),
    "max_nodes": (lambda n: body(f"[{','.join('1' * (n - 1))}]", limits=Limits(max_nodes=50)), 50),
    "max_nodes objects": (
        lambda n: body(json.dumps({str(i): 0 for i in range(n - 1)}), limits=Limits(max_nodes=50)),
        50,
    ),
    "max_string": (lambda n: body(f'["{"x" * n}"]', limits=Limits(max_string=40)), 40),
    "max_string name": (lambda n: body(f'{{"{"x" * n}":1}}', limits=Limits(max_string=40)), 40),
    "max_digits": (lambda n: body("9" * n), 64),
    "max_digits negative": (lambda n: body(f"[-{'9' * n}]"), 64),
    "max_digits small": (lambda n: body(f"[{'1' * n}]", limits=Limits(max_digits=5)), 5),
    "max_digits inside": (lambda n: body(f"[{'1' * n}]", limits=Limits(max_digits=18)), 18),
    "max_fields": (lambda n: body("&".join(f"f{i}=1" for i in range(n)), FORM), 1000),
    "max_query": (lambda n: decode(Request(b"1", query={f"q{i}": "" for i in range(n)}), JSON, LIMITS), 100),
    "max_headers": (lambda n: decode(Request(b"1", headers={f"h{i}": "" for i in range(n)}), JSON, LIMITS), 100),
    "max_body default": (lambda n: body(b" " * (n - 1) + b"1"), 1024 * 1024),
    "max_nodes default": (lambda n: body(f"[{','.join('1' * (n - 1))}]"), 100_000),
    "max_string default": (lambda n: body(f'["{"x" * n}"]'), 256 * 1024),
}


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("name", ROOMS)
def test_limits_hold_at_their_edge(name: str) -> None:
    """As much as a limit allows is read; one more is a `LimitError` that names it and answers 413."""
    read, allowed = ROOMS[name]
    read(allowed)
    limit = name.partition(" ")[0]
    with pytest.raises(LimitError, match=rf"limit {limit} = {allowed}\)") as caught:
        read(allowed + 1)
    assert caught.value.http_status == 413


def test_text_is_measured_in_bytes() -> None:
    """A body that is given as text has the limit of its bytes."""
    assert body('"éé"', limits=Limits(max_body=6)) == "éé"
    with pytest.raises(LimitError, match="max_body"):
        body('"ééé"', limits=Limits(max_body=7))


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    "text", ["[" * 100_000, '[{"":' * 50_000, "[" * 500 + "]" * 500, "[" * 300_000 + "]" * 300_000]
)
def test_depth_without_end(text: str) -> None:
    """However deep a body is, it is refused and nothing overflows."""
    with pytest.raises((LimitError, DecodeError)):
        body(text)


@pytest.mark.usefixtures("backend")
@given(
    st.integers(1, 8),
    st.integers(1, 12),
    st.integers(1, 20),
    st.integers(1, 25),
    st.recursive(
        st.integers(-(10**25), 10**25) | st.text(max_size=20) | st.floats(allow_nan=False, allow_infinity=False),
        lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=20), below, max_size=4),
        max_leaves=20,
    ),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_walk_is_left_out_that_is_needed(depth: int, nodes: int, string: int, digits: int, document: Any) -> None:
    """What `decode_json` lets through without a walk is just what the walk would let through."""
    limits = Limits(max_depth=depth, max_nodes=nodes, max_string=string, max_digits=digits)
    expected = outcome(lambda: checked(document, limits))
    for separators in ((",", ":"), (", ", ": ")):
        text = json.dumps(document, separators=separators, ensure_ascii=separators == (",", ":"))
        assert outcome(partial(decode_json, text, limits)) == expected


def checked(document: Any, limits: Limits) -> Any:
    """The document, if the walk lets it through."""
    check(document, limits)
    return document


@pytest.mark.parametrize("name", [field.name for field in attrs.fields(Limits)])
@pytest.mark.parametrize("value", [0, -1, 1.5, "1", True, None])
def test_limits_are_positive_ints(name: str, value: Any) -> None:
    """A limit that cannot mean anything is refused by its name."""
    with pytest.raises(ConfigurationError, match=name):
        Limits(**{name: value})


@pytest.mark.parametrize(("name", "ceiling"), [("max_body", 32 * 1024 * 1024), ("max_depth", 256), ("max_digits", 640)])
def test_limits_have_ceilings(name: str, ceiling: int) -> None:
    """Where more would break a promise, a limit ends, and holds there."""
    limits = Limits(**{name: ceiling})
    with pytest.raises(ConfigurationError, match=f"{name} must be {ceiling} or less"):
        Limits(**{name: ceiling + 1})
    if name == "max_depth":
        assert body("[" * ceiling + "]" * ceiling, limits=limits)
    if name == "max_digits":
        assert body("9" * ceiling, limits=limits) == int("9" * ceiling)


def test_limits_of_a_call() -> None:
    """None means the defaults; what is no `Limits` is the caller's fault."""
    assert resolve_limits(None) == Limits()
    assert resolve_limits(Limits(max_depth=3)).max_depth == 3
    with pytest.raises(ConfigurationError, match="limits must be Limits, not a dict"):
        resolve_limits({"max_depth": 3})


# --- The walk over what is already decoded ----------------------------------------------------------------------------


class Text(str):
    """Not JSON's own type."""

    __slots__ = ()


@pytest.mark.parametrize(
    "document",
    [
        {1: "a"},
        {None: 1},
        {"a": {("b",): 1}},
        (1, 2),
        {"a": {1, 2}},
        b"x",
        [Ellipsis],
        [1j],
        Text("x"),
        {Text("x"): 1},
        float("nan"),
        [float("inf")],
        {"a": -float("inf")},
        "\ud800",
        {"\udc00": 1},
    ],
    ids=ascii,
)
def test_only_json_types_pass(document: Any) -> None:
    """What JSON cannot hold is refused, and nothing of it shown."""
    with pytest.raises(DecodeError):
        check(document, LIMITS)


def test_documents_in_circles_end() -> None:
    """A document that holds itself, or one part a million times, is refused at its limit."""
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(LimitError, match="max_depth"):
        check(circle, LIMITS)
    wide: Any = []
    for _ in range(12):
        wide = [wide] * 1000
    with pytest.raises(LimitError, match="max_nodes"):
        check(wide, LIMITS)


# --- Bytes to text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b'["\xff"]',
        b'["\xc3"]',
        b'["\xc3\x28"]',
        b'["\x81"]',
        b'["\xc0\xaf"]',  # overlong
        b'["\xe0\x80\xaf"]',
        b'["\xfc\x80\x80\x80\x80\x80"]',
        b'["\xed\xa0\x80"]',  # a surrogate
        b'["\xf4\x90\x80\x80"]',  # beyond Unicode
        b"[1\xe5]",
        b'["\\\xe5"]',
        b"\xef\xbb",
        b"\xff\xfe[\x00]\x00",  # UTF-16 that nobody declared
        b"\x00[\x00]",
        b'["caf\xe9"]',
    ],
    ids=repr,
)
def test_utf8_is_strict(data: bytes) -> None:
    """Bytes that are not UTF-8 are no document, in strings and outside."""
    with pytest.raises(DecodeError):
        body(data)


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf{}", "\ufeff{}"])
def test_one_byte_order_mark_is_forgiven(data: bytes | str) -> None:
    """One byte order mark is taken off and told; two are not JSON, and one alone is an empty body."""
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
    ("content_type", "data", "told"),
    [
        ("application/json", '{"é":1}'.encode(), None),
        ("application/json; charset=utf-8", '{"é":1}'.encode(), None),
        ('application/json; charset="UTF-8"', '{"é":1}'.encode(), None),
        ("text/plain; charset=us-ascii", '{"é":1}'.encode(), None),
        ("application/json; charset=nonsense", '{"é":1}'.encode(), None),
        ("application/json; charset=ISO-8859-1", '{"é":1}'.encode("latin-1"), "latin-1"),
        ("application/json; charset=latin1", '{"é":1}'.encode("latin-1"), "latin-1"),
        ("application/json; charset=utf-16", '{"é":1}'.encode("utf-16"), "utf-16"),
        ("application/json; charset=UTF-16", b"\xfe\xff" + '{"é":1}'.encode("utf-16-be"), "utf-16"),
    ],
)
def test_charsets(content_type: str, data: bytes, told: str | None) -> None:
    """A few declared character sets are honoured, and told; all else is UTF-8."""
    found = decode(Request(data, headers={"Content-Type": content_type}), JSON, LIMITS)
    assert found is not None
    assert found.value == {"é": 1}
    assert [problem.message for problem in found.problems] == ([f"the body is {told}, not utf-8"] if told else [])


@pytest.mark.parametrize(
    ("charset", "data"),
    [
        ("utf-16", "[]".encode("utf-16-le")),
        ("utf-16", b"\xff\xfe\x00\xd8"),
        ("utf-16", b"\xff\xfe["),
        ("windows-1252", b'["\xe9"]'),
        ("utf-7", b"[+AGE-]"),
    ],
)
def test_charsets_are_no_way_round(charset: str, data: bytes) -> None:
    """UTF-16 needs its mark and its pairs, and a set that is not honoured is not decoded."""
    with pytest.raises(DecodeError):
        body(data, content_type=f"application/json; charset={charset}")


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZIP ", "deflate"])
@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress])
def test_compressed_bodies(encoding: str, compress: Callable[[bytes], bytes]) -> None:
    """Compression by gzip or deflate is undone, by the first bytes."""
    assert body(compress(b'{"a": 1}'), content_encoding=encoding) == {"a": 1}


@pytest.mark.parametrize("encoding", ["", "identity", "Identity"])
def test_uncompressed_bodies(encoding: str) -> None:
    """No encoding is no encoding, also by name; text and an empty body have none whatever is said."""
    assert body(b"[1]", content_encoding=encoding) == [1]
    assert body("[1]", content_encoding="gzip") == [1]
    assert decode(Request(b"", "GET", headers={"content-encoding": "gzip"}), JSON, LIMITS) is None


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "chunked"])
def test_other_encodings_are_refused(encoding: str) -> None:
    """Encodings that are not gzip or deflate, and stacks of them, are refused."""
    with pytest.raises(DecodeError, match="neither gzip nor deflate"):
        body(gzip.compress(b"[]"), content_encoding=encoding)


WHOLE = gzip.compress(b'{"a": 1}', mtime=0)


@pytest.mark.parametrize(
    "data",
    [*(WHOLE[:cut] for cut in range(1, len(WHOLE))), WHOLE + b"x", WHOLE + WHOLE, b"[]", zlib.compress(b"[]")[2:]],
)
def test_damaged_streams_are_refused(data: bytes) -> None:
    """A stream that is cut anywhere, has something behind it, or is none, is refused."""
    with pytest.raises(DecodeError, match=r"compressed body|content encoding"):
        body(data, content_encoding="gzip")


def test_bombs_do_not_go_off() -> None:
    """What inflates beyond the ratio or the body's limit is refused; a bomb in a bomb is inflated once and no text."""
    bomb = gzip.compress(b"0" * 10_000_000)
    for data in (bomb, zlib.compress(b" " * 1_000_000)):
        with pytest.raises(LimitError, match="inflates"):
            body(data, content_encoding="gzip")
    with pytest.raises(DecodeError, match="not utf-8"):
        body(gzip.compress(bomb), content_encoding="gzip")


def test_inflation_ends_at_the_limits() -> None:
    """Just as much as the limits allow is inflated."""
    text = b'"' + b"x" * 998 + b'"'
    data = gzip.compress(text)
    assert len(body(data, limits=Limits(max_body=1000), content_encoding="gzip")) == 998
    with pytest.raises(LimitError, match="max_body"):
        body(data, limits=Limits(max_body=999), content_encoding="gzip")
    ratio = -(-len(text) // len(data))
    assert body(data, limits=Limits(max_inflate_ratio=ratio), content_encoding="gzip")
    with pytest.raises(LimitError, match="max_inflate_ratio"):
        body(data, limits=Limits(max_inflate_ratio=ratio - 1), content_encoding="gzip")


# --- What a body is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b" \r\n\t", "", "\u2003"])
def test_empty_bodies(data: bytes | str) -> None:
    """An empty body is a probe by GET, HEAD and OPTIONS, or where the vendor sends such; else it is an error."""
    for method in ("GET", "head", "OPTIONS"):
        assert decode(Request(data, method), JSON, LIMITS) is None
    assert decode(Request(data), frozenset({"json", "empty"}), LIMITS) is None
    for method in ("POST", "PUT"):
        with pytest.raises(DecodeError, match="the body is empty"):
            decode(Request(data, method), JSON, LIMITS)


def test_a_query_stands_for_a_missing_body() -> None:
    """A vendor that sends all in the query has it as its document, within the limits; a body goes before it."""
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
    with pytest.raises(DecodeError, match="surrogate"):
        decode(Request(b"", "GET", query={"a": "\ud800"}), formats, LIMITS)


def test_the_body_decides_what_it_is() -> None:
    """A content type only advises: JSON is JSON and a form is a form, whatever it is called."""
    both = frozenset({"json", "form"})
    assert body(b'{"a": "b=c"}', both, content_type="application/x-www-form-urlencoded") == {"a": "b=c"}
    assert body(b"a=b", both, content_type="application/json") == {"a": "b"}
    assert body(b'"a=b"', both) == "a=b"
    with pytest.raises(DecodeError, match="not JSON"):
        body(b"no form", both)


def test_text_where_a_vendor_sends_text() -> None:
    """What is neither JSON nor a form is text where that may be sent, within the limits of text."""
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
def test_what_is_no_format_of_the_vendor(formats: set[str], words: str) -> None:
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
    """A form is split first and decoded once: blanks stay, `;` is no separator, a bad escape stays as it is."""
    assert decode_form(text, LIMITS) == (form, ())
    assert body(text, FORM) == form


def test_of_a_field_that_stands_twice_the_last_counts() -> None:
    """A repeated field is told once for each repetition, without its name."""
    form, problems = decode_form("a=1&b=2&a=3&%61=4", LIMITS)
    assert form == {"a": "4", "b": "2"}
    assert [problem.code for problem in problems] == [ProblemCode.DUPLICATE_FIELD] * 2


@pytest.mark.parametrize("text", ["a=%ff", "%C3=1", "a=%ED%A0%80", "a=%C0%AF"])
def test_forms_are_utf8(text: str) -> None:
    """A field that is not UTF-8 is refused."""
    with pytest.raises(DecodeError, match="not utf-8"):
        body(text, FORM)


def test_forms_have_the_limits_of_text() -> None:
    """A field may be as long as a text may be, and empty fields count, so that no body is split into a million."""
    with pytest.raises(LimitError, match="max_string"):
        body("a=" + "x" * 11, FORM, Limits(max_string=10))
    with pytest.raises(LimitError, match="max_fields"):
        body("a=1" + "&" * 1000, FORM)


# --- Two decoders, one outcome ----------------------------------------------------------------------------------------


def outcome(read: Callable[[], Any]) -> str:
    """What comes out: the value as written by `repr`, or the class of the error."""
    try:
        return repr(read())
    except PayloadError as error:
        return type(error).__name__


_NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,22})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
_WORDS = st.sampled_from(["true", "false", "null", "NaN", "Infinity", "-0", "-0.0", "1e999", "1e-999", " ", "\n", ""])
_STRINGS = st.text(st.characters(), max_size=8).map(lambda text: json.dumps(text, ensure_ascii=False)) | st.lists(
    st.sampled_from(["\\ud83d", "\\ude00", "\\u0000", "\\n", "\\\\", "\\/", "é", "x", "\\x", "\x7f", "\\ud800"]),
    max_size=5,
).map(lambda parts: f'"{"".join(parts)}"')
_TEXTS = st.recursive(
    _NUMBERS | _WORDS | _STRINGS,
    lambda below: (
        st.lists(below, max_size=4).map(lambda parts: f"[{','.join(parts)}]")
        | st.lists(st.tuples(_STRINGS, below), max_size=4).map(
            lambda pairs: "{" + ", ".join(f"{key} :{value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=12,
)


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    text: str = draw(_TEXTS)
    place = draw(st.integers(0, len(text)))
    junk: str = draw(st.sampled_from([*'[]{},:"\\0123456789eE+-. \t\n\x00\x0b\ufeff\u2028', "", "ud800", "true"]))
    return text[:place] + junk + text[place + draw(st.integers(0, 2)) :]


@given(
    (_TEXTS | _mutated()).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.binary(max_size=30)
    | st.sampled_from(GOOD).map(lambda it: it[0].encode())
)
@example(b"-0")
@example(b"[-0, -0.0, 0.0, 1E400, 5e-324]")
@example(b"18446744073709551615")
@example(b"18446744073709551616")
@example(b"1234567890123456789.5")
@example(b'{"a":"\\ud800","a":"x"}')
@example(b"[" * 1000 + b"]" * 1000)
@example(b"[" * 1025)
@settings(max_examples=600)
def test_orjson_and_the_reference_agree(data: bytes) -> None:
    """Whatever comes in, orjson and the standard library end in equal values or in the same class of error."""
    fast = pytest.importorskip("orjson")
    ends = []
    for one in (None, fast):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(room, "_orjson", one)
            ends.append(outcome(lambda: body(data)))
    assert ends[0] == ends[1]


def _loaded_anew(monkeypatch: pytest.MonkeyPatch, orjson: ModuleType | None) -> ModuleType:
    monkeypatch.setitem(sys.modules, "orjson", orjson)
    spec = importlib.util.spec_from_file_location("decode_loaded_anew", room.__file__)
    assert spec is not None
    assert spec.loader is not None
    anew = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(anew)
    return anew


@pytest.mark.parametrize(
    ("version", "used"), [("3.8.3", 0), ("3.11.5", 0), ("3.11.6", 1), ("3.12.0rc1", 1), ("3.12", 1), ("4.0", 1)]
)
def test_orjson_is_used_from_a_safe_version_on(version: str, used: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An orjson that deep documents can crash is left alone."""
    fake = ModuleType("orjson")
    fake.__version__ = version  # type: ignore[attr-defined]
    assert (_loaded_anew(monkeypatch, fake)._orjson is fake) == used


def test_without_orjson(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where orjson is not installed the standard library reads all."""
    anew = _loaded_anew(monkeypatch, None)
    assert anew._orjson is None
    assert anew.decode_json('{"a": [1, 18446744073709551616]}', anew.Limits()) == {"a": [1, 18446744073709551616]}
