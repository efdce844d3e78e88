"""What many vendors share by convention: which label names the host, which one the severity, and its words."""

from collections.abc import Iterable, Mapping

from alertmap.model import Severity

HOSTS = ("host", "hostname", "instance", "server", "node", "device", "agent_host")
"""Labels that name what is affected, the most telling first."""

TARGETS = ("instance", "exported_instance", "node", "pod", "host", "hostname")
"""The same where Prometheus' rules made the labels."""

LEVELS_IN = ("severity", "priority", "level", "sev", "criticality")
"""Labels that say how bad it is, the usual one first."""

LEVELS = {
    word: severity
    for severity, words in {
        Severity.CRITICAL: "critical crit emergency emerg fatal disaster p1 sev1 s1",
        Severity.HIGH: "high page major error err p2 sev2 s2",
        Severity.MEDIUM: "medium warning warn minor average alert p3 sev3 s3",
        Severity.LOW: "low ticket p4 sev4 s4",
        Severity.INFO: "info information notice debug none ok p5 sev5 s5",
    }.items()
    for word in words.split()
}
"""The words that such a label holds. It is nobody's protocol: each team has its own, these are what is usual."""


def first(labels: Mapping[str, str], names: Iterable[str]) -> str:
    """The value of the first of these labels that is there and not blank; "" where none is."""
    for name in names:
        value = labels.get(name)
        if value and not value.isspace():
            return value
    return ""


def host(labels: Mapping[str, str]) -> str:
    """The value of the first label that names a host; "" where none does."""
    return first(labels, HOSTS)


def level(labels: Mapping[str, str]) -> str | None:
    """The value of the first label that says how bad it is; None where none does."""
    return first(labels, LEVELS_IN) or None
