"""Tells the services that Apprise knows of what opens and ends."""

import apprise

from alertmap import Severity, Transition

KINDS = {
    Severity.CRITICAL: apprise.NotifyType.FAILURE,
    Severity.HIGH: apprise.NotifyType.FAILURE,
    Severity.MEDIUM: apprise.NotifyType.WARNING,
}


def tell(services: apprise.Apprise, transition: Transition) -> bool:
    """Notify of a transition; False where a service did not take it. The title and message are the sender's text."""
    incident = transition.opens or transition.closes
    if incident is None:
        return True
    kind = KINDS.get(incident.severity or Severity.MEDIUM, apprise.NotifyType.INFO)
    return bool(
        services.notify(
            title=f"{(incident.severity or incident.state).upper()} {incident.state}: {incident.title}",
            body=incident.message or incident.title,
            notify_type=apprise.NotifyType.SUCCESS if transition.closes else kind,
            body_format=apprise.NotifyFormat.TEXT,
        )
    )
