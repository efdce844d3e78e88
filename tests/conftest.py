"""Profiles of the property tests, and pytest's own test of tests."""

import os

from hypothesis import settings

pytest_plugins = ["pytester"]

settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("campaign", settings.get_profile("default"), max_examples=10_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
