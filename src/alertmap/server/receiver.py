"""From a request to incidents and an outbox, in one transaction with the request itself; then the answer.

`Receiver` knows no thread and no socket; `alertmap.server.writer` runs it.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve, frozen

from alertmap.codec import to_dict
from alertmap.errors import Refusal
from alertmap.incidents.model import Cause, Policy, Transition, TransitionKind
from alertmap.incidents.timeline import NEVER, Timeline, due, step, tick
from alertmap.intake.receive import Accepted, Duplicate, Handshake, Outcome, Rejected, receive, refuse
from alertmap.intake.redact import redact
from alertmap.intake.source import Source
from alertmap.intake.verify import Fetch
from alertmap.model import Alert, Batch, Reply, Request
from alertmap.output.render import message_of
from alertmap.server.config import Config, Receiving
from alertmap.server.databases import StoreError
from alertmap.server.transaction import Result, Stored, Transaction
from alertmap.target import Message

log = logging.getLogger("alertmap.server")

_SENT = frozenset(TransitionKind) - {TransitionKind.DEDUPLICATED, TransitionKind.IGNORED}
"""Transitions that targets are sent; a repeat would only page again."""


@frozen(kw_only=True)
class Done:
    """The answer to a request, and what it was."""

    answer: Reply
    outcome: str
    """`alerts`, `none`, `handshake`, `probe`, `duplicate` or `rejected`."""
    message: str = ""
    """A sentence for the log; no value of the request stands in it."""
    changed: int = 0
    """Number of changes of incidents."""


@frozen
class Receiver:
    """The rules of one configuration."""

    config: Config
    started: datetime | None = None
    """When the process began to receive: what was sent before it may be lost, so silence counts from then on."""
    fetch: Fetch | None = None

    def take(self, transaction: Transaction, source: Source, request: Request, now: datetime) -> Done:
        """Receive one request within a transaction."""
        outcome = receive(request, source, now, seen=transaction, fetch=self.fetch, limits=self.config.limits)
        match outcome:
            case Accepted(batch=batch, marks=marks):
                result = _result(batch)
                number = self._keep(transaction, source, request, now, result)
                applied = self._apply(transaction, batch, now, number)
                if applied.left_out:
                    transaction.set_result(number, result._replace(reason=TOO_MANY_OPEN))
                transaction.put(source.name, marks, now)
                return applied.done(outcome.answer, result)
            case Handshake(confirm_url=url):
                # A question by GET or OPTIONS needs no proof, and no body: anybody could fill the store with it.
                asked = evolve(request, body=b"") if request.method in ("GET", "OPTIONS") else request
                self._keep(transaction, source, asked, now, Result("handshake", "", 0, 0))
                more = ": it waits for a visit of the URL in the request" if url else ""
                return Done(answer=outcome.answer, outcome="handshake", message=f"the sender asks for consent{more}")
        return _without_alerts(outcome)

    def _keep(self, transaction: Transaction, source: Source, request: Request, now: datetime, result: Result) -> int:
        # The body is kept as it came, so that it can be read again; what proved it is not.
        shown = redact(evolve(request, body=b""))
        kept = Request(request.body, request.method, shown.path, _headers(request, shown), shown.query)
        return transaction.add_request(source.name, source.vendor or "", kept, now, result)

    def _apply(self, transaction: Transaction, alerts: Iterable[Alert], now: datetime, request: int) -> "_Applied":
        """Apply alerts to the incidents, and put what follows into the outbox."""
        changed = left_out = 0
        counted: dict[str, int] = {}  # once for each source: the database counts row by row
        for alert in alerts:
            receiving = self.config.sources.get(alert.source)
            policy = self.config.policy(alert.source)
            before = transaction.timeline(alert.source, alert.dedup_key)
            after, transitions = step(before, alert, policy)
            opens = after.is_open and not before.is_open
            if opens and alert.source not in counted:
                counted[alert.source] = transaction.count_open(alert.source)
            if opens and counted[alert.source] >= policy.max_open_per_source:
                left_out += 1
                continue
            if alert.source in counted:
                counted[alert.source] += after.is_open - before.is_open
            transaction.put_timeline(alert.source, alert.dedup_key, after)
            changed += self._tell(transaction, transitions, receiving, now, request)
        return _Applied(changed, left_out)

    def _tell(
        self,
        transaction: Transaction,
        transitions: Sequence[Transition],
        receiving: Receiving | None,
        now: datetime,
        request: int | None,
    ) -> int:
        changed = 0
        never_ended = _expired_for_nothing(transitions)
        for one in transitions:
            if one.incident is None:
                continue
            changed += 1
            if one.incident.id in never_ended and (one.kind is TransitionKind.EXPIRED or one.cause is Cause.REVIVED):
                transaction.put_incident(one.incident, now)
                continue
            transaction.add_event(one, now, request)
            if receiving is None or one.kind not in _SENT:
                continue
            message = message_of(one) if receiving.targets else None
            if not isinstance(message, Message):
                continue
            for name in receiving.targets:
                line = f"{name}\n{one.incident.source}\n{one.incident.dedup_key}"
                transaction.add_message(line, name, message, now)
        return changed

    def tick(self, transaction: Transaction, now: datetime, limit: int = 500) -> int:
        """Let incidents expire and keys be forgotten; return how many keys changed."""
        names = transaction.due(now, limit)
        for source, key in names:
            try:
                with transaction.part():
                    self._tick(transaction, source, key, now)
            except StoreError:
                raise
            except Exception:
                log.exception("source %s: an incident could not expire; it is tried again in an hour", source)
                transaction.postpone(source, key, now + _NEXT_TRY)
        return len(names)

    def _tick(self, transaction: Transaction, source: str, key: str, now: datetime) -> None:
        policy = self.config.policy(source)
        before = transaction.timeline(source, key)
        end = self._end_of_silence(before, policy)
        if end is not None and end > now:
            transaction.postpone(source, key, end)
            return
        after, transitions = tick(before, now, policy)
        transaction.put_timeline(source, key, after)
        self._tell(transaction, transitions, self.config.sources.get(source), now, None)

    def _end_of_silence(self, timeline: Timeline, policy: Policy) -> datetime | None:
        """Return when an open incident expires, counted from the start of this process at the earliest."""
        incident = timeline.open
        if incident is None or self.started is None:
            return None
        deadline = due(timeline, policy)
        silence = deadline - incident.last_seen
        return deadline if silence > NEVER - self.started else max(deadline, self.started + silence)

    def read(self, source: Source, request: Request, now: datetime) -> Batch | None:
        """Return what a request is read as now, without its proof; None where it holds no alerts to read."""
        bare = evolve(source, auth=None)
        outcome = receive(request, bare, now, limits=self.config.limits)
        return getattr(outcome, "batch", None)

    def replay(self, transaction: Transaction, stored: Stored, source: Source) -> Done:
        """Read a request that was kept again, at the time at which it came."""
        batch = self.read(source, stored.request, stored.received_at)
        if batch is None:
            return Done(answer=Reply(), outcome="none", message="the request holds no alerts")
        result = _result(batch)
        applied = self._apply(transaction, batch, stored.received_at, stored.id)
        transaction.set_result(stored.id, result._replace(reason=TOO_MANY_OPEN) if applied.left_out else result)
        return applied.done(Reply(), result)

    def unavailable(self, source: Source, message: str) -> Done:
        """Return the answer where the request cannot be kept: its sender should try again."""
        return Done(answer=refuse(source, Refusal.UNAVAILABLE).answer, outcome="unavailable", message=message)


_NEXT_TRY = timedelta(hours=1)
TOO_MANY_OPEN = "too_many_open"
"""Reason of a request some of whose alerts would open more incidents than `max_open_per_source` allows."""


@frozen
class _Applied:
    changed: int
    left_out: int

    def done(self, answer: Reply, result: Result) -> Done:
        more = f"{self.left_out} alerts were left out: max_open_per_source is reached" if self.left_out else ""
        return Done(answer=answer, outcome=result.outcome, message=more, changed=self.changed)


def _expired_for_nothing(transitions: Iterable[Transition]) -> set[str]:
    """Return the ids of incidents whose expiry the same alert takes back: they were open all the time."""
    known = [it for it in transitions if it.incident is not None]
    expired = {it.incident.id for it in known if it.incident and it.kind is TransitionKind.EXPIRED}
    return expired & {it.incident.id for it in known if it.incident and it.cause is Cause.REVIVED}


def _headers(request: Request, shown: Request) -> Mapping[str, str]:
    """The headers that are kept: without credentials, and with those that say how to read the body."""
    kept = dict(shown.headers)
    for name in ("content-encoding", "content-length"):
        if name in request.headers:
            kept[name] = request.headers[name]
    return kept


def _result(batch: Batch) -> Result:
    problems = len(batch.problems) + sum(len(alert.problems) for alert in batch)
    reason = "" if batch.reason is None else str(batch.reason)
    return Result("alerts" if batch.alerts else "none", reason, len(batch.alerts), problems)


def _without_alerts(outcome: Outcome) -> Done:
    match outcome:
        case Rejected(reason=reason, message=message):
            return Done(
                answer=outcome.answer, outcome="rejected", message=f"{reason}: {message}" if message else reason
            )
        case Duplicate():
            return Done(answer=outcome.answer, outcome="duplicate")
    return Done(answer=outcome.answer, outcome="probe")


def summary_of(batch: Batch | None) -> dict[str, Any]:
    """Return a batch as JSON types for the page; its raw payload stands beside it."""
    if batch is None:
        return {"alerts": [], "problems": [], "reason": "probe"}
    written = to_dict(evolve(batch, raw=None, alerts=tuple(evolve(alert, raw=None) for alert in batch.alerts)))
    return {key: written[key] for key in ("vendor", "source", "reason", "alerts", "problems")}
