"""The two markets, each made once."""

from __future__ import annotations

import pytest

from .market import Market, made_up, real
from .measure import Measure


@pytest.fixture(scope="session")
def made_up_market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    return made_up(tmp_path_factory.mktemp("made-up"))


@pytest.fixture(scope="session")
def real_market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    return real(tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="session", params=["made_up", "real"])
def market(request: pytest.FixtureRequest) -> Market:
    return request.getfixturevalue(f"{request.param}_market")


@pytest.fixture(scope="session")
def measure(real_market: Market) -> Measure:
    return Measure(real_market)
