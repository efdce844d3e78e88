"""The tests that every adapter must pass, made from the adapter and its fixture folder alone."""

import copy
import os
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alertmap import registry, wire
from alertmap.adapter import Adapter, fold
from alertmap.codec import from_dict, to_dict
from alertmap.decode import Limits, decode
from alertmap.detect import detect, recognise
from alertmap.errors import DecodeError, PayloadError
from alertmap.model import Alert, Batch, Request, Severity, State
from alertmap.parse import parse, parse_document
from alertmap.source import Source
from alertmap.testing.damage import damaged
from alertmap.testing.fixtures import Case, dump, load
from alertmap.testing.secrets import secrets_in
from alertmap.testing.strategies import documents, mutations

_SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))


def conformance(adapter: Adapter, folder: Path | str) -> type:
    """A test class that holds an adapter to its fixtures and to what all adapters promise."""
    cases = load(folder)
    # A third party's adapter need not be installed to be held to all the others.
    adapters = [*(other for other in registry.working() if other.name != adapter.name), adapter]
    each = pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])

    class Conformance:
        @each
        def test_golden(self, case: Case) -> None:
            """A fixture becomes just what its golden file says."""
            text = dump(case.outcome(adapter))
            command = f"nox -s regold -- {adapter.name}"
            assert case.golden.exists(), f"write {case.golden.name} with `{command}`, read it, commit it"
            assert case.golden.read_text(encoding="utf-8") == text, f"if this is meant: `{command}`, and the changelog"

        @each
        def test_recognised(self, case: Case) -> None:
            """A fixture is recognised as its vendor's, or, where nothing tells, as nobody's."""
            found = detect(case.request, adapters=adapters)
            if "error" in case.outcome(adapter) or not case.about.detect:
                assert found is None or found.vendor == adapter.name, f"taken for {found}"
            else:
                assert found is not None, "add marks that this request has, or say detect = false in about.toml"
                assert found.vendor == adapter.name, f"taken for {found}"

        @each
        def test_no_secrets(self, case: Case) -> None:
            """A fixture holds nothing that looks like a credential."""
            assert not secrets_in(case.file.read_text(encoding="utf-8", errors="replace")), f"scrub {case.file.name}"

        @each
        def test_pure(self, case: Case) -> None:
            """The same request gives the same answer, twice and under another time zone, and is not changed."""
            before = copy.deepcopy(case.request)
            first = case.outcome(adapter)
            assert case.outcome(adapter) == first
            with _zone("Asia/Kathmandu"):
                assert case.outcome(adapter) == first
            assert case.request == before

        @each
        def test_alerts_are_whole(self, case: Case) -> None:
            """Every alert has a key and a title, aware times, a severity unless it resolves, and survives JSON."""
            for alert in _alerts(case, adapter):
                _check(alert)
                assert from_dict(to_dict(alert)) == alert

        @each
        def test_unknown_keys_change_nothing(self, case: Case) -> None:
            """A key that nobody knows yet, with null, is no news."""
            document = _document(case, adapter)
            if not isinstance(document, dict) or _is_closed(adapter.wire, document):
                return  # a closed shape takes no other keys
            outcomes = [_outcome(case, adapter, one) for one in ({**document, "key_of_tomorrow": None}, document)]
            more, same = (one if isinstance(one, str) else _keys(one) for one in outcomes)
            assert more == same

        @pytest.mark.parametrize("level", adapter.levels, ids=str)
        def test_override_changes_its_level_only(self, level: str) -> None:
            """A priority override changes the severity of its own level and nothing else."""
            for case in cases:
                if "error" in case.outcome(adapter):
                    continue
                for severity in (Severity.CRITICAL, Severity.INFO):
                    changed = case.parse(adapter, {level: severity})
                    for old, new in zip(case.parse(adapter), changed, strict=True):
                        hit = old.level is not None and fold(old.level) == fold(level)
                        assert new == (evolve(old, severity=severity) if hit else old)

        def test_recoveries_close(self) -> None:
            """A recovery has the key of the alert that it closes."""
            by_name = {case.name: case for case in cases}
            closers = [case for case in cases if case.about.closes]
            resolving = [case.name for case in cases for a in _alerts(case, adapter) if a.state is State.RESOLVED]
            assert closers or not resolving, f"say in about.toml which case {resolving[0]} closes"
            for case in closers:
                opened = by_name.get(case.about.closes or "")
                assert opened, f"{case.name} closes {case.about.closes}, which is no case"
                opening = {a.dedup_key for a in _alerts(opened, adapter) if a.state is not State.RESOLVED}
                closing = {a.dedup_key for a in _alerts(case, adapter) if a.state is State.RESOLVED}
                assert opening & closing, f"{case.name} and {opened.name} have no key in common"

        def test_every_severity_is_shown(self) -> None:
            """For each severity that the level table gives there is a fixture."""
            seen = {fold(a.level) for case in cases for a in _alerts(case, adapter) if a.level is not None}
            shown = {severity for level, severity in adapter.folded_levels.items() if level in seen}
            missing = set(adapter.levels.values()) - shown
            assert not missing, f"add a fixture whose level gives {', '.join(s.value for s in missing)}"

        def test_damage(self) -> None:
            """Whatever is broken in a fixture, only a payload error comes out, and no alert without key or title."""
            seen: set[tuple[Any, ...]] = set()
            for case in cases:
                document = _document(case, adapter)
                for where, broken in damaged(document, seen):
                    before = copy.deepcopy(broken)
                    try:
                        batch = _again(case, adapter, broken)
                    except PayloadError as error:
                        assert error.problems or type(error) is not PayloadError
                    else:
                        for alert in batch:
                            _check(alert, f"{case.name}, {where}")
                    assert broken == before, f"{case.name}: the document was changed, {where}"

        def test_damage_is_nobody_elses(self) -> None:
            """A damaged fixture is recognised as its vendor's or as nobody's."""
            seen: set[tuple[Any, ...]] = set()
            for case in cases:
                if "error" in case.outcome(adapter):
                    continue
                for where, broken in damaged(_document(case, adapter), seen):
                    found = recognise(broken, case.request, Limits(), adapters)
                    assert found is None or found.vendor == adapter.name, f"{case.name}, {where}: {found}"

        @_SETTINGS
        @given(st.data())
        def test_mutated(self, data: st.DataObject) -> None:
            """Mutated fixtures give a batch or a payload error, the same twice, and are not changed."""
            case = data.draw(st.sampled_from(cases))
            document = data.draw(mutations(_document(case, adapter)))
            before = copy.deepcopy(document)
            outcomes = [_outcome(case, adapter, document) for _ in range(2)]
            assert outcomes[0] == outcomes[1]
            assert document == before

        @_SETTINGS
        @given(documents(adapter.wire))
        def test_read_is_total(self, document: Any) -> None:
            """`read` takes everything that the wire model admits."""
            try:
                batch = parse_document(adapter, document)
            except PayloadError:
                return
            for alert in batch:
                _check(alert)

        @_SETTINGS
        @given(st.binary(max_size=200) | st.text(max_size=100))
        def test_any_body(self, body: bytes | str) -> None:
            """Any bytes or text at all give a batch or a payload error."""
            try:
                assert isinstance(parse(adapter, body), Batch)
            except PayloadError as error:
                assert error.vendor == adapter.name

    Conformance.__name__ = Conformance.__qualname__ = f"Test_{adapter.name}"
    Conformance.__doc__ = f"The conformance kit over {adapter.title}."
    return Conformance


class _zone:  # noqa: N801 - reads as a statement
    """The process under another time zone."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        self.before = os.environ.get("TZ")
        os.environ["TZ"] = self.name
        time.tzset()

    def __exit__(self, *_: object) -> None:
        if self.before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = self.before
        time.tzset()


def _alerts(case: Case, adapter: Adapter) -> Iterator[Alert]:
    try:
        yield from case.parse(adapter)
    except PayloadError:
        return


def _document(case: Case, adapter: Adapter) -> Any:
    try:
        decoded = decode(case.request, adapter.formats, Limits())
    except DecodeError:
        return None
    return None if decoded is None else decoded.value


def _again(case: Case, adapter: Adapter, document: Any) -> Batch:
    """Parse another document as the case's source would."""
    source = Source(adapter.name, options=dict(case.about.options))
    return parse_document(
        adapter, document, request=_without_body(case.request), source=source, received_at=case.received_at
    )


def _without_body(request: Request) -> Request:
    return Request(b"", request.method, request.path, request.headers, request.query)


def _outcome(case: Case, adapter: Adapter, document: Any) -> Batch | str:
    try:
        return _again(case, adapter, document)
    except PayloadError as error:
        return str(error)


def _keys(batch: Batch) -> list[Mapping[str, Any]]:
    return [to_dict(evolve(alert, raw=None)) for alert in batch]


def _is_closed(hint: Any, document: Any) -> bool:
    models = [one for one in (hint, *get_args(hint)) if wire.is_model(one)]
    fitting = next((model for model in models if wire.fits(model, document)), None)
    return fitting is None or wire.is_closed(fitting)


def _check(alert: Alert, told: str = "") -> None:
    assert alert.dedup_key.partition(":")[2].strip(), f"a blank key: {told}"
    assert len(alert.dedup_key) <= 255, f"a key that is too long: {told}"  # noqa: PLR2004 - the promise itself
    assert alert.title.strip(), f"a blank title: {told}"
    assert alert.severity is not None or alert.state is State.RESOLVED, f"no severity: {told}"
    for name in ("started_at", "occurred_at", "expires_at"):
        moment = getattr(alert, name)
        assert moment is None or isinstance(moment, datetime), f"{name} is no time: {told}"
        assert moment is None or moment.utcoffset() is not None, f"{name} has no zone: {told}"
