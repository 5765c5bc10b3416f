"""Other currencies and real terms: which rate is taken, and what happens without one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from marketlake.lake import Lake
from marketlake.model.errors import UsageError

from .lakes import BTC, CPI, EUR, NASDAQ, SHARE, bar, make, year_ends

pytestmark = pytest.mark.slow

GBP = replace(EUR, id="GBP")
BARS = [*year_ends(BTC, {2021: 100.0, 2022: 200.0}), *year_ends(NASDAQ, {2021: 10.0, 2022: 8.0})]


def test_converted_return_is_native_growth_times_rate_ratio(tmp_path: Path) -> None:
    rates = [bar(EUR, "2021-12-31", 1.25), bar(EUR, "2022-12-30", 1.0)]
    lake = make(tmp_path, [BTC, NASDAQ, EUR], BARS + rates)
    row = Lake(lake).compare(["BTC", "NASDAQ"], currency="eur").rows[0]
    # on Saturday 31 December 2022 the rate is Friday's
    assert (row.returns[0].simple_return, row.returns[1].simple_return) == pytest.approx(
        (2 * 1.25 - 1, 0.8 * 1.25 - 1), rel=1e-12
    )
    assert row.quality == "gap"


@pytest.mark.parametrize(("rate_day", "served"), [("2022-12-24", True), ("2022-12-23", False)])
def test_exchange_rate_is_valid_for_seven_days(tmp_path: Path, rate_day: str, served: bool) -> None:
    rates = [bar(EUR, "2021-12-31", 1.25), bar(EUR, rate_day, 1.0)]
    lake = make(tmp_path, [BTC, NASDAQ, EUR], BARS + rates)
    row = Lake(lake).compare(["BTC", "NASDAQ"], start=2022, end=2022, currency="EUR").rows[0]
    assert (row.returns[0].simple_return is not None) is served
    assert ("no_rate" in row.returns[0].quality) is not served
    assert row.winner == ("BTC" if served else None)


def test_later_exchange_rate_is_never_used(tmp_path: Path) -> None:
    rates = [bar(EUR, "2022-01-03", 1.25), bar(EUR, "2022-12-30", 1.0)]
    lake = make(tmp_path, [BTC, NASDAQ, EUR], BARS + rates)
    row = Lake(lake).compare(["BTC", "NASDAQ"], start=2022, end=2022, currency="EUR").rows[0]
    assert (row.returns[0].simple_return, row.returns[1].simple_return) == (None, None)


def test_two_quote_currencies_are_converted_to_dollars_or_by_cross_rate(tmp_path: Path) -> None:
    london = replace(SHARE, id="LONDON", quote_currency="GBP")
    closes = {2021: 10.0, 2022: 12.0}
    rates = [bar(GBP, d, r) for d, r in (("2021-12-31", 1.5), ("2022-12-30", 1.2))]
    rates += [bar(EUR, d, r) for d, r in (("2021-12-31", 1.25), ("2022-12-30", 1.0))]
    lake = make(tmp_path, [london, BTC, EUR, GBP], [*year_ends(london, closes), *BARS[:2], *rates])
    dollars = Lake(lake).compare(["LONDON", "BTC"])
    assert dollars.currency == "USD"
    assert dollars.rows[0].returns[0].simple_return == pytest.approx(1.2 * 0.8 - 1, rel=1e-12)
    assert dollars.rows[0].returns[1].simple_return == pytest.approx(1.0, rel=1e-12)
    assert any("LONDON is quoted in GBP" in note for note in dollars.notes)
    euros = Lake(lake).compare(["LONDON", "BTC"], currency="EUR")
    assert euros.rows[0].returns[0].simple_return == pytest.approx(
        1.2 * (1.2 / 1.0) / (1.5 / 1.25) - 1, rel=1e-12
    )


def test_simulated_rates_give_no_verdict(tmp_path: Path) -> None:
    made = replace(EUR, synthetic="daily")
    lake = make(tmp_path, [BTC, NASDAQ, made], BARS + year_ends(made, {2021: 1.25, 2022: 1.0}))
    assert Lake(lake).compare(["BTC", "NASDAQ"], currency="EUR").verdict is None
    assert Lake(lake).compare(["BTC", "NASDAQ"]).verdict == "BTC"


def test_real_returns_are_deflated_december_over_december(tmp_path: Path) -> None:
    prices = [
        bar(CPI, date(2021, 12, 1), 250.0),
        bar(CPI, date(2022, 6, 1), 999.0),
        bar(CPI, date(2022, 12, 1), 275.0),
    ]
    lake = make(tmp_path, [BTC, NASDAQ, CPI], BARS + prices)
    answer = Lake(lake).compare(["BTC", "NASDAQ"], real=True)
    assert answer.real
    row = answer.rows[0]
    assert (row.returns[0].simple_return, row.returns[1].simple_return) == pytest.approx(
        (2 / 1.1 - 1, 0.8 / 1.1 - 1), rel=1e-12
    )


def test_a_year_without_consumer_prices_has_no_real_return(tmp_path: Path) -> None:
    lake = make(tmp_path, [BTC, NASDAQ, CPI], [*BARS, bar(CPI, date(2021, 12, 1), 250.0)])
    row = Lake(lake).compare(["BTC", "NASDAQ"], real=True).rows[0]
    assert (row.returns[0].simple_return, row.winner, row.returns[0].quality) == (None, None, "gap,no_cpi")


def test_no_real_returns_without_a_price_index_of_the_currency(tmp_path: Path) -> None:
    lake = make(tmp_path, [BTC, NASDAQ, CPI, EUR], [*BARS, *year_ends(EUR, {2021: 1.25, 2022: 1.0})])
    with pytest.raises(UsageError, match="no consumer price index for EUR"):
        Lake(lake).compare(["BTC", "NASDAQ"], currency="EUR", real=True)


@pytest.mark.parametrize("basis", ["as_traded", "price"])
def test_converted_price_is_known_when_its_rate_is(tmp_path: Path, basis: str) -> None:
    """A rate that is published after the close makes the converted price known later."""
    late = datetime(2022, 12, 31, 18, tzinfo=UTC)
    rates = [bar(EUR, "2021-12-31", 1.25), bar(EUR, "2022-12-30", 1.0, known_at=late)]
    lake = Lake(make(tmp_path, [NASDAQ, EUR], year_ends(NASDAQ, {2021: 10.0, 2022: 8.0}) + rates))
    own, converted = (
        lake.prices("NASDAQ", basis=basis, currency=currency).to_arrow()["known_at"].to_pylist()
        for currency in (None, "EUR")
    )
    assert own[1] < late
    assert converted == [own[0], late]
