"""The promises of every adapter, one function each: it raises AssertionError with the line to add or to correct."""

import ast
import copy
import inspect
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from importlib.util import resolve_name
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve

from alertmap import wire
from alertmap.adapter import Adapter, Rank
from alertmap.codec import from_dict, to_dict
from alertmap.errors import AuthError, PayloadError
from alertmap.intake import registry
from alertmap.intake.auth import Auth
from alertmap.intake.dedup import MAX_KEY
from alertmap.intake.detect import Detection, detect, match_of, recognise
from alertmap.intake.marks import Index, first_event, marks_of
from alertmap.intake.parse import parse, parse_document
from alertmap.intake.redact import PLACEHOLDER, redact, secrets_in
from alertmap.intake.source import Source
from alertmap.intake.verify import Sent, verify
from alertmap.model import Alert, Batch, ProblemCode, Request, Severity, State, Times
from alertmap.paths import JsonPath, resolve
from alertmap.schemes import InBody, InHeader, TopicSignature
from alertmap.strict_json import Limits
from alertmap.testing.damage import EDGE_VALUES, KINDS, damaged, described, places, replaced
from alertmap.testing.expect import toml
from alertmap.testing.fixtures import Case, dump, written
from alertmap.testing.fixtures import document as document_of
from alertmap.testing.outcomes import again, alerts_of, is_firing, outcome_of, visible
from alertmap.testing.regold import difference
from alertmap.testing.states import is_word, state_tables
from alertmap.testing.typed import typed_places
from alertmap.testing.undeclared import declared_document, undeclared_damages
from alertmap.testing.zoo import read_zoo

# --- Of one fixture --------------------------------------------------------------------------------------------------


def golden(adapter: Adapter, case: Case) -> None:
    """A fixture becomes just what its golden file says."""
    text = dump(case.outcome(adapter))
    command = f"python -m alertmap.testing.regold {case.folder.parent} {adapter.name}"
    assert case.golden.exists(), f"write {case.golden.name} with `{command}`, read it, commit it"
    before = case.golden.read_text(encoding="utf-8")
    if before != text:
        shown = difference(before, text, case.golden.name)
        raise AssertionError(f"the outcome is another:\n{shown}if this is meant: `{command}`, and the changelog")


def expected(adapter: Adapter, case: Case) -> None:
    """A fixture becomes what a person wrote as `expect`, whatever its golden file says."""
    actual = case.actual(adapter)
    if actual != case.expected:
        why = case.outcome(adapter).get("message", "")
        raise AssertionError(
            f"[{case.name}] of about.toml differs from what its request becomes"
            f"\n  expect = {toml(case.expected)}\n  actual = {toml(actual)}{f' ({why})' if why else ''}"
        )


def recognised(adapter: Adapter, case: Case) -> None:
    """A fixture is recognised as its vendor's, or, where no mark names the vendor, as no vendor's.

    One that is refused may be another vendor's, which must then read it.
    """
    found = detect(case.request)
    if found is None or found.vendor != adapter.name:
        found = detect(case.request, adapters=_rivals(adapter, found))
    is_refused = "error" in case.outcome(adapter)
    if is_refused and found is not None and found.vendor != adapter.name:
        outcome = case.outcome(registry.find(found.vendor))
        assert "error" not in outcome, f"refused, and taken for {found}, which refuses it, too: {outcome}"
    elif is_refused or not case.about.detect:
        assert found is None or found.vendor == adapter.name, f"taken for {found}"
    else:
        assert found is not None, "add marks that this request has, or say detect = false in about.toml"
        assert found.vendor == adapter.name, f"taken for {found}"


def _rivals(adapter: Adapter, found: Detection | None) -> list[Adapter]:
    """Return the adapter, which need not be installed, and the installed one that a request was recognised as."""
    return [adapter] if found is None else [registry.find(found.vendor), adapter]


def no_secrets(adapter: Adapter, case: Case) -> None:
    """A fixture holds nothing that looks like a credential, and no alert holds what was scrubbed from it."""
    text = case.file.read_text(encoding="utf-8", errors="replace")
    if case.about.auth:  # its signature is no secret: the secret is made up
        for name in _signature_headers(adapter, case):
            text = text.replace(case.request.header(name) or name, name)
        for signature in _signatures_in_body(adapter, case):
            text = text.replace(signature, "signature")
    assert not secrets_in(text), f"scrub {case.file.name}"
    clean = redact(case.request)
    assert (clean.path, clean.query) == (case.request.path, case.request.query), f"scrub the URL of {case.file.name}"
    for alert in alerts_of(adapter, case):
        for name, text in _named_texts(alert):
            assert PLACEHOLDER not in text, f"{name} holds what is scrubbed from {case.file.name}: a credential"


def _signature_headers(adapter: Adapter, case: Case) -> set[str]:
    places = [scheme.place for scheme in adapter.signatures if not isinstance(scheme, TopicSignature)]
    names = {place.name for place in places if isinstance(place, InHeader)}
    return {*names, *(str(case.about.auth[key]) for key in ("signature_header",) if key in case.about.auth)}


def _signatures_in_body(adapter: Adapter, case: Case) -> set[str]:
    places = [scheme.place for scheme in adapter.signatures if not isinstance(scheme, TopicSignature)]
    sent = Sent(case.request, adapter, Limits())
    return {value for place in places if isinstance(place, InBody) and (value := sent.value(place))}


def pure(adapter: Adapter, case: Case) -> None:
    """One request gives one answer, twice and under another time zone; no input is changed."""
    first = case.outcome(adapter)
    assert case.outcome(adapter) == first, "the second time the answer is another"
    with _zone("Asia/Kathmandu"):
        assert case.outcome(adapter) == first, "the time zone of the process changes the answer"
    document = document_of(case, adapter.formats)
    before = copy.deepcopy(document)
    _attempt(adapter, case, document)
    assert document == before, "read changes its input"


def alerts_are_sound(adapter: Adapter, case: Case) -> None:
    """Every alert has a key and a title, aware times, a severity unless it resolves, and survives JSON."""
    found = alerts_of(adapter, case)
    if not found:
        pytest.skip("the fixture has no alert")
    for alert in found:
        sound(alert)
        assert from_dict(to_dict(alert)) == alert
        unlisted = alert.identity.keys() - adapter.identity_parts if adapter.identity_parts else set()
        assert not unlisted, f"add to identity_parts: {', '.join(sorted(unlisted))}"


def unknown_keys_change_nothing(adapter: Adapter, case: Case) -> None:
    """A new key, with null, changes nothing; a closed shape takes none."""
    document = document_of(case, adapter.formats)
    model = _fitting(adapter, document)
    if not isinstance(document, dict) or model is None or wire.is_closed(model):
        pytest.skip("the fixture is no object, or its shape is closed")
    more = {**document, "key_of_tomorrow": None}
    assert _comparable(outcome_of(adapter, case, more)) == _comparable(outcome_of(adapter, case, document))


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
    """No module of the adapter asks clock, environment, file, socket or chance."""
    for module in _modules(adapter):
        _reads_no_clock(module)


def _modules(adapter: Adapter) -> list[ModuleType]:
    """The modules with the adapter's functions, and what they import from their own folder."""
    modules = dict.fromkeys(inspect.getmodule(shape.read) for shape in adapter.shapes)
    found = [module for module in modules if module and module.__name__ != Adapter.__module__]
    folder = found[0].__package__ or found[0].__name__
    if folder != "alertmap.adapters":
        for module in found:  # it grows while it is read
            names = _imports(ast.parse(inspect.getsource(module)), module)
            own = (name for name in names if name == folder or name.startswith(f"{folder}."))
            found += [sys.modules[name] for name in own if name in sys.modules and sys.modules[name] not in found]
    return found


def _imports(tree: ast.AST, module: ModuleType) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), module.__package__)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _reads_no_clock(module: ModuleType) -> None:
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        where = f"{module.__name__}, line {getattr(node, 'lineno', 0)}"
        impure = [name for name in names if name.partition(".")[0] in _IMPURE and name != "uuid"]
        assert not impure, f"{where}: an adapter is pure, it cannot use {impure[0]}"
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            assert called not in _CLOCKS, f"{where}: an adapter is pure, it cannot call {called}"


_DRAFT_TEXT = "what never to change: this text becomes a page of the documentation"
_DRAFT_SUMMARY = re.compile(r"(A payload|Firing|Resolved|Acknowledged|Suppressed)(, level [^.]*)?\.")


def draft_is_finished(adapter: Adapter, cases: Sequence[Case]) -> None:
    """Nothing is left of a draft: no guess, no placeholder."""
    for module in _modules(adapter):
        for number, line in enumerate(inspect.getsource(module).splitlines(), 1):
            where = f"{module.__name__}, line {number}"
            assert "# guessed" not in line, f"{where}: check what was guessed, then remove the comment"
        text = " ".join((module.__doc__ or "").split())
        assert _DRAFT_TEXT not in text, f"{module.__name__}: write how a user sets {adapter.title} up"
    for folder in {case.folder for case in cases}:
        for number, line in enumerate((folder / "about.toml").read_text(encoding="utf-8").splitlines(), 1):
            where = f"{folder.name}/about.toml, line {number}"
            assert "# guessed" not in line, f"{where}: check what was guessed, then remove the comment"
            assert "# fill in" not in line, f"{where}: fill it in, then remove the comment"
    for case in cases:
        placeholder = _DRAFT_SUMMARY.fullmatch(case.about.summary) or not case.about.summary.strip()
        assert not placeholder, f"[{case.name}] of about.toml: write as summary what there is to learn from it"


def level_is_not_in_the_key(adapter: Adapter, cases: Sequence[Case]) -> None:
    """A payload at another level has the same key, unless levels are part of the sender's own identity.

    Of a single case `levels_identify` says so: then its key must differ.
    """
    if adapter.levels_identify:
        pytest.skip("levels are part of this sender's identity")
    moves = 0
    for case in cases:
        before = alerts_of(adapter, case)
        for word, other, document in _at_other_levels(adapter, document_of(case, adapter.formats)) if before else ():
            for old, new in zip(before, _attempt(adapter, case, document), strict=False):
                is_moved = _is_level(old, word) and _is_level(new, other) and not _is_level(new, word)
                if is_moved and old.state is new.state and old.identity.keys() == new.identity.keys():
                    moves += 1
                    differs = old.dedup_key != new.dedup_key
                    message = f"{case.name}: the key holds {'the' if differs else 'no'} level: {new.dedup_key}"
                    assert differs is case.about.levels_identify, message
    if not moves:
        pytest.skip("no level could be moved in any fixture: nothing was checked")


def _is_level(alert: Alert, word: str) -> bool:
    return alert.level is not None and wire.loosen(alert.level) == wire.loosen(word)


def _at_other_levels(adapter: Adapter, document: Any) -> Iterator[tuple[str, str, Any]]:
    """A level, another one, and the document with the other in its place: as a value, or as a word inside a text."""
    known = [word for word in adapter.levels if re.search(r"\w", word)]
    if not known:
        return
    inside = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)", re.IGNORECASE)
    for place in places(document):
        value = resolve(document, place)
        if type(value) is int and str(value) in adapter.severity_by_word:
            yield from ((str(value), o, replaced(document, place, int(o))) for o in known if re.fullmatch("[0-9]+", o))
        elif not isinstance(value, str):
            continue
        elif wire.loosen(value) in adapter.severity_by_word:
            yield from ((value, other, replaced(document, place, other)) for other in adapter.levels)
        else:
            for found in dict.fromkeys(match[0] for match in inside.finditer(value)):
                other = next((one for one in known if wire.loosen(one) != wire.loosen(found)), found)
                yield found, other, replaced(document, place, value.replace(found, other))


_COMMON_KEYS = (
    *("id", "name", "title", "status", "state", "severity", "level", "priority", "type", "message", "text"),
    *("description", "summary", "time", "timestamp", "date", "host", "service", "source", "url", "link", "value"),
    *("tags", "labels", "data", "alert", "alerts", "event", "check", "monitor"),
)
"""Keys that many senders use."""


def marks_are_its_own(adapter: Adapter) -> None:
    """Neither a payload of any sender nor one of another vendor is recognised as this vendor's."""
    of_any_sender: tuple[Any, ...] = (None, True, 0, "text", [], {}, [{}], {"a": 1}, {"": None}, {"status": "ok"})
    for document in of_any_sender:
        match = match_of(adapter, document, Request())
        assert match is None, f"the marks claim any {wire.kind(document)}: name keys that only {adapter.title} has"
    match = match_of(adapter, dict.fromkeys(_COMMON_KEYS, "x"), Request())
    assert match is None or match.rank is not Rank.STRONG, (
        f"the marks claim an object of common keys: name keys that only {adapter.title} has"
    )
    own = Index({adapter.name: marks_of(adapter)})
    for animal in read_zoo(without=adapter.name):
        if own.candidates(animal.document, animal.request):
            found = detect(animal.request, adapters=[animal.adapter, adapter])
            message = f"the marks claim a payload of {animal.adapter.title} ({animal.name}): name keys that it has not"
            assert found is not None, message
            assert found.vendor == animal.adapter.name, message


def foreign(adapter: Adapter) -> None:
    """Another vendor's payload, posted to this one's source, gives no alert unless `reads_also` names that vendor."""
    read = []
    for animal in read_zoo(without=adapter.name):
        if animal.adapter.name in adapter.reads_also or "*" in adapter.reads_also or not animal.is_strong:
            continue
        try:
            batch = parse(adapter, animal.request)
        except PayloadError:
            continue
        read += [f"{animal.adapter.name} ({animal.name})"] if batch.alerts else []
    assert not read, f"bodies of other vendors are read as alerts: {', '.join(read)}"


def discarded_stays_inside(adapter: Adapter, cases: Sequence[Case]) -> None:
    """The value of a `wire.Discarded` field stands in nothing that comes out."""
    secret, tried = "4f1c-discarded-9b7e", 0
    for case in cases:
        document = document_of(case, adapter.formats)
        for where in _discarded(adapter, document):
            tried += 1
            outcome = outcome_of(adapter, case, replaced(document, where, secret))
            text = outcome if isinstance(outcome, str) else json.dumps(written(outcome))
            assert secret not in text, f"{case.name}: the value of {described(where)}, which is a secret, comes out"
    if not tried:
        pytest.skip("no fixture has a field of type wire.Discarded")


def _discarded(adapter: Adapter, document: Any) -> Iterator[JsonPath]:
    for where, hint in typed_places(adapter.models, document):
        if wire.encoding(hint) is wire.encoding(wire.Discarded):
            yield where


def secret_names_stay_inside(adapter: Adapter, cases: Sequence[Case]) -> None:
    """A value that users name like a credential stands in no label, title, message, link, value, key or problem.

    A pair is planted in each object of a document: an adapter may write the JSON of one into a text.
    """
    secret, seen, tried = "4f1c-planted-9b7e", set[tuple[Any, ...]](), 0
    for case in cases:
        document = document_of(case, adapter.formats)
        objects = [where for where in places(document) if isinstance(resolve(document, where), dict)]
        for where in objects:
            pattern = (*("*" if isinstance(step, int) else step for step in where), _fitting(adapter, document))
            if pattern in seen:
                continue
            seen.add(pattern)
            for name in ("password", "db_password", "apiKey", "slack_token"):
                planted = replaced(document, where, {**resolve(document, where), name: secret})
                outcome = outcome_of(adapter, case, planted)
                tried += not isinstance(outcome, str)
                text = outcome if isinstance(outcome, str) else json.dumps(written(outcome))
                assert secret not in text, f"{case.name}: the value of {name} in {described(where)} comes out: {text}"
    if not tried:
        pytest.skip("no fixture holds an object")


def override_changes_its_level_only(adapter: Adapter, cases: Sequence[Case], level: str) -> None:
    """A priority override changes the severity of its own level and nothing else."""
    chosen = _one_per_levels(adapter, cases)
    at_level = [case for case in chosen if any(_is_level(alert, level) for alert in alerts_of(adapter, case))]
    others = [case for case in chosen if case not in at_level]
    for case in [*at_level, *others[:2]]:
        before = alerts_of(adapter, case)
        severity = Severity.INFO if any(alert.severity is Severity.CRITICAL for alert in before) else Severity.CRITICAL
        for old, new in zip(before, case.parse(adapter, {level: severity}), strict=True):
            expected_alert = evolve(old, severity=severity) if _is_level(old, level) else old
            assert new == expected_alert, f"{case.name}: {level} changes more"


@lru_cache(maxsize=8)
def _one_per_levels(adapter: Adapter, cases: Sequence[Case]) -> list[Case]:
    """Choose one case for each set of states and levels."""
    found: dict[Any, Case] = {}
    for case in cases:
        if alerts := alerts_of(adapter, case):
            found.setdefault(frozenset((alert.state, alert.level) for alert in alerts), case)
    return list(found.values())


def recoveries_close(adapter: Adapter, cases: Sequence[Case]) -> None:
    """A recovery has the key of the alert that it closes, and each case that resolves names it."""
    by_name = {case.name: case for case in cases}
    found = {case.name: alerts_of(adapter, case) for case in cases}
    resolving = [name for name, alerts in found.items() if any(a.state is State.RESOLVED for a in alerts)]
    for case in cases:
        closes = case.about.closes
        if case.name in resolving:
            need = 'closes = "…", or closes = false where no case opens it'
            assert closes is not None, f"say in about.toml what {case.name} closes: {need}"
        else:
            assert closes is not False, f"{case.name} resolves nothing: leave closes out of about.toml"
        if closes:
            opened = by_name.get(closes)
            assert opened, f"{case.name} closes {closes}, which is no case"
            opening = {a.dedup_key for a in found[closes] if a.state is not State.RESOLVED}
            closing = {a.dedup_key for a in found[case.name] if a.state is State.RESOLVED}
            assert opening & closing, f"{case.name} does not close {closes}: {closing} is not {opening}"
    assert adapter.recovers or not resolving, f"{resolving[0]} resolves: then the adapter cannot say recovers=False"
    if not resolving:
        assert not adapter.recovers, "no fixture resolves: add one, or recovers=False where none is ever announced"
        pytest.skip("this sender announces no recovery")


def repeats_keep_their_time(adapter: Adapter, cases: Sequence[Case]) -> None:
    """A case that repeats another has its key and its state; with `Times.SINCE` its time, with `STATED` a later one."""
    by_name = {case.name: case for case in cases}
    shown = set[State]()
    for case in cases:
        if (name := case.about.repeats) is None:
            continue
        assert name in by_name, f"{case.name} repeats {name}, which is no case"
        earlier = {(alert.dedup_key, alert.state): alert for alert in alerts_of(adapter, by_name[name])}
        pairs = [(earlier.get((alert.dedup_key, alert.state)), alert) for alert in alerts_of(adapter, case)]
        known = [(before, alert) for before, alert in pairs if before is not None]
        assert known, f"{case.name} has no alert with the key and the state of one of {name}"
        for before, alert in known:
            shown.add(alert.state)
            if alert.times is Times.SINCE:
                assert alert.occurred_at == before.occurred_at, (
                    f"{case.name} has another occurred_at than {name}: if each statement has a time of its own, "
                    "this is Times.STATED"
                )
            elif alert.times is Times.STATED and alert.occurred_at and before.occurred_at:
                assert alert.occurred_at > before.occurred_at, (
                    f"{case.name} has no later occurred_at than {name}: this is not the time of the statement; "
                    "if it is that of the change, this is Times.SINCE"
                )
    missing = [state.value for state in State if state in adapter.repeats - shown]
    assert not missing, f'the adapter says that {missing[0]} is repeated: add such a case, with repeats = "…"'
    more = [state.value for state in State if state in shown - adapter.repeats]
    assert not more, f"a case repeats {more[0]}: add this state to the adapter's repeats"
    if not shown:
        pytest.skip("this sender repeats nothing")


def delivery_ids_are_shown(adapter: Adapter, cases: Sequence[Case]) -> None:
    """The header with the id of a request stands in a fixture, and its id in the batch."""
    if adapter.delivery_header is None:
        pytest.skip("this sender has no header with an id of the request")
    ids = [case.request.header(adapter.delivery_header) for case in cases]
    for case, found in zip(cases, ids, strict=True):
        if found and case.expected[0].split()[0] != "refused":
            assert case.parse(adapter).delivery_id, f"{case.name} has a {adapter.delivery_header}, its batch no id"
    assert any(ids), f"add a recorded request with the header {adapter.delivery_header}"


def signatures_are_shown(adapter: Adapter, cases: Sequence[Case]) -> None:
    """A vendor that signs has a signed request, which is accepted as it is and refused with another body."""
    signed = [case for case in cases if case.about.auth]
    if not adapter.signatures and not signed:
        pytest.skip("this sender signs nothing")
    assert signed, 'add a signed request, with auth = { secrets = "…" }'
    for case in signed:
        source = Source(adapter.name, auth=Auth(**case.about.auth))
        now = case.received_at or datetime(2026, 1, 1, tzinfo=UTC)
        proof = verify(case.request, source, now, vendor=adapter)
        assert proof is not None
        assert proof.form, f"{case.name} proves no signature"
        body = case.request.body if isinstance(case.request.body, bytes) else case.request.body.encode()
        with pytest.raises(AuthError):
            verify(evolve(case.request, body=body[:-1] + b"?"), source, now, vendor=adapter)


def every_severity_is_shown(adapter: Adapter, cases: Sequence[Case]) -> None:
    """For each severity that the level table gives there is a fixture."""
    seen = {wire.loosen(a.level) for case in cases for a in alerts_of(adapter, case) if a.level is not None}
    shown = {severity for level, severity in adapter.severity_by_word.items() if level in seen}
    missing = {word: severity.value for word, severity in adapter.levels.items() if severity not in shown}
    assert not missing, f"add a fixture at one of the levels {', '.join(missing)}"


def titles_are_the_vendors(adapter: Adapter, cases: Sequence[Case]) -> None:
    """The adapter finds titles itself; the core's stand-in is for payloads that have none."""
    seen = [alert for case in cases for alert in alerts_of(adapter, case)]
    made = [a for a in seen if any(problem.code is ProblemCode.TITLE_FALLBACK for problem in a.problems)]
    assert len(made) < len(seen) or not seen, "every title is blank: fill `title` in read"


_ALONE: tuple[Any, ...] = (None, True, "abc", ["abc"], {"a": {"b": ["c"]}})
_TOGETHER = tuple(value for value in EDGE_VALUES if value not in _ALONE)


def damage(adapter: Adapter, cases: Sequence[Case]) -> None:
    """Whatever is broken in a fixture, only a payload error comes out, and no alert that is not sound.

    Each place that a model declares is removed and replaced alone; further edge values stand in all of these places at
    once, but for those that decide and for states, which `unknown_states_fire` tries. So do all values that no model
    declares, and these must change nothing.
    """
    seen: set[tuple[Any, ...]] = set()
    for case in cases:
        document = declared_document(adapter, case)
        before = copy.deepcopy(document)
        texts = {text for alert in alerts_of(adapter, case) for text in _texts(alert)}
        free, fixed = set[JsonPath](), set(state_tables(adapter, document))
        for where, broken in damaged(document, seen, _ALONE, _fitting(adapter, document)):
            outcome = outcome_of(adapter, case, broken)
            (fixed if isinstance(outcome, str) else free).add(where)
            _is_sound(outcome, texts, f"{case.name}, {where}")
        leaves = [where for where in free - fixed if where and not isinstance(resolve(document, where), dict | list)]
        for value in _TOGETHER if leaves else ():
            broken = document
            for where in leaves:
                broken = replaced(broken, where, value)
            _is_sound(outcome_of(adapter, case, broken), texts, f"{case.name}, {value!r:.40} everywhere")
        # A damaged document shares all other places with the fixture's.
        assert document == before, f"{case.name}: read changes its input"
        usual = visible(outcome_of(adapter, case, document_of(case, adapter.formats)))
        for broken in undeclared_damages(adapter, case):
            actual = visible(outcome_of(adapter, case, broken))
            assert actual == usual, f"{case.name}: a value that no model declares changes the outcome"


def _is_sound(outcome: Batch | str, texts: set[str], where: str) -> None:
    for alert in () if isinstance(outcome, str) else outcome:
        sound(alert, where)
        coerced = _PYTHONS & set(_texts(alert)) - texts
        assert not coerced, f"{where}: {coerced.pop()} is Python's word, not the vendor's"


_UNRECOGNISABLE: tuple[Any, ...] = (None, "x", {})


def nothing_is_lost(adapter: Adapter, cases: Sequence[Case]) -> None:
    """No single damage turns a fixture with an alert into an empty batch without a problem, or resolves what fires.

    What is left may equal the body of a fixture without an alert: an empty list, for one. Another word of its table in
    the place of a state or inside it, such as true in that of false, is no damage.
    """
    seen: set[tuple[Any, ...]] = set()
    documents = {case: declared_document(adapter, case) for case in cases}
    empty = [document for case, document in documents.items() if not alerts_of(adapter, case)]
    for case in _firing_first(adapter, cases):
        document, before = documents[case], alerts_of(adapter, case)
        tables = state_tables(adapter, document)
        for where, broken in damaged(document, seen, KINDS, _fitting(adapter, document)) if before else ():
            outcome = outcome_of(adapter, case, broken) if where else ""
            table = next((table for place, table in tables.items() if where[: len(place)] == place), None)
            if isinstance(outcome, str) or (table and is_word(resolve(broken, where), table)):
                continue
            how = f"{case.name}, {described(where, broken)}"
            if not outcome.alerts and broken not in empty:
                assert outcome.problems, f"{how}: the alert is gone without a problem"
            if any(is_firing(alert) for alert in before):
                assert _resolved(outcome) <= _resolved(before), f"{how}: it resolves what fires"
    if not seen:
        pytest.skip("no fixture has an alert")


def _resolved(alerts: Iterable[Alert]) -> int:
    return sum(alert.state is State.RESOLVED for alert in alerts)


def _firing_first(adapter: Adapter, cases: Sequence[Case]) -> list[Case]:
    """Sort cases: of two with the same places the first is damaged."""
    return sorted(cases, key=lambda case: not any(is_firing(alert) for alert in alerts_of(adapter, case)))


def damage_is_not_anothers(adapter: Adapter, cases: Sequence[Case]) -> None:
    """A damaged fixture is recognised as its vendor's or as no vendor's."""
    seen: set[tuple[Any, ...]] = set()
    for case in cases:
        if "error" not in case.outcome(adapter) and not case.parse(adapter).envelopes:
            # Recognition is by keys and words: few kinds of damage show all that it can do wrong. A damaged envelope
            # is the carrier's.
            document = declared_document(adapter, case)
            for where, broken in damaged(document, seen, _UNRECOGNISABLE, _fitting(adapter, document)):
                found = recognise(broken, case.request, Limits())
                if found is not None and found.vendor != adapter.name:
                    found = recognise(broken, case.request, Limits(), _rivals(adapter, found))
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


def sound(alert: Alert, where: str = "") -> None:
    """An alert that can be paged: a key, a title, a severity, times with zones."""
    assert any(part.strip() for part in alert.identity.values()), f"a blank key: {where}"
    assert len(alert.dedup_key) <= MAX_KEY, f"a key that is too long: {where}"
    assert alert.title.strip(), f"a blank title: {where}"
    assert alert.severity is not None or alert.state is not State.FIRING, f"no severity: {where}"
    for name in ("started_at", "occurred_at", "expires_at"):
        moment = getattr(alert, name)
        assert moment is None or isinstance(moment, datetime), f"{name} is no time: {where}"
        assert moment is None or moment.utcoffset() is not None, f"{name} has no zone: {where}"


# --- What they need --------------------------------------------------------------------------------------------------

_PYTHONS = {"None", "True", "False", "['abc']", "[None]", "{'': None}", "{'a': {'b': ['c']}}"}


def _texts(alert: Alert) -> Iterator[str]:
    yield from (alert.title, alert.message, alert.resource, alert.level or "", alert.episode or "")
    yield from alert.identity.values()
    yield from alert.labels.values()


def _named_texts(alert: Alert) -> Iterator[tuple[str, str]]:
    for name in ("title", "message", "resource", "level", "episode"):
        yield name, getattr(alert, name) or ""
    for name in ("identity", "labels", "links", "values"):
        yield from ((f"{name}.{key}", str(value)) for key, value in getattr(alert, name).items())


def _attempt(adapter: Adapter, case: Case, document: Any) -> tuple[Alert, ...]:
    try:
        return again(adapter, case, document).alerts
    except PayloadError:
        return ()


def _comparable(outcome: Batch | str) -> Any:
    return outcome if isinstance(outcome, str) else [to_dict(evolve(alert, raw=None)) for alert in outcome]


def _fitting(adapter: Adapter, document: Any) -> type | None:
    """The wire model that a document, or the first event in it, fits."""
    event = first_event(document) if adapter.many else document
    models = (shape.model for shape in adapter.shapes if wire.is_model(shape.model))
    return next((model for model in models if wire.fits(model, event)), None)


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
