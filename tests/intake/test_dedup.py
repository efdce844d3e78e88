"""Dedup keys are injective, readable and bounded; fingerprints agree with those of others."""

import hashlib
import re
import unicodedata
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alertmap import ConfigurationError, fingerprint
from alertmap.errors import quoted
from alertmap.intake.dedup import MAX_KEY, dedup_key

_PIECES = st.sampled_from(
    ["", "=", ",", "~", "~0123456789ab", "%", ":", " ", "a", "A", "%2C", "%7E", "\x00", "\n", "\x7f", "é", "e\u0301"]
)
_TEXTS = (
    st.lists(_PIECES | st.sampled_from(["\ud800", "\udfff", "\u2028", "😀", "x" * 300]), max_size=4).map("".join)
    | st.text(max_size=10)
    | st.text(st.characters(codec=None, exclude_categories=()), max_size=5)
)
_IDENTITIES = st.dictionaries(_TEXTS, _TEXTS, max_size=4)


@pytest.mark.parametrize(
    ("identity", "key"),
    [
        ({"id": "cpu:host=web01"}, "kapacitor:id=cpu:host=web01"),
        ({"b": "2", "a": "1"}, "kapacitor:a=1,b=2"),
        ({"check": "disk / full", "tag.host": "wêb"}, "kapacitor:check=disk / full,tag.host=wêb"),
        ({"id": "50%,~\n"}, "kapacitor:id=50%25%2C%7E%0A"),
        ({"a=b": "c=d"}, "kapacitor:a%3Db=c=d"),
        ({"a": "b,c,d"}, "kapacitor:a=b%2Cc%2Cd"),
        ({"id": "\x00\x1b\x7f\x85\u2028\ud800"}, "kapacitor:id=%00%1B%7F%C2%85%E2%80%A8%ED%A0%80"),
        ({"": ""}, "kapacitor:="),
        ({"tag.password": "~0123456789ab"}, "kapacitor:tag.password=~0123456789ab"),
        ({"tag.password": "~0123456789abc"}, "kapacitor:tag.password=%7E0123456789abc"),
        ({}, "kapacitor:"),
    ],
)
def test_keys_are_readable(identity: dict[str, str], key: str) -> None:
    """Parts are sorted and written as `name=value`; only separators and control characters are escaped."""
    assert dedup_key("kapacitor", identity) == key


@given(st.lists(_IDENTITIES, min_size=2, max_size=6, unique_by=lambda identity: tuple(sorted(identity.items()))))
@example([{"a": "b,c=d"}, {"a": "b", "c": "d"}])
@example([{"a": "b=c"}, {"a=b": "c"}])
@example([{"a": "%2C"}, {"a": ","}])
@example([{"a": "x" * 400}, {"a": "x" * 399 + "y"}])
@example([{"host": "é"}, {"host": "e\u0301"}])
@example([{"a": "\x85"}, {"a": "%C2%85"}])
def test_distinct_identities_have_distinct_keys(identities: list[dict[str, str]]) -> None:
    """Different identities have different keys, whatever separators or control characters they hold."""
    assert len({dedup_key("acme", identity) for identity in identities}) == len(identities)


@given(_IDENTITIES)
def test_keys_are_bounded_and_harmless(identity: dict[str, str]) -> None:
    """A key has at most 255 characters, is one line of UTF-8, and does not depend on the order of parts."""
    key = dedup_key("acme", identity)
    assert len(key) <= MAX_KEY == 255
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", key)
    assert key.encode().decode() == key
    assert dedup_key("acme", dict(reversed(identity.items()))) == key


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=10), max_size=3))
def test_short_keys_can_be_read_back(identity: dict[str, str]) -> None:
    """A key that was not cut can be decoded to its identity: the escapes are those of URLs."""
    _, _, parts = dedup_key("acme", identity).partition(":")
    pairs = [part.partition("=") for part in parts.split(",")] if parts else []
    assert {unquote(name): unquote(value) for name, _, value in pairs} == identity


def test_long_keys_end_in_a_hash() -> None:
    """A key of 255 characters is kept; a longer one is cut to 190 and ends in the SHA-256 of the full key."""
    fits = "x" * (MAX_KEY - len("acme:id="))
    assert dedup_key("acme", {"id": fits}) == f"acme:id={fits}"
    full = f"acme:id={fits}x"
    assert dedup_key("acme", {"id": f"{fits}x"}) == f"{full[:190]}~{hashlib.sha256(full.encode()).hexdigest()}"
    assert "~" not in dedup_key("acme", {"id": "~" * 80})


def _by_definition(identity: dict[str, str]) -> str:
    """Write a key character by character, as the docstring of `dedup_key` defines it."""

    def escaped(text: str, special: str) -> str:
        return "".join(
            "".join(f"%{byte:02X}" for byte in one.encode("utf-8", "surrogatepass"))
            if one in special or unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")
            else one
            for one in text
        )

    parts = [f"{escaped(name, '%,~=')}={escaped(value, '%,~')}" for name, value in sorted(identity.items())]
    full = f"acme:{','.join(parts)}"
    return full if len(full) <= MAX_KEY else f"{full[:190]}~{hashlib.sha256(full.encode()).hexdigest()}"


@pytest.mark.parametrize("length", [200, 4_096, 16_390])
@pytest.mark.parametrize(
    "piece", ["x", "a~b", "a=b,c~d%e", "é\x00\x1f\x7f\x9f\xa0\u2027\u2028\u2029\u202a", "\ud800 \udfff"]
)
def test_keys_of_any_length_follow_one_definition(piece: str, length: int) -> None:
    """A short key, one that is cut, and one whose identity is read piece by piece: the rule is one."""
    text = f"{piece}{'x' * (length - 2 * len(piece))}{piece}"
    for identity in ({"id": text}, {text: "x"}, {"b": text, "a": "1", "c": "2"}, {f"{text}{n}": "x" for n in "21"}):
        assert dedup_key("acme", identity) == _by_definition(identity)


@given(st.dictionaries(_TEXTS, _TEXTS, max_size=4).filter(lambda identity: "~0123456789ab" not in identity.values()))
def test_keys_follow_their_definition(identity: dict[str, str]) -> None:
    """Any identity has the key of the definition; a hidden credential alone keeps its `~`."""
    assert dedup_key("acme", identity) == _by_definition(identity)


def test_many_parts_are_one_key() -> None:
    """An identity of many short parts, longer than a text that is escaped at once, keeps their order and separators."""
    identity = {f"name {number:04}": f"value, {number}" for number in range(1000)}
    assert dedup_key("acme", identity) == _by_definition(identity)


def test_known_fingerprints() -> None:
    """Parts are joined by `::` and hashed as UTF-8, in lower-case hexadecimal."""
    assert fingerprint("md5", "abc") == "900150983cd24fb0d6963f7d28e17f72"
    assert fingerprint("md5", "core-sw1", "Ping", "2001") == hashlib.md5(b"core-sw1::Ping::2001").hexdigest()  # noqa: S324
    assert fingerprint("sha256", "a", "é", sep="|") == hashlib.sha256("a|é".encode()).hexdigest()
    assert fingerprint("md5") == hashlib.md5(b"").hexdigest()  # noqa: S324
    assert len(fingerprint("sha1", "\ud800")) == 40


@pytest.mark.parametrize("algorithm", ["md55", "", "shake_128", None, 5])
def test_fingerprints_need_an_algorithm(algorithm: str) -> None:
    """An unknown hash, or one without a fixed length, is a configuration error."""
    with pytest.raises(ConfigurationError) as caught:
        fingerprint(algorithm, "x")
    assert str(caught.value) == f"no hash algorithm with a fixed length is called {quoted(algorithm)}"


def test_fingerprints_are_no_use_for_security(monkeypatch: pytest.MonkeyPatch) -> None:
    """MD5 is asked for as a hash that protects nothing: builds for high security refuse it otherwise."""
    asked = []
    new = hashlib.new

    def noted(*arguments: Any, usedforsecurity: bool = True) -> Any:
        asked.append(usedforsecurity)
        return new(*arguments, usedforsecurity=usedforsecurity)

    monkeypatch.setattr(hashlib, "new", noted)
    fingerprint("md5", "x")
    assert asked == [False]


def test_fingerprints_are_of_text() -> None:
    """A part that is not text is a configuration error: a number has more than one spelling."""
    with pytest.raises(ConfigurationError, match=r"^the parts of a fingerprint must be str$"):
        fingerprint("md5", 42)  # type: ignore[arg-type]
