"""Thirty minimal histories: what each alert leads to, and the incidents at the end.

A history is a line of alerts, each with the kinds and causes of its transitions. `F0@5` is a firing whose `occurred_at`
is 0 s, received at 5 s (`@-`: unknown); R, A and S are resolved, acknowledged and suppressed. After it: `stated` for a
sender that gives each statement a time of its own, `epa` for the episode a, `x100` for a deadline at 100 s, `st800` for
a start at 800 s. `tick@99` is a tick. Without `stated` the times are starts, which a repeat has again.
"""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from alertmap.incidents.model import Policy, Transition
from alertmap.incidents.timeline import Timeline, incidents
from alertmap.model import Alert, Times
from histories import ACKNOWLEDGED, FIRING, RESOLVED, SUPPRESSED, T0, Reducer, alert, at

STATES = {"F": FIRING, "R": RESOLVED, "A": ACKNOWLEDGED, "S": SUPPRESSED}
NEVER_SETTLED = Policy(settle=None)

Incidents = list[tuple[int, int | None, str]]

HISTORIES: dict[str, tuple[str, Incidents]] = {
    "1 still firing": (
        (
            "F0@5: opened ; R60@65: resolved ; F0@400: reopened/still_firing ; F0@4000: deduplicated ; "
            "R5000@5005: resolved"
        ),
        [(0, 5000, "")],
    ),
    "2 echo, then the resolve again": (
        (
            "F0@5: opened ; R60@65: resolved ; F0@75: deduplicated/corrected ; F0@76: deduplicated/corrected ; "
            "R60@91: ignored/duplicate ; tick@9999: -"
        ),
        [(0, 60, "")],
    ),
    "3 within settle only, not repeated": (
        "F0@5: opened ; R60@65: resolved ; F0@75: deduplicated/corrected ; tick@9999: -",
        [(0, 60, "")],
    ),
    "4 within settle, then a later end": (
        "F0@5: opened ; R60@65: resolved ; F0@75: deduplicated/corrected ; R100@101: ignored/nothing_open",
        [(0, 60, "")],
    ),
    "5 two replicas disagree": (
        (
            "F0@5: opened ; R60@65: resolved ; F0@80: deduplicated/corrected ; R60@95: ignored/duplicate ; "
            "F0@110: deduplicated/corrected ; R60@170: ignored/duplicate ; F0@186: reopened/still_firing ; "
            "R60@200: resolved ; F0@215: reopened/still_firing"
        ),
        [(0, None, "")],
    ),
    "6 an earlier start": ("F4@5: opened ; R60@65: resolved ; F0@400: reopened/still_firing", [(0, None, "")]),
    "7 a start inside the closed incident": (
        "F0@5: opened ; R60@65: resolved ; F30@400: reopened/still_firing",
        [(0, None, "")],
    ),
    "8 below the horizon": (
        (
            "F0@5: opened ; R30000@30005: resolved ; F0@31000: reopened/still_firing ; F0@45000: deduplicated/late ; "
            "R50000@50005: resolved"
        ),
        [(0, 50000, "")],
    ),
    "9 no incident known, start below the window": (
        "R30000@30005: ignored/nothing_open ; F0@31000: opened/still_firing",
        [(0, None, "")],
    ),
    "10 no incident known, start below the horizon": (
        "R1@2: ignored/nothing_open ; R30000@30005: ignored/nothing_open ; F0@31000: opened/still_firing",
        [(0, None, "")],
    ),
    "11 acknowledged before": (
        "F0@5: opened ; A20@20: acknowledged ; R60@65: resolved ; F0@400: reopened/still_firing",
        [(0, None, "")],
    ),
    "12 muted": ("F0@5: opened ; S60@60: suppressed ; F0@400: reopened/unsuppressed", [(0, None, "")]),
    "13 the start of an older incident": (
        (
            "F0@5: opened ; R60@65: resolved ; F100@101: opened ; R200@201: resolved ; "
            "F0@600: deduplicated/corrected, reopened/still_firing"
        ),
        [(0, 60, ""), (100, None, "")],
    ),
    "14 stated: a late retry": (
        "F0@5 stated: opened ; R60@65 stated: resolved ; F0@4000 stated: deduplicated/corrected",
        [(0, 60, "")],
    ),
    "15 settle is None": (
        "never ; F0@5: opened ; R60@65: resolved ; F0@4000: deduplicated/corrected",
        [(0, 60, "")],
    ),
    "16 no time of receipt": (
        "F0@-: opened ; R60@-: resolved ; F0@-: ignored/duplicate ; tick@9999: -",
        [(0, 60, "")],
    ),
    "17 superseded": (
        "F0@5 epa: opened ; F5000@5005 epb: expired/superseded, opened ; R6000@6005 epb: resolved",
        [(0, 5000, "x"), (5000, 6000, "")],
    ),
    "18 superseded, and its resolve comes late": (
        "F0@5 epa: opened ; F5000@5005 epb: expired/superseded, opened ; R600@5100 epa: ignored/late",
        [(0, 5000, "x"), (5000, None, "")],
    ),
    "19 two replicas with other starts": (
        (
            "F0@5 epa: opened ; F0@65 epa: deduplicated ; F70@75 epb: deduplicated ; F0@125 epa: deduplicated ; "
            "F70@135 epb: deduplicated"
        ),
        [(0, None, "")],
    ),
    "20 a resolve after the expiry": (
        "F0@5 x100: opened ; tick@101: expired ; R80@102: resolved/corrected",
        [(0, 80, "")],
    ),
    "21 a resolve of a later episode after the expiry": (
        "F0@5 x100: opened ; tick@101: expired ; R900@902 st800: ignored/nothing_open",
        [(0, 100, "x")],
    ),
    "22 the window holds from the start, stated": (
        "F7200@7201 stated: opened ; F10@7202 stated: ignored/late",
        [(7200, None, "")],
    ),
    "23 a repeat whose deadline has passed": (
        "F0@5 x100: opened ; R60@65: resolved ; F0@400 x100: deduplicated/corrected ; tick@500: -",
        [(0, 60, "")],
    ),
    "24 late retry of a replica, never taken back": (
        "F0@5: opened ; R60@65: resolved ; F0@400: reopened/still_firing",
        [(0, None, "")],
    ),
    "25 the resolve once more after it": (
        "F0@5: opened ; R60@65: resolved ; F0@400: reopened/still_firing ; R60@460: resolved",
        [(0, 60, "")],
    ),
    # 26 has a reopen window: tests/incidents/test_quiet.py.
    "27 the first of two starts again after it was superseded": (
        "F0@5 epa: opened ; F500@505 epb: expired/superseded, opened ; F0@600 epa: resolved/merged, reopened",
        [(0, None, "")],
    ),
    "28 the resolve first, its firing a second later": (
        "R60@65: ignored/nothing_open ; F0@66: resolved/unannounced ; tick@9999: -",
        [(0, 60, "")],
    ),
    "29 a clock far ahead: untimed, same episode": (
        "F9000@5 epa: opened ; R9060@65 epa: resolved ; F9000@400 epa: reopened/still_firing",
        [(5, None, "")],
    ),
    "30 a clock ten minutes ahead, a retry": (
        "F600@10 epa: opened ; R780@190 epa: resolved ; F600@510 epa: opened",
        [(10, 190, ""), (600, None, "")],
    ),
}


def _event(text: str) -> Alert | datetime:
    """Return the alert or the tick that the first part of a step names."""
    first, *more = text.split()
    state, occurred, received = re.fullmatch(r"([A-Z]|tick)(\d*)@(\d+|-)", first).groups()  # type: ignore[union-attr]
    if state == "tick":
        return at(int(received))
    facts: dict[str, Any] = {"times": Times.SINCE}
    for word in more:
        if word == "stated":
            facts["times"] = Times.STATED
        elif word.startswith("ep"):
            facts["episode"] = word[2:]
        elif word.startswith("st"):
            facts["started_at"] = int(word[2:])
        else:
            facts["expires_at"] = int(word[1:])
    return alert(STATES[state], int(occurred), received=None if received == "-" else int(received), **facts)


def _text(one: Transition) -> str:
    return one.kind.value + (f"/{one.cause.value}" if one.cause else "")


@pytest.mark.parametrize("name", HISTORIES)
def test_history(reducer: Reducer, name: str) -> None:
    """Each alert of the history has the transitions beside it, and the incidents at the end are the given ones."""
    line, expected = HISTORIES[name]
    steps = line.split(" ; ")
    policy = NEVER_SETTLED if steps[0] == "never" else Policy()
    timeline = Timeline()
    for part in steps[policy.settle is None :]:
        given, _, outcome = part.rpartition(": ")
        timeline, transitions = reducer.apply(timeline, _event(given), policy)
        assert (", ".join(map(_text, transitions)) or "-") == outcome, part
    found = [
        (_seconds(one.opened_at), one.resolved_at and _seconds(one.resolved_at), "x" if one.expired else "")
        for one in incidents(timeline, policy)
    ]
    assert found == expected


def _seconds(time: datetime) -> int:
    return int((time - T0) / timedelta(seconds=1))


def test_there_are_thirty() -> None:
    """All are there but the one that runs through the quiet layer."""
    numbers = {int(name.partition(" ")[0]) for name in HISTORIES}
    assert numbers == set(range(1, 31)) - {26}


@pytest.mark.parametrize("ahead", [-600, 600])
def test_a_slow_or_fast_clock_delays_the_superseding(reducer: Reducer, ahead: int) -> None:
    """A sender whose clock is d behind is superseded only after a silence of d and settle; nothing else is lost."""
    policy = Policy()

    def two_episodes(seconds: int) -> list[Alert]:
        return [
            alert(FIRING, ahead, received=0, episode="a"),
            alert(FIRING, seconds + ahead, received=seconds, episode="b"),
        ]

    timeline, transitions = reducer.run(two_episodes(5000), policy)
    assert [_text(one) for one in transitions] == ["opened", "expired/superseded", "opened"]
    timeline, transitions = reducer.run(two_episodes(630), policy)
    assert ("expired/superseded" in [_text(one) for one in transitions]) is (ahead > 0)
    assert timeline.is_open
