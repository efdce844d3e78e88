"""Jira Service Management, its Operations alerts.

Set up: in the team's operations add an integration "API", and give its key as `api_key`.

Fields and limits are those of the target `opsgenie`: https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/
"""

from datetime import datetime

from attrs import field

from alertmap import wire
from alertmap.target import Message, Outgoing, Skipped, Target
from alertmap.targets import opsgenie


@wire.model(closed=True)
class Config:
    api_key: wire.NonBlank = field(repr=False)
    url: wire.NonBlank = "https://api.atlassian.com/jsm/ops/integration"


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    headers = {"Authorization": f"GenieKey {config.api_key}"}
    return opsgenie.request(message, f"{config.url.rstrip('/')}/v2/alerts", headers)


target = Target(
    name="jsm",
    title="Jira Service Management",
    config=Config,
    write=write,
    keeps=opsgenie.target.keeps,
    example=opsgenie.target.example,
    reads_back="opsgenie",
)
