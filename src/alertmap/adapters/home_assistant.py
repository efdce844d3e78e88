"""Home Assistant: changes of state that an automation posts, and messages of the notify platform `rest`.

Set up:

1. Write this in `configuration.yaml`, with entities and a severity of your own; this form needs version 2024.10.

   ```yaml
   rest_command:
     alertmap:
       url: https://receiver.example/home_assistant?token=…
       method: post
       content_type: application/json
       payload: >-
         {{ dict(entity_id=entity_id, state=state, friendly_name=friendly_name, device_class=device_class,
                 severity=severity, last_changed=last_changed) | to_json }}
   automation:
     - alias: Post changes to alertmap
       triggers:
         - trigger: state
           entity_id: [alert.freezer, binary_sensor.leak]
           to: null
       actions:
         - action: rest_command.alertmap
           data:
             entity_id: "{{ trigger.entity_id }}"
             state: "{{ trigger.to_state.state }}"
             friendly_name: "{{ trigger.to_state.name }}"
             device_class: "{{ trigger.to_state.attributes.get('device_class', '') }}"
             severity: high
             last_changed: "{{ trigger.to_state.last_changed }}"
   ```

2. For entities without a class, or with one such as `light`, say in the source's option which state is the problem:

   ```toml
   problem_when = { "switch.pump" = "off" }
   ```

An entity `alert.…` fires when `on`, is acknowledged when `off`, and is over when `idle`. Of other entities either `on`
or `off` is the problem, by the device class. Without a class, or with one such as `light`, both fire with a problem,
until the option says which it is. `unavailable` and `unknown` fire for lack of data. Templates of your own write
`problem` and `ok`. Without `severity` the level is `default`, medium.

Messages: the notify platform `rest` with `method: POST_JSON` and `title_param_name: title`; forms and GET are read,
too. With `state`, and `entity_id`, `key` or both, under `data_template` they are alerts as above. Both must be of one
entity: the `off` of a sensor under the name of its alert is an acknowledgement. The `data` of a call is never sent.

Limits: a message without a state fires, and nothing ends it, not even a done message: let incidents of this source
expire. While an alert lasts, its message comes again. An alert whose sensor becomes unavailable is over, and fires
anew. A request that fails is not repeated. Parameters with names of your own are not read.
"""

import re
from typing import Annotated, Any, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, Problem, ProblemCode, Rank, Reading, Request, Severity, Shape, State, Times

NO_DATA = ("unavailable", "unknown")
ON_OFF = ("on", "off")  # what these mean depends on the entity: see `meanings`

STATES = (
    dict.fromkeys(("problem", "open", "triggered", "firing", *NO_DATA, *ON_OFF), State.FIRING)
    | dict.fromkeys(("ok", "closed", "idle", "resolved"), State.RESOLVED)
    | {"acknowledged": State.ACKNOWLEDGED}
)

ALERT_STATES = {"on": State.FIRING, "off": State.ACKNOWLEDGED}

STATES_WHEN = {"on": {"on": State.FIRING, "off": State.RESOLVED}, "off": {"off": State.FIRING, "on": State.RESOLVED}}

# After Home Assistant's list of device classes. Of the others, such as `light`, neither state is a problem by itself.
PROBLEM_WHEN = {
    name: when
    for when, names in {
        "on": "battery carbon_monoxide cold door garage_door gas heat lock moisture motion opening problem safety smoke"
        " sound tamper vibration window",
        "off": "connectivity",
    }.items()
    for name in names.split()
}

UNCLEAR = Problem(
    ProblemCode.STATE_GUESSED,
    "state",
    "on and off mean nothing without a device class; treated as firing: send `device_class`, or name the entity in the"
    " option `problem_when`",
)

LEVELS = conventions.LEVELS | {"default": Severity.MEDIUM}  # `default` is ours: there are no levels

DEFAULT_TITLE = "Home Assistant"  # of a message without one

NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*")

ENTITY = re.compile(r"[a-z_]+\.[a-z0-9_]+")


@wire.model
class Sent:
    state: Annotated[State | None, wire.state(STATES), wire.also("status")] = None
    word: Annotated[wire.Text, wire.named("state", "status")] = ""
    message: wire.AnyText = ""
    title: wire.AnyText = ""
    entity_id: wire.AnyText = ""
    key: Annotated[wire.AnyText, wire.also("tag", "alert_id")] = ""
    friendly_name: wire.Text = ""
    device_class: wire.Text = ""
    severity: Annotated[wire.Text, wire.also("priority")] = ""
    last_changed: wire.AnyTime = None
    rest: wire.Rest


@wire.model
class Change(Sent):
    state: Annotated[State | None, wire.state(STATES), wire.also("status")]


@wire.model
class Message(Sent):
    message: wire.AnyText


@wire.model(closed=True)
class Options:
    problem_when: dict[str, Literal["on", "off"]] = Factory(dict)


def read(event: Sent, options: Options) -> Reading:
    word = wire.state_word(event.word)
    known = meanings(event, options)
    own_title = "" if event.title.strip() == DEFAULT_TITLE else event.title.strip()
    title = own_title or event.message.strip().partition("\n")[0]
    # The message of a recovery is another one; without a state there is no recovery.
    by_text: dict[str, str | None] = (
        {"title": title} if event.state else {"title": own_title or None, "message": event.message.strip()}
    )
    flat = wire.flatten(event.rest)
    rest = {".".join(names): text for names, text in flat}
    return Reading(
        state=known.get(word, event.state),
        level=event.severity or "default",
        # One entity may have several problems, each with a key of its own.
        identity=[
            {"entity_id": event.entity_id, "key": event.key or None},
            {"key": event.key},
            without_numbers(by_text),
        ],
        title=title or f"{event.friendly_name or event.entity_id or event.key} is {event.word}",
        message=event.message,
        resource=event.entity_id or event.friendly_name,
        labels={"friendly_name": event.friendly_name, "device_class": event.device_class} | rest,
        occurred_at=event.last_changed,
        times=Times.SINCE if event.last_changed else Times.NONE,
        no_data=word in NO_DATA,
        resolvable=event.state is not None,
        problems=(*((UNCLEAR,) if word in ON_OFF and not known else ()), *flat.problems),
    )


def meanings(event: Sent, options: Options) -> dict[str, State]:
    """Return the meanings of `on` and `off`; none where neither the request nor an option has them."""
    if event.entity_id.startswith("alert."):
        return ALERT_STATES
    when = options.problem_when.get(event.entity_id) or PROBLEM_WHEN.get(event.device_class, "")
    return STATES_WHEN.get(when, {})


def without_numbers(texts: dict[str, str | None]) -> dict[str, str | None]:
    return {name: text and NUMBER.sub("#", text) for name, text in texts.items()}


def change_marks(document: Any, _request: Request) -> bool | Rank:
    entity = document.get("entity_id")
    is_entity = type(entity) is str and ENTITY.fullmatch(entity) is not None
    return Rank.WEAK if is_entity and type(document.get("state")) is str else False


SENDER = {"User-Agent": "HomeAssistant/"}

adapter = Adapter(
    name="home_assistant",
    title="Home Assistant",
    shapes=[
        Shape(Change, read, marks=change_marks, headers=SENDER),
        Shape(Message, read, headers=SENDER, times=Times.NONE),
    ],
    levels=LEVELS,
    open_levels=True,
    formats={"json", "form", "query"},
    repeats={State.FIRING},
    options=Options,
    templates=re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}"),
    placeholders=re.compile("None"),  # of a template that finds nothing
    accepted=range(200, 400),
    retries=False,
    answer_within=10,
)
