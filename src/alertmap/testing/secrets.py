"""What looks like a credential in a fixture. Captured requests are scrubbed before they become one."""

import re

PLACEHOLDER = "REDACTED"
"""What stands in a fixture where a credential was."""

_NAMES = (
    "token|secret|signature|authorization|cookie|password|passwd|api[_-]?key|access[_-]?key|routing[_-]?key|"
    "integration[_-]?key|webhook[_-]?url|auth[_-]?token|access[_-]?token|sig"
)
# A named value, as JSON, as a header or as a form field.
_NAMED = re.compile(
    rf"""(?ix) (?<![a-z]) (?:x-)? [\w-]*? (?:{_NAMES}) ["']? \s* [:=] \s* ["']? (?P<value>[^"'&\s,}}<]+)"""
)
_KNOWN = re.compile(
    r"(?P<value>hooks\.slack\.com/services/\w+|discord(?:app)?\.com/api/webhooks/\d+/\w+|gh[pousr]_\w{20,}|xox[abp]-\w+"
    r"|AKIA[0-9A-Z]{16}|AC[0-9a-f]{32}|eyJ[\w-]{10,}\.[\w-]{10,}|Bearer\s+\S+|Basic\s+[A-Za-z0-9+/=]{8,})"
)


def secrets_in(text: str) -> list[str]:
    """The places in a text that look like credentials: the names and the first characters, never the whole value."""
    found = [match for pattern in (_NAMED, _KNOWN) for match in pattern.finditer(text)]
    return [match[0][:24] for match in found if PLACEHOLDER not in match[0] and "example" not in match[0].lower()]
