"""The checks of jumps, spikes, splits and dividends judge by the instrument's own daily variation."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from marketlake.ingest.checks import Context, check, with_pending
from marketlake.model.schema import QUARANTINE

from ..builders import COIN, LATER, bars, normalised, row, window
from .test_check_texts import Row, noted, quarantined, run

FIRST = date(2023, 1, 2)
EQUITY = replace(COIN, asset_class="equity")
DAY = 60


def walk(count: int = 130, sigma: float = 0.01, seed: int = 7) -> list[Row]:
    """Sessions of a share whose closes vary by `sigma` a day, with a range around them."""
    steps = np.random.default_rng(seed).normal(0, sigma, count)
    closes = 100 * np.exp(np.cumsum(steps))
    return [
        row(FIRST + timedelta(days=n), float(c), open=float(c), high=float(c * 1.003), low=float(c * 0.997))
        for n, c in enumerate(closes)
    ]


def scaled(rows: list[Row], factor: float, *names: str) -> None:
    for one in rows:
        one |= {name: one[name] * factor for name in names or ("open", "high", "low", "close")}


def paying(amount: float = 0.5, every: int = 30, count: int = 280) -> list[Row]:
    """A share with a dividend every 90 days (of three rows a day)."""
    rows = walk(count)
    for n in range(every // 2, count, every):
        rows[n] |= {"dividend": amount}
    for n, one in enumerate(rows):
        one |= {"session": FIRST + timedelta(days=3 * n)}
    return rows


def found(rows: list[Row], **options: object) -> dict[str, list[int]]:
    """The places of the rows that each check finds."""
    result = run(rows, EQUITY, **options)
    place = {one["session"]: n for n, one in enumerate(rows)}
    names: dict[str, list[int]] = {}
    for name, session in [*quarantined(result), *noted(result)]:
        names.setdefault(name, []).append(place[session])
    return names


def test_an_ordinary_share_has_no_finding() -> None:
    assert found(walk()) == {}
    assert found(paying()) == {}


@pytest.mark.parametrize("sign", [1, -1])
def test_a_wrong_close_is_a_spike(sign: int) -> None:
    rows = walk()
    scaled(rows[DAY : DAY + 1], 1 + sign * 0.12)
    assert found(rows) == {"spike": [DAY]}


def test_two_wrong_bars_in_a_row_are_a_spike() -> None:
    rows = walk()
    scaled(rows[DAY : DAY + 2], 1.12)
    assert found(rows) == {"spike": [DAY]}


def test_every_finding_has_a_message_wherever_the_answer_ends() -> None:
    rows = walk()
    scaled(rows[DAY : DAY + 3], 1.2)
    for end in range(DAY + 1, DAY + 6):
        assert run(rows[:end], EQUITY).findings["message"].null_count == 0
    assert found(rows[: DAY + 4]) == {"spike": [DAY, DAY + 3]}


def test_a_reversal_within_a_session_is_no_spike() -> None:
    rows = walk()
    scaled(rows[DAY : DAY + 1], 1.12)
    rows[DAY + 1] |= {"open": rows[DAY]["close"], "high": rows[DAY]["close"]}
    assert found(rows) == {}


def test_a_wrong_close_on_the_newest_session_is_a_jump_until_the_next() -> None:
    rows = walk()
    scaled(rows[DAY:], 1.35)
    assert found(rows[: DAY + 1]) == {"jump": [DAY]}
    assert found(rows) == {}


def test_stored_sessions_tell_the_daily_variation() -> None:
    rows = walk()
    scaled(rows[DAY : DAY + 1], 1.15)
    history = {one["session"]: one["close"] for one in rows[DAY - 20 : DAY]}
    assert found(rows[DAY : DAY + 3], before=history) == {"spike": [0]}
    assert found(rows[DAY : DAY + 3]) == {}


def test_a_wrong_high_or_low_is_noted() -> None:
    for name, factor in (("high", 1.15), ("low", 0.85)):
        rows = walk()
        scaled(rows[DAY : DAY + 1], factor, name)
        assert found(rows) == {"range_spike": [DAY]}


@pytest.mark.parametrize(
    "changed",
    [
        {"high": 1e300},
        {"low": 1e-300},
        {"open": 1e300, "high": 1e300},
        {"high": 1e7},
        {"low": 1e-4},
        {"volume": 1e300},
        {"dividend": 1e300},
        {"open": 1e300, "high": 1e300, "low": 1e300, "close": 1e300},
    ],
)
def test_values_beyond_all_measure_are_quarantined(changed: Row) -> None:
    for place in (0, DAY, 129):
        rows = walk()
        rows[place] |= changed
        assert place in {n for places in found(rows).values() for n in places}
        assert [session for _, session in quarantined(run(rows, EQUITY))] == [rows[place]["session"]]


@pytest.mark.parametrize("ratio", [2.0, 3.0, 5.0, 10.0, 0.1, 1 / 25])
def test_an_untold_split_is_suspected(ratio: float) -> None:
    rows = walk()
    scaled(rows[DAY:], 1 / ratio)
    for one in rows[DAY:]:
        one |= {"volume": one["volume"] * ratio}
    assert found(rows)["split_suspected"] == [DAY]


def test_a_crash_is_no_split() -> None:
    rows = walk()
    after = walk(seed=8, sigma=0.06)
    scaled(rows[DAY:], 0.5)
    for one, other in zip(rows[DAY:], after[DAY:], strict=True):
        scaled([one], other["close"] / 100)
    assert "split_suspected" not in found(rows)


def test_a_split_with_a_wrong_ratio_is_suspected() -> None:
    rows = walk()
    scaled(rows[DAY:], 1 / 2)
    rows[DAY] |= {"split": 20.0}
    assert found(rows)["split_suspected"] == [DAY]
    rows[DAY] |= {"split": 2.0}
    assert found(rows) == {}


def test_a_reused_ticker_is_severe() -> None:
    rows = walk()
    scaled(rows[DAY:], 180)
    for one in rows[DAY:]:
        one |= {"session": one["session"] + timedelta(days=300)}
    assert found(rows) == {"jump": [DAY], "reused_ticker": [DAY]}


PAID = 135
"""The place of a dividend of `paying`."""


@pytest.mark.parametrize(
    ("factor", "name"),
    [(100.0, "dividend_size"), (30.0, "dividend_size"), (0.01, "dividend_out_of_line")],
)
def test_a_dividend_in_another_unit_is_found(factor: float, name: str) -> None:
    rows = paying()
    rows[PAID] |= {"dividend": rows[PAID]["dividend"] * factor}
    assert found(rows)[name] == [PAID]


def test_a_small_dividend_times_100_is_out_of_line() -> None:
    rows = paying(amount=0.015)
    rows[PAID] |= {"dividend": 1.5}
    assert found(rows) == {"dividend_out_of_line": [PAID]}


def test_a_dividend_listed_twice_is_found() -> None:
    rows = paying()
    rows[PAID + 4] |= {"dividend": 0.5}
    assert found(rows) == {"dividend_repeated": [PAID + 4]}


def test_a_dividend_per_share_before_the_split_of_its_day_is_found() -> None:
    rows = paying()
    for one in rows[PAID:]:
        scaled([one], 0.1)
        one |= {"dividend": one["dividend"] / 10}
    rows[PAID] |= {"split": 10.0}
    assert found(rows) == {}
    rows[PAID] |= {"dividend": 0.5}
    assert found(rows)["dividend_out_of_line"] == [PAID]


def test_a_split_of_5000_that_the_price_confirms_is_stored() -> None:
    rows = walk()
    scaled(rows[DAY:], 5000)
    rows[DAY] |= {"split": 1 / 5000}
    assert found(rows) == {}
    rows[DAY] |= {"split": 1 / 2000}
    assert found(rows)["split_ratio"] == [DAY]


def test_the_events_of_a_quarantined_row_go_to_the_next() -> None:
    rows = walk()
    scaled(rows[DAY:], 0.1)
    rows[DAY] |= {"split": 10.0, "dividend": 0.1, "high": 1e7}
    result = run(rows, EQUITY)
    assert [reason for reason, _ in quarantined(result)] == ["far_outside_range"]
    assert noted(result) == [("dividend_out_of_line", rows[DAY + 1]["session"])]  # there is no other
    stored = result.bars.to_pylist()[DAY]
    assert (stored["session"], stored["split"], stored["dividend"]) == (rows[DAY + 1]["session"], 10.0, 0.1)
    # the next answer begins after the quarantined session
    outside = rows[DAY] | {
        "reason": "far_outside_range",
        "run_id": "r",
        "source": "test",
        "observed_at": LATER,
    }
    pending = bars([outside], QUARANTINE)
    before = {one["session"]: one["close"] for one in rows[DAY - 20 : DAY]}
    again = run(rows[DAY + 1 :], EQUITY, before=before, pending=pending)
    assert again.bars.to_pylist()[0]["split"] == 10.0
    assert [name for name, _ in noted(again)] == ["dividend_out_of_line"]
    # it was stored since
    before[rows[DAY]["session"]] = rows[DAY]["close"]
    assert run(rows[DAY + 1 :], EQUITY, before=before, pending=pending).bars.to_pylist()[0]["split"] == 1.0


def test_events_of_sessions_left_out_go_to_the_first_row_of_their_instrument() -> None:
    days = [FIRST + timedelta(days=n) for n in range(6)]
    history = normalised(
        [row(days[0], 10.0, instrument_id=name, close_at=LATER, source="test") for name in "AB"]
    )
    rows = [("A", 4, 2.0, 0.2), ("A", 5, 1.0, 0.0), ("B", 4, 1.0, 0.0), ("C", 4, 1.0, 0.0)]
    first = normalised(
        [
            row(
                days[n],
                10.0,
                instrument_id=name,
                split=split,
                dividend=dividend,
                close_at=LATER,
                source="test",
            )
            for name, n, split, dividend in rows
        ]
    )
    left_out = [
        ("A", 0, 5.0, 5.0, "spike", LATER),  # stored
        ("A", 1, 2.0, 0.6, "spike", LATER),
        ("A", 1, 7.0, 7.0, "spike", LATER - timedelta(days=1)),  # served again since
        ("A", 3, 0.5, 0.6, "spike", LATER),
        ("A", 4, 5.0, 5.0, "spike", LATER),  # in the answer
        ("B", 1, 0.0, np.inf, "not_positive", LATER),
        ("B", 2, 5.0, 0.5, "split_ratio", LATER),
        ("B", 3, 2.0, 9.0, "dividend_size", LATER),
        ("C", 3, 5.0, 5.0, "spike", LATER),  # nothing is stored before
        ("D", 3, 5.0, 5.0, "spike", LATER),  # not in the answer
    ]
    more = {"run_id": "r", "source": "test"}
    pending = bars(
        [
            row(days[n], 10.0, instrument_id=name, split=split, dividend=dividend)
            | {"reason": reason, "observed_at": at, **more}
            for name, n, split, dividend, reason, at in left_out
        ],
        QUARANTINE,
    )
    got = with_pending(first, history, pending)
    assert got.drop_columns(["split", "dividend"]).equals(first.drop_columns(["split", "dividend"]))
    # A: 2 x 0.5 x 2; 0.2, then 0.6 before its own split of 2, then 0.6 before splits of 2 and 0.5
    assert got["split"].to_pylist() == [2.0, 1.0, 2.0, 1.0]
    # B: 0.5 before a split of 2
    assert got["dividend"].to_pylist() == pytest.approx([0.2 + 0.6 / 2 + 0.6, 0.0, 0.25, 0.0])
    assert with_pending(first, history, pending.slice(0, 0)) is first


def test_events_of_quarantined_rows_add_up_in_the_next_good_row_of_the_instrument() -> None:
    """The volume is wrong on the first and second day, and on all days of the second instrument."""
    days = [FIRST + timedelta(days=n) for n in range(4)]
    events = [(40, 1.0, 0.0), (20, 2.0, 0.0), (20, 1.0, 1.0), (10, 2.0, 0.05)]
    wrong = {"A": (1, 2), "B": (0, 1, 2, 3), "C": ()}
    rows = [
        row(days[n], close, instrument_id=name, close_at=LATER, source="test", split=split, dividend=dividend)
        | ({"volume": -1.0} if n in wrong[name] else {})
        for name in wrong
        for n, (close, split, dividend) in enumerate(events)
    ]
    windows = {name: window(replace(EQUITY, id=name)) for name in wrong}
    stored = normalised([row(days[1], 20.0, instrument_id="A", close_at=LATER, source="test")])
    # of the second day 1.00 before a split of 2; the split of the first day is stored or not
    for context, split in ((Context(), 4.0), (Context(history=stored), 2.0)):
        result = check(normalised(rows), normalised([]), windows, "run", context)
        last = result.bars.to_pylist()[1]
        assert result.bars["instrument_id"].to_pylist() == ["A"] * 2 + ["C"] * 4
        assert (last["session"], last["split"], last["dividend"]) == (days[3], split, 0.05 + 1.0 / 2)
        assert result.bars["split"].to_pylist()[2:] == [split for _, split, _ in events]
        assert len(result.quarantine) == 6


def test_a_quarantined_dividend_is_not_carried() -> None:
    rows = paying()
    rows[PAID] |= {"dividend": 50.0}
    result = run(rows, EQUITY)
    assert [reason for reason, _ in quarantined(result)] == ["dividend_size"]
    assert sum(result.bars["dividend"].to_pylist()) == pytest.approx(
        0.5 * 5
    )  # rows after the answer are left out
