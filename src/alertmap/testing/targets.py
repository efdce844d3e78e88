"""The tests that every target must pass, made from the target alone."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import attrs
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from alertmap.model import Alert, Severity, State
from alertmap.output.render import render
from alertmap.paths import MISSING, parse_path, resolve
from alertmap.target import Outgoing, Skipped, Target

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)

LONG = "é" * 40_000

BAIT = (
    "<!channel> <@U123> <https://evil.example|here>",
    "@everyone @here <@123456> <@&7> [here](https://evil.example) https://evil.example/?q=1",
    "**bold** `code` # head\n> quote\n- list www.evil.example mailto:a@evil.example evil.example",
    "\x00\x1b[31m\u202egnp.exe\u200b\ufeff\ud800",
    "javascript:alert(1) tel:+43123 <script>alert(1)</script> @all \uff20everyone",
    "%%% \n [x](https://evil.example) \n %%%",
)
"""Texts that some client makes links, mentions or mark-up of."""

hostile = st.lists(st.sampled_from(BAIT) | st.text(max_size=20), min_size=1, max_size=6).map("".join)


@cache
def sample() -> Alert:
    """Return a firing alert with something in each field that people read."""
    return Alert(
        vendor="acme",
        source="acme",
        state=State.FIRING,
        severity=Severity.HIGH,
        identity={"check": "7"},
        dedup_key="acme:check=7",
        level="major",
        title="disk full",
        message="/var has 3 % left\nsee the runbook",
        resource="db-01",
        labels={"team": "db", "mount point": "/var"},
        links={"check": "https://acme.example/checks/7"},
        values={"free": 3.5, "used": 97, "unit": "%"},
        started_at=NOW,
        occurred_at=NOW,
        received_at=NOW,
    )


def hostile_alert(text: str) -> Alert:
    """Return an alert in which everything that a sender chooses is the same text, but for its key."""
    texts: dict[str, Any] = dict.fromkeys(("title", "message", "resource", "source", "level"), text)
    return evolve(sample(), **texts, labels={"team": text, text: "x"}, values={text: text}, links={})


def largest() -> Alert:
    """Return an alert that fills its fields up to what `parse` lets through, and beyond."""
    return evolve(
        sample(),
        title=LONG[:2_000],
        message=LONG[: 32 * 1024],
        resource=LONG[:2_000],
        source=LONG[:300],
        labels={f"label {number}": LONG[:4_000] for number in range(60)},
        links={f"link {number}": f"https://e.example/{'x' * 2_000}" for number in range(20)},
        values={f"value {number}": 1.5 for number in range(200)},
    )


def made(target: Target, alert: Alert) -> Outgoing | Skipped:
    """Render with the example of the target."""
    return render(target, alert, target.example, NOW)


def document_of(request: Outgoing) -> Any:
    """Return the body of a request, decoded from JSON or from a form."""
    if request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(request.body.decode(), strict_parsing=True))
    return json.loads(request.body)


def key_of(target: Target, alert: Alert) -> str:
    """Return the key in the request for an alert."""
    request = made(target, alert)
    assert isinstance(request, Outgoing), f"{target.name} skips {alert.state}: {request}"
    key = resolve(document_of(request), parse_path(target.key_at))
    assert key is not MISSING, f"there is nothing at {target.key_at}"
    return str(key)


def credentials(target: Target) -> Iterator[str]:
    """Yield the texts of the example that the repr of the configuration must leave out."""
    config = target.config(**target.example)
    for field in attrs.fields(type(config)):
        value = getattr(config, field.name)
        if not field.repr:
            yield from value.values() if isinstance(value, dict) else [str(value)]


def target_conformance(target: Target) -> type:  # noqa: C901 - a class of short tests
    """A test class that holds a target to what all targets promise."""

    class Conformance:
        def test_every_state(self) -> None:
            """A firing is sent, whatever its severity; any other state is sent or skipped with a sentence."""
            for severity in Severity:
                assert isinstance(made(target, evolve(sample(), severity=severity)), Outgoing), severity
            for state in State:
                done = made(target, evolve(sample(), state=state, severity=None))
                assert isinstance(done, Outgoing) or done.reason.strip(), state

        def test_requests_are_sound(self) -> None:
            """A body in UTF-8 that is not too long, the same each time; `render` itself checks URL and headers."""
            for alert in (
                sample(),
                largest(),
                evolve(sample(), labels={}, links={}, values={}, message="", resource=""),
            ):
                request = made(target, alert)
                assert request == made(target, alert)
                assert isinstance(request, Outgoing)
                request.body.decode("utf-8")
                assert not target.most_bytes or len(request.body) <= target.most_bytes

        def test_the_alert_is_not_changed(self) -> None:
            before = repr(sample())
            made(target, sample())
            assert repr(sample()) == before

        def test_credentials_stay_inside(self) -> None:
            """Neither the repr of a request nor that of the configuration holds a credential."""
            written = repr(made(target, sample())) + repr(target.config(**target.example))
            assert [text for text in credentials(target) if text and text in written] == []

        def test_one_key_from_trigger_to_recovery(self) -> None:
            """The key holds no state, severity, text, time, label or value."""
            _skip_without_key(target)
            over = evolve(
                sample(), state=State.RESOLVED, severity=None, level=None, title="over", message="", occurred_at=NOW
            )
            assert key_of(target, sample()) == key_of(
                target, evolve(over, labels={}, links={}, values={}, resource="x")
            )

        def test_keys_stay_apart(self) -> None:
            """Distinct keys stay distinct within the limit, also where the target ignores case."""
            _skip_without_key(target)
            long = "acme:check=" + "x" * 200
            keys = ["acme:check=A", "acme:check=a", "acme:check=\xc9", "acme:check=\xe9", f"{long}1", f"{long}2"]
            keys += [f"{long}X", f"{long}x", f"{long}~{'0' * 32}", "acme:check=a,unit=1"]
            found = [key_of(target, evolve(sample(), dedup_key=key)) for key in keys]
            assert not target.longest_key or max(map(len, found)) <= target.longest_key
            assert len({key.casefold() if target.ignores_case else key for key in found}) == len(keys)
            two = {key_of(target, evolve(sample(), source=source)) for source in ("eu", "us")}
            assert len(two) == 2 or target.has_sources  # noqa: PLR2004 - one for each source

        @settings(deadline=None, max_examples=max(1, settings().max_examples // 2))
        @given(text=hostile)
        def test_hostile_texts(self, text: str) -> None:
            """Whatever a sender writes, a request in UTF-8 comes out; URL and headers are such that HTTP takes them."""
            request = made(target, hostile_alert(text))
            assert isinstance(request, Outgoing)
            request.body.decode("utf-8")

    Conformance.__name__ = Conformance.__qualname__ = f"Test_{target.name}"
    return Conformance


def _skip_without_key(target: Target) -> None:
    if not target.key_at:
        pytest.skip("this target has no key: key_at is not set")
