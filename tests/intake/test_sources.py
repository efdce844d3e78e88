"""Sources found by name or by credential: every place of a credential, and nothing revealed about any."""

import base64
import hmac
import json
from typing import Any

import pytest

from alertmap import Auth, ConfigurationError, LimitError, Limits, Request, Source, UnknownVendor
from alertmap.intake.sources import Sources

TOKENS = [f"token-{number}-keep-me-secret" for number in range(3)]
SOURCES = [
    Source("pd", vendor="pagerduty", auth=Auth(tokens=(TOKENS[0], "the-next-one"))),
    Source("og", vendor="opsgenie", auth=Auth(tokens=TOKENS[1])),
    Source("am", vendor="prometheus_alertmanager", auth=Auth(basic={"prom": "pass:word"})),
    Source("any", auth=Auth(tokens=TOKENS[2], basic={"any": "x"})),
    Source("open", vendor="ilert"),
]
KNOWN = Sources(SOURCES)


def named(source: Source | None) -> str | None:
    return None if source is None else source.name


def test_by_name_and_by_credential() -> None:
    """Each source has its name, all its tokens and its logins; a source without any is found by name only."""
    assert [named(KNOWN.by_name(source.name)) for source in SOURCES] == [source.name for source in SOURCES]
    assert [named(KNOWN.by_token(token)) for token in (*TOKENS, "the-next-one")] == ["pd", "og", "any", "pd"]
    assert named(KNOWN.by_login("prom", "pass:word")) == "am"
    assert KNOWN.by_name("nobody") is None


@pytest.mark.parametrize(
    "token", ["", " ", "token", TOKENS[0] + " ", TOKENS[0].upper(), "pass:word", "é\ud800", "x" * 10_000]
)
def test_unknown_credentials(token: str) -> None:
    """A part of a token, another case, or somebody's password is no token."""
    assert KNOWN.by_token(token) is None
    assert KNOWN.by_login("prom", token + "!") is None


def test_parts_of_a_login_do_not_run_together() -> None:
    """User and password are two texts, whatever they hold; and a login is no token."""
    known = Sources([Source("s", auth=Auth(basic={"a": "bc"}))])
    assert known.by_login("a", "bc") is not None
    assert known.by_login("ab", "c") is None
    assert known.by_token("abc") is None


def post(body: Any, path: str = "/", **headers: str) -> Request:
    return Request(json.dumps(body), path=path, headers=headers)


BASIC = base64.b64encode(b"prom:pass:word").decode()


@pytest.mark.parametrize(
    ("vendor", "request_", "name"),
    [
        ("pagerduty", post({"routing_key": TOKENS[0], "event_action": "trigger"}), "pd"),
        ("pagerduty", post({"service_key": "the-next-one", "event_type": "trigger"}), "pd"),
        ("pagerduty", post({"event_action": "trigger"}, **{"X-Routing-Key": TOKENS[0]}), "pd"),
        ("pagerduty", post({"payload": {"routing_key": TOKENS[0]}}), None),
        ("pagerduty", post({"routing_key": [TOKENS[0]]}), None),
        ("pagerduty", post({"routing_key": TOKENS[1]}), None),  # a token of another vendor's source
        ("pagerduty", post({"routing_key": TOKENS[2]}), "any"),
        ("pagerduty", Request(b"\xff\x00", headers={"X-Routing-Key": TOKENS[0]}), "pd"),
        ("opsgenie", post({}, "/v2/alerts/x/close", Authorization=f"GenieKey {TOKENS[1]}"), "og"),
        ("opsgenie", post({}, "/v2/alerts/x/close", Authorization=f"geniekey {TOKENS[1]}"), "og"),
        ("opsgenie", Request("", "DELETE", "/v2/alerts/x", {"Authorization": f"GenieKey {TOKENS[1]}"}), "og"),
        ("opsgenie", post({"apiKey": TOKENS[1]}, "/v1/json/alert/close"), "og"),
        ("opsgenie", post({}, Authorization=TOKENS[1]), None),
        ("opsgenie", post({}, Authorization="GenieKey " + "x" * 100_000), None),
        ("prometheus_alertmanager", post([], Authorization=f"Basic {BASIC}"), "am"),
        ("prometheus_alertmanager", post([], Authorization="Basic !"), None),
        ("prometheus_alertmanager", post([], Authorization=f"Bearer {TOKENS[2]}"), "any"),
        ("prometheus_alertmanager", post([], f"/api/v2/alerts?token={TOKENS[2]}"), "any"),
        ("prometheus_alertmanager", post([]), None),
    ],
)
def test_a_request_finds_its_source(vendor: str, request_: Request, name: str | None) -> None:
    """The credential stands where the vendor's tools put it, also in a body that cannot be read."""
    assert named(KNOWN.by_request(request_, vendor)) == name


def test_limits_and_vendors() -> None:
    """A request that exceeds its limits is not read, and an unknown vendor is an error."""
    with pytest.raises(LimitError):
        KNOWN.by_request(post({"routing_key": "x" * 500}), "pagerduty", Limits(max_body=100))
    with pytest.raises(UnknownVendor):
        KNOWN.by_request(post({}), "nobody")


def test_the_repr_has_no_credential() -> None:
    """Nor does it hold one that could be shown."""
    assert repr(KNOWN) == "Sources(pd, og, am, any, open)"
    assert not any(secret in repr(vars(KNOWN)) for secret in (*TOKENS, "the-next-one", "pass:word"))


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ([Source("a"), Source("a")], "two sources are called 'a'"),
        ([Source("a", auth=Auth(tokens="t0")), Source("b", auth=Auth(tokens="t0"))], "the sources 'a' and 'b' have"),
        ([Source("a", auth=Auth(basic={"u": "p"})), Source("b", auth=Auth(basic={"u": "p"}))], "'a' and 'b'"),
        (["a"], "expected a Source, got str"),
    ],
)
def test_equal_names_and_credentials_are_refused(sources: Any, message: str) -> None:
    """Two sources with one name or one credential; the message does not show the credential."""
    with pytest.raises(ConfigurationError) as caught:
        Sources(sources)
    assert message in str(caught.value)
    assert "t0" not in str(caught.value)


def test_every_digest_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A known token costs the comparisons of an unknown one, each in constant time."""
    compared: list[bytes] = []
    original = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return original(one, other)

    monkeypatch.setattr("alertmap.intake.sources.hmac.compare_digest", compare)
    counts = []
    for token in (TOKENS[0], TOKENS[2], "nobody's"):
        compared.clear()
        KNOWN.by_token(token)
        counts.append(len(compared))
    assert len(set(counts)) == 1
    assert counts[0] == len(set(compared)) == 6
