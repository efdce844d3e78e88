"""The options of a source, and the problem of times whose zone only the option `utc_offset` knows."""

from alertmap import wire
from alertmap.adapter import Problem, ProblemCode
from alertmap.conventions import alertmanager


@wire.model(closed=True)
class Options(alertmanager.Options):
    utc_offset: wire.UtcOffset = None


def without_zone(options: Options, *moments: wire.LocalMoment | None) -> tuple[Problem, ...]:
    """Return the problem that a time was left out because its zone is not known."""
    is_known = all(moment is None or moment.at(options.utc_offset) is not None for moment in moments)
    return () if is_known else (NO_ZONE,)


NO_ZONE = Problem(
    ProblemCode.BAD_TIME, "occurred_at", "the time has no zone and was left out: set the option `utc_offset`"
)
