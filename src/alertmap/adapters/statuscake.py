"""StatusCake: the webhook of a contact group, for uptime tests.

Set up:

1. Under Alerting, Contact Groups, add a group with the Webhook URL

   ```text
   https://receiver.example/statuscake
   ```

   and the request method POST. "Enable Repeat Alert" may be on or off.
2. Choose this group in each uptime test.
3. Each request has a `Token`, which is the proof: the MD5, in hexadecimal digits, of your user name in lower case and
   your API key, without anything between them. Enter it as a token of the source. A token of your own in the URL,
   `?token=…`, will do as well, and can be changed by itself.

Answer 200. An alert is a test. Down fires and Up ends it, in upper or lower case. There are no levels: what is down has
the level `down`, which is high. With "Enable Repeat Alert" a test that is down is sent again and again: then let
incidents of this source expire after a few intervals.

The key is the `TestID`, where one is sent, else name and URL: rename no test while it is down. Placeholders in the URL
are read, too, with the method GET or POST, if they have the names of the fields. For that enter, instead of the URL
above:

```text
https://receiver.example/statuscake?Token=|TOKEN|&Status=|STATUS|&StatusCode=|CODE|&Name=|NAME|&URL=|URL|&Tags=|TAGS|
```

JSON of a relay is read with the same names.

Limits: no time is sent, so the order of arrival counts. A status code 0 is a timeout. A test that is paused or deleted
while it is down may never be announced as up. There is no link to StatusCake, and a trial of the webhook looks like an
alert. What tests of page speed, certificates, domains and servers send is not documented: what has no `Status` is
refused, and a status that is neither Up nor Down fires.
"""

import re
from typing import Annotated

from alertmap import conventions, wire
from alertmap.adapter import Adapter, InBody, InQuery, Reading, Severity, Shape, State, Times

STATES = conventions.states(firing="Down", resolved="Up")

LEVELS = {"down": Severity.HIGH}  # ours

PLACEHOLDER = re.compile(r"\|(?:URL|TOKEN|NAME|CODE|STATUS|CHECKRATE|TAGS)\|")


@wire.model(loose_keys=True)
class Message:
    """Message about a test. The `Token` beside it is no field, so that it goes nowhere."""

    Status: Annotated[State, wire.state(STATES)]
    word: Annotated[wire.Text, wire.named("Status")] = ""
    TestID: wire.AnyText = ""
    Name: wire.AnyText = ""
    URL: wire.AnyText = ""
    StatusCode: wire.Text = ""
    IP: wire.Text = ""
    Tags: wire.ScalarText = ""
    Method: wire.Text = ""  # type of the test: Website
    CheckRate: wire.Text = ""  # seconds


def read(event: Message) -> Reading:
    test, name, url = event.TestID.strip(), event.Name.strip(), conventions.address(event.URL.strip())
    return Reading(
        state=event.Status,
        level="down",
        # The vendor's page knows no TestID, so it is no fault where there is none.
        identity={"test": test} if test else {"name": name, "url": url},
        title=name or url,
        message=conventions.join(event.word, event.StatusCode, by=" "),
        resource=url or event.IP,
        labels={"tags": event.Tags, "ip": event.IP, "method": event.Method, "check_rate": event.CheckRate},
        links={"url": conventions.link(url)},
        values={"status code": wire.number_in(event.StatusCode)},
    )


adapter = Adapter(
    name="statuscake",
    title="StatusCake",
    shapes=[Shape(Message, read, marks={"StatusCode", "Name"})],
    levels=LEVELS,
    formats={"json", "form", "query"},
    times=Times.NONE,
    repeats={State.FIRING},
    templates=PLACEHOLDER,
    placeholders=PLACEHOLDER,
    token_in=(InBody("Token"), InQuery("Token")),
    identity_parts={"test", "name", "url"},
)
