"""XML bodies: elements become a document with JSON's types and limits, or an error."""

import sys
from contextlib import suppress
from xml.sax.saxutils import escape

import defusedxml
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import ConfigurationError, DecodeError, LimitError, Limits, PayloadError, ProblemCode, Request
from alertmap.intake.decode import decode, decode_xml

LIMITS = Limits()


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("<alert><id>7</id></alert>", {"alert": {"id": "7"}}),
        ("<id>7</id><state>up</state>", {"id": "7", "state": "up"}),
        ("\n <id>7</id>\n<!-- no root --><state/>\n", {"id": "7", "state": ""}),
        ('<?xml version="1.0" encoding="UTF-16"?><id>7</id><up/>', {"id": "7", "up": ""}),
        ('\n<?xml version="1.0"?>\n<id>7</id><up/>', {"id": "7", "up": ""}),
        ("<a><b>1</b><b/><b>3</b></a>", {"a": {"b": ["1", "", "3"]}}),
        ("<a>1</a><a>2</a><a>3</a>", {"a": ["1", "2", "3"]}),
        ("<a><b><c>1</c></b><b><c>2</c></b></a>", {"a": {"b": [{"c": "1"}, {"c": "2"}]}}),
        ('<s:a xmlns:s="urn:one"><b xmlns="urn:two" c="d">1</b></s:a>', {"a": {"b": "1"}}),
        ("<a> é &lt;&#8364;<![CDATA[<b>&]]> </a>", {"a": " é <€<b>& "}),
        ("<a>\n  <b>1</b>\n</a>", {"a": {"b": "1"}}),
        ("<a>one <b>2</b> three</a>", {"a": {"b": "2", "#text": "one  three"}}),
        ("<_>1</_><_>2</_>", {"_": ["1", "2"]}),
    ],
)
def test_elements_become_objects_lists_and_texts(text: str, document: object) -> None:
    """An element with children is an object, one without is its text, and repeated names are a list."""
    assert decode_xml(text, LIMITS) == document


@pytest.mark.parametrize(
    "text",
    [
        "<a>",
        "<a></b>",
        "<a>R&D</a>",
        "<a>&nothing;</a>",
        "<p:a/>",
        "<!-- nothing -->",
        "<a>\x00</a>",
        "<a>&#xD800;</a>",
        "<a>\ud800</a>",
        "<a/>text",
        "text<a/>",
        "<a/></_><_>",
        "</_><a/><_>",
        "<html><body><br></body></html>",
    ],
)
def test_malformed_xml_is_refused(text: str) -> None:
    """Malformed XML, text between elements, and a tag that closes the wrapper are errors."""
    with pytest.raises(DecodeError, match=r"not XML|lone surrogate"):
        decode_xml(text, LIMITS)


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE a><a/>",
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "https://attacker.example/a.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    ],
)
def test_document_types_are_refused(text: str) -> None:
    """A document type is refused, so no entity is ever declared."""
    with pytest.raises(DecodeError, match="document type"):
        decode_xml(text, LIMITS)


def test_errors_name_the_line() -> None:
    """The error has the line of the fault and no value of the document."""
    with pytest.raises(DecodeError, match=r"in line 3$") as caught:
        decode_xml("<a>\n<b>s3cret</b>\n<c>R&D</c></a>", LIMITS)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<a>", "the body is not XML: it is not well-formed in line 1"),
        ("<a>\ud800</a>", "the body holds a lone surrogate"),
        ("<!DOCTYPE a><a/>", "the body is XML with a document type, which is not read"),
        ("<a/>text", "the body is not XML: there is text outside of its elements"),
    ],
)
def test_errors_in_words(text: str, message: str) -> None:
    """The error says what is wrong with the body."""
    with pytest.raises(DecodeError) as caught:
        decode_xml(text, LIMITS)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "limits", "message"),
    [
        ("<a><b><c/></b></a>", Limits(max_depth=1), "the document is too deep (limit max_depth = 1)"),
        ("<a/><b/><c/>", Limits(max_nodes=2), "the document has too many values (limit max_nodes = 2)"),
        ("<a>123</a>", Limits(max_string=2), "a text is too long (limit max_string = 2)"),
    ],
)
def test_limits_in_words(text: str, limits: Limits, message: str) -> None:
    """The error names the limit."""
    with pytest.raises(LimitError) as caught:
        decode_xml(text, limits)
    assert str(caught.value) == message


def test_depth_is_limited() -> None:
    """Elements may be nested as deep as objects in JSON."""
    limits = Limits(max_depth=4)
    assert decode_xml("<a><b><c><d>1</d></c></b></a>", limits) == {"a": {"b": {"c": {"d": "1"}}}}
    assert decode_xml("<x/><b><c><d><e>1</e></d></c></b>", limits) == {"x": "", "b": {"c": {"d": {"e": "1"}}}}
    for text in ("<a><b><c><d><e>1</e></d></c></b></a>", "<x/><b><c><d><e><f/></e></d></c></b>"):
        with pytest.raises(LimitError, match="max_depth = 4"):
            decode_xml(text, limits)


@pytest.mark.parametrize("text", ["<a>" * 100_000, "<x/>" + "<a>" * 100_000])
def test_depth_is_limited_while_parsing(text: str) -> None:
    """A document that is too deep is refused before its end is reached."""
    with pytest.raises(LimitError, match="max_depth"):
        decode_xml(text, LIMITS)


def test_nodes_are_limited() -> None:
    """The root counts as a node, as in JSON, and too many are refused before the end is reached."""
    limits = Limits(max_nodes=4)
    assert decode_xml("<a/><b/><c/>", limits) == {"a": "", "b": "", "c": ""}
    for text in ("<a/><b/><c/><d/>", "<a><b/><c/><d/></a>", "<a><b/><b/><b/><b/>"):
        with pytest.raises(LimitError, match="max_nodes = 4"):
            decode_xml(text, limits)


def test_texts_are_limited() -> None:
    """A text or a name may be as long as in JSON."""
    limits = Limits(max_string=8)
    assert decode_xml("<a>12345678</a>", limits) == {"a": "12345678"}
    for text in ("<a>123456789</a>", "<a23456789/>"):
        with pytest.raises(LimitError, match="max_string = 8"):
            decode_xml(text, limits)


@pytest.mark.parametrize("missing", ["defusedxml", "defusedxml.ElementTree"])
def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Without the extra the error is ours, and names what to install.

    Where a vendor sends text as well, the body stays text, with a problem.
    """
    monkeypatch.delattr(defusedxml, "ElementTree", raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ConfigurationError, match=r"alertmap\[xml\]"):
        decode_xml("<a/>", LIMITS)
    with pytest.raises(ConfigurationError, match=r"alertmap\[xml\]"):
        decode(Request("<a/>"), frozenset({"json", "xml"}), LIMITS)
    text = decode(Request("<a/>"), frozenset({"xml", "text"}), LIMITS)
    assert text is not None
    assert text.value == "<a/>"
    assert [(problem.code, problem.message) for problem in text.problems] == [
        (ProblemCode.ENCODING, "XML can only be read with the extra `xml`: pip install alertmap[xml]")
    ]


@pytest.mark.parametrize(
    ("formats", "value"),
    [
        ({"xml"}, {"a": "1"}),
        ({"json", "form", "xml"}, {"a": "1"}),
        ({"json", "text", "xml"}, {"a": "1"}),
        ({"json", "text"}, "<a>1</a>"),
    ],
)
def test_xml_is_read_where_a_vendor_sends_xml(formats: set[str], value: object) -> None:
    """A body that begins with `<` is XML for a vendor that sends XML, whatever the content type."""
    document = decode(Request("<a>1</a>", headers={"Content-Type": "application/json"}), frozenset(formats), LIMITS)
    assert document is not None
    assert document.value == value


def test_xml_is_refused_elsewhere() -> None:
    """A vendor's other formats decide the error, and broken XML is text where the vendor sends text."""
    with pytest.raises(DecodeError, match="not JSON"):
        decode(Request("<a>1</a>"), frozenset({"json"}), LIMITS)
    with pytest.raises(DecodeError, match="the body is not xml"):
        decode(Request('{"a": 1}'), frozenset({"xml"}), LIMITS)
    broken = decode(Request("<3 monitoring"), frozenset({"xml", "text"}), LIMITS)
    assert broken is not None
    assert (broken.value, broken.problems) == ("<3 monitoring", ())


NAMES = st.sampled_from(["a", "b", "Title", "x-y", "_", "é"])
TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=8)
TREES = st.recursive(
    TEXTS,
    lambda below: st.dictionaries(NAMES, below | st.lists(below, min_size=2, max_size=3), min_size=1, max_size=3),
    max_leaves=12,
)


def _written(document: object) -> str:
    if isinstance(document, str):
        return escape(document)
    assert isinstance(document, dict)
    pairs = [(name, one) for name, value in document.items() for one in (value if isinstance(value, list) else [value])]
    return "".join(f"<{name}>{_written(one)}</{name}>" for name, one in pairs)


@given(TREES.filter(lambda tree: isinstance(tree, dict)))
def test_round_trip(tree: dict[str, object]) -> None:
    """Objects, lists and texts written as elements are read back, with and without a root."""
    assert decode_xml(_written(tree), LIMITS) == tree
    assert decode_xml(f"<root>{_written(tree)}</root>", LIMITS) == {"root": tree}


PIECES = ["<", ">", "</", "/>", "a", "b", "&", ";", "<!", "<?xml ", "?>", "[", "]", "--", "=", '"', "'", " ", "x:", "_"]


@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text_is_a_document_or_an_error(text: str) -> None:
    """Any text is a document or a payload error."""
    with suppress(PayloadError):
        assert isinstance(decode_xml(text, LIMITS), dict)
