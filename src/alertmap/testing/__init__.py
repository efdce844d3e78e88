"""The conformance kit: what every adapter must hold, as tests that any package can run over its own.

Needs the extra `testing` (pytest and hypothesis). In a test module:

    from alertmap.testing import conformance

    TestAcme = conformance(adapter, "fixtures/acme")
"""

from alertmap.testing.damage import damaged
from alertmap.testing.fixtures import Case, load
from alertmap.testing.kit import conformance
from alertmap.testing.strategies import documents, mutations

__all__ = ["Case", "conformance", "damaged", "documents", "load", "mutations"]
