"""Texts of Monit: the words for events, and what the texts of one test share.

Words are those of Event_Table in Monit's src/event.c, texts those of src/validate.c, of versions 5 and 6.1.
"""

import re

from alertmap import wire
from alertmap.adapter import State

PAIRS = {
    ("failed", "succeeded"): (
        "checksum, connection, content, execution, filesystem flags, gid, heartbeat, icmp, permission, pid, ppid, size,"
        " status, timestamp, uid, uptime, hardlink, access timestamp, change timestamp, modify timestamp, euid,"
        " certificate validity, program output, security attribute"
    ),
    ("failed", "ok"): "speed, response time, link speed, link duplex",
    ("matched limit", "ok"): (
        "cpu usage, total cpu usage, memory usage, total memory usage, swap usage, load average (1min),"
        " load average (5min), load average (15min), threads count, children count, filedescriptors usage,"
        " total filedescriptors usage, read rate, read operations rate, write rate, write operations rate,"
        " service time, space usage, inode usage, swap pagein, swap pageout"
    ),
    ("exceeded", "ok"): (
        "saturation, download saturation, upload saturation, download bytes, upload bytes, download packets,"
        " upload packets"
    ),
    ("detected", "ok"): "download errors, upload errors",
}
"""Kinds of tests, each with the two endings of its words."""

IRREGULAR = {
    "existence": ("does not exist", "exists"),
    "presence": ("does exist", "exists not"),
    "resource": ("resource limit matched", "resource limit succeeded"),
    "timeout": ("timeout", "timeout recovery"),
    "data": ("data access error", "data access succeeded"),
    "type": ("invalid type", "type succeeded"),
    "link": ("link down", "link up"),
    "content": ("content match", "content doesn't match"),
    "program output": ("program output match", "program output doesn't match"),
    "program start": ("program start failed", "program started"),
    "zombie": ("process is a zombie", "zombie check succeeded"),
}

ACTIONS = ("action done", "monit instance changed", "started", "stopped", "restarted", "no event")
"""Words for what Monit or a person did."""

FIRING = {f"{kind} {bad}": kind for (bad, _), kinds in PAIRS.items() for kind in kinds.split(", ")}
RESOLVED = {f"{kind} {good}": kind for (_, good), kinds in PAIRS.items() for kind in kinds.split(", ")}
FIRING |= {bad: kind for kind, (bad, _) in IRREGULAR.items()}
RESOLVED |= {good: kind for kind, (_, good) in IRREGULAR.items()}
CHANGED = {f"{kind} changed": kind for kind in FIRING.values()}
NOT_CHANGED = {f"{kind} not changed": kind for kind in FIRING.values()}

STATES: dict[str, State | None] = {
    **dict.fromkeys(FIRING | CHANGED, State.FIRING),
    **dict.fromkeys(RESOLVED | NOT_CHANGED, State.RESOLVED),
    **dict.fromkeys(ACTIONS),
}

KINDS = {wire.state_word(word): kind for word, kind in (FIRING | RESOLVED | CHANGED | NOT_CHANGED).items()}


def kind(word: str) -> str:
    """Return the kind of test, which a failure and its recovery share; an unknown word stands for itself."""
    return KINDS.get(wire.state_word(word), word)


def is_momentary(word: str) -> bool:
    """Return whether an event stands for a moment: Monit's grammar has no recovery for it."""
    word = word.strip().casefold()
    return word.endswith((" changed", " match")) and not word.endswith(" not changed")


ADDRESS = re.compile(r"(?:failed protocol test \[[^\]]*\] at|connection succeeded to) (.+?)(?: -- |$)", re.MULTILINE)
RESOURCE = re.compile(
    r"(?:total +)?(?:cpu(?: [A-Za-z/]+){0,3}? (?:usage|wait)|(?:mem|swap) (?:usage|amount)|filedescriptors)"
    r"|loadavg(?: per core)? \(\d+min\)|(?:space|inode) (?:usage|free)|threads|children|hardlink|service time"
    r"|(?:physical )?(?:read|write) (?:rate|activity)"
)


def subject(text: str) -> str | None:
    """Return the address or the resource that a text names, in the failure and in the recovery alike.

    Tests of one kind in one service differ in nothing else: with one key for them all, the recovery of one would end
    the others.
    """
    address = ADDRESS.match(text)
    if address is not None:
        return address[1]
    resource = RESOURCE.match(text)
    return None if resource is None else " ".join(resource[0].split())
