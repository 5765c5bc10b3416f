"""The state of a year where sums of powers do not do: returns that hardly vary, levels that end early."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from marketlake.engine.sql_text import chain

from .oracle import drawdown, moments

DAYS = 200
STATE = chain({name: f"mart/{name}" for name in ("year_sum", "year_end")}, "mart/year_state")


def states(price: npt.NDArray[np.float64], total: npt.NDArray[np.float64]) -> dict[str, dict[str, Any]]:
    """By basis, of a year with these returns after its first session; NaN: no level any more."""
    session = [date(2020, 1, 2) + timedelta(days=day) for day in range(DAYS)]
    columns: dict[str, Any] = {
        "instrument_id": np.ones(DAYS, dtype=int),
        "session": session,
        "start_session": [date(2019, 12, 31), *session[:-1]],
        "first_of_year": [True, *[False] * (DAYS - 1)],
        "last_of_year": [*[False] * (DAYS - 1), True],
        "risk_free": np.full(DAYS, 1e-5),
    }
    for basis, returns in (("price", price), ("total", total)):
        level = 100 * (1 + returns).cumprod()
        low_ahead = np.fmin.accumulate(level[::-1])[::-1]
        series = {
            "return": returns,
            "level": level,
            "high": np.maximum.accumulate(level),
            "low_ahead": np.where(np.isnan(level), np.nan, low_ahead),
            "fall": level / np.maximum.accumulate(level),
        }
        columns |= {f"{basis}_{name}": pa.array(values, from_pandas=True) for name, values in series.items()}
    with duckdb.connect() as connection:
        connection.register("daily_step", pa.table(columns))
        rows = connection.execute(STATE).to_arrow_table().to_pylist()
    return {row["basis"]: row for row in rows}


def test_nearly_constant_returns_keep_precision() -> None:
    """The squares of these returns are alike in all their digits."""
    steady = 0.001 + 1e-11 * np.random.default_rng(5).normal(0, 1, DAYS)
    by_basis = states(steady, steady)
    expected = moments(list(steady))
    for basis in ("price", "total"):
        assert [by_basis[basis][name] for name in ("m2", "m4", "mean_return")] == pytest.approx(
            [expected[name] for name in ("m2", "m4", "mean_return")], rel=1e-5
        )
    assert expected["m2"] == pytest.approx(DAYS * 1e-22, rel=0.3)


def test_state_of_a_basis_whose_levels_end_early() -> None:
    """From a payment without a factor on there is no total return: the year of that basis ends before."""
    price = np.random.default_rng(6).normal(0.0005, 0.02, DAYS)
    total = np.where(np.arange(DAYS) < 120, price, np.nan)
    by_basis = states(price, total)
    whole, short = by_basis["price"], by_basis["total"]
    level = 100 * (1 + price).cumprod()
    assert (whole["returns"], short["returns"]) == (DAYS, 120)
    assert short["last_session"] == date(2020, 1, 2) + timedelta(days=119)
    assert [short[name] for name in ("last_level", "low_level", "high_level", "drawdown")] == pytest.approx(
        [level[119], level[:120].min(), level[:120].max(), drawdown(list(level[:120]))], rel=1e-12
    )
    expected = moments(list(price[:120]))
    assert [short[name] for name in ("m2", "m3", "m4")] == pytest.approx(
        [expected[name] for name in ("m2", "m3", "m4")], rel=1e-9
    )
    assert whole["m2"] == pytest.approx(moments(list(price))["m2"], rel=1e-12)
