"""Answers that do not fit what is stored are quarantined; corrections are revisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from marketlake.ingest.overlap import Judged, judge, on_stored_scale

from ..builders import SHARE, bar, bars, window

DAYS = [date(2024, 1, 2) + timedelta(days=n) for n in range(40)]
TOTAL = replace(SHARE, return_basis="total")
CLOSES = [100.0 * 1.01 ** ((n * 7 % 5) - 2) for n in range(40)]
"""Moves of one to four per cent."""


def rows(closes: Sequence[float], first: int = 0, source: str = "test") -> pa.Table:
    return bars([bar(DAYS[first + n], close, source=source) for n, close in enumerate(closes)])


def judged(
    stored: Sequence[float],
    served: Sequence[float],
    first: int = 0,
    instrument: object = SHARE,
    source: str = "test",
) -> Judged:
    """An answer whose first session is stored in place `first`, next to what a merge reads of it."""
    start = max(0, first - 1)
    held = rows(stored[start : first + len(served)], start)
    return judge(held, rows(served, first, source), {"SHARE": window(instrument)})


def check_of(*given: object, **more: object) -> str:
    found = judged(*given, **more).refused
    return found["SHARE"].check if found else ""


def times(factors: Sequence[float], closes: Sequence[float] = CLOSES) -> list[float]:
    return [close * factor for close, factor in zip(closes, factors, strict=False)]


# one factor


@pytest.mark.parametrize("factor", [100.0, 0.25, 0.01, 1.02, 1281 / 1000, 0.9998])
@pytest.mark.parametrize("count", [2, 3, 11, 40])
def test_common_factor_is_rejected(factor: float, count: int) -> None:
    refusal = judged(CLOSES[:count], times([factor] * count)).refused["SHARE"]
    assert refusal.check == "rescaled"
    assert f"came back times {factor:.6g}," in refusal.text


@pytest.mark.parametrize(
    ("factors", "shown"),
    [
        ([100.0] * 9 + [96.15], "100"),
        ([96.15] + [100.0] * 9, "100"),
        ([100.0] * 6 + [1.0] * 4, "100"),
        ([100.0] * 6 + [90.0, 91.0, 92.0, 93.0], "100"),
        ([1.02] * 8 + [1.05, 0.97], "1.02"),
        ([1.05] * 9 + [1.0], "1.05"),
    ],
)
def test_previously_wrong_value_does_not_hide_a_common_factor(factors: list[float], shown: str) -> None:
    assert f"times {shown}," in judged(CLOSES[:10], times(factors)).refused["SHARE"].text


def test_prices_adjusted_for_dividends_are_rejected() -> None:
    """The factor is constant from one ex-date to the next."""
    factors = [0.94] * 10 + [0.96] * 10 + [0.98] * 10 + [1.0] * 10
    assert check_of(CLOSES, times(factors)) == "rescaled"


@pytest.mark.parametrize(("head", "check"), [(12, "rescaled"), (11, "")])
def test_long_beginning_on_another_scale_is_rejected(head: int, check: str) -> None:
    assert check_of(CLOSES, times([0.95] * head + [1.0] * (40 - head))) == check


@pytest.mark.parametrize("count", [2, 5])
def test_answer_that_brings_a_jump_of_one_factor_is_rejected(count: int) -> None:
    assert check_of(CLOSES, times([1.27] * count + [1.0] * 11, CLOSES[20:]), 20) == "rescaled"
    assert check_of(CLOSES, times([1.0] * 11 + [1.27] * count, CLOSES[20:]), 20) == "rescaled"


# corrections


@pytest.mark.parametrize("factor", [1.27, 3.7, 0.01])
@pytest.mark.parametrize("wrong", [2, 5, 10, 11])
def test_wrong_newest_bars_are_corrected(factor: float, wrong: int) -> None:
    """From a daily window, from the whole history, and from the wrong sessions alone."""
    stored = times([1.0] * (40 - wrong) + [factor] * wrong)
    for first in (29, 0, 40 - wrong):
        found = judged(stored, CLOSES[first:], first)
        assert not found.refused
        assert len(found.revised) == (wrong > 2 and (2 * wrong > 40 - first))


def test_wrong_bars_from_a_split_on_are_corrected() -> None:
    """Since the split of 4 for 1 all stored prices are 1.27 times too high."""

    def with_split(factor: float) -> pa.Table:
        closes = [close / 4 * factor if n >= 8 else close for n, close in enumerate(CLOSES[:11])]
        return bars([bar(DAYS[n], c, split=4.0 if n == 8 else 1.0) for n, c in enumerate(closes)])

    assert not judge(with_split(1.27), with_split(1.0), {"SHARE": window()}).refused
    assert judge(with_split(1.0), with_split(1.27), {"SHARE": window()}).refused


def test_wrong_bars_in_between_are_corrected_and_not_brought() -> None:
    wrong = times([1.0] * 30 + [1.4] * 6 + [1.0] * 4)
    assert check_of(wrong, CLOSES[29:], 29) == ""
    assert check_of(CLOSES, wrong[29:], 29) == "rescaled"


def test_small_common_correction_needs_a_jump_that_stands_out() -> None:
    calm = [100.0 + n % 2 / 100 for n in range(40)]
    wrong = times([1.0] * 29 + [1.05] * 11, calm)
    assert check_of(wrong, calm[29:], 29) == ""
    assert check_of(calm, wrong[29:], 29) == "rescaled"
    # without a row before it
    assert check_of(times([1.0] * 10 + [1.05] * 30, calm), calm) == ""
    # the market itself moves like this
    assert check_of(times([1.0] * 29 + [1.05] * 11), CLOSES[29:], 29) == "rescaled"


def test_correction_must_take_more_than_half_of_the_jump_away() -> None:
    """The market fell by three or two tenths of the factor on the day from which prices are wrong."""
    calm = [100.0 + n % 2 / 100 for n in range(40)]
    for tenths, check in ((3, "rescaled"), (2, "")):
        right = times([1.0] * 29 + [1.05 ** (-tenths / 10)] * 11, calm)
        assert check_of(times([1.0] * 29 + [1.05] * 11, right), right[29:], 29) == check


@pytest.mark.parametrize(
    "factors",
    [
        [1.0] * 10,
        [1.0] * 9 + [1.05],
        [1.0] * 8 + [1.27, 3.7],
        [1.0] * 5 + [1.05] * 5,
        [1 + 1e-8] * 10,
        [1 + 2e-5] * 10,
        [1.0003, 0.9998, 1.0004, 0.9997, 1.0002, 0.9999, 1.0004, 0.9996, 1.0001, 0.9998],
    ],
)
def test_noise_and_corrections_of_a_few_sessions_are_accepted(factors: list[float]) -> None:
    assert check_of(CLOSES[:10], times(factors)) == ""


def test_mass_revision_is_noted_on_its_first_session() -> None:
    factors = [1.0] * 4 + [1.0003, 0.9998, 1.0004, 0.9997, 1.0002, 0.9999]
    [row] = judged(CLOSES[:10], times(factors)).revised.to_pylist()
    assert row["session"] == DAYS[4]
    assert row["message"] == "6 of 10 stored sessions revised, 2024-01-06 to 2024-01-11"
    assert not len(judged(CLOSES[:10], times([1.0] * 5 + factors[5:])).revised)
    assert not len(judged(CLOSES[:3], times([1.0003, 0.9998, 1.0])).revised)
    scattered = [1.0 + (n % 3 == 0) * (n % 2 - 0.5) * 0.01 for n in range(40)]
    assert "14 of 40" in judged(CLOSES, times(scattered)).revised["message"][0].as_py()


def test_dividends_and_splits_count_as_revised() -> None:
    held = bars([bar(day, 100.0, dividend=0.5) for day in DAYS[:5]])
    found = judge(held, rows([100.0] * 5), {"SHARE": window()})
    assert (len(found.revised), found.refused) == (1, {})


# another series


def walk(seed: int, volatility: float, start: float = 100.0, count: int = 400) -> list[float]:
    return list(start * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, volatility, count))))


def long_rows(closes: Sequence[float], shift: int = 0) -> pa.Table:
    first = date(2024, 1, 2) + timedelta(days=shift)
    return bars([bar(first + timedelta(days=n), close) for n, close in enumerate(closes)])


@pytest.mark.parametrize(("count", "fewest"), [(6, 45), (11, 50), (400, 50)])
@pytest.mark.parametrize("volatility", [0.002, 0.01, 0.05])
def test_history_of_another_company_is_rejected(count: int, fewest: int, volatility: float) -> None:
    refused = 0
    for seed in range(50):
        stored, other = walk(seed, volatility, count=count), walk(seed + 1000, 0.01, count=count)
        found = judge(long_rows(stored), long_rows(other), {"SHARE": window()})
        refused += "SHARE" in found.refused
    assert refused >= fewest


def test_company_at_another_level_is_rejected_with_few_sessions() -> None:
    found = judged([100.0, 101.0, 99.0], [31.0, 31.5, 30.0])
    assert found.refused["SHARE"].check == "other_series"
    assert (
        "3 of the 3 stored sessions that came back have other prices (times 0.31"
        in found.refused["SHARE"].text
    )


@pytest.mark.parametrize("shift", [-1, 1])
def test_dates_shifted_by_a_day_are_rejected(shift: int) -> None:
    closes = walk(3, 0.01, count=60)
    found = judge(long_rows(closes), long_rows(closes, shift), {"SHARE": window()})
    assert found.refused["SHARE"].check == "other_series"


def test_paths_are_compared_by_four_returns_and_yields_have_none() -> None:
    other = CLOSES[4::-1]
    assert check_of(CLOSES[:5], other) == "other_series"
    assert check_of(CLOSES[:4], other[1:]) == ""
    assert check_of(CLOSES[:5], other, 0, replace(SHARE, asset_class="rate")) == ""


def test_restatement_of_everything_along_the_path_is_a_revision() -> None:
    generator = np.random.default_rng(1)
    stored = walk(1, 0.01)
    again = list(np.array(stored) * np.exp(generator.normal(0, 0.0005, 400)))
    found = judge(long_rows(stored), long_rows(again), {"SHARE": window()})
    assert (found.refused, len(found.revised)) == ({}, 1)


def test_series_that_stands_still_may_be_restated() -> None:
    still = [1.0 + n % 3 / 10_000 for n in range(12)]
    again = [1.0 + n % 2 / 10_000 for n in range(12)]
    assert check_of(still, again) == ""


# other sources


@pytest.mark.parametrize(("factor", "check"), [(1.01, ""), (0.9, ""), (4.0, "rescaled"), (0.01, "rescaled")])
def test_small_factor_is_accepted_from_another_source(factor: float, check: str) -> None:
    refused = judged(CLOSES[:10], times([factor] * 10), source="other").refused
    assert [one.check for one in refused.values()] == [check] * bool(check)
    assert all(f"came back times {factor:g}, and no split" in one.text for one in refused.values())


def test_rows_of_each_source_are_judged_separately() -> None:
    stored = bars([bar(t, 100.0, source="test" if n < 5 else "other") for n, t in enumerate(DAYS[:10])])
    assert "SHARE" in judge(stored, rows([110.0] * 10), {"SHARE": window()}).refused
    assert "SHARE" not in judge(stored, rows([100.0] * 5 + [110.0] * 5), {"SHARE": window()}).refused
    assert "SHARE" in judge(stored, rows([100.0] * 5 + [400.0] * 5), {"SHARE": window()}).refused


# no overlap


@pytest.mark.parametrize(
    ("days", "close", "refused"),
    [
        (1, 149.0, False),
        (5, 149.0, False),
        (1, 150.0, True),
        (1, 370.0, True),
        (1, 67.0, True),
        (1, 68.0, False),
        (30, 260.0, False),
        (30, 270.0, True),
    ],
)
def test_answer_without_stored_sessions_must_begin_near_the_last_one(
    days: int, close: float, refused: bool
) -> None:
    stored = bars([bar(DAYS[0], 100.0)])
    later = bars([bar(DAYS[0] + timedelta(days=days), close)])
    found = judge(stored, later, {"SHARE": window()}).refused
    assert bool(found) is refused
    if refused:
        assert found["SHARE"].check == "no_overlap"
        assert (
            f"begins at {close:.6g} on {DAYS[0] + timedelta(days=days)}, after 100 on" in found["SHARE"].text
        )


def test_split_and_dividend_explain_a_start() -> None:
    stored = bars([bar(DAYS[0], 100.0)])
    for dividend, refused in ((14.0, False), (60.0, True)):
        later = bars([bar(DAYS[1], 11.0, split=4.0, dividend=dividend)])
        assert bool(judge(stored, later, {"SHARE": window()}).refused) is refused


def test_start_is_not_judged_without_a_scale() -> None:
    stored, later = bars([bar(DAYS[0], 0.05)]), bars([bar(DAYS[1], 0.5)])
    for instrument in (replace(SHARE, asset_class="rate"), replace(SHARE, negative_prices=True)):
        assert not judge(stored, later, {"SHARE": window(instrument)}).refused
    assert judge(stored, later, {"SHARE": window()}).refused


def test_new_instrument_and_earlier_history_have_nothing_before_them() -> None:
    new = bars([bar("2024-01-02", 9.0, instrument_id="NEW")])
    known = {"SHARE": window(), "NEW": window(replace(SHARE, id="NEW"))}
    assert not judge(bars([bar("2024-01-02", 1.0)]), new, known).refused
    assert not judge(bars([bar("2024-02-02", 1.0)]), bars([bar("2024-01-02", 9.0)]), known).refused
    assert not judge(bars([bar("2024-01-02", 1.0), bar("2024-01-03", 1.0)]), new, known).refused
    for stored, incoming in ((bars([]), bars([])), (bars([]), new), (new, bars([]))):
        found = judge(stored, incoming, known)
        assert (found.refused, len(found.revised)) == ({}, 0)
        assert found.revised.schema.field("message").type == pa.string()


def test_each_instrument_is_judged_by_its_own_rows() -> None:
    """The first is unchanged, the second has no overlap with the row before it, the third is
    revised."""
    same, again = ([bar(day, 10.0, instrument_id="A") for day in DAYS[n:4]] for n in (0, 1))
    held = [bar(day, 10.0, instrument_id="Z") for day in DAYS[:5]]
    served = [
        one | {"close": close} for one, close in zip(held, (10.0, 10.003, 9.998, 10.0, 10.004), strict=True)
    ]
    stored, incoming = bars([*same, bar(DAYS[0], 100.0), *held]), bars([*again, bar(DAYS[1], 300.0), *served])
    windows = {name: window(replace(SHARE, id=name)) for name in ("A", "SHARE", "Z")}
    found = judge(stored, incoming, windows)
    assert list(found.refused) == ["SHARE"]
    assert "begins at 300 on 2024-01-03, after 100 on 2024-01-02" in found.refused["SHARE"].text
    [row] = found.revised.to_pylist()
    assert (row["instrument_id"], row["session"]) == ("Z", DAYS[1])
    assert row["message"] == "3 of 5 stored sessions revised, 2024-01-03 to 2024-01-06"


def test_price_of_zero_has_no_scale() -> None:
    stored = bars([bar(t, 0.0) for t in DAYS])
    assert not judge(stored, rows([float(n) for n in range(40)]), {"SHARE": window()}).refused


def test_accepted_instruments_are_noted_and_not_refused() -> None:
    found = judge(rows(CLOSES), rows(times([4.0] * 40)), {"SHARE": window()}, {"SHARE"})
    assert (found.refused, len(found.revised)) == ({}, 1)


# total returns


def scaled(stored: pa.Table, served: pa.Table, instrument: object = TOTAL) -> list[float]:
    return on_stored_scale(served, stored, {"SHARE": window(instrument)})["close"].to_pylist()


def test_total_returns_are_put_on_the_stored_scale() -> None:
    """The dividend of the last session has rescaled the history by 0.98."""
    served = rows(times([0.98] * 11 + [1.0], CLOSES[:12]))
    got = scaled(rows(CLOSES[:11]), served)
    assert got[:11] == CLOSES[:11]
    assert got[11] == pytest.approx(CLOSES[11] / 0.98, rel=1e-12)
    assert scaled(rows(CLOSES[:11]), served, SHARE) == served["close"].to_pylist()


def test_rounding_is_no_change_and_a_correction_is_one() -> None:
    factors = [0.5 * (1 + 4e-5 * (-1) ** n) for n in range(10)]
    got = scaled(rows(CLOSES[:11]), rows(times([*factors, 0.55])))
    assert got[:10] == CLOSES[:10]
    assert got[10] == pytest.approx(1.1 * CLOSES[10], rel=1e-4)


def test_larger_difference_than_rounding_is_a_correction() -> None:
    got = scaled(rows(CLOSES[:11]), rows(times([0.5] * 10 + [0.5 * (1 + 1.2e-4)])))
    assert got == [*CLOSES[:10], pytest.approx(CLOSES[10] * (1 + 1.2e-4), rel=1e-9)]


def test_scale_is_that_of_the_same_source_where_it_is_stored() -> None:
    """Seven sessions of another source at twice the price, and seven that are not stored."""
    held = [bar(day, close, source="test") for day, close in zip(DAYS[:3], CLOSES, strict=False)]
    held += [bar(DAYS[n], 2 * CLOSES[n], source="other") for n in range(3, 10)]
    got = scaled(bars(held), rows(times([0.5] * 17)))
    assert got == pytest.approx(CLOSES[:17], rel=1e-12)


def test_only_stored_total_returns_are_scaled() -> None:
    windows = {name: window(replace(TOTAL, id=name)) for name in ("NEW", "TOTAL")}
    windows["PRICE"] = window(replace(SHARE, id="PRICE"))
    stored = bars([bar(day, 10.0, instrument_id=name) for name in ("PRICE", "TOTAL") for day in DAYS[:3]])
    served = bars([bar(day, 5.0, instrument_id=name) for name in windows for day in DAYS[:3]])
    got = on_stored_scale(served, stored, windows)
    assert got["close"].to_pylist() == [5.0] * 6 + [10.0] * 3
    assert on_stored_scale(served, bars([]), windows) is served
    assert on_stored_scale(bars([]), stored, windows).equals(bars([]))


def test_missing_prices_stay_missing() -> None:
    stored = bars([bar(day, 100.0, open=None) for day in DAYS[:3]])
    served = bars([bar(day, 50.0, open=None) for day in DAYS[:4]])
    got = on_stored_scale(served, stored, {"SHARE": window(TOTAL)})
    assert got["open"].to_pylist() == [None] * 4
    assert got["close"].to_pylist() == pytest.approx([100.0] * 4, rel=1e-12)


def test_another_source_of_total_returns_is_scaled_too() -> None:
    assert scaled(rows(CLOSES[:5]), rows([3 * c for c in CLOSES[:6]], source="other")) == pytest.approx(
        CLOSES[:6], rel=1e-12
    )


def test_total_returns_may_be_rescaled_in_part_and_not_be_another_series() -> None:
    """A corrected dividend of long ago rescales what lies before it."""
    partly = times([0.99] * 15 + [1.0] * 25)
    assert check_of(CLOSES, partly, 0, TOTAL) == ""
    other = walk(5, 0.02, count=40)
    assert check_of(CLOSES, other, 0, TOTAL) == "other_series"


def test_total_returns_need_an_overlap() -> None:
    stored, later = bars([bar(DAYS[0], 100.0)]), bars([bar(DAYS[1], 100.0)])
    assert judge(stored, later, {"SHARE": window(TOTAL)}).refused["SHARE"].check == "no_overlap"
