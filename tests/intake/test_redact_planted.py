"""A secret is planted into requests in many forms: `redact` finds it, but in the forms that are listed as not found."""

import base64
import gzip
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote_plus, urlencode

import pytest

from alertmap.intake.redact import redact, secrets_in
from alertmap.model import Request

SECRET = "hunter2hunter2"  # noqa: S105 - what is planted
ESCAPED = "".join(f"%{ord(letter):02x}" for letter in SECRET)
JSON_FORM = "application/json"
URL_FORM = "application/x-www-form-urlencoded"


def sent(body: str | bytes, content_type: str = "", **headers: str) -> Request:
    """Return a request with a body; no content type where none is given."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(body if isinstance(body, bytes) else body.encode(), headers=named | {"content-type": content_type})


def as_json(document: Any) -> Request:
    """Return a request with a JSON body."""
    return sent(json.dumps(document), JSON_FORM)


def in_base64(document: Any) -> str:
    """Return the base64 of a document's JSON."""
    return base64.b64encode(json.dumps(document).encode()).decode()


def multipart(name: str, line: str = "\r\n", more: str = "") -> str:
    """Return a multipart body with two parts, one of which holds the secret."""
    parts = [("title", "disk", ""), (name, SECRET, more)]
    lines = [f'--b1\nContent-Disposition: form-data; name="{it}"{also}\n\n{text}\n' for it, text, also in parts]
    return "".join([*lines, "--b1--\n"]).replace("\n", line)


def multipart_heads(levels: int) -> str:
    """Return what stands before a body that is a part of multipart, which is a part, and so on."""
    return "".join(f"--a{level}\na: b\n\n" for level in range(levels))


def in_json(levels: int, document: Any) -> str:
    """Return the JSON of a document in a text of JSON, and so on."""
    text = json.dumps(document)
    for _ in range(levels):
        text = json.dumps({"a": text})
    return text


INNER = {"token": SECRET, "title": "disk"}
UNNAMED = {"secrets": {"q": SECRET}}
LONG = "x" * (2 * 1024 * 1024 + 1)

FOUND: dict[str, Request] = {
    # --- Headers
    "header Authorization": Request(headers={"Authorization": f"Bearer {SECRET}"}),
    "header Proxy-Authorization": Request(headers={"Proxy-Authorization": f"Basic {SECRET}"}),
    "header Cookie": Request(headers={"Cookie": f"sid={SECRET}; lang=en"}),
    "header X-Api-Key": Request(headers={"X-Api-Key": SECRET}),
    "header X-Gitlab-Token": Request(headers={"X-Gitlab-Token": SECRET}),
    "header X-Hub-Signature-256": Request(headers={"X-Hub-Signature-256": f"sha256={SECRET}"}),
    "header X-Jwt-Assertion": Request(headers={"X-Jwt-Assertion": SECRET}),
    "header X-Hmac": Request(headers={"X-Hmac": SECRET}),
    "header X-Session-Id": Request(headers={"X-Session-Id": SECRET}),
    "header Referer with a password": Request(headers={"Referer": f"https://u:{SECRET}@h/"}),
    "header Referer with a code": Request(headers={"Referer": f"https://h/hook?code={SECRET}"}),
    "header X-Original-URL": Request(headers={"X-Original-URL": f"/x?code={SECRET}"}),
    "header X-Forwarded-Uri": Request(headers={"X-Forwarded-Uri": f"/x?a=1&key={SECRET}"}),
    "header X-Rewrite-Url with an escaped name": Request(headers={"X-Rewrite-Url": f"/x?to%6ben={SECRET}"}),
    "header with JSON": Request(headers={"X-Context": json.dumps(INNER)}),
    # --- The query
    **{
        f"query {name}": Request(path=f"/hook?state=down&{name}={SECRET}")
        for name in (
            "token",
            "access_token",
            "api_key",
            "key",
            "code",
            "sig",
            "sid",
            "jwt",
            "hmac",
            "auth",
            "pass",
            "pin",
        )
    },
    "query with an escaped name": Request(path=f"/hook?to%6ben={SECRET}"),
    "query with JSON": Request(path=f"/hook?{urlencode({'payload': json.dumps(INNER)})}"),
    "query without a value": Request(path=f"/hook?{SECRET}3f9a8c"),
    # --- The path
    "path with a token": Request(path=f"/hooks/{SECRET}3f9a8c/grafana"),
    "path with a named token": Request(path=f"/hooks/token/{SECRET}"),
    "path with an assignment": Request(path=f"/hooks/token={SECRET}/x"),
    "path in absolute form": Request(path=f"http://u:{SECRET}@h/x"),
    "path in absolute form with a user only": Request(path=f"http://{SECRET}@h/x"),
    "path with a query beside the query": Request(path=f"/x?code={SECRET}", query={"a": "b"}),
    # --- Names in JSON
    **{
        f"JSON {name}": as_json({"title": "disk", name: SECRET})
        for name in (
            *("token", "password", "apiKey", "Api-Key", "db_password", "smtp_pass", "secretAccessKey", "client_secret"),
            *("routing_key", "service_key", "user_key", "DD_APP_KEY", "integrationKey", "sharedSecret", "webhook_url"),
            *("jwt", "bearer", "otp", "auth", "Signature", "csrf", "SSH private key", "unsubscribe"),
        )
    },
    "JSON below a secret name": as_json({"credentials": {"user": "u", "list": [1, {"q": SECRET}]}}),
    "JSON with an escaped name": sent(f'{{"tok\\u0065n": "{SECRET}"}}'),
    "JSON in JSON": as_json({"Message": json.dumps(INNER)}),
    "JSON in JSON in JSON": as_json({"a": json.dumps({"b": json.dumps(UNNAMED)})}),
    "JSON in a text": as_json({"message": f"request failed: {json.dumps(UNNAMED)}"}),
    "JSON behind a sign": sent(f"<- {json.dumps(UNNAMED)}"),
    "JSON in HTML": as_json({"details": json.dumps(UNNAMED).replace('"', "&#34;")}),
    "JSON in HTML in a text": as_json({"details": f"failed: {json.dumps(UNNAMED).replace(chr(34), '&quot;')}"}),
    "JSON in HTML beside quotes": as_json({"details": f'"x": {json.dumps(INNER).replace(chr(34), "&quot;")}'}),
    "JSON as a text": as_json(json.dumps(UNNAMED)),
    "JSON header list": as_json({"headers": [{"name": "Authorization", "value": f"Bearer {SECRET}"}]}),
    "JSON header list, value first": as_json({"headers": [{"value": SECRET, "name": "X-Api-Key"}]}),
    "JSON list of keys and values": as_json([{"key": "api_key", "value": {"raw": SECRET}}]),
    "JSON environment of a container": as_json({"env": [{"name": "DB_PASSWORD", "value": SECRET}]}),
    "JSON list of pairs": as_json({"headers": [["Host", "h"], ["token", SECRET]]}),
    # --- JSON that is not one document within the limits
    "JSON with a long text": as_json({**UNNAMED, "log": LONG}),
    "JSON that is deep": sent(f"{'[' * 99}{json.dumps(UNNAMED)}{']' * 99}"),
    "JSON that is cut off": sent(json.dumps({**UNNAMED, "title": "disk"})[:-9]),
    "JSON that is cut off in the secret": sent(f'{{"secrets": {{"q": "{SECRET}'),
    "JSON with a comma too much": sent(f'{{"secrets": {{"q": "{SECRET}",}}, }}'),
    "JSON with quotes inside quotes": sent(f'{{"title": "a "quoted" b", "token": "{SECRET}"}}'),
    "JSON with a bare value": sent(f'{{"title": "disk", "token": {SECRET}}}'),
    "JSON with a comment": sent(f'{{"secrets": {{"q": "{SECRET}"}} // mine\n}}'),
    "JSON lines": sent(f'{{"a": 1}}\n{json.dumps(UNNAMED)}\n'),
    "JSON lines of lists": sent(f'[["token", "{SECRET}"]]\n{{"a": 1}}\n[see'),
    "JSON without the brackets around it": sent(f'"secrets": {{"q": "{SECRET}"}}, "state": {{"a": "down"}}'),
    "JSON lines, one of them cut off": sent(f'{json.dumps(UNNAMED)[:-1]},\n{{"a": 1}}\n'),
    "JSON lines, one of them broken": sent(f'{{"a": "x}}\n{json.dumps(UNNAMED)}\n'),
    "JSON documents in a row": sent(json.dumps(UNNAMED) * 2),
    "JSON behind a byte order mark": sent(b"\xef\xbb\xbf" + json.dumps(UNNAMED).encode()),
    "JSON behind blanks": sent(f"\n\t {json.dumps(UNNAMED)}"),
    # --- Forms and multipart
    "form": sent(f"state=down&token={SECRET}", URL_FORM),
    "form without a content type": sent(f"state=down&token={SECRET}"),
    "form with an escaped name": sent(f"state=down&to%6ben={SECRET}"),
    "form with an escaped secret": sent(f"state=down&token={ESCAPED}", URL_FORM),
    "form with HTML": sent(f"title=<b>disk</b> is full&password={SECRET}&a=b"),
    "form with a name in brackets": sent(f"user[password]={SECRET}&a=b"),
    "form with blanks in a value": sent(f"title=disk is full&password={SECRET} and more&a=b"),
    "form with JSON": sent(f"payload={quote(json.dumps(UNNAMED))}", URL_FORM),
    "form with JSON without a content type": sent(f"payload={quote(json.dumps(UNNAMED))}"),
    "form with a URL": sent(f"url={quote(f'https://h/?token={SECRET}', safe='')}&a=b"),
    "multipart": sent(multipart("token"), "multipart/form-data; boundary=b1"),
    "multipart without a content type": sent(multipart("token")),
    "multipart with bare line ends": sent(multipart("token", line="\n")),
    "multipart file": sent(multipart("token", more='; filename="t.txt"')),
    "multipart name without quotes": sent(multipart("token").replace('"token"', "token")),
    "multipart with JSON": sent(multipart("data").replace(SECRET, json.dumps(UNNAMED))),
    # --- XML
    "XML element": sent(f"<a><apiKey x='1'>{SECRET}</apiKey></a>", "application/xml"),
    "XML element with a prefix": sent(f"<a><x:token>{SECRET}</x:token></a>"),
    "XML character data": sent(f"<a><token><![CDATA[{SECRET}]]></token></a>"),
    "XML below a secret element": sent(f"<a><secrets><q>{SECRET}</q></secrets></a>"),
    "XML attribute": sent(f'<a token="{SECRET}"/>'),
    "XML attributes of a name and a value": sent(f'<a><param name="token" value="{SECRET}"/></a>'),
    "XML element with a name": sent(f'<a><header name="Authorization">{SECRET}</header></a>'),
    "XML with JSON": sent(f"<a><b>{json.dumps(UNNAMED).replace(chr(34), '&quot;')}</b></a>"),
    "XML that is cut off": sent(f"<a><token>{SECRET}"),
    "XML that is cut off in a tag": sent(f'<a><param name="token" value="{SECRET}" x="1'),
    "XML that is cut off in the secret": sent(f'<a><param name="token" value="{SECRET}'),
    "XML behind a comment": sent(f"<!-- 1 > 0 --><a><token>{SECRET}</token></a>"),
    "XML with a comment in the secret": sent(f"<a><token><!-- old -->{SECRET}</token></a>"),
    "XML with a closing tag too many": sent(f"<a><b>1</b></b></c><token>{SECRET}</token></a>"),
    "XML with a short tag": sent(f'<a pin="{SECRET}"/>'),
    "XML attribute with an escaped URL": sent(f'<a href="/x?a=%2Fx%3Ftoken%3D{SECRET}">b</a>'),
    "XML comment with an escaped URL": sent(f"<a><!-- /x?a=%2Fx%3Ftoken%3D{SECRET} --></a>"),
    "XML that is called a form": sent(f'<a b="c"><token>{SECRET}</token></a>', URL_FORM),
    "XML side by side": sent(f"<status>down</status><token>{SECRET}</token>"),
    # --- Character sets and compression
    "UTF-16 with a mark": sent(json.dumps(UNNAMED).encode("utf-16")),
    "UTF-16 without a mark": sent(json.dumps(UNNAMED).encode("utf-16-le")),
    "UTF-16, big-endian": sent(json.dumps(UNNAMED).encode("utf-16-be")),
    "UTF-16 with half a character": sent(json.dumps(UNNAMED).encode("utf-16") + b"x"),
    "UTF-32 with a mark": sent(json.dumps(UNNAMED).encode("utf-32")),
    "UTF-32 without a mark": sent(json.dumps(UNNAMED).encode("utf-32-le")),
    "UTF-32, big-endian": sent(json.dumps(UNNAMED).encode("utf-32-be")),
    "UTF-8 with a zero behind it": sent(json.dumps(UNNAMED) + "\0"),
    "UTF-8 with zeros behind it": sent(json.dumps(UNNAMED) + "\0\0"),
    "UTF-8 that is declared as UTF-16": sent(json.dumps(UNNAMED), "application/json; charset=utf-16-le"),
    "UTF-16 with characters of other scripts": sent(
        json.dumps({"盘满了": "磁盘使用率过高", **UNNAMED}, ensure_ascii=False).encode("utf-16-le")
    ),
    "Latin-1": sent(json.dumps({"é": 1, **UNNAMED}, ensure_ascii=False).encode("latin-1")),
    "UTF-8 that is cut": sent(json.dumps({**UNNAMED, "é": 1}, ensure_ascii=False).encode()[:-6]),
    "GB 18030": sent(json.dumps({"盘": 1, **UNNAMED}, ensure_ascii=False).encode("gb18030"), "a/b; charset=gb18030"),
    "EBCDIC": sent(json.dumps(UNNAMED).encode("cp037"), "application/json; charset=cp037"),
    "gzip": sent(gzip.compress(json.dumps(UNNAMED).encode()), content_encoding="gzip"),
    "gzip that is not declared": sent(gzip.compress(json.dumps(UNNAMED).encode())),
    "a compression that is not read": sent(b"\x0b\x02" + json.dumps(UNNAMED).encode() + b"\x03", content_encoding="br"),
    # --- Carriers
    "SNS": as_json({"Type": "Notification", "TopicArn": "arn:x", "MessageId": "1", "Message": json.dumps(UNNAMED)}),
    "SNS, its subscription": as_json(
        {"Type": "SubscriptionConfirmation", "SubscribeURL": f"https://h/?Token={SECRET}"}
    ),
    "Pub/Sub": as_json({"subscription": "s", "message": {"data": in_base64(UNNAMED)}}),
    "CloudEvents": as_json({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": json.dumps(UNNAMED)}),
    "CloudEvents in base64": as_json({"specversion": "1.0", "data_base64": in_base64(UNNAMED)}),
    "EventBridge": as_json({"detail-type": "t", "source": "s", "detail": UNNAMED}),
    "Event Grid": as_json([{"eventType": "e", "data": UNNAMED, "topic": "t", "subject": "s"}]),
    "Pub/Sub in SNS": as_json({"Message": json.dumps({"message": {"data": in_base64({"a": json.dumps(UNNAMED)})}})}),
    # --- Prose
    **{
        f"prose {text}": as_json({"message": f"failed: {text.format(SECRET)} and so on"})
        for text in (
            *(
                "password={}",
                "password: {}",
                "password = '{}'",
                'token="{}"',
                "API key: {}",
                "api_key=>{}",
                ":token => '{}'",
            ),
            *("Authorization: Bearer {}", "Authorization: Token {}", "curl -H 'X-Token: {}'", "curl -u admin:{} h"),
            *(
                "mysql --password {} db",
                "Server=h;Password={};x=1",
                "AccountKey={};x=1",
                "{{'secrets': {{'q': '{}'}}}}",
            ),
            *(
                "{{secrets={{q={}}}}}",
                "map[secrets:map[q:{}]]",
                "params['token'] = '{}'",
                "Cookie: a=b; c={}",
                "auth: {}",
            ),
            *('\\"token\\": \\"{}\\"', "level=info token={} x=1"),
        )
    },
    "prose that begins with a name": sent(f"token: {SECRET}"),
    # --- URLs in bodies
    **{
        f"URL {text}": as_json({"url": text.format(SECRET)})
        for text in (
            *("https://u:{}@h/x", "https://{}@h/x", "https://:{}@h/x", "postgres://app:{}@db/x", "redis://:{}@h"),
            *("https://h/x?token={}", "https://h/x?key={}", "https://h/x?a=b&code={}", "https://h/x?sv=1&sig={}"),
            *("https://h/x#access_token={}", "https://h/x?to%6ben={}", "/x?a=b&access_token={}"),
        )
    },
    "URL with an escaped URL": as_json({"url": f"https://h/?next={quote(f'https://x/?token={SECRET}', safe='')}"}),
    "URL with an escaped URL before JSON": sent(f'https://h/?next={quote(f"/x?token={SECRET}", safe="")} {{"a": 1}}'),
    "URL with an escaped URL between braces": sent(
        f"{{see https://h/?next={quote(f'/x?token={SECRET}', safe='')} now}}"
    ),
    "URL in broken JSON of PHP": sent(f'{{"url": "https:\\/\\/u:{SECRET}@h\\/x", }}'),
}
"""Requests that hold `SECRET`."""

LONGER: dict[str, str] = {
    # All values below the name, and the scheme.
    "JSON below a secret name": '{"credentials": {"user": "REDACTED", "list": ["REDACTED", {"q": "REDACTED"}]}}',
    "JSON header list": '{"headers": [{"name": "Authorization", "value": "REDACTED"}]}',
    # The placeholder is a text of JSON.
    "JSON that is cut off in the secret": '{"secrets": {"q": "REDACTED"',
    "JSON with a bare value": '{"title": "disk", "token": "REDACTED"}',
    # The value of a form, escaped as browsers do.
    "form with an escaped secret": "state=down&token=REDACTED",
    "form with blanks in a value": "title=disk is full&password=REDACTED&a=b",
    "form with JSON": "payload=%7B%22secrets%22%3A+%7B%22q%22%3A+%22REDACTED%22%7D%7D",
    "form with JSON without a content type": "payload=%7B%22secrets%22%3A+%7B%22q%22%3A+%22REDACTED%22%7D%7D",
    "XML character data": "<a><token>REDACTED</token></a>",
    "a compression that is not read": "REDACTED",
    "gzip": json.dumps({"secrets": {"q": "REDACTED"}}),
    "gzip that is not declared": json.dumps({"secrets": {"q": "REDACTED"}}),
    "Pub/Sub": json.dumps({"subscription": "s", "message": {"data": in_base64({"secrets": {"q": "REDACTED"}})}}),
    "CloudEvents in base64": json.dumps(
        {"specversion": "1.0", "data_base64": in_base64({"secrets": {"q": "REDACTED"}})}
    ),
    "Pub/Sub in SNS": json.dumps(
        {"Message": json.dumps({"message": {"data": in_base64({"a": json.dumps({"secrets": {"q": "REDACTED"}})})}})}
    ),
    # In prose, up to the end of the line, of the word, of the brackets.
    **{
        f"prose {text}": json.dumps({"message": f"failed: {clean}"})
        for text, clean in {
            "Authorization: Bearer {}": "Authorization: Bearer REDACTED",
            "Authorization: Token {}": "Authorization: Token REDACTED",
            "Cookie: a=b; c={}": "Cookie: REDACTED",
            "curl -u admin:{} h": "curl -u REDACTED h and so on",
            "Server=h;Password={};x=1": "Server=h;Password=REDACTED and so on",
            "AccountKey={};x=1": "AccountKey=REDACTED and so on",
            "{{'secrets': {{'q': '{}'}}}}": "{'secrets': {REDACTED}} and so on",
            "{{secrets={{q={}}}}}": "{secrets={REDACTED}} and so on",
            "map[secrets:map[q:{}]]": "map[secrets:REDACTED and so on",
        }.items()
    },
    # The user before the password.
    "URL https://u:{}@h/x": '{"url": "https://REDACTED@h/x"}',
    "URL https://:{}@h/x": '{"url": "https://REDACTED@h/x"}',
    "URL postgres://app:{}@db/x": '{"url": "postgres://REDACTED@db/x"}',
    "URL redis://:{}@h": '{"url": "redis://REDACTED@h"}',
    "URL in broken JSON of PHP": '{"url": "https://REDACTED@h/x", }',
}
"""Bodies that lose more than `SECRET`, or are written anew, by the names of `FOUND`."""

TEXT_40 = "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2Yz3A"
HEX_32 = "0123456789abcdef0123456789abcdef"
DOT_JWT = f"{'eyJ' + TEXT_40}.{'eyJ' + TEXT_40}.{TEXT_40}"

FORMS = {
    "AWS": "AKIA" + "ABCD2345EFGH6789",
    "AWS, for a session": "ASIA" + "ABCD2345EFGH6789",
    "GitHub": "ghp_" + TEXT_40[:36],
    "GitHub, fine-grained": "github_pat_" + TEXT_40,
    "GitLab": "glpat-" + TEXT_40[:20],
    "GitLab, for a runner": "glrt-" + TEXT_40[:20],
    "Slack, bot": "xoxb-" + TEXT_40,
    "Slack, app": "xapp-1-" + TEXT_40,
    "Slack, to refresh": "xoxe-1-" + TEXT_40,
    "Slack webhook": "https://hooks.slack.com/services/T0123/B0123/" + TEXT_40[:24],
    "Stripe": "sk_live_" + TEXT_40[:24],
    "Stripe, restricted": "rk_test_" + TEXT_40[:24],
    "Standard Webhooks": "whsec_" + TEXT_40,
    "Google": "AIza" + TEXT_40[:35],
    "Google OAuth": "ya29." + TEXT_40,
    "JWT": DOT_JWT,
    "JWT behind a prefix": f"v1.{DOT_JWT}",
    "PagerDuty": "R0" + "ABCD2345EFGH6789JKLM2345NPQR67",
    "PagerDuty, of a user": "u+" + TEXT_40[:18],
    "PagerDuty OAuth": "pdus+_" + TEXT_40,
    "PagerDuty integration": f"https://events.pagerduty.com/integration/{HEX_32}/enqueue",
    "Twilio": "SK" + HEX_32,
    "SendGrid": f"SG.{TEXT_40[:22]}.{TEXT_40}",
    "npm": "npm_" + TEXT_40[:36],
    "PyPI": "pypi-" + TEXT_40 + TEXT_40,
    "OpenAI": "sk-" + TEXT_40,
    "OpenAI, of a project": "sk-proj-" + TEXT_40,
    "Telegram": f"123456789:AA{TEXT_40[:33]}",
    "Telegram URL": f"https://api.telegram.org/bot123456789:{TEXT_40}/sendMessage",
    "Discord webhook": f"https://discord.com/api/webhooks/123456789012345678/{TEXT_40}",
    "Teams webhook": f"https://acme.webhook.office.com/webhookb2/{HEX_32}@{HEX_32}/IncomingWebhook/{HEX_32}/x",
    "Grafana service account": f"glsa_{TEXT_40[:32]}_0123abcd",
    "Grafana OnCall": f"https://oncall.acme.dev/integrations/v1/grafana/{TEXT_40[:24]}/",
    "New Relic": "NRAK-" + TEXT_40[:27].upper(),
    "Dynatrace": f"dt0c01.{TEXT_40[:24].upper()}.{TEXT_40[:32].upper()}{TEXT_40[:32].upper()}",
    "HashiCorp Vault": "hvs." + TEXT_40,
    "Atlassian": "ATATT3" + TEXT_40,
    "Microsoft Entra": f"abc8Q~{TEXT_40[:34]}",
    "Hugging Face": "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh",
    "Feishu webhook": f"https://open.feishu.cn/open-apis/bot/v2/hook/{TEXT_40}",
    "IFTTT": f"https://maker.ifttt.com/trigger/disk/with/key/{TEXT_40[:22]}",
    "healthchecks.io": "https://hc-ping.com/0c8983c9-9d73-446f-adb5-0641fdacc9d4",
    "PEM": f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{TEXT_40}=\n-----END RSA PRIVATE KEY-----",
    "PEM that is cut off": f"-----BEGIN PRIVATE KEY-----\n{TEXT_40}\n{TEXT_40}",
    "Bearer": f"Bearer {TEXT_40}",
    "Basic": "Basic dXNlcjpwYXNzd29yZA==",
}
"""Credentials that are known by their form, without a name."""

NOT_FOUND: dict[str, tuple[Request, str, str]] = {
    "a harmless name": (as_json({"q": SECRET}), SECRET, "nothing tells it from an id"),
    "no name": (as_json([SECRET]), SECRET, "nothing tells it from an id"),
    "32 hexadecimal digits": (
        as_json({"q": HEX_32}),
        HEX_32,
        "an MD5, a trace and an alert's fingerprint look the same",
    ),
    "40 letters and digits": (
        as_json({"q": TEXT_40}),
        TEXT_40,
        "so do ids; AWS's secret keys have no mark of their own",
    ),
    "key": (as_json({"key": SECRET}), SECRET, "in a payload it is an alert's dedup key"),
    "code": (as_json({"code": SECRET}), SECRET, "in a payload it is an HTTP status or an exit code"),
    "sid": (as_json({"sid": SECRET}), SECRET, "Splunk calls a search so"),
    "sessionId": (as_json({"sessionId": SECRET}), SECRET, "Tencent Cloud calls an alarm's episode so"),
    "pin": (as_json({"pin": "471103"}), "471103", "a pin of a board is a tag"),
    "auth that is a word": (as_json({"auth": "correcthorse"}), "correcthorse", "the method of a login is called so"),
    "short key in a URL of the body": (
        as_json({"url": "https://h/x?key=471103"}),
        "471103",
        "a link to an issue looks the same",
    ),
    "prose without a sign": (
        as_json({"message": f"the password is {SECRET}"}),
        SECRET,
        "no sign between name and value",
    ),
    "netrc": (as_json({"message": f"machine h login u password {SECRET}"}), SECRET, "no sign between name and value"),
    "several words": (as_json({"message": f"password: correct {SECRET}"}), SECRET, "a value in prose ends at a blank"),
    "the next line": (as_json({"message": f"password:\n  {SECRET}"}), SECRET, "the next line is mostly another field"),
    "cells of a table": (sent(f"<td>Password</td><td>{SECRET}</td>"), SECRET, "nothing binds two cells"),
    "user without a scheme": (as_json({"message": f"u:{SECRET}@h"}), SECRET, "an address of mail looks the same"),
    "base64 of the secret alone": (as_json({"q": base64.b64encode(SECRET.encode()).decode()}), SECRET, "as any base64"),
    "hexadecimal": (as_json({"q": SECRET.encode().hex()}), SECRET.encode().hex(), "as any hexadecimal number"),
    "pieces": (as_json({"parts": ["p4ss-", SECRET]}), SECRET, "nothing tells it from an id"),
    "letters in a path": (
        Request(path="/hooks/correcthorsebatterystaple"),
        "correcthorsebatterystaple",
        "a word of the path",
    ),
    "short token in a path": (Request(path=f"/hooks/{SECRET}"), SECRET, "names of sources look the same"),
    "JSON nine levels deep": (
        sent(multipart_heads(4) + multipart("data").replace(SECRET, in_json(5, UNNAMED))),
        SECRET,
        "texts in texts are read eight levels deep, so that the work is bounded",
    ),
    "multipart nine levels deep": (
        sent(multipart_heads(8) + multipart("token")),
        SECRET,
        "texts in texts are read eight levels deep, so that the work is bounded",
    ),
    "header without a name": (Request(headers={"X-Acme": SECRET}), SECRET, "an id looks the same; `also` names it"),
    "parameter without a name": (Request(path=f"/hook?acme={SECRET}"), SECRET, "an id looks the same; `also` names it"),
}
"""Requests whose secret looks like other values: the request, the secret, and the reason."""


def texts(request: Request) -> Iterator[str]:
    """Yield all that can be read in a request, its body in every character set, its base64 decoded."""
    yield from (request.path, *request.headers.values(), *request.query, *request.query.values())
    data = request.body if isinstance(request.body, bytes) else request.body.encode()
    data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    for charset in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp037"):
        yield data.decode(charset, "ignore")
    waiting = [data]
    while waiting:
        for found in re.findall(rb"[A-Za-z0-9+/]{16,}={0,2}", waiting.pop()):
            inner = base64.b64decode(found[: len(found) // 4 * 4])
            waiting.append(inner)
            yield inner.decode("utf-8", "ignore")


def is_visible(secret: str, request: Request) -> bool:
    """Return whether a secret can be read in a request."""
    return any(it in text.lower() for text in texts(request) for it in (secret.lower(), ESCAPED))


@pytest.mark.parametrize("request_", [pytest.param(it, id=name) for name, it in FOUND.items()])
def test_a_planted_secret_is_found(request_: Request) -> None:
    """The secret is nowhere in the redacted request, and redacting that again changes nothing."""
    clean = redact(request_)
    assert not is_visible(SECRET, clean)
    assert redact(clean) == clean
    assert isinstance(clean.body, bytes)
    assert secrets_in(clean.body.decode("utf-8", "replace")) == []


@pytest.mark.parametrize(("name", "request_"), [pytest.param(name, it, id=name) for name, it in FOUND.items()])
def test_nothing_else_goes(name: str, request_: Request) -> None:
    """The bytes around the secret stay as they are."""
    before, after = request_.body, redact(request_).body
    assert isinstance(before, bytes)
    assert isinstance(after, bytes)
    charsets = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp037")
    written = [it for it in charsets if SECRET.encode(it) in before][:1]
    for charset in written:
        before = before.replace(SECRET.encode(charset), "REDACTED".encode(charset))
    assert after == (LONGER[name].encode() if name in LONGER else before)


@pytest.mark.parametrize("credential", [pytest.param(it, id=name) for name, it in FORMS.items()])
@pytest.mark.parametrize("place", ["see {}; then", "{}", "x='{}'"])
def test_a_credential_is_found_by_its_form(credential: str, place: str) -> None:
    """A credential without a name is found in JSON, in a text and in a form; the text around it stays."""
    before, _, after = place.partition("{}")
    text = place.format(credential)
    for request in (as_json({"q": text}), as_json({text: 1}), sent(text), sent(urlencode({"q": text}), URL_FORM)):
        clean = redact(request)
        assert not is_visible(credential[-20:], clean)
        assert redact(clean) == clean
        assert isinstance(clean.body, bytes)
        seen = unquote_plus(clean.body.decode())
        assert before in seen
        assert after in seen


@pytest.mark.parametrize(("request_", "left", "why"), [pytest.param(*it, id=name) for name, it in NOT_FOUND.items()])
def test_a_secret_without_a_mark_is_not_found(request_: Request, left: str, why: str) -> None:
    """A secret with neither name nor form is still there; one that is found one day leaves this list."""
    assert why
    assert is_visible(left, redact(request_))


def test_every_secret_was_planted() -> None:
    """There are 99 forms and more, and each secret can be read before; else the tests above would pass on nothing."""
    assert len(FOUND) + len(FORMS) + len(NOT_FOUND) > 99
    assert [name for name, request in FOUND.items() if not is_visible(SECRET, request)] == []
