"""Names of parameters and keys that hold credentials."""

_TOKENS = ("token", "access_token", "auth_token", "x-itoc360-token", "api_key", "apikey", "api-key")

CREDENTIALS = frozenset((*_TOKENS, "secret", "password", "passwd", "authorization"))
"""Names (lower case) whose values are removed where a query or a document without a fixed shape is read."""
