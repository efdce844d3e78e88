"""State words: every value fits `Annotated[State, wire.state(STATES)]`; an unknown word is FIRING."""

import re
from collections.abc import Mapping

from alertmap.errors import ConfigurationError, quoted
from alertmap.model import ProblemCode, State
from alertmap.wire.models import FALLBACK, Encoding
from alertmap.wire.nodes import Node
from alertmap.wire.scalars import number_text

_MOST_NAMED = 12  # words of a table in a message
_LONGEST = 256  # characters of a word; a longer one is none of a table's
_BETWEEN = re.compile(r"(?<=[^\W\d_])[\s_-]+(?=[^\W\d_])")  # beside digits they may mean a sign or a decimal


def state_word(word: str) -> str:
    """Return the form of a state word in which its spelling does not count, to compare it once more after `state`."""
    word = word.strip()
    return _BETWEEN.sub("", word.casefold()) if len(word) <= _LONGEST else word


def state(table: Mapping[str, State | None]) -> Encoding:
    """Make the encoding of a state word; numbers and booleans are words, too.

    Case, surrounding blanks, and blanks, `_` and `-` between two letters do not count.

    An unknown word, or a value of another type, is FIRING with the problem `state_unknown`; blank or null is FIRING
    with `state_guessed`. A word that maps to None names no state: `read` returns None, and no alert changes.

    Raises:
        ConfigurationError: the table is empty, or holds two words that are alike in this sense with two states.
    """
    words: dict[str, State | None] = {}
    for word, meaning in table.items():
        if words.setdefault(state_word(word), meaning) is not meaning:
            raise ConfigurationError(f"the state word {quoted(word)} has two states")
    if not words:
        raise ConfigurationError("a table of states needs at least one word")

    def decode(node: Node) -> State | None:
        value = node.value
        if type(value) is bool:
            value = "true" if value else "false"
        elif type(value) is int or type(value) is float:
            value = number_text(value)
        if value is None or (type(value) is str and not value.strip()):
            node.warn(ProblemCode.STATE_GUESSED, "the state is blank; treated as firing")
            return State.FIRING
        word = state_word(value) if type(value) is str else None
        if word in words:
            return words[word]
        node.warn(ProblemCode.STATE_UNKNOWN, "unknown state; treated as firing")
        return State.FIRING

    def fast_path(value: object) -> object:
        return table.get(value, FALLBACK) if type(value) is str else FALLBACK

    name = f"state: {', '.join([*table][:_MOST_NAMED])}{', …' if len(table) > _MOST_NAMED else ''}"
    examples: tuple[object, ...] = (
        *table,
        *(word.upper() for word in table),
        "",
        "unheard of",
        None,
        True,
        7,
        [],
        {"a": "b"},
    )
    return Encoding(name, decode, examples, fast_path=fast_path, is_total=True, states=dict(table))
