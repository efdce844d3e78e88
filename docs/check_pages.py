"""Opens every page of the built documentation in a headless Chromium, wide and narrow.

    python docs/check_pages.py docs/_build/html
    python docs/check_pages.py docs/_build/html --shots shots index.html vendors/index.html

It fails on a page that scrolls sideways, on a link or an anchor that leads nowhere, on an image that is missing, and on
a control without a name. Links to other sites are not followed. It needs the program `chromium` and nothing else.
"""

import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import unquote, urlsplit

WIDTHS = (1280, 390)
HEIGHT = 900
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

LOOK = """
(() => {
  const shown = one => one.getClientRects().length > 0;
  const text = one => (one && one.textContent || "").trim();
  const name = one =>
    one.getAttribute("aria-label")
    || (one.getAttribute("aria-labelledby") || "").split(" ").map(id => text(document.getElementById(id))).join("")
    || [...(one.labels || [])].map(text).join("") || text(one) || one.title || one.value && one.type === "submit"
    || [...one.querySelectorAll("img[alt], svg title")].map(inner => inner.alt || text(inner)).join("");
  const controls = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary");
  const root = document.documentElement;
  const wide = [...document.body.querySelectorAll("*")].filter(one => {
    if (one.getBoundingClientRect().right <= root.clientWidth + 1 || !shown(one)) return false;
    for (let up = one.parentElement; up; up = up.parentElement)
      if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(up).overflowX)) return false;
    return true;
  });
  return JSON.stringify({
    overflow: root.scrollWidth - root.clientWidth,
    widest: wide.slice(0, 3).map(one => `${one.tagName.toLowerCase()}.${one.className}`),
    unnamed: [...controls].filter(one => shown(one) && !name(one)).map(one => one.outerHTML.slice(0, 120)),
    images: [...document.images].filter(one => one.complete && !one.naturalWidth).map(one => one.src),
    links: [...new Set([...document.querySelectorAll("a[href]")].map(one => one.href))],
    ids: [...document.querySelectorAll("[id], a[name]")].map(one => one.id || one.name),
  });
})()
"""


def find_browser() -> str | None:
    """Return the path of a browser; None where there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


class Browser:
    """A headless Chromium, driven by its debugging protocol over a pipe."""

    def __init__(self, program: str) -> None:
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # its processes end a moment later
        commands, self._out = os.pipe()
        self._in, answers = os.pipe()
        os.set_inheritable(commands, True)  # noqa: FBT003 - its name
        os.set_inheritable(answers, True)  # noqa: FBT003
        shell = f'exec "$0" "$@" 3<&{commands} 4>&{answers}'  # the browser's own numbers
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-extensions"]
        flags += ["--remote-debugging-pipe", f"--user-data-dir={self.profile.name}", "about:blank"]
        self.process = subprocess.Popen(  # noqa: S603 - the program that was found
            ["/bin/bash", "-c", shell, program, *flags],
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._number = 0
        self._read = b""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Page.enable")

    _session = ""

    def ask(self, method: str, **parameters: Any) -> Any:
        """Send a command, and return its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, url: str) -> None:
        """Load a page and wait until it is there."""
        self.ask("Page.navigate", url="about:blank")
        self.ask("Page.navigate", url=url)
        while self.evaluate("document.readyState + location.href") != f"complete{url}":
            pass

    def evaluate(self, script: str) -> Any:
        """Return the value of a script on the page, or that of its promise.

        Raises:
            RuntimeError: the script fails.
        """
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"]))
        return found["result"].get("value")

    def wait(self, script: str, seconds: float = 20) -> None:
        """Wait until a script on the page returns something true.

        Raises:
            TimeoutError: it does not.
        """
        end = monotonic() + seconds
        while not self.evaluate(script):
            if monotonic() > end:
                raise TimeoutError(script)
            sleep(0.02)

    def press(self, key: str, code: int = 0) -> None:
        """Press a key, such as Tab; `code` is its number where it does something by itself."""
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text)

    def size(self, width: int, height: int = HEIGHT) -> None:
        """Set the size of the window."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def shoot(self, file: Path, *, dark: bool) -> None:
        """Write a picture of the upper part of the page."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        file.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        """End the browser."""
        self.process.terminate()
        self.process.wait(timeout=20)
        self.profile.cleanup()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            data = os.read(self._in, 1 << 20)
            if not data:
                raise RuntimeError("the browser has gone away")
            self._read += data
        text, _, self._read = self._read.partition(b"\0")
        answer: dict[str, Any] = json.loads(text)
        return answer


def faults(page: str, width: int, seen: dict[str, Any]) -> Iterator[str]:
    """Yield the faults of one page at one width, but for its links."""
    where = f"{page} at {width} px"
    if seen["overflow"] > 0:
        yield f"{where}: scrolls sideways by {seen['overflow']} px: {', '.join(seen['widest'])}"
    yield from (f"{where}: a control has no name: {one}" for one in seen["unnamed"])
    yield from (f"{where}: an image is missing: {one}" for one in seen["images"])


def broken(folder: Path, pages: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield the links of the pages that lead to no file or to no anchor."""
    for page, seen in pages.items():
        for link in seen["links"]:
            parts = urlsplit(link)
            if parts.scheme != "file":
                continue
            file = Path(unquote(parts.path))
            name = os.path.relpath(file, folder)
            if not file.exists():
                yield f"{page}: the link to {name} leads nowhere"
            elif parts.fragment and name in pages and unquote(parts.fragment) not in pages[name]["ids"]:
                yield f"{page}: {name} has no anchor #{parts.fragment}"


def main() -> int:
    """Check the pages, or take pictures of some; return the exit code."""
    parser = argparse.ArgumentParser(description="Open the pages of the built documentation in Chromium.")
    parser.add_argument("folder", type=Path, help="the folder with index.html")
    parser.add_argument("pages", nargs="*", help="pages in it; all by default")
    parser.add_argument("--shots", type=Path, help="write pictures into this folder instead, light and dark")
    given = parser.parse_args()
    program = find_browser()
    if program is None:
        print(f"no browser: install one of {', '.join(BROWSERS)}", file=sys.stderr)  # noqa: T201
        return 2
    folder = given.folder.resolve()
    names = given.pages or sorted(str(file.relative_to(folder)) for file in folder.rglob("*.html"))
    if not names:
        print(f"{folder} has no page", file=sys.stderr)  # noqa: T201
        return 2
    browser, pages, found = Browser(program), dict[str, dict[str, Any]](), list[str]()
    try:
        for width in WIDTHS:
            browser.size(width)
            for name in names:
                browser.open((folder / name).as_uri())
                if given.shots:
                    given.shots.mkdir(parents=True, exist_ok=True)
                    for dark in (False, True):
                        scheme = "dark" if dark else "light"
                        browser.shoot(given.shots / f"{name.replace('/', '-')}-{width}-{scheme}.png", dark=dark)
                    continue
                pages[name] = json.loads(browser.evaluate(LOOK))
                found.extend(faults(name, width, pages[name]))
    finally:
        browser.close()
    found.extend(broken(folder, pages))
    print(*found, f"{len(names)} pages, {len(found)} faults", sep="\n")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
