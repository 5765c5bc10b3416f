"""Shared fixtures: a lake of all small cases, one of real prices, builds without unused macros."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from marketlake.claims.claim import SleeveClaim
from marketlake.claims.ledger import Entry
from marketlake.claims.load import load_claims
from marketlake.engine import build

from ..answers import shared_data
from ..answers.lakes import BTC, CPI, FUND, bar, make
from . import test_checks, test_sleeve_verdicts, test_verdicts, test_windows
from .small import Ledger, read_by_claim
from .test_load import SHIPPED

FILES = [
    *(shared_data.FILES[name] for name in ("BTC", "NASDAQ", "GOLD", "SP500")),
    (replace(BTC, id="ETH"), "ETH-USD"),
    (replace(FUND, id="BND", asset_class="bond"), "BND@adj"),
    (replace(FUND, id="GLD"), "GLD@adj"),
]
SLEEVE = SleeveClaim(
    "REAL_SLEEVE",
    "A 3 % sleeve of crypto improved the risk-adjusted return of a 60/40 plan",
    "put by this test",
    "2025",
    2019,
    2024,
    plan={"SP500": 0.6, "BND": 0.4},
    sleeve="BTC",
    share=0.03,
    alternatives={"BTC": ("ETH", "GLD"), "SP500": ("NASDAQ",)},
)


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Entry]:
    """By claim: the shipped claims, and SLEEVE, for whose holdings real prices are available."""
    prices = shared_data.folder() / "prices"
    # Bitcoin's series begins in 2014; no claim uses earlier years
    bars = [row for pair in FILES for row in shared_data.bars_of(*pair) if row["session"].year >= 2014]
    months = shared_data.table(prices / "CPIAUCSL.csv")
    bars += [bar(CPI, row["observation_date"], float(row["CPIAUCSL"])) for row in months if row["CPIAUCSL"]]
    claims = [*load_claims(SHIPPED), SLEEVE]
    return read_by_claim(
        make(tmp_path_factory.mktemp("real"), [*(i for i, _ in FILES), CPI], bars, claims=claims)
    )


@pytest.fixture(scope="module", autouse=True)
def _no_macros() -> Iterator[None]:
    """No claim reads the metrics' macros, which take a fifth of a small build."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "macros", list)
        yield


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Entry]:
    """By case: all small markets of these files in one lake."""
    cases = Ledger()
    for file in (test_checks, test_verdicts, test_windows, test_sleeve_verdicts):
        file.put(cases)
    return cases.read(tmp_path_factory.mktemp("small"))
