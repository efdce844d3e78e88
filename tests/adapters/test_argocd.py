"""Argo CD beyond the goldens: what is no fault, what a quote breaks, and faults that other receivers have."""

import json
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from alertmap import Alert, Batch, PayloadError, State, detect, parse, parse_document
from alertmap.adapters import argocd
from alertmap.model import ProblemCode, Request

FIXTURES = Path(__file__).parents[2] / "fixtures" / "argocd"


def notification(**status: Any) -> Any:
    """Return the fixture of an application that is well, with another status."""
    document = json.loads((FIXTURES / "recovered.json").read_text(encoding="utf-8"))
    document["app"]["status"] |= status
    return document


def states(batch: Batch) -> dict[str, State]:
    """Return the states of an application's alerts."""
    return {alert.identity["aspect"]: alert.state for alert in batch}


def phase(word: str) -> dict[str, Any]:
    """Return the state of an operation."""
    return {"phase": word, "startedAt": "2026-03-04T10:00:00Z"}


def by_aspect(batch: Batch) -> dict[str, Alert]:
    """Return an application's alerts."""
    return {alert.identity["aspect"]: alert for alert in batch}


# --- States -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["Running", "Terminating"])
def test_an_operation_on_the_way_says_nothing(word: str) -> None:
    """A running operation neither opens nor closes; what the health says still counts."""
    found = states(parse_document("argocd", notification(operationState=phase(word), health={"status": "Degraded"})))
    assert found == {"health": State.FIRING, "comparison": State.RESOLVED}
    found = states(parse_document("argocd", notification(operationState=phase(word), health={"status": "Progressing"})))
    assert found == {"comparison": State.RESOLVED}


def test_what_is_not_deployed_yet_is_no_fault() -> None:
    """Missing resources fire after an operation has ended, not before or while it runs."""
    health = {"status": "Missing"}
    for state in (None, phase("Running")):
        assert "health" not in states(parse_document("argocd", notification(operationState=state, health=health)))
    for word in ("Succeeded", "Failed"):
        found = states(parse_document("argocd", notification(operationState=phase(word), health=health)))
        assert found["health"] is State.FIRING


def test_out_of_sync_is_no_fault() -> None:
    """An application that waits for its synchronisation pages nobody."""
    assert State.FIRING not in states(parse_document("argocd", notification(sync={"status": "OutOfSync"}))).values()


@pytest.mark.fault_elsewhere(
    "Alertmanager, as Argo CD's own service writes to it",
    "notifications-engine 0.5.0 sends the labels and annotations of its first alert again with later ones",
)
def test_each_request_has_its_own_application() -> None:
    """Two applications and two states give two keys and two texts, whatever came before."""
    first = parse_document("argocd", notification())
    other = notification(health={"status": "Degraded"})
    other["app"]["metadata"] |= {"name": "docs", "uid": "another"}
    second = parse_document("argocd", other)
    assert {alert.dedup_key for alert in first}.isdisjoint(alert.dedup_key for alert in second)
    assert by_aspect(second)["health"].title == "docs: health Degraded"


@pytest.mark.fault_elsewhere(
    "receivers that take a batch's own status, prometheus/alertmanager#1051", "one recovery closes all"
)
def test_a_good_operation_hides_no_bad_health() -> None:
    """An application that was deployed and is degraded has one alert that is over and one that fires."""
    found = states(parse_document("argocd", notification(health={"status": "Degraded"})))
    assert (found["sync"], found["health"]) == (State.RESOLVED, State.FIRING)


def test_neither_revision_nor_message_is_in_the_key() -> None:
    """Another revision, operation or project is the same application."""
    other = notification(
        sync={"status": "Synced", "revision": "zzz"}, operationState=phase("Failed") | {"message": "x"}
    )
    other["app"]["spec"]["project"] = "other"
    keys = {alert.dedup_key for alert in parse_document("argocd", notification())}
    assert keys == {alert.dedup_key for alert in parse_document("argocd", other)}


def test_annotations_stay_inside() -> None:
    """Ilert's template sends the annotations, which may hold secrets: they stand in no alert."""
    document = notification()
    document["app"]["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "t0ps3cret"}
    for alert in parse_document("argocd", document):
        assert "t0ps3cret" not in f"{alert.labels}{alert.message}{alert.links}{alert.values}"


# --- JSON of one's own ------------------------------------------------------------------------------------------------

OWN = '{"app": "shop", "phase": "%s", "health": "%s", "message": "%s", "revision": "abc1"}'


@pytest.mark.fault_elsewhere(
    "Slack, Microsoft Teams and others, as templates of Argo CD's catalog write to them",
    "an error with quotes breaks the JSON, and just the notification of the failure is not sent",
)
@pytest.mark.parametrize("message", ['"web" is invalid', "line one\nline two", r"C:\path"])
def test_a_quote_costs_no_alert(message: str) -> None:
    """Text before the broken part is read, with a problem; the end has the same keys."""
    text = OWN % ("Failed", "Degraded", message)
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    batch = parse("argocd", text)
    assert states(batch) == {"sync": State.FIRING, "health": State.FIRING}
    assert [problem.code for problem in batch.problems] == [ProblemCode.MALFORMED]
    over = parse("argocd", OWN % ("Succeeded", "Healthy", "successfully synced"))
    assert {alert.dedup_key for alert in over} == {alert.dedup_key for alert in batch}
    assert set(states(over).values()) == {State.RESOLVED}


def test_a_broken_word_fires() -> None:
    """An unknown phase in broken JSON fires, and both problems are named."""
    batch = parse("argocd", OWN % ("Exploded", "Healthy", 'a "quote"'))
    assert states(batch)["sync"] is State.FIRING
    assert {problem.code for problem in batch.problems} == {ProblemCode.STATE_UNKNOWN, ProblemCode.MALFORMED}


def test_another_status_is_no_comparison() -> None:
    """The key `status` is a common one: with a word that is not Argo CD's it says nothing."""
    document = {"app": "shop", "phase": "Succeeded", "status": "failed"}
    assert states(parse_document("argocd", document)) == {"sync": State.RESOLVED}


def test_github_is_not_argo() -> None:
    """GitHub sends the commit status that Argo CD set, too: with more keys, and that is GitHub's."""
    status = json.loads((FIXTURES / "commit_error.json").read_text(encoding="utf-8"))
    github = json.dumps(status | {"sha": "abc1", "name": "acme/shop", "branches": [], "repository": {"id": 1}})
    found = detect(Request(github, headers={"X-GitHub-Event": "status"}))
    assert found is None or found.vendor != "argocd"
    with pytest.raises(PayloadError):
        parse("argocd", github)


def test_a_commit_status_without_its_context_is_read() -> None:
    """The URL names the application, too."""
    status = json.loads((FIXTURES / "commit_error.json").read_text(encoding="utf-8"))
    [usual] = parse_document("argocd", status)
    [alert] = parse_document("argocd", status | {"context": ""})
    assert alert.dedup_key == usual.dedup_key
    assert [problem.code for problem in alert.problems] == [ProblemCode.KEY_FALLBACK]


# --- Texts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Application a has been created.", {}),
        ("Application a has been successfully synced at 2026-03-04T10:00:20Z.", {"sync": State.RESOLVED}),
        ("Application a sync is 'Unknown'.\n", {"comparison": State.FIRING}),
        (
            "Application a has been deleted.",
            {"sync": State.RESOLVED, "health": State.RESOLVED, "comparison": State.RESOLVED},
        ),
    ],
)
def test_sentences_of_the_catalog(text: str, expected: dict[str, State]) -> None:
    """The sentences of the catalog have a meaning."""
    batch = parse("argocd", text)
    assert states(batch) == expected
    assert all(alert.identity["app"] == "a" for alert in batch)


def test_a_word_inside_a_text_resolves_nothing() -> None:
    """A text that is not the catalog's fires, whatever words it has."""
    [alert] = parse("argocd", "shop is Healthy and Succeeded, resolved, ok")
    assert alert.state is State.FIRING
    assert not alert.resolvable


@pytest.mark.parametrize(
    "text", ["http://" * 30_000, "Application " * 20_000, '{"a": "b",' * 20_000, "x" * 200_000 + " y"]
)
def test_long_texts_take_linear_time(text: str) -> None:
    """Texts that make a careless search quadratic are read as fast as others."""
    start = perf_counter()
    with suppress(PayloadError):
        parse("argocd", f"{text} Application a has degraded.")
    assert perf_counter() - start < 5


# --- The guide --------------------------------------------------------------------------------------------------------


def test_the_fixtures_of_the_guide_are_its_template() -> None:
    """The fixtures have just the keys that the template of the guide picks."""
    guide = argocd.__doc__ or ""
    document = deepcopy(notification())
    assert document.keys() == {"app", "url"}
    for name, parts in document["app"].items():
        assert f'"{name}" (pick .app.{name} ' in guide
        assert all(f'"{part}"' in guide for part in parts)
