"""Signatures: every known vector is accepted, and nothing that differs from it in a bit."""

import os
import random
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from alertmap import Auth, AuthError, ConfigurationError, Refusal, Replay, Request, Source, verify
from alertmap.schemes import InHeader, Jws, Signature
from alertmap.testing import signed
from signatures import (
    ATLAS_64,
    ATLAS_HEX,
    BODY,
    CIRCLECI,
    GITGUARDIAN,
    GITHUB,
    GRAFANA,
    GRAFANA_TIMED,
    PLAIN,
    ROOTLY,
    RUNREVEAL,
    SECRET,
    SHA1,
    STAMP,
    TIME,
    TRELLO,
    VECTORS,
    WEBHOOK_HEADERS,
    Vector,
    adapter_of,
    hmac_of,
    vector,
)

NOW = datetime.fromtimestamp(TIME, UTC)
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001
FLIPS = int(os.environ.get("ALERTMAP_FLIPS", "200"))
"""Random changes of a bit for each scheme; `nox -s signatures` tries 10,000."""

each_vector = pytest.mark.parametrize("known", VECTORS, ids=lambda known: known.name)


def check(known: Vector, request: Request | None = None, now: datetime = NOW) -> str:
    """Verify the request of a vector; return the name of the scheme that matched."""
    proof = verify(request or known.request, known.source, now, vendor=known.adapter)
    assert proof is not None
    assert proof.by == ("signature",)
    return proof.form


@each_vector
def test_vector(known: Vector) -> None:
    """The signature of a vector is right, and the scheme that made it is named."""
    assert check(known) == known.scheme.name


def signed_headers(known: Vector) -> list[str]:
    """Return the names of the headers of which every bit counts."""
    scheme, auth = known.scheme, known.source.auth
    assert auth is not None
    assert isinstance(scheme, Signature | Jws)
    places = (scheme.place,) if isinstance(scheme, Jws) else (scheme.place, scheme.timestamp, scheme.id)
    return sorted({one.name or auth.timestamp_header for one in places if isinstance(one, InHeader)})


def flipped(known: Vector, random: random.Random) -> Request:
    """Return the request with one bit changed, in its body or in what is signed of its headers."""
    request = known.request
    names = signed_headers(known)
    texts = {name: (request.header(name) or "").encode() for name in names}
    if known.name == "pagerduty":  # only the second entry is right; a change of the first one changes nothing
        texts = {name: text.partition(b",")[2] for name, text in texts.items()}
    body = request.body if isinstance(request.body, bytes) else b""
    if known.name == "mailgun":  # the body is the signature, its time and its token
        start = body.index(b"{", 1) + 1
        body = body[: body.index(b"}")]
        at = random.choice([at for at in range(start, len(body)) if chr(body[at]).isalnum()])
        return evolve(request, body=flip(request.body, at, random))
    parts = [("", body), *texts.items()]
    sizes = [len(text) for _, text in parts]
    [(name, text)] = random.choices(parts, weights=sizes)
    at = random.randrange(len(text))
    if not name:
        return evolve(request, body=flip(body, at, random))
    changed = flip(text, at, random).decode("latin-1")
    if known.name == "pagerduty":
        changed = f"v1={'0' * 64},{changed}"
    return evolve(request, headers={**request.headers, name: changed})


def flip(text: bytes | str, at: int, random: random.Random) -> bytes:
    """Return the text with one bit of a byte changed."""
    changed = bytearray(text if isinstance(text, bytes) else text.encode())
    changed[at] ^= 1 << random.randrange(8)
    return bytes(changed)


@each_vector
def test_every_changed_bit_is_noticed(known: Vector) -> None:
    """A request with one bit changed is refused, and raises nothing but AuthError."""
    generator = random.Random(known.name)
    accepted = []
    for _ in range(FLIPS):
        request = flipped(known, generator)
        try:
            check(known, request)
        except AuthError:
            continue
        accepted.append(request)
    # Blanks round an entry of a list of signatures are no part of it.
    assert [one for one in accepted if not only_blanks_differ(known, one)] == []


def only_blanks_differ(known: Vector, request: Request) -> bool:
    """Return whether two requests differ in blanks round the entries of a header only."""
    if request.body != known.request.body:
        return False
    return {name: value.split() for name, value in request.headers.items()} == {
        name: value.split() for name, value in known.request.headers.items()
    }


@each_vector
def test_another_secret_is_wrong(known: Vector) -> None:
    """Without the secret no signature is right; a second secret that is still valid changes nothing."""
    auth = known.source.auth
    assert auth is not None
    [secret] = auth.secrets
    other = secret[:-2] + ("A=" if secret.endswith("8=") else "??")
    for secrets in ((other, secret), (secret, other)):
        assert check(known._replace(source=evolve(known.source, auth=evolve(auth, secrets=secrets))))
    with pytest.raises(AuthError):
        check(known._replace(source=evolve(known.source, auth=evolve(auth, secrets=other))))


TIMED = [known for known in VECTORS if isinstance(known.scheme, Signature) and known.scheme.timestamp is not None]


@pytest.mark.parametrize("known", TIMED, ids=lambda known: known.name)
def test_signed_times_expire(known: Vector) -> None:
    """A signed time is accepted up to the tolerance, inclusive, in both directions."""
    proof = verify(known.request, known.source, NOW, vendor=known.adapter)
    assert proof is not None
    assert proof.replay is Replay.WINDOW
    for seconds in (-300, 300):
        assert check(known, now=NOW + timedelta(seconds=seconds))
    for seconds in (-301, 301):
        with pytest.raises(AuthError) as caught:
            check(known, now=NOW + timedelta(seconds=seconds))
        assert caught.value.refusal is Refusal.STALE


@pytest.mark.parametrize("known", [known for known in VECTORS if known not in TIMED], ids=lambda known: known.name)
def test_times_that_are_not_signed_prove_nothing(known: Vector) -> None:
    """Without a signed time a request may be repeated for ever, and the proof says so."""
    proof = verify(known.request, known.source, NOW + timedelta(days=1000), vendor=known.adapter)
    assert proof is not None
    assert proof.replay is Replay.NONE


@each_vector
def test_missing_credentials(known: Vector) -> None:
    """A request without any signature is refused as such."""
    with pytest.raises(AuthError) as caught:
        check(known, Request(BODY))
    assert caught.value.refusal is Refusal.MISSING


@pytest.mark.parametrize("known", [it for it in VECTORS if it.name != "pagerduty"], ids=lambda known: known.name)
def test_samples(known: Vector) -> None:
    """`signed` makes the signature of each vector, and so agrees with it."""
    request = evolve(known.request, headers={})
    if known.name == "mailgun":
        request = evolve(request, body=b'{"signature":{"timestamp":"1750000000","token":"tok-0001"},"event-data":{}}')
    sample = signed(request, known.source, NOW, vendor=known.adapter, request_id="msg_alertmap1")
    assert check(known, sample) == known.scheme.name
    if known.name not in ("mailgun", "rootly", "sentry"):
        assert dict(sample.headers) == dict(known.request.headers)


HOSTILE = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=()), max_size=300),
    st.sampled_from(
        ["v1=", ",", "t=,v1=", "v1,", " ", "sha256=", "v1,é", "=" * 5000, "v1=a," * 40, "\ud800", "٣" * 10]
    ),
    st.binary(max_size=100).map(lambda data: data.decode("latin-1")),
)


@each_vector
@given(texts=st.lists(HOSTILE, min_size=3, max_size=3), body=st.binary(max_size=60))
def test_hostile_headers(known: Vector, texts: list[str], body: bytes) -> None:
    """Whatever stands in the headers, only AuthError is raised, and its message has none of it."""
    names = [*signed_headers(known), "Content-Encoding"]
    for altered in (body, BODY):
        headers = {**known.request.headers, **dict(zip(names, texts, strict=False))}
        with pytest.raises(AuthError) as caught:
            check(known, Request(altered + b" ", headers=headers))
        assert not any(len(text) > 8 and text in str(caught.value) for text in texts)


@given(st.permutations(["v1=" + "0" * 64, f"v1={PLAIN}", "v0=x", "junk", "v1="]))
def test_order_of_entries(entries: list[str]) -> None:
    """The order of the signatures in a header does not matter, and junk beside a right one does no harm."""
    scheme = hmac_of("X-PagerDuty-Signature", prefix="v1=", separator=",")
    assert check(vector("", scheme, {"X-PagerDuty-Signature": ",".join(entries)}))
    without = [entry for entry in entries if PLAIN not in entry]
    with pytest.raises(AuthError):
        check(vector("", scheme, {"X-PagerDuty-Signature": ",".join(without)}))


def test_the_first_place_decides() -> None:
    """A vendor with two headers (Forgejo) is held to the first that was sent: the second cannot rescue it."""
    first, second = hmac_of("X-Forgejo-Signature", name="forgejo"), hmac_of("X-Gitea-Signature", name="gitea")
    for headers, form in (
        ({"X-Forgejo-Signature": PLAIN}, "forgejo"),
        ({"X-Gitea-Signature": PLAIN}, "gitea"),
        ({"X-Forgejo-Signature": "", "X-Gitea-Signature": PLAIN}, "gitea"),
        ({"X-Forgejo-Signature": PLAIN, "X-Gitea-Signature": "0"}, "forgejo"),
    ):
        assert check(vector("", first, headers, also=(second,))) == form
    with pytest.raises(AuthError):
        check(vector("", first, {"X-Forgejo-Signature": "0", "X-Gitea-Signature": PLAIN}, also=(second,)))


def test_the_highest_version_decides() -> None:
    """Of the versions that are known, the highest that was sent counts (CircleCI); unknown ones are ignored."""
    body = BODY[:-1] + b',"id":"c-1"}'
    one = hmac_of("circleci-signature", prefix="v1=", separator=",", name="v1")
    two = hmac_of("circleci-signature", prefix="v2=", separator=",", name="v2", algorithm="hmac-sha512")
    source = Source("acme", auth=Auth(secrets=SECRET))
    value = {
        version: signed(Request(body), source, NOW, vendor=adapter_of(scheme)).header("circleci-signature")
        for version, scheme in (("v1", one), ("v2", two))
    }
    both, adapter = f"{value['v1']},{value['v2']}", adapter_of(two, one)
    for text, form in ((value["v1"], "v1"), (value["v2"], "v2"), (both, "v2"), (f"{value['v1']},v9=ab", "v1")):
        proof = verify(Request(body, headers={"circleci-signature": str(text)}), source, NOW, vendor=adapter)
        assert proof is not None
        assert proof.form == form
    with pytest.raises(AuthError):
        verify(Request(body, headers={"circleci-signature": f"{value['v1']},v2=ab"}), source, NOW, vendor=adapter)
    proof = verify(
        Request(body, headers={"circleci-signature": str(value["v1"])}), source, NOW, vendor=adapter_of(CIRCLECI)
    )
    assert proof is not None
    assert proof.signed_id == "c-1"


def test_alternatives_can_be_pinned() -> None:
    """A source may accept one of a vendor's alternatives only."""
    pinned = vector("", ATLAS_64, {"X-MMS-Signature": SHA1}, also=(ATLAS_HEX,), form="base64")
    assert check(pinned) == "base64"
    with pytest.raises(AuthError):
        check(vector("", ATLAS_64, {"X-MMS-Signature": SHA1}, also=(ATLAS_HEX,), form="hex"))
    with pytest.raises(ConfigurationError, match="did you mean 'base64'"):
        check(vector("", ATLAS_64, {}, also=(ATLAS_HEX,), form="base46"))


def test_the_scheme_follows_the_source() -> None:
    """A header that belongs to another vendor's scheme proves nothing."""
    with pytest.raises(AuthError) as caught:
        check(vector("", GRAFANA, {"X-Hub-Signature-256": f"sha256={PLAIN}"}))
    assert caught.value.refusal is Refusal.MISSING


def test_a_timed_source_takes_no_untimed_signature() -> None:
    """Where the source names the header of the time, a signature without it is refused."""
    headers = {"X-Grafana-Alerting-Signature": PLAIN}
    with pytest.raises(AuthError):
        check(vector("", GRAFANA, headers, also=(GRAFANA_TIMED,), timestamp_header="X-Time"))
    with pytest.raises(AuthError):
        check(vector("", GRAFANA, {**headers, "X-Time": STAMP}, also=(GRAFANA_TIMED,), timestamp_header="X-Time"))


def test_a_header_may_be_renamed() -> None:
    """The header of the signature has the name that the source gives it."""
    assert check(vector("", GRAFANA, {"X-Ours": PLAIN}, signature_header="X-Ours"))
    with pytest.raises(AuthError):
        check(vector("", GRAFANA, {"X-Grafana-Alerting-Signature": PLAIN}, signature_header="X-Ours"))


@pytest.mark.parametrize("scheme", [ROOTLY, RUNREVEAL, TRELLO, GITGUARDIAN], ids=["rootly", "hex key", "url", "key"])
def test_digits_cannot_move(scheme: Signature) -> None:
    """A digit that moves from the time to the body keeps the signed bytes if nothing separates them; it is refused."""
    secret = "00ff" * 8
    source = Source("acme", auth=Auth(secrets=secret, public_url="https://hooks.example.test/in"))
    sample = signed(Request(BODY), source, NOW, vendor=adapter_of(scheme))
    assert verify(sample, source, NOW, vendor=adapter_of(scheme)) is not None
    headers = {name: value.replace(STAMP, STAMP[:-1]) for name, value in sample.headers.items()}
    with pytest.raises(AuthError):
        verify(Request(b"0" + BODY, headers=headers), source, NOW, vendor=adapter_of(scheme))


def test_compressed_bodies() -> None:
    """A signature of the body before or after compression is right."""
    import gzip  # noqa: PLC0415

    known = vector("", GITHUB, {"X-Hub-Signature-256": f"sha256={PLAIN}"})
    packed = evolve(
        known.request, body=gzip.compress(BODY), headers={**known.request.headers, "Content-Encoding": "gzip"}
    )
    assert check(known, packed)
    over_packed = signed(evolve(packed, headers={"Content-Encoding": "gzip"}), known.source, NOW, vendor=known.adapter)
    assert check(known, over_packed)


def test_a_query_is_not_signed() -> None:
    """A signature of an empty body does not cover the query, so it proves nothing where the query is read."""
    source = Source("acme", auth=Auth(secrets=SECRET))
    sample = signed(Request(b""), source, NOW, vendor=adapter_of(GITHUB))
    request = evolve(sample, method="GET", query={"status": "firing"})
    with pytest.raises(AuthError):
        verify(request, source, NOW, vendor=adapter_of(GITHUB, formats={"json", "query"}))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: hmac_of("X", content="{bdy}"), "unknown part {bdy}"),
        (lambda: hmac_of("X", content="{timestamp}.{body}"), "its place is not declared"),
        (lambda: hmac_of("X", timestamp=InHeader("T")), "not signed: it proves nothing"),
        (lambda: hmac_of("X", id=InHeader("T")), "not signed: it proves nothing"),
        (lambda: Auth(secrets=""), "must be text that is not blank"),
        (lambda: Auth(tokens=["a", " "]), "must be text that is not blank"),
        (Auth, "Auth needs"),
        (lambda: Auth(basic={"user": ""}), "no password may be blank"),
        (lambda: Auth(basic="user:password"), "must be pairs"),
        (lambda: Auth(tokens="x", tolerance=timedelta(seconds=-1)), "not negative"),
        (lambda: Source("x", auth="token"), "auth must be an Auth"),
        (lambda: adapter_of(GITHUB, GITHUB), "two signatures have the same name"),
        (lambda: check(vector("", GITHUB, {}, secrets=(), topics="arn:aws:sns:x")), None),
        (lambda: check(vector("", RUNREVEAL, {"RunReveal-Integrity": "a", "RunReveal-Timestamp": STAMP})), "not hex"),
        (lambda: verify(Request(), Source("x", auth=Auth(secrets="a")), NOW, vendor="influxdb2"), "signs nothing"),
        (lambda: verify(Request(), Source("x", auth=Auth(secrets="a")), NOW), "names no vendor"),
        (
            lambda: verify(Request(), Source("x", auth=Auth(secrets="a")), NAIVE, vendor=adapter_of(GITHUB)),
            "aware",
        ),
    ],
)
def test_configuration_is_checked(made: object, message: str | None) -> None:
    """A configuration that means nothing is an error, not a source that accepts anything."""
    assert callable(made)
    with pytest.raises(ConfigurationError if message else AuthError, match=message):
        made()


def test_no_secret_is_written() -> None:
    """No repr of a configuration, a proof or an error has a secret in it."""
    auth = Auth(tokens="token-1234", secrets="secret-1234", basic={"user-1234": "word-1234"}, challenge="chal-1234")
    source = Source("x", auth=auth)
    proof = verify(Request(headers=WEBHOOK_HEADERS), Source("x"), NOW, vendor="grafana")
    assert proof is None
    written = f"{auth!r} {source!r} {adapter_of(GITHUB)!r}"
    for credentials in (auth, evolve(auth, basic=()), evolve(auth, basic=(), tokens=())):
        with pytest.raises(AuthError) as caught:
            verify(
                Request(BODY, headers={"Authorization": "Bearer guess-1234"}, query={"token": "token-1234"}),
                Source("x", auth=credentials),
                NOW,
                vendor=adapter_of(GITHUB),
            )
        written += f"{caught.value!r}"
    assert "1234" not in written
