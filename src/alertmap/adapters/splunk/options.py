"""Options of a source."""

from alertmap import wire


@wire.model(closed=True)
class Options:
    """Fields of a search's row that have a meaning. Detectors and events for On-Call have their own fields."""

    by: tuple[str, ...] = ("host",)
    state_field: str = ""
