"""The sources of a receiver, found by name or by the credential that a request brings.

Tools that were made for another product post to one URL, such as `/v2/enqueue`: only their key tells the source.
"""

import hmac
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256

from alertmap.adapter import Adapter
from alertmap.errors import AuthError, ConfigurationError, quoted
from alertmap.intake import registry
from alertmap.intake.auth import TOKEN_PLACES
from alertmap.intake.source import Source
from alertmap.intake.verify import Sent, as_bytes, login_of, tokens_at
from alertmap.model import Request
from alertmap.strict_json import Limits, resolve_limits


class Sources:
    """Sources by name, by token, and by user and password. The repr has names only.

    Only digests of credentials are compared, each with all that are known: the time tells nothing about them.

    Raises:
        ConfigurationError: two sources have one name or one credential, or something is no `Source`.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        self._by_name: dict[str, Source] = {}
        self._by_digest: dict[bytes, Source] = {}
        if not isinstance(sources, Iterable):
            raise ConfigurationError(f"expected sources, got {type(sources).__name__}")
        for source in sources:
            if not isinstance(source, Source):
                raise ConfigurationError(f"expected a Source, got {type(source).__name__}")
            if self._by_name.setdefault(source.name, source) is not source:
                raise ConfigurationError(f"two sources are called {quoted(source.name)}")
            for digest in _digests_of(source):
                other = self._by_digest.setdefault(digest, source)
                if other is not source:
                    names = f"{quoted(other.name)} and {quoted(source.name)}"
                    raise ConfigurationError(f"the sources {names} have a credential in common")

    def __repr__(self) -> str:
        return f"Sources({', '.join(self._by_name)})"

    def by_name(self, name: str) -> Source | None:
        """Return the source of this name; None where there is none."""
        return self._by_name.get(name)

    def by_token(self, token: str) -> Source | None:
        """Return the source one of whose tokens this is; None where there is none."""
        return self._find(_digest("token", token))

    def by_login(self, user: str, password: str) -> Source | None:
        """Return the source with this user and password; None where there is none."""
        return self._find(_digest("login", user, password))

    def by_request(self, request: Request, vendor: str | Adapter, limits: Limits | None = None) -> Source | None:
        """Return the source whose token, or user and password, a request of this vendor brings.

        The token is looked for where the vendor's tools put it (`Adapter.token_in`), in the parameter `token` and in
        `Authorization: Bearer`. `receive` must still check the request: this finds the source and proves nothing more.

        Returns:
            The source; None where no known credential is found, or the source is another vendor's.

        Raises:
            UnknownVendor: no adapter has this name.
            LimitError: the request exceeds its limits.
        """
        adapter = registry.adapter_of(vendor)
        sent = Sent(request, adapter, resolve_limits(limits))
        found: list[Source | None] = []
        for place in (*adapter.token_in, *TOKEN_PLACES):
            with suppress(AuthError):  # longer than any credential
                found += [self.by_token(token) for token in tokens_at(sent, place)]
        with suppress(AuthError):  # none
            found.append(self.by_login(*login_of(sent)))
        return next((one for one in found if one is not None and one.vendor in (None, adapter.name)), None)

    def _find(self, digest: bytes) -> Source | None:
        matches = [source for known, source in self._by_digest.items() if hmac.compare_digest(known, digest)]
        return matches[0] if matches else None


def _digests_of(source: Source) -> list[bytes]:
    if source.auth is None:
        return []
    tokens = [_digest("token", token) for token in source.auth.tokens]
    return tokens + [_digest("login", user, password) for user, password in source.auth.basic]


def _digest(*parts: str) -> bytes:
    digest = sha256()
    for part in parts:
        data = as_bytes(part)
        digest.update(len(data).to_bytes(8) + data)
    return digest.digest()
