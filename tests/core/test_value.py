"""`Value` and wire models compare, hash and print like attrs classes."""

from typing import Any

import attrs
import pytest

from alertmap import Detection, Problem, ProblemCode, Source, wire
from alertmap._records import Value


@attrs.frozen
class Attrs:
    """The class that attrs builds."""

    a: int
    b: Any = attrs.field(default="x", repr=False)
    c: Any = attrs.field(default=None, eq=False)


@attrs.frozen(eq=False, repr=False)
class Ours(Value):
    """Fields of the attrs class, on `Value`."""

    a: int
    b: Any = attrs.field(default="x", repr=False)
    c: Any = attrs.field(default=None, eq=False)


@wire.model
class Model:
    """Fields of the attrs class, in a wire model."""

    a: int
    b: Any = attrs.field(default="x", repr=False)
    c: Any = attrs.field(default=None, eq=False)


FIELDS: list[dict[str, Any]] = [{"a": 1}, {"a": 2}, {"a": 1, "b": "y"}, {"a": 1, "c": "z"}, {"a": 1, "b": [1]}]


@pytest.mark.parametrize("cls", [Ours, Model])
def test_as_attrs_does(cls: Any) -> None:
    """Objects are equal and hash alike where those of attrs do, and the repr has the same fields."""
    for one in FIELDS:
        assert repr(cls(**one)) == repr(Attrs(**one)).replace("Attrs", cls.__name__)
        assert cls(**one) != Attrs(**one)
        for other in FIELDS:
            assert (cls(**one) == cls(**other)) is (Attrs(**one) == Attrs(**other))
            if "b" not in one | other:
                assert (hash(cls(**one)) == hash(cls(**other))) is (hash(Attrs(**one)) == hash(Attrs(**other)))
    with pytest.raises(TypeError):
        hash(cls(a=1, b=[1]))


def test_of_another_class() -> None:
    """Objects of different classes are not equal, also of a class and its base."""

    @attrs.frozen(eq=False, repr=False)
    class Below(Ours):
        pass

    assert Below(a=1) == Below(a=1)
    assert Below(a=1) != Ours(a=1)
    other: Any = wire.Query("a")
    assert wire.Header("a") != other
    assert repr(Below(a=1)) == "Below(a=1, c=None)"


def test_own_methods_are_kept() -> None:
    """A wire model may define its own repr."""

    @wire.model
    class Own:
        a: int

        def __repr__(self) -> str:
            return "own"

    assert repr(Own(a=1)) == "own"
    assert Own(a=1) == Own(a=1)


def test_public_classes_stay_values() -> None:
    """Public objects with equal fields are equal, in sets too."""
    assert {Detection("a", "b"), Detection("a", "b")} == {Detection("a", "b")}
    assert Source("a", options={}) == Source("a")
    assert len({Problem(ProblemCode.MISSING, "$", "gone"), Problem(ProblemCode.MISSING, "$", "gone")}) == 1
    assert repr(Detection("a", "b")) == "Detection(vendor='a', reason='b')"
