"""Healthchecks, healthchecks.io or self-hosted: its integration "Webhook".

Set up:

1. Integrations, Add Integration, Webhook. For "down" and for "up" enter the same three things: method POST and the URL
   `https://receiver.example/healthchecks?token=…`, the request header `Content-Type: application/json`, and the body

       {"check":$JSON,"status":"$STATUS","now":"$NOW","exit":"$EXITSTATUS","body":$BODY_JSON}

   Before version 3.3 leave out `,"body":$BODY_JSON`.
2. Turn the integration on for your checks, and press "Test!".

Answer 200, 201, 202 or 204: after anything else Healthchecks posts twice more at once, then never again.

A tag of the check sets the severity: `severity:critical`, with any word for a level, or just `critical`, `high`,
`medium`, `low` or `info`. Without one the level is `down`, which is high.

The body `$JSON` alone is read, too, but it has the status that the check has when the request is made: an outage that
is over by then is not seen. Also read are a form, JSON of your own and the query of a GET, if their parts are named
`status`, `code`, `name`, `slug`, `tags`, `now`, `exit` and `body`. Without `code` the name is the identity, and names
need not be unique. In JSON write `$NAME_JSON`, not `"$NAME"`.

Limits: each change is sent once. A check that is paused or deleted while it is down is never announced as up, nor is
one whose "up" has no URL: let incidents of this source expire. The reason, a failure signal or no signal at all, is not
sent. The UUID in the key also serves to ping the check; of a GET it is a hash of the UUID, so take the same method for
"down" and "up". A test without `$JSON` looks like an alert.
"""

import re
from typing import Annotated

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Notice, Reading, Reason, Severity, Shape, State, Times

STATUSES = {"down": State.FIRING, "up": State.RESOLVED}

# `started`, in `$JSON` before 2.8, hides whether the check is down: as an unknown word it fires.
STATES = STATUSES | {"paused": State.SUPPRESSED, "grace": None, "new": None}

LEVELS = conventions.LEVELS | {"down": Severity.HIGH}  # `down` is ours: there are no levels

NAMES = {severity.value for severity in Severity}

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

PLACEHOLDER = re.compile(r"\$(?:CODE|STATUS|NOW|NAME|SLUG|TAGS|TAG[0-9]|JSON|BODY|EXITSTATUS)(?:_JSON)?")


@wire.model
class Parts:
    """Parts of a body that come from other placeholders than `$JSON`."""

    now: wire.Rfc3339 = None  # of the change; before 3.4 of the request
    exit: wire.Text = ""  # of the last ping; -1 where it had none
    body: wire.Text = ""  # of the last ping


@wire.model
class Facts(Parts):
    """A check without its status."""

    uuid: Annotated[wire.Text, wire.also("code")] = ""  # from 3.5 on
    ping_url: wire.Text = ""  # ends with the uuid
    word: Annotated[wire.Text, wire.named("status")] = ""
    name: wire.Text = ""  # may be blank, and be that of another check
    slug: wire.Text = ""
    tags: wire.Text = ""
    desc: wire.Text = ""
    n_pings: wire.Number = 0
    channels: wire.Text = ""


@wire.model
class Check(Facts):
    status: Annotated[State | None, wire.state(STATES)]  # of the moment at which the request was made


@wire.model
class Change(Parts):
    check: Facts
    status: Annotated[State, wire.state(STATUSES)]
    word: Annotated[wire.Text, wire.named("status")] = ""


@wire.model
class Wrapped(Parts):
    """The example in the list of placeholders."""

    check: Check


def read(event: Change) -> Reading | Notice | None:
    return reading(event.check, event.status, event, is_present=event.word == event.check.word)


def read_wrapped(event: Wrapped) -> Reading | Notice | None:
    return reading(event.check, event.check.status, event)


def read_check(check: Check) -> Reading | Notice | None:
    return reading(check, check.status, check)


def reading(check: Facts, state: State | None, parts: Parts, *, is_present: bool = True) -> Reading | Notice | None:
    # The check of the test button has no integration, which every other check has that is notified of.
    if (check.name, check.n_pings, check.tags, check.channels) == ("TEST", 42, "", ""):
        return Notice(reason=Reason.TEST)
    if state is None:
        return None
    end = check.ping_url.rpartition("/")[2]
    uuid = check.uuid or (end if UUID.fullmatch(end) else "")
    name = check.name or check.slug or uuid  # as Healthchecks itself names it
    return Reading(
        state=state,
        level=level(check.tags.split()),
        identity=[{"check": uuid}, {"name": check.name, "slug": check.slug}],
        title=f"{name} is {TITLES[state]}",
        message=f"{check.desc}\n{parts.body}".strip(),
        resource=name,
        labels={"slug": check.slug, "tags": check.tags},
        values={"exit status": "" if parts.exit == "-1" else wire.number_in(parts.exit)},
        occurred_at=parts.now,
        # Two changes in one second, sent late: what the check is at present came last.
        sequence=2 * int(check.n_pings) + is_present,
        times=Times.STATED if parts.now else None,
    )


TITLES = {State.FIRING: "down", State.RESOLVED: "up", State.SUPPRESSED: "paused"}


def level(tags: list[str]) -> str:
    words = [tag.partition(":")[2] for tag in tags if tag.lower().startswith("severity:")]
    words += [tag for tag in tags if tag.lower() in NAMES]
    return next(filter(None, words), "down")


CHECK_MARKS = {"ping_url", "n_pings", "grace"}
WRAPPED_MARKS = {f"$.check.{key}" for key in CHECK_MARKS}

adapter = Adapter(
    name="healthchecks",
    title="Healthchecks",
    shapes=[
        Shape(Change, read, marks=WRAPPED_MARKS),
        Shape(Wrapped, read_wrapped, marks=WRAPPED_MARKS),
        Shape(Check, read_check, marks=CHECK_MARKS, times=Times.NONE),
    ],
    levels=LEVELS,
    open_levels=True,
    fallback=Severity.HIGH,
    formats={"json", "form", "query"},
    times=Times.STATED,
    placeholders=PLACEHOLDER,
    accepted={200, 201, 202, 204},
    retries=True,
    identity_parts={"check", "name", "slug"},
)
