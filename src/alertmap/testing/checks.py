"""What every adapter must hold, one function a promise: each raises AssertionError with the line to add or to mend."""

import ast
import copy
import inspect
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, get_args

from attrs import evolve

from alertmap import wire
from alertmap.adapter import Adapter, normalise
from alertmap.codec import from_dict, to_dict
from alertmap.errors import PayloadError
from alertmap.intake.dedup import MAX_KEY
from alertmap.intake.detect import detect, recognise
from alertmap.intake.parse import parse, parse_document
from alertmap.intake.source import Source
from alertmap.model import Alert, Batch, ProblemCode, Request, Severity, State
from alertmap.paths import resolve
from alertmap.strict_json import Limits
from alertmap.testing.damage import damaged, places, replaced
from alertmap.testing.fixtures import Case, dump
from alertmap.testing.fixtures import document as document_of
from alertmap.testing.secrets import secrets_in

# --- Of one fixture --------------------------------------------------------------------------------------------------


def golden(adapter: Adapter, case: Case) -> None:
    """A fixture becomes just what its golden file says."""
    text = dump(case.outcome(adapter))
    command = f"python -m alertmap.testing.regold {case.folder.parent} {adapter.name}"
    assert case.golden.exists(), f"write {case.golden.name} with `{command}`, read it, commit it"
    assert case.golden.read_text(encoding="utf-8") == text, f"if this is meant: `{command}`, and the changelog"


def recognised(adapter: Adapter, case: Case, adapters: Sequence[Adapter]) -> None:
    """A fixture is recognised as its vendor's, or, where nothing tells, as nobody's."""
    found = detect(case.request, adapters=adapters)
    if "error" in case.outcome(adapter) or not case.about.detect:
        assert found is None or found.vendor == adapter.name, f"taken for {found}"
    else:
        assert found is not None, "add marks that this request has, or say detect = false in about.toml"
        assert found.vendor == adapter.name, f"taken for {found}"


def no_secrets(case: Case) -> None:
    """A fixture holds nothing that looks like a credential."""
    assert not secrets_in(case.file.read_text(encoding="utf-8", errors="replace")), f"scrub {case.file.name}"


def pure(adapter: Adapter, case: Case) -> None:
    """The same request gives the same answer, twice and under another time zone; nothing that went in is changed."""
    first = case.outcome(adapter)
    assert case.outcome(adapter) == first, "the second time the answer is another"
    with _zone("Asia/Kathmandu"):
        assert case.outcome(adapter) == first, "the time zone of the process changes the answer"
    document = document_of(case, adapter.formats)
    before = copy.deepcopy(document)
    _attempt(adapter, case, document)
    assert document == before, "read changes its input"


def whole(adapter: Adapter, case: Case) -> None:
    """Every alert has a key and a title, aware times, a severity unless it resolves, and survives JSON."""
    for alert in alerts_of(adapter, case):
        sound(alert)
        assert from_dict(to_dict(alert)) == alert


def unknown_keys_change_nothing(adapter: Adapter, case: Case) -> None:
    """A key that nobody knows yet, with null, is no news; a closed shape takes none."""
    document = document_of(case, adapter.formats)
    if isinstance(document, dict) and not _is_closed(adapter.wire, document):
        more = {**document, "key_of_tomorrow": None}
        assert _told(outcome_of(adapter, case, more)) == _told(outcome_of(adapter, case, document))


def level_is_not_in_the_key(adapter: Adapter, case: Case) -> None:
    """The same payload at another level has the same key, unless levels are part of the sender's own identity."""
    if adapter.levels_identify:
        return
    document = document_of(case, adapter.formats)
    for place in places(document):
        word = resolve(document, place)
        if not isinstance(word, str) or normalise(word) not in adapter.severity_by_word:
            continue
        for other in adapter.levels:
            moved = _attempt(adapter, case, replaced(document, place, other))
            for old, new in zip(alerts_of(adapter, case), moved, strict=False):
                is_moved = old.level is not None and normalise(old.level) == normalise(word) and new.level == other
                if is_moved and old.state is new.state and old.identity.keys() == new.identity.keys():
                    assert old.dedup_key == new.dedup_key, f"the key holds the level: {new.dedup_key}"


# --- Of an adapter and all its fixtures ------------------------------------------------------------------------------

_IMPURE = {
    "asyncio",
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "sys",
    "time",
    "uuid",
}
_CLOCKS = {"now", "today", "utcnow", "open", "print", "getenv"}


def reads_no_clock(adapter: Adapter) -> None:
    """The adapter's module asks neither clock nor environment, file, socket or chance."""
    module = inspect.getmodule(adapter.read)
    assert module is not None
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        impure = [name for name in names if name.partition(".")[0] in _IMPURE and name != "uuid"]
        assert not impure, f"line {getattr(node, 'lineno', 0)}: an adapter is pure, it cannot use {impure[0]}"
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            assert called not in _CLOCKS, f"line {node.lineno}: an adapter is pure, it cannot call {called}"


def marks_are_its_own(adapter: Adapter) -> None:
    """What could be anybody's is not taken for this vendor's."""
    anybodys: tuple[Any, ...] = (None, True, 0, "text", [], {}, [{}], {"a": 1}, {"": None}, {"status": "ok"})
    for document in anybodys:
        mark = adapter.recognise(document, Request())
        assert mark is None, f"the marks claim any {wire.kind(document)}: name keys that only {adapter.title} has"


def override_changes_its_level_only(adapter: Adapter, cases: Sequence[Case], level: str) -> None:
    """A priority override changes the severity of its own level and nothing else."""
    for case in cases:
        if "error" in case.outcome(adapter):
            continue
        plain = case.parse(adapter)
        for severity in (Severity.CRITICAL, Severity.INFO):
            for old, new in zip(plain, case.parse(adapter, {level: severity}), strict=True):
                hit = old.level is not None and normalise(old.level) == normalise(level)
                assert new == (evolve(old, severity=severity) if hit else old), f"{case.name}: {level} changes more"


def recoveries_close(adapter: Adapter, cases: Sequence[Case]) -> None:
    """A recovery has the key of the alert that it closes."""
    by_name = {case.name: case for case in cases}
    closers = [case for case in cases if case.about.closes]
    resolving = [case.name for case in cases for a in alerts_of(adapter, case) if a.state is State.RESOLVED]
    assert closers or not resolving, f'say in about.toml what {resolving[0]} closes: closes = "…"'
    for case in closers:
        opened = by_name.get(case.about.closes or "")
        assert opened, f"{case.name} closes {case.about.closes}, which is no case"
        opening = {a.dedup_key for a in alerts_of(adapter, opened) if a.state is not State.RESOLVED}
        closing = {a.dedup_key for a in alerts_of(adapter, case) if a.state is State.RESOLVED}
        assert opening & closing, f"{case.name} does not close {opened.name}: {closing} is not {opening}"


def every_severity_is_shown(adapter: Adapter, cases: Sequence[Case]) -> None:
    """For each severity that the level table gives there is a fixture."""
    seen = {normalise(a.level) for case in cases for a in alerts_of(adapter, case) if a.level is not None}
    shown = {severity for level, severity in adapter.severity_by_word.items() if level in seen}
    missing = {word: severity.value for word, severity in adapter.levels.items() if severity not in shown}
    assert not missing, f"add a fixture at one of the levels {', '.join(missing)}"


def titles_are_the_vendors(adapter: Adapter, cases: Sequence[Case]) -> None:
    """The adapter finds titles itself; the core's stand-in is for payloads that have none."""
    seen = [alert for case in cases for alert in alerts_of(adapter, case)]
    made = [a for a in seen if any(problem.code is ProblemCode.TITLE_FALLBACK for problem in a.problems)]
    assert len(made) < len(seen) or not seen, "every title is blank: fill `title` in read"


def damage(adapter: Adapter, cases: Sequence[Case]) -> None:
    """Whatever is broken in a fixture, only a payload error comes out, and no alert that is not sound."""
    seen: set[tuple[Any, ...]] = set()
    for case in cases:
        document = document_of(case, adapter.formats)
        texts = {text for alert in alerts_of(adapter, case) for text in _texts(alert)}
        for where, broken in damaged(document, seen):
            before = copy.deepcopy(broken)
            for alert in _attempt(adapter, case, broken):
                sound(alert, f"{case.name}, {where}")
                coerced = _PYTHONS & set(_texts(alert)) - texts
                assert not coerced, f"{case.name}, {where}: {coerced.pop()} is Python's word, not the vendor's"
            assert broken == before, f"{case.name}, {where}: read changes its input"


def damage_is_nobody_elses(adapter: Adapter, cases: Sequence[Case], adapters: Sequence[Adapter]) -> None:
    """A damaged fixture is recognised as its vendor's or as nobody's."""
    seen: set[tuple[Any, ...]] = set()
    for case in cases:
        if "error" not in case.outcome(adapter):
            for where, broken in damaged(document_of(case, adapter.formats), seen):
                found = recognise(broken, case.request, Limits(), adapters)
                assert found is None or found.vendor == adapter.name, f"{case.name}, {where}: {found}"


# --- Of any payload --------------------------------------------------------------------------------------------------


def any_document(adapter: Adapter, document: Any) -> None:
    """`read` takes everything that the wire model admits."""
    try:
        batch = parse_document(adapter, document)
    except PayloadError:
        return
    for alert in batch:
        sound(alert)


def mutated(adapter: Adapter, case: Case, document: Any) -> None:
    """A mutated fixture gives a batch or a payload error, the same twice, and is not changed."""
    before = copy.deepcopy(document)
    first, second = (outcome_of(adapter, case, document) for _ in range(2))
    assert first == second
    assert document == before


def any_body(adapter: Adapter, body: bytes | str) -> None:
    """Any bytes or text at all give a batch or a payload error that names the vendor."""
    try:
        batch = parse(adapter, body)
    except PayloadError as error:
        if error.vendor != adapter.name:
            raise AssertionError("an error does not name its vendor") from error
    else:
        assert isinstance(batch, Batch)


def sound(alert: Alert, told: str = "") -> None:
    """An alert that can be paged: a key, a title, a severity, times with zones."""
    assert alert.dedup_key.partition(":")[2].strip(), f"a blank key: {told}"
    assert len(alert.dedup_key) <= MAX_KEY, f"a key that is too long: {told}"
    assert alert.title.strip(), f"a blank title: {told}"
    assert alert.severity is not None or alert.state is not State.FIRING, f"no severity: {told}"
    for name in ("started_at", "occurred_at", "expires_at"):
        moment = getattr(alert, name)
        assert moment is None or isinstance(moment, datetime), f"{name} is no time: {told}"
        assert moment is None or moment.utcoffset() is not None, f"{name} has no zone: {told}"


# --- What they need --------------------------------------------------------------------------------------------------

_PYTHONS = {"None", "True", "False", "[]", "{}", "['abc']", "[None]", "{'': None}", "{'a': {'b': ['c']}}"}


def _texts(alert: Alert) -> Iterator[str]:
    yield from (alert.title, alert.message, alert.resource, alert.level or "", alert.episode or "")
    yield from alert.identity.values()
    yield from alert.labels.values()


def alerts_of(adapter: Adapter, case: Case) -> list[Alert]:
    """The alerts of a fixture; none where it is refused."""
    try:
        return list(case.parse(adapter))
    except PayloadError:
        return []


def again(adapter: Adapter, case: Case, document: Any) -> Batch:
    """Parse another document as the case's source would."""
    request = Request(b"", case.request.method, case.request.path, case.request.headers, case.request.query)
    source = Source(adapter.name, options=dict(case.about.options))
    return parse_document(adapter, document, request=request, source=source, received_at=case.received_at)


def outcome_of(adapter: Adapter, case: Case, document: Any) -> Batch | str:
    """A batch, or what is said of the payload."""
    try:
        return again(adapter, case, document)
    except PayloadError as error:
        return str(error)


def _attempt(adapter: Adapter, case: Case, document: Any) -> tuple[Alert, ...]:
    try:
        return again(adapter, case, document).alerts
    except PayloadError:
        return ()


def _told(outcome: Batch | str) -> Any:
    return outcome if isinstance(outcome, str) else [to_dict(evolve(alert, raw=None)) for alert in outcome]


def _is_closed(hint: Any, document: Any) -> bool:
    models = [one for one in (hint, *get_args(hint)) if wire.is_model(one)]
    fitting = next((model for model in models if wire.fits(model, document)), None)
    return fitting is None or wire.is_closed(fitting)


@contextmanager
def _zone(name: str) -> Iterator[None]:
    """The process under another time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()
