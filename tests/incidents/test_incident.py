"""Reducer case by case: table, transitions, ids, time, expiry, limits, snapshots, arguments, documentation."""

import copy
import json
import pickle
import re
import runpy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from attrs import evolve, fields_dict
from attrs.exceptions import FrozenInstanceError

from alertmap.codec import to_dict
from alertmap.errors import ConfigurationError, LimitError
from alertmap.incidents import snapshot
from alertmap.incidents.book import IncidentBook, TooManyOpen
from alertmap.incidents.model import (
    EXPIRY,
    TRANSITIONS,
    Cause,
    Incident,
    IncidentState,
    Policy,
    Transition,
    TransitionKind,
)
from alertmap.incidents.snapshot import read_timeline, written_timeline
from alertmap.incidents.timeline import EVENTS, Statement, Timeline, incidents, step, tick
from alertmap.model import Alert, Problem, ProblemCode, Severity, State
from histories import ACKNOWLEDGED, FIRING, GUESS, RESOLVED, STEP, SUPPRESSED, T0, WIDE, Pager, alert, at, sec

fold, run = STEP.fold, STEP.run
GOLDENS = Path(__file__).parent / "snapshots"
K = TransitionKind
EXPIRES = evolve(WIDE, expire_after=sec(10))


def outcome(*events: Alert | datetime, policy: Policy = WIDE) -> list[tuple[TransitionKind, str]]:
    """Return kinds and causes of the transitions of the last of some alerts and ticks."""
    timeline, _ = run(events[:-1], policy)
    _, transitions = STEP.apply(timeline, events[-1], policy)
    return [(one.kind, one.cause.value) for one in transitions]


def only_incident(timeline: Timeline, policy: Policy = WIDE) -> Incident:
    """Return the incident of a timeline that has exactly one."""
    (found,) = incidents(timeline, policy)
    return found


# --- The table --------------------------------------------------------------------------------------------------------

BEFORE: dict[State | None, list[Alert]] = {
    None: [],
    FIRING: [alert(FIRING, 0)],
    ACKNOWLEDGED: [alert(FIRING, 0), alert(ACKNOWLEDGED, 1)],
    SUPPRESSED: [alert(FIRING, 0), alert(SUPPRESSED, 1)],
}
OPEN_STATES = (None, FIRING, ACKNOWLEDGED, SUPPRESSED)


def test_the_table_is_complete() -> None:
    """There is one cell for every state and event, and each leads to a state of the table."""
    assert set(product(OPEN_STATES, EVENTS)) == set(TRANSITIONS)
    assert {state for state, _ in TRANSITIONS.values()} == set(OPEN_STATES)


@pytest.mark.parametrize(("state", "event"), list(product(OPEN_STATES, State)))
def test_step_follows_every_cell_of_the_table(state: State | None, event: State) -> None:
    """In each state each event leads to the state of the cell, with a transition of its kind."""
    after, kind = TRANSITIONS[state, event]
    timeline = fold(BEFORE[state])

    timeline, transitions = step(timeline, alert(event, 2), WIDE)

    assert [kind] == [one.kind for one in transitions]
    assert after == (timeline.open.state if timeline.open else None)


@pytest.mark.parametrize("state", OPEN_STATES)
def test_every_open_state_expires(state: State | None) -> None:
    """The expiry closes an incident in any open state, and does nothing where none is open."""
    timeline = fold(BEFORE[state], EXPIRES)

    timeline, transitions = tick(timeline, at(99), EXPIRES)

    assert [TRANSITIONS[state, EXPIRY][1]] == [one.kind for one in transitions] or (state is None and not transitions)
    assert not timeline.open


@pytest.mark.parametrize("state", [ACKNOWLEDGED, SUPPRESSED, RESOLVED])
def test_an_alert_without_an_open_incident_is_ignored_but_kept(state: State) -> None:
    """It is ignored, and takes effect when its firing arrives late."""
    timeline, transitions = step(Timeline(), alert(state, 5), WIDE)
    assert (K.IGNORED, Cause.NOTHING_OPEN, None, at(5)) == (
        transitions[0].kind,
        transitions[0].cause,
        transitions[0].incident,
        transitions[0].at,
    )

    timeline = fold([alert(FIRING, 1)], WIDE, timeline)

    assert only_incident(timeline).state is state


# --- Transitions ------------------------------------------------------------------------------------------------------

F = [alert(FIRING, t) for t in range(10)]
R = [alert(RESOLVED, t) for t in range(10)]
A = [alert(ACKNOWLEDGED, t) for t in range(10)]
S = [alert(SUPPRESSED, t) for t in range(10)]
LOW = [alert(FIRING, t, severity=Severity.LOW) for t in range(10)]


@pytest.mark.parametrize(
    ("policy", "given", "expected"),
    [
        (WIDE, [F[1]], [(K.OPENED, "")]),
        (WIDE, [A[2], F[1]], [(K.OPENED, "late"), (K.ACKNOWLEDGED, "late")]),
        (WIDE, [S[2], F[1]], [(K.OPENED, "late"), (K.SUPPRESSED, "late")]),
        (WIDE, [R[2], F[1]], [(K.RESOLVED, "unannounced")]),
        (WIDE, [F[1], R[2]], [(K.RESOLVED, "")]),
        (WIDE, [F[1], A[3], R[2]], [(K.RESOLVED, "late")]),
        (EXPIRES, [F[1], at(11)], [(K.EXPIRED, "")]),
        (EXPIRES, [F[1], at(11), alert(FIRING, 1, received=12)], [(K.REOPENED, "revived")]),
        (
            EXPIRES,
            [F[1], A[2], at(20), alert(FIRING, 1, received=22)],
            [(K.REOPENED, "revived"), (K.ACKNOWLEDGED, "revived")],
        ),
        (EXPIRES, [F[1], at(11), alert(FIRING, 5, received=12)], [(K.OPENED, "")]),
        (EXPIRES, [F[1], alert(FIRING, 5, received=12)], [(K.EXPIRED, ""), (K.OPENED, "")]),
        (WIDE, [F[1], A[2]], [(K.ACKNOWLEDGED, "")]),
        (WIDE, [F[1], A[2], S[3]], [(K.SUPPRESSED, "")]),
        (WIDE, [F[1], S[2], F[3]], [(K.REOPENED, "unsuppressed")]),
        (WIDE, [F[1], S[2], LOW[3]], [(K.REOPENED, "unsuppressed"), (K.SEVERITY_CHANGED, "")]),
        (WIDE, [F[1], LOW[2]], [(K.SEVERITY_CHANGED, "")]),
        (WIDE, [F[1], F[2]], [(K.DEDUPLICATED, "")]),
        (WIDE, [F[2], F[1]], [(K.DEDUPLICATED, "late")]),
        (WIDE, [F[1], alert(FIRING, 1, received=9)], [(K.DEDUPLICATED, "")]),
        (WIDE, [F[1], A[2], alert(FIRING, 1, received=9)], [(K.DEDUPLICATED, "late")]),
        (WIDE, [F[1], R[5], R[3]], [(K.RESOLVED, "corrected")]),
        (WIDE, [F[2], R[5], F[1]], [(K.RESOLVED, "corrected")]),
        (WIDE, [F[1], R[5], F[3]], [(K.DEDUPLICATED, "corrected")]),
        (WIDE, [F[1], R[2], F[7], F[4], R[5]], [(K.RESOLVED, "unannounced"), (K.DEDUPLICATED, "late")]),
        (WIDE, [F[1], F[7], R[5]], [(K.RESOLVED, "late"), (K.OPENED, "late")]),
        (WIDE, [F[1], F[1]], [(K.IGNORED, "duplicate")]),
        (WIDE, [R[1], R[1]], [(K.IGNORED, "duplicate")]),
        (WIDE, [R[1]], [(K.IGNORED, "nothing_open")]),
        (WIDE, [F[1], R[2], R[3]], [(K.IGNORED, "nothing_open")]),
        (WIDE, [F[1], R[2], R[4], R[3]], [(K.IGNORED, "nothing_open")]),
        (WIDE, [R[2], R[1]], [(K.IGNORED, "nothing_open")]),
        (evolve(WIDE, reorder_window=sec(2)), [F[1], F[2], R[5], R[1]], [(K.IGNORED, "late")]),
        (
            evolve(WIDE, reorder_window=sec(2)),
            [F[1], F[2], F[5], alert(FIRING, 1, received=9)],
            [(K.DEDUPLICATED, "late")],
        ),
        (evolve(WIDE, max_recent=1), [F[1], F[2], F[1]], [(K.IGNORED, "late")]),
    ],
)
def test_transitions(policy: Policy, given: list[Alert | datetime], expected: list[tuple[TransitionKind, str]]) -> None:
    """Each kind and cause of transition, by the alerts that lead to it."""
    assert expected == outcome(*given, policy=policy)


def test_a_transition_has_incident_alert_and_time() -> None:
    """`at` is the time of the alert, or of the end of a closed incident; a transition of a tick has no alert."""
    late = alert(RESOLVED, 3, received=9)
    _, transitions = run([F[1], F[5], late, at(40)], EXPIRES)
    opened, repeated, resolved, split_off, expired = transitions

    assert (F[1], at(1)) == (opened.alert, opened.at)
    assert (F[5], at(5)) == (repeated.alert, repeated.at)
    assert (late, at(3)) == (resolved.alert, resolved.at)
    assert (late, at(3)) == (split_off.alert, split_off.at)
    assert (None, at(15)) == (expired.alert, expired.at)
    assert resolved.incident
    assert split_off.incident
    assert expired.incident
    assert (at(1), at(3), None) == (
        resolved.incident.opened_at,
        resolved.incident.resolved_at,
        resolved.incident.previous,
    )
    assert (at(5), None, resolved.incident.id) == (
        split_off.incident.opened_at,
        split_off.incident.resolved_at,
        split_off.incident.previous,
    )
    assert (True, at(15), RESOLVED) == (expired.incident.expired, expired.incident.resolved_at, expired.incident.state)


def test_a_severity_change_has_the_old_severity() -> None:
    """`was` is the severity before; `max_severity` stays."""
    _, transitions = run([F[1], LOW[2]])

    assert transitions[-1].was is Severity.HIGH
    assert transitions[-1].incident
    assert transitions[-1].incident.severity is Severity.LOW
    assert transitions[-1].incident.max_severity is Severity.HIGH


def test_a_merged_incident_names_its_target() -> None:
    """`was` is the id of the incident that it became part of: here the first start is received again after another."""
    policy = Policy()
    first = alert(FIRING, 0, received=5, episode="a")
    _, transitions = run(
        [first, alert(FIRING, 500, received=505, episode="b"), evolve(first, received_at=at(600))], policy
    )
    opened, _, second, merged, back = transitions
    assert opened.incident
    assert second.incident
    assert merged.incident
    assert back.incident

    assert (second.incident.id, opened.incident.id) == (merged.incident.id, merged.was)
    assert (RESOLVED, at(500), at(500)) == (merged.incident.state, merged.incident.resolved_at, merged.at)
    assert (opened.incident.id, K.REOPENED) == (back.incident.id, back.kind)


@pytest.mark.parametrize("state", [ACKNOWLEDGED, SUPPRESSED])
def test_a_title_that_the_core_made_replaces_none(state: State) -> None:
    """An acknowledgement or mute without a title of its own keeps that of the incident; one with a title has it."""
    made = (Problem(ProblemCode.TITLE_FALLBACK, "title", "the payload has no title; one was made"),)
    opening = alert(FIRING, 1, title="disk full")
    assert only_incident(fold([opening, alert(state, 2, title="Acme: 17", problems=made)])).title == "disk full"
    assert only_incident(fold([opening, alert(state, 2, title="disk is full")])).title == "disk is full"


# --- Incidents --------------------------------------------------------------------------------------------------------


def test_the_fields_of_an_incident() -> None:
    """All fields after a firing, a worse one, and the recovery."""
    given = [
        alert(FIRING, 1, started_at=0, episode="e", expires_at=90, title="warm"),
        alert(FIRING, 3, severity=Severity.CRITICAL, title="hot", received=4),
        alert(RESOLVED, 5, severity=None, title="fine"),
    ]

    found = only_incident(fold(given))

    assert found == Incident(
        id="c86a7479e8d26a9757b080eb4793bc40",
        source="s",
        vendor="acme",
        dedup_key="k",
        state=RESOLVED,
        severity=Severity.CRITICAL,
        max_severity=Severity.CRITICAL,
        title="hot",
        opened_at=at(1),
        last_seen=at(4),
        resolved_at=at(5),
        expires_at=at(90),
        count=2,
        episode="e",
    )
    assert not found.open
    assert json.loads(json.dumps(to_dict(found)))["opened_at"] == "2024-02-29T23:59:51Z"
    assert to_dict(found)["max_severity"] == "critical"
    with pytest.raises(FrozenInstanceError):
        found.title = "x"  # type: ignore[misc]


def test_the_id_is_made_from_source_key_and_opening() -> None:
    """Equal opening statements give equal ids; another source, key or time gives another id."""
    ids = {
        only_incident(fold([sent])).id
        for sent in (
            alert(FIRING, 1),
            alert(FIRING, 1, received=5, title="other", severity=Severity.LOW),
            alert(FIRING, 1, source="r"),
            alert(FIRING, 1, dedup_key="l"),
            alert(FIRING, 2),
            alert(FIRING, 2, sequence=3),
            alert(FIRING, 2, started_at=1),
            alert(FIRING, 2, no_data=True),
            alert(FIRING, 2, episode="e"),
        )
    }

    assert len(ids) == 8
    assert all(len(one) == 32 for one in ids)


def test_the_id_is_that_of_the_first_transition() -> None:
    """A late firing that moves the opening back, and folding after it, leave the id unchanged."""
    policy = evolve(WIDE, max_recent=2)
    timeline = fold([F[5]], policy)
    assert timeline.open
    announced_id = timeline.open.id

    for sent in (F[1], F[6], F[7]):
        timeline = fold([sent], policy, timeline)
        assert timeline.open
        assert (announced_id, at(1)) == (timeline.open.id, timeline.open.opened_at)


def test_after_a_split_the_announced_part_keeps_the_id() -> None:
    """After a late resolve in between, the part with the first announced statement keeps the id, even when folded."""
    policy = evolve(WIDE, max_recent=2)
    timeline = fold([F[5], F[1], F[6]], policy)
    assert timeline.base is not None
    assert timeline.base.announced_as is None
    assert timeline.open
    announced_id = timeline.open.id

    timeline, transitions = step(timeline, R[3], policy)

    assert [one.kind for one in transitions] == [K.RESOLVED, K.DEDUPLICATED]
    first, second = (one.incident for one in transitions)
    assert first
    assert second
    assert (announced_id, first.id) == (second.id, second.previous)
    assert first.id == only_incident(fold([F[1]])).id


@pytest.mark.parametrize("code", [ProblemCode.LEVEL_MISSING, ProblemCode.LEVEL_UNKNOWN])
@pytest.mark.parametrize("state", [FIRING, ACKNOWLEDGED])
def test_a_level_that_is_not_known_changes_no_severity(code: ProblemCode, state: State) -> None:
    """An alert without a known level has the fallback of its adapter; it counts where an incident has no severity."""
    guess = Problem(code, "level", "")
    stated, guessed = alert(FIRING, 1, severity=Severity.CRITICAL), {"severity": Severity.MEDIUM, "problems": (guess,)}
    for line in (fold([stated, alert(state, 2, **guessed)]), fold([alert(state, 2, **guessed), stated])):
        assert line.open is not None
        assert (line.open.severity, line.open.max_severity) == (Severity.CRITICAL, Severity.CRITICAL)
    opened = fold([alert(FIRING, 1, **guessed)]).open
    assert opened is not None
    assert opened.severity is Severity.MEDIUM
    lower = fold([alert(FIRING, 1, **guessed), alert(FIRING, 2, severity=Severity.LOW)]).open
    assert lower is not None
    assert (lower.severity, lower.max_severity) == (Severity.LOW, Severity.MEDIUM)


def test_of_two_deliveries_the_level_that_is_known_counts() -> None:
    """In any order; a fallback that is worse changes nothing."""
    known = alert(FIRING, 1, severity=Severity.LOW)
    guessed = alert(FIRING, 1, received=2, severity=Severity.HIGH, problems=(GUESS,))
    for line in (fold([known, guessed]), fold([guessed, known])):
        assert line.open is not None
        assert line.open.severity is Severity.LOW


def test_no_data_never_resolves_and_never_lowers_the_severity() -> None:
    """A firing with `no_data` keeps the worst severity and sets the flag; a resolve with it only sets the flag."""
    worse = fold([F[1], alert(FIRING, 2, no_data=True, severity=Severity.LOW)])
    assert worse.open
    assert (worse.open.severity, worse.open.no_data) == (Severity.HIGH, True)
    acked = fold([A[3]], WIDE, worse)
    assert acked.open
    assert acked.open.no_data
    cleared = fold([LOW[4]], WIDE, acked)
    assert cleared.open
    assert (cleared.open.severity, cleared.open.no_data) == (Severity.LOW, False)

    assert outcome(F[1], alert(RESOLVED, 2, no_data=True)) == [(K.DEDUPLICATED, "")]
    assert outcome(F[1], *[alert(RESOLVED, t, no_data=True) for t in (2, 3)]) == [(K.IGNORED, "duplicate")]
    assert outcome(F[1], *[alert(RESOLVED, t, no_data=True) for t in (2, 4, 3)]) == [(K.IGNORED, "duplicate")]


def test_deliveries_of_one_statement_count_once() -> None:
    """They count with the worst severity, greatest title, latest reception and latest deadline."""
    given = [
        alert(FIRING, 1, severity=Severity.LOW, title="b", received=3),
        alert(FIRING, 1, severity=Severity.HIGH, title="a", received=2, expires_at=50),
        alert(FIRING, 1, severity=None, title="", received=1, expires_at=40),
    ]

    found = only_incident(fold(given))

    assert (1, Severity.HIGH, "b", at(3), at(50)) == (
        found.count,
        found.severity,
        found.title,
        found.last_seen,
        found.expires_at,
    )


# --- Time and order ---------------------------------------------------------------------------------------------------


def test_equal_times_are_ordered_by_sequence_then_start_then_state() -> None:
    """The sender's sequence comes first, then the earlier start, then firing before resolved."""
    assert only_incident(fold([alert(RESOLVED, 5), alert(FIRING, 5)])).state is RESOLVED
    assert fold([alert(RESOLVED, 5, sequence=1), alert(FIRING, 5, sequence=2)]).open
    later = fold([F[1], alert(FIRING, 5, started_at=5), alert(RESOLVED, 5, started_at=1)])
    assert later.open
    assert (at(5), 2) == (later.open.opened_at, len(incidents(later, WIDE)))


def test_a_time_in_the_future_or_none_is_replaced_by_the_reception() -> None:
    """It is replaced beyond `max_ahead`; without both times an alert comes just after all others."""
    policy = Policy(max_ahead=sec(60))

    assert only_incident(fold([alert(FIRING, 61, received=0)], policy)).opened_at == at(0)
    assert only_incident(fold([alert(FIRING, 60, received=0)], policy)).opened_at == at(60)
    assert only_incident(fold([alert(FIRING, None, received=7)], policy)).opened_at == at(7)
    assert only_incident(fold([F[1], alert(RESOLVED, None, received=None)])).resolved_at == at(1) + timedelta(
        microseconds=1
    )
    assert only_incident(fold([alert(FIRING, None, received=None)])).opened_at == datetime(1970, 1, 1, tzinfo=UTC)


def test_time_zones_make_no_difference() -> None:
    """An aware time in any zone gives the same incident, in UTC."""
    tokyo = timezone(timedelta(hours=9))
    moved = evolve(F[1], occurred_at=at(1).astimezone(tokyo), received_at=at(1).astimezone(tokyo))

    assert fold([F[1]]) == fold([moved])
    assert only_incident(fold([moved])).opened_at.tzinfo is UTC


def test_episodes_count_for_untimed_alerts_only() -> None:
    """Without a time, a resolve of another episode and a firing of the closed one are stale; a time alone decides."""
    x: dict[str, Any] = {"t": None, "episode": "x"}
    y: dict[str, Any] = {"t": None, "episode": "y"}
    first = alert(FIRING, received=1, **x)

    assert outcome(first, alert(RESOLVED, received=2, **y)) == [(K.IGNORED, "stale_episode")]
    assert outcome(first, alert(RESOLVED, received=2, **x)) == [(K.RESOLVED, "")]
    assert outcome(first, alert(RESOLVED, None, received=2)) == [(K.RESOLVED, "")]
    assert outcome(first, alert(RESOLVED, 2, episode="y")) == [(K.RESOLVED, "")]
    closed = [first, alert(RESOLVED, received=2, **x)]
    assert outcome(*closed, alert(FIRING, received=3, **x)) == [(K.IGNORED, "stale_episode")]
    assert outcome(*closed, alert(FIRING, received=3, **y)) == [(K.OPENED, "")]
    assert outcome(*closed, alert(FIRING, 3, episode="x")) == [(K.OPENED, "")]


def test_an_untimed_incident_that_turns_out_stale_is_merged() -> None:
    """A late pair of the same episode makes an untimed firing stale: its incident is merged."""
    timeline = fold([alert(FIRING, None, received=5, episode="x"), alert(RESOLVED, 2)])

    _, transitions = step(timeline, alert(FIRING, 1, episode="x", received=6), WIDE)

    assert [(one.kind, one.cause.value) for one in transitions] == [(K.RESOLVED, "merged"), (K.RESOLVED, "unannounced")]


# --- Expiry and retention ---------------------------------------------------------------------------------------------


def test_the_later_deadline_counts() -> None:
    """It is the later of `last_seen + expire_after` and the sender's deadline; without both nothing expires."""
    sent = alert(FIRING, 1, expires_at=50)

    assert outcome(sent, at(49)) == []
    assert outcome(sent, at(50)) == [(K.EXPIRED, "")]
    assert outcome(sent, at(49), policy=EXPIRES) == []
    assert outcome(F[1], at(11), policy=EXPIRES) == [(K.EXPIRED, "")]
    assert outcome(F[1], at(10**8)) == []


def test_a_retried_delivery_does_not_undo_an_expiry() -> None:
    """A repeat with the passed deadline does not reopen; a later deadline does, unless it has passed too."""
    gone: list[Alert | datetime] = [alert(FIRING, 1, expires_at=5), at(6)]

    assert outcome(*gone, alert(FIRING, 1, expires_at=5, received=9)) == [(K.DEDUPLICATED, "corrected")]
    assert outcome(*gone, alert(FIRING, 1, expires_at=7, received=9)) == [(K.RESOLVED, "corrected")]
    assert outcome(*gone, alert(FIRING, 1, expires_at=10, received=9)) == [(K.REOPENED, "revived")]


def test_an_expiry_is_corrected_by_the_resolve() -> None:
    """A resolve after the expiry corrects it; a firing between them still opens an incident."""
    gone: list[Alert | datetime] = [F[1], at(20)]
    assert outcome(*gone, alert(RESOLVED, 1, received=21), policy=EXPIRES) == [(K.RESOLVED, "corrected")]

    between = alert(FIRING, 1, received=22, started_at=1, no_data=True)
    timeline = fold([between], EXPIRES, run([*gone, alert(RESOLVED, 1, received=21, started_at=0)], EXPIRES)[0])

    assert timeline.open


def test_an_expired_incident_keeps_an_end_after_a_policy_change() -> None:
    """With expiry switched off later, an incident that expired before ends at its `last_seen`."""
    timeline, _ = run([F[1], F[2], at(40)], EXPIRES)

    assert only_incident(timeline, WIDE).resolved_at == at(2)


def test_a_key_is_forgotten_after_retention() -> None:
    """With nothing open and no alert for `retention` the timeline is empty; an open key stays."""
    policy = evolve(WIDE, retention=sec(5))

    assert tick(fold([F[1], R[2]], policy), at(6.999), policy)[0]
    assert Timeline() == tick(fold([F[1], R[2]], policy), at(7), policy)[0]
    assert tick(fold([F[1]], policy), at(10**8), policy)[0].open
    assert Timeline() == tick(Timeline(), at(7), policy)[0]
    assert not tick(fold([R[2]], policy), at(7), policy)[0]
    both = evolve(policy, expire_after=sec(1))
    assert (Timeline(), 1) == (tick(fold([F[1]], both), at(7), both)[0], len(tick(fold([F[1]], both), at(7), both)[1]))


def test_a_firing_far_too_late_may_keep_the_open_incident_alive() -> None:
    """Below the horizon a firing moves `last_seen` only if it belongs to the open incident."""
    policy = evolve(WIDE, reorder_window=sec(2))
    given = [F[0], R[1], F[3], F[4], F[9]]

    assert outcome(*given, alert(FIRING, 3, received=20), policy=policy) == [(K.DEDUPLICATED, "late")]
    assert outcome(*given, alert(FIRING, 0, received=20), policy=policy) == [(K.IGNORED, "late")]
    assert outcome(*given, alert(ACKNOWLEDGED, 3, received=20), policy=policy) == [(K.IGNORED, "late")]
    assert outcome(*given, R[9], alert(FIRING, 3, received=20), policy=policy) == [(K.IGNORED, "late")]
    assert outcome(*given, alert(FIRING, 3, received=9), policy=policy) == [(K.IGNORED, "late")]


def test_the_ends_of_time() -> None:
    """Sums beyond the year 9999 stop there; a zone that leads out of the years is an error."""
    end = datetime.max.replace(tzinfo=UTC)
    policy = Policy(expire_after=timedelta(days=1))
    timeline = fold([evolve(F[1], occurred_at=end, received_at=end)], policy)
    assert tick(timeline, end, policy)[1][0].kind is K.EXPIRED
    assert only_incident(fold([alert(RESOLVED, None, received=None)], policy, timeline), policy).resolved_at

    beyond = datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))
    with pytest.raises(ConfigurationError, match="occurred_at lies outside the years 1 to 9999"):
        step(Timeline(), evolve(F[1], occurred_at=beyond), policy)


# --- The book ---------------------------------------------------------------------------------------------------------


def test_a_book_keeps_keys_and_policies_separate() -> None:
    """Each source has its policy, or the default; `open`, `incidents` and the length cover all keys."""
    book = IncidentBook({"quick": EXPIRES}, default=WIDE)
    book.apply([evolve(F[1], source="quick"), F[1], F[2], evolve(F[3], dedup_key="l"), R[4]])

    assert [(one.source, one.dedup_key) for one in book.open] == [("quick", "k"), ("s", "l")]
    assert [(one.source, one.dedup_key) for one in book.incidents] == [("quick", "k"), ("s", "k"), ("s", "l")]
    assert [one.kind for one in book.tick(at(60))] == [K.EXPIRED]
    assert [one.source for one in book.open] == ["s"]
    assert (book.policy("quick"), book.policy("s"), len(book)) == (EXPIRES, WIDE, 3)
    assert book.timeline("s", "l").open
    assert not book.timeline("s", "unknown")


def test_a_book_forgets_keys_after_retention() -> None:
    """A tick forgets a key whose retention is over."""
    book = IncidentBook(default=evolve(WIDE, retention=sec(5)))
    book.apply([F[1], R[2]])

    assert book.tick(at(7)) == ()
    assert len(book) == 0


def test_a_book_says_when_to_tick() -> None:
    """Its next time is that of the next expiry or forgotten key, also after alerts moved it; a tick before is idle."""
    book = IncidentBook({"quick": EXPIRES}, default=evolve(WIDE, retention=sec(100)))
    assert book.next_due() is None
    book.apply(F[1])
    assert book.next_due() is None
    book.apply(evolve(F[2], source="quick"))
    assert book.next_due() == at(12)
    book.apply(evolve(F[5], source="quick"))
    assert book.next_due() == at(15)
    assert not book.tick(at(14))
    assert [one.kind for one in book.tick(at(15))] == [K.EXPIRED]
    book.apply(R[3])
    assert book.next_due() == at(103)
    book.tick(at(103))
    assert len(book) == 1


def test_a_flapping_key_plans_no_more_than_one_time() -> None:
    """The times that were planned for earlier closings of a key do not pile up."""
    book = IncidentBook(default=evolve(WIDE, max_recent=2, reorder_window=sec(1)))
    for t in range(0, 6000, 2):
        book.apply([alert(FIRING, t), alert(RESOLVED, t + 1)])

    assert len(book._sources["s"].agenda) < 1100
    assert book.next_due() == at(5999) + WIDE.retention


def test_a_superseding_incident_may_end_before_the_old_one_would_have() -> None:
    """A book plans the earlier deadline of an incident that took the place of another."""
    book = IncidentBook(default=evolve(WIDE, settle=sec(1)))
    book.apply([alert(FIRING, 0, episode="a", expires_at=60), alert(FIRING, 10, episode="b", expires_at=20)])

    assert book.next_due() == at(20)
    assert [one.kind for one in book.tick(at(20))] == [TransitionKind.EXPIRED]


def test_the_time_of_receipt_may_be_given_with_the_alerts() -> None:
    """Alerts that have none get it, others keep theirs; a transition has the alert as it was applied."""
    book = IncidentBook()
    own, without = alert(FIRING, 1, received=4, dedup_key="l"), alert(FIRING, 1, received=None)

    transitions = book.apply([without, own], received_at=at(9))

    assert [one.alert and one.alert.received_at for one in transitions] == [at(9), at(4)]
    assert book.apply(R[2], at(10))[0].kind is K.RESOLVED
    assert [one.cause for one in book.apply(without, received_at=at(99))] == [Cause.STILL_FIRING]
    with pytest.raises(ConfigurationError, match="received_at must be an aware datetime"):
        book.apply(without, received_at=NAIVE)


def test_keys_beyond_the_limit_are_forgotten_but_never_open_ones() -> None:
    """The closed key without alerts for the longest time goes first, and the book counts them."""
    policy = evolve(WIDE, max_keys_per_source=3)
    book = IncidentBook(default=policy)
    for n, key in enumerate("abc"):
        book.apply(evolve(F[n], dedup_key=key))
    book.apply([evolve(R[5], dedup_key="b"), evolve(R[6], dedup_key="a")])

    book.apply([evolve(F[7], dedup_key="d"), evolve(F[7], source="other")])
    assert {one.dedup_key for one in book.incidents} == {"a", "c", "d", "k"}
    book.apply([evolve(F[8], dedup_key="e"), evolve(F[9], dedup_key="f")])

    assert {one.dedup_key for one in book.open} == {"c", "d", "e", "f", "k"}
    assert book.forgotten == {"s": 2}
    assert len(IncidentBook.restore(book.snapshot(), default=policy)) == 5


def test_a_too_many_open_error_can_be_pickled() -> None:
    """With its message and the transitions."""
    book = IncidentBook(default=evolve(WIDE, max_open_per_source=1))
    with pytest.raises(TooManyOpen) as caught:
        book.apply([F[1], evolve(F[1], dedup_key="l")])

    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own

    assert (str(again), again.transitions) == (str(caught.value), caught.value.transitions)
    assert copy.copy(caught.value).transitions == caught.value.transitions


def test_too_many_open_incidents_are_an_error() -> None:
    """The alert is not applied, nothing is evicted, and the error has the transitions of the alerts before it."""
    book = IncidentBook({"s": Policy(max_open_per_source=2)})
    keys = [evolve(F[1], dedup_key=key) for key in "abc"]

    with pytest.raises(LimitError, match="source 's' already has 2 open incidents, limit 2") as caught:
        book.apply([*keys, R[1]])

    assert isinstance(caught.value, TooManyOpen)
    assert [one.incident.dedup_key for one in caught.value.transitions if one.incident] == ["a", "b"]
    assert [one.dedup_key for one in book.open] == ["a", "b"]
    assert len(book) == 2
    book.apply([evolve(F[2], dedup_key="a"), evolve(F[1], source="other"), evolve(R[3], dedup_key="b"), keys[2]])
    assert [one.dedup_key for one in book.open] == ["a", "k", "c"]


def test_the_limit_counts_expired_and_restored_incidents() -> None:
    """An expiry frees a place, and a restored book knows its number of open incidents."""
    policy = evolve(EXPIRES, max_open_per_source=1)
    book = IncidentBook(default=policy)
    book.apply(F[1])
    again = IncidentBook.restore(book.snapshot(), default=policy)
    other = evolve(alert(FIRING, 2), dedup_key="other")

    with pytest.raises(TooManyOpen):
        again.apply(other)
    again.tick(at(11))

    assert [one.kind for one in again.apply(other)] == [K.OPENED]


# --- Snapshots --------------------------------------------------------------------------------------------------------


GOLDEN_POLICY = evolve(WIDE, max_recent=3, expire_after=sec(60), settle=sec(60))


def golden_book(version: int = snapshot.VERSION) -> IncidentBook:
    """Return a book with all kinds of content that a version has."""
    book = IncidentBook(default=GOLDEN_POLICY)
    book.apply([F[1], R[2], F[3], LOW[5], A[6], F[4], alert(FIRING, 7, expires_at=99, sequence=2**70, episode="ü")])
    book.apply([evolve(one, dedup_key="quiet") for one in (R[9], R[8])])
    book.apply([evolve(one, source="r", severity=None, no_data=True) for one in (F[1], S[2])])
    book.apply([evolve(one, dedup_key="moved") for one in (F[5], F[1], F[6], F[7])])
    book.apply(alert(FIRING, None, received=3, dedup_key="untimed"))
    if version > 1:
        book.apply([evolve(one, dedup_key="still") for one in (F[0], R[1], alert(FIRING, 0, received=62))])
    if version > 2:
        more: dict[str, Any] = {"resource": "db-1", "message": "m", "labels": {"team": "db", "e": ""}}
        book.apply(alert(FIRING, 61, dedup_key="details", links={"runbook": "https://x.test/"}, **more))
        book.apply([evolve(one, dedup_key="labels", **more) for one in (F[1], R[2], F[3], F[4], A[5])])
    if version > 3:
        book.apply([alert(FIRING, 61, dedup_key="guess"), alert(FIRING, 62, dedup_key="guess", problems=(GUESS,))])
        book.apply(alert(FIRING, 62, dedup_key="guess alone", severity=Severity.MEDIUM, problems=(GUESS,)))
    book.tick(at(62))
    return book


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_the_golden_snapshots_load(version: int) -> None:
    """The snapshot of each version loads with the same incidents. Never change these files: add another."""
    golden = json.loads((GOLDENS / f"incident-v{version}.json").read_text(encoding="utf-8"))

    book = IncidentBook.restore(golden, default=GOLDEN_POLICY)

    assert golden_book(version).incidents == book.incidents
    for incident, expected in zip(book.incidents, golden["expected"], strict=True):
        written = json.loads(json.dumps(to_dict(incident)).replace('Z"', '+00:00"'))  # as earlier releases wrote times
        assert {name: written[name] for name in expected} == expected
    if version == snapshot.VERSION:
        assert {name: golden[name] for name in ("version", "timelines")} == book.snapshot()


def test_a_book_of_version_1_learns_what_it_lacks_from_the_next_repeat() -> None:
    """A false resolve that an older release applied is taken back by the second repeat of the firing, at the latest."""
    old = json.loads((GOLDENS / "incident-v1.json").read_text(encoding="utf-8"))
    times = {"first": ["2024-02-29T23:59:50+00:00", -1, "2024-02-29T23:59:50+00:00", "firing", False, ""]}
    resolve = ["2024-03-01T00:00:50+00:00", -1, "2024-03-01T00:00:50+00:00", "resolved", False, ""]
    received = "2024-03-01T00:00:55+00:00"
    firing = {"key": times["first"], "title": "it burns", "heard": "2024-02-29T23:59:55+00:00", "marked": True}
    line = {"source": "s", "vendor": "acme", "dedup_key": "k", "heard": received}
    old["timelines"] = [line | {"recent": [firing, {"key": resolve, "title": "", "heard": received}]}]
    book = IncidentBook.restore(old)

    assert not book.open
    assert [one.kind for one in book.apply(alert(FIRING, 0, received=400))] == [K.REOPENED]
    assert book.snapshot()["version"] == snapshot.VERSION


SCHEMA = json.loads(Path(snapshot.__file__).with_name("snapshot.schema.json").read_text(encoding="utf-8"))


def test_snapshots_have_the_form_of_the_schema() -> None:
    """A book with all kinds of content, and each field of each object is in the schema."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(golden_book().snapshot())
    for name, readers in (("timeline", Timeline), ("statement", Statement), ("incident", IncidentState)):
        fields = fields_dict(Timeline) if readers is Timeline else readers.__annotations__
        assert set(SCHEMA["$defs"][name]["properties"]) == set(fields) - {"now"}
    broken = golden_book().snapshot()
    broken["timelines"][0]["recent"][0]["heard"] = "then"
    assert not validator.is_valid(broken)


def test_a_restored_book_continues_unchanged() -> None:
    """After a restart the same alerts give the same transitions."""
    live = golden_book()
    again = IncidentBook.restore(json.loads(json.dumps(live.snapshot())), default=GOLDEN_POLICY)

    assert live.apply([R[9], R[4], F[8]]) == again.apply([R[9], R[4], F[8]])
    assert live.tick(at(500)) == again.tick(at(500))
    assert live.snapshot() == again.snapshot()


EDGE_VALUES = [None, 0, -1, 1.5, True, "", "x", "resolved", "2024-01-01T00:00:00", [], [1], {}, {"a": 1}, 10**30]


def _paths(data: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [here, *(path for name, value in inner for path in _paths(value, (*here, name)))]


def _damaged(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = data.copy()
    copy[path[0]] = _damaged(data[path[0]], path[1:], value)
    return copy


def test_a_damaged_snapshot_is_refused_or_harmless() -> None:
    """Any value at any place of a snapshot gives either a `ConfigurationError` or a book that works."""
    intact = golden_book().snapshot()
    refused = 0
    for path in _paths(intact):
        for value in EDGE_VALUES:
            try:
                book = IncidentBook.restore(_damaged(intact, path, value), default=EXPIRES)
            except ConfigurationError as error:
                refused += str(error).startswith("snapshot: ")
            else:
                book.apply([F[0], R[0], F[3], R[6], evolve(F[9], source="r")])
                book.tick(at(100))
                assert book.incidents
                assert IncidentBook.restore(book.snapshot(), default=EXPIRES)
    assert refused > 1500


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda intact: intact | {"version": 5}, "this version is unknown; this release reads versions 1 to 4"),
        (lambda intact: intact | {"version": "2" * 99}, "this version is unknown"),
        (lambda intact: intact | {"version": 1}, "unknown keys; expected only"),
        (lambda _: {"timelines": []}, "this version is unknown"),
        (lambda intact: intact | {"timelines": intact["timelines"][:1] * 2}, "two timelines"),
        (lambda intact: intact | {"timelines": [{}]}, "recent is missing or invalid"),
        (lambda _: [], "expected an object with version and timelines, got list"),
    ],
)
def test_an_invalid_snapshot_is_an_error(damage: Callable[[Any], Any], message: str) -> None:
    """The error names the part that is wrong."""
    with pytest.raises(ConfigurationError, match=message):
        IncidentBook.restore(damage(golden_book().snapshot()))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("recent", lambda data: list(reversed(data["recent"]))),
        ("recent", lambda _: []),
        ("horizon", lambda _: None),
        ("horizon", lambda data: data["recent"][-1]["key"]),
        ("base", lambda data: data["base"] | {"opening": data["recent"][0]["key"]}),
        ("base", lambda data: data["base"] | {"state": "resolved"}),
        ("base", lambda data: data["base"] | {"resolved_at": data["last_received_at"]}),
        ("base", lambda data: data["base"] | {"announced_as": data["recent"][0]["key"]}),
    ],
)
def test_an_impossible_timeline_is_an_error(name: str, change: Callable[[Any], Any]) -> None:
    """Statements out of order or below the horizon, a base above it, an open incident with an end."""
    timeline = fold([F[1], F[2], F[3], F[4]], evolve(WIDE, max_recent=2))
    data = written_timeline(timeline)
    assert timeline == read_timeline(data, lambda _: WIDE)

    with pytest.raises(ConfigurationError, match="snapshot: "):
        read_timeline(data | {name: change(data)}, lambda _: WIDE)


# --- Arguments --------------------------------------------------------------------------------------------------------

NAIVE = datetime(2024, 1, 1)  # noqa: DTZ001


@pytest.mark.parametrize(
    "bad",
    [
        {"reorder_window": 3600},
        {"reorder_window": sec(-1)},
        {"max_recent": 0},
        {"max_recent": "many"},
        {"max_recent": True},
        {"max_ahead": None},
        {"retention": sec(-1)},
        {"settle": "1h"},
        {"settle": sec(-1)},
        {"max_keys_per_source": 0},
        {"expire_after": sec(0)},
        {"expire_after": 5},
        {"max_open_per_source": 0},
    ],
)
def test_an_invalid_policy_is_an_error(bad: dict[str, Any]) -> None:
    """The error names the field and what it got."""
    ((name, value),) = bad.items()
    with pytest.raises(ConfigurationError, match=rf"^policy: {name} must be .*got {re.escape(repr(value))}$"):
        Policy(**bad)


def test_the_largest_policy() -> None:
    """A limit may be any number that a database holds."""
    assert Policy(max_recent=2**63 - 1).max_recent == 2**63 - 1
    with pytest.raises(ConfigurationError, match="policy: max_recent must be"):
        Policy(max_recent=2**63)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("source", None),
        ("vendor", 1),
        ("dedup_key", b"k"),
        ("state", "firing"),
        ("severity", "high"),
        ("title", None),
        ("sequence", "1"),
        ("episode", 7),
        ("no_data", None),
        ("occurred_at", NAIVE),
        ("started_at", "2024-01-01"),
        ("received_at", NAIVE),
        ("expires_at", 5),
    ],
)
def test_an_alert_with_wrong_types_is_an_error(field: str, value: Any) -> None:
    """The error names the field, and no alert of the batch is applied."""
    book = IncidentBook()
    with pytest.raises(ConfigurationError, match=f"alert: {field} must be"):
        book.apply([F[1], evolve(F[2], **{field: value})])
    assert not book.incidents


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: IncidentBook().apply(5), "expected Alert or an iterable of them, got int"),  # type: ignore[arg-type]
        (lambda: IncidentBook().apply(["x"]), "expected Alert, got str"),  # type: ignore[list-item]
        (
            lambda: IncidentBook().tick(NAIVE),
            r"now must be an aware datetime such as datetime.now\(UTC\), got a naive datetime",
        ),
        (lambda: IncidentBook({"s": None}), "expected Policy, got NoneType"),  # type: ignore[dict-item]
        (lambda: IncidentBook().policy([]), "source must be text, got list"),  # type: ignore[arg-type]
        (lambda: IncidentBook().timeline("s", None), "dedup_key must be text, got NoneType"),  # type: ignore[arg-type]
        (lambda: IncidentBook(default=5), "expected Policy, got int"),  # type: ignore[arg-type]
        (lambda: IncidentBook([("s", 1)]), "expected Policy, got int"),  # type: ignore[arg-type]
        (lambda: IncidentBook(5), "policies: expected a mapping of source names to Policy, got int"),  # type: ignore[arg-type]
        (lambda: step(None, F[1], WIDE), "expected Timeline, got NoneType"),  # type: ignore[arg-type]
        (lambda: step(Timeline(), F[1], None), "expected Policy, got NoneType"),  # type: ignore[arg-type]
        (lambda: tick(None, T0, WIDE), "expected Timeline, got NoneType"),  # type: ignore[arg-type]
        (lambda: tick(Timeline(), T0, None), "expected Policy, got NoneType"),  # type: ignore[arg-type]
        (lambda: tick(Timeline(), "now", WIDE), r"now must be an aware datetime such as datetime.now\(UTC\), got str"),  # type: ignore[arg-type]
        (lambda: step(fold([F[1]]), evolve(F[2], source="r"), WIDE), "another source or dedup key"),
        (lambda: step(fold([F[1]]), evolve(F[2], dedup_key="r"), WIDE), "another source or dedup key"),
    ],
)
def test_wrong_arguments_are_errors(call: Callable[[], object], message: str) -> None:
    """Public functions raise only this library's errors, which name the expected type."""
    with pytest.raises(ConfigurationError, match=message):
        call()


def test_transitions_are_values() -> None:
    """Equal transitions compare equal, and none can be changed."""
    (one,), (other,) = (step(Timeline(), F[1], WIDE)[1] for _ in range(2))
    assert isinstance(one, Transition)
    assert one == other
    assert one != evolve(one, cause=Cause.LATE)
    with pytest.raises(FrozenInstanceError):
        one.at = T0  # type: ignore[misc]


# --- Documentation ----------------------------------------------------------------------------------------------------

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["incidents.md", "pager.md"])
def test_the_examples_of_the_pages_run(page: str) -> None:
    """All Python blocks of a page run, in order."""
    blocks = re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 2
    exec("\n".join(blocks), {})  # noqa: S102 - running the examples is the test


def test_the_page_names_every_kind_cause_and_field() -> None:
    """The tables of the page have all kinds, all causes and all fields of a policy."""
    page = (DOCS / "incidents.md").read_text(encoding="utf-8")

    assert all(f"`{kind.name}`" in page for kind in TransitionKind)
    assert all(f"| `{cause}` |" in page for cause in Cause if cause)
    assert all(f"| `{name}` |" in page for name in fields_dict(Policy))


def test_the_diagram_equals_the_table() -> None:
    """The drawing has every cell of the table."""
    diagram = runpy.run_path(str(DOCS / "_ext" / "incident_diagram.py"))
    rows = diagram["table"]().splitlines()
    drawn = ET.fromstring(diagram["svg"]())  # noqa: S314 - our own text

    assert [["incident", *map(diagram["word"], EVENTS)]] == [_cells(row) for row in rows[:1]]
    for state, row in zip(OPEN_STATES, rows[2:], strict=True):
        for event, cell in zip(EVENTS, _cells(row)[1:], strict=True):
            after, kind = TRANSITIONS[state, event]
            assert cell.startswith(kind.value)
            assert after is state or cell.endswith(diagram["word"](after) if after else "closed")
    arrows = {(state, after) for (state, _), (after, _) in TRANSITIONS.items() if state is not after}
    assert len(arrows) == sum(1 for path in drawn.iter("{http://www.w3.org/2000/svg}path") if path.get("marker-end"))


def _cells(row: str) -> list[str]:
    return [cell.strip(" *") for cell in row.strip("|").split("|")]


def test_a_resolve_that_takes_the_opening_from_a_repeat_closes_the_page() -> None:
    """The statement that an id was made from may lose its effect: its incident is then closed, and no other."""
    pager, timeline = Pager(), Timeline()
    policy = Policy(max_recent=2, reorder_window=sec(1), max_ahead=sec(0), settle=None)
    for sent in (
        alert(RESOLVED, 0, no_data=True),
        alert(FIRING, None, received=None, episode="y"),
        alert(FIRING, 0),
        alert(FIRING, 0, received=None, episode="y"),
        alert(RESOLVED, 0),
    ):
        timeline, transitions = step(timeline, sent, policy)
        pager.follow(transitions)
        assert pager.agrees([timeline.open] if timeline.open else [])
