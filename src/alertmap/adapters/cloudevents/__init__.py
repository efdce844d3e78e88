"""CloudEvents of any sender, and Azure Event Grid: what no other adapter reads.

The events of a vendor that is listed here are a case for that vendor: name it for the source, and the envelope is taken
off. This adapter reads an event by its attributes, where a sender of your own writes the data.

Set up:

1. Let the sender post to

   ```text
   https://receiver.example/events?token=…
   ```

   one event in structured mode, such as

   ```json
   {"specversion": "1.0", "id": "7", "source": "/shop/checks", "subject": "db-1", "type": "org.example.disk.failed",
    "time": "2026-03-04T10:00:00Z", "severitytext": "critical", "data": {"title": "Disk full on db-1"}}
   ```

2. Let it post the end of this event with the type `org.example.disk.resolved` and the same `source` and `subject`.

Binary mode (attributes in `ce-` headers, data a JSON object) and batches are read, too.

Set up, in Azure:

1. Create an Event Subscription with the endpoint type Web Hook and this URL.
2. With the Event Grid schema the answer to the handshake is in `reply`. With the schema CloudEvents it asks by OPTIONS
   and wants `WebHook-Allowed-Origin`, which the receiver must add.

Answer 200.

The key is source, subject, and the type without its version and its last word. The state is the last word of the type,
such as `failed` or `resolved`; for `finished`, or another word, it is the word under `result`, `outcome`, `state` or
`status` of the data; where two of these disagree, only an event that has `finished` is over. The level is the extension
`severitytext` or `severitynumber`, else `severity`, `priority` or `level` of the data. Of CDEvents and Keptn only what
failed, and what ends it, is an alert.

Limits: an event without a state fires, with the problem `state_guessed`, and nothing ends it: let incidents of this
source expire. Binary mode with data that is no JSON object is not read.
"""

from alertmap import conventions
from alertmap.adapter import Adapter, Severity
from alertmap.adapters.cloudevents import envelopes

adapter = Adapter(
    name="cloudevents",
    title="CloudEvents",
    shapes=envelopes.SHAPES,
    levels=conventions.LEVELS | {"trace": Severity.INFO},
    open_levels=True,
    many=True,
)
