"""Fixture of the reducer's tests."""

import pytest

from histories import BOOK, STEP, Reducer


@pytest.fixture(scope="session", params=[STEP, BOOK], ids=["step", "book"])
def reducer(request: pytest.FixtureRequest) -> Reducer:
    """Run a test twice: with the pure `step` and `tick`, and with a book."""
    chosen: Reducer = request.param
    return chosen
