"""Redaction and fixtures: a clean one stays as it is, and a redacted request still gives the same alerts."""

import json
import re
from pathlib import Path

import pytest
from attrs import evolve

from alertmap import vendors
from alertmap.errors import PayloadError
from alertmap.intake import registry
from alertmap.intake.decode import inflate
from alertmap.intake.redact import PLACEHOLDER, redact, secrets_in
from alertmap.model import Request
from alertmap.strict_json import Limits
from alertmap.testing.fixtures import CONTENT_TYPES, GOLDEN, Case, load, read_request

FIXTURES = Path(__file__).parents[2] / "fixtures"
SECRET = "hunter2hunter2"  # noqa: S105 - what is planted
FILES = [file for file in sorted(FIXTURES.rglob("*.*")) if file.suffix in CONTENT_TYPES and GOLDEN not in file.name]
CASES = [(vendor, case) for vendor in vendors() for case in load(FIXTURES / vendor)]


LOOK_SECRET = {
    **dict.fromkeys(("checkly/signed", "fluxcd/signed", "gitea/signed"), "a signature"),
    **dict.fromkeys(("github/run_failed", "gitlab/pipeline_failed", "jira/created"), "a signature"),
    **dict.fromkeys(("crowdstrike/signed", "email/mailgun_signed.form", "pagerduty/incident_triggered"), "a signature"),
    **dict.fromkeys(("mongodb_atlas/signed", "terraform_cloud/signed", "zendesk/created"), "a signature"),
    **dict.fromkeys(("grafana/signed", "grafana/signed_with_time", "sentry/issue_created"), "a signature"),
    **dict.fromkeys(("incident_io/signed", "rootly/signed", "splunk/detector"), "a signature"),
    **{f"splunk/streams/alertmanager-groups/0{number}": "a made-up token in the path" for number in range(1, 6)},
    **dict.fromkeys(
        ("opsgenie/streams/alertmanager-groups/02", "opsgenie/streams/alertmanager-groups/05"), "a hash as the alias"
    ),
}
"""Fixtures with something that looks like a credential and is none, or belongs to a made-up secret."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FIXTURES)))
def test_a_clean_fixture_stays_as_it_is(file: Path) -> None:
    """Nothing in the fixtures looks like a credential, neither to the redactor nor to the kit."""
    data = file.read_bytes()
    request = read_request(file, data).request
    headers = {name: text for name, text in request.headers.items() if name != "content-encoding"}
    try:
        body = inflate(request, Limits())[0]
    except PayloadError:
        return
    if body != request.body:
        headers.pop("content-length", None)
    name = str(file.relative_to(FIXTURES)).removesuffix(".request.json")
    if name in LOOK_SECRET:
        assert redact(request) != evolve(request, body=body, headers=headers), "take it off the list"
        return
    assert redact(request) == evolve(request, body=body, headers=headers)
    assert secrets_in(data.decode("utf-8", "replace")) == []


def planted(request: Request) -> list[Request]:
    """Return a request with a credential in its header and query, and with one more in its body where it has fields."""
    sent = evolve(
        request,
        headers={**request.headers, "authorization": f"Bearer {SECRET}"},
        query={**request.query, "token": SECRET},
    )
    text = request.body if isinstance(request.body, str) else request.body.decode("utf-8", "replace")
    if text.startswith("{") and len(text) > 2:
        return [sent, evolve(sent, body=f'{{"api_key": "{SECRET}", {text[1:]}')]
    if "=" in text and not text.startswith("["):
        return [sent, evolve(sent, body=f"{text.strip()}&api_key={SECRET}")]
    return [sent]


def outcome(vendor: str, case: Case, request: Request) -> str:
    """Return the outcome of a request, without the place in an error and the hash in a key that holds a credential."""
    found = evolve(case, request=request).outcome(registry.find(vendor))
    text = found["error"] if "error" in found else json.dumps(found, sort_keys=True)
    return re.sub("~[0-9a-f]{12,64}", "~", text)


@pytest.mark.parametrize(("vendor", "case"), [pytest.param(*it, id=f"{it[0]}/{it[1].name}") for it in CASES])
def test_a_redacted_request_gives_the_same_alerts(vendor: str, case: Case) -> None:
    """A request with credentials becomes the same alerts, with the same keys and states, before and after."""
    for request in planted(case.request):
        clean = redact(request)
        assert SECRET not in json.dumps([str(clean.body), dict(clean.headers), dict(clean.query)])
        assert outcome(vendor, case, clean) == outcome(vendor, case, request).replace(SECRET, PLACEHOLDER)
