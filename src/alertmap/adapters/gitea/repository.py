"""Marks of the events that name a repository, and the level of a run."""

from alertmap.conventions.github import Repository, branch_level

MARKS = {"$.repository.open_pr_counter"}  # GitHub's repositories have `open_issues` instead
HEADERS = {"X-Gitea-Event": ""}  # Forgejo sends it as well


def run_level(repository: Repository, ref: str, *, is_pull_request: bool) -> str:
    return "pull request" if is_pull_request else branch_level(repository, ref)
