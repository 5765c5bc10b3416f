"""Claims after inflation, which needs consumer prices of the currency."""

from __future__ import annotations

from dataclasses import replace

import pytest

from marketlake.claims.ledger import Entry

from ..answers.lakes import BTC, CPI, NASDAQ, make, year_ends
from .small import Ledger, ahead, cell, read_by_claim

PAIR = [BTC, NASDAQ]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Entry]:
    cases = Ledger()
    cases.add("DOLLARS", PAIR, ahead())
    cases.add("POUNDS", [replace(one, quote_currency="GBP") for one in PAIR], ahead())
    prices = year_ends(CPI, {2020: 100.0, 2021: 150.0, 2022: 300.0})
    lake = tmp_path_factory.mktemp("inflation")
    make(lake, [*cases.instruments.values(), CPI], [*cases.bars, *prices], claims=cases.claims)
    return read_by_claim(lake)


def test_inflation_is_removed_from_both_sides_and_keeps_the_verdict(ledger: dict[str, Entry]) -> None:
    entry = ledger["DOLLARS"]
    assert (cell(entry, worth="real").verdict, cell(entry, worth="real").wins) == ("holds", 2)
    assert cell(entry, "rolled", worth="real").reason == "no consumer prices for 1 of 2 years"
    assert (entry.verdict, entry.depends_on) == ("holds", ())


def test_real_reading_without_consumer_prices_gives_the_reason(ledger: dict[str, Entry]) -> None:
    assert cell(ledger["POUNDS"], worth="real").reason == "no consumer prices for GBP in this lake"
