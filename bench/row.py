"""One figure and its targets."""

from attrs import Factory, frozen

from bench.rounds import Seconds

SLACK = 1.1


@frozen
class Row:
    """Row of the table."""

    what: str
    measured: float
    unit: str
    target: float | None = None
    stretch: float | None = None
    at_least: bool = False
    note: str = ""
    spread: float | None = None
    """How far the figure varies between rounds; None where it is no ratio of rounds."""
    seconds: Seconds = Factory(dict)

    @property
    def reached(self) -> str:
        """Target that is reached, with ten per cent of slack: `stretch`, `target`, `no`, or "" where none is set."""
        if self._reaches(self.stretch):
            return "stretch"
        if self._reaches(self.target):
            return "target"
        return "" if self.target is None and self.stretch is None else "no"

    def _reaches(self, aim: float | None) -> bool:
        if aim is None:
            return False
        return self.measured * SLACK >= aim if self.at_least else self.measured <= aim * SLACK
