"""Flux beyond the goldens: what closes an object, what its key is, and faults that other receivers have."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Batch, State, detect, parse_document
from alertmap.adapters.fluxcd import NO_RECOVERIES, RECOVERIES
from alertmap.intake.source import Source
from alertmap.model import ProblemCode, Request

FIXTURES = Path(__file__).parents[2] / "fixtures" / "fluxcd"


def body(name: str) -> Any:
    """Return the document of a fixture."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def batch(*, uid: str = "u1", recoveries: list[str] | None = None, **more: Any) -> Batch:
    """Parse an error of an object, with other fields."""
    involved = {"apiVersion": "v1", "kind": "Kustomization", "namespace": "apps", "name": "web", "uid": uid}
    event = {
        "involvedObject": involved,
        "severity": "error",
        "reason": "BuildFailed",
        "message": "it failed",
        "timestamp": "2026-03-04T10:01:00Z",
        "reportingController": "kustomize-controller",
    }
    source = Source("s", options={"recoveries": recoveries} if recoveries else {})
    return parse_document("fluxcd", event | more, source=source)


def only(**more: Any) -> Alert:
    """Return the only alert of such an event."""
    [alert] = batch(**more)
    return alert


@pytest.mark.fault_elsewhere(
    "PagerDuty and incident.io, as Flux' own providers write to them",
    "an object that waits for a dependency, a rollback or a trace event resolves the incident",
)
@pytest.mark.parametrize("reason", sorted(NO_RECOVERIES))
def test_an_info_on_the_way_resolves_nothing(reason: str) -> None:
    """An info event about an object that is not well changes no alert, and neither does a trace event."""
    found = batch(severity="info", reason=reason)
    assert not found.alerts
    assert not found.problems
    assert not batch(severity="trace", reason="ReconciliationSucceeded").alerts


@pytest.mark.parametrize("reason", sorted(RECOVERIES))
def test_a_recovery_closes_whatever_opened_it(reason: str) -> None:
    """The recovery of an object has the key of its errors, whatever their reason and revision."""
    fired = only(metadata={"revision": "main@sha1:aa", "cluster": "oslo"})
    over = only(severity="info", reason=reason, metadata={"revision": "main@sha1:bb"})
    assert (over.state, over.dedup_key) == (State.RESOLVED, fired.dedup_key)


@pytest.mark.fault_elsewhere(
    "Alertmanager, as Flux' own provider writes to it",
    "each reason and each revision is another alert, and a success is a firing alert of its own",
)
def test_one_object_is_one_alert() -> None:
    """Two reasons and two revisions of one object share a key, and its success fires nothing."""
    assert only().dedup_key == only(reason="PruneFailed", metadata={"revision": "b"}).dedup_key
    assert only(severity="info", reason="ReconciliationSucceeded").state is State.RESOLVED


@pytest.mark.fault_elsewhere(
    "incident.io, as its provider was first proposed in fluxcd/notification-controller#1353",
    "objects of two clusters share a name and a key",
)
def test_objects_of_one_name_have_different_keys() -> None:
    """Two clusters have objects of the same name: the uid tells them apart, without it the cluster does."""
    assert only(uid="u1").dedup_key != only(uid="u2").dedup_key
    named = [only(uid="", metadata={"cluster": cluster}) for cluster in ("oslo", "bergen")]
    assert named[0].dedup_key != named[1].dedup_key
    assert all(alert.problems[0].code is ProblemCode.KEY_FALLBACK for alert in named)


def test_an_unknown_reason_resolves_only_if_the_source_names_it() -> None:
    """An info event of another controller is a problem, until the option says what it means."""
    found = batch(severity="info", reason="TerraformAppliedSucceed")
    assert not found.alerts
    assert [problem.code for problem in found.problems] == [ProblemCode.STATE_UNKNOWN]
    named = only(severity="info", reason="TerraformAppliedSucceed", recoveries=["TerraformAppliedSucceed"])
    assert named.state is State.RESOLVED
    assert only(reason="ReconciliationSucceeded").state is State.FIRING, "an error fires, whatever its reason"


def test_an_event_of_kubernetes_is_not_one_of_flux() -> None:
    """Kubernetes' own events involve an object, too, but have a type and no severity."""
    event = body("health_check_failed")
    del event["severity"]
    found = detect(Request(json.dumps(event | {"type": "Warning", "source": {"component": "kubelet"}})))
    assert found is None or found.vendor != "fluxcd"


def test_metadata_keeps_its_own_names() -> None:
    """The group of the API before a key is left out, as newer versions do themselves."""
    [alert] = parse_document("fluxcd", body("validation_failed"))
    assert alert.labels["revision"].startswith("main/731f7e")
