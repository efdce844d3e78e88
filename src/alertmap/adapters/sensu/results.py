"""Check results, as Sensu Go and Sensu Core have them: exit statuses, and the checks that Sensu makes itself."""

from alertmap.adapter import State

STATES = {"0": State.RESOLVED} | {str(status): State.FIRING for status in range(1, 256)}

LEVELS = {"1": "warning", "2": "critical"}

WITHOUT_RECOVERY = {"registration", "deregistration"}
"""Checks of a single event when an agent comes or goes, which Sensu sends to handlers of these names only."""

SILENT_AGENT = "No keepalive sent from "
EXPIRED_TTL = "Last check execution was "


def level(status: str) -> str:
    return LEVELS.get(status, "unknown")


def is_silence(output: str) -> bool:
    """Return whether Sensu itself fails the check, because it received nothing."""
    return output.startswith((SILENT_AGENT, EXPIRED_TTL))
