"""`receive`: the outcome of each kind of request, and the answer to it."""

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from alertmap import (
    Accepted,
    Auth,
    Batch,
    ConfigurationError,
    Duplicate,
    Handshake,
    Limits,
    MemorySeenStore,
    Notice,
    Probe,
    ProblemCode,
    Reason,
    Refusal,
    Rejected,
    Replay,
    Reply,
    Request,
    Shape,
    Source,
    receive,
    refuse,
    vendors,
    wire,
)
from alertmap.adapter import STANDARD_WEBHOOKS, Confirmation, InBody, InHeader, InQuery
from alertmap.intake import registry
from alertmap.testing import load, signed
from signatures import BODY, GITHUB, SECRET, TIME, Event, adapter_of, read

NOW = datetime.fromtimestamp(TIME, UTC)
FIXTURES = Path(__file__).parents[2] / "fixtures"
TOKEN = "a-token-of-the-source"
OPEN = Source("here")
CLOSED = Source("here", auth=Auth(tokens=TOKEN))
WITH_TOKEN = {"token": TOKEN}
LOGIN = "Basic dXNlcjpwYTpzcw=="
GENIE_KEY = InHeader("Authorization", "GenieKey ")


@pytest.fixture(autouse=True)
def _no_sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing here may open a connection."""

    def refuse_sockets(*_arguments: Any, **_more: Any) -> None:
        raise AssertionError("a socket was opened")

    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse_sockets)
        patch.setattr(socket, "create_connection", refuse_sockets)
        yield


def body(**more: Any) -> Request:
    return Request(json.dumps({"status": "firing", "title": "disk"} | more), query=WITH_TOKEN)


# --- Tokens ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "auth"),
    [
        (Request(BODY, query={"token": "two"}), Auth(tokens=["one", "two"])),
        (Request(BODY, path="/hook?token=two"), Auth(tokens=["one", "two"])),
        (Request(BODY, headers={"Authorization": "Bearer two"}), Auth(tokens=["one", "two"])),
        (Request(BODY, headers={"authorization": "bearer  two"}), Auth(tokens=["one", "two"])),
        (Request(BODY, headers={"Authorization": "GenieKey t"}), Auth(tokens="t", token_in=GENIE_KEY)),
        (Request(BODY, headers={"X-Gitlab-Token": "t"}), Auth(tokens="t", token_in=InHeader("X-Gitlab-Token"))),
        (Request(BODY, query={"key": "t"}), Auth(tokens="t", token_in=[InHeader("X-Other"), InQuery("key")])),
        (Request('{"status":"firing","sharedSecret":"té"}'), Auth(tokens="té", token_in=InBody("$.sharedSecret"))),
        (Request(BODY, headers={"Authorization": LOGIN}), Auth(basic={"user": "pa:ss"})),
        (Request(BODY, headers={"Authorization": LOGIN}), Auth(basic=[("a", "b"), ("user", "pa:ss")])),
        (
            Request(BODY, headers={"Authorization": LOGIN}, query={"token": "t"}),
            Auth(basic={"user": "pa:ss"}, tokens="t"),
        ),
    ],
)  # fmt: skip
def test_tokens(request_: Request, auth: Auth) -> None:
    """A token or a login is accepted where the source has it, and no other token, place or part of it is."""
    source, vendor = Source("here", auth=auth), adapter_of()
    done = receive(request_, source, NOW, vendor=vendor)
    assert isinstance(done, Accepted)
    assert done.proof is not None
    assert done.proof.replay is Replay.NONE
    for other in (
        evolve(auth, **({"tokens": "tw"} if auth.tokens else {"basic": {"user": "pa"}})),
        evolve(auth, **({"tokens": "twoo"} if auth.tokens else {"basic": {"use": "pa:ss"}})),
    ):
        rejected = receive(request_, evolve(source, auth=other), NOW, vendor=vendor)
        assert isinstance(rejected, Rejected)
        assert (rejected.answer.status, rejected.reason, rejected.answer.body) == (401, Refusal.WRONG, "")
    rejected = receive(Request(BODY), source, NOW, vendor=vendor)
    assert isinstance(rejected, Rejected)
    assert (rejected.answer.status, rejected.reason) == (401, Refusal.MISSING)


def test_each_kind_must_be_proved() -> None:
    """A source with a token and a secret takes no request that has only one of them."""
    source, vendor = Source("here", auth=Auth(tokens=TOKEN, secrets=SECRET)), adapter_of(GITHUB)
    sample = signed(Request(BODY), source, NOW, vendor=vendor)
    done = receive(sample, source, NOW, vendor=vendor)
    assert isinstance(done, Accepted)
    assert done.proof is not None
    assert done.proof.by == ("token", "signature")
    for less in (evolve(sample, query={}), evolve(sample, headers={})):
        assert isinstance(receive(less, source, NOW, vendor=vendor), Rejected)


def test_logins_are_asked_for() -> None:
    """SNS and others send a login only after they were asked for one."""
    rejected = receive(Request(BODY), Source("x", auth=Auth(basic={"a": "b"})), NOW, vendor=adapter_of())
    assert rejected.answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_token_in_the_body_is_hidden() -> None:
    """A token that stands in the body is in no part of the outcome, be it proved or not."""
    vendor = adapter_of(token_in=[InBody("$.sharedSecret"), InBody("$.deep[0].key")])
    text = json.dumps({"status": "firing", "sharedSecret": TOKEN, "deep": [{"key": "another-secret"}]})
    for source in (CLOSED, OPEN):
        done = receive(Request(text), source, NOW, vendor=vendor)
        assert isinstance(done, Accepted)
        assert done.batch.raw["sharedSecret"] == done.batch.raw["deep"][0]["key"] == "REDACTED"
        assert TOKEN not in repr((done, done.batch.raw, [alert.raw for alert in done.batch]))
    for odd in ('{"status":"firing","deep":1}', '{"status":"firing","deep":[]}', "[]", '"x"'):
        assert isinstance(receive(Request(odd), OPEN, NOW, vendor=vendor), Accepted)


# --- Outcomes --------------------------------------------------------------------------------------------------------


def test_accepted() -> None:
    """An authentic request gives its alerts, with the time of receipt."""
    done = receive(body(), CLOSED, NOW, vendor=adapter_of(answer=Reply(status=202)))
    assert isinstance(done, Accepted)
    assert done.answer.status == 202
    [alert] = done.batch
    assert (alert.source, alert.received_at) == ("here", NOW)
    assert done.marks == {}


@pytest.mark.parametrize("text", ["", "not JSON", "[1", '{"other":1}', "[]", b"\xff\xfe\x00"])
def test_unreadable(text: str | bytes) -> None:
    """Nothing that is authentic is refused: an answer of 4xx would drop the request, or stop the sender."""
    vendor = adapter_of(answer=Reply(status=202))
    done = receive(Request(text, query=WITH_TOKEN), CLOSED, NOW, vendor=vendor)
    if text == "":
        assert isinstance(done, Accepted | Probe)
        return
    assert isinstance(done, Accepted)
    assert done.answer.status == 202
    assert (done.batch.alerts, done.batch.reason) == ((), Reason.UNREADABLE)
    [problem] = done.batch.problems
    assert problem.code is ProblemCode.UNREADABLE


def test_a_broken_adapter() -> None:
    """A fault of the adapter is answered as any authentic request: the caller keeps the request."""

    def broken(_event: Event) -> None:
        raise RuntimeError

    def no_answer(_batch: Batch) -> Reply:
        raise RuntimeError

    vendor = adapter_of(shapes=[Shape(Event, broken, rank=None)], answer=no_answer)
    done = receive(body(), OPEN, NOW, vendor=vendor)
    assert isinstance(done, Accepted)
    assert (done.answer.status, done.batch.reason) == (200, Reason.UNREADABLE)


def test_too_large() -> None:
    """A request over its limits is answered 413, whether its signature needs the body or not."""
    for auth in (Auth(tokens=TOKEN), Auth(tokens=TOKEN, token_in=InBody("$.x")), None):
        source = Source("here", auth=auth)
        done = receive(body(), source, NOW, vendor=adapter_of(), limits=Limits(max_body=10))
        assert isinstance(done, Rejected)
        assert (done.answer.status, done.reason) == (413, Refusal.TOO_LARGE)


@pytest.mark.parametrize(
    ("reason", "status"), [(Refusal.UNAVAILABLE, 503), (Refusal.TOO_MANY, 429), (Refusal.RETIRED, 410)]
)
def test_refuse(reason: Refusal, status: int) -> None:
    """A request that the caller cannot take is answered with a status that makes senders try again, or stop."""
    done = refuse(OPEN, reason, vendor="prometheus_alertmanager", retry_after=timedelta(seconds=5))
    assert done.answer.status == status
    assert done.answer.headers.get("Retry-After") == (None if status == 410 else "5")
    assert refuse(OPEN, Refusal.UNAVAILABLE, vendor="nightingale").answer.status == 429
    with pytest.raises(ConfigurationError, match="retry_after"):
        refuse(OPEN, reason, vendor="gatus", retry_after=timedelta(seconds=-1))


def test_arguments() -> None:
    """Arguments that mean nothing are errors of the caller."""
    for arguments in (
        (Request(), OPEN, NOW),
        (Request(), "here", NOW),
        (b"{}", Source("x", vendor="gatus"), NOW),
        (Request(), Source("x", vendor="gatus"), datetime(2026, 1, 1)),  # noqa: DTZ001
    ):
        with pytest.raises(ConfigurationError):
            receive(*arguments)
    assert isinstance(receive(Request("{}"), Source("x", vendor="gatus"), NOW), Accepted)


@given(
    st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "BREW"]),
    st.binary(max_size=60),
    st.dictionaries(
        st.sampled_from(["Authorization", "Content-Type", "Content-Encoding", "WebHook-Request-Origin"]),
        st.text(st.characters(codec=None, exclude_categories=()), max_size=60),
    ),
    st.dictionaries(st.sampled_from(["token", "status", "crc_token"]), st.text(max_size=20)),
    st.sampled_from(["netdata", "gitea", "zapier", "influxdb3", "ilert"]),
)
def test_any_request(method: str, data: bytes, headers: dict[str, str], query: dict[str, str], vendor: str) -> None:
    """Any request has an outcome; without the token nothing of it becomes an alert."""
    done = receive(Request(data, method, "/hook", headers, query), CLOSED, NOW, vendor=vendor)
    assert 200 <= done.answer.status < 500
    assert not isinstance(done, Accepted | Duplicate)


# --- Probes and handshakes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("OPTIONS", 204)])
@pytest.mark.parametrize("vendor", ["alibaba_cloudmonitor", "zapier", "grafana"])
def test_probes(method: str, status: int, vendor: str) -> None:
    """A request that only looks is answered without a credential, and is never read."""
    done = receive(Request(method=method), CLOSED, NOW, vendor=vendor)
    assert isinstance(done, Probe)
    assert (done.answer.status, done.answer.body) == (status, "")


def test_a_query_with_an_alert_is_no_probe() -> None:
    """Where the query of a GET is an alert, it must be authentic."""
    request = Request(method="GET", query={"status": "firing"})
    vendor = adapter_of(formats={"query"})
    assert isinstance(receive(request, CLOSED, NOW, vendor=vendor), Rejected)
    assert isinstance(receive(evolve(request, query=WITH_TOKEN), CLOSED, NOW, vendor=vendor), Probe)
    done = receive(evolve(request, query={**request.query, **WITH_TOKEN}), CLOSED, NOW, vendor=vendor)
    assert isinstance(done, Accepted)
    assert len(done.batch) == 1


def test_a_query_that_is_not_read_is_a_problem() -> None:
    """A GET with fields, for a vendor that sends bodies, may be a page that is configured wrongly: it is not silent."""
    request = Request(method="GET", query={"status": "firing", **WITH_TOKEN})
    done = receive(request, CLOSED, NOW, vendor=adapter_of())
    assert isinstance(done, Probe)
    assert done.batch is not None
    assert [problem.code for problem in done.batch.problems] == [ProblemCode.MISSING]
    assert isinstance(receive(evolve(request, query={"status": "firing"}), CLOSED, NOW, vendor=adapter_of()), Rejected)


def test_the_code_of_a_handshake_can_be_read() -> None:
    """GoAlert posts a code that its user must enter: it stands in the document."""
    [case] = [case for case in load(FIXTURES / "goalert") if case.expected[0] == "handshake"][:1]
    done = receive(case.request, Source("here", vendor="goalert"), NOW)
    assert isinstance(done, Handshake)
    assert done.batch is not None
    assert "Code" in done.batch.raw


def test_cloudevents() -> None:
    """A sender of CloudEvents asks for consent; with the token it is given, to the origin that asked."""
    request = Request(
        method="OPTIONS",
        headers={"WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"},
        query=WITH_TOKEN,
    )
    done = receive(request, CLOSED, NOW, vendor=adapter_of())
    assert isinstance(done, Handshake)
    assert done.confirm_url is None
    assert dict(done.answer.headers) == {
        "Allow": "POST",
        "WebHook-Allowed-Origin": "eventgrid.azure.net",
        "WebHook-Allowed-Rate": "120",
    }
    assert isinstance(receive(evolve(request, query={}), CLOSED, NOW, vendor=adapter_of()), Rejected)
    signs = Source("here", auth=Auth(secrets=SECRET))
    assert isinstance(receive(request, signs, NOW, vendor=adapter_of(GITHUB)), Handshake)
    for origin in ("", "a\r\nSet-Cookie: x", "<script>", "a" * 300):
        odd = evolve(request, headers={"WebHook-Request-Origin": origin})
        assert isinstance(receive(odd, CLOSED, NOW, vendor=adapter_of()), Rejected)
    rate = evolve(request, headers={**request.headers, "WebHook-Request-Rate": "\r\nX: 1"})
    assert receive(rate, CLOSED, NOW, vendor=adapter_of()).answer.headers["WebHook-Allowed-Rate"] == "*"


def test_event_grid() -> None:
    """The code of Event Grid is echoed to those who have the token only, and only if it is a code."""
    event = {
        "id": "1",
        "topic": "t",
        "subject": "",
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "data": {"validationCode": "512d38b6-c7b8", "validationUrl": "https://evil.example/"},
    }
    request = Request(json.dumps([event]), query=WITH_TOKEN)
    done = receive(request, CLOSED, NOW, vendor="generic")
    assert isinstance(done, Handshake)
    assert (json.loads(done.answer.body), done.confirm_url) == ({"validationResponse": "512d38b6-c7b8"}, None)
    assert done.answer.headers["Content-Type"] == "application/json"
    assert isinstance(receive(evolve(request, query={}), CLOSED, NOW, vendor="generic"), Rejected)
    event["data"] = {"validationCode": "<script>"}
    assert "script" not in receive(Request(json.dumps([event])), OPEN, NOW, vendor="generic").answer.body


def test_a_ping_is_answered() -> None:
    """The ping of a code host, which has a shape of its own, is a test that is answered as any request."""

    @wire.model
    class Ping:
        zen: str

    ping = Shape(Ping, lambda _event: Notice(reason=Reason.TEST), headers={"X-GitHub-Event": "ping"})
    vendor = adapter_of(GITHUB, shapes=[ping, Shape(Event, read, rank=None)])
    source = Source("here", auth=Auth(secrets=SECRET))
    request = signed(
        Request('{"zen":"Keep it simple."}', headers={"X-GitHub-Event": "ping"}), source, NOW, vendor=vendor
    )
    done = receive(request, source, NOW, vendor=vendor)
    assert isinstance(done, Accepted)
    assert (done.batch.reason, done.answer.status) == (Reason.TEST, 200)


def test_netdata_challenge() -> None:
    """Netdata Cloud asks whether we have the secret; the answer is its text, signed."""
    source = Source("here", auth=Auth(tokens=TOKEN, challenge="chal"))
    request = Request(method="GET", query={"crc_token": "abc"})
    done = receive(request, source, NOW, vendor="netdata")
    assert isinstance(done, Handshake)
    digest = base64.b64encode(hmac.new(b"chal", b"abc", hashlib.sha256).digest()).decode()
    assert json.loads(done.answer.body) == {"response_token": f"sha256={digest}"}
    assert isinstance(receive(request, CLOSED, NOW, vendor="netdata"), Probe)
    assert isinstance(receive(evolve(request, query={"crc_token": "x" * 2000}), source, NOW, vendor="netdata"), Probe)


OCI = Confirmation(
    place=InHeader("X-OCI-NS-ConfirmationURL"), hosts=r"[a-z0-9-]+\.notification\.[a-z0-9-]+\.oci\.oraclecloud\.com"
)
SMN_CONFIRMATION = Confirmation(
    place=InBody("$.subscribe_url"),
    hosts=r"[a-z0-9.-]+\.myhuaweicloud\.com",
    only=(InBody("$.type"), "SubscriptionConfirmation"),
)
OCI_URL = "https://cell1.notification.eu-frankfurt-1.oci.oraclecloud.com/20181201/confirm?token=x"


@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        (OCI_URL, True),
        (OCI_URL.replace("https", "http"), False),
        (OCI_URL.replace(".com/", ".com.evil.example/"), False),
        (OCI_URL.replace("https://", "https://evil.example/"), False),
        (OCI_URL.replace("https://", "https://user@"), False),
        (OCI_URL.replace(".com/", ".com:444/"), False),
        (OCI_URL.replace("https://", "https://evil.example\\@"), False),
        (f"{OCI_URL}#x", False),
        (OCI_URL.replace("/confirm", "/\nconfirm"), False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://[::1", False),
    ],
)
def test_confirmation_urls(url: str, is_right: bool) -> None:  # noqa: FBT001
    """The URL to confirm is given only if it is on a host of the vendor, and to nobody without the credential."""
    vendor = adapter_of(confirmation=OCI)
    request = Request(headers={"X-OCI-NS-ConfirmationURL": url}, query=WITH_TOKEN)
    done = receive(request, CLOSED, NOW, vendor=vendor)
    assert isinstance(done, Handshake)
    assert done.confirm_url == (url.strip() if is_right else None)
    assert isinstance(receive(evolve(request, query={}), CLOSED, NOW, vendor=vendor), Rejected)
    assert isinstance(receive(body(), CLOSED, NOW, vendor=vendor), Accepted)


def test_no_unsubscription_is_confirmed() -> None:
    """The URL of a message that ends a subscription would subscribe again."""
    vendor, url = adapter_of(confirmation=SMN_CONFIRMATION), "https://smn.cn-north-1.myhuaweicloud.com/confirm"
    done = receive(body(type="SubscriptionConfirmation", subscribe_url=url), CLOSED, NOW, vendor=vendor)
    assert isinstance(done, Handshake)
    assert done.confirm_url == url
    done = receive(body(type="UnsubscribeConfirmation", subscribe_url=url), CLOSED, NOW, vendor=vendor)
    assert isinstance(done, Accepted)


# --- Repeats ---------------------------------------------------------------------------------------------------------


def keep(seen: MemorySeenStore, done: object, now: datetime = NOW) -> Accepted:
    assert isinstance(done, Accepted)
    seen.put("here", done.marks, now)
    return done


def test_a_retry_is_recognised() -> None:
    """A request whose id was stored is a duplicate, with the first one's answer; until then it is not."""
    seen, vendor = MemorySeenStore(), adapter_of(delivery_header="X-Id", answer=Reply(status=202, body="{}"))
    request = evolve(body(), headers={"X-Id": "42"})
    first = receive(request, CLOSED, NOW, vendor=vendor, seen=seen)
    assert isinstance(receive(request, CLOSED, NOW, vendor=vendor, seen=seen), Accepted), "the first was not stored"
    keep(seen, first)
    again = receive(request, CLOSED, NOW, vendor=vendor, seen=seen)
    assert isinstance(again, Duplicate)
    assert again.answer == first.answer
    assert isinstance(receive(evolve(request, headers={"X-Id": "43"}), CLOSED, NOW, vendor=vendor, seen=seen), Accepted)
    other = evolve(CLOSED, name="there")
    assert isinstance(receive(request, other, NOW, vendor=vendor, seen=seen), Accepted)
    assert isinstance(receive(evolve(request, query={}), CLOSED, NOW, vendor=vendor, seen=seen), Rejected)


@pytest.mark.parametrize("value", ["d-1", 17])
def test_ids_in_the_body(value: object) -> None:
    """The id of a request may be a field of the body."""
    vendor = adapter_of(delivery_field="$.delivery.id")
    done = receive(body(delivery={"id": value}), OPEN, NOW, vendor=vendor)
    assert isinstance(done, Accepted)
    assert done.batch.delivery_id == str(value)
    for odd in ({}, {"id": None}, {"id": "x" * 300}, {"id": "a\nb"}, 1):
        done = receive(body(delivery=odd), OPEN, NOW, vendor=vendor)
        assert isinstance(done, Accepted)
        assert done.batch.delivery_id == ""


def test_signed_ids_stop_a_replay() -> None:
    """A signed id with a store protects against repetition; without a store only the signed time does."""
    source = Source("here", auth=Auth(secrets="whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="))
    vendor, seen = adapter_of(*STANDARD_WEBHOOKS), MemorySeenStore()
    request = signed(Request(BODY), source, NOW, vendor=vendor, request_id="m1")
    alone = receive(request, source, NOW, vendor=vendor)
    assert isinstance(alone, Accepted)
    assert alone.proof is not None
    assert alone.proof.replay is Replay.WINDOW
    first = keep(seen, receive(request, source, NOW, vendor=vendor, seen=seen))
    assert first.proof is not None
    assert first.proof.replay is Replay.ID
    assert isinstance(receive(request, source, NOW, vendor=vendor, seen=seen), Duplicate)


def test_bodies_are_compared_only_on_demand() -> None:
    """Without an id equal bodies are two statements, unless the owner of the source says that they are retries."""
    seen, vendor = MemorySeenStore(), adapter_of()
    keep(seen, receive(body(), OPEN, NOW, vendor=vendor, seen=seen))
    assert isinstance(receive(body(), OPEN, NOW, vendor=vendor, seen=seen), Accepted)
    source = evolve(OPEN, skip_repeated_bodies=True)
    keep(seen, receive(body(), source, NOW, vendor=vendor, seen=seen))
    assert isinstance(receive(body(), source, NOW, vendor=vendor, seen=seen), Duplicate)
    assert isinstance(receive(body(title="other"), source, NOW, vendor=vendor, seen=seen), Accepted)


def test_a_change_of_state_makes_an_equal_body_news() -> None:
    """firing, ok, firing with three bodies of which two are equal: the third opens again."""
    seen, vendor, source = MemorySeenStore(), adapter_of(), evolve(OPEN, skip_repeated_bodies=True)
    for status in ("firing", "ok", "firing", "ok"):
        done = keep(seen, receive(body(status=status), source, NOW, vendor=vendor, seen=seen))
        assert len(done.batch) == 1
    assert isinstance(receive(body(status="ok"), source, NOW, vendor=vendor, seen=seen), Duplicate)


def test_a_store_that_is_down() -> None:
    """While the memory of ids is down the sender is asked to try again."""

    class Down(MemorySeenStore):
        def get(self, source: str, name: str, now: datetime) -> str | None:
            raise OSError(source, name, now)

    done = receive(
        evolve(body(), headers={"X-Id": "42"}), CLOSED, NOW, vendor=adapter_of(delivery_header="X-Id"), seen=Down()
    )
    assert isinstance(done, Rejected)
    assert (done.answer.status, done.reason) == (503, Refusal.UNAVAILABLE)
    assert "42" not in done.message


def test_the_memory_is_bounded() -> None:
    """The store in memory forgets what is old, and the oldest where there is too much."""
    seen = MemorySeenStore(max_marks=3, keep=timedelta(hours=1))
    for number in range(5):
        marks: Mapping[str, str] = {f"id:{number}": "x"}
        seen.put("a", marks, NOW)
    assert [seen.get("a", f"id:{number}", NOW) for number in range(5)] == [None, None, "x", "x", "x"]
    assert seen.get("a", "id:4", NOW + timedelta(hours=1)) == "x"
    assert seen.get("a", "id:4", NOW + timedelta(hours=1, seconds=1)) is None
    assert seen.get("b", "id:4", NOW) is None
    assert len(seen) == 3
    for arguments in ({"max_marks": 0}, {"keep": timedelta()}):
        with pytest.raises(ConfigurationError):
            MemorySeenStore(**arguments)


# --- Answers of the vendors ------------------------------------------------------------------------------------------

OF_THE_REQUEST = {"incident_io", "opsgenie", "pagerduty", "tencent_cloud", "vmware_aria"}
"""Vendors whose answer is made of the request: the tests of their adapters compare it."""

ANSWERS = {
    "ilert": (202, ""),
    "influxdb2": (200, ""),
    "influxdb3": (200, '{"results": {}}'),
    "zabbix": (200, "{}"),
}
"""Answers that a sender needs, where any status 200 will not do."""


@pytest.mark.parametrize("vendor", vendors())
def test_answers(vendor: str) -> None:
    """Every captured or documented request gets an answer that its sender counts as delivered, and no more."""
    adapter = registry.find(vendor)
    status, text = ANSWERS.get(vendor, (200, ""))
    assert status in adapter.accepted
    for case in load(FIXTURES / vendor):
        source = Source("here", vendor=vendor, options=dict(case.about.options))
        done = receive(case.request, source, case.received_at or NOW)
        assert not isinstance(done, Rejected | Duplicate)
        if isinstance(done, Probe):
            continue
        if isinstance(done, Accepted):
            assert done.answer.status in adapter.accepted
            expected = (
                202 if vendor == "zabbix" and type(done.batch.raw) is dict and "triggerId" in done.batch.raw else status
            )
            if vendor not in OF_THE_REQUEST:
                assert (done.answer.status, done.answer.body) == (expected, text)
        is_refused = case.expected[0].startswith("refused")
        assert is_refused == (isinstance(done, Accepted) and done.batch.reason is Reason.UNREADABLE), case.name


def test_signed_fixtures_are_accepted() -> None:
    """Requests that real software signed are accepted with its secret, and with no other."""
    count = 0
    for vendor in vendors():
        for case in load(FIXTURES / vendor):
            if not case.about.auth:
                continue
            source = Source("here", vendor=vendor, auth=Auth(**case.about.auth))
            now = case.received_at or NOW
            assert isinstance(receive(case.request, source, now), Accepted)
            assert source.auth is not None
            other = evolve(source, auth=evolve(source.auth, secrets="YW5vdGhlcg=="))  # some keys are Base64
            assert isinstance(receive(case.request, other, now), Rejected)
            count += 1
    assert count >= 4
