"""Credentials leave a request, all else stays as it was."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap.cli.recording import recorded
from alertmap.intake.recorded import read_recorded
from alertmap.intake.redact import redact, target
from alertmap.model import Request
from alertmap.testing.secrets import secrets_in

SECRET = "hunter2hunter2"  # noqa: S105 - what must go


def body(text: str | bytes, content_type: str = "application/json", **headers: str) -> bytes | str:
    """A body without its credentials."""
    return redact(Request(text, headers={"Content-Type": content_type, **headers})).body


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Cookie",
        "X-Gitlab-Token",
        "X-Hub-Signature-256",
        "X-Api-Key",
        "Proxy-Authorization",
        "Stripe-Signature",
    ],
)
def test_headers(name: str) -> None:
    """A header that is named for a credential loses its value."""
    assert redact(Request(headers={name: SECRET})).headers == {name.lower(): "REDACTED"}


def test_other_headers_stay() -> None:
    """Headers that say something else stay, a URL in one without its password."""
    headers = {"host": "h:8008", "idempotency-key": "7", "x-github-event": "ping", "referer": f"https://u:{SECRET}@h/"}
    assert redact(Request(headers=headers)).headers == {**headers, "referer": "https://REDACTED@h/"}


@pytest.mark.parametrize("name", ["token", "key", "code", "sig", "access_token", "validationToken", "mine"])
def test_parameters(name: str) -> None:
    """A parameter that is named for a credential loses its value; an empty one and others keep theirs."""
    clean = redact(Request(path=f"/hook?{name}={SECRET}&state=down&secret="), also=["Mine"])
    assert clean.query == {name: "REDACTED", "state": "down", "secret": ""}


def test_a_token_in_the_path() -> None:
    """A step of the path that is long and mixed is taken for a token."""
    assert redact(Request(path="/hooks/3f9a8c3f9a8c3f9a8c3f9a8c/grafana")).path == "/hooks/REDACTED/grafana"
    assert redact(Request(path="/integrations/prometheus-alertmanager")).path == "/integrations/prometheus-alertmanager"


def test_json_stays_byte_for_byte() -> None:
    """Only the values of secret fields change: blanks, order, escapes and numbers stay."""
    text = '{ "b":1.50,\n "token" : "%s", "a":"\\u00e9\\/", "n": null, "password": "", "api_key": true }'
    assert body(text % SECRET) == text % "REDACTED"


def test_all_below_a_secret_name_is_secret() -> None:
    """Lists and objects under a secret name lose their texts and numbers."""
    given_ = {"credentials": [SECRET, 42, {"user": SECRET, "on": True, "list": ["x", None]}], "status": "down"}
    assert json.loads(body(json.dumps(given_))) == {
        "credentials": ["REDACTED", "REDACTED", {"user": "REDACTED", "on": True, "list": ["REDACTED", None]}],
        "status": "down",
    }


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"see password={SECRET} now", "see password=REDACTED now"),
        (f"Authorization: Token {SECRET}", "Authorization: Token REDACTED"),
        (f"curl -H 'X-Token: {SECRET}'", "curl -H 'X-Token: REDACTED'"),
        (f'secret = "{SECRET} and more"', 'secret = "REDACTED"'),
        ("https://hooks.slack.com/services/T0/B0/x1", "https://REDACTED"),
        ("Bearer abc.def", "REDACTED"),
        (f"postgres://app:{SECRET}@db/x", "postgres://REDACTED@db/x"),
        (f"<a><apiKey x='1'>{SECRET}</apiKey><b>1</b></a>", "<a><apiKey x='1'>REDACTED</apiKey><b>1</b></a>"),
        (f"<token><![CDATA[{SECRET}]]></token>", "<token>REDACTED</token>"),
        (f'{{"broken": "a "quoted" b", "token": "{SECRET}"}}', '{"broken": "a "quoted" b", "token": "REDACTED"}'),
        (f"mine: {SECRET}", "mine: REDACTED"),
        ("token: null, monitoring of tokens", "token: null, monitoring of tokens"),
    ],
)
def test_text(text: str, clean: str) -> None:
    """In any text a named value goes, and what looks like a credential; also inside the texts of JSON and of forms."""
    assert redact(Request(text), also=["mine"]).body == clean
    assert json.loads(redact(Request(json.dumps({"m": text})), also=["mine"]).body) == {"m": clean}


def test_json_in_json() -> None:
    """JSON in a text of JSON is looked through as well."""
    inner = json.dumps({"api_key": SECRET, "a": [1]})
    clean = json.loads(body(json.dumps({"Message": inner})))
    assert json.loads(clean["Message"]) == {"api_key": "REDACTED", "a": [1]}


def test_forms() -> None:
    """A form loses the values of its secret fields, and those in the JSON that a field holds; the rest stays."""
    form = f"state=down&name=a%20b+c&token={SECRET}&payload=%7B%22token%22%3A%22{SECRET}%22%7D&&flag"
    wanted = "state=down&name=a%20b+c&token=REDACTED&payload=%7B%22token%22%3A%22REDACTED%22%7D&&flag"
    assert body(form.encode(), "application/x-www-form-urlencoded") == wanted.encode()


def test_json_that_is_called_a_form() -> None:
    """A content type only advises: curl calls everything a form."""
    assert body(f'{{"token":"{SECRET}"}}', "application/x-www-form-urlencoded") == '{"token":"REDACTED"}'


def test_a_compressed_body_is_inflated() -> None:
    """What is compressed is recorded as what it inflates to; what cannot be inflated goes as a whole."""
    packed = gzip.compress(json.dumps({"token": SECRET}).encode())
    clean = redact(Request(packed, headers={"Content-Encoding": "gzip", "Content-Length": "9"}))
    assert (clean.body, dict(clean.headers)) == (b'{"token": "REDACTED"}', {})
    assert redact(Request(packed[:-9], headers={"Content-Encoding": "gzip"})).body == b"REDACTED"
    assert redact(Request(packed, headers={"Content-Encoding": "br"})).body == b"REDACTED"
    assert redact(Request(b"{}", headers={"Content-Encoding": "identity"})) == Request(b"{}")
    assert redact(Request(gzip.compress(b""), headers={"Content-Encoding": "gzip"}, method="GET")).body == b"REDACTED"


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "latin-1"])
def test_charsets(charset: str) -> None:
    """A body keeps its character set; bytes in none are not lost."""
    text = 'é {"token": "%s"}'
    assert body((text % SECRET).encode(charset)) == (text % "REDACTED").encode(charset)
    assert body("é".encode(charset)) == "é".encode(charset)


leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
values = st.recursive(
    leaves | st.just(SECRET),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=6,
)


@given(values, st.sampled_from(["token", "X-Api-Key", "db_password", "Integration Key"]), st.booleans())
def test_no_secret_survives(value: Any, name: str, ascii_only: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever stands under a secret name is gone, what is left is JSON, and the kit finds nothing in it."""
    text = json.dumps({"a": {name: value}, "b": [{name: SECRET}]}, ensure_ascii=ascii_only)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text))
    clean = body(text)
    assert SECRET not in str(clean)
    assert json.loads(clean)["b"] == [{name: "REDACTED"}]
    assert not secrets_in(str(clean))


texts = st.text(st.characters(codec="utf-8"), max_size=20)


@given(
    st.builds(
        Request,
        st.binary(max_size=40) | texts,
        st.just("PUT"),
        st.just("/a/b"),
        st.just({}),
        st.dictionaries(texts, texts),
    )
)
def test_writing_and_reading(request: Request) -> None:
    """A recorded request reads back as the redacted one; redacting again changes nothing."""
    clean = redact(request)
    again = read_recorded(recorded(clean).encode()).request
    text = clean.body.encode() if isinstance(clean.body, str) else clean.body
    assert again == Request(text, "PUT", "/a/b", {}, clean.query)
    assert redact(clean) == clean


def test_target() -> None:
    """The path is written with its query, escaped, and without a mark where there is none."""
    assert target(Request(path="/a")) == "/a"
    assert target(Request(path="/a", query={"b c": "&é"})) == "/a?b+c=%26%C3%A9"
