"""Three or more instruments by calendar year: winner, lead and figures over all years."""

from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from marketlake.lake import Lake
from marketlake.model.errors import EmptyLakeError, UsageError

from ..lakes import BILL, BTC, CPI, FUND, NASDAQ, SHARE, bar, make, year_ends
from .walks import make_lake, random_prices

GOLD = replace(BTC, id="GOLD", asset_class="metal", calendar="XNYS")
A = {2017: 50.0, 2018: 100.0, 2019: 150.0, 2020: 120.0, 2021: 240.0}
B = {2018: 10.0, 2019: 11.0, 2020: 22.0, 2021: 33.0}
C = {2018: 4.0, 2019: 5.0, 2020: 4.0, 2021: 8.0}
IDS = ("BTC", "NASDAQ", "GOLD")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bars = [*year_ends(BTC, A), *year_ends(NASDAQ, B), *year_ends(GOLD, C)]
    return make(tmp_path_factory.mktemp("many"), [BTC, NASDAQ, GOLD, SHARE, BILL], bars)


def test_winner_and_lead_over_the_runner_up(lake: Path) -> None:
    answer = Lake(lake).compare(IDS, risk=True)
    assert [(row.year, row.winner, row.runner_up) for row in answer.rows] == [
        (2019, "BTC", "GOLD"),
        (2020, "NASDAQ", None),
        (2021, "tie", None),
    ]
    assert [row.lead for row in answer.rows] == pytest.approx([0.25, 1.2, 0.0], rel=1e-12)
    assert (answer.wins, answer.years, answer.verdict) == ({"BTC": 1, "NASDAQ": 1, "GOLD": 0}, 3, "tie")
    first = answer.rows[0].returns[1]
    assert (first.instrument_id, first.end_session, first.complete) == ("NASDAQ", date(2019, 12, 31), True)


def test_incomplete_year_is_shown_but_not_judged(lake: Path) -> None:
    answer = Lake(lake).compare(IDS, start=2018, end=2019, risk=True)
    early = answer.rows[0]
    assert (early.complete, early.winner, early.runner_up, early.lead) == (False, None, None, None)
    assert [one.simple_return for one in early.returns] == [pytest.approx(1.0), None, None]
    assert [one.complete for one in early.returns] == [True, False, False]
    assert answer.years == 1
    assert "not complete for all and not counted: 2018" in answer.notes


def test_lead_of_two_instruments_is_their_difference(lake: Path) -> None:
    plain, more = Lake(lake).compare(["BTC", "NASDAQ"]), Lake(lake).compare(["BTC", "NASDAQ"], risk=True)
    for row in plain.rows:
        assert row.difference is not None
        assert row.lead == pytest.approx(abs(row.difference), abs=1e-15)
    assert (plain.risk, {**more.to_dict(), "risk": None}) == (None, plain.to_dict())
    with pytest.raises(KeyError, match="no GOLD in this comparison"):
        plain.returns_of("GOLD")


@pytest.mark.slow
@pytest.mark.parametrize("terms", [{}, {"sessions": "shared"}, {"basis": "total"}])
def test_risk_equals_metrics_over_the_same_window(tmp_path: Path, terms: dict[str, str]) -> None:
    lake = make_lake(tmp_path, random_prices())
    ids = ["BTC", "NASDAQ", "SHARE"]
    answer = Lake(lake).compare(ids, risk=True, **terms)
    assert [row.year for row in answer.rows] == [2020, 2021]
    assert answer.risk is not None
    assert (answer.risk.start, answer.risk.end) == (date(2020, 1, 1), date(2021, 12, 31))
    expected = Lake(lake).metrics(
        ids, start=answer.risk.start, end=answer.risk.end, benchmark="BTC", deepest=0, **terms
    )
    for figure in answer.risk.figures:
        assert figure == expected.figure(figure.instrument_id, figure.metric)
    for place, name in enumerate(ids):
        grown = math.prod(1 + (row.returns[place].simple_return or math.nan) for row in answer.rows)
        total = answer.risk.figure(name, "total_return").value
        assert total == pytest.approx(grown - 1, abs=1e-12)
        assert answer.risk.figure(name, "cagr").value == pytest.approx(math.sqrt(grown) - 1, abs=1e-12)
    with pytest.raises(KeyError, match="correlation"):
        answer.risk.figure("BTC", "correlation")


def test_shared_sessions_are_those_of_all_instruments(tmp_path: Path) -> None:
    closes = {
        BTC: {"2020-12-30": 10, "2020-12-31": 11, "2021-12-30": 20, "2021-12-31": 30},
        NASDAQ: {"2020-12-30": 5, "2020-12-31": 6, "2021-12-30": 7, "2021-12-31": 9},
        GOLD: {"2020-12-30": 1, "2021-12-30": 2, "2021-12-31": 3},
    }
    bars = [bar(i, day, price) for i, prices in closes.items() for day, price in prices.items()]
    answer = Lake(make(tmp_path, list(closes), bars)).compare(
        IDS, start=2021, end=2021, sessions="shared", risk=True
    )
    returns = {one.instrument_id: one for one in answer.rows[0].returns}
    assert {one.start_session for one in returns.values()} == {date(2020, 12, 30)}
    assert [one.simple_return for one in returns.values()] == pytest.approx([2, 0.8, 2], rel=1e-12)
    assert "shared sessions are those that all 3 instruments have" in answer.notes


@pytest.mark.slow
def test_real_returns_and_another_convention(tmp_path: Path) -> None:
    prices = {2018: 100.0, 2019: 110.0, 2020: 121.0}
    bars = [*year_ends(BTC, A), *year_ends(NASDAQ, B), *year_ends(GOLD, C), *year_ends(CPI, prices)]
    lake = make(tmp_path, [BTC, NASDAQ, GOLD, CPI], bars)
    real = Lake(lake).compare(IDS, start=2019, end=2019, real=True, risk=True)
    returns = [one.simple_return for one in real.rows[0].returns]
    assert returns == pytest.approx([1.5 / 1.1 - 1, 0.0, 1.25 / 1.1 - 1], abs=1e-12)
    within = Lake(lake).compare(IDS, start=2019, end=2019, convention="first_to_last", risk=True)
    assert [one.simple_return for one in within.rows[0].returns] == [0.0, 0.0, 0.0]
    assert within.rows[0].winner is None


@pytest.mark.slow
def test_simulated_instrument_gives_no_verdict(tmp_path: Path) -> None:
    invented = replace(GOLD, synthetic="all")
    bars = [*year_ends(BTC, A), *year_ends(NASDAQ, B), *year_ends(invented, C)]
    answer = Lake(make(tmp_path, [BTC, NASDAQ, invented], bars)).compare(IDS, risk=True)
    assert (answer.years, answer.verdict) == (0, None)
    assert any("give no verdict (2019, 2020, 2021)" in note for note in answer.notes)


def test_mixture_of_return_bases_is_noted(tmp_path: Path) -> None:
    lake = make(
        tmp_path, [BTC, NASDAQ, FUND], [*year_ends(BTC, A), *year_ends(NASDAQ, B), *year_ends(FUND, C)]
    )
    answer = Lake(lake).compare(["BTC", "NASDAQ", "FUND"], risk=True)
    assert answer.bases == {"BTC": "price", "NASDAQ": "price", "FUND": "total"}
    assert "a mixture: price return of BTC, NASDAQ against total return of FUND" in answer.notes


def test_answer_is_frozen_and_serialises_to_json(lake: Path) -> None:
    comparison = Lake(lake).compare(IDS, risk=True)
    answer = json.loads(json.dumps(comparison.to_dict()))
    assert answer["instruments"] == list(IDS)
    assert answer["wins"] == {"BTC": 1, "NASDAQ": 1, "GOLD": 0}
    assert set(answer["rows"][0]) == {
        *("year", "complete", "winner", "runner_up", "lead", "difference", "quality", "returns"),
    }
    assert answer["rows"][0]["returns"][0]["end_session"] == "2019-12-31"
    assert answer["risk"]["figures"][0]["metric"] == "total_return"
    with pytest.raises(FrozenInstanceError, match="basis"):
        comparison.basis = "total"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["BTC"], "two instruments or more"),
        (["BTC", "GOLD", "BTC"], "BTC is named twice; name each instrument once"),
        (["BTC", "BTC"], "with itself"),
        (["BTC", "NASDAQ", "GLOD"], "did you mean GOLD"),
        (["BTC", "NASDAQ", "BILL"], "BILL is a yield"),
    ],
)
def test_invalid_arguments_are_usage_errors(lake: Path, ids: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Lake(lake).compare(ids, risk=True)


def test_instrument_without_bars_is_named(lake: Path) -> None:
    with pytest.raises(EmptyLakeError, match="SHARE"):
        Lake(lake).compare(["BTC", "NASDAQ", "SHARE"], risk=True)


def test_no_figures_without_a_common_year(tmp_path: Path) -> None:
    bars = [
        *year_ends(BTC, A),
        *year_ends(NASDAQ, {2020: 1.0, 2021: 2.0}),
        *year_ends(GOLD, {2017: 1.0, 2018: 2.0}),
    ]
    answer = Lake(make(tmp_path, [BTC, NASDAQ, GOLD], bars)).compare(IDS, risk=True)
    assert (answer.rows, answer.risk, answer.years) == ((), None, 0)
    assert "no year is complete for all" in answer.notes


def test_returns_equal_manual_calculation(lake: Path) -> None:
    rows = Lake(lake).compare(IDS, risk=True).rows
    returns = np.array([[one.simple_return for one in row.returns] for row in rows])
    closes = np.array([[A[y], B[y], C[y]] for y in range(2018, 2022)])
    assert returns == pytest.approx(closes[1:] / closes[:-1] - 1, abs=1e-12)
