"""Names of credentials: two lists, and names whose value decides."""

import pytest

from alertmap.credentials import (
    AMBIGUOUS,
    HARMLESS,
    SECRET,
    hidden,
    hide_secrets,
    is_secret,
    is_secret_parameter,
    kind_of_name,
    looks_generated,
    without_secrets,
)

GENERATED = "hunter2hunter2"


@pytest.mark.parametrize(
    "name",
    [
        *("token", "Token", " TOKEN ", "tokens", "authToken", "x-itoc360-token", "csrf_token", "labels.token"),
        *("password", "db_password", "passwd", "DB_PASS", "smtpPass", "passphrase", "user[password]", "password_hash"),
        *("secret", "client-secret", "sharedSecret", "secrets", "credentials", "Authorization", "Set-Cookie", "jwt"),
        *("api_key", "apiKey", "API key", "x-api-key", "routing_key", "secretAccessKey", "DD_APP_KEY", "user_key"),
        *("slackWebhookUrl", "bearer", "otp", "csrf", "unsubscribe", "$.alert['api key']"),
    ],
)
def test_secret_everywhere(name: str) -> None:
    """The value of such a name is secret in a label, a text and a query alike."""
    assert kind_of_name(name) == SECRET
    assert is_secret(name, "x")
    assert is_secret_parameter(name)


@pytest.mark.parametrize("name", ["key", "code", "sid", "Code", "sessionId", "ticket"])
def test_secret_as_a_parameter_only(name: str) -> None:
    """In a payload such a name is that of an id or a status."""
    assert is_secret_parameter(name)
    assert not is_secret(name, GENERATED)


@pytest.mark.parametrize("name", ["sig", "Signature", "x-hub-signature", "auth", "hmac", "pin", "pass"])
def test_the_value_decides(name: str) -> None:
    """Such a name is secret in a payload only with a value that looks generated, and always as a parameter."""
    assert kind_of_name(name) == AMBIGUOUS
    assert is_secret_parameter(name)
    assert is_secret(name, GENERATED)
    assert not is_secret(name, "ET SCAN Nmap")
    assert not is_secret(name, {"a": GENERATED})


@pytest.mark.parametrize(
    "name",
    [
        *("", "host", "dedup_key", "groupKey", "token_type", "tokenUrl", "secretName", "secret_id", "password_age"),
        *("compass", "bypass", "pass_rate", "spinning", "public_key", "keyboard", "design", "author", "status"),
    ],
)
def test_other_names(name: str) -> None:
    """A name that only begins with, or contains, that of a credential is none."""
    assert not is_secret(name, GENERATED)
    assert not is_secret_parameter(name)


def test_a_number_of_tokens_is_no_token() -> None:
    """Tokens are also words of a language model, which are counted."""
    assert not is_secret("max_tokens", 4096)
    assert not is_secret("tokens", "4096")
    assert is_secret("tokens", GENERATED)
    assert is_secret("otp", 4096)


def test_only_the_end_of_a_name_counts() -> None:
    """A name of any length costs the same, and its end decides."""
    assert kind_of_name("x" * 100_000 + "token") == SECRET
    assert kind_of_name("token" + "x" * 100_000) == HARMLESS


@pytest.mark.parametrize(
    ("text", "is_generated"),
    [
        (GENERATED, True),
        ("3f9a8c3f9a8c", True),
        ("0c8983c9-9d73-446f-adb5-0641fdacc9d4", True),
        ("sha256=0641fdacc9d4", True),
        ("correcthorsebattery", False),
        ("202601311200", False),
        ("10.0.0.1-as65001-peer", False),
        ("utf8-and-latin1", False),
        ("", False),
    ],
)
def test_looks_generated(text: str, is_generated: bool) -> None:  # noqa: FBT001
    """Twelve letters and digits without a break look generated; words and numbers do not."""
    assert looks_generated(text) is is_generated


def test_hidden() -> None:
    """`~` and 12 hexadecimal digits of the SHA-256 stand for a secret, also for text that UTF-8 cannot encode."""
    assert hidden("hunter2") == "~f52fbd32b2b3"
    assert hidden("hunter2") != hidden("hunter3")
    assert len(hidden("\ud800")) == 13


def test_secrets_of_labels_and_identities() -> None:
    """A pair with the name of a credential is no label; in an identity a hash takes the place of its value."""
    pairs = {"host": "h", "password": "hunter2", "pin": "17"}
    assert without_secrets(pairs) == {"host": "h", "pin": "17"}
    assert hide_secrets(pairs) == {**pairs, "password": "~f52fbd32b2b3"}
