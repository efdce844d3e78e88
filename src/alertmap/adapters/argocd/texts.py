"""GitHub's commit status, the sentences of Argo CD's catalog, JSON that a quote broke, and any other text."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated

from attrs import evolve

from alertmap import wire
from alertmap.adapter import Problem, ProblemCode, Reading, Result, State, Times
from alertmap.adapters.argocd.own import OwnBoth, OwnHealth, OwnOperation
from alertmap.adapters.argocd.own import read as read_own
from alertmap.adapters.argocd.statements import Subject, by_name, host_of, statement

COMMIT_STATES = {"success": State.RESOLVED, "error": State.FIRING, "failure": State.FIRING, "pending": None}

# Of notifications_catalog/install.yaml, with what each says of an application.
ASPECTS = ("sync", "health", "comparison")
SENTENCES: Sequence[tuple[str, Sequence[tuple[str, str, State]]]] = [
    (r"The sync operation of application (\S+) has failed\b", [("sync", "Failed", State.FIRING)]),
    (r"Application (\S+) sync is 'Unknown'", [("comparison", "Unknown", State.FIRING)]),
    (r"Application (\S+) has degraded\.", [("health", "Degraded", State.FIRING)]),
    (r"Application (\S+) has been successfully synced\b", [("sync", "Succeeded", State.RESOLVED)]),
    (
        r"Application (\S+) is now running new version\b",
        [("sync", "Succeeded", State.RESOLVED), ("health", "Healthy", State.RESOLVED)],
    ),
    (r"Application (\S+) has been deleted\.", [(aspect, "deleted", State.RESOLVED) for aspect in ASPECTS]),
    (r"The sync operation of application (\S+) has started\b", []),
    (r"Application (\S+) has been created\.", []),
]
URL = re.compile(r"https?://[^\s/]{1,255}/(?:[^\s?]{1,255}/)?applications/[^\s?]{1,512}")

NOT_TEXT = re.compile(r"\s*+(?:[<{\[]|--|[\w.-]{1,64}=)")  # XML, JSON, multipart, a form


@wire.model(closed=True)
class CommitStatus:
    """Commit status as GitHub's API takes it; what GitHub itself sends has more keys."""

    state: Annotated[State | None, wire.state(COMMIT_STATES)]
    word: Annotated[wire.Text, wire.named("state")] = ""
    context: wire.AnyText = ""
    description: wire.Text = ""
    target_url: wire.Text = ""


def read_commit_status(event: CommitStatus) -> Reading | None:
    if event.state is None:
        return None
    name, host = event.context.removeprefix("continuous-delivery/"), host_of(event.target_url)
    in_url = event.target_url.rpartition("/")[2]
    subject = Subject(name or in_url, [by_name(host, name), by_name(host, in_url)], url=event.target_url)
    return statement(subject, "sync", event.state, event.word)


def read_text(text: str) -> Iterator[Result]:
    pairs, rest = wire.leading_pairs(text)
    model = next((one for one in (OwnBoth, OwnOperation, OwnHealth) if wire.fits(one, pairs)), None)
    if model is None:
        yield from read_sentence(text)
        return
    event, problems = wire.read_mended(pairs, model, "a quote broke the JSON; what stands before it was read")
    yield from problems
    if event is not None:
        yield from (evolve(one, message=rest.strip(), path=()) for one in read_own(event))


def read_sentence(text: str) -> Iterator[Result]:
    for pattern, facts in SENTENCES:
        if found := re.search(pattern, text):
            url = URL.search(text)
            # The sentence about a new version has no URL, so the key has no host.
            subject = Subject(found[1], [by_name("", found[1])], url=url[0] if url else "")
            yield from (statement(subject, aspect, state, word, message=text) for aspect, word, state in facts)
            return
    if len(text.split(maxsplit=1)) == 1 or NOT_TEXT.match(text):
        yield Problem(ProblemCode.BAD_ELEMENT, "$", "expected a sentence, got a single word, a form or a document")
        return
    yield Reading(
        state=None,
        level="text",
        identity=[{"app": ""}, {"text": " ".join(text.split())}],
        title=text.strip().partition("\n")[0],
        message=text,
        times=Times.NONE,
        resolvable=False,
    )
