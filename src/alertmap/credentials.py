"""Names of parameters and keys that hold credentials."""

_TOKENS = ("token", "access_token", "auth_token", "x-itoc360-token", "api_key", "apikey", "api-key")

CREDENTIALS = frozenset((*_TOKENS, "secret", "password", "passwd", "authorization"))
"""Names (lower case) whose values are dropped from queries and from documents without a fixed shape."""
