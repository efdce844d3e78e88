"""Quota alerts of the Quota Center, by its alert callback. New ones are threshold rules of CloudMonitor."""

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State


@wire.model
class QuotaAlarm:
    """The alert callback, as the help page "What is the request content of an alert callback?" has it."""

    AlarmId: wire.AnyText  # of the rule
    QuotaActionCode: wire.AnyText
    ProductCode: wire.AnyText = ""
    QuotaDimension: wire.JsonIn[dict[str, wire.AnyText]] = Factory(dict)  # JSON in a text
    Usage: wire.Text = ""
    Quota: wire.Text = ""
    Threshold: wire.Text = ""
    ThresholdPercent: wire.Text = ""
    AlarmTime: wire.Rfc3339 = None


def read(alarm: QuotaAlarm) -> Reading:
    dimensions = {f"dim.{name}": text or None for name, text in alarm.QuotaDimension.items()}
    product = {"product": alarm.ProductCode, "quota": alarm.QuotaActionCode}
    limit = alarm.Threshold or (f"{alarm.ThresholdPercent} %" if alarm.ThresholdPercent else "")
    used = f"used {alarm.Usage} of {alarm.Quota}" if alarm.Usage else ""
    return Reading(
        state=State.FIRING,
        level="quota",
        identity=[{"alarm": alarm.AlarmId} | dimensions, product | dimensions],
        title=" of ".join(filter(None, (f"Quota {alarm.QuotaActionCode}", alarm.ProductCode))),
        message=conventions.join(used, f"threshold {limit}" if limit else "", by=", "),
        resource=alarm.ProductCode,
        labels=product | {"alarm": alarm.AlarmId} | {name: text or "" for name, text in dimensions.items()},
        values={
            "usage": wire.number_in(alarm.Usage),
            "quota": wire.number_in(alarm.Quota),
            "threshold": wire.number_in(alarm.Threshold),
            "threshold_percent": wire.number_in(alarm.ThresholdPercent),
        },
        occurred_at=alarm.AlarmTime,
        resolvable=False,
    )


SHAPES = [Shape(QuotaAlarm, read, marks={"IdempotentId"})]
