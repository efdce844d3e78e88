"""Cronitor: what the fixtures cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Priorities, Severity, Source, State, parse
from alertmap.incidents.book import IncidentBook

FIXTURES = Path(__file__).parents[2] / "fixtures" / "cronitor"


def body(name: str) -> dict[str, Any]:
    """Return the body of a fixture, decoded."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document


def one(document: Any, **source: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("cronitor", json.dumps(document), source=Source("jobs", **source))
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "PagerTree", "only `Alert` and `Recovery` are known, so the documented upper case is ignored"
)
@pytest.mark.parametrize(
    ("word", "state"),
    [("ALERT", State.FIRING), ("Alert", State.FIRING), ("RECOVERY", State.RESOLVED), ("Recovery", State.RESOLVED)],
)
def test_the_case_of_the_type_does_not_count(word: str, state: State) -> None:
    """Documentation and recorded bodies differ in it."""
    assert one(body("alert") | {"type": word}).state is state


@pytest.mark.fault_elsewhere(
    "PagerTree", "the key is the monitor alone, so one environment's recovery ends the other's alert"
)
def test_a_recovery_in_one_environment_leaves_the_others_open() -> None:
    """The environment is a part of the key, where its own field names it."""
    book = IncidentBook()
    for name in ("alert", "staging", "recovery"):
        book.apply([one(body(name))])
    [still_open] = book.open
    assert still_open.dedup_key == one(body("staging")).dedup_key


# --- Other promises ---------------------------------------------------------------------------------------------------


def test_an_environment_in_the_description_is_no_part_of_the_key() -> None:
    """The text of a recovery need not name it, and the alert would then never end."""
    assert one(body("older_alert")).identity == {"id": "ksQC7a"}


def test_a_body_without_a_type_ends_nothing() -> None:
    """Not even one whose text says that the monitor has recovered: a text does not resolve."""
    alert = one(body("oldest") | {"description": "Monitor has recovered", "rule": "recovered"})
    assert (alert.state, alert.resolvable) == (State.FIRING, False)


def test_priorities_may_go_by_the_rule() -> None:
    """As the set-up page says."""
    priorities = Priorities({"not_on_schedule": "critical"}, field="rule")
    assert one(body("alert"), priorities=priorities).severity is Severity.CRITICAL
    assert one(body("staging"), priorities=priorities).severity is Severity.HIGH
