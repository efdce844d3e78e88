"""Signatures with public keys: AWS SNS, Huawei SMN, Ed25519, ECDSA, tokens of an issuer."""

import hashlib
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from alertmap import (
    Accepted,
    Auth,
    AuthError,
    ConfigurationError,
    Handshake,
    Refusal,
    Rejected,
    Request,
    Source,
    receive,
    verify,
)
from alertmap.schemes import SMN, SNS, InBody, InHeader, Jws, Signature, TopicSignature, standard_webhooks
from signatures import BODY, STAMP, TIME, adapter_of

pytest.importorskip("cryptography")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

NOW = datetime.fromtimestamp(TIME, UTC)
SNS_NOW = datetime(2026, 1, 2, 3, 5, tzinfo=UTC)
ARN = "arn:aws:sns:eu-west-1:111122223333:alerts"
URN = "urn:smn:cn-north-1:0123456789abcdef0123456789abcdef:alerts"
SNS_URL = f"https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-{'0' * 32}.pem"
SMN_URL = "https://smn.cn-north-1.myhuaweicloud.com/smn/SMN_cn-north-1.pem"
KEY = rsa.generate_private_key(65537, 2048)

MESSAGE = {
    "Type": "Notification",
    "MessageId": "0b1c2d3e-0000-5000-8000-00000000a1b2",
    "TopicArn": ARN,
    "Subject": "ALARM: disk",
    "Message": '{"AlarmName":"disk"}\nline two',
    "Timestamp": "2026-01-02T03:04:05.678Z",
    "SignatureVersion": "2",
    "SigningCertURL": SNS_URL,
    "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
}
CONTENT_SHA256 = "1321107dc34011373ff6f44fbcb18e4ab47badc6f4c891d60404fa45121dc593"
CONFIRMATION = {
    "Type": "SubscriptionConfirmation",
    "MessageId": "c-1",
    "Token": "2336",
    "TopicArn": ARN,
    "Message": "You have chosen to subscribe",
    "SubscribeURL": f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={ARN}&Token=2336",
    "Timestamp": "2026-01-02T03:04:05.678Z",
    "SignatureVersion": "1",
    "SigningCertURL": SNS_URL,
}
SMN_MESSAGE = {
    "type": "Notification",
    "message_id": "88c726942175432bac921eafd0036163",
    "topic_urn": URN,
    "subject": "demo",
    "message": '{"status":"firing","title":"disk"}',
    "timestamp": "2026-01-02T03:04:05Z",
    "signature_version": "v1",
    "signing_cert_url": SMN_URL,
}
ORDER = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


def certificate(
    name: str = "sns.amazonaws.com",
    key: Any = KEY,
    start: datetime = SNS_NOW - timedelta(days=1),
    end: datetime = SNS_NOW + timedelta(days=1),
) -> bytes:
    """Return a certificate for a name, as PEM."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, start, end)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def content(message: dict[str, Any]) -> bytes:
    """Return what is signed of a message of SNS or SMN: an independent second implementation."""
    if "type" in message:
        names = ["message", "message_id", "subscribe_url", "subject", "timestamp", "topic_urn", "type"]
    else:
        names = list(ORDER["Notification" if message["Type"] == "Notification" else "SubscriptionConfirmation"])
    return "".join(f"{name}\n{message[name]}\n" for name in names if message.get(name)).encode()


def signed_message(message: dict[str, Any], /, **changes: Any) -> dict[str, Any]:
    """Return a message with its signature, changed afterwards."""
    digest = hashes.SHA1() if message.get("SignatureVersion") == "1" else hashes.SHA256()
    signature = b64encode(KEY.sign(content(message), padding.PKCS1v15(), digest)).decode()
    name = "signature" if "type" in message else "Signature"
    return {**message, name: signature, **changes}


def source(**auth: Any) -> Source:
    """Return a source for messages of the topics."""
    return Source("acme", auth=Auth(**({"topics": [ARN]} | auth)))


def check(
    message: dict[str, Any],
    pem: bytes | None = None,
    *,
    scheme: TopicSignature = SNS,
    now: datetime = SNS_NOW,
    **auth: Any,
) -> Any:
    """Verify a message; the certificate is fetched from its only right URL."""
    urls: list[str] = []

    def fetch(url: str) -> bytes:
        urls.append(url)
        return pem or certificate()

    request = Request(json.dumps(message), headers={"Content-Type": "text/plain; charset=UTF-8"})
    try:
        return verify(request, source(**auth), now, vendor=adapter_of(scheme), fetch=fetch)
    finally:
        assert set(urls) <= {SNS_URL, SMN_URL}, "a URL of the sender was fetched"


def refused(message: dict[str, Any], pem: bytes | None = None, **more: Any) -> Refusal:
    """Return the reason why a message is refused."""
    with pytest.raises(AuthError) as caught:
        check(message, pem, **more)
    return caught.value.refusal


def test_what_is_signed() -> None:
    """The bytes that SNS signs are those of the vector."""
    text = content(MESSAGE)
    assert len(text) == 209
    assert hashlib.sha256(text).hexdigest() == CONTENT_SHA256


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("message", [MESSAGE, CONFIRMATION, {**CONFIRMATION, "Type": "UnsubscribeConfirmation"}])
def test_sns(message: dict[str, str], version: str) -> None:
    """Messages of all kinds and both versions are accepted, and their id is signed."""
    proof = check(signed_message({**message, "SignatureVersion": version}))
    assert (proof.form, proof.signed_id) == ("sns", message["MessageId"])


def test_sns_without_a_subject() -> None:
    """A subject that is missing or null is not signed; Lambda spells two keys differently."""
    message = {key: value for key, value in MESSAGE.items() if key != "Subject"}
    assert check(signed_message(message))
    assert check(signed_message(message, Subject=None))
    lambda_form = signed_message(message)
    lambda_form["SigningCertUrl"] = lambda_form.pop("SigningCertURL")
    assert check(lambda_form)


@pytest.mark.parametrize("key", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type", "Signature"])
@given(place=st.integers(0, 1000), bit=st.integers(0, 6))
def test_sns_changed_bits(key: str, place: int, bit: int) -> None:
    """One changed bit of what is signed, or of the signature, is noticed."""
    message = signed_message(MESSAGE)
    text = bytearray(message[key].encode())
    text[place % len(text)] ^= 1 << bit
    with pytest.raises(AuthError):
        check({**message, key: text.decode()})


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-00000000000000000000000000000000.pem",
        "https://sns.s3.amazonaws.com/SimpleNotificationService-00000000000000000000000000000000.pem",
        "https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-00000000000000000000000000000000.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-00000000000000000000000000000000.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-00000000000000000000000000000000.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-00000000000000000000000000000000.pem",
        "https://user@sns.eu-west-1.amazonaws.com/SimpleNotificationService-00000000000000000000000000000000.pem",
        "https://sns.eu-west-1.amazonaws.com:444/SimpleNotificationService-00000000000000000000000000000000.pem",
        f"{SNS_URL}?x=1",
        f"{SNS_URL}#x",
        f"{SNS_URL}\n",
        "https://sns.eu-west-1.amazonaws.com/other.pem",
        "https://sns.eu-west-1.amazonaws.com/?Action=Publish&x=SimpleNotificationService-0.pem",
        "",
        None,
        7,
    ],
)
def test_certificates_of_others_are_not_fetched(url: object) -> None:
    """A URL that is not exactly that of a certificate of SNS in the topic's region is refused before it is fetched."""
    assert refused(signed_message(MESSAGE, SigningCertURL=url)) is Refusal.UNTRUSTED


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        (lambda: certificate("evil.example"), "another name"),
        (lambda: certificate(end=SNS_NOW - timedelta(seconds=1)), "expired"),
        (lambda: certificate(start=SNS_NOW + timedelta(seconds=1)), "not valid yet"),
        (lambda: certificate(key=rsa.generate_private_key(65537, 1024)), "a short key"),
        (lambda: certificate(key=ec.generate_private_key(ec.SECP256R1())), "no RSA key"),
        (lambda: b"<html>", "no certificate"),
        (lambda: certificate()[:200], "cut off"),
    ],
)
def test_certificates(pem: Callable[[], bytes], why: str) -> None:
    """A certificate that is not valid for SNS now is refused."""
    assert refused(signed_message(MESSAGE), pem()) is Refusal.UNTRUSTED, why


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"TopicArn": "arn:aws:sns:eu-west-1:111122223333:other"}, Refusal.UNTRUSTED),
        ({"SignatureVersion": "3"}, Refusal.UNSUPPORTED),
        ({"SignatureVersion": 1}, Refusal.UNSUPPORTED),
        ({"Type": "Other"}, Refusal.UNSUPPORTED),
        ({"Signature": "!"}, Refusal.WRONG),
        ({"Signature": None}, Refusal.MISSING),
        ({"Subject": "ALARM: disk\nTimestamp\nx"}, Refusal.WRONG),
        ({"Timestamp": "yesterday"}, Refusal.WRONG),
        ({"Message": "{}"}, Refusal.WRONG),
    ],
)
def test_sns_refusals(changes: dict[str, Any], reason: Refusal) -> None:
    """A message that is changed after it was signed is refused with its reason."""
    assert refused(signed_message(MESSAGE, **changes)) is reason


def test_version_1_can_be_refused() -> None:
    """A source that accepts version 2 only is not moved to version 1 by a message."""
    only_2 = TopicSignature(name="sns", versions=("2",))
    assert check(signed_message(MESSAGE), scheme=only_2)
    assert refused(signed_message({**MESSAGE, "SignatureVersion": "1"}), scheme=only_2) is Refusal.UNSUPPORTED


def test_topics_need_no_scheme_of_the_vendor() -> None:
    """A topic carries any vendor: its signature is checked although the vendor signs nothing."""
    body = json.dumps(signed_message({**MESSAGE, "Message": BODY.decode()}))
    done = receive(Request(body), source(), SNS_NOW, vendor=adapter_of(), fetch=lambda _url: certificate())
    assert isinstance(done, Accepted)
    assert [alert.title for alert in done.batch] == ["Disk 92% on db-01 — écrit"]
    assert done.marks == {"id:0b1c2d3e-0000-5000-8000-00000000a1b2": "seen"}


def test_only_what_is_signed_is_read() -> None:
    """Keys that somebody added to a signed message are not read, although they look like an alert."""
    message = signed_message({**MESSAGE, "Message": BODY.decode()}, status="firing", title="forged")
    done = receive(
        Request(json.dumps(message)), source(), SNS_NOW, vendor=adapter_of(), fetch=lambda _url: certificate()
    )
    assert isinstance(done, Accepted)
    assert "forged" not in repr(done)
    assert "forged" not in repr(done.batch.raw)


def test_sns_handshake() -> None:
    """A confirmation that is signed gives the URL to visit; that of an unsubscription is never given."""
    for kind, url in (("SubscriptionConfirmation", CONFIRMATION["SubscribeURL"]), ("UnsubscribeConfirmation", None)):
        body = json.dumps(signed_message({**CONFIRMATION, "Type": kind}))
        done = receive(Request(body), source(), SNS_NOW, vendor=adapter_of(), fetch=lambda _url: certificate())
        assert isinstance(done, Handshake)
        assert (done.answer.status, done.confirm_url) == (200, url)
    forged = json.dumps({**CONFIRMATION, "Signature": b64encode(b"x" * 256).decode()})
    rejected = receive(Request(forged), source(), SNS_NOW, vendor=adapter_of(), fetch=lambda _url: certificate())
    assert isinstance(rejected, Rejected)
    assert rejected.answer.status == 401


def test_a_certificate_that_cannot_be_fetched() -> None:
    """Our own failure asks the sender to try again: SNS drops what is answered 4xx."""

    def fetch(_url: str) -> bytes:
        raise OSError

    done = receive(Request(json.dumps(signed_message(MESSAGE))), source(), SNS_NOW, vendor=adapter_of(), fetch=fetch)
    assert isinstance(done, Rejected)
    assert (done.answer.status, done.reason) == (503, Refusal.UNAVAILABLE)
    assert "Retry-After" in done.answer.headers
    with pytest.raises(ConfigurationError, match="pass fetch"):
        receive(Request(json.dumps(signed_message(MESSAGE))), source(), SNS_NOW, vendor=adapter_of())


@pytest.mark.parametrize("subject", ["demo", ""])
def test_smn(subject: str) -> None:
    """Huawei SMN: a blank subject is not signed; the hash is that of the certificate."""
    message = {**SMN_MESSAGE, "subject": subject}
    proof = check(signed_message(message), certificate("smn"), scheme=SMN, topics=URN)
    assert (proof.form, proof.signed_id) == ("smn", SMN_MESSAGE["message_id"])
    for changes in (
        {"message": "{}"},
        {"signing_cert_url": "https://smn.cn-north-1.myhuaweicloud.com.evil.example/x.pem"},
        {"topic_urn": f"{URN}2"},
        {"signature_version": "v2"},
    ):
        assert refused(signed_message(message, **changes), certificate("smn"), scheme=SMN, topics=URN)


def test_smn_confirmation() -> None:
    """A confirmation signs the URL to visit."""
    message = {key: value for key, value in SMN_MESSAGE.items() if key != "subject"}
    message |= {"type": "SubscriptionConfirmation", "subscribe_url": "https://smn.cn-north-1.myhuaweicloud.com/confirm"}
    assert check(signed_message(message), certificate("smn"), scheme=SMN, topics=URN)
    assert refused(
        signed_message(message, subscribe_url="https://evil.example/"), certificate("smn"), scheme=SMN, topics=URN
    )


# --- Key pairs -------------------------------------------------------------------------------------------------------

ED_KEY = ed25519.Ed25519PrivateKey.generate()
EC_KEY = ec.generate_private_key(ec.SECP256R1())
V1A = standard_webhooks()[1]
SENDGRID = Signature(
    place=InHeader("X-Twilio-Email-Event-Webhook-Signature"),
    content="{timestamp}{body}",
    algorithm="ecdsa-sha256",
    encoding="base64",
    timestamp=InHeader("X-Twilio-Email-Event-Webhook-Timestamp"),
    key="base64",
)


def ed_request() -> tuple[Signature, Request, str]:
    text = b64encode(ED_KEY.sign(b"msg_1." + STAMP.encode() + b"." + BODY)).decode()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": STAMP, "webhook-signature": f"v1,x v1a,{text}"}
    raw = ED_KEY.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return V1A, Request(BODY, headers=headers), f"whpk_{b64encode(raw).decode()}"


def ec_request() -> tuple[Signature, Request, str]:
    text = b64encode(EC_KEY.sign(STAMP.encode() + BODY, ec.ECDSA(hashes.SHA256()))).decode()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    key = EC_KEY.public_key().public_bytes(serialization.Encoding.DER, form)
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": text,
        "X-Twilio-Email-Event-Webhook-Timestamp": STAMP,
    }
    return SENDGRID, Request(BODY, headers=headers), b64encode(key).decode()


@pytest.mark.parametrize("made", [ed_request, ec_request])
def test_key_pairs(made: Callable[[], tuple[Signature, Request, str]]) -> None:
    """Signatures with key pairs are checked with the public key that the source was given."""
    scheme, request, key = made()
    here, adapter = Source("x", auth=Auth(secrets=key)), adapter_of(scheme)
    assert verify(request, here, NOW, vendor=adapter)
    for place in range(len(BODY)):
        changed = bytearray(BODY)
        changed[place] ^= 1
        with pytest.raises(AuthError):
            verify(evolve(request, body=bytes(changed)), here, NOW, vendor=adapter)
    with pytest.raises(ConfigurationError, match="public key"):
        verify(request, Source("x", auth=Auth(secrets="AAAA")), NOW, vendor=adapter)


# --- Tokens of an issuer ---------------------------------------------------------------------------------------------

KEYS_URL = "https://issuer.example/keys"
OIDC = Jws(
    place=InHeader("Authorization", "Bearer "),
    algorithm="RS256",
    claims={"iss": "issuer"},
    keys_url=KEYS_URL,
    name="oidc",
)


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def token(header: dict[str, Any] | None = None, key: Any = KEY, **claims: Any) -> str:
    """Return a token of the issuer."""
    head = {"alg": "RS256", "kid": "k1"} | (header or {})
    body = {"iss": "issuer", "aud": "me", "exp": TIME + 60} | claims
    text = f"{base64url(json.dumps(head).encode())}.{base64url(json.dumps(body).encode())}"
    return f"{text}.{base64url(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def keys(_url: str = "") -> bytes:
    numbers = KEY.public_key().public_numbers()
    n, e = (base64url(one.to_bytes((one.bit_length() + 7) // 8)) for one in (numbers.n, numbers.e))
    return json.dumps({"keys": [{"kty": "EC", "kid": "k1"}, {"kty": "RSA", "kid": "k1", "n": n, "e": e}]}).encode()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (token(), None),
        (token(aud=["other", "me"]), None),
        (token(aud="other"), Refusal.WRONG),
        (token(iss="other"), Refusal.WRONG),
        (token(exp=TIME - 301), Refusal.STALE),
        (token(exp=None), Refusal.STALE),
        (token(nbf=TIME + 301), Refusal.STALE),
        (token({"kid": "k2"}), Refusal.UNTRUSTED),
        (token({"alg": "none"}), Refusal.UNSUPPORTED),
        (token({"alg": "HS256"}), Refusal.UNSUPPORTED),
        (token(key=rsa.generate_private_key(65537, 2048)), Refusal.WRONG),
        (token()[:-4], Refusal.WRONG),
        ("a.b", Refusal.WRONG),
        ("a.b.c.d", Refusal.WRONG),
        (f"{base64url(b'[]')}.e30.AA", Refusal.WRONG),
    ],
)
def test_tokens_of_an_issuer(text: str, reason: Refusal | None) -> None:
    """A token is checked with the issuer's own key, and with the claims that the source demands."""
    here = Source("x", auth=Auth(claims={"aud": "me"}))
    request = Request(BODY, headers={"Authorization": f"Bearer {text}"})
    if reason is None:
        assert verify(request, here, NOW, vendor=adapter_of(OIDC), fetch=keys)
        return
    with pytest.raises(AuthError) as caught:
        verify(request, here, NOW, vendor=adapter_of(OIDC), fetch=keys)
    assert caught.value.refusal is reason


@given(st.binary(max_size=200))
def test_any_answer_of_an_issuer(data: bytes) -> None:
    """Whatever the issuer's address answers, only AuthError is raised."""
    request = Request(BODY, headers={"Authorization": f"Bearer {token()}"})
    with pytest.raises(AuthError):
        verify(
            request, Source("x", auth=Auth(claims={"aud": "me"})), NOW, vendor=adapter_of(OIDC), fetch=lambda _url: data
        )
