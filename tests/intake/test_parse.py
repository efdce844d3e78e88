"""`parse`: one request gives one batch; arguments, errors, partial batches, problems."""

import copy
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

import pytest
from attrs import Factory, evolve

from alertmap import (
    Adapter,
    AdapterError,
    AlertmapError,
    Batch,
    ConfigurationError,
    DecodeError,
    LimitError,
    Limits,
    Notice,
    Problem,
    ProblemCode,
    Reading,
    Reason,
    Reply,
    Request,
    Severity,
    ShapeError,
    State,
    UnknownVendor,
    detect,
    parse,
    parse_document,
    wire,
)
from alertmap.adapter import Rank, Result, Shape, Times
from alertmap.intake.detect import recognise
from alertmap.strict_json import check

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@wire.model
class Event:
    """An event of a small test vendor."""

    acme_id: wire.Text
    level: str | None = None
    ok: bool = False
    at: wire.Rfc3339 = None
    event: str | None = None


def read(event: Event) -> Iterator[Result]:
    """Read an event; some levels stand for what an adapter may return or raise."""
    if event.level == "ping":
        yield Notice(reason=Reason.TEST)
    elif event.level == "bad":
        yield Problem(ProblemCode.BAD_ELEMENT, "$.level", "it is bad")
    else:
        yield Reading(
            state=State.RESOLVED if event.ok else State.FIRING,
            identity={"id": event.acme_id},
            level=event.level,
            title="it happened",
            occurred_at=event.at,
            problems=(Problem(ProblemCode.MISSING, "$.more", "it is missing"),) if event.level == "codes" else (),
        )


ACME = Adapter(
    name="acme",
    title="Acme",
    shapes=[Shape(Event, read, marks={"acme_id"})],
    levels={"warn": Severity.LOW, "codes": Severity.LOW},
)
MANY = evolve(ACME, many=True)


@wire.model
class Group:
    """A document with a list of events."""

    alerts: wire.Items[Event]
    left_out: int = 0


def read_group(group: Group) -> Iterator[Result]:
    """Read each event, and report on the batch."""
    yield Notice(truncated=group.left_out, group_key="g", delivery_id="d")
    for where, event in group.alerts:
        for result in read(event):
            yield evolve(result, path=where) if isinstance(result, Reading) else result


GROUP = evolve(ACME, shapes=[Shape(Group, read_group, marks={"alerts"})])


def adapter_that(says: Any, model: Any = Event, *, rank: Rank | None = Rank.STRONG, **changes: Any) -> Adapter:
    """Return an adapter with this `read` function, or one that gives these results."""
    return evolve(ACME, shapes=[Shape(model, says if callable(says) else lambda _: says, rank=rank)], **changes)


def codes(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """Return code and path of each problem."""
    return [(problem.code.value, problem.path) for problem in problems]


# --- One alert --------------------------------------------------------------------------------------------------------


def test_an_alert_is_complete() -> None:
    """An alert has the reading, vendor, source, severity, key, time of receipt and its own raw element."""
    document = {"acme_id": "a", "level": "WARN", "at": "2026-01-01T11:59:00Z", "more": 1}
    batch = parse_document(ACME, document, source="prod", received_at=NOON)
    [alert] = batch
    assert (alert.vendor, alert.source, alert.severity, alert.level) == ("acme", "prod", Severity.LOW, "WARN")
    assert (alert.dedup_key, alert.state, alert.received_at) == ("acme:id=a", State.FIRING, NOON)
    assert alert.occurred_at == NOON - timedelta(minutes=1)
    assert alert.raw is batch.raw is document
    assert (batch.vendor, batch.source, batch.reason, alert.problems) == ("acme", "prod", None, ())


def test_severity_without_a_known_level() -> None:
    """A firing without a known level has the fallback and a problem; a recovery has no severity and no problem."""
    [unknown] = parse_document(ACME, {"acme_id": "a", "level": "odd", "at": "2026-01-01T00:00:00Z"})
    [missing] = parse_document(ACME, {"acme_id": "a", "level": " ", "at": "2026-01-01T00:00:00Z"})
    [ended] = parse_document(ACME, {"acme_id": "a", "ok": True, "at": "2026-01-01T00:00:00Z"})
    assert (unknown.severity, codes(unknown.problems)) == (Severity.MEDIUM, [("level_unknown", "level")])
    assert (missing.severity, codes(missing.problems)) == (Severity.MEDIUM, [("level_missing", "level")])
    assert (ended.severity, codes(ended.problems)) == (None, [])


def test_the_core_scrubs() -> None:
    """Texts are cleaned, and the problems of that are added to those of the adapter."""
    reading = Reading(state=State.FIRING, identity={"id": "{{ x }}\x00"}, level="warn", links={"page": "javascript:x"})
    [alert] = parse_document(
        adapter_that([reading], templates=re.compile(r"\{\{.*?\}\}"), times=Times.NONE), {"acme_id": ""}
    )
    assert alert.title == "Acme: {{ x }}"
    assert alert.dedup_key == "acme:id={{ x }}%00"
    assert codes(alert.problems) == [
        ("title_fallback", "title"),
        ("unrendered", "title"),
        ("unrendered", "identity.id"),
        ("bad_link", "links.page"),
    ]


@pytest.mark.parametrize(("state", "no_data"), [(State.FIRING, True), (State.RESOLVED, False)])
def test_no_data_is_for_firing_only(state: State, no_data: bool) -> None:  # noqa: FBT001
    """Only a firing alert has `no_data`."""
    reading = Reading(state=state, identity={"id": "a"}, level="warn", no_data=True)
    [alert] = parse_document(adapter_that([reading]), {"acme_id": ""})
    assert alert.no_data is no_data


# --- Times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "received_at", "problems"),
    [
        (None, NOON, [("time_missing", "occurred_at")]),
        ("", NOON, [("time_missing", "occurred_at")]),
        ("0001-01-01T00:00:00Z", NOON, [("time_missing", "occurred_at")]),
        ("soon", NOON, [("bad_time", "$.at")]),
        ("2026-01-01T12:05:00Z", NOON, []),
        ("2026-01-01T12:05:00.000001Z", NOON, [("bad_time", "occurred_at")]),
        ("2026-01-01T12:05:00.000001Z", None, []),
        ("2000-01-01T00:00:00Z", NOON, []),
        ("2026-01-01T12:00:00", NOON, [("bad_time", "$.at")]),
    ],
)
def test_one_problem_for_a_time(at: str | None, received_at: datetime | None, problems: list[tuple[str, str]]) -> None:
    """A missing or unreadable time, or one over five minutes ahead, has one problem; a readable time is kept."""
    [alert] = parse_document(ACME, {"acme_id": "a", "level": "warn", "at": at}, received_at=received_at)
    assert codes(alert.problems) == problems
    assert (alert.occurred_at is None) == (at in (None, "", "0001-01-01T00:00:00Z", "soon"))


def test_a_vendor_without_times() -> None:
    """A vendor whose payload has no times gets no problem for it."""
    [alert] = parse_document(evolve(ACME, times=Times.NONE), {"acme_id": "a", "level": "warn"})
    assert alert.problems == ()


# --- Batches ----------------------------------------------------------------------------------------------------------


def test_an_array_of_events() -> None:
    """Each element is an alert with its own path and raw element; a bad element is left out with a problem."""
    document = [{"acme_id": "a"}, {"acme_id": []}, {"acme_id": "b", "at": "soon"}, 5]
    batch = parse_document(MANY, document)
    first, second = batch
    assert (first.path, second.path) == ((0,), (2,))
    assert (first.raw, second.raw) == (document[0], document[2])
    assert codes(batch.problems) == [("bad_element", "$[1].acme_id"), ("bad_element", "$[3]")]
    assert codes(first.problems) == [("level_missing", "level"), ("time_missing", "occurred_at")]
    assert codes(second.problems) == [("bad_time", "$[2].at"), ("level_missing", "level")]


def test_problems_land_on_their_alert() -> None:
    """A problem belongs to the alert in whose element it is, with a path from the root of the document."""
    document = {
        "alerts": [
            {"acme_id": "a", "level": "codes", "at": "2026-01-01T00:00:00Z"},
            {"acme_id": "b", "level": "warn", "at": "soon"},
            "x",
            {"acme_id": "c", "level": "warn", "at": "2026-01-01T00:00:00Z"},
        ],
        "left_out": 7,
    }
    batch = parse_document(GROUP, document)
    assert [codes(alert.problems) for alert in batch] == [
        [("missing", "$.alerts[0].more")],
        [("bad_time", "$.alerts[1].at")],
        [],
    ]
    assert codes(batch.problems) == [("bad_element", "$.alerts[2]")]
    assert (batch.truncated, batch.group_key, batch.delivery_id) == (7, "g", "d")
    assert [alert.raw for alert in batch] == [document["alerts"][place] for place in (0, 1, 3)]  # type: ignore[index]


def test_the_innermost_alert_owns_a_problem() -> None:
    """Of an alert for the document and one for a part, a problem in the part belongs to the latter."""

    def twice(group: Group) -> Iterator[Result]:
        yield Reading(state=State.FIRING, identity={"id": "document"}, level="warn", title="x")
        yield from read_group(group)

    doubted = {"alerts": [{"acme_id": "a", "level": "warn", "at": "soon"}]}
    batch = parse_document(evolve(GROUP, shapes=[Shape(Group, twice, times=Times.NONE)]), doubted)
    assert [codes(alert.problems) for alert in batch] == [[], [("bad_time", "$.alerts[0].at")]]


def test_the_batch_is_the_sum_of_its_elements() -> None:
    """The alert of an element does not depend on other elements."""
    elements = [{"acme_id": "a"}, {"acme_id": "b", "level": "bad"}, {"acme_id": None}, {}, {"acme_id": "c", "ok": True}]
    together = parse_document(MANY, elements)
    alone = [alert for element in elements for alert in _alone(element)]
    assert [evolve(alert, path=(), problems=()) for alert in together] == [
        evolve(it, path=(), problems=()) for it in alone
    ]
    assert codes(together.problems) == [
        ("bad_element", "$[1].level"),
        ("bad_element", "$[3].acme_id"),
        ("bad_element", "$[2]"),
    ]


def _alone(element: Any) -> Iterable[Any]:
    try:
        return parse_document(MANY, [element])
    except ShapeError:
        return ()


def test_a_batch_of_bad_elements_only() -> None:
    """If no element can be read, a `ShapeError` names the first ones."""
    with pytest.raises(ShapeError) as caught:
        parse_document(MANY, [{}, {"acme_id": True}])
    assert str(caught.value) == (
        "acme: expected text, number or null, found nothing @ $[0].acme_id; "
        "expected text, number or null, got bool @ $[1].acme_id"
    )
    with pytest.raises(ShapeError, match=r"acme: it is bad @ \$\[0\].level; it is bad @ \$\[1\].level$") as caught:
        parse_document(MANY, [{"acme_id": "a", "level": "bad"}] * 2)
    assert codes(caught.value.problems) == [("bad_element", "$[0].level"), ("bad_element", "$[1].level")]
    with pytest.raises(ShapeError, match="and 492 more") as caught:
        parse_document(MANY, [{"acme_id": "a", "level": "bad"}] * 500)
    assert len(caught.value.problems) == 500


def test_an_array_where_none_is_declared() -> None:
    """A list does not fit a vendor that sends an object; an empty list is no alert where lists are allowed."""
    with pytest.raises(ShapeError, match=r"expected object, got list @ \$"):
        parse_document(ACME, [{"acme_id": "a"}, {"acme_id": "b"}])
    assert parse_document(MANY, []).reason is Reason.NO_ALERT
    [alert] = parse_document(MANY, {"acme_id": "a"})
    assert alert.path == ()


def test_no_identity() -> None:
    """A reading without identity is a problem in a batch and a `ShapeError` alone."""
    batch = parse_document(MANY, [{"acme_id": " "}, {"acme_id": "a"}])
    assert codes(batch.problems) == [("bad_element", "$[0]")]
    assert [alert.dedup_key for alert in batch] == ["acme:id=a"]
    with pytest.raises(ShapeError, match="acme: no identity: all parts of the identity are blank @ \\$"):
        parse_document(ACME, {"acme_id": None})


def test_the_number_of_alerts_is_limited() -> None:
    """As many alerts as the limit allows are read; one more is a `LimitError`."""
    elements = [{"acme_id": str(number)} for number in range(6)]
    assert len(parse_document(MANY, elements, limits=Limits(max_alerts=6))) == 6
    with pytest.raises(LimitError, match="max_alerts = 5"):
        parse_document(MANY, elements, limits=Limits(max_alerts=5))
    with pytest.raises(LimitError, match=r"acme: .*max_alerts = 5000"):
        parse_document(MANY, [{"acme_id": "a"}] * 5001)


# --- Requests without alerts ------------------------------------------------------------------------------------------


def test_probes() -> None:
    """A request without a body by a safe method is an empty batch with its reason."""
    for method in ("GET", "HEAD", "OPTIONS"):
        batch = parse(ACME, Request(method=method), source="prod")
        assert batch == Batch(vendor="acme", source="prod", reason=Reason.PROBE)
    with pytest.raises(DecodeError, match="acme: the body is empty"):
        parse(ACME, b"")
    assert parse(evolve(ACME, formats={"json", "empty"}), b"").reason is Reason.PROBE


def test_probes_with_fields_in_their_query() -> None:
    """A GET with unread query fields has a problem; credentials, HEAD, OPTIONS and vendors that probe have none."""
    batch = parse(ACME, Request(method="GET", path="/hook?acme_id=a&token=t0k3n"))
    assert (batch.reason, batch.alerts) == (Reason.PROBE, ())
    (problem,) = batch.problems
    assert (problem.code, problem.path) == (ProblemCode.MISSING, "$")
    assert problem.message == "the query holds fields, but acme reads only bodies; they were not read"
    silent = Batch(vendor="acme", source="acme", reason=Reason.PROBE)
    for method, path in (("GET", "/hook?token=t0k3n"), ("HEAD", "/hook?acme_id=a"), ("OPTIONS", "/hook?acme_id=a")):
        assert parse(ACME, Request(method=method, path=path)) == silent
    # A vendor that probes without a body does so at the URL that its user made up.
    probing = evolve(ACME, formats=frozenset({"json", "empty"}))
    for method in ("GET", "POST"):
        assert parse(probing, Request(method=method, path="/hook?type=acme")) == silent


def test_notices() -> None:
    """Test buttons, unimportant events and handshakes give batches without alerts and with a reason."""
    assert parse(ACME, '{"acme_id": "a", "level": "ping"}').reason is Reason.TEST
    assert parse(adapter_that([]), '{"acme_id": "a"}').reason is Reason.NO_ALERT
    notice = Notice(reason=Reason.HANDSHAKE, reply=Reply(body="hello"), confirm_url="https://acme.example/")
    batch = parse(adapter_that([notice]), '{"acme_id": "a"}')
    assert (batch.reason, batch.reply, batch.confirm_url) == (Reason.HANDSHAKE, notice.reply, notice.confirm_url)
    reading = Reading(state=State.FIRING, identity={"id": "a"})
    assert parse(adapter_that([notice, reading]), '{"acme_id": "a"}').reason is None


def test_a_notice_excuses_bad_elements() -> None:
    """With a reason for having no alerts, a bad element stays a problem of the batch."""
    bad = Problem(ProblemCode.BAD_ELEMENT, "$", "it is bad")
    batch = parse(adapter_that([Notice(reason=Reason.TEST), bad]), '{"acme_id": "a"}')
    assert (batch.reason, codes(batch.problems)) == (Reason.TEST, [("bad_element", "$")])


# --- Errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vendor", "arguments", "kind", "status"),
    [
        ("acmee", {}, UnknownVendor, 404),
        (None, {}, UnknownVendor, 404),
        (5, {}, ConfigurationError, 500),
        (ACME, {"request": None}, ConfigurationError, 500),
        (ACME, {"request": {"acme_id": "a"}}, ConfigurationError, 500),
        (ACME, {"source": 5}, ConfigurationError, 500),
        (ACME, {"source": " "}, ConfigurationError, 500),
        (ACME, {"received_at": "2026-01-01"}, ConfigurationError, 500),
        (ACME, {"received_at": 5}, ConfigurationError, 500),
        (ACME, {"received_at": datetime(2026, 1, 1)}, ConfigurationError, 500),  # noqa: DTZ001
        (ACME, {"received_at": datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))}, ConfigurationError, 500),
        (ACME, {"limits": {"max_body": 5}}, ConfigurationError, 500),
        (ACME, {"request": b"\xff"}, DecodeError, 400),
        (ACME, {"request": "{"}, DecodeError, 400),
        (ACME, {"request": b"x" * 9_000_000}, LimitError, 413),
        (ACME, {"request": "[]", "limits": Limits(max_body=1)}, LimitError, 413),
        (ACME, {"request": "[1, 2]"}, ShapeError, 422),
        (ACME, {"request": "{}"}, ShapeError, 422),
        (adapter_that(lambda _: [5]), {}, AdapterError, 500),
    ],
)
def test_each_error_has_its_kind(
    vendor: Any, arguments: dict[str, Any], kind: type[AlertmapError], status: int
) -> None:
    """Each fault is one kind of `AlertmapError` with its status; errors of a payload name the vendor."""
    request = arguments.pop("request", '{"acme_id": "a"}')
    with pytest.raises(AlertmapError) as caught:
        parse(vendor, request, **arguments)
    assert type(caught.value) is kind
    assert caught.value.http_status == status
    assert getattr(caught.value, "vendor", "acme") == "acme"


def test_received_at_is_utc() -> None:
    """The time of receipt may be given in any zone and is stored in UTC."""
    batch = parse(ACME, '{"acme_id": "a"}', received_at=datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=2))))
    assert batch.alerts[0].received_at == NOON
    assert batch.alerts[0].received_at.tzinfo is UTC


@pytest.mark.parametrize("request_", ["x", b"", 5, {"headers": {}}])
def test_a_document_takes_a_request_or_none(request_: Any) -> None:
    """Only a `Request` can supply headers and query for a document."""
    with pytest.raises(ConfigurationError, match="request must be a Request"):
        parse_document(ACME, {"acme_id": "a"}, request=request_)


@pytest.mark.parametrize("document", [{1: 2}, object(), {"acme_id": {1}}, {"acme_id": float("nan")}, "\ud800", (1,)])
def test_a_document_is_json(document: Any) -> None:
    """A document that JSON cannot hold is a `DecodeError`, and one beyond the limits a `LimitError`."""
    with pytest.raises(DecodeError, match="acme: "):
        parse_document(ACME, document)
    with pytest.raises(LimitError, match=r"acme: .*max_nodes"):
        parse_document(ACME, {"acme_id": "a"}, limits=Limits(max_nodes=1))


def test_facts_of_the_request_reach_the_adapter() -> None:
    """Headers and query are available for bodies and for documents alike."""

    @wire.model
    class Facts:
        name: wire.Text = ""
        header: Annotated[str | None, wire.Header("X-Acme")] = None
        now: Annotated[datetime | None, wire.ReceivedAt()] = None

    def read_facts(event: Any) -> Iterator[Reading]:
        yield Reading(state=State.FIRING, identity={"h": event.header or "", "now": str(event.now)})

    adapter = adapter_that(read_facts, Facts, rank=None)
    request = Request('{"header": "spoofed"}', headers={"x-acme": "h"})
    assert (
        parse(adapter, request, received_at=NOON).alerts
        == parse_document(adapter, {"header": "spoofed"}, request=request, received_at=NOON).alerts
    )
    assert parse(adapter, request).alerts[0].identity == {"h": "h", "now": "None"}


def test_alerts_beyond_the_limit_are_not_made() -> None:
    """An adapter that yields its results makes one more than the limit, and no other."""
    made = []

    def yields(_: Event) -> Iterator[Reading]:
        for number in range(1_000):
            made.append(number)
            yield Reading(state=State.FIRING, identity={"id": str(number)})

    with pytest.raises(LimitError, match="max_alerts = 5"):
        parse(adapter_that(yields), '{"acme_id": "a"}', limits=Limits(max_alerts=5))
    assert made == [0, 1, 2, 3, 4, 5]


def test_another_vendor_is_named() -> None:
    """The error for a payload that another adapter recognises names that vendor."""
    body = '{"id": "x", "level": "OK", "time": "", "details": "", "duration": 0, "data": {}, "message": ""}'
    with pytest.raises(ShapeError, match=r"this looks like kapacitor: it has the keys") as caught:
        parse(ACME, body)
    assert "acme: expected text, number or null, found nothing @ $.acme_id" in str(caught.value)
    assert parse("kapacitor", body).alerts


def _raises(_: Any) -> Iterator[Reading]:
    yield Reading(state=State.FIRING, identity={"id": "x"})
    raise ValueError("hunter2")


def _reading(**fields: Any) -> list[Reading]:
    return [Reading(**{"state": State.FIRING, "identity": {"id": "x"}, **fields})]


@pytest.mark.parametrize(
    ("adapter", "words", "cause"),
    [
        (adapter_that(_raises), "read raised ValueError @ $", ValueError),
        (adapter_that(lambda _: 1 / 0), "read raised ZeroDivisionError @ $", ZeroDivisionError),
        (adapter_that(lambda: iter(())), "read raised TypeError @ $", TypeError),
        (adapter_that(lambda _: 5), "read raised TypeError @ $", TypeError),
        (adapter_that(["hunter2"]), "read gives a str", None),
        (adapter_that([None]), "read gives a NoneType", None),
        (adapter_that(_reading(identity={"id": 42})), "raised TypeError", TypeError),
        (adapter_that(_reading(title=None)), "raised ", Exception),
        (adapter_that(_reading(labels=["hunter2"])), "raised AttributeError", AttributeError),
        (adapter_that(_reading(path=5)), "raised TypeError", TypeError),
        (adapter_that([], prepare=lambda document: document["hunter2"]), "raised KeyError", KeyError),
    ],
)
def test_adapter_errors(adapter: Adapter, words: str, cause: type[Exception] | None) -> None:
    """A fault of an adapter is an `AdapterError` that keeps its cause and contains no value."""
    with pytest.raises(AdapterError) as caught:
        parse(adapter, '{"acme_id": "hunter2"}')
    assert str(caught.value).startswith("acme: ")
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert cause is None or isinstance(caught.value.__cause__, cause)


def test_errors_of_a_prepare_step_pass() -> None:
    """A prepare step may refuse a document with an error of this library or a mismatch."""

    def limited(document: Any) -> Any:
        check(document, Limits(max_nodes=1))
        return document

    with pytest.raises(LimitError, match="acme: "):
        parse(adapter_that([], prepare=limited), '{"acme_id": "a"}')

    def refused(_: Any) -> Any:
        raise wire.mismatch("something else", wire.plain("hunter2"))

    with pytest.raises(ShapeError, match=r"acme: expected something else, got str @ \$"):
        parse(adapter_that([], prepare=refused), '{"acme_id": "a"}')


def test_a_prepared_document_stays_out_of_raw() -> None:
    """The prepared document is read, and the original one is kept as raw."""
    adapter = evolve(ACME, prepare=lambda document: {"acme_id": document["ID"]})
    batch = parse(adapter, '{"ID": "x"}')
    assert batch.raw == {"ID": "x"}
    assert batch.alerts[0].dedup_key == "acme:id=x"


def test_raw_of_a_missing_path() -> None:
    """For a path that does not exist, the raw element is the innermost part that does."""
    for at, raw in (((), {"acme_id": "a"}), (("acme_id",), "a"), (("acme_id", "x", 0), "a"), ((5,), {"acme_id": "a"})):
        reading = Reading(state=State.FIRING, identity={"id": "a"}, path=at)
        assert parse(adapter_that([reading]), '{"acme_id": "a"}').alerts[0].raw == raw


def test_the_input_is_not_touched() -> None:
    """Documents and requests are unchanged, and equal input gives equal batches."""
    document: list[Any] = [{"acme_id": "a", "at": "soon"}, {"acme_id": []}, {"acme_id": "c", "level": "codes"}]
    before = copy.deepcopy(document)
    assert parse_document(MANY, document) == parse_document(MANY, document)
    assert document == before


# --- Detection --------------------------------------------------------------------------------------------------------


@wire.model
class Anything:
    """A model without deciding fields."""

    more: wire.Json = None


def marked(name: str, mark: Any) -> Adapter:
    """Return an adapter with these marks that takes any object."""
    return evolve(ACME, name=name, shapes=[Shape(Anything, lambda _: None, marks=mark)])


def found(document: Any, *adapters: Adapter) -> tuple[str, str] | None:
    """Return what is detected among these adapters."""
    detection = recognise(document, Request(), Limits(), adapters)
    return None if detection is None else (detection.vendor, detection.reason)


def test_marks_recognise_a_vendor() -> None:
    """A document with all the marks of one vendor is recognised, and the reason names them."""
    assert found({"acme_id": 1, "x": 2}, ACME) == ("acme", "it has the keys acme_id")
    assert found([{"acme_id": 1}], MANY) == ("acme", "it has the keys acme_id")
    others: tuple[Any, ...] = ({"x": 1}, [], "acme_id", None, {"ACME_ID": 1})
    for document in others:
        assert found(document, ACME, MANY) is None


def test_an_adapter_without_marks_recognises_nothing() -> None:
    """An adapter without marks is never detected."""
    adapter = adapter_that([], Anything, rank=None)
    assert found({}, adapter) is None
    assert found({"x": 1}, adapter) is None


def test_strong_marks_beat_weak_ones() -> None:
    """A vendor's own marks beat common words; two vendors of equal rank give no result."""
    strong = marked("strong", lambda *_: True)
    weak = marked("weak", lambda *_: Rank.WEAK)
    assert found({}, weak, strong) == ("strong", "it has the form of Anything")
    assert found({}, weak) == ("weak", "it has the form of Anything")
    assert found({}, strong, marked("other", lambda *_: Rank.STRONG)) is None
    assert found({}, weak, marked("other", lambda *_: Rank.WEAK)) is None


def test_a_broken_mark_hides_no_other() -> None:
    """A mark that raises, or returns something else, recognises nothing and does not stop the others."""
    broken = [marked("a", lambda *_: 1 / 0), marked("b", lambda *_: "yes"), marked("c", lambda: None)]
    assert found({"acme_id": 1}, *broken, ACME) == ("acme", "it has the keys acme_id")


def test_detection_of_any_request() -> None:
    """An undecodable body is not recognised, a body beyond the limits is an error, and arguments are checked."""
    for body in (b"\xff", "", "{", "5", '"x"', "[]"):
        assert detect(body) is None
    with pytest.raises(LimitError):
        detect(b"x" * 3_000_000)
    with pytest.raises(ConfigurationError, match="limits: expected Limits"):
        detect("{}", limits=5)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="body must be"):
        detect(5)  # type: ignore[arg-type]


# --- Declarations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "Acme", "1acme", "ac-me", "acme ", "acme\n", "äcme", "acme:x", None, 5])
def test_names_of_adapters(name: Any) -> None:
    """A name has only lower-case letters, digits and `_`: it begins every key and is part of URLs."""
    with pytest.raises(ConfigurationError, match="an adapter's name is"):
        evolve(ACME, name=name)


def test_levels_of_adapters() -> None:
    """One level in two spellings cannot have two severities."""
    assert evolve(ACME, levels={"a": Severity.LOW, " A ": Severity.LOW}).severity_by_word == {"a": Severity.LOW}
    with pytest.raises(ConfigurationError, match="the level 'A' has two severities"):
        evolve(ACME, levels={"a": Severity.LOW, "A": Severity.HIGH})


def test_a_shape_that_fits_any_object_needs_marks() -> None:
    """A model without a deciding field is refused unless marks, a header or `rank=None` say when it is meant."""

    @wire.model
    class Loose:
        name: wire.Text = ""

    with pytest.raises(ConfigurationError, match="Loose fits any object"):
        Shape(Loose, lambda _: None)
    for also in ({"marks": {"name"}}, {"headers": {"X-Acme": ""}}, {"rank": None}):
        assert not Shape(Loose, lambda _: None, **also).decides


def test_items_need_no_factory() -> None:
    """A list of items may have a default."""

    @wire.model
    class Sparse:
        alerts: wire.Items[Event] = Factory(wire.Items)

    assert parse_document(adapter_that([], Sparse, rank=None), {}).reason is Reason.NO_ALERT


def test_a_notice_in_the_place_of_read() -> None:
    """A shape whose bodies all give the same notice, or nothing, needs no function."""

    @wire.model
    class Ping:
        ping: wire.Text

    @wire.model
    class Quiet:
        quiet: wire.Text

    shapes = [Shape(Ping, Notice(reason=Reason.TEST)), Shape(Quiet, None)]
    adapter = evolve(ACME, shapes=shapes)
    assert parse_document(adapter, {"ping": "x"}).reason is Reason.TEST
    assert parse_document(adapter, {"quiet": "x"}).reason is Reason.NO_ALERT


@pytest.mark.parametrize(
    ("document", "is_found"),
    [
        ({"acme_id": "1", "source": "acme 2.1"}, True),
        ({"acme_id": "1", "source": "other"}, False),
        ({"acme_id": "1", "source": 7}, False),
        ({"acme_id": "1"}, False),
        ([{"acme_id": "1", "source": "acme"}], True),
    ],
)
def test_marks_with_the_beginning_of_a_value(document: object, *, is_found: bool) -> None:
    """A key that others send as well is a mark by how its value begins."""
    adapter = evolve(ACME, many=True, shapes=[Shape(Event, read, marks={"source": "acme"})])
    assert (recognise(document, Request(), Limits(), [adapter]) is not None) is is_found


@pytest.mark.parametrize(("text", "is_found"), [("acme says: down", True), ("acme", False), ("x", False)])
def test_marks_of_a_text(text: str, *, is_found: bool) -> None:
    """The marks of a body that is text must stand in it."""
    adapter = evolve(ACME, formats={"text"}, shapes=[Shape(str, lambda _: None, marks={"acme", "says:"})])
    assert (recognise(text, Request(), Limits(), [adapter]) is not None) is is_found
