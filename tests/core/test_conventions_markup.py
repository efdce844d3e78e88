"""Texts in HTML."""

import time

import pytest

from alertmap import conventions


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("no markup at all", "no markup at all"),
        ("<div>503 since 10:00</div>", "503 since 10:00"),
        ("<p>One</p><p>Two<br/>Three</p>", "One\nTwo\nThree"),
        ('<div dir="ltr">a &amp; b&nbsp;c</div>', "a & b\xa0c"),
        ("load < 5 and > 3", "load < 5 and > 3"),
        ("&lt;script&gt; is text", "<script> is text"),
        ("<!-- hidden -->seen", "seen"),
        ("<table><tr><td>disk</td><td>97 %</td></tr><tr><th>cpu</th></tr></table>", "disk 97 %\ncpu"),
        ("&#233;&#xE9;&eacute; &unheard; &amp", "\xe9\xe9\xe9 &unheard; &amp"),
        ("<", "<"),
        ("", ""),
    ],
)
def test_markup_is_read_as_text(html: str, text: str) -> None:
    """Tags go, a comparison stays."""
    assert conventions.plain_text(html) == text


@pytest.mark.parametrize("part", ["<", "<a", "</p", "<!--", " ", "&", "\n ", "<br", "</td", "&amp;", "&#9"])
def test_hostile_markup_costs_in_proportion_to_its_length(part: str) -> None:
    """Nothing is scanned again and again."""
    begun = time.process_time()
    conventions.plain_text(f"<{part * (60_000 // len(part))}")
    assert time.process_time() - begun < 1


def test_a_very_long_text_is_not_cut_in_silence() -> None:
    """The core cuts it, with a problem."""
    long = "<p>x</p>" * 10_000
    assert conventions.plain_text(long) == "\n".join("x" * 8_192) + long[65_536:]


@pytest.mark.parametrize(
    "entity", [f"&#{'9' * 5_000};", f"&#x{'9' * 5_000};", "&#1114112;", "&#0;", f"&{'a' * 5_000};"]
)
def test_no_entity_is_too_large(entity: str) -> None:
    """Python refuses to convert a number of so many digits, and the alert would be lost."""
    assert conventions.plain_text(f"<p>down {entity}</p>").startswith("down")
