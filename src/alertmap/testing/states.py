"""Checks of states: what no table knows fires, and no damage resolves what fires."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from alertmap import wire
from alertmap.adapter import Adapter
from alertmap.model import Alert, Batch, ProblemCode, State
from alertmap.paths import JsonPath
from alertmap.testing.damage import EDGE_VALUES, described, replaced, without
from alertmap.testing.fixtures import Case
from alertmap.testing.fixtures import document as document_of
from alertmap.testing.outcomes import alerts_of, outcome_of
from alertmap.testing.typed import typed_places

_UNKNOWN: tuple[Any, ...] = ("word of tomorrow", *EDGE_VALUES)
_VISIBLE = {ProblemCode.STATE_UNKNOWN, ProblemCode.STATE_GUESSED}


def unknown_states_fire(adapter: Adapter, cases: Sequence[Case]) -> None:
    """A value that the table of a `wire.state` field does not know fires with a problem, wherever the field decides."""
    seen: set[tuple[Any, ...]] = set()
    tried = 0
    for case in cases:
        before = alerts_of(adapter, case)
        document = document_of(case, adapter.formats) if before else None
        states = tuple(alert.state for alert in before)
        for field in _state_fields(adapter, document) if before else ():
            kind = (states, *("*" if isinstance(step, int) else step for step in field.where))
            if kind in seen:
                continue
            seen.add(kind)
            # Null is what is not there.
            can_be_absent = not isinstance(outcome_of(adapter, case, without(document, field.where)), str)
            decided = _decided(adapter, case, document, field)
            for value in _UNKNOWN:
                if not is_word(value, field.table) and not (value is None and can_be_absent):
                    tried += 1
                    broken = replaced(document, field.where, value)
                    how = f"{case.name}, {described(field.where, broken)}"
                    _check(outcome_of(adapter, case, broken), before, decided, how)
    if not tried:
        pytest.skip("no fixture has a field of a wire.state table: nothing was checked")


class _Field(NamedTuple):
    """The place of a state word, and its table."""

    where: JsonPath
    table: Mapping[str, State | None]


def state_tables(adapter: Adapter, document: Any) -> dict[JsonPath, Mapping[str, State | None]]:
    """Return the tables of the state fields of a document by their places."""
    return {field.where: field.table for field in _state_fields(adapter, document)}


def _state_fields(adapter: Adapter, document: Any) -> Iterator[_Field]:
    for where, hint in typed_places(adapter.models, document):
        noted = wire.encoding(hint)
        if noted is not None and noted.states is not None:
            yield _Field(where, noted.states)


def is_word(value: Any, table: Mapping[str, State | None]) -> bool:
    """Return whether a value is a word of a table of states; a boolean may be one."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return wire.state_word(text) in map(wire.state_word, table)


def _decided(adapter: Adapter, case: Case, document: Any, field: _Field) -> set[int]:
    """Return the places of the alerts whose state another word of the table changes."""
    states = [alert.state for alert in alerts_of(adapter, case)]
    found: set[int] = set()
    words = {meaning: word for word, meaning in field.table.items()}
    for word in words.values():
        outcome = outcome_of(adapter, case, replaced(document, field.where, word))
        if not isinstance(outcome, str) and len(outcome) == len(states):
            found |= {place for place, alert in enumerate(outcome) if alert.state is not states[place]}
    return found


def _check(outcome: Batch | str, before: Sequence[Alert], decided: set[int], how: str) -> None:
    assert not isinstance(outcome, str), f"{how}: it is refused ({outcome}); an unknown state fires"
    assert len(outcome) == len(before), f"{how}: {len(outcome)} alerts, not {len(before)}; an unknown state fires"
    for place, (old, new) in enumerate(zip(before, outcome, strict=True)):
        if place not in decided:
            assert new.state in (old.state, State.FIRING), f"{how}: it is {new.state.value}"
            continue
        assert new.state is State.FIRING, f"{how}: it is {new.state.value}; an unknown state fires"
        codes = {problem.code for problem in (*new.problems, *outcome.problems)}
        assert codes & _VISIBLE, f"{how}: it fires without the problem state_unknown or state_guessed"
