"""One request in, one `Batch` out: the only place where the floors meet.

decode -> envelopes off -> wire model -> `read` -> scrub, severity, key -> alerts. Nothing but `AlertmapError` leaves.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from attrs import evolve

from alertmap import wire
from alertmap._records import extender
from alertmap.adapter import Adapter
from alertmap.errors import (
    AdapterError,
    AlertmapError,
    ConfigurationError,
    PayloadError,
    ShapeError,
    UnknownVendor,
    join_limited,
)
from alertmap.intake import registry
from alertmap.intake.decode import decode
from alertmap.intake.dedup import dedup_key
from alertmap.intake.detect import recognise
from alertmap.intake.envelope import MOST, unwrap
from alertmap.intake.scrub import scrub
from alertmap.intake.severity import Decision
from alertmap.intake.source import Source, resolve_options, resolve_source
from alertmap.model import Alert, Batch, Notice, Problem, ProblemCode, Reading, Reason, Request, State
from alertmap.paths import JsonPath, format_path
from alertmap.strict_json import Limits, check, limit_error, resolve_limits

MAX_AHEAD = timedelta(minutes=5)
"""How far a vendor's clock may be ahead of the time of receipt before its time is doubted."""


def parse(
    vendor: str | Adapter,
    request: Request | bytes | str,
    *,
    source: Source | str | None = None,
    received_at: datetime | None = None,
    limits: Limits | None = None,
) -> Batch:
    """Turn one request into alerts.

    Args:
        vendor: an adapter's name, one of `vendors()`, or an `Adapter`.
        request: a `Request`, or a bare body for a request that has nothing else.
        source: what it came through; keys are unique within it. A name, a `Source`, or None for the vendor's name.
        received_at: when it was received (aware). Needed where only the clock tells a state.
        limits: how much is read at all; None for the defaults.

    Returns:
        A batch of the alerts; without alerts it has a `reason`. A bad element of a batch is a problem, not an error.

    Raises:
        UnknownVendor: there is no such adapter.
        DecodeError: the body cannot be decoded.
        LimitError: the request is larger than its limits.
        ShapeError: it is not what the vendor sends, or no element of it can be read.
        AdapterError: the adapter is broken.
        ConfigurationError: the arguments cannot mean anything.
    """
    call = _Call(vendor, source, received_at, limits)
    request = request if isinstance(request, Request) else Request(request)
    try:
        document = decode(request, call.adapter.formats, call.limits)
        if document is None:
            return Batch(vendor=call.adapter.name, source=call.source.name, reason=Reason.PROBE)
        return _read(call, document.value, request, document.problems)
    except PayloadError as error:
        error.vendor = call.adapter.name
        raise


def parse_document(
    vendor: str | Adapter,
    document: Any,
    *,
    request: Request | None = None,
    source: Source | str | None = None,
    received_at: datetime | None = None,
    limits: Limits | None = None,
) -> Batch:
    """Turn a document that is already decoded into alerts: JSON's own types only, all else as `parse`.

    `request` lends its headers and query; its body is not read. The document is not copied: alerts hold parts of it.
    """
    call = _Call(vendor, source, received_at, limits)
    if request is not None and not isinstance(request, Request):
        raise ConfigurationError(f"request must be a Request, not a {type(request).__name__}")
    try:
        check(document, call.limits)
        return _read(call, document, _NO_REQUEST if request is None else request, ())
    except PayloadError as error:
        error.vendor = call.adapter.name
        raise


_NO_REQUEST = Request()


def _resolved(vendor: object, source: object) -> tuple[Adapter, Source, Any]:
    adapter = _as_adapter(vendor)
    found = resolve_source(source, adapter)
    return adapter, found, resolve_options(found, adapter)


_named = lru_cache(maxsize=256)(_resolved)


def _as_adapter(vendor: object) -> Adapter:
    if isinstance(vendor, Adapter):
        return vendor
    if isinstance(vendor, str):
        return registry.find(vendor)
    raise UnknownVendor(f"a vendor is a name or an Adapter, not a {type(vendor).__name__}")


def _as_moment(moment: object) -> datetime | None:
    if moment is None:
        return None
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise ConfigurationError("received_at must be an aware datetime")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ConfigurationError("received_at must be a time that UTC has") from None


class _Call:
    """The arguments of a call, checked, and what was found out on the way that holds for all its alerts."""

    __slots__ = ("adapter", "decided", "limits", "options", "received_at", "safe_links", "source")

    def __init__(self, vendor: object, source: Source | str | None, received_at: object, limits: object) -> None:
        by_name = type(vendor) is str and (source is None or type(source) is str)
        self.adapter, self.source, self.options = (_named if by_name else _resolved)(vendor, source)
        self.received_at = _as_moment(received_at)
        self.limits = resolve_limits(limits)
        self.safe_links: set[str] = set()
        self.decided: dict[tuple[str | None, bool], Decision] = {}


# --- Document to readings --------------------------------------------------------------------------------------------


def _read(call: _Call, document: Any, request: Request, problems: tuple[Problem, ...]) -> Batch:
    try:
        return _batch(call, document, request, problems)
    except AlertmapError:
        raise
    except Exception as error:
        # A wire type that cannot be built, a reading of the wrong types.
        raise AdapterError(f"{call.adapter.name}: what it declares or reads raised {type(error).__name__}") from error


def _batch(call: _Call, document: Any, request: Request, problems: tuple[Problem, ...]) -> Batch:
    adapter = call.adapter
    context = wire.ParseContext(request, call.received_at)
    inside, envelopes, delivery_id, events, handshake = _opened(call, document, context)
    if handshake is not None:
        return Batch(
            vendor=adapter.name,
            source=call.source.name,
            problems=problems,
            raw=document,
            envelopes=envelopes,
            reason=handshake.reason,
            reply=handshake.reply,
            confirm_url=handshake.confirm_url,
            delivery_id=delivery_id,
        )
    readings, more, notice = _said(call, events)
    del events  # the garbage collector would look at them again and again
    told = [*problems, *more]
    doubts: dict[int, list[Problem]] = {}
    for where, code, message in context.warnings:
        owner = None if code is ProblemCode.BAD_ELEMENT else _owner(readings, where)
        doubted = told if owner is None else doubts.setdefault(owner, [])
        doubted.append(Problem(code, format_path(where), message))
    alerts: list[Alert] = []
    for index, reading in enumerate(readings):
        made = _alert(call, reading, doubts.get(index, []), inside)
        if isinstance(made, Alert):
            alerts.append(made)
        else:
            told.append(made)
    refused = [problem for problem in told if problem.code is ProblemCode.BAD_ELEMENT]
    if not alerts and refused and notice.reason is None:
        raise ShapeError(join_limited([f"{p.message} @ {p.path}" for p in refused]), problems=told)
    return Batch(
        vendor=adapter.name,
        source=call.source.name,
        alerts=tuple(alerts),
        problems=tuple(told),
        raw=inside,
        envelopes=envelopes,
        truncated=notice.truncated,
        group_key=notice.group_key,
        delivery_id=notice.delivery_id or delivery_id,
        reason=None if alerts else notice.reason or Reason.NO_ALERT,
        reply=notice.reply,
        confirm_url=notice.confirm_url,
    )


class _Letter(NamedTuple):
    """A document without its envelopes, checked against the wire model; or the handshake of a carrier."""

    document: Any
    envelopes: tuple[str, ...]
    delivery_id: str
    events: Iterable[tuple[JsonPath, Any]] = ()
    handshake: Notice | None = None


def _opened(call: _Call, document: Any, context: wire.ParseContext) -> _Letter:
    adapter = call.adapter
    outer, delivery_id = document, ""
    envelopes: tuple[str, ...] = ()
    while True:
        try:
            prepared = document if adapter.prepare is None else adapter.prepare(document)
            return _Letter(document, envelopes, delivery_id, _events(adapter, prepared, context))
        except wire.Mismatch as error:
            context.warnings.clear()
            inner = unwrap(document, call.limits) if len(envelopes) < MOST else None
            if inner is None or (inner.name == "list" and adapter.many):
                looks = recognise(outer, context.request, call.limits)
                other = looks is not None and looks.vendor != adapter.name
                hint = f"this looks like {looks.vendor}: {looks.reason}" if looks and other else ""
                raise ShapeError(str(error), problems=error.problems(), hint=hint) from None
        envelopes, delivery_id = (*envelopes, inner.name), inner.delivery_id or delivery_id
        if inner.handshake is not None:
            return _Letter(document, envelopes, delivery_id, handshake=inner.handshake)
        document = inner.document


def _events(adapter: Adapter, value: Any, context: wire.ParseContext) -> Iterable[tuple[JsonPath, Any]]:
    read = wire.reader(adapter.wire)
    if adapter.many and type(value) is list:
        return wire.items(value, (), context, read)
    return (((), read(value, (), context)),)


def _said(call: _Call, events: Iterable[tuple[JsonPath, Any]]) -> tuple[list[Reading], list[Problem], Notice]:
    readings: list[Reading] = []
    problems: list[Problem] = []
    notice = _NOTHING
    adapter = call.adapter
    for where, event in events:
        try:
            found = [*(adapter.read(event) if adapter.options is None else adapter.read(event, call.options))]
        except Exception as error:
            raise AdapterError(f"{adapter.name}: read raised {type(error).__name__} @ {format_path(where)}") from error
        for said in found:
            if isinstance(said, Reading):
                readings.append(said if said.at or not where else evolve(said, at=where))
            elif isinstance(said, Problem):
                problems.append(_within(where, said))
            elif isinstance(said, Notice):
                notice = said
            else:
                raise AdapterError(f"{adapter.name}: read yields a {type(said).__name__} @ {format_path(where)}")
        if len(readings) > call.limits.max_alerts:
            raise limit_error("max_alerts", call.limits.max_alerts, "the request holds too many alerts")
    return readings, problems, notice


_NOTHING = Notice()


def _owner(readings: list[Reading], where: JsonPath) -> int | None:
    """The reading in whose element a place lies; the innermost one."""
    owners = [index for index, reading in enumerate(readings) if where[: len(reading.at)] == reading.at]
    return max(owners, key=lambda index: len(readings[index].at), default=None)


def _element(document: Any, at: JsonPath) -> Any:
    for step in at:
        try:
            document = document[step]
        except (LookupError, TypeError):
            return document
    return document


def _within(at: JsonPath, problem: Problem) -> Problem:
    """A problem whose path starts at an element, told from the document's root."""
    if not at or not problem.path.startswith("$"):
        return problem
    return evolve(problem, path=format_path(at) + problem.path[1:])


# --- Reading to alert ------------------------------------------------------------------------------------------------


def _alert(call: _Call, reading: Reading, doubted: list[Problem], document: Any) -> Alert | Problem:
    adapter = call.adapter
    raw = _element(document, reading.at)
    for part in reading.identity.values():
        if part.strip():
            break
    else:
        return Problem(ProblemCode.BAD_ELEMENT, format_path(reading.at), "there is nothing to identify the alert by")
    level, title, message, resource, labels, links, values, told = scrub(
        reading, adapter.unrendered, adapter.title, call.safe_links
    )
    problems: tuple[Problem, ...] = ()
    if reading.problems or told or doubted:
        problems = (*[_within(reading.at, problem) for problem in (*reading.problems, *told)], *doubted)
    alert: Alert = _alert_of(
        reading,
        level,
        title,
        message,
        resource,
        labels,
        links,
        values,
        reading.no_data and reading.state is State.FIRING,
        problems,
        adapter.name,
        call.source.name,
        None,
        dedup_key(adapter.name, reading.identity),
        call.received_at,
        raw,
    )
    # It is nobody's yet: what is found out about it as a whole is filled in.
    decision = _decided(call, alert, document)
    _set(alert, "severity", decision.severity)
    late = _time_problem(call, alert, doubted)
    if decision.problem is not None or late is not None:
        _set(alert, "problems", (*problems, *(it for it in (decision.problem, late) if it is not None)))
    return alert


_CHANGED = ("level", "title", "message", "resource", "labels", "links", "values", "no_data", "problems")
_alert_of = extender(Alert, Reading, _CHANGED)
_set = object.__setattr__


def _decided(call: _Call, alert: Alert, document: Any) -> Decision:
    """Whose severity counts; the alerts of a request mostly have the same level."""
    priorities = call.source.priorities
    said = (alert.level, alert.state is State.FIRING)
    decision = call.decided.get(said)
    if decision is None:
        decision = priorities.decide(call.adapter, alert, alert.raw, document)
        if not (priorities.field or priorities.layers):
            call.decided[said] = decision
    return decision


def _time_problem(call: _Call, reading: Reading, doubted: list[Problem]) -> Problem | None:
    moment = reading.occurred_at
    if moment is None:
        if call.adapter.timed and not any(problem.code is ProblemCode.BAD_TIME for problem in doubted):
            return Problem(ProblemCode.TIME_MISSING, "occurred_at", "the payload does not say since when this holds")
    elif call.received_at is not None and moment - call.received_at > MAX_AHEAD:
        return Problem(ProblemCode.BAD_TIME, "occurred_at", "the time is ahead of the time of receipt")
    return None
