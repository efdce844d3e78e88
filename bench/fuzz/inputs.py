"""Inputs of the targets, and their form in a file: `tests/corpus/faults/<name>.json`."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from attrs import Factory, frozen

from alertmap import Request
from alertmap.intake import registry
from alertmap.testing.fixtures import document as document_of
from alertmap.testing.fixtures import load
from bench.cases import FIXTURES
from bench.fuzz.mutations import Pool, pool_of


@frozen
class Posted:
    """A request to the source of one vendor, or to no vendor's."""

    request: Request
    vendor: str = ""
    options: Mapping[str, Any] = Factory(dict)
    document: Any = None
    """The decoded document, for a function that takes it instead of the body."""
    secret: str = ""
    """A text of the payload that must stand in no message."""
    levels_identify: bool = False
    """The level is part of the key of this request."""


@frozen
class Seed:
    """A fixture: its request, and its document where it has one."""

    name: str
    request: Request
    document: Any
    options: Mapping[str, Any]
    levels_identify: bool


@cache
def seeds(vendor: str) -> Sequence[Seed]:
    """Return the fixtures of a vendor, in order of their names; none where it has no folder."""
    folder = FIXTURES / vendor
    if not folder.is_dir():
        return ()
    adapter, cases = registry.find(vendor), load(folder)
    # A change of one case may make it one in which the level is part of the identity.
    levels_identify = adapter.levels_identify or any(case.about.levels_identify for case in cases)
    return tuple(
        Seed(
            case.name,
            case.request,
            document_of(case, adapter.formats),
            dict(case.about.options),
            levels_identify,
        )
        for case in cases
    )


@cache
def pool(vendor: str) -> Pool:
    """Return the values in the fixtures of a vendor."""
    return pool_of([seed.document for seed in seeds(vendor)])


# --- Files ------------------------------------------------------------------------------------------------------------


def to_json(target: str, made: Any, about: str) -> str:
    """Write the input of a target, with a sentence about its fault."""
    written: dict[str, Any] = {"about": about, "target": target}
    if isinstance(made, Posted):
        request = made.request
        body = request.body
        written |= {"vendor": made.vendor, "options": dict(made.options), "secret": made.secret}
        written |= {"levels_identify": made.levels_identify, "document": made.document}
        written["request"] = {
            "method": request.method,
            "path": request.path,
            "headers": dict(request.headers),
            "query": dict(request.query),
            **({"text": body} if isinstance(body, str) else {"base64": b64encode(body).decode()}),
        }
    else:
        written["value"] = made
    return json.dumps(written, indent=1) + "\n"


def from_json(text: str) -> tuple[str, Any]:
    """Return the target and the input that `to_json` wrote."""
    written = json.loads(text)
    if "request" not in written:
        return written["target"], written["value"]
    sent = written["request"]
    body = sent["text"] if "text" in sent else b64decode(sent["base64"])
    request = Request(body, sent["method"], sent["path"], sent["headers"], sent["query"])
    names = ("vendor", "options", "document", "secret", "levels_identify")
    return written["target"], Posted(request, **{name: written[name] for name in names})


FAULTS = Path(__file__).parents[2] / "tests" / "corpus" / "faults"
"""Inputs that once broke a promise; a test runs each of them."""
