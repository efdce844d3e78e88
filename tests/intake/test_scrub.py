"""Scrubbing: each text of a reading is cleaned and limited on its way into an alert."""

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap import Adapter, Problem, ProblemCode, Reading, Shape, State, parse_document, wire
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
    """Return the scrubbed texts of a reading with these fields."""
    identity: dict[str, str] = fields.pop("identity", {"id": "x"})
    reading = Reading(**{"state": State.FIRING, "identity": identity, "title": "title", **fields})
    templates = re.compile(unrendered) if unrendered else None
    return scrub(reading, identity, templates, "Acme")


def codes(reading: Clean) -> list[tuple[str, str]]:
    """Return code and path of each problem."""
    return [(problem.code.value, problem.path) for problem in reading.problems]


@pytest.mark.parametrize("char", HARMFUL)
def test_harmful_characters_are_removed(char: str) -> None:
    """Control, bidirectional and tag characters, line separators and surrogates are removed without a problem."""
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
    "text",
    ["👩\u200d💻", "❤\ufe0f", "a\u200cb", "中文", "é", "\u00a0x", "\u200f", "z\u0335"],
)
def test_other_characters_stay(text: str) -> None:
    """Joiners, variation selectors and all scripts are kept."""
    assert clean(message=text).message == text


def test_lines() -> None:
    """A message keeps tabs and line ends; a title and a resource are one line without surrounding blanks."""
    reading = clean(title=" a\r\n\tb \n", resource="\nweb-1\n", message=" a\r\n\tb ")
    assert (reading.title, reading.resource, reading.message) == ("a b", "web-1", " a\n\tb ")


def test_titles_are_composed() -> None:
    """A title is in NFC, also where a control character was removed; other texts are not normalised."""
    texts = clean(title="Cafe\u0301 e\x00\u0301", message="Cafe\u0301", labels={"e\u0301": "e\u0301"})
    assert texts.title == "Café é"
    assert texts.message == "Cafe\u0301"
    assert texts.labels == {"e\u0301": "e\u0301"}


@pytest.mark.parametrize(
    ("title", "message", "made"),
    [
        ("", "", "Acme: x"),
        (" \r\n", "first\nsecond", "first"),
        ("\x00 \x1b", "\n\n first \nsecond", "first"),
        ("\u202e", "\x00\nsecond", "Acme: x"),
        ("\x00 \x00", "", "Acme: x"),
    ],
)
def test_a_title_is_never_blank(title: str, message: str, made: str) -> None:
    """A blank title becomes the first line of the message or the vendor's name, with a problem."""
    reading = clean(title=title, message=message)
    assert reading.title == made
    assert codes(reading) == [("title_fallback", "title")]


@pytest.mark.parametrize(
    ("field", "limit"), [("title", MAX_TITLE), ("resource", MAX_TITLE), ("level", MAX_TITLE), ("message", MAX_MESSAGE)]
)
def test_long_texts_are_cut(field: str, limit: int) -> None:
    """A text at its limit is kept; a longer one is cut with a mark and a problem."""
    assert getattr(clean(**{field: "x" * limit}), field) == "x" * limit
    cut = clean(**{field: "x" * (limit + 1)})
    assert getattr(cut, field) == "x" * (limit - 1) + "…"
    assert codes(cut) == [("truncated", field)]


@pytest.mark.parametrize("field", ["labels", "values"])
def test_long_names_and_values_are_cut(field: str) -> None:
    """Names and values of labels and of measured values have their own limit."""
    fits: dict[str, Any] = {field: {"x" * MAX_VALUE: "y" * MAX_VALUE}}
    longer: dict[str, Any] = {field: {"x" * (MAX_VALUE + 1): "y" * (MAX_VALUE + 1)}}
    assert codes(clean(**fits)) == []
    cut = clean(**longer)
    assert getattr(cut, field) == {"x" * (MAX_VALUE - 1) + "…": "y" * (MAX_VALUE - 1) + "…"}
    assert codes(cut) == [("truncated", field)] * 2


def test_length_is_measured_after_cleaning() -> None:
    """Removed characters do not count for the length."""
    assert codes(clean(title="x" * MAX_TITLE + "\x00" * 10)) == []


def _name(url: str) -> str:
    """Return the id of a test: a URL with `::` in it would look like the path of another test."""
    return re.sub(r"\W+", "-", ascii(url))[:40]


def test_limits() -> None:
    """The documented limits: a pager takes 1,024 characters of a summary."""
    assert (MAX_TITLE, MAX_MESSAGE, MAX_VALUE, MAX_URL) == (1_024, 32_768, 4_096, 2_048)


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
    ids=_name,
)
def test_valid_links(url: str) -> None:
    """Absolute http and https links are kept unchanged."""
    reading = clean(links={"page": url})
    assert reading.links == {"page": url}
    assert codes(reading) == []


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
    ids=_name,
)
def test_invalid_links(url: str) -> None:
    """Any other link is dropped with a problem that does not contain it; a blank one without."""
    reading = clean(links={"page": url, "none": ""})
    assert reading.links == {}
    assert codes(reading) == [("bad_link", "links.page")]
    assert url not in reading.problems[0].message


def test_odd_names_in_paths() -> None:
    """A name from the payload is written in a path in ASCII, quoted and cut."""
    reading = clean("bad", links={"\x1b]": "x"}, identity={"tag.host": "bad", "y" * 500: "bad"})
    assert codes(reading) == [
        ("unrendered", "identity['tag.host']"),
        ("unrendered", f"identity['{'y' * 64}']"),
        ("bad_link", "links['\\x1b]']"),
    ]


def test_unrendered_templates() -> None:
    """An unrendered template in title, message or identity is kept, with a problem; other fields are not checked."""
    reading = clean(
        r"\{\{.*?\}\}", title="{{ title }}", message="x\n{{y}}", identity={"id": "{{ id }}", "ok": "$HOST$"}
    )
    assert (reading.title, reading.message) == ("{{ title }}", "x\n{{y}}")
    assert codes(reading) == [("unrendered", "title"), ("unrendered", "message"), ("unrendered", "identity.id")]
    assert codes(clean(r"\{\{.*?\}\}", title="$5,000", labels={"a": "{{ a }}"})) == []
    assert codes(clean(r"^\{|x$", title="a{", labels={"a": "b"}, identity={"id": "y"})) == []
    assert codes(clean(r"^\{|x$", title="a", identity={"id": "{", "of": "x"})) == [
        ("unrendered", "identity.id"),
        ("unrendered", "identity.of"),
    ]
    assert codes(clean(None, title="{{ title }}")) == []


def test_what_problems_say() -> None:
    """Each problem states the fact and the consequence, and holds no text of the sender."""
    reading = clean(
        "secret",
        title="",
        message="the secret" + "x" * MAX_MESSAGE,
        identity={"id": "a secret"},
        level="x" * (MAX_TITLE + 1),
        resource="x" * (MAX_TITLE + 1),
        labels={"password": "hunter2", "team": "x" * (MAX_VALUE + 1)},
        values={"password": 7},
        links={"password": "https://acme.example/", "page": "javascript:secret", "x" * (MAX_VALUE + 1): "http://a/"},
    )
    assert [(it.code.value, it.path, it.message) for it in reading.problems] == [
        ("truncated", "title", "text over 1024 characters was cut"),
        ("title_fallback", "title", "the payload has no title; one was made"),
        ("truncated", "message", "text over 32768 characters was cut"),
        ("unrendered", "title", "a template of the sender was not filled in"),
        ("unrendered", "message", "a template of the sender was not filled in"),
        ("unrendered", "identity.id", "a template of the sender was not filled in"),
        ("truncated", "level", "text over 1024 characters was cut"),
        ("truncated", "resource", "text over 1024 characters was cut"),
        ("credential", "labels", "entries with the names of credentials were left out"),
        ("truncated", "labels", "text over 4096 characters was cut"),
        ("credential", "values", "entries with the names of credentials were left out"),
        ("credential", "links", "entries with the names of credentials were left out"),
        ("truncated", "links", "text over 4096 characters was cut"),
        ("bad_link", "links.page", "a link is not absolute http(s); it was dropped"),
    ]
    assert reading.labels == {"team": "x" * (MAX_VALUE - 1) + "…"}
    assert reading.values == {}
    assert reading.links == {"x" * (MAX_VALUE - 1) + "…": "http://a/"}


@pytest.mark.parametrize(
    ("table", "is_problem"),
    [
        ({"password": "hunter2"}, True),
        ({"team": "db", "password": "hunter2", "api_key": ""}, True),
        ({"password": ""}, False),
        ({"password": None}, False),
        ({"password": "", "api_key": None, "team": "db"}, False),
        ({"team": "db"}, False),
    ],
)
def test_entries_with_names_of_credentials(table: dict[str, Any], *, is_problem: bool) -> None:
    """An entry with the name of a credential is left out, with one problem for a table unless all of it is blank."""
    reading = clean(labels=table)
    assert reading.labels == {name: value for name, value in table.items() if name == "team"}
    assert codes(reading) == ([("credential", "labels")] if is_problem else [])


@pytest.mark.parametrize("count", [8, 9, 10, 100])
def test_many_problems_of_one_kind_are_counted(count: int) -> None:
    """The first eight links that are dropped, and unrendered parts of an identity, are listed, the others counted."""
    reading = clean(
        "bad",
        identity={f"p{number}": "bad" for number in range(count)},
        links={f"l{number}": "bad" for number in range(count)},
    )
    found = [(it.code.value, it.path, it.message) for it in reading.problems]
    more = f"{count - 8} more problems like the one before"
    template, link = "a template of the sender was not filled in", "a link is not absolute http(s); it was dropped"
    assert found == [
        *(("unrendered", f"identity.p{number}", template) for number in range(8)),
        *([("unrendered", "identity", more)] if count > 8 else []),
        *(("bad_link", f"links.l{number}", link) for number in range(8)),
        *([("bad_link", "links", more)] if count > 8 else []),
    ]


@pytest.mark.parametrize(
    ("identity", "title"),
    [
        ({"host": "db-1", "check": "disk"}, "Acme: db-1, disk"),
        ({"host": "db-1\n", "check": "\x00disk "}, "Acme: db-1 , disk"),
        ({"host": "x" * 300}, "Acme: " + "x" * 194),
        ({"host": "x" * 190, "check": "disk"}, "Acme: " + "x" * 190 + ", di"),
    ],
)
def test_a_title_that_is_made_names_the_vendor_and_the_identity(identity: dict[str, str], title: str) -> None:
    """A title that is made has the vendor and all parts of the identity, in at most 200 characters."""
    assert clean(title="", identity=identity).title == title


@pytest.mark.parametrize("padding", [" ", "\n", "\u2003"])
def test_blanks_around_a_title_do_not_count(padding: str) -> None:
    """A title is measured without the blanks around it, however many there are."""
    reading = clean(title=padding * 3_000 + "x" * MAX_TITLE + padding * 3_000)
    assert reading.title == "x" * MAX_TITLE
    assert codes(reading) == []


@pytest.mark.parametrize("char", ["x", "é", "\x00"])
@pytest.mark.parametrize("field", ["title", "message", "labels"])
def test_texts_of_any_length_are_cut_to_their_limit(field: str, char: str) -> None:
    """A text of many times its limit is cut as one a little over it, and what is behind is never looked at."""
    limit = {"title": MAX_TITLE, "message": MAX_MESSAGE, "labels": MAX_VALUE}[field]
    for length in (2 * limit - 2, 2 * limit - 1, 2 * limit, 5 * limit):
        text = "a" + char * length + "z"
        fields: dict[str, Any] = {field: {"name": text} if field == "labels" else text}
        reading = clean(**fields)
        found = reading.labels["name"] if field == "labels" else getattr(reading, field)
        if char == "\x00" and len(text) <= 2 * limit:
            assert (found, codes(reading)) == ("az", [])
        else:
            kept = "a" + char * (limit - 2) if char != "\x00" else "a"
            assert (found, codes(reading)) == (kept + "…", [("truncated", field)])


@pytest.mark.parametrize(
    ("table", "kept"),
    [
        ({"a": "", "b": "x"}, {"b": "x"}),
        ({"a": None, "b": "x"}, {"b": "x"}),
        ({"a": "", "b": None}, {}),
        ({"a": "\x00", "b": "x"}, {"b": "x"}),
        ({"": "x", "a": " "}, {"": "x", "a": " "}),
        ({"a": 0, "b": "", "c": "\x1bx"}, {"a": 0, "c": "x"}),
        ({"a": 0.0, "b\x00": 7}, {"a": 0.0, "b": 7}),
    ],
)
def test_entries_without_a_value_are_left_out(table: dict[str, Any], kept: dict[str, Any]) -> None:
    """An entry whose value is missing or empty, also once it is clean, is left out without a problem; zero is one."""
    reading = clean(values=table)
    assert (reading.values, codes(reading)) == (kept, [])


def test_a_long_text_of_harmful_characters_is_blank() -> None:
    """A text of harmful characters only is blank however long it is, and has a problem where it was cut."""
    harmful = "\x00" * (3 * MAX_MESSAGE)
    reading = clean(message=harmful, level=harmful, resource=harmful, values={"a": harmful})
    assert (reading.message, reading.level, reading.resource, reading.values) == ("", None, "", {})
    assert codes(reading) == [("truncated", field) for field in ("message", "level", "resource", "values")]
    reading = clean(title=harmful, message="m")
    assert reading.title == "m"
    assert codes(reading) == [("truncated", "title"), ("title_fallback", "title")]


@pytest.mark.parametrize(("marks", "is_composed"), [(1, True), (30, True), (31, False), (500, False)])
def test_long_runs_of_marks_are_not_composed(marks: int, *, is_composed: bool) -> None:
    """A title with many marks that combine stays as it is: to compose it could take long."""
    title = "e" + "\u0301" * marks
    assert clean(title=title).title == ("é" + "\u0301" * (marks - 1) if is_composed else title)


def test_problems_of_the_reading_stay_first() -> None:
    """Problems of the adapter come before those of scrubbing."""
    missing = Problem(ProblemCode.MISSING, "$.host", "there is no host")

    @wire.model
    class Event:
        id: str

    def read(event: Event) -> Reading:
        return Reading(state=State.FIRING, identity={"id": event.id}, problems=(missing,))

    adapter = Adapter(name="acme", title="Acme", shapes=[Shape(Event, read)])
    [alert] = parse_document(adapter, {"id": "x"})
    assert [problem.code.value for problem in alert.problems][:2] == ["missing", "title_fallback"]


@given(_ANY, _ANY, st.dictionaries(_ANY, _ANY, max_size=3), _ANY | st.none())
def test_any_text_comes_out_harmless(title: str, message: str, names: dict[str, str], level: str | None) -> None:
    """Any text comes out without harmful characters, titles in one line of NFC; cleaning twice changes nothing."""
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
    assert reading.level is None or reading.level.strip("\t\n") or level
    assert "" not in (reading.level, *reading.labels.values(), *reading.values.values())
    again = reading._asdict()
    del again["problems"]
    assert clean(**again) == reading._replace(problems=())
