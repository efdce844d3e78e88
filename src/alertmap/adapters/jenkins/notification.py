"""The plugin Notification, in JSON and in XML."""

from typing import Annotated, Literal

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Reading, Shape, State, Times
from alertmap.adapters.jenkins.options import Options

STATES = conventions.states(
    firing="FAILURE, FAILED, UNSTABLE",  # FAILED: in the plugin's help text only
    resolved="SUCCESS",
    no_state="ABORTED, NOT_BUILT",  # no verdict about the job
)


@wire.model
class Strings:
    """A list in XML."""

    string: wire.ScalarText


@wire.model
class Scm:
    branch: wire.Text = ""
    commit: wire.Text = ""
    culprits: wire.ScalarText | Strings = ""


@wire.model
class TestSummary:
    failed: wire.Text = ""
    failed_tests: Annotated[wire.ScalarText | Strings, wire.also("failedTests")] = ""


@wire.model
class Build:
    status: Annotated[State | None, wire.state(STATES)]
    word: Annotated[wire.Text, wire.named("status")] = ""
    phase: wire.Text = ""
    full_url: Annotated[wire.Text, wire.also("fullUrl")] = ""  # absent where no Jenkins URL is set
    number: wire.Text = ""
    timestamp: wire.EpochAny = None  # milliseconds; of the end of the build, or of the request
    scm: Scm = Scm()
    parameters: wire.Texts = Factory(dict)
    log: wire.Text = ""
    notes: wire.Text = ""
    test_summary: Annotated[TestSummary, wire.also("testSummary")] = TestSummary()


@wire.model
class Finished:
    build: Build
    name: wire.AnyText = ""  # without the folders around it
    display_name: Annotated[wire.Text, wire.also("displayName")] = ""
    url: wire.AnyText = ""  # relative: job/folder/job/name/


@wire.model
class FinishedXml:
    job: Finished


@wire.model
class RunningBuild:
    phase: Literal["QUEUED", "STARTED", "NONE"]
    status: None = None  # a pipeline may send its result in any phase


@wire.model
class Running:
    build: RunningBuild


@wire.model
class RunningXml:
    job: Running


def read(job: Finished, options: Options) -> Reading | None:
    build, scm, tests = job.build, job.build.scm, job.build.test_summary
    if build.status is None:
        return None
    name = job.display_name or job.name
    failed = text_of(tests.failed_tests)
    facts = {**wire.pick(scm, "branch", "commit"), "culprits": text_of(scm.culprits)}
    facts |= wire.pick(build, "number", "phase")
    # Several Jenkins may post to one source, with jobs of the same path.
    full_url = conventions.address(build.full_url)
    root, found, _ = full_url.rpartition(job.url) if job.url else ("", "", "")
    return Reading(
        state=build.status,
        level=None if build.status is State.RESOLVED else build.word,
        identity=[{"job": job.url, "root": root if found else None}, {"name": job.name}],
        title=f"{name} #{build.number} {build.word}" if name else "",
        message=conventions.join(f"failed tests: {failed}" if failed else "", build.notes, build.log, by="\n"),
        resource=name,
        labels=(dict(build.parameters) if options.parameters else {}) | facts,
        links={"build": full_url},
        values={"failed tests": wire.number_in(tests.failed)},
        occurred_at=build.timestamp,
        times=None if build.timestamp else Times.NONE,
    )


def read_xml(event: FinishedXml, options: Options) -> Reading | None:
    return read(event.job, options)


def text_of(names: str | Strings) -> str:
    return names.string if isinstance(names, Strings) else names


MARKS = {"$.build.phase", "$.build.number", "name", "url"}
XML_MARKS = {"$.job.build.phase", "$.job.build.number"}

SHAPES = [
    Shape(Running, None, marks=MARKS),
    Shape(RunningXml, None, marks=XML_MARKS),
    Shape(Finished, read, marks=MARKS),
    Shape(FinishedXml, read_xml, marks=XML_MARKS),
]
