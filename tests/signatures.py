"""Sources of constructed vendors that sign, one for each scheme that is known, with a vector of each."""

from typing import Any, NamedTuple

from attrs import evolve

from alertmap import Auth, Reading, Request, Severity, Shape, Source, State, wire
from alertmap.adapter import Adapter
from alertmap.schemes import (
    STANDARD_WEBHOOKS,
    InBody,
    InHeader,
    Jws,
    Scheme,
    Signature,
    standard_webhooks,
)

BODY = '{"status":"firing","title":"Disk 92% on db-01 — écrit"}'.encode()
SECRET = "alertmap-test-secret"
TIME = 1_750_000_000
STAMP = str(TIME)
PLAIN = "681adda2506a96c4a246c33dee7608e44f26a8747734820e2d9f79c3d94d1329"
KEY_32 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
"""Base64 of the bytes 0 to 31."""


@wire.model
class Event:
    """Body of all constructed vendors."""

    status: str
    title: wire.AnyText = ""


def read(event: Event) -> Reading:
    """Read a body: anything but `ok` fires."""
    state = State.RESOLVED if event.status == "ok" else State.FIRING
    return Reading(state=state, level="down", identity={"title": event.title or "none"}, title=event.title or "none")


def adapter_of(*signatures: Scheme, **more: Any) -> Adapter:
    """Return the adapter of a vendor that signs with these schemes."""
    shapes = more.pop("shapes", [Shape(Event, read, rank=None)])
    return Adapter(
        name=more.pop("name", "acme"),
        title="Acme",
        shapes=shapes,
        levels={"down": Severity.HIGH},
        signatures=signatures,
        **more,
    )


class Vector(NamedTuple):
    """A signed request of a constructed vendor, and the source that accepts it."""

    name: str
    scheme: Scheme
    request: Request
    source: Source
    adapter: Adapter
    place: str = ""
    """The header with the signature, or a path in the body."""


def vector(
    name: str,
    scheme: Scheme,
    headers: dict[str, str],
    *,
    body: bytes = BODY,
    also: tuple[Scheme, ...] = (),
    formats: frozenset[str] = frozenset({"json"}),
    **auth: Any,
) -> Vector:
    """Return a vector; its secret is `SECRET`, unless another is given."""
    credentials = Auth(**({"secrets": SECRET} | auth))
    request = Request(body, headers=headers)
    adapter = adapter_of(scheme, *also, formats=formats)
    return Vector(name, scheme, request, Source("acme", auth=credentials), adapter, next(iter(headers), ""))


def hmac_of(header: str, **more: Any) -> Signature:
    """Return a scheme whose signature stands in a header, behind a prefix."""
    return Signature(place=InHeader(header, more.pop("prefix", ""), more.pop("separator", "")), **more)


SLACK = hmac_of(
    "X-Slack-Signature",
    prefix="v0=",
    content="v0:{timestamp}:{body}",
    timestamp=InHeader("X-Slack-Request-Timestamp"),
)
STATSIG = evolve(SLACK, place=InHeader("X-Statsig-Signature", "v0="), timestamp=InHeader("X-Statsig-Request-Timestamp"))
ROOTLY = hmac_of(
    "X-Rootly-Signature",
    prefix="v1=",
    separator=",",
    content="{timestamp}{body}",
    timestamp=InHeader("X-Rootly-Signature", "t=", ","),
)
BUILDKITE = hmac_of(
    "X-Buildkite-Signature",
    prefix="signature=",
    separator=",",
    content="{timestamp}.{body}",
    timestamp=InHeader("X-Buildkite-Signature", "timestamp=", ","),
)
STRIPE_STYLE = hmac_of(
    "Acme-Signature",
    prefix="v1=",
    separator=",",
    content="{timestamp}.{body}",
    timestamp=InHeader("Acme-Signature", "t=", ","),
)
GRAFANA_TIMED = hmac_of(
    "X-Grafana-Alerting-Signature",
    name="timestamp:body",
    content="{timestamp}:{body}",
    timestamp=InHeader(""),
)
GRAFANA = hmac_of("X-Grafana-Alerting-Signature", name="body")
ZENDESK = hmac_of(
    "X-Zendesk-Webhook-Signature",
    encoding="base64",
    content="{timestamp}{body}",
    timestamp=InHeader("X-Zendesk-Webhook-Signature-Timestamp"),
    unit="iso",
)
CROWDSTRIKE_1 = hmac_of(
    "X-CS-Primary-Signature",
    name="body then timestamp",
    encoding="base64",
    content="{body}{timestamp}",
    timestamp=InHeader("X-CS-Delivery-Timestamp"),
    unit="iso",
)
CROWDSTRIKE_2 = evolve(CROWDSTRIKE_1, name="timestamp then body", encoding="hex", content="{timestamp}{body}")
PHARE = hmac_of(
    "X-Phare-Request-Signature",
    content="v0.{timestamp}.{body}",
    timestamp=InHeader("X-Phare-Request-Timestamp"),
)
GITGUARDIAN = hmac_of(
    "GitGuardian-Signature",
    prefix="sha256=",
    timestamp=InHeader("Timestamp"),
    key_content="{timestamp}{secret}",
)
RUNREVEAL = hmac_of(
    "RunReveal-Integrity", content="{timestamp}{body}", timestamp=InHeader("RunReveal-Timestamp"), key="hex"
)
TEAMS = hmac_of("Authorization", prefix="HMAC ", encoding="base64", key="base64")
MAILGUN = Signature(
    place=InBody("$.signature.signature"),
    content="{timestamp}{token}",
    timestamp=InBody("$.signature.timestamp"),
    token=InBody("$.signature.token"),
)
NETLIFY = Jws(place=InHeader("X-Webhook-Signature"), claims={"iss": "netlify", "sha256": "{sha256}"})
LINEAR = hmac_of("Linear-Signature", timestamp=InBody("$.webhookTimestamp"), unit="ms")
CIRCLECI = hmac_of("circleci-signature", prefix="v1=", separator=",", id=InBody("$.id"))
TWILIO = hmac_of("X-Twilio-Signature", algorithm="hmac-sha1", encoding="base64", content="{url}{form}")
TRELLO = hmac_of("X-Trello-Webhook", algorithm="hmac-sha1", encoding="base64", content="{body}{url}")
SPLUNK_1 = hmac_of("X-SFX-Signature", name="sha1", algorithm="hmac-sha1", encoding="base64")
SPLUNK_256 = hmac_of("X-SFX-Signature", name="sha256", encoding="base64")
ATLAS_64 = hmac_of("X-MMS-Signature", name="base64", algorithm="hmac-sha1", encoding="base64")
ATLAS_HEX = evolve(ATLAS_64, name="hex", encoding="hex")

SHA1 = "71N3QP+rgIHu6VYAXJg3+WEArLM="
SHA1_HEX = "ef537740ffab8081eee956005c9837f96100acb3"
SHA256 = "aBrdolBqlsSiRsM97nYI5E8mqHR3NIIOLZ95w9lNEyk="
ISO = "2025-06-15T15:06:40Z"
LINEAR_BODY = b'{"action":"create","type":"Issue","webhookTimestamp":1750000000000}'
MAILGUN_BODY = (
    b'{"signature":{"timestamp":"1750000000","token":"tok-0001",'
    b'"signature":"577229dcba4c43093b71326294a311eb39eb4fcfc2da8872b22c996be92714d4"},"event-data":{}}'
)
SLACK_VALUE = "v0=1f2cd00e3c1939d471b6d17b7bfdf699501c5998d13015da256832ddd8fa8741"
GITHUB = hmac_of("X-Hub-Signature-256", prefix="sha256=")
SHA512 = (
    "be331e4d46b8ad8513a2ca0bc09a309a17d4aff20cab5d3c28e4699eb208e049"
    "7855195effee2b6f0ea1c00518c5f9c19d0774bf0454b34cc3a41ef360e66190"
)
JWS_VALUE = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJuZXRsaWZ5Iiwic2hhMjU2IjoiZDRkNGI2ZGFhOTI0Y2Q0OWE4MjVjZTRjNDUxYmQy"
    "YmM0M2MzZDM5ODgzNThhMzAxZDUxMDM4NGI4ZTY1ZjZkYSJ9.-O_3ng7zpQtKro__kDS6KtqT-sEAnwvRC5i4qM7pGYo"
)
WEBHOOK_HEADERS = {
    "webhook-signature": "v1,H3K28+7+yldCBuMXOd9dEGZoFVi5hzdBG4PaWuHNL5A=",
    "webhook-id": "msg_alertmap1",
    "webhook-timestamp": STAMP,
}

VECTORS = [
    vector("github", GITHUB, {"X-Hub-Signature-256": f"sha256={PLAIN}"}),
    vector(
        "github, published",
        GITHUB,
        {"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
        body=b"Hello, World!",
        secrets="It's a Secret to Everybody",
    ),
    vector(
        "pagerduty",
        hmac_of("X-PagerDuty-Signature", prefix="v1=", separator=","),
        {"X-PagerDuty-Signature": f"v1={'0' * 64},v1={PLAIN}"},
    ),
    vector("sentry", hmac_of("Sentry-Hook-Signature"), {"Sentry-Hook-Signature": PLAIN, "Sentry-Hook-Timestamp": "1"}),
    vector("grafana", GRAFANA, {"X-Grafana-Alerting-Signature": PLAIN}, also=(GRAFANA_TIMED,)),
    vector(
        "grafana with a time",
        GRAFANA_TIMED,
        {
            "X-Grafana-Alerting-Signature": "35d7c1e624c9de043c122cf86227a3bca45b577e5d56321fef99af18056cd953",
            "X-Time": STAMP,
        },
        also=(GRAFANA,),
        timestamp_header="X-Time",
    ),
    vector("slack", SLACK, {"X-Slack-Signature": SLACK_VALUE, "X-Slack-Request-Timestamp": STAMP}),
    vector("statsig", STATSIG, {"X-Statsig-Signature": SLACK_VALUE, "X-Statsig-Request-Timestamp": STAMP}),
    vector(
        "rootly",
        ROOTLY,
        {"X-Rootly-Signature": f"t={STAMP},\n v1=df6276c28b9193324df91b0365d92ec9dff2619fe217e0299f139f806243f572"},
    ),
    vector("standard webhooks", STANDARD_WEBHOOKS[0], WEBHOOK_HEADERS, secrets=f"whsec_{KEY_32}"),
    vector(
        "svix",
        standard_webhooks("svix")[0],
        {name.replace("webhook", "svix"): value for name, value in WEBHOOK_HEADERS.items()},
        secrets=f"whsec_{KEY_32}",
    ),
    vector(
        "twilio",
        TWILIO,
        {"X-Twilio-Signature": "QToSE3nv6/B1U2wD5ZE+KbirTG4="},
        body=b"AlertName=disk&State=ALERT&Empty=",
        formats=frozenset({"form"}),
        public_url="https://hooks.example.test/in?x=1",
    ),
    vector(
        "buildkite",
        BUILDKITE,
        {
            "X-Buildkite-Signature": f"timestamp={STAMP},signature="
            "2d487b827a9f3701b291ed1e9aa2ae7b2feb06bc906a753568498803c5c77c7c"
        },
    ),
    vector("heroku", hmac_of("Heroku-Webhook-Hmac-SHA256", encoding="base64"), {"Heroku-Webhook-Hmac-SHA256": SHA256}),
    vector("splunk, sha256", SPLUNK_256, {"X-SFX-Signature": SHA256}, also=(SPLUNK_1,)),
    vector("splunk, sha1", SPLUNK_1, {"X-SFX-Signature": SHA1}, also=(SPLUNK_256,)),
    vector("vercel", hmac_of("x-vercel-signature", algorithm="hmac-sha1"), {"x-vercel-signature": SHA1_HEX}),
    vector(
        "nexus", hmac_of("X-Nexus-Webhook-Signature", algorithm="hmac-sha1"), {"X-Nexus-Webhook-Signature": SHA1_HEX}
    ),
    vector("atlas, base64", ATLAS_64, {"X-MMS-Signature": SHA1}, also=(ATLAS_HEX,)),
    vector("atlas, hex", ATLAS_HEX, {"X-MMS-Signature": SHA1_HEX}, also=(ATLAS_64,)),
    vector(
        "terraform",
        hmac_of("X-TFE-Notification-Signature", algorithm="hmac-sha512"),
        {"X-TFE-Notification-Signature": SHA512},
    ),
    vector(
        "zendesk",
        ZENDESK,
        {
            "X-Zendesk-Webhook-Signature": "oO0lZxKmxlbz+4w+iDGGeXSI4u6c663qAoEvbdX6SXk=",
            "X-Zendesk-Webhook-Signature-Timestamp": ISO,
        },
    ),
    vector(
        "crowdstrike, body first",
        CROWDSTRIKE_1,
        {
            "X-CS-Primary-Signature": "qAOpwG8SBeEEl9Ovuf0M5PW+OpxA3nznpGHinCv7ueg=",
            "X-CS-Delivery-Timestamp": ISO,
        },
        also=(CROWDSTRIKE_2,),
    ),
    vector(
        "crowdstrike, time first",
        CROWDSTRIKE_2,
        {
            "X-CS-Primary-Signature": "a0ed256712a6c656f3fb8c3e883186797488e2ee9cebadea02812f6dd5fa4979",
            "X-CS-Delivery-Timestamp": ISO,
        },
        also=(CROWDSTRIKE_1,),
    ),
    vector(
        "phare",
        PHARE,
        {
            "X-Phare-Request-Signature": "833ab221e34d4413eaf36fedc2ac876e3a1dda5af24937ab6f01a09567d66b0c",
            "X-Phare-Request-Timestamp": STAMP,
        },
    ),
    vector(
        "gitguardian",
        GITGUARDIAN,
        {
            "GitGuardian-Signature": "sha256=b064f22d3b9417880a7d11b20ff8e19125ab47b11f86988ca722be1b0145fae4",
            "Timestamp": STAMP,
        },
    ),
    vector("teams", TEAMS, {"Authorization": "HMAC ulBRALLw9HnrQvgXeUqJHtk7wH1saiHXnbm5y0Jo6ac="}, secrets=KEY_32),
    vector("mailgun", MAILGUN, {}, body=MAILGUN_BODY),
    vector("netlify", NETLIFY, {"X-Webhook-Signature": JWS_VALUE}),
    vector(
        "linear",
        LINEAR,
        {"Linear-Signature": "7d3ba012fe4b78bc080089ea85f0a2cd9a83855ec170932939cf564cb835a583"},
        body=LINEAR_BODY,
    ),
]
"""Vectors of documents of this project and of vendors; `vector` computes nothing."""
