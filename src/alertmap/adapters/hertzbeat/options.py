"""The options of a source, and times whose zone only the option `utc_offset` knows."""

import re
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

from alertmap import wire
from alertmap.adapter import Problem, ProblemCode
from alertmap.conventions import alertmanager


def read_offset(node: wire.Node) -> timedelta | None:
    if type(node.value) is not str or not re.fullmatch(r"Z|[+-][0-9]{2}:[0-9]{2}", node.value):
        raise wire.mismatch("offset from UTC such as +08:00", node)
    return datetime.fromisoformat(f"2000-01-01T00:00:00{node.value}").utcoffset()


Offset = Annotated[timedelta | None, wire.Encoding("offset from UTC: Z, +08:00", read_offset, ("Z", "+08:00"))]


@wire.model(closed=True)
class Options(alertmanager.Options):
    utc_offset: Offset = None


class Moment(NamedTuple):
    """Time as sent: one without a zone as if it were in UTC."""

    time: datetime
    has_zone: bool

    def at(self, options: Options) -> datetime | None:
        """Return the time in UTC; None where its zone is not known."""
        if self.has_zone:
            return self.time
        return None if options.utc_offset is None else self.time - options.utc_offset


def read_moment(node: wire.Node) -> Moment | None:
    if type(node.value) is int:
        count: datetime | None = wire.structure(node, wire.EpochMillis)
        return Moment(count, has_zone=True) if count else None
    time: datetime | None = wire.structure(node, wire.UtcTime)
    return Moment(time, has_zone=ZONE.search(node.value) is not None) if time else None


ZONE = re.compile(r"[Zz]|:[0-9.,]+ ?[+-]")
EXAMPLES = (1_795_258_272_326, 0, "2026-11-21 10:51:12", "2026-11-21T10:51:12+08:00", "", None, "soon")

Time = Annotated[Moment | None, wire.Encoding("milliseconds since 1970, or local time", read_moment, EXAMPLES)]


def without_zone(options: Options, *moments: Moment | None) -> tuple[Problem, ...]:
    """Return the problem that a time was left out because its zone is not known."""
    is_known = all(moment is None or moment.at(options) is not None for moment in moments)
    return () if is_known else (NO_ZONE,)


NO_ZONE = Problem(
    ProblemCode.BAD_TIME, "occurred_at", "the time has no zone and was left out: set the option `utc_offset`"
)
