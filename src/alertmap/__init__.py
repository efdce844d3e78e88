"""Any monitor's webhook in, typed alerts out."""

from importlib import import_module
from typing import TYPE_CHECKING

from alertmap.adapter import Adapter, Mark, Rank
from alertmap.codec import from_dict, to_dict
from alertmap.decode import Limits
from alertmap.detect import Detection, detect
from alertmap.errors import (
    AdapterError,
    AlertmapError,
    AuthError,
    ConfigurationError,
    DecodeError,
    LimitError,
    PayloadError,
    ShapeError,
    UnknownVendor,
)
from alertmap.key import fingerprint
from alertmap.model import Alert, Batch, Notice, Problem, ProblemCode, Reading, Reason, Reply, Request, Severity, State
from alertmap.parse import parse, parse_document
from alertmap.priority import DecidedBy, Decision, Priorities
from alertmap.registry import vendors
from alertmap.source import Source

if TYPE_CHECKING:
    from alertmap.book import IncidentBook, TooManyOpen
    from alertmap.incident import Cause, Incident, Policy, Transition, TransitionKind
    from alertmap.timeline import Timeline, step, tick

__all__ = [
    "Adapter",
    "AdapterError",
    "Alert",
    "AlertmapError",
    "AuthError",
    "Batch",
    "Cause",
    "ConfigurationError",
    "DecidedBy",
    "Decision",
    "DecodeError",
    "Detection",
    "Incident",
    "IncidentBook",
    "LimitError",
    "Limits",
    "Mark",
    "Notice",
    "PayloadError",
    "Policy",
    "Priorities",
    "Problem",
    "ProblemCode",
    "Rank",
    "Reading",
    "Reason",
    "Reply",
    "Request",
    "Severity",
    "ShapeError",
    "Source",
    "State",
    "Timeline",
    "TooManyOpen",
    "Transition",
    "TransitionKind",
    "UnknownVendor",
    "detect",
    "fingerprint",
    "from_dict",
    "parse",
    "parse_document",
    "step",
    "tick",
    "to_dict",
    "vendors",
]

# The reducer is loaded when one of its names is asked for: most that parse never do.
_LATER = {
    "book": ("IncidentBook", "TooManyOpen"),
    "incident": ("Cause", "Incident", "Policy", "Transition", "TransitionKind"),
    "timeline": ("Timeline", "step", "tick"),
}

if not TYPE_CHECKING:  # it would admit any name

    def __getattr__(name: str) -> object:
        for room, names in _LATER.items():
            if name == room or name in names:
                module = import_module(f"{__name__}.{room}")
                globals().update({public: getattr(module, public) for public in names})
                return globals()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
