"""The conformance kit: what every adapter must hold, as tests that any package can run over its own.

Needs the extra `testing` (pytest and hypothesis). In a test module:

    from alertmap.testing import conformance

    TestAcme = conformance(adapter, "fixtures/acme")
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alertmap.testing.damage import damaged
    from alertmap.testing.fixtures import About, Case, load
    from alertmap.testing.kit import conformance
    from alertmap.testing.signing import signed
    from alertmap.testing.strategies import alerts, damaged_payloads, documents, mutations, payloads, streams
    from alertmap.testing.stream_fixtures import AboutStream, Stream, TrueIncident, load_streams, stream_tests
    from alertmap.testing.targets import target_conformance

__all__ = [
    "About",
    "AboutStream",
    "Case",
    "Stream",
    "TrueIncident",
    "alerts",
    "conformance",
    "damaged",
    "damaged_payloads",
    "documents",
    "load",
    "load_streams",
    "mutations",
    "payloads",
    "signed",
    "stream_tests",
    "streams",
    "target_conformance",
]

# Imported on first use: the command line reads fixtures, and needs neither pytest nor hypothesis for that.
_MODULES = {
    "damaged": "damage",
    "About": "fixtures",
    "Case": "fixtures",
    "load": "fixtures",
    "conformance": "kit",
    "signed": "signing",
    "AboutStream": "stream_fixtures",
    "Stream": "stream_fixtures",
    "TrueIncident": "stream_fixtures",
    "load_streams": "stream_fixtures",
    "stream_tests": "stream_fixtures",
    "target_conformance": "targets",
}

if not TYPE_CHECKING:  # type checkers would accept any name

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'strategies')}"), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
