"""`Discarded` reads anything as None, unlike a field of type None, which must be null."""

from typing import Any

import pytest

from alertmap import wire


@wire.model(closed=True)
class Ping:
    """A body that is only a token."""

    token: wire.Discarded


@wire.model
class Alarm:
    """An alarm with a token."""

    id: str
    token: wire.Discarded = None


@pytest.mark.parametrize("value", ["x", 42, None])
def test_a_discarded_field_fits_any_value(value: Any) -> None:
    """A model with a discarded field fits whatever the value, and keeps none of it."""
    assert wire.fits(Ping, {"token": value})
    assert wire.structure(wire.plain({"token": value}), Ping).token is None
    assert not wire.fits(Ping, {})


def test_a_discarded_field_with_a_default_decides_nothing() -> None:
    """A discarded field with a default does not decide whether a model fits."""
    assert [field.name for field in wire.fields(Alarm) if field.decides] == ["id"]
    assert wire.fits(Alarm, {"id": "1", "token": ["x"]})


@wire.model
class Credential:
    """A body with a credential."""

    token: wire.Discarded


@pytest.mark.parametrize("value", ["hunter2", "", 42, None])
def test_a_discarded_value_is_not_kept(value: Any) -> None:
    """A required discarded field must be present, and the model holds None for it."""
    made = wire.structure(wire.plain({"token": value}), Credential)
    assert made == Credential(token=None)
    assert "hunter2" not in repr(made)


@pytest.mark.parametrize("document", [{}, {"token": ["hunter2"]}, {"token": {"hunter2": 1}}])
def test_a_discarded_value_is_not_in_errors(document: Any) -> None:
    """A missing or non-scalar discarded field does not fit, and the error does not contain its value."""
    with pytest.raises(wire.Mismatch) as caught:
        wire.structure(wire.plain(document), Credential)
    assert "token" in str(caught.value)
    assert "hunter2" not in str(caught.value)
