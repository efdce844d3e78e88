"""The wire type of a credential in a body."""

from typing import Any

import pytest

from alertmap import wire


@wire.model
class Credential:
    """A body with a credential."""

    token: wire.Discarded


@pytest.mark.parametrize("value", ["hunter2", "", 42, None])
def test_secret_is_not_kept(value: Any) -> None:
    """A secret must be there, and no model holds or shows it."""
    made = wire.structure(wire.plain({"token": value}), Credential)
    assert made == Credential(token=None)
    assert "hunter2" not in repr(made)


@pytest.mark.parametrize("document", [{}, {"token": ["hunter2"]}, {"token": {"hunter2": 1}}])
def test_secret_is_not_in_errors(document: Any) -> None:
    """A secret that is missing or no text does not fit, and the error does not show it."""
    with pytest.raises(wire.Mismatch) as caught:
        wire.structure(wire.plain(document), Credential)
    assert "token" in str(caught.value)
    assert "hunter2" not in str(caught.value)
