"""What a type is made with, and the way to the one strict converter."""

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_origin

from alertmap.wire.node import Node
from alertmap.wire.types import Items


def kind_of(hint: Any) -> str:
    """What a type is made with: `annotated`, `union`, `literal`, `list`, `items`, `object`; "" for a plain type."""
    return _MADE_WITH.get(get_origin(hint), "")


_MADE_WITH: dict[Any, str] = {
    Annotated: "annotated",
    Union: "union",
    UnionType: "union",
    Literal: "literal",
    list: "list",
    tuple: "list",
    Sequence: "list",
    dict: "object",
    Mapping: "object",
    Items: "items",
}


def reference(node: Node, hint: Any) -> Any:
    """Check a decoded value against a type and build it; `structure` does the same, faster.

    Raises:
        Mismatch: it does not fit; all that does not fit in one object is named at once.
    """
    # Most that fits never gets here, and cattrs takes half as long to import as all of this library.
    from alertmap.wire.converter import converter  # noqa: PLC0415

    return converter.structure(node, hint)
