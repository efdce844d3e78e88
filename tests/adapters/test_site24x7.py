"""Site24x7: what the fixtures cannot say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Request, Severity, State, parse
from alertmap.adapters import site24x7
from alertmap.incidents.book import IncidentBook

FIXTURES = Path(__file__).parents[2] / "fixtures" / "site24x7"


def body(name: str) -> dict[str, Any]:
    """Return the body of a fixture, decoded."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document


def one(document: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("site24x7", document if isinstance(document, str) else json.dumps(document))
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep (keep#4722, keep#6195)", "a monitor that is up again stays firing")
def test_a_monitor_that_is_up_again_ends_its_incident() -> None:
    """Up closes what Down opened, although its reason is still that of the outage."""
    book = IncidentBook()
    for name in ("down", "up"):
        book.apply([one(body(name))])
    assert (len(book.open), len(book.incidents)) == (0, 1)


@pytest.mark.fault_elsewhere("Keep", "Down is a warning, below Trouble and Critical")
def test_down_is_the_worst() -> None:
    """The severities are in the vendor's order."""
    words = ("DOWN", "CRITICAL", "TROUBLE")
    severities = [one(body("down") | {"STATUS": word}).severity for word in words]
    assert severities == [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM]


@pytest.mark.fault_elsewhere("PagerTree", "Trouble and Critical open nothing")
@pytest.mark.parametrize("word", ["TROUBLE", "CRITICAL", "Trouble", "CONFIGURATION_ERROR"])
def test_whatever_is_not_up_opens_an_alert(word: str) -> None:
    """Each of these is a problem of the monitor."""
    assert one(body("down") | {"STATUS": word}).state is State.FIRING


@pytest.mark.fault_elsewhere("GoAlert", "a status other than Down, Critical, Trouble and Up is refused, and lost")
def test_a_status_with_a_name_of_one_s_own_fires() -> None:
    """The page comes, as severe as one without a level that is known."""
    alert = one(body("down") | {"STATUS": "Nicht erreichbar"})
    assert (alert.state, alert.severity) == (State.FIRING, Severity.HIGH)


@pytest.mark.fault_elsewhere(
    "GoAlert", "the key is the name of the monitor and its link: once renamed, nothing ends it"
)
def test_a_monitor_that_is_renamed_while_down_is_resolved() -> None:
    """The id is the key, whatever name and URL are."""
    renamed = one(body("up") | {"MONITORNAME": "Shop", "MONITORURL": "https://www.shop.example"})
    assert renamed.dedup_key == one(body("down")).dedup_key


@pytest.mark.fault_elsewhere("FireHydrant", "the id becomes a float, so monitors with ids beyond 2^53 share a key")
def test_monitors_with_neighbouring_ids_have_two_keys() -> None:
    """A number of 18 digits stays exact, and makes the same key as its text."""
    first, second = 267345000001234567, 267345000001234568
    keys = [one(body("down") | {"MONITOR_ID": number}).dedup_key for number in (first, second, str(first))]
    assert keys[0] != keys[1]
    assert keys[0] == keys[2]


# --- The id -----------------------------------------------------------------------------------------------------------


def test_the_id_in_the_link_is_that_of_the_monitor() -> None:
    """A template that is changed from one to the other breaks no open incident."""
    without = {name: value for name, value in body("down").items() if name != "MONITOR_ID"}
    assert one(without).dedup_key == one(body("down")).dedup_key


def test_an_unrendered_parameter_is_no_key() -> None:
    """Id, name and URL that were not filled in are left out; the page comes by what is left."""
    blank = {"MONITOR_ID": "$MONITOR_ID", "MONITOR_DASHBOARD_LINK": "$MONITOR_DASHBOARD_LINK"}
    assert one(body("down") | blank).identity == {"name": "Shop home", "url": "https://shop.example"}
    assert one(body("down") | blank | {"MONITORURL": "$MONITORURL"}).identity == {"name": "Shop home"}


def test_the_parameters_of_the_set_up_page_are_read_without_a_problem() -> None:
    """Filled in from the fixture with all parameters, they make the same alert but for what they leave out."""
    found = re.search(r"```json\n(.*?)```", site24x7.__doc__ or "", re.DOTALL)
    assert found
    sent = body("down") | {"TAGS": "env:prod,team:shop"}
    alert = one(re.sub(r"\$(\w+)", lambda name: str(sent[name[1]]), found[1]))
    full = one(body("down"))
    assert (alert.dedup_key, alert.state, alert.severity) == (full.dedup_key, full.state, full.severity)
    assert (alert.message, alert.links, alert.occurred_at) == (full.message, full.links, full.occurred_at)
    assert (alert.labels["env"], alert.labels["team"], alert.problems) == ("prod", "shop", ())


def rendered(**values: str) -> str:
    """Return the JSON of the set-up page, filled in as text with the fixture's values and others."""
    found = re.search(r"```json\n(.*?)```", site24x7.__doc__ or "", re.DOTALL)
    assert found
    sent = body("down") | {"TAGS": "env:prod"} | values
    return re.sub(r"\$(\w+)", lambda name: str(sent[name[1]]), found[1])


@pytest.mark.parametrize("name", ["MONITORNAME", "TAGS", "INCIDENT_REASON", "FAILED_LOCATIONS", "MONITOR_GROUPNAME"])
@pytest.mark.parametrize("text", ['the "shop"', "two\nlines", "a\\b", 'a "b", "STATUS": "UP'])
def test_a_value_that_breaks_the_json_costs_no_page(name: str, text: str) -> None:
    """Texts of users and servers break neither state nor key; behind them nothing passes for a pair."""
    alert = one(rendered(**{name: text}))
    assert (alert.state, alert.dedup_key) == (State.FIRING, one(body("down")).dedup_key)
    assert one(rendered(**{name: text.replace("UP", "DOWN"), "STATUS": "UP"})).state is State.RESOLVED


def test_tags_with_the_names_of_credentials_are_no_labels() -> None:
    """Not in the list of all tags either."""
    alert = one(body("down") | {"TAGS": "env:prod, db_password:hunter2, web"})
    assert "hunter2" not in repr(alert.labels)
    assert (alert.labels["env"], alert.labels["tags"]) == ("prod", "web")


def test_the_query_of_a_get_is_read() -> None:
    """The method GET sends the parameters in the URL."""
    query = {"MONITORNAME": "Shop home", "MONITOR_ID": "267345000001234567", "STATUS": "DOWN", "token": "t"}
    [alert] = parse("site24x7", Request(method="GET", query=query))
    assert alert.dedup_key == one(body("down")).dedup_key
