"""The Sharpe ratio over the 13-week bill or a constant: as `metrics` has it, and said which one it
is."""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from marketlake.lake import Lake
from marketlake.model.errors import EmptyLakeError, UsageError
from marketlake.portfolio.rates import bill_return, yields_on

from ..answers.lakes import BILL, BTC, NASDAQ, SHARE, bar, make
from .markets import weekdays

pytestmark = pytest.mark.slow

close = pytest.approx
USUAL = replace(BILL, id="TBILL_13W")
EMPTY = replace(BILL, id="EMPTY_BILL")
EURO = replace(BILL, id="EURO_BILL", quote_currency="EUR")
ABROAD = replace(SHARE, id="ABROAD", quote_currency="EUR")
STILL = replace(SHARE, id="STILL")
PLAN, TERMS = "57 SHARE, 40 NASDAQ, 3 BTC", {"sleeve": "BTC"}
DAYS = [day.astype(object) for day in weekdays("2019-12-31", "2022-01-01")]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    walk = np.random.default_rng(4).normal(0.0005, 1.0, (len(DAYS), 3)) * [0.01, 0.012, 0.04]
    rows = []
    for instruments, day, closes in zip(
        [[SHARE, NASDAQ, BTC]] * len(DAYS), DAYS, 100 * np.exp(walk.cumsum(axis=0)), strict=True
    ):
        rows += [bar(one, day, float(level)) for one, level in zip(instruments, closes, strict=True)]
        rows += [bar(STILL, day, 7.0), bar(ABROAD, day, 5.0 + day.day)]
        # the bill pays from February 2020 on, more each year, and has no yields in summer 2021
        if date(2020, 2, 3) <= day and not date(2021, 6, 20) < day < date(2021, 7, 11):
            rows.append(bar(USUAL, day, day.year - 2018.5))
    everything = [SHARE, NASDAQ, BTC, STILL, ABROAD, USUAL, EMPTY, EURO]
    return Lake(make(tmp_path_factory.mktemp("bills"), everything, rows))


@pytest.mark.parametrize("risk_free", ["TBILL_13W", 0.03])
def test_sharpe_of_one_holding_equals_metrics(lake: Lake, risk_free: float | str) -> None:
    answer = lake.portfolio("100 SHARE", start="2020-03-31", end="2021-12-31", risk_free=risk_free)
    metrics = lake.metrics(
        ["SHARE"], start="2020-04-01", end="2021-12-31", basis="total", risk_free=risk_free,
        annualise=answer.periods_per_year,
    )  # fmt: skip
    assert answer.with_sleeve.sharpe == close(metrics.figure("SHARE", "sharpe").value, rel=1e-9)
    assert answer.risk_free == risk_free


def test_equals_manual_calculation(lake: Lake) -> None:
    answer = lake.portfolio("100 SHARE", start="2020-12-28", end="2020-12-31", risk_free=0.1)
    closes = lake.prices(["SHARE"], start="2020-12-28", end="2020-12-31").to_arrow()["close"].to_pylist()
    excess = [b / a - 1 - (1.1 ** (1 / 365.25) - 1) for a, b in itertools.pairwise(closes)]
    ratio = statistics.mean(excess) / statistics.stdev(excess) * math.sqrt(3 / (3 / 365.25))
    assert answer.with_sleeve.sharpe == close(ratio, rel=1e-9)


def test_bill_return_follows_the_discount_yield() -> None:
    # 4 % discount: 98.9889 pays 100 after 91 days
    assert bill_return(np.array([0.04]), np.array([91.0])) == close([100 / (100 - 4 * 91 / 360) - 1])
    assert np.isnan(bill_return(np.array([4.0]), np.array([91.0]))).all()


def test_yield_is_valid_for_seven_days_from_its_date() -> None:
    days = np.array(["2020-01-01", "2020-01-02", "2020-01-09", "2020-01-10"], dtype="datetime64[D]")
    yields = yields_on(days, days[1:2], np.array([0.02]))
    assert yields == close([math.nan, 0.02, 0.02, math.nan], nan_ok=True)


def test_default_bill_is_used_and_missing_yields_are_noted(lake: Lake) -> None:
    answer = lake.portfolio(PLAN, TERMS, horizon=1)
    assert answer.risk_free == "TBILL_13W"
    assert "no_bill" in answer.quality
    # returns that begin before 3 February 2020, or from 28 June to 9 July 2021
    unknown = sum(d < date(2020, 2, 3) or date(2021, 6, 27) < d < date(2021, 7, 11) for d in DAYS[:-1])
    assert f"no yield of TBILL_13W is known for {unknown} of the {len(DAYS) - 1} returns" in " ".join(
        answer.notes
    )
    assert "Sharpe ratio: over the 13-week bill TBILL_13W" in " ".join(answer.conventions)
    assert all(one.sharpe is not None for one in answer.sweep)


def test_sharpe_with_and_without_sleeve_for_every_start(lake: Lake) -> None:
    answer = lake.portfolio(PLAN, TERMS, horizon=1)
    assert answer.history is not None
    for one in (answer.history.by_start[0], answer.history.by_start[-1]):
        alone = lake.portfolio(PLAN, TERMS, start=one.start, end=one.end)
        assert alone.without_sleeve is not None
        assert one.sharpe == close(alone.with_sleeve.sharpe, rel=1e-9)
        assert one.sharpe_without == close(alone.without_sleeve.sharpe, rel=1e-9)
    own = answer.history.rows[2]
    higher = sum((one.sharpe or 0) > (one.sharpe_without or 0) for one in answer.history.by_start)
    assert (own.sharpe_windows, own.higher_sharpe) == (13, higher)
    # over nothing it would be another one
    assert lake.portfolio(PLAN, TERMS, risk_free=0).with_sleeve.sharpe != answer.with_sleeve.sharpe


def test_no_sharpe_ratio_for_constant_values(lake: Lake) -> None:
    answer = lake.portfolio("100 STILL", risk_free=0).with_sleeve
    assert (answer.volatility, answer.sharpe, answer.return_per_volatility) == (0.0, None, None)


def test_no_sharpe_ratio_without_a_bill_in_the_currency(lake: Lake) -> None:
    answer = lake.portfolio("100 ABROAD")
    assert (answer.risk_free, answer.with_sleeve.sharpe) == (None, None)
    assert "no yields of TBILL_13W in EUR are stored, so no Sharpe ratio" in " ".join(answer.notes)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("SHARE", "SHARE is not a yield"),
        ("EURO_BILL", "EURO_BILL is in EUR and the plan in USD"),
        ("NOPE", "unknown instrument 'NOPE'"),
        (2, "2 a year is not a fraction such as 0.02"),
        ("nan", "not a fraction"),
        (float("inf"), "not a fraction"),
    ],
)
def test_invalid_risk_free_is_refused(lake: Lake, value: float | str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        lake.portfolio("100 SHARE", risk_free=value)


def test_bill_without_yields_is_reported(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(EmptyLakeError, match="no yields of EMPTY_BILL are stored"):
        lake.portfolio("100 SHARE", risk_free="EMPTY_BILL")
