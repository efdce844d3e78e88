"""Signatures with public keys: Ed25519, ECDSA and RSA. Needs the extra `sns` (cryptography)."""

from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Any

from alertmap.errors import AuthError, ConfigurationError, DecodeError, Refusal
from alertmap.strict_json import Limits, decode_json

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
except ModuleNotFoundError as missing:
    raise ConfigurationError("this signature needs an extra: pip install 'alertmap[sns]'") from missing

_SMALLEST_RSA = 2_048  # bits


def is_signed_by(algorithm: str, key: bytes, content: bytes, signature: bytes) -> bool:
    """Return whether a signature is that of a public key: 32 raw bytes for Ed25519, else DER or PEM.

    Raises:
        ConfigurationError: the key cannot be read, or is one for another algorithm.
    """
    try:
        if algorithm == "ed25519":
            ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
            return True
        public = _public_key(key)
        if algorithm == "ecdsa-sha256" and isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, content, ec.ECDSA(hashes.SHA256()))
            return True
        if algorithm == "rsa-sha256" and isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, content, padding.PKCS1v15(), hashes.SHA256())
            return True
    except InvalidSignature:
        return False
    except ValueError:
        raise ConfigurationError(f"a public key cannot be read as one for {algorithm}") from None
    raise ConfigurationError(f"a public key is not one for {algorithm}")


def _public_key(key: bytes) -> Any:
    if key.lstrip().startswith(b"-----BEGIN"):
        return serialization.load_pem_public_key(key)
    return serialization.load_der_public_key(key)


def key_from_set(data: bytes, key_id: object, limits: Limits) -> bytes:
    """Return the RSA key with an id out of a JSON Web Key Set.

    Raises:
        AuthError: it is no such set, or has not this key.
    """
    try:
        document = decode_json(data.decode(), limits)
    except (ValueError, DecodeError):
        document = None
    keys = document.get("keys") if isinstance(document, dict) else None
    for one in keys if isinstance(keys, list) else []:
        if isinstance(one, dict) and one.get("kty") == "RSA" and isinstance(key_id, str) and one.get("kid") == key_id:
            try:
                public = rsa.RSAPublicNumbers(_number(one.get("e")), _number(one.get("n"))).public_key()
            except ValueError:
                break
            if public.key_size >= _SMALLEST_RSA:
                info = serialization.PublicFormat.SubjectPublicKeyInfo
                found: bytes = public.public_bytes(serialization.Encoding.DER, info)
                return found
    raise AuthError("the token is signed with a key that its issuer does not list", Refusal.UNTRUSTED)


def _number(text: object) -> int:
    if not isinstance(text, str):
        raise ValueError  # noqa: TRY004 - as for any other text that is no number
    return int.from_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def check_certificate(pem: bytes, names: frozenset[str], now: datetime) -> tuple[Any, Any]:
    """Return the RSA key of a certificate, and the hash of its own signature.

    `names` are those that it may be for; none: any name.

    Raises:
        AuthError: it cannot be read, is not valid now, is for another name, or has a short key.
    """
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key, digest = certificate.public_key(), certificate.signature_hash_algorithm
        found = _names(certificate)
    except Exception as error:
        # A certificate that cannot be parsed raises errors of many classes.
        raise AuthError("the certificate of the signature cannot be read", Refusal.UNTRUSTED) from error
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise AuthError("the certificate of the signature is not valid at the time of receipt", Refusal.UNTRUSTED)
    if names and not names & found:
        raise AuthError("the certificate of the signature is for another name", Refusal.UNTRUSTED)
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _SMALLEST_RSA:
        raise AuthError("the certificate of the signature has no RSA key of 2048 bits", Refusal.UNTRUSTED)
    return key, digest


def _names(certificate: x509.Certificate) -> frozenset[str]:
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    names = {str(one.value) for one in common}
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names.update(extension.value.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        pass
    return frozenset(names)


def is_signed_with(key: Any, digest: Any, content: bytes, signature: bytes) -> bool:
    """Return whether a signature (RSA, PKCS #1 v1.5) is that of a certificate's key. `digest` is a hash or its name."""
    used = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}[digest] if isinstance(digest, str) else digest  # noqa: S303
    try:
        key.verify(signature, content, padding.PKCS1v15(), used)
    except InvalidSignature:
        return False
    return True
