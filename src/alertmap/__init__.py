"""Any monitor's webhook in, typed alerts out: the public names of the library."""

from importlib import import_module
from typing import TYPE_CHECKING

from alertmap.adapter import Adapter, Rank, Shape
from alertmap.codec import from_dict, to_dict
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
from alertmap.intake.dedup import fingerprint
from alertmap.intake.detect import Detection, detect
from alertmap.intake.parse import parse, parse_document
from alertmap.intake.registry import vendors
from alertmap.intake.severity import DecidedBy, Decision, Priorities
from alertmap.intake.source import Source
from alertmap.model import (
    Alert,
    Batch,
    Notice,
    Problem,
    ProblemCode,
    Reading,
    Reason,
    Reply,
    Request,
    Severity,
    State,
    Times,
)
from alertmap.strict_json import Limits

__version__ = "0.1.0"

if TYPE_CHECKING:
    from alertmap.incidents.book import IncidentBook, TooManyOpen
    from alertmap.incidents.model import Cause, Incident, Policy, Transition, TransitionKind
    from alertmap.incidents.quiet import Page, PageBook, PageKind, Quiet
    from alertmap.incidents.timeline import Timeline, step, tick

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
    "Notice",
    "Page",
    "PageBook",
    "PageKind",
    "PayloadError",
    "Policy",
    "Priorities",
    "Problem",
    "ProblemCode",
    "Quiet",
    "Rank",
    "Reading",
    "Reason",
    "Reply",
    "Request",
    "Severity",
    "Shape",
    "ShapeError",
    "Source",
    "State",
    "Timeline",
    "Times",
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

# The reducer is imported when one of its names is used: many programs only parse.
_LAZY = {
    "IncidentBook": "book",
    "TooManyOpen": "book",
    "Cause": "model",
    "Incident": "model",
    "Policy": "model",
    "Transition": "model",
    "TransitionKind": "model",
    "Page": "quiet",
    "PageBook": "quiet",
    "PageKind": "quiet",
    "Quiet": "quiet",
    "Timeline": "timeline",
    "step": "timeline",
    "tick": "timeline",
}

if not TYPE_CHECKING:  # a type checker would accept any name

    def __getattr__(name: str) -> object:
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.incidents.{_LAZY[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
