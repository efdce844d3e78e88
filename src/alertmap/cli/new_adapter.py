"""`alertmap new-adapter`: the module and the fixture folder of a new vendor, drafted from captured requests."""

import keyword
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from attrs import evolve, frozen
from rich.console import Console
from rich.text import Text

from alertmap.adapter import first_event, normalise
from alertmap.cli import tables
from alertmap.cli.drafting import Draft, draft, value
from alertmap.cli.files import RECORDED, Refused, WrongUsage, find, read, shown
from alertmap.cli.recording import recorded
from alertmap.cli.shared import end, say, wrong
from alertmap.cli.stubs import Case, Vendor, about, module, package
from alertmap.errors import DecodeError, PayloadError
from alertmap.intake import registry
from alertmap.intake.decode import decode
from alertmap.intake.envelope import unwrap
from alertmap.intake.redact import PLACEHOLDER, redact
from alertmap.model import Request, State
from alertmap.strict_json import Limits

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TITLE = re.compile(r"[A-Za-z0-9][\w .&()+/-]{0,39}", re.ASCII)
_PRODUCT = re.compile(r"[\w .,&()+/:-]{0,79}")
_KINDS = (("json", ".json"), ("form", ".form"), ("xml", ".xml"))
_USUAL = re.compile(
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
        list[str] | None, typer.Argument(metavar="[REQUEST]...", help="More of --from, as a shell's * gives them.")
    ] = None,
    *,
    given: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="REQUEST", help="A recorded request or a bare body to draft from, or a folder."),
    ] = None,
    root: Annotated[Path, typer.Option(metavar="DIR", help="The checkout, or where the package goes.")] = Path(),
    title: Annotated[str | None, typer.Option(help="The name as people write it.", show_default="made of NAME")] = None,
    product: Annotated[str, typer.Option(help="What sent the requests, with its version.", show_default=False)] = "",
    secret: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="One more field, header or parameter that is secret.")
    ] = None,
    as_package: Annotated[
        bool, typer.Option("--package", help="A distribution of its own, outside of alertmap.")
    ] = False,
) -> None:
    """Stub an adapter and its fixtures."""
    errors = tables.console(stderr=True)
    try:
        vendor = _vendor(name, title, product, drafted=bool(given or more))
        samples = list(_samples(errors, [*(given or ()), *(more or ())], secret or ()))
        files = _package(root, vendor, samples) if as_package else _inside(root, vendor, samples)
        _write(files)
    except WrongUsage as error:
        wrong(errors, str(error))
    except OSError as error:
        wrong(errors, f"it cannot be written: {error.strerror}")
    out = tables.console()
    for file in files:
        out.print(Text(f"written: {tables.plain(shown(file))}"), soft_wrap=True)
    out.print(Text(_next(vendor, as_package=as_package)), soft_wrap=True)
    end(failed=False)


def _vendor(name: str, title: str | None, product: str, *, drafted: bool) -> Vendor:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise WrongUsage("a vendor's name is lower-case letters, digits and _, at most 40, and no word of Python's")
    if name in registry.vendors():
        raise WrongUsage(f"there is an adapter called {name} already")
    written = name.replace("_", " ").strip().title() if title is None else title
    for text, pattern, option in ((written, _TITLE, "--title"), (product, _PRODUCT, "--product")):
        if not pattern.fullmatch(text):
            raise WrongUsage(f"{option} takes a plain name: ASCII letters and digits, blanks and . & ( ) + / -")
    return Vendor(name=name, title=written, product=product, drafted=drafted)


# --- Payloads --------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Sample:
    """A redacted request, and what is in it."""

    request: Request
    kind: str
    document: Any


def _samples(errors: Console, paths: Sequence[str], also: Iterable[str]) -> Iterable[_Sample]:
    if not paths:
        return
    found = 0
    for file in find(paths):
        for one in read(file):
            if isinstance(one, Refused):
                raise WrongUsage(one.line)
            request = redact(one.recorded.request, also)
            sample = _sample(request)
            if sample is None:
                say(errors, f"{one.name} holds no object of JSON, a form or XML: it is left out")
                continue
            found += 1
            yield sample
    if not found:
        raise WrongUsage("there is nothing to draft from")


def _sample(request: Request) -> _Sample | None:
    for kind, _ in (("query", ""), *_KINDS):
        try:
            decoded = decode(request, frozenset({kind}), Limits())
            document = _unwrapped(decoded.value) if decoded is not None else None
        except DecodeError:
            continue
        except PayloadError as error:
            raise WrongUsage(str(error)) from None
        event = first_event(document)
        if type(event) is dict and event:
            return _Sample(request=request, kind=kind, document=document)
    return None


def _unwrapped(document: Any) -> Any:
    """A document without its envelopes: the library takes them off."""
    while type(document) is dict:
        inner = unwrap(document, Limits())
        if inner is None or inner.handshake is not None:
            break
        document = inner.document
    return document


# --- Fixtures --------------------------------------------------------------------------------------------------------


def _cases(found: Draft, samples: Sequence[_Sample]) -> list[Case]:
    cases: list[Case] = []
    firing: list[tuple[Case, list[Any]]] = []
    for place, sample in enumerate(samples):
        is_other = place in found.others
        state, level = (None, "") if is_other else _told(found, sample.document)
        wanted = "resolved" if state is State.RESOLVED else level or (state.value if state else "payload")
        wanted = "other" if is_other else wanted
        stem = re.sub("[^a-z0-9]+", "_", wanted.lower()).strip("_") or "payload"
        taken = sum(re.fullmatch(rf"{stem}(_[0-9]+)?", case.name) is not None for case in cases)
        case = _case(f"{stem}_{taken + 1}" if taken else stem, sample, state, level)
        case = evolve(case, is_other=is_other)
        identity = [value(way, sample.document) for way in found.identity]
        if state is State.RESOLVED:
            same = [one for one, other in firing if other == identity] or [one for one, _ in firing]
            case = evolve(case, closes=same[-1].name if same else None)
        elif not is_other:
            firing.append((case, identity))
        cases.append(case)
    return cases


def _told(found: Draft, document: Any) -> tuple[State | None, str]:
    word, level = (value(way, document) if way else None for way in (found.state, found.level))
    if isinstance(word, bool):
        (meant,) = found.states.values()
        other = State.FIRING if meant is State.RESOLVED else State.RESOLVED
        return meant if word else other, "" if level is None else str(level)
    state = found.states.get(normalise(str(word)), State.FIRING) if found.state else None
    return state, "" if level is None else str(level)


def _case(name: str, sample: _Sample, state: State | None, level: str) -> Case:
    request = sample.request
    told = f"{state.value.capitalize() if state else 'A payload'}{f', level {level}' if level else ''}."
    shows = told if re.fullmatch(r"[\w .,:/+-]{1,100}", told) else "A payload."
    suffix = dict(_KINDS).get(sample.kind)
    facts = [*request.query.values()]
    facts += [text for name, text in request.headers.items() if not _USUAL.fullmatch(name)]
    plain = request.method == "POST" and set(facts) <= {PLACEHOLDER}
    if suffix is None or not plain or "charset" in request.headers.get("content-type", "").replace("charset=utf-8", ""):
        return Case(name=name, file=f"{name}{RECORDED}", body=recorded(request).encode(), shows=shows)
    body = request.body.encode() if isinstance(request.body, str) else request.body
    return Case(name=name, file=f"{name}{suffix}", body=body, shows=shows)


# --- Files -----------------------------------------------------------------------------------------------------------


def _drafted(vendor: Vendor, samples: Sequence[_Sample]) -> tuple[Vendor, Draft, list[Case]]:
    if not samples:
        # Of the one case there is no file yet, and the kit says so.
        return vendor, draft([_EXAMPLE]), [Case(name="firing", file="", body=b"", shows="")]
    found = draft([sample.document for sample in samples], vendor.name)
    formats = frozenset(sample.kind for sample in samples)
    return evolve(vendor, formats=formats), found, _cases(found, samples)


def _inside(root: Path, vendor: Vendor, samples: Sequence[_Sample]) -> dict[Path, bytes]:
    adapters = root / "src" / "alertmap" / "adapters"
    if not adapters.is_dir():
        raise WrongUsage(f"{shown(root)} is no checkout of alertmap: name one with --root, or take --package")
    vendor, found, cases = _drafted(vendor, samples)
    text = module(vendor, found, inside=True)
    return {adapters / f"{vendor.name}.py": text.encode(), **_fixtures(root, vendor, cases)}


def _package(root: Path, vendor: Vendor, samples: Sequence[_Sample]) -> dict[Path, bytes]:
    vendor, found, cases = _drafted(vendor, samples)
    folder = root / vendor.distribution
    files = {folder / file: text.encode() for file, text in package(vendor).items()}
    text = module(vendor, found, inside=False)
    return {folder / "src" / vendor.package / "__init__.py": text.encode(), **files, **_fixtures(folder, vendor, cases)}


def _fixtures(folder: Path, vendor: Vendor, cases: Sequence[Case]) -> dict[Path, bytes]:
    below = folder / "fixtures" / vendor.name
    bodies = {below / case.file: case.body for case in cases if case.file}
    return {below / "about.toml": about(vendor, cases).encode(), **bodies}


def _write(files: dict[Path, bytes]) -> None:
    """Write all files, or none where one of them is there already."""
    there = [file for file in files if file.exists() or file.is_symlink()]
    if there:
        raise WrongUsage(f"{shown(there[0])} is there already; nothing was written")
    for file, data in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as opened_file:
            opened_file.write(data)


def _next(vendor: Vendor, *, as_package: bool) -> str:
    steps = [
        "fill in about.toml, and put more payloads beside it: a recovery, each level",
        "read what is called guessed in the module and mend it; leave out the fields that nothing reads",
        f"python -m alertmap.testing.regold fixtures {vendor.name}, then read what each payload became",
        "python -m pytest" + ("" if as_package else f" tests/test_adapters.py -k {vendor.name}"),
    ]
    if as_package:
        steps.insert(0, f"cd {vendor.distribution}; pip install -e '.[test]'")
    return "\n".join(["next:", *(f"  {number}. {step}" for number, step in enumerate(steps, 1))])
