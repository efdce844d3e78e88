"""Comparison with other packages that turn webhooks into objects: the same bytes, in the same rounds.

Each package does its complete normalisation, called as its own web view calls it. The packages are imported by name
when they are measured, since none of them needs to be installed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sized
from datetime import UTC, datetime
from functools import cache, partial
from hashlib import md5
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from types import ModuleType, SimpleNamespace
from typing import Any

from attrs import frozen

from alertmap import Request, parse, parse_document
from bench.cases import BODIES, batch, compact, decoder, legacy
from bench.rounds import Seconds, interleaved, ratio, spread

Reader = Callable[[], Sized]
"""Function that reads one body and returns its results, one for each alert."""
Readers = Callable[[bytes], dict[str, Reader]]
"""Function of a body to the readers of one package: of the bytes, and of the decoded document."""
OURS = "alertmap"
LOADS = "orjson.loads"
KEEP, ONCALL = "Keep", "Grafana OnCall"
CHECKOUTS = {KEEP: "keep", ONCALL: "oncall"}
"""Programs that are no packages, with the folder below `ALERTMAP_PEERS` that holds a checkout of each."""
VARIABLE = "ALERTMAP_PEERS"


@frozen
class Peer:
    """A package, and the number of results that it makes of one body."""

    name: str
    load: Callable[[], Readers]
    results: int


@frozen
class Match:
    """A body, the number of its alerts for alertmap, or 0 for other senders, and the packages that read it."""

    name: str
    vendor: str
    body: bytes
    ours: int
    peers: tuple[Peer, ...]


@frozen
class Result:
    """Time that one package takes for a body."""

    body: str
    package: str
    given: str
    micros: float
    decoding: float
    """Ratio to the time in which orjson decodes the body."""
    ours: float | None
    """Ratio to the time of alertmap with the same input."""
    spread: float
    """How far that ratio varies between rounds; where alertmap does not read the body, the ratio to decoding."""
    seconds: list[float]


def matches() -> Iterator[Match]:
    """Yield the bodies and the packages that read them."""
    vendor = "prometheus_alertmanager"
    bodies: dict[str, Callable[[int], bytes]] = {"": partial(batch, vendor)} | {
        f" {name}": it for name, it in BODIES.items()
    }
    for name, make in bodies.items():
        for count in (100, 1):
            peers: tuple[Peer, ...] = (
                Peer("alerta-server", alerta_prometheus, count),
                Peer("prometheus-alert-model", prometheus_alert_model, count),
                Peer(KEEP, keep, count),
                # A request is one alert for OnCall.
                Peer(ONCALL, oncall, 1),
                Peer(f"{ONCALL}, message", oncall_message, 1),
            )
            yield Match(f"Alertmanager{name}, {count}", vendor, make(count), count, peers)
    for count in (100, 1):
        # A legacy rule is one alert for alertmap, and one for each series for Alerta.
        peers = (Peer("alerta-server", alerta_grafana, count),)
        yield Match(f"Grafana legacy, {count}", "grafana", legacy(count), 1, peers)
    for count in (100, 1):
        yield Match(f"Mailtrap events, {count}", "", mails(count), 0, (Peer("django-anymail", anymail, count),))


def results(rounds: int) -> Iterator[Result | str]:
    """Yield the time of each package, or a sentence about a package that is missing."""
    reported: set[str] = set()
    for match in matches():
        present = []
        for peer in match.peers:
            readers = loaded(peer.name, peer.load)
            if not isinstance(readers, str):
                present.append((peer, readers(match.body)))
            elif readers not in reported:
                reported.add(readers)
                yield readers
        if present:
            yield from _compared(match, present, rounds)


@cache
def loaded(name: str, load: Callable[[], Readers]) -> Readers | str:
    """Return the readers of a package, or a sentence about why it is missing."""
    base = name.partition(",")[0]
    try:
        if base in CHECKOUTS:
            _checkout(base)
        else:
            version(name)
        return load()
    except PackageNotFoundError:
        return f"{name} is not installed."
    except FileNotFoundError as error:
        return f"{base} is missing: {error}"
    except Exception as error:  # noqa: BLE001 - a broken package must not stop the others
        return f"{name} cannot be imported: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def _compared(match: Match, present: list[tuple[Peer, dict[str, Reader]]], rounds: int) -> Iterator[Result]:
    all_readers = [(OURS, match.ours, ours(match))] if match.ours else []
    all_readers += [(peer.name, peer.results, readers) for peer, readers in present]
    functions: dict[str, Callable[[], object]] = {}
    for package, due, readers in all_readers:
        for given, read in readers.items():
            if (found := len(read())) != due:
                raise AssertionError(f"{package} makes {found} results of {match.name}, {given}; expected {due}")
            functions[f"{package}/{given}"] = read
    loads = decoder(LOADS)
    seconds = interleaved(functions | {LOADS: lambda: loads(match.body)}, rounds)
    for package, _, readers in all_readers:
        yield from (_result(match, package, given, seconds) for given in readers)


def _result(match: Match, package: str, given: str, seconds: Seconds) -> Result:
    name, mine = f"{package}/{given}", f"{OURS}/{given}"
    return Result(
        body=match.name,
        package=package,
        given=given,
        micros=median(seconds[name]) * 1e6,
        decoding=ratio(seconds, name, LOADS),
        ours=ratio(seconds, name, mine) if mine in seconds else None,
        spread=spread(seconds, name, mine if mine in seconds and package != OURS else LOADS),
        seconds=seconds[name],
    )


# --- Ours -------------------------------------------------------------------------------------------------------------


def ours(match: Match) -> dict[str, Reader]:
    """Return the readers of alertmap for a body."""
    request, document = Request(match.body), decoder(LOADS)(match.body)
    return {
        "bytes": lambda: parse(match.vendor, request).alerts,
        "document": lambda: parse_document(match.vendor, document).alerts,
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
    """Load Alerta's webhook of Alertmanager, in an application without a database."""
    return _alerta("alerta.webhooks.prometheus", "PrometheusWebhook")


def alerta_grafana() -> Readers:
    """Load Alerta's webhook of Grafana, in an application without a database."""
    return _alerta("alerta.webhooks.grafana", "GrafanaWebhook")


def prometheus_alert_model() -> Readers:
    """Load the model of Alertmanager's payload."""
    group = import_module("prometheus_alert_model").AlertGroup

    def readers(body: bytes) -> dict[str, Reader]:
        document = decoder(LOADS)(body)
        return {
            "bytes": lambda: group.parse_raw(body).alerts,
            "document": lambda: group.parse_obj(document).alerts,
        }

    return readers


def _checkout(name: str) -> Path:
    """Return the folder of a checkout.

    Raises:
        FileNotFoundError: there is none.
    """
    folder = os.environ.get(VARIABLE)
    path = Path(folder or "", CHECKOUTS[name])
    if not folder or not path.is_dir():
        raise FileNotFoundError(f"set {VARIABLE} to a folder that holds a checkout of it as {CHECKOUTS[name]}/.")
    return path


def checked_out() -> dict[str, str]:
    """Return the commits of the checkouts, by name."""
    found = {}
    for name in CHECKOUTS:
        try:
            command = ["git", "-C", str(_checkout(name)), "log", "-1", "--format=%h, %cs"]
            found[name] = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
        except (OSError, subprocess.CalledProcessError):
            continue
    return found


def _import_from(folder: Path, module: str) -> Any:
    sys.path.insert(0, str(folder))
    try:
        return import_module(module)
    finally:
        sys.path.remove(str(folder))


def keep() -> Readers:
    """Return the readers of Keep's Prometheus provider.

    Its base classes need a database, and formatting an alert does not need them: empty classes stand for them. It
    takes parts out of the document that it is given, so there is no reader of a document.
    """
    for module, names in (
        ("keep.contextmanager.contextmanager", ("ContextManager",)),
        ("keep.providers.base.base_provider", ("BaseProvider", "ProviderHealthMixin")),
        ("keep.providers.models.provider_config", ("ProviderConfig", "ProviderScope")),
    ):
        empty = ModuleType(module)
        vars(empty).update({name: type(name, (SimpleNamespace,), {}) for name in names})
        sys.modules[module] = empty
    provider = _import_from(_checkout(KEEP), "keep.providers.prometheus_provider.prometheus_provider")
    make = provider.PrometheusProvider._format_alert  # noqa: SLF001 - its only function from document to alerts

    def readers(body: bytes) -> dict[str, Reader]:
        return {"bytes": lambda: make(json.loads(body))}

    return readers


def oncall() -> Readers:
    """Return the readers of Grafana OnCall: the templates that it renders when a request arrives."""
    return _oncall(with_message=False)


def oncall_message() -> Readers:
    """Return the readers of Grafana OnCall with the link and the message, which it renders when they are displayed."""
    return _oncall(with_message=True)


def _oncall(*, with_message: bool) -> Readers:
    _configure_django()
    engine = _checkout(ONCALL) / "engine"
    render = _import_from(engine, "common.jinja_templater.apply_jinja_template").apply_jinja_template
    templates = _import_from(engine, "config_integrations.alertmanager")

    def group(document: Any) -> Sized:
        alerts = document.get("alerts", [])
        counts = {
            f"num{status.capitalize()}": sum(alert.get("status", "") == status for alert in alerts)
            for status in ("firing", "resolved")
        }
        payload = document | counts
        title = render(templates.web_title, payload)
        group_id = md5(render(templates.grouping_id, payload).encode()).hexdigest()  # noqa: S324 - as OnCall does
        resolved = render(templates.resolve_condition, payload).strip().lower() in {"1", "true", "ok"}
        if not with_message:
            return [(title, group_id, resolved)]
        link = render(templates.source_link, payload)
        return [(title, group_id, resolved, link, render(templates.web_message, payload, source_link=link))]

    def readers(body: bytes) -> dict[str, Reader]:
        document = json.loads(body)
        return {"bytes": lambda: group(json.loads(body)), "document": lambda: group(document)}

    return readers


@cache
def _configure_django() -> None:
    """Configure Django for all who need it; the limits are those of OnCall's settings."""
    import_module("django.conf").settings.configure(
        ANYMAIL={"WEBHOOK_SECRET": "bench:bench"}, JINJA_TEMPLATE_MAX_LENGTH=50_000, JINJA_RESULT_MAX_LENGTH=50_000
    )


def anymail() -> Readers:
    """Load the tracking webhook of Mailtrap, whose bodies hold many events, as Alertmanager's hold many alerts."""
    _configure_django()
    view = import_module("anymail.webhooks.mailtrap").MailtrapTrackingWebhookView()
    factory = import_module("django.test").RequestFactory()

    def readers(body: bytes) -> dict[str, Reader]:
        request = factory.post("/", data=body, content_type="application/json")
        return {"bytes": lambda: view.parse_events(request)}

    return readers


def mails(count: int) -> bytes:
    """Return a body with `count` events of bounced mails."""
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
