"""Tells the events of GitHub from those of Gitea, Forgejo and Gogs, which imitate them."""

from typing import Any

from alertmap.adapter import Request


def is_github(document: Any, request: Request) -> bool:
    # They send the header of GitHub, too.
    if any(request.header(f"X-{name}-Event") is not None for name in ("Gitea", "Forgejo", "Gogs")):
        return False
    owners = (document.get("repository"), document.get("sender"))
    return request.header("X-GitHub-Event") is not None or any(type(one) is dict and "node_id" in one for one in owners)
