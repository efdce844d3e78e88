"""Strict JSON: its grammar, the limits, exact numbers, and orjson held equal to the standard library."""

import importlib.util
import json
import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alertmap import ConfigurationError, DecodeError, LimitError, PayloadError, ProblemCode, Request, strict_json
from alertmap.intake.decode import decode
from alertmap.strict_json import Limits, check, decode_json, resolve_limits
from bodies import FORM, JSON, LIMITS, body

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
]
"""Numbers that the grammar of JSON allows, beyond the range of a float."""

HALVES: list[tuple[str, Any]] = [
    ('["\\ud800"]', ["\ufffd"]),
    ('["\\udc00"]', ["\ufffd"]),
    ('["\\uDADA"]', ["\ufffd"]),
    ('["\\ud888\\u1234"]', ["\ufffd\u1234"]),
    ('["\\ude00\\ud83d"]', ["\ufffd\ufffd"]),
    ('["\\ud800\\ud800x"]', ["\ufffd\ufffdx"]),
    ('["\\ud800\\n"]', ["\ufffd\n"]),
    ('["\\\\\\ud800"]', ["\\\ufffd"]),
    ('["\\\\ud83d\\ude00"]', ["\\ud83d\ufffd"]),
    ('["\\ud83d\\\\ude00"]', ["\ufffd\\ude00"]),
    ('["\\ud83d\\ud83d\\ude00"]', ["\ufffd😀"]),
    ('["\\ud83d\\ude00\\ude00"]', ["😀\ufffd"]),
    ('{"\\udfaa":0}', {"\ufffd": 0}),
    ('{"a":{"b":["\\ud83d"]}}', {"a": {"b": ["\ufffd"]}}),
    ('{"a":"\\ud800","a":"x"}', {"a": "x"}),
    ('["\ud83d"]', ["\ufffd"]),
    ('["\ud83d\ude00"]', ["😀"]),
    ('["\ude00\ud83dx"]', ["\ufffd\ufffdx"]),
    ('{"\ud83d":1}', {"\ufffd": 1}),
    ('["\ud83d\\ude00"]', ["\ufffd\ufffd"]),
]
"""Lone surrogates, escaped and raw: no text can keep them."""


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(("text", "value"), GOOD, ids=ascii)
def test_json_is_read(text: str, value: Any) -> None:
    """Valid JSON is read with exact types and the sign of zero, as text and as bytes."""
    assert repr(decode_json(text, LIMITS)) == repr(value)
    assert repr(body(text.encode())) == repr(value)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("text", BAD + BEYOND, ids=ascii)
def test_invalid_json_is_refused(text: str) -> None:
    """Invalid JSON, or a number beyond the range of a float, is a `DecodeError`, as text and as bytes."""
    with pytest.raises(DecodeError):
        decode_json(text, LIMITS)
    with pytest.raises(DecodeError):
        body(text.encode())


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("text", ["1e-400", "[123e-10000000]"])
def test_numbers_too_small_are_zero(text: str) -> None:
    """A number too small for a float is read as zero."""
    assert body(text) in (0.0, [0.0])


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    "number",
    [2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**19 + 1, -(10**20) - 1, 10**63 + 7],
)
def test_integers_are_exact(number: int) -> None:
    """An integer of any length inside the limit is exact, at any position: it may be an identity."""
    for place in range(5):
        assert body(f'{{{" " * place}"id": {number}}}') == {"id": number}
    assert body(f"[{number}.0]") == [float(number)]


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(("text", "value"), HALVES, ids=ascii)
def test_lone_surrogates_are_replaced(text: str, value: Any) -> None:
    """U+FFFD replaces a lone surrogate, escaped or raw, with one problem; as text and as bytes."""
    assert decode_json(text, LIMITS) == value
    for data in (text, text.encode("utf-8", "surrogatepass")):
        found = decode(Request(data), JSON, LIMITS)
        assert found is not None
        assert found.value == value
        repeats = [(ProblemCode.DUPLICATE_FIELD, "$")] * text.count('"a":"x"')
        assert [(problem.code, problem.path) for problem in found.problems] == [(ProblemCode.ENCODING, "$"), *repeats]
        assert "half a character" in found.problems[0].message
        json.dumps(found.value).encode()


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("text", ["\ud800", "[1] \udc00", '["\\ud800"', '["\\ud83d\\u"]', '["\\ud83"]'])
def test_replacing_surrogates_mends_no_json(text: str) -> None:
    """Invalid JSON with a lone surrogate stays invalid."""
    with pytest.raises(DecodeError, match="not JSON"):
        body(text)


@pytest.mark.usefixtures("backend")
def test_errors_name_a_position_and_no_value() -> None:
    """The error names the fault and the character position, and contains nothing of the body."""
    with pytest.raises(DecodeError) as caught:
        body('{"token": "hunter2", hunter2}')
    assert str(caught.value) == (
        "the body is not JSON: Expecting property name enclosed in double quotes at character 21"
    )


# --- Limits, each at its edge -----------------------------------------------------------------------------------------

EDGES: dict[str, tuple[Callable[[int], Any], int]] = {
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
    "max_body default": (lambda n: body(b" " * (n - 1) + b"1"), 8 * 1024 * 1024),
    "max_nodes default": (lambda n: body(f"[{','.join('1' * (n - 1))}]"), 500_000),
    "max_string default": (lambda n: body(f'["{"x" * n}"]'), 2 * 1024 * 1024),
}


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("name", EDGES)
def test_limits_hold_at_their_edge(name: str) -> None:
    """A value at the limit is read; one more is a `LimitError` that names the limit and has status 413."""
    read, allowed = EDGES[name]
    read(allowed)
    limit = name.partition(" ")[0]
    with pytest.raises(LimitError, match=rf"limit {limit} = {allowed}\)") as caught:
        read(allowed + 1)
    assert caught.value.http_status == 413


def test_text_is_measured_in_bytes() -> None:
    """The body limit counts the bytes of a body that is given as text."""
    assert body('"éé"', limits=Limits(max_body=6)) == "éé"
    with pytest.raises(LimitError, match="max_body"):
        body('"ééé"', limits=Limits(max_body=7))


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    "text", ["[" * 100_000, '[{"":' * 50_000, "[" * 500 + "]" * 500, "[" * 300_000 + "]" * 300_000]
)
def test_depth_without_end(text: str) -> None:
    """A body of any depth is refused without a stack overflow."""
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
def test_skipping_the_walk_changes_nothing(depth: int, nodes: int, string: int, digits: int, document: Any) -> None:
    """`decode_json` accepts without a walk exactly the documents that the walk would accept."""
    limits = Limits(max_depth=depth, max_nodes=nodes, max_string=string, max_digits=digits)
    expected = outcome(lambda: checked(document, limits))
    for separators in ((",", ":"), (", ", ": ")):
        text = json.dumps(document, separators=separators, ensure_ascii=separators == (",", ":"))
        assert outcome(partial(decode_json, text, limits)) == expected


def checked(document: Any, limits: Limits) -> Any:
    """Return the document if the walk accepts it."""
    check(document, limits)
    return document


@pytest.mark.parametrize("name", [field.name for field in attrs.fields(Limits)])
@pytest.mark.parametrize("value", [0, -1, 1.5, "1", True, None])
def test_limits_are_positive_ints(name: str, value: Any) -> None:
    """A limit that is not a positive int is refused with its name."""
    with pytest.raises(ConfigurationError, match=name):
        Limits(**{name: value})


@pytest.mark.parametrize(("name", "ceiling"), [("max_body", 32 * 1024 * 1024), ("max_depth", 256), ("max_digits", 640)])
def test_limits_have_ceilings(name: str, ceiling: int) -> None:
    """A limit above its ceiling is refused, and the ceiling itself works."""
    limits = Limits(**{name: ceiling})
    with pytest.raises(ConfigurationError, match=f"{name} must be {ceiling} or less"):
        Limits(**{name: ceiling + 1})
    if name == "max_depth":
        assert body("[" * ceiling + "]" * ceiling, limits=limits)
    if name == "max_digits":
        assert body("9" * ceiling, limits=limits) == int("9" * ceiling)


def test_limits_of_a_call() -> None:
    """None means the defaults; anything but `Limits` is a configuration error."""
    assert resolve_limits(None) == Limits()
    assert resolve_limits(Limits(max_depth=3)).max_depth == 3
    with pytest.raises(ConfigurationError, match="limits: expected Limits, got dict"):
        resolve_limits({"max_depth": 3})


# --- The walk over what is already decoded ----------------------------------------------------------------------------


class Text(str):
    """A subclass of str, which is not a JSON type."""

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
    """Values that JSON cannot hold are refused with a `DecodeError`."""
    with pytest.raises(DecodeError):
        check(document, LIMITS)


def test_cyclic_documents_are_refused() -> None:
    """A document that contains itself, or one part a million times, is refused at a limit."""
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(LimitError, match="max_depth"):
        check(circle, LIMITS)
    wide: Any = []
    for _ in range(12):
        wide = [wide] * 1000
    with pytest.raises(LimitError, match="max_nodes"):
        check(wide, LIMITS)


# --- Two decoders, one outcome ----------------------------------------------------------------------------------------


def outcome(read: Callable[[], Any]) -> str:
    """Return the repr of the value, or the class of the error."""
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
    """For any body orjson and the standard library give equal values or the same class of error."""
    fast = pytest.importorskip("orjson")
    ends = []
    for one in (None, fast):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(strict_json, "_orjson", one)
            ends.append(outcome(lambda: body(data)))
    assert ends[0] == ends[1]


def _loaded_anew(monkeypatch: pytest.MonkeyPatch, orjson: ModuleType | None) -> ModuleType:
    monkeypatch.setitem(sys.modules, "orjson", orjson)
    spec = importlib.util.spec_from_file_location("decode_loaded_anew", strict_json.__file__)
    assert spec is not None
    assert spec.loader is not None
    anew = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(anew)
    return anew


@pytest.mark.parametrize(
    ("version", "used"), [("3.8.3", 0), ("3.11.5", 0), ("3.11.6", 1), ("3.12.0rc1", 1), ("3.12", 1), ("4.0", 1)]
)
def test_orjson_is_used_from_a_safe_version_on(version: str, used: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of orjson that deep documents can crash is not used."""
    fake = ModuleType("orjson")
    fake.__version__ = version  # type: ignore[attr-defined]
    assert (_loaded_anew(monkeypatch, fake)._orjson is fake) == used


def test_without_orjson(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without orjson the standard library reads every body."""
    anew = _loaded_anew(monkeypatch, None)
    assert anew._orjson is None
    assert anew.decode_json('{"a": [1, 18446744073709551616]}', anew.Limits()) == {"a": [1, 18446744073709551616]}
