"""Count of the steps of a regular expression: a small backtracking matcher over the parsed pattern.

`re` counts nothing, and a clock measures the machine. The steps here are those of a plain backtracking matcher; `re`
takes fewer, but never in another proportion to the text.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from re import _constants as op  # type: ignore[attr-defined]  # isort: skip
from re import _parser as parser  # type: ignore[attr-defined]  # isort: skip


class TooManySteps(Exception):
    """The matcher was stopped."""


class Matcher:
    """A pattern, and the steps of its last use."""

    def __init__(self, pattern: "re.Pattern[Any]") -> None:
        text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
        self.ascii = bool(pattern.flags & re.ASCII) or isinstance(pattern.pattern, bytes)
        self.ignores_case = bool(pattern.flags & re.IGNORECASE)
        self.dot_all = bool(pattern.flags & re.DOTALL)
        self.tree = list(parser.parse(text, pattern.flags & ~re.DEBUG))
        self.text = ""
        self.steps = 0
        self.most = 0
        self.groups: dict[int, tuple[int, int]] = {}
        self.single = cache(self._single)

    def fullmatch(self, text: str, most: int) -> bool:
        """Match all of a text."""
        self._begin(text, most)
        return any(end == len(text) for end in self._all(self.tree, 0, 0))

    def match(self, text: str, most: int) -> bool:
        """Match the beginning of a text."""
        self._begin(text, most)
        return next(self._all(self.tree, 0, 0), None) is not None

    def scan(self, text: str, most: int) -> int:
        """Find all matches, as `sub` and `finditer` do; return how many there are."""
        self._begin(text, most)
        found = at = 0
        while at <= len(text):
            end = next(self._all(self.tree, 0, at), None)
            found += end is not None
            at = at + 1 if end is None else max(end, at + 1)
        return found

    def _begin(self, text: str, most: int) -> None:
        self.text, self.steps, self.most, self.groups = text, 0, most, {}

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self.most:
            raise TooManySteps

    def _all(self, items: Sequence[Any], index: int, at: int) -> Iterator[int]:
        """Yield the ends of all ways to match the items from `index` on."""
        if index == len(items):
            yield at
            return
        code, value = items[index]
        for after in self._one(code, value, at):
            yield from self._all(items, index + 1, after)

    def _one(self, code: Any, value: Any, at: int) -> Iterator[int]:  # noqa: C901, PLR0912 - a case for each part
        self._step()
        fits = self.single(code, _frozen(value))
        if fits is not None:
            if at < len(self.text) and fits(self.text[at]):
                yield at + 1
        elif code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            low, high, inner = value
            yield from self._repeat(code, low, high, inner, at)
        elif code is op.SUBPATTERN:
            group, _, _, inner = value
            for end in self._all(list(inner), 0, at):
                if group is not None:
                    self.groups[group] = (at, end)
                yield end
        elif code is op.BRANCH:
            for branch in value[1]:
                yield from self._all(list(branch), 0, at)
        elif code is op.ATOMIC_GROUP:
            yield from self._first(self._all(list(value), 0, at))
        elif code in (op.ASSERT, op.ASSERT_NOT):
            direction, inner = value
            begin = at if direction > 0 else at - inner.getwidth()[0]
            found = begin >= 0 and next(self._all(list(inner), 0, begin), None) is not None
            if found is (code is op.ASSERT):
                yield at
        elif code is op.AT:
            if self._stands(value, at):
                yield at
        elif code is op.GROUPREF:
            begin, end = self.groups[value]
            if self.text.startswith(self.text[begin:end], at):
                yield at + end - begin
        else:
            raise NotImplementedError(code)

    @staticmethod
    def _first(ends: Iterator[int]) -> Iterator[int]:
        first = next(ends, None)
        if first is not None:
            yield first

    def _repeat(self, code: Any, low: int, high: int, inner: Any, at: int) -> Iterator[int]:
        items = list(inner)
        fits = self.single(items[0][0], _frozen(items[0][1])) if len(items) == 1 else None
        if fits is None:
            ends = self._repeat_group(items, low, high, 0, at, greedy=code is not op.MIN_REPEAT)
            yield from self._first(ends) if code is op.POSSESSIVE_REPEAT else ends
            return
        if code is op.MIN_REPEAT:
            end = at
            while True:
                if end - at >= low:
                    yield end
                self._step()
                if end - at >= high or end >= len(self.text) or not fits(self.text[end]):
                    return
                end += 1
        end = at
        while end - at < high and end < len(self.text) and fits(self.text[end]):
            self._step()
            end += 1
        for stop in range(end, at + low - 1, -1):
            self._step()
            yield stop
            if code is op.POSSESSIVE_REPEAT:
                return

    def _repeat_group(
        self, items: Sequence[Any], low: int, high: int, count: int, at: int, *, greedy: bool
    ) -> Iterator[int]:
        if not greedy and count >= low:
            yield at
        if count < high:
            for end in self._all(items, 0, at):
                if end > at or count < low:
                    yield from self._repeat_group(items, low, high, count + 1, end, greedy=greedy)
        if greedy and count >= low:
            yield at

    def _stands(self, where: Any, at: int) -> bool:
        end = len(self.text)
        if where in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
            return at == 0
        if where is op.AT_END:
            return at == end or (at == end - 1 and self.text[at] == "\n")
        if where is op.AT_END_STRING:
            return at == end
        sides = [0 <= place < end and self._is_word(self.text[place]) for place in (at - 1, at)]
        return (sides[0] is not sides[1]) is (where is op.AT_BOUNDARY)

    def _is_word(self, char: str) -> bool:
        return (char.isalnum() or char == "_") and (char.isascii() or not self.ascii)

    def _single(self, code: Any, value: Any) -> Callable[[str], bool] | None:
        """Return the test of a part that matches one character; None for any other part."""
        if code is op.LITERAL:
            return lambda char: value in self._forms(char)
        if code is op.NOT_LITERAL:
            return lambda char: value not in self._forms(char)
        if code is op.ANY:
            return lambda char: self.dot_all or char != "\n"
        if code is not op.IN:
            return None
        negated = value[0][0] is op.NEGATE
        tests = [self._in_class(*part) for part in value[negated:]]
        return lambda char: any(test(char) for test in tests) is not negated

    def _in_class(self, code: Any, value: Any) -> Callable[[str], bool]:
        if code is op.RANGE:
            low, high = value
            return lambda char: any(low <= form <= high for form in self._forms(char))
        if code is op.CATEGORY:
            name = str(value)
            test = {"DIGIT": str.isdecimal, "SPACE": str.isspace, "WORD": self._is_word}[name.rpartition("_")[2]]
            return lambda char: (test(char) and (char.isascii() or not self.ascii)) is ("_NOT_" not in name)
        return lambda char: value in self._forms(char)

    def _forms(self, char: str) -> tuple[int, ...]:
        if not self.ignores_case:
            return (ord(char),)
        return tuple(ord(form) for form in (char, char.lower(), char.upper()) if len(form) == 1)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value
