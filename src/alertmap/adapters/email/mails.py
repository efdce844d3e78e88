"""A parsed mail: the state, the level and the key in its subject, and the options of a source."""

import re
from collections.abc import Mapping
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Identity, Problem, ProblemCode, Reading, Shape, State

STATES = conventions.states(
    firing=(
        "problem, alarm, alert, firing, triggered, down, unreachable, critical, crit, warning, warn, unknown, unkn, "
        "error, failed, failure, open, opened, new, started"
    ),
    acknowledged="ack, acknowledged, acknowledgement",
    resolved="resolved, recovered, recovery, cleared, closed, ok, up, normal",
)

LEVELS = conventions.levels(
    critical="critical, crit, emergency, disaster",
    high="error, high, major, importance high",
    medium="warning, warn, minor, medium, average, mail",  # `mail` is ours: the subject has no level
    low="low, importance low",
    info="info, information",
)
# As words of a sentence; `high` and `low` are often the subject of an alert, not its level.
IN_SENTENCES = "critical|crit|emergency|disaster|error|major|warning|warn|minor"
PRIORITIES = {"1": "importance high", "2": "importance high", "4": "importance low", "5": "importance low"}

LONGEST = 1024  # characters of a subject that are read

REPLY_MARKS = re.compile(r"(?:\s*(?:re|fwd?|aw|wg|sv|tr)\s*:)*", re.IGNORECASE)
BEFORE = re.compile(r"(?:[^\w\[\]]|\[[^\[\]]{0,64}\])*")  # marks and signs, the name of a site or a product

# A word in front, such as `OK:`, `** RECOVERY Service Alert`, `Resolved in 5m:`; in brackets, such as `[FIRING:2]`, but
# not the one before an arrow, nor the priority `[Normal]`; and the last one after `is` or an arrow, such as
# `CRIT -> OK`. The last ones are in capitals: sentences have them, too.
LASTED = r"in\s+[0-9.]+\s?(?:(?:ms|[smhdwyM])\b|sec|min|hour|day|week|month)"  # and not `in 3 of 4 regions`
FRONT = re.compile(rf"([A-Za-z]+)(?=\s*[:|*!]|\s+-\s|\s+(?:Service|Host)\b|\s+{LASTED}|\s*$)")
BRACKETS = re.compile(r"\[\W?(?:\s|\b)((?!(?i:normal)\b)[A-Za-z]+)(?::\s?[0-9]+)?\s?\](?!\s*(?:[-=]>|→|to\b))")
STANDS = re.compile(r"(?:[-=]>|→|\bis)\s+(OK|UP|DOWN|UNREACHABLE|CRIT(?:ICAL)?|WARN(?:ING)?|UNKN(?:OWN)?)\b")
VAGUE = {"alert", "alarm"}  # what is written about, rather than its state: `Alert: disk full has recovered`

THINGS = "alert|alarm|incident|problem|issue"
ENDED = re.compile(
    r"\b(?:back to normal|up again)\b|\b(?:resolved|recovered)\W*$"
    rf"|\b(?:is|are|has|have|been|{THINGS})\s+(?:now\s+)?(?:resolved|recovered)\b"
    rf"|\b(?:{THINGS})\s+(?:#?\w{{0,32}}[0-9]\s+)?(?:(?:is|was|has been)\s+)?(?:closed|cleared)\b",
    re.IGNORECASE,
)
TAKEN = re.compile(rf"\b(?:is|was|been|{THINGS})\s+(?:#?\w{{0,32}}[0-9]\s+)?acknowledged\b", re.IGNORECASE)
# `cannot be resolved`, `3 of 4 recovered` and `is it resolved?` are no ends.
NEGATED = re.compile(
    r"\b(?:not|never|cannot|can't|couldn't|be|until|if|only|partly|partially|of [0-9]+)\b|\?", re.IGNORECASE
)

# Parts of a subject that change while an alert lasts.
CHANGING = re.compile(
    r"\bin(?:\s+[0-9]+(?:\.[0-9]+)?\s?[a-z]{1,8})+(?=\s*:)"
    r"|\b[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?Z?)?"
    r"|\bat\s+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?\b|\b[0-9]+(?:\.[0-9]+)?\s?%"
    r"|\bback to normal\b",
    re.IGNORECASE,
)
CHANGING_WORDS = {
    *(word for word in STATES if word not in ("open", "new")),
    *IN_SENTENCES.split("|"),
    *("is", "are", "was", "has", "have", "been", "now", "again", "incident", "issue"),
}
WORDS = re.compile(r"[\w./@+-]+")

QUOTE = re.compile(r"^(?:>|-----\s?Original Message|On .{1,200} wrote:)", re.MULTILINE)

AUTOMATIC = Problem(
    ProblemCode.STATE_GUESSED, "$", "the mail is an automatic reply or a bounce; no alert was made of it"
)


@wire.model(closed=True)
class Options:
    key: Annotated[re.Pattern[str] | None, wire.regex("key")] = None
    resolved: Annotated[re.Pattern[str] | None, wire.regex()] = None
    by_thread: bool = False
    by_recipient: bool = False


@wire.model
class Mail:
    """Mail as a document: headers have been decoded."""

    subject: wire.Text
    sender: Annotated[wire.ScalarText, wire.named("from")] = ""
    to: wire.ScalarText = ""
    return_path: wire.Text | None = None
    text: wire.Text = ""
    html: wire.Text = ""
    date: wire.LooseTime = None
    headers: wire.Texts = Factory(dict)


def read(mail: Mail, options: Options) -> Reading | Problem:
    headers = {name.lower(): text.strip() for name, text in mail.headers.items()}
    if is_automatic(mail, headers):
        return AUTOMATIC
    subject = " ".join(mail.subject[:LONGEST].split())
    text = mail.text or text_of(mail.html)
    above = f"{subject}\n{QUOTE.split(text, maxsplit=1)[0]}"
    state = State.RESOLVED if options.resolved and options.resolved.search(above) else state_of(subject)
    level = level_of(subject, headers)
    return Reading(
        state=state,
        level=level or (None if state is State.RESOLVED else "mail"),
        identity=identity(mail, subject, above, headers, options),
        title=subject,
        message=text,
        labels={"from": mail.sender, "to": mail.to, "list_id": headers.get("list-id", "")},
        occurred_at=mail.date,
    )


def is_automatic(mail: Mail, headers: Mapping[str, str]) -> bool:
    """Return whether a mail is a reply of a machine. Monitors themselves are `auto-generated`, or `bulk`."""
    return (
        headers.get("auto-submitted", "").lower().startswith("auto-replied")
        or headers.get("precedence", "").lower() == "auto_reply"
        or "x-autoreply" in headers
        or (mail.return_path is not None and mail.return_path.strip() in ("", "<>"))
    )


def words_of(subject: str) -> tuple[list[str], list[str]]:
    """Return the word in front of a subject, if it has one, and those in brackets, in lower case."""
    front = front_of(subject)
    return [front[1].lower()] if front else [], [word.lower() for word in BRACKETS.findall(subject)]


def front_of(subject: str) -> re.Match[str] | None:
    marks = REPLY_MARKS.match(subject)
    before = BEFORE.match(subject, marks.end() if marks else 0)
    return FRONT.match(subject, before.end() if before else 0)


def state_of(subject: str) -> State | None:
    """Return the state in a subject; None where there is no word for it."""
    front, inside = words_of(subject)
    states = [STATES[word] for word in (*front, *inside) if word in STATES]
    ends = [state for state in states if state is not State.FIRING]
    if ends:
        return ends[0]
    stands = STANDS.findall(subject)
    if stands:
        return STATES[stands[-1].lower()]
    # `CRITICAL: …` fires whatever stands behind it; in brackets it is the level of what may have ended.
    firing = {*front, *(word for word in inside if word not in LEVELS)} & STATES.keys() - VAGUE
    if not firing and not NEGATED.search(subject):
        if ENDED.search(subject):
            return State.RESOLVED
        if TAKEN.search(subject):
            return State.ACKNOWLEDGED
    return states[0] if states else None


IN_SENTENCE = re.compile(rf"\b(?:{IN_SENTENCES})\b", re.IGNORECASE)


def level_of(subject: str, headers: Mapping[str, str]) -> str:
    words = [word.lower() for word in STANDS.findall(subject)[-1:]] + [
        word for words in words_of(subject) for word in words
    ]
    words += [word.lower() for word in IN_SENTENCE.findall(subject)]
    known = next((word for word in words if word in LEVELS), "")
    importance = headers.get("importance", "").lower()
    return known or PRIORITIES.get(
        headers.get("x-priority", "")[:1], f"importance {importance}" if importance in ("high", "low") else ""
    )


def identity(mail: Mail, subject: str, above: str, headers: Mapping[str, str], options: Options) -> list[Identity]:
    sender = address(mail.sender)
    recipients = [address(each).partition("@")[0] for each in mail.to.split(",")]
    tag = next((tag for _, _, tag in (local.partition("+") for local in recipients) if tag), "")
    found: list[Identity] = []
    if options.key:
        match = options.key.search(above)
        found.append({"key": (match["key"] or "").strip() if match else ""})
    if options.by_thread:
        thread = (headers.get("references") or headers.get("in-reply-to") or headers.get("message-id") or "").split()
        found.append({"thread": thread[0] if thread else ""})
    if options.by_recipient:
        found.append({"recipient": recipients[0]})
    if tag and not found:
        return [{"tag": tag}]
    # Of `OK` nothing is left: with the sender alone as the key it would end all alerts of this sender.
    about = constant(subject) or subject.casefold()
    return [*found, {"subject": about, "sender": sender}, {"subject": about}]


def constant(subject: str) -> str:
    """Return a subject without its state, level, numbers and times; a host or service in it stays."""
    front = front_of(subject)
    text = f"{subject[: front.start()]} {subject[front.end() :]}" if front and is_known(front[1]) else subject
    marks = REPLY_MARKS.match(text)
    text = BRACKETS.sub(lambda found: " " if is_known(found[1]) else found[0], text[marks.end() if marks else 0 :])
    words = (word.strip("./-") for word in WORDS.findall(CHANGING.sub(" ", text).casefold()))
    return " ".join(word for word in words if word and word not in CHANGING_WORDS)


def is_known(word: str) -> bool:
    return word.lower() in STATES or word.lower() in LEVELS


def address(text: str) -> str:
    """Return the address in `Nagios <nagios@example.com>`, in lower case."""
    return text.rpartition("<")[2].partition(">")[0].strip().lower()


def text_of(markup: str) -> str:
    """Return the text of a mail that is HTML only, without its head."""
    _, tag, body = markup.partition("<body")
    return conventions.plain_text(tag + body or markup)


SHAPES = [Shape(Mail, read, rank=None)]
