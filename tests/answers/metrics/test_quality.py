"""Quality flags: gaps, stale, simulated and proxy data, missing rates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from marketlake.lake import Lake

from ..lakes import BTC, CPI, EUR, FUND, NOW, SHARE, bar
from .macro import macro_call
from .walks import INDEX, PROXY, WEEKDAYS, WINDOW, every_day, lay, rewrite, value, walk

pytestmark = pytest.mark.slow

TODAY = NOW.date()
RECENT = every_day(TODAY - timedelta(days=1), TODAY - timedelta(days=60))


def test_partial_flag_when_an_instrument_starts_in_the_window(pair: Path) -> None:
    answer = Lake(pair).metrics(["BTC", "SHARE"], **WINDOW)
    figure = answer.figure("SHARE", "volatility")
    assert figure.first_session == WEEKDAYS[40]
    assert "partial" in figure.quality
    assert answer.figure("BTC", "volatility").quality == ""
    assert any("SHARE" in note and "window" in note for note in answer.notes)


def test_quality_flags_gap_no_rate_proxy_price_index_and_simulated(desk: Path) -> None:
    days = [d for d in every_day() if d != date(2021, 5, 5)]
    rates = [row for row in walk(EUR, every_day()) if row["session"] < date(2021, 9, 1)]
    rows = [row for i in (BTC, INDEX, PROXY) for row in walk(i, days if i is BTC else every_day())]
    lake = rewrite(desk, rows + rates)
    answer = Lake(lake).metrics(["BTC", "INDEX", "PROXY"], basis="total", benchmark="PROXY", **WINDOW)
    assert answer.figure("BTC", "volatility").quality == "gap"
    assert answer.figure("BTC", "volatility").n == 364
    assert answer.figure("INDEX", "volatility").quality == "price_index"
    assert answer.figure("INDEX", "volatility").basis == "price"
    # published year ends: the whole year is a fact, the days between are not
    assert answer.figure("PROXY", "cagr").quality == "proxy"
    assert answer.figure("PROXY", "sharpe").quality == "proxy,simulated"
    assert answer.figure("BTC", "beta").quality == "gap,proxy,simulated"
    assert any(note.startswith("a mixture") for note in answer.notes)
    euro = Lake(lake).metrics(["BTC"], currency="EUR", **WINDOW)
    assert euro.figure("BTC", "volatility").quality == "gap,no_rate"
    assert euro.figure("BTC", "volatility").last_session == date(2021, 9, 7)
    whole = euro.figure("BTC", "total_return")
    assert (whole.value, whole.reason) == (None, "no reference rate at an end of the window")


def test_real_returns_of_whole_years_use_december_prices(desk: Path) -> None:
    prices = [bar(CPI, date(2020 + n // 12, n % 12 + 1, 1), 100.0 + n) for n in range(30)]
    rows = [bar(BTC, "2020-12-31", 100.0), bar(BTC, "2021-06-30", 120.0), bar(BTC, "2021-12-31", 150.0)]
    answer = Lake(rewrite(desk, rows + prices)).metrics(["BTC"], real=True, **WINDOW)
    assert value(answer, "BTC", "total_return") == pytest.approx(1.5 * 111 / 123 - 1, rel=1e-12)
    # within the year by what was published last: November, May and November
    assert value(answer, "BTC", "best_period") == pytest.approx(150 / 120 * (116 / 122) - 1, rel=1e-12)
    assert value(answer, "BTC", "worst_period") == pytest.approx(120 / 100 * (110 / 116) - 1, rel=1e-12)


def test_total_return_fund_next_to_a_price_is_noted(desk: Path) -> None:
    lake = rewrite(desk, walk(FUND, WEEKDAYS) + walk(SHARE, WEEKDAYS, 2))
    answer = Lake(lake).metrics(["FUND", "SHARE"], **WINDOW)
    assert [answer.figure(i, "cagr").basis for i in ("FUND", "SHARE")] == ["total", "price"]
    assert "a mixture: total return of FUND against price return of SHARE" in answer.notes


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To the day before the build; LATE and DELISTED end six sessions earlier, TOLERABLE five."""
    stored = [BTC, *(replace(BTC, id=name) for name in ("LATE", "TOLERABLE"))]
    stored.append(replace(BTC, id="DELISTED", until=RECENT[-7]))
    days = {"BTC": RECENT, "LATE": RECENT[:-6], "TOLERABLE": RECENT[:-5], "DELISTED": RECENT[:-6]}
    rows = [row for i in stored for row in walk(i, days[i.id])]
    return lay(tmp_path_factory.mktemp("fresh"), stored, rows)


def stale(lake: Path, **window: date) -> set[str]:
    answer = Lake(lake).metrics(["BTC", "LATE", "TOLERABLE", "DELISTED"], benchmark="BTC", **window)
    marked = {f.instrument_id for f in answer.figures if "stale" in f.quality.split(",")}
    assert any("is more than 5 sessions old" in note for note in answer.notes) == bool(marked)
    return marked


def test_stale_flag_after_more_than_five_sessions(fresh: Path) -> None:
    # the window that all share ends where LATE does, yet only LATE is behind
    assert stale(fresh) == {"LATE"}
    assert stale(fresh, end=TODAY) == {"LATE"}
    assert stale(fresh, end=TODAY - timedelta(days=1)) == {"LATE"}


def test_macros_set_the_stale_flag(fresh: Path) -> None:
    for end, marked in ((TODAY, True), (RECENT[-20], False)):
        call = macro_call("volatility", ["LATE"], start=RECENT[3], end=end)
        answer = Lake(fresh).query_rows(call)
        assert [row[answer.columns.index("quality")] == "partial,stale" for row in answer.rows] == [marked]


def test_window_that_ended_earlier_is_not_stale(fresh: Path) -> None:
    assert stale(fresh, end=RECENT[-2]) == set()
    assert stale(fresh, end=RECENT[-20]) == set()


def test_no_stale_flag_as_of_an_earlier_moment(fresh: Path) -> None:
    earlier = Lake(fresh).metrics(["LATE"], as_of=NOW - timedelta(days=4))
    assert not any("stale" in figure.quality for figure in earlier.figures)
    assert all("stale" in figure.quality for figure in Lake(fresh).metrics(["LATE"]).figures)
