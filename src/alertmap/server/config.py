"""The configuration of the receiver: one TOML file, all faults found in one run, with their lines.

Beside the settings of `alertmap.load_sources`, a table of a source may have `policy` (the fields of `Policy`, with
durations such as `"3h"`), `targets` (names of the tables below) and `rate`. A secret is a text, or
`{ env = "NAME" }`, or `{ file = "/path" }`, whose last line break is left out.

```toml
[server]
database = "alertmap.sqlite"

[server.page]
basic = { ops = { env = "PAGE_PASSWORD" } }

[sources.prod]
vendor = "prometheus_alertmanager"
auth = { tokens = [{ file = "/run/secrets/prod" }] }
policy = { expire_after = "12h" }
targets = ["pager"]

[targets.pager]
target = "pagerduty"
routing_key = { env = "PAGERDUTY_KEY" }
```
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from attrs import field, frozen

from alertmap import wire
from alertmap.errors import AlertmapError, ConfigurationError, did_you_mean, quoted
from alertmap.incidents.model import Policy
from alertmap.intake.auth import Auth, as_auth
from alertmap.intake.source import InvalidOptions, Source, read_options
from alertmap.intake.source_file import Path, located, read_toml, sources_of
from alertmap.intake.sources import Sources
from alertmap.model import Alert, State
from alertmap.output.registry import target_of
from alertmap.output.render import render
from alertmap.strict_json import Limits
from alertmap.target import Target

Lookup = Callable[[str], str]
"""Returns the secret of a name; raises OSError or LookupError where there is none."""

_DURATION = re.compile(r"([0-9]{1,9})(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SIZE = re.compile(r"([0-9]{1,9})(KiB|MiB|GiB)")
_BYTES = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


@wire.model(closed=True)
class Settings:
    """The table `[server]`."""

    host: wire.NonBlank = "127.0.0.1"
    port: int = 8080
    database: wire.NonBlank = field(default="alertmap.sqlite", repr=False)
    """Path of an SQLite file, or the URL of a PostgreSQL database: `postgresql://user@host/name`."""
    keep_requests: wire.NonBlank = "30d"
    """How long requests are kept; those of an open incident, too."""
    keep_incidents: wire.NonBlank = "365d"
    """How long incidents are kept after their end."""
    most_stored: wire.NonBlank = "4GiB"
    """Bytes of requests that are kept; beyond it the oldest leave."""
    max_body: wire.NonBlank = "8MiB"
    waiting: int = 1_000
    """Requests that wait for the store at most; beyond it the answer is 503."""
    slowest: wire.NonBlank = "30s"
    """How long the body of a request may take."""


@frozen(kw_only=True)
class Page:
    """Who may see the page and its API: `auth`, or the address that a proxy in front has checked, or anybody."""

    auth: Auth | None = None
    trusted_header: str = ""
    """Name of a header that a proxy sets for users that it has checked; a request without it is refused."""
    is_open: bool = False
    """Anybody may see it."""


@frozen(kw_only=True)
class Receiving:
    """A source, and what is done with its alerts."""

    source: Source
    policy: Policy = field(factory=Policy)
    targets: tuple[str, ...] = ()
    rate: float | None = None
    """Requests a second that are taken, in bursts of ten times as many; None: no limit."""


@frozen(kw_only=True)
class Sending:
    """A target with its settings."""

    name: str
    target: Target
    settings: object = field(repr=False)


@frozen(kw_only=True)
class Config:
    """All settings of the file, checked."""

    host: str
    port: int
    database: str = field(repr=False)
    keep_requests: timedelta
    keep_incidents: timedelta
    most_stored: int
    limits: Limits
    waiting: int
    slowest: timedelta
    page: Page
    sources: Mapping[str, Receiving]
    targets: Mapping[str, Sending] = field(factory=dict)

    def policy(self, source: str) -> Policy:
        """Return the policy of a source; the usual one for a source that is not in the file any more."""
        found = self.sources.get(source)
        return Policy() if found is None else found.policy


def load_config(text: str, *, environment: Lookup, read_file: Lookup) -> Config:
    """Return the configuration in a TOML text.

    Args:
        text: the file.
        environment: gives the value of an environment variable.
        read_file: gives the text of a file.

    Raises:
        InvalidSources: it is not TOML, or a setting is invalid; `faults` has all of them with their lines.
    """
    document, lines = read_toml(text)
    found = _Loader(environment, read_file)
    config = found.config(document)
    if config is None:
        raise located(found.faults, lines)
    return config


class _Loader:
    """Reads the tables of a file, and gathers faults."""

    def __init__(self, environment: Lookup, read_file: Lookup) -> None:
        self._lookups = {"env": environment, "file": read_file}
        self.faults: list[tuple[Path, str]] = []

    def config(self, document: Mapping[str, Any]) -> Config | None:
        """Return the configuration; None where there are faults."""
        known = ("server", "sources", "targets")
        for key in document.keys() - set(known):
            self._fault((key,), f"there is no table {quoted(key)}{did_you_mean(key, known)}")
        server = self._table(document.get("server", {}), ("server",))
        page = self._page(self._table(server.pop("page", {}), ("server", "page")))
        settings = self._options(server, Settings, ("server",))
        if settings is not None and not (0 <= settings.port <= _LAST_PORT and settings.waiting > 0):
            self._fault(("server",), f"port must be a number from 0 to {_LAST_PORT}, and waiting one above zero")
        if settings is not None and (settings.database == ":memory:" or settings.database.startswith("file:")):
            self._fault(("server", "database"), "database must be the path of a file, or a URL postgresql://…")
        elif settings is not None and _URL.match(settings.database) and not _URL.fullmatch(settings.database):
            # Else the error of the driver may have a part of the password.
            self._fault(
                ("server", "database"), "signs such as @, / and : in a password must be written as %40, %2F, %3A"
            )
        targets = dict(self._targets(self._table(document.get("targets", {}), ("targets",))))
        sources = self._sources(document.get("sources"), targets)
        if self.faults or settings is None:
            return None
        config = Config(
            host=settings.host,
            port=settings.port,
            database=settings.database,
            keep_requests=self._duration(settings.keep_requests, ("server", "keep_requests")),
            keep_incidents=self._duration(settings.keep_incidents, ("server", "keep_incidents")),
            most_stored=self._size(settings.most_stored, ("server", "most_stored")),
            limits=Limits(max_body=self._size(settings.max_body, ("server", "max_body"))),
            waiting=settings.waiting,
            slowest=self._duration(settings.slowest, ("server", "slowest")),
            page=page,
            sources=sources,
            targets=targets,
        )
        return None if self.faults else config

    def _fault(self, path: Path, message: str) -> None:
        self.faults.append((path, message))

    def _table(self, table: object, path: Path) -> dict[str, Any]:
        if isinstance(table, dict):
            return {str(key): self._with_secrets(value, (*path, str(key))) for key, value in table.items()}
        self._fault(path, f"expected a table, got {type(table).__name__}")
        return {}

    def _with_secrets(self, value: Any, path: Path) -> Any:
        """Return a value with the secrets that it names."""
        if isinstance(value, list):
            return [self._with_secrets(one, path) for one in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (lookup := self._lookups.get(next(iter(value)))) is not None:
            [(kind, name)] = value.items()
            if not isinstance(name, str):
                self._fault(path, f"{kind} must be a text")
                return ""
            try:
                return lookup(name).removesuffix("\n")
            except (OSError, LookupError, ValueError) as error:
                what = "environment variable" if kind == "env" else "file"
                self._fault(path, f"the {what} {quoted(name)} cannot be read: {type(error).__name__}")
                return "?"
        return {key: self._with_secrets(one, (*path, str(key))) for key, one in value.items()}

    def _options(self, table: Mapping[str, Any], model: type, path: Path) -> Any:
        try:
            return read_options(table, model, path[-1])
        except InvalidOptions as error:
            for key, message in error.faults:
                self._fault((*path, key) if key else path, message)
            return None

    def _page(self, table: dict[str, Any]) -> Page:
        path = ("server", "page")
        ways = ("tokens", "basic", "trusted_header", "open")
        for key in table.keys() - set(ways):
            self._fault((*path, key), f"there is no setting {quoted(key)}{did_you_mean(key, ways)}")
        if len(table.keys() & {"trusted_header", "open"}) + bool(table.keys() & {"tokens", "basic"}) > 1:
            self._fault(path, "the page is open, or behind a proxy, or asks for credentials: name one of these")
        header, is_open = table.get("trusted_header", ""), table.get("open", False)
        if not isinstance(header, str) or type(is_open) is not bool:
            self._fault(path, "trusted_header must be a text, and open true or false")
            return Page()
        given = {key: table[key] for key in ("tokens", "basic") if key in table}
        try:
            return Page(auth=as_auth(given) if given else None, trusted_header=header.lower(), is_open=is_open)
        except ConfigurationError as error:
            self._fault(path, str(error))
            return Page()

    def _targets(self, tables: Mapping[str, Any]) -> Iterator[tuple[str, Sending]]:
        for name, table in tables.items():
            path = ("targets", name)
            if not isinstance(table, dict) or not isinstance(table.get("target"), str):
                self._fault(path, "expected a table with the name of a target: target = …")
                continue
            try:
                target = target_of(table["target"])
            except Exception as error:  # noqa: BLE001 - a target that does not load is a fault of the file, too
                self._fault((*path, "target"), str(error))
                continue
            settings = {key: value for key, value in table.items() if key != "target"}
            read = self._options(settings, target.config, path)
            if read is None:
                continue
            try:
                render(target, _SAMPLE, read, _SOME_TIME)
            except AlertmapError as error:
                self._fault(path, str(error))
            else:
                yield name, Sending(name=name, target=target, settings=read)

    def _sources(self, tables: object, targets: Mapping[str, Sending]) -> dict[str, Receiving]:
        own: dict[str, dict[str, Any]] = {}
        rest: dict[str, Any] = {}
        for name, table in tables.items() if isinstance(tables, dict) else ():
            rest[name] = table
            if isinstance(table, dict):
                rest[name] = {
                    key: value if key in _WITHOUT_SECRETS else self._with_secrets(value, ("sources", name, key))
                    for key, value in table.items()
                    if key not in _OWN
                }
                own[name] = {key: table[key] for key in _OWN if key in table}
        sources, faults = sources_of(rest)
        self.faults += faults
        try:
            Sources(sources.values())
        except ConfigurationError as error:
            self._fault(("sources",), str(error))
        found = {}
        for name, settings in own.items():
            made = self._receiving(("sources", name), settings, targets)
            if name in sources and made is not None:
                found[name] = attrs.evolve(made, source=sources[name])
        return found

    def _receiving(self, path: Path, table: Mapping[str, Any], targets: Mapping[str, Sending]) -> Receiving | None:
        before = len(self.faults)
        policy = self._policy(table.get("policy", {}), (*path, "policy"))
        rate = table.get("rate")
        if rate is not None and (type(rate) not in (int, float) or not 0 < rate < float("inf")):
            self._fault((*path, "rate"), "rate must be a number above zero")
        names = table.get("targets", [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self._fault((*path, "targets"), "targets must be a list of names")
            names = []
        for name in names:
            if name not in targets:
                self._fault((*path, "targets"), f"there is no [targets.{name}] that is valid")
        if len(self.faults) > before:
            return None
        return Receiving(source=Source(path[-1]), policy=policy, targets=tuple(names), rate=rate)

    def _policy(self, table: object, path: Path) -> Policy:
        known = {one.name: one for one in attrs.fields(Policy)}
        settings: dict[str, Any] = {}
        for key, value in self._table(table, path).items():
            if key not in known:
                self._fault((*path, key), f"there is no setting {quoted(key)}{did_you_mean(key, known)}")
            elif known[key].type is int:
                settings[key] = value
            elif key == "settle" and value == "never":
                settings[key] = None
            else:
                settings[key] = self._duration(value, (*path, key))
        try:
            return Policy(**settings)
        except ConfigurationError as error:
            self._fault(path, str(error))
            return Policy()

    def _duration(self, value: object, path: Path) -> timedelta:
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            self._fault(path, 'expected a duration such as "90s", "5m", "12h" or "30d"')
            return timedelta(1)
        return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])

    def _size(self, value: object, path: Path) -> int:
        match = _SIZE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            self._fault(path, 'expected a size such as "64KiB", "8MiB" or "4GiB"')
            return 1
        return int(match[1]) * _BYTES[match[2]]


_LAST_PORT = 65_535
_SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_SAMPLE = Alert(
    vendor="generic", source="sample", state=State.FIRING, severity=None, identity={"id": "1"}, dedup_key="generic:1"
)
"""An alert that every target can write: what fails with it is a fault of the settings."""
_URL = re.compile(r"postgres(?:ql)?://(?:(?:[^@/?#:]*(?::[^@/?#:]*)?@)?[^@]*)?")
_WITHOUT_SECRETS = ("labels", "levels")  # tables whose names are the user's: a label may be called `env`
_OWN = ("policy", "targets", "rate")
