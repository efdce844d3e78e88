"""Databases and configurations for the tests of the receiver."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

pytest.importorskip("starlette", reason="the extra `server` is not installed")

from alertmap.server.config import Config, load_config
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


Configure = Callable[[str], Config]


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    """Return a function that reads a configuration; its database is a file of this test unless the text names one."""

    def read(text: str) -> Config:
        if "database" not in text:
            text = f'[server]\ndatabase = "{tmp_path / "store.sqlite"}"\n{text.removeprefix("[server]")}'
        return load_config(text, environment={"TOKEN": "t0k", "KEY": "R1"}.__getitem__, read_file=lambda name: name)

    return read
