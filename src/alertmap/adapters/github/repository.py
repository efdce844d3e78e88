"""The repository that every event names, and what depends on it."""

from collections.abc import Mapping
from typing import Any

from alertmap import conventions, wire
from alertmap.adapter import Identity, Request, State


@wire.model
class Repository:
    id: wire.AnyText = ""
    full_name: wire.Text = ""
    default_branch: wire.Text = ""


WORDS = {State.FIRING: "failed", State.RESOLVED: "succeeded"}


def is_github(document: Any, request: Request) -> bool:
    # Gitea, Forgejo and Gogs send the header of GitHub, too.
    if any(request.header(f"X-{name}-Event") is not None for name in ("Gitea", "Forgejo", "Gogs")):
        return False
    owners = (document.get("repository"), document.get("sender"))
    return request.header("X-GitHub-Event") is not None or any(type(one) is dict and "node_id" in one for one in owners)


def identity(repository: Repository, *choices: Mapping[str, str | None]) -> list[Identity]:
    """The parts of an alert, best first, each with the id of the repository, and with its name where that is gone."""
    named = [{"repository_name": repository.full_name, **parts} for parts in choices]
    return [*({"repository": repository.id, **parts} for parts in choices), *named]


def branch_level(repository: Repository, branch: str) -> str:
    return "default branch" if branch and branch == repository.default_branch else "other branch"


def title(repository: Repository, name: str, verdict: str, branch: str = "") -> str:
    where = f" on {branch}" if branch else ""
    return conventions.join(repository.full_name, f"{name} {verdict}{where}") if name else ""
