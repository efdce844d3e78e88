"""Two books against a naive model: one that remembers all, and one with a small memory that is also taken down."""

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
from histories import WIDE, Naive, Pager, alert, at, bare, naive, policies, sec, statements

KEYS = st.sampled_from([("s", "k"), ("s", "l"), ("r", "k")])


class Books(RuleBasedStateMachine):
    """The `wide` book hears timed alerts without deadlines, in any order; the `tight` one hears everything."""

    @initialize(policy=policies())
    def start(self, policy: Policy) -> None:
        """Begin with nothing, and some policy for the tight book."""
        self.policy = policy
        self.clock = 0
        self.wide = IncidentBook(default=WIDE)
        self.tight = IncidentBook(default=policy)
        self.heard: dict[tuple[str, str], list[Alert]] = {}
        self.pure: dict[tuple[str, str], Timeline] = {}
        self.pagers = (Pager(), Pager())

    def hear(self, said: Alert) -> None:
        """Give an alert to both books, to their pagers, and to the pure step."""
        key = (said.source, said.dedup_key)
        told = self.tight.apply(said)
        self.pagers[1].hear(told)
        self.pure[key], expected = step(self.pure.get(key, Timeline()), said, self.policy)
        assert expected == told
        if said.occurred_at and not said.expires_at:
            self.heard.setdefault(key, []).append(said)
            self.pagers[0].hear(self.wide.apply(said))

    @rule(said=statements(timed=False, expiry=True), key=KEYS, pause=st.sampled_from([0, 0, 1, 4]))
    def an_alert_arrives(self, said: Alert, key: tuple[str, str], pause: int) -> None:
        """Anything, received now."""
        self.clock += pause
        self.hear(evolve(said, source=key[0], dedup_key=key[1], received_at=at(self.clock)))

    @rule(said=statements(timed=True, expiry=False), key=KEYS)
    def an_alert_arrives_at_an_unknown_time(self, said: Alert, key: tuple[str, str]) -> None:
        """Nobody noted when it was received."""
        self.hear(evolve(said, source=key[0], dedup_key=key[1]))

    @rule(said=statements(timed=True, expiry=False), key=KEYS)
    def the_newest_arrives(self, said: Alert, key: tuple[str, str]) -> None:
        """Something that just happened."""
        self.clock += 1
        t = at(self.clock)
        self.hear(evolve(said, source=key[0], dedup_key=key[1], occurred_at=t, received_at=t))

    @rule(data=st.data(), key=KEYS)
    def an_alert_is_repeated(self, data: st.DataObject, key: tuple[str, str]) -> None:
        """A delivery comes again, as it was."""
        if self.heard.get(key):
            self.hear(data.draw(st.sampled_from(self.heard[key])))

    @rule(pause=st.integers(0, 5))
    def time_passes(self, pause: int) -> None:
        """The host ticks."""
        self.clock += pause
        now = at(self.clock)
        self.pagers[1].hear(self.tight.tick(now))
        assert not self.wide.tick(now)
        self.pure = {key: tick(timeline, now, self.policy)[0] for key, timeline in self.pure.items()}

    @rule()
    def the_process_restarts(self) -> None:
        """The tight book is written to JSON and read back."""
        self.tight = IncidentBook.restore(json.loads(json.dumps(self.tight.snapshot())), default=self.policy)

    @invariant()
    def the_wide_book_is_the_naive_model(self) -> None:
        """What all alerts come to when they are sorted first."""
        expected = {key: naive(heard) for key, heard in self.heard.items()}
        found: dict[tuple[str, str], list[Naive]] = {key: [] for key in self.heard}
        for incident in self.wide.incidents:
            found[incident.source, incident.dedup_key].append(bare(incident))
        assert expected == found

    @invariant()
    def the_tight_book_is_the_pure_step(self) -> None:
        """A book is nothing but its timelines."""
        assert self.pure == {key: self.tight.timeline(*key) for key in self.pure}
        assert len(self.tight) == sum(1 for timeline in self.pure.values() if timeline)

    @invariant()
    def the_pagers_agree(self) -> None:
        """Who hears transitions only knows what is open."""
        assert self.pagers[0].agrees(self.wide.open)
        assert self.pagers[1].agrees(self.tight.open)


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_the_naive_model_knows_the_seed_rule() -> None:
    """The model that the books are held to opens a new incident for a firing after the resolve."""
    firing, *_, resolved = State
    found = naive([alert(firing, 3), alert(firing, 1), alert(resolved, 2)])

    assert [(at(1), at(2)), (at(3), None)] == [(one.opened_at, one.resolved_at) for one in found]
    assert found[0].last_seen + sec(2) == found[1].last_seen == at(3)
    assert timedelta(0) < WIDE.max_ahead
