"""Budgets of Cloud Billing, which states its costs several times a day.

Source: the vendor's page "Set up programmatic notifications".
"""

from alertmap import wire
from alertmap.adapter import Reading, Shape, State, Times


@wire.model(closed=True)
class Costs:
    """Costs below all thresholds."""

    budgetDisplayName: wire.AnyText
    costAmount: wire.Json
    costIntervalStart: wire.Json = None
    budgetAmount: wire.Json = None
    budgetAmountType: wire.Json = None
    currencyCode: wire.Json = None


@wire.model
class Budget:
    budgetDisplayName: wire.AnyText
    costAmount: wire.Number | None = None
    budgetAmount: wire.Number | None = None
    alertThresholdExceeded: wire.Number | None = None  # a part of 1
    forecastThresholdExceeded: wire.Number | None = None
    currencyCode: wire.Text = ""


def read(event: Budget) -> Reading:
    actual, forecast = event.alertThresholdExceeded, event.forecastThresholdExceeded
    values = {
        "cost": event.costAmount,
        "budget": event.budgetAmount,
        "threshold": actual,
        "forecast_threshold": forecast,
    }
    return Reading(
        state=None if actual is None and forecast is None else State.FIRING,
        level=level(actual, forecast),
        identity={"budget": event.budgetDisplayName},
        title=event.budgetDisplayName,
        labels={"currency": event.currencyCode},
        values={name: value for name, value in values.items() if value is not None},
        resolvable=False,
    )


def level(actual: float | None, forecast: float | None) -> str | None:
    if actual is None:
        return None if forecast is None else "budget_forecast"
    return "budget_threshold" if actual < 1 else "budget_spent"


SHAPES = [
    Shape(Costs, None, marks={"budgetAmount", "costIntervalStart"}),
    Shape(Budget, read, marks={"costAmount", "budgetAmount", "costIntervalStart"}, times=Times.NONE),
]
