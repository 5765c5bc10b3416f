"""Years won in a matrix: against `compare` of each pair, and which years count."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from marketlake.lake import Lake
from marketlake.model.errors import EmptyLakeError, UsageError

from ..lakes import BILL, BTC, CPI, EUR, FUND, NASDAQ, NOW, SHARE, build, make, write, year_ends

pytestmark = pytest.mark.slow

GOLD = replace(BTC, id="GOLD", asset_class="metal", calendar="XNYS")
CLOSES = {
    BTC: {2016: 10.0, 2017: 30, 2018: 20, 2019: 25, 2020: 60, 2021: 90},
    NASDAQ: {2017: 100.0, 2018: 95, 2019: 130, 2020: 180, 2021: 220},
    GOLD: {2016: 5.0, 2017: 6, 2018: 5.7, 2019: 7, 2020: 9, 2021: 8},
    FUND: {2018: 50.0, 2019: 60, 2020: 61, 2021: 70},
    EUR: {2016: 1.05, 2017: 1.2, 2018: 1.15, 2019: 1.12, 2020: 1.22, 2021: 1.13},
    CPI: {2016: 241.0, 2017: 246, 2018: 251, 2019: 257, 2020: 260, 2021: 279},
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bars = [row for instrument, closes in CLOSES.items() for row in year_ends(instrument, closes)]
    return make(tmp_path_factory.mktemp("years"), [*CLOSES, BILL], bars)


@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"currency": "EUR"},
        {"real": True},
        {"basis": "total"},
        {"convention": "december_average"},
        {"as_of": datetime(2021, 6, 1, tzinfo=NOW.tzinfo)},
    ],
)
def test_every_pair_equals_compare(lake: Path, terms: dict[str, Any]) -> None:
    answer = Lake(lake).matrix(**terms)
    assert answer.instruments == ("BTC", "NASDAQ", "GOLD", "FUND", "EUR")
    for a, b in combinations(answer.instruments, 2):
        two, pair = Lake(lake).compare([a, b], **terms), answer.pair(a, b)
        assert (pair.a_wins, pair.b_wins, pair.years) == (*two.wins.values(), two.years)
        judged = [row.year for row in two.rows if row.winner]
        assert (pair.first_year, pair.last_year) == (min(judged), max(judged)) if judged else (None, None)


def test_only_whole_years_in_the_window_are_counted(lake: Path) -> None:
    assert Lake(lake).matrix(["BTC", "GOLD"]).pair("BTC", "GOLD").years == 5
    window = {"start": date(2018, 1, 2), "end": date(2021, 12, 30)}
    pair = Lake(lake).matrix(["BTC", "GOLD"], **window).pair("BTC", "GOLD")
    assert (pair.first_year, pair.last_year, pair.years) == (2019, 2020, 2)


def test_instrument_against_itself_always_ties(lake: Path) -> None:
    won = Lake(lake).matrix(["BTC", "NASDAQ"]).won
    assert (won.wins[0, 0], won.ties[0, 0], won.years[0, 0]) == (0, 5, 5)
    assert (won.wins + won.wins.T + won.ties == won.years).all()


def test_simulated_years_are_not_judged(tmp_path: Path) -> None:
    made_up = replace(GOLD, synthetic="all")
    bars = [*year_ends(BTC, CLOSES[BTC]), *year_ends(made_up, CLOSES[GOLD])]
    answer = Lake(make(tmp_path, [BTC, made_up], bars)).matrix()
    pair = answer.pair("BTC", "GOLD")
    assert (pair.years, pair.a_wins, pair.first_year, pair.quality) == (0, 0, None, "gap,simulated")
    assert any("made up and give no verdict (GOLD)" in note for note in answer.notes)


def test_mixture_of_return_bases_is_noted(lake: Path) -> None:
    answer = Lake(lake).matrix(["BTC", "NASDAQ", "FUND"])
    assert answer.bases == {"BTC": "price", "NASDAQ": "price", "FUND": "total"}
    assert "a mixture: price return of BTC, NASDAQ against total return of FUND" in answer.notes
    total = Lake(lake).matrix(["BTC", "NASDAQ"], basis="total")
    assert total.pair("BTC", "NASDAQ").quality == "gap,price_index"


def test_instruments_without_bars_are_omitted_unless_requested(tmp_path: Path) -> None:
    stored = [*year_ends(BTC, CLOSES[BTC]), *year_ends(GOLD, CLOSES[GOLD])]
    lake = make(tmp_path, [SHARE, BTC, GOLD], stored)
    answer = Lake(lake).matrix()
    assert answer.instruments == ("BTC", "GOLD")
    assert "no bars are stored of SHARE" in answer.notes
    with pytest.raises(EmptyLakeError, match="SHARE"):
        Lake(lake).matrix(["BTC", "SHARE"])


def test_empty_lake_suggests_run(tmp_path: Path) -> None:
    write(tmp_path, [BTC, GOLD], [])
    build(tmp_path, [BTC, GOLD])
    with pytest.raises(EmptyLakeError, match="marketlake run"):
        Lake(tmp_path).matrix()


@pytest.mark.parametrize(
    ("ids", "terms", "message"),
    [
        (["BTC"], {}, "two instruments or more"),
        (["BTC", "GOLD", "BTC"], {}, "BTC is named twice"),
        (["BTC", "BILL"], {}, "BILL is a yield"),
        (["BTC", "GLOD"], {}, "did you mean GOLD"),
        ([], {"frequency": "hourly"}, "daily, weekly, monthly"),
        ([], {"start": date(2021, 1, 1), "end": date(2020, 1, 1)}, "swap them"),
        ([], {"currency": "JPY"}, "no reference rates for JPY"),
        ([], {"strict": True}, "give as_of too"),
    ],
)
def test_invalid_arguments_are_usage_errors(
    lake: Path, ids: list[str], terms: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        Lake(lake).matrix(ids, **terms)


def test_pair_outside_the_matrix_is_refused(lake: Path) -> None:
    with pytest.raises(UsageError, match="GOLD is not in this matrix of BTC, NASDAQ"):
        Lake(lake).matrix(["BTC", "NASDAQ"]).pair("BTC", "GOLD")
