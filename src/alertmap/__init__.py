"""Any monitor's webhook in, typed alerts out."""

from alertmap.adapter import Adapter
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
from alertmap.priority import Priorities
from alertmap.registry import vendors
from alertmap.source import Source

__all__ = [
    "Adapter",
    "AdapterError",
    "Alert",
    "AlertmapError",
    "AuthError",
    "Batch",
    "ConfigurationError",
    "DecodeError",
    "Detection",
    "LimitError",
    "Limits",
    "Notice",
    "PayloadError",
    "Priorities",
    "Problem",
    "ProblemCode",
    "Reading",
    "Reason",
    "Reply",
    "Request",
    "Severity",
    "ShapeError",
    "Source",
    "State",
    "UnknownVendor",
    "detect",
    "fingerprint",
    "from_dict",
    "parse",
    "parse_document",
    "to_dict",
    "vendors",
]
