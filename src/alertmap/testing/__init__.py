"""The conformance kit: what every adapter must hold, as tests that any package can run over its own.

Needs the extra `testing` (pytest and hypothesis). In a test module:

    from alertmap.testing import conformance

    TestAcme = conformance(adapter, "fixtures/acme")
"""

from alertmap.testing.damage import damaged
from alertmap.testing.fixtures import About, Case, load
from alertmap.testing.kit import conformance
from alertmap.testing.strategies import alerts, damaged_payloads, documents, mutations, payloads, streams

__all__ = [
    "About",
    "Case",
    "alerts",
    "conformance",
    "damaged",
    "damaged_payloads",
    "documents",
    "load",
    "mutations",
    "payloads",
    "streams",
]
