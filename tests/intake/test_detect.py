"""`detect` among adapters that are given; `parse` without a vendor; the guard against bodies of another vendor."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from alertmap import (
    Adapter,
    ConfigurationError,
    DecodeError,
    LimitError,
    Limits,
    ProblemCode,
    Reading,
    Request,
    Severity,
    ShapeError,
    State,
    UnknownVendor,
    detect,
    parse,
    wire,
)
from alertmap.adapter import Rank, Shape, Times


@wire.model
class Named:
    """An event that many vendors could send."""

    id: wire.Text = ""
    name: wire.Text


@wire.model
class Numbered:
    """Another event, with another key."""

    number: wire.Text


@wire.model
class Anything:
    """An event that any object fits."""

    id: wire.Text = ""


def read(event: Any) -> Iterator[Reading]:
    """Read any of the events."""
    yield Reading(state=State.FIRING, identity={"id": str(event)}, title="t", level="high", times=Times.NONE)


def adapter(*shapes: Shape, name: str = "acme", **more: Any) -> Adapter:
    """Return an adapter of a made-up vendor."""
    return Adapter(name=name, title=name.title(), shapes=list(shapes), levels={"high": Severity.HIGH}, **more)


OWN = adapter(Shape(Named, read, marks={"acme_version"}))
NUMBERED = adapter(Shape(Numbered, read), name="numbered")
GRAFANA = {
    "receiver": "r",
    "status": "firing",
    "orgId": 1,
    "alerts": [],
    "groupLabels": {},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "",
    "version": "1",
    "groupKey": "{}",
    "truncatedAlerts": 0,
    "title": "t",
    "state": "alerting",
    "message": "m",
}
ROW = {"_level": "crit", "_measurement": "notifications", "_notification_rule_id": "1", "_check_id": "c"}
KAPACITOR = {"id": "x", "level": "OK", "time": "", "details": "", "duration": 0, "data": {}, "message": ""}


def found(document: object, *adapters: Adapter, **headers: str) -> tuple[str, str] | None:
    """Return the vendor that `detect` finds among some adapters, and the reason."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    one = detect(Request(json.dumps(document), headers=sent), adapters=adapters)
    return None if one is None else (one.vendor, one.reason)


# --- detect -----------------------------------------------------------------------------------------------------------


def test_only_given_adapters_are_asked() -> None:
    """Adapters that are given are asked, all built-in ones otherwise; those that are not given never are."""
    assert found({"name": "n", "acme_version": 1}, OWN) == ("acme", "it has the keys acme_version, name")
    assert found({"name": "n", "acme_version": 1}, NUMBERED) is None
    assert found(KAPACITOR, OWN, NUMBERED) is None
    assert found(KAPACITOR) is None
    seen = detect(json.dumps(KAPACITOR))
    assert seen is not None
    assert seen.vendor == "kapacitor"
    assert detect(json.dumps({"name": "n", "acme_version": 1})) is None


def test_one_adapter_is_taken() -> None:
    """One adapter may stand in place of several."""
    one: Any = OWN
    assert detect('{"name": "n", "acme_version": 1}', adapters=one) is not None


@pytest.mark.parametrize("adapters", [5, ["acme"], [OWN, None]])
def test_adapters_must_be_adapters(adapters: Any) -> None:
    """Anything but adapters is an error that names its type."""
    kind = type(adapters[-1] if isinstance(adapters, list) else adapters).__name__
    with pytest.raises(ConfigurationError, match=f"^adapters: expected Adapter, got {kind}$"):
        detect("{}", adapters=adapters)


def test_limits_of_a_detection() -> None:
    """The limits of the call hold for the body."""
    with pytest.raises(LimitError):
        detect(json.dumps(KAPACITOR), limits=Limits(max_body=5))
    with pytest.raises(LimitError):
        parse(None, json.dumps(KAPACITOR), limits=Limits(max_body=5))


@pytest.mark.parametrize(
    ("marks", "document", "is_found"),
    [
        ({"$.event.kind"}, {"name": "n", "event": {"kind": None}}, True),
        ({"$.event.kind"}, {"name": "n", "event": {}}, False),
        ({"$.event.kind"}, {"name": "n"}, False),
        ({"$.event.kind": "acme"}, {"name": "n", "event": {"kind": "acme.alert"}}, True),
        ({"$.event.kind": "acme"}, {"name": "n", "event": {"kind": "other"}}, False),
        ({"kind": "acme"}, {"name": "n", "kind": "acme.alert"}, True),
        ({"kind": "acme"}, {"name": "n", "kind": 5}, False),
        ({"kind": "acme"}, {"name": "n", "kind": "an acme"}, False),
        ({"kind"}, {"name": "n", "kind": None}, True),
        ({"kind"}, {"kind": "x"}, False),
        ({"kind", "version"}, {"name": "n", "kind": "x"}, False),
        ({"kind"}, ["name", "kind"], False),
        ({"kind"}, "name kind", False),
    ],
)
def test_marks_of_an_object(marks: Any, document: object, is_found: bool) -> None:  # noqa: FBT001 - a column
    """All marks must be there, each with the beginning of its value, and the model must fit."""
    one = found(document, adapter(Shape(Named, read, marks=marks)))
    assert (one is not None) is is_found


@pytest.mark.parametrize(
    ("document", "is_found"),
    [([{"name": "n"}], True), ([5, {"name": "n"}, {}], True), ([{}, {"name": "n"}], False), ([], False), ([5], False)],
)
def test_the_first_object_of_an_array_counts(document: object, is_found: bool) -> None:  # noqa: FBT001 - a column
    """A vendor that sends arrays is recognised by the first object of one."""
    assert (found(document, adapter(Shape(Named, read), many=True)) is not None) is is_found


def test_marks_of_a_text() -> None:
    """A body that is text is recognised by the texts in it."""
    text = adapter(Shape(str, read, marks={"acme:", "state"}))
    assert found("an acme: in a state", text) == ("acme", "it is a text with acme:, state")
    assert found("an acme: in a", text) is None
    assert found({"acme:": 1, "state": 1}, text) is None


def test_a_header_stands_for_the_marks() -> None:
    """One header with the right beginning is enough; the reason has its name and beginning, but not its value."""
    either = adapter(Shape(Named, read, marks={"acme_version"}, headers={"x-acme": "v1", "x-any": ""}))
    assert found({"name": "n"}, either, x_acme="v1.2") == ("acme", "it has the header x-acme: v1…")
    assert found({"name": "n"}, either, x_any="secret") == ("acme", "it has the header x-any")
    assert found({"name": "n"}, either, x_acme="v2") is None
    assert found({"name": "n", "acme_version": 1}, either, x_acme="v2") is not None
    assert found({}, either, x_acme="v1") is None
    assert found({"name": "n"}, adapter(Shape(Named, read, headers={"x-acme": ""}))) is None


def test_the_surest_shape_counts() -> None:
    """The rank of a vendor is that of its surest shape; the reason is that shape's, in any order."""
    weak, strong = Shape(Named, read, rank=Rank.WEAK), Shape(Numbered, read)
    both = {"name": "n", "number": "1"}
    for shapes in ([weak, strong], [strong, weak]):
        assert found(both, adapter(*shapes)) == ("acme", "it has the keys number")
        assert found(both, adapter(*shapes), adapter(weak, name="other")) == ("acme", "it has the keys number")
        assert found(both, adapter(*shapes), NUMBERED) is None
    assert found(both, adapter(Shape(Named, read, rank=None))) is None


def test_a_prepared_document_is_recognised() -> None:
    """The result of `prepare` counts; a document that it refuses is not the vendor's."""

    def prepare(document: Any) -> Any:
        if "data" not in document:
            raise wire.Mismatch(((), "expected data"))
        return document["data"]

    inner = adapter(Shape(Named, read, marks={"kind"}), prepare=prepare)
    assert found({"data": {"name": "n", "kind": 1}}, inner) == ("acme", "it has the keys kind, name")
    assert found({"name": "n", "kind": 1}, inner) is None


# --- parse without a vendor -------------------------------------------------------------------------------------------


def test_parse_finds_the_vendor() -> None:
    """Without a vendor, the one that is recognised reads the request."""
    assert parse(None, json.dumps(KAPACITOR)).vendor == "kapacitor"


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        ("", DecodeError, "the body is empty"),
        (
            "{}",
            UnknownVendor,
            "no vendor is recognised: name one of alertmap.vendors(), or read the body with `generic`",
        ),
    ],
)
def test_nobody_is_recognised(body: str, error: type[Exception], message: str) -> None:
    """The error says how to go on."""
    with pytest.raises(error) as caught:
        parse(None, body)
    assert str(caught.value) == message


def test_two_are_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names those that are equally likely, with the reasons."""
    from alertmap.intake import registry  # noqa: PLC0415
    from alertmap.intake.marks import Candidate  # noqa: PLC0415

    two = [adapter(Shape(Named, read), name=name) for name in ("acme", "beta")]
    asked: list[tuple[object, object]] = []

    def candidates(document: object, request: Request) -> tuple[Candidate, ...]:
        asked.append((document, request.path))
        return tuple(Candidate(one, one.shapes) for one in two)

    monkeypatch.setattr(registry, "candidates", candidates)
    with pytest.raises(UnknownVendor) as caught:
        parse(None, Request('{"name": "n"}', path="/p"))
    assert set(map(str, asked)) == {"({'name': 'n'}, '/p')"}
    assert str(caught.value) == (
        "several vendors are equally likely: acme (it has the keys name) and beta (it has the keys name); "
        "name one of them"
    )


# --- The guard --------------------------------------------------------------------------------------------------------


def guarded(document: object, *shapes: Shape, headers: Mapping[str, str] = {}, **more: Any) -> list[ProblemCode]:
    """Read a document with an adapter; return the codes of its problems."""
    batch = parse(adapter(*shapes, **more), Request(json.dumps(document), headers=headers))
    return [problem.code for problem in batch.problems] + [p.code for alert in batch.alerts for p in alert.problems]


REFUSED = "acme: expected a body of Acme, got one that looks like "


@pytest.mark.parametrize(
    ("document", "shapes", "more"),
    [
        ([{"name": "n", **ROW}], [Shape(Named, read, marks={"acme_version"})], {"many": True}),
        ([5, {"name": "n", **ROW}], [Shape(Named, read, marks={"acme_version"})], {"many": True}),
        ({"name": "n", **GRAFANA}, [Shape(Named, read, marks={"acme_version"})], {}),
        ({"name": "n", **GRAFANA}, [Shape(Named, read, marks={"acme_version"}, headers={"x-acme": ""})], {}),
        ({"name": "n", **GRAFANA}, [Shape(Named, read, marks={"acme_version"}), Shape(Numbered, read)], {}),
        ({"name": "n", **GRAFANA}, [Shape(Named, read, marks=lambda *_: False)], {}),
        ({"name": "n", **GRAFANA}, [Shape(Named, read, rank=None)], {}),
    ],
)
def test_a_body_of_another_is_refused(document: object, shapes: list[Shape], more: dict[str, Any]) -> None:
    """A body that fits, without a mark of its vendor's own, but with another's strong marks, is refused."""
    with pytest.raises(ShapeError) as caught:
        guarded(document, *shapes, **more)
    assert str(caught.value).startswith(REFUSED)


@pytest.mark.parametrize(
    ("document", "shapes", "more"),
    [
        ({"name": "n", "acme_version": 1, **GRAFANA}, [Shape(Named, read, marks={"acme_version"})], {}),
        ({"name": "n", **GRAFANA}, [Shape(Named, read)], {}),
        ({"name": "n", **GRAFANA}, [Shape(Named, read, marks=lambda *_: True)], {}),
        (
            {"name": "n", **GRAFANA},
            [Shape(Named, read, marks={"acme_version"}, headers={"x-acme": ""})],
            {"headers": {"x-acme": "1"}},
        ),
        (
            {"name": "n", "number": "1", **GRAFANA},
            [Shape(Named, read, marks={"acme_version"}), Shape(Numbered, read)],
            {},
        ),
        (
            [{"name": "n", "acme_version": 1, **ROW}],
            [Shape(Named, read, marks={"acme_version"})],
            {"many": True},
        ),
        (
            [{"name": "n", "number": "1", **ROW}],
            [Shape(Named, read, marks={"acme_version"}), Shape(Numbered, read)],
            {"many": True},
        ),
        ({"name": "n", **GRAFANA}, [Shape(Named, read, marks={"acme_version"})], {"reads_also": {"grafana"}}),
        ({"name": "n"}, [Shape(Named, read, marks={"acme_version"})], {}),
        ({"name": "n", "status": "firing", "alerts": []}, [Shape(Named, read, marks={"acme_version"})], {}),
    ],
)
def test_a_body_of_its_own_is_read(document: object, shapes: list[Shape], more: dict[str, Any]) -> None:
    """Any mark of the vendor's own, in any of its shapes, is enough; so is a vendor that it reads on purpose."""
    assert guarded(document, *shapes, **more) == []


def test_a_vendor_is_not_another_one() -> None:
    """The marks of the vendor itself are no other's, whatever adapter of its name reads the body."""
    mine = adapter(Shape(Named, read, marks={"acme_version"}), name="grafana")
    assert parse(mine, json.dumps({"name": "n", **GRAFANA})).alerts


def test_who_reads_anything_says_what_it_looks_like() -> None:
    """An adapter for the bodies of all others reads such a body, and names the vendor and the reason in a problem."""
    batch = parse(adapter(Shape(Anything, read, rank=None), reads_also={"*"}), json.dumps(GRAFANA))
    (problem,) = (*batch.problems, *batch.alerts[0].problems)
    assert problem.code is ProblemCode.LOOKS_LIKE
    assert problem.message.startswith("this looks like grafana, which has its own adapter: it has the ")


@pytest.mark.parametrize(("before", "is_refused"), [(0, True), (5_000, False)])
def test_only_the_beginning_of_a_text_counts(before: int, is_refused: bool) -> None:  # noqa: FBT001 - a column
    """The marks of another vendor count in the first 4,096 characters of a text."""
    text = "x" * before + '{"AlertObjectID": 1, "AlertName": "n", "broken'
    other = adapter(Shape(str, read, rank=None), formats={"text"})
    if is_refused:
        with pytest.raises(ShapeError, match="looks like solarwinds"):
            parse(other, text)
    else:
        assert parse(other, text).alerts


@pytest.mark.parametrize("size", [1, 2])
def test_the_shape_that_is_marked_reads(size: int) -> None:
    """Of shapes that any object fits the first that is marked reads a body; the request may be the mark."""

    def seen(name: str) -> Any:
        def by_name(_: Any) -> Iterator[Reading]:
            yield Reading(state=State.FIRING, identity={"id": "x"}, title=name)

        return by_name

    def any_object() -> Any:
        @wire.model(loose_keys=True)
        class AnyObject:
            id: wire.Text = ""

        return AnyObject

    shapes = [
        Shape(any_object(), seen("key"), marks={"key"}),
        Shape(any_object(), seen("header"), headers={"x-acme": ""}),
        Shape(any_object(), seen("path"), marks=lambda document, request: request.path == "/p" and "id" in document),
        Shape(any_object(), seen("none"), rank=None),
    ]
    bodies: list[tuple[dict[str, int], dict[str, Any], str]] = [
        ({"key": 1}, {}, "key"),
        ({"id": 1}, {"headers": {"x-acme": "1"}}, "header"),
        ({"id": 1}, {"path": "/p"}, "path"),
        ({"other": 1}, {"path": "/p"}, "none"),
        ({"id": 1}, {}, "none"),
    ]
    for document, facts, title in bodies:
        batch = parse(adapter(*shapes, many=True), Request(json.dumps([document] * size), **facts))
        assert [alert.title for alert in batch.alerts] == [title] * size, title
