"""Writes a page for every vendor, and the tables of all, from the adapters and fixtures. Nothing is kept by hand."""

import importlib
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from attrs import evolve

from alertmap import wire
from alertmap.adapter import Adapter, Rank, Shape
from alertmap.errors import PayloadError
from alertmap.intake import registry
from alertmap.intake.presets import PRESETS
from alertmap.intake.severity import Priorities
from alertmap.model import Alert, Reading, Reason, Reply, State, Times
from alertmap.schemes import InHeader, Jws, TopicSignature
from alertmap.testing.fixtures import Case, load

FIXTURES = Path(__file__).parents[2] / "fixtures"
_LONGEST = 2_000  # characters of a payload on a page
PLACEHOLDER = "<!-- repeats-table -->"
"""The line of a page that the table of repeats replaces."""


def write(folder: Path) -> list[Path]:
    """Write all pages into a folder; the files written."""
    folder.mkdir(exist_ok=True)
    vendors = [(registry.find(name), load(FIXTURES / name)) for name in registry.vendors()]
    pages = {adapter.name: page(adapter, cases) for adapter, cases in vendors}
    pages["index"] = matrix(vendors)
    for name, text in pages.items():
        file = folder / f"{name}.md"
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
    return [folder / f"{name}.md" for name in pages]


# --- One vendor ------------------------------------------------------------------------------------------------------


def page(adapter: Adapter, cases: tuple[Case, ...]) -> str:
    """The page of one vendor."""
    return "\n".join(
        [
            *_head(adapter),
            *_shapes(adapter, cases),
            *_states(adapter, cases),
            *_levels(adapter),
            *_identity(adapter, cases),
            *_recoveries(adapter, cases),
            *_wire(adapter),
            *_cases(adapter, cases),
        ]
    )


def _head(adapter: Adapter) -> Iterator[str]:
    yield f"# {adapter.title}\n"
    bodies = ", ".join(sorted(adapter.formats - {"empty", "path"}))
    yield f"`parse({adapter.name!r}, …)` reads {bodies}.\n"
    yield "## Setting it up\n"
    yield inspect.cleandoc(inspect.getdoc(importlib.import_module(f"alertmap.adapters.{adapter.name}")) or "") + "\n"
    if adapter.options is not None:
        yield (
            "Options of a source: "
            + ", ".join(f"`{field.key}` ({_type(field.type)})" for field in wire.fields(adapter.options))
            + ".\n"
        )


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
    yield f"Answer: {answer(adapter)}. {attempts(adapter)}\n"
    yield f"Signatures: {signatures(adapter) or 'none'}.{forms(adapter)} {REPLAYS[replays(adapter)]}\n"
    yield f"Stated again while it lasts: {repeats(adapter) or 'nothing'}.\n"
    if adapter.delivery_header is not None:
        yield f"Id of the request, the same on a retry: the header `{adapter.delivery_header}`.\n"


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
            {True: "yes", False: "no", None: ""}[adapter.retries],
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
    yield "| outcome | as in |\n|---|---|"
    seen: dict[str, list[str]] = {}
    for case in cases:
        for word in sorted({_what(alert) for alert in alerts(case, adapter)}) or [_nothing(case, adapter)]:
            seen.setdefault(word, []).append(case.name)
    for word, names in seen.items():
        yield f"| {word} | {', '.join(names)} |"
    yield ""


def _what(alert: Alert) -> str:
    more = [", no data"] if alert.no_data else []
    more += [", no recovery is announced"] if not alert.resolvable and alert.state is State.FIRING else []
    return alert.state.value + "".join(more)


def _nothing(case: Case, adapter: Adapter) -> str:
    reason = _reason(case, adapter)
    return f"no alert ({reason.value})" if reason else "refused"


def _levels(adapter: Adapter) -> Iterator[str]:
    yield "## Levels\n"
    yield f"| level | {' | '.join(PRESETS)} |"
    yield f"|---{'|---' * len(PRESETS)}|"
    reading = Reading(state=State.FIRING, identity={"x": "x"})
    for level in adapter.levels:
        words = [_severity(adapter, evolve(reading, level=level), preset) for preset in PRESETS]
        yield f"| `{level}` | {' | '.join(words)} |"
    words = [f"{_severity(adapter, reading, preset)}, with a problem" for preset in PRESETS]
    yield f"| any other, or none | {' | '.join(words)} |\n"
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
    for parts, key in seen.items():
        yield f"| {', '.join(sorted(set(parts)))} | {_code(key)} |"
    yield ""


def _wire(adapter: Adapter) -> Iterator[str]:
    yield "## On the wire\n"
    yield "Only what is used is listed; unknown keys are ignored, except where a shape is called closed.\n"
    for model in models(adapter.models):
        closed = " (closed: no other keys)" if wire.is_closed(model) else ""
        yield f"### {model.__name__}{closed}\n"
        yield "| key | type | must be there |\n|---|---|---|"
        for field in wire.fields(model):
            key = (
                f"{type(field.fact).__name__.lower()} {getattr(field.fact, 'name', '')}"
                if field.fact
                else " or ".join(f"`{key}`" for key in field.keys)
            )
            yield f"| {key} | {_type(field.type)} | {'yes' if field.required else ''} |"
        yield ""


def _cases(adapter: Adapter, cases: tuple[Case, ...]) -> Iterator[str]:
    yield "## Examples, and what they become\n"
    for case in cases:
        origin = f"{case.about.origin}, {case.about.product}" if case.about.product else case.about.origin
        yield f"### {case.name}\n"
        yield f"{case.about.summary} *({origin})*\n"
        if case.about.closes:
            yield f"Closes {case.about.closes}.\n"
        yield f"```text\n{_shown(case)}\n```\n"
        yield f"```json\n{json.dumps(case.outcome(adapter), indent=2, ensure_ascii=False)}\n```\n"


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
    return "\n".join([*_matrix_rows(vendors), *_proofs(vendors), *_toctree(vendors)])


def _matrix_rows(vendors: list[tuple[Adapter, tuple[Case, ...]]]) -> Iterator[str]:
    yield "# Vendors\n"
    yield "## What each of them sends\n"
    yield (
        "| vendor | states | levels | key | times | repeats | recovers | expires | answer | signature | handshake "
        "| id of the request | episode | a recovery carries |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    for adapter, cases in vendors:
        seen = [alert for case in cases for alert in alerts(case, adapter)]
        ended = [alert for alert in seen if alert.state is State.RESOLVED]
        carries = {
            "what ended": any(alert.severity for alert in ended),
            "when": any(alert.occurred_at for alert in ended),
            "since when": any(alert.started_at for alert in ended),
        }
        cells = (
            f"[{adapter.title}]({adapter.name}.md)",
            ", ".join(state.value for state in State if any(alert.state is state for alert in seen)),
            ", ".join(f"`{level}`" for level in list(adapter.levels)[:8]) + (" …" if len(adapter.levels) > 8 else ""),  # noqa: PLR2004
            ", ".join(sorted({name.partition(".")[0] for alert in seen for name in alert.identity})[:8]),
            ", ".join(times.value for times in cases_by_times(adapter, cases)),
            repeats(adapter),
            "yes" if adapter.recovers else "never",
            expires(adapter, cases),
            answer(adapter),
            signatures(adapter),
            handshake(adapter, cases),
            delivery(adapter),
            "yes" if any(alert.episode for alert in seen) else "",
            ", ".join(name for name, there in carries.items() if there) if adapter.recovers else "",
        )
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


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
        adapter, cases = registry.find(name), load(FIXTURES / name)
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


def _toctree(vendors: list[tuple[Adapter, tuple[Case, ...]]]) -> Iterator[str]:
    yield "```{toctree}\n:hidden:\n"
    yield from (adapter.name for adapter, _ in vendors)
    yield "```"


# --- What both need --------------------------------------------------------------------------------------------------


def alerts(case: Case, adapter: Adapter) -> list[Alert]:
    """The alerts of a fixture; none where it is refused."""
    try:
        return list(case.parse(adapter))
    except PayloadError:
        return []


def _reason(case: Case, adapter: Adapter) -> Reason | None:
    try:
        return case.parse(adapter).reason
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
            return " or ".join(_type(one) for one in arguments)
        case "literal":
            return " or ".join(f"`{word}`" for word in arguments)
        case "list" | "items":
            return f"list of {_type(arguments[0])}"
        case "object":
            return f"object of {_type(arguments[1])}"
    return {dict: "object", type(None): "null", str: "text", Any: "anything"}.get(
        hint, getattr(hint, "__name__", "anything")
    )


def _code(text: str) -> str:
    return f"`{text.replace('|', chr(92) + '|')}`" if "`" not in text else f"``{text}``"


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this: the pages are written before any is read."""

    def fill_in(_app: Any, _page: str, source: list[str]) -> None:
        if PLACEHOLDER in source[0]:
            source[0] = source[0].replace(PLACEHOLDER, repeats_table())
        if REPLAYS_PLACEHOLDER in source[0]:
            source[0] = source[0].replace(REPLAYS_PLACEHOLDER, replays_table())

    app.connect("builder-inited", lambda app: write(Path(app.srcdir) / "vendors"))
    app.connect("source-read", fill_in)
    return {"parallel_read_safe": True}
