"""A simulator per test, and plain requests to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from marketlake.simulator.folder import load_market
from marketlake.simulator.market import Market
from marketlake.simulator.sample.build import sample_market

AFTER_SAMPLE = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def sample() -> Market:
    return sample_market()


@pytest.fixture(scope="session")
def real_prices() -> Path:
    return _shared("prices")


@pytest.fixture(scope="session")
def payloads() -> Path:
    """Recorded answers of the vendors."""
    return _shared("payloads")


def _shared(name: str) -> Path:
    root = Path(os.environ.get("MARKETLAKE_SHARED") or Path(__file__).parents[3] / "shared")
    folder = root / "data" / name
    if not folder.is_dir():
        pytest.skip(f"no real {name} at {folder}; set MARKETLAKE_SHARED")
    return folder


@pytest.fixture(scope="session")
def real_market(real_prices: Path) -> Market:
    return load_market(real_prices)


@pytest.fixture
def get() -> Iterator[Callable[..., requests.Response]]:
    """GET without following redirects; keyword arguments are the query."""
    with requests.Session() as session:
        session.trust_env = False

        def ask(url: str, timeout: float = 5, **query: Any) -> requests.Response:
            return session.get(url, params=query, timeout=timeout, allow_redirects=False)

        yield ask


@pytest.fixture
def shares(tmp_path: Path) -> Path:
    """A folder with one share as traded: a 4:1 split on Thursday, a dividend on Friday."""
    (tmp_path / "CUT.csv").write_text(
        "date,open,high,low,close,volume,dividend,split\n"
        "2024-03-04,400,410,398,404,1000,0,1\n"
        "2024-03-05,404,412,400,408,1100,0,1\n"
        "2024-03-06,408,420,404,416,1200,2,1\n"
        "2024-03-07,104,106,103,105,4000,0,4\n"
        "2024-03-08,105,108,104,107,4100,1,1\n"
    )
    return tmp_path
