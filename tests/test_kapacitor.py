"""Kapacitor's quirks that fixtures alone do not hold."""

import html

from hypothesis import example, given, settings
from hypothesis import strategies as st

from alertmap.adapters import kapacitor

PIECES = st.sampled_from(
    [
        "&#34;",
        "&#39;",
        "&lt;",
        "&gt;",
        "&amp;",
        "&#38;",
        "&",
        "#34;",
        "lt;",
        ";",
        "&lt",
        "&#x22;",
        "&not",
        "in;",
        "&#3",
        "x",
    ]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join))
@example("&amp;#34;&amp;lt;&#38;#34;&not&#34;in;&lt&gt;amp;")
@settings(max_examples=500)
def test_details_are_unescaped_as_html(text: str) -> None:
    """The short way for what Go escapes gives what the long way gives."""
    assert kapacitor._unescaped(text) == html.unescape(text)
