"""Cases from public bug reports: each file states the expected alerts and incidents of its requests.

The keys stand in the README beside the files. A case that fails today waits for a rule: it must fail until then.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import fields_dict

import alertmap
import captures
from alertmap import Alert, Batch, Source, parse
from alertmap.incidents.book import IncidentBook
from alertmap.incidents.model import Policy, Transition, TransitionKind
from alertmap.incidents.quiet import PageBook, PageKind, Quiet
from alertmap.intake.recorded import Recorded, from_document

FOLDER = captures.SHARED / "cases"
if not FOLDER.is_dir():
    pytest.skip("the cases are not on this machine", allow_module_level=True)
FILES = {file.name.partition("-")[0]: file for file in sorted(FOLDER.glob("*.json"))}
KEYS = {
    "states",
    "severities",
    "occurred_at",
    "title",
    "problem",
    "reason",
    "message_holds",
    "open",
    "opened",
    "resolved",
    "pages_on_request",
    "error",
}

WAITS = {
    "42": "INCIDENTS, history 30: the sender's clock ahead with a late retry is the ideal, and known to fail",
}
"""The cases that fail today, and the rule that each waits for."""


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(number, marks=pytest.mark.xfail(reason=WAITS[number], strict=True) if number in WAITS else [])
        for number in FILES
    ],
)
def test_case(number: str) -> None:
    """The requests of a case end in the expected alerts and incidents."""
    case = json.loads(FILES[number].read_text(encoding="utf-8"))
    expected = case["expect"]
    assert expected.keys() <= KEYS, "a key that this test does not know"
    if "error" in expected:
        kind = getattr(alertmap, expected["error"])
        with pytest.raises(alertmap.AlertmapError) as caught:
            _batches(case)
        assert type(caught.value) is kind
        return
    batches = _batches(case)
    _check_alerts(batches, expected)
    _check_incidents(batches, case, expected)


def test_every_waiting_case_is_a_case() -> None:
    """No number waits without a file."""
    assert WAITS.keys() <= FILES.keys()


def _batches(case: Mapping[str, Any]) -> list[Batch]:
    source = Source("case", vendor=case["vendor"], options=case.get("options", {}))
    return [
        parse(case["vendor"], one.request, source=source, received_at=one.received_at)
        for one in map(_recorded, case["requests"])
    ]


def _recorded(request: Mapping[str, Any]) -> Recorded:
    """A request; `repeat_alert` says how often the one alert of its body stands there, each with its own instance."""
    if count := request.get("repeat_alert"):
        body = json.loads(request["body"])
        (alert,) = body["alerts"]
        body["alerts"] = [
            alert | {"labels": alert["labels"] | {"instance": f"node-{number:04}"}} for number in range(count)
        ]
        request = {**request, "body": json.dumps(body)}
    return from_document(dict(request))


def _check_alerts(batches: list[Batch], expected: Mapping[str, Any]) -> None:
    alerts = [alert for batch in batches for alert in batch]
    last = next((batch for batch in reversed(batches) if batch.alerts), batches[-1])
    problems = [*last.problems, *(problem for alert in last for problem in alert.problems)]
    found: dict[str, Any] = {
        "states": [alert.state.value for alert in alerts],
        "severities": [alert.severity and alert.severity.value for alert in alerts],
        "reason": last.reason and last.reason.value,
        "title": last.alerts[0].title if last.alerts else None,
    }
    for name in found.keys() & expected.keys():
        assert found[name] == expected[name], name
    if "occurred_at" in expected:
        assert {alert.occurred_at for alert in last} == {datetime.fromisoformat(expected["occurred_at"])}
    if "problem" in expected:
        assert expected["problem"] in {problem.code.value for problem in problems}
    if "message_holds" in expected:
        assert any(_holds(alert, expected["message_holds"]) for alert in last)


def _holds(alert: Alert, text: str) -> bool:
    return text in alert.message or text in alert.title


def _check_incidents(batches: list[Batch], case: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    given = case.get("policy", {})
    hours: dict[str, Any] = {
        name.removesuffix("_hours"): timedelta(hours=value)
        for name, value in given.items()
        if name.removesuffix("_hours") in fields_dict(Policy)  # the reopen window is that of the pages
    }
    book = IncidentBook(default=Policy(**hours))
    transitions: list[tuple[Transition, ...]] = [book.apply(batch.alerts) for batch in batches]
    if "until" in given:
        transitions.append(book.tick(datetime.fromisoformat(given["until"])))
    pages = [
        [one for one in some if one.kind in (TransitionKind.OPENED, TransitionKind.REOPENED)] for some in transitions
    ]
    resolved = [one for some in transitions for one in some if one.kind is TransitionKind.RESOLVED]
    found = {"open": len(book.open), "opened": sum(map(len, pages)), "resolved": len(resolved)}
    for name in found.keys() & expected.keys():
        assert found[name] == expected[name], name
    if "pages_on_request" in expected:
        assert pages[expected["pages_on_request"] - 1], "no page came"
    if "reopen_window_hours" in given:
        _check_reopened(transitions, case, timedelta(hours=given["reopen_window_hours"]))


def _check_reopened(transitions: list[tuple[Transition, ...]], case: Mapping[str, Any], window: timedelta) -> None:
    """The page of the request comes again under the id of the first page."""
    book = PageBook(default=Quiet(reopen_window=window))
    pages = [
        book.apply(some, datetime.fromisoformat(request["received_at"]))
        for some, request in zip(transitions, case["requests"], strict=True)
    ]
    (first,), (again,) = pages[0], pages[case["expect"]["pages_on_request"] - 1]
    assert (first.kind, again.kind) == (PageKind.OPEN, PageKind.REOPEN)
    assert first.id == again.id
    assert again.transition
    assert again.transition.kind is TransitionKind.OPENED


def test_the_readme_names_every_key() -> None:
    """The README beside the cases explains each key that this test knows."""
    text = (Path(FOLDER) / "README.md").read_text(encoding="utf-8")
    assert all(key in text for key in KEYS)
