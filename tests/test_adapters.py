"""The conformance kit over every built-in adapter."""

from pathlib import Path

from alertmap import vendors
from alertmap.intake import registry
from alertmap.testing import conformance

FIXTURES = Path(__file__).parent.parent / "fixtures"

for _name in vendors():
    if (FIXTURES / _name / "about.toml").exists():
        globals()[f"Test_{_name}"] = conformance(registry.find(_name), FIXTURES / _name)


def test_every_adapter_has_fixtures_and_every_folder_an_adapter() -> None:
    """Adapters and fixture folders are one to one."""
    assert {about.parent.name for about in FIXTURES.glob("*/about.toml")} == set(vendors())
    assert {folder.name for folder in FIXTURES.iterdir() if folder.is_dir()} == set(vendors())
