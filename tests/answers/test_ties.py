"""Returns that differ by rounding are equal wherever a winner, a rank or a claim is decided."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from marketlake.answers.compare import lead_of
from marketlake.claims.claim import WinsClaim
from marketlake.engine.sql_text import statement
from marketlake.lake import Lake

from .lakes import BTC, CPI, make, year_ends

pytestmark = pytest.mark.slow

TWIN = replace(BTC, id="TWIN")
TENTHS = {2019: 0.1, 2020: 0.3, 2021: 0.9}
WHOLE = {2019: 1.0, 2020: 3.0, 2021: 9.0}
"""The same returns on paper; 0.3 / 0.1 is 2.9999999999999996."""
CLAIMS = [
    WinsClaim(f"{a}_AHEAD", "a beats b", "us", "2022", 2020, 2021, a=a, b=b, at_least=1)
    for a, b in (("BTC", "TWIN"), ("TWIN", "BTC"))
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bars = [
        *year_ends(BTC, TENTHS),
        *year_ends(TWIN, WHOLE),
        *year_ends(CPI, dict.fromkeys((2019, 2020, 2021), 7.0)),
    ]
    return make(tmp_path_factory.mktemp("ties") / "lake", [BTC, TWIN, CPI], bars, claims=CLAIMS)


def test_the_returns_differ_by_rounding(lake: Path) -> None:
    first, second = (Lake(lake).compare(["BTC", "TWIN"]).returns_of(name) for name in ("BTC", "TWIN"))
    assert first != second
    assert first == pytest.approx(second, abs=1e-15)


@pytest.mark.parametrize("real", [False, True])
def test_compare_is_a_tie(lake: Path, real: bool) -> None:
    answer = Lake(lake).compare(["BTC", "TWIN"], real=real)
    assert [(row.winner, row.lead) for row in answer.rows] == [("tie", 0.0)] * 2
    assert (answer.wins, answer.verdict) == ({"BTC": 0, "TWIN": 0}, "tie")


def test_sql_is_a_tie(lake: Path) -> None:
    rows = Lake(lake).query_rows("SELECT winner FROM compare('BTC', 'TWIN')").rows
    assert rows == (("tie",), ("tie",))


def test_the_matrix_counts_ties(lake: Path) -> None:
    pair = Lake(lake).matrix(["BTC", "TWIN"]).pair("BTC", "TWIN")
    assert (pair.a_wins, pair.b_wins, pair.ties, pair.years) == (0, 0, 2, 2)


def test_neither_claim_holds_under_any_reading(lake: Path) -> None:
    for table in ("claim_grid", "claim_window"):
        found = Lake(lake).query_rows(f"SELECT DISTINCT wins FROM {table} WHERE years = 2").rows
        assert found == ((0,),), table


@pytest.mark.parametrize(
    ("x", "y", "lead"),
    [
        (0.1, 0.1 + 1e-13, 0.0),
        (1e6, 1e6 + 1e-7, 0.0),
        (0.1, 0.1 + 1e-11, -1e-11),
        (-1.0, 2.0, -3.0),
    ],
)
def test_the_lead_is_absolute_and_relative(lake: Path, x: float, y: float, lead: float) -> None:
    assert lead_of(x, y) == pytest.approx(lead, rel=1e-4)
    text = f"SELECT {statement('shared/lead')} FROM (SELECT {x!r}::DOUBLE AS simple_return) AS x, "
    [(same,)] = Lake(lake).query_rows(f"{text}(SELECT {y!r}::DOUBLE AS simple_return) AS y").rows
    assert same == lead_of(x, y)
