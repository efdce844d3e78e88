"""What classes say of themselves by their fields is what attrs would have them say."""

from typing import Any

import attrs
import pytest

from alertmap import Mark, Problem, ProblemCode, Source, wire
from alertmap._records import Value


@attrs.frozen
class Attrs:
    """As attrs makes it; the others are to be like it."""

    a: int
    b: Any = attrs.field(default="x", repr=False)
    c: Any = attrs.field(default=None, eq=False)


@attrs.frozen(eq=False, repr=False)
class Ours(Value):
    """The same fields."""

    a: int
    b: Any = attrs.field(default="x", repr=False)
    c: Any = attrs.field(default=None, eq=False)


@wire.model
class Model:
    """The same fields, of a wire model."""

    a: int
    b: Any = attrs.field(default="x", repr=False)
    c: Any = attrs.field(default=None, eq=False)


FIELDS: list[dict[str, Any]] = [{"a": 1}, {"a": 2}, {"a": 1, "b": "y"}, {"a": 1, "c": "z"}, {"a": 1, "b": [1]}]


@pytest.mark.parametrize("cls", [Ours, Model])
def test_as_attrs_does(cls: Any) -> None:
    """Two are equal, and have one hash, where those of attrs have; the repr shows the same fields."""
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
    """A subclass is not equal to its base, nor one class to another with the same fields."""

    @attrs.frozen(eq=False, repr=False)
    class Below(Ours):
        pass

    assert Below(a=1) == Below(a=1)
    assert Below(a=1) != Ours(a=1)
    other: Any = wire.Query("a")
    assert wire.Header("a") != other
    assert repr(Below(a=1)) == "Below(a=1, c=None)"


def test_what_a_model_says_itself_stays() -> None:
    """A wire model may have an equality and a repr of its own."""

    @wire.model
    class Own:
        a: int

        def __repr__(self) -> str:
            return "own"

    assert repr(Own(a=1)) == "own"
    assert Own(a=1) == Own(a=1)


def test_public_classes_stay_values() -> None:
    """Equal fields make equal objects, in sets too."""
    assert {Mark("a"), Mark("a")} == {Mark("a")}
    assert Source("a", options={}) == Source("a")
    assert len({Problem(ProblemCode.MISSING, "$", "gone"), Problem(ProblemCode.MISSING, "$", "gone")}) == 1
    assert repr(Mark("a")) == "Mark(reason='a', rank=<Rank.STRONG: 2>)"
