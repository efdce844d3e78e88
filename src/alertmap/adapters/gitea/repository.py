"""The repository that every event names, and what depends on it."""

from collections.abc import Mapping

from alertmap import wire
from alertmap.adapter import State


@wire.model
class Repository:
    id: wire.AnyText = ""
    full_name: wire.Text = ""
    default_branch: wire.Text = ""


MARKS = {"$.repository.open_pr_counter"}  # GitHub's repositories have `open_issues` instead
HEADERS = {"X-Gitea-Event": ""}  # Forgejo sends it as well

WORDS = {State.FIRING: "failed", State.RESOLVED: "succeeded"}


def identity(repository: Repository, parts: Mapping[str, str | None]) -> list[Mapping[str, str | None]]:
    return [{"repository": repository.id, **parts}, {"repository_name": repository.full_name, **parts}]


def run_level(repository: Repository, ref: str, *, is_pull_request: bool) -> str:
    if is_pull_request:
        return "pull request"
    return "default branch" if ref and ref == repository.default_branch else "other branch"


def run_title(repository: Repository, name: str, state: State, ref: str) -> str:
    where = f"{repository.full_name}: " if repository.full_name else ""
    return f"{where}{name} {WORDS[state]}{f' on {ref}' if ref else ''}" if name else ""
