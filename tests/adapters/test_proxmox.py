"""Proxmox: what the fixtures cannot say, above all which notifications resolve nothing."""

import json
import re
import textwrap
from typing import Any

import pytest

from alertmap import Alert, Severity, State, detect, parse
from alertmap.adapters import proxmox
from alertmap.model import ProblemCode

JOB = {"type": "vzdump", "hostname": "pve1", "job-id": "backup-1a2b"}
BODY: dict[str, Any] = {
    "title": "vzdump backup status (pve1.example.org): backup failed",
    "message": "101: no space left on device",
    "severity": "error",
    "timestamp": 1772618400,
    "fields": JOB,
}


def one(**changes: Any) -> Alert:
    """Return the alert of a notification."""
    [alert] = parse("proxmox", json.dumps(BODY | changes))
    return alert


@pytest.mark.parametrize("severity", ["info", "INFO"])
@pytest.mark.parametrize(
    "kind", ["package-updates", "system-mail", "replication", "fencing", "tape-load", "acme", "of-tomorrow", ""]
)
def test_info_of_what_is_no_job_resolves_nothing(kind: str, severity: str) -> None:
    """News has the same severity as a success: only the types of jobs that announce both resolve."""
    alert = one(severity=severity, fields=JOB | {"type": kind})
    assert (alert.state, alert.resolvable) == (State.FIRING, False)


@pytest.mark.parametrize("title", ["backup successful", "Verify Datastore 'a' successful", ""])
def test_a_title_resolves_nothing(title: str) -> None:
    """A success that only the title names is no recovery, and a failure stays one."""
    assert one(title=title).state is State.FIRING
    assert one(title=title or "x", severity="info", fields={}).state is State.FIRING


def test_a_title_hides_no_recovery() -> None:
    """A job that succeeded resolves, whatever its title says, in any language."""
    assert one(severity="info", title="backup failed").state is State.RESOLVED


def test_jobs_hosts_and_datastores_have_keys_of_their_own() -> None:
    """The success of one job closes no other's failure."""
    fields = [
        JOB,
        JOB | {"hostname": "pve2"},
        JOB | {"job-id": "backup-3c4d"},
        {"type": "vzdump", "hostname": "pve1"},
        {"type": "gc", "hostname": "pbs1", "datastore": "a"},
        {"type": "gc", "hostname": "pbs1", "datastore": "b"},
        {"type": "prune", "hostname": "pbs1", "datastore": "a"},
    ]
    assert len({one(fields=each).dedup_key for each in fields}) == len(fields)


def test_two_mails_of_a_host_are_two_alerts() -> None:
    """A broken disk is not hidden by the mail of a cron job that came before."""
    mail = {"severity": "unknown", "fields": {"type": "system-mail", "hostname": "pve1"}}
    titles = ("SMART error (FailedHealthCheck) detected on host: pve1", "Cron <root@pve1> /usr/local/bin/job")
    assert len({one(title=title, **mail).dedup_key for title in titles}) == 2


def test_a_system_mail_without_a_host() -> None:
    """Older versions name no host of a mail: its subject alone is the key, with a problem."""
    alert = one(severity="unknown", title="Cron <root@pve1> job", fields={"type": "system-mail"})
    assert dict(alert.identity) == {"title": "Cron <root@pve1> job"}
    assert [problem.code for problem in alert.problems] == [ProblemCode.KEY_FALLBACK]


def test_the_fields_may_be_json_in_a_text() -> None:
    """Templates that put quotes around the fields are read alike."""
    alert = one(fields=json.dumps(JOB))
    assert (alert.dedup_key, alert.problems) == (one().dedup_key, ())


def test_an_alert_is_no_test() -> None:
    """Only the title and the severity of the test button together make a test."""
    assert one(title="Test notification").severity is Severity.HIGH


@pytest.mark.parametrize("title", ["Test notification", "a\nb", 'with "quotes"'])
def test_the_body_of_the_guide(title: str) -> None:
    """The template to copy is JSON once its placeholders are replaced, and is recognised."""
    assert proxmox.__doc__
    template = textwrap.dedent("    {" + proxmox.__doc__.partition("    {")[2].partition("\n\n")[0])
    values = {
        "json title": json.dumps(title),
        "json message": json.dumps("first line\nsecond line"),
        "severity": "error",
        "timestamp": "1772618400",
        "json fields": json.dumps(JOB),
    }
    names = re.findall(r"\{\{ ([^{}]*) \}\}", template)
    assert set(names) == set(values)
    body = re.sub(r"\{\{ ([^{}]*) \}\}", lambda found: values[found[1]], template)
    [alert] = parse("proxmox", body)
    assert (alert.title.split()[0], alert.problems) == (title.split(maxsplit=1)[0], ())
    found = detect(body)
    assert found is not None
    assert found.vendor == "proxmox"
