"""Calendar-year returns by hand: bases, conventions, gaps and year ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from marketlake.lake import Lake
from marketlake.model.terms import BASES

from .lakes import BILL, BTC, FUND, NASDAQ, SHARE, bar, make, year_ends

YEAR_END = "convention = 'year_end'"


def returns(lake: Path, where: str) -> list[tuple[object, ...]]:
    text = f"SELECT year, simple_return FROM calendar_year_return WHERE {where} ORDER BY year"
    return list(Lake(lake).query_rows(text).rows)


def test_yearly_return_is_last_close_over_previous_last_close(tmp_path: Path) -> None:
    bars = [bar(BTC, "2018-12-31", 100), bar(BTC, "2019-06-01", 500), bar(BTC, "2019-12-31", 125)]
    lake = make(tmp_path, [BTC], bars)
    answer = Lake(lake).query_rows(
        f"FROM calendar_year_return WHERE basis = 'price' AND {YEAR_END} AND year = 2019"
    )
    row = dict(zip(answer.columns, answer.rows[0], strict=True))
    assert row == {
        "instrument_id": "BTC",
        "year": 2019,
        "basis": "price",
        "convention": "year_end",
        "currency": "USD",
        "simple_return": 0.25,
        "start_session": date(2018, 12, 31),
        "end_session": date(2019, 12, 31),
        "start_close": 100.0,
        "end_close": 125.0,
        "start_level": 100.0,
        "end_level": 125.0,
        "sessions": 2,
        "expected_sessions": 365,
        "complete": True,
        "quality": "gap",
        "through_session": date(2019, 12, 31),
    }


@pytest.mark.parametrize(
    ("ratio", "before", "after"), [(4, 400, 110), (0.1, 5, 55), (1281 / 1000, 128.1, 110)]
)
def test_split_does_not_change_the_return(tmp_path: Path, ratio: float, before: float, after: float) -> None:
    bars = [
        bar(SHARE, "2019-12-31", before),
        bar(SHARE, "2020-08-31", before / ratio, split=ratio),
        bar(SHARE, "2020-12-31", after),
    ]
    lake = make(tmp_path, [SHARE], bars)
    for basis in BASES:
        [_, (_, simple)] = returns(lake, f"basis = '{basis}' AND {YEAR_END}")
        assert simple == pytest.approx(after * ratio / before - 1, rel=1e-12)


def test_dividends_of_a_year_on_three_bases(tmp_path: Path) -> None:
    bars = [
        bar(SHARE, "2019-12-31", 100),
        bar(SHARE, "2020-05-04", 100),
        bar(SHARE, "2020-05-05", 99, dividend=2.0),
        bar(SHARE, "2020-08-31", 49.5, split=2.0, dividend=0.5),
        bar(SHARE, "2020-12-31", 60),
    ]
    lake = make(tmp_path, [SHARE], bars)
    price, total, vendor = (returns(lake, f"basis = '{b}' AND {YEAR_END}")[1][1] for b in BASES)
    assert price == pytest.approx(60 * 2 / 100 - 1, rel=1e-12)
    assert total == pytest.approx(1.2 * (101 / 99) * (50 / 49.5) - 1, rel=1e-12)
    # on 31 August one old share at 99 became two, each paid 0.50
    assert vendor == pytest.approx(1.2 * (100 / 98) * (99 / 98) - 1, rel=1e-12)


def test_index_equals_the_close_without_events(tmp_path: Path) -> None:
    closes = [0.1 + 0.2, 1 / 3, 12888.28]
    bars = [bar(SHARE, date(2020, 1, 2 + n), close) for n, close in enumerate(closes)]
    lake = make(tmp_path, [SHARE], bars)
    text = "SELECT price_index, total_index, vendor_adjusted_index FROM return_index ORDER BY session"
    assert Lake(lake).query_rows(text).rows == tuple((c, c, c) for c in closes)


def test_the_other_conventions(tmp_path: Path) -> None:
    bars = [
        *[bar(BTC, date(2019, 12, day), 100 + day) for day in range(1, 32)],
        *[bar(BTC, date(2020, month, 1), 200.0) for month in range(1, 12)],
        *[bar(BTC, date(2020, 12, day), 300 + day) for day in range(1, 32)],
    ]
    lake = make(tmp_path, [BTC], bars)
    assert returns(lake, "basis = 'price' AND convention = 'first_to_last'")[1] == (2020, 331 / 200 - 1)
    average = Lake(lake).query_rows(
        "FROM calendar_year_return WHERE convention = 'december_average' AND year = 2020"
    )
    row = dict(zip(average.columns, average.rows[0], strict=True))
    assert row["simple_return"] == pytest.approx(316 / 116 - 1, rel=1e-12)
    assert (row["start_session"], row["end_session"]) == (date(2019, 12, 1), date(2020, 12, 31))
    assert (row["complete"], row["quality"], row["sessions"], row["expected_sessions"]) == (True, "", 62, 62)


def test_half_a_december_is_incomplete(tmp_path: Path) -> None:
    bars = [bar(BTC, date(year, 12, day), 100.0) for year in (2019, 2020) for day in range(15, 32)]
    lake = make(tmp_path, [BTC], bars)
    where = "convention = 'december_average' AND basis = 'price' AND year = 2020"
    text = f"SELECT complete, quality FROM calendar_year_return WHERE {where}"
    assert Lake(lake).query_rows(text).rows == ((False, "partial"),)


def test_a_year_is_complete_only_with_the_calendars_last_session_at_both_ends(tmp_path: Path) -> None:
    # 2022 ended on Friday 30 December in New York and a day later for crypto
    bars = [bar(i, day, 10) for i in (BTC, NASDAQ) for day in ("2021-12-31", "2022-12-30", "2023-12-29")]
    lake = make(tmp_path, [BTC, NASDAQ], bars)
    text = f"""SELECT instrument_id, year, complete, quality FROM calendar_year_return
        WHERE basis = 'price' AND {YEAR_END} AND year >= 2022 ORDER BY ALL"""
    assert Lake(lake).query_rows(text).rows == (
        ("BTC", 2022, False, "partial"),
        ("BTC", 2023, False, "partial"),
        ("NASDAQ", 2022, True, "gap"),
        ("NASDAQ", 2023, True, "gap"),
    )


def test_first_year_has_no_return_and_is_partial(tmp_path: Path) -> None:
    lake = make(tmp_path, [BTC], year_ends(BTC, {2019: 1.0, 2021: 2.0}))
    text = f"""SELECT year, simple_return, complete, quality FROM calendar_year_return
        WHERE basis = 'price' AND {YEAR_END} ORDER BY year"""
    assert Lake(lake).query_rows(text).rows == (
        (2019, None, False, "partial"),
        (2021, None, False, "partial"),
    )


def test_a_full_year_has_no_flag_and_a_missing_session_is_a_gap(tmp_path: Path) -> None:
    days = [date.fromordinal(n) for n in range(date(2019, 12, 31).toordinal(), date(2021, 1, 1).toordinal())]
    full = replace(BTC, id="FULL")
    bars = [bar(full, day, 1.0) for day in days] + [bar(BTC, day, 1.0) for day in days if day != days[40]]
    lake = make(tmp_path, [BTC, full], bars)
    text = f"""SELECT instrument_id, sessions, quality FROM calendar_year_return
        WHERE basis = 'price' AND {YEAR_END} AND year = 2020 ORDER BY ALL"""
    assert Lake(lake).query_rows(text).rows == (("BTC", 365, "gap"), ("FULL", 366, ""))


def test_session_outside_the_calendar_does_not_hide_a_gap(tmp_path: Path) -> None:
    saturday = bar(NASDAQ, "2020-02-29", 10)
    lake = make(tmp_path, [NASDAQ], [*year_ends(NASDAQ, {2019: 10.0, 2020: 11.0}), saturday])
    text = f"SELECT sessions FROM calendar_year_return WHERE basis = 'price' AND {YEAR_END} AND year = 2020"
    assert Lake(lake).query_rows(text).rows == ((1,),)


def test_total_return_series_has_only_the_total_basis(tmp_path: Path) -> None:
    lake = make(tmp_path, [FUND], year_ends(FUND, {2019: 100.0, 2020: 107.0}))
    text = f"SELECT DISTINCT basis FROM calendar_year_return WHERE {YEAR_END}"
    assert Lake(lake).query_rows(text).rows == (("total",),)
    assert returns(lake, YEAR_END)[1][1] == pytest.approx(0.07, rel=1e-12)


def test_price_index_is_flagged_on_total_bases(tmp_path: Path) -> None:
    lake = make(tmp_path, [NASDAQ], year_ends(NASDAQ, {2019: 100.0, 2020: 107.0}))
    text = f"SELECT basis, quality FROM calendar_year_return WHERE {YEAR_END} AND year = 2020 ORDER BY basis"
    assert Lake(lake).query_rows(text).rows == (
        ("price", "gap"),
        ("total", "gap,price_index"),
        ("vendor_adjusted", "gap,price_index"),
    )


def test_non_positive_close_has_no_index_and_later_rows_continue(tmp_path: Path) -> None:
    oil = replace(SHARE, id="OIL", negative_prices=True)
    bars = [
        bar(oil, "2019-12-31", 61.06),
        bar(oil, "2020-04-20", -37.63),
        bar(oil, "2020-04-21", 0.0),
        bar(oil, "2020-12-31", 48.52),
        bar(oil, "2021-12-31", -1.0),
    ]
    lake = make(tmp_path, [oil], bars)
    index = Lake(lake).query_rows("SELECT price_index FROM return_index ORDER BY session").rows
    assert index == ((61.06,), (None,), (None,), (48.52,), (None,))
    answer = returns(lake, f"basis = 'price' AND {YEAR_END}")
    assert [simple for _, simple in answer] == [None, pytest.approx(48.52 / 61.06 - 1, rel=1e-12), None]
    text = f"SELECT quality FROM calendar_year_return WHERE year = 2021 AND basis = 'price' AND {YEAR_END}"
    assert Lake(lake).query_rows(text).rows == (("gap,no_price",),)


def test_dividend_above_the_price_ends_the_vendor_adjusted_index(tmp_path: Path) -> None:
    bars = [
        bar(SHARE, "2020-01-02", 10),
        bar(SHARE, "2020-01-03", 1, dividend=12.0),
        bar(SHARE, "2020-01-06", 2),
    ]
    lake = make(tmp_path, [SHARE], bars)
    text = "SELECT total_index, vendor_adjusted_index FROM return_index ORDER BY session"
    rows = Lake(lake).query_rows(text).rows
    assert [vendor for _, vendor in rows] == [10.0, None, None]
    assert rows[2][0] == pytest.approx(26.0, rel=1e-12)


def test_a_yield_has_no_return(tmp_path: Path) -> None:
    lake = make(tmp_path, [BILL], year_ends(BILL, {2019: 1.5, 2020: 0.1}))
    assert Lake(lake).query_rows("FROM calendar_year_return").rows == ()


@pytest.mark.parametrize(
    ("synthetic", "basis", "convention", "simulated"),
    [
        ("daily", "price", "year_end", False),
        ("daily", "total", "year_end", False),
        ("daily", "vendor_adjusted", "year_end", True),
        ("daily", "price", "first_to_last", True),
        ("daily", "price", "december_average", True),
        ("all", "price", "year_end", True),
        ("no", "price", "first_to_last", False),
    ],
)
def test_simulated_returns_are_flagged(
    tmp_path: Path, synthetic: str, basis: str, convention: str, simulated: bool
) -> None:
    share = replace(SHARE, synthetic=synthetic)
    lake = make(tmp_path, [share], year_ends(share, {2019: 1.0, 2020: 2.0}))
    where = f"basis = '{basis}' AND convention = '{convention}' AND year = 2020"
    [(quality,)] = Lake(lake).query_rows(f"SELECT quality FROM calendar_year_return WHERE {where}").rows
    assert ("simulated" in quality) is simulated


def test_proxy_is_flagged(tmp_path: Path) -> None:
    stand_in = replace(SHARE, proxy_for="private credit")
    lake = make(tmp_path, [stand_in], year_ends(stand_in, {2019: 1.0, 2020: 2.0}))
    text = f"SELECT quality FROM calendar_year_return WHERE year = 2020 AND basis = 'price' AND {YEAR_END}"
    assert Lake(lake).query_rows(text).rows == (("gap,proxy",),)
