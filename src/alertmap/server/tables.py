"""The tables of the receiver, version by version, and the form of their times: microseconds since 1970."""

from datetime import UTC, datetime, timedelta

from alertmap.server.databases import Database, StoreError

MIGRATIONS = (
    """
    create table requests (
        id {serial}, received_at bigint not null, source text not null, vendor text not null, method text not null,
        path text not null, query text not null, headers text not null, body {blob} not null, size bigint not null,
        outcome text not null, reason text not null, alerts integer not null, problems integer not null
    );
    create index requests_by_source on requests (source, id);
    create table timelines (
        source text not null, key text not null, state text not null, due bigint, is_open integer not null,
        primary key (source, key)
    );
    create index timelines_by_due on timelines (due);
    create index timelines_open on timelines (source) where is_open = 1;
    create table incidents (
        id text primary key, source text not null, is_open integer not null, severity text, opened_at bigint not null,
        ended_at bigint, changed_at bigint not null, search text not null, labels text not null, document text not null
    );
    create index incidents_open on incidents (is_open, opened_at);
    create index incidents_by_end on incidents (ended_at);
    create table events (
        id {serial}, incident text not null, at bigint not null, received_at bigint not null, kind text not null,
        cause text not null, state text not null, severity text, title text not null, request bigint
    );
    create index events_by_incident on events (incident, id);
    create table outbox (
        id {serial}, line text not null, target text not null, method text not null, url text not null,
        headers text not null, body {blob} not null, tries integer not null, due bigint not null, error text not null
    );
    create index outbox_by_line on outbox (line, id);
    create table marks (
        source text not null, name text not null, value text not null, at bigint not null, primary key (source, name)
    );
    create index marks_by_time on marks (at);
    """,
    # The size of a request stands behind its body: without an index, their sum reads all bodies.
    "create index requests_by_time on requests (received_at, size);",
    # It held finished requests, with the credentials of their targets.
    """
    drop table outbox;
    create table outbox (
        id {serial}, line text not null, target text not null, message text not null, at bigint not null,
        tries integer not null, due bigint not null, error text not null
    );
    create index outbox_by_line on outbox (line, id);
    create index outbox_by_due on outbox (target, due);
    create index outbox_by_time on outbox (at);
    create index events_by_time on events (received_at);
    """,
)
"""The statements that lead from each version of the tables to the next."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_number(time: datetime) -> int:
    """Return a time as the tables have it."""
    return (time - _EPOCH) // _MICROSECOND


def to_time(number: int) -> datetime:
    """Return a time of the tables."""
    return _EPOCH + number * _MICROSECOND


def migrate(database: Database) -> None:
    """Bring the tables of a database to the form of this release.

    Raises:
        StoreError: the database is of a newer release, or cannot be used.
    """
    database.begin(())
    try:
        if not database.is_version_known():
            database.execute("create table version (number integer not null)")
            database.execute("insert into version values (0)")
        [(version,)] = database.execute("select number from version")
        if version > len(MIGRATIONS):
            known = len(MIGRATIONS)
            raise StoreError(f"the database is of a newer release: version {version}, known are {known}")  # noqa: TRY301
        for script in MIGRATIONS[version:]:
            filled = script.format(serial=database.serial, blob=database.blob)
            for statement in filter(str.strip, filled.split(";")):
                database.execute(statement)
        database.execute("update version set number = ?", (len(MIGRATIONS),))
    except BaseException:
        database.execute("rollback")
        raise
    database.execute("commit")
