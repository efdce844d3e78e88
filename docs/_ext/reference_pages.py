"""Writes the reference for authors: `alertmap.wire`, `alertmap.conventions` and the problem codes, from the code."""

import ast
import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import alertmap
from alertmap import conventions, wire
from alertmap.conventions import alertmanager, freshworks, github, nagios
from alertmap.model import ProblemCode, Request, Severity, State

PACKAGE = Path(alertmap.__file__).parent

SECTIONS = {
    "Models": ("model", "Items", "JsonIn", "Rest"),
    "Notes on a field": (
        *("state", "named", "also", "synonyms", "inside", "time_in", "regex"),
        *("Header", "Query", "ReceivedAt", "RequestPath", "RequestMethod"),
    ),
    "Functions": (
        *("rfc3339", "epoch", "uuid1_time", "before", "json_in", "json_or_text", "number_in", "number_or_text"),
        *("number_text", "scalar_text", "flatten", "loosen", "loose_keys", "state_word", "only_key"),
        *("unwrap_payload_field",),
        *("pick", "without_secrets", "leading_pairs", "read_broken", "read_mended"),
        *("TimeWithText", "LocalMoment", "Leading", "Flat", "PathOption", "Mismatch"),
    ),
}
"""The names of `alertmap.wire` that are for authors, besides the types of fields."""

CORE = frozenset(
    [
        *("Encoding", "Field", "Node", "ParseContext", "Read", "certain_keys", "decides", "encoding", "fields", "fits"),
        "key_choices",
        *("in_text", "is_closed", "is_model", "items", "kind", "kind_of", "may_fit_any", "misfit", "mismatch", "plain"),
        *("reader", "required_keys", "shadows", "structure", "without_placeholders"),
    ]
)
"""The names of `alertmap.wire` for the core and the kit; authors of a wire type of their own use some of them."""

FIELD_TYPES = tuple(name for name in wire.__all__ if wire.encoding(getattr(wire, name)) is not None)


def write(folder: Path) -> list[Path]:
    """Write all pages into a folder, and return their files."""
    folder.mkdir(exist_ok=True)
    pages = {"wire": wire_page(), "conventions": conventions_page(), "problems": problems_page()}
    for name, lines in pages.items():
        text = "\n".join(lines) + "\n"
        file = folder / f"{name}.md"
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
    return [folder / f"{name}.md" for name in pages]


# --- alertmap.wire ---------------------------------------------------------------------------------------------------


def wire_page() -> Iterator[str]:
    """Yield the lines of the page on `alertmap.wire`."""
    docs = docstrings((PACKAGE / "wire").glob("*.py"))
    yield "# Wire types\n"
    yield "`from alertmap import wire`: how a model and the types of its fields are declared. This page is generated.\n"
    yield (
        "A field without a default decides: where it is absent or does not fit, the body has not this shape. A field "
        "with a default never refuses: a value that does not fit is left out, with the problem `bad_field`.\n"
    )
    yield "## Types of fields\n\n| type | accepts | in Python | used by |\n|---|---|---|---|"
    for name in FIELD_TYPES:
        hint = getattr(wire, name)
        users = used_by(f"wire.{name}")
        shown = ", ".join(users[:3]) + (f" and {len(users) - 3} more" if users[3:] else "")
        yield f"| [`{name}`](#{name.lower()}) | {_cell(wire.encoding(hint).name)} | {_python(hint)} | {shown or '-'} |"
    for name in FIELD_TYPES:
        yield f"\n### {name}\n"
        yield docs.get(name, "") + "\n"
        yield "| sent | read as | problem |\n|---|---|---|"
        yield from _examples(getattr(wire, name))
    for title, names in SECTIONS.items():
        yield f"\n## {title}\n"
        for name in names:
            yield from _entry(f"wire.{name}", getattr(wire, name), docs.get(name, ""), used_by(f"wire.{name}"))
    yield "## For the core\n"
    names = ", ".join(f"`{name}`" for name in sorted(CORE))
    yield f"These may change without notice: {names}."


def _examples(hint: Any) -> Iterator[str]:
    """Yield a row for each example of an encoding: what was sent, and what becomes of it."""
    for value in wire.encoding(hint).examples:
        context = wire.ParseContext(Request(), None)
        try:
            read = _shown(wire.structure(wire.Node(value, (), context), hint))
        except wire.Mismatch as error:
            read = f"does not fit: {_cell(str(error).removesuffix(' @ $'))}"
        problems = ", ".join(f"`{code.value}`" for _, code, _ in context.warnings)
        yield f"| {_code(json.dumps(value, ensure_ascii=False))} | {read} | {problems} |"


def _shown(value: Any) -> str:
    text = value.isoformat() if hasattr(value, "isoformat") else repr(value)
    return _code(text)


def _python(hint: Any) -> str:
    return _code(_plain(inspect.formatannotation(get_args(hint)[0])).replace("NoneType", "None"))


# --- alertmap.conventions --------------------------------------------------------------------------------------------


def conventions_page() -> Iterator[str]:
    """Yield the lines of the page on `alertmap.conventions`."""
    # Other modules have tables of the same names.
    docs = docstrings(PACKAGE / "conventions" / f"{name}.py" for name in ("words", "groups"))
    yield "# Conventions\n"
    yield "`from alertmap import conventions`: words and names that many vendors share. This page is generated.\n"
    for name in conventions.__all__:
        value = getattr(conventions, name)
        if callable(value):
            yield from _entry(f"conventions.{name}", value, docs.get(name, ""), used_by(f"conventions.{name}"))
            continue
        yield f"## `conventions.{name}`\n"
        yield f"{docs.get(name, '')}\n"
        yield from _table(value)
    yield from _family("Alertmanager's alert", alertmanager)
    yield from _family("Notifications of Nagios", nagios)
    yield from _family("Tickets of Freshdesk and Freshservice", freshworks)
    yield from _family("Repositories and issues of GitHub, Gitea and Forgejo", github)


def _family(title: str, module: ModuleType) -> Iterator[str]:
    """Yield the lines on what the vendors of a family share: the functions and classes of its module."""
    short = module.__name__.rpartition(".")[2]
    yield f"## {title}\n"
    yield f"`from alertmap.conventions import {short}`. {inspect.cleandoc(module.__doc__ or '')}\n"
    for name, value in vars(module).items():
        is_own = inspect.isfunction(value) or inspect.isclass(value)
        if is_own and not name.startswith("_") and value.__module__ == module.__name__:
            yield from _entry(f"{short}.{name}", value, "", used_by(f"{short}.{name}"))


def _table(value: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield ", ".join(f"`{word}`" for word in value) + "\n"
        return
    by_meaning: dict[str, list[str]] = {}
    for word, meaning in value.items():
        if isinstance(meaning, State | Severity):
            by_meaning.setdefault(meaning.value, []).append(word)
        else:
            by_meaning[word] = list(meaning)
    yield "| meaning | words |\n|---|---|"
    yield from (f"| {meaning} | {', '.join(f'`{word}`' for word in words)} |" for meaning, words in by_meaning.items())
    yield ""


# --- Problem codes ---------------------------------------------------------------------------------------------------


def problems_page() -> Iterator[str]:
    """Yield the lines of the page on problem codes."""
    yield "# Problem codes\n"
    yield (
        "A problem says what was guessed, left out or doubted. The core and the wire types add theirs by themselves; "
        "`read` adds one for what only the adapter knows. This page is generated.\n"
    )
    yield "| code | when | added by |\n|---|---|---|"
    source = inspect.getsource(ProblemCode)
    for code in ProblemCode:
        (when,) = re.findall(rf"^    {code.name} = .*?  # (.*)$", source, re.MULTILINE)
        yield f"| `{code.value}` | {_cell(when)} | {', '.join(_adders(code))} |"


def _adders(code: ProblemCode) -> Iterator[str]:
    for part, name in (("intake", "the core"), ("wire", "wire types"), ("conventions", "`conventions`")):
        if any(
            f"ProblemCode.{code.name}" in file.read_text(encoding="utf-8") for file in (PACKAGE / part).rglob("*.py")
        ):
            yield name
    yield from used_by(f"ProblemCode.{code.name}")


# --- What the pages need ---------------------------------------------------------------------------------------------


def docstrings(files: Iterable[Path]) -> dict[str, str]:
    """Return the docstring of each constant in these modules: the text after it, or after its next ones."""
    found: dict[str, str] = {}
    for file in files:
        waiting: list[str] = []
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                waiting.append(node.targets[0].id)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and waiting:
                found |= dict.fromkeys(waiting, inspect.cleandoc(str(node.value.value)))
                waiting = []
            else:
                waiting = []
    return found


def used_by(name: str) -> list[str]:
    """List the built-in adapters whose code names something."""
    used = re.compile(rf"\b{re.escape(name)}\b")
    return sorted({vendor for vendor, code in _sources() if name in code and used.search(code)})


@cache
def _sources() -> tuple[tuple[str, str], ...]:
    """Return the vendor and the text of each file of the adapters."""
    folder = PACKAGE / "adapters"
    files = [*folder.rglob("[a-z]*.py"), *folder.glob("*/__init__.py")]
    return tuple((it.relative_to(folder).parts[0].removesuffix(".py"), it.read_text("utf-8")) for it in files)


def _entry(name: str, value: Any, doc: str, users: list[str]) -> Iterator[str]:
    yield f"### `{name}`\n"
    if inspect.isfunction(value):
        yield f"```text\n{name}{_plain(str(inspect.signature(value)))}\n```\n"
    text = re.sub(r"^(Args|Returns|Raises):$", r"**\1**\n", doc or inspect.getdoc(value) or "", flags=re.MULTILINE)
    yield re.sub(r"^    (\w+): ", r"- `\1`: ", text, flags=re.MULTILINE) + "\n"
    if users:
        yield f"Used by {', '.join(users)}.\n"


def _plain(signature: str) -> str:
    """Return a signature without the names of modules."""
    return re.sub(r"~|\b(?:alertmap|collections|typing|datetime)(?:\.[a-z_]+)*\.(?=[A-Za-z])", "", signature)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{_cell(text)}`" if "`" not in text else f"`` {_cell(text)} ``"


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this: the pages are written before any is read."""
    app.connect("builder-inited", lambda app: write(Path(app.srcdir) / "reference"))
    return {"parallel_read_safe": True}
