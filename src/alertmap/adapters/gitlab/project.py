"""The project that most events name, and what depends on it."""

from collections.abc import Mapping
from typing import Annotated

from alertmap import wire
from alertmap.adapter import Identity


@wire.model
class Project:
    id: wire.AnyText = ""  # absent in old bodies
    path_with_namespace: wire.Text = ""
    web_url: wire.Text = ""
    default_branch: wire.Text = ""


@wire.model
class Event:
    project: Project = Project()
    user: Annotated[str, wire.inside("username")] = ""


HEADERS = {"X-Gitlab-Event": ""}
MARKS = {"object_kind"}


def identity(project: Project, parts: Mapping[str, str | None]) -> list[Identity]:
    return [{"project": project.id, **parts}, {"project_path": project.path_with_namespace, **parts}]


def link(project: Project, kind: str, number: str) -> str:
    return f"{project.web_url}/-/{kind}/{number}" if project.web_url and number else ""
