"""Hypothesis profiles (fixed examples in the suite, more and random ones in a campaign) and xdist groups."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from .campaign_size import campaign

# no deadline: a busy machine must not fail a test
_slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile(
    "suite", deadline=None, derandomize=True, max_examples=60, suppress_health_check=_slow
)
# `make quick`: --hypothesis-profile=quick
settings.register_profile("quick", settings.get_profile("suite"), max_examples=10)
settings.register_profile("campaign", deadline=None, max_examples=1_000, suppress_health_check=_slow)
settings.load_profile("campaign" if campaign() else "suite")

_ANSWERS = Path(__file__).with_name("answers")

pytest_plugins = ["tests.alone", "tests.chromium", "tests.sample"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests that share fixtures on one worker; mark answers over a lake of their own slow.

    Building a lake takes a second.
    """
    for item in items:
        if _ANSWERS in item.path.parents and "tmp_path" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("xdist_group") is None:
            shared = item.path.with_name("conftest.py")
            group = shared if shared.exists() else item.path
            item.add_marker(pytest.mark.xdist_group(str(group.relative_to(item.config.rootpath))))
