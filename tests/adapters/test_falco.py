"""Falco: what the fixtures cannot say, above all what other receivers lose or mix up."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, IncidentBook, Severity, Source, State, TransitionKind, parse
from alertmap.model import ProblemCode, Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "falco"


def event(name: str = "shell_in_container", **changed: Any) -> dict[str, Any]:
    """Return the event of a fixture with some keys changed."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document | changed


def one(document: dict[str, Any], **options: Any) -> Alert:
    """Return the only alert of an event."""
    source = Source("cluster", vendor="falco", options=options)
    [alert] = parse("falco", json.dumps(document), source=source)
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "Alerta, webhooks/falco of alerta-contrib",
    "an event without a host name, a source or a custom field `environment` raises: the alert is lost",
)
@pytest.mark.parametrize("key", ["hostname", "source", "output_fields", "output", "priority", "tags", "time", "uuid"])
def test_only_the_rule_must_be_there(key: str) -> None:
    """Any other field may be missing, and the alert fires."""
    document = event()
    del document[key]
    assert one(document).state is State.FIRING


@pytest.mark.fault_elsewhere(
    "Alerta, webhooks/falco of alerta-contrib",
    "host and rule are the key: the second container on a host in which a shell starts opens no alert",
)
def test_two_containers_on_a_host_are_two_alerts() -> None:
    """Container and process tell the events of a rule apart."""
    fields = event()["output_fields"]
    keys = {
        one(event(output_fields=fields | changed)).dedup_key
        for changed in ({}, {"container.id": "other"}, {"proc.name": "sh"})
    }
    assert len(keys) == 3


@pytest.mark.fault_elsewhere("Alerta, webhooks/falco of alerta-contrib", "a priority that it does not know is normal")
@pytest.mark.parametrize(("word", "code"), [("Fatal", "level_unknown"), ("", "level_missing"), (None, "level_missing")])
def test_an_unknown_priority_is_no_calm(word: str | None, code: str) -> None:
    """It has the fallback severity, and a problem."""
    alert = one(event(priority=word))
    assert (alert.state, alert.severity) == (State.FIRING, Severity.MEDIUM)
    assert [problem.code for problem in alert.problems] == [ProblemCode(code)]


@pytest.mark.fault_elsewhere(
    "Grafana OnCall and Opsgenie, as Falcosidekick writes to them",
    "the key is a random uuid, or there is none: the same breach pages each time",
)
def test_the_same_breach_again_is_the_same_incident() -> None:
    """A later event with another uuid, time, text and process id opens nothing."""
    first = event()
    again = event(
        uuid="9d0b6a1e-0000-4000-8000-000000000002",
        time="2026-03-04T10:05:00.5Z",
        output="10:05:00.5: Warning A shell was spawned",
        output_fields=first["output_fields"] | {"evt.time": 1772618700500000000, "proc.cmdline": "bash -i"},
    )
    book = IncidentBook()
    book.apply([one(first)])
    transitions = book.apply([one(again)])
    assert [transition.kind for transition in transitions] == [TransitionKind.DEDUPLICATED]
    assert len(book.open) == 1


# --- Words and keys ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changed", [{"hostname": "node-1"}, {"source": "syscall"}, {"priority": "Warning"}])
def test_a_test_has_all_marks_of_one(changed: dict[str, str]) -> None:
    """The name of the rule alone makes no test."""
    assert parse("falco", json.dumps(event("test"))).reason is Reason.TEST
    assert one(event("test", **changed)).state is State.FIRING


@pytest.mark.parametrize("name", ["audit_exec", "cloudtrail"])
def test_the_pod_of_a_plugin_is_no_part_of_the_key(name: str) -> None:
    """Falco runs as a pod of another name after each update."""
    assert one(event(name, hostname="a")).dedup_key == one(event(name, hostname="b")).dedup_key


def test_fields_of_an_option_make_the_key() -> None:
    """They stand in place of the usual ones; one that is missing is a problem."""
    chosen = one(event(), fields=["k8s.pod.name"])
    assert set(chosen.identity) == {"rule", "hostname", "k8s.pod.name"}
    missing = one(event("read_shadow"), fields=["k8s.pod.name"])
    assert [problem.code for problem in missing.problems] == [ProblemCode.KEY_FALLBACK]


@pytest.mark.parametrize("word", ["WARNING", "warning", "Warning"])
def test_priorities_in_any_case(word: str) -> None:
    """Falco's rules may write them in any case."""
    assert one(event(priority=word)).severity is Severity.MEDIUM
