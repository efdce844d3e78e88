"""Questions that a sender, or what stands before it, asks before it sends alerts. Nothing here visits a URL."""

import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from alertmap.adapter import Adapter
from alertmap.intake.auth import Auth
from alertmap.intake.decode import has_fields
from alertmap.intake.envelope import is_plain_url
from alertmap.intake.verify import Sent, as_bytes, encoded
from alertmap.model import Reply, Request
from alertmap.schemes import Confirmation

_LONGEST_CHALLENGE = 1_024
_ORIGIN = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_RATE = re.compile(r"[1-9][0-9]{0,8}")


def asks_for_consent(request: Request) -> bool:
    """Return whether a request asks for the consent of a target of CloudEvents."""
    return request.method == "OPTIONS" and request.header("WebHook-Request-Origin") is not None


def consent(request: Request) -> Reply | None:
    """Return the consent to be sent events from an origin; None where the request names no origin.

    Source: https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md
    """
    origin = request.header("WebHook-Request-Origin") or ""
    rate = request.header("WebHook-Request-Rate") or ""
    if not _ORIGIN.fullmatch(origin):
        return None
    headers = {
        "Allow": "POST",
        "WebHook-Allowed-Origin": origin,
        "WebHook-Allowed-Rate": rate if _RATE.fullmatch(rate) else "*",
    }
    return Reply(headers=headers)


def probe(request: Request) -> Reply | None:
    """Return the answer to a request that only looks whether the URL answers; None where it is none."""
    if request.method == "OPTIONS":
        return Reply(status=204, headers={"Allow": "POST"})
    if request.method == "HEAD":
        return Reply()
    # A query with fields may be an alert, or meant as one.
    if request.method == "GET" and not request.body and not has_fields(request):
        return Reply()
    return None


def challenge(request: Request, adapter: Adapter, auth: Auth | None) -> Reply | None:
    """Return the answer to a vendor's challenge: the text of the request, signed; None where there is none."""
    asked = adapter.challenge
    if asked is None or auth is None or not auth.challenge or request.method != "GET":
        return None
    text = request.query.get(asked.parameter, "")
    if not 0 < len(text) <= _LONGEST_CHALLENGE:
        return None
    digest = hmac.digest(as_bytes(auth.challenge), as_bytes(text), "sha256")
    return Reply(body=json.dumps({asked.field: asked.prefix + encoded(digest, asked.encoding)}))


def confirm_url(sent: Sent, asked: Confirmation) -> tuple[bool, str | None]:
    """Return whether the sender asks for a visit, and the URL: None where its host is not one of the vendor."""
    url = sent.value(asked.place)
    if url is None or (asked.only is not None and sent.value(asked.only[0]) != asked.only[1]):
        return False, None
    return True, url if _is_on(url, asked.hosts) else None


def _is_on(url: str, hosts: str) -> bool:
    """Return whether a URL is plain, encrypted, and on one of the hosts: without user, port or fragment."""
    if not is_plain_url(url) or "\\" in url:
        return False
    from urllib.parse import urlsplit  # noqa: PLC0415 - few requests are handshakes

    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and not parts.fragment and re.fullmatch(hosts, parts.netloc) is not None


def hide(document: Any, paths: tuple[tuple[str | int, ...], ...], only: Mapping[str, str] | None) -> Any:
    """Return the parts of a document that are signed, where only some are, and put a word in the place of secrets."""
    if only is not None:
        return dict(only)
    for path in paths:
        holder = document
        for step in path[:-1]:
            holder = _inner(holder, step)
        if isinstance(holder, dict) and path[-1] in holder:
            holder[path[-1]] = "REDACTED"
    return document


def _inner(holder: Any, step: str | int) -> Any:
    if isinstance(holder, dict):
        return holder.get(step)
    return holder[step] if isinstance(holder, list) and type(step) is int and step < len(holder) else None
