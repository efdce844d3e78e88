"""Vendors whose signature is established are verified; the others that prove themselves are listed, with the reason."""

import pytest

from alertmap import vendors
from alertmap.intake import registry

SIGNED = {
    "checkly": "X-Checkly-Signature",
    "crowdstrike": "X-CS-Primary-Signature",
    "email": "Mailgun, in the body",
    "fluxcd": "X-Signature",
    "gitea": "X-Gitea-Signature, X-Forgejo-Signature, X-Hub-Signature-256",
    "github": "X-Hub-Signature-256",
    "gitlab": "Standard Webhooks",
    "grafana": "X-Grafana-Alerting-Signature",
    "incident_io": "Standard Webhooks",
    "jira": "X-Hub-Signature",
    "mongodb_atlas": "X-MMS-Signature",
    "pagerduty": "X-PagerDuty-Signature",
    "rootly": "X-Rootly-Signature",
    "sentry": "Sentry-Hook-Signature",
    "splunk": "X-SFX-Signature",
    "terraform_cloud": "X-TFE-Notification-Signature",
    "zendesk": "X-Zendesk-Webhook-Signature",
}
"""Vendors with schemes of their own, and where the signature stands."""

BY_TOPIC = {"aws_sns_cloudwatch": "AWS SNS", "huawei_ces": "Huawei SMN"}
"""Vendors whose carrier signs: `Auth(topics=…)` verifies it, whatever the adapter declares."""

LEFT_OUT = {
    "alibaba_cloudmonitor": "the field `signature` is not documented",
    "azure_monitor": "a token of Entra, which `Auth(claims=…)` checks with keys of the user's own tenant",
    "google_cloud_monitoring": "a token of Google for Pub/Sub, which `Auth(claims=…)` checks",
    "grafana_oncall": "the vendor's pages name a secret, and no header",
    "netdata": "it signs nothing; its challenge is answered",
    "oci_monitoring": "the text that is signed is not established",
}
"""Vendors that prove themselves in another way, or in one that nobody outside knows."""


@pytest.mark.parametrize("vendor", SIGNED)
def test_an_established_signature_is_verified(vendor: str) -> None:
    """The adapter has the scheme; that a signed fixture is accepted, and any other body refused, is for the kit."""
    assert registry.find(vendor).signatures, SIGNED[vendor]


def test_the_lists_are_complete() -> None:
    """Each adapter with a scheme is in the first list; the others name vendors without one."""
    assert {name for name in vendors() if registry.find(name).signatures} == SIGNED.keys()
    assert not SIGNED.keys() & (BY_TOPIC.keys() | LEFT_OUT.keys())
    assert (BY_TOPIC.keys() | LEFT_OUT.keys()) <= set(vendors())
