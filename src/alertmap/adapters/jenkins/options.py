"""Options of a Jenkins source."""

from alertmap import wire


@wire.model(closed=True)
class Options:
    parameters: bool = False
