"""Webhook of a search alert.

Sources: the vendor's page "Use a webhook alert action"; fixtures of Zulip's integration.
"""

from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Identity, Reading, Shape, State, Times
from alertmap.adapters.splunk.options import Options

# Enterprise Security has urgencies; many logs have a `log_level`.
LEVELS_IN = ("severity", "urgency", "log_level", "level", "priority")

ROW_KEYS = wire.named("result", "_result")


@wire.model
class Row:
    _time: wire.AnyTime = None
    _raw: wire.Text = ""


@wire.model
class Search:
    sid: wire.AnyText  # of the run of the search
    search_name: wire.AnyText = ""  # absent for an ad hoc search
    app: wire.AnyText = ""
    owner: wire.Text = ""
    results_link: wire.Text = ""
    row: Annotated[Row, ROW_KEYS] = Row()
    fields: Annotated[wire.Texts, ROW_KEYS] = Factory(dict)


def read(event: Search, options: Options) -> Reading:
    fields = event.fields
    state_word = fields.get(options.state_field, "") if options.state_field else ""
    apart = {name: fields.get(name) for name in options.by}
    named: Identity = {"search": event.search_name, "app": event.app, **apart}
    # Scheduled: `scheduler__admin__search__RMD5…_at_1772618400_1`, where what stands before `_at_` is the search.
    unnamed: Identity = {"sid": event.sid.partition("_at_")[0], **apart}
    return Reading(
        state=conventions.STATES.get(state_word.strip().lower()) if options.state_field else State.FIRING,
        level=conventions.first(fields, LEVELS_IN),
        identity=[named, unnamed],
        title=event.search_name,
        message=fields.get("message", "") or event.row._raw,  # noqa: SLF001 - the vendor's name
        resource=conventions.host(fields),
        labels={
            **{name: text for name, text in fields.items() if not name.startswith("_")},
            "app": event.app,
            "owner": event.owner,
        },
        links={"results": event.results_link},
        occurred_at=event.row._time,  # noqa: SLF001
        times=None if event.row._time else Times.NONE,  # noqa: SLF001
        resolvable=bool(options.state_field),
    )


# `_time` is that of the first row, of its bucket, or what the search made of it: two runs may have the same one, and a
# later run an earlier one. Splunk posts run after run, and each once.
SHAPES = [Shape(Search, read, marks={"owner", "result"}, times=Times.ARRIVAL)]
