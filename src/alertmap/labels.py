"""What many vendors share by convention: which label names the host."""

from collections.abc import Mapping

HOSTS = ("host", "hostname", "instance", "server", "node", "device", "agent_host")
"""Labels that name what is affected, the most telling first."""


def host(labels: Mapping[str, str]) -> str:
    """The value of the first label that names a host; "" where none does."""
    return next((labels[name] for name in HOSTS if labels.get(name)), "")
