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
    Refusal,
    ShapeError,
    UnknownVendor,
)
from alertmap.intake.auth import Auth
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
    from alertmap.incidents.snapshot import dump_timeline, load_timeline
    from alertmap.incidents.timeline import Timeline, step, tick
    from alertmap.intake.receive import Accepted, Duplicate, Handshake, Outcome, Probe, Rejected, receive, refuse
    from alertmap.intake.recorded import Recorded, read_recorded, write_recorded
    from alertmap.intake.seen import MemorySeenStore, SeenStore
    from alertmap.intake.source_file import InvalidSources, SourceFault, load_sources
    from alertmap.intake.sources import Sources
    from alertmap.intake.verify import Proof, Replay, verify
    from alertmap.output.registry import target_names
    from alertmap.output.render import render
    from alertmap.target import Outgoing, Skipped, Target

__all__ = [
    "Accepted",
    "Adapter",
    "AdapterError",
    "Alert",
    "AlertmapError",
    "Auth",
    "AuthError",
    "Batch",
    "Cause",
    "ConfigurationError",
    "DecidedBy",
    "Decision",
    "DecodeError",
    "Detection",
    "Duplicate",
    "Handshake",
    "Incident",
    "IncidentBook",
    "InvalidSources",
    "LimitError",
    "Limits",
    "MemorySeenStore",
    "Notice",
    "Outcome",
    "Outgoing",
    "Page",
    "PageBook",
    "PageKind",
    "PayloadError",
    "Policy",
    "Priorities",
    "Probe",
    "Problem",
    "ProblemCode",
    "Proof",
    "Quiet",
    "Rank",
    "Reading",
    "Reason",
    "Recorded",
    "Refusal",
    "Rejected",
    "Replay",
    "Reply",
    "Request",
    "SeenStore",
    "Severity",
    "Shape",
    "ShapeError",
    "Skipped",
    "Source",
    "SourceFault",
    "Sources",
    "State",
    "Target",
    "Timeline",
    "Times",
    "TooManyOpen",
    "Transition",
    "TransitionKind",
    "UnknownVendor",
    "detect",
    "dump_timeline",
    "fingerprint",
    "from_dict",
    "load_sources",
    "load_timeline",
    "parse",
    "parse_document",
    "read_recorded",
    "receive",
    "refuse",
    "render",
    "step",
    "target_names",
    "tick",
    "to_dict",
    "vendors",
    "verify",
    "write_recorded",
]

# These are imported when one of their names is used: many programs only parse.
_LAZY = {
    "IncidentBook": "incidents.book",
    "TooManyOpen": "incidents.book",
    "Cause": "incidents.model",
    "Incident": "incidents.model",
    "Policy": "incidents.model",
    "Transition": "incidents.model",
    "TransitionKind": "incidents.model",
    "Page": "incidents.quiet",
    "PageBook": "incidents.quiet",
    "PageKind": "incidents.quiet",
    "Quiet": "incidents.quiet",
    "dump_timeline": "incidents.snapshot",
    "load_timeline": "incidents.snapshot",
    "Timeline": "incidents.timeline",
    "step": "incidents.timeline",
    "tick": "incidents.timeline",
    "Recorded": "intake.recorded",
    "read_recorded": "intake.recorded",
    "write_recorded": "intake.recorded",
    "InvalidSources": "intake.source_file",
    "SourceFault": "intake.source_file",
    "load_sources": "intake.source_file",
    "Accepted": "intake.receive",
    "Duplicate": "intake.receive",
    "Handshake": "intake.receive",
    "Outcome": "intake.receive",
    "Probe": "intake.receive",
    "Rejected": "intake.receive",
    "receive": "intake.receive",
    "refuse": "intake.receive",
    "MemorySeenStore": "intake.seen",
    "SeenStore": "intake.seen",
    "Sources": "intake.sources",
    "Proof": "intake.verify",
    "Replay": "intake.verify",
    "verify": "intake.verify",
    "target_names": "output.registry",
    "render": "output.render",
    "Outgoing": "target",
    "Skipped": "target",
    "Target": "target",
}

if not TYPE_CHECKING:  # a type checker would accept any name

    def __getattr__(name: str) -> object:
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
