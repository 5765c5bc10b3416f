"""Two instruments side by side: the window, both session rules, notes, and what cannot be asked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from marketlake.lake import Lake
from marketlake.model.errors import CorruptLakeError, EmptyLakeError, UsageError
from marketlake.store.writer import open_manifest

from .lakes import BILL, BTC, FUND, NASDAQ, SHARE, bar, make, year_ends

A = {2018: 100.0, 2019: 150.0, 2020: 120.0, 2021: 240.0}
B = {2018: 10.0, 2019: 11.0, 2020: 22.0, 2021: 33.0}


def make_pair(lake: Path) -> Path:
    return make(lake, [BTC, NASDAQ, SHARE], [*year_ends(BTC, A), *year_ends(NASDAQ, B)])


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tests must not change it."""
    return make_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture
def own_lake(tmp_path: Path) -> Path:
    """The same, to be changed."""
    return make_pair(tmp_path)


def test_compare_defaults_to_years_complete_for_both(lake: Path) -> None:
    answer = Lake(lake).compare(["BTC", "NASDAQ"])
    assert [row.year for row in answer.rows] == [2019, 2020, 2021]
    assert [row.winner for row in answer.rows] == ["BTC", "NASDAQ", "BTC"]
    assert (answer.wins, answer.years, answer.verdict) == ({"BTC": 2, "NASDAQ": 1}, 3, "BTC")
    snapshot = open_manifest(lake).snapshot
    assert (answer.currency, answer.snapshot, answer.origin) == ("USD", snapshot, "live")
    first = answer.rows[0]
    assert (first.returns[0].simple_return, first.returns[1].simple_return) == pytest.approx(
        (0.5, 0.1), rel=1e-12
    )
    assert first.difference == pytest.approx(0.4, rel=1e-12)
    assert (first.returns[0].start_session, first.returns[0].end_session) == (
        date(2018, 12, 31),
        date(2019, 12, 31),
    )


def test_year_outside_the_stored_range_is_listed_as_incomplete(lake: Path) -> None:
    answer = Lake(lake).compare(["BTC", "NASDAQ"], start=2021, end=2022)
    assert [(row.year, row.complete, row.winner) for row in answer.rows] == [
        (2021, True, "BTC"),
        (2022, False, None),
    ]
    assert answer.rows[1].quality == "missing"
    assert (answer.years, answer.verdict) == (1, "BTC")
    assert any("2022" in note for note in answer.notes)


def test_equal_returns_are_a_tie(tmp_path: Path) -> None:
    twin = replace(BTC, id="TWIN")
    lake = make(tmp_path, [BTC, twin], [*year_ends(BTC, A), *year_ends(twin, A)])
    answer = Lake(lake).compare(["BTC", "TWIN"])
    assert {row.winner for row in answer.rows} == {"tie"}
    assert (answer.wins, answer.years, answer.verdict) == ({"BTC": 0, "TWIN": 0}, 3, "tie")


def test_answer_serialises_to_json(lake: Path) -> None:
    answer = json.loads(json.dumps(Lake(lake).compare(["BTC", "NASDAQ"]).to_dict()))
    assert answer["instruments"] == ["BTC", "NASDAQ"]
    assert (answer["wins"], answer["years"], answer["verdict"]) == ({"BTC": 2, "NASDAQ": 1}, 3, "BTC")
    assert set(answer["rows"][0]) == {
        *("year", "complete", "winner", "runner_up", "lead", "returns", "difference", "quality"),
    }
    assert answer["rows"][0]["returns"][0]["end_session"] == "2019-12-31"


def test_shared_sessions_end_at_the_last_common_session(tmp_path: Path) -> None:
    bars = [bar(BTC, f"{y}-12-{d}", p) for y, d, p in ((2021, 31, 100), (2022, 30, 50), (2022, 31, 80))]
    bars += [bar(NASDAQ, "2021-12-31", 10), bar(NASDAQ, "2022-12-30", 9)]
    lake = make(tmp_path, [BTC, NASDAQ], bars)
    own = Lake(lake).compare(["BTC", "NASDAQ"]).rows[0]
    shared = Lake(lake).compare(["BTC", "NASDAQ"], sessions="shared").rows[0]
    assert (own.returns[0].simple_return, own.returns[0].end_session) == (
        pytest.approx(-0.2, rel=1e-12),
        date(2022, 12, 31),
    )
    assert (
        shared.returns[0].simple_return,
        shared.returns[0].end_session,
        shared.returns[1].end_session,
    ) == (-0.5, date(2022, 12, 30), date(2022, 12, 30))
    assert shared.complete
    assert shared.winner == "NASDAQ"


def test_shared_sessions_with_a_gap_at_the_year_end_are_not_complete(tmp_path: Path) -> None:
    bars = [bar(BTC, f"{y}-12-{d}", p) for y, d, p in ((2021, 31, 100), (2022, 29, 50), (2022, 31, 80))]
    bars += [bar(NASDAQ, f"{y}-12-{d}", 10) for y, d in ((2021, 31), (2022, 29), (2022, 30))]
    lake = make(tmp_path, [BTC, NASDAQ], bars)
    rows = Lake(lake).compare(["BTC", "NASDAQ"], start=2022, end=2022, sessions="shared").rows
    assert (rows[0].complete, rows[0].returns[0].end_session, rows[0].winner) == (
        False,
        date(2022, 12, 29),
        None,
    )


@pytest.mark.parametrize(("convention", "expected"), [("first_to_last", 0.5), ("december_average", 1.0)])
def test_the_other_conventions(tmp_path: Path, convention: str, expected: float) -> None:
    days = [
        ("2019-12-01", 100),
        ("2019-12-31", 200),
        ("2020-01-01", 300),
        ("2020-12-01", 150),
        ("2020-12-31", 450),
    ]
    lake = make(tmp_path, [BTC, NASDAQ], [bar(BTC, d, p) for d, p in days] + year_ends(NASDAQ, B))
    rows = Lake(lake).compare(["BTC", "NASDAQ"], start=2020, end=2020, convention=convention).rows
    assert rows[0].returns[0].simple_return == pytest.approx(expected, rel=1e-12)


def test_different_closing_times_are_noted(lake: Path) -> None:
    assert "midnight UTC" in Lake(lake).compare(["BTC", "NASDAQ"]).notes[0]


def test_price_index_is_noted_for_total_return(tmp_path: Path) -> None:
    lake = make(tmp_path, [SHARE, NASDAQ], [*year_ends(SHARE, A), *year_ends(NASDAQ, B)])
    answer = Lake(lake).compare(["SHARE", "NASDAQ"], basis="total")
    assert tuple(answer.bases.values()) == ("total", "price")
    assert any("NASDAQ is a price index" in note for note in answer.notes)
    assert any("mixture" in note for note in answer.notes)
    assert "price_index" in answer.rows[0].returns[1].quality


def test_total_return_fund_against_price_is_a_mixture(tmp_path: Path) -> None:
    lake = make(tmp_path, [FUND, NASDAQ], [*year_ends(FUND, A), *year_ends(NASDAQ, B)])
    answer = Lake(lake).compare(["FUND", "NASDAQ"])
    assert answer.rows[0].returns[0].simple_return == pytest.approx(0.5, rel=1e-12)
    assert tuple(answer.bases.values()) == ("total", "price")
    assert any(
        "mixture: total return of FUND against price return of NASDAQ" in note for note in answer.notes
    )


@pytest.mark.parametrize(
    ("terms", "verdict"),
    [({}, "BTC"), ({"sessions": "shared"}, None), ({"convention": "first_to_last"}, None)],
)
def test_published_year_ends_are_judged_but_simulated_days_are_not(
    tmp_path: Path, terms: dict[str, Any], verdict: str | None
) -> None:
    made = [replace(i, synthetic="daily") for i in (BTC, NASDAQ)]
    lake = make(tmp_path, made, [*year_ends(made[0], A), *year_ends(made[1], B)])
    answer = Lake(lake).compare(["BTC", "NASDAQ"], **terms)
    assert answer.verdict == verdict
    assert all(("simulated" in row.quality) is (verdict is None) for row in answer.rows)


def test_fully_simulated_share_gives_no_verdict(tmp_path: Path) -> None:
    made = replace(SHARE, synthetic="all")
    lake = make(tmp_path, [made, NASDAQ], [*year_ends(made, A), *year_ends(NASDAQ, B)])
    answer = Lake(lake).compare(["SHARE", "NASDAQ"])
    assert (answer.years, answer.verdict) == (0, None)
    assert any("simulated" in note for note in answer.notes)


@pytest.mark.parametrize(
    ("a", "terms", "message"),
    [
        ("BITCOIN", {}, "did you mean BTC"),
        ("QQQQ", {}, "known: BTC"),
        ("NASDQ", {}, "did you mean NASDAQ"),
        ("NASDAQ", {}, "with itself"),
        ("BTC", {"start": 2020, "end": 2019}, "after the last day"),
        ("BTC", {"start": "2020-03-01"}, "takes whole years"),
        ("BTC", {"frequency": "weekly"}, "compare takes no frequency"),
        ("BTC", {"start": 20}, "between 1800 and 2200"),
        ("BTC", {"basis": "net"}, "one of price, total"),
        ("BTC", {"convention": "fiscal"}, "one of year_end"),
        ("BTC", {"sessions": "all"}, "own, shared"),
        ("BTC", {"strict": True}, "give as_of too"),
        ("BTC", {"as_of": "soon"}, "not a moment"),
        ("BTC", {"currency": "EUR"}, "no reference rates for EUR"),
        ("BTC", {"currency": "€"}, "not a currency"),
        ("BTC", {"real": True}, "no consumer price index for USD"),
    ],
)
def test_invalid_arguments_are_refused_with_a_reason(
    lake: Path, a: str, terms: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        Lake(lake).compare([a, "NASDAQ"], **terms)


def test_a_yield_is_not_compared(tmp_path: Path) -> None:
    lake = make(tmp_path, [BILL, NASDAQ], [*year_ends(BILL, B), *year_ends(NASDAQ, B)])
    with pytest.raises(UsageError, match="BILL is a yield"):
        Lake(lake).compare(["BILL", "NASDAQ"])


def test_empty_lake_suggests_run(tmp_path: Path) -> None:
    with pytest.raises(EmptyLakeError, match="marketlake run"):
        Lake(tmp_path).compare(["BTC", "NASDAQ"])
    make(tmp_path, [BTC, NASDAQ], [])
    with pytest.raises(EmptyLakeError, match="no bars are stored"):
        Lake(tmp_path).compare(["BTC", "NASDAQ"])


def test_an_instrument_without_bars_is_named(lake: Path) -> None:
    with pytest.raises(EmptyLakeError, match="no bars of SHARE"):
        Lake(lake).compare(["SHARE", "NASDAQ"])


@pytest.mark.parametrize("cut", [None, 9, 0])
def test_damaged_file_is_named(own_lake: Path, cut: int | None) -> None:
    """A file of another size is noticed when the lake is opened, one of the same size when it is read,
    which years that are stored do without."""
    path = own_lake / "bar" / "asset_class=crypto" / "year=2020" / "part.parquet"
    whole = path.read_bytes()
    path.write_bytes(b"x" * len(whole) if cut is None else whole[:-9] if cut else b"")
    remedy = "marketlake verify" if cut is None else "bytes, should be .*marketlake replay"
    with pytest.raises(CorruptLakeError, match=f"year=2020.*{remedy}"):
        Lake(own_lake).compare(["BTC", "NASDAQ"], sessions="shared")
    with pytest.raises(CorruptLakeError, match="year=2020"):
        Lake(own_lake).query_rows("SELECT sum(close) FROM bar")
