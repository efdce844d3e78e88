"""What frozen classes have in common: they compare, hash and show themselves by their fields.

attrs writes that anew for each class and has it compiled, which is half of what it costs to import a class.
"""

from typing import Any

import attrs


class Value:
    """The base of a class that attrs is told to leave these to: `@frozen(eq=False, repr=False)`."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return _compared(self) == _compared(other)

    def __hash__(self) -> int:
        return hash((self.__class__, *_compared(self)))

    def __repr__(self) -> str:
        cls: Any = self.__class__
        shown = (f"{it.name}={getattr(self, it.name)!r}" for it in attrs.fields(cls) if it.repr)
        return f"{cls.__qualname__.rpartition('>.')[2]}({', '.join(shown)})"


def _compared(value: Any) -> list[Any]:
    return [getattr(value, it.name) for it in attrs.fields(value.__class__) if it.eq]
