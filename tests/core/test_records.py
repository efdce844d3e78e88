"""Records behave like the classes that attrs builds."""

import copy
import inspect
import pickle
from typing import Any

import attrs
import pytest

from alertmap import _records
from alertmap._records import extender, record
from alertmap.model import Alert, Batch, Notice, Problem, ProblemCode, Reading, Severity, State


@attrs.frozen
class Plain:
    """An attrs class with a field of each kind."""

    first: int
    second: str = "x"
    third: list[int] = attrs.field(factory=list, kw_only=True)
    cls: Any = attrs.field(default=None, kw_only=True)  # names that might stand in the way of the generated code
    self_: Any = attrs.field(default=None, kw_only=True)


@record
class Quick(Plain):
    """A record with the same fields."""


@record
class More(Quick):
    """A record with one more field."""

    fourth: int = 4


def _double(count: int) -> int:
    return 2 * count


@record
class Doubled:
    """A class with a converter."""

    count: int = attrs.field(converter=_double)
    _hidden: int = 1


@record
class Final:
    """A class that cannot be subclassed, so it has no unfrozen twin."""

    count: int = 1

    def __init_subclass__(cls) -> None:
        raise TypeError("nothing below this")


ARGUMENTS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1,), {}),
    ((1, "y"), {"third": [2], "cls": 5}),
    ((), {"first": 1, "self_": 2}),
    ((), {}),
    ((1, "y", 3, 4), {}),
    ((1,), {"fifth": 5}),
]


@pytest.mark.parametrize(("by_place", "by_name"), ARGUMENTS)
@pytest.mark.parametrize("cls", [Quick, More])
def test_arguments(cls: Any, by_place: tuple[Any, ...], by_name: dict[str, Any]) -> None:
    """Equal arguments give equal fields or are refused alike."""
    try:
        expected = attrs.asdict(Plain(*by_place, **by_name))
    except TypeError:
        with pytest.raises(TypeError):
            cls(*by_place, **by_name)
        return
    made = cls(*by_place, **by_name)
    assert type(made) is cls
    assert attrs.asdict(made) | {"fourth": 4} == expected | {"fourth": 4}


def test_defaults_are_made_anew() -> None:
    """Two objects do not share a list made by a default."""
    assert Quick(1).third is not Quick(1).third


@pytest.mark.parametrize("cls", [Quick, More, Reading, Alert, Problem, Notice, Batch])
def test_signatures_stay(cls: Any) -> None:
    """Names, kinds and annotations of the arguments are those of the attrs class."""
    arguments = inspect.signature(cls).parameters.values()
    expected = [(it.alias, it.kw_only, it.default is attrs.NOTHING) for it in attrs.fields(cls)]
    assert set(expected) == {(it.name, it.kind is it.KEYWORD_ONLY, it.default is it.empty) for it in arguments}
    assert all(it.annotation is not it.empty for it in arguments)


@pytest.mark.parametrize("made", [Quick(1), More(1), Problem(ProblemCode.MISSING, "$", "x")])
def test_frozen(made: Any) -> None:
    """A record cannot be changed or get new attributes; it can be copied, pickled and evolved."""
    name = attrs.fields(type(made))[0].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(made, name, 2)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        delattr(made, name)
    with pytest.raises((AttributeError, attrs.exceptions.FrozenInstanceError)):
        made.other = 1
    assert made == copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == attrs.evolve(made)  # noqa: S301


def test_subclasses() -> None:
    """A subclass without fields and a subclass made by attrs both construct their own type."""

    class Below(Quick):
        pass

    @attrs.frozen
    class Other(Quick):
        fifth: int = 5

    assert (Below(1).first, type(Below(1))) == (1, Below)
    assert (Other(1, fifth=6).fifth, type(Other(1))) == (6, Other)


@pytest.mark.parametrize("has_twin", [True, False])
def test_classes_that_do_more(has_twin: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    """Converters run, a leading underscore is dropped from the argument, and attrs builds classes without a twin."""
    assert (Doubled(2, hidden=3).count, Doubled(2)._hidden, Final().count) == (4, 1, 1)
    if not has_twin:
        monkeypatch.setattr(_records, "twin_of", lambda _: None)

    @record
    class Late:
        count: int = 1

    assert Late(2).count == 2
    extend = extender(Alert, Reading, ("title",))
    reading = Reading(state=State.FIRING, identity={"id": "x"}, title="old", labels={"a": "b"})
    made = extend(reading, "new", "acme", "source", Severity.HIGH, "key", None, {})
    expected = attrs.asdict(reading) | {"title": "new", "vendor": "acme", "source": "source"}
    assert type(made) is Alert
    assert made == Alert(**expected, severity=Severity.HIGH, dedup_key="key", raw={})
    assert reading.title == "old"
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        made.title = "newer"  # type: ignore[misc]
