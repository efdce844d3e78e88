"""Sources: a name, options and priorities, each checked with the name of the source in the error."""

import copy
import json
import pickle
from collections.abc import Iterator
from typing import Any, Literal

import pytest

from alertmap import (
    Adapter,
    Alert,
    ConfigurationError,
    DecodeError,
    Priorities,
    ProblemCode,
    Reading,
    Request,
    Severity,
    Shape,
    Source,
    State,
    UnknownVendor,
    parse,
    wire,
)
from alertmap.intake.source import resolve_source


@wire.model(closed=True)
class Options:
    """Options of the test vendor."""

    key: str
    mode: Literal["a", "b"] = "a"


def _read(event: str, options: Options) -> Iterator[Reading]:
    yield Reading(state=State.FIRING, identity={options.key: event}, level="bad")


def _plain(event: str) -> Iterator[Reading]:
    yield Reading(state=State.FIRING, identity={"id": event}, level="bad")


ACME = Adapter(
    name="acme",
    title="Acme",
    shapes=[Shape(str, _read)],
    options=Options,
    levels={"bad": Severity.HIGH},
    formats={"text"},
)
BARE = Adapter(name="bare", title="Bare", shapes=[Shape(str, _plain)], levels={"bad": Severity.HIGH}, formats={"text"})


@pytest.mark.parametrize("name", ["", " ", "\n", None, 5, b"x"])
def test_a_name_is_not_blank(name: Any) -> None:
    """A blank name is refused: the source would share its keys with others."""
    with pytest.raises(ConfigurationError, match="a source's name must be text"):
        Source(name)
    if isinstance(name, str):
        with pytest.raises(ConfigurationError, match="a source's name must be text"):
            parse(BARE, "x", source=name)


def test_priorities_may_be_a_mapping() -> None:
    """A mapping of levels becomes `Priorities`; anything else is refused when the source is built."""
    assert Source("a", priorities={"Bad": "low"}).priorities == Priorities({"bad": Severity.LOW})
    for priorities in (None, 5, {"bad": "awful"}):
        with pytest.raises(ConfigurationError):
            Source("a", priorities=priorities)


def test_the_source_of_a_call() -> None:
    """None means a source with the vendor's name, and text a source of that name."""
    assert resolve_source(None, BARE) == Source("bare")
    assert resolve_source("prod", BARE) == Source("prod")
    source = Source("prod")
    assert resolve_source(source, BARE) is source
    [alert] = parse(BARE, "x", source=source)
    assert (alert.source, alert.vendor, alert.dedup_key) == ("prod", "bare", "bare:id=x")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (5, "expected the name of a source or a Source, got int"),
        (Source("prod", vendor="kapacitor"), "source 'prod': it takes requests of kapacitor, not of bare"),
        (Source("prod", priorities={"worse": "low"}), "source 'prod': bare has no level 'worse'"),
        (Source("prod", options={"key": "x"}), "source 'prod': bare takes no options"),
    ],
)
def test_sources_that_do_not_fit(source: Any, message: str) -> None:
    """A source of another vendor, or with unknown levels or options, is a configuration error."""
    with pytest.raises(ConfigurationError) as caught:
        parse(BARE, "x", source=source)
    assert str(caught.value) == message


def test_options_reach_the_adapter() -> None:
    """Options are read with the adapter's model, or used if they are an instance of it."""
    for options in ({"key": "host"}, {"key": "host", "mode": "a"}, Options(key="host")):
        [alert] = parse(ACME, "x", source=Source("prod", options=options))
        assert alert.dedup_key == "acme:host=x"
    assert Source("prod").options_for(BARE) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "source 'prod': option 'key': expected str, found nothing"),
        ({"key": 5}, "source 'prod': option 'key': expected str, got int"),
        ({"key": "x", "mode": "hunter2"}, "source 'prod': option 'mode': expected 'a' or 'b', got another str"),
        ({"key": "x", "Mod": 1}, "source 'prod': there is no option 'Mod' (did you mean 'mode'?)"),
        ({"key": "x", 5: 1}, "source 'prod': there is no option a int: there are key, mode"),
        (
            {"kay": "x"},
            "source 'prod': there is no option 'kay' (did you mean 'key'?); option 'key': expected str, found nothing",
        ),
        (None, "source 'prod': options must be a mapping, got NoneType"),
        ([("key", "x")], "source 'prod': options must be a mapping, got list"),
    ],
)
def test_options_that_do_not_fit(options: Any, message: str) -> None:
    """The error names the source and the option, never its value: it may be a secret."""
    with pytest.raises(ConfigurationError) as caught:
        parse(ACME, "x", source=Source("prod", options=options))
    assert str(caught.value) == message
    assert "hunter2" not in repr(Source("prod", options={"token": "hunter2"}))


# --- Checked when made ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"vendor": "kapacitr"}, "source 's': no adapter is called kapacitr (did you mean 'kapacitor'?)"),
        ({"vendor": 5}, "source 's': vendor must be the name of a vendor, got a int"),
        (
            {"vendor": "kapacitor", "priorities": {"CRITCAL": "high"}},
            "source 's': kapacitor has no level 'critcal' (did you mean 'CRITICAL'?)",
        ),
        (
            {"vendor": "kapacitor", "options": {"dedup": "id"}},
            "source 's': there is no option 'dedup' (did you mean 'dedup_on'?)",
        ),
        (
            {"vendor": "prtg", "identity": ["sensr"]},
            "source 's': prtg has no part of an identity called 'sensr' (did you mean 'sensor'?)",
        ),
        ({"identity": "host"}, "identity must be a list of names, not the text 'host': write ['host']"),
        ({"identity": []}, "identity must be a list of one or more names that are not blank"),
        ({"identity": ["a", " "]}, "identity must be a list of one or more names that are not blank"),
        ({"identity": 5}, "identity must be a list of names, not int"),
        ({"labels": {"team": 5}}, "labels must map names to texts, and none may be blank"),
        ({"labels": ["team"]}, "labels must map names to texts, and none may be blank"),
        ({"severity": "urgent"}, "no severity is called 'urgent'; there are critical, high, medium, low, info"),
        ({"title": 5}, "source 's': title: a template must be text, got int"),
        ({"message": "{"}, "source 's': message: a single '{' at character 1: write '{{' for it"),
        (
            {"title": "{titel}"},
            "source 's': title: a template has no field 'titel' (did you mean 'title'?); there are ",
        ),
        ({"title": "{host}"}, "source 's': title: a template has no field 'host' (a label is written {labels.host})"),
        ({"title": "{labels}"}, "source 's': title: a template has no field 'labels'"),
        ({"title": "{title.x}"}, "source 's': title: a template has no field 'title.x'"),
        ({"title": "{raw}"}, "source 's': title: a template has no field 'raw'"),
        ({"title": "{title!r}"}, "source 's': title: a template has no field 'title!r'"),
        ({"title": "{0}"}, "source 's': title: a template has no field '0'"),
        ({"title": "{}"}, "source 's': title: a template has no field ''"),
        ({"title": "x" * 4097}, "source 's': title: a template has at most 4,096 characters, got 4,097"),
    ],
)
def test_settings_are_checked_when_the_source_is_made(settings: Any, message: str) -> None:
    """A fault is an error at once, not at the first alert; the message names what is near."""
    with pytest.raises(ConfigurationError) as caught:
        Source("s", **settings)
    assert str(caught.value).startswith(message)


ALERT = {
    "status": "firing",
    "labels": {"alertname": "Disk", "instance": "db-1", "team": "sender"},
    "annotations": {"summary": "full"},
    "startsAt": "2026-01-01T12:00:00Z",
}


def _parsed(alert: dict[str, Any] = ALERT, **settings: Any) -> Alert:
    body = json.dumps({"version": "4", "groupKey": "{}", "alerts": [alert]})
    [found] = parse(None, body, source=Source("am", vendor="prometheus_alertmanager", **settings))
    return found


def test_the_owner_chooses_the_parts_of_the_key() -> None:
    """The key is made of the chosen parts, with and without the prefix of a label; a missing part is a problem."""
    for names in (["alertname"], ["label.alertname"], ["label.alertname", "label.alertname"]):
        alert = _parsed(identity=names)
        assert alert.dedup_key == "prometheus_alertmanager:label.alertname=Disk"
        assert alert.identity == {"label.alertname": "Disk"}
        assert ProblemCode.KEY_FALLBACK not in codes(alert)
    weaker = _parsed(identity=["alertname", "zone"])
    assert weaker.dedup_key == "prometheus_alertmanager:label.alertname=Disk"
    assert ProblemCode.KEY_FALLBACK in codes(weaker)
    without = _parsed(identity=["zone"])
    assert without.dedup_key == _parsed().dedup_key
    assert ProblemCode.KEY_FALLBACK in codes(without)


def codes(alert: Alert) -> list[ProblemCode]:
    """Return the codes of the problems of an alert."""
    return [problem.code for problem in alert.problems]


def test_constant_labels_take_the_place_of_the_senders() -> None:
    """They change neither key nor payload."""
    alert = _parsed(labels={"team": "db", "env": "prod"})
    assert (alert.labels["team"], alert.labels["env"], alert.labels["instance"]) == ("db", "prod", "db-1")
    assert alert.dedup_key == _parsed().dedup_key
    assert alert.raw == ALERT


def test_a_default_severity_counts_where_no_level_does() -> None:
    """A missing level is then no problem, because its owner expects that; an unknown one is."""
    assert _parsed().severity is Severity.MEDIUM
    alert = _parsed(severity="high")
    assert (alert.severity, alert.problems) == (Severity.HIGH, ())
    unknown = _parsed({**ALERT, "labels": {"alertname": "A", "severity": "odd"}}, severity=Severity.LOW)
    assert unknown.severity is Severity.LOW
    assert [problem.code for problem in unknown.problems] == [ProblemCode.LEVEL_UNKNOWN]
    known = _parsed({**ALERT, "labels": {"alertname": "A", "severity": "critical"}}, severity="low")
    assert known.severity is Severity.CRITICAL
    assert Source("s", severity="low").priorities.explain(unknown).severity is Severity.LOW


def test_templates_make_title_and_message() -> None:
    """Fields and entries of tables stand in braces; what is missing is empty; a blank title is not taken."""
    alert = _parsed(
        title="[{state}] {title} on {labels.instance}{labels.zone} {{{labels.team}}}",
        message="{identity.label.alertname}: {message}\n{dedup_key}",
        labels={"team": "db"},
    )
    assert alert.title == f"[firing] {_parsed().title} on db-1 {{db}}"
    assert alert.message == f"Disk: {_parsed().message}\n{_parsed().dedup_key}"
    assert _parsed(title="{labels.zone} ", message="{labels.zone}") == _parsed()


def test_a_text_of_the_sender_is_no_template() -> None:
    """Braces in what was sent stay as they are, and results are one line, bounded and without control characters."""
    hostile = "{title} {labels.team} %s {0.__class__} \x1b[31m\nx" + "{" * 5_000
    sent = {**ALERT, "labels": {"alertname": hostile}}
    alert = _parsed(sent, title="{labels.alertname}" * 200, message="{labels.alertname}" * 200)
    assert alert.title.startswith("{title} {labels.team} %s {0.__class__} [31m x{{{")
    assert len(alert.title) == 1_024
    assert len(alert.message) <= 32 * 1024
    assert ProblemCode.TRUNCATED in {problem.code for problem in alert.problems}


def test_a_source_survives_copies() -> None:
    """A source with settings can be pickled and copied, and works as before."""
    source = Source("am", vendor="prometheus_alertmanager", identity=["alertname"], title="{title}", severity="low")
    for other in (pickle.loads(pickle.dumps(source)), copy.deepcopy(source)):  # noqa: S301 - made here
        assert other == source
        assert parse(None, BODY, source=other) == parse(None, BODY, source=source)


BODY = json.dumps({"version": "4", "groupKey": "{}", "alerts": [ALERT]})


# --- Without a vendor -------------------------------------------------------------------------------------------------


def test_parse_detects_where_no_vendor_is_named() -> None:
    """The batch has the vendor and the reason; a named source without a vendor is never detected."""
    batch = parse(None, BODY, source="am")
    assert (batch.vendor, batch.source, bool(batch.detected)) == ("prometheus_alertmanager", "am", True)
    assert parse("prometheus_alertmanager", BODY, source="am").detected == ""
    assert parse(None, BODY, source=Source("am", vendor="prometheus_alertmanager")).detected == ""
    with pytest.raises(ConfigurationError, match="source 'am' names no vendor, and a source is never detected"):
        parse(None, BODY, source=Source("am"))
    with pytest.raises(UnknownVendor, match="no vendor is recognised"):
        parse(None, '{"a": 1}')
    with pytest.raises(DecodeError, match="the body is empty"):
        parse(None, b"")


@pytest.mark.parametrize("arguments", [(b"{}", "kapacitor"), ("{}", "kapacitor"), (Request(b"{}"), "kapacitor")])
def test_swapped_arguments_are_recognised(arguments: Any) -> None:
    """The message has the right order."""
    with pytest.raises(ConfigurationError, match=r"the vendor comes first.*parse\(vendor, request\)"):
        parse(*arguments)
