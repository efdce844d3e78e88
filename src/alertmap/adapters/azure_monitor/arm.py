"""Ids of Azure Resource Manager: `/subscriptions/<id>/resourceGroups/<name>/providers/<type>/<name>`."""

import re

TEST_SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"  # of each request of "Test action group"

SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)
ALERT = re.compile(r"/subscriptions/[\w/.-]+/providers/Microsoft\.AlertsManagement/alerts/[\w.-]+", re.ASCII)


def same(text: str) -> str:
    """Return the form of an id in which its case does not count: it varies between the requests of one alert."""
    return text.strip().lower()


def name(text: str) -> str:
    return text.strip().rstrip("/").rpartition("/")[2]


def subscription(*ids: str) -> str:
    """Return the subscription of the first of these ids that names one; "" if none does."""
    return next((same(found[1]) for one in ids if (found := SUBSCRIPTION.match(one.strip()))), "")


def is_test(*subscriptions: str) -> bool:
    return TEST_SUBSCRIPTION in subscriptions


def alert_page(text: str) -> str:
    """Return the page of an alert in the portal; "" for an id of another form."""
    if not ALERT.fullmatch(text):
        return ""
    page = "https://portal.azure.com/#view/Microsoft_Azure_Monitoring_Alerts/AlertDetails.ReactView/alertId~/"
    return page + text.replace("/", "%2F")
