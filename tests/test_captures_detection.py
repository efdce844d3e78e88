"""Detection over everything that real software sent, built vendors and others."""

import pytest

import captures
from alertmap import detect, vendors

if not (captures.SHARED / "captures").is_dir():
    pytest.skip("the captures are not on this machine", allow_module_level=True)
FOLDERS = sorted(folder.name for folder in (captures.SHARED / "captures").iterdir() if folder.is_dir())


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_request_is_taken_for_anothers(folder: str) -> None:
    """A request is its folder's vendor's or nobody's; what is pushed to Alertmanager's API is Alertmanager's."""
    for one in captures.requests(folder):
        found = detect(one.request)
        if found is None or found.vendor == folder:
            continue
        is_push = one.request.path.endswith(("/api/v1/alerts", "/api/v2/alerts"))
        # Grafana's receiver for Mimir writes Alertmanager's webhook.
        is_webhook = folder == "grafana" and "v0mimir1" in one.name
        assert found.vendor == "prometheus_alertmanager", one.name
        assert is_push or is_webhook, one.name


@pytest.mark.parametrize("folder", [name for name in FOLDERS if name not in vendors()])
def test_vendors_without_an_adapter_are_nobodys(folder: str) -> None:
    """What no adapter reads is not recognised, however alike it looks."""
    for one in captures.requests(folder):
        if not one.request.path.endswith(("/api/v1/alerts", "/api/v2/alerts")):
            assert detect(one.request) is None, one.name
