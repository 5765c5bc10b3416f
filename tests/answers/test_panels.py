"""Adjusted bars, panels, aligned returns and the macro `metrics`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from marketlake.lake import Lake
from marketlake.model.errors import UsageError

from .lakes import BTC, FUND, SHARE, bar, make

OTHER = replace(SHARE, id="OTHER", name="Another share")
DAYS = [date(2020, 3, 2), date(2020, 3, 3), date(2020, 3, 4), date(2020, 3, 5)]
PRICES = {"open": 79.0, "high": 82.0, "low": 78.0}
"""Around the first close of 80."""


def shares() -> list[dict[str, Any]]:
    """80, then 2 for 1 to 44, a dividend of 4 paid out of 44 down to 40, and 50."""
    return [
        bar(SHARE, DAYS[0], 80.0, volume=100.0, **PRICES),
        bar(SHARE, DAYS[1], 44.0, volume=300.0, split=2.0),
        bar(SHARE, DAYS[2], 40.0, volume=500.0, dividend=4.0),
        bar(SHARE, DAYS[3], 50.0, volume=700.0),
    ]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The share; another one without the third session; Bitcoin every day; a fund of total returns."""
    fund = [bar(FUND, day, 100.0 + place, dividend=5.0 * (place == 2)) for place, day in enumerate(DAYS)]
    other = [
        bar(OTHER, day, close) for day, close in zip(DAYS, (10.0, 20.0, 0.0, 30.0), strict=True) if close
    ]
    daily = [bar(BTC, date(2020, 2, 28) + timedelta(days=day), 100.0 + day) for day in range(8)]
    rows = [*shares(), *fund, *other, *daily]
    return Lake(make(tmp_path_factory.mktemp("panels"), [SHARE, OTHER, FUND, BTC], rows))


def test_bars_adjusted_by_hand(lake: Lake) -> None:
    """Before the split a price counts half; before the dividend 40 of 44."""
    answer = lake.query("FROM bar_adjusted WHERE instrument_id = 'SHARE' ORDER BY session").to_arrow()
    assert answer["close"].to_pylist() == pytest.approx([40.0, 44.0, 40.0, 50.0])
    assert answer["volume"].to_pylist() == pytest.approx([200.0, 300.0, 500.0, 700.0])
    first = answer.to_pylist()[0]
    assert [first[name] for name in PRICES] == pytest.approx([39.5, 41.0, 39.0])
    assert [first[f"adjusted_{name}"] for name in PRICES] == pytest.approx(
        [39.5 * 40 / 44, 41.0 * 40 / 44, 39.0 * 40 / 44]
    )
    assert answer["adjusted_close"].to_pylist() == pytest.approx([40.0 * 40 / 44, 40.0, 40.0, 50.0])
    assert set(answer["through_session"].to_pylist()) == {DAYS[-1]}


def test_adjusted_closes_have_the_returns_of_the_indices(lake: Lake) -> None:
    text = """
        SELECT
            max(abs(b.close / x.price_index - l.close / l.price_index)),
            max(abs(b.adjusted_close / x.vendor_adjusted_index - l.close / l.vendor_adjusted_index))
        FROM bar_adjusted AS b JOIN return_index AS x USING (instrument_id, session)
        JOIN return_index AS l ON l.instrument_id = b.instrument_id AND l.session = b.through_session
        WHERE instrument_id <> 'FUND'
    """
    assert lake.query_rows(text).rows[0] == pytest.approx((0, 0), abs=1e-12)


def test_total_return_series_is_not_adjusted_for_dividends_again(lake: Lake) -> None:
    rows = lake.query_rows("SELECT close, adjusted_close FROM bar_adjusted WHERE instrument_id = 'FUND'").rows
    assert [close for close, _ in rows] == [adjusted for _, adjusted in rows]


def test_prices_on_both_adjusted_bases(lake: Lake) -> None:
    split = lake.prices("SHARE", basis="split_adjusted", start="2020-03-03", fields="cv")
    assert split.columns == [
        "instrument_id",
        "session",
        "close",
        "volume",
        "currency",
        "quality",
        "through_session",
    ]
    assert split.to_arrow()["close"].to_pylist() == pytest.approx([44.0, 40.0, 50.0])
    both = lake.prices("SHARE", basis="adjusted", fields="ohlcv").to_arrow()
    assert both["close"].to_pylist() == pytest.approx([40.0 * 40 / 44, 40.0, 40.0, 50.0])
    assert both["volume"].to_pylist() == pytest.approx([200.0, 300.0, 500.0, 700.0])


def test_adjusted_as_of_knows_no_later_event(lake: Lake) -> None:
    """Before the dividend was known the close before it was not lower."""
    moment = datetime(2020, 3, 4, 13, tzinfo=UTC)
    then = lake.prices("SHARE", basis="adjusted", as_of=moment).to_arrow()
    assert then["close"].to_pylist() == pytest.approx([40.0, 44.0])
    assert set(then["through_session"].to_pylist()) == {DAYS[1]}


def test_panel_has_a_column_per_instrument(lake: Lake) -> None:
    panel = lake.prices(["SHARE", "OTHER"], basis="split_adjusted").wide().to_arrow().to_pydict()
    assert panel == {
        "session": DAYS,
        "OTHER": [10.0, 20.0, None, 30.0],
        "SHARE": pytest.approx([40.0, 44.0, 40.0, 50.0]),
    }
    volumes = lake.prices("SHARE").wide("volume").to_arrow()
    assert volumes["SHARE"].to_pylist() == [100.0, 300.0, 500.0, 700.0]
    levels = lake.prices("SHARE", basis="price").wide().to_arrow()
    assert levels["SHARE"].to_pylist() == pytest.approx([80.0, 88.0, 80.0, 100.0])
    assert lake.returns(["SHARE", "OTHER"], period="day").wide().columns == ["period", "SHARE", "OTHER"]


def test_aligned_returns_span_the_sessions_of_all(lake: Lake) -> None:
    """OTHER has no third session: from the second to the fourth SHARE made 50 / 44 - 1."""
    expected = {"SHARE": [0.1, 50 / 44 - 1], "OTHER": [1.0, 0.5]}
    panel = lake.aligned_returns(["SHARE", "OTHER"]).to_arrow().to_pydict()
    assert panel["period"] == [DAYS[1], DAYS[3]]
    text = "FROM aligned_returns(['SHARE', 'OTHER']) ORDER BY session"
    rows = lake.query(text).to_arrow().to_pylist()
    for name, returns in expected.items():
        assert panel[name] == pytest.approx(returns)
        own = [row for row in rows if row["instrument_id"] == name]
        assert [row["simple_return"] for row in own] == pytest.approx(returns)
        assert [row["start_session"] for row in own] == [DAYS[0], DAYS[1]]
        known = [datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=36) for day in DAYS]
        assert [row["known_at"] for row in own] == [known[1], known[3]]


def test_metrics_macro_equals_the_answer_without_arguments(lake: Lake) -> None:
    answer = lake.metrics(["SHARE", "BTC"])
    columns = "instrument_id, metric, value, n, first_session, last_session, basis, currency, quality"
    rows = lake.query_rows(f"SELECT {columns} FROM metrics(['SHARE', 'BTC'])").rows
    assert len(rows) == len(answer.figures) > 30
    for name, metric, value, *rest in rows:
        figure = answer.figure(name, metric)
        assert value == (None if figure.value is None else pytest.approx(figure.value, rel=1e-12))
        assert rest == [getattr(figure, column) for column in columns.split(", ")[3:]]
    some = lake.query_rows("FROM metrics(['BTC'], first_day := '2020-03-02', last_day := '2020-03-03')").rows
    assert len(some) == len(rows) / 2


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda lake: lake.prices("BTC", fields="x"), "must be some of the letters ohlcv"),
        (lambda lake: lake.prices("BTC", fields=""), "must be some of the letters ohlcv"),
        (lambda lake: lake.prices("BTC", basis="total", fields="c"), "choose one of as_traded"),
        (lambda lake: lake.prices("BTC").wide("level"), "a panel needs column 'level'"),
        (lambda lake: lake.instruments().wide(), "a panel needs rows by instrument and session"),
        (lambda lake: lake.metrics("BTC", basis="adjusted"), "must be one of price, total, vendor_adjusted"),
        (lambda lake: lake.metrics("BTC", basis="as_traded"), "must be one of price, total, vendor_adjusted"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused(lake: Lake, ask: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ask(lake)


def test_many_instruments_are_read_in_parts(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lake.prices(["SHARE", "OTHER", "BTC"])
    monkeypatch.setattr("marketlake.answers.prices._AT_ONCE", 1)
    parts = lake.prices(["BTC", "SHARE", "OTHER"])
    assert parts.to_arrow() == whole.to_arrow()
    keys = [(row["instrument_id"], row["session"]) for row in whole.to_arrow().to_pylist()]
    assert keys == sorted(keys)
    assert parts.to_pandas()["instrument_id"].cat.categories.to_list() == ["BTC", "OTHER", "SHARE"]
    assert parts.wide("close").columns == ["session", "BTC", "OTHER", "SHARE"]
