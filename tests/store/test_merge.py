"""Merging against a model in plain Python."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketlake.ingest.merge import (
    before_first,
    in_order,
    match,
    merge_bars,
    merge_revisions,
    put_in,
    same_value,
)
from marketlake.model.schema import BAR, REVISION

from ..builders import bar, bars

DAYS = [date(2024, 1, 2) + timedelta(days=n) for n in range(5)]
START = datetime(2024, 1, 8, tzinfo=UTC)
VALUES = ("open", "high", "low", "close", "volume", "dividend", "split")
Key = tuple[str, date]


def merged(stored: pa.Table, revisions: pa.Table, incoming: pa.Table) -> tuple[pa.Table, pa.Table]:
    result = merge_bars(stored, incoming)
    more = merge_revisions(revisions, result.superseded) if len(result.superseded) else None
    return put_in(stored, result.bars), (revisions if more is None else more)


class Model:
    """The expected tables."""

    def __init__(self) -> None:
        self.bars: dict[Key, dict] = {}
        self.revisions: dict[tuple[str, date, datetime], dict] = {}

    def load_rows(self, rows: list[dict]) -> None:
        for new in rows:
            key = new["instrument_id"], new["session"]
            old = self.bars.get(key)
            if old is None:
                self.bars[key] = new
            elif old["source"] == new["source"] and old["observed_at"] <= new["observed_at"]:
                self._compare(key, old, new)

    def _compare(self, key: Key, old: dict, new: dict) -> None:
        prices = any(self._differ(old[n], new[n], 1e-6) for n in ("open", "high", "low", "close"))
        events = abs(old["dividend"] - new["dividend"]) > max(
            1e-3 * max(old["dividend"], new["dividend"]), 5e-5
        ) or self._differ(old["split"], new["split"], 1e-9)
        volume = self._differ(old["volume"], new["volume"], 1e-4)
        recent = new["session"] >= (new["observed_at"] - timedelta(days=15)).date()
        settles = recent and not self._differ(old["volume"], new["volume"], 0.05)
        if prices or events or (volume and not settles):
            gone = {**old, "superseded_at": new["observed_at"]}
            self.revisions.setdefault((*key, old["observed_at"]), gone)
            self.bars[key] = {**new, "known_at": new["observed_at"], "backfilled": False}
        elif volume:
            self.bars[key] = {**old, "volume": new["volume"]}

    @staticmethod
    def _differ(a: float | None, b: float | None, relative: float) -> bool:
        if a is None or b is None:
            return a is not b
        return abs(a - b) > relative * max(abs(a), abs(b))


_one = st.fixed_dictionaries(
    {
        "instrument_id": st.sampled_from(["A", "B", "Ä"]),
        "session": st.sampled_from(DAYS),
        "close": st.sampled_from([10.0, 10.0, 10.000001, 10.1, -1.0]),
        "open": st.sampled_from([10.0, None]),
        "volume": st.sampled_from([1000.0, 1000.0, 1030.0, 2000.0, None]),
        "dividend": st.sampled_from([0.0, 0.0, 0.25, 0.250001]),
        "split": st.sampled_from([1.0, 1.0, 1.0, 4.0]),
        "source": st.sampled_from(["yahoo", "yahoo", "other"]),
        "backfilled": st.booleans(),
    }
)
_load = st.lists(_one, max_size=8, unique_by=lambda r: (r["instrument_id"], r["session"]))
_loads = st.lists(st.tuples(st.sampled_from([-1, 1, 1, 3, 20]), _load), max_size=8)


def _rows(load: list[dict], moment: datetime) -> list[dict]:
    filled = [{**bar(one["session"], 1.0), "high": None, "low": None, **one} for one in load]
    return [one | {"observed_at": moment, "known_at": moment} for one in filled]


@given(_loads)
@settings(deadline=None)
def test_any_history_agrees_with_the_model(loads: list[tuple[int, list[dict]]]) -> None:
    model, stored, revisions = Model(), BAR.empty_table(), REVISION.empty_table()
    moment = START
    for step, (days, load) in enumerate(loads, 1):
        moment = moment + timedelta(days=days, seconds=step)
        rows = _rows(load, moment)
        model.load_rows(rows)
        stored, revisions = merged(stored, revisions, bars(rows))
        # repeating a load changes neither table
        assert merged(stored, revisions, bars(rows)) == (stored, revisions)
    assert stored.schema.equals(BAR)
    assert revisions.schema.equals(REVISION)
    assert stored.to_pylist() == [model.bars[key] | {} for key in sorted(model.bars)]
    assert revisions.to_pylist() == [model.revisions[key] for key in sorted(model.revisions)]


@given(_loads)
def test_every_earlier_state_can_be_rebuilt(loads: list[tuple[int, list[dict]]]) -> None:
    stored, revisions, moment = BAR.empty_table(), REVISION.empty_table(), START
    states: list[tuple[datetime, dict]] = []
    for days, load in loads:
        moment += timedelta(days=abs(days), seconds=1)
        stored, revisions = merged(stored, revisions, bars(_rows(load, moment)))
        states.append((moment, {(r["instrument_id"], r["session"]): r["close"] for r in stored.to_pylist()}))
    rows = [{**r, "superseded_at": None} for r in stored.to_pylist()] + revisions.to_pylist()
    for when, state in states:
        seen = [
            r
            for r in rows
            if r["observed_at"] <= when and (r["superseded_at"] is None or r["superseded_at"] > when)
        ]
        assert {(r["instrument_id"], r["session"]): r["close"] for r in seen} == state


def test_revision_is_keyed_by_the_superseded_row() -> None:
    first, second = bars([bar("2024-01-02", 10.0)]), bars([bar("2024-01-02", 11.0, observed_at=START)])
    result = merge_bars(first, second)
    once = merge_revisions(REVISION.empty_table(), result.superseded)
    assert once is not None
    assert merge_revisions(once, result.superseded) is None
    assert once["superseded_at"].to_pylist() == [START]


def test_unchanged_load_changes_nothing() -> None:
    stored = bars([bar("2024-01-02", 10.0), bar("2024-01-03", 11.0)])
    again = bars([bar("2024-01-03", 11.0, observed_at=START)])
    result = merge_bars(stored, again)
    parts = (result.bars, result.superseded, result.new, result.revised, result.settled)
    assert [len(part) for part in parts] == [0] * 5


@pytest.mark.parametrize("unit", [1000.0, 0.001])
def test_old_volume_change_is_a_revision(unit: float) -> None:
    stored = bars([bar("2024-01-02", 10.0, volume=unit)])
    served = (bar("2024-01-02", 10.0, volume=1.04 * unit, observed_at=START + timedelta(n)) for n in (9, 10))
    # 15 days after the session, and 16
    soon, late = (merge_bars(stored, bars([row])) for row in served)
    more = merge_bars(stored, bars([bar("2024-01-02", 10.0, volume=1.06 * unit, observed_at=START)]))
    assert (len(more.settled), len(more.superseded)) == (0, 1)
    assert (len(soon.settled), len(soon.superseded)) == (1, 0)
    assert (len(late.settled), len(late.superseded)) == (0, 1)
    assert soon.bars["observed_at"].to_pylist() == stored["observed_at"].to_pylist()


@pytest.mark.parametrize(
    ("name", "a", "b", "same"),
    [
        ("close", 100.0, 100.0001, True),
        ("close", 100.0, 100.0002, False),
        ("close", 100.0, 99.9998, False),
        ("open", -100.0, -100.0001, True),
        ("dividend", 1.0, 1.001, True),
        ("dividend", 1.0, 1.002, False),
        ("dividend", 0.0, 0.00005, True),
        ("dividend", 0.0, 0.00006, False),
        ("split", 4.0, 4.000000003, True),
        ("split", 4.0, 4.00000001, False),
        ("volume", 10_000.0, 10_001.0, True),
        ("volume", 10_000.0, 10_002.0, False),
        ("volume", 1.0, 1.5, False),
        ("close", None, None, True),
        ("close", None, 1.0, False),
        ("volume", 0.0, None, False),
        ("close", 0.0, 0.0, True),
        ("close", 0.0, 1e-9, False),
    ],
)
def test_same_value_has_the_tolerance_of_its_column(
    name: str, a: float | None, b: float | None, same: bool
) -> None:
    assert same_value(name, a, b) is same
    assert same_value(name, b, a) is same


def _named(*rows: tuple[str, str]) -> pa.Table:
    return bars([bar(day, float(n), instrument_id=name) for n, (name, day) in enumerate(rows)])


def test_row_before_the_first_is_of_the_same_instrument() -> None:
    stored = _named(
        ("A", "2024-01-02"),
        ("A", "2024-01-05"),
        ("B", "2024-01-03"),
        ("C", "1950-01-02"),
        ("C", "2024-01-09"),
    )
    incoming = _named(
        ("A", "2024-01-05"),
        ("A", "2024-01-08"),
        ("B", "2024-01-03"),
        ("C", "1950-01-03"),
        ("C", "2024-01-09"),
        ("D", "2024-01-09"),
    )
    at, first = before_first(stored, incoming)
    assert (at.tolist(), first.tolist()) == ([0, 3], [0, 3])
    at, first = before_first(stored, _named(("B", "2024-01-04"), ("B", "2024-01-05"), ("D", "2024-01-01")))
    assert (at.tolist(), first.tolist()) == ([2], [0])
    at, first = before_first(stored, _named(("A", "2024-01-06"), ("B", "2024-01-04"), ("B", "2024-01-05")))
    assert (at.tolist(), first.tolist()) == ([1, 2], [0, 1])
    at, first = before_first(stored, _named(("Z", "2025-01-01")))
    assert (at.tolist(), first.tolist()) == ([], [])


def test_nothing_has_no_row_before_it() -> None:
    some = _named(("A", "2024-01-02"))
    for stored, incoming in ((BAR.empty_table(), some), (some, BAR.empty_table())):
        at, first = before_first(stored, incoming)
        assert (at.tolist(), first.tolist()) == ([], [])
        assert at.dtype == first.dtype == np.int64


def test_match_finds_sessions_of_any_instrument_and_day() -> None:
    stored = _named(("A", "1969-12-31"), ("A", "2024-01-02"), ("B", "2024-01-02"))
    at, found = match(
        stored, _named(("A", "2024-01-02"), ("A", "2024-01-03"), ("B", "2024-01-02"), ("C", "1969-12-31"))
    )
    assert found.tolist() == [True, False, True, False]
    assert at[found].tolist() == [1, 2]
    assert match(BAR.empty_table(), stored)[1].tolist() == [False] * 3


def test_rows_are_put_among_the_stored_ones_or_in_their_place() -> None:
    stored = _named(("A", "2024-01-02"), ("A", "2024-01-04"), ("C", "1969-12-31"))
    rows = _named(("A", "2024-01-03"), ("A", "2024-01-04"), ("B", "2024-01-02"), ("D", "2024-01-01"))
    got = [
        (row["instrument_id"], str(row["session"]), row["close"]) for row in put_in(stored, rows).to_pylist()
    ]
    assert got == [
        ("A", "2024-01-02", 0.0),
        ("A", "2024-01-03", 0.0),
        ("A", "2024-01-04", 1.0),
        ("B", "2024-01-02", 2.0),
        ("C", "1969-12-31", 2.0),
        ("D", "2024-01-01", 3.0),
    ]
    assert put_in(stored, rows.slice(0, 0)) is stored
    assert put_in(stored.slice(0, 0), rows) is rows


def test_merge_tells_new_revised_settled_and_other_rows_apart() -> None:
    names = ("FIRM", "MORE", "OLD", "REVISED", "SAME", "VOLUME")
    known = {"close": 10.0, "volume": 1000.0, "known_at": START, "observed_at": START, "backfilled": True}
    stored = bars([bar("2024-01-05", instrument_id=name, **known) for name in names])
    later = START + timedelta(hours=1)
    changes: dict[str, dict] = {
        "FIRM": {"close": 10.1, "source": "other"},
        "MORE": {"volume": 1100.0},
        "NEW": {},
        "OLD": {"close": 10.1, "observed_at": START - timedelta(hours=1)},
        "REVISED": {"close": 10.1, "volume": 1001.0},
        "SAME": {},
        "VOLUME": {"volume": 1040.0},
    }
    incoming = [
        bar("2024-01-05", instrument_id=name, **known | {"observed_at": later} | more)
        for name, more in changes.items()
    ]
    found = merge_bars(stored, bars(incoming))
    assert (found.new.to_pylist(), found.settled.to_pylist()) == (["NEW"], ["VOLUME"])
    assert found.revised.to_pylist() == ["MORE", "REVISED"]
    columns = ("instrument_id", "close", "volume", "observed_at", "known_at", "backfilled")
    assert [tuple(row[name] for name in columns) for row in found.bars.to_pylist()] == [
        ("MORE", 10.0, 1100.0, later, later, False),
        ("NEW", 10.0, 1000.0, later, START, True),
        ("REVISED", 10.1, 1001.0, later, later, False),
        ("VOLUME", 10.0, 1040.0, START, START, True),
    ]
    assert found.superseded.schema.equals(REVISION)
    assert [(r["instrument_id"], r["volume"], r["superseded_at"]) for r in found.superseded.to_pylist()] == [
        ("MORE", 1000.0, later),
        ("REVISED", 1000.0, later),
    ]


def test_rows_are_put_in_order_of_instrument_and_session() -> None:
    ordered = _named(("A", "1969-12-31"), ("A", "2024-01-02"), ("B", "1969-12-30"))
    assert in_order(ordered) is ordered
    assert in_order(ordered.take([2, 1, 0])).equals(ordered)
    many = _named(*((f"I{n:04}", "2024-01-02") for n in range(6000)))
    assert in_order(many.take(list(range(5999, -1, -1)))).equals(many)
