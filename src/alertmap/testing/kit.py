"""The tests that every adapter must pass, made from the adapter and its fixture folder alone."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alertmap import wire
from alertmap.adapter import Adapter
from alertmap.testing import checks
from alertmap.testing.fixtures import Case, load
from alertmap.testing.fixtures import document as document_of
from alertmap.testing.identity import identity_parts_do_not_vanish
from alertmap.testing.states import unknown_states_fire
from alertmap.testing.strategies import mutations, payloads
from alertmap.testing.stream_fixtures import stream_tests
from alertmap.testing.tolerance import tolerance

# What may differ between interpreters: these tests, and the streams as they came. All else is the same on each.
_SMOKE = {"test_golden", "test_expected", "test_recognised", "test_pure", "test_alerts_are_sound", "test_stream"}
_thorough = pytest.mark.skipif(
    os.environ.get("ALERTMAP_KIT") == "smoke", reason="ALERTMAP_KIT=smoke: this runs on one interpreter"
)
_SETTINGS = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # Each vendor adds three such tests: an eighth of what the profile in force gives to others.
    max_examples=max(1, settings().max_examples // 8),
)


def conformance(adapter: Adapter, folder: Path | str) -> type:  # noqa: C901 - a class of one-line tests
    """A test class that holds an adapter to its fixtures and to what all adapters promise.

    What each test holds, and what to do where it fails, stands in `alertmap.testing.checks`.
    """
    for shape in adapter.shapes:
        wire.reader(shape.model)  # a model that cannot be built is one error, not one of every test
    cases = load(folder)
    each = pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])

    class Conformance:
        @each
        def test_golden(self, case: Case) -> None:
            checks.golden(adapter, case)

        @each
        def test_expected(self, case: Case) -> None:
            checks.expected(adapter, case)

        @each
        def test_recognised(self, case: Case) -> None:
            checks.recognised(adapter, case)

        @each
        def test_no_secrets(self, case: Case) -> None:
            checks.no_secrets(adapter, case)

        @each
        def test_pure(self, case: Case) -> None:
            checks.pure(adapter, case)

        @each
        def test_alerts_are_sound(self, case: Case) -> None:
            checks.alerts_are_sound(adapter, case)

        @each
        def test_unknown_keys_change_nothing(self, case: Case) -> None:
            checks.unknown_keys_change_nothing(adapter, case)

        @pytest.mark.parametrize("level", adapter.levels, ids=str)
        def test_override_changes_its_level_only(self, level: str) -> None:
            checks.override_changes_its_level_only(adapter, cases, level)

        def test_reads_no_clock(self) -> None:
            checks.reads_no_clock(adapter)

        def test_draft_is_finished(self) -> None:
            checks.draft_is_finished(adapter, cases)

        def test_marks_are_its_own(self) -> None:
            checks.marks_are_its_own(adapter)

        def test_foreign(self) -> None:
            checks.foreign(adapter)

        def test_level_is_not_in_the_key(self) -> None:
            checks.level_is_not_in_the_key(adapter, cases)

        def test_identity_parts_do_not_vanish(self) -> None:
            identity_parts_do_not_vanish(adapter, cases)

        def test_discarded_stays_inside(self) -> None:
            checks.discarded_stays_inside(adapter, cases)

        def test_secret_names_stay_inside(self) -> None:
            checks.secret_names_stay_inside(adapter, cases)

        def test_recoveries_close(self) -> None:
            checks.recoveries_close(adapter, cases)

        def test_repeats_keep_their_time(self) -> None:
            checks.repeats_keep_their_time(adapter, cases)

        def test_delivery_ids_are_shown(self) -> None:
            checks.delivery_ids_are_shown(adapter, cases)

        def test_signatures_are_shown(self) -> None:
            checks.signatures_are_shown(adapter, cases)

        def test_every_severity_is_shown(self) -> None:
            checks.every_severity_is_shown(adapter, cases)

        def test_titles_are_the_vendors(self) -> None:
            checks.titles_are_the_vendors(adapter, cases)

        def test_damage(self) -> None:
            checks.damage(adapter, cases)

        def test_nothing_is_lost(self) -> None:
            checks.nothing_is_lost(adapter, cases)

        def test_tolerance(self) -> None:
            tolerance(adapter, cases)

        def test_unknown_states_fire(self) -> None:
            unknown_states_fire(adapter, cases)

        def test_damage_is_not_anothers(self) -> None:
            checks.damage_is_not_anothers(adapter, cases)

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

    for name, test in stream_tests(adapter, folder).items():
        setattr(Conformance, name, test)
    for name, test in list(vars(Conformance).items()):
        if name.startswith("test_") and name not in _SMOKE:
            setattr(Conformance, name, _thorough(test))
    Conformance.__name__ = Conformance.__qualname__ = f"Test_{adapter.name}"
    Conformance.__doc__ = f"The conformance kit over {adapter.title}."
    return Conformance
