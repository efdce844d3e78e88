"""The rules of Icinga 2's captured requests: JSON, the form of PagerDuty's plugin, and that of a script for Slack."""

from captures import Captured
from corpus import rules_nagios
from corpus.rules import Kind, Rules


def kind(one: Captured) -> Kind:
    """A message for Slack has its state in texts only."""
    return Kind.FOREIGN if "slack" in one.name else rules_nagios.kind(one)


RULES = Rules(
    "icinga2",
    kind,
    rules_nagios.check,
    rules_nagios.time,
    elements=lambda one: [rules_nagios.body_of(one)],
    is_recognised=lambda one: "pagerduty" not in one.name,
)
