"""Opsgenie beyond the goldens: paths, answers, actions, and all that real tools posted."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest

from alertmap import IncidentBook, Severity, State, detect, parse
from alertmap.adapters import opsgenie
from alertmap.codec import to_dict
from alertmap.errors import PayloadError, ShapeError
from alertmap.intake.dedup import dedup_key
from alertmap.model import Alert, Batch, ProblemCode, Request
from captures import SHARED, Captured, requests

SECRET = "deadbeef-keep-me-secret"  # noqa: S105 - the test is that it goes nowhere


def call(path: str, body: Any = None, method: str = "POST", **headers: str) -> Batch:
    """Parse a call of the alert API; a body that is None is not sent."""
    return parse("opsgenie", Request("" if body is None else json.dumps(body), method, path, headers))


def one(path: str, body: Any = None, method: str = "POST") -> Alert:
    (alert,) = call(path, body, method)
    return alert


def webhook(action: str, **alert: Any) -> dict[str, Any]:
    """Return a webhook."""
    known = {"alertId": "71d2", "tinyId": "2", "alias": "db-3/disk", "message": "disk full"}
    times = {"createdAt": 1772618400417, "updatedAt": 1772618400417000220}
    return {"action": action, "alert": known | times | alert, "integrationId": "5f", "integrationName": "alertmap"}


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("/v2/alerts/disk/close?identifierType=alias", {"alias": "disk"}),
        ("/v2/alerts/db-3%2Fdisk%3F/close?identifierType=alias", {"alias": "db-3/disk?"}),
        # A framework that decodes paths before it passes them on.
        ("/v2/alerts/db-3/disk/close?identifierType=alias", {"alias": "db-3/disk"}),
        ("/v2/alerts/close/close?identifierType=alias", {"alias": "close"}),
        ("/v2/alerts/disk/close/?identifierType=alias", {"alias": "disk"}),
        ("/v2/alerts/1791/close?identifierType=tiny", {"tinyId": "1791"}),
        ("/v2/alerts/70413a06/close?identifierType=id", {"id": "70413a06"}),
        ("/v2/alerts/70413a06/close", {"id": "70413a06"}),
        ("/hooks/t0/jsm/ops/integration/v2/alerts/disk/close?identifierType=alias", {"alias": "disk"}),
        ("/alerts/of/team/v2/alerts/disk/close?identifierType=alias", {"alias": "disk"}),
        # The URL of a tool that does not end in `/alerts`, as Kapacitor's may.
        ("/opsgenie/disk/close?identifierType=alias", {"alias": "disk"}),
    ],
)
@pytest.mark.parametrize("body", [{}, {"source": "mon", "user": "ann", "note": "done"}, None])
def test_the_path_says_which_alert_ends(path: str, identity: dict[str, str], body: Any) -> None:
    """With any body or none."""
    alert = one(path, body)
    assert (alert.state, alert.identity) == (State.RESOLVED, identity)


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("acknowledge", State.ACKNOWLEDGED),
        ("unacknowledge", State.FIRING),
        ("snooze", State.SUPPRESSED),
        ("close", State.RESOLVED),
    ],
)
def test_actions_of_both_versions(action: str, state: State) -> None:
    """Version 2 has the alert in the path, version 1 in the body."""
    assert one(f"/v2/alerts/disk/{action}?identifierType=alias", {}).state is state
    alert = one(f"/v1/json/alert/{action}", {"apiKey": SECRET, "alias": "disk"})
    assert (alert.state, alert.identity) == (state, {"alias": "disk"})


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/v2/alerts/disk/notes?identifierType=alias", "POST"),
        ("/v2/alerts/disk/message?identifierType=alias", "PUT"),
        ("/v2/alerts/disk/description?identifierType=alias", "PUT"),
        ("/v2/alerts/disk/tags?identifierType=alias&tags=vip", "POST"),
        ("/v2/alerts/disk/tags?identifierType=alias&tags=vip", "DELETE"),
        ("/v2/alerts/disk/details?identifierType=alias&keys=a", "DELETE"),
        ("/v2/alerts/disk/attachments/7?alertIdentifierType=alias", "DELETE"),
        ("/v2/alerts/saved-searches/all?identifierType=name", "DELETE"),
        ("/v2/alerts/disk/actions/close?identifierType=alias", "POST"),
        ("/v2/alerts/disk/assign?identifierType=alias", "POST"),
        ("/v2/alerts/disk/escalate?identifierType=alias", "POST"),
        ("/v1/json/alert/note", "POST"),
    ],
)
def test_what_changes_no_state_changes_no_alert(path: str, method: str) -> None:
    """Neither a DELETE of its tags nor a custom action that is called `close` ends an alert."""
    batch = call(path, {"message": "new", "note": "x"}, method)
    assert (batch.alerts, batch.problems) == ((), ())
    assert call(path, None, method).alerts == ()


def test_a_delete_ends_the_alert() -> None:
    """Method and path say all."""
    alert = one("/v2/alerts/close?identifierType=alias", None, "DELETE")
    assert (alert.state, alert.identity) == (State.RESOLVED, {"alias": "close"})


def test_a_new_alert() -> None:
    """The path of a new alert has no action, whatever the receiver calls its own part of it."""
    body = {"message": "disk full", "alias": "disk", "priority": "P1"}
    for path in ("/v2/alerts", "/v2/alerts/", "/v1/json/alert", "/hooks/alerts/opsgenie", "/close", "/"):
        alert = one(path, body)
        assert (alert.state, alert.severity, alert.identity) == (State.FIRING, Severity.CRITICAL, {"alias": "disk"})


def test_the_title_and_texts_of_others_are_not_read() -> None:
    """A body with a message and no sign of Opsgenie is refused: `message` is anybody's key."""
    with pytest.raises(ShapeError):
        call("/hook", {"message": "hello"})
    assert detect(Request('{"message": "hello"}', path="/hook")) is None
    (alert,) = call("/hook", {"message": "hello"}, Authorization="GenieKey " + SECRET)
    assert alert.title == "hello"


def test_the_key_of_the_tool_goes_nowhere() -> None:
    """The key of version 1 stands in the body; it is in no alert, answer, error or repr."""
    batch = call("/v1/json/alert", {"apiKey": SECRET, "message": "disk full"})
    (alert,) = batch
    reply = opsgenie.adapter.answer(batch)  # type: ignore[operator]
    assert SECRET not in repr(batch) + reply.body + json.dumps(to_dict(alert) | {"raw": None})
    with pytest.raises(PayloadError) as caught:
        call("/v1/json/alert/close", {"apiKey": SECRET})
    assert SECRET not in str(caught.value)


def test_the_answer_is_that_of_the_api() -> None:
    """A retry gets it again, another alert another one; an unreadable request gets one that ends the retries."""
    close = "/v2/alerts/disk/close?identifierType=alias"
    replies = [opsgenie.adapter.answer(call(close, {})) for _ in range(2)]  # type: ignore[operator]
    assert replies[0] == replies[1]
    answer = json.loads(replies[0].body)
    assert (replies[0].status, answer["result"], sorted(answer)) == (
        202,
        "Request will be processed",
        ["requestId", "result", "took"],
    )
    other = opsgenie.adapter.answer(call("/v2/alerts", {"message": "x", "alias": "y"}))  # type: ignore[operator]
    assert json.loads(other.body)["requestId"] != answer["requestId"]
    assert opsgenie.adapter.answer(Batch(vendor="opsgenie", source="x")).status == 202  # type: ignore[operator]


def test_both_units_of_time() -> None:
    """Nanoseconds and milliseconds differ in size; nanoseconds stay exact beside the time."""
    for updated, moment, sequence in (
        (1772618400417000220, datetime(2026, 3, 4, 10, 0, 0, 417000, UTC), 1772618400417000220),
        (1772618400417, datetime(2026, 3, 4, 10, 0, 0, 417000, UTC), None),
        (10**40, None, None),
        (0, None, None),
    ):
        (alert,) = parse("opsgenie", json.dumps(webhook("Close", updatedAt=updated)))
        assert (alert.occurred_at, alert.sequence) == (moment, sequence)


@pytest.mark.parametrize("updated_at", [1_772_618_500, 5, 10**30])
def test_a_time_in_another_unit_keeps_no_recovery_back(updated_at: int) -> None:
    """As milliseconds it lies in 1970, before the alert began; it is left out, and the order of arrival counts."""
    alerts = [*parse("opsgenie", json.dumps(webhook("Create")))]
    [close] = parse("opsgenie", json.dumps(webhook("Close", updatedAt=updated_at)))
    assert (close.occurred_at, [problem.code for problem in close.problems]) == (None, [ProblemCode.BAD_TIME])
    book = IncidentBook()
    book.apply([*alerts, close])
    assert not book.open


def test_updates_leave_an_acknowledgement() -> None:
    """A note, a tag or a new owner does not say whether the alert is acknowledged; nor does a custom action."""
    for action in ("AddNote", "AddTags", "AssignOwnership", "UpdateMessage", "add note"):
        batch = parse("opsgenie", json.dumps(webhook(action)))
        assert (batch.alerts, batch.problems) == ((), ())
    batch = parse("opsgenie", json.dumps(webhook("Restart DB")))
    assert (batch.alerts, [problem.code for problem in batch.problems]) == ((), [ProblemCode.STATE_UNKNOWN])


def test_a_blank_action_fires() -> None:
    """An absent word is no custom action."""
    (alert,) = parse("opsgenie", json.dumps(webhook("")))
    assert alert.state is State.FIRING
    assert ProblemCode.STATE_GUESSED in {problem.code for problem in alert.problems}


# --- All that real tools posted --------------------------------------------------------------------------------------

PRIORITIES = {
    "P1": Severity.CRITICAL,
    "P2": Severity.HIGH,
    "P3": Severity.MEDIUM,
    "P4": Severity.LOW,
    "P5": Severity.INFO,
    None: Severity.MEDIUM,
}


def captured() -> Iterator[tuple[Captured, dict[str, Any]]]:
    """Yield all captured calls of the alert API, of whatever tool, with their bodies."""
    if not (SHARED / "captures").is_dir():
        pytest.skip("the captures are not on this machine")
    for folder in sorted(path.name for path in (SHARED / "captures").iterdir() if path.is_dir()):
        for found in requests(folder):
            is_v1 = "/v1/json/alert" in found.request.path
            is_v2 = (found.request.header("Authorization") or "").startswith(
                "GenieKey "
            ) and "auth-scheme" not in found.name
            if is_v1 or is_v2:
                yield found, json.loads(found.request.body)


def key_of(found: Captured, body: dict[str, Any]) -> str:
    """Return the alias of a call, from the segment before the action or from the body."""
    segments = found.request.path.split("/")
    if found.request.query.get("identifierType") == "alias":
        return unquote(segments[-2])
    return str(body.get("alias", ""))


def test_all_captured_calls_are_read() -> None:
    """State, alias, priority and title are those of path and body."""
    seen = 0
    for found, body in captured():
        seen += 1
        batch = parse("opsgenie", found.request, received_at=found.received_at)
        last = found.request.path.split("/")[-1]
        if last in ("notes", "message", "description"):
            assert not batch.alerts, found.name
            continue
        (alert,) = batch
        assert alert.state is (State.RESOLVED if last == "close" else State.FIRING), found.name
        assert alert.identity.get("alias", "") == key_of(found, body), found.name
        if last != "close":
            assert alert.severity is PRIORITIES[body.get("priority")], found.name
            assert body["message"].split()[0] in alert.title
        assert {problem.code for problem in alert.problems} <= {ProblemCode.KEY_FALLBACK, ProblemCode.TITLE_FALLBACK}
    assert seen > 25


def test_all_captured_streams_end_as_for_opsgenie() -> None:
    """An alert is open if it was created and not closed after that."""
    streams: dict[str, list[tuple[Captured, dict[str, Any]]]] = {}
    for found, body in captured():
        if key_of(found, body) and found.received_at is not None:
            streams.setdefault(f"{found.facts.get('product')} {found.scenario}", []).append((found, body))
    several = [stream for stream in streams.values() if len(stream) > 1]
    assert len(several) > 5
    for stream in several:
        book = IncidentBook()
        still_open: set[str] = set()
        for found, body in sorted(stream, key=lambda pair: pair[0].number):
            book.apply(parse("opsgenie", found.request, received_at=found.received_at))
            key, last = key_of(found, body), found.request.path.split("/")[-1]
            if last == "close":
                still_open.discard(key)
            elif last not in ("notes", "message", "description"):
                still_open.add(key)
        keys = {dedup_key("opsgenie", {"alias": alias}) for alias in still_open}
        assert {incident.dedup_key for incident in book.open} == keys, stream[0][0].name
