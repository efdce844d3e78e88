"""`alertmap new-adapter`: draft the module and the fixture folder of a new vendor from captured requests."""

import json
import keyword
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from attrs import evolve, frozen
from rich.console import Console
from rich.text import Text

from alertmap.cli import tables
from alertmap.cli.files import ADAPTERS, Input, Refused, WrongUsage, find, printable, read
from alertmap.cli.scaffold.infer import COMMON_KEYS, Draft, infer, letters, without_times
from alertmap.cli.scaffold.render import Case, Vendor, about, module, package
from alertmap.cli.shared import Secret, end, say, wrong
from alertmap.errors import DecodeError, PayloadError
from alertmap.intake import registry
from alertmap.intake.decode import decode
from alertmap.intake.envelope import unwrap
from alertmap.intake.marks import first_event
from alertmap.intake.recorded import write_recorded
from alertmap.intake.redact import PLACEHOLDER, redact
from alertmap.model import Request, State
from alertmap.strict_json import Limits
from alertmap.testing.fixtures import RECORDED, case_name

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TITLE = re.compile(r"[A-Za-z0-9][\w .&()+/-]{0,39}", re.ASCII)
_PRODUCT = re.compile(r"[\w .,&()+/:-]{0,79}")
_SUMMARY = re.compile(r"[\w .,:/+()-]{1,150}")
_SUFFIXES = {"json": ".json", "form": ".form", "xml": ".xml"}
_COMMON_HEADERS = re.compile(
    "host|user-agent|content-.*|accept.*|connection|keep-alive|cache-control|pragma|expect|date|via|forwarded"
    "|x-forwarded-.*|x-real-ip|x-request-id|traceparent|tracestate|authorization"
)
_EXAMPLE = {
    "id": "42",
    "status": "firing",
    "severity": "critical",
    "title": "Disk full",
    "time": "2026-01-31T12:00:00Z",
}


def new_adapter(
    name: Annotated[str, typer.Argument(help="The vendor's name: lower-case letters, digits and _.")],
    more: Annotated[
        list[str] | None, typer.Argument(metavar="[REQUEST]...", help="More requests, as a shell's * gives them.")
    ] = None,
    *,
    given: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="REQUEST", help="A recorded request, a bare body or a folder to draft from."),
    ] = None,
    root: Annotated[Path, typer.Option(metavar="DIR", help="The checkout, or the folder for the package.")] = Path(),
    title: Annotated[str | None, typer.Option(help="The name as people write it.", show_default="made of NAME")] = None,
    product: Annotated[
        str,
        typer.Option(help="The software that sent the requests, with its version.", show_default="as recorded"),
    ] = "",
    secret: Secret = None,
    as_package: Annotated[bool, typer.Option("--package", help="Draft a package of its own.")] = False,
) -> None:
    """Draft an adapter and its fixtures."""
    errors = tables.console(stderr=True)
    try:
        vendor = _vendor(name, title, product)
        samples = _thinned(errors, list(_samples(errors, [*(given or ()), *(more or ())], secret or (), product)))
        files = _files(root, vendor, samples, as_package=as_package)
        _write(files)
    except WrongUsage as error:
        wrong(errors, str(error))
    except OSError as error:
        wrong(errors, f"cannot write: {error.strerror}")
    out = tables.console()
    for file in files:
        out.print(Text(f"written: {tables.plain(printable(file))}"), soft_wrap=True)
    out.print(Text(_next(vendor, as_package=as_package)), soft_wrap=True)
    end(failed=False)


def _vendor(name: str, title: str | None, product: str) -> Vendor:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise WrongUsage("a vendor's name is at most 40 lower-case letters, digits and _, and not a keyword of Python")
    if name in registry.vendors():
        raise WrongUsage(f"there is already an adapter called {name}")
    title = name.replace("_", " ").strip().title() if title is None else title
    for text, pattern, option in ((title, _TITLE, "--title"), (product, _PRODUCT, "--product")):
        if not pattern.fullmatch(text):
            raise WrongUsage(f"{option} takes a plain name: ASCII letters and digits, blanks and . & ( ) + / -")
    return Vendor(name=name, title=title)


# --- Payloads --------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Sample:
    """A redacted request, decoded."""

    request: Request
    kind: str
    document: Any
    scenario: str = ""
    """The name of its file; "" for a number, a line of JSON Lines and standard input."""
    product: str = ""


def _samples(errors: Console, paths: Sequence[str], also: Iterable[str], product: str) -> Iterator[_Sample]:
    found = find(paths)
    for given in filter(Path.is_dir, map(Path, paths)):
        inside = (Path(one.name).parent for one in found if Path(one.name).is_relative_to(given))
        for folder, count in Counter(inside).items():
            if folder != given:
                say(
                    errors,
                    f"{printable(folder)}: {tables.counted(count, 'file')} of a subfolder taken, too; "
                    "if they are of another integration, name files instead of the folder",
                )
    used = 0
    for one in (one for file in found for one in read(file)):
        if isinstance(one, Refused):
            raise WrongUsage(one.line)
        sample = _sample(one, also)
        if sample is None:
            say(errors, f"{one.name}: left out, because it holds no object of JSON, a form or XML")
            continue
        used += 1
        yield evolve(sample, product=product or sample.product)
    if paths and not used:
        raise WrongUsage("there is nothing to draft from")


def _sample(one: Input, also: Iterable[str]) -> _Sample | None:
    request = redact(one.recorded.request, also)
    for kind in ("query", *_SUFFIXES):
        try:
            decoded = decode(request, frozenset({kind}), Limits())
            document = _unwrapped(decoded.value) if decoded is not None else None
        except DecodeError:
            continue
        except PayloadError as error:
            raise WrongUsage(str(error)) from None
        event = first_event(document)
        if type(event) is dict and event:
            product = one.recorded.product if _PRODUCT.fullmatch(one.recorded.product) else ""
            return _Sample(request=request, kind=kind, document=document, scenario=_scenario(one.name), product=product)
    return None


def _unwrapped(document: Any) -> Any:
    """Return a document without its envelopes: the library removes them."""
    while type(document) is dict:
        inner = unwrap(document, Limits())
        if inner is None or inner.handshake is not None:
            break
        document = inner.document
    return document


def _scenario(name: str) -> str:
    stem = re.sub(r"^v[0-9][0-9.]*[_-]", "", case_name(Path(name)).lower())
    stem = re.sub("[^a-z0-9]+", "_", stem).strip("_")
    return stem[:60] if re.search("[a-z]", stem) and not name.partition(":")[2].isdecimal() else ""


_MOST_NAMED = 5


def _thinned(errors: Console, samples: Sequence[_Sample]) -> list[_Sample]:
    """Leave out the requests that repeat another, but for their times."""
    kept: dict[str, _Sample] = {}
    copies: list[str] = []
    for number, sample in enumerate(samples, 1):
        facts = [sample.kind, sample.request.method, sorted(_facts(sample.request)), without_times(sample.document)]
        if kept.setdefault(json.dumps(facts), sample) is not sample:
            copies.append(sample.scenario or f"request {number}")
    if copies:
        named = ", ".join(copies[:_MOST_NAMED]) + (", …" if len(copies) > _MOST_NAMED else "")
        counts = f"{len(copies)} of {len(samples)}"
        say(errors, f"{counts} requests left out: they repeat others, but for their times ({named})")
    return list(kept.values())


def _facts(request: Request) -> list[tuple[str, str]]:
    """List what a request holds besides its body that may matter: its query and its uncommon headers."""
    headers = [(name, text) for name, text in request.headers.items() if not _COMMON_HEADERS.fullmatch(name)]
    return [(name, text) for name, text in (*headers, *request.query.items()) if text != PLACEHOLDER]


# --- Fixtures --------------------------------------------------------------------------------------------------------


def _cases(vendor: Vendor, draft: Draft, samples: Sequence[_Sample]) -> list[Case]:
    cases: list[Case] = []
    firing: list[tuple[Case, list[Any]]] = []
    taken: set[str] = set()
    for place, sample in enumerate(samples):
        shape, document = draft.shape_of(place), sample.document
        state, level, identity, is_test = None, "", list[Any](), False
        if shape is not None:
            state, level, is_test = shape.state_in(document), shape.level_in(document), shape.is_test(document)
            identity = shape.identity_in(document)
        word = "resolved" if state is State.RESOLVED else level or (state.value if state else "payload")
        word = "other" if shape is None else "test" if is_test else word
        stem = sample.scenario or re.sub("[^a-z0-9]+", "_", word.lower()).strip("_") or "payload"
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name)
        needs_header = vendor.name in letters(sample.request.header("user-agent") or "") and (
            shape is None or all(letters(place.key) in COMMON_KEYS for place in shape.everywhere)
        )
        file, body = _file(name, sample, needs_header=needs_header)
        meaning = "test button" if is_test else state.value if state else "no state found"
        meaning += f", level {level}" if level and not is_test else ""
        summary = f"{sample.scenario.replace('_', ' ')}: {meaning}.".removeprefix(": ").capitalize()
        summary = summary if _SUMMARY.fullmatch(summary) else "A payload."
        case = Case(
            name=name, file=file, body=body, summary=summary, product=sample.product, has_model=shape is not None
        )
        if state is State.RESOLVED:
            same = [one for one, other in firing if other == identity] or [one for one, _ in firing]
            case = evolve(case, closes=same[-1].name if same else None)
        elif shape is not None and not is_test:
            firing.append((case, identity))
        cases.append(case)
    return cases


def _file(name: str, sample: _Sample, *, needs_header: bool) -> tuple[str, bytes]:
    """Return the file of a fixture: a bare body, or a recorded request where anything else may matter."""
    request = sample.request
    suffix = _SUFFIXES.get(sample.kind)
    charset = "charset" in request.headers.get("content-type", "").replace("charset=utf-8", "")
    if (
        suffix is None
        or needs_header
        or charset
        or request.method != "POST"
        or any(text for _, text in _facts(request))
    ):
        return f"{name}{RECORDED}", write_recorded(request).encode()
    return f"{name}{suffix}", request.body.encode() if isinstance(request.body, str) else request.body


# --- Files -----------------------------------------------------------------------------------------------------------


def _files(root: Path, vendor: Vendor, samples: Sequence[_Sample], *, as_package: bool) -> dict[Path, bytes]:
    if not as_package and not (root / ADAPTERS).is_dir():
        raise WrongUsage(f"{printable(root)} is not a checkout of alertmap: pass --root, or --package")
    if samples:
        draft = infer([sample.document for sample in samples])
        vendor = evolve(vendor, formats=frozenset(sample.kind for sample in samples))
        cases = _cases(vendor, draft, samples)
    else:
        draft, vendor = infer([_EXAMPLE]), evolve(vendor, drafted=False)
        cases = [Case(name="firing", file="", body=b"", summary="")]  # its file is for the author to write
    text = module(vendor, draft, inside=not as_package)
    if as_package:
        root /= vendor.distribution
        files = {f"src/{vendor.package}/__init__.py": text, **package(vendor)}
    else:
        files = {str(ADAPTERS / f"{vendor.name}.py"): text}
    fixtures = root / "fixtures" / vendor.name
    bodies = {fixtures / case.file: case.body for case in cases if case.file}
    return {
        **{root / file: content.encode() for file, content in files.items()},
        fixtures / "about.toml": about(cases).encode(),
        **bodies,
    }


def _write(files: dict[Path, bytes]) -> None:
    """Write all files, or none where one of them exists."""
    for file in files:
        if file.exists() or file.is_symlink():
            raise WrongUsage(f"{printable(file)} exists; nothing was written")
    for file, data in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as opened:
            opened.write(data)


def _next(vendor: Vendor, *, as_package: bool) -> str:
    steps = [
        "complete about.toml: expect is what each request must become; add a recovery, each level, the test button",
        "check each guess in the module, then remove its comment",
        f"python -m alertmap.testing.regold fixtures {vendor.name}, then read the alerts of each payload",
        "python -m pytest" + ("" if as_package else f" tests/test_adapters.py -k {vendor.name}"),
    ]
    if as_package:
        steps.insert(0, f"cd {vendor.distribution}; python -m pip install -e '.[test]'")
    else:
        steps.insert(0, "python -m pip install -e '.[cli,testing]', unless this checkout is installed so already")
    return "\n".join(["next:", *(f"  {number}. {step}" for number, step in enumerate(steps, 1))])
