"""Streams as fixtures: what is incomplete or untrue is red, and the message says what to mend."""

import shutil
from pathlib import Path

import pytest

from alertmap.errors import ConfigurationError
from alertmap.intake import registry
from alertmap.testing import load, load_streams, stream_tests
from alertmap.testing.stream_fixtures import Stream, as_it_came, doubled, shuffled

FIXTURES = Path(__file__).parents[2] / "fixtures"
KAPACITOR = registry.find("kapacitor")
ALERTMANAGER = registry.find("prometheus_alertmanager")


class Copy:
    """A stream of the project in a folder of its own, to be broken."""

    def __init__(self, tmp_path: Path, vendor: str, name: str) -> None:
        self.root = tmp_path
        self.folder = tmp_path / "streams" / name
        shutil.copytree(FIXTURES / vendor / "streams" / name, self.folder)
        self.truth = self.folder / "incidents.toml"

    def change(self, before: str, after: str) -> None:
        """Change the text of incidents.toml."""
        text = self.truth.read_text(encoding="utf-8")
        assert before in text
        self.truth.write_text(text.replace(before, after, 1), encoding="utf-8")

    def load(self) -> Stream:
        """Load the stream."""
        (stream,) = load_streams(self.root)
        return stream


@pytest.fixture
def rises(tmp_path: Path) -> Copy:
    return Copy(tmp_path, "kapacitor", "level-rises-and-falls")


def test_streams_are_no_cases() -> None:
    """The cases of a fixture folder are its files; its streams are loaded on their own."""
    folder = FIXTURES / "kapacitor"
    assert all(case.file.parent == folder for case in load(folder))
    assert load_streams(folder)


def test_a_folder_without_streams_has_no_tests(tmp_path: Path) -> None:
    """Nothing is asked of an adapter that has no streams."""
    assert load_streams(tmp_path) == ()
    assert stream_tests(KAPACITOR, tmp_path) == {}


def test_a_true_stream_is_green(rises: Copy) -> None:
    """As it came, doubled and shuffled."""
    stream = rises.load()
    for check in (as_it_came, doubled, shuffled):
        check(KAPACITOR, stream)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("resolved = 7", "resolved = 6", "request 6 has no alert"),
        ("resolved = 7\n", "", "resolved_at"),
        ("opened = 1", "opened = 2", "opened_at"),
        ('severity = "info"', 'severity = "low"', "severity"),
        ('max_severity = "critical"', 'max_severity = "high"', "max_severity"),
        ("resolved = 7", "expired = 7", "request 7 has no alert"),
        ('dedup_key = "', 'dedup_key = "another ', "no alert has the key"),
        ("[[incident]]", '[[incident]]\ndedup_key = "a"\nopened = 1\n[[incident]]', "no alert has the key"),
    ],
)
def test_what_is_untrue_is_red(rises: Copy, before: str, after: str, message: str) -> None:
    """Each part of an incident is compared, in each way to deliver the stream."""
    rises.change(before, after)
    stream = rises.load()
    for check in (as_it_came, doubled, shuffled):
        with pytest.raises(AssertionError, match=message):
            check(KAPACITOR, stream)


def test_an_incident_too_many_is_red(rises: Copy) -> None:
    """All incidents of a stream are listed."""
    text = rises.truth.read_text(encoding="utf-8")
    rises.truth.write_text(text.partition("[[incident]]")[0], encoding="utf-8")
    with pytest.raises(AssertionError):
        as_it_came(KAPACITOR, rises.load())


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("origin =", "source =", r"incidents\.toml: expected"),
        ('product = "', 'expected_failure = "', "add the product"),
        ("resolved = 7", "resolved = 70", "there is no request"),
        ("dedup_key = ", "# ", "add the dedup_key"),
    ],
)
def test_what_is_incomplete_does_not_load(rises: Copy, before: str, after: str, message: str) -> None:
    """The message says what to add."""
    rises.change(before, after)
    with pytest.raises(AssertionError, match=message):
        rises.load()


def test_a_credential_in_a_request_is_red(rises: Copy) -> None:
    """No request of a stream holds what looks like a credential."""
    first = rises.folder / "01.request.json"
    text = first.read_text(encoding="utf-8")
    first.write_text(text.replace('"method"', '"api_key": "sk-0123456789abcdef0123456789", "method"'), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"scrub 01\.request\.json"):
        as_it_came(KAPACITOR, rises.load())


def test_files_that_do_not_belong_do_not_load(rises: Copy) -> None:
    """Requests are numbered without a gap and have a time of receipt; the truth is there."""
    first = rises.folder / "01.request.json"
    text = first.read_text(encoding="utf-8")
    first.write_text(text.replace("received_at", "came_at"), encoding="utf-8")
    with pytest.raises(AssertionError, match="add received_at"):
        rises.load()
    first.rename(rises.folder / "00.request.json")
    with pytest.raises(AssertionError, match="requests are numbered from 01"):
        rises.load()
    rises.truth.unlink()
    with pytest.raises(AssertionError, match=r"add incidents\.toml"):
        rises.load()


def test_a_policy_is_the_policys(tmp_path: Path) -> None:
    """An unknown field and a wrong value are errors."""
    copy = Copy(tmp_path, "prometheus_alertmanager", "ha-pair-disagrees")
    assert copy.load().policy(max_recent=3).max_recent == 3
    copy.change("settle", "max_ahead")
    assert copy.load().policy().max_ahead.total_seconds() == 1
    copy.change("max_ahead = 1", "reorder_window = -1")
    with pytest.raises(ConfigurationError):
        copy.load().policy()
    copy.change("reorder_window = -1", "hold = 1")
    with pytest.raises(AssertionError, match="Policy has no field hold"):
        copy.load().policy()


def test_a_deadline_that_passes_is_an_end(tmp_path: Path) -> None:
    """`expired` names the request whose deadline passed."""
    copy = Copy(tmp_path, "prometheus_alertmanager", "push-expires")
    as_it_came(ALERTMANAGER, copy.load())
    copy.change("expired = 2", "expired = 1")
    with pytest.raises(AssertionError, match="resolved_at"):
        as_it_came(ALERTMANAGER, copy.load())


def test_what_waits_must_fail(pytester: pytest.Pytester, rises: Copy) -> None:
    """A stream that should fail and passes is red: its expected_failure is to be removed."""
    rises.change("origin", 'expected_failure = "RULE 1"\norigin')
    pytester.makepyfile(
        test_it=f"""
from alertmap.intake import registry
from alertmap.testing import stream_tests

class TestIt:
    pass

for _name, _test in stream_tests(registry.find("kapacitor"), {str(rises.root)!r}).items():
    setattr(TestIt, _name, _test)
"""
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=2, skipped=1)
    result.stdout.fnmatch_lines(["*XPASS(strict)*RULE 1*"])
