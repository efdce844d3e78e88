"""Honeycomb beyond the goldens: what closes what, the payload of the setup guide, groups, the token."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Auth, IncidentBook, Severity, Source, State, detect, parse_document
from alertmap.adapters import honeycomb
from alertmap.errors import AuthError
from alertmap.intake.verify import verify
from alertmap.model import ProblemCode, Request

FIXTURES = Path(__file__).parents[2] / "fixtures" / "honeycomb"


def fixture(name: str, **changed: Any) -> Any:
    """Return the document of a fixture, with other fields."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8")) | changed


def only(document: Any) -> Alert:
    """Return the only alert of a document."""
    (alert,) = parse_document("honeycomb", document)
    return alert


def codes(alert: Alert) -> set[ProblemCode]:
    return {problem.code for problem in alert.problems}


def open_after(*documents: Any) -> int:
    """Return the number of incidents that are open after these documents, a minute apart."""
    book = IncidentBook()
    for minute, document in enumerate(documents):
        received_at = datetime(2026, 3, 4, 11, minute, tzinfo=UTC)
        book.apply(parse_document("honeycomb", document, received_at=received_at).alerts)
    return len(book.open)


@pytest.mark.fault_elsewhere("FireHydrant", "any status but `triggered` closes the signal")
@pytest.mark.parametrize("status", ["ERROR", "NO_DATA", "", None])
def test_only_ok_resolves(status: str | None) -> None:
    """A status that is not known, or none, keeps the alert open."""
    assert only(fixture("again", status=status)).state is State.FIRING
    assert open_after(fixture("again"), fixture("ok", status=status)) == 1


def test_an_end_without_groups_closes_the_trigger() -> None:
    """The end names no group: the alert is the trigger, however many groups fired."""
    assert open_after(fixture("again"), fixture("again")) == 1
    assert open_after(fixture("again"), fixture("ok")) == 0
    assert open_after(fixture("own"), fixture("own_ok")) == 0


def test_two_triggers_of_one_name_are_two_alerts() -> None:
    """Names are those of a dataset, ids are everywhere different."""
    assert open_after(fixture("again"), fixture("again", id="another")) == 2


def test_the_payload_of_the_guide_is_read() -> None:
    """The payload that users paste gives an alert with a level, a time and all columns, and no problem."""
    guide = honeycomb.__doc__ or ""
    template = guide[guide.index("       {\n") : guide.index("   and on the Variables tab")]
    values = {
        "toJson .Vars.severity": '"error"',
        ".Alert.Status": "TRIGGERED",
        ".Alert.Timestamp": "2026-03-04T10:00:00.123Z",
        ".Alert.IsTest": "false",
        "toJson .Result.GroupsTriggered": '[{"group":[{"key":"host","value":"db-3"},{"key":"az","value":2}]}]',
    }

    def rendered(found: re.Match[str]) -> str:
        other = json.dumps('a "b"\nc') if found[1].startswith("toJson ") else "https://acme.example/"
        return values.get(found[1], other)

    body = re.sub(r"\{\{ (.+?) \}\}", rendered, template)
    found = detect(Request(body))
    assert found is not None
    assert found.vendor == "honeycomb"
    alert = only(json.loads(body))
    assert (alert.state, alert.severity, alert.resource) == (State.FIRING, Severity.HIGH, "db-3")
    assert alert.occurred_at == datetime(2026, 3, 4, 10, 0, 0, 123_000, tzinfo=UTC)
    assert alert.labels["az"] == "2"
    assert not alert.problems


def test_a_variable_without_a_value_is_no_level() -> None:
    """Go's templates write `<no value>`; the level is then the default one, with a problem."""
    document = fixture("own")
    document["alert"]["severity"] = "<no value>"
    alert = only(document)
    assert (alert.severity, codes(alert)) == (Severity.MEDIUM, {ProblemCode.UNRENDERED})


@pytest.mark.parametrize(
    "group", [{"env": "prod"}, [{"Key": "env", "Value": "prod"}], [{"key": "env", "value": "prod"}]]
)
def test_a_group_has_several_forms(group: Any) -> None:
    """The default payload has an object, `toJson` a list of columns."""
    alert = only(fixture("again", result_groups_triggered=[{"Group": group, "Result": 5}]))
    assert (alert.labels["env"], alert.values["result"], alert.problems) == ("prod", 5, ())


def test_a_group_may_be_text() -> None:
    """Where a template makes text of the group, it is the label `group`; two groups are kept apart."""
    rows = [{"Group": "cart", "Result": 5}, {"Group": "pay", "Result": 3}]
    assert only(fixture("again", groups=rows[:1], result_groups_triggered=None)).labels["group"] == "cart"
    values = only(fixture("again", groups=rows, result_groups_triggered=None)).values
    assert (values["group=cart"], values["group=pay"]) == (5, 3)


def test_the_shared_secret_is_the_token() -> None:
    """The header has the secret of the integration."""
    source = Source("honeycomb", "honeycomb", auth=Auth(tokens="made-up-token"))
    now = datetime(2026, 3, 4, tzinfo=UTC)
    verify(Request(b"{}", headers={"X-Honeycomb-Webhook-Token": "made-up-token"}), source, now)
    with pytest.raises(AuthError):
        verify(Request(b"{}", headers={"X-Honeycomb-Webhook-Token": "another"}), source, now)
