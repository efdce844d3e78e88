"""Presets: other platforms' documented tables of levels, by vendor. Data only."""

from collections.abc import Mapping
from typing import NamedTuple

from alertmap.model import Severity

CRITICAL, HIGH, MEDIUM, LOW, INFO = Severity


class Preset(NamedTuple):
    """A platform's tables: asked before an adapter's own."""

    levels: Mapping[str, Mapping[str, Severity]]
    """Vendor to level, in lower case, to severity."""
    replace: Mapping[Severity, Severity]
    """Word for a severity that the platform does not have."""


_IDENTITY = {"critical": CRITICAL, "high": HIGH, "medium": MEDIUM, "low": LOW}

PRESETS: Mapping[str, Preset] = {
    "default": Preset({}, {}),
    # ITOC360's pages on its sources. It has four priorities: LOW, MEDIUM, HIGH, CRITICAL.
    "itoc360": Preset(
        levels={
            "alibaba_cloudmonitor": {"critical": CRITICAL, "warn": MEDIUM, "info": LOW},
            "checkmk": {"ok": LOW, "warning": MEDIUM, "critical": CRITICAL},
            "generic": _IDENTITY,
            "google_scc": _IDENTITY,
            "grafana": {"info": LOW, "warning": MEDIUM, "critical": CRITICAL},
            "itoc360": _IDENTITY,
            "prometheus_alertmanager": {"info": LOW, "warning": MEDIUM, "error": HIGH, "critical": CRITICAL},
            "prtg": {
                "down": CRITICAL,
                "warning": MEDIUM,
                "unusual": LOW,
                "up": LOW,
                "paused": LOW,
                "unknown": LOW,
            },
            # Its page calls 20 debug; Rollbar's 20 is info.
            "rollbar": {"20": LOW, "30": MEDIUM, "40": HIGH, "50": CRITICAL},
            "salesforce": _IDENTITY,
            "zapier": _IDENTITY,
        },
        replace={INFO: LOW},
    ),
}
