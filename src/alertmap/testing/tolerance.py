"""The share of single damages to a vendor's payloads that cost the page.

Of each body that `bodies` lists the first 100 places are removed, and replaced by a value of each JSON type. A damage
that is refused, or leaves no alert, costs the page. The element that is the alert, and what it stands in, do not count:
where `$.alerts[0]` is a number there is no alert, just as where the document is one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
from attrs import Factory, frozen

from alertmap.adapter import Adapter
from alertmap.paths import MISSING, JsonPath, format_path, resolve
from alertmap.testing.bodies import LIST, listed, unlisted
from alertmap.testing.damage import KINDS, places, replaced, without
from alertmap.testing.fixtures import Case
from alertmap.testing.fixtures import document as document_of
from alertmap.testing.outcomes import alerts_of, outcome_of
from alertmap.testing.undeclared import declared_document

MOST_PLACES = 100
BAR = 0.08
"""The share of damages that may cost the page."""
FREE = 24
"""The number of damages of each body that may always cost the page: a small body, too, has a few fields that decide."""
_NAMED = 10  # fields that a message names


@frozen
class Tolerance:
    """The outcome of all damages to one vendor's payloads."""

    bodies: int = 0
    tried: int = 0
    lost: Counter[str] = Factory(Counter)
    """How often the page was lost, by place."""

    @property
    def share(self) -> float:
        """The share of damages that cost the page."""
        return self.lost.total() / self.tried if self.tried else 0.0

    @property
    def is_enough(self) -> bool:
        """The share is below the bar, or no more is lost than fields that decide cost."""
        return self.share <= BAR or self.lost.total() <= FREE * self.bodies

    def __str__(self) -> str:
        worst = ", ".join(f"{place} ({count})" for place, count in self.lost.most_common(_NAMED))
        return f"{self.lost.total()} of {self.tried} damages cost the page ({self.share:.1%}): {worst}"


def tolerance(adapter: Adapter, cases: Sequence[Case]) -> None:
    """At most 8 % of single damages to the listed bodies cost the page, or 24 a body; each shape has a listed body."""
    chosen = chosen_cases(adapter, cases, listed(cases[0].folder) if cases else [])
    if not chosen:
        pytest.skip("no fixture has a single alert")
    measured = measure(adapter, chosen)
    assert measured.is_enough, (
        f"{measured}; at most {BAR:.0%} may, or {FREE} a body: give a default to all fields that do not decide"
    )


def chosen_cases(adapter: Adapter, cases: Sequence[Case], names: Sequence[str]) -> list[Case]:
    """Return the cases that a list names.

    Raises:
        AssertionError: a shape has no body in the list, or a listed body has no single alert any more.
    """
    by_name = {case.name: case for case in cases}
    missing = unlisted(adapter, cases, names)
    command = f"python -m alertmap.testing.regold fixtures {adapter.name}"
    assert not missing, f"{LIST} lacks {', '.join(missing)}: write it with `{command}`"
    for name in names:
        count = len(alerts_of(adapter, by_name[name])) if name in by_name else 0
        assert count == 1, f"{LIST} names {name}, which has {count} alerts: the list may only grow"
    return [by_name[name] for name in names]


def measure(adapter: Adapter, cases: Iterable[Case]) -> Tolerance:
    """Damage each of these cases at every place, and count what costs the page."""
    bodies, tried, lost = 0, 0, Counter[str]()
    for case in cases:
        bodies += 1
        document, small = document_of(case, adapter.formats), declared_document(adapter, case)
        own = {alert.path[:end] for alert in alerts_of(adapter, case) for end in range(len(alert.path) + 1)}
        for where in [where for where in places(document) if where and where not in own][:MOST_PLACES]:
            if resolve(small, where) is MISSING:
                tried += 1 + len(KINDS)  # no model declares it, so that no damage to it costs anything
                continue
            name = format_path(tuple(0 if isinstance(step, int) else step for step in where))
            for broken in _broken(small, where):
                outcome = outcome_of(adapter, case, broken)
                tried += 1
                lost[name] += isinstance(outcome, str) or not outcome.alerts
    return Tolerance(bodies, tried, +lost)


def _broken(document: Any, where: JsonPath) -> Iterator[Any]:
    yield without(document, where)
    yield from (replaced(document, where, value) for value in KINDS)
