"""The check that no part of the key vanishes in silence.

A value of a payload that stands in an identity is blanked, removed and replaced by an object; so is each object that it
stands in. Where that changes the identity, the alert or batch must show it: a `key_fallback`, a `bad_field`, a refusal;
or another fixture proves that the vendor sends this identity without the part.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from alertmap import wire
from alertmap.adapter import Adapter
from alertmap.errors import PayloadError
from alertmap.model import Alert, Batch, ProblemCode
from alertmap.paths import JsonPath, resolve
from alertmap.testing.damage import described, places, replaced, without
from alertmap.testing.fixtures import Case
from alertmap.testing.fixtures import document as document_of
from alertmap.testing.outcomes import again, alerts_of
from alertmap.testing.typed import open_objects, undeclared_places

_VISIBLE = {ProblemCode.KEY_FALLBACK, ProblemCode.BAD_FIELD, ProblemCode.BAD_ELEMENT}
_OBJECT = {"a": {"b": ["c"]}}


def identity_parts_do_not_vanish(adapter: Adapter, cases: Sequence[Case]) -> None:
    """A value of the identity that is blanked, removed or of another type changes the key only with a problem."""
    proven = _proven(adapter, cases)
    seen: set[tuple[Any, ...]] = set()
    tried = 0
    for case in cases:
        before = alerts_of(adapter, case)
        document = document_of(case, adapter.formats) if before else None
        maps = open_objects(adapter.models, document)
        undeclared = undeclared_places(adapter.models, document)
        for where, is_part in _sources(document, before):
            kind = (tuple(before[0].identity), *("*" if isinstance(step, int) else step for step in where))
            if kind in seen:
                continue
            seen.add(kind)
            if is_part and where[:-1] in maps:
                _check_total(maps[where[:-1]], f"{case.name}, {described(where[:-1])}")
            for broken in (replaced(document, where, ""), without(document, where), replaced(document, where, _OBJECT)):
                tried += 1
                batch = _batch(adapter, case, broken)
                if batch is None or len(batch) != len(before):
                    continue
                # One entry of a map that holds any names, as labels are, may be left out by the sender.
                is_entry = is_part and (where in undeclared or _is_open(adapter, case, document, where))
                if not is_entry or resolve(broken, where) == _OBJECT:
                    _check(batch, before, proven, f"{case.name}, {described(where, broken)}")
    if not tried:
        pytest.skip("no value of a payload stands in an identity as it is: nothing was checked")


def _check_total(hint: Any, how: str) -> None:
    noted = wire.encoding(hint)
    assert noted is wire.encoding(wire.Json) or (noted is not None and noted.is_total), (
        f"{how}: its values are parts of the identity, which must not vanish: give them the type wire.AnyText"
    )


def _check(batch: Batch, before: Sequence[Alert], proven: set[frozenset[str]], how: str) -> None:
    for old, new in zip(before, batch, strict=True):
        if new.identity == old.identity or _VISIBLE & {p.code for p in (*new.problems, *batch.problems)}:
            continue
        is_proven = new.identity.keys() != old.identity.keys() and frozenset(new.identity) in proven
        assert is_proven, (
            f"{how}: the identity changes from {dict(old.identity)} to {dict(new.identity)} without a problem: "
            "add key_fallback, or a fixture with this identity"
        )


def _proven(adapter: Adapter, cases: Sequence[Case]) -> set[frozenset[str]]:
    """The names of the parts of each identity that a fixture has without a key_fallback."""
    alerts = (alert for case in cases for alert in alerts_of(adapter, case))
    return {frozenset(a.identity) for a in alerts if not any(p.code in _VISIBLE for p in a.problems)}


def _sources(document: Any, alerts: Sequence[Alert]) -> Iterator[tuple[JsonPath, bool]]:
    """Yield the places of values that stand in an identity, with True, and of the objects around them, with False."""
    parts = {part for alert in alerts for part in alert.identity.values() if part.strip()}
    around: dict[JsonPath, None] = {}
    for where in places(document):
        value = resolve(document, where)
        is_scalar = isinstance(value, str | int | float) and not isinstance(value, bool)
        if where and is_scalar and str(value).strip() in parts:
            yield where, True
            around |= {where[:end]: None for end in range(1, len(where))}
    yield from ((where, False) for where in around if isinstance(resolve(document, where), dict))


def _is_open(adapter: Adapter, case: Case, document: Any, where: JsonPath) -> bool:
    """One more key beside the value becomes one more part of the identity."""
    if not isinstance(where[-1], str):
        return False
    around = where[:-1]
    more = replaced(document, around, {**resolve(document, around), "name_of_tomorrow": "x"})
    batch = _batch(adapter, case, more)
    return batch is not None and any("name_of_tomorrow" in name for alert in batch for name in alert.identity)


def _batch(adapter: Adapter, case: Case, document: Any) -> Batch | None:
    try:
        return again(adapter, case, document)
    except PayloadError:
        return None
