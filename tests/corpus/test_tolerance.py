"""Of single damages to captured requests at most 8 % cost the page, for every vendor.

`tolerance.toml` lists the requests that are damaged, one per shape of body; names are added, never removed.
"""

import tomllib
from pathlib import Path

import pytest

import captures
from alertmap.intake import registry
from alertmap.testing.fixtures import About, Case
from alertmap.testing.tolerance import BAR, chosen_cases, measure
from corpus.rules import Kind, Rules
from corpus.vendors import VENDORS

LISTED: dict[str, list[str]] = tomllib.loads((Path(__file__).parent / "tolerance.toml").read_text(encoding="utf-8"))


def captured_cases(rules: Rules) -> list[Case]:
    """The captured requests with alerts, as cases of the kit."""
    found = []
    for one in captures.requests(rules.folder):
        if rules.kind(one) is Kind.ALERTS and not rules.waits(one):
            about = About(
                origin="captured", summary="", expect="firing high", options=rules.options.get(one.scenario, {})
            )
            folder = captures.SHARED / "captures" / rules.folder
            found.append(Case(one.name, folder, folder / f"{one.name}.json", one.request, about, one.received_at))
    return found


@pytest.mark.parametrize("rules", VENDORS, ids=lambda rules: rules.vendor)
def test_captured_requests_are_read_when_damaged(rules: Rules) -> None:
    """The listed requests lose few pages, and each shape of body is listed."""
    adapter = registry.find(rules.vendor)
    measured = measure(adapter, chosen_cases(adapter, captured_cases(rules), LISTED[rules.vendor]))
    assert measured.tried
    assert measured.share <= BAR, str(measured)
