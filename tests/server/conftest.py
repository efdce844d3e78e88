"""Databases and configurations for the tests of the receiver."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

pytest.importorskip("starlette", reason="the extra `server` is not installed")

from alertmap.server.databases import open_database

POSTGRES = os.environ.get("ALERTMAP_POSTGRES", "")
"""URL of a PostgreSQL server in which the tests may make schemas; without it they use SQLite only."""


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of an empty database of each kind."""
    if request.param == "sqlite":
        yield str(tmp_path / "store.sqlite")
        return
    if not POSTGRES:
        pytest.skip("set ALERTMAP_POSTGRES to the URL of a PostgreSQL server")
    schema = f"test_{uuid4().hex}"
    owner = open_database(POSTGRES)
    owner.execute(f"create schema {schema}")
    yield f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}options=-csearch_path%3D{schema}"
    owner.execute(f"drop schema {schema} cascade")
    owner.close()
