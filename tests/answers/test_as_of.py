"""What could be known at a moment, and what the lake itself held."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from marketlake.lake import Lake
from marketlake.model.errors import EmptyLakeError

from .lakes import BTC, NASDAQ, bar, make, year_ends

LOADED = datetime(2021, 6, 1, tzinfo=UTC)
REVISED = datetime(2021, 7, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Loaded on 1 June 2021; on 1 July the vendor changed the close of 2020 from 200 to 300."""
    first = [row | {"observed_at": LOADED} for row in year_ends(BTC, {2019: 100.0, 2020: 200.0})]
    current = first[1] | {"close": 300.0, "known_at": REVISED, "observed_at": REVISED, "backfilled": False}
    index = [row | {"observed_at": LOADED} for row in year_ends(NASDAQ, {2019: 10.0, 2020: 20.0})]
    old = first[1] | {"superseded_at": REVISED}
    return make(tmp_path_factory.mktemp("as_of"), [BTC, NASDAQ], [first[0], current, *index], [old])


@pytest.mark.parametrize(
    ("moment", "strict", "expected"),
    [
        (datetime(2021, 6, 30, tzinfo=UTC), False, 1.0),
        (datetime(2021, 6, 30, tzinfo=UTC), True, 1.0),
        (REVISED, False, 2.0),
        (datetime(2021, 1, 2, tzinfo=UTC), False, 1.0),
    ],
)
def test_compare_as_of(lake: Path, moment: datetime, strict: bool, expected: float) -> None:
    answer = Lake(lake).compare(["BTC", "NASDAQ"], as_of=moment, strict=strict)
    assert answer.rows[-1].returns[0].simple_return == pytest.approx(expected, rel=1e-12)
    assert (answer.as_of, answer.strict) == (moment, strict)


def test_year_end_not_yet_known_is_missing(lake: Path) -> None:
    early = datetime(2020, 12, 31, 23, tzinfo=UTC)
    answer = Lake(lake).compare(["BTC", "NASDAQ"], start=2020, end=2020, as_of=early)
    assert (answer.rows[0].returns[0].simple_return, answer.rows[0].complete) == (None, False)


def test_strict_as_of_before_the_load_finds_no_bars(lake: Path) -> None:
    with pytest.raises(EmptyLakeError, match="no bars of BTC"):
        Lake(lake).compare(["BTC", "NASDAQ"], as_of=datetime(2021, 5, 1, tzinfo=UTC), strict=True)


@pytest.mark.parametrize(
    ("call", "closes"),
    [
        ("price_as_of(TIMESTAMP '2021-06-30 00:00:00')", (100.0, 200.0)),
        ("price_as_of(TIMESTAMP '2021-07-01 00:00:00')", (100.0, 300.0)),
        ("price_as_of(TIMESTAMPTZ '2021-07-01 02:00:00+02:00')", (100.0, 300.0)),
        ("price_as_of(DATE '2020-06-01')", (100.0,)),
        ("price_observed_by(TIMESTAMP '2021-06-30 00:00:00')", (100.0, 200.0)),
        ("price_observed_by(TIMESTAMP '2021-05-31 00:00:00')", ()),
    ],
)
def test_as_of_macros(lake: Path, call: str, closes: tuple[float, ...]) -> None:
    text = f"SELECT close FROM {call} WHERE instrument_id = 'BTC' ORDER BY session"
    assert Lake(lake).query_rows(text).rows == tuple((close,) for close in closes)


def test_prices_as_of(lake: Path) -> None:
    table = Lake(lake).prices(["BTC"], as_of=datetime(2021, 6, 30, tzinfo=UTC)).to_arrow()
    assert table["close"].to_pylist() == [100.0, 200.0]
    assert Lake(lake).prices(["BTC"]).to_arrow()["close"].to_pylist() == [100.0, 300.0]


def test_row_observed_last_wins_when_known_at_the_same_time(tmp_path: Path) -> None:
    now_stored = bar(BTC, "2020-01-01", 2.0, observed_at=REVISED)
    before = bar(BTC, "2020-01-01", 1.0, observed_at=LOADED, superseded_at=REVISED)
    lake = make(tmp_path, [BTC], [now_stored], [before])
    assert Lake(lake).prices(["BTC"], as_of=REVISED).to_arrow()["close"].to_pylist() == [2.0]
