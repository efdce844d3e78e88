"""Jenkins: what the fixtures cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest

from alertmap import Alert, Source, State, parse
from alertmap.model import Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "jenkins"


def document(name: str) -> Any:
    """Return the body of a fixture, decoded."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def one(body: Any) -> Alert:
    """Return the only alert of a body."""
    [alert] = parse("jenkins", json.dumps(body))
    return alert


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere(
    "scripts made for the plugin", "a build that runs has no status: they fail with a KeyError"
)
@pytest.mark.parametrize("phase", ["QUEUED", "STARTED"])
def test_a_build_that_runs_is_no_alert(phase: str) -> None:
    """A running build is an empty batch; it does not close the alert of the build before."""
    body = document("started")
    body["build"]["phase"] = phase
    assert parse("jenkins", json.dumps(body)).reason is Reason.NO_ALERT
    body["build"]["status"] = None
    assert parse("jenkins", json.dumps(body)).reason is Reason.NO_ALERT


@pytest.mark.fault_elsewhere(
    "receivers that follow the plugin's help text",
    "the help has FAILED, Jenkins sends FAILURE, and one of them is unknown",
)
@pytest.mark.parametrize("status", ["FAILURE", "FAILED"])
def test_both_words_for_a_failure_fire(status: str) -> None:
    """The word of the help text and the real one are the same without a problem."""
    body = document("failure")
    body["build"]["status"] = status
    alert = one(body)
    assert alert.state is State.FIRING
    assert not alert.problems


@pytest.mark.fault_elsewhere(
    "receivers that take `name` for the job", "jobs of one name in two folders are one alert: one closes the other's"
)
def test_jobs_of_one_name_in_two_folders_are_two_alerts() -> None:
    """The path of the job is the identity, for branches of a multibranch pipeline as well."""
    body = document("success")
    body["url"] = "job/bank/job/deploy/"
    body["build"]["full_url"] = "https://ci.example/job/bank/job/deploy/44/"
    assert one(body).dedup_key != one(document("failure")).dedup_key


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_two_jenkins_with_one_path_are_two_alerts() -> None:
    """The URL of Jenkins is a part of the key, also where its path repeats that of the job."""
    body = document("failure")
    body["build"]["full_url"] = "https://other.example/job/shop/job/deploy/" + body["build"]["url"]
    alert = one(body)
    assert alert.identity["root"] == "https://other.example/job/shop/job/deploy/"
    assert alert.dedup_key != one(document("failure")).dedup_key


def test_both_phases_at_the_end_of_a_build_have_one_key() -> None:
    """With all events chosen a build says COMPLETED and FINALIZED: one state of one alert."""
    completed, finalized = document("failure"), document("failure")
    completed["build"]["phase"] = "COMPLETED"
    assert one(completed).dedup_key == one(finalized).dedup_key
    assert one(completed).state is one(finalized).state


@pytest.mark.parametrize("name", ["failure", "outbound_unstable"])
def test_a_password_in_the_address_of_jenkins_stays_inside(name: str) -> None:
    """It is neither in the key nor in the link, and the key is that of the address without it."""
    text = json.dumps(document(name))
    [alert] = parse("jenkins", text.replace("https://", "https://ann:hunter2@"))
    [plain] = parse("jenkins", text)
    assert "hunter2" not in repr([alert.dedup_key, alert.identity, alert.links])
    assert (alert.dedup_key, alert.links) == (plain.dedup_key, plain.links)


# --- States -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["ABORTED", "NOT_BUILT"])
def test_a_build_without_a_verdict_closes_nothing(status: str) -> None:
    """An aborted build, or one that was not built, neither opens nor closes an alert."""
    body = document("failure")
    body["build"]["status"] = status
    assert parse("jenkins", json.dumps(body)).reason is Reason.NO_ALERT


def test_parameters_are_labels_only_if_asked_for() -> None:
    """Parameters of a build may be private."""
    text = json.dumps(document("failure"))
    [plain] = parse("jenkins", text)
    [asked] = parse("jenkins", text, source=Source("ci", vendor="jenkins", options={"parameters": True}))
    assert "ENV" not in plain.labels
    assert asked.labels["ENV"] == "prod"


def test_a_time_of_zero_is_no_time() -> None:
    """A build that had no executor has the timestamp 0: no problem, and the time of receipt counts."""
    body = document("failure")
    body["build"]["timestamp"] = 0
    alert = one(body)
    assert alert.occurred_at is None
    assert not alert.problems
