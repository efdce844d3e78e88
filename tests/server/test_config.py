"""The file of the receiver."""

from datetime import timedelta
from pathlib import Path

import pytest

from alertmap.intake.source_file import InvalidSources
from alertmap.server import config as module
from alertmap.server.config import load_config

PAGE = Path(__file__).parents[2] / "docs" / "server.md"
SOURCE = '[sources.any]\nvendor = "generic"\n'


def load(text: str, **environment: str) -> module.Config:
    """Read a configuration with these environment variables; a file holds its own name."""
    return load_config(text, environment=environment.__getitem__, read_file=lambda name: f"in {name}\n")


def faults(text: str, **environment: str) -> list[str]:
    """Return the faults of a configuration."""
    with pytest.raises(InvalidSources) as caught:
        load(text, **environment)
    return [str(fault) for fault in caught.value.faults]


def test_the_example_of_the_page() -> None:
    """It is valid, and its secrets are read."""
    text = PAGE.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    config = load(text, **dict.fromkeys(("PAGE_PASSWORD", "CHECKS_TOKEN", "PAGERDUTY_KEY"), "p"))
    assert config.port == 8080
    assert config.most_stored == 4 * 2**30
    prod = config.sources["prod"]
    assert prod.policy.expire_after == timedelta(hours=12)
    assert prod.targets == ("pager",)
    assert prod.source.auth is not None
    assert prod.source.auth.tokens == ("in /run/secrets/prod",)
    assert prod.source.labels == {"team": "platform"}
    assert config.sources["checks"].rate == 50
    assert config.page.auth is not None
    assert config.page.auth.basic == (("ops", "p"),)
    assert config.policy("a source that is gone").expire_after is None


def test_all_faults_in_one_run() -> None:
    """Each has the line of its setting, and the nearest name."""
    text = """
[server]
prt = 80
keep_requests = "30 days"
[server.page]
open = true
basic = { a = "b" }
[sources.one]
vendor = "grafna"
targets = ["pagr"]
policy = { settl = "1m", expire_after = 5, max_recent = 0 }
rate = 0
auth = { tokens = [{ env = "MISSING" }] }
[targets.pager]
target = "pagerdty"
[targets.other]
target = "slack"
[sevrer]
"""
    assert faults(text) == [
        "line 3: there is no option 'prt' (did you mean 'port'?)",
        "line 5: the page is open, or behind a proxy, or asks for credentials: name one of these",
        "line 9: source 'one': no adapter is called grafna (did you mean 'grafana'?)",
        "line 10: source 'one': there is no [targets.pagr] that is valid",
        "line 11: source 'one': there is no setting 'settl' (did you mean 'settle'?)",
        'line 11: source \'one\': expected a duration such as "90s", "5m", "12h" or "30d"',
        "line 11: source 'one': policy: max_recent must be an integer of one or more, got 0",
        "line 12: source 'one': rate must be a number above zero",
        "line 13: source 'one': the environment variable 'MISSING' cannot be read: KeyError",
        "line 15: there is no target 'pagerdty' (did you mean 'pagerduty'?)",
        "line 16: option 'url': expected text or number, not blank, found nothing",
        "line 18: there is no table 'sevrer' (did you mean 'server'?)",
    ]


def test_a_target_that_can_write_nothing() -> None:
    """The check finds settings with which no request can be made; the message has no value of them."""
    text = f'{SOURCE}[targets.hook]\ntarget = "webhook"\nurl = "s3cret.example/x"\n'
    [fault] = faults(text)
    assert fault.endswith("the target webhook needs an absolute http(s) URL without blanks")
    assert "s3cret" not in fault


def test_sizes_and_durations() -> None:
    """Settings that are read after all tables are right have faults, too."""
    assert faults(f'[server]\nkeep_requests = "30 days"\nmax_body = "8MB"\n{SOURCE}') == [
        'line 2: expected a duration such as "90s", "5m", "12h" or "30d"',
        'line 3: expected a size such as "64KiB", "8MiB" or "4GiB"',
    ]


def test_a_file_without_sources() -> None:
    """There is nothing to receive."""
    assert faults("[server]\n") == ["line 1: the file has no table [sources.NAME]"]
    assert faults("[server\n")[0].startswith("line 1: not TOML")


def test_no_secret_in_a_repr() -> None:
    """Secrets of sources, targets, page and database are left out."""
    text = f"""
[server]
database = "postgresql://user:s3cret-d@host/x"
[server.page]
tokens = ["s3cret-p"]
{SOURCE}
auth = {{ tokens = ["s3cret-s"] }}
[targets.hook]
target = "webhook"
url = "https://a.example/s3cret-u"
secret = "whsec_czNjcmV0LXQ="
"""
    shown = repr(load(text))
    assert "s3cret" not in shown
    assert "czNjcmV0LXQ" not in shown


def test_settle_can_be_switched_off() -> None:
    """`never` is the None of `Policy`."""
    assert load(f'{SOURCE}policy = {{ settle = "never" }}').sources["any"].policy.settle is None


def test_labels_may_have_any_name() -> None:
    """A label that is called as a way to name a secret is no secret."""
    labels = load(f'{SOURCE}labels = {{ env = "prod" }}').sources["any"].source.labels
    assert labels == {"env": "prod"}


@pytest.mark.parametrize("database", [":memory:", "file:x?mode=memory"])
def test_a_database_in_memory(database: str) -> None:
    """Readers and the writer would each have one of their own."""
    assert faults(f'[server]\ndatabase = "{database}"\n{SOURCE}') == [
        "line 2: database must be the path of a file, or a URL postgresql://…"
    ]


def test_a_credential_of_two_sources() -> None:
    """The check finds it, not the start, and the message does not have it."""
    text = '[sources.a]\nvendor = "generic"\nauth = { tokens = ["s3cret"] }\n'
    assert faults(text + text.replace("sources.a", "sources.b")) == [
        "line 1: the sources 'a' and 'b' have a credential in common"
    ]


@pytest.mark.parametrize("password", ["s3@cret", "s3/cret", "s3:cret", "s3?cret@x", "s3#cret"])
def test_a_password_that_is_no_part_of_a_url(password: str) -> None:
    """It is refused here: the driver would print a part of it as the name of a host."""
    [fault] = faults(f'[server]\ndatabase = "postgresql://user:{password}@host/x"\n{SOURCE}')
    assert fault == "line 2: signs such as @, / and : in a password must be written as %40, %2F, %3A"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:s3%40cret@host:5432/x?sslmode=require",
        "postgresql:///x?host=/var/run",
        "postgresql://[::1]:5432/x",
        "postgres://a:1,b:2/x",
        "postgresql://user@/x",
        "postgresql://",
    ],
)
def test_urls_of_databases(url: str) -> None:
    """All forms that the driver knows are taken."""
    assert load(f'[server]\ndatabase = "{url}"\n{SOURCE}').database == url
