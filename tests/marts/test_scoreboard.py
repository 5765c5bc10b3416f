"""`FROM scoreboard(...)`, merged from stored states, against the metrics, which read the bars."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketlake import query
from marketlake.query.metrics import metrics

from .markets import BILL, FIRST, LAST, MARKET

IDS = [i.id for i in MARKET if i is not BILL]
SAME = (
    *("cumulative_return", "cagr", "volatility", "downside_deviation", "sharpe", "sortino", "max_drawdown"),
    *("calmar", "best_period", "worst_period", "positive_share", "skew", "kurtosis"),
)
WINDOWS = {
    "whole years": ("2020-01-01", "2022-12-31"),
    "one whole year": ("2021-01-01", "2021-12-31"),
    "the first year": ("2019-01-01", "2019-12-31"),
    "the last year": ("2023-01-01", "2023-12-31"),
    "all that is stored": (FIRST.isoformat(), LAST.isoformat()),
    "years before the first session": ("2015-01-01", "2022-12-31"),
    "long before and long after": ("2010-06-15", "2026-06-15"),
    "cut at the start": ("2020-05-14", "2022-12-31"),
    "cut at the end": ("2020-01-01", "2022-06-08"),
    "cut at both": ("2019-10-07", "2023-02-03"),
    "cut years alone": ("2021-09-01", "2022-03-31"),
    "inside a year": ("2022-02-01", "2022-09-30"),
    "the start of a year": ("2022-01-01", "2022-09-30"),
    "the end of a year": ("2022-04-04", "2022-12-31"),
    "a year without one of them": ("2021-02-01", "2021-11-30"),
    "begins without one of them": ("2021-07-01", "2022-12-31"),
    "ends without one of them": ("2020-03-02", "2021-07-01"),
    "before one of them is listed": ("2020-01-01", "2021-05-02"),
    "one session": ("2022-03-15", "2022-03-15"),
    "a weekend": ("2022-03-19", "2022-03-20"),
    "two sessions over a year's end": ("2021-12-31", "2022-01-01"),
    "no session at all": ("2017-01-01", "2018-12-31"),
}


def scoreboard(lake: Path, start: str, end: str, basis: str) -> dict[str, dict[str, Any]]:
    text = f"FROM scoreboard(DATE '{start}', DATE '{end}', basis := '{basis}')"
    answer = query.sql(lake, text)
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    assert [row["instrument_id"] for row in rows] == sorted(row["instrument_id"] for row in rows)
    return {row["instrument_id"]: row for row in rows}


def measured(lake: Path, start: str, end: str, basis: str, ids: list[str], bill: str) -> dict[str, Any]:
    """The same figures by the metrics' texts, own sessions, own currency, from daily returns."""
    terms: dict[str, Any] = {
        "start": date.fromisoformat(start),
        "end": date.fromisoformat(end),
        "basis": basis,
    }
    plain = metrics(lake, ids, **terms)
    over = metrics(lake, ids, **terms, risk_free=bill)
    return {name: _row(name, plain, over) for name in ids if plain.figure(name, "volatility").n}


def _row(name: str, plain: Any, over: Any) -> dict[str, Any]:
    risk, excess = plain.figure(name, "volatility"), over.figure(name, "sharpe")
    return {
        **{metric: plain.figure(name, metric).value for metric in SAME},
        "sharpe_over_bill": excess.value,
        "sortino_over_bill": over.figure(name, "sortino").value,
        "n": risk.n,
        "first_session": risk.first_session,
        "last_session": risk.last_session,
        "periods_per_year": risk.periods_per_year,
        "basis": risk.basis,
        "currency": risk.currency,
        "quality": excess.quality,
    }


def assert_same(found: dict[str, dict[str, Any]], expected: dict[str, dict[str, Any]]) -> None:
    assert list(found) == sorted(expected)
    for name, row in expected.items():
        for figure, value in row.items():
            stands = value
            if isinstance(value, float):
                stands = pytest.approx(value, rel=1e-9, abs=1e-12)
            assert (name, figure, found[name][figure]) == (name, figure, stands)
        assert set(found[name]) == {"instrument_id", *row}


@pytest.mark.parametrize("basis", ["price", "total"])
@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_it_is_the_metrics(lake: Path, window: tuple[str, str], basis: str) -> None:
    found = scoreboard(lake, *window, basis)
    assert_same(found, measured(lake, *window, basis, IDS, BILL.id))
