"""The fuzzer runs, repeats itself, and notices what breaks; `nox -s fuzz` runs it for longer."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import evolve

from alertmap import Request, ShapeError, parse
from bench.fuzz import targets as fuzz_targets
from bench.fuzz.__main__ import Session
from bench.fuzz.inputs import Posted, from_json
from bench.fuzz.targets import SECRET, Outcome, Target, check, targets

TARGETS = targets()


@pytest.mark.parametrize("target", TARGETS, ids=[target.name for target in TARGETS])
def test_a_target_runs(target: Target, tmp_path: Path) -> None:
    """A few inputs of each target keep all promises, and equal seeds make equal inputs."""
    session = Session([target], seed=5, folder=tmp_path)
    session.run(4, float("inf"))
    tally = session.tallies[target]
    assert (tally.runs, tally.foreign, tally.broken) == (4, 0, 0)
    assert tally.accepted + tally.refused == 4
    assert target.make(Random("again")) == target.make(Random("again"))  # noqa: S311 - equal seeds


def test_targets_have_names_of_their_own() -> None:
    """A file of a fault names its target, so no two share a name."""
    assert len({target.name for target in TARGETS}) == len(TARGETS)


def _raises(_made: Any) -> Outcome:
    raise KeyError("x")


def _breaks(_made: Any) -> Outcome:
    raise AssertionError("a promise is broken")


@pytest.mark.parametrize(("faulty", "counts"), [(_raises, (1, 0)), (_breaks, (0, 1))])
def test_a_fault_is_counted_and_kept_once(faulty: Any, counts: tuple[int, int], tmp_path: Path) -> None:
    """A foreign exception and a broken promise count apart; the input of a kind of fault is written once."""
    target = Target("grafana", lambda random: Posted(Request(random.randbytes(4)), "grafana"), faulty)
    session = Session([target], seed=1, folder=tmp_path)
    session.once(target, 0)
    assert (session.tallies[target].foreign, session.tallies[target].broken) == counts
    session.once(target, 1)
    (file,) = tmp_path.iterdir()
    assert from_json(file.read_text(encoding="utf-8")) == ("grafana", target.make(Random("1 grafana 0")))  # noqa: S311


GENERIC = {"title": "t", "id": "1", "status": "firing", "severity": "high"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"title": ""}, "blank title"),
        ({"dedup_key": "other:id=1"}, "does not begin with the vendor"),
        ({"labels": {"a": 1}}, "got int"),
        ({"source": "other"}, "another source"),
    ],
)
def test_a_wrong_alert_is_noticed(changes: dict[str, Any], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert that is not as declared breaks a promise."""

    def wrong(*arguments: Any, **named: Any) -> Any:
        batch = parse("generic", b'{"title":"t","id":"1","status":"firing"}', source=named["source"])
        del arguments
        return evolve(batch, alerts=tuple(evolve(alert, **changes) for alert in batch))

    monkeypatch.setattr(fuzz_targets, "parse", wrong)
    with pytest.raises((AssertionError, ShapeError), match=says):
        check("generic", Posted(Request(b"{}"), "generic"))


def test_a_changed_input_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that is another after the call breaks a promise."""

    def changes(_vendor: Any, document: Any, **named: Any) -> Any:
        document["title"] += "!"
        return parse("generic", b'{"title":"t","id":"1","status":"firing"}', source=named["source"])

    monkeypatch.setattr(fuzz_targets, "parse_document", changes)
    with pytest.raises(AssertionError, match="an input was changed"):
        check("generic", Posted(Request(), "generic", document=dict(GENERIC)))


def test_a_value_in_a_message_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that holds a text of the payload breaks a promise."""

    def leaks(*_arguments: Any, **_named: Any) -> Any:
        raise ShapeError(f"unknown {SECRET}", vendor="generic")

    monkeypatch.setattr(fuzz_targets, "parse", leaks)
    with pytest.raises(AssertionError, match="holds a value of the payload"):
        check("generic", Posted(Request(b"{}"), "generic", secret=SECRET))


def test_a_key_that_moves_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that holds the level breaks a promise."""

    def keyed(_vendor: Any, document: Any, **named: Any) -> Any:
        body = b'{"title":"t","id":"1","status":"firing"}'
        batch = parse("generic", body, source=named["source"])
        moved = f"generic:id={document['severity']}"
        return evolve(batch, alerts=tuple(evolve(alert, dedup_key=moved) for alert in batch))

    monkeypatch.setattr(fuzz_targets, "parse_document", keyed)
    with pytest.raises(AssertionError, match="the key holds"):
        check("generic", Posted(Request(), "generic", document=dict(GENERIC)))
