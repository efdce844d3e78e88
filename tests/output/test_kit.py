"""The kit of targets is red for targets that break a promise."""

from datetime import datetime
from typing import Any

import pytest
from attrs import evolve, field

from alertmap import ConfigurationError, wire
from alertmap.target import Message, Outgoing, Skipped, Target, json_request
from alertmap.testing import target_conformance


@wire.model(closed=True)
class Config:
    """Settings of the target."""

    token: wire.NonBlank = field(repr=False)


@wire.model(closed=True)
class OpenConfig:
    """Settings whose repr has the credential."""

    token: wire.NonBlank


def write(message: Message, config: Any, _now: datetime) -> Outgoing | Skipped:
    document = {"key": message.key[:60], "title": message.title}
    return json_request("https://t.example/", document, {"X-Token": config.token})


GOOD = Target(
    name="good",
    title="Good",
    config=Config,
    write=lambda message, config, now: write(evolve(message, key=str(hash(message.key))), config, now),
    keeps={"key": "yes"},
    key_at="$.key",
    example={"token": "0123456789abcdef"},
)


def skips(message: Message, config: Any, now: datetime) -> Outgoing | Skipped:
    return Skipped("never") if message.severity == "info" else GOOD.write(message, config, now)


def with_title(message: Message, config: Any, now: datetime) -> Outgoing | Skipped:
    return GOOD.write(evolve(message, key=message.key + message.title), config, now)


def in_the_url(message: Message, config: Any, now: datetime) -> Outgoing | Skipped:
    made = GOOD.write(message, config, now)
    assert isinstance(made, Outgoing)
    return evolve(made, url=f"https://t.example/{message.title}")


def in_a_header(message: Message, config: Any, now: datetime) -> Outgoing | Skipped:
    made = GOOD.write(message, config, now)
    assert isinstance(made, Outgoing)
    return evolve(made, headers={**made.headers, "X-Title": message.title})


BROKEN = {
    "test_every_state": evolve(GOOD, write=skips),
    "test_one_key_from_trigger_to_recovery": evolve(GOOD, write=with_title),
    "test_keys_stay_apart": evolve(GOOD, write=write),  # cut without a hash
    "test_hostile_texts": evolve(GOOD, write=in_the_url),
    "test_requests_are_sound": evolve(GOOD, write=in_a_header),
}


def run(target: Target, name: str) -> None:
    """Run one test of the kit."""
    kit: Any = target_conformance(target)
    getattr(kit(), name)()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_promise_is_red(name: str) -> None:
    """Each promise that a target breaks turns its own test red; the sound target passes it."""
    run(GOOD, name)
    with pytest.raises((AssertionError, ConfigurationError)):  # the second from `render` itself
        run(BROKEN[name], name)


def test_a_credential_in_a_repr_is_red() -> None:
    """A field of the configuration that its repr has is no credential to the kit; one that a request holds is."""
    run(GOOD, "test_credentials_stay_inside")
    assert "0123456789abcdef" in repr(OpenConfig(token="0123456789abcdef"))  # noqa: S106
    assert "0123456789abcdef" not in repr(Config(token="0123456789abcdef"))  # noqa: S106


def test_a_target_without_a_key_is_skipped() -> None:
    """Chats have no key: what the kit cannot look at is skipped, and does not pass."""
    with pytest.raises(pytest.skip.Exception, match="key_at is not set"):
        run(evolve(GOOD, key_at=""), "test_keys_stay_apart")
