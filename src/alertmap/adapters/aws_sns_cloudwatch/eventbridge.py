"""Fields of every event of EventBridge."""

from attrs import Factory

from alertmap import wire


@wire.model
class Event:
    id: wire.Text = ""
    account: wire.AnyText = ""
    region: wire.AnyText = ""  # where the event was sent
    time: wire.Rfc3339 = None
    resources: list[wire.AnyText] = Factory(list)

    @property
    def resource(self) -> str:
        """The first resource: of an alarm its ARN."""
        return self.resources[0] if self.resources else ""
