"""StatusCake: what the fixtures cannot say, above all its token."""

import json
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from alertmap import Accepted, Alert, Auth, Rejected, Request, Source, State, parse, parse_document, receive
from alertmap.adapters import statuscake
from alertmap.errors import PayloadError
from alertmap.intake.redact import redact

VENDOR = "statuscake"
FIXTURES = Path(__file__).parents[2] / "fixtures" / VENDOR
NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)

TOKEN = md5(b"annmade-up-key", usedforsecurity=False).hexdigest()
"""As the vendor's page says: the MD5 of the user name and the key, without a separator."""


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the fields of a fixture, with changes."""
    text = (FIXTURES / f"{name}.form").read_text(encoding="utf-8")
    return dict(parse_qsl(text, keep_blank_values=True)) | changes


def one(document: dict[str, Any]) -> Alert:
    """Return the only alert of a document."""
    [alert] = parse_document(VENDOR, document)
    return alert


def requests(token: str) -> dict[str, Request]:
    """Return one message in each form in which it may be sent."""
    fields = body("down", Token=token)
    query = urlencode(fields)
    return {
        "form": Request(query, headers={"Content-Type": "application/x-www-form-urlencoded"}),
        "json": Request(json.dumps(fields), headers={"Content-Type": "application/json"}),
        "GET": Request(method="GET", path=f"/statuscake?{query}"),
        "POST": Request(path=f"/statuscake?{query}"),
    }


# --- The token --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", requests(""))
def test_the_token_proves_a_request(form: str) -> None:
    """Wherever it stands; a request with another one, or without any, is refused."""
    source = Source("here", vendor=VENDOR, auth=Auth(tokens=TOKEN))
    assert isinstance(receive(requests(TOKEN)[form], source, NOW), Accepted)
    for other in (TOKEN[:-1], TOKEN.upper(), "REDACTED", ""):
        assert isinstance(receive(requests(other)[form], source, NOW), Rejected)


@pytest.mark.fault_elsewhere("Alerta, alerta-contrib", "the token is kept with the alert, as a part of its raw data")
@pytest.mark.parametrize("auth", [None, Auth(tokens=TOKEN), Auth(tokens="another-token")])
@pytest.mark.parametrize("form", requests(""))
def test_the_token_stays_inside(form: str, auth: Auth | None) -> None:
    """It is the same in each request, so whoever reads it can send any: no alert and no error holds it."""
    done = receive(requests(TOKEN)[form], Source("here", vendor=VENDOR, auth=auth), NOW)
    assert TOKEN not in repr(done)
    if isinstance(done, Accepted):
        [alert] = done.batch
        assert TOKEN not in json.dumps([alert.raw, done.batch.raw, *alert.labels.items(), alert.dedup_key])
    clean = redact(requests(TOKEN)[form])
    assert TOKEN not in str(clean.body) + str(dict(clean.query))


@pytest.mark.parametrize("status", [None, {"a": TOKEN}, TOKEN])
def test_no_error_and_no_problem_holds_the_token(status: object) -> None:
    """Also where the request cannot be read."""
    document = body("down", Token=TOKEN, Status=status)
    assert TOKEN not in repr([problem for alert in parse_document(VENDOR, document) for problem in alert.problems])
    del document["Status"]
    with pytest.raises(PayloadError) as caught:
        parse_document(VENDOR, document)
    assert TOKEN not in repr(caught.value) + str(caught.value)


# --- Faults of other receivers ----------------------------------------------------------------------------------------


@pytest.mark.fault_elsewhere("Keep", "only `Up` is a recovery, so `UP` opens one more alert")
@pytest.mark.fault_elsewhere("Alerta, alerta-contrib", "only `UP` is a recovery, so `Up` ends nothing")
@pytest.mark.parametrize(("up", "down"), [("Up", "Down"), ("UP", "DOWN"), ("up", "down"), (" Up ", " Down ")])
def test_the_case_of_the_status_does_not_count(up: str, down: str) -> None:
    """The vendor's page writes Up and Down, others write UP and DOWN."""
    trigger, recovery = one(body("down", Status=down)), one(body("up", Status=up))
    assert (trigger.state, recovery.state) == (State.FIRING, State.RESOLVED)
    assert trigger.dedup_key == recovery.dedup_key


@pytest.mark.fault_elsewhere("Keep", "without a TestID there is no fingerprint")
@pytest.mark.fault_elsewhere("FireHydrant", "the URL alone is the key: two tests of one URL are one alert")
def test_each_test_has_a_key_of_its_own() -> None:
    """Name and URL are the key, as the vendor's page knows no id; neither alone will do."""
    sent = [
        body("down"),
        body("down", Name="shop basket"),
        body("down", URL="https://shop.example/basket"),
        body("down", TestID="7"),
        body("down", TestID="8"),
    ]
    assert len({one(document).dedup_key for document in sent}) == len(sent)
    assert not any(one(document).problems for document in sent)


@pytest.mark.fault_elsewhere("receivers that hash the message", "status and code differ in each, so nothing is closed")
def test_the_key_holds_nothing_that_changes() -> None:
    """Neither state nor code nor address."""
    changed = {"StatusCode": "200", "IP": "", "Tags": "", "Token": "x", "CheckRate": "60"}
    assert one(body("up", **changed)).dedup_key == one(body("down")).dedup_key


def test_a_password_in_the_url_stays_inside() -> None:
    """The user and password of a test are no part of the key or a link."""
    alert = one(body("down", URL="https://ann:hunter2@shop.example"))
    assert alert.dedup_key == one(body("down")).dedup_key
    assert "hunter2" not in repr([alert.links, alert.resource, alert.title, alert.message])


def test_the_url_of_the_guide_is_read() -> None:
    """Its placeholders, filled in, are fields; one that was not filled in is no key."""
    assert statuscake.__doc__
    url = next(line for line in statuscake.__doc__.splitlines() if "|NAME|" in line)
    names = dict(parse_qsl(url.partition("?")[2]))
    fixture = json.loads((FIXTURES / "placeholders_up.request.json").read_text(encoding="utf-8"))
    assert list(names) == list(Request(method="GET", path=fixture["path"]).query)
    assert "|" not in one(body("down", Name="|NAME|")).dedup_key


def test_the_example_of_the_vendor_is_read() -> None:
    """Its parameter `Code` has the name of a credential, so the status code is left out, and nothing else."""
    path = f"/statuscake?URL=https%3A%2F%2Fshop.example&Token={TOKEN}&Name=shop%20home&Code=503&Status=Down"
    [alert] = parse(VENDOR, Request(method="GET", path=path))
    assert (alert.state, alert.dedup_key) == (State.FIRING, one(body("down")).dedup_key)
    assert (alert.message, alert.values, alert.problems) == ("Down", {}, ())
