"""Credentials of a source: what its requests must prove, and where the proof stands."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from attrs import evolve, field

from alertmap._records import record
from alertmap.errors import ConfigurationError, did_you_mean, quoted
from alertmap.schemes import (
    SMN,
    SNS,
    InHeader,
    InQuery,
    Jws,
    Place,
    Scheme,
    Signature,
    TopicSignature,
    as_places,
    as_schemes,
)

if TYPE_CHECKING:
    from alertmap.adapter import Adapter

TOKEN_PLACES: tuple[Place, ...] = (InQuery("token"), InHeader("Authorization", "Bearer "))
"""Places of a token with every vendor, beside those that its adapter declares."""


def _texts(texts: object) -> tuple[str, ...]:
    found = (texts,) if isinstance(texts, str) else texts
    if not isinstance(found, Iterable):
        raise ConfigurationError(f"credentials must be texts, not {quoted(texts)}")
    found = tuple(found)
    # No value in the message: it is a secret.
    if not all(isinstance(text, str) and text.strip() for text in found):
        raise ConfigurationError("a credential must be text that is not blank")
    return found


def _logins(logins: object) -> tuple[tuple[str, str], ...]:
    found: Any = tuple(logins.items()) if isinstance(logins, Mapping) else logins
    if isinstance(found, str) or not isinstance(found, Iterable):
        raise ConfigurationError("basic must be pairs of user and password")
    pairs: list[tuple[str, str]] = []
    for pair in found:
        match pair:
            case (str(user), str(password)) if password.strip():
                pairs.append((user, password))
            case _:
                raise ConfigurationError("basic must be pairs of user and password, and no password may be blank")
    return tuple(pairs)


def _as_schemes(schemes: object) -> tuple[Scheme, ...]:
    return as_schemes(schemes, "schemes")


def _not_negative(_instance: object, _attribute: object, span: object) -> None:
    if not isinstance(span, timedelta) or span < timedelta():
        raise ConfigurationError("tolerance must be a timedelta that is not negative")


@record(kw_only=True)
class Auth:
    """Credentials of a source. Each kind that is given must be proved; of several values of one kind any will do.

    The repr names no credential.

    Raises:
        ConfigurationError: a credential is blank or no text; nothing is given that a request could prove.
    """

    tokens: tuple[str, ...] = field(default=(), repr=False, converter=_texts)
    """Shared tokens, the current one and those that are still valid."""
    token_in: tuple[Place, ...] = field(default=(), converter=as_places)
    """Places of the token; none: the parameter `token`, `Authorization: Bearer`, and the places of the vendor."""
    basic: tuple[tuple[str, str], ...] = field(default=(), repr=False, converter=_logins)
    """Pairs of user and password, or a mapping of them, for `Authorization: Basic`."""
    secrets: tuple[str, ...] = field(default=(), repr=False, converter=_texts)
    """Secrets of the signature, or public keys where the sender has a private key; current and still valid ones."""
    topics: tuple[str, ...] = field(default=(), converter=_texts)
    """ARNs of AWS SNS topics, or URNs of Huawei SMN topics, that may send: their signature must be right."""
    claims: Mapping[str, str] = field(factory=dict)
    """Claims that a token of an issuer (RS256) must have, such as `aud`, with their values."""
    challenge: str = field(default="", repr=False)
    """Secret of the challenge, for vendors that send one. It proves us to the vendor, and no request to us."""
    schemes: tuple[Scheme, ...] = field(default=(), repr=False, converter=_as_schemes)
    """Schemes in the place of the vendor's, such as `STANDARD_WEBHOOKS` for what a gateway signs anew."""
    form: str = ""
    """Name of the only scheme that is accepted, where the vendor has alternatives."""
    signature_header: str = ""
    """Name of the header with the signature, where users of the vendor can change it."""
    timestamp_header: str = ""
    """Name of the header with the time, where users of the vendor choose it. A signature without it is then refused."""
    tolerance: timedelta = field(default=timedelta(minutes=5), validator=_not_negative)
    """How far a signed time may be from the time of receipt, in both directions."""
    public_url: str = ""
    """URL as the vendor was given it, query included, for schemes that sign the URL."""

    def __attrs_post_init__(self) -> None:
        if not (self.tokens or self.basic or self.secrets or self.topics or self.claims):
            raise ConfigurationError("Auth needs tokens, basic, secrets, topics or claims")

    @property
    def is_signed(self) -> bool:
        """Requests must have a signature."""
        return bool(self.secrets or self.topics or self.claims)

    def check(self, adapter: "Adapter") -> None:
        """Check the credentials against the vendor of an adapter.

        Raises:
            ConfigurationError: the vendor has no scheme that fits what is configured.
        """
        if self.is_signed:
            self.used_schemes(adapter)

    def places(self, adapter: "Adapter") -> tuple[Place, ...]:
        """Return the places of the token, for the vendor of an adapter."""
        return self.token_in or (*TOKEN_PLACES, *adapter.token_in)

    def used_schemes(self, adapter: "Adapter") -> tuple[Scheme, ...]:
        """Return the schemes that requests are checked with.

        Raises:
            ConfigurationError: the vendor has no scheme that fits what is configured.
        """
        found = tuple(scheme for scheme in self.schemes or adapter.signatures if self._proves(scheme))
        if self.topics and not self.schemes and not found:
            found = (SMN if self.topics[0].startswith("urn:smn:") else SNS,)
        if self.form:
            names = [scheme.name for scheme in found]
            found = tuple(scheme for scheme in found if scheme.name == self.form)
            if not found:
                hint = did_you_mean(self.form, names) or (f"; known are {', '.join(names)}" if names else "")
                raise ConfigurationError(f"{adapter.name} has no signature of the form {quoted(self.form)}{hint}")
        found = tuple(one for scheme in found if (one := self._named(scheme)) is not None)
        if not found:
            raise ConfigurationError(f"{adapter.name} signs nothing that fits this configuration: use tokens or basic")
        return found

    def _proves(self, scheme: Scheme) -> bool:
        if isinstance(scheme, TopicSignature):
            return bool(self.topics)
        is_issued = isinstance(scheme, Jws) and scheme.algorithm == "RS256"
        return bool(self.claims) if is_issued else bool(self.secrets)

    def _named(self, scheme: Scheme) -> Scheme | None:
        """Return the scheme with the headers that the source names; None where it does not fit them."""
        if not isinstance(scheme, Signature):
            return scheme
        place, timestamp = scheme.place, scheme.timestamp
        if isinstance(place, InHeader) and self.signature_header:
            place = InHeader(self.signature_header, place.prefix, place.separator)
        if self.timestamp_header:
            if timestamp is None:
                return None
            timestamp = InHeader(self.timestamp_header)
        elif timestamp == InHeader(""):
            return None
        return evolve(scheme, place=place, timestamp=timestamp)


IN_FILES = (
    "tokens",
    "basic",
    "secrets",
    "topics",
    "claims",
    "challenge",
    "form",
    "signature_header",
    "timestamp_header",
)
"""Settings that a mapping may have; others are objects."""


def as_auth(auth: object) -> Auth | None:
    """Return credentials from a mapping of their settings, as a file has them; `Auth` and None as they are.

    Raises:
        ConfigurationError: it is something else, or a setting is unknown or invalid. The message names no credential.
    """
    if auth is None or isinstance(auth, Auth):
        return auth
    if not isinstance(auth, Mapping):
        raise ConfigurationError(f"auth must be an Auth or a mapping of its settings, not a {type(auth).__name__}")
    for name in auth:
        if name not in IN_FILES:
            shown, known = did_you_mean(str(name), IN_FILES), f": there are {', '.join(IN_FILES)}"
            raise ConfigurationError(f"auth has no setting {quoted(name)}{shown or known}")
    for name in IN_FILES[5:]:
        if not isinstance(auth.get(name, ""), str):
            raise ConfigurationError(f"auth: {name} must be text")
    return Auth(**auth)
