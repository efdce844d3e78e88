"""Signatures of AWS SNS and Huawei SMN, which stand in the body, with the URL of the certificate.

The URL comes from the sender, so it is checked before anything is fetched: an exact host of the service, in the region
of the topic, and no other parts. The topic must be one that the source allows.

Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html and
https://support.huaweicloud.com/intl/en-us/usermanual-smn/smn_ug_a9003.html
"""

import re
from base64 import b64decode, b64encode
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from alertmap.errors import AuthError, Refusal
from alertmap.intake.auth import Auth
from alertmap.intake.envelope import SNS_HOST
from alertmap.intake.verify import Fetch, fetched, is_equal
from alertmap.schemes import TopicSignature

if TYPE_CHECKING:
    from alertmap.intake.verify import Sent


class _Service(NamedTuple):
    """Names and rules of one service."""

    kind: str
    topic: str
    version: str
    signature: str
    url: tuple[str, ...]
    signed: dict[str, tuple[str, ...]]
    """Keys that are signed, in order, by the kind of the message."""
    optional: str
    """The key that is left out of what is signed where it is blank."""
    free: str
    """The only key whose text may hold line ends; in any other they could imitate the line of another key."""
    host: str
    path: str
    topic_pattern: str
    """Pattern of a topic; its group is the region."""


_SNS_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SMN_CONFIRMATION = ("message", "message_id", "subscribe_url", "timestamp", "topic_urn", "type")

_SERVICES = {
    "sns": _Service(
        "Type",
        "TopicArn",
        "SignatureVersion",
        "Signature",
        ("SigningCertURL", "SigningCertUrl"),
        {
            "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
            "SubscriptionConfirmation": _SNS_CONFIRMATION,
            "UnsubscribeConfirmation": _SNS_CONFIRMATION,
        },
        "Subject",
        "Message",
        SNS_HOST,
        r"/SimpleNotificationService-[0-9a-f]{32}\.pem",
        r"arn:aws(?:-cn|-us-gov|-iso)?:sns:([a-z0-9-]{4,32}):[0-9]{12}:[A-Za-z0-9_.-]{1,256}",
    ),
    "smn": _Service(
        "type",
        "topic_urn",
        "signature_version",
        "signature",
        ("signing_cert_url",),
        {
            "Notification": ("message", "message_id", "subject", "timestamp", "topic_urn", "type"),
            "SubscriptionConfirmation": _SMN_CONFIRMATION,
            "UnsubscribeConfirmation": _SMN_CONFIRMATION,
        },
        "subject",
        "message",
        r"smn\.([a-z]{2}(?:-[a-z]{2,10}){1,2}-[0-9]{1,3})\.myhuaweicloud\.(?:com|eu)",
        r"/[A-Za-z0-9/_.-]{1,256}\.pem",
        r"urn:smn:([a-z0-9-]{4,32}):[0-9a-f]{32}:[A-Za-z0-9_-]{1,256}",
    ),
}

_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}Z"


def check_topic(sent: "Sent", scheme: TopicSignature, auth: Auth, now: datetime, fetch: Fetch | None) -> dict[str, str]:
    """Check the signature in a body; return the parts of the message that are signed.

    Anybody can add keys to a message that is signed: nothing but the result may be read.

    Raises:
        AuthError: it is not signed by the service, or for a topic that is not allowed.
    """
    service = _SERVICES[scheme.name]
    document = sent.document
    if not isinstance(document, dict) or not isinstance(document.get(service.signature), str):
        raise AuthError("the request has no signature", Refusal.MISSING)
    keys = service.signed.get(_text(document, service.kind))
    if keys is None:
        raise AuthError("the message is of a kind that is not known", Refusal.UNSUPPORTED)
    version = _text(document, service.version)
    if version not in scheme.versions or version not in _VERSIONS[scheme.name]:
        raise AuthError("the version of the signature is not accepted", Refusal.UNSUPPORTED)
    signed = _signed(document, service, keys)
    topic = _text(document, service.topic)
    region = re.fullmatch(service.topic_pattern, topic)
    if region is None or not any([is_equal(topic, one) for one in auth.topics]):  # noqa: C419 - all are compared
        raise AuthError("the topic is not one of the source", Refusal.UNTRUSTED)
    url, host = _certificate_url(document, service, region[1])
    signature = _signature(document, service)
    pem = fetched(fetch, url)
    from alertmap.intake.public_keys import check_certificate, is_signed_with  # noqa: PLC0415 - needs cryptography

    names = frozenset({host, "sns.amazonaws.com", "sns.amazonaws.com.cn"}) if scheme.name == "sns" else frozenset()
    key, digest = check_certificate(pem, names, now)
    # SMN signs with the hash of its certificate's own signature.
    if not is_signed_with(key, _VERSIONS[scheme.name][version] or digest, _content(signed), signature):
        raise AuthError("the signature is wrong", Refusal.WRONG)
    return signed


def message_id(signed: dict[str, str]) -> str:
    """Return the id of a message, out of its signed parts."""
    return signed.get("MessageId", "") or signed.get("message_id", "")


_VERSIONS = {"sns": {"1": "sha1", "2": "sha256"}, "smn": {"v1": ""}}
"""Hashes of the signature versions; "": that of the certificate."""


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""


def _signed(document: dict[str, Any], service: _Service, keys: tuple[str, ...]) -> dict[str, str]:
    """Return the parts that are signed, in their order."""
    signed: dict[str, str] = {}
    for key in keys:
        # Lambda's spelling differs in the last letters: SubscribeUrl.
        value = _text(document, key) or _text(document, key.replace("URL", "Url"))
        if not value and key == service.optional:
            continue
        if not value or (key != service.free and not value.isprintable()):
            raise AuthError("a part of the message that is signed is missing, or is not written as it should be")
        signed[key] = value
    if not re.fullmatch(_TIME, signed.get("Timestamp") or signed["timestamp"]):
        raise AuthError("a part of the message that is signed is missing, or is not written as it should be")
    return signed


def _content(signed: dict[str, str]) -> bytes:
    return "".join(f"{key}\n{value}\n" for key, value in signed.items()).encode("utf-8", "surrogatepass")


def _certificate_url(document: dict[str, Any], service: _Service, region: str) -> tuple[str, str]:
    """Return the URL of the certificate and its host."""
    url = next((found for key in service.url if (found := _text(document, key))), "")
    match = re.fullmatch(rf"https://({service.host})({service.path})", url)
    if match is None or match[2] != region or "/../" in match[3] or "//" in match[3]:
        raise AuthError("the URL of the certificate is not one of the service in the topic's region", Refusal.UNTRUSTED)
    return url, match[1]


def _signature(document: dict[str, Any], service: _Service) -> bytes:
    text = _text(document, service.signature)
    try:
        found = b64decode(text, validate=True)
    except ValueError:
        found = b""
    if b64encode(found).decode() != text or not found:
        raise AuthError("the signature is not base64")
    return found
