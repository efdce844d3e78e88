"""E-mail: mails that a service posts (SendGrid, Mailgun, Postmark, Amazon SES), and parsed mails as documents.

Set up:

1. Give each source an address of its own that nobody guesses, for whoever knows it can send an alert, and let its
   domain receive mail at the service.
2. Let the service post the mails.

   - SendGrid: Settings, Inbound Parse, Add Host & URL. "POST the raw, full MIME message" may be on or off.
   - Mailgun: Receiving, Routes, an action `forward("https://receiver.example/email")`. Give the HTTP webhook signing
     key to the source: `Auth(secrets="…")`. It covers the time and not the mail.
   - Postmark: Servers, an inbound stream, its webhook URL.
   - Amazon SES: a receipt rule with the action SNS, encoding UTF-8, and a subscription of the topic by HTTPS; confirm
     the subscription. `Auth(topics="arn:…")` checks the signature of SNS.

   The URL is

   ```text
   https://receiver.example/email?token=…
   ```

   SendGrid's forms are multipart, which needs the extra `forms`. Its signature, an option, is
   `Signature(place=InHeader("X-Twilio-Email-Event-Webhook-Signature"), content="{timestamp}{body}",
   timestamp=InHeader("X-Twilio-Email-Event-Webhook-Timestamp"), algorithm="ecdsa-sha256", encoding="base64")`:
   give it in `Auth(schemes=…)`.
3. Give each monitor the address, with the name of the check behind a plus: `hook+db-disk@in.example.com`. It is then
   the key of the alert. Without it the subject is the key, without its state, level, percentages and times, and with
   the address of the sender: so a subject must be the same in trigger and recovery but for these.
4. Look at the last mails of the monitor, and write options where the subject has other words:

   ```toml
   options = { resolved = "(?i)all clear", key = "Alarm (?P<key>[0-9]+)" }
   ```

   `key` and `resolved` are searched in the subject and in the text above a quote. With `by_recipient = true` the
   recipient's local part is the key, for a monitor with one alert; with `by_thread = true` the first id of
   `References`, for a sender that names one thread in each mail.

Answer 200.

The subject has the state: words such as `RESOLVED`, `OK:`, `[RECOVERY]`, `CRIT -> OK` or `incident closed` end an
alert, `acknowledged` acknowledges it, and everything else fires. Where no word is known, the alert has a problem.
Levels are words of the subject, such as CRITICAL or `[High]`, else the importance of the mail, else `mail`, which is
medium.

A mail that your own program has parsed is a document:

```json
{"subject": "…", "from": "…", "to": "…", "text": "…", "html": "…", "date": "…", "headers": {"…": "…"}}
```

Limits: a sender can be forged, so look at the labels for SPF and spam. Automatic replies and bounces are left out, with
a problem. Of a raw mail only plain text is read, and attachments never are. With SES's action S3 the text stays in the
bucket. Order is that of the header `Date`, which the sender's clock makes. Where nothing ends an alert, let incidents
of this source expire.
"""

from alertmap.adapter import Adapter, InBody, Signature, Times
from alertmap.adapters.email import mails, services

MAILGUN = Signature(
    name="mailgun",
    place=InBody("signature"),
    content="{timestamp}{token}",
    timestamp=InBody("timestamp"),
    token=InBody("token"),
)

adapter = Adapter(
    name="email",
    title="E-mail",
    shapes=[*services.SHAPES, *mails.SHAPES],
    levels=mails.LEVELS,
    formats={"json", "form", "multipart"},
    times=Times.STATED,
    options=mails.Options,
    signatures=[MAILGUN],
    identity_parts={"tag", "key", "thread", "recipient", "subject", "sender"},
)
