"""Targets: a maker of inputs, and a check of the outcome, for each public function that reads what others wrote.

A check raises AssertionError where a promise does not hold, and lets no exception through but those of the promise:
everything else that leaves it is a foreign exception.
"""

import copy
import json
import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from attrs import evolve, frozen

from alertmap import (
    AdapterError,
    Alert,
    AlertmapError,
    Batch,
    ConfigurationError,
    Detection,
    IncidentBook,
    Limits,
    PayloadError,
    Policy,
    Priorities,
    Problem,
    ProblemCode,
    Reason,
    Reply,
    Request,
    Source,
    State,
    TooManyOpen,
    Transition,
    detect,
    fingerprint,
    from_dict,
    parse,
    parse_document,
    to_dict,
    vendors,
    wire,
)
from alertmap.adapter import Adapter
from alertmap.credentials import hidden
from alertmap.intake import registry
from alertmap.intake.recorded import Recorded, read_recorded, write_recorded
from alertmap.intake.redact import redact, secrets_in
from alertmap.paths import JsonPath, resolve
from alertmap.testing.checks import sound
from alertmap.testing.damage import EDGE_VALUES, places, replaced
from alertmap.testing.typed import typed_places
from bench.fuzz import mutations
from bench.fuzz.inputs import Posted, Seed, pool, seeds

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECRET = "q7Zr4canary1Wx9"  # noqa: S105 - planted, to be looked for


@frozen
class Outcome:
    """The outcome of one input: accepted or refused, and the problems that came with it."""

    is_accepted: bool
    problems: int = 0


REFUSED = Outcome(is_accepted=False)


@frozen
class Target:
    """A public function, or a few that belong together."""

    name: str
    make: Callable[[Random], Any]
    check: Callable[[Any], Outcome]


def targets(chosen: Iterable[str] = ()) -> list[Target]:
    """Return all targets, or those of these names: each vendor is one."""
    found = [Target(name, _maker(name), _posted) for name in vendors()]
    found += [
        Target("detect", _any_posted, _detect),
        Target("redact", _any_posted, _redact),
        Target("read_recorded", _recorded_text, _read_recorded),
        Target("from_dict", _alert_dict, _from_dict),
        Target("restore", _snapshot, _restore),
        Target("book", _history, _book),
        Target("priorities", _toml, _priorities),
        Target("from_itoc360", _itoc360, _from_itoc360),
        Target("options", _options, _source),
        Target("arguments", _arguments, _called),
    ]
    wanted = set(chosen)
    unknown = wanted - {target.name for target in found}
    if unknown:
        raise SystemExit(f"no target is called {', '.join(sorted(unknown))}")
    return [target for target in found if not wanted or target.name in wanted]


def check(target: str, made: Any) -> Outcome:
    """Check one input again, such as one from a file."""
    (found,) = targets([target])
    return found.check(made)


# --- Requests ---------------------------------------------------------------------------------------------------------


def _maker(vendor: str) -> Callable[[Random], Posted]:
    def make(random: Random) -> Posted:
        own = seeds(vendor)
        is_own = own and random.random() < 0.9
        return _made(random, vendor, random.choice(own) if is_own else _any_seed(random))

    return make


def _any_posted(random: Random) -> Posted:
    return evolve(_made(random, random.choice(vendors()), _any_seed(random)), vendor="", document=None)


def _any_seed(random: Random) -> Seed:
    return random.choice(seeds(random.choice([name for name in vendors() if seeds(name)])))


def _made(random: Random, vendor: str, seed: Seed) -> Posted:
    """Return a mutated fixture: in one of four cases as a document, else as a request."""
    options = dict(seed.options) if registry.find(vendor).options and seed in seeds(vendor) else {}
    if seed.document is None or random.random() < 0.1:
        body: bytes | str = seed.request.body
        body = mutations.text(random, body) if isinstance(body, str) else mutations.data(random, body)
        return Posted(mutations.request(random, seed.request, body), vendor, options)
    document, secret = mutations.document(random, seed.document, pool(vendor)), ""
    if random.random() < 0.25:
        where = mutations.place_in(random, document)
        if where and isinstance(resolve(document, where), str):
            document, secret = replaced(document, where, SECRET), SECRET
    beside = Request(b"", seed.request.method, seed.request.path, seed.request.headers, seed.request.query)
    if random.random() < 0.25:
        return Posted(beside, vendor, options, document, secret, seed.levels_identify)
    text = seed.request.body.decode("utf-8", "replace") if isinstance(seed.request.body, bytes) else seed.request.body
    if isinstance(document, str) and not text.lstrip().startswith('"'):
        body = document.encode("utf-8", "surrogatepass")
    else:
        body = mutations.encoded(random, document)
    if random.random() < 0.1:
        body = mutations.data(random, body)
    elif random.random() < 0.05:
        body = body.decode("utf-8", "replace")
    return Posted(mutations.request(random, beside, body), vendor, options, secret=secret)


def _posted(made: Posted) -> Outcome:
    adapter = registry.find(made.vendor)
    before = _of_request(made.request), copy.deepcopy(made.options), copy.deepcopy(made.document)
    first = _outcome(adapter, made)
    assert _outcome(adapter, made) == first, "the same request has two outcomes"
    after = _of_request(made.request), made.options, made.document
    assert after == before, "an input was changed"
    if isinstance(first, Batch):
        _check_batch(first, adapter)
        if made.document is not None:
            _check_keys(adapter, made, first)
        _keeps_secret(made, first.problems, *(alert.problems for alert in first))
        return Outcome(is_accepted=True, problems=sum(map(len, (first.problems, *(one.problems for one in first)))))
    _, _, problems = first
    _keeps_secret(made, problems)
    return Outcome(is_accepted=False, problems=len(problems))


Refusal = tuple[type[PayloadError], str, tuple[Problem, ...]]


def _outcome(adapter: Adapter, made: Posted) -> Batch | Refusal:
    source = Source("fuzzed", options=made.options)
    try:
        if made.document is not None:
            return parse_document(adapter, made.document, request=made.request, source=source, received_at=NOW)
        return parse(adapter, made.request, source=source, received_at=NOW)
    except PayloadError as error:
        refusal, written = error, traceback.format_exception(error) if made.secret else ()
    assert refusal.vendor == adapter.name, "the error does not name its vendor"
    assert not made.secret or made.secret not in "".join(written), "a traceback holds a value of the payload"
    return type(refusal), str(refusal), refusal.problems


def _of_request(request: Request) -> tuple[Any, ...]:
    return request.body, request.method, request.path, dict(request.headers), dict(request.query)


def _keeps_secret(made: Posted, *problems: Iterable[Problem]) -> None:
    if made.secret:
        assert made.secret not in repr(made.request), "repr(Request) holds a value of the payload"
        texts = [problem.message for some in problems for problem in some]
        assert not any(made.secret in text for text in texts), "a problem holds a value of the payload"


_FIELDS: Mapping[str, Any] = {
    "vendor": str,
    "source": str,
    "alerts": tuple,
    "problems": tuple,
    "envelopes": tuple,
    "truncated": int,
    "group_key": str,
    "delivery_id": str,
    "reason": Reason | None,
    "reply": Reply | None,
    "confirm_url": str | None,
}


def _check_batch(batch: Batch, adapter: Adapter) -> None:
    for name, kind in _FIELDS.items():
        assert isinstance(getattr(batch, name), kind), f"batch.{name} is a {type(getattr(batch, name)).__name__}"
    assert batch.truncated >= 0, "batch.truncated is negative"
    assert bool(batch.alerts) is (batch.reason is None), "a batch has alerts, or else a reason"
    assert all(type(problem) is Problem for problem in batch.problems), "batch.problems holds no problems"
    for alert in batch:
        assert type(alert) is Alert, "batch.alerts holds no alerts"
        sound(alert)
        assert alert.dedup_key.startswith(f"{adapter.name}:"), "the key does not begin with the vendor"
        assert (alert.vendor, alert.source) == (adapter.name, "fuzzed"), "an alert of another source"
        written = json.loads(json.dumps(to_dict(alert), allow_nan=False))
        assert from_dict(written) == alert, "an alert does not survive JSON"  # and so its types are as declared


_MAY_DECIDE_THE_KEY = {ProblemCode.KEY_FALLBACK, ProblemCode.UNRENDERED, ProblemCode.MISSING}


def _check_keys(adapter: Adapter, made: Posted, batch: Batch) -> None:
    """Check that another level, and another time, leave each key as it is."""
    for where, other in _at_other_words(adapter, made):
        changed = replaced(made.document, where, other)
        found = _outcome(adapter, evolve(made, document=changed, secret=""))
        if not isinstance(found, Batch) or len(found) != len(batch):
            continue
        words = {str(resolve(made.document, where)).casefold(), str(other).casefold()}
        for old, new in zip(batch, found, strict=True):
            identity = " ".join((*old.identity.values(), *new.identity.values())).casefold()
            doubts = {problem.code for problem in (*old.problems, *new.problems)}
            if any(form in identity for word in words for form in (word, hidden(word))) or doubts & _MAY_DECIDE_THE_KEY:
                continue  # the mutation put the word into the identity, or took the identity away
            if old.path == new.path and old.identity.keys() == new.identity.keys():
                assert old.dedup_key == new.dedup_key, "the key holds a time or a level"


def _at_other_words(adapter: Adapter, made: Posted) -> Iterable[tuple[JsonPath, Any]]:
    """Yield places of times and of a level, each with another value."""
    times = [where for where, hint in typed_places(adapter.models, made.document) if _is_time(hint)]
    for where in times[:2]:
        value = resolve(made.document, where)
        if isinstance(value, str) and _YEAR.search(value):
            yield where, _YEAR.sub("2024", value)
        elif type(value) is int:
            yield where, value - 1000
    if made.levels_identify or not adapter.levels:
        return
    for where in places(made.document):
        value = resolve(made.document, where)
        if isinstance(value, str) and where not in times and wire.loosen(value) in adapter.severity_by_word:
            yield from (
                (where, other) for other in list(adapter.levels)[:3] if wire.loosen(other) != wire.loosen(value)
            )
            return


_YEAR = re.compile(r"\b202[0-9](?=-)")


def _is_time(hint: Any) -> bool:
    noted = wire.encoding(hint)
    return noted is not None and _reads_times(noted)


@cache
def _reads_times(noted: wire.Encoding) -> bool:
    """Return whether a wire type reads times: some of its examples are."""
    for example in noted.examples:
        try:
            read = noted.decode(wire.Node(example, (), wire.ParseContext(Request(), None)))
        except wire.Mismatch:
            continue
        if isinstance(read, datetime):
            return True
    return False


def _detect(made: Posted) -> Outcome:
    before = _of_request(made.request)
    first, second = (_detected(made.request) for _ in range(2))
    assert first == second, "the same request is recognised as two vendors'"
    assert _of_request(made.request) == before, "an input was changed"
    if first is None:
        return REFUSED
    assert isinstance(first, Detection), f"detect returns a {type(first).__name__}"
    assert first.vendor in vendors(), "a vendor that there is not"
    return Outcome(is_accepted=True)


def _detected(request: Request) -> Detection | None:
    try:
        return detect(request)
    except PayloadError:
        return None


def _redact(made: Posted) -> Outcome:
    before = _of_request(made.request)
    clean = redact(made.request)
    assert isinstance(clean, Request), "redact returns no Request"
    assert _of_request(redact(made.request)) == _of_request(clean), "the same request is redacted in two ways"
    assert _of_request(made.request) == before, "an input was changed"
    body = made.request.body
    assert isinstance(clean.body, type(body)), "the body has another type"
    found = secrets_in(body if isinstance(body, str) else body.decode("utf-8", "replace"))
    assert all(len(one) <= 24 for one in found), "secrets_in lists too much"
    return Outcome(is_accepted=_of_request(clean) != before)


# --- Recorded requests ------------------------------------------------------------------------------------------------


def _recorded_text(random: Random) -> str:
    seed = _any_seed(random)
    written = json.loads(write_recorded(seed.request, NOW))
    if random.random() < 0.7:
        return json.dumps(mutations.document(random, written, pool("generic")))
    return mutations.data(random, json.dumps(written).encode()).decode("latin-1")


def _read_recorded(made: str) -> Outcome:
    try:
        found = read_recorded(made.encode("latin-1", "replace"))
    except PayloadError:
        return REFUSED
    assert isinstance(found, Recorded), "no recorded request"
    assert found.received_at is None or found.received_at.utcoffset() is not None, "a time without a zone"
    return Outcome(is_accepted=True)


# --- Alerts and incidents ---------------------------------------------------------------------------------------------


@cache
def _alerts() -> tuple[Alert, ...]:
    """Return the alerts of a few fixtures of each vendor."""
    found: list[Alert] = []
    for vendor in vendors():
        for seed in seeds(vendor)[:6]:
            try:
                batch = parse(vendor, seed.request, source=Source(vendor, options=seed.options), received_at=NOW)
            except PayloadError:
                continue
            found += [evolve(alert, raw=None) for alert in batch.alerts[:3]]
    return tuple(found)


def _alert_dict(random: Random) -> Any:
    return mutations.document(random, to_dict(random.choice(_alerts())), pool("generic"))


def _from_dict(made: Any) -> Outcome:
    before = copy.deepcopy(made)
    try:
        alert = from_dict(made)
    except PayloadError:
        assert made == before, "an input was changed"
        return REFUSED
    assert made == before, "an input was changed"
    assert isinstance(alert, Alert), "no alert"
    repr(alert)
    try:
        again = from_dict(to_dict(alert))
    except ConfigurationError:  # a naive time
        return Outcome(is_accepted=True)
    assert again == alert, "an alert does not survive JSON"
    return Outcome(is_accepted=True)


_POLICIES = (
    Policy(),
    Policy(max_recent=1),
    Policy(max_recent=2, reorder_window=timedelta(minutes=1), settle=None),
    Policy(expire_after=timedelta(minutes=5), retention=timedelta(minutes=10)),
    Policy(max_open_per_source=2, max_keys_per_source=3, expire_after=timedelta(minutes=1)),
)


def _history(random: Random) -> Any:
    """Return deliveries and ticks in a row: which alert, in which state, how many seconds later."""
    picked = [random.randrange(len(_alerts())) for _ in range(random.randint(1, 4))]
    steps = []
    for _ in range(random.randint(1, 14)):
        later = random.choice((0, 1, 30, 61, 120, 600, 4000, 700000))
        state = random.choice(("", "", "firing", "resolved", "acknowledged", "suppressed", "tick"))
        late = random.choice((None, 0, 0, 1, 90, 4000))
        steps.append([random.choice(picked), state, later, late, random.choice(("", "", "1", "2"))])
    return {"policy": random.randrange(len(_POLICIES)), "steps": steps}


def _book(made: Any) -> Outcome:
    policy = _POLICIES[made["policy"]]
    book, twin = IncidentBook(default=policy), IncidentBook(default=policy)
    now, refused = NOW, 0
    for number, state, later, late, episode in made["steps"]:
        now += timedelta(seconds=later)
        if state == "tick":
            assert book.tick(now) == twin.tick(now), "a restored book differs"
            continue
        alert = _alerts()[number % len(_alerts())]
        alert = evolve(
            alert,
            state=State(state) if state else alert.state,
            received_at=now,
            occurred_at=None if late is None else now - timedelta(seconds=late),
            episode=episode or None,
        )
        first, second = _applied(book, alert), _applied(twin, alert)
        assert first == second, "a restored book differs"
        refused += first is None
        twin = _again(twin, policy)
    open_keys = {(incident.source, incident.dedup_key) for incident in book.open}
    assert len(open_keys) == len(book.open), "a key has two open incidents"
    due = book.next_due()
    assert due is None or due.utcoffset() is not None, "a time without a zone"
    return Outcome(is_accepted=not refused)


def _applied(book: IncidentBook, alert: Alert) -> tuple[Transition, ...] | None:
    try:
        found = book.apply(alert)
    except TooManyOpen:
        return None
    assert all(isinstance(transition, Transition) for transition in found), "no transitions"
    return found


def _again(book: IncidentBook, policy: Policy) -> IncidentBook:
    snapshot = json.loads(json.dumps(book.snapshot(), allow_nan=False))
    restored = IncidentBook.restore(snapshot, default=policy)
    assert restored.snapshot() == snapshot, "a snapshot does not survive restore"
    return restored


@cache
def _snapshots() -> tuple[Any, ...]:
    found: list[Any] = []
    for number in range(40):
        made = _history(Random(number))
        book = IncidentBook(default=_POLICIES[made["policy"]])
        now = NOW
        for alert_number, state, later, late, _ in made["steps"]:
            now += timedelta(seconds=later)
            if state == "tick":
                book.tick(now)
                continue
            alert = _alerts()[alert_number]
            occurred_at = None if late is None else now - timedelta(seconds=late)
            _applied(book, evolve(alert, received_at=now, occurred_at=occurred_at))
        found.append(json.loads(json.dumps(book.snapshot())))
    return tuple(found)


def _snapshot(random: Random) -> Any:
    mutated = mutations.document(random, random.choice(_snapshots()), mutations.pool_of(_snapshots()[:3]))
    if isinstance(mutated, dict) and random.random() < 0.2:
        mutated = {**mutated, "version": random.choice((1, 1, 2, 3, 0, -1, True, "1", 1.0, None, 10**30, [[]]))}
    return mutated


def _restore(made: Any) -> Outcome:
    before = copy.deepcopy(made)
    policy = _POLICIES[3]
    try:
        book = IncidentBook.restore(made, default=policy)
    except ConfigurationError:
        assert made == before, "an input was changed"
        return REFUSED
    assert made == before, "an input was changed"
    # A restored book is driven on: a snapshot may be read and still break what comes later.
    keys = [(one.get("source", ""), one.get("dedup_key", "")) for one in book.snapshot()["timelines"]][:3]
    base = _alerts()[0]
    for seconds, state in ((0, State.FIRING), (61, State.RESOLVED), (4000, State.FIRING)):
        now = NOW + timedelta(seconds=seconds)
        for source, dedup_key in keys:
            _applied(book, evolve(base, source=source, dedup_key=dedup_key, state=state, received_at=now))
        book.tick(now)
    repr((book.incidents, book.open, book.next_due()))
    _again(book, policy)
    return Outcome(is_accepted=True)


# --- Configuration ----------------------------------------------------------------------------------------------------

_TOML = """\
[main]
preset = "itoc360"
field = "$.finding.severity"
levels = { critical = "low", "warning" = "info" }

[second]
levels.CRITICAL = "p1"
"""


def _toml(random: Random) -> str:
    made = _TOML
    for _ in range(random.randint(1, 4)):
        made = mutations.text(random, made)
    return made


def _priorities(made: str) -> Outcome:
    try:
        found = Priorities.from_toml(made, sources={"main": "generic", "second": "kapacitor"})
    except ConfigurationError:
        return REFUSED
    assert found.keys() == {"main", "second"}, "other sources than asked for"
    assert all(isinstance(one, Priorities) for one in found.values()), "no priorities"
    return Outcome(is_accepted=True)


_ITOC360 = {
    "priority": {
        "field": "$.finding.severity",
        "options": [{"label": "Critical", "value": "CRITICAL"}, {"label": "Low", "value": "LOW"}],
        "mapping": {"CRITICAL": "HIGH", "LOW": "LOW"},
    }
}


def _itoc360(random: Random) -> Any:
    return mutations.document(random, _ITOC360, pool("generic"))


def _from_itoc360(made: Any) -> Outcome:
    before = copy.deepcopy(made)
    try:
        found = Priorities.from_itoc360(made)
    except ConfigurationError:
        return REFUSED
    finally:
        assert made == before, "an input was changed"
    assert Priorities.from_itoc360(found.to_itoc360()).overrides == found.overrides, "an export reads otherwise"
    return Outcome(is_accepted=True)


def _options(random: Random) -> Any:
    vendor = random.choice([name for name in vendors() if seeds(name) and registry.find(name).options])
    chosen = [seed for seed in seeds(vendor) if seed.options] or seeds(vendor)
    seed = random.choice(chosen)
    return [vendor, seed.name, mutations.document(random, dict(seed.options), pool(vendor))]


def _source(made: Any) -> Outcome:
    vendor, name, options = made
    (seed,) = [seed for seed in seeds(vendor) if seed.name == name][:1] or seeds(vendor)[:1]
    before = copy.deepcopy(options)
    try:
        batch = parse(vendor, seed.request, source=Source("fuzzed", options=options), received_at=NOW)
    except (ConfigurationError, PayloadError):
        return REFUSED
    finally:
        assert options == before, "an input was changed"
    _check_batch(batch, registry.find(vendor))
    return Outcome(is_accepted=True)


# --- Arguments of any type --------------------------------------------------------------------------------------------


def _names_of(given: Any) -> dict[str, Any]:
    return {str(name): value for name, value in given.items()} if isinstance(given, dict) else {}


_CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "parse": parse,
    "parse, source": lambda one, other: parse("generic", b"{}", source=one, received_at=other),
    "parse, limits": lambda one, other: parse("generic", one, limits=other),
    "parse_document": parse_document,
    "parse_document, request": lambda one, other: parse_document("generic", one, request=other),
    "detect": lambda one, other: detect(one, adapters=other),
    "Request": Request,
    "Request, headers": lambda one, other: Request(b"{}", headers=one, query=other),
    "redact": redact,
    "redact, also": lambda one, other: redact(Request(f"{other}".encode("utf-8", "replace")), one),
    "fingerprint": fingerprint,
    "Source": lambda one, other: Source(one, priorities=other),
    "Priorities": lambda one, other: Priorities(one, field=other),
    "Priorities, preset": lambda one, other: Priorities(preset=one, layers=other),
    "Priorities, vendor": lambda one, other: Priorities({"critical": "low"}, vendor=one, labels=other),
    "from_toml": lambda one, other: Priorities.from_toml(one, sources=other),
    "Limits": lambda one, other: Limits(max_body=one, max_depth=other),
    "Policy": lambda one, other: Policy(max_recent=one, settle=other),
    "IncidentBook": IncidentBook,
    "apply": lambda one, other: IncidentBook().apply(one, other),
    "tick": lambda one, other: (IncidentBook().tick(one), other),
    "timeline": lambda one, other: IncidentBook().timeline(one, other),
    "policy": lambda one, other: (IncidentBook().policy(one), other),
    "restore": IncidentBook.restore,
    "to_dict": lambda one, other: (to_dict(one), other),
}
_WORDS = ("generic", "grafana", "kapacitor", "default", "itoc360", "md5", "shake_128", "critical", "$.a[0]", "$..", "$")


def _arguments(random: Random) -> Any:
    return [random.choice(list(_CALLS)), *(random.choice((*EDGE_VALUES, *_WORDS)) for _ in range(2))]


def _called(made: Any) -> Outcome:
    name, *arguments = made
    try:
        _CALLS[name](*arguments)
    except AdapterError:
        raise
    except AlertmapError:
        return REFUSED
    return Outcome(is_accepted=True)
