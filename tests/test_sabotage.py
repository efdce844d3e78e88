"""The conformance kit sees meaning: two small adapters are broken in all ways of a table, and the kit must find it.

Each row of the table is a mistake that an author may make. Its goldens are written from the broken adapter, as by an
author who believes in it; `expect` and the streams, which are written by hand, stay as they are.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from alertmap.adapter import Adapter
from alertmap.testing import conformance
from alertmap.testing.bodies import LIST, list_text, listed, unlisted
from alertmap.testing.fixtures import dump, load

FOLDER = Path(__file__).parent / "sabotage"
LEAST = 25
"""So many rows the kit must find."""


class Breakage(NamedTuple):
    """A change of an adapter's source: texts before and after, in turn."""

    vendor: str
    changes: tuple[str, ...]
    forgets: tuple[str, ...] = ()
    """Cases whose `closes` the author leaves out."""


IDENTITY = """[{"check": check.uuid}, {"unique_key": check.unique_key}, {"name": check.name, "slug": check.slug}]"""
PROBE = """    identity = {"probe": event.beacon_id}
"""
IN_TABLE = "STATES.get(%s, State.FIRING)"
READ_BARE = "    return reading(check, check.status, None)"
TAGS = """labels={"tags": check.tags, "slug": check.slug},"""
ALERT_STATE = "alert_type: Annotated[State | None, wire.state(STATES)]"


def key_with(part: str) -> tuple[str, str]:
    """Put one more part into the usual identity of pulse."""
    return IDENTITY, IDENTITY.replace("check.uuid}", f'check.uuid, "part": {part}}}')


ROWS: dict[str, tuple[Breakage, ...]] = {
    "two severities are swapped": (
        Breakage("pulse", ("} | {", '} | {"low": Severity.MEDIUM, "medium": Severity.LOW, ')),
        Breakage(
            "beacon",
            ('"DEGRADED": Severity.MEDIUM, "SSL": Severity.LOW', '"DEGRADED": Severity.LOW, "SSL": Severity.MEDIUM'),
        ),
    ),
    "the level of what has none is another": (Breakage("pulse", ("Severity.HIGH}", "Severity.INFO}")),),
    "the key of a recovery differs in all shapes": (
        Breakage("pulse", key_with("state.value if state is State.RESOLVED else str()")),
        Breakage(
            "beacon",
            (
                *("        identity=identity,", '        identity={**identity, "state": event.alert_type.value},'),
                *("event.beacon_incident_key}", "event.beacon_incident_key + event.status.value}"),
            ),
        ),
    ),
    "the key of a recovery differs in one shape, and its closes is forgotten": (
        Breakage(
            "pulse",
            (
                READ_BARE,
                READ_BARE.replace("check,", "Check(status=check.status, uuid=check.uuid + str(check.n_beats)),", 1),
            ),
            ("bare_up",),
        ),
        Breakage(
            "beacon",
            ('{"probe": event.beacon_incident_key}', '{"probe": event.beacon_incident_key + event.status.value}'),
            ("incident_resolved",),
        ),
    ),
    "the problem key_fallback is dropped": (
        Breakage("pulse", (IDENTITY, '{"check": check.uuid or check.unique_key or check.name or None}')),
    ),
    "the problem state_unknown is dropped": (
        Breakage(
            "pulse",
            (
                *("status: Annotated[State | None, wire.state(STATES)]", "status: wire.Text"),
                *("event.status, event", IN_TABLE % "event.status" + ", event"),
                *("check.status, None", IN_TABLE % "check.status" + ", None"),
            ),
        ),
        Breakage(
            "beacon",
            (
                *(ALERT_STATE, "alert_type: wire.Text"),
                *(
                    "    if event.alert_type is None",
                    f"    state = {IN_TABLE % 'event.alert_type'}\n    if state is None",
                ),
                *("state=event.alert_type", "state=state"),
                *("level(event.alert_type", "level(state"),
            ),
        ),
    ),
    "the level, a value of its own, is in the key": (
        Breakage("beacon", (PROBE, PROBE.replace("}", ', "level": LEVELS.get(event.level, Severity.HIGH).value}'))),
    ),
    "the level, a word inside a text, is in the key": (Breakage("pulse", key_with("check.tags")),),
    "the state is in the key": (Breakage("pulse", key_with("state.value")),),
    "the time is in the key": (Breakage("pulse", key_with("str(event.now if event else None)")),),
    "the name is in the key": (Breakage("pulse", key_with("check.name")),),
    "a test button fires": (Breakage("pulse", ("        return Notice(reason=Reason.TEST)", "        pass")),),
    "an unknown state resolves": (
        Breakage(
            "pulse",
            (
                *("status: Annotated[State | None, wire.state(STATES)]", "status: wire.Text"),
                *("event.status, event", "STATES.get(event.status, State.RESOLVED), event"),
                *("check.status, None", "STATES.get(check.status, State.RESOLVED), None"),
            ),
        ),
    ),
    "a pause resolves": (Breakage("pulse", ("State.SUPPRESSED", "State.RESOLVED")),),
    "a recovery fires": (Breakage("pulse", ('"up": State.RESOLVED', '"up": State.FIRING')),),
    "a recovery fires, and no closes is written": (
        Breakage("pulse", ('"up": State.RESOLVED', '"up": State.FIRING'), ("up", "up_untagged", "bare_up")),
    ),
    "two alerts of one thing share a key": (
        Breakage("beacon", ('        identity["certificate"] = event.ssl_domain', "        pass")),
    ),
    "a word of the dossier is not in the table of states": (
        Breakage("beacon", ('    "DEGRADED": State.FIRING,\n', "")),
        Breakage("pulse", (', "new": None', "")),
    ),
    "a repeat acknowledges": (
        Breakage("beacon", ('"FAILURE_REMAIN": State.FIRING', '"FAILURE_REMAIN": State.ACKNOWLEDGED')),
    ),
    "a secret is in the links": (
        Breakage(
            "pulse",
            (
                "beat_url: wire.Discarded = None",
                'beat_url: wire.Text = ""',
                TAGS,
                TAGS + ' links={"beat": check.beat_url},',
            ),
        ),
    ),
    "the time is that of another field": (Breakage("pulse", ("event.now if event", "check.last_beat if event")),),
    "times says that a repeat has the same time": (
        Breakage("pulse", ("    times=Times.STATED", "    times=Times.SINCE")),
        Breakage("beacon", ("    times=Times.STATED", "    times=Times.SINCE")),
    ),
    "a repeat is another alert": (
        Breakage("beacon", (PROBE, PROBE.replace("}", ', "since": str(event.started_at)}'))),
    ),
    "marks that anybody has": (Breakage("pulse", ('{"leeway", "n_beats", "beat_url"}', '{"name", "status"}')),),
    "read raises where tags are blank": (
        Breakage(
            "pulse",
            ("in LEVELS), ", "in LEVELS), check.tags.split()[0] and "),
        ),
    ),
    "read asks the clock": (
        Breakage(
            "pulse",
            (
                "event.now if event else None",
                "event.now if event else __import__('datetime').datetime.now().astimezone()",
            ),
        ),
    ),
}


def broken_source(breakage: Breakage) -> str:
    """The source of the adapter, with the change."""
    source = (FOLDER / f"{breakage.vendor}.py").read_text(encoding="utf-8")
    for before, after in zip(breakage.changes[::2], breakage.changes[1::2], strict=True):
        assert before in source, before
        source = source.replace(before, after)
    return source


def prepare(breakage: Breakage, folder: Path) -> tuple[Adapter, Path]:
    """Write a broken adapter and its fixtures, with goldens that agree with it."""
    name = breakage.vendor
    file = folder / f"{name}.py"
    file.write_text(broken_source(breakage), encoding="utf-8")
    spec = spec_from_file_location(f"sabotaged_{name}_{abs(hash(breakage))}", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    adapter: Adapter = module.adapter
    fixtures = folder / name
    shutil.copytree(FOLDER / name, fixtures)
    about = (fixtures / "about.toml").read_text(encoding="utf-8")
    for case in breakage.forgets:
        head, mark, table = about.partition(f"[{case}]\n")
        entry, blank, rest = table.partition("\n\n")
        lines = [line for line in entry.splitlines() if not line.startswith("closes")]
        assert len(lines) < len(entry.splitlines())
        about = head + mark + "\n".join(lines) + blank + rest
    (fixtures / "about.toml").write_text(about, encoding="utf-8")
    with suppress(Exception):
        regold(adapter, fixtures)
    return adapter, fixtures


def regold(adapter: Adapter, fixtures: Path) -> None:
    """Write goldens and the list of bodies, as far as the adapter goes."""
    cases = load(fixtures)
    for case in cases:
        with suppress(Exception):
            case.golden.write_text(dump(case.outcome(adapter)), encoding="utf-8")
    names = listed(fixtures)
    (fixtures / LIST).write_text(list_text([*names, *unlisted(adapter, cases, names)]), encoding="utf-8")


def red_checks(adapter: Adapter, fixtures: Path) -> list[str]:
    """The tests of the kit that fail; those over generated payloads only where all others pass."""
    kit = conformance(adapter, fixtures)
    tests = {name: test for name, test in vars(kit).items() if name.startswith("test_")}
    generated = {name for name, test in tests.items() if hasattr(test, "hypothesis")}
    plain = [name for name, test in tests.items() if name not in generated and not passes(kit, test)]
    return plain or [name for name in sorted(generated) if not passes(kit, tests[name])]


def passes(kit: type, test: Any) -> bool:
    """Run a test with each of its arguments."""
    try:
        for arguments in calls(test):
            with suppress(pytest.skip.Exception):
                test(kit(), **arguments)
    except Exception:  # noqa: BLE001 - a test that fails, however
        return False
    return True


def calls(test: Any) -> Iterator[dict[str, Any]]:
    """The arguments of each call that pytest would make; the kit's tests have at most one parameter."""
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    if not marks:
        yield {}
    for mark in marks:
        name, values = mark.args
        for value in values:
            yield {name: value.values[0] if hasattr(value, "values") and hasattr(value, "marks") else value}


@pytest.mark.parametrize("vendor", ["pulse", "beacon"])
def test_the_adapters_are_green(vendor: str, tmp_path: Path) -> None:
    """Without a change nothing is red: not with the goldens, and not with what was committed."""
    adapter, fixtures = prepare(Breakage(vendor, ()), tmp_path)
    assert red_checks(adapter, fixtures) == []
    assert (fixtures / LIST).read_bytes() == (FOLDER / vendor / LIST).read_bytes()


def test_the_kit_finds_most_breakages(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Of the 26 rows of the table at least 25 are red; those that stay green are printed."""
    assert len(ROWS) == 26
    found: dict[str, list[list[str]]] = {}
    for row, breakages in ROWS.items():
        for number, breakage in enumerate(breakages):
            folder = tmp_path / f"{len(found)}_{number}"
            folder.mkdir()
            found.setdefault(row, []).append(red_checks(*prepare(breakage, folder)))
    green = [row for row, checks in found.items() if not all(checks)]
    lines = [f"{row}: {'; '.join(', '.join(some) or 'GREEN' for some in checks)}" for row, checks in found.items()]
    total = f"{len(ROWS) - len(green)} of {len(ROWS)} rows are red; green: {'; '.join(green) or 'none'}"
    record_property("sabotage", total)
    print("\n".join(lines))  # noqa: T201 - for `pytest -rA`
    assert len(ROWS) - len(green) >= LEAST, "\n".join(lines)
