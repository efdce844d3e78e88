"""Frozen records that are cheap to declare and to make.

`@record` declares a frozen attrs class in every respect but two, both for speed:

1. Declaring. attrs generates and compiles `__eq__`, `__hash__` and `__repr__` for each class, and every process pays
   for that on import (bench row `import alertmap`). Records inherit or copy the three methods of `Value`, which read
   the attrs fields when they are called.
2. Making. The constructor of a frozen attrs class calls `object.__setattr__` for every field, because the class itself
   refuses assignment. A record has a twin: a subclass with the same slots that does not refuse. The constructor turns
   the new object into the twin, assigns the fields, and turns it back (`__class__`). `extender` does likewise for an
   object that is built from one of its base class.

Rules:

- A class whose construction does more than set its fields (converters, validators, hooks, aliases, `init=False`,
  defaults that take self) has no twin and keeps the constructor of attrs. So does a class on an interpreter that
  refuses the change of class.
- A subclass of a record has another layout or more fields: the record's constructor calls the constructor of attrs.
- The generated code holds names of fields and keys of our own models, never text of a payload.

`tests/core/test_records.py` compares the constructors with those of attrs (arguments, errors, defaults, signatures,
copies), `tests/core/test_value.py` the three methods.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import attrs
from attrs import NOTHING

__all__ = ["FACTORY", "Value", "compile_function", "extender", "give_methods", "record", "twin_of"]

FACTORY: Any = attrs.Factory
"""The class of default factories; its type stub declares a function."""


class Value:
    """Base class for frozen records: equality, hash and repr from the attrs fields."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return _compared(self) == _compared(other)

    def __hash__(self) -> int:
        return hash((self.__class__, *_compared(self)))

    def __repr__(self) -> str:
        cls: Any = self.__class__
        fields = (f"{it.name}={_shown(getattr(self, it.name))}" for it in attrs.fields(cls) if it.repr)
        return f"{cls.__qualname__.rpartition('>.')[2]}({', '.join(fields)})"


_LONGEST_REPR = 4_096  # characters of one field


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, or a value that is too deep
        return f"<{type(value).__name__}>"
    return text if len(text) <= _LONGEST_REPR else f"{text[: _LONGEST_REPR - 1]}…"


def _compared(value: Any) -> list[Any]:
    return [getattr(value, it.name) for it in attrs.fields(value.__class__) if it.eq]


if TYPE_CHECKING:
    from attrs import frozen as record  # type checkers know `attrs.frozen`
else:

    def record(cls: Any = None, /, *, kw_only: bool = False) -> Any:
        """Declare a frozen attrs class with the methods of `Value` and a fast constructor.

        A type checker sees `attrs.frozen`.
        """

        def declare(cls: Any) -> Any:
            made = attrs.frozen(cls, kw_only=kw_only, eq=False, repr=False)
            give_methods(made, vars(cls).keys())
            _fill_by_twin(made)
            return made

        return declare if cls is None else declare(cls)


def give_methods(made: type, own: Iterable[str]) -> None:
    """Give a class the methods of `Value`, except those that it defines itself (`own`)."""
    for name in {"__eq__", "__hash__", "__repr__"}.difference(own):
        setattr(made, name, getattr(Value, name))


def _fill_by_twin(made: Any) -> None:
    """Replace the constructor of a frozen attrs class with one that fills its twin."""
    twin = twin_of(made)
    if twin is None:
        return
    fields = attrs.fields(made)
    by_place: list[str] = []
    by_name = ["*"]
    for it in fields:
        argument = it.name if it.default is NOTHING else f"{it.name}=__default_{it.name}__"
        (by_name if it.kw_only else by_place).append(argument)
    arguments = by_place + (by_name if len(by_name) > 1 else [])
    lines = [
        # A subclass has another layout, or more fields.
        "if __self__.__class__ is not __cls__:",
        f"    __attrs__(__self__, {', '.join(f'{it.name}={it.name}' for it in fields)})",
        "    return",
        "__set__(__self__, '__class__', __twin__)",
    ]
    names: dict[str, Any] = {"__cls__": made, "__twin__": twin, "__attrs__": made.__init__, "__nothing__": NOTHING}
    names["__set__"] = object.__setattr__
    for it in fields:
        value = it.name
        names[f"__default_{it.name}__"] = it.default
        if isinstance(it.default, FACTORY):
            names[f"__default_{it.name}__"], names[f"__make_{it.name}__"] = NOTHING, it.default.factory
            value = f"__make_{it.name}__() if {it.name} is __nothing__ else {it.name}"
        lines.append(f"__self__.{it.name} = {value}")
    lines.append("__self__.__class__ = __cls__")
    init = compile_function(f"def __init__(__self__, {', '.join(arguments)}):", lines, names)
    init.__annotations__ = made.__init__.__annotations__
    init.__qualname__ = made.__init__.__qualname__
    made.__init__ = init


def extender(cls: type, base: type, changed: Iterable[str]) -> Callable[..., Any]:
    """Return a function that builds an instance of an attrs class from an instance of its base class.

    The function takes the base instance, then the values of the `changed` fields, then those of the fields that `cls`
    adds, in this order.
    """
    above = attrs.fields_dict(base)
    given = (*changed, *(it.name for it in attrs.fields(cls) if it.name not in above))
    values = {name: f"__base__.{name}" for name in above} | {name: name for name in given}
    twin = twin_of(cls)
    if twin is None:
        lines = [f"return __cls__({', '.join(f'{name}={value}' for name, value in values.items())})"]
    else:
        filled = [f"__made__.{name} = {value}" for name, value in values.items()]
        lines = ["__made__ = __new__(__twin__)", *filled, "__made__.__class__ = __cls__", "return __made__"]
    # The arguments have the names of the fields; dunder names cannot collide with them.
    names = {"__cls__": cls, "__twin__": twin, "__new__": object.__new__}
    extend: Callable[..., Any] = compile_function(f"def extend(__base__, {', '.join(given)}):", lines, names)
    return extend


def twin_of(cls: type) -> type | None:
    """Return a subclass of a frozen class with the same slots that allows assignment; None where that does not work."""
    does_more = hasattr(cls, "__attrs_post_init__") or hasattr(cls, "__attrs_pre_init__")
    if does_more or any(_is_special(it) for it in attrs.fields(cls)):
        return None
    guards = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    try:
        twin = type(cls.__name__, (cls,), {"__slots__": (), **guards})
        made: Any = object.__new__(twin)
        made.__class__ = cls
    except TypeError:
        return None
    return twin


def _is_special(it: Any) -> bool:
    """Return whether a field needs more than an assignment."""
    takes_self = isinstance(it.default, FACTORY) and it.default.takes_self
    return not it.init or it.alias != it.name or it.converter or it.validator or takes_self


def compile_function(head: str, lines: Iterable[str], names: dict[str, Any]) -> Any:
    """Compile a function from lines of code; they must hold names of our own models only, no text of a payload."""
    exec("\n    ".join([head, *lines]), names)  # noqa: S102
    return names[head.removeprefix("def ").partition("(")[0]]
