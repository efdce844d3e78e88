"""A body of one vendor that is posted to the source of another: refused with the name of its vendor, or noted."""

from functools import cache

import pytest

from alertmap import AlertmapError, Batch, PayloadError, ProblemCode, ShapeError, detect, parse, vendors
from alertmap.intake import registry
from alertmap.testing.zoo import Animal, read_zoo

READS_ALL = {name for name in vendors() if "*" in registry.find(name).reads_also}
LEAST = 10
"""So many bodies of other vendors the generic adapter reads."""


@cache
def foreigners() -> dict[str, Animal]:
    """Return one body of each vendor that is strongly marked as that vendor's, and that becomes alerts there."""
    found: dict[str, Animal] = {}
    for animal in read_zoo(without=""):
        if animal.is_strong and animal.adapter.name not in found and _is_recognised(animal):
            found[animal.adapter.name] = animal
    return found


def _is_recognised(animal: Animal) -> bool:
    try:
        seen = detect(animal.request)
        return seen is not None and seen.vendor == animal.adapter.name and bool(parse(seen.vendor, animal.request))
    except AlertmapError:
        return False


def test_most_vendors_have_such_a_body() -> None:
    """The test below is about something."""
    assert len(foreigners()) > len(vendors()) * 2 // 3
    assert {"generic"} == READS_ALL


def refusal_or_batch(vendor: str, animal: Animal) -> PayloadError | Batch:
    """Read a body with an adapter; a refusal is an outcome like any other."""
    try:
        return parse(vendor, animal.request)
    except PayloadError as error:
        return error


@pytest.mark.parametrize("vendor", sorted(set(vendors()) - READS_ALL))
def test_a_named_vendor_refuses_what_is_strongly_anothers(vendor: str) -> None:
    """It gives no alert; where the body is JSON that can be decoded, the refusal names the vendor that it is from."""
    for name, animal in foreigners().items():
        if name != vendor and name not in registry.find(vendor).reads_also:
            found = refusal_or_batch(vendor, animal)
            if isinstance(found, Batch):
                assert not found.alerts, (name, animal.name)
            elif isinstance(found, ShapeError) and animal.request.body.lstrip()[:1] in (b"{", b"["):
                assert f"looks like {name}" in str(found), (name, animal.name)


def test_what_reads_everything_says_whose_it_is() -> None:
    """The generic adapter reads a body that is strongly another's, with the problem `looks_like`."""
    found = {name: refusal_or_batch("generic", animal) for name, animal in foreigners().items()}
    batches = {name: it for name, it in found.items() if isinstance(it, Batch)}
    assert len(batches) >= LEAST
    for name, batch in batches.items():
        problems = (*batch.problems, *(problem for alert in batch for problem in alert.problems))
        assert ProblemCode.LOOKS_LIKE in {problem.code for problem in problems}, name
