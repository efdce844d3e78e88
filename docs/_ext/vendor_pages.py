"""Writes a page for every vendor, and the tables of all, from the adapters and fixtures. Nothing is kept by hand."""

import html
import importlib
import inspect
import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

from attrs import evolve

from alertmap import wire
from alertmap.adapter import Adapter, Rank, Shape
from alertmap.errors import PayloadError
from alertmap.intake import registry
from alertmap.intake.presets import PRESETS
from alertmap.intake.severity import Priorities
from alertmap.model import Alert, Batch, Reading, Reason, Reply, State, Times
from alertmap.schemes import InHeader, Jws, TopicSignature
from alertmap.testing.fixtures import Case, load

FIXTURES = Path(__file__).parents[2] / "fixtures"
_LONGEST = 2_000  # characters of a payload on a page
PLACEHOLDER = "<!-- repeats-table -->"
"""The line of a page that the table of repeats replaces."""


def write(folder: Path) -> list[Path]:
    """Write all pages into a folder; the files written."""
    folder.mkdir(exist_ok=True)
    vendors = [(registry.find(name), cases_of(name)) for name in registry.vendors()]
    pages = {adapter.name: page(adapter, cases) for adapter, cases in vendors}
    pages |= {f"{adapter.name}-examples": examples_page(adapter, cases) for adapter, cases in vendors}
    pages["index"] = matrix(vendors)
    for name, text in pages.items():
        file = folder / f"{name}.md"
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
    return [folder / f"{name}.md" for name in pages]


@cache
def cases_of(name: str) -> tuple[Case, ...]:
    """Return the cases of a vendor; several pages use them, and parse them once."""
    return load(FIXTURES / name)


# --- One vendor ------------------------------------------------------------------------------------------------------


ORPHAN = "---\norphan: true\n---\n"
"""Head of a page that the table of vendors links. With all of them the sidebar would be long, and slow to build."""


def page(adapter: Adapter, cases: tuple[Case, ...]) -> str:
    """The page of one vendor."""
    return "\n".join(
        [
            *_head(adapter, cases),
            *_states(adapter, cases),
            *_levels(adapter),
            *_identity(adapter, cases),
            *_examples(adapter, cases),
            *_recoveries(adapter, cases),
            *_shapes(adapter, cases),
            *_wire(adapter),
        ]
    )


def _head(adapter: Adapter, cases: tuple[Case, ...]) -> Iterator[str]:
    summary, set_up, limits = parts(adapter)
    yield ORPHAN
    yield f"# {adapter.title}\n"
    yield f"{summary}\n"
    yield "```python"
    yield f'batch = alertmap.parse("{adapter.name}", body)'
    yield "```\n"
    yield "| | |\n|---|---|"
    for name, value in _facts(adapter, cases):
        yield f"| {name} | {value} |"
    yield "\n## Setting it up\n"
    yield f"{set_up}\n"
    yield "## What to answer\n"
    yield f"{_answer_sentence(adapter)}\n"
    if adapter.options is not None:
        yield "## Options\n"
        yield f'Options of a source: `Source("…", vendor="{adapter.name}", options={{…}})`.\n'
        yield "| option | type | default |\n|---|---|---|"
        defaults = wire.structure(wire.plain({}), adapter.options)
        for field in wire.fields(adapter.options):
            default = getattr(defaults, field.name)
            shown = "" if default in (None, "", ()) or callable(default) else _code(_default(default))
            yield f"| `{field.key}` | {_cell(_type(field.type))} | {shown} |"
        yield ""
    if limits:
        yield "## Limits\n"
        yield f"{limits}\n"


def parts(adapter: Adapter) -> tuple[str, str, str]:
    """Return the docstring of an adapter in its three parts: the summary, the set-up and the limits."""
    text = inspect.cleandoc(inspect.getdoc(importlib.import_module(f"alertmap.adapters.{adapter.name}")) or "")
    summary, _, rest = text.partition("\n\n")
    set_up, _, limits = rest.partition("\n\nLimits: ")
    return summary, _capital(set_up.removeprefix("Set up:").strip()), _capital(limits)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _default(value: Any) -> str:
    return json.dumps(value, default=lambda other: list(other) if isinstance(other, Iterable) else str(other))


def _facts(adapter: Adapter, cases: tuple[Case, ...]) -> Iterator[tuple[str, str]]:
    yield "bodies", ", ".join(sorted(adapter.formats - {"empty", "path"}))
    yield "recoveries", recoveries(adapter, cases)
    yield "repeats while it lasts", repeats(adapter) or "nothing: each change is sent once"
    if _is_seen(adapter, cases, Reason.TEST):
        yield "test button", "recognised: it is no alert"
    if _is_seen(adapter, cases, Reason.PROBE):
        yield "a request without a body", "a probe: it changes no alert"
    yield "signatures", f"{signatures(adapter) or 'none'}.{forms(adapter)} {REPLAYS[replays(adapter)]}"
    if delivery(adapter):
        yield "id of a request", f"{delivery(adapter)}, the same on a retry"
    counts = [f"{number} {origin}" for origin, number in origins(cases).items() if number]
    yield "proved by", f"[{len(cases)} examples]({adapter.name}-examples.md): {', '.join(counts)}"


def recoveries(adapter: Adapter, cases: tuple[Case, ...]) -> str:
    """Say in words whether the sender announces that a problem is over."""
    if not adapter.recovers:
        return "never announced"
    endless = any(
        not alert.resolvable and alert.state is State.FIRING for case in cases for alert in alerts(case, adapter)
    )
    return "announced, but not for all alerts" if endless else "announced"


def origins(cases: tuple[Case, ...]) -> dict[str, int]:
    """Count the cases by their origins."""
    return {
        origin: sum(case.about.origin == origin for case in cases)
        for origin in ("captured", "documented", "constructed")
    }


def _is_seen(adapter: Adapter, cases: tuple[Case, ...], reason: Reason) -> bool:
    return any(_reason(case, adapter) is reason for case in cases)


def _answer_sentence(adapter: Adapter) -> str:
    what = "Status 200 with any body" if adapter.answer == Reply() else _capital(answer(adapter))
    return f"{what}; `receive` returns it. {attempts(adapter)}"


TIMES = {
    Times.SINCE: "`occurred_at` is since when the state holds: a repeat has the same time.",
    Times.STATED: "`occurred_at` is when the sender made the statement: each has its own time.",
    Times.ARRIVAL: "the order of arrival counts; `occurred_at` orders nothing.",
    Times.NONE: "the payload has no time.",
}


def _shapes(adapter: Adapter, cases: tuple[Case, ...]) -> Iterator[str]:
    yield "## Shapes\n"
    yield "The first shape that fits reads the body.\n"
    yield "| shape | must be there | recognised by | times |\n|---|---|---|---|"
    for shape in adapter.shapes:
        is_model = wire.is_model(shape.model)
        keys = ", ".join(f"`{key}`" for key in wire.required_keys(shape.model)) if is_model else "text"
        yield f"| {shape.model.__name__} | {keys} | {marks(shape)} | {(shape.times or adapter.times).value} |"
    yield "\nA single alert may have another meaning of its time than its shape. In the examples below:\n"
    for times, names in cases_by_times(adapter, cases).items():
        yield f"- `{times.value}`: {TIMES[times]} As in {', '.join(names[:_EXAMPLES])}."
    yield ""


_EXAMPLES = 3  # cases that are named


def cases_by_times(adapter: Adapter, cases: tuple[Case, ...]) -> dict[Times, list[str]]:
    """Return the names of the cases by the times of their alerts: the most common times and captured cases first."""
    found: dict[Times, list[str]] = {}
    for case in sorted(cases, key=lambda case: case.about.origin != "captured"):
        for times in dict.fromkeys(alert.times for alert in alerts(case, adapter)):
            found.setdefault(times, []).append(case.name)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def marks(shape: Shape) -> str:
    """Say in words what a shape is recognised by."""
    if shape.rank is None:
        return "nothing: name the vendor"
    by = [
        f"the header `{name}`" + (f" that begins with `{text}`" if text else "") for name, text in shape.headers.items()
    ]
    if callable(shape.marks):
        by.append("a function of its own")
    elif shape.marks or not by:
        words = [
            f"`{mark}`" + (f" that begins with `{text}`" if text else "") for mark, text in sorted(shape.marks.items())
        ]
        by.append(", ".join(words) or "what must be there")
    return " or ".join(by) + (" (weak)" if shape.rank is Rank.WEAK else "")


def answer(adapter: Adapter) -> str:
    """Say in words what the sender is answered."""
    reply = adapter.answer
    if not isinstance(reply, Reply):
        return "made of the request"
    return f"status {reply.status}" + (f" with `{reply.body}`" if reply.body else "")


def attempts(adapter: Adapter) -> str:
    """Say in sentences which answers count as delivered, and what happens otherwise."""
    found = sorted(adapter.accepted)
    words = ", ".join(map(str, found)) if len(found) < _MANY else f"{found[0]} to {found[-1]}"
    sentences = [f"Delivered is what is answered {words}."]
    if adapter.answer_within is not None:
        sentences.append(f"The sender waits {adapter.answer_within:g} seconds.")
    if adapter.retries is not None:
        sentences.append("It tries again otherwise." if adapter.retries else "It never tries again.")
    if adapter.retries:
        sentences.append(f"When busy answer {adapter.busy}.")
    return " ".join(sentences)


_MANY = 10  # statuses that are a range


def signatures(adapter: Adapter) -> str:
    """Name the places of a vendor's signatures."""
    places = [getattr(scheme, "place", None) for scheme in adapter.signatures]
    names = [f"`{place.name}`" if isinstance(place, InHeader) else "the body" for place in places]
    return ", ".join(dict.fromkeys(names))


def forms(adapter: Adapter) -> str:
    """Name the forms of a vendor's signatures, for `Auth.form`."""
    names = [f"`{scheme.name}`" for scheme in adapter.signatures]
    return f" Forms: {'; '.join(names)}." if len(names) > 1 else ""


def handshake(adapter: Adapter, cases: tuple[Case, ...]) -> str:
    """Name what the sender asks before it sends alerts."""
    kinds = ["challenge"] if adapter.challenge is not None else []
    kinds += ["URL to visit"] if adapter.confirmation is not None else []
    kinds += ["yes"] if any(_reason(case, adapter) is Reason.HANDSHAKE for case in cases) else []
    return ", ".join(kinds)


def expires(adapter: Adapter, cases: tuple[Case, ...]) -> str:
    """Say whether firing alerts have a deadline."""
    seen = [alert for case in cases for alert in alerts(case, adapter) if alert.state is State.FIRING]
    count = sum(alert.expires_at is not None for alert in seen)
    return "" if not count else "all" if count == len(seen) else "some"


def replays(adapter: Adapter) -> str:
    """Name the best protection against a recorded request that is sent again: by id, in a window of time, or none."""
    schemes = [scheme for scheme in adapter.signatures if not isinstance(scheme, Jws)]
    if any(isinstance(scheme, TopicSignature) or scheme.id is not None for scheme in schemes):
        return "id"
    return "window" if any(getattr(scheme, "timestamp", None) is not None for scheme in schemes) else "none"


RETRIES = {True: "yes", False: "no", None: ""}
"""Words for `Adapter.retries`."""

REPLAYS = {
    "id": "Its id is signed: with a memory of ids a recorded request that somebody sends again is not processed.",
    "window": "Where the time is signed, a recorded request that is sent again is accepted for some minutes only.",
    "none": "Nothing protects against a recorded request that somebody sends again: it may page.",
}
REPLAYS_PLACEHOLDER = "<!-- replays-table -->"
"""The line of a page that the table of replays replaces."""


def replays_table() -> str:
    """Return the table of the proofs of each vendor, and what a repeated request does."""
    lines = [
        "| vendor | signatures | id of the request | tries again | a recorded request that is sent again |",
        "|---|---|---|---|---|",
    ]
    words = {
        "id": "is a duplicate",
        "window": "may page for some minutes, where the time is signed",
        "none": "may page",
    }
    for name in registry.vendors():
        adapter = registry.find(name)
        cells = (
            f"[{adapter.title}](vendors/{name}.md)",
            signatures(adapter),
            delivery(adapter),
            RETRIES[adapter.retries],
            words[replays(adapter)],
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def delivery(adapter: Adapter) -> str:
    """Name where the id of a request stands."""
    return ", ".join(f"`{one}`" for one in (adapter.delivery_header, adapter.delivery_field) if one is not None)


def repeats(adapter: Adapter) -> str:
    """Name the states that the sender repeats while they last."""
    return ", ".join(state.value for state in State if state in adapter.repeats)


def _recoveries(adapter: Adapter, cases: tuple[Case, ...]) -> Iterator[str]:
    yield "## Recoveries\n"
    yield "| recovery | resolves the alert of |\n|---|---|"
    for case in cases:
        if case.about.closes:
            yield f"| {case.name} | {case.about.closes} |"
    never = [
        case.name
        for case in cases
        if any(not alert.resolvable and alert.state is State.FIRING for alert in alerts(case, adapter))
    ]
    if never:
        yield f"\nNo recovery is ever announced for the alerts of {', '.join(never)}."
    yield ""


def _states(adapter: Adapter, cases: tuple[Case, ...]) -> Iterator[str]:
    yield "## States\n"
    words = state_words(adapter)
    yield "| outcome | meaning | words in the payload | for example |\n|---|---|---|---|"
    seen: dict[str, list[Case]] = {}
    for case in cases:
        for outcome in sorted({_what(alert) for alert in alerts(case, adapter)}) or [_nothing(case, adapter)]:
            seen.setdefault(outcome, []).append(case)
    order = [*(state.value for state in State), "no alert", "refused"]
    for outcome in sorted(seen, key=lambda outcome: [outcome.startswith(one) for one in order].index(True)):
        state = outcome.partition(",")[0]
        by = ", ".join(_code(word) for word in words.get(state, [])[:_MOST_WORDS])
        named = ", ".join(_link(adapter, case) for case in _shown_first(seen[outcome])[:2])
        yield f"| {outcome} | {MEANINGS.get(outcome, MEANINGS.get(state, ''))} | {by} | {named} |"
    yield "\nA word that is not listed fires, with the problem `state_unknown`.\n" if words else ""


_MOST_WORDS = 12
MEANINGS = {
    "firing": "a problem is there",
    "acknowledged": "somebody works on it",
    "suppressed": "it is muted: a downtime, a silence, a maintenance",
    "resolved": "the problem is over",
    "no alert (test)": "the sender's test button",
    "no alert (probe)": "a check that the receiver answers",
    "no alert (no_alert)": "an event that changes no alert",
    "no alert (handshake)": "the sender wants an answer before it sends alerts",
    "refused": "it cannot be read",
}
"""Meaning of an outcome of a request, in words."""


def state_words(adapter: Adapter) -> dict[str, list[str]]:
    """Return the words of the payload by the state that they mean."""
    found: dict[str, list[str]] = {}
    for model in models(adapter.models):
        for field in wire.fields(model):
            noted = wire.encoding(field.type)
            for word, state in (noted.states or {}).items() if noted else ():
                words = found.setdefault(state.value if state else "no alert (no_alert)", [])
                if word not in words:
                    words.append(word)
    return found


def _link(adapter: Adapter, case: Case) -> str:
    return f"[{case.name}](#{target(adapter, case)})"


def target(adapter: Adapter, case: Case) -> str:
    """Return the name by which pages link to a case."""
    return f"{adapter.name}-{case.name}".replace("_", "-").lower()


def _shown_first(cases: Iterable[Case]) -> list[Case]:
    """Sort cases: those that real software sent come first, the oldest order stays."""
    order = ("captured", "documented", "constructed")
    return sorted(cases, key=lambda case: order.index(case.about.origin))


def _what(alert: Alert) -> str:
    more = [", no data"] if alert.no_data else []
    more += [", no recovery is announced"] if not alert.resolvable and alert.state is State.FIRING else []
    return alert.state.value + "".join(more)


def _nothing(case: Case, adapter: Adapter) -> str:
    reason = _reason(case, adapter)
    return f"no alert ({reason.value})" if reason else "refused"


def _levels(adapter: Adapter) -> Iterator[str]:
    yield "## Levels\n"
    yield (
        "A source's [priorities](../priorities.md) map any of these words to another severity. The other columns are "
        "the severities of the presets.\n"
    )
    yield f"| level | {' | '.join(PRESETS)} |"
    yield f"|---{'|---' * len(PRESETS)}|"
    reading = Reading(state=State.FIRING, identity={"x": "x"})
    words: dict[tuple[str, ...], list[str]] = {}
    for level in adapter.levels:
        found = tuple(_severity(adapter, evolve(reading, level=level), preset) for preset in PRESETS)
        words.setdefault(found, []).append(_code(level))
    for found, levels in words.items():
        yield f"| {', '.join(levels)} | {' | '.join(found)} |"
    other = [f"{_severity(adapter, reading, preset)}, with a problem" for preset in PRESETS]
    yield f"| any other, or none | {' | '.join(other)} |\n"
    if adapter.open_levels:
        yield "Users send words of their own here: a source's priorities may name any.\n"


def _severity(adapter: Adapter, reading: Reading, preset: str) -> str:
    severity = Priorities(preset=preset).decide(adapter, reading, {}, {}).severity
    return severity.value if severity else ""


def _identity(adapter: Adapter, cases: tuple[Case, ...]) -> Iterator[str]:
    yield "## Identity\n"
    yield "Keys of the fixtures, by the parts that they are made of:\n"
    seen: dict[tuple[str, ...], str] = {}
    for case in cases:
        for alert in alerts(case, adapter):
            seen.setdefault(tuple(sorted(name.partition(".")[0] for name in alert.identity)), alert.dedup_key)
    yield "| parts | for example |\n|---|---|"
    by_parts: dict[str, str] = {}
    for names, key in seen.items():
        by_parts.setdefault(", ".join(sorted(set(names))), key)
    for names, key in by_parts.items():
        yield f"| {names} | {_code(key)} |"
    yield ""


def _wire(adapter: Adapter) -> Iterator[str]:
    yield "## On the wire\n"
    yield "Only what is used is listed; unknown keys are ignored, except where a shape is called closed.\n"
    for model in models(adapter.models):
        fields = [field for field in wire.fields(model) if not isinstance(field.fact, wire.ReceivedAt)]
        closed = " (closed: no other keys)" if wire.is_closed(model) else ""
        yield f"### {model.__name__}{closed}\n"
        yield "| key | type | must be there |\n|---|---|---|"
        for field in fields:
            key = (
                f"{type(field.fact).__name__.lower()} {getattr(field.fact, 'name', '')}"
                if field.fact
                else " or ".join(f"`{key}`" for key in field.keys)
            )
            yield f"| {key} | {_type(field.type)} | {'yes' if field.required else ''} |"
        yield ""


def chosen(adapter: Adapter, cases: tuple[Case, ...]) -> list[Case]:
    """Return the three cases of a vendor's page: a problem, its recovery, and one of another outcome."""
    by_name = {case.name: case for case in cases}
    ends = [case for case in _shown_first(cases) if case.about.closes in by_name and len(alerts(case, adapter)) == 1]
    found = [by_name[str(ends[0].about.closes)], ends[0]] if ends else []
    others = [case for case in _shown_first(cases) if case not in found]
    seen = {_outcome(adapter, case) for case in found}
    others.sort(key=lambda case: (_outcome(adapter, case) in seen, _outcome(adapter, case) == "refused"))
    return [*found, *others][:3]


def _outcome(adapter: Adapter, case: Case) -> str:
    return next((_what(alert) for alert in alerts(case, adapter)), "") or _nothing(case, adapter)


def _examples(adapter: Adapter, cases: tuple[Case, ...]) -> Iterator[str]:
    yield "## Examples\n"
    for case in chosen(adapter, cases):
        yield f"### {_outcome(adapter, case)}: {case.name}\n"
        yield from _case(adapter, case)
    yield f"[All {len(cases)} examples]({adapter.name}-examples.md).\n"


def examples_page(adapter: Adapter, cases: tuple[Case, ...]) -> str:
    """Return the page of all cases of a vendor, each folded."""
    lines = [ORPHAN, f"# Examples of {adapter.title}\n"]
    lines.append(f"Each request that a test of [{adapter.title}]({adapter.name}.md) reads, and what it becomes.\n")
    for case in _shown_first(cases):
        lines.append(f"({target(adapter, case)})=")
        lines.append(f"## {case.name}\n")
        lines.append(f"{case.about.summary} *({_origin(case)})*\n")
        # HTML as it is: a reader opens few of these, and colours would make the page three times as large.
        lines.append("````{raw} html")
        lines.append(f"<details><summary>{html.escape(_outcome(adapter, case))}</summary>")
        lines.extend(_preformatted(text) for text in (_shown(case), _became(adapter, case)))
        lines.append("</details>\n````\n")
    return "\n".join(lines)


def _preformatted(text: str) -> str:
    shown = html.escape(text)
    return f'<div class="highlight-text notranslate"><div class="highlight"><pre>{shown}\n</pre></div></div>'


def _origin(case: Case) -> str:
    return f"{case.about.origin}, {case.about.product}" if case.about.product else case.about.origin


def _became(adapter: Adapter, case: Case) -> str:
    return json.dumps(case.outcome(adapter), indent=2, ensure_ascii=False)


def _case(adapter: Adapter, case: Case) -> Iterator[str]:
    yield f"{case.about.summary} *({_origin(case)})*\n"
    if case.about.closes:
        yield f"Closes {case.about.closes}.\n"
    sent = _shown(case)
    yield f"```{'json' if _is_json(sent) else 'text'}\n{sent}\n```\n"
    yield f"```json\n{_became(adapter, case)}\n```\n"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _shown(case: Case) -> str:
    text = case.file.read_text(encoding="utf-8", errors="replace").strip()
    # What a terminal or a page would act upon is shown escaped.
    text = "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text).replace(
        "```", "` ` `"
    )
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


# --- All vendors -----------------------------------------------------------------------------------------------------


def matrix(vendors: list[tuple[Adapter, tuple[Case, ...]]]) -> str:
    """The index page: what each vendor sends, and which fixtures prove it."""
    return "\n".join([*_matrix_rows(vendors), *_proofs(vendors)])


def _matrix_rows(vendors: list[tuple[Adapter, tuple[Case, ...]]]) -> Iterator[str]:
    yield "# All vendors\n"
    yield "## What each of them sends\n"
    yield "| vendor | states | recovers | repeats | expires | times |"
    yield "|---|---|---|---|---|---|"
    for adapter, cases in vendors:
        cells = (
            f"[{adapter.title}]({adapter.name}.md)",
            ", ".join(states(adapter, cases)),
            recoveries(adapter, cases),
            repeats(adapter),
            expires(adapter, cases),
            ", ".join(times.value for times in cases_by_times(adapter, cases)),
        )
        yield f"| {' | '.join(map(_cell, cells))} |"
    yield ""
    yield "`times` is what the time of an alert means; [Repeats](../repeats.md) says what follows from it.\n"
    yield "## What each of them expects\n"
    yield "| vendor | answer | tries again | signature | handshake | id of the request |"
    yield "|---|---|---|---|---|---|"
    for adapter, cases in vendors:
        cells = (
            f"[{adapter.title}]({adapter.name}.md)",
            answer(adapter).removeprefix("status "),
            RETRIES[adapter.retries],
            signatures(adapter),
            handshake(adapter, cases),
            delivery(adapter),
        )
        yield f"| {' | '.join(map(_cell, cells))} |"
    yield ""
    yield "The answer is that to a request which was accepted: [Receiving requests](../receiving.md) has the others.\n"


def states(adapter: Adapter, cases: tuple[Case, ...]) -> list[str]:
    """List the states that the alerts of a vendor have."""
    seen = {alert.state for case in cases for alert in alerts(case, adapter)}
    return [state.value for state in State if state in seen]


def vendors_table() -> str:
    """Return the table of the landing page: what can be done with each vendor."""
    lines = [
        "| vendor | name | recoveries | more than firing and resolved | sent by real software |",
        "|---|---|---|---|---|",
    ]
    for name in registry.vendors():
        adapter, cases = registry.find(name), cases_of(name)
        more = [state for state in states(adapter, cases) if state in ("acknowledged", "suppressed")]
        more += ["test button"] if _is_seen(adapter, cases, Reason.TEST) else []
        captured = origins(cases)["captured"]
        proof = f"{captured} of {len(cases)} examples"
        link = f"[{adapter.title}](vendors/{name}.md)"
        lines.append(f"| {link} | `{name}` | {recoveries(adapter, cases)} | {', '.join(more)} | {proof} |")
    return "\n".join(lines)


VENDORS = "<!-- vendors-table -->"
"""The line of a page that the table of vendors replaces."""


REPEATED = {
    Times.SINCE: "within `settle` nothing; later it says that it still fires, and opens",
    Times.STATED: "nothing: it is old news",
    Times.ARRIVAL: "it opens: the sender itself sends no request twice",
    Times.NONE: "it opens, unless it names the episode that has just ended",
}
"""Effect of a firing that is delivered again after its resolve."""


def repeats_table() -> str:
    """Return the table of what every vendor repeats, and what a repeated delivery does."""
    lines = [
        "| vendor | repeats while it lasts | `times` | as in | a firing that is delivered again after its resolve |",
        "|---|---|---|---|---|",
    ]
    for name in registry.vendors():
        adapter, cases = registry.find(name), cases_of(name)
        vendor = f"[{adapter.title}](vendors/{name}.md) | {repeats(adapter)}"
        for times, names in cases_by_times(adapter, cases).items():
            lines.append(f"| {vendor} | `{times.value}` | {', '.join(names[:_EXAMPLES])} | {REPEATED[times]} |")
            vendor = " |"  # it stands in its first row only
    return "\n".join(lines)


def _proofs(vendors: list[tuple[Adapter, tuple[Case, ...]]]) -> Iterator[str]:
    yield "## Fixtures\n"
    yield "| vendor | captured from real software | documented | constructed | pairs |\n|---|---|---|---|---|"
    for adapter, cases in vendors:
        counts = [
            sum(case.about.origin == origin for case in cases) for origin in ("captured", "documented", "constructed")
        ]
        pairs = sum(bool(case.about.closes) for case in cases)
        yield f"| {adapter.title} | {' | '.join(str(count) for count in (*counts, pairs))} |"
    yield ""


# --- What both need --------------------------------------------------------------------------------------------------


def alerts(case: Case, adapter: Adapter) -> tuple[Alert, ...]:
    """The alerts of a fixture; none where it is refused."""
    batch = _batch(case, adapter)
    return batch.alerts if batch else ()


def _reason(case: Case, adapter: Adapter) -> Reason | None:
    batch = _batch(case, adapter)
    return batch.reason if batch is not None else None


@cache
def _batch(case: Case, adapter: Adapter) -> Batch | None:
    try:
        return case.parse(adapter)
    except PayloadError:
        return None


def models(hint: Any, found: tuple[type, ...] = ()) -> tuple[type, ...]:
    """The wire models in a type, the outer ones first, each once."""
    if wire.is_model(hint):
        if hint in found:
            return found
        found = (*found, hint)
        for field in wire.fields(hint):
            found = models(field.type, found)
        return found
    for argument in get_args(hint):
        found = models(argument, found)
    return found


def _type(hint: Any) -> str:
    noted = wire.encoding(hint)
    arguments = get_args(hint)
    if wire.in_text(hint):
        return f"{noted.name if noted else _type(arguments[0])}, or its JSON in a text"
    if noted is not None:
        return noted.name
    match wire.kind_of(hint):
        case "annotated":
            return _type(arguments[0])
        case "union":
            names = [name for one in arguments for name in _type(one).split(" or ")]
            return " or ".join(dict.fromkeys(names))
        case "literal":
            return " or ".join(f"`{word}`" for word in arguments)
        case "list" | "items":
            return f"list of {_type(arguments[0])}"
        case "object":
            return f"object of {_type(arguments[1])}"
    return {dict: "object", type(None): "null", str: "text", Any: "anything"}.get(
        hint, getattr(hint, "__name__", "anything")
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{text.replace('|', chr(92) + '|')}`" if "`" not in text else f"``{text}``"


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this: the pages are written before any is read."""

    def fill_in(_app: Any, _page: str, source: list[str]) -> None:
        for placeholder, table in (
            (PLACEHOLDER, repeats_table),
            (REPLAYS_PLACEHOLDER, replays_table),
            (VENDORS, vendors_table),
        ):
            if placeholder in source[0]:
                source[0] = source[0].replace(placeholder, table())

    app.connect("builder-inited", lambda app: write(Path(app.srcdir) / "vendors"))
    app.connect("source-read", fill_in)
    return {"parallel_read_safe": True}
