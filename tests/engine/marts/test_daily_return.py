"""The stored daily returns against a day-by-day computation."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from marketlake.lake import Lake

from .markets import BILL, FUND, MARKET, bars
from .oracle import Day, days, drawdown, moments

WITH_RETURN = [i for i in MARKET if i is not BILL]
ROWS = {i.id: [row for row in bars() if row["instrument_id"] == i.id] for i in MARKET}
DAYS = {i.id: days(ROWS[i.id], ROWS[BILL.id]) for i in WITH_RETURN}


def stored(lake: Path, text: str) -> list[dict[str, Any]]:
    answer = Lake(lake).query_rows(text)
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def close_to(value: float | None) -> Any:
    return value if value is None else pytest.approx(value, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("instrument", WITH_RETURN, ids=lambda i: i.id)
def test_daily_returns_equal_the_oracle(lake: Path, instrument: Any) -> None:
    rows = stored(lake, f"FROM daily_return WHERE instrument_id = '{instrument.id}' ORDER BY session")
    expected = DAYS[instrument.id]
    assert len(rows) == len(expected) > 300
    only_total = instrument is FUND
    for row, day in zip(rows, expected, strict=True):
        assert (row["session"], row["start_session"]) == (day.session, day.start)
        assert row["total_return"] == close_to(day.total)
        assert row["price_return"] == close_to(None if only_total else day.price)
        assert row["risk_free"] == close_to(day.risk_free)


@pytest.mark.parametrize("instrument", WITH_RETURN, ids=lambda i: i.id)
@pytest.mark.parametrize("basis", ["price", "total"])
def test_year_state_holds_the_moments_of_its_returns(lake: Path, instrument: Any, basis: str) -> None:
    rows = stored(
        lake,
        f"FROM year_state WHERE instrument_id = '{instrument.id}' AND basis = '{basis}' ORDER BY year",
    )
    if instrument is FUND and basis == "price":
        assert rows == []
        return
    years = {year: list(of) for year, of in groupby(DAYS[instrument.id], lambda day: day.session.year)}
    assert [row["year"] for row in rows] == list(years)
    for row in rows:
        of_year = years[row["year"]]
        expected = moments(_returns(of_year, basis))
        for name in ("returns", "positive", "mean_return", "downside", "worst_return", "best_return"):
            assert row[name] == close_to(expected[name])
        if instrument.id != "STALE":
            assert [row[name] for name in ("m2", "m3", "m4")] == pytest.approx(
                [expected[name] for name in ("m2", "m3", "m4")], rel=1e-9
            )
        over = [getattr(d, basis) - d.risk_free for d in of_year if d.risk_free is not None]
        assert (row["excess_returns"], row["mean_excess"]) == (
            len(over),
            close_to(moments(over)["mean_return"]),
        )
        assert row["excess_m2"] == pytest.approx(moments(over)["m2"], rel=1e-9, abs=1e-18)
        assert row["excess_downside"] == close_to(moments(over)["downside"])


@pytest.mark.parametrize("instrument", WITH_RETURN, ids=lambda i: i.id)
def test_yearly_drawdown_starts_at_the_first_session(lake: Path, instrument: Any) -> None:
    rows = stored(lake, f"FROM year_state WHERE instrument_id = '{instrument.id}' AND basis = 'total'")
    for row in rows:
        path = [1.0]
        for day in [d for d in DAYS[instrument.id] if d.session.year == row["year"]][1:]:
            path.append(path[-1] * (1 + (day.total or 0.0)))
        assert row["drawdown"] == pytest.approx(drawdown(path), rel=1e-11, abs=1e-14)
        assert row["high_level"] / row["first_level"] == pytest.approx(max(path), rel=1e-11)
        assert row["low_level"] / row["first_level"] == pytest.approx(min(path), rel=1e-11)


@pytest.mark.parametrize("basis", ["price", "total"])
def test_drawdowns_to_and_from_a_session_restart_each_year(lake: Path, basis: str) -> None:
    rows = stored(
        lake,
        "FROM daily_return JOIN internal.fall USING (instrument_key, session) ORDER BY ALL",
    )
    for (name, _), group in groupby(rows, lambda row: (row["instrument_id"], row["session"].year)):
        year = list(group)
        levels = [row[f"{basis}_level"] for row in year]
        if levels[0] is None:
            assert (name, basis) == (FUND.id, "price")
            continue
        ahead = [min(levels[at:]) / level for at, level in enumerate(levels)]
        assert [row[f"{basis}_fall_ahead"] for row in year] == ahead
        behind = [level / max(levels[: at + 1]) for at, level in enumerate(levels)]
        assert [row[f"{basis}_fall"] for row in year] == behind


def test_yields_have_no_return(lake: Path) -> None:
    assert stored(lake, "FROM daily_return WHERE instrument_id = 'BILL'") == []


def test_each_instrument_has_one_key(lake: Path) -> None:
    keys = "count(DISTINCT instrument_key) AS keys, count(DISTINCT instrument_id) AS ids"
    text = f"SELECT {keys} FROM daily_return"
    assert stored(lake, text) == [{"keys": len(WITH_RETURN), "ids": len(WITH_RETURN)}]
    text = "SELECT count(*) AS n FROM daily_return d JOIN instrument i USING (instrument_id, instrument_key)"
    assert stored(lake, text) == stored(lake, "SELECT count(*) AS n FROM daily_return")


def _returns(of_year: list[Day], basis: str) -> list[float]:
    return [getattr(day, basis) for day in of_year if day.start is not None]
