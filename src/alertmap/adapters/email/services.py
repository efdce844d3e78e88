"""Webhooks of mail services: what they make of a mail that they received."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal

from attrs import Factory, evolve

from alertmap import wire
from alertmap.adapter import Problem, ProblemCode, Reading, Shape
from alertmap.adapters.email import mails
from alertmap.adapters.email.mails import Mail, Options

LONGEST_HEAD = 65_536  # characters of headers that are read
EARLIEST = 2000


@wire.model
class Envelope:
    sender: Annotated[wire.Text | None, wire.named("from")] = None  # blank: a bounce
    to: list[wire.Text] = Factory(list)


@wire.model
class SendGrid:
    """Form of SendGrid's Inbound Parse, parsed or raw."""

    envelope: wire.JsonIn[Envelope]
    subject: wire.Text = ""
    sender: Annotated[wire.Text, wire.named("from")] = ""
    to: wire.Text = ""
    text: wire.Text = ""
    html: wire.Text = ""
    headers: wire.Text = ""
    email: wire.Text = ""  # the raw mail, instead of `headers`, `text` and `html`
    SPF: wire.Text = ""
    spam_score: wire.Text = ""


@wire.model
class Mailgun:
    """Form of Mailgun's action `forward`."""

    recipient: wire.NonBlank
    sender: wire.Text | None = None  # of the envelope
    subject: wire.Text = ""
    from_: Annotated[wire.Text, wire.named("from")] = ""
    body_plain: Annotated[wire.Text, wire.named("stripped-text", "body-plain")] = ""
    body_html: Annotated[wire.Text, wire.named("stripped-html", "body-html")] = ""
    body_mime: Annotated[wire.Text, wire.named("body-mime")] = ""
    message_headers: Annotated[wire.JsonIn[list[list[wire.AnyText]]], wire.named("message-headers")] = Factory(list)
    date: Annotated[wire.LooseTime, wire.named("Date")] = None
    timestamp: wire.EpochAny = None


@wire.model
class Tracking:
    """Event of Mailgun about a mail that was sent."""

    event: Annotated[str, wire.inside("event"), wire.named("event-data")]


@wire.model
class Header:
    name: Annotated[wire.AnyText, wire.named("name", "Name")] = ""
    value: Annotated[wire.AnyText, wire.named("value", "Value")] = ""


@wire.model
class Postmark:
    sender: Annotated[str, wire.inside("Email"), wire.named("FromFull")]
    OriginalRecipient: wire.Text = ""
    Subject: wire.Text = ""
    TextBody: wire.Text = ""
    StrippedTextReply: wire.Text = ""
    HtmlBody: wire.Text = ""
    Date: wire.LooseTime = None
    Headers: list[Header] = Factory(list)


@wire.model
class CommonHeaders:
    sender: Annotated[wire.ScalarText, wire.named("from")] = ""
    subject: wire.Text = ""


@wire.model
class SesMail:
    source: wire.Text | None = None
    timestamp: wire.Rfc3339 = None
    headers: list[Header] = Factory(list)
    commonHeaders: CommonHeaders = CommonHeaders()


@wire.model
class Receipt:
    recipients: list[wire.Text] = Factory(list)
    spam: Annotated[str, wire.inside("status"), wire.named("spamVerdict")] = ""


@wire.model
class Ses:
    """Notification of Amazon SES about a mail that it received, inside a message of SNS."""

    notificationType: Literal["Received"]
    mail: SesMail
    receipt: Receipt = Receipt()
    content: wire.Text = ""


def read_sendgrid(event: SendGrid, options: Options) -> Reading | Problem:
    head, body = parts_of(event.email)
    headers = headers_in(event.headers or head)
    mail = Mail(
        subject=event.subject,
        sender=event.sender,
        to=", ".join(event.envelope.to) or event.to,
        return_path=event.envelope.sender,
        text=event.text or plain(headers, body),
        html=event.html,
        date=sent_at(headers),
        headers=headers,
    )
    return labelled(mails.read(mail, options), {"spf": event.SPF, "spam_score": event.spam_score})


def read_mailgun(event: Mailgun, options: Options) -> Reading | Problem:
    head, body = parts_of(event.body_mime)
    headers = {pair[0]: pair[1] for pair in event.message_headers if len(pair) > 1} or headers_in(head)
    mail = Mail(
        subject=event.subject,
        sender=event.from_ or event.sender or "",
        to=event.recipient,
        return_path=event.sender,
        text=event.body_plain or plain(headers, body),
        html=event.body_html,
        date=event.date or sent_at(headers) or event.timestamp,
        headers=headers,
    )
    return mails.read(mail, options)


def read_tracking(_event: Tracking) -> Problem:
    return Problem(
        ProblemCode.BAD_ELEMENT, "$", "an event about a mail that Mailgun sent, and no mail: use the action of a route"
    )


def read_postmark(event: Postmark, options: Options) -> Reading | Problem:
    headers = {header.name.lower(): header.value for header in event.Headers}
    mail = Mail(
        subject=event.Subject,
        sender=event.sender,
        to=event.OriginalRecipient,
        return_path=headers.get("return-path"),
        text=event.StrippedTextReply or event.TextBody,
        html=event.HtmlBody,
        date=event.Date,
        headers=headers,
    )
    return mails.read(mail, options)


def read_ses(event: Ses, options: Options) -> Iterable[Reading | Problem]:
    head, body = parts_of(event.content)
    headers = {header.name.lower(): header.value for header in event.mail.headers} or headers_in(head)
    common = event.mail.commonHeaders
    mail = Mail(
        subject=common.subject or headers.get("subject", ""),
        sender=common.sender or event.mail.source or "",
        to=", ".join(event.receipt.recipients),
        return_path=event.mail.source,
        text=plain(headers, body),
        date=sent_at(headers) or event.mail.timestamp,
        headers=headers,
    )
    result = labelled(mails.read(mail, options), {"spam": event.receipt.spam})
    if isinstance(result, Reading) and not event.content:
        result = evolve(result, problems=(NO_CONTENT,))
    return (result,)


NO_CONTENT = Problem(ProblemCode.MISSING, "$.content", "the text of the mail was not sent: it may be in a bucket")


def labelled(result: Reading | Problem, labels: Mapping[str, str]) -> Reading | Problem:
    return evolve(result, labels={**result.labels, **labels}) if isinstance(result, Reading) else result


def parts_of(raw: str) -> tuple[str, str]:
    """Split a raw mail into its headers and the rest."""
    head, _, body = raw.replace("\r\n", "\n").partition("\n\n")
    return head, body


def headers_in(head: str) -> dict[str, str]:
    """Return the headers in a block of text, by their names in lower case; of several of one name the first."""
    found: dict[str, str] = {}
    lines = head[:LONGEST_HEAD].replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ").split("\n")
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def plain(headers: Mapping[str, str], body: str) -> str:
    """Return the rest of a raw mail where it is the text as it stands."""
    lower = {name.lower(): value.lower() for name, value in headers.items()}
    is_text = lower.get("content-type", "text/plain").startswith("text/plain")
    return body if is_text and lower.get("content-transfer-encoding", "7bit") in ("7bit", "8bit") else ""


def sent_at(headers: Mapping[str, str]) -> datetime | None:
    """Return the time in the header `Date`."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - few senders need it

    text = next((value for name, value in headers.items() if name.lower() == "date"), "")
    try:
        moment = parsedate_to_datetime(text[:64]).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.year >= EARLIEST else None


SHAPES = [
    Shape(SendGrid, read_sendgrid, marks={"charsets", "envelope", "subject"}),
    Shape(Tracking, read_tracking, marks={"$.event-data.event"}),
    Shape(Mailgun, read_mailgun, marks={"timestamp", "token", "signature", "sender"}),
    Shape(Postmark, read_postmark, marks={"OriginalRecipient", "TextBody", "MessageID"}),
    Shape(Ses, read_ses, marks={"$.mail.commonHeaders", "$.receipt.action"}),
]
