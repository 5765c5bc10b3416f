"""The scoreboard's rows, and the same figures by the metrics, which read the bars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from marketlake.answers.metrics import Metrics
from marketlake.lake import Lake

Rows = dict[str, dict[str, Any]]
SAME = (
    *("total_return", "cagr", "volatility", "downside_deviation", "sharpe", "sortino", "max_drawdown"),
    *("calmar", "best_period", "worst_period", "positive_share", "skew", "kurtosis"),
)


def scoreboard(lake: Path, start: str, end: str, basis: str) -> Rows:
    return rows(lake, f"FROM scoreboard(DATE '{start}', DATE '{end}', basis := '{basis}')")


def rows(lake: Path, text: str) -> Rows:
    answer = Lake(lake).query_rows(text)
    records = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    return {row["instrument_id"]: row for row in records}


def measured(
    lake: Path, start: str, end: str, basis: str, ids: Sequence[str], bill: str | None = None
) -> Rows:
    """Own sessions, own currency (which they share), daily returns; those without any are left out."""
    terms: dict[str, Any] = {
        "start": date.fromisoformat(start),
        "end": date.fromisoformat(end),
        "basis": basis,
    }
    plain = Lake(lake).metrics(ids, **terms)
    over = Lake(lake).metrics(ids, risk_free=bill, **terms) if bill else None
    return {name: _row(name, plain, over) for name in ids if plain.figure(name, "volatility").n}


def assert_same(actual: Rows, expected: Rows) -> None:
    """Figures to 1e-11, the rest exactly, in the order of ids."""
    assert list(actual) == sorted(expected)
    for name, row in expected.items():
        for figure, value in row.items():
            matches = pytest.approx(value, rel=1e-11, abs=1e-13) if isinstance(value, float) else value
            assert actual[name][figure] == matches, f"{name} {figure}: {actual[name][figure]}, not {value}"
        assert set(actual[name]) == {"instrument_id", *row}


def _row(name: str, plain: Metrics, over: Metrics | None) -> dict[str, Any]:
    risk = plain.figure(name, "volatility")
    return {
        **{metric: plain.figure(name, metric).value for metric in SAME},
        "sharpe_over_bill": over.figure(name, "sharpe").value if over else None,
        "sortino_over_bill": over.figure(name, "sortino").value if over else None,
        "n": risk.n,
        "first_session": risk.first_session,
        "last_session": risk.last_session,
        "periods_per_year": risk.periods_per_year,
        "basis": risk.basis,
        "currency": risk.currency,
        "quality": over.figure(name, "sharpe").quality if over else _without_bill(risk.quality),
    }


def _without_bill(quality: str) -> str:
    """The flags with no_bill, in their usual order."""
    flags = quality.split(",") if quality else []
    late = [flag for flag in flags if flag in {"price_index", "proxy", "simulated"}]
    return ",".join([*flags[: len(flags) - len(late)], "no_bill", *late])
