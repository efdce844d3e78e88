"""Certificates and keys of senders, fetched from URLs that `receive` has checked, and kept for a day."""

import threading
from collections import OrderedDict
from time import monotonic

import httpx2

_KEEP = 86_400.0  # seconds
_MOST = 256
_LONGEST = 262_144  # bytes of an answer


class Certificates:
    """Certificates and keys by URL; for any number of threads.

    Calls may take seconds, so they are made before the transaction; in it `kept` gives what is there.
    """

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._found: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    def fetch(self, url: str) -> bytes:
        """Return what is at a URL.

        Raises:
            httpx2.HTTPError: it cannot be fetched.
            LookupError: the answer is not a certificate: it is too long, or its status is not 200.
        """
        try:
            return self.kept(url)
        except LookupError:
            answer = self._client.get(url)
        if answer.status_code != 200 or len(answer.content) > _LONGEST:  # noqa: PLR2004
            raise LookupError(f"status {answer.status_code}")
        with self._lock:
            self._found[url] = (monotonic() + _KEEP, answer.content)
            while len(self._found) > _MOST:
                self._found.popitem(last=False)
        return answer.content

    def kept(self, url: str) -> bytes:
        """Return what was fetched from a URL before.

        Raises:
            LookupError: nothing was, or it is too old.
        """
        with self._lock:
            end, content = self._found[url]
        if monotonic() > end:
            raise LookupError(url)
        return content
