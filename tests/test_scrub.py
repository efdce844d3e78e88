"""What happens to every text on its way into an alert."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import Adapter, Problem, ProblemCode, Reading, State, parse_document
from alertmap.intake.scrub import MAX_MESSAGE, MAX_TITLE, MAX_URL, MAX_VALUE, Clean, scrub

HARMFUL = [
    *(chr(code) for code in range(0x20) if chr(code) not in "\t\n"),
    *(chr(code) for code in range(0x7F, 0xA0)),
    *"\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "\U000e0001",
    "\U000e0041",
    "\U000e007f",
    "\ud800",
    "\udfff",
]
_ANY = st.text(st.characters(codec=None, exclude_categories=()) | st.sampled_from(HARMFUL), max_size=40)


def clean(unrendered: str | None = None, **fields: Any) -> Clean:
    """The texts of a reading with these fields, scrubbed."""
    reading = Reading(**{"state": State.FIRING, "identity": {"id": "x"}, "title": "title", **fields})
    return scrub(reading, re.compile(unrendered) if unrendered else None, "Acme", set())


def told(reading: Clean) -> list[tuple[str, str]]:
    """The problems: code and path."""
    return [(problem.code.value, problem.path) for problem in reading.problems]


@pytest.mark.parametrize("char", HARMFUL, ids=ascii)
def test_harmful_characters_go(char: str) -> None:
    """Controls, separators of lines, bidirectional controls, tags and half characters go from every text, untold."""
    text = f"a{char}b"
    reading = clean(
        title=text,
        message=text,
        resource=text,
        level=text,
        labels={text: text},
        values={text: text, "n": 1},
        links={text: "https://acme.example/"},
    )
    line = "a b" if char == "\r" else "ab"
    assert (reading.title, reading.resource) == (line, line)
    assert (reading.message, reading.level) == ("ab", "ab")
    assert reading.labels == {"ab": "ab"}
    assert reading.values == {"ab": "ab", "n": 1}
    assert reading.links == {"ab": "https://acme.example/"}
    assert reading.problems == ()


@pytest.mark.parametrize(
    "text", ["👩\u200d💻", "❤\ufe0f", "a\u200cb", "中文", "é", "\u00a0x", "\u200f", "z\u0335"], ids=ascii
)
def test_other_characters_stay(text: str) -> None:
    """Joiners, variation selectors and all scripts stay."""
    assert clean(message=text).message == text


def test_lines() -> None:
    """A message keeps tabs and line ends; a title and a resource are one line without blanks round it."""
    reading = clean(title=" a\r\n\tb \n", resource="\nweb-1\n", message=" a\r\n\tb ")
    assert (reading.title, reading.resource, reading.message) == ("a b", "web-1", " a\n\tb ")


def test_titles_are_composed() -> None:
    """A title is in NFC, also where a control stood between; other texts stay as they are."""
    texts = clean(title="Cafe\u0301 e\x00\u0301", message="Cafe\u0301", labels={"e\u0301": "e\u0301"})
    assert texts.title == "Café é"
    assert texts.message == "Cafe\u0301"
    assert texts.labels == {"e\u0301": "e\u0301"}


@pytest.mark.parametrize(
    ("title", "message", "made"),
    [
        ("", "", "Acme alert"),
        (" \r\n", "first\nsecond", "first"),
        ("\x00 \x1b", "\n\n first \nsecond", "first"),
        ("\u202e", "\x00\nsecond", "Acme alert"),
        ("\x00 \x00", "", "Acme alert"),
    ],
)
def test_a_title_is_never_blank(title: str, message: str, made: str) -> None:
    """A blank title is made of the first line of the message, or of the vendor's name, and told."""
    reading = clean(title=title, message=message)
    assert reading.title == made
    assert told(reading) == [("title_fallback", "title")]


@pytest.mark.parametrize(
    ("field", "limit"), [("title", MAX_TITLE), ("resource", MAX_TITLE), ("level", MAX_TITLE), ("message", MAX_MESSAGE)]
)
def test_long_texts_are_cut(field: str, limit: int) -> None:
    """A text at its limit stays; a longer one is cut to it with a mark and a problem."""
    assert getattr(clean(**{field: "x" * limit}), field) == "x" * limit
    cut = clean(**{field: "x" * (limit + 1)})
    assert getattr(cut, field) == "x" * (limit - 1) + "…"
    assert told(cut) == [("truncated", field)]


@pytest.mark.parametrize("field", ["labels", "values"])
def test_long_names_and_values_are_cut(field: str) -> None:
    """Names and values of labels and of what was measured have a limit of their own."""
    fits: dict[str, Any] = {field: {"x" * MAX_VALUE: "y" * MAX_VALUE}}
    longer: dict[str, Any] = {field: {"x" * (MAX_VALUE + 1): "y" * (MAX_VALUE + 1)}}
    assert told(clean(**fits)) == []
    cut = clean(**longer)
    assert getattr(cut, field) == {"x" * (MAX_VALUE - 1) + "…": "y" * (MAX_VALUE - 1) + "…"}
    assert told(cut) == [("truncated", field)] * 2


def test_length_counts_what_is_left() -> None:
    """What is taken out does not count."""
    assert told(clean(title="x" * MAX_TITLE + "\x00" * 10)) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.example/a?b=c#d",
        "http://10.0.0.1:8080/",
        "HTTPS://ACME.example",
        "http://[::1]/x",
        "https://é.example/",
        f"https://acme.example/{'x' * (MAX_URL - 21)}",
    ],
)
def test_links_that_stay(url: str) -> None:
    """Absolute http and https links stay as they are."""
    reading = clean(links={"page": url})
    assert reading.links == {"page": url}
    assert told(reading) == []


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://acme.example/",
        "//acme.example/",
        "/relative",
        "acme.example",
        "https://",
        "https:///path",
        "http://:80/",
        "https://user@acme.example/",
        "https://user:password@acme.example/",
        "http:\\\\acme.example",
        "https://acme.example/\n",
        "https://acme.example/a b",
        "java\x00script:x",
        "https://acme.example/\u202e",
        "http://[::1",
        "http://\u2100.example/",
        f"https://acme.example/{'x' * (MAX_URL - 20)}",
    ],
    ids=ascii,
)
def test_links_that_go(url: str) -> None:
    """Any other link is dropped with a problem that names it and shows nothing of it; a blank one is none."""
    reading = clean(links={"page": url, "none": ""})
    assert reading.links == {}
    assert told(reading) == [("bad_link", "links.page")]
    assert url not in reading.problems[0].message


def test_odd_names_in_paths() -> None:
    """A name from the payload stands in a path in ASCII, in quotes, and cut."""
    reading = clean("bad", links={"\x1b]": "x"}, identity={"tag.host": "bad", "y" * 500: "bad"})
    assert told(reading) == [
        ("unrendered", "identity['tag.host']"),
        ("unrendered", f"identity['{'y' * 64}']"),
        ("bad_link", "links['\\x1b]']"),
    ]


def test_templates_that_were_not_filled_in() -> None:
    """A template left in title, message or identity stays and is told; elsewhere, and by other marks, it is text."""
    reading = clean(
        r"\{\{.*?\}\}", title="{{ title }}", message="x\n{{y}}", identity={"id": "{{ id }}", "ok": "$HOST$"}
    )
    assert (reading.title, reading.message) == ("{{ title }}", "x\n{{y}}")
    assert told(reading) == [("unrendered", "title"), ("unrendered", "message"), ("unrendered", "identity.id")]
    assert told(clean(r"\{\{.*?\}\}", title="$5,000", labels={"a": "{{ a }}"})) == []
    assert told(clean(r"^\{|x$", title="a{", labels={"a": "b"}, identity={"id": "y"})) == []
    assert told(clean(r"^\{|x$", title="a", identity={"id": "{", "of": "x"})) == [
        ("unrendered", "identity.id"),
        ("unrendered", "identity.of"),
    ]
    assert told(clean(None, title="{{ title }}")) == []


def test_problems_of_the_reading_stay_first() -> None:
    """What the adapter told stands before what is told here."""
    missing = Problem(ProblemCode.MISSING, "$.host", "there is no host")

    def read(event: dict[str, str]) -> Iterator[Reading]:
        yield Reading(state=State.FIRING, identity={"id": event["id"]}, problems=(missing,))

    adapter = Adapter(name="acme", title="Acme", wire=dict[str, str], read=read, marks=frozenset())
    [alert] = parse_document(adapter, {"id": "x"})
    assert [problem.code.value for problem in alert.problems][:2] == ["missing", "title_fallback"]


@given(_ANY, _ANY, st.dictionaries(_ANY, _ANY, max_size=3), _ANY | st.none())
def test_any_text_comes_out_harmless(title: str, message: str, names: dict[str, str], level: str | None) -> None:
    """Whatever comes in, nothing harmful comes out, titles are one line of NFC, and cleaning twice changes nothing."""
    reading = clean(title=title, message=message, resource=title, labels=names, values=dict(names), level=level)
    texts = [reading.title, reading.message, reading.resource, reading.level or "", *reading.labels, *reading.values]
    texts += [*reading.labels.values(), *(str(value) for value in reading.values.values())]
    for text in texts:
        assert not set(text) & set(HARMFUL)
        assert all(unicodedata.category(char) not in ("Cc", "Cs") for char in text if char not in "\t\n")
    for line in (reading.title, reading.resource):
        assert line == unicodedata.normalize("NFC", line).strip()
        assert "\n" not in line
    assert reading.title
    assert (reading.level is None) == (level is None)
    again = reading._asdict()
    del again["problems"]
    assert clean(**again) == reading._replace(problems=())
