"""Verdicts of other packages: on what a sender signs, and on damages of it, they and we agree."""

import hashlib
import hmac
import importlib
import json
import random
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from attrs import evolve

from alertmap import Auth, AuthError, Request, Source, verify
from alertmap.schemes import SNS, InHeader, Jws, Scheme, Signature, standard_webhooks
from signatures import KEY_32, NETLIFY, SECRET, SLACK, STRIPE_STYLE, TIME, TWILIO, adapter_of

NOW = datetime.fromtimestamp(TIME, UTC)
LONG_SECRET = "alertmap-test-secret-of-32-bytes"
REQUESTS = 400
"""Requests for each package: the first is right, of the others most are damaged."""

BODIES = ['{"a": 1}', '{"title": "écrit ✓"}', "{}", '[{"x": "\\u0000"}]', '{"a":"' + "x" * 500 + '"}']


class Partner(NamedTuple):
    """A package that verifies a scheme as we do."""

    package: str
    module: str
    scheme: Scheme
    accepts: Callable[[Any, Request], bool]
    """Verdict of the package."""
    headers: Callable[[str], dict[str, str]]
    """The headers of a right request with a body, made without any code of ours."""
    secret: str = SECRET
    auth: dict[str, Any] = {}
    form: bool = False


def mac(content: str, digest: str = "sha256", key: bytes = SECRET.encode()) -> bytes:
    return hmac.new(key, content.encode(), digest).digest()


def webhooks_headers(body: str) -> dict[str, str]:
    key = bytes(range(32))
    value = b64encode(mac(f"msg_1.{TIME}.{body}", key=key)).decode()
    return {"webhook-id": "msg_1", "webhook-timestamp": str(TIME), "webhook-signature": f"v1,{value}"}


def webhooks_accepts(module: Any, request: Request) -> bool:
    from unittest import mock  # noqa: PLC0415

    webhooks = importlib.import_module("standardwebhooks.webhooks")
    try:
        with mock.patch.object(webhooks, "datetime", wraps=datetime) as clock:
            clock.now.return_value = NOW
            module.Webhook(f"whsec_{KEY_32}").verify(request.body, dict(request.headers))
    except json.JSONDecodeError:
        return True  # it is parsed after it was verified
    except Exception:  # noqa: BLE001 - it raises many
        return False
    return True


def slack_accepts(module: Any, request: Request) -> bool:
    clock = type("Clock", (), {"now": lambda _self: float(TIME)})()
    try:
        found = module.SignatureVerifier(SECRET, clock).is_valid(
            request.body, request.header("X-Slack-Request-Timestamp"), request.header("X-Slack-Signature")
        )
    except (ValueError, TypeError):
        return False
    return bool(found)


def stripe_accepts(module: Any, request: Request) -> bool:
    from unittest import mock  # noqa: PLC0415

    try:
        with mock.patch("time.time", return_value=float(TIME)):
            body = request.body.decode() if isinstance(request.body, bytes) else request.body
            module.WebhookSignature.verify_header(body, request.header("Acme-Signature"), SECRET, 300)
    except Exception:  # noqa: BLE001
        return False
    return True


def jwt_accepts(module: Any, request: Request) -> bool:
    body = request.body if isinstance(request.body, bytes) else request.body.encode()
    try:
        claims = module.decode(request.header("X-Webhook-Signature"), LONG_SECRET, algorithms=["HS256"], issuer="netlify")
    except Exception:  # noqa: BLE001
        return False
    return bool(claims.get("sha256") == hashlib.sha256(body).hexdigest())


def jwt_headers(body: str) -> dict[str, str]:
    jwt = importlib.import_module("jwt")
    claims = {"iss": "netlify", "sha256": hashlib.sha256(body.encode()).hexdigest()}
    return {"X-Webhook-Signature": jwt.encode(claims, LONG_SECRET, algorithm="HS256")}


URL = "https://hooks.example.test/in?x=1"


def twilio_accepts(module: Any, request: Request) -> bool:
    from urllib.parse import parse_qs  # noqa: PLC0415

    body = request.body.decode() if isinstance(request.body, bytes) else request.body
    try:
        fields = parse_qs(body, keep_blank_values=True, errors="strict")
        form = type("Form", (dict,), {"getlist": lambda self, name: self[name]})(fields)
        return bool(module.RequestValidator(SECRET).validate(URL, form, request.header("X-Twilio-Signature") or ""))
    except (ValueError, TypeError):
        return False


def twilio_headers(body: str) -> dict[str, str]:
    from urllib.parse import parse_qs  # noqa: PLC0415

    fields = parse_qs(body, keep_blank_values=True)
    text = URL + "".join(name + value for name in sorted(fields) for value in sorted({*fields[name]}))
    return {"X-Twilio-Signature": b64encode(mac(text, "sha1")).decode()}


PARTNERS = [
    Partner(
        "standardwebhooks",
        "standardwebhooks",
        standard_webhooks()[0],
        webhooks_accepts,
        webhooks_headers,
        secret=f"whsec_{KEY_32}",
    ),
    Partner(
        "slack-sdk",
        "slack_sdk.signature",
        SLACK,
        slack_accepts,
        lambda body: {
            "X-Slack-Signature": f"v0={mac(f'v0:{TIME}:{body}').hex()}",
            "X-Slack-Request-Timestamp": str(TIME),
        },
    ),
    Partner(
        "stripe",
        "stripe",
        STRIPE_STYLE,
        stripe_accepts,
        lambda body: {"Acme-Signature": f"t={TIME},v1={mac(f'{TIME}.{body}').hex()}"},
    ),
    Partner("PyJWT", "jwt", NETLIFY, jwt_accepts, jwt_headers, secret=LONG_SECRET),
    Partner(
        "twilio",
        "twilio.request_validator",
        TWILIO,
        twilio_accepts,
        twilio_headers,
        auth={"public_url": URL},
        form=True,
    ),
]


def damaged(request: Request, generator: random.Random) -> Request:
    """Return the request with one or two digits or letters of its body or headers replaced."""
    for _ in range(generator.randint(1, 2)):
        names = ["", *request.headers]
        name = generator.choice(names)
        text = request.headers[name] if name else request.body
        assert isinstance(text, str)
        places = [at for at, one in enumerate(text) if one.isalnum() and one.isascii()]
        if not places:
            continue
        at = generator.choice(places)
        changed = text[:at] + generator.choice("0123456789abcdefXYZ") + text[at + 1 :]
        request = evolve(request, headers={**request.headers, name: changed}) if name else evolve(request, body=changed)
    return request


@pytest.mark.parametrize("partner", PARTNERS, ids=lambda partner: partner.package)
def test_verdicts(partner: Partner, record_property: Callable[[str, object], None]) -> None:
    """A package and we accept the same requests."""
    module = pytest.importorskip(partner.module)
    source = Source("acme", auth=Auth(secrets=partner.secret, **partner.auth))
    adapter = adapter_of(partner.scheme, formats={"form" if partner.form else "json"})
    generator = random.Random(partner.package)
    bodies = ["a=1&b=2&a=3", "AlertName=disk+1&State=&x=%C3%A9", "b=1&a=2"] if partner.form else BODIES
    accepted = 0
    for number in range(REQUESTS):
        body = generator.choice(bodies)
        request = Request(body, headers=partner.headers(body))
        if number % 4:
            request = damaged(request, generator)
        request = evolve(request, body=str(request.body).encode())
        try:
            ours = verify(request, source, NOW, vendor=adapter) is not None
        except AuthError:
            ours = False
        theirs = partner.accepts(module, request)
        assert ours == theirs, (request.body, dict(request.headers))
        accepted += ours
    assert REQUESTS / 4 <= accepted < REQUESTS / 2
    record_property("differential", f"{partner.package}: {REQUESTS} requests, {accepted} accepted by both")


def test_sns_content() -> None:
    """The package for SNS and we accept the same messages of version 1."""
    pytest.importorskip("cryptography")
    pytest.importorskip("requests_cache")
    package = pytest.importorskip("sns_message_validator")
    module = importlib.import_module("receive.test_public_keys")
    validator = package.SNSMessageValidator()
    response = type("Response", (), {"content": module.certificate()})()
    validator._cert_session = type("Session", (), {"get": lambda _self, _url: response})()
    for message in (module.MESSAGE, module.CONFIRMATION, {**module.CONFIRMATION, "Type": "UnsubscribeConfirmation"}):
        signed = module.signed_message({**message, "SignatureVersion": "1"})
        assert module.check(signed, scheme=SNS).form == "sns"
        validator.validate_message(signed)
        for key in ("Message", "Timestamp", "Type", "MessageId"):
            forged = {**signed, key: f"{signed[key]}x"}
            with pytest.raises(AuthError):
                module.check(forged)
            with pytest.raises(Exception, match=r".*"):
                validator.validate_message(forged)


def test_ecdsa() -> None:
    """The package of SendGrid and we accept the same signature, and not that of another body."""
    pytest.importorskip("cryptography")
    package = pytest.importorskip("sendgrid.helpers.eventwebhook")
    module = importlib.import_module("receive.test_public_keys")
    scheme, request, key = module.ec_request()
    assert isinstance(scheme, Signature)
    assert isinstance(scheme.place, InHeader)
    assert not isinstance(scheme, Jws)
    place = scheme.timestamp
    assert isinstance(place, InHeader)
    for body in (request.body, request.body + b" "):
        theirs = package.EventWebhook(key).verify_signature(
            body.decode(), request.header(scheme.place.name), request.header(place.name)
        )
        try:
            ours = verify(
                evolve(request, body=body), Source("x", auth=Auth(secrets=key)), NOW, vendor=adapter_of(scheme)
            )
        except AuthError:
            ours = None
        assert bool(ours) == theirs
