"""Sources: a name, options and priorities, each checked with the name of the source in the error."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest

from alertmap import Adapter, ConfigurationError, Priorities, Reading, Severity, Shape, Source, State, parse, wire
from alertmap.intake.source import resolve_options, resolve_source


@wire.model(closed=True)
class Options:
    """Options of the test vendor."""

    key: str
    mode: Literal["a", "b"] = "a"


def _read(event: str, options: Options) -> Iterator[Reading]:
    yield Reading(state=State.FIRING, identity={options.key: event}, level="bad")


def _plain(event: str) -> Iterator[Reading]:
    yield Reading(state=State.FIRING, identity={"id": event}, level="bad")


ACME = Adapter(
    name="acme",
    title="Acme",
    shapes=[Shape(str, _read)],
    options=Options,
    levels={"bad": Severity.HIGH},
    formats={"text"},
)
BARE = Adapter(name="bare", title="Bare", shapes=[Shape(str, _plain)], levels={"bad": Severity.HIGH}, formats={"text"})


@pytest.mark.parametrize("name", ["", " ", "\n", None, 5, b"x"])
def test_a_name_is_not_blank(name: Any) -> None:
    """A blank name is refused: the source would share its keys with others."""
    with pytest.raises(ConfigurationError, match="a source's name must be text"):
        Source(name)
    if isinstance(name, str):
        with pytest.raises(ConfigurationError, match="a source's name must be text"):
            parse(BARE, "x", source=name)


def test_priorities_may_be_a_mapping() -> None:
    """A mapping of levels becomes `Priorities`; anything else is refused when the source is built."""
    assert Source("a", priorities={"Bad": "low"}).priorities == Priorities({"bad": Severity.LOW})
    for priorities in (None, 5, {"bad": "awful"}):
        with pytest.raises(ConfigurationError):
            Source("a", priorities=priorities)


def test_the_source_of_a_call() -> None:
    """None means a source with the vendor's name, and text a source of that name."""
    assert resolve_source(None, BARE) == Source("bare")
    assert resolve_source("prod", BARE) == Source("prod")
    source = Source("prod", vendor="bare")
    assert resolve_source(source, BARE) is source
    [alert] = parse(BARE, "x", source=source)
    assert (alert.source, alert.vendor, alert.dedup_key) == ("prod", "bare", "bare:id=x")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (5, "a source is a name or a Source, not a int"),
        (Source("prod", vendor="acme"), "the source 'prod' is of acme, not of bare"),
        (Source("prod", priorities={"worse": "low"}), "bare has no level 'worse'"),
        (Source("prod", options={"key": "x"}), "source 'prod': bare takes no options"),
    ],
)
def test_sources_that_do_not_fit(source: Any, message: str) -> None:
    """A source of another vendor, or with unknown levels or options, is a configuration error."""
    with pytest.raises(ConfigurationError) as caught:
        parse(BARE, "x", source=source)
    assert str(caught.value) == message


def test_options_reach_the_adapter() -> None:
    """Options are read with the adapter's model, or used if they are an instance of it."""
    for options in ({"key": "host"}, {"key": "host", "mode": "a"}, Options(key="host")):
        [alert] = parse(ACME, "x", source=Source("prod", options=options))
        assert alert.dedup_key == "acme:host=x"
    assert resolve_options(Source("prod"), BARE) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "source 'prod': option expected str, found nothing @ $.key"),
        ({"key": 5}, "source 'prod': option expected str, got int @ $.key"),
        ({"key": "x", "mode": "hunter2"}, "source 'prod': option expected 'a' or 'b', got another str @ $.mode"),
        ({"key": "x", "hunter2": 1}, "source 'prod': option expected no other keys than key, mode @ $"),
        ({"key": "x", 5: 1}, "source 'prod': option expected no other keys than key, mode @ $"),
        (None, "source 'prod': options must be a mapping, got NoneType"),
        ([("key", "x")], "source 'prod': options must be a mapping, got list"),
    ],
)
def test_options_that_do_not_fit(options: Any, message: str) -> None:
    """The error names the source and the path, never the value: an option may be a secret."""
    with pytest.raises(ConfigurationError) as caught:
        parse(ACME, "x", source=Source("prod", options=options))
    assert str(caught.value) == message
    assert "hunter2" not in repr(Source("prod", options={"token": "hunter2"}))
