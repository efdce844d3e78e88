"""Budgets of Cost Management: in the common schema, and as the notification of a budget."""

from datetime import datetime
from typing import Literal

from alertmap import wire
from alertmap.adapter import Notice, Reading, Reason, Shape, State, Times
from alertmap.adapters.azure_monitor import arm


@wire.model
class CostData:
    """Alert of the common schema; its amounts have a sign, `$25.00`."""

    BudgetId: wire.AnyText = ""
    BudgetName: wire.Text = ""
    ThresholdType: wire.AnyText = ""  # Actual or Forecasted
    NotificationThresholdAmount: wire.AnyText = ""
    Scope: wire.Text = ""
    BudgetThreshold: wire.Text = ""
    SpentAmount: wire.Text = ""
    ForecastedTotalForPeriod: wire.Text = ""
    Unit: wire.Text = ""


@wire.model
class BudgetData:
    BudgetName: wire.AnyText = ""
    SubscriptionId: wire.AnyText = ""
    SubscriptionName: wire.Text = ""
    ResourceGroup: wire.AnyText = ""
    NotificationThresholdAmount: wire.AnyText = ""  # a share of the budget: 0.8
    SpendingAmount: wire.Text = ""
    Budget: wire.Text = ""
    Unit: wire.Text = ""


@wire.model
class BudgetNotice:
    schemaId: Literal["AIP Budget Notification"]
    data: BudgetData


def of_cost(
    cost: CostData, *, state: State | None, notification: str, message: str, subscription: str, at: datetime | None
) -> Reading:
    budget = arm.same(cost.BudgetId)
    return Reading(
        state=state,
        level="budget",
        # Each type and threshold is a notification of its own.
        identity=[
            {"budget": budget, "type": cost.ThresholdType, "threshold": cost.NotificationThresholdAmount},
            {"budget": budget},
            {"notification": notification},
        ],
        title=f"Budget {cost.BudgetName}: {cost.ThresholdType} {cost.SpentAmount}".strip(),
        message=message,
        resource=cost.BudgetName,
        labels={"type": cost.ThresholdType, "scope": cost.Scope, "unit": cost.Unit, "subscription": subscription},
        values={
            "spent": wire.number_in(cost.SpentAmount),
            "forecast": wire.number_in(cost.ForecastedTotalForPeriod),
            "threshold": wire.number_in(cost.NotificationThresholdAmount),
            "budget": wire.number_in(cost.BudgetThreshold),
        },
        occurred_at=at,
        times=Times.STATED,
        resolvable=False,
    )


def read(event: BudgetNotice) -> Reading | Notice:
    data = event.data
    if arm.is_test(data.SubscriptionId):
        return Notice(reason=Reason.TEST)
    parts = {
        "subscription": arm.same(data.SubscriptionId),
        "group": arm.same(data.ResourceGroup) or None,
        "budget": data.BudgetName,
    }
    return Reading(
        state=State.FIRING,
        level="budget",
        identity=[parts | {"threshold": data.NotificationThresholdAmount}, parts],
        title=f"Budget {data.BudgetName}: {data.SpendingAmount} of {data.Budget} {data.Unit}".strip(),
        resource=data.BudgetName,
        labels={
            "subscription": data.SubscriptionId,
            "subscriptionName": data.SubscriptionName,
            "resourceGroup": data.ResourceGroup,
            "unit": data.Unit,
        },
        values={
            "spent": wire.number_in(data.SpendingAmount),
            "threshold": wire.number_in(data.NotificationThresholdAmount),
            "budget": wire.number_in(data.Budget),
        },
        resolvable=False,
    )


SHAPES = [Shape(BudgetNotice, read, times=Times.NONE)]
