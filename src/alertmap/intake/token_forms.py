"""Credentials that are known by their form, under any name: tokens of vendors, webhook URLs, private keys.

Each pattern stands behind literals of which a text must hold one, so that most texts cost a few substring searches.
No pattern reads a character more than a bounded number of times: repetitions are possessive, or have a maximum.
"""

import re
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import NamedTuple

_START = r"(?<![A-Za-z0-9])"
_END = r"(?![A-Za-z0-9])"
_S = r"\\?/"  # a slash, also as PHP escapes it

_FORMS = (
    # Keys and tokens
    (("AKIA", "ASIA"), r"A[KS]IA[0-9A-Z]{16}"),  # AWS
    (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_\w{20,255}"),  # GitHub
    (("github_pat_",), r"github_pat_\w{20,255}"),
    (  # GitLab
        ("glpat-", "glptt-", "gldt-", "glrt-", "glcbt-", "glft-", "glsoat-", "glimt-", "glagent-", "gloas-"),
        r"gl(?:pat|ptt|dt|rt|cbt|ft|soat|imt|agent|oas)-[\w.-]{16,300}",
    ),
    (("GR1348941",), r"GR1348941[\w-]{20}"),
    (("xox", "xapp-", "xwfp-"), rf"{_START}x(?:ox[a-z]|app|wfp)-[\w.-]{{10,300}}"),  # Slack
    (("sk_", "rk_"), r"[sr]k_(?:live|test|prod)_\w{10,200}"),  # Stripe
    (("whsec_",), r"whsec_[\w+/=-]{16,200}"),  # Stripe, Standard Webhooks
    (("AIza",), r"AIza[\w-]{35}"),  # Google
    (("ya29.", "GOCSPX-"), r"(?:ya29\.|GOCSPX-)[\w-]{20,2000}"),
    (("SG.",), r"SG\.[\w-]{16,32}\.[\w-]{16,64}"),  # SendGrid
    (("AC", "SK"), rf"{_START}(?:AC|SK)[0-9a-f]{{32}}{_END}"),  # Twilio
    (("npm_",), r"npm_[A-Za-z0-9]{30,80}"),
    (("pypi-",), r"pypi-[\w-]{50,1000}"),
    (("sk-",), rf"{_START}sk-(?:(?:proj|svcacct|admin|ant|or|lf)-[\w-]{{20,300}}|[A-Za-z0-9]{{20,200}})"),  # OpenAI
    (("hf_",), rf"{_START}hf_[A-Za-z]{{30,80}}"),  # Hugging Face
    ((":AA",), r"(?<![0-9])[0-9]{6,12}:AA[\w-]{30,60}"),  # Telegram
    (("pdus+_", "pdeu+_"), r"pd(?:us|eu)\+_[\w+-]{16,100}"),  # PagerDuty
    (("u+",), r"(?<![\w+-])u\+[\w-]{18}(?![\w-])"),
    (("R0",), rf"{_START}R0[0-9A-Z]{{30}}{_END}"),
    (("glsa_", "glc_", "eyJrIjoi"), r"(?:glsa_|glc_|eyJrIjoi)[\w+/=-]{32,1000}"),  # Grafana
    (("NRAK-", "NRII-", "NRJS-", "NRRA-"), r"NR(?:AK|II|JS|RA)-[\w-]{19,60}"),  # New Relic
    (("sntrys_", "sntryu_"), r"sntry[su]_[\w+/=-]{32,1000}"),  # Sentry
    (("dt0",), r"dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),  # Dynatrace
    (("hvs.", "hvb."), r"hv[sb]\.[\w-]{24,300}"),  # HashiCorp
    ((".atlasv1.",), r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{30,100}"),
    (("ATATT3", "ATCTT3"), r"AT[AC]TT3[\w=-]{30,400}"),  # Atlassian
    (("shpat_", "shpca_", "shppa_", "shpss_"), r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),  # Shopify
    (("dop_v1_", "doo_v1_", "dor_v1_"), r"do[opr]_v1_[0-9a-f]{64}"),  # DigitalOcean
    (("dapi",), r"dapi[0-9a-f]{32}"),  # Databricks
    (("dckr_pat_", "HRKU-", "lin_api_", "PMAK-"), r"(?:dckr_pat_|HRKU-|lin_api_|PMAK-)[\w-]{20,100}"),
    (("key-",), rf"key-[0-9a-f]{{32}}{_END}"),  # Mailgun
    (("8Q~",), r"[\w.~-]{3}8Q~[\w.~-]{31,34}"),  # Microsoft Entra
    (("AGE-SECRET-KEY-1",), r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    # URLs that are credentials
    (("hooks.slack.com",), rf"hooks\.slack\.com{_S}(?:services|workflows|triggers){_S}[\w/\\-]++"),
    (("discord",), rf"discord(?:app)?\.com{_S}api{_S}(?:v[0-9]{{1,2}}{_S})?webhooks{_S}[0-9]{{1,25}}{_S}[\w-]++"),
    (("webhook.office.com",), rf"webhook\.office\.com{_S}webhookb2{_S}[\w@/\\-]++"),  # Teams
    (("outlook.office",), rf"outlook\.office(?:365)?\.com{_S}webhook{_S}[\w@/\\-]++"),
    (("hooks.zapier.com",), rf"hooks\.zapier\.com{_S}hooks{_S}[\w/\\-]++"),
    (("maker.ifttt.com",), rf"maker\.ifttt\.com{_S}(?:trigger|use){_S}[\w/\\-]++"),
    (("pagerduty.com",), rf"events(?:\.eu)?\.pagerduty\.com{_S}(?:integration|x-ere|generic){_S}[\w/\\.-]++"),
    (("victorops.com",), rf"alert\.victorops\.com{_S}integrations{_S}[\w/\\.-]++"),
    (("hc-ping.com",), rf"hc-ping\.com{_S}[\w/\\-]++"),
    (("api.telegram.org",), rf"api\.telegram\.org{_S}bot[\w:-]++"),
    (("bot/v2/hook", r"bot\/v2\/hook"), rf"bot{_S}v2{_S}hook{_S}[\w-]++"),  # Feishu, Lark
    (("webexapis.com",), rf"webexapis\.com{_S}v1{_S}webhooks{_S}incoming{_S}[\w=-]++"),
    (("integrations/v1", r"integrations\/v1"), rf"integrations{_S}v1{_S}\w{{1,40}}{_S}[\w-]{{16,200}}"),  # OnCall
)

Part = Callable[[re.Match[str]], tuple[int, int]]
"""Function that returns which part of a match is the credential, as start and end; equal where none is."""


class TokenForm(NamedTuple):
    """A form of credentials."""

    literals: tuple[str, ...]
    """Texts, one of which is in every such credential."""
    pattern: re.Pattern[str]
    part: Part


def _all_of_it(match: re.Match[str]) -> tuple[int, int]:
    return 0, len(match[0])


def _private_key(match: re.Match[str]) -> tuple[int, int]:
    return 0, len(match[0]) if "PRIVATE KEY" in match[0][:100] else 0


def _jwt(match: re.Match[str]) -> tuple[int, int]:
    start, segments = 0, match[0].split(".")
    for segment, after in pairwise(segments):
        at = segment.find("eyJ")
        if at >= 0 and len(segment) - at >= _SEGMENT <= len(after):
            return start + at, len(match[0])
        start += len(segment) + 1
    return 0, 0


def _with_scheme(match: re.Match[str]) -> tuple[int, int]:
    # "bearer of bad news" and "Basic Authentication" hold no credential.
    token = match["token"]
    is_word = token.isalpha() and token[1:].islower()
    return 0, 0 if is_word or token.isupper() else len(match[0])


_SEGMENT = 12  # characters of a part of a JWT at the least
_BASE64 = r"[A-Za-z0-9+/=\s\\:,.()]*+"
# A private key that is cut off ends where no more base64 stands.
_PEM = rf"-----BEGIN [A-Z0-9 ]{{1,60}}+-----{_BASE64}(?:-(?!----){_BASE64})*+(?:-----END [A-Z0-9 ]*+-----)?"

TOKEN_FORMS = (
    TokenForm(("-----BEGIN ",), re.compile(_PEM), _private_key),
    TokenForm(("eyJ",), re.compile(r"(?<![\w-])[\w-]++(?:\.[\w-]++)++"), _jwt),
    TokenForm(
        ("earer", "BEARER", "Basic"),
        re.compile(r"(?:\b[Bb]earer|\bBEARER|\bBasic)\s++(?P<token>[\w.~+/=-]++)"),
        _with_scheme,
    ),
    *(TokenForm(literals, re.compile(pattern), _all_of_it) for literals, pattern in _FORMS),
)

_SHORTEST = 20  # characters of the shortest of these, but for what stands behind `Bearer`
_SHORT_FORMS = tuple(form for form in TOKEN_FORMS if form.part is _with_scheme)


def replace_tokens(text: str, replacement: str, found: Callable[[str], object]) -> str:
    """Replace what has the form of a credential; `found` is called with each."""

    def replace(match: re.Match[str], part: Part) -> str:
        start, end = part(match)
        if start == end:
            return match[0]
        found(match[0][start:end])
        return f"{match[0][:start]}{replacement}{match[0][end:]}"

    for form in TOKEN_FORMS if len(text) >= _SHORTEST else _SHORT_FORMS:
        for literal in form.literals:
            if literal in text:
                text = form.pattern.sub(partial(replace, part=form.part), text)
                break
    return text
