"""Each check detects its fault and passes correct days that look similar."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from marketlake.engine.checks import LAKE, checks
from marketlake.engine.sql_text import read_heading
from marketlake.ingest.checks import Checked, Context, check, slices
from marketlake.ingest.normalise import normalise
from marketlake.model.calendars import load_calendar
from marketlake.model.instruments import Instrument

from ..builders import COIN, SHARE, bar, bars, row, served, window

INDEX = replace(SHARE, asset_class="index")
OIL = replace(SHARE, asset_class="metal", negative_prices=True)
BILL = replace(COIN, asset_class="rate", negative_prices=True)
FIRST = date(2024, 1, 2)
Row = dict[str, Any]


def days(*closes: float, first: date = FIRST, **changed: Any) -> list[Row]:
    """Consecutive sessions of a coin."""
    return [row(first + timedelta(days=n), float(close), **changed) for n, close in enumerate(closes)]


def run(rows: Sequence[Row], instrument: Instrument = COIN, **options: Any) -> Checked:
    windows = {"SHARE": replace(window(instrument), **options.pop("window", {}))}
    answer = served([{**one, "currency": one["currency"]} for one in rows])
    normal = normalise(answer, windows)
    history = bars([bar(day, close) for day, close in options.get("before", {}).items()])
    context = Context(answer, set(normal.refused), history, options.get("pending", Context().pending))
    return check(normal.bars, normal.conflicts, windows, "run", context)


def quarantined(result: Checked) -> list[tuple[str, date]]:
    return list(zip(*(result.quarantine[n].to_pylist() for n in ("reason", "session")), strict=True))


def noted(result: Checked) -> list[tuple[str, date]]:
    return list(zip(*(result.findings[n].to_pylist() for n in ("check", "session")), strict=True))


def after(count: int) -> date:
    return FIRST + timedelta(days=count)


def test_high_below_low_is_quarantined() -> None:
    inverted = days(10, 10, 10)
    inverted[1] |= {"high": 9.8, "low": 10.0}
    assert quarantined(run(inverted)) == [("high_below_low", after(1))]
    # COMEX gold on 2009-11-23 from Yahoo: the high is 0.11 % too low next to a consistent close
    gold = days(1146.4, 1164.3, 1165.5)
    gold[1] |= {"high": 1163.0}
    result = run(gold)
    assert not quarantined(result)
    assert set(noted(result)) == {
        (name, after(1)) for name in ("high_just_below_low", "close_outside_range", "open_outside_range")
    }
    float32 = days(10, 10, 10)
    float32[1] |= {"high": 10 - 1e-6, "low": 10.0}
    assert not noted(run(float32))


def test_one_field_in_another_unit_is_quarantined() -> None:
    pence = days(10, 10, 10)
    pence[1] |= {"open": 1000.0}
    assert quarantined(run(pence)) == [("far_outside_range", after(1))]
    settled = days(10, 10.5, 10)
    settled[1] |= {"high": 10.1, "low": 9.9, "open": 10.0}
    assert noted(run(settled)) == [("close_outside_range", after(1))]


@pytest.mark.parametrize("factor", [100.0, 0.01])
def test_lasting_unit_change_rejects_the_response(factor: float) -> None:
    result = run(days(10, 11, 11 * factor, 12 * factor))
    assert "without a split" in str(result.refused["SHARE"])
    assert {reason for reason, _ in quarantined(result)} == {"unit_change"}
    assert not len(result.bars)
    assert not run(days(10, 11, 11 * factor / 3, 12 * factor / 3)).refused
    assert not run(days(0.01, 0.01, 1.0, 1.0), BILL).refused


def test_announced_reverse_split_is_no_unit_change() -> None:
    rows = days(1, 1, 100, 101)
    rows[2] |= {"split": 0.01}
    result = run(rows)
    assert not result.refused
    assert not noted(result)


@pytest.mark.parametrize(
    ("kind", "before", "close", "odd"),
    [
        ("crypto", 7911.43, 4970.79, False),  # Bitcoin, 2020-03-12
        ("crypto", 100, 49, True),
        ("index", 2246.74, 1738.74, False),  # the Dow, 1987-10-19
        ("index", 100, 140, True),
        ("equity", 100, 61, False),
        ("equity", 100, 59, True),
        ("rate", 0.01, 0.3, False),
        ("inflation", 300, 303, False),
    ],
)
def test_jump_is_noted_and_stored(kind: str, before: float, close: float, odd: bool) -> None:
    result = run(days(before, before, close, close), replace(COIN, asset_class=kind))
    assert (("jump", after(2)) in noted(result)) is odd
    assert len(result.bars) == 4


def test_split_or_dividend_explains_a_jump() -> None:
    split = days(2000, 2000, 100, 101)
    split[2] |= {"split": 20.0}
    special = days(100, 100, 45, 45)
    special[2] |= {"dividend": 55.0}
    for rows in (split, special):
        assert not [
            name for name, _ in noted(run(rows, replace(COIN, asset_class="equity"))) if name == "jump"
        ]


def test_quarantined_row_neither_explains_nor_causes_a_jump() -> None:
    result = run(days(10, 11, 1200, 12, 12))
    assert quarantined(result) == [("unit_spike", after(2))]
    assert not noted(result)


def test_previous_stored_close_is_a_neighbour() -> None:
    assert noted(run(days(40, 41), before={after(-1): 10.0})) == [("jump", FIRST)]
    rows = days(40, 41)
    rows[0] |= {"split": 4.0}
    assert "applied twice" in str(
        run(rows, before={after(-1): 40.0}).refused["SHARE"]
    )  # would be 160 as traded
    rows = days(10, 10)
    rows[0] |= {"dividend": 12.0}
    assert quarantined(run(rows, before={after(-1): 11.0})) == [("dividend_size", FIRST)]
    # the stored row of the first session itself is none before it
    assert not noted(run(days(40, 41), before={FIRST: 10.0}))
    # no stored row before the first one
    assert not quarantined(run(rows))


def test_five_equal_sessions_are_stale() -> None:
    moving = [10, 11, 12, 12.5]
    stale = days(*moving, 13, 13, 13, 13, 13, 13, volume=0.0)
    assert noted(run(stale)) == [("stale_repeat", after(8)), ("stale_repeat", after(9))]
    for correct in (
        days(*moving, 13, 13, 13, 13, volume=0.0),
        days(*moving, 13, 13, 13, 13, 13, 13, volume=5.0),
        days(*[1.0] * 12, volume=0.0),  # a pegged coin
        days(*[1.0] * 8, 0.97, *[1.0] * 8, volume=None),  # a coin that lost its peg for a day
        days(*[1.0002, 0.9998, *[1.0] * 10], volume=None),
    ):
        assert not noted(run(correct))
    # a bill rate near zero is unchanged for weeks
    assert not noted(run(days(0.05, 0.03, *[0.01] * 10, volume=None), BILL))


def test_dividend_without_a_price_drop_is_noted() -> None:
    rows = days(100, 100, 100)
    rows[1] |= {"dividend": 20.0}
    assert noted(run(rows)) == [("dividend_not_in_price", after(1))]
    with_dividend = days(100, 82, 82)
    with_dividend[1] |= {"dividend": 20.0}
    small = days(100, 100, 100)
    small[1] |= {"dividend": 2.0}
    for correct in (with_dividend, small):
        assert not noted(run(correct))


def test_negative_crude_oil_price_is_accepted() -> None:
    rows = days(18.27, -37.63, 10.01, 13.78)
    rows[1] |= {"high": 17.85, "low": -40.32, "open": 17.73}
    result = run(rows, OIL)
    assert (quarantined(result), noted(result)) == ([], [])
    assert [reason for reason, _ in quarantined(run(rows))] == ["not_positive"]


def test_index_without_volume_and_equal_closes_of_two_instruments_pass() -> None:
    ids = ("NDX", "IXIC")
    rows = [one | {"instrument_id": i} for i in ids for one in days(12870.0, 12888.28, 12698.45, volume=None)]
    windows = {i: window(replace(COIN, id=i, asset_class="index")) for i in ids}
    normal = normalise(served(rows), windows)
    result = check(normal.bars, normal.conflicts, windows, "run", Context(served(rows)))
    assert (len(result.bars), len(result.quarantine), len(result.findings)) == (6, 0, 0)


def test_new_york_was_closed_on_a_day_of_mourning() -> None:
    calendar = load_calendar("XNYS", date(2025, 12, 31))
    week = calendar.sessions(date(2025, 1, 6), date(2025, 1, 10))
    assert [str(day) for day in week] == ["2025-01-06", "2025-01-07", "2025-01-08", "2025-01-10"]
    rows = [row(date(2025, 1, n), 100.0 + n) for n in (7, 8, 9, 10)]
    result = run(rows, SHARE, window={"at": datetime(2025, 2, 1, tzinfo=UTC)})
    assert noted(result) == [("off_calendar", date(2025, 1, 9))]
    assert len(result.bars) == 4


def test_session_after_the_vendors_own_date_is_quarantined() -> None:
    at = datetime(2024, 1, 4, 12, tzinfo=UTC)
    rows = days(10, 11, 12, 13)  # to 2024-01-05
    result = run(rows, window={"at": at, "vendor_time": at})
    assert quarantined(result) == [("future_date", date(2024, 1, 5))]
    assert len(result.bars) == 2  # the day of the response is not finished
    # a clock set to the past does not make the vendor wrong, and a file has no vendor time
    assert not quarantined(run(rows, window={"at": at, "vendor_time": datetime(2024, 6, 1, tzinfo=UTC)}))
    assert not quarantined(run(rows, window={"at": at}))


def test_tokyo_is_a_day_ahead() -> None:
    at = datetime(2024, 1, 4, 16, tzinfo=UTC)
    tokyo = replace(SHARE, calendar="XTKS")
    assert not quarantined(run([row(date(2024, 1, 5), 10.0)], tokyo, window={"at": at, "vendor_time": at}))
    assert quarantined(run([row(date(2024, 1, 5), 10.0)], SHARE, window={"at": at, "vendor_time": at}))


def test_only_rows_in_another_currency_are_quarantined() -> None:
    result = run(days(10, 11, currency="EUR"))
    assert {reason for reason, _ in quarantined(result)} == {"wrong_currency"}
    assert len(result.quarantine) == 2
    assert not len(result.bars)


def test_unordered_response_is_noted_once() -> None:
    up = days(10, 11, 12, 13)
    assert noted(run([up[0], up[2], up[1], up[3]])) == [("unsorted", after(1))]
    # newest first, or an event after the prices, is an accepted order
    event = row(after(2), None, dividend=0.1)
    for ordered in (up[::-1], [up[0], up[1], up[3], event]):
        assert not noted(run(ordered))


def test_capital_gain_is_noted_with_its_dividend_and_changes_nothing() -> None:
    paid = row(after(1), 16.22, dividend=0.837)
    result = run([row(after(0), 16.92), paid | {"capital_gain": 0.417}])
    assert noted(result) == [("capital_gain", after(1))]
    assert result.findings["message"].to_pylist() == [
        "0.417 of the dividend of 0.837 is a capital gain, counted once"
    ]
    assert result.bars.equals(run([row(after(0), 16.92), paid]).bars)


def test_result_does_not_depend_on_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [f"I{n}" for n in range(7)]
    rows = [
        one | {"instrument_id": i}
        for n, i in enumerate(ids)
        for one in days(10, 11, 1200 if n % 2 else 12, 12)
    ]
    windows = {i: window(replace(COIN, id=i)) for i in ids}
    normal = normalise(served(rows), windows)
    whole = check(normal.bars, normal.conflicts, windows, "run")
    monkeypatch.setattr("marketlake.ingest.checks._SLICE", 6)
    cut = check(normal.bars, normal.conflicts, windows, "run")
    assert whole.bars.equals(cut.bars)
    assert whole.findings.equals(cut.findings)
    assert sorted(quarantined(whole)) == sorted(quarantined(cut)) == [("unit_spike", after(2))] * 3


@pytest.mark.parametrize(("least", "lengths"), [(1, [4, 4, 4]), (4, [4, 4, 4]), (6, [8, 4]), (99, [12])])
def test_slices_are_cut_between_instruments(
    least: int, lengths: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketlake.ingest.checks._SLICE", least)
    table = bars([bar(after(n), 10.0, instrument_id=name) for name in "ABC" for n in range(4)])
    parts = list(slices(table, pa.array([0] * 4 + [1] * 4 + [2] * 4, pa.int32())))
    assert pa.concat_tables(parts).select(table.column_names).equals(table)
    assert [part["place"].to_pylist() for part in parts] == [list(range(length)) for length in lengths]
    assert [n for part in parts for n in part["subject"].to_pylist()] == [0] * 4 + [1] * 4 + [2] * 4


def test_every_check_has_severity_reason_and_remedy() -> None:
    for one in checks():
        assert one.severity in {"fail", "warn"}
        assert one.description[0].isupper()
        assert one.remedy
    for path in sorted((Path(__file__).parents[2] / "src/marketlake/engine/sql/check").glob("*.sql")):
        fields = read_heading(f"check/{path.stem}").fields
        assert list(fields) == ["Severity", "Formula", "Why", "Remedy", "Unit", "Grain", "Source"], path
        assert path.stem in {one.name for one in checks()}
    assert {one.name for one in checks() if one.looks_at == "lake"} == set(LAKE)


FINDINGS: dict[str, dict[str, int]] = {
    "BTC-USD": {"range_spike": 1},
    "ETH-USD": {},
    "^IXIC": {"spike": 1},
    "^GSPC": {"spike": 1},
    "GC=F": {"open_outside_range": 1, "high_just_below_low": 1, "off_calendar": 3},
    "SI=F": {"off_calendar": 4},
    "AAPL": {"spike": 2},
    "NVDA": {},
    "KO": {},
}


@pytest.mark.parametrize("symbol", FINDINGS)
def test_real_prices_are_noted_as_documented(symbol: str) -> None:
    root = Path(os.environ.get("MARKETLAKE_SHARED") or Path(__file__).parents[3] / "shared")
    path = root / "data" / "prices" / f"{symbol}.csv"
    if not path.exists():
        pytest.skip("no real prices next to the project; set MARKETLAKE_SHARED")
    with path.open() as file:
        entries = [{name.lower(): value for name, value in entry.items()} for entry in csv.DictReader(file)]
    rows = [
        row(entry["date"][:10], float(entry["close"]), volume=float(entry.get("volume") or 0) or None)
        | {name: float(entry[name]) for name in ("open", "high", "low")}
        | {
            "dividend": float(entry.get("dividends") or 0),
            "split": float(entry.get("stock splits") or 0) or 1.0,
            "split_adjusted": "stock splits" in entry,
        }
        for entry in entries
    ]
    kind = {"BTC-USD": "crypto", "ETH-USD": "crypto", "GC=F": "metal", "SI=F": "metal"}.get(symbol, "equity")
    instrument = replace(COIN if kind == "crypto" else SHARE, asset_class=kind)
    result = run(rows, instrument, window={"at": datetime(2025, 1, 3, tzinfo=UTC)})
    assert (len(result.bars), len(result.quarantine), result.refused) == (len(rows), 0, {})
    assert Counter(result.findings["check"].to_pylist()) == FINDINGS[symbol]


def shifted(by: int, count: int, start: date = date(2024, 2, 1)) -> Checked:
    """Sessions of New York with their dates shifted by some days."""
    days_due = load_calendar("XNYS", date(2024, 12, 31)).sessions(start, start + timedelta(days=400))
    rows = [
        row(day + timedelta(days=by), 100.0 + n % 3) for n, day in enumerate(days_due[:count].astype(object))
    ]
    return run(rows, SHARE, window={"at": datetime(2025, 5, 1, tzinfo=UTC)})


@pytest.mark.parametrize("by", [1, -1])
@pytest.mark.parametrize("count", [7, 11, 200])
def test_answer_with_shifted_dates_is_quarantined(by: int, count: int) -> None:
    result = shifted(by, count)
    assert {reason for reason, _ in quarantined(result)} == {"shifted_dates"}
    assert not len(result.bars)
    assert "without a session" in str(result.refused["SHARE"])
    assert not len(shifted(0, count).quarantine)


def test_a_day_that_only_the_vendor_trades_on_is_no_shift() -> None:
    days_due = load_calendar("XNYS", date(2024, 12, 31)).sessions(date(2024, 2, 1), date(2024, 3, 20))
    holiday = row(date(2024, 2, 19), 100.0)
    rows = [row(day, 100.0 + n % 3) for n, day in enumerate(days_due.astype(object))]
    assert ("off_calendar", date(2024, 2, 19)) in noted(run([*rows, holiday], SHARE))
    without = [one for one in rows if one["session"] != date(2024, 2, 20)]
    assert ("off_calendar", date(2024, 2, 19)) in noted(run([*without, holiday], SHARE))
