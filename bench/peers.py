"""Other packages that turn webhooks into objects, beside ours: the same bytes in, in the same rounds.

Each does its own whole normalisation, called as its own web view calls it. They are imported by name when their turn
comes, since none of them need be installed.
"""

from collections.abc import Callable, Iterator, Sized
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from statistics import median

from attrs import frozen

from alertmap import Request, parse, parse_document
from bench.cases import batch, compact, decoder, legacy
from bench.rounds import Seconds, interleaved

Reader = Callable[[], Sized]
"""Reads one body and returns what came of it: one thing for every alert."""
Readers = Callable[[bytes], dict[str, Reader]]
"""A package's readings of a body: of its bytes, and of the document that they decode to."""
OURS = "alertmap"
LOADS = "orjson.loads"


@frozen
class Match:
    """A body, who reads it, and how many things come of it there and with us; 0 where it is no monitor's."""

    name: str
    vendor: str
    body: bytes
    theirs: int
    ours: int
    peers: dict[str, Callable[[], Readers]]


@frozen
class Result:
    """What one of them takes for a body."""

    body: str
    package: str
    given: str
    micros: float
    decoding: float
    """Times as long as orjson takes to decode the same body."""
    ours: float | None
    """Times as long as ours takes, given the same."""
    seconds: list[float]


def matches() -> Iterator[Match]:
    """Who reads what."""
    vendor = "prometheus_alertmanager"
    for count in (100, 1):
        peers = {"alerta-server": alerta_prometheus, "prometheus-alert-model": prometheus_alert_model}
        yield Match(f"Alertmanager, {count}", vendor, batch(vendor, count), count, count, peers)
    for count in (100, 1):
        # A legacy rule is one alert with us, and one for every series with Alerta.
        peers = {"alerta-server": alerta_grafana}
        yield Match(f"Grafana legacy, {count}", "grafana", legacy(count), count, 1, peers)
    for count in (100, 1):
        yield Match(f"Mailtrap events, {count}", "", mails(count), count, 0, {"django-anymail": anymail})


def results(rounds: int) -> Iterator[Result | str]:
    """What each takes, or a sentence that says who is not there."""
    told: set[str] = set()
    for match in matches():
        readers = ours(match) if match.ours else {}
        for name, load in match.peers.items():
            make = loaded(name, load)
            if not isinstance(make, str):
                readers |= {(name, given): read for given, read in make(match.body).items()}
            elif make not in told:
                told.add(make)
                yield make
        if any(package != OURS for package, _ in readers):
            yield from _compared(match, readers, rounds)


@cache
def loaded(name: str, load: Callable[[], Readers]) -> Readers | str:
    """A peer's readings, or the sentence that says why it is not there."""
    try:
        version(name)
        return load()
    except PackageNotFoundError:
        return f"{name} is not installed."
    except Exception as error:  # noqa: BLE001 - whatever ails a peer: the others are measured all the same
        return f"{name} cannot be imported: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def _compared(match: Match, readers: dict[tuple[str, str], Reader], rounds: int) -> Iterator[Result]:
    for (package, given), read in readers.items():
        found, due = len(read()), match.ours if package == OURS else match.theirs
        if found != due:
            raise AssertionError(f"{package} makes {found} of {match.name}, given the {given}: {due} are due")
    loads = decoder(LOADS)
    functions: dict[str, Callable[[], object]] = {f"{name}/{given}": read for (name, given), read in readers.items()}
    seconds = interleaved(functions | {LOADS: lambda: loads(match.body)}, rounds)
    for package, given in readers:
        yield _result(match, package, given, seconds)


def _result(match: Match, package: str, given: str, seconds: Seconds) -> Result:
    values = seconds[f"{package}/{given}"]
    mine = seconds.get(f"{OURS}/{given}")
    return Result(
        body=match.name,
        package=package,
        given=given,
        micros=median(values) * 1e6,
        decoding=median(values) / median(seconds[LOADS]),
        ours=None if mine is None else median(values) / median(mine),
        seconds=values,
    )


# --- Ours -------------------------------------------------------------------------------------------------------------


def ours(match: Match) -> dict[tuple[str, str], Reader]:
    """Our own readings of a body."""
    request, document = Request(match.body), decoder(LOADS)(match.body)
    return {
        (OURS, "bytes"): lambda: parse(match.vendor, request).alerts,
        (OURS, "document"): lambda: parse_document(match.vendor, document).alerts,
    }


# --- Theirs -----------------------------------------------------------------------------------------------------------


def _alerta(module: str, webhook: str) -> Readers:
    app = import_module("flask").Flask("bench")
    app.config.from_object("alerta.settings")
    app.json = import_module("alerta.utils.format").AlertaJsonProvider(app)
    import_module("alerta.app").alarm_model.init_app(app)
    app.app_context().push()
    query = import_module("werkzeug.datastructures").ImmutableMultiDict()
    incoming = getattr(import_module(module), webhook)().incoming

    def readers(body: bytes) -> dict[str, Reader]:
        document = app.json.loads(body)
        return {
            "bytes": lambda: incoming("", query, app.json.loads(body)),
            "document": lambda: incoming("", query, document),
        }

    return readers


def alerta_prometheus() -> Readers:
    """Alerta's webhook of Alertmanager, in an application without a database."""
    return _alerta("alerta.webhooks.prometheus", "PrometheusWebhook")


def alerta_grafana() -> Readers:
    """Alerta's webhook of Grafana, in an application without a database."""
    return _alerta("alerta.webhooks.grafana", "GrafanaWebhook")


def prometheus_alert_model() -> Readers:
    """The model of Alertmanager's payload."""
    group = import_module("prometheus_alert_model").AlertGroup

    def readers(body: bytes) -> dict[str, Reader]:
        document = decoder(LOADS)(body)
        return {
            "bytes": lambda: group.parse_raw(body).alerts,
            "document": lambda: group.parse_obj(document).alerts,
        }

    return readers


def anymail() -> Readers:
    """The tracking webhook of Mailtrap: many events in a body, as alerts are in Alertmanager's."""
    import_module("django.conf").settings.configure(ANYMAIL={"WEBHOOK_SECRET": "bench:bench"})
    view = import_module("anymail.webhooks.mailtrap").MailtrapTrackingWebhookView()
    factory = import_module("django.test").RequestFactory()

    def readers(body: bytes) -> dict[str, Reader]:
        request = factory.post("/", data=body, content_type="application/json")
        return {"bytes": lambda: view.parse_events(request)}

    return readers


def mails(count: int) -> bytes:
    """So many mails that bounced."""
    moment = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp())
    events = [
        {
            "event": "bounce",
            "message_id": f"00000000-0000-4000-8000-{number:012}",
            "sending_stream": "transactional",
            "email": f"user-{number}@example.net",
            "timestamp": moment + number,
            "event_id": f"00000000-0000-4000-9000-{number:012}",
            "category": "invoices",
            "custom_variables": {"customer": f"{number}", "region": "eu-1"},
            "response": "550 5.1.1 there is nobody of this name here",
            "response_code": 550,
            "bounce_category": "badmailbox",
        }
        for number in range(count)
    ]
    return compact({"events": events})
