"""The bench runs: its bodies match their names, and its report is complete. Speed itself is not tested."""

import json
import re
from itertools import chain, pairwise
from pathlib import Path

import pytest

from alertmap import IncidentBook, parse
from bench import byhand, cases, detection, growth, parsing, peers, plot, reducing, report, rounds, stages
from bench.row import Row

BODIES = [*cases.cases(), cases.without_orjson()]
ROWS = [
    Row("parse: one", 1.5, "x orjson.loads", 2.5, 1.75, note="1.0 µs"),
    Row("parse: other", 2.7, "x orjson.loads", 2.5, 1.75),
    Row("reduce: one", 0.1, "x the baseline's speed", 0.15, 0.33, at_least=True),
    Row("memory: one", 1234, "bytes"),
]
GROWTH = growth.Growth("bodies", "alerts in a body", (1, 10, 100), {"parse": [2.0, 1.0, 1.0], "loads": [0.9, 0.5, 0.4]})
RESULT = peers.Result("Alertmanager, 1", "alerta-server", "bytes", 20.0, 8.0, 3.0, 0.05, [2e-5])
PACKAGES = sorted({peer.name for match in peers.matches() for peer in match.peers})


@pytest.mark.parametrize("case", BODIES, ids=[case.name for case in BODIES])
def test_a_body_holds_as_many_alerts_as_it_says(case: cases.Case) -> None:
    """Each of its alerts is another one."""
    alerts = parse(case.vendor, case.body).alerts
    assert len({alert.dedup_key for alert in alerts}) == len(alerts) == case.alerts


@pytest.mark.parametrize("case", BODIES, ids=[case.name for case in BODIES])
def test_a_body_is_measured(case: cases.Case) -> None:
    """One round, of what parses and of what it is held against."""
    if case.against == "orjson.loads":
        pytest.importorskip("orjson")
    seconds = parsing.timed(case, 1)
    assert list(seconds) == ["parse", case.against]


@pytest.mark.parametrize("count", [1, 100])
def test_what_is_made_by_hand_is_the_same(count: int) -> None:
    """The function that is written by hand returns the alerts of the parser."""
    body = cases.batch(byhand.VENDOR, count)
    assert byhand.alerts(body, json.loads) == parse(byhand.VENDOR, body).alerts


def test_the_large_body_is_as_large_as_the_target_says() -> None:
    """9.5 MB, and not over the limits that are raised for it."""
    body = cases.large()
    assert 9_400_000 < len(body) < 9_600_000 < cases.LARGE.max_body


def test_streams_do_what_their_names_say() -> None:
    """On open incidents: nothing new, something new, or closed and open again."""
    book = IncidentBook(default=reducing.POLICY)
    keys = list(range(10))
    assert [transition.kind.value for transition in book.apply(cases.opening(keys))] == ["opened"] * 10
    first = {incident.id for incident in book.open}
    for clock, (name, kind) in enumerate(reducing.STREAMS.items(), 1):
        book.apply(kind(keys, clock * 60))
        assert len(list(book.open)) == 10, name
        assert ({incident.id for incident in book.open} == first) is (name != "flapping")


def test_the_baseline_counts() -> None:
    """A key for every incident, counted as often as it came."""
    baseline = reducing.Baseline()
    for _ in range(3):
        baseline.apply(cases.opening([1, 2]))
    assert [counted.count for counted in baseline.counts.values()] == [3, 3]


def test_the_reducer_is_measured() -> None:
    """A stream, and what the book holds."""
    assert list(reducing.stream(cases.new, 200, 1)) == ["book", "baseline"]
    assert [row.unit for row in reducing.memory(200)] == ["bytes"] * 3
    changed, snapshot = reducing.storing(200, 1)
    assert changed.measured * 100 < snapshot.measured


@pytest.mark.parametrize("vendor", stages.VENDORS)
def test_stages_are_measured(vendor: str) -> None:
    """Every stage has its time, and the decoder and all of `parse` beside them."""
    pytest.importorskip("orjson")
    assert {*stages.timed(vendor, 1)} == {*stages.STAGES} - {"finish"} | {"orjson.loads", "parse"}


def test_the_first_hint_loads_few_of_many_vendors(tmp_path: Path) -> None:
    """By the index the first body at a wrong address loads a fifth of the vendors at most; without it all."""
    indexed, unindexed = detection.write_vendors(tmp_path, detection.FEW)
    _, loaded, vendors = detection.first_hint(indexed)
    assert vendors == detection.FEW
    assert loaded <= vendors / 5
    assert detection.first_hint(unindexed)[1:] == (vendors, vendors)


def test_growth_is_measured() -> None:
    """All lines have all sizes."""
    pytest.importorskip("orjson")
    for grown in (growth.bodies((1, 2), 1), growth.incidents((100, 200), 1)):
        assert {len(line) for line in grown.micros.values()} == {2}


@pytest.mark.parametrize(("row", "reached"), [*zip(ROWS, ["stretch", "target", "no", ""], strict=True)])
def test_what_is_reached(row: Row, reached: str) -> None:
    """With ten per cent of slack, and in the direction of the target."""
    assert row.reached == reached


def test_the_report_tells_everything(tmp_path: Path) -> None:
    """Every row, size, peer and absence, as lines and as files; the same files from the same figures."""
    made = report.Report(21, ROWS, [GROWTH], [RESULT], ["django-anymail is not installed."])
    lines = [report.line(row) for row in ROWS] + [*report.grown(GROWTH), report.compared(RESULT)]
    files = report.write(tmp_path / "performance", made)
    assert [file.name for file in files] == ["figures.md", "figures.json", "bodies.svg"]
    page = files[0].read_text(encoding="utf-8")
    for text in ("\n".join(lines), page):
        for word in [row.what for row in ROWS] + ["alerta-server", "1,234", "parse"]:
            assert word in text
    assert "target" in "\n".join(lines)  # for those who work on it; a reader of the page has no targets
    assert "target" not in page
    assert "django-anymail is not installed." in page
    figures = json.loads(files[1].read_text(encoding="utf-8"))
    assert [row["reached"] for row in figures["rows"]] == ["stretch", "target", "no", ""]
    assert figures["machine"]["rounds"] == "21"


def test_the_page_opens_with_alerts_a_second() -> None:
    """The first lines are what a user looks for, from the rows; a run without these rows has no such lines."""
    rows = [
        Row("parse: alertmanager, 100", 21.0, "", note="2,500.0 µs, 58,153 bytes"),
        Row("parse: alertmanager, 1", 23.0, "", note="80.0 µs"),
        Row("memory: an open incident", 478.0, "bytes"),
    ]
    lines = "\n".join(report.headline(rows))
    assert "**40,000 alerts a second and core**" in lines
    assert "**12,500 alerts a second and core**" in lines
    assert "**478 bytes**" in lines
    assert list(report.headline(ROWS)) == []


def test_the_page_includes_what_is_written() -> None:
    """Each section that the page asks for is one that the report marks, in this order."""
    made = report.Report(21, ROWS, [GROWTH, growth.Growth("incidents", "", (1, 2), {"book": [1.0, 2.0]})], [RESULT])
    page = (Path(__file__).parents[1] / "docs" / "performance.md").read_text(encoding="utf-8")
    markers = [line for line in report.markdown(made) for line in line.split("\n") if line.startswith("<!--")][1:]
    asked = re.findall(r"^:(?:start-after|end-before): (.*)$", page, re.MULTILINE)
    assert asked == list(chain.from_iterable(pairwise(markers)))


def test_a_plot_is_a_picture_of_every_line() -> None:
    """No date and nothing by chance in it; labels that lie over each other are moved apart."""
    drawn = plot.svg(GROWTH)
    assert drawn == plot.svg(GROWTH)
    assert drawn.count("<polyline") == 2
    assert drawn.count("<circle") == 6
    assert "parse</text>" in drawn


def test_a_package_that_is_not_there_is_named() -> None:
    """A package that is missing or broken is reported by name, without an error."""

    def broken() -> peers.Readers:
        raise RuntimeError("no such thing\nin here")

    assert peers.loaded("no-such-package", broken) == "no-such-package is not installed."
    assert peers.loaded("attrs", broken) == "attrs cannot be imported: RuntimeError: no such thing"


@pytest.mark.parametrize("name", peers.CHECKOUTS)
def test_a_missing_checkout_is_reported(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report names the program and the variable, whether that is not set or its folder is empty."""
    for value in ("", str(tmp_path)):
        monkeypatch.setenv(peers.VARIABLE, value)
        folder = f"a folder that holds a checkout of it as {peers.CHECKOUTS[name]}/."
        assert peers.loaded.__wrapped__(name, dict) == f"{name} is missing: set ALERTMAP_PEERS to {folder}"
        assert peers.checked_out() == {}


def test_spread() -> None:
    """The middle half of the ratios of the rounds, as a part of their median."""
    seconds = {"a": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], "b": [1.0] * 7}
    assert rounds.spread(seconds, "a", "b") == 1.0
    assert rounds.spread(seconds, "b", "b") == 0.0
    assert rounds.spread({"a": [1.0], "b": [2.0]}, "a", "b") == 0.0


def test_bodies_differ_in_what_their_names_say() -> None:
    """Distinct alerts share four levels and nothing else; those of Kubernetes have a dozen labels and long texts."""
    alerts = [json.loads(make(100))["alerts"] for make in cases.BODIES.values()]
    for kind in ("labels", "annotations"):
        values = [value for alert in alerts[0] for name, value in alert[kind].items() if name != "severity"]
        assert len(set(values)) == len(values)
    assert {len(alert["labels"]) for alert in alerts[1]} == {12}
    assert all(len(alert["annotations"]["description"]) > 800 for alert in alerts[1])
    assert not any(alert["annotations"]["description"].isascii() for alert in alerts[2])


@pytest.mark.filterwarnings("ignore")  # theirs
@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_reads_its_bodies(package: str) -> None:
    """As many things come of a body as the comparison counts on."""
    for match in peers.matches():
        for peer in (peer for peer in match.peers if peer.name == package):
            readers = peers.loaded(package, peer.load)
            if isinstance(readers, str):
                pytest.skip(readers)
            for read in readers(match.body).values():
                assert len(read()) == peer.results


def test_ours_reads_what_the_others_read() -> None:
    """From the bytes and from the document."""
    pytest.importorskip("orjson")
    for match in peers.matches():
        for read in peers.ours(match).values() if match.ours else ():
            assert len(read()) == match.ours


def test_the_rounds_are_kept(tmp_path: Path) -> None:
    """As a suite that pyperf can compare."""
    pyperf = pytest.importorskip("pyperf")
    from bench.__main__ import dump  # noqa: PLC0415 - only where pyperf is

    made = report.Report(2, [Row("one", 1.0, "", seconds={"parse": [0.1, 0.2], "loads": [0.1, 0.1]})], [], [RESULT])
    dump(tmp_path / "suite.json", made)
    suite = pyperf.BenchmarkSuite.load(str(tmp_path / "suite.json"))
    assert suite.get_benchmark_names() == ["one/parse", "one/loads", "Alertmanager, 1/alerta-server/bytes"]
