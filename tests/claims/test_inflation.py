"""Claims after inflation: taken out of both sides, where the lake has consumer prices of the
currency."""

from __future__ import annotations

from dataclasses import replace

import pytest

from marketlake.claims.ledger import Entry

from ..query.lakes import BTC, CPI, NASDAQ, make, year_ends
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


def test_inflation_is_taken_out_of_both_and_turns_nothing_over(ledger: dict[str, Entry]) -> None:
    found = ledger["DOLLARS"]
    assert (cell(found, worth="real").verdict, cell(found, worth="real").wins) == ("holds", 2)
    assert cell(found, "rolled", worth="real").reason == "no consumer prices for 1 of 2 years"
    assert (found.verdict, found.depends_on) == ("holds", ())


def test_without_consumer_prices_of_the_currency(ledger: dict[str, Entry]) -> None:
    assert cell(ledger["POUNDS"], worth="real").reason == "no consumer prices for GBP in this lake"
