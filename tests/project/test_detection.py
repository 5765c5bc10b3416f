"""The benchmark of the checks runs on a made-up series."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks import detection
from benchmarks.detection import PRICE_ERRORS, Series, kept, measured, read_series, report


@pytest.fixture
def series(tmp_path: Path) -> list[Series]:
    """300 weekdays of a share that varies by a percent a day."""
    days = np.arange("2023-01-02", "2024-06-01", dtype="datetime64[D]")
    days = days[np.is_busday(days)][:300]
    close = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, len(days))))
    lines = ["Date,Open,High,Low,Close,Volume,Dividends,Stock Splits"]
    lines += [f"{d},{c},{c * 1.004},{c * 0.996},{c},1000,0,0" for d, c in zip(days, close, strict=True)]
    (tmp_path / "MADE.csv").write_text("\n".join(lines) + "\n")
    return read_series(tmp_path, "both")


def test_a_large_error_is_found_and_a_small_one_is_not(
    series: list[Series], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "TRIALS", 5)
    found, by_check = measured(series, PRICE_ERRORS["whole bar"], (0.5, 20), paid=False, daily=True)
    assert (sum(found[0.5]), sum(found[20])) == (0, 5)
    assert by_check["spike", 20] == 5


def test_report_has_its_tables(series: list[Series], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "TRIALS", 1)
    monkeypatch.setattr(detection, "SIZES", (20,))
    text = report([replace(series[0])], "tune")
    for part in ("two bars in a row", "split not served 2", "false alarms"):
        assert part in text


def test_halves_are_fixed() -> None:
    assert [name for name in ("AAPL", "BTC-USD", "GC=F", "KO", "^GSPC") if kept(name)] == [
        "AAPL",
        "KO",
        "^GSPC",
    ]
