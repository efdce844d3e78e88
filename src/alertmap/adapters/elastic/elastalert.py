"""ElastAlert 2: the matched document that its alerters `post` and `post2` send, or a payload of the rule's own."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from alertmap import conventions, wire
from alertmap.adapter import Identity, Reading, Shape, State, Times

WITHOUT_LEVEL = "match"

COUNTS = ("count", "spike_count", "reference_count")


@wire.model
class Body:
    alert_uid: wire.AnyText = ""
    rule_name: Annotated[wire.AnyText, wire.named("rule_name", "title")] = ""
    severity: wire.Text = ""
    message: Annotated[wire.ScalarText, wire.named("message", "msg")] = ""
    timestamp: Annotated[wire.AnyTime, wire.named("@timestamp")] = None  # of the document
    link: Annotated[wire.Text, wire.named("link", "link_to_upstream_details")] = ""
    rest: wire.Rest


@wire.model
class Match(Body):
    """Default body: the document, which may have any key, and two counts."""

    num_hits: wire.Json
    num_matches: wire.Json
    id: Annotated[wire.AnyText, wire.named("_id")] = ""
    index: Annotated[wire.AnyText, wire.named("_index")] = ""
    key: wire.AnyText = ""  # this and the next: of the rule type `flatline`, which has no document
    threshold: wire.AnyText = ""


@wire.model
class Payload(Body):
    """Keys of the rule's own; a key that the document lacks is null."""

    alert_uid: wire.AnyText
    state: Annotated[State, wire.state(conventions.STATES)]


def read(match: Match) -> Reading:
    """Read a document. A field `state` in it is the document's own and resolves nothing."""
    flatline = f"{match.key}: fewer than {match.threshold} events" if match.threshold else ""
    identity = [
        {"alert_uid": match.alert_uid},
        {"index": match.index, "id": match.id},
        {"key": match.key, "threshold": match.threshold},
    ]
    counts = {"num_hits": match.num_hits, "num_matches": match.num_matches}
    return reading(match, State.FIRING, identity, flatline or match.message, counts)


def read_payload(payload: Payload) -> Reading:
    identity = [{"alert_uid": payload.alert_uid}, {"rule_name": payload.rule_name}]
    return reading(payload, payload.state, identity, payload.message, {})


def reading(
    body: Body, state: State, identity: Sequence[Identity], title: str, counts: Mapping[str, object]
) -> Reading:
    counts = {**counts, **{name: body.rest.get(name) for name in COUNTS}}
    values = {name: it for name, it in counts.items() if isinstance(it, int | float) and not isinstance(it, bool)}
    others = {name: it for name, it in body.rest.items() if name not in COUNTS}
    flat = wire.flatten(others)
    labels = {".".join(names): text for names, text in flat}
    return Reading(
        state=state,
        level=None if state is State.RESOLVED else body.severity or WITHOUT_LEVEL,
        identity=identity,
        title=body.rule_name or title,
        message=body.message,
        resource=labels.get("host.name", "") or conventions.host(labels),
        labels=labels,
        links={"source": body.link},
        values=values,
        occurred_at=body.timestamp,
        times=Times.STATED if body.timestamp else Times.NONE,
        no_data=values.get("count") == 0,
        resolvable=False,
        problems=flat.problems,
    )


MATCHES = [Shape(Match, read, marks={"@timestamp"})]
PAYLOADS = [Shape(Payload, read_payload, marks={"rule_name"})]
