"""The page of the receiver in a real browser: hostile payloads stay text, phones, the keyboard, names and contrast."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import httpx2
import pytest

from alertmap.server.api import _PAGE_FILES
from docs.check_pages import LOOK, Browser, find_browser
from docs.screenshots import open_view
from receiver_process import Running, receiver

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "src" / "alertmap" / "server" / "page"
OWN = {"X-Requested-With": "alertmap"}

CONFIG = """
[sources.prod]
vendor = "prometheus_alertmanager"
"""
MORE = """
[sources.any]
vendor = "generic"
"""

HOSTILE = (
    "<script>hacked=1</script>",
    '<img src="x" onerror="hacked=1">',
    "javascript:hacked=1",
    "'\"><svg onload=hacked=1>",
    "</textarea></title><iframe src=javascript:hacked=1>",
    "left \u202e right \u2066 \u202b",
    "x" * 10_000,
)

OURS = """html head meta title link script body a header nav p main h1 h2 h3 div form label select option input button
    table thead tbody tr th td bdi span time dl dt dd code pre ul li section article textarea datalist noscript"""

STRANGE = """
(() => {
  const ours = new Set(%s), found = [];
  for (const one of document.querySelectorAll("*")) {
    if (!ours.has(one.localName)) found.push(one.outerHTML.slice(0, 100));
    for (const {name, value} of one.attributes) {
      const isAddress = ["href", "src", "action", "formaction"].includes(name);
      if (name.startsWith("on") || name === "style" || (isAddress && !/^(https?:|#|static\\/|metrics$)/.test(value)))
        found.push(`${one.localName} ${name}=${value.slice(0, 80)}`);
      if (/^https?:/.test(value) && name === "href" && one.rel !== "noopener noreferrer") found.push(`rel of ${value}`);
    }
  }
  if (document.scripts.length !== 1 || window.hacked !== undefined) found.push("a script");
  return found.concat(window.violations);
})()
""" % json.dumps(OURS.split())  # noqa: UP031 - braces

CONTRAST = """
(() => {
  const luminance = ([r, g, b]) => [r, g, b].map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const parts = colour => colour.match(/[0-9.]+/g).map(Number);
  const back = one => {
    for (; one; one = one.parentElement) {
      const colour = parts(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const weak = new Set();
  for (const one of document.querySelectorAll("body *")) {
    const hasText = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!hasText || !one.getClientRects().length) continue;
    const [low, high] = [luminance(parts(getComputedStyle(one).color)), luminance(back(one))].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) weak.add(`${one.localName}.${one.className} ${ratio.toFixed(2)}`);
  }
  return [...weak];
})()
"""

WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", event => violations.push(`policy: ${event.violatedDirective}`));
addEventListener("error", event => violations.push(`error: ${event.message}`));
addEventListener("unhandledrejection", event => violations.push(`rejected: ${event.reason}`));
"""


class Site(NamedTuple):
    """A receiver with hostile incidents and requests in its store."""

    running: Running
    folder: Path

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return f"{self.running.url}/"

    def get(self, path: str) -> Any:
        """Return the JSON of the page's API."""
        return self.running.get(f"/{path}")

    def post(self, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> httpx2.Response:
        """Return the answer to a POST of our own."""
        asked = {**OWN, "Content-Type": "application/json", **(headers or {})}
        return httpx2.post(f"{self.url}{path}", content=body, headers=asked, timeout=30)

    def views(self) -> list[str]:
        """Return the paths of all views, with those of each hostile incident and each request."""
        found = [one for one in self.get("api/incidents")["incidents"] if one["title"].startswith("A")]
        incidents = [f"incidents/{one['id']}" for one in found]
        requests = [f"requests/{one['id']}" for one in self.get("api/requests")["requests"]]
        return ["incidents?state=all", "requests", *incidents, *requests, "try", "sources", "no/such"]


def alert(name: str, text: str = "", **labels: str) -> dict[str, Any]:
    """Return an alert of Alertmanager with a text in all its fields."""
    return {
        "status": "firing",
        "labels": {"alertname": f"{name}{text[:300]}", "severity": "critical", "instance": text[:300], **labels},
        "annotations": {
            "summary": f"{name} {text}",
            "description": text,
            "runbook_url": text,
            text[:50] or "none": text,
        },
        "startsAt": "2026-01-02T03:04:05Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": f"https://example.net/?q={text[:300]}",
        "fingerprint": name,
    }


def group(*alerts: dict[str, Any], **more: Any) -> bytes:
    """Return a request body of Alertmanager."""
    document = {
        "version": "4",
        "status": "firing",
        "receiver": "r",
        "groupKey": "{}",
        "groupLabels": {},
        "alerts": alerts,
    }
    return json.dumps(
        document | {"commonLabels": {}, "commonAnnotations": {}, "externalURL": "javascript:hacked=1"} | more
    ).encode()


@pytest.fixture(scope="module", name="site")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("receiver")
    with receiver(folder, CONFIG + MORE) as running:
        site = Site(running, folder)
        alerts = [alert(f"A{number}", text, **{f"l{number}": text[:300]}) for number, text in enumerate(HOSTILE)]
        alerts += [alert("Level", severity=word) for word in ("critical", "error", "warning", "low", "info")]
        headers = {f"X-Hostile-{number}": text for number, text in enumerate(HOSTILE) if text.isascii()}
        site.post(
            "hooks/prod?%3Cscript%3Ehacked%3D1%3C%2Fscript%3E=%22%3E%3Csvg%20onload%3Dhacked%3D1%3E",
            group(*alerts),
            headers,
        )
        site.post("hooks/any", "\n".join(HOSTILE).encode(), {"Content-Type": "text/html"})
        yield site


@pytest.fixture(scope="module", name="browser")
def _browser(site: Site) -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip("there is no Chromium")
    browser = Browser(program)
    try:
        browser.ask("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        browser.size(1280)
        browser.open(site.url)
        browser.wait("document.getElementById('live').textContent === 'live'")
        yield browser
    finally:
        browser.close()


@pytest.fixture(name="at_incidents")
def _at_incidents(site: Site, browser: Browser) -> Browser:
    """Return the browser with the list of incidents just loaded."""
    browser.size(1280)
    browser.open(f"{site.url}#/incidents")
    browser.wait("document.querySelector('#view[aria-busy=false] a.row') !== null")
    return browser


def test_hostile_texts_stay_text(site: Site, browser: Browser) -> None:
    """No element, handler or address comes from a payload, no script runs, the policy holds; the texts can be read."""
    seen = ""
    for path in site.views():
        open_view(browser, path)
        assert browser.evaluate(STRANGE) == [], path
        assert browser.evaluate("document.getElementById('error').textContent") == "", path
        seen += browser.evaluate("document.getElementById('view').textContent")
    for text in HOSTILE:
        assert text[:250] in seen


def test_hostile_texts_in_a_preview_stay_text(browser: Browser) -> None:
    """A pasted payload is read with the same care."""
    open_view(browser, "try")
    body = group(*(alert(f"T{number}", text) for number, text in enumerate(HOSTILE))).decode()
    _try(browser, body, "prometheus_alertmanager")
    browser.wait("document.querySelectorAll('article').length === 7")
    assert browser.evaluate(STRANGE) == []
    assert HOSTILE[0] in browser.evaluate("document.querySelector('article').textContent")


def _try(browser: Browser, body: str, vendor: str) -> None:
    browser.evaluate(
        f"(form => {{ form.body.value = {json.dumps(body)}; form.vendor.value = {json.dumps(vendor)}; "
        "form.requestSubmit(); })(document.forms[0].elements.body.form)"
    )


@pytest.mark.parametrize("dark", [False, True])
def test_a_preview_answers_in_words(browser: Browser, *, dark: bool) -> None:
    """A payload without a vendor, or of an unknown one, gets a sentence that can be read in both schemes."""
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.ask("Emulation.setEmulatedMedia", features=[scheme])
    open_view(browser, "sources")
    open_view(browser, "try")
    _try(browser, "{}", "")
    browser.wait("document.querySelector('form ~ [role=status]').textContent.startsWith('Choose a source')")
    _try(browser, "{}", "grafanna")
    browser.wait("document.querySelector('form ~ [role=status]').textContent.includes('did you mean')")
    assert browser.evaluate(CONTRAST) == []


def test_a_phone_never_scrolls_sideways(site: Site, browser: Browser) -> None:
    """No view is wider than a phone, whatever is in it."""
    browser.size(390)
    for path in site.views():
        open_view(browser, path)
        seen = json.loads(browser.evaluate(LOOK))
        assert (seen["overflow"], seen["widest"]) == (0, []), path
    browser.size(1280)


@pytest.mark.parametrize("dark", [False, True])
def test_basics_of_access(site: Site, browser: Browser, *, dark: bool) -> None:
    """Every control has a name, each view one heading of the first level and a title of its own; contrast is good."""
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.ask("Emulation.setEmulatedMedia", features=[scheme])
    open_view(browser, "no/other")
    titles = set()
    views = site.views()
    for path in (*views[:4], *views[-4:]):
        open_view(browser, path)
        assert json.loads(browser.evaluate(LOOK))["unnamed"] == [], path
        assert browser.evaluate(CONTRAST) == [], path
        assert browser.evaluate("document.querySelectorAll('h1').length") == 1
        assert browser.evaluate("document.activeElement.id") == "title", "a reader is at the start of the new view"
        titles.add(browser.evaluate("document.title"))
    assert len(titles) == 8
    landmarks = "['header', 'nav[aria-label]', 'main', '[role=status]', '[role=alert]']"
    assert browser.evaluate(f"{landmarks}.filter(one => !document.querySelector(one))") == []
    assert browser.evaluate("document.documentElement.lang") == "en"


def test_by_keyboard_alone(at_incidents: Browser) -> None:
    """Tab reaches the link that skips the header, then an incident; Enter opens it."""
    browser = at_incidents
    browser.press("Tab", 9)
    assert browser.evaluate("document.activeElement.id") == "skip"
    browser.press("Enter", 13)
    assert browser.evaluate("document.activeElement.id") == "main"
    for _ in range(20):
        browser.press("Tab", 9)
        assert browser.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", (
            "the focus is visible"
        )
        if browser.evaluate("document.activeElement.matches('a.row')"):
            break
    browser.press("ArrowDown", 40)
    assert browser.evaluate("[...document.querySelectorAll('a.row')].indexOf(document.activeElement)") == 1
    wanted = browser.evaluate("document.activeElement.hash")
    browser.press("Enter", 13)
    browser.wait("document.querySelector('#view[aria-busy=false] dl') !== null")
    assert browser.evaluate("location.hash") == wanted


def test_filters_are_in_the_address(at_incidents: Browser) -> None:
    """A click on a label filters the list; the address alone does so in another tab; Back takes the filter away."""
    browser = at_incidents
    rows = "document.querySelectorAll('#view[aria-busy=false] tbody tr').length"
    total = browser.evaluate(rows)
    browser.evaluate(
        "[...document.querySelectorAll('td a.label')].find(one => one.textContent.startsWith('l2=')).click()"
    )
    browser.wait(f"{rows} === 1")
    shared = browser.evaluate("location.href")
    assert "label=l2%3Djavascript" in shared
    browser.evaluate("history.back()")
    browser.wait(f"{rows} === {total}")
    browser.open(shared)
    browser.wait(f"{rows} === 1")
    browser.evaluate("document.querySelector('.chosen a').click()")
    browser.wait(f"{rows} === {total}")


def test_a_change_is_seen_without_reload(site: Site, at_incidents: Browser) -> None:
    """A new incident comes into the list by itself; the focus stays where it was, and the count is announced."""
    browser = at_incidents
    browser.evaluate("document.querySelectorAll('a.row')[2].focus()")
    before = browser.evaluate("document.activeElement.hash")
    site.post("hooks/prod", group(alert("Fresh") | {"startsAt": "2026-01-03T00:00:00Z"}))
    browser.wait("document.querySelector('a.row').textContent.startsWith('Fresh')")
    assert browser.evaluate("document.activeElement.hash") == before
    count = browser.evaluate("document.querySelectorAll('a.row').length")
    assert browser.evaluate("document.querySelector('.count[role=status]').textContent") == f"{count} incidents"


def test_a_request_is_replayed(site: Site, browser: Browser) -> None:
    """The button posts the replay and names its result."""
    open_view(browser, f"requests/{site.get('api/requests?source=prod')['requests'][-1]['id']}")
    browser.evaluate("document.querySelector('.replay button').click()")
    browser.wait(
        "/^alerts, [0-9]+ changes? of incidents/.test(document.querySelector('.replay [role=status]').textContent)"
    )


def test_long_lists_come_in_parts(site: Site, browser: Browser) -> None:
    """A long list comes a hundred rows at each press of a button, also beyond what the API gives at once."""
    site.post("hooks/prod", group(*(alert(f"Many{number}", team="many") for number in range(510))))
    browser.open(f"{site.url}#/incidents?label=team%3Dmany")
    rows = "new Set([...document.querySelectorAll('a.row')].map(one => one.hash)).size"
    for count in (100, 200, 300, 400, 500):
        browser.wait(f"{rows} === {count}")
        words = browser.evaluate("document.querySelector('.count').textContent")
        assert words == f"the newest {count} incidents; there are more"
        browser.evaluate("document.querySelector('.results + button').click()")
    browser.wait(f"{rows} === 510")
    assert not browser.evaluate("document.querySelector('.results + button').checkVisibility()")


def test_numbers_of_a_payload_are_not_changed(site: Site, browser: Browser) -> None:
    """The indented payload has the digits that were sent; a browser's own numbers would lose some."""
    site.post("hooks/any", b'{"title":"t","id":12345678901234567890,"x":1.10,"deep":[[],{"a":"\\u202e"}]}')
    open_view(browser, f"requests/{site.get('api/requests')['requests'][0]['id']}")
    body = browser.evaluate("document.querySelector('pre').textContent")
    assert '\n  "id": 12345678901234567890,\n  "x": 1.10,' in body
    assert '"deep": [\n    [],\n    {\n      "a": "\\u202e"\n    }\n  ]' in body


def test_empty_lists_say_what_to_do(site: Site, browser: Browser) -> None:
    """A filter that nothing passes, and an incident that is not there, have words and a way back."""
    open_view(browser, "incidents?q=no-such-text")
    assert "Remove the filters" in browser.evaluate("document.querySelector('.empty').textContent")
    open_view(browser, "incidents/0000")
    assert (
        browser.evaluate("document.getElementById('error').textContent")
        == "The receiver answers 404: there is no such incident"
    )
    assert site.get("api/incidents?q=no-such-text")["incidents"] == []


def test_a_source_that_left_the_file(site: Site, browser: Browser) -> None:
    """Its requests can still be looked at: the page says why they are not read."""
    number = site.get("api/requests?source=any")["requests"][0]["id"]
    file = site.folder / "alertmap.toml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace(MORE, ""), encoding="utf-8")
    site.post("-/reload").raise_for_status()
    try:
        assert site.get(f"api/requests/{number}")["now"] is None
        open_view(browser, f"requests/{number}")
        assert "not in the file any more" in browser.evaluate("document.getElementById('view').textContent")
        assert browser.evaluate("document.querySelector('pre').textContent")
    finally:
        file.write_text(before, encoding="utf-8")
        site.post("-/reload").raise_for_status()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "name a source or a vendor"),
        ("source=none", "there is no such source"),
        ("vendor=none", "no adapter is called none"),
    ],
)
def test_a_preview_without_a_reader_is_refused(site: Site, query: str, message: str) -> None:
    """The refusal names what is missing."""
    refused = site.post(f"api/preview?{query}", b"{}")
    assert refused.status_code == 400
    assert message in refused.text


def test_only_addresses_of_the_web_become_links(browser: Browser) -> None:
    """An address of an alert is a link with http or https alone, though the library leaves no other through."""
    script = """
    import(new URL("static/elements.js", document.baseURI)).then(({element, webLink}) => %s.map(address =>
      [webLink(address, "x").matches("a[href][rel='noopener noreferrer']"), element("a", {href: address}).hasAttribute("href")]))
    """  # noqa: E501
    bad = [
        "javascript:hacked=1",
        "JaVaScRiPt:x",
        " javascript:x",
        "data:text/html,x",
        "//evil.example",
        "vbscript:x",
        "#x",
    ]
    assert browser.evaluate(script % json.dumps(bad)) == [[False, False]] * len(bad)
    good = ["https://example.net/?q=<script>", "HTTP://example.net"]
    assert browser.evaluate(script % json.dumps(good)) == [[True, True]] * len(good)


def test_files_of_the_page(site: Site) -> None:
    """Every file is served; none names an address that would miss a path in front, or needs a looser policy."""
    assert set(_PAGE_FILES) | {"index.html"} == {file.name for file in PAGE.iterdir()}
    for name in _PAGE_FILES:
        answer = httpx2.get(f"{site.url}static/{name}")
        assert answer.is_success
        assert answer.headers["content-type"].split(";")[0] == _PAGE_FILES[name]
    text = (PAGE / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href)="/|<style|\sstyle=|\son\w+=|<script(?! type="module" src="static)', text) == []
    for file in PAGE.glob("*.js"):
        code = file.read_text(encoding="utf-8")
        assert (
            re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|[\"'`]/(?:api|static)", code)
            == []
        )


def test_the_end_of_the_receiver(tmp_path: Path, browser: Browser) -> None:
    """An open page does not hold up a restart, in which nobody receives; the page says that it is not connected."""
    with receiver(tmp_path, CONFIG) as running:
        browser.open(f"{running.url}/")
        browser.wait("document.getElementById('live').textContent === 'live'")
        browser.wait("document.querySelector('.empty') !== null")
        assert "has sent yet: post to hooks/NAME" in browser.evaluate("document.querySelector('.empty').textContent")
        start = monotonic()
        running.end(signal.SIGTERM)
        assert monotonic() - start < 20
        assert "stopped" in running.log
    browser.wait("document.getElementById('live').textContent === 'not connected'")
    browser.evaluate("location.hash = '#/sources'")
    browser.wait("document.getElementById('error').textContent.startsWith('The receiver cannot be reached')")
