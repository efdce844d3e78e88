"""Elastic: what the fixtures cannot say, and the faults of other receivers that must not happen here."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Batch, ProblemCode, Reason, Severity, ShapeError, State, Times, parse_document
from alertmap.adapters import elastic
from alertmap.adapters.elastic import kibana
from alertmap.incidents.book import IncidentBook

FIXTURES = Path(__file__).parents[2] / "fixtures" / "elastic"


def body(name: str) -> Any:
    """Return a fixture's body."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def batch(document: Any) -> Batch:
    """Read a body."""
    return parse_document("elastic", document)


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = batch(document)
    return alert


def changed(name: str, **fields: Any) -> Alert:
    """Return the alert of a fixture with other values of these fields."""
    return one({**body(name), **fields})


def codes(alert: Alert) -> set[ProblemCode]:
    """Return the codes of an alert's problems."""
    return {problem.code for problem in alert.problems}


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "Keep", "`Recovered`, the name of the action group, is not in its table: it fires for ever"
)
@pytest.mark.parametrize("word", ["recovered", "Recovered", "RECOVERED", "notGeoContained", "No longer contained"])
def test_every_spelling_of_a_recovery_resolves(word: str) -> None:
    """The id of each recovery group, and its name, resolve in all shapes."""
    nested = body("kibana_nested")
    del nested["alert"]["actionGroup"]
    nested["alert"]["actionGroupName"] = word
    for alert in (changed("kibana", action_group=word), one(nested), changed("kibana_own", status=word)):
        assert alert.state is State.RESOLVED
    assert one(nested).dedup_key == one(body("kibana")).dedup_key


@pytest.mark.fault_elsewhere("Keep", "every alert of Kibana is info: its table of severities is empty")
@pytest.mark.parametrize("severity", [severity for severity in Severity if severity is not Severity.INFO])
def test_severities_of_security_are_read(severity: Severity) -> None:
    """A detection has the severity of its document."""
    document = body("document_detections")[0]
    document["kibana"]["alert"]["severity"] = severity.value
    assert one(document).severity is severity


@pytest.mark.fault_elsewhere("Keep", "a detection without a status is called `active`")
def test_a_detection_without_a_status_keeps_its_name() -> None:
    """A blank status fires with a problem and changes nothing else."""
    document = body("document_detections")[0]
    document["kibana"]["alert"]["status"] = ""
    alert = one(document)
    assert (alert.state, alert.title) == (State.FIRING, "Shell from a web server")
    assert codes(alert) == {ProblemCode.STATE_GUESSED}


@pytest.mark.fault_elsewhere("Keep", "a watch is info, and without an `id` beside its payload a KeyError")
def test_a_watch_has_its_severity() -> None:
    """The severity of a watch is that of its body, else of its metadata, else one of our own."""
    watch = body("watch")
    assert one(watch).severity is Severity.HIGH
    assert changed("watch", severity="", metadata={"severity": "critical"}).severity is Severity.CRITICAL
    assert one({"watch_id": watch["watch_id"]}).severity is Severity.MEDIUM
    assert one({"watch_id": watch["watch_id"]}).dedup_key == one(watch).dedup_key


@pytest.mark.fault_elsewhere("OpsKnight", "the key is `elastic-` and the alert id: two rules about web-1 are one alert")
def test_two_rules_about_one_host_are_two_alerts() -> None:
    """The rule is part of the key."""
    assert changed("kibana", rule_id="another").dedup_key != one(body("kibana")).dedup_key


@pytest.mark.fault_elsewhere("Kibana's PagerDuty connector, elastic/kibana#76908", "all alerts have one default key")
def test_two_alerts_of_one_rule_have_two_keys() -> None:
    """Each group of a rule is an alert of its own, and a recovery ends only its own."""
    alerts = [changed("kibana", alert_id=host, alert_uuid="") for host in ("web-1", "web-2")]
    over = changed("kibana_recovered", alert_id="web-1", alert_uuid="")
    book = IncidentBook()
    book.apply(alerts)
    book.apply([over])
    assert [incident.dedup_key for incident in book.open] == [alerts[1].dedup_key]


@pytest.mark.fault_elsewhere(
    "Kibana's PagerDuty connector, elastic/kibana#275240", "an alert id of over 255 characters is never sent"
)
def test_long_alert_ids_are_read_and_kept_apart() -> None:
    """Alert ids of any length have keys of at most 255 characters, two ids have two."""
    keys = {changed("kibana", alert_id="x" * 600 + end).dedup_key for end in "ab"}
    assert len(keys) == 2
    assert all(len(key) <= 255 for key in keys)


# --- States and levels of Kibana --------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", kibana.FIRING)
def test_every_action_group_fires_without_a_problem(group: str) -> None:
    """The action groups of Kibana's rule types are known."""
    alert = changed("kibana", action_group=group)
    assert alert.state is State.FIRING
    assert not alert.problems
    assert alert.no_data == group.casefold().replace(" ", "").endswith("nodata")


def test_the_level_is_not_in_the_episode_or_the_key() -> None:
    """Warning and Alert of one group are one alert."""
    warning, alert = (one(body(name)) for name in ("kibana_warning", "kibana"))
    assert (warning.dedup_key, warning.episode) == (alert.dedup_key, alert.episode)
    assert (warning.severity, alert.severity) == (Severity.MEDIUM, Severity.HIGH)


def test_the_name_alert_is_not_the_worst_level() -> None:
    """`Alert` is the name of a group that just fires; only that of an SLO is critical."""
    assert changed("kibana_own", status="Alert").severity is Severity.HIGH
    assert changed("kibana", action_group="Alert").severity is Severity.HIGH
    assert changed("kibana", action_group="slo.burnRate.alert").severity is Severity.CRITICAL


@pytest.mark.parametrize("extra", [{}, {"url": "https://example.org/app"}, {"link": "https://example.org"}])
def test_a_status_alone_is_not_kibanas(extra: Mapping[str, Any]) -> None:
    """A status and a name are read only beside an address of Kibana."""
    with pytest.raises(ShapeError):
        batch({"status": "recovered", "name": "CPU of the shop", **extra})
    rule = body("kibana_own")["kibanaUrl"]
    alert = one({"status": "recovered", "name": "CPU of the shop", **extra, "url": rule})
    assert alert.dedup_key == one(body("kibana_own")).dedup_key


def test_a_status_beside_other_bodies_is_left_alone() -> None:
    """A watch and a payload of a rule may have a status and a URL of their own."""
    extra = {"status": "recovered", "url": body("kibana_own")["kibanaUrl"]}
    for name in ("watch", "payload"):
        assert changed(name, **extra).dedup_key == one(body(name)).dedup_key
        assert changed(name, **extra).state is State.FIRING


def test_detections_are_never_one_alert() -> None:
    """The instance of all detections is `*`: their own id is the key, and nothing ever ends them."""
    first, second = batch(body("document_detections"))
    assert first.dedup_key != second.dedup_key
    assert not first.resolvable


# --- ElastAlert 2 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["ok", "resolved", "closed", "up"])
def test_a_state_in_a_document_resolves_nothing(word: str) -> None:
    """A matched document may have a field `state` or `status`: it is that of the document."""
    for name in ("state", "status", "action_group"):
        assert changed("match", **{name: word}).state is State.FIRING


@pytest.mark.parametrize(
    "extra",
    [
        {"watch_id": "w", "execution_time": "2026-02-03T07:11:12Z"},
        {"rule": {"id": "r"}, "alert": {"status": "recovered"}},
        {"kibana": {"alert": {"status": "recovered", "rule": {"uuid": "r"}}}},
        {"alert_uid": "", "status": "recovered", "url": "https://example.org"},
    ],
)
def test_a_document_is_a_match_whatever_it_holds(extra: Mapping[str, Any]) -> None:
    """A rule over any index, Kibana's own included, posts documents that look like other bodies of this vendor."""
    alert = changed("match", **extra)
    assert alert.identity == {"id": "659c4521506f4c7b88f1", "index": "logs-2026.11.29"}
    assert alert.state is State.FIRING


def test_rules_with_other_thresholds_are_apart() -> None:
    """A flatline names no rule: what it groups by and its threshold must do."""
    assert changed("flatline", threshold=5).dedup_key != one(body("flatline")).dedup_key
    assert changed("flatline", count=9).dedup_key == one(body("flatline")).dedup_key


@pytest.mark.parametrize(
    ("moment", "times"),
    [
        ("2026-11-29T10:51:35.680Z", Times.STATED),
        (1_795_949_495_680, Times.STATED),
        (None, Times.NONE),
    ],
)
def test_times_of_documents(moment: object, times: Times) -> None:
    """The time may be text, a count of milliseconds or null; without one the order of arrival counts."""
    alert = changed("match", **{"@timestamp": moment})
    assert alert.times is times
    assert codes(alert) == {ProblemCode.KEY_FALLBACK}


# --- The set-up guide -------------------------------------------------------------------------------------------------


def blocks() -> list[str]:
    """Return the blocks to copy: the URL, and a body for each product."""
    return re.findall(r"```\w+\n(.*?)```", str(elastic.__doc__), re.DOTALL)


def test_the_body_for_kibana_is_the_fixture() -> None:
    """The body of the guide is the one that the Test tab sends, and the fixtures have its keys."""
    template = json.loads(blocks()[1])
    assert template == body("kibana_test")
    assert batch(template).reason is Reason.TEST
    assert all(body(name).keys() == template.keys() for name in ("kibana", "kibana_recovered"))


def test_the_body_for_watcher_is_the_fixture() -> None:
    """The fixture has the keys of the guide's body."""
    assert re.findall(r'"(\w+)": ', blocks()[2]) == list(body("watch"))


def test_the_payload_for_elastalert_is_the_fixture() -> None:
    """The fixture has the keys of the guide's payload."""
    payload = blocks()[3].partition("http_post2_payload:")[2].partition("jinja_root_name")[0]
    assert re.findall(r'^ +"?([@\w]+)"?: ', payload, re.MULTILINE) == list(body("payload_post2"))
