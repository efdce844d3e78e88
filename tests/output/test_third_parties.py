"""Targets of other distributions, found by their entry points."""

import sys
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest
from attrs import evolve

from alertmap import AdapterError, ConfigurationError
from alertmap import targets as built_in
from alertmap.output import registry
from alertmap.plugins import Plugins
from alertmap.target import Target
from alertmap.targets.webhook import target as webhook


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install distributions: one target is sound, one has another name, one is claimed twice, one is built in."""
    points = []
    for name, distribution, value in (
        ("acme", "one", "tests_of_acme:target"),
        ("other", "one", "alertmap.targets.webhook:target"),
        ("twice", "one", "alertmap.targets.webhook:target"),
        ("twice", "two", "alertmap.targets.webhook:target"),
        ("slack", "evil", "alertmap.targets.webhook:target"),
        ("no_target", "one", "json:dumps"),
    ):
        point = EntryPoint(name, value, registry.GROUP)
        vars(point).update(dist=SimpleNamespace(name=distribution))
        points.append(point)
    acme = evolve(webhook, name="acme", title="Acme")
    monkeypatch.setitem(sys.modules, "tests_of_acme", SimpleNamespace(target=acme))
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points if group == registry.GROUP else [])
    monkeypatch.setattr(registry, "TARGETS", Plugins(Target, built_in, registry.GROUP))


@pytest.mark.usefixtures("installed")
def test_a_target_of_another_distribution() -> None:
    """It is listed and found like a built-in one, and never takes the name of one."""
    assert {"acme", "other", "twice", "no_target"} <= set(registry.target_names())
    assert registry.target_of("acme").title == "Acme"
    assert registry.target_of("slack").title == "Slack"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("other", "the target other of one calls itself webhook"),
        ("twice", "the target twice is claimed by one and two"),
        ("no_target", "the target no_target of one is a function, not a Target"),
    ],
)
def test_a_broken_target_fails_alone(name: str, message: str) -> None:
    """It fails when it is asked for, by the name of its distribution."""
    with pytest.raises(AdapterError) as caught:
        registry.target_of(name)
    assert str(caught.value) == message


def test_an_unknown_target() -> None:
    """The error has the nearest name."""
    with pytest.raises(ConfigurationError, match=r"there is no target 'slak' \(did you mean 'slack'\?\)"):
        registry.target_of("slak")
