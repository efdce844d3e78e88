"""One request in, one `Batch` out: the only place where the layers meet.

decode -> envelopes off -> wire model -> `read` -> scrub, severity, key -> alerts. Nothing but `AlertmapError` leaves.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from attrs import evolve

from alertmap import wire
from alertmap._records import extender
from alertmap.adapter import Adapter, Shape
from alertmap.credentials import hide_secrets
from alertmap.errors import (
    AdapterError,
    AlertmapError,
    ConfigurationError,
    PayloadError,
    ShapeError,
    join_limited,
    quoted,
)
from alertmap.intake import registry
from alertmap.intake.decode import decode, unread_query
from alertmap.intake.dedup import dedup_key
from alertmap.intake.detect import beginning, is_marked, match_shape, recognise, strongly_anothers, the_vendor
from alertmap.intake.envelope import MOST, Unwrapped, is_plain_url, unwrap
from alertmap.intake.scrub import MAX_MESSAGE, MAX_TITLE, cut, one_line, scrub
from alertmap.intake.severity import Decision
from alertmap.intake.source import Source, resolve_source
from alertmap.model import Alert, Batch, Notice, Problem, ProblemCode, Reading, Reason, Request, State, Times
from alertmap.paths import JsonPath, format_path, parse_path, resolve
from alertmap.strict_json import Limits, check, limit_error, resolve_limits
from alertmap.times import to_utc

MAX_AHEAD = timedelta(minutes=5)
"""How far a vendor's clock may be ahead of the time of receipt before its time is doubted."""


def parse(
    vendor: str | Adapter | None,
    request: Request | bytes | str,
    *,
    source: Source | str | None = None,
    received_at: datetime | None = None,
    limits: Limits | None = None,
) -> Batch:
    """Turn one request into alerts.

    Args:
        vendor: an adapter's name, one of `vendors()`, or an `Adapter`. None: that of the source; without a `Source`
            the vendor is detected, and `Batch.detected` has the reason.
        request: a `Request`, or a bare body for a request that has nothing else.
        source: what it came through; keys are unique within it. A name, a `Source`, or None for the vendor's name.
        received_at: when it was received (aware). Needed where only the clock tells a state.
        limits: how much is read at all; None for the defaults.

    Returns:
        A batch of the alerts; without alerts it has a `reason`. A bad element of a batch is a problem, not an error.

    Raises:
        UnknownVendor: there is no such adapter, or none is recognised, or several are equally likely.
        DecodeError: the body cannot be decoded.
        LimitError: the request is larger than its limits.
        ShapeError: it is not what the vendor sends, or no element of it can be read.
        AdapterError: the adapter is broken.
        ConfigurationError: the arguments cannot mean anything, or the body needs an extra that is not installed.
    """
    detected = ""
    if not isinstance(request, Request):
        if type(request) is str and len(request) < _LONGEST_NAME and request in registry.vendors():
            raise ConfigurationError("the vendor comes first: parse(vendor, request)")
        request = Request.of_body(request)
    if vendor is None:
        vendor, detected = _vendor_of(request, source, limits)
    call = _Call(vendor, source, received_at, limits)
    if detected:
        batch = _parsed(call, request, None)
        return evolve(batch, detected=detected)
    return _parsed(call, request, None)


def _vendor_of(request: Request, source: object, limits: object) -> tuple[str, str]:
    """Return the vendor of a call that names none, and the reason where it was detected."""
    if isinstance(source, Source):
        if source.vendor is None:
            raise ConfigurationError(
                f"the source {quoted(source.name)} names no vendor, and a source is never detected: "
                "pass the vendor, or give it to the source"
            )
        return source.vendor, ""
    found = the_vendor(request, resolve_limits(limits))
    return found.vendor, found.reason


def parse_received(
    adapter: Adapter,
    request: Request,
    *,
    source: Source,
    received_at: datetime,
    limits: Limits | None,
    change: Callable[[Any], Any] | None,
) -> Batch:
    """Parse as `parse`, for `receive`: `change` may replace the decoded document, as by one without a secret."""
    return _parsed(_Call(adapter, source, received_at, limits), request, change)


def _parsed(call: "_Call", request: Request, change: Callable[[Any], Any] | None) -> Batch:
    try:
        document = decode(request, call.adapter.formats, call.limits)
        if document is None:
            problems = unread_query(request, call.adapter.formats, call.adapter.name)
            return Batch(vendor=call.adapter.name, source=call.source.name, problems=problems, reason=Reason.PROBE)
        value = document.value if change is None else change(document.value)
        return _read(call, value, request, document.problems)
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
_LONGEST_ID = 255  # characters of the id of a request


def _resolved(vendor: object, source: object) -> tuple[Adapter, Source, Any]:
    adapter = registry.adapter_of(vendor)
    found = resolve_source(source, adapter)
    return adapter, found, found.options_for(adapter)


_named = lru_cache(maxsize=256)(_resolved)


class _Call:
    """The arguments of a call, checked, and what was found out on the way that holds for all its alerts."""

    __slots__ = ("adapter", "decided", "limits", "options", "received_at", "source")

    def __init__(self, vendor: object, source: Source | str | None, received_at: object, limits: object) -> None:
        by_name = type(vendor) is str and (source is None or type(source) is str)
        self.adapter, self.source, self.options = (_named if by_name else _resolved)(vendor, source)
        self.received_at = None if received_at is None else to_utc(received_at, "received_at")
        self.limits = resolve_limits(limits)
        self.decided: dict[tuple[str | None, bool], Decision] = {}


# --- Document to readings --------------------------------------------------------------------------------------------


class _Event(NamedTuple):
    """A part of a document that fits a shape of the adapter."""

    where: JsonPath
    shape: Shape
    event: Any


class _Opened(NamedTuple):
    """A document without its envelopes, and its events; or the handshake of a carrier."""

    document: Any
    envelopes: tuple[str, ...]
    delivery_id: str
    events: Iterable[_Event] = ()
    handshake: Notice | None = None
    problems: tuple[Problem, ...] = ()


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
    unwrapped = _without_envelopes(call, document, context)
    problems += unwrapped.problems
    handshake = unwrapped.handshake
    if handshake is not None:
        return Batch(
            vendor=adapter.name,
            source=call.source.name,
            problems=problems,
            raw=document,
            envelopes=unwrapped.envelopes,
            reason=handshake.reason,
            reply=handshake.reply,
            confirm_url=_confirm_url(handshake),
            delivery_id=unwrapped.delivery_id,
        )
    inside = unwrapped.document
    batch_problems = _Problems(problems)
    readings, notice = _readings(call, unwrapped.events, batch_problems)
    warnings = _by_reading([reading for reading, _ in readings], context, batch_problems)
    alerts: list[Alert] = []
    for index, (reading, times) in enumerate(readings):
        made = _alert(call, reading, times, warnings.get(index, ()), inside)
        if isinstance(made, Alert):
            alerts.append(made)
        else:
            batch_problems.add(made)
    if not alerts and batch_problems.refused and notice.reason is None:
        refused = [problem for problem in batch_problems.all() if problem.code is ProblemCode.BAD_ELEMENT]
        message = join_limited([f"{it.message} @ {it.path}" for it in refused])
        raise ShapeError(message, problems=batch_problems.all(), hint=_hint(call, document, request))
    return Batch(
        vendor=adapter.name,
        source=call.source.name,
        alerts=tuple(alerts),
        problems=batch_problems.all(),
        raw=inside,
        envelopes=unwrapped.envelopes,
        truncated=notice.truncated,
        group_key=notice.group_key,
        delivery_id=notice.delivery_id or unwrapped.delivery_id or _delivery_id(adapter, inside, request),
        reason=None if alerts else notice.reason or Reason.NO_ALERT,
        reply=notice.reply,
        confirm_url=_confirm_url(notice),
    )


def _confirm_url(notice: Notice) -> str | None:
    """The URL of a handshake, which the caller will visit, unless there is more in it than a URL."""
    url = notice.confirm_url
    return url if url is not None and is_plain_url(url) else None


def _delivery_id(adapter: Adapter, document: Any, request: Request) -> str:
    name, path = adapter.delivery_header, adapter.delivery_field
    found = None if name is None else request.header(name)
    if not found and path is not None:
        value = resolve(document, parse_path(path))
        found = value if isinstance(value, str) else str(value) if type(value) is int else None
    return found if found is not None and len(found) <= _LONGEST_ID and found.isprintable() else ""


def _without_envelopes(call: _Call, document: Any, context: wire.ParseContext) -> _Opened:
    outer, delivery_id = document, ""
    envelopes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    while True:
        try:
            events = _events(call, document, context)
            return _Opened(document, envelopes, delivery_id, events, problems=problems)
        except wire.Mismatch as error:
            context.warnings.clear()
            inner = _inner(call, document) if len(envelopes) < MOST else None
            if inner is None:
                raise _shape_error(call, error, outer, context.request) from None
        envelopes, delivery_id = (*envelopes, inner.name), inner.delivery_id or delivery_id
        problems += inner.problems
        if inner.handshake is not None:
            return _Opened(document, envelopes, delivery_id, handshake=inner.handshake, problems=problems)
        document = inner.document


def _inner(call: _Call, document: Any) -> Unwrapped | None:
    """Return the contents of an envelope; an array is no envelope where the adapter reads arrays."""
    inner = unwrap(document, call.limits)
    return None if inner is not None and inner.name == "list" and call.adapter.many else inner


def _shape_error(call: _Call, error: wire.Mismatch, document: Any, request: Request) -> ShapeError:
    return ShapeError(str(error), problems=error.problems(), hint=_hint(call, document, request))


def _hint(call: _Call, document: Any, request: Request) -> str:
    """Name the other vendor that a document looks like."""
    looks = recognise(beginning(document), request, call.limits)
    other = looks is not None and looks.vendor != call.adapter.name
    return f"this looks like {looks.vendor}: {looks.reason}" if looks and other else ""


def _guard(adapter: Adapter, shape: Shape, document: Any, context: wire.ParseContext) -> None:
    """Refuse a body that is not marked as this vendor's, but strongly as another's; or note it, if it is read anyway.

    The words of a state do not count here: a state that is missing or unknown never refuses.
    """
    if is_marked(adapter, shape, document, context.request):
        return
    other = strongly_anothers(document, context.request, adapter)
    if other is None:
        return
    if "*" not in adapter.reads_also:
        raise wire.Mismatch(((), f"expected a body of {adapter.title}, got one that looks like {other.vendor}"))
    context.warn(
        (), ProblemCode.LOOKS_LIKE, f"this looks like {other.vendor}, which has its own adapter: {other.reason}"
    )


def _events(call: _Call, document: Any, context: wire.ParseContext) -> Iterable[_Event]:
    """Read a document as the adapter's shapes.

    Raises:
        Mismatch: it fits none, looks like another vendor's, or is an envelope for an adapter that reads any object.
    """
    adapter = call.adapter
    if adapter.reads_anything and _inner(call, document) is not None:
        raise wire.Mismatch(((), "expected an alert, got an envelope"))
    if adapter.placeholders is not None:
        document = wire.without_placeholders(document, adapter.placeholders, context)
    if adapter.prepare is not None:
        document = adapter.prepare(document)
    read, may_fit = _reader(adapter)
    events: Sequence[_Event]
    if adapter.many and type(document) is list:
        if not document:
            context.warn((), ProblemCode.MISSING, "the array is empty")
        events = [_Event(where, *found) for where, found in wire.items(document, (), context, read, may_fit)]
    else:
        events = (_Event((), *read(document, (), context)),)
    if events:
        _guard(adapter, events[0].shape, document, context)
    return events


@lru_cache(maxsize=512)
def _reader(adapter: Adapter) -> tuple[wire.Read, Callable[[Any], bool]]:
    """Return what reads a value as the first shape whose model fits, and the check whether it may fit one of them.

    The reader returns the shape and the event.
    """
    readers = [(shape, shape.model, wire.reader(shape.model)) for shape in adapter.shapes]
    models = [model for _, model, _ in readers]
    is_only_model = sum(map(wire.is_model, models)) == 1
    misfits: dict[str, str] = {}

    def misfit(value: Any, where: JsonPath) -> wire.Mismatch:
        # No shape fits: structuring the union says what each of them needs, the same for all values of a type.
        if is_only_model and type(value) is dict:
            return wire.misfit(value, where, models)
        kind = wire.kind(value)
        if kind not in misfits:
            misfits[kind] = wire.misfit(value, (), models).faults[0][1]
        return wire.Mismatch((where, misfits[kind]))

    def read(value: Any, where: JsonPath, context: wire.ParseContext) -> tuple[Shape, Any]:
        for shape, model, read_one in readers:
            if not (type(value) is str if model is str else wire.fits(model, value)):
                continue
            if shape.decides or shape.rank is None or match_shape(shape, value, context.request):
                return shape, read_one(value, where, context)
        unmarked = [shape for shape in adapter.shapes if not shape.decides and shape.rank is not None]
        if unmarked and type(value) is dict:
            raise wire.Mismatch((where, f"expected the keys that mark a body of {adapter.title}"))
        if len(readers) == 1:  # the message of one model is more exact
            return readers[0][0], readers[0][2](value, where, context)
        raise misfit(value, where)

    return read, wire.may_fit_any(models)


class _Problems:
    """Problems of a batch: the first ones of its elements are listed, the others counted."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.listed = [*problems]
        self.left_out = 0
        self.refused = False
        """An element cannot be read."""

    def add(self, problem: Problem) -> None:
        self.refused = self.refused or problem.code is ProblemCode.BAD_ELEMENT
        if len(self.listed) < _MOST_PROBLEMS:
            self.listed.append(problem)
        else:
            self.left_out += 1

    def all(self) -> tuple[Problem, ...]:
        if not self.left_out:
            return tuple(self.listed)
        code = ProblemCode.BAD_ELEMENT if self.refused else ProblemCode.TRUNCATED
        return (*self.listed, Problem(code, "$", f"{self.left_out} more problems are not listed"))


_MOST_PROBLEMS = 512


def _readings(call: _Call, events: Iterable[_Event], problems: _Problems) -> tuple[list[tuple[Reading, Times]], Notice]:
    readings: list[tuple[Reading, Times]] = []
    notice = _NOTHING
    adapter = call.adapter
    for where, shape, event in events:
        default = shape.times or adapter.times
        for result in _results(call, shape, event, where):
            if isinstance(result, Reading):
                reading = result if result.path or not where else _with_path(result, where)
                readings.append((reading, reading.times or default))
            elif isinstance(result, Problem):
                problems.add(_within(where, result))
            elif isinstance(result, Notice):
                notice = result
            else:
                message = f"{adapter.name}: read gives a {type(result).__name__}, not a Reading, Notice or Problem"
                raise AdapterError(f"{message} @ {format_path(where)}")
            if len(readings) > call.limits.max_alerts:
                raise limit_error("max_alerts", call.limits.max_alerts, "the request holds too many alerts")
    return readings, notice


_NOTHING = Notice()
_with_path = extender(Reading, Reading, ("path",))
_with_level = extender(Reading, Reading, ("level", "state"))


def _results(call: _Call, shape: Shape, event: Any, where: JsonPath) -> Sequence[Any]:
    """Call `read`, and list what it gives in any of its forms."""
    try:
        result = shape.read(event, call.options) if shape.takes_options else shape.read(event)
        results = () if result is None else (result,) if isinstance(result, _SINGLE) else [*result]
    except AlertmapError:
        raise
    except Exception as error:
        message = f"{call.adapter.name}: read raised {type(error).__name__} @ {format_path(where)}"
        raise AdapterError(message) from error
    return results


_SINGLE = (Reading, Notice, Problem)


def _by_reading(
    readings: list[Reading], context: wire.ParseContext, batch_problems: _Problems
) -> dict[int, list[Problem]]:
    """The problems that came up on the way, by the reading in whose element they stand; the others are the batch's."""
    owned: dict[int, list[Problem]] = {}
    if not context.warnings:
        return owned
    places = {reading.path: index for index, reading in enumerate(readings)}
    for where, code, message in context.warnings:
        problem = Problem(code, format_path(where), message)
        owners = (places.get(where[:length]) for length in range(len(where), -1, -1))
        owner = None if code is ProblemCode.BAD_ELEMENT else next((it for it in owners if it is not None), None)
        if owner is None:
            batch_problems.add(problem)
        else:
            owned.setdefault(owner, []).append(problem)
    return owned


def _element(document: Any, path: JsonPath) -> Any:
    for step in path:
        try:
            document = document[step]
        except (LookupError, TypeError):
            return document
    return document


def _within(path: JsonPath, problem: Problem) -> Problem:
    """A problem whose path starts at an element, with its path from the document's root."""
    if not path or not problem.path.startswith("$"):
        return problem
    return Problem(problem.code, format_path(path) + problem.path[1:], problem.message)


# --- Reading to alert ------------------------------------------------------------------------------------------------


def _alert(call: _Call, reading: Reading, times: Times, warnings: Iterable[Problem], document: Any) -> Alert | Problem:
    adapter = call.adapter
    element = _element(document, reading.path)
    identity, weaker = _identity(reading)
    if call.source.identity is not None:
        identity, weaker = _own_identity(identity, call.source.identity, weaker)
    if not identity:
        message = "no identity: all parts of the identity are blank"
        return Problem(ProblemCode.BAD_ELEMENT, format_path(reading.path), message)
    identity = hide_secrets(identity)
    state = reading.state or State.FIRING
    clean = scrub(reading, identity, adapter.templates, adapter.title)
    problems = [_within(reading.path, problem) for problem in reading.problems] if reading.problems else []
    problems += warnings
    if reading.state is None:
        problems.append(_NO_STATE)
    if reading.level != clean.level or reading.state is not state:
        reading = _with_level(reading, clean.level, state)
    decision = _decided(call, reading, element, document)
    if weaker is not None:
        problems.append(weaker)
    problems += clean.problems
    if decision.problem is not None:
        problems.append(decision.problem)
    late = _time_problem(call, reading, times, warnings)
    if late is not None:
        problems.append(late)
    alert = Alert(
        vendor=adapter.name,
        source=call.source.name,
        state=state,
        severity=decision.severity,
        level=clean.level,
        dedup_key=dedup_key(adapter.name, identity),
        identity=identity,
        title=clean.title,
        message=clean.message,
        resource=clean.resource,
        labels=clean.labels,
        links=clean.links,
        values=clean.values,
        started_at=reading.started_at,
        occurred_at=reading.occurred_at,
        times=times,
        received_at=call.received_at,
        sequence=reading.sequence,
        episode=reading.episode or None,
        expires_at=reading.expires_at,
        no_data=reading.no_data and state is State.FIRING,
        resolvable=reading.resolvable and adapter.recovers,
        problems=tuple(problems),
        path=reading.path,
        raw=element,
    )
    return _with_settings(call.source, alert) if call.source.changes_alerts else alert


_with_texts = extender(Alert, Alert, ("title", "message", "labels", "problems"))


def _with_settings(source: Source, alert: Alert) -> Alert:
    """Return an alert with the labels and templates of its source."""
    problems = list(alert.problems)
    title, message = source.templates
    if source.labels:
        alert = _with_texts(alert, alert.title, alert.message, {**alert.labels, **source.labels}, alert.problems)
    own_title = one_line(title.render(alert, 2 * MAX_TITLE), "title", problems) if title else ""
    own_message = cut(message.render(alert, 2 * MAX_MESSAGE), MAX_MESSAGE, "message", problems) if message else ""
    found: Alert = _with_texts(
        alert, own_title or alert.title, own_message or alert.message, alert.labels, tuple(problems)
    )
    return found


def _own_identity(
    identity: Mapping[str, str], names: tuple[str, ...], weaker: Problem | None
) -> tuple[Mapping[str, str], Problem | None]:
    """Return the parts that the source's owner chose; without any of them, all parts."""
    found = {}
    for name in names:
        if name in identity:
            found[name] = identity[name]
            continue
        # Labels and tags carry a prefix: `alertname` is the part `label.alertname`.
        prefixed = [part for part in identity if part.partition(".")[2] == name]
        if len(prefixed) == 1:
            found[prefixed[0]] = identity[prefixed[0]]
    if not found:
        return identity, _weaker(identity) if identity else None
    return found, weaker or (None if len(found) == len(names) else _weaker(found))


_NO_STATE = Problem(ProblemCode.STATE_GUESSED, "state", "the payload names no state; treated as firing")


def _identity(reading: Reading) -> tuple[Mapping[str, str], Problem | None]:
    """The parts that the key is made of, and the problem that they are not the usual ones.

    The first mapping without a blank part counts; where all have one, the first with anything in it.
    """
    given: Any = reading.identity
    candidates = given if isinstance(given, (list, tuple)) else (given,)
    rest: list[Mapping[str, str]] = []
    for place, parts in enumerate(candidates):
        values = parts.values()
        usable = parts
        if None in values or not all(values) or any(map(str.isspace, values)):
            kept = {name: text for name, text in parts.items() if text is not None and text and not text.isspace()}
            if any(text is not None and (not text or text.isspace()) for text in values) or not kept:
                rest.append(kept)
                continue
            usable = kept
        if usable:
            return usable, None if place == 0 else _weaker(usable)
    found = next((parts for parts in rest if parts), {})
    return found, _weaker(found) if found else None


def _weaker(parts: Mapping[str, str]) -> Problem:
    # The names of labels and the like are their users' own, and may be anything.
    known = sorted({f"{name.partition('.')[0]}.*" if "." in name else name for name in parts})
    names = [name[:_LONGEST_NAME] for name in known[:_NAMED]]
    names += [f"{len(known) - _NAMED} more"] if len(known) > _NAMED else []
    message = f"the usual identity is missing; the key is made of {', '.join(names)} only"
    return Problem(ProblemCode.KEY_FALLBACK, "identity", message)


_NAMED = 8  # parts of an identity that a message names
_LONGEST_NAME = 64


def _decided(call: _Call, reading: Reading, element: Any, document: Any) -> Decision:
    """Decide whose severity counts; the alerts of a request mostly have the same level."""
    priorities = call.source.priorities
    key = (reading.level, reading.state is State.FIRING)
    decision = call.decided.get(key)
    if decision is None:
        decision = priorities.decide(call.adapter, reading, element, document)
        if not (priorities.field or priorities.layers):
            call.decided[key] = decision
    return decision


def _time_problem(call: _Call, reading: Reading, times: Times, warnings: Iterable[Problem]) -> Problem | None:
    moment = reading.occurred_at
    if moment is None:
        if times is not Times.NONE and not any(problem.code is ProblemCode.BAD_TIME for problem in warnings):
            return Problem(ProblemCode.TIME_MISSING, "occurred_at", "the payload holds no time of this state")
    elif call.received_at is not None and moment - call.received_at > MAX_AHEAD:
        return Problem(ProblemCode.BAD_TIME, "occurred_at", "the time is ahead of the time of receipt")
    return None
