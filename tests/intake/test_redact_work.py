"""The work of `redact` grows in proportion to the request, whatever is in it."""

import base64
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from re import _constants, _parser  # type: ignore[attr-defined] # the tree of a pattern is nowhere else
from types import FrameType, ModuleType
from typing import Any
from urllib.parse import quote_plus

import pytest

from alertmap.intake import redact as redact_module
from alertmap.intake import redact_text, token_forms
from alertmap.intake.redact import redact
from alertmap.intake.token_forms import TOKEN_FORMS
from alertmap.model import Request

LITERALS = " ".join(literal for form in TOKEN_FORMS for literal in form.literals)


def again(piece: str, length: int) -> str:
    """Return a piece again and again, as often as it fits into a length."""
    return piece * (length // len(piece))


def nested(length: int, wrap: Callable[[str], str]) -> str:
    """Return a text wrapped more often than texts in texts are read."""
    text = again("token: ab ", length)
    for _ in range(12):
        text = wrap(text)
    return text


REPEATED = (
    *("a", " ", ":", "=", "@", "-", "&", "<", "[", "{", '"', "'", "\\", "\n", "%", "a:", "a=", "a: b ", "?a=", "&a=b"),
    *(
        "token",
        "token=",
        "token: ",
        'token="',
        "token='x token=\"",
        'token=\\"x ',
        "auth=",
        "auth: x ",
        "api api ",
        "token\\",
    ),
    *(
        "eyJ-",
        "eyJaaaaaaaaaaaa.",
        "eyJa.aaaaaaaaaaaaa.",
        "a.",
        "a-b.",
        "Bearer ",
        "Basic ",
        "authorization: ",
        "cookie: a",
    ),
    *("-----BEGIN ", "-----BEGIN RSA PRIVATE KEY-----", "AKIA", "AC0123456789abcdef", "0", "1:AA", "hooks.slack.com/"),
    *("://", "://a@", "a://", "u@", "x?k=%41", "a=%25%41&", "token=b&", "--a b ", "-u a:b ", "secret={", "secret=[x] "),
    *(
        '{"a":',
        '{"name":"token","a":',
        '{"value":"x","a":',
        '[["token",',
        '"token":1,',
        "1,",
        '"ab: cd",',
        '"a=b&c=d",',
    ),
    *('{"a":1}\n', '{"a":1}\n{"a":\n', '{"a":"x}\n', "{\n", "x\x00", LITERALS),
    *("<a>", "</a>", "<token>", "</", "<!--", "<![CDATA[", '<a name="', "&lt;", "&#", "&quot;", "<a b=c>d</a>"),
    *("--x\r\n", '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n', "\r\n--x\r\na:b", "name="),
)
"""Pieces of which a body may consist."""

BEGUN = (
    *(
        "token",
        "token:",
        "token\\",
        'token="',
        "auth=",
        "secret={",
        "Bearer",
        "-----BEGIN RSA PRIVATE KEY-----",
        "--",
        "://",
    ),
    *(
        "x?",
        "{",
        "[",
        '["',
        '{"a": "x',
        "x {",
        "<a>",
        "<token>",
        "</",
        "<![CDATA[",
        "<!--",
        "a=",
        "--x\r\na:",
        LITERALS,
    ),
)
"""Beginnings of a body, behind which something is repeated."""

BAITS: dict[str, Callable[[int], str]] = {
    **{f"{piece[:30]!r} repeated": lambda n, it=piece: again(it, n) for piece in REPEATED},  # type: ignore[misc]
    **{
        f"{start[:30]!r}, then {piece!r}": lambda n, it=(start, piece): it[0] + again(it[1], n)  # type: ignore[misc]
        for start in BEGUN
        for piece in ("a", " ", "a: b ", "1,")
    },
    "base64": lambda n: base64.b64encode(again("token: abcd ", n // 16 * 12).encode()).decode(),
    "base64 in base64": lambda n: nested(n // 30, lambda text: base64.b64encode(text.encode()).decode()),
    "JSON in JSON": lambda n: nested(n, lambda text: json.dumps({"a": text})),
    "broken JSON in broken JSON": lambda n: nested(n, lambda text: f"{json.dumps({'a': text})}x\n{{}}"),
    "forms in forms": lambda n: nested(n // 4, lambda text: f"b=c&a={quote_plus(text)}"),
    "URLs in URLs": lambda n: nested(n // 4, lambda text: f"https://h/x?a={quote_plus(text)}"),
    "URLs in forms": lambda n: nested(n // 4, lambda text: f"b=c&a=https://h/x?a={quote_plus(text)}"),
    "XML in XML": lambda n: nested(n, lambda text: f"<a>{text.replace('&', '&amp;').replace('<', '&lt;')}</a>"),
}
"""Hostile bodies of a length."""

REQUESTS: dict[str, Callable[[str], Request]] = {
    "path": lambda text: Request(path=f"/{text}"),
    "header": lambda text: Request(headers={"x-a": text}),
    "name of a header": lambda text: Request(headers={text: "x"}),
    "query": lambda text: Request(query={"a": text}),
    "name in the query": lambda text: Request(query={text: ""}),
}


def calls(request: Request) -> int:
    """Count the functions that `redact` calls, those of Python and those of C."""
    count = 0

    def counted(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        redact(request)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("bait", BAITS)
def test_calls(bait: str) -> None:
    """Twice the body costs twice the calls, no more."""
    once, twice = (calls(Request(BAITS[bait](length).encode())) for length in (2048, 4096))
    assert twice <= 2.3 * once + 200


@pytest.mark.parametrize("place", REQUESTS)
@pytest.mark.parametrize(
    "piece", ["a", "a1-", "/a1", "%41", "%25", "://a@", "?a=b", "token/", "key", "\n", "eyJ-", "<a>"]
)
def test_calls_for_other_parts(place: str, piece: str) -> None:
    """Path, headers and query of twice the length cost twice the calls, too."""
    once, twice = (calls(REQUESTS[place](again(piece, length))) for length in (2048, 4096))
    assert twice <= 2.3 * once + 200


def seconds(text: str) -> float:
    """Return the processor time of a call, the better of two."""
    request, best = Request(text.encode()), 9.0
    for _ in range(2):
        start = time.process_time()
        redact(request)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("bait", BAITS)
def test_growth(bait: str) -> None:
    """Eight times the body costs about eight times as much; quadratic work would cost 64 times as much."""
    small, large = (seconds(BAITS[bait](length)) for length in (2048, 8 * 2048))
    assert large < 24 * max(small, 0.0005)


# --- Patterns --------------------------------------------------------------------------------------------------------

LONGEST = 2000
"""How often a repetition that may backtrack may repeat."""


def patterns(module: ModuleType) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Yield the compiled patterns of a module."""
    for name, value in vars(module).items():
        if isinstance(value, re.Pattern) and name.startswith("_"):
            yield f"{module.__name__}.{name}", value
    if module is token_forms:
        yield from ((form.literals[0], form.pattern) for form in TOKEN_FORMS)


PATTERNS = dict(it for module in (redact_module, redact_text, token_forms) for it in patterns(module))


def repetitions(tree: Any) -> Iterator[tuple[Any, int]]:
    """Yield the operator and the maximum of all repetitions in the tree of a pattern."""
    for operator, argument in tree:
        if operator in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT):
            yield operator, argument[1]
        waiting = [argument]
        while waiting:
            it = waiting.pop()
            if isinstance(it, _parser.SubPattern):
                yield from repetitions(it)
            elif isinstance(it, (tuple, list)):
                waiting += it


def first(tree: Any) -> Any:
    """Return the operator with which a pattern begins, inside its groups."""
    operator, argument = next(iter(tree))
    if operator in (_constants.SUBPATTERN, _constants.ATOMIC_GROUP):
        return first(argument[-1] if operator is _constants.SUBPATTERN else argument)
    is_long = operator in (_constants.MAX_REPEAT, _constants.POSSESSIVE_REPEAT) and argument[1] > LONGEST
    return operator if not is_long else "a repetition"


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_backtracks(name: str) -> None:
    """A repetition without a maximum is possessive, and no pattern that is searched for begins with one."""
    tree = _parser.parse(PATTERNS[name].pattern, PATTERNS[name].flags & ~re.UNICODE)
    for operator, most in repetitions(tree):
        assert operator is _constants.POSSESSIVE_REPEAT or most <= LONGEST
    if name.rpartition(".")[2] not in ONLY_AT_THE_BEGINNING:
        assert first(tree) != "a repetition"


ONLY_AT_THE_BEGINNING = {"_ALL_JSON", "_BASE64", "_BEGINS_A_FORM", "_MULTIPART"}
"""Patterns that are matched at the beginning of a text only."""


def test_the_check_sees_repetitions() -> None:
    """A pattern that backtracks is seen; else the test above would pass on nothing."""
    tree = _parser.parse(r"(?:x|\by[\w-]*?(?=z+))")
    assert [operator for operator, _ in repetitions(tree)] == [_constants.MIN_REPEAT, _constants.MAX_REPEAT]
    assert first(_parser.parse(r"(?P<a>a*+)b")) == "a repetition"
    assert len(PATTERNS) > 70
