"""The zoo: one or two small payloads of every built-in vendor, for any adapter to be tried against.

`python -m alertmap.testing.regold fixtures` writes `zoo.json` from the fixture folders. It is part of the package, so
that third parties have it too.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from alertmap.adapter import Adapter, Rank
from alertmap.intake import registry
from alertmap.intake.decode import decode
from alertmap.intake.detect import detect, match_of
from alertmap.intake.marks import first_event
from alertmap.intake.recorded import from_document, write_recorded
from alertmap.model import Request
from alertmap.strict_json import Limits
from alertmap.testing.fixtures import Case, load
from alertmap.testing.fixtures import document as document_of

ZOO = Path(__file__).with_name("zoo.json")


@frozen
class Animal:
    """A payload of the zoo: its vendor's adapter, the fixture it was, the request, and its document."""

    adapter: Adapter
    name: str
    request: Request
    document: Any
    is_strong: bool
    """It has marks that only its vendor's payloads have."""


def read_zoo(without: str = "") -> Iterator[Animal]:
    """Yield all payloads but those of one vendor."""
    return (animal for animal in _zoo() if animal.adapter.name != without)


@cache
def _zoo() -> tuple[Animal, ...]:
    vendors = json.loads(ZOO.read_text(encoding="utf-8"))
    return tuple(_animal(registry.find(vendor), each) for vendor, requests in vendors.items() for each in requests)


def _animal(adapter: Adapter, recorded: Any) -> Animal:
    request = from_document(recorded).request
    decoded = decode(request, adapter.formats, Limits())
    document = decoded.value if decoded else None
    match = match_of(adapter, document, request)
    return Animal(adapter, recorded["fixture"], request, document, match is not None and match.rank is Rank.STRONG)


def zoo_text(root: Path) -> str:
    """Return the text of `zoo.json`, made from the fixture folders below `root`."""
    zoo = {}
    for folder in sorted(folder for folder in root.iterdir() if (folder / "about.toml").is_file()):
        adapter = registry.find(folder.name)
        if chosen := _chosen(adapter, load(folder)):
            zoo[folder.name] = [_recorded(case) for case in chosen]
    return json.dumps(zoo, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _chosen(adapter: Adapter, cases: tuple[Case, ...]) -> list[Case]:
    """A small fixture that becomes an alert without options and is recognised, and one that shares few keys with it."""
    fit = [
        case
        for case in sorted(cases, key=_order)
        if not case.about.options
        and "alerts" in case.outcome(adapter)
        and case.about.detect
        and _is_text(case)
        and detect(case.request, adapters=[adapter]) is not None
    ]
    if not fit:
        return []
    first, *others = fit
    own = _keys(adapter, first)
    unlike = [case for case in others if _keys(adapter, case) != own]
    second = min(
        unlike, key=lambda case: len(own & _keys(adapter, case)) / len(own | _keys(adapter, case)), default=None
    )
    return [first, second] if second else [first]


def _keys(adapter: Adapter, case: Case) -> frozenset[str]:
    event = first_event(document_of(case, adapter.formats))
    return frozenset(event) if isinstance(event, dict) else frozenset()


def _order(case: Case) -> tuple[bool, int, str]:
    """Real and documented payloads first, small ones first."""
    return case.about.origin == "constructed", len(case.request.body), case.name


def _is_text(case: Case) -> bool:
    try:
        return bool(_body(case))
    except UnicodeDecodeError:
        return False


def _body(case: Case) -> str:
    body = case.request.body
    return body if isinstance(body, str) else body.decode()


def _recorded(case: Case) -> dict[str, Any]:
    return {"fixture": case.name, **json.loads(write_recorded(case.request))}
