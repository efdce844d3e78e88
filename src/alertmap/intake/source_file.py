"""Sources in a TOML file: a table for each, all faults found in one run, with their lines.

```toml
[sources.db-alerts]
vendor = "prometheus_alertmanager"
identity = ["alertname", "instance"]
severity = "high"
title = "{title} on {labels.instance}"
labels = { team = "db" }
levels = { page = "critical" }
options = { ignore_labels = ["replica"] }
```

The keys of a table are the arguments of `Source`; those of its priorities stand beside them: `levels` (its overrides),
`preset` and `field`. Other tables than `sources` are left to the program that reads the file.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from alertmap._records import record
from alertmap.adapter import Adapter
from alertmap.errors import ConfigurationError, did_you_mean, join_limited, quoted
from alertmap.intake import registry
from alertmap.intake.severity import Priorities
from alertmap.intake.source import InvalidOptions, Source, read_options

Path = tuple[str, ...]
"""Keys from the top of the file to a value."""

_SETTINGS = ("vendor", "identity", "labels", "severity", "title", "message", "auth", "skip_repeated_bodies")
_PRIORITIES = ("levels", "preset", "field")
_KEYS = (*_SETTINGS, *_PRIORITIES, "options")


@record
class SourceFault:
    """One fault of a file of sources."""

    line: int
    """Line of the setting, from 1; that of the table, or 1, where the setting itself has none."""
    source: str
    """Name of the source; empty where the fault is in none."""
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {f'source {quoted(self.source)}: ' if self.source else ''}{self.message}"


class InvalidSources(ConfigurationError):
    """A file of sources has faults: `faults` lists all of them, in the order of their lines."""

    def __init__(self, *faults: SourceFault) -> None:
        super().__init__(join_limited([str(fault) for fault in faults]))
        self.faults = faults

    def __reduce__(self) -> tuple[Any, ...]:
        return InvalidSources, self.faults


def load_sources(text: str) -> dict[str, Source]:
    """Return the sources of a TOML text by name: each table `sources.NAME` is one.

    The keys of a table are `vendor` (needed), `identity`, `labels`, `severity`, `title`, `message`, `options`, `auth`
    (a table of `tokens`, `basic`, `secrets`, `topics`, `claims`, …) and `skip_repeated_bodies`, with the meaning that
    they have for `Source`, and `levels`, `preset` and `field`, which make its `Priorities`. Other
    tables of the file are not read.

    Raises:
        InvalidSources: the text is not TOML, or a setting is invalid; `faults` has all of them with their lines.
    """
    document, lines = read_toml(text)
    sources, faults = sources_of(document.get("sources"))
    if faults:
        raise located(faults, lines)
    return sources


Lines = Mapping[Path, int]
"""The line of each table and key of a file."""


def read_toml(text: str) -> tuple[dict[str, Any], Lines]:
    """Return a TOML text as tables, and the lines of its keys.

    Raises:
        InvalidSources: it is not TOML.
    """
    if not isinstance(text, str):
        raise ConfigurationError(f"sources: expected the text of a TOML file, got {type(text).__name__}")
    try:
        return tomllib.loads(text), _lines(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = re.search(r"line (\d+)", str(error))
        end = text.count("\n") + 1
        raise InvalidSources(SourceFault(int(place[1]) if place else end, "", f"not TOML: {error}")) from None


def sources_of(tables: object) -> tuple[dict[str, Source], list[tuple[Path, str]]]:
    """Return the sources of the table `sources` by name, and the faults of those that are not valid."""
    if not isinstance(tables, dict) or not tables:
        return {}, [((), "the file has no table [sources.NAME]")]
    sources: dict[str, Source] = {}
    faults: list[tuple[Path, str]] = []
    for name, table in tables.items():
        found = [*_faults(name, table)]
        if not found:
            try:
                sources[name] = _source(name, table)
            except ConfigurationError as error:
                found = [((), _without_name(str(error), name))]
        faults += [(("sources", name, *path), message) for path, message in found]
    return sources, faults


def located(faults: Iterable[tuple[Path, str]], lines: Lines) -> InvalidSources:
    """Return the error that lists faults with their lines, and with the names of their sources."""
    listed = [
        SourceFault(_line(lines, path), path[1] if path[:1] == ("sources",) and len(path) > 1 else "", message)
        for path, message in faults
    ]
    return InvalidSources(*sorted(listed, key=lambda fault: fault.line))


def _source(name: str, table: Mapping[str, Any]) -> Source:
    settings = {key: table[key] for key in _SETTINGS if key in table}
    return Source(name, options=table.get("options", {}), priorities=_priorities(table), **settings)


def _priorities(table: Mapping[str, Any]) -> Priorities:
    settings = {key: table[key] for key in _PRIORITIES[1:] if key in table}
    return Priorities(table.get("levels", {}), **settings)


def _faults(name: str, table: Any) -> Iterator[tuple[Path, str]]:
    """Yield the faults of one table, each with the path of its setting in the table; checked one by one."""
    if not isinstance(table, dict):
        yield (), f"expected a table, got {type(table).__name__}"
        return
    for key in table.keys() - set(_KEYS):
        shown = did_you_mean(key, _KEYS) or f"; there are {', '.join(_KEYS)}"
        yield (key,), f"there is no setting {quoted(key)}{shown}"
    if not name.strip():
        yield (), "the name of a source must not be blank"
        return
    adapter, fault = _adapter(table.get("vendor"))
    if adapter is None:
        yield ("vendor",), fault
    yield from _settings_faults(name, table, None if adapter is None else adapter.name)
    if adapter is not None and "options" in table:
        try:
            read_options(table["options"], adapter.options, adapter.name)
        except InvalidOptions as error:
            yield from ((("options", key) if key else ("options",), text) for key, text in error.faults)


def _settings_faults(name: str, table: Mapping[str, Any], vendor: str | None) -> Iterator[tuple[Path, str]]:
    for key in _SETTINGS[1:]:
        if key in table:
            yield from _try((key,), name, partial(Source, name, vendor=vendor, **{key: table[key]}))
    for key in _PRIORITIES[1:]:
        if key in table:
            yield from _try((key,), name, partial(Priorities, **{key: table[key]}))
    levels = table.get("levels", {})
    if not isinstance(levels, dict):
        yield ("levels",), f"levels must map levels to severities, got {type(levels).__name__}"
        return
    of_vendor = None if "field" in table else vendor  # with a field they are its values, not the vendor's levels
    for level, severity in levels.items():
        yield from _try(("levels", level), name, partial(Priorities, {level: severity}, vendor=of_vendor))


def _adapter(vendor: Any) -> tuple[Adapter | None, str]:
    """Return the adapter of a table, or the fault."""
    if vendor is None:
        return None, "vendor is missing"
    if not isinstance(vendor, str):
        return None, f"vendor must be the name of a vendor, got {type(vendor).__name__}"
    try:
        return registry.find(vendor), ""
    except Exception as error:  # noqa: BLE001 - an adapter that does not load is a fault of the file, too
        return None, str(error)


def _try(path: Path, name: str, make: Callable[[], object]) -> Iterator[tuple[Path, str]]:
    try:
        make()
    except ConfigurationError as error:
        yield path, _without_name(str(error), name)


def _without_name(message: str, name: str) -> str:
    return message.removeprefix(f"source {quoted(name)}: ")


# --- Lines ------------------------------------------------------------------------------------------------------------

_HEADER = re.compile(r"\s*\[{1,2}([^\[\]]+)\]{1,2}\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=(?P<value>.*)""")
_LONG_TEXT = re.compile("\"\"\"|'''")


def _lines(text: str) -> dict[Path, int]:
    """Return the line of each table header and key. `tomllib` gives none, so they are looked for line by line."""
    found: dict[Path, int] = {}
    table: Path = ()
    inside = ""  # the mark that ends a text of several lines
    for number, line in enumerate(text.splitlines(), 1):
        if inside:
            inside = "" if inside in line else inside
            continue
        header, key = _HEADER.fullmatch(line), _KEY.match(line)
        if header:
            table = _keys(header[1])
            found.setdefault(table, number)
        elif key:
            found.setdefault((*table, *_keys(key[1])), number)
        mark = _LONG_TEXT.search(key["value"]) if key else None
        if mark and line.count(mark[0]) == 1:
            inside = mark[0]
    return found


def _keys(dotted: str) -> Path:
    """Return the keys of a dotted key of TOML; none where it is not one."""
    try:
        value: Any = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    keys: list[str] = []
    while isinstance(value, dict):
        [(key, value)] = value.items()
        keys.append(key)
    return tuple(keys)


def _line(lines: Mapping[Path, int], path: Path) -> int:
    """Return the line of a setting: its own, or that of the nearest key or table around it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return next((line for keys, line in lines.items() if path and keys[: len(path)] == path), 1)
