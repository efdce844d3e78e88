"""Two books against a naive model: one with full memory, and one with little memory that is also restarted."""

import json
from datetime import timedelta

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alertmap.incidents.book import IncidentBook
from alertmap.incidents.model import Policy
from alertmap.incidents.timeline import Timeline, step, tick
from alertmap.model import Alert, State
from histories import (
    TIMED,
    WIDE,
    NaiveIncident,
    Pager,
    alert,
    at,
    naive_incidents,
    policies,
    sec,
    unreceived_alerts,
    without_ids,
)

KEYS = st.sampled_from([("s", "k"), ("s", "l"), ("r", "k")])


class Books(RuleBasedStateMachine):
    """The `wide` book takes timed alerts without deadlines, in any order; the `tight` book takes all alerts."""

    @initialize(policy=policies())
    def start(self, policy: Policy) -> None:
        """Start with empty books, and a random policy for the tight one."""
        self.policy = policy
        self.clock = 0
        self.wide = IncidentBook(default=WIDE)
        self.tight = IncidentBook(default=policy)
        self.sent: dict[tuple[str, str], list[Alert]] = {}
        self.pure: dict[tuple[str, str], Timeline] = {}
        self.pagers = (Pager(), Pager())

    def apply(self, sent: Alert) -> None:
        """Apply an alert to both books and to the pure step, and its transitions to the pagers."""
        key = (sent.source, sent.dedup_key)
        transitions = self.tight.apply(sent)
        self.pagers[1].follow(transitions)
        self.pure[key], expected = step(self.pure.get(key, Timeline()), sent, self.policy)
        assert expected == transitions
        if sent.occurred_at and not sent.expires_at and sent.times in TIMED:
            self.sent.setdefault(key, []).append(sent)
            self.pagers[0].follow(self.wide.apply(sent))

    @rule(sent=unreceived_alerts(timed=False, expiry=True), key=KEYS, pause=st.sampled_from([0, 0, 1, 4]))
    def an_alert_arrives(self, sent: Alert, key: tuple[str, str], pause: int) -> None:
        """Apply any alert, received now."""
        self.clock += pause
        self.apply(evolve(sent, source=key[0], dedup_key=key[1], received_at=at(self.clock)))

    @rule(sent=unreceived_alerts(timed=True, expiry=False), key=KEYS)
    def an_alert_arrives_at_an_unknown_time(self, sent: Alert, key: tuple[str, str]) -> None:
        """Apply an alert without `received_at`."""
        self.apply(evolve(sent, source=key[0], dedup_key=key[1]))

    @rule(sent=unreceived_alerts(timed=True, expiry=False), key=KEYS)
    def the_newest_arrives(self, sent: Alert, key: tuple[str, str]) -> None:
        """Apply an alert newer than all others, received now."""
        self.clock += 1
        t = at(self.clock)
        self.apply(evolve(sent, source=key[0], dedup_key=key[1], occurred_at=t, received_at=t))

    @rule(data=st.data(), key=KEYS)
    def an_alert_is_repeated(self, data: st.DataObject, key: tuple[str, str]) -> None:
        """Apply an earlier delivery again, unchanged."""
        if self.sent.get(key):
            self.apply(data.draw(st.sampled_from(self.sent[key])))

    @rule(pause=st.integers(0, 5))
    def time_passes(self, pause: int) -> None:
        """Tick both books."""
        self.clock += pause
        now = at(self.clock)
        self.pagers[1].follow(self.tight.tick(now))
        assert not self.wide.tick(now)
        self.pure = {key: tick(timeline, now, self.policy)[0] for key, timeline in self.pure.items()}

    @rule()
    def the_process_restarts(self) -> None:
        """Write the tight book to JSON and read it back."""
        self.tight = IncidentBook.restore(json.loads(json.dumps(self.tight.snapshot())), default=self.policy)

    @invariant()
    def the_wide_book_equals_the_naive_model(self) -> None:
        """The wide book has the incidents of the sorted alerts."""
        expected = {key: naive_incidents(alerts) for key, alerts in self.sent.items()}
        found: dict[tuple[str, str], list[NaiveIncident]] = {key: [] for key in self.sent}
        for incident in self.wide.incidents:
            found[incident.source, incident.dedup_key].append(without_ids(incident))
        assert expected == found

    @invariant()
    def the_tight_book_equals_the_pure_step(self) -> None:
        """The tight book has the timelines of `step` and `tick`."""
        assert self.pure == {key: self.tight.timeline(*key) for key in self.pure}
        assert len(self.tight) == sum(1 for timeline in self.pure.values() if timeline)

    @invariant()
    def the_pagers_agree(self) -> None:
        """A pager that follows transitions knows what is open."""
        assert self.pagers[0].agrees(self.wide.open)
        assert self.pagers[1].agrees(self.tight.open)


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_the_naive_model_opens_a_new_incident_after_a_resolve() -> None:
    """The reference of these tests opens a new incident for a firing after the resolve."""
    firing, *_, resolved = State
    found = naive_incidents([alert(firing, 3), alert(firing, 1), alert(resolved, 2)])

    assert [(at(1), at(2)), (at(3), None)] == [(one.opened_at, one.resolved_at) for one in found]
    assert found[0].last_seen + sec(2) == found[1].last_seen == at(3)
    assert timedelta(0) < WIDE.max_ahead
