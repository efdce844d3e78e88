"""Alert of a Security Engine, as the plugin `http` writes it."""

from attrs import Factory

from alertmap import wire
from alertmap.adapter import Identity, Notice, Reading, Reason, Shape, State

TEST = "test alert"


@wire.model
class Source:
    scope: wire.AnyText = ""  # `Ip`; the Console writes `ip`
    value: wire.AnyText = ""
    cn: wire.Text = ""
    country: wire.Text = ""  # the Console's name for it
    as_name: wire.Text = ""
    as_number: wire.Text = ""
    rdns: wire.Text = ""


@wire.model
class Decision:
    type: wire.Text = ""
    duration: wire.Text = ""


@wire.model
class Alert:
    scenario: wire.NonBlank
    source: Source = Factory(Source)
    kind: wire.Text = ""
    machine_id: wire.Text = ""
    uuid: wire.Text = ""
    message: wire.Text = ""
    simulated: bool = False
    remediation: bool = False  # left out where it is false
    decisions: list[Decision] = Factory(list)
    events_count: wire.Text = ""
    start_at: wire.Rfc3339 = None
    stop_at: wire.Rfc3339 = None


def read(alert: Alert) -> Reading | Notice:
    if alert.scenario == TEST and not alert.machine_id and not alert.uuid:
        return Notice(reason=Reason.TEST)
    return Reading(
        state=State.FIRING,
        level=level(alert),
        identity=identity(alert.scenario, alert.source),
        title=title(alert.scenario, alert.source),
        message=alert.message,
        resource=alert.machine_id,
        labels=labels(alert.source)
        | {"kind": alert.kind, "decisions": ", ".join(f"{one.type} {one.duration}".strip() for one in alert.decisions)},
        values={"events": wire.number_in(alert.events_count)},
        started_at=alert.start_at,
        occurred_at=alert.stop_at,
    )


def level(alert: Alert) -> str:
    if alert.simulated:
        return "simulated"
    if alert.kind == "cscli":
        return "manual_decision"
    return "remediation" if alert.remediation else "no_remediation"


def identity(scenario: str, source: Source) -> Identity:
    return {"scenario": scenario, "scope": source.scope.lower(), "value": source.value}


def title(scenario: str, source: Source) -> str:
    return f"{scenario} by {source.value}" if source.value else scenario


def labels(source: Source) -> dict[str, str]:
    names = wire.pick(source, "scope", "as_name", "as_number", "rdns")
    return names | {"source": source.value, "country": source.cn or source.country}


SHAPES = [Shape(Alert, read, marks={"events_count", "leakspeed"})]
