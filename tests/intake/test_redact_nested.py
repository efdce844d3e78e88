"""Redaction reads texts in texts, eight levels deep."""

import base64
import json
from collections.abc import Callable
from html import escape
from urllib.parse import quote_plus

import pytest

from alertmap.intake.redact import redact
from alertmap.model import Request

SECRET = "hunter22"  # noqa: S105 - what must go; as long as what stands for it


def in_base64(text: str) -> str:
    """Return the base64 of a text."""
    return base64.b64encode(text.encode()).decode()


WRAPS: dict[str, tuple[Callable[[str], str], int]] = {
    "JSON": (lambda text: json.dumps({"a": text}), 1),
    "JSON in a list": (lambda text: json.dumps([1, [text, "x"]]), 1),
    "JSON lines": (lambda text: f'{json.dumps({"a": text})}\n{{"b": 1}}', 1),
    "JSON in prose": (lambda text: f"failed: {json.dumps({'a': text})} twice", 1),
    "JSON in HTML": (lambda text: escape(json.dumps({"a": text})), 2),
    "base64": (in_base64, 1),
    "form": (lambda text: f"a={quote_plus(text)}&b=c", 1),
    "form without a name": (lambda text: f"a=b&{in_base64(text + ' ' * (-len(text) % 3))}&c=d", 2),
    "XML": (lambda text: f"<a><b>{escape(text, quote=False)}</b><c/></a>", 1),
    "character data": (lambda text: f"<a><![CDATA[{in_base64(text)}]]></a>", 2),
    "URL": (lambda text: f"see https://h/?a={quote_plus(text)}&b=c", 1),
}
"""Ways to put a text into a text, and the levels that each takes."""


def nested(name: str, depth: int, secret: str) -> str:
    """Return a secret in a document in as many levels of texts."""
    wrap, levels = WRAPS[name]
    text = json.dumps({"secrets": {"q": secret}})
    for _ in range(depth // levels):
        text = wrap(text)
    return text


@pytest.mark.parametrize("name", WRAPS)
def test_texts_in_texts(name: str) -> None:
    """A secret goes eight levels deep; all around it stays, and is written as it was."""
    for depth in range(1, 9):
        assert redact(Request(nested(name, depth, SECRET))).body == nested(name, depth, "REDACTED")


@pytest.mark.parametrize("name", WRAPS)
def test_texts_that_are_too_deep(name: str) -> None:
    """Deeper texts are not read, so that the work is bounded."""
    text = nested(name, 12, SECRET)
    assert redact(Request(text)).body == text


def test_urls_in_urls() -> None:
    """A parameter in a parameter is read eight levels deep."""

    def written(depth: int, secret: str) -> str:
        text = f"/x?token={secret}"
        for _ in range(depth):
            text = f"/x?a={quote_plus(text)}"
        return f"see {text}"

    assert redact(Request(written(8, SECRET))).body == written(8, "REDACTED")
    assert redact(Request(written(9, SECRET))).body == written(9, SECRET)
    assert redact(Request(written(12, SECRET))).body == written(12, SECRET)


def multipart_in_multipart(depth: int, text: str, *, with_blank_line: bool) -> str:
    """Return multipart in a part of multipart, and so on, with a text in the innermost part."""
    for level in range(depth):
        head = "a: b\n\n" if with_blank_line else f"a: b\n--b{level}\n"
        text = f"--b{level}\n{head}{text}\n--b{level}--"
    return f"{text}\n"


def test_multipart_in_multipart() -> None:
    """A part may be multipart, eight levels deep, whether it has headers or not."""
    headers = f'a: b\n--b\nContent-Disposition: form-data; name="token"\n\n{SECRET}'
    for depth in range(1, 8):
        text = multipart_in_multipart(depth, f"--b\n{headers}\n--b--", with_blank_line=True)
        assert redact(Request(text)).body == text.replace(SECRET, "REDACTED")
        document = json.dumps({"a": json.dumps({"secrets": {"q": SECRET}})})
        text = multipart_in_multipart(depth, document, with_blank_line=False)
        assert redact(Request(text)).body == text.replace(SECRET, "REDACTED")


@pytest.mark.parametrize("with_blank_line", [True, False])
def test_multipart_that_is_too_deep(with_blank_line: bool) -> None:  # noqa: FBT001 - drawn
    """Deeper parts are read as prose, and cost no stack."""
    text = multipart_in_multipart(900, f"token={SECRET}", with_blank_line=with_blank_line)
    assert redact(Request(text)).body == text.replace(SECRET, "REDACTED")
