"""Any monitor's webhook in, typed alerts out."""

from alertmap.adapter import Adapter, Mark, Rank
from alertmap.book import IncidentBook, TooManyOpen
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
from alertmap.incident import Cause, Incident, Policy, Transition, TransitionKind
from alertmap.key import fingerprint
from alertmap.model import Alert, Batch, Notice, Problem, ProblemCode, Reading, Reason, Reply, Request, Severity, State
from alertmap.parse import parse, parse_document
from alertmap.priority import DecidedBy, Decision, Priorities
from alertmap.registry import vendors
from alertmap.source import Source
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
