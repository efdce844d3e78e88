"""Outcomes of fixtures, as they are and damaged, without pytest: regold needs them, too."""

from functools import lru_cache
from typing import Any

from attrs import evolve

from alertmap.adapter import Adapter
from alertmap.errors import PayloadError
from alertmap.intake.parse import parse_document
from alertmap.intake.source import Source
from alertmap.model import Alert, Batch, Request, State
from alertmap.testing.fixtures import Case


@lru_cache(maxsize=4096)
def alerts_of(adapter: Adapter, case: Case) -> tuple[Alert, ...]:
    """Return the alerts of a fixture; none where it is refused."""
    try:
        return case.parse(adapter).alerts
    except PayloadError:
        return ()


def again(adapter: Adapter, case: Case, document: Any) -> Batch:
    """Parse another document as the case's source would."""
    request, source = _beside(adapter, case)
    return parse_document(adapter, document, request=request, source=source, received_at=case.received_at)


@lru_cache(maxsize=4096)
def _beside(adapter: Adapter, case: Case) -> tuple[Request, Source]:
    """Return a case's request without its body, and its source."""
    request = Request(b"", case.request.method, case.request.path, case.request.headers, case.request.query)
    return request, Source(adapter.name, options=dict(case.about.options))


def outcome_of(adapter: Adapter, case: Case, document: Any) -> Batch | str:
    """Return the batch of another document, or the message of its refusal."""
    try:
        return again(adapter, case, document)
    except PayloadError as error:
        return str(error)


def visible(outcome: Batch | str) -> Any:
    """Return all of an outcome but the raw parts."""
    if isinstance(outcome, str):
        return outcome
    return outcome.problems, outcome.reason, [evolve(alert, raw=None) for alert in outcome]


def is_firing(alert: Alert) -> bool:
    """Return whether an alert tells that something is wrong now."""
    return alert.state in (State.FIRING, State.ACKNOWLEDGED)
