"""ServiceNow Event Management, its table of events.

Set up: create a user with the role `evt_mgmt_integration`; `url` is that of the instance, such as
`https://example.service-now.com`.

Fields: https://www.servicenow.com/docs/bundle/zurich-it-operations-management/page/product/event-management/task/send-events-via-web-service.html
"""

import json
from datetime import datetime

from alertmap.escaping import plain, short_key
from alertmap.target import Endpoint, Message, Outgoing, Skipped, State, Target, json_request

CLEAR = "0"


def write(message: Message, config: Endpoint, _now: datetime) -> Outgoing | Skipped:
    is_over = message.state is State.RESOLVED
    record = {
        "source": plain(message.vendor, 100, lines=False),
        "event_class": plain(message.source, 100, lines=False),
        "node": plain(message.resource, 100, lines=False),
        "metric_name": plain(message.labels.get("alertname", ""), 100, lines=False),
        "message_key": short_key(message.key, 1_024),
        "severity": CLEAR if is_over else str(message.rank),
        "description": plain(f"{message.title}\n{message.message}", 4_000),
        "additional_info": json.dumps({**message.facts(), "alertmap_state": message.state}, ensure_ascii=False),
        "resolution_state": "Closing" if is_over else "New",
    }
    if message.time:
        record["time_of_event"] = f"{message.time:%Y-%m-%d %H:%M:%S}"
    url = f"{config.url.rstrip('/')}/api/global/em/jsonv2"
    return json_request(url, {"records": [record]}, config.all_headers())


target = Target(
    name="servicenow",
    title="ServiceNow",
    config=Endpoint,
    write=write,
    keeps={
        "state": "firing and over; all as additional information",
        "severity": "yes",
        "key": "yes",
        "title": "yes",
        "message": "4,000 characters",
        "times": "of the statement",
        "links": "as additional information",
        "labels": "as additional information",
        "values": "as additional information",
    },
    key_at="$.records[0].message_key",
    longest_key=1024,
    example={"url": "https://example.service-now.com", "user": "alertmap", "password": "0123456789abcdef"},
)
