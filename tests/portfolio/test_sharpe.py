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

from ..query.lakes import BILL, BTC, NASDAQ, SHARE, bar, make
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
        # the bill pays from February 2020 on, more each year, and is not asked in the summer of
        # 2021
        if date(2020, 2, 3) <= day and not date(2021, 6, 20) < day < date(2021, 7, 11):
            rows.append(bar(USUAL, day, day.year - 2018.5))
    everything = [SHARE, NASDAQ, BTC, STILL, ABROAD, USUAL, EMPTY, EURO]
    return Lake(make(tmp_path_factory.mktemp("bills"), everything, rows))


@pytest.mark.parametrize("risk_free", ["TBILL_13W", 0.03])
def test_one_holding_has_the_ratio_that_metrics_gives(lake: Lake, risk_free: float | str) -> None:
    found = lake.portfolio("100 SHARE", start="2020-03-31", end="2021-12-31", risk_free=risk_free)
    told = lake.metrics(
        ["SHARE"], start="2020-04-01", end="2021-12-31", basis="total", risk_free=risk_free,
        annualise=found.periods_per_year,
    )  # fmt: skip
    assert found.with_sleeve.sharpe == close(told.figure("SHARE", "sharpe").value, rel=1e-9)
    assert found.risk_free == risk_free


def test_by_hand(lake: Lake) -> None:
    found = lake.portfolio("100 SHARE", start="2020-12-28", end="2020-12-31", risk_free=0.1)
    closes = lake.prices(["SHARE"], start="2020-12-28", end="2020-12-31").to_arrow()["close"].to_pylist()
    excess = [b / a - 1 - (1.1 ** (1 / 365.25) - 1) for a, b in itertools.pairwise(closes)]
    ratio = statistics.mean(excess) / statistics.stdev(excess) * math.sqrt(3 / (3 / 365.25))
    assert found.with_sleeve.sharpe == close(ratio, rel=1e-9)


def test_the_bill_is_bought_at_its_discount() -> None:
    # 4 % discount: 98.9889 pays 100 after 91 days
    assert bill_return(np.array([0.04]), np.array([91.0])) == close([100 / (100 - 4 * 91 / 360) - 1])
    assert np.isnan(bill_return(np.array([4.0]), np.array([91.0]))).all()


def test_a_yield_is_used_for_a_week_and_never_before_its_day() -> None:
    days = np.array(["2020-01-01", "2020-01-02", "2020-01-09", "2020-01-10"], dtype="datetime64[D]")
    found = yields_on(days, days[1:2], np.array([0.02]))
    assert found == close([math.nan, 0.02, 0.02, math.nan], nan_ok=True)


def test_the_usual_bill_is_taken_and_what_it_lacks_is_said(lake: Lake) -> None:
    found = lake.portfolio(PLAN, TERMS, horizon=1)
    assert found.risk_free == "TBILL_13W"
    assert "no_bill" in found.quality
    # returns that begin before 3 February 2020, or from 28 June to 9 July 2021
    unknown = sum(d < date(2020, 2, 3) or date(2021, 6, 27) < d < date(2021, 7, 11) for d in DAYS[:-1])
    assert f"no yield of TBILL_13W is known for {unknown} of the {len(DAYS) - 1} returns" in " ".join(
        found.notes
    )
    assert "Sharpe ratio: over the 13-week bill TBILL_13W" in " ".join(found.conventions)
    assert all(one.sharpe is not None for one in found.sweep)


def test_with_and_without_in_the_sweep_and_from_every_start(lake: Lake) -> None:
    found = lake.portfolio(PLAN, TERMS, horizon=1)
    assert found.history is not None
    for one in (found.history.by_start[0], found.history.by_start[-1]):
        alone = lake.portfolio(PLAN, TERMS, start=one.start, end=one.end)
        assert alone.without_sleeve is not None
        assert one.sharpe == close(alone.with_sleeve.sharpe, rel=1e-9)
        assert one.sharpe_without == close(alone.without_sleeve.sharpe, rel=1e-9)
    own = found.history.rows[2]
    higher = sum((one.sharpe or 0) > (one.sharpe_without or 0) for one in found.history.by_start)
    assert (own.sharpe_windows, own.higher_sharpe) == (13, higher)
    # over nothing it would be another one
    assert lake.portfolio(PLAN, TERMS, risk_free=0).with_sleeve.sharpe != found.with_sleeve.sharpe


def test_where_nothing_varies_there_is_no_ratio(lake: Lake) -> None:
    found = lake.portfolio("100 STILL", risk_free=0).with_sleeve
    assert (found.volatility, found.sharpe, found.return_per_volatility) == (0.0, None, None)


def test_without_a_bill_in_the_currency_there_is_none_and_it_says_so(lake: Lake) -> None:
    found = lake.portfolio("100 ABROAD")
    assert (found.risk_free, found.with_sleeve.sharpe) == (None, None)
    assert "no yields of TBILL_13W in EUR are stored, so no Sharpe ratio" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("SHARE", "SHARE is not a yield"),
        ("EURO_BILL", "EURO_BILL is in EUR and the plan in USD"),
        ("NOPE", "unknown instrument 'NOPE'"),
        (2, "2 a year is not a fraction such as 0.02"),
        ("nan", "not a fraction"),
        (float("inf"), "not a fraction"),
    ],
)
def test_what_is_no_risk_free_return_is_refused(lake: Lake, asked: float | str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        lake.portfolio("100 SHARE", risk_free=asked)


def test_a_bill_without_yields_is_named(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(EmptyLakeError, match="no yields of EMPTY_BILL are stored"):
        lake.portfolio("100 SHARE", risk_free="EMPTY_BILL")
