"""A vendor of reinvested prices rescales its history at every dividend; the returns stay the market's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from marketlake.ingest.build import build
from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.lake import Lake

from ..universes import entry
from .homes import rows, settings_of, stored_bytes

FIRST = date(2023, 11, 1)
DAYS = 70
PAID = {15: 1.0, 40: 0.8, 41: 5.0, 62: 0.25}
"""Dividends per share, by day."""
SPLIT = 50


def market() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As traded: closes, dividends, splits (4:1 on one day)."""
    closes = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, DAYS)))
    closes[SPLIT:] /= 4
    dividends, splits = np.zeros(DAYS), np.ones(DAYS)
    dividends[list(PAID)] = list(PAID.values())
    splits[SPLIT] = 4.0
    return closes, dividends, splits


def growth() -> np.ndarray:
    """One plus the total return of each day after the first."""
    closes, dividends, splits = market()
    return splits[1:] * (closes[1:] + dividends[1:]) / closes[:-1]


def serve(home: Path, today: int, style: str, decimals: int = 6) -> None:
    """The vendor's file of a day: what ends at the latest close and grows by the total return."""
    closes, dividends, splits = market()
    index = np.append(1.0, np.cumprod(growth()))[: today + 1]
    level = index / index[-1] * closes[today]
    if style == "as traded":
        level = level * np.append(np.cumprod(splits[today:0:-1])[::-1], 1.0)
    lines = [f"date,close,dividend,{'split' if style == 'as traded' else 'stock splits'}"]
    for n in range(today + 1):
        event = "" if style == "no events" or splits[n] == 1 else "4"
        paid = 0 if style == "no events" else dividends[n]
        lines.append(f"{FIRST + timedelta(days=n)},{level[n]:.{decimals}f},{paid},{event}")
    (home / "files" / "FUND.csv").write_text("\n".join(lines) + "\n")


def home_with(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir(parents=True)
    text = entry("FUND", "files:FUND.csv", kind="fund", since=FIRST, return_basis="total")
    (tmp_path / "instruments.toml").write_text(text)
    return tmp_path


def run(home: Path, today: int, window: object = None, **changed: object) -> dict:
    settings = replace(settings_of(home, f"{FIRST + timedelta(days=today + 1)}T12:00:00Z"), **changed)
    [row] = ingest(settings, [], window)
    return row


def levels(home: Path) -> np.ndarray:
    settings = settings_of(home, f"{FIRST + timedelta(days=DAYS)}T12:00:00Z")
    build(settings)
    return Lake(settings.lake).prices(["FUND"], basis="total").to_pandas()["level"].to_numpy()


@pytest.mark.parametrize("style", ["adjusted", "as traded", "no events"])
@pytest.mark.slow
def test_daily_runs_over_dividends_and_a_split_keep_the_returns(tmp_path: Path, style: str) -> None:
    home = home_with(tmp_path)
    for today in range(5, DAYS):
        serve(home, today, style)
        row = run(home, today)
        assert (row["outcome"], row["revised_rows"]) == ("ok", 0), row["message"]
    serve(home, DAYS - 1, style)
    again = run(home, DAYS - 1, (FIRST, None))
    assert (again["outcome"], again["revised_rows"]) == ("no_new_data", 0)
    got = levels(home)
    assert got[1:] / got[:-1] == pytest.approx(growth(), rel=1e-6)
    assert not any(rows(home / "data", table) for table in ("quarantine", "finding", "revision"))
    assert {row["dividend"] for row in rows(home / "data", "bar")} == {0.0}
    settings = settings_of(home, f"{FIRST + timedelta(days=DAYS)}T12:00:00Z")
    before = stored_bytes(settings.lake)
    assert replay(settings).changed == ()
    assert stored_bytes(home / "data") == before


def test_history_from_before_and_after_what_is_stored_is_on_its_scale(tmp_path: Path) -> None:
    """The windows alone have no stored session."""
    home = home_with(tmp_path)
    serve(home, 30, "adjusted")
    run(home, 30, (FIRST + timedelta(days=20), None))
    serve(home, DAYS - 1, "adjusted")
    assert run(home, DAYS - 1, (FIRST + timedelta(days=60), None))["outcome"] == "ok"
    assert run(home, DAYS - 1, (FIRST, FIRST + timedelta(days=10)))["outcome"] == "ok"
    got = levels(home)
    assert len(got) == DAYS
    assert got[1:] / got[:-1] == pytest.approx(growth(), rel=1e-6)


def test_rounded_prices_and_a_correction_in_a_rescaled_answer(tmp_path: Path) -> None:
    home = home_with(tmp_path)
    serve(home, 39, "adjusted", decimals=3)
    run(home, 39)
    serve(home, 45, "adjusted", decimals=3)
    path = home / "files" / "FUND.csv"
    lines = path.read_text().splitlines()
    day, close, *rest = lines[36].split(",")
    lines[36] = ",".join([day, f"{float(close) * 1.02:.3f}", *rest])
    path.write_text("\n".join(lines) + "\n")
    row = run(home, 45)
    assert (row["outcome"], row["revised_rows"], row["new_rows"]) == ("ok", 1, 6)


def test_wrong_newest_bars_are_corrected_by_the_whole_history(tmp_path: Path) -> None:
    home = home_with(tmp_path)
    serve(home, 30, "adjusted")
    path = home / "files" / "FUND.csv"
    lines = path.read_text().splitlines()
    for n in (-1, -2):
        day, close, *rest = lines[n].split(",")
        lines[n] = ",".join([day, f"{float(close) * 1.27:.6f}", *rest])
    path.write_text("\n".join(lines) + "\n")
    run(home, 30)
    serve(home, 42, "adjusted")
    assert run(home, 42)["revised_rows"] == 2
    assert levels(home)[30] / levels(home)[28] == pytest.approx(np.prod(growth()[28:30]), rel=1e-6)
