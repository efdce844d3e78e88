"""The Python blocks of the README run as printed."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from alertmap.intake import registry

ROOT = Path(__file__).parents[2]


def blocks(file: Path) -> list[str]:
    """Return the fenced Python blocks of a page."""
    return re.findall(r"^```python\n(.*?)^```", file.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


BLOCKS = blocks(ROOT / "README.md")


@pytest.mark.parametrize("block", BLOCKS, ids=["parse", "source", "incidents", "webhook"])
def test_each_block_runs_alone(block: str) -> None:
    """A reader who copies one block has all that it needs."""
    exec(block, {"__name__": "readme"})  # noqa: S102 - running the examples is the test


def test_the_blocks_type_check(tmp_path: Path) -> None:
    """`mypy --strict` accepts each block as a module."""
    pytest.importorskip("mypy")
    files = [tmp_path / f"block_{number}.py" for number in range(len(BLOCKS))]
    for file, block in zip(files, BLOCKS, strict=True):
        file.write_text(block, encoding="utf-8")
    options = ["--strict", "--config-file=", f"--cache-dir={tmp_path / 'cache'}"]
    environment = {**os.environ, "MYPYPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "mypy", *options, *map(str, files)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)  # noqa: S603 - our own
    assert ran.returncode == 0, ran.stdout


def test_the_webhook_view_answers() -> None:
    """The view takes a request with its token, and refuses others; what cannot be read is not sent again."""
    namespace: dict[str, Any] = {"__name__": "readme"}
    exec(BLOCKS[-1], namespace)  # noqa: S102
    view = validator(namespace["application"])
    body = b'{"version": "4", "groupKey": "{}", "alerts": [{"labels": {"alertname": "A"}, "status": "firing"}]}'

    def post(
        data: bytes,
        token: str = "a token of your own",  # noqa: S107
        length: int | None = None,
    ) -> str:
        environ: dict[str, Any] = {"wsgi.input": BytesIO(data), "HTTP_AUTHORIZATION": f"Bearer {token}"}
        environ |= {
            "REQUEST_METHOD": "POST",
            "QUERY_STRING": "",
            "CONTENT_LENGTH": str(len(data) if length is None else length),
        }
        setup_testing_defaults(environ)
        status: list[str] = []

        def start(line: str, _headers: list[tuple[str, str]], _error: object = None, /) -> Callable[[bytes], object]:
            status.append(line)
            return len

        answer = view(environ, start)
        assert b"".join(answer) == b""
        getattr(answer, "close")()  # noqa: B009 - the validator wants it closed, and its type has no such method
        return status[0]

    assert post(body) == "200 OK"
    assert len(namespace["book"].incidents) == 1
    assert post(b"{") == "200 OK"
    assert post(body, token="guessed") == "401 Unauthorized"  # noqa: S106
    assert post(body, length=10**9).startswith("413 ")


def test_every_vendor_is_named() -> None:
    """The list of vendors has each of them."""
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert [title for title in (registry.find(name).title for name in registry.vendors()) if title not in text] == []


def test_links_lead_somewhere() -> None:
    """The files that the README names are there, as they stand in the repository."""
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_first_screen_turns_a_payload_into_an_alert() -> None:
    """The first lines of the README turn one payload into one alert."""
    first_screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40])
    assert "parse(" in first_screen
    assert "assert alert.dedup_key ==" in first_screen


@pytest.mark.skipif(not (ROOT / ".ci" / "run").exists(), reason="an sdist has no CI")
def test_ci_runs_the_readmes_commands() -> None:
    """CI runs the commands that the README gives."""
    commands = re.findall(r"^\$ (.*)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace("--quiet ", "").replace(" >/dev/null", "")
    assert len(commands) == 2
    for command in commands:
        assert command in script
