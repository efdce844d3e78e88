"""One request in, one batch out: arguments, errors, partial batches, problems."""

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
from alertmap.adapter import Mark, Rank, Said
from alertmap.intake.detect import recognise
from alertmap.strict_json import check

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@wire.model
class Event:
    """A small vendor's event."""

    acme_id: wire.Text
    level: str | None = None
    ok: bool = False
    at: wire.Rfc3339 = None
    event: str | None = None


def read(event: Event) -> Iterator[Said]:
    """Read it; some levels stand for what an adapter may say or do."""
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
            problems=(Problem(ProblemCode.MISSING, "$.more", "it is missing"),) if event.level == "told" else (),
        )


ACME = Adapter(
    name="acme",
    title="Acme",
    wire=Event,
    read=read,
    levels={"warn": Severity.LOW, "told": Severity.LOW},
    marks=frozenset({"acme_id"}),
)
MANY = evolve(ACME, many=True)


@wire.model
class Group:
    """Events in a list of a document."""

    alerts: wire.Items[Event]
    left_out: int = 0


def read_group(group: Group) -> Iterator[Said]:
    """Read each, and what is said of the whole."""
    yield Notice(truncated=group.left_out, group_key="g", delivery_id="d")
    for where, event in group.alerts:
        for said in read(event):
            yield evolve(said, at=where) if isinstance(said, Reading) else said


GROUP = evolve(ACME, wire=Group, read=read_group, marks=frozenset({"alerts"}))


def adapter_that(says: Any, **changes: Any) -> Adapter:
    """An adapter whose `read` is this function, or gives these."""
    return evolve(ACME, **{"read": says if callable(says) else lambda _: says, **changes})


def told(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """Problems as code and path."""
    return [(problem.code.value, problem.path) for problem in problems]


# --- One alert --------------------------------------------------------------------------------------------------------


def test_an_alert_has_all_that_is_known() -> None:
    """The reading, the vendor, the source, the severity, the key, the time of receipt and its own element."""
    document = {"acme_id": "a", "level": "WARN", "at": "2026-01-01T11:59:00Z", "more": 1}
    batch = parse_document(ACME, document, source="prod", received_at=NOON)
    [alert] = batch
    assert (alert.vendor, alert.source, alert.severity, alert.level) == ("acme", "prod", Severity.LOW, "WARN")
    assert (alert.dedup_key, alert.state, alert.received_at) == ("acme:id=a", State.FIRING, NOON)
    assert alert.occurred_at == NOON - timedelta(minutes=1)
    assert alert.raw is batch.raw is document
    assert (batch.vendor, batch.source, batch.reason, alert.problems) == ("acme", "prod", None, ())


def test_severity_of_what_is_not_told() -> None:
    """A firing without a known level has the fallback and a problem; a recovery without one has none."""
    [unknown] = parse_document(ACME, {"acme_id": "a", "level": "odd", "at": "2026-01-01T00:00:00Z"})
    [missing] = parse_document(ACME, {"acme_id": "a", "level": " ", "at": "2026-01-01T00:00:00Z"})
    [ended] = parse_document(ACME, {"acme_id": "a", "ok": True, "at": "2026-01-01T00:00:00Z"})
    assert (unknown.severity, told(unknown.problems)) == (Severity.MEDIUM, [("level_unknown", "level")])
    assert (missing.severity, told(missing.problems)) == (Severity.MEDIUM, [("level_missing", "level")])
    assert (ended.severity, told(ended.problems)) == (None, [])


def test_the_core_scrubs() -> None:
    """Texts are cleaned, and problems of that stand beside those of the adapter."""
    reading = Reading(state=State.FIRING, identity={"id": "{{ x }}\x00"}, level="warn", links={"page": "javascript:x"})
    [alert] = parse_document(
        adapter_that([reading], unrendered=re.compile(r"\{\{.*?\}\}"), timed=False), {"acme_id": ""}
    )
    assert alert.title == "Acme alert"
    assert alert.dedup_key == "acme:id={{ x }}%00"
    assert told(alert.problems) == [
        ("title_fallback", "title"),
        ("unrendered", "identity.id"),
        ("bad_link", "links.page"),
    ]


@pytest.mark.parametrize(("state", "no_data"), [(State.FIRING, True), (State.RESOLVED, False)])
def test_no_data_only_fires(state: State, no_data: bool) -> None:  # noqa: FBT001
    """That nothing was measured is said of what fires only."""
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
def test_times_are_doubted_once(at: str | None, received_at: datetime | None, problems: list[tuple[str, str]]) -> None:
    """A time that is missing, unreadable, or over five minutes ahead is told once, and kept if it is one."""
    [alert] = parse_document(ACME, {"acme_id": "a", "level": "warn", "at": at}, received_at=received_at)
    assert told(alert.problems) == problems
    assert (alert.occurred_at is None) == (at in (None, "", "0001-01-01T00:00:00Z", "soon"))


def test_a_vendor_without_times() -> None:
    """Where the payload has no time by contract there is no problem."""
    [alert] = parse_document(evolve(ACME, timed=False), {"acme_id": "a", "level": "warn"})
    assert alert.problems == ()


# --- Batches ----------------------------------------------------------------------------------------------------------


def test_an_array_of_events() -> None:
    """Each element is an alert with its own place and element; one bad element costs only itself."""
    document = [{"acme_id": "a"}, {"acme_id": []}, {"acme_id": "b", "at": "soon"}, 5]
    batch = parse_document(MANY, document)
    first, second = batch
    assert (first.at, second.at) == ((0,), (2,))
    assert (first.raw, second.raw) == (document[0], document[2])
    assert told(batch.problems) == [("bad_element", "$[1].acme_id"), ("bad_element", "$[3]")]
    assert told(first.problems) == [("level_missing", "level"), ("time_missing", "occurred_at")]
    assert told(second.problems) == [("bad_time", "$[2].at"), ("level_missing", "level")]


def test_problems_land_on_their_alert() -> None:
    """A doubt belongs to the alert in whose element it stands, told from the document's root."""
    document = {
        "alerts": [
            {"acme_id": "a", "level": "told", "at": "2026-01-01T00:00:00Z"},
            {"acme_id": "b", "level": "warn", "at": "soon"},
            "x",
            {"acme_id": "c", "level": "warn", "at": "2026-01-01T00:00:00Z"},
        ],
        "left_out": 7,
    }
    batch = parse_document(GROUP, document)
    assert [told(alert.problems) for alert in batch] == [
        [("missing", "$.alerts[0].more")],
        [("bad_time", "$.alerts[1].at")],
        [],
    ]
    assert told(batch.problems) == [("bad_element", "$.alerts[2]")]
    assert (batch.truncated, batch.group_key, batch.delivery_id) == (7, "g", "d")
    assert [alert.raw for alert in batch] == [document["alerts"][place] for place in (0, 1, 3)]  # type: ignore[index]


def test_the_innermost_alert_owns_a_problem() -> None:
    """Where one alert is of the whole document and another of a part, a doubt in the part is the latter's."""

    def twice(group: Group) -> Iterator[Said]:
        yield Reading(state=State.FIRING, identity={"id": "whole"}, level="warn", title="x")
        yield from read_group(group)

    doubted = {"alerts": [{"acme_id": "a", "level": "warn", "at": "soon"}]}
    batch = parse_document(evolve(GROUP, read=twice, timed=False), doubted)
    assert [told(alert.problems) for alert in batch] == [[], [("bad_time", "$.alerts[0].at")]]


def test_the_batch_is_the_sum_of_its_elements() -> None:
    """What an element becomes does not depend on its neighbours."""
    elements = [{"acme_id": "a"}, {"acme_id": "b", "level": "bad"}, {"acme_id": None}, {}, {"acme_id": "c", "ok": True}]
    whole = parse_document(MANY, elements)
    alone = [alert for element in elements for alert in _alone(element)]
    assert [evolve(alert, at=(), problems=()) for alert in whole] == [evolve(it, at=(), problems=()) for it in alone]
    assert told(whole.problems) == [
        ("bad_element", "$[1].level"),
        ("bad_element", "$[3].acme_id"),
        ("bad_element", "$[2]"),
    ]


def _alone(element: Any) -> Iterable[Any]:
    try:
        return parse_document(MANY, [element])
    except ShapeError:
        return ()


def test_a_batch_of_nothing_but_bad_ones() -> None:
    """If no element can be read that is a `ShapeError` which names each; of many only the first."""
    with pytest.raises(ShapeError) as caught:
        parse_document(MANY, [{}, {"acme_id": True}])
    assert str(caught.value) == (
        "acme: expected text, number or null, found nothing @ $[0].acme_id; "
        "expected text, number or null, got bool @ $[1].acme_id"
    )
    with pytest.raises(ShapeError, match=r"acme: it is bad @ \$\[0\].level; it is bad @ \$\[1\].level$") as caught:
        parse_document(MANY, [{"acme_id": "a", "level": "bad"}] * 2)
    assert told(caught.value.problems) == [("bad_element", "$[0].level"), ("bad_element", "$[1].level")]
    with pytest.raises(ShapeError, match="and 492 more") as caught:
        parse_document(MANY, [{"acme_id": "a", "level": "bad"}] * 500)
    assert len(caught.value.problems) == 500


def test_an_array_where_none_is_declared() -> None:
    """A list does not fit where the vendor sends an object, and none holds no alert where it may."""
    with pytest.raises(ShapeError, match=r"expected object, got list @ \$"):
        parse_document(ACME, [{"acme_id": "a"}, {"acme_id": "b"}])
    assert parse_document(MANY, []).reason is Reason.NO_ALERT
    [alert] = parse_document(MANY, {"acme_id": "a"})
    assert alert.at == ()


def test_nothing_to_identify_by() -> None:
    """A reading without identity is no alert: in a batch a problem, alone a `ShapeError`."""
    batch = parse_document(MANY, [{"acme_id": " "}, {"acme_id": "a"}])
    assert told(batch.problems) == [("bad_element", "$[0]")]
    assert [alert.dedup_key for alert in batch] == ["acme:id=a"]
    with pytest.raises(ShapeError, match="acme: there is nothing to identify the alert by @ \\$"):
        parse_document(ACME, {"acme_id": None})


def test_the_number_of_alerts_is_limited() -> None:
    """As many as the limit allows are read; one more is a `LimitError`."""
    elements = [{"acme_id": str(number)} for number in range(6)]
    assert len(parse_document(MANY, elements, limits=Limits(max_alerts=6))) == 6
    with pytest.raises(LimitError, match="max_alerts = 5"):
        parse_document(MANY, elements, limits=Limits(max_alerts=5))
    with pytest.raises(LimitError, match=r"acme: .*max_alerts = 5000"):
        parse_document(MANY, [{"acme_id": "a"}] * 5001)


# --- Requests without alerts ------------------------------------------------------------------------------------------


def test_probes() -> None:
    """A request without a body that only asks is an empty batch with its reason."""
    for method in ("GET", "HEAD", "OPTIONS"):
        batch = parse(ACME, Request(method=method), source="prod")
        assert batch == Batch(vendor="acme", source="prod", reason=Reason.PROBE)
    with pytest.raises(DecodeError, match="acme: the body is empty"):
        parse(ACME, b"")
    assert parse(evolve(ACME, formats=frozenset({"json", "empty"})), b"").reason is Reason.PROBE


def test_notices() -> None:
    """A test button, an event that changes nothing, and a handshake are batches without alerts, with their reason."""
    assert parse(ACME, '{"acme_id": "a", "level": "ping"}').reason is Reason.TEST
    assert parse(adapter_that([]), '{"acme_id": "a"}').reason is Reason.NO_ALERT
    notice = Notice(reason=Reason.HANDSHAKE, reply=Reply(body="hello"), confirm_url="https://acme.example/")
    batch = parse(adapter_that([notice]), '{"acme_id": "a"}')
    assert (batch.reason, batch.reply, batch.confirm_url) == (Reason.HANDSHAKE, notice.reply, notice.confirm_url)
    reading = Reading(state=State.FIRING, identity={"id": "a"})
    assert parse(adapter_that([notice, reading]), '{"acme_id": "a"}').reason is None


def test_a_notice_excuses_bad_elements() -> None:
    """Where the adapter says why there are no alerts, a bad element stays a problem."""
    bad = Problem(ProblemCode.BAD_ELEMENT, "$", "it is bad")
    batch = parse(adapter_that([Notice(reason=Reason.TEST), bad]), '{"acme_id": "a"}')
    assert (batch.reason, told(batch.problems)) == (Reason.TEST, [("bad_element", "$")])


# --- Errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vendor", "arguments", "kind", "status"),
    [
        ("acmee", {}, UnknownVendor, 404),
        (None, {}, UnknownVendor, 404),
        (5, {}, UnknownVendor, 404),
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
        (ACME, {"request": b"x" * 2_000_000}, LimitError, 413),
        (ACME, {"request": "[]", "limits": Limits(max_body=1)}, LimitError, 413),
        (ACME, {"request": "[1, 2]"}, ShapeError, 422),
        (ACME, {"request": "{}"}, ShapeError, 422),
        (adapter_that(lambda _: [5]), {}, AdapterError, 500),
    ],
)
def test_each_error_has_its_kind(
    vendor: Any, arguments: dict[str, Any], kind: type[AlertmapError], status: int
) -> None:
    """Every fault is one kind of `AlertmapError` with its status; a payload's error names the vendor."""
    request = arguments.pop("request", '{"acme_id": "a"}')
    with pytest.raises(AlertmapError) as caught:
        parse(vendor, request, **arguments)
    assert type(caught.value) is kind
    assert caught.value.http_status == status
    assert getattr(caught.value, "vendor", "acme") == "acme"


def test_received_at_is_utc() -> None:
    """The time of receipt may come in any zone."""
    batch = parse(ACME, '{"acme_id": "a"}', received_at=datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=2))))
    assert batch.alerts[0].received_at == NOON
    assert batch.alerts[0].received_at.tzinfo is UTC


@pytest.mark.parametrize("request_", ["x", b"", 5, {"headers": {}}])
def test_a_document_takes_a_request_or_none(request_: Any) -> None:
    """What lends headers and query to a document is a `Request`."""
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
    """Headers and query are there for bodies and for documents alike."""

    @wire.model
    class Told:
        name: wire.Text = ""
        header: Annotated[str | None, wire.Header("X-Acme")] = None
        now: Annotated[datetime | None, wire.ReceivedAt()] = None

    def said(event: Any) -> Iterator[Reading]:
        yield Reading(state=State.FIRING, identity={"h": event.header or "", "now": str(event.now)})

    adapter = adapter_that(said, wire=Told)
    request = Request('{"header": "spoofed"}', headers={"x-acme": "h"})
    assert (
        parse(adapter, request, received_at=NOON).alerts
        == parse_document(adapter, {"header": "spoofed"}, request=request, received_at=NOON).alerts
    )
    assert parse(adapter, request).alerts[0].identity == {"h": "h", "now": "None"}


def test_another_vendors_payload_is_told() -> None:
    """A payload that does not fit, and that another adapter recognises, says so."""
    body = '{"id": "x", "level": 5, "time": "", "details": "", "duration": 0, "data": {}, "message": ""}'
    with pytest.raises(ShapeError, match=r"this looks like kapacitor: it has the keys") as caught:
        parse(ACME, body)
    assert "acme: expected text, number or null, found nothing @ $.acme_id" in str(caught.value)
    with pytest.raises(ShapeError) as caught:
        parse("kapacitor", body)
    assert "looks like" not in str(caught.value)


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
        (adapter_that(lambda _: None), "read raised TypeError @ $", TypeError),
        (adapter_that(["hunter2"]), "read yields a str", None),
        (adapter_that([None]), "read yields a NoneType", None),
        (adapter_that(_reading(identity={"id": 42})), "raised AttributeError", AttributeError),
        (adapter_that(_reading(title=None)), "raised ", Exception),
        (adapter_that(_reading(labels=["hunter2"])), "raised AttributeError", AttributeError),
        (adapter_that(_reading(at=5)), "raised TypeError", TypeError),
        (adapter_that([], wire=list), "raised ", Exception),
        (adapter_that([], prepare=lambda document: document["hunter2"]), "raised KeyError", KeyError),
    ],
)
def test_a_broken_adapter_is_told(adapter: Adapter, words: str, cause: type[Exception] | None) -> None:
    """What an adapter does wrong is an `AdapterError` that keeps its cause and shows no value."""
    with pytest.raises(AdapterError) as caught:
        parse(adapter, '{"acme_id": "hunter2"}')
    assert str(caught.value).startswith("acme: ")
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert cause is None or isinstance(caught.value.__cause__, cause)


def test_errors_of_a_prepare_step_pass() -> None:
    """A step that puts documents right may refuse one with an error of this library, or as the wire does."""

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
    """What a step makes of a document is read, and the document as it came is kept."""
    adapter = evolve(ACME, prepare=lambda document: {"acme_id": document["ID"]})
    batch = parse(adapter, '{"ID": "x"}')
    assert batch.raw == {"ID": "x"}
    assert batch.alerts[0].dedup_key == "acme:id=x"


def test_a_place_that_is_not_there() -> None:
    """An alert's own element is the innermost part of the document on the way to its place."""
    for at, raw in (((), {"acme_id": "a"}), (("acme_id",), "a"), (("acme_id", "x", 0), "a"), ((5,), {"acme_id": "a"})):
        reading = Reading(state=State.FIRING, identity={"id": "a"}, at=at)
        assert parse(adapter_that([reading]), '{"acme_id": "a"}').alerts[0].raw == raw


def test_the_input_is_not_touched() -> None:
    """Documents and requests are as they were, and the same input gives the same batch."""
    document: list[Any] = [{"acme_id": "a", "at": "soon"}, {"acme_id": []}, {"acme_id": "c", "level": "told"}]
    before = copy.deepcopy(document)
    assert parse_document(MANY, document) == parse_document(MANY, document)
    assert document == before


# --- Detection --------------------------------------------------------------------------------------------------------


def marked(name: str, mark: Any) -> Adapter:
    """An adapter that recognises what its function says."""
    return evolve(ACME, name=name, marks=mark)


def found(document: Any, *adapters: Adapter) -> tuple[str, str] | None:
    """What is detected among these."""
    detection = recognise(document, Request(), Limits(), adapters)
    return None if detection is None else (detection.vendor, detection.reason)


def test_keys_give_a_vendor_away() -> None:
    """A document with all the marks of one vendor is that vendor's, and the reason names them."""
    assert found({"acme_id": 1, "x": 2}, ACME) == ("acme", "it has the keys acme_id")
    assert found([{"acme_id": 1}], MANY) == ("acme", "it has the keys acme_id")
    others: tuple[Any, ...] = ({"x": 1}, [], "acme_id", None, {"ACME_ID": 1})
    for document in others:
        assert found(document, ACME, MANY) is None


def test_an_adapter_without_marks_recognises_nothing() -> None:
    """No marks are no reason."""
    assert found({}, marked("a", frozenset())) is None
    assert found({"x": 1}, marked("a", frozenset())) is None


def test_strong_marks_beat_weak_ones() -> None:
    """A vendor's own marks beat common words; two of the same rank that disagree give none."""
    strong = marked("strong", lambda *_: Mark("its own"))
    weak = marked("weak", lambda *_: Mark("common", Rank.WEAK))
    assert found({}, weak, strong) == ("strong", "its own")
    assert found({}, weak) == ("weak", "common")
    assert found({}, strong, marked("other", lambda *_: Mark("its own too"))) is None
    assert found({}, weak, marked("other", lambda *_: Mark("common too", Rank.WEAK))) is None


def test_a_broken_mark_hides_no_other() -> None:
    """What raises, or gives anything but a mark, recognises nothing."""
    broken = [marked("a", lambda *_: 1 / 0), marked("b", lambda *_: True), marked("c", lambda: None)]
    assert found({"acme_id": 1}, *broken, ACME) == ("acme", "it has the keys acme_id")


def test_detection_of_any_request() -> None:
    """What cannot be decoded is nobody's; what is too large is an error; the arguments are checked."""
    for body in (b"\xff", "", "{", "5", '"x"', "[]"):
        assert detect(body) is None
    with pytest.raises(LimitError):
        detect(b"x" * 2_000_000)
    with pytest.raises(ConfigurationError, match="limits must be"):
        detect("{}", limits=5)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="body must be"):
        detect(5)  # type: ignore[arg-type]


# --- Declarations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "Acme", "1acme", "ac-me", "acme ", "acme\n", "äcme", "acme:x", None, 5])
def test_names_of_adapters(name: Any) -> None:
    """An adapter's name begins every key and stands in URLs: lower-case letters, digits and `_`."""
    with pytest.raises(ConfigurationError, match="an adapter's name is"):
        evolve(ACME, name=name)


def test_levels_of_adapters() -> None:
    """A level in two spellings may not have two severities."""
    assert evolve(ACME, levels={"a": Severity.LOW, " A ": Severity.LOW}).severity_by_word == {"a": Severity.LOW}
    with pytest.raises(ConfigurationError, match="the level 'A' stands twice"):
        evolve(ACME, levels={"a": Severity.LOW, "A": Severity.HIGH})


def test_items_need_no_factory() -> None:
    """A model may give a list of items a default."""

    @wire.model
    class Sparse:
        alerts: wire.Items[Event] = Factory(wire.Items)

    assert parse_document(adapter_that([], wire=Sparse), {}).reason is Reason.NO_ALERT
