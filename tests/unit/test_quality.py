"""Every check detects its fault, and correct prices pass."""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from marketlake.ingest.checks import Checked, check

from ..builders import COIN, SHARE, day, normalised, row, window

DAYS = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]


def checked(
    *changes: dict, instrument=SHARE, conflicts: list[dict] | None = None, closes=(10, 11, 12, 11)
) -> Checked:
    """Four honest sessions, with changes by position."""
    rows = [
        row(text, float(close), source="test", close_at=day(text))
        for text, close in zip(DAYS, closes, strict=True)
    ]
    for change in changes:
        rows[change.pop("at")] |= change
    for one in rows:
        one["close_at"] = window().at
    twice = [{**rows[0], **one} for one in conflicts or []]
    return check(normalised(rows), normalised(twice), {"SHARE": window(instrument)}, "run")


def reasons(result: Checked) -> dict[date, str]:
    return dict(
        zip(result.quarantine["session"].to_pylist(), result.quarantine["reason"].to_pylist(), strict=True)
    )


def test_correct_rows_pass_unchanged() -> None:
    result = checked()
    assert len(result.bars) == 4
    assert not len(result.quarantine)
    assert not len(result.findings)
    assert not result.refused


def test_answer_without_rows_has_no_bars_and_no_findings() -> None:
    result = check(normalised([]), normalised([]), {}, "run")
    assert [len(part) for part in (result.bars, result.quarantine, result.findings)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"close": 0.0}, "not_positive"),
        ({"low": -1.0}, "not_positive"),
        ({"high": float("inf")}, "not_positive"),
        ({"volume": -1.0}, "not_positive"),
        ({"volume": float("inf")}, "not_positive"),
        ({"dividend": -0.1}, "not_positive"),
        ({"dividend": 11.0}, "dividend_size"),
        ({"close": 1200.0}, "unit_spike"),
        ({"close": 0.12}, "unit_spike"),
    ],
)
def test_only_the_bad_row_is_quarantined(change: dict, reason: str) -> None:
    result = checked({"at": 2, **change})
    assert reasons(result) == {day("2024-01-04"): reason}
    columns = ("run_id", "source", "observed_at")
    assert [result.quarantine[name].to_pylist() for name in columns] == [["run"], ["test"], [window().at]]
    assert len(result.bars) == 3
    assert not result.refused


@pytest.mark.parametrize("ratio", [1001.0, 1 / 1001])
def test_implausible_split_is_quarantined(ratio: float) -> None:
    result = checked({"at": 2, "split": ratio}, closes=(40, 40, 400 / ratio, 400 / ratio))
    assert reasons(result) == {day("2024-01-04"): "split_ratio"}
    # the price confirms it
    assert not reasons(checked({"at": 2, "split": ratio}, closes=(40, 40, 40 / ratio, 40 / ratio)))


def test_newest_row_is_compared_with_the_previous_one() -> None:
    result = checked({"at": 3, "close": 1100.0})
    assert reasons(result) == {day("2024-01-05"): "unit_spike"}


def test_row_after_a_spike_is_no_spike() -> None:
    assert reasons(checked({"at": 2, "close": 1200.0})) == {day("2024-01-04"): "unit_spike"}


def test_lasting_jump_is_no_spike() -> None:
    assert not reasons(checked(closes=(10, 10, 250, 260)))


@pytest.mark.parametrize(("ratio", "after"), [(50.0, 0.2), (0.02, 500.0)])
def test_extreme_split_is_no_spike(ratio: float, after: float) -> None:
    result = checked({"at": 3, "split": ratio}, closes=(10, 10, 10, after))
    assert not reasons(result)
    assert not result.refused


def test_rates_may_touch_zero_and_jump() -> None:
    bill = replace(SHARE, asset_class="rate", negative_prices=True)
    rows = [{"at": n, "open": None, "high": None, "low": None} for n in range(4)]
    assert not reasons(checked(*rows, instrument=bill, closes=(0.003, 0.0, -0.1, 0.09)))
    # the same values are a fault for instruments with a price
    assert reasons(
        checked(*[{**one, "at": n} for n, one in enumerate(rows)], closes=(0.003, 0.0, -0.1, 0.09))
    )


@pytest.mark.parametrize("ratio", [4.0, 0.1, 2.0])
@pytest.mark.parametrize("mistake", ["not applied", "applied twice"])
def test_mishandled_split_rejects_the_response(ratio: float, mistake: str) -> None:
    after = 40.0 / ratio * (1 / ratio if mistake == "not applied" else ratio)
    result = checked({"at": 2, "split": ratio}, closes=(40, 40, after, after))
    assert mistake in str(result.refused["SHARE"])
    assert "in quarantine. The next run requests the history again; if" in str(result.refused["SHARE"])
    assert set(reasons(result).values()) == {"split_not_applied"}
    assert not len(result.bars)


@pytest.mark.parametrize("ratio", [4.0, 0.1])
def test_correct_split_passes(ratio: float) -> None:
    result = checked({"at": 2, "split": ratio}, closes=(40, 40, 38 / ratio, 39 / ratio))
    assert not result.refused
    assert len(result.bars) == 4


@pytest.mark.parametrize(
    ("split", "dividend", "before", "after"),
    [
        (0.4714, 2.4394, 4.61, 4.63),  # 33 for 70, and 243.94p a share before it
        (0.4714, 2.4394, 2.175, 2.17),  # the same a share after it
        (1 / 1.8, 8.0, 10.0, 10.0),
        (1 / 1.8, 4.4, 10.0, 10.1),
        (0.1, 45.0, 5.0, 5.0),
    ],
)
def test_consolidation_with_a_return_of_capital_passes(
    split: float, dividend: float, before: float, after: float
) -> None:
    result = checked({"at": 2, "split": split, "dividend": dividend}, closes=(before, before, after, after))
    assert not result.refused
    assert not reasons(result)


def test_ordinary_dividend_does_not_hide_a_split_that_was_not_applied() -> None:
    result = checked({"at": 2, "split": 4.0, "dividend": 0.025}, closes=(40, 40, 2.5, 2.5))
    assert "not applied" in str(result.refused["SHARE"])


def test_conflicting_session_is_quarantined() -> None:
    result = checked(conflicts=[{"close": 1.0}, {"close": 2.0}])
    assert result.quarantine["reason"].to_pylist() == ["served_twice", "served_twice"]
    assert result.quarantine["close"].to_pylist() == [1.0, 2.0]


def test_odd_rows_are_stored_and_noted() -> None:
    result = checked(
        {"at": 1, "high": 10.5, "low": 10.0, "open": 10.2},
        {"at": 2, "session": day("2024-01-15")},
        {"at": 3, "session": day("2024-01-16")},
    )
    assert len(result.bars) == 4
    findings = zip(result.findings["session"].to_pylist(), result.findings["check"].to_pylist(), strict=True)
    assert set(findings) == {(day("2024-01-03"), "close_outside_range"), (day("2024-01-15"), "off_calendar")}
    assert set(result.findings["observed_at"].to_pylist()) == {window().at}


def test_two_instruments_with_equal_prices_pass() -> None:
    rows = [
        row(text, 10.0, source="test", close_at=window().at, instrument_id=i)
        for i in ("A", "B")
        for text in DAYS
    ]
    windows = {i: window(replace(SHARE, id=i)) for i in ("A", "B")}
    result = check(normalised(rows), normalised([]), windows, "run")
    assert (len(result.bars), len(result.quarantine), len(result.findings)) == (8, 0, 0)


def test_fault_affects_only_its_instrument() -> None:
    rows = [
        row(text, close, source="test", close_at=window().at, instrument_id=i)
        for i, closes in {"A": (1.0, 2.0, 3.0, 2.0), "B": (900.0, 910.0, 1.0, 905.0)}.items()
        for text, close in zip(DAYS, closes, strict=True)
    ]
    windows = {i: window(replace(SHARE, id=i)) for i in ("A", "B")}
    result = check(normalised(rows), normalised([]), windows, "run")
    assert result.quarantine["instrument_id"].to_pylist() == ["B"]
    # the whole answer of B is refused
    rows[6] |= {"split": 4.0, "close": 56.0}
    rows[7] |= {"close": 56.0}
    whole = check(normalised(rows), normalised([]), windows, "run")
    assert list(whole.refused) == ["B"]
    assert whole.bars["instrument_id"].to_pylist() == ["A"] * 4


def _prices() -> list[Path]:
    root = Path(os.environ.get("MARKETLAKE_SHARED") or Path(__file__).parents[3] / "shared")
    return sorted((root / "data" / "prices").glob("*.csv"))


@pytest.mark.parametrize(
    "symbol", ["BTC-USD", "ETH-USD", "^IXIC", "^GSPC", "GC=F", "SI=F", "AAPL", "NVDA", "KO"]
)
def test_real_prices_pass(symbol: str) -> None:
    paths = {path.stem: path for path in _prices()}
    if symbol not in paths:
        pytest.skip("no real prices next to the project; set MARKETLAKE_SHARED")
    with paths[symbol].open() as file:
        entries = [{name.lower(): value for name, value in entry.items()} for entry in csv.DictReader(file)]
    rows = [
        row(entry["date"][:10], float(entry["close"]), source="test", close_at=window().at)
        | {name: float(entry[name]) for name in ("open", "high", "low")}
        for entry in entries
    ]
    instrument = COIN if symbol.endswith("-USD") else SHARE
    result = check(normalised(rows), normalised([]), {"SHARE": window(instrument)}, "run")
    assert not len(result.quarantine)
    assert len(result.bars) == len(entries)
