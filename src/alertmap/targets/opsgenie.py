"""Opsgenie, its alert API; it ends in April 2027: see the target `jsm`.

Set up: in Opsgenie add an integration "API", and give its key as `api_key`; accounts in the EU set
`url = "https://api.eu.opsgenie.com"`.

What is stated again only counts there: the priority stays that of the first request.

Fields and limits: https://docs.opsgenie.com/docs/alert-api
"""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from attrs import field

from alertmap import wire
from alertmap.escaping import plain, short_key
from alertmap.target import Message, Outgoing, Skipped, State, Target, fitted, json_request

LONGEST_ALIAS = 512
LONGEST_MESSAGE = 130
LONGEST_DESCRIPTION = 15_000
MOST_DETAILS = 8_000  # characters of all details together


@wire.model(closed=True)
class Config:
    api_key: wire.NonBlank = field(repr=False)
    url: wire.NonBlank = "https://api.opsgenie.com"


def write(message: Message, config: Config, _now: datetime) -> Outgoing | Skipped:
    headers = {"Authorization": f"GenieKey {config.api_key}"}
    return request(message, f"{config.url.rstrip('/')}/v2/alerts", headers)


def request(message: Message, url: str, headers: dict[str, str]) -> Outgoing | Skipped:
    """Return the request to the alert API, also of JSM Operations."""
    alias = short_key(message.key, LONGEST_ALIAS)
    if message.state is State.SUPPRESSED:
        return Skipped("the alert API has no state for an alert that is muted")
    if message.state is not State.FIRING:
        action = "close" if message.state is State.RESOLVED else "acknowledge"
        note = {"source": message.source, "note": plain(message.title, 200, lines=False)}
        return json_request(f"{url}/{quote(alias, safe='')}/{action}?identifierType=alias", note, headers)
    return json_request(url, alert(message, alias), headers)


def alert(message: Message, alias: str) -> dict[str, Any]:
    facts = message.facts()
    details = dict(message.labels)
    details |= {name: str(value) for name, value in message.values.items()}
    details |= {name: str(facts[name]) for name in ("level", "vendor", "started_at", "occurred_at") if name in facts}
    details |= {f"link.{name}": url for name, url in message.links.items()}
    found = {
        "message": plain(message.title, LONGEST_MESSAGE, lines=False),
        "alias": alias,
        "description": plain(message.message, LONGEST_DESCRIPTION),
        "entity": plain(message.resource, 512, lines=False),
        "source": plain(message.source, 100, lines=False),
        "priority": f"P{message.rank}",
        "details": details,
    }
    # The limit is one of characters; as JSON the details have more bytes than that.
    fitted(details, MOST_DETAILS, [(details, name) for name in reversed(details)])
    return {name: value for name, value in found.items() if value}


target = Target(
    name="opsgenie",
    title="Opsgenie",
    config=Config,
    write=write,
    keeps={
        "state": "all but a mute",
        "severity": "yes",
        "key": "yes",
        "title": "130 characters",
        "message": "yes",
        "times": "as details",
        "links": "as details",
        "labels": "as details",
        "values": "as details",
    },
    example={"api_key": "01234567-89ab-cdef-0123-456789abcdef"},
    reads_back="opsgenie",
)
