"""The tests that every adapter must pass, made from the adapter and its fixture folder alone."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alertmap.adapter import Adapter
from alertmap.intake import registry
from alertmap.testing import checks
from alertmap.testing.fixtures import Case, load
from alertmap.testing.fixtures import document as document_of
from alertmap.testing.strategies import mutations, payloads

_SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))


def conformance(adapter: Adapter, folder: Path | str) -> type:  # noqa: C901 - a class of one-line tests
    """A test class that holds an adapter to its fixtures and to what all adapters promise.

    What each test holds, and what to do where it fails, stands in `alertmap.testing.checks`.
    """
    cases = load(folder)
    # A third party's adapter need not be installed to be held to all the others.
    adapters = [*(other for other in registry.loadable() if other.name != adapter.name), adapter]
    each = pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])

    class Conformance:
        @each
        def test_golden(self, case: Case) -> None:
            checks.golden(adapter, case)

        @each
        def test_recognised(self, case: Case) -> None:
            checks.recognised(adapter, case, adapters)

        @each
        def test_no_secrets(self, case: Case) -> None:
            checks.no_secrets(case)

        @each
        def test_pure(self, case: Case) -> None:
            checks.pure(adapter, case)

        @each
        def test_whole(self, case: Case) -> None:
            checks.whole(adapter, case)

        @each
        def test_unknown_keys_change_nothing(self, case: Case) -> None:
            checks.unknown_keys_change_nothing(adapter, case)

        @each
        def test_level_is_not_in_the_key(self, case: Case) -> None:
            checks.level_is_not_in_the_key(adapter, case)

        @pytest.mark.parametrize("level", adapter.levels, ids=str)
        def test_override_changes_its_level_only(self, level: str) -> None:
            checks.override_changes_its_level_only(adapter, cases, level)

        def test_reads_no_clock(self) -> None:
            checks.reads_no_clock(adapter)

        def test_marks_are_its_own(self) -> None:
            checks.marks_are_its_own(adapter)

        def test_recoveries_close(self) -> None:
            checks.recoveries_close(adapter, cases)

        def test_every_severity_is_shown(self) -> None:
            checks.every_severity_is_shown(adapter, cases)

        def test_titles_are_the_vendors(self) -> None:
            checks.titles_are_the_vendors(adapter, cases)

        def test_damage(self) -> None:
            checks.damage(adapter, cases)

        def test_damage_is_nobody_elses(self) -> None:
            checks.damage_is_nobody_elses(adapter, cases, adapters)

        @_SETTINGS
        @given(st.data())
        def test_mutated(self, data: st.DataObject) -> None:
            case = data.draw(st.sampled_from(cases))
            checks.mutated(adapter, case, data.draw(mutations(document_of(case, adapter.formats))))

        @_SETTINGS
        @given(payloads(adapter))
        def test_any_document(self, document: Any) -> None:
            checks.any_document(adapter, document)

        @_SETTINGS
        @given(st.binary(max_size=200) | st.text(max_size=100))
        def test_any_body(self, body: bytes | str) -> None:
            checks.any_body(adapter, body)

    Conformance.__name__ = Conformance.__qualname__ = f"Test_{adapter.name}"
    Conformance.__doc__ = f"The conformance kit over {adapter.title}."
    return Conformance
