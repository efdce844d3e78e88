"""`HtmlText`: text that the sender escaped for HTML."""

import html

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alertmap import wire

ENTITIES = ["&#34;", "&#39;", "&lt;", "&gt;", "&amp;", "&#38;", "&lt", "&#x22;", "&not", "&#3"]
PIECES = [*ENTITIES, "&", "#34;", "lt;", ";", "in;", "x"]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join))
@example("&amp;#34;&amp;lt;&#38;#34;&not&#34;in;&lt&gt;amp;")
@settings(max_examples=500)
def test_html_text_is_unescaped_once(text: str) -> None:
    """The fast path for the entities of Go's templates gives the same text as `html.unescape`."""
    assert wire.structure(wire.plain(text), wire.HtmlText) == html.unescape(text)


@pytest.mark.parametrize("value", [None, 5, ["&lt;"]])
def test_html_text_must_be_text(value: object) -> None:
    """Only text is accepted."""
    with pytest.raises(wire.Mismatch, match="expected text, got"):
        wire.structure(wire.plain(value), wire.HtmlText)
