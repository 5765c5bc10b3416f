"""Served rows become bars as traded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import prod

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketlake.ingest.normalise import Normalised, events_stored, normalise, without_price
from marketlake.model.calendars import load_calendar

from ..builders import COIN, SHARE, day, row, served, window


def run(rows: list[dict], **options: object) -> Normalised:
    return normalise(served(rows), {"SHARE": window(**options)})


def column(table: pa.Table, name: str) -> list:
    return table[name].to_pylist()


def adjusted(session: str, close: float | None, **changed: object) -> dict:
    return row(session, close, split_adjusted=True, **changed)


@pytest.mark.parametrize("ratio", [4.0, 0.1, 1281 / 1000, 1.5])
def test_split_adjustment_is_undone_only_before_the_split(ratio: float) -> None:
    rows = [
        adjusted("2024-01-02", 400.0 / ratio, volume=100.0 * ratio, dividend=1.0 / ratio),
        adjusted("2024-01-03", 100.0, volume=500.0, split=ratio, dividend=0.25),
        adjusted("2024-01-04", 101.0, volume=600.0),
    ]
    bars = run(rows).bars
    assert column(bars, "close") == pytest.approx([400.0, 100.0, 101.0], rel=1e-15)
    assert column(bars, "volume") == pytest.approx([100.0, 500.0, 600.0], rel=1e-15)
    assert column(bars, "dividend") == pytest.approx([1.0, 0.25, 0.0], rel=1e-15)
    assert column(bars, "split") == [1.0, ratio, 1.0]


def test_split_after_the_last_kept_bar_is_applied() -> None:
    rows = [adjusted("2024-01-02", 100.0), adjusted("2024-01-03", 110.0, split=4.0)]
    bars = run(rows, end=day("2024-01-02")).bars
    assert column(bars, "close") == [400.0]


def test_split_without_a_later_bar_is_applied() -> None:
    rows = [adjusted("2024-01-02", 100.0), adjusted("2024-01-03", None, split=4.0)]
    assert column(run(rows).bars, "close") == [400.0]


def test_as_traded_sources_are_unchanged() -> None:
    rows = [row("2024-01-02", 400.0), row("2024-01-03", 100.0, split=4.0)]
    assert column(run(rows).bars, "close") == [400.0, 100.0]


def test_event_without_a_bar_moves_to_the_next_session() -> None:
    rows = [
        adjusted("2024-01-02", 50.0),
        adjusted("2024-01-03", None, dividend=0.5, split=2.0),
        adjusted("2024-01-05", 51.0, dividend=0.1),
    ]
    bars = run(rows).bars
    assert column(bars, "session") == [day("2024-01-02"), day("2024-01-05")]
    assert column(bars, "close") == [100.0, 51.0]
    assert column(bars, "split") == [1.0, 2.0]
    assert column(bars, "dividend") == pytest.approx([0.0, 0.6])


def test_event_that_is_stored_stays_where_it_is() -> None:
    rows = [
        adjusted("2024-01-02", 50.0),
        adjusted("2024-01-03", None, split=2.0, dividend=0.5),
        adjusted("2024-01-05", 51.0, dividend=0.1),
    ]
    before = normalise(served([rows[0], adjusted("2024-01-03", 50.5, split=2.0)]), {"SHARE": window()}).bars
    settled = events_stored(without_price(served(rows)), before)
    assert settled == {("SHARE", day("2024-01-03"))}
    bars = normalise(served(rows), {"SHARE": window()}, settled).bars
    assert column(bars, "close") == [100.0, 51.0]
    assert (column(bars, "split"), column(bars, "dividend")) == ([1.0, 1.0], [0.0, 0.1])
    # without its event a stored session does not have it
    plain = normalise(served([rows[0], adjusted("2024-01-03", 50.5)]), {"SHARE": window()}).bars
    assert events_stored(without_price(served(rows)), plain) == set()


def test_dividend_moved_past_a_split_is_per_new_share() -> None:
    rows = [
        adjusted("2024-01-02", 100.0),
        adjusted("2024-01-03", None, dividend=0.25),
        adjusted("2024-01-04", 101.0, split=4.0),
    ]
    assert column(run(rows).bars, "dividend") == [0.0, 0.25]
    traded = [
        row("2024-01-02", 400.0),
        row("2024-01-03", None, dividend=1.0),
        row("2024-01-04", 101.0, split=4.0),
    ]
    assert column(run(traded).bars, "dividend") == [0.0, 0.25]


def test_event_without_a_bar_reaches_every_duplicate_of_the_session() -> None:
    rows = [
        row("2024-01-03", None, dividend=0.5),
        row("2024-01-04", 51.0),
        row("2024-01-04", 51.0),
    ]
    result = run(rows)
    assert (column(result.bars, "dividend"), len(result.conflicts)) == ([0.5], 0)


def test_event_never_moves_to_another_instrument() -> None:
    rows = [row("2024-01-04", None, dividend=0.5), row("2024-01-05", 7.0, instrument_id="TWIN")]
    twin = replace(SHARE, id="TWIN")
    result = normalise(served(rows), {"SHARE": window(), "TWIN": window(twin)})
    assert column(result.bars, "instrument_id") == ["TWIN"]
    assert column(result.bars, "dividend") == [0.0]


def test_pence_become_pounds() -> None:
    london = replace(SHARE, quote_currency="GBP", calendar="XLON")
    rows = [row("2024-01-02", 712.5, currency="GBp", dividend=10.0, volume=3.0)]
    bars = run(rows, instrument=london).bars
    assert (column(bars, "close"), column(bars, "dividend")) == ([7.125], [0.1])
    assert column(bars, "volume") == [3.0]


@pytest.mark.parametrize(
    ("declared", "currency", "accepted"),
    [
        ("USD", "USDT", True),
        ("USD", "USDC", True),
        ("USD", None, True),
        ("EUR", "USDT", False),
        ("USD", "EUR", False),
        ("USD", "GBp", False),
        ("USDT", "USD", False),
    ],
)
def test_response_in_another_currency_is_rejected(
    declared: str, currency: str | None, accepted: bool
) -> None:
    coin = replace(SHARE, quote_currency=declared)
    result = run([row("2024-01-02", 1.0, currency=currency)], instrument=coin)
    assert (len(result.bars) == 1) is accepted
    assert ("SHARE" in result.refused) is not accepted
    if not accepted:
        assert "nothing was stored" in str(result.refused["SHARE"])


def test_two_units_in_one_response_are_rejected() -> None:
    london = replace(SHARE, quote_currency="GBP")
    rows = [row("2024-01-02", 7.0, currency="GBP"), row("2024-01-03", 712.0, currency="GBp")]
    assert "two units" in str(run(rows, instrument=london).refused["SHARE"])


@pytest.mark.parametrize(
    ("instrument", "moment", "kept"),
    [
        (SHARE, "2024-01-03T21:59:00", ["2024-01-02"]),
        (SHARE, "2024-01-03T22:00:00", ["2024-01-02", "2024-01-03"]),
        (COIN, "2024-01-04T00:09:00", ["2024-01-02"]),
        (COIN, "2024-01-04T00:10:00", ["2024-01-02", "2024-01-03"]),
    ],
)
def test_bar_is_kept_after_close_and_lag(instrument, moment: str, kept: list[str]) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    rows = [row("2024-01-02", 1.0), row("2024-01-03", 2.0), row("2024-01-04", 3.0)]
    bars = run(rows, instrument=instrument, at=at).bars
    assert column(bars, "session") == [day(text) for text in kept]


def test_rows_outside_the_window_are_dropped() -> None:
    rows = [row(f"2024-01-{n:02}", 1.0) for n in range(2, 6)]
    bars = run(rows, start=day("2024-01-03"), end=day("2024-01-04")).bars
    assert column(bars, "session") == [day("2024-01-03"), day("2024-01-04")]


def test_equal_duplicates_collapse_and_conflicting_ones_are_quarantined() -> None:
    rows = [
        row("2024-01-02", 1.0),
        row("2024-01-02", 1.0),
        row("2024-01-03", 2.0),
        row("2024-01-03", 2.0),
        row("2024-01-03", 2.1),
        row("2024-01-04", 3.0),
    ]
    result = run(rows)
    assert column(result.bars, "session") == [day("2024-01-02"), day("2024-01-04")]
    assert column(result.conflicts, "close") == [2.0, 2.0, 2.1]


def test_split_served_twice_is_applied_once() -> None:
    rows = [
        adjusted("2024-01-02", 1.0),
        adjusted("2024-01-03", 1.0, split=4.0),
        adjusted("2024-01-03", 1.0, split=4.0),
    ]
    assert column(run(rows).bars, "close") == [4.0, 1.0]


def test_order_of_the_rows_does_not_matter() -> None:
    rows = [adjusted(f"2024-01-{n:02}", float(n), split=2.0 if n == 4 else 1.0) for n in range(2, 9)]
    assert run(rows).bars.equals(run(rows[::-1]).bars)


_SESSIONS = [date(2024, 1, 2) + timedelta(days=n) for n in range(60)]
_price = st.floats(0.01, 1e5)
_traded = st.lists(
    st.tuples(
        _price,
        st.floats(0, 1e9),
        st.sampled_from([0.0, 0.0, 0.0, 0.01, 0.5]),
        st.sampled_from([1.0, 1.0, 1.0, 4.0, 0.1, 1.281, 2.0]),
    ),
    min_size=1,
    max_size=40,
)


@given(_traded)
def test_as_traded_bars_survive_adjustment_and_its_reversal(traded: list[tuple]) -> None:
    rows, splits = [], [split for *_, split in traded]
    for number, (close, volume, dividend, split) in enumerate(traded):
        later = prod(splits[number + 1 :])
        values = {"dividend": dividend / later, "volume": volume * later, "split": split}
        rows.append(row(_SESSIONS[number], close / later, split_adjusted=True, **values))
    bars = normalise(served(rows), {"SHARE": window(COIN)}).bars
    for place, name in enumerate(["close", "volume", "dividend", "split"]):
        assert column(bars, name) == pytest.approx([values[place] for values in traded], rel=1e-12)


_wild = st.one_of(st.none(), st.floats(allow_nan=False), st.sampled_from([0.0, -1.0, 1e308, 5e-324]))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(_SESSIONS[:6]), _wild, _wild, st.floats(0, 9), st.sampled_from([1.0, 1e-9, 1e9])
        ),
        max_size=12,
    )
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_any_input_gives_at_most_one_row_per_session(rows: list[tuple]) -> None:
    listed = [
        row(session, close, volume=volume, dividend=dividend, split=split, split_adjusted=True)
        for session, close, volume, dividend, split in rows
    ]
    result = normalise(served(listed), {"SHARE": window(COIN)})
    sessions = column(result.bars, "session")
    assert sessions == sorted(set(sessions))
    assert not set(sessions) & set(column(result.conflicts, "session"))
    assert set(sessions) <= set(load_calendar("24/7", date(2024, 1, 1)).days.tolist())
