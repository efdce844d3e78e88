"""Options of a CloudMonitor source."""

from alertmap import wire


@wire.model(closed=True)
class Options:
    by_account: bool = False


def account(user_id: str, options: Options) -> dict[str, str | None]:
    """The part of the identity that keeps accounts apart."""
    return {"account": user_id if options.by_account else None}
