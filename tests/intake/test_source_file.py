"""Files of sources: every fault in one run, with its line."""

import pickle

import pytest

from alertmap import Auth, ConfigurationError, InvalidSources, Severity, Source, load_sources

GOOD = """
# comment
[server]
port = 8080

[sources.db]
vendor = "prometheus_alertmanager"
identity = ["alertname"]
severity = "low"
title = "{title} on {labels.instance}"
labels = { team = "db" }
levels = { page = "critical" }
preset = "itoc360"
options = { ignore_labels = ["replica"] }

[sources."a b"]
vendor = "kapacitor"
"""

BAD = """
[sources.a]
vendor = "kapacitor"
titel = "x"
identity = "alertname"
severity = "urgent"
title = '''
{nothing}
preset = "not a key, but text"
'''
[sources.a.levels]
CRITCAL = "high"
WARNING = "hihg"

[sources."b c"]  # quoted
vendor = "kapacitr"
labels = { team = 5 }
preset = "itoc"
[sources.d]
vendor = "prometheus_alertmanager"
options.ignore_lables = ["x"]
options."ignore_labels" = 5
[sources.e]
field = 5
[sources]
f = 5
"""


def test_a_file_of_sources() -> None:
    """Each table is a source with the settings that `Source` takes; other tables are not read."""
    sources = load_sources(GOOD)
    assert sources == {
        "db": Source(
            "db",
            vendor="prometheus_alertmanager",
            options={"ignore_labels": ["replica"]},
            priorities=sources["db"].priorities,
            identity=["alertname"],
            severity="low",
            title="{title} on {labels.instance}",
            labels={"team": "db"},
        ),
        "a b": Source("a b", vendor="kapacitor"),
    }
    assert sources["db"].priorities.overrides == {"page": Severity.CRITICAL}
    assert (sources["db"].priorities.preset, sources["db"].priorities.fallback) == ("itoc360", Severity.LOW)


def test_all_faults_of_a_file_are_found() -> None:
    """Each has the line of its setting, and the message that `Source` gives for it."""
    with pytest.raises(InvalidSources) as caught:
        load_sources(BAD)
    found = {(fault.line, fault.source, " ".join(fault.message.split()[:5])) for fault in caught.value.faults}
    assert found == {
        (4, "a", "there is no setting 'titel'"),
        (5, "a", "identity must be a list"),
        (6, "a", "no severity is called 'urgent';"),
        (7, "a", "title: a template has no"),
        (12, "a", "kapacitor has no level 'critcal'"),
        (13, "a", "no severity is called 'hihg'"),
        (16, "b c", "no adapter is called kapacitr"),
        (17, "b c", "labels must map names to"),
        (18, "b c", "no preset is called 'itoc'"),
        (21, "d", "there is no option 'ignore_lables'"),
        (22, "d", "option 'ignore_labels': expected list, got"),
        (23, "e", "vendor is missing"),
        (24, "e", " ".join(next(it.message for it in caught.value.faults if it.line == 24).split()[:5])),
        (26, "f", "expected a table, got int"),
    }
    assert [fault.line for fault in caught.value.faults] == sorted(fault.line for fault in caught.value.faults)
    assert str(caught.value).startswith("line 4: source 'a': there is no setting 'titel'")
    assert pickle.loads(pickle.dumps(caught.value)).faults == caught.value.faults  # noqa: S301 - made here


@pytest.mark.parametrize(
    ("text", "line"), [("a = 1\n[sources.x\n", 2), ("", 1), ("[other]", 1), ("sources = 5", 1), ("a = [1,\n2,", 2)]
)
def test_files_that_hold_no_sources(text: str, line: int) -> None:
    """A text that is not TOML, and a file without a source, is one fault with its line."""
    with pytest.raises(InvalidSources) as caught:
        load_sources(text)
    [fault] = caught.value.faults
    assert (fault.line, fault.source) == (line, "")


def test_only_text_is_read() -> None:
    """Bytes and paths are refused."""
    with pytest.raises(ConfigurationError, match="expected the text of a TOML file, got bytes"):
        load_sources(b"")  # type: ignore[arg-type]


def test_credentials_may_stand_in_the_file() -> None:
    """A table `auth` has the credentials; no repr has them."""
    text = """
[sources.db]
vendor = "grafana"
skip_repeated_bodies = true
auth = { tokens = ["the-token"], basic = { user = "the-word" }, secrets = "the-secret", timestamp_header = "X-Time" }
"""
    source = load_sources(text)["db"]
    expected = Auth(tokens="the-token", basic={"user": "the-word"}, secrets="the-secret", timestamp_header="X-Time")
    assert source == Source("db", vendor="grafana", auth=expected, skip_repeated_bodies=True)
    assert not any(word in repr(source) for word in ("the-token", "the-word", "the-secret"))


@pytest.mark.parametrize(
    ("auth", "message"),
    [
        ('"hush-5"', "auth must be an Auth or a mapping of its settings, not a str"),
        ('{ token = "hush-5" }', "auth has no setting 'token' (did you mean 'tokens'?)"),
        ("{ tokens = 5 }", "credentials must be texts"),
        ('{ tokens = ["hush-5", " "] }', "a credential must be text that is not blank"),
        ('{ basic = "hush-5" }', "basic must be pairs of user and password"),
        ('{ secrets = "hush-5", form = 5 }', "auth: form must be text"),
        ('{ form = "hush-5" }', "Auth needs tokens, basic, secrets, topics or claims"),
        ('{ secrets = "hush-5" }', "kapacitor signs nothing that fits this configuration: use tokens or basic"),
    ],
)
def test_faults_of_credentials_name_no_credential(auth: str, message: str) -> None:
    """The message says what is wrong, and where; it repeats no value."""
    with pytest.raises(InvalidSources) as caught:
        load_sources(f'[sources.a]\nvendor = "kapacitor"\nauth = {auth}\n')
    (fault,) = caught.value.faults
    assert (fault.line, fault.source) == (3, "a")
    assert message in fault.message
    assert "hush" not in str(caught.value)


def test_a_flag_is_no_text() -> None:
    """`"yes"` is not true."""
    with pytest.raises(
        InvalidSources, match="line 3: source 'a': skip_repeated_bodies must be true or false, not 'yes'"
    ):
        load_sources('[sources.a]\nvendor = "kapacitor"\nskip_repeated_bodies = "yes"\n')
