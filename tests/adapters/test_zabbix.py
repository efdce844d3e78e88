"""Zabbix beyond the goldens: what other receivers get wrong, forms of tags, times, options and answers."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from alertmap import ConfigurationError, IncidentBook, Severity, Source, State, parse, parse_document
from alertmap.adapters import zabbix
from alertmap.errors import ShapeError
from alertmap.model import Alert, Batch, ProblemCode, Reason

PROBLEM: dict[str, Any] = {
    "EVENT.ID": "70412",
    "EVENT.VALUE": "1",
    "EVENT.NSEVERITY": "4",
    "EVENT.NAME": "Free space is low",
    "EVENT.UPDATE.STATUS": "0",
    "EVENT.UPDATE.ACTION": "{EVENT.UPDATE.ACTION}",
    "EVENT.TIMESTAMP": "1772442000",
    "EVENT.RECOVERY.TIMESTAMP": "{EVENT.RECOVERY.TIMESTAMP}",
    "TRIGGER.ID": "18230",
    "HOST.NAME": "DB 3",
}
RECOVERY = PROBLEM | {"EVENT.VALUE": "0", "EVENT.RECOVERY.TIMESTAMP": "1772443800"}
KEEP: dict[str, Any] = {
    "id": "70412",
    "triggerId": "18230",
    "name": "Free space is low",
    "status": "PROBLEM",
    "severity": "High",
    "lastReceived": "2026.03.02 10:00:00",
    "tags": "[]",
    "service": "db-3",
}


def read(document: Any, **options: Any) -> Batch:
    return parse("zabbix", json.dumps(document), source=Source("zabbix", options=options))


def one(document: Any, **options: Any) -> Alert:
    (alert,) = read(document, **options)
    return alert


def update(action: str, **more: str) -> dict[str, Any]:
    return PROBLEM | {"EVENT.UPDATE.STATUS": "1", "EVENT.UPDATE.ACTION": action, **more}


# --- What goes wrong elsewhere ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep", "an acknowledgement with a comment is not seen: only the bare word counts")
@pytest.mark.parametrize(
    "action", ["acknowledged", "acknowledged and commented", "acknowledged and changed severity from High to Average"]
)
def test_an_acknowledgement_counts_beside_other_actions(action: str) -> None:
    """An update that acknowledges and does more is an acknowledgement."""
    assert one(update(action)).state is State.ACKNOWLEDGED
    assert one(KEEP | {"update_action": action}).state is State.ACKNOWLEDGED


@pytest.mark.fault_elsewhere("Keep", "a problem that is no longer suppressed counts as suppressed")
def test_what_is_taken_back_is_not_done() -> None:
    """`unacknowledged` and `unsuppressed` hold the words of their opposites, and fire."""
    for action in ("unacknowledged", "unsuppressed", "unacknowledged, commented and unsuppressed"):
        assert one(update(action)).state is State.FIRING
        assert one(KEEP | {"update_action": action}).state is State.FIRING
    assert one(update("suppressed indefinitely")).state is State.SUPPRESSED


@pytest.mark.fault_elsewhere("Keep", "a severity with a translated name becomes Information")
def test_the_number_of_a_severity_decides_not_its_name() -> None:
    """The severity goes by the number; a name that nobody knows is a problem, at the fallback severity."""
    assert one(PROBLEM | {"EVENT.SEVERITY": "Felaket", "EVENT.NSEVERITY": "5"}).severity is Severity.CRITICAL
    alert = one(KEEP | {"severity": "Felaket"})
    assert alert.severity is Severity.MEDIUM
    assert ProblemCode.LEVEL_UNKNOWN in {problem.code for problem in alert.problems}


@pytest.mark.fault_elsewhere("Keep", "a problem that is not classified ranks above an informational one")
def test_not_classified_is_not_above_information() -> None:
    """A severity that nobody set does not outrank the lowest that somebody set."""
    assert zabbix.LEVELS["0"] <= zabbix.LEVELS["1"]
    assert zabbix.LEVELS["Not classified"] <= zabbix.LEVELS["Information"]


@pytest.mark.fault_elsewhere("Keep", "a macro that is not filled in fails the request (keep#1763)")
def test_macros_that_are_not_filled_in_fail_nothing() -> None:
    """A problem with macros in place of tags, times and names is an alert, which holds none of them."""
    left = dict.fromkeys(("EVENT.TAGSJSON", "EVENT.DATE", "EVENT.TIME", "HOST.NAME", "TRIGGER.URL"), "{EVENT.TAGSJSON}")
    alert = one(PROBLEM | left)
    assert alert.state is State.FIRING
    assert ProblemCode.UNRENDERED in {problem.code for problem in alert.problems}
    assert "{" not in "".join([alert.resource, *alert.labels.values(), *alert.links.values()])
    assert one(KEEP | {"tags": "{EVENT.TAGSJSON}", "lastReceived": "{DATE} {TIME}"}).state is State.FIRING


@pytest.mark.fault_elsewhere("Keep", "two hosts with a problem of the same name are one alert")
def test_a_name_is_no_identity() -> None:
    """Two events of one name have two keys."""
    other = {"id": "70413", "triggerId": "18231", "service": "db-4"}
    assert one(KEEP).dedup_key != one(KEEP | other).dedup_key


@pytest.mark.fault_elsewhere("Grafana OnCall", "the status RESOLVED does not resolve, only OK does")
@pytest.mark.parametrize("word", ["RESOLVED", "OK", "ok"])
def test_both_words_for_the_end_resolve(word: str) -> None:
    """The event's status RESOLVED and the trigger's status OK end the alert."""
    body = {"alert_uid": "70412", "title": "Free space is low", "state": word, "message": "", "link": ""}
    assert one(body).state is State.RESOLVED


@pytest.mark.fault_elsewhere("PagerTree", "the recovery of one of a trigger's problems closes the others")
def test_events_of_one_trigger_end_for_themselves() -> None:
    """Of two open events of a trigger the recovery of one leaves the other open, also where one event ended both."""
    body = {"event_value": "1", "trigger_id": "18230", "event_nseverity": "4", "event_name": "Bad login"}
    ended = body | {"event_value": "0", "event_recovery_id": "28"}
    first, second = (one(body | {"event_id": number}) for number in ("26", "27"))
    assert one(ended | {"event_id": "26"}).dedup_key == first.dedup_key
    assert one(ended | {"event_id": "27"}).dedup_key == second.dedup_key
    assert first.dedup_key != second.dedup_key


@pytest.mark.fault_elsewhere("PagerTree", "the Test button of the media type opens an alert")
@pytest.mark.parametrize(
    "body",
    [
        {key: f"{{{key}}}" for key in PROBLEM},
        {"event_id": "{EVENT.ID}", "event_value": "{EVENT.VALUE}", "title": "{ALERT.SUBJECT}", "url": "{$ZABBIX.URL}"},
        {"id": "{EVENT.ID}", "triggerId": "{TRIGGER.ID}", "name": "{EVENT.NAME}", "status": "{TRIGGER.STATUS}"},
        {"trigger": "{TRIGGER.NAME}", "status": "{TRIGGER.STATUS}", "link": "{$URL}/tr_events.php?eventid={EVENT.ID}"},
    ],
)
def test_the_test_button_is_a_test(body: dict[str, str]) -> None:
    """A body whose macros are all not filled in is a test in each form."""
    batch = read(body)
    assert (batch.alerts, batch.reason) == ((), Reason.TEST)


@pytest.mark.fault_elsewhere("SpaceONE", "a problem of severity Warning has no severity")
def test_each_severity_of_zabbix_has_one() -> None:
    """None of the six severities is unknown, by number and by name."""
    for level in zabbix.LEVELS:
        alert = one(PROBLEM | {"EVENT.NSEVERITY": level})
        assert alert.severity is zabbix.LEVELS[level]
        assert ProblemCode.LEVEL_UNKNOWN not in {problem.code for problem in alert.problems}


# --- State ------------------------------------------------------------------------------------------------------------


def test_the_status_of_now_counts_before_an_action() -> None:
    """An acknowledgement that was taken back before Zabbix sent it is none; one that holds is, in any message."""
    assert one(update("acknowledged", **{"EVENT.ACK.STATUS": "No"})).state is State.FIRING
    assert one(update("changed severity from Average to High", **{"EVENT.ACK.STATUS": "Yes"})).state is (
        State.ACKNOWLEDGED
    )


def test_an_update_of_a_closed_event_resolves() -> None:
    """Closing by hand resolves by the event's value, whatever else the user did."""
    closed = update("acknowledged, commented and closed", **{"EVENT.VALUE": "0", "EVENT.ACK.STATUS": "Yes"})
    assert one(closed).state is State.RESOLVED


def test_a_problem_that_comes_after_its_recovery_opens_nothing() -> None:
    """A retry of the problem, long after the recovery came through, is old: an event that is over never fires again."""
    book = IncidentBook()
    for hour, body in enumerate((PROBLEM, RECOVERY, PROBLEM), 10):
        book.apply(parse("zabbix", json.dumps(body), received_at=datetime(2026, 3, 2, hour, tzinfo=UTC)))
    assert not book.open


# --- Times, tags, links -----------------------------------------------------------------------------------------------


def test_dates_need_an_offset() -> None:
    """Date and time count with the source's offset; without one they are left out with a problem."""
    body = PROBLEM | {"EVENT.TIMESTAMP": "{EVENT.TIMESTAMP}", "EVENT.DATE": "2026.03.02", "EVENT.TIME": "10:00:00"}
    assert one(body, utc_offset="+01:00").occurred_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    for broken, options in ((body, {}), (body | {"EVENT.TIME": "soon"}, {"utc_offset": "Z"})):
        alert = one(broken, **options)
        assert alert.occurred_at is None
        assert [problem.code for problem in alert.problems] == [ProblemCode.BAD_TIME]


@pytest.mark.parametrize("offset", ["Europe/Istanbul", "3", "+3:00", 180])
def test_an_offset_is_an_offset(offset: object) -> None:
    """Another offset than `Z` or `+03:00` is refused when the source is made."""
    with pytest.raises(ConfigurationError):
        read(PROBLEM, utc_offset=offset)


@pytest.mark.parametrize(
    "tags",
    [
        '[{"tag":"team","value":"dba"},{"tag":"class","value":""}]',
        [{"tag": "team", "value": "dba"}, {"tag": "class"}],
        "class, team:dba",
        {"team": ["dba"], "class": [""]},
    ],
)
def test_tags_in_any_form(tags: object) -> None:
    """Tags are labels in each form that a macro or a script gives them; a tag without a value is left out."""
    labels = one(PROBLEM | {"EVENT.TAGSJSON": tags}).labels
    assert labels.get("team") == "dba"
    assert "class" not in labels


def test_the_link_of_a_body_names_its_event() -> None:
    """Where a body has no ids but those in its link, they are the identity."""
    body = {"trigger": "Agent is down", "status": "PROBLEM", "link": "http://z.example/tr_events.php?triggerid=7"}
    assert one(body | {"link": f"{body['link']}&eventid=9"}).identity == {"event": "9"}
    assert one(body).identity == {"trigger": "7"}


# --- Bodies and answers -----------------------------------------------------------------------------------------------


def test_a_text_alone_resolves_nothing() -> None:
    """The default parameters of a media type are refused: only a subject would tell a recovery from a problem."""
    with pytest.raises(ShapeError):
        read({"To": "oncall", "Subject": "Resolved in 6s: Free space is low", "Message": "", "URL": ""})


def test_each_script_gets_the_answer_that_it_takes() -> None:
    """Keep's script fails on any answer but 202, the others on any but 200; some want JSON."""
    for body, status in ((KEEP, 202), (PROBLEM, 200)):
        answer = zabbix.answer(parse_document("zabbix", body))
        assert answer.status == status
        assert json.loads(answer.body) == {}
