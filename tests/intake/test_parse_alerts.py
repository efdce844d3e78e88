"""From the events of a request to its alerts: fields, identity, problems with their words, ids, foreign bodies."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from alertmap import (
    Adapter,
    AdapterError,
    Batch,
    ConfigurationError,
    LimitError,
    Limits,
    Notice,
    Priorities,
    Problem,
    ProblemCode,
    Reading,
    Reason,
    Reply,
    Request,
    Severity,
    Shape,
    ShapeError,
    Source,
    State,
    Times,
    parse,
    parse_document,
    wire,
)
from alertmap.intake.parse import parse_received

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CLOUD_EVENT = {"specversion": "1.0", "source": "/s", "type": "t"}


@wire.model
class Event:
    """An event of a small test vendor."""

    acme_id: wire.Text
    at: wire.Rfc3339 = None


def _read(event: Event) -> Reading:
    return Reading(
        state=State.FIRING, identity={"id": event.acme_id}, level="warn", title="it happened", occurred_at=event.at
    )


ACME = Adapter(
    name="acme",
    title="Acme",
    shapes=[Shape(Event, _read, marks={"acme_id"})],
    levels={"warn": Severity.LOW},
    times=Times.NONE,
)
MANY = evolve(ACME, many=True)


def adapter_that(*results: Any, **changes: Any) -> Adapter:
    """Return an adapter that reads these results from any event."""
    shape = Shape(Event, lambda _: list(results), marks={"acme_id"})
    return evolve(ACME, **{"shapes": [shape], **changes})


def reading(**fields: Any) -> Reading:
    """Return a reading with these fields."""
    return Reading(**{"state": State.FIRING, "identity": {"id": "x"}, "level": "warn", "title": "t", **fields})


def words(problems: Sequence[Problem]) -> list[tuple[str, str, str]]:
    """Return code, path and message of each problem."""
    return [(problem.code.value, problem.path, problem.message) for problem in problems]


# --- Fields -----------------------------------------------------------------------------------------------------------


def test_what_a_reading_says_is_in_the_alert() -> None:
    """Each field of a reading is in the alert as it stands; what decides the place and the time stays with it."""
    given = reading(
        state=State.ACKNOWLEDGED,
        title="disk full",
        message="on /var",
        resource="db-1",
        labels={"team": "db"},
        links={"page": "https://acme.example/"},
        values={"used": 93.5},
        started_at=NOON - timedelta(hours=1),
        occurred_at=NOON,
        times=Times.STATED,
        sequence=7,
        episode="e-1",
        expires_at=NOON + timedelta(hours=1),
        path=("acme_id",),
    )
    [alert] = parse_document(adapter_that(given), {"acme_id": "a"}, received_at=NOON)
    for name in (
        *("state", "level", "identity", "title", "message", "resource", "labels", "links", "values", "started_at"),
        *("occurred_at", "times", "sequence", "episode", "expires_at", "resolvable", "path"),
    ):
        assert getattr(alert, name) == getattr(given, name), name
    assert (alert.raw, alert.received_at, alert.resolvable, alert.no_data) == ("a", NOON, True, False)


def test_a_blank_episode_is_none() -> None:
    """A blank text names no episode."""
    [alert] = parse_document(adapter_that(reading(episode="")), {"acme_id": "a"})
    assert alert.episode is None


@pytest.mark.parametrize("recovers", [True, False])
@pytest.mark.parametrize("resolvable", [True, False])
def test_only_what_the_sender_announces_is_resolvable(*, recovers: bool, resolvable: bool) -> None:
    """An alert is resolvable if its reading says so, and its vendor announces recoveries at all."""
    [alert] = parse_document(adapter_that(reading(resolvable=resolvable), recovers=recovers), {"acme_id": "a"})
    assert alert.resolvable is (recovers and resolvable)


@pytest.mark.parametrize("no_data", [True, False])
def test_no_data_of_a_firing_alert(*, no_data: bool) -> None:
    """A firing alert lacks data where its reading says so, also where the payload names no state."""
    for state in (State.FIRING, None):
        [alert] = parse_document(adapter_that(reading(state=state, no_data=no_data)), {"acme_id": "a"})
        assert alert.no_data is no_data


def test_a_missing_state_fires() -> None:
    """A payload without a state fires, with a problem, and its level decides the severity as for any firing."""
    [alert] = parse_document(adapter_that(reading(state=None)), {"acme_id": "a"})
    assert (alert.state, alert.severity) == (State.FIRING, Severity.LOW)
    assert words(alert.problems) == [("state_guessed", "state", "the payload names no state; treated as firing")]
    [alert] = parse_document(adapter_that(reading(state=None, level="odd")), {"acme_id": "a"})
    assert alert.severity is Severity.MEDIUM


@pytest.mark.parametrize("level", [" warn\x00", "WARN\x1b"])
def test_a_level_is_looked_up_as_it_was_cleaned(level: str) -> None:
    """Characters that were removed from a level do not hide its severity."""
    [alert] = parse_document(adapter_that(reading(level=level)), {"acme_id": "a"})
    assert (alert.severity, alert.problems) == (Severity.LOW, ())


@pytest.mark.parametrize(
    ("of_reading", "of_shape", "times"),
    [
        (Times.STATED, Times.ARRIVAL, Times.STATED),
        (None, Times.ARRIVAL, Times.ARRIVAL),
        (Times.STATED, None, Times.STATED),
        (None, None, Times.NONE),
    ],
)
def test_the_times_of_reading_shape_and_adapter(of_reading: Times, of_shape: Times, times: Times) -> None:
    """The reading decides the meaning of a time, else its shape, else its adapter."""
    shape = Shape(Event, lambda _: reading(times=of_reading), marks={"acme_id"}, times=of_shape)
    [alert] = parse_document(evolve(ACME, shapes=[shape]), {"acme_id": "a"})
    assert alert.times is times


def test_problems_of_a_time_in_words() -> None:
    """A missing time and one far ahead of the time of receipt are problems that say so."""
    [missing] = parse_document(evolve(ACME, times=Times.SINCE), {"acme_id": "a"})
    assert words(missing.problems) == [("time_missing", "occurred_at", "the payload holds no time of this state")]
    [ahead] = parse_document(ACME, {"acme_id": "a", "at": "2026-01-01T13:00:00Z"}, received_at=NOON)
    assert words(ahead.problems) == [("bad_time", "occurred_at", "the time is ahead of the time of receipt")]


def test_severities_do_not_leak_from_one_alert_to_the_next() -> None:
    """Each alert of a request has the severity of its own level and state, and of its own element."""
    says = [reading(level="warn"), reading(level="odd"), reading(level="warn", state=State.RESOLVED), reading()]
    batch = parse_document(adapter_that(*says, fallback=Severity.HIGH), {"acme_id": "a"})
    assert [alert.severity for alert in batch] == [Severity.LOW, Severity.HIGH, Severity.LOW, Severity.LOW]
    assert [len(alert.problems) for alert in batch] == [0, 1, 0, 0]
    by_field = Source("prod", priorities=Priorities({"P1": Severity.CRITICAL, "P5": Severity.INFO}, field="prio"))
    elements = [{"acme_id": "a", "prio": "P1"}, {"acme_id": "b", "prio": "P5"}, {"acme_id": "c"}]
    batch = parse_document(MANY, elements, source=by_field)
    assert [alert.severity for alert in batch] == [Severity.CRITICAL, Severity.INFO, Severity.LOW]


def test_settings_of_a_source_change_texts_only() -> None:
    """Labels and templates of a source change labels, title and message, and nothing else; a cut is a problem."""
    given = reading(message="m", labels={"team": "db", "zone": "a"})
    [plain] = parse_document(adapter_that(given), {"acme_id": "a"}, source="prod")
    source = Source("prod", labels={"team": "web"}, title="{vendor}: {title}", message="{labels.team} {message}")
    [alert] = parse_document(adapter_that(given), {"acme_id": "a"}, source=source)
    assert alert == evolve(plain, title="acme: t", message="web m", labels={"team": "web", "zone": "a"})
    for name, limit in (("title", 1_024), ("message", 32_768)):
        template: dict[str, Any] = {name: "{message}"}
        [fits] = parse_document(
            adapter_that(reading(message="x" * limit)), {"acme_id": "a"}, source=Source("p", **template)
        )
        assert (getattr(fits, name), fits.problems) == ("x" * limit, ())
        template[name] += "y"
        [cut] = parse_document(
            adapter_that(reading(message="x" * limit)), {"acme_id": "a"}, source=Source("p", **template)
        )
        assert getattr(cut, name) == "x" * (limit - 1) + "…"
        assert words(cut.problems) == [("truncated", name, f"text over {limit} characters was cut")]
        kept = {"title": "t", "message": "x" * limit}
        del kept[name]
        for field, text in kept.items():
            assert (getattr(fits, field), getattr(cut, field)) == (text, text)


# --- Identity ---------------------------------------------------------------------------------------------------------

P8 = "p0, p1, p2, p3, p4, p5, p6, p7"
ONLY = "the usual identity is missing; the key is made of {} only"


@pytest.mark.parametrize(
    ("identity", "used", "message"),
    [
        ({"a": "1", "b": "2"}, {"a": "1", "b": "2"}, None),
        ({"a": "1", "b": None}, {"a": "1"}, None),
        ({"a": "1", "b": ""}, {"a": "1"}, "a"),
        ({"a": "1", "b": " "}, {"a": "1"}, "a"),
        ({"b": "1", "a": "2", "c": "\t"}, {"b": "1", "a": "2"}, "a, b"),
        ([{"a": "1"}, {"b": "2"}], {"a": "1"}, None),
        ([{"a": ""}, {"b": "2"}], {"b": "2"}, "b"),
        ([{"a": None}, {"b": "2"}], {"b": "2"}, "b"),
        ([{}, {"b": "2"}], {"b": "2"}, "b"),
        (({"a": " ", "x": "1"}, {"b": "2"}), {"b": "2"}, "b"),
        ([{"a": " ", "x": "1"}, {"b": ""}], {"x": "1"}, "x"),
        ([{"a": ""}, {"b": "", "x": "1"}], {"x": "1"}, "x"),
        ([{"a": "1", "b": None}, {"c": "2"}], {"a": "1"}, None),
        ([{"a": ""}, {"b": "1", "c": None}], {"b": "1"}, "b"),
        ({"label.a": "1", "label.b": "2", "c": "3", "d": ""}, {"label.a": "1", "label.b": "2", "c": "3"}, "c, label.*"),
        ({**{f"p{n}": "1" for n in range(8)}, "z": ""}, {f"p{n}": "1" for n in range(8)}, P8),
        ({**{f"p{n}": "1" for n in range(9)}, "z": ""}, {f"p{n}": "1" for n in range(9)}, f"{P8}, 1 more"),
        ({"x" * 70: "1", "z": ""}, {"x" * 70: "1"}, "x" * 64),
    ],
)
def test_the_identity_that_makes_the_key(identity: Any, used: dict[str, str], message: str | None) -> None:
    """The first mapping without a blank part makes the key, else the first with anything in it, with a problem."""
    [alert] = parse_document(adapter_that(reading(identity=identity)), {"acme_id": "a"})
    assert alert.identity == used
    assert words(alert.problems) == ([] if message is None else [("key_fallback", "identity", ONLY.format(message))])


@pytest.mark.parametrize("identity", [{}, [], [{}, {}], {"a": ""}, {"a": None}, [{"a": " "}, {"b": None}]])
def test_an_alert_without_identity_is_no_alert(identity: Any) -> None:
    """An alert without any part is refused; beside others it is a problem of the batch at its place."""
    with pytest.raises(ShapeError) as caught:
        parse_document(adapter_that(reading(identity=identity)), {"acme_id": "a"})
    assert str(caught.value) == "acme: no identity: all parts of the identity are blank @ $"
    other = reading(identity=identity, path=("acme_id",))
    batch = parse_document(adapter_that(other, reading()), {"acme_id": "a"})
    assert len(batch) == 1
    assert words(batch.problems) == [("bad_element", "$.acme_id", "no identity: all parts of the identity are blank")]


@pytest.mark.parametrize(
    ("chosen", "identity", "used", "message"),
    [
        (["a"], {"a": "1", "b": "2"}, {"a": "1"}, None),
        (["a", "b"], {"a": "1", "b": "2"}, {"a": "1", "b": "2"}, None),
        (["b"], {"label.b": "2", "a": "1"}, {"label.b": "2"}, None),
        (
            ["b"],
            {"label.b": "2", "tag.b": "1", "c": "3"},
            {"label.b": "2", "tag.b": "1", "c": "3"},
            "c, label.*, tag.*",
        ),
        (["b", "a"], {"label.b": "2", "tag.b": "1", "a": "3"}, {"a": "3"}, "a"),
        (["b.c"], {"label.b.c": "2", "c": "1"}, {"label.b.c": "2"}, None),
        (["x", "a"], {"a": "1"}, {"a": "1"}, "a"),
        (["x"], {"a": "1"}, {"a": "1"}, "a"),
        (["a"], [{"c": ""}, {"a": "1", "b": "2"}], {"a": "1"}, "a, b"),
    ],
)
def test_the_identity_that_the_owner_of_a_source_chose(
    chosen: list[str], identity: Any, used: dict[str, str], message: str | None
) -> None:
    """The key has the chosen parts, by name or by the name behind a prefix that only one part has."""
    source = Source("prod", identity=chosen)
    [alert] = parse_document(adapter_that(reading(identity=identity)), {"acme_id": "a"}, source=source)
    assert alert.identity == used
    assert words(alert.problems) == ([] if message is None else [("key_fallback", "identity", ONLY.format(message))])


def test_chosen_parts_of_no_identity() -> None:
    """An owner's choice makes no alert of one without identity."""
    with pytest.raises(ShapeError, match="no identity"):
        parse_document(adapter_that(reading(identity={"a": ""})), {"acme_id": "a"}, source=Source("p", identity=["a"]))


# --- Problems ---------------------------------------------------------------------------------------------------------


def test_the_order_of_problems() -> None:
    """Problems of the adapter come first, then those of fields, state, key, texts, level and time."""

    def read(event: Event) -> Reading:
        given = (Problem(ProblemCode.MISSING, "$.more", "there is no more"), Problem(ProblemCode.MISSING, "x", "y"))
        identity = [{"id": ""}, {"id": event.acme_id}]
        return reading(state=None, identity=identity, level="odd", title="", problems=given)

    adapter = evolve(MANY, shapes=[Shape(Event, read, marks={"acme_id"})], times=Times.SINCE)
    [alert] = parse_document(adapter, [{"acme_id": "a", "at": "soon"}])
    assert [(it.code.value, it.path) for it in alert.problems] == [
        ("missing", "$[0].more"),
        ("missing", "x"),
        ("bad_time", "$[0].at"),
        ("state_guessed", "state"),
        ("key_fallback", "identity"),
        ("title_fallback", "title"),
        ("level_unknown", "level"),
    ]
    assert alert.problems[0].message == "there is no more"


@pytest.mark.parametrize(
    ("refused", "missing", "code"), [(0, 512, None), (0, 513, "truncated"), (1, 511, None), (1, 600, "bad_element")]
)
def test_most_problems_of_a_batch_are_listed(refused: int, missing: int, code: str | None) -> None:
    """The first 512 problems of a batch are listed, and one counts the others."""
    given = [Problem(ProblemCode.BAD_ELEMENT, "$", "bad")] * refused + [
        Problem(ProblemCode.MISSING, "$", "m")
    ] * missing
    batch = parse_document(adapter_that(reading(), *given), {"acme_id": "a"})
    assert list(batch.problems[:512]) == given[:512]
    more = refused + missing - 512
    last = [(code, "$", f"{more} more problems are not listed")] if code else []
    assert words(batch.problems[512:]) == last


def test_an_empty_array_is_no_alert() -> None:
    """An empty array is a batch without alerts, with a problem."""
    batch = parse_document(MANY, [])
    assert batch == Batch(
        vendor="acme",
        source="acme",
        problems=(Problem(ProblemCode.MISSING, "$", "the array is empty"),),
        raw=[],
        reason=Reason.NO_ALERT,
    )


def test_each_element_of_an_array_has_its_place() -> None:
    """A path of a reading that has one stays; the others get that of their element."""

    def read(event: Event) -> Iterator[Reading]:
        yield reading(identity={"id": event.acme_id})
        yield reading(identity={"id": event.acme_id, "of": "x"}, path=(0, "acme_id"))

    batch = parse_document(evolve(MANY, shapes=[Shape(Event, read, marks={"acme_id"})]), [{"acme_id": "a"}] * 2)
    assert [alert.path for alert in batch] == [(0,), (0, "acme_id"), (1,), (0, "acme_id")]


def test_results_of_the_wrong_type_in_words() -> None:
    """The error names the vendor, the type and the place."""
    with pytest.raises(AdapterError) as caught:
        parse_document(evolve(adapter_that(5), many=True), [{"acme_id": "a"}])
    assert str(caught.value) == "acme: read gives a int, not a Reading, Notice or Problem @ $[0]"
    with pytest.raises(AdapterError) as caught:
        parse_document(
            evolve(MANY, shapes=[Shape(Event, lambda _: 1 / 0, marks={"acme_id"})]),
            [{"acme_id": "a"}],
        )
    assert str(caught.value) == "acme: read raised ZeroDivisionError @ $[0]"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(AdapterError) as caught:
        parse_document(adapter_that(reading(path=5)), {"acme_id": "a"})
    assert str(caught.value) == "acme: what it declares or reads raised TypeError"
    assert isinstance(caught.value.__cause__, TypeError)


def test_errors_of_the_library_pass_through_read() -> None:
    """An error of this library that `read` raises is not made another one."""

    def read(_: Event) -> Reading:
        raise ConfigurationError("the options contradict each other")

    with pytest.raises(ConfigurationError, match=r"^the options contradict each other$"):
        parse_document(evolve(ACME, shapes=[Shape(Event, read, marks={"acme_id"})]), {"acme_id": "a"})


def test_too_many_alerts_in_words() -> None:
    """The error of too many alerts names the limit."""
    with pytest.raises(LimitError) as caught:
        parse_document(MANY, [{"acme_id": "a"}] * 3, limits=Limits(max_alerts=2))
    assert str(caught.value) == "acme: the request holds too many alerts (limit max_alerts = 2)"


def test_arguments_in_words() -> None:
    """The error of an argument names it and what it should be."""
    with pytest.raises(ConfigurationError) as caught:
        parse_document(ACME, {"acme_id": "a"}, request=5)  # type: ignore[arg-type]
    assert str(caught.value) == "request must be a Request, not a int"
    with pytest.raises(ConfigurationError) as caught:
        parse("x", "kapacitor")
    assert str(caught.value) == "the vendor comes first: parse(vendor, request)"
    with pytest.raises(ConfigurationError) as caught:
        parse(None, "{}", source=Source("am"))
    assert str(caught.value) == (
        "the source 'am' names no vendor, and a source is never detected: pass the vendor, or give it to the source"
    )
    with pytest.raises(ConfigurationError, match=r"^received_at"):
        parse(ACME, "{}", received_at=5)  # type: ignore[arg-type]


# --- Requests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "field", "sent", "body", "delivery_id"),
    [
        (None, None, {"X-Id": "h"}, {"id": "b"}, ""),
        ("X-Id", None, {"x-id": "h"}, {"id": "b"}, "h"),
        ("X-Id", None, {}, {"id": "b"}, ""),
        (None, "id", {"X-Id": "h"}, {"id": "b"}, "b"),
        ("X-Id", "id", {"X-Id": "h"}, {"id": "b"}, "h"),
        ("X-Id", "id", {"X-Id": ""}, {"id": "b"}, "b"),
        ("X-Id", "id", {}, {"id": "b"}, "b"),
        (None, "$.of.id", {}, {"of": {"id": 7}}, "7"),
        (None, "id", {}, {"id": True}, ""),
        (None, "id", {}, {"id": 7.5}, ""),
        (None, "id", {}, {}, ""),
        (None, "id", {}, {"id": "x" * 255}, "x" * 255),
        (None, "id", {}, {"id": "x" * 256}, ""),
        (None, "id", {}, {"id": "x\n"}, ""),
    ],
)
def test_the_id_of_a_request(
    header: str | None, field: str | None, sent: dict[str, str], body: dict[str, Any], delivery_id: str
) -> None:
    """The id stands where the adapter declares it: in a header, else in a field; it is short text or an integer."""
    adapter = evolve(ACME, delivery_header=header, delivery_field=field)
    batch = parse(adapter, Request(json.dumps({"acme_id": "a", **body}), headers=sent))
    assert batch.delivery_id == delivery_id


def test_whose_id_of_a_request_counts() -> None:
    """The id that the adapter reads comes before that of an envelope, and that before the header's."""
    request = Request(json.dumps({**CLOUD_EVENT, "id": "c-1", "data": {"acme_id": "a"}}), headers={"X-Id": "h"})
    by_header = adapter_that(reading(), delivery_header="X-Id")
    assert parse(by_header, request).delivery_id == "/s c-1"
    by_notice = adapter_that(reading(), Notice(delivery_id="n"), delivery_header="X-Id")
    assert parse(by_notice, request).delivery_id == "n"
    outer = {**CLOUD_EVENT, "id": "c-2", "data": [{"acme_id": "a"}]}
    batch = parse_document(ACME, outer)
    assert (batch.delivery_id, batch.envelopes) == ("/s c-2", ("cloudevents", "list"))


def test_a_notice_is_in_the_batch() -> None:
    """Each field of a notice is in the batch; where alerts are, there is no reason."""
    notice = Notice(
        reason=Reason.TEST,
        reply=Reply(body="ok"),
        confirm_url="https://acme.example/",
        truncated=3,
        group_key="g",
        delivery_id="d",
    )
    batch = parse_document(adapter_that(notice), {"acme_id": "a"})
    for name in ("reason", "reply", "confirm_url", "truncated", "group_key", "delivery_id"):
        assert getattr(batch, name) == getattr(notice, name), name
    assert parse_document(adapter_that(reading(), notice), {"acme_id": "a"}).reason is None


@pytest.mark.parametrize(
    "url", ["https://acme.example/\n", "https://acme.example/a b", "https://é.example/", "x" * 2049]
)
def test_a_url_that_is_not_plain_is_not_offered(url: str) -> None:
    """A URL that the caller may visit is plain, or left out."""
    batch = parse_document(adapter_that(Notice(reason=Reason.HANDSHAKE, confirm_url=url)), {"acme_id": "a"})
    assert (batch.reason, batch.confirm_url) == (Reason.HANDSHAKE, None)


def test_the_handshake_of_a_carrier() -> None:
    """The question of a carrier is a batch without alerts that has the answer; problems before it stay."""
    code = {"validationCode": "abc"}
    kind = "Microsoft.EventGrid.SubscriptionValidationEvent"
    document = [{"id": "g-1", "eventType": kind, "topic": "/t", "subject": "s", "data": code}]
    batch = parse_document(ACME, document, source="prod")
    assert batch == Batch(
        vendor="acme",
        source="prod",
        raw=document,
        envelopes=("eventgrid",),
        delivery_id="g-1",
        reason=Reason.HANDSHAKE,
        reply=Reply(body='{"validationResponse": "abc"}'),
    )
    topic = "arn:aws:sns:eu-west-1:1:t"
    url = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={topic}&Token=a"
    question = {"Type": "SubscriptionConfirmation", "MessageId": "m-1", "TopicArn": topic, "SubscribeURL": url}
    text = json.dumps(question)[:-1] + ', "MessageId": "m-1"}'
    batch = parse_document(ACME, {**CLOUD_EVENT, "id": "c-1", "data": text}, source="prod")
    assert (batch.envelopes, batch.delivery_id, batch.confirm_url) == (("cloudevents", "sns"), "m-1", url)
    repeated = ("duplicate_field", "$", "a key of an object stands twice; the last one counts")
    assert words(batch.problems) == [repeated]
    batch = parse(ACME, json.dumps(question)[:-1] + ', "MessageId": "m-1"}')
    assert words(batch.problems) == [repeated]


def test_problems_of_body_and_envelopes_are_in_the_batch() -> None:
    """Doubts about the body come before those about the texts in envelopes."""
    inner = '{"acme_id": "a", "acme_id": "b"}'
    outer = json.dumps({**CLOUD_EVENT, "id": "c-2", "data": json.dumps({**CLOUD_EVENT, "id": "c-1", "data": inner})})
    batch = parse(ACME, outer.encode("utf-16"))
    assert words(batch.problems) == [
        ("encoding", "$", "the body is utf-16, not utf-8"),
        ("duplicate_field", "$", "a key of an object stands twice; the last one counts"),
    ]
    assert (batch.envelopes, batch.delivery_id) == (("cloudevents", "cloudevents"), "/s c-1")
    assert batch.raw == {"acme_id": "b"}


def test_warnings_of_an_outer_document_do_not_count() -> None:
    """An attempt to read the envelope leaves no problem on the alert in it."""

    @wire.model
    class Loose:
        data: wire.Text = ""
        acme_id: wire.Text

    shape = Shape(Loose, lambda event: reading(identity={"id": event.acme_id}), marks={"acme_id"})
    batch = parse_document(evolve(ACME, shapes=[shape]), {**CLOUD_EVENT, "id": "c", "data": {"acme_id": "a"}})
    assert (batch.problems, batch[0].problems) == ((), ())


def test_an_array_of_one_is_no_envelope_of_an_array() -> None:
    """The array of a vendor that sends arrays is read as it is."""
    batch = parse_document(MANY, [{"acme_id": "a"}])
    assert (batch.envelopes, batch[0].path) == ((), (0,))
    with pytest.raises(ShapeError):
        parse_document(MANY, [[{"acme_id": "a"}]])


def test_parsing_what_was_received() -> None:
    """A receiver parses with its source and time, within its limits; it may change the document before."""
    source = Source("prod")
    request = Request('{"acme_id": "a", "token": "t0k3n"}')

    def without(document: Any) -> Any:
        return {name: value for name, value in document.items() if name != "token"}

    batch = parse_received(ACME, request, source=source, received_at=NOON, limits=None, change=without)
    assert batch == parse(ACME, '{"acme_id": "a"}', source=source, received_at=NOON)
    assert batch.raw == {"acme_id": "a"}
    same = parse_received(ACME, request, source=source, received_at=NOON, limits=None, change=None)
    assert same == parse(ACME, request, source=source, received_at=NOON)
    with pytest.raises(LimitError, match=r"^acme: .*max_body = 5"):
        parse_received(ACME, request, source=source, received_at=NOON, limits=Limits(max_body=5), change=None)
    with pytest.raises(LimitError, match="max_alerts = 1"):
        parse_received(
            MANY,
            Request('[{"acme_id": "a"}, {"acme_id": "b"}]'),
            source=source,
            received_at=NOON,
            limits=Limits(max_alerts=1),
            change=None,
        )


# --- Foreign bodies ---------------------------------------------------------------------------------------------------

KAPACITOR = {"id": "x", "level": "OK", "time": "", "details": "", "duration": 0, "data": {}, "message": ""}


@wire.model
class Anything:
    """A model without deciding fields."""

    acme_id: wire.Text = ""
    state: wire.Text = ""


def _any(event: Anything) -> Reading:
    return reading(identity={"id": event.acme_id or "none"})


ANY = evolve(ACME, shapes=[Shape(Anything, _any, rank=None)])


def test_a_body_of_another_vendor_is_refused() -> None:
    """A body with all marks of another vendor and none of this one is refused, unless it is read on purpose."""
    with pytest.raises(ShapeError) as caught:
        parse_document(ANY, KAPACITOR)
    message = "acme: expected a body of Acme, got one that looks like kapacitor @ $ (this looks like kapacitor: it has"
    assert str(caught.value).startswith(message)
    assert words(caught.value.problems)[0][1:] == ("$", "expected a body of Acme, got one that looks like kapacitor")
    assert parse_document(evolve(ANY, reads_also={"kapacitor"}), KAPACITOR)[0].problems == ()
    [alert] = parse_document(evolve(ANY, reads_also={"*"}), KAPACITOR)
    [(code, path, text)] = words(alert.problems)
    assert (code, path) == ("looks_like", "$")
    assert text.startswith("this looks like kapacitor, which has its own adapter: it has the keys ")
    assert parse_document(evolve(ACME, shapes=[Shape(Event, _read)]), {**KAPACITOR, "acme_id": "a"})[0].problems == ()


def test_an_envelope_is_no_alert_of_a_vendor_that_reads_anything() -> None:
    """A vendor that reads any object gets what is in the envelope."""
    batch = parse_document(ANY, {**CLOUD_EVENT, "id": "c", "data": {"acme_id": "a"}})
    assert (batch.envelopes, batch[0].identity) == (("cloudevents",), {"id": "a"})
    document: Any = {"acme_id": "a"}
    for _ in range(5):
        document = [document]
    with pytest.raises(ShapeError) as caught:
        parse_document(ANY, document)
    assert str(caught.value) == "acme: expected an alert, got an envelope @ $"


def test_a_vendor_by_marks_only() -> None:
    """A model that any object fits is read only where its marks are there; the error says so."""
    adapter = evolve(ACME, shapes=[Shape(Anything, _any, marks={"acme_id"})])
    assert len(parse_document(adapter, {"acme_id": "a"})) == 1
    with pytest.raises(ShapeError) as caught:
        parse_document(adapter, {"state": "x"})
    assert str(caught.value) == "acme: expected the keys that mark a body of Acme @ $"
    with pytest.raises(ShapeError) as caught:
        parse_document(adapter, 5)
    assert str(caught.value) == "acme: expected object, got int @ $"


def test_what_each_of_several_shapes_needs() -> None:
    """Where no shape fits the error says what each needs, at the place of each element."""

    @wire.model
    class Other:
        other_id: wire.Text

    shapes = [
        Shape(Event, _read, marks={"acme_id"}),
        Shape(Other, lambda event: reading(identity={"id": event.other_id}), marks={"other_id"}),
    ]
    adapter = evolve(ACME, shapes=shapes, many=True)
    batch = parse_document(adapter, [{"acme_id": "a"}, {"other_id": "b"}, {"x": 1}, 5, {"y": 1}])
    assert [alert.identity for alert in batch] == [{"id": "a"}, {"id": "b"}]
    (first, five, last) = batch.problems
    assert (first.path, five.path, last.path) == ("$[2]", "$[3]", "$[4]")
    assert first.message == last.message
    assert "acme_id" in first.message
    assert "other_id" in first.message
    assert five.message != first.message
    with pytest.raises(ShapeError, match=re.escape(first.message)):
        parse_document(adapter, {"x": 1})


def test_a_text_or_an_object() -> None:
    """A shape of text takes texts only, and one of objects objects only."""
    shapes = [Shape(str, lambda text: reading(identity={"text": text})), Shape(Event, _read, marks={"acme_id"})]
    adapter = evolve(ACME, shapes=shapes, formats={"json", "text"})
    assert parse(adapter, "down")[0].identity == {"text": "down"}
    assert parse(adapter, '{"acme_id": "a"}')[0].identity == {"id": "a"}
    with pytest.raises(ShapeError) as caught:
        parse(adapter, '{"x": 1}')
    assert "acme_id" in str(caught.value)
    with pytest.raises(ShapeError):
        parse(adapter, "5")


def test_placeholders_are_removed_before_the_models() -> None:
    """A text that is a placeholder counts as not sent, with a problem at its place."""
    adapter = evolve(ANY, placeholders=re.compile(r"\$[A-Z]+\$"))
    [alert] = parse_document(adapter, {"acme_id": "$ID$", "state": "up"})
    assert alert.identity == {"id": "none"}
    assert [(code, path) for code, path, _ in words(alert.problems)] == [("unrendered", "$.acme_id")]
