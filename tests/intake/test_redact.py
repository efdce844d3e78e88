"""Redaction removes credentials from a request and changes nothing else."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertmap.errors import ConfigurationError
from alertmap.intake.recorded import read_recorded, write_recorded
from alertmap.intake.redact import redact, secrets_in
from alertmap.model import Request

SECRET = "hunter2hunter2"  # noqa: S105 - what must go


def body(text: str | bytes, content_type: str = "application/json", **headers: str) -> bytes | str:
    """Return the redacted body."""
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
    """A header with the name of a credential loses its value."""
    assert redact(Request(headers={name: SECRET})).headers == {name.lower(): "REDACTED"}


def test_other_headers_stay() -> None:
    """Other headers are kept; a URL in one loses its password."""
    headers = {"host": "h:8008", "idempotency-key": "7", "x-github-event": "ping", "referer": f"https://u:{SECRET}@h/"}
    assert redact(Request(headers=headers)).headers == {**headers, "referer": "https://REDACTED@h/"}


@pytest.mark.parametrize("name", ["token", "key", "code", "sig", "access_token", "validationToken", "mine"])
def test_parameters(name: str) -> None:
    """A query parameter with the name of a credential loses its value; empty ones and others are kept."""
    clean = redact(Request(path=f"/hook?{name}={SECRET}&state=down&secret="), also=["Mine"])
    assert clean.query == {name: "REDACTED", "state": "down", "secret": ""}


def test_a_token_in_the_path() -> None:
    """A long path segment of mixed characters is treated as a token."""
    assert redact(Request(path="/hooks/3f9a8c3f9a8c3f9a8c3f9a8c/grafana")).path == "/hooks/REDACTED/grafana"
    assert redact(Request(path="/integrations/prometheus-alertmanager")).path == "/integrations/prometheus-alertmanager"


def test_json_stays_byte_for_byte() -> None:
    """Only the values of secret fields change; blanks, order, escapes and numbers stay."""
    text = '{ "b":1.50,\n "token" : "%s", "a":"\\u00e9\\/", "n": null, "password": "", "api_key": true }'
    assert body(text % SECRET) == text % "REDACTED"


def test_all_below_a_secret_name_is_secret() -> None:
    """All texts and numbers below a secret name are removed."""
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
    """In any text named values and credential-like words are removed, also inside JSON and forms."""
    assert redact(Request(text), also=["mine"]).body == clean
    assert json.loads(redact(Request(json.dumps({"m": text})), also=["mine"]).body) == {"m": clean}


def test_json_in_json() -> None:
    """JSON inside a text of JSON is redacted as well."""
    inner = json.dumps({"api_key": SECRET, "a": [1]})
    clean = json.loads(body(json.dumps({"Message": inner})))
    assert json.loads(clean["Message"]) == {"api_key": "REDACTED", "a": [1]}


def test_forms() -> None:
    """Secret fields of a form lose their values, also in JSON inside a field."""
    form = f"state=down&name=a%20b+c&token={SECRET}&payload=%7B%22token%22%3A%22{SECRET}%22%7D&&flag"
    wanted = "state=down&name=a%20b+c&token=REDACTED&payload=%7B%22token%22%3A%22REDACTED%22%7D&&flag"
    assert body(form.encode(), "application/x-www-form-urlencoded") == wanted.encode()


def test_multipart() -> None:
    """A part with the name of a secret loses its value, whatever its headers."""
    parts = {"title": "disk", "api_key": SECRET, "data": f'{{"token": "{SECRET}"}}'}
    text = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: text/plain\r\n\r\n{value}\r\n'
        for name, value in parts.items()
    )
    sent = f"{text}--x--\r\n".encode()
    assert body(sent, "multipart/form-data; boundary=x") == sent.replace(SECRET.encode(), b"REDACTED")


def test_json_that_is_called_a_form() -> None:
    """JSON that is declared as a form is redacted as JSON: curl declares everything as a form."""
    assert body(f'{{"token":"{SECRET}"}}', "application/x-www-form-urlencoded") == '{"token":"REDACTED"}'


def test_a_compressed_body_is_inflated() -> None:
    """A compressed body is recorded inflated, whatever its headers; a damaged one is removed."""
    packed = gzip.compress(json.dumps({"token": SECRET}).encode())
    clean = redact(Request(packed, headers={"Content-Encoding": "gzip", "Content-Length": "9"}))
    assert (clean.body, dict(clean.headers)) == (b'{"token": "REDACTED"}', {})
    assert redact(Request(packed[:-9], headers={"Content-Encoding": "gzip"})).body == b"REDACTED"
    assert redact(Request(packed, headers={"Content-Encoding": "br"})).body == clean.body
    assert redact(Request(packed)).body == clean.body
    assert redact(Request(b"\x0b\x02\x80{}\x03", headers={"Content-Encoding": "br"})).body == b"REDACTED"
    latin = gzip.compress(f'{{"token": "{SECRET}", "a": "é"}}'.encode("latin-1"))
    assert redact(Request(latin, headers={"Content-Encoding": "gzip"})).body == b'{"token": "REDACTED", "a": "\xe9"}'
    assert redact(Request(b"{}", headers={"Content-Encoding": "identity"})) == Request(b"{}")
    assert redact(Request(gzip.compress(b""), headers={"Content-Encoding": "gzip"}, method="GET")).body == b""


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "latin-1"])
def test_charsets(charset: str) -> None:
    """A body keeps its character set, and bytes in none are kept."""
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
    """No value under a secret name is left, the rest is JSON, and the kit finds no credential in it."""
    text = json.dumps({"a": {name: value}, "b": [{name: SECRET}]}, ensure_ascii=ascii_only)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text))
    clean = body(text)
    assert SECRET not in str(clean)
    assert json.loads(clean)["b"] == [{name: "REDACTED"}]
    assert not secrets_in(str(clean))


PIECES = (
    *(
        "{",
        "}",
        "[",
        "]",
        '"',
        ":",
        ",",
        "\\",
        "'",
        "=",
        "&",
        "?",
        "#",
        ";",
        "%",
        "%7B",
        "%25",
        "+",
        " ",
        "\n",
        "\r\n\r\n",
    ),
    *("<", "</", "<token>", "</token>", "<![CDATA[", "<!--", "&lt;", "&#34;", "--b\r\n", 'a: b; name="token"'),
    *(
        "token",
        "auth",
        "key",
        "name",
        "value",
        '"name":"token"',
        '"token":',
        "token=",
        "Bearer ",
        "cookie: a",
        "REDACTED",
    ),
    *(
        "https://u:p@h/",
        "--password ",
        "eyJaaaaaaaaaaaa.",
        "-----BEGIN PRIVATE KEY-----",
        "dG9rZW49YWJjZGVmZ2hp",
        "mine",
    ),
    *("secrets={", "map[", "?code=a1b2c3d4e5f6", "\ufeff", "\0", "é", "盘", "\ud800", "\\ud83d", "\\u0022", SECRET),
)
pieces = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
charsets = st.sampled_from(["utf-8", "utf-16", "utf-16-le", "utf-32-be", "latin-1", "gb18030", "cp037"])


@given(
    st.builds(
        Request,
        st.binary(max_size=40) | pieces | st.builds(lambda it, name: it.encode(name, "ignore"), pieces, charsets),
        st.just("POST"),
        pieces,
        st.fixed_dictionaries(
            {},
            optional={
                "content-type": st.sampled_from(
                    ["application/x-www-form-urlencoded", "a/b; charset=gb18030", "a; charset=z"]
                ),
                "content-encoding": st.sampled_from(["gzip", "deflate", "br", "\ud800"]),
                "x-a": pieces,
            },
        ),
        st.dictionaries(pieces, pieces, max_size=2),
    )
)
def test_any_request_is_redacted(request: Request) -> None:
    """No request raises, and none loses more than values: method, and names of headers, stay."""
    clean = redact(request, also=["mine", "a b"])
    assert type(clean.body) is type(request.body) or request.headers.get("content-encoding")
    assert clean.method == request.method
    assert clean.headers.keys() <= request.headers.keys()
    assert len(clean.query) <= len(request.query)
    secrets_in(str(request.body))


@given(pieces)
def test_the_kit_finds_what_is_redacted(text: str) -> None:
    """A text in which the kit finds no credential is not changed by redaction, and the reverse."""
    assert bool(secrets_in(text)) == (redact(Request(text)).body != text)


def test_examples_of_documentation_are_no_secrets() -> None:
    """The kit accepts what vendors print as examples, and returns the beginning of all else."""
    assert secrets_in("AKIAIOSFODNN7EXAMPLE") == []
    assert secrets_in(f"password={SECRET}hunter2hunter2") == ["password=hunter2hunter2h"]


@pytest.mark.parametrize(
    ("request_", "also", "message"),
    [
        (b"{}", (), "expected a Request, got bytes"),
        (Request(), "mine", "the names of secrets must be a collection of str"),
        (Request(), [1], "the names of secrets must be a collection of str"),
        (Request(), 1, "the names of secrets must be a collection of str"),
    ],
)
def test_wrong_arguments(request_: Any, also: Any, message: str) -> None:
    """An argument of another type is the caller's fault."""
    with pytest.raises(ConfigurationError, match=f"^{message}$"):
        redact(request_, also)


def test_more_names() -> None:
    """Names of the caller are secret in any place and of any form; names that only contain them are not."""
    also = ["Mine", "my field"]
    request = Request(
        json.dumps({"mine": SECRET, "a": f"x.mine={SECRET}, my field: {SECRET}", "minefield": "on"}),
        path=f"/hook?MINE={SECRET}",
        headers={"mine": SECRET},
    )
    clean = redact(request, also)
    assert json.loads(clean.body) == {
        "mine": "REDACTED",
        "a": "x.mine=REDACTED, my field: REDACTED",
        "minefield": "on",
    }
    assert (clean.query, clean.headers) == ({"MINE": "REDACTED"}, {"mine": "REDACTED"})


@pytest.mark.parametrize(
    "text",
    [
        *("token: null, monitoring of tokens", "bearer of bad news", "Basic Authentication failed", "auth: failed"),
        *("signature: ET SCAN Nmap", "max_tokens: 4096", "git@github.com:a/b", "ssh://git@h/x", "a@b.example"),
        *(
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            "https://h/d/Xy12Ab34Cd56?orgId=1&key=OPS-12",
        ),
        *(
            "disk-full-on-a-very-long-name-01",
            "task-web-frontend-0123456789abcdef",
            "id: 0c8983c9-9d73-446f-adb5-0641fdacc9d4",
        ),
        *(
            "compass=1&bypass=2",
            "keyboard=x",
            "<secretName>tls</secretName>",
            '{"token_type": "x", "sessionId": "a1b2c3d4e5f6"}',
        ),
        *('{"name": "cpu", "value": "token"}', '[["a", "token"]]', '["token", "down"]', "1.0.0-rc1.eyJ"),
    ],
)
def test_what_is_no_credential(text: str) -> None:
    """Words, ids, links and public keys stay as they are."""
    assert redact(Request(text)).body == text
    assert json.loads(redact(Request(json.dumps({"m": text}))).body) == {"m": text}


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
    """A recorded request reads back as the redacted one, and redacting it again changes nothing."""
    clean = redact(request)
    again = read_recorded(write_recorded(clean).encode()).request
    text = clean.body.encode() if isinstance(clean.body, str) else clean.body
    assert again == Request(text, "PUT", "/a/b", {}, clean.query)
    assert redact(clean) == clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        # Brackets of one kind in those of another: all in the outer ones goes, what stands behind stays.
        ("secrets={a=[b], c=(d)} state=down", "secrets={REDACTED} state=down"),
        ("labels={a=[b], c=(d)} state=down", "labels={a=[b], c=(d)} state=down"),
        # Several in one text: what stands before, between and behind stays.
        (f"one token={SECRET} two password={SECRET} three", "one token=REDACTED two password=REDACTED three"),
        (f"run curl -u ops:{SECRET} -X POST", "run curl -u REDACTED -X POST"),
        # No user stands before the sign.
        ("see https://@h.example/x", "see https://@h.example/x"),
        (f"see https://ops:{SECRET}@h.example/x", "see https://REDACTED@h.example/x"),
        ("ssh://git@h.example/x", "ssh://git@h.example/x"),
        ("see redis://ops:@h.example/x", "see redis://REDACTED@h.example/x"),
        # A text of JSON that is cut off, and a number before its name.
        (f'{{"a": "token={SECRET} and b', '{"a": "token=REDACTED and b"'),
        ('{"value": 7, "name": "token"}', '{"value": "REDACTED", "name": "token"}'),
        (f"see HTTPS://{SECRET}@h.example/x", "see HTTPS://REDACTED@h.example/x"),
        (f"see https:\\/\\/o:{SECRET}@h.example\\/x", "see https:\\/\\/REDACTED@h.example\\/x"),
        # Options of a command.
        (f"mysql --password '{SECRET}' db", "mysql --password 'REDACTED' db"),
        (f'mysql --password "{SECRET} and more" db', 'mysql --password "REDACTED" db'),
        (f"curl --user ops:{SECRET} h", "curl --user REDACTED h"),
        ("curl -u ops h --user-agent a:b --state down", "curl -u ops h --user-agent a:b --state down"),
        # Brackets that hold nothing, or do not end.
        (f"secrets={{}} token={SECRET}", "secrets={} token=REDACTED"),
        ("secrets={REDACTED} state=down", "secrets={REDACTED} state=down"),
        (f"secrets=[{SECRET} and no end", "secrets=[REDACTED"),
        (f"secrets={{a}} b={{c}} passwords=[{SECRET}] d", "secrets={REDACTED} b={c} passwords=[REDACTED] d"),
        # Values that are harmless beside others that are not.
        (f"max_tokens: 4096, token: {SECRET}, max_tokens=8", "max_tokens: 4096, token: REDACTED, max_tokens=8"),
        ("auth: failed, signature: a1b2c3d4e5f6, auth=ok", "auth: failed, signature: REDACTED, auth=ok"),
        (f"token='' pwd= \npassword: null, secret={SECRET}", "token='' pwd= \npassword: null, secret=REDACTED"),
        # Lines of headers: all of the value goes, with its blanks.
        ("cookie: \nhost: h\ncookie: REDACTED\n", "cookie: \nhost: h\ncookie: REDACTED\n"),
        (f"GET /\nAuthorization: Basic {SECRET} x \nHost: h", "GET /\nAuthorization: Basic REDACTED \nHost: h"),
        (f"Set-Cookie: a={SECRET}; b=c\nx: y", "Set-Cookie: REDACTED\nx: y"),
        # Parameters.
        ("see /x?a=b&code=a1b2c3d4e5f6#c", "see /x?a=b&code=REDACTED#c"),
        ("see /x?code=200&key=OPS-12", "see /x?code=200&key=OPS-12"),
        ("see /x?code=REDACTED&a=b", "see /x?code=REDACTED&a=b"),
        (f"see /x?a=%2fb%20c&d=%2Fy%3Ftoken%3D{SECRET}&e", "see /x?a=%2fb%20c&d=%2Fy%3Ftoken%3DREDACTED&e"),
        # Forms: blanks at the end stay.
        (f"token={SECRET}\r\n", "token=REDACTED\r\n"),
        (f"a[]=1&&b=%20+c&token={SECRET} \n", "a[]=1&&b=%20+c&token=REDACTED \n"),
        (f"a=see token={SECRET} b&c=+", "a=see token=REDACTED b&c=+"),
        # A person left the host of a webhook.
        ("token: https://hooks.example/REDACTED", "token: https://hooks.example/REDACTED"),
    ],
)
def test_credentials_in_prose(text: str, clean: str) -> None:
    """They go, and nothing else."""
    assert body(text, "text/plain") == clean


@pytest.mark.parametrize("quote", ["&quot;", "&#34;"])
def test_the_form_of_quotes_is_kept(quote: str) -> None:
    """Quotes that are escaped stay escaped as they were."""
    text = '{"text": "x", "token": "%s", "state": "a &amp; b"}'
    escaped = text.replace('"', quote)
    assert body(escaped % SECRET, "text/plain") == escaped % "REDACTED"


def test_the_character_set_of_a_form_is_kept() -> None:
    """Bytes that are no UTF-8 are written as they came."""
    form = "text=caf%E9+https%3A%2F%2Fops%3A{}%40h.example%2F&state=down"
    expected = "text=caf%E9+https%3A%2F%2FREDACTED%40h.example%2F&state=down"
    assert body(form.format(SECRET), "application/x-www-form-urlencoded") == expected


def test_documents_and_prose_line_by_line() -> None:
    """A list is a document, and a line that only begins like one is prose."""
    lines = ['[1, {{"token": "{0}"}}]', "{{token={0}", "[see token={0}", '{{"state": "down"}}']
    text = "\n".join(lines)
    assert body(text.format(SECRET), "text/plain") == text.format("REDACTED")


def test_comments_of_xml() -> None:
    """A comment may hold signs of a tag; a secret behind it goes, and one in it."""
    text = "<a><!-- 1 > 0, token={0} --><password>{0}</password><b>x</b></a>"
    assert body(text.format(SECRET), "application/xml") == text.format("REDACTED")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"curl -u o:{SECRET} x", [f"-u o:{SECRET}"]),
        (f"https://o:{SECRET}@h.example/", ["https://o:hunter2hunter2"]),
        (f'<param name="token" value="{SECRET}"/>', [f' value="{SECRET}']),
        (f"secrets={{a={SECRET}}}", ["secrets={a=hunter2hunter"]),
        (f'{{"token": "{SECRET}"}}', [f'token: "{SECRET}"']),
        (f'{{"token": ["{SECRET}"]}}', [f'"{SECRET}"']),
        (f'[{{"value": "{SECRET}", "name": "token"}}]', [f'token: "{SECRET}"']),
        (f"a=b&token={SECRET}", [f"token={SECRET}"]),
        (f"<token> {SECRET}</token>", [f" {SECRET}"]),
        (f"see token={SECRET} b", [f"token={SECRET}"]),
        (f"cookie: a={SECRET}", [f"cookie: a={SECRET}"]),
        (f"see /x?a=b&token={SECRET}", [f"token={SECRET}"]),
        (f"--x\na: b; name=token\n\n{SECRET}\n--x--", [SECRET]),
        (f"token={SECRET} and pwd={SECRET}", [f"token={SECRET}", f"pwd={SECRET}"]),
    ],
)
def test_what_was_found(text: str, found: list[str]) -> None:
    """Each part that goes is named once, with what stands before the credential."""
    assert secrets_in(text) == found


@pytest.mark.parametrize(
    "text",
    [
        # Not all quotes are escaped, so it is no text of HTML.
        '"a" R&D {{&quot;token&quot;: &quot;{}&quot;}}',
        "1 < 2 R&D {{&quot;token&quot;: &quot;{}&quot;}}",
        "R&D: 1 &lt; 2, token={}",
        # Halves of characters stay as they are written.
        '{{"a": "é \\ud83d token={}"}}',
        '{{"a": "\ud83d \\ud83c token={}"}}',
        '{{"a": "\\u00e9 \\ud83d token={}"}}',
        "a=\ud800%2b&token={}",
        # A URL in a URL in a URL.
        "a {{x}} /x?a=%2Fy%3Fb%3D%252Fz%253Ftoken%253D{}",
        # A closing tag.
        "<a><secrets><secrets>{}</secrets><q/></secrets><q>a</q></a>",
        "<secrets>\n <q>{}</q>\n</secrets>\n<q>a</q>",
        "<token>{}</token><auth>failed</auth>",
        "<a><secrets><x/><y><z></secrets><q>a</q><token>{}</token></a>",
        '<a><!-- a > b --><?x y?><!DOCTYPE z><b token="{}">x</b></a>',
        "<a><b>\n &amp; a &#x41; <![CDATA[ b ]]></b><token>\n{}\t</token></a>",
    ],
)
def test_what_stands_around_a_secret(text: str) -> None:
    """All but the secret stays as it is."""
    assert body(text.format(SECRET), "text/plain") == text.format("REDACTED")


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("content_type", [FORM, "Application/X-WWW-Form-URLEncoded; charset=utf-8"])
def test_a_declared_form_that_does_not_look_like_one(content_type: str) -> None:
    """A value of a form goes entirely, and not only its first word as in prose."""
    form = "is it full&password=correct {}&a=b"
    clean = form.format("REDACTED").replace("correct ", "")
    assert body(form.format(SECRET), content_type) == clean
    assert body(form.format(SECRET).encode(), content_type) == clean.encode()
    assert body(form.format(SECRET) + "\ud800", content_type) == clean + "\ud800"  # no character set has it


@pytest.mark.parametrize(
    ("text", "charset", "declared"),
    [
        # Half a character is kept.
        ('\ud83d {"token": "%s"}', "utf-16-le", ""),
        ('{"token": "%s", "a": "\udca9"}', "utf-32-be", ""),
        # A character set in which no byte of the text is that of ASCII.
        ("token: %s", "cp037", "cp037"),
        ("token : %s", "cp037", "cp037"),
        # What is declared is not so.
        ('{"é": "a", "token": "%s"}', "utf-8", "cp037"),
        ('{"盘": "a", "token": "%s"}', "utf-8", "utf-16"),
        ('{"é": "a", "token": "%s"}', "utf-16-be", "latin-1"),
        # These bytes are UTF-8, too, in which the escaped character would be other bytes.
        ('{"a": "茅 \\u76d8 token=%s"}', "gb18030", "gb18030"),
        # Zeros fill a buffer.
        ('{"é": "a", "token": "%s"}' + "\0" * 99, "utf-8", ""),
        ("\0" * 99 + '{"é": "a", "token": "%s"}', "utf-8", ""),
        ('{"é": "a", "token": "%s"}' + "\0" * 99, "utf-16-le", ""),
        ('{"é": "a", "token": "%s"}' + "\0" * 99, "utf-16-be", ""),
        ("\0" * 2000 + '{"é": "a", "token": "%s"}', "utf-32-le", ""),
        # Characters of other scripts.
        ("磁盘使用率过高磁盘使用率过高磁盘使用率过高磁盘使用率过高 token=%s", "utf-16-le", ""),
        ("磁盘使用率过高磁盘使用率过高磁盘使用率过高磁盘使用率过高 token=%s", "utf-16-be", ""),
        ("磁盘使用率过高磁盘使用率过高磁盘使用率过高磁盘使用率过高 token=%s", "utf-16", ""),
        ("磁盘使用率过高" * 99 + " token=%s", "utf-16-le", "utf-16"),
        ("." + "磁盘使用率过高" * 99 + " token=%s", "utf-16-be", "utf-16"),
    ],
)
def test_the_character_set_is_kept(text: str, charset: str, declared: str) -> None:
    """A secret goes in each character set, also where another is declared, and all other bytes stay."""

    def encoded(text: str) -> bytes:
        return text.replace("\\u76d8", "盘" if "REDACTED" in text else "\\u76d8").encode(
            charset, "surrogatepass" if charset.startswith("utf-") else "strict"
        )

    content_type = f"text/plain; charset={declared}" if declared else ""
    for end in (b"", b"x") if charset.startswith(("utf-16", "utf-32")) else (b"",):  # half a character
        assert body(encoded(text % SECRET) + end, content_type) == encoded(text % "REDACTED") + end


def test_a_character_that_the_character_set_lacks() -> None:
    """A character that was escaped stays so where a text of JSON is written anew."""
    text = '{"a": "é \\u76d8 \\u00e8 token=%s"}'
    clean = body((text % SECRET).encode("latin-1"), "application/json; charset=latin-1")
    assert clean == (text % "REDACTED").replace("\\u00e8", "è").encode("latin-1")


def part(name: str, text: bytes, more: str = "") -> bytes:
    """Return a part of a multipart body whose boundary is `x`."""
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + text + b"\r\n"


def test_parts_of_multipart_in_their_character_sets() -> None:
    """Each part is read in its own character set, and written so."""
    text = '{"é": "a", "secrets": {"q": "%s"}, "url": "https://h/?a=%%20&token=%s"}'

    def written(secret: str) -> bytes:
        value = text % (secret, secret)
        declared = "\r\nContent-Type: text/plain; charset={}".format
        return b"".join(
            [
                part("a", value.encode("latin-1")),
                part("b", value.encode("cp037"), declared("cp037")),
                part("c", value.encode("utf-16-le"), declared("utf-16")),
                part("d", value.encode("gb18030"), "\r\nX: y" + declared("gb18030")),
                part("e", b""),
                part("", b"x"),
                part("pin", {SECRET: "a1b2c3d4e5f6"}.get(secret, secret).encode("cp037"), declared("cp037")),
                part("pin", secret.encode("utf-16-be"), declared("utf-16")),
                b"--x--\r\n",
            ]
        )

    assert body(written(SECRET), "multipart/form-data; boundary=x") == written("REDACTED")


def test_a_part_of_a_text_in_another_character_set() -> None:
    """A text that is multipart is redacted, too, where a part is not written as it declares."""
    value = f'{{"a": "盘盘 \\u00e9", "b": "盘盘 \\u00e9 token={SECRET}"}}'
    sent = part("a", value.encode(), "\r\nContent-Type: text/plain; charset=gb18030") + b"--x--\r\n"
    clean = body(sent.decode(), "multipart/form-data; boundary=x")
    assert SECRET not in str(clean)
    assert "盘盘 \\u00e9" in str(clean)


def test_short_credentials_in_the_request_url() -> None:
    """Parameters of the receiver's own URL go, whatever they look like, wherever the URL stands."""
    for text, clean in {
        "/x?code=471103": "/x?code=REDACTED",
        "/x#code=471103": "/x#code=REDACTED",
        "/x?code=471103&a=b": "/x?code=REDACTED&a=b",
    }.items():
        request = redact(Request(path=text, headers={"X-Original-Url": text}, query={"q": "1"}))
        assert (request.path, request.headers["x-original-url"]) == (clean, clean)


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("/hooks/to%6ben/x1", "/hooks/to%6ben/REDACTED"),
        ("/hooks/code/x1/grafana", "/hooks/code/REDACTED/grafana"),
        ("/hooks/token/", "/hooks/token/"),
        ("/caf%E9/3f9a8c3f9a8c3f9a8c3f%2Ecaf%E9", "/caf%E9/REDACTED.caf%E9"),
        ("/caf%C3%A9/3f9a8c3f9a8c3f9a8c3f%2Ecaf%C3%A9", "/caf%C3%A9/REDACTED.caf%C3%A9"),
        ("/to%6ben%3Dhorse/x", "/token%3DREDACTED/x"),
        ("/docs/api+key/rotation", "/docs/api+key/rotation"),  # a plus is no blank in a path
    ],
)
def test_paths(path: str, clean: str) -> None:
    """A step behind the name of a credential goes, and what looks like a token; others stay as they came."""
    assert redact(Request(path=path)).path == clean


def test_headers_with_key_in_their_name() -> None:
    """A header of any key loses its value; an empty one has none."""
    headers = {"x-functions-key": SECRET, "sec-websocket-key": SECRET, "idempotency-key": SECRET, "x-key": ""}
    clean = {**headers, "x-functions-key": "REDACTED", "sec-websocket-key": "REDACTED"}
    assert redact(Request(headers=headers)).headers == clean


def test_tokens_among_names() -> None:
    """The name of a parameter or of a field may be a credential, with a value behind it or not."""
    token = "ghp_Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2"  # noqa: S105 - constructed
    assert redact(Request(query={f"a.{token}": "1"})).query == {"a.REDACTED": "1"}
    assert redact(Request(query={f"a.{token}": ""})).query == {"a.REDACTED": ""}
    assert body(f'{{"é.{token}": 1}}') == '{"é.REDACTED": 1}'


@pytest.mark.parametrize(
    "text",
    [
        '{"headers": [{"Name": "token", "Value": "%s", "a": "b"}, {"value": "c"}]}',
        '{"headers": [{"value": "%s", "name": "token"}, {"value": "c", "name": "state"}]}',
        '{"headers": [{"k": "token", "x": {"value": "c"}, "v": ["%s", {"a": "%s"}]}, "d"]}',
        '{"a": {"name": "state", "value": "b"}, "b": {"key": "token", "value": "%s"}, "value": "c"}',
        '{"name": "auth", "value": "failed", "a": [{"name": "auth", "value": "a1%sb2c3d4e5f6"}]}',
        '{"value": "failed", "name": "auth", "a": [{"value": "", "name": "token"}], "token": "%s"}',
        '{"value": {"a": "b"}, "name": "token", "token": "%s"}',  # what stands before its name is not looked into
        '{"headers": [["token", "%s", "a"], ["state", "b"], ["c", "token", "d"], [["e", "f"], "g"]]}',
        '{"type": "token", "value": "b", "token": "%s"}',
        '{"a": "b", "name": "token", "value": "%s"}',
        '{"headers": [["token", "%s"], ["state", "b"], ["c", "d"]]}',
        '{"headers": [["token", ["%s", true], "a"], {"token": "%s"}, "b"], "c": ["token", "d"]}',
        '{"max_tokens": 4096, "a": {"token": [null, true, "%s", -Infinity]}, "b": 1}',
        '{"name": "disk", "secrets": {"name": "%s", "value": "%s", "a": {}}, "value": "c"}',
        '{"a": "b"} {"token": "%s"} {"c": "d"}',
        '"token": "%s", "a": {"b": "c"}}}, "d": ["e"], "token": "%s"',
    ],
)
def test_names_in_json(text: str) -> None:
    """A name holds for the value beside it and for what is in that value, and for nothing else."""
    sent = text.replace("a1%sb2", "%s").replace("%s", SECRET)
    clean = text.replace("a1%sb2c3d4e5f6", "%s").replace("%s", "REDACTED")
    assert body(sent) == clean


@pytest.mark.parametrize(
    "text",
    [
        '<a><param name="state" value="b"/><param name="token" value="{}" c="d"/></a>',
        '<a><header name="token"><b>{}</b></header><header name="state">c</header><token></token></a>',
        '<a><auth>failed</auth><param name="auth" value="failed"/><token>{}</token></a>',
        "<a><x:token y='z'>{}</x:token><b>c</b></a>",
        "<a><token><b/>{}</token><b>c</b><tokens/><d>e</d></a>",
        '<a><b key="token" value="">{}</b></a>',
        "<a><![CDATA[]]></a><a><![CDATA[token={} <b>]]></a>",
        "<a>1 &lt; 2 &amp; token={}</a>",
        "<!DOCTYPE a [<!-- x -->]><a><!-- <token>b</token> --><token>{}</token><!-- c",
        "see <b>bold</b> and <token>{}</token> c",
    ],
)
def test_names_in_xml(text: str) -> None:
    """A name holds for the element and all in it, and for nothing else."""
    assert body(text.format(SECRET), "application/xml") == text.format("REDACTED")
