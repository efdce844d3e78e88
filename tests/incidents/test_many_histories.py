"""Many random histories, drawn faster than Hypothesis can: `nox -s exhaustive` runs 50,000 and 100,000 of them.

`ALERTMAP_HISTORIES` is their number. The seed is fixed, and a failure names the number of its history.
"""

import json
import os
from datetime import timedelta
from random import Random

from attrs import evolve

from alertmap.incidents.book import IncidentBook
from alertmap.incidents.model import Policy, Transition
from alertmap.incidents.timeline import Timeline, incidents, step, tick
from alertmap.model import Alert, Severity, State, Times
from histories import (
    ACKNOWLEDGED,
    FIRING,
    RESOLVED,
    SUPPRESSED,
    WIDE,
    NaiveSender,
    Reducer,
    alert,
    at,
    sec,
)

MANY = int(os.environ.get("ALERTMAP_HISTORIES", "1000"))
STATES = (FIRING, FIRING, FIRING, RESOLVED, RESOLVED, ACKNOWLEDGED, SUPPRESSED)


def drawn(chance: Random, clock: int, *, timed: bool) -> Alert:
    """Draw one alert of key `k`, received at `clock`."""
    state: State = chance.choice(STATES)
    sent = alert(
        state,
        chance.choice([*range(7), clock]) if timed or chance.random() < 0.8 else None,
        received=clock,
        severity=chance.choice([Severity.CRITICAL, Severity.LOW, None]),
        title=chance.choice(["a", "b", ""]),
        started_at=chance.choice([None, None, 0, 3]),
        sequence=chance.choice([None, None, 0, 1]),
        no_data=chance.random() < 0.2,
        times=Times.SINCE,
    )
    if timed:
        return sent
    return evolve(
        sent,
        times=chance.choice([*Times]),
        episode=chance.choice([None, "x", "y"]),
        expires_at=at(clock + chance.randrange(9)) if chance.random() < 0.3 else None,
    )


def test_the_naive_model_agrees(reducer: Reducer) -> None:
    """After each delivery of a repeating sender the incidents are those of the naive model."""
    chance = Random(12)  # noqa: S311
    for number in range(MANY):
        settle, clock = sec(chance.choice([0, 1, 3, 6])), 0
        policy, model, timeline = evolve(WIDE, settle=settle), NaiveSender(settle), Timeline()
        for _ in range(chance.randint(1, 9)):
            clock += chance.choice([0, 0, 1, 2, 5])
            again = model.deliveries and chance.random() < 0.3
            sent = (
                evolve(chance.choice(model.deliveries), received_at=at(clock))
                if again
                else drawn(chance, clock, timed=True)
            )
            timeline, _ = reducer.step(timeline, sent, policy)
            model.hear(sent)
            found = [(one.opened_at, one.resolved_at, one.state) for one in incidents(timeline, policy)]
            assert found == model.incidents(), number


def test_a_book_equals_its_steps() -> None:
    """Transitions and states of keys are those of `step` and `tick`, with restarts in the middle."""
    chance = Random(34)  # noqa: S311
    for number in range(MANY):
        policy = Policy(
            reorder_window=chance.choice([sec(0), sec(1), sec(3), timedelta(hours=1)]),
            max_recent=chance.choice([1, 2, 3, 32]),
            max_ahead=chance.choice([sec(0), sec(2), timedelta(minutes=5)]),
            retention=chance.choice([sec(5), timedelta(days=9)]),
            settle=chance.choice([None, sec(0), sec(1), sec(3), timedelta(minutes=1)]),
            expire_after=chance.choice([None, sec(1), sec(3)]),
        )
        book, lines, sent, clock = IncidentBook(default=policy), dict[str, Timeline](), list[Alert](), 0
        for _ in range(chance.randint(1, 12)):
            clock += chance.choice([0, 0, 1, 2, 7])
            expected: tuple[Transition, ...] = ()
            if chance.random() < 0.15:
                for key, line in [*lines.items()]:
                    lines[key], more = tick(line, at(clock), policy)
                    expected += more
                lines = {key: line for key, line in lines.items() if line}
                assert book.tick(at(clock)) == expected, number
            else:
                again = sent and chance.random() < 0.3
                one = evolve(chance.choice(sent), received_at=at(clock)) if again else drawn(chance, clock, timed=False)
                one = one if again else evolve(one, dedup_key=chance.choice("kl"))
                sent.append(one)
                lines[one.dedup_key], expected = step(lines.get(one.dedup_key, Timeline()), one, policy)
                assert book.apply(one) == expected, number
            if chance.random() < 0.1:
                book = IncidentBook.restore(json.loads(json.dumps(book.snapshot())), default=policy)
            assert {key: book.timeline("s", key) for key in lines} == lines, number
            assert len(book) == len(lines)
