"""What looks like a credential in a fixture. Captured requests are scrubbed before they become one."""

from alertmap.intake.redact import KNOWN, NAMED, PLACEHOLDER


def secrets_in(text: str) -> list[str]:
    """The places in a text that look like credentials: the names and the first characters, never the whole value."""
    found = [match for pattern in (NAMED, KNOWN) for match in pattern.finditer(text)]
    return [match[0][:24] for match in found if PLACEHOLDER not in match[0] and "example" not in match[0].lower()]
