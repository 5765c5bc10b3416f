"""Model of the lake after any sequence of answers, in dicts and loops, by the documented rules.

Nothing here is the lake's own code.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

Row = dict[str, Any]
Key = tuple[str, date]
PRICES = ("open", "high", "low", "close")
_FIFTH = 0.1823
LAG = timedelta(minutes=10)
"""Of a market that never closes."""


def as_traded(
    served: list[Row], at: datetime, start: date, end: date, held: set[date]
) -> tuple[list[Row], set[date]]:
    """One instrument's rows of one answer as bars, by session, and the sessions told in two ways.

    `held` are the sessions that are stored with an event.

    `served` holds rows in any order, with a price or only with an event; all prices of an answer are restated
    for later splits, or none are.
    """
    days: dict[date, list[Row]] = {}
    for row in sorted(served, key=lambda row: row["session"]):
        days.setdefault(row["session"], []).append(dict(row))
    _undo_splits(days)
    _settle_events(days, held)
    bars, conflicts = [], set()
    for day in sorted(days):
        rows = days[day]
        if not rows or not start <= day <= end or _close_of(day) + LAG > at:
            continue
        if all(_same(one, rows[0]) for one in rows):
            bars.append(rows[-1])
        else:
            conflicts.add(day)
    return bars, conflicts


def _undo_splits(days: dict[date, list[Row]]) -> None:
    """A price of before a split was traded in old shares: times the split; the volume by it."""
    factor = 1.0
    for day in sorted(days, reverse=True):
        for row in days[day]:
            if row["split_adjusted"]:
                for name in (*PRICES, "dividend"):
                    row[name] = None if row[name] is None else row[name] * factor
                row["volume"] = None if row["volume"] is None else row["volume"] / factor
        # the same split served twice counts once; two different ones both count
        split, before = 1.0, None
        for row in days[day]:
            if row["split"] != 1.0 and row["split"] != before:
                split *= row["split"]
            before = row["split"]
        factor *= split


def _settle_events(days: dict[date, list[Row]], held: set[date]) -> None:
    """An event on a day without a price belongs to the next one that has one, in all its rows, unless
    it is stored where it belongs."""
    rows = [row for day in sorted(days) for row in days[day]]
    originals = [dict(row) for row in rows]
    for event in originals:
        if event["close"] is None:
            later = [row for row in originals if row["session"] > event["session"]]
            factor = 1.0
            if not any(row["close"] is not None for row in days[event["session"]]):
                if event["session"] in held:
                    continue
                while later and later[0]["close"] is None:
                    factor *= later.pop(0)["split"]
                if not later:
                    continue
                factor *= later[0]["split"]
                target = later[0]["session"]
            else:
                target = event["session"]
            for row in days[target]:
                row["dividend"] += event["dividend"] / factor
                row["split"] *= event["split"]
    for day in days:
        days[day] = [row for row in days[day] if row["close"] is not None]


def _same(a: Row, b: Row) -> bool:
    return all(_near(a[name], b[name], 1e-6) for name in (*PRICES, "dividend", "split"))


def _near(a: float | None, b: float | None, relative: float, absolute: float = 0.0) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a - b) <= max(relative * max(abs(a), abs(b)), absolute)


def _close_of(day: date) -> datetime:
    """A day of a market that never closes ends with it."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


@dataclass
class Model:
    """The current rows, those that were replaced, and quarantined rows."""

    bars: dict[Key, Row] = field(default_factory=dict)
    revisions: list[Row] = field(default_factory=list)
    quarantined: set[Key] = field(default_factory=set)

    def take(
        self, instrument: str, source: str, mode: str, at: datetime, answer: list[Row], window: Any
    ) -> None:
        """One answer, given at `at`; daily and reverify tell of a new day rather than of history."""
        live = mode in {"daily", "reverify"}
        held = {
            day
            for (name, day), row in self.bars.items()
            if name == instrument and (row["split"] != 1.0 or row["dividend"] != 0.0)
        }
        bars, conflicts = as_traded(answer, at, *window, held)
        self.quarantined |= {(instrument, day) for day in conflicts}
        if bars and self._refused(instrument, source, bars):
            self.quarantined |= {(instrument, row["session"]) for row in bars}
            return
        for row in bars:
            close = _close_of(row["session"])
            seen = {"instrument_id": instrument, "source": source, "observed_at": at, "close_at": close}
            known = at if live else close + LAG
            self._put({**row, **seen, "known_at": known, "backfilled": not live})

    def _refused(self, instrument: str, source: str, bars: list[Row]) -> bool:
        """Whether the answer does not fit what is stored: another scale, another path, or no overlap."""
        first = bars[0]["session"]
        mine = sorted(day for name, day in self.bars if name == instrument)
        pairs = [(self.bars[instrument, row["session"]], row) for row in bars if row["session"] in mine]
        eve = [day for day in mine if day < first]
        before = self.bars[instrument, eve[-1]] if eve else None
        if not pairs:
            return before is not None and _far(before, bars[0])
        own = [pair for pair in pairs if pair[0]["source"] == source]
        other = [math.log(new["close"] / old["close"]) for old, new in pairs if old["source"] != source]
        return _no_correction(own, before) or (bool(other) and abs(statistics.median(other)) > _FIFTH)

    def _put(self, new: Row) -> None:
        key = new["instrument_id"], new["session"]
        old = self.bars.get(key)
        if old is None:
            self.bars[key] = new
        elif old["source"] == new["source"] and old["observed_at"] <= new["observed_at"]:
            prices = all(_near(old[name], new[name], 1e-6) for name in PRICES)
            events = _near(old["dividend"], new["dividend"], 1e-3, 5e-5) and old["split"] == new["split"]
            volume = _near(old["volume"], new["volume"], 1e-4)
            recent = new["session"] >= new["observed_at"].date() - timedelta(days=15)
            settling = recent and _near(old["volume"], new["volume"], 0.05)
            if prices and events and not volume and settling:
                self.bars[key] = {**old, "volume": new["volume"]}
            elif not (prices and events and volume):
                self.revisions.append({**old, "superseded_at": new["observed_at"]})
                self.bars[key] = {**new, "known_at": new["observed_at"], "backfilled": False}

    def as_of(self, moment: datetime, *, strict: bool) -> dict[Key, float]:
        """The close of each session as it was known, or as this lake held it, at a moment."""
        best: dict[Key, tuple[datetime, datetime, float]] = {}
        for row in [*self.revisions, *self.bars.values()]:
            since = row["observed_at"] if strict else row["known_at"]
            key = row["instrument_id"], row["session"]
            if since <= moment and (key not in best or (since, row["observed_at"]) >= best[key][:2]):
                best[key] = since, row["observed_at"], row["close"]
        return {key: close for key, (_, _, close) in best.items()}


def _far(before: Row, first: Row) -> bool:
    days = (first["session"] - before["session"]).days
    move = math.log((first["close"] + first["dividend"]) * first["split"] / before["close"])
    return abs(move) > 0.4 * math.sqrt(max(1.0, days / 5))


def _no_correction(pairs: list[tuple[Row, Row]], before: Row | None) -> bool:
    """Whether the sessions that one source served twice changed by a factor or to another path."""
    shift = [math.log(new["close"] / old["close"]) for old, new in pairs]
    changed = [abs(one) > 1e-6 for one in shift]
    moved = [one for one in shift if abs(one) > 1e-6]
    if len(moved) < 2:
        return False
    factor = statistics.median(moved)
    whole = 2 * len(moved) > len(shift) or (len(moved) > 11 and all(changed[: len(moved)]))
    if not whole and abs(factor) <= _FIFTH:
        return False
    held = [_move(a, b) for a, b in pairwise([before, *(old for old, _ in pairs)])]
    served = [_move(a, b) for a, b in pairwise([before, *(new for _, new in pairs)])]
    if _mends(changed, factor, held, served):
        return False
    near = [n for n in range(len(changed)) if changed[n] or (n and changed[n - 1])]
    apart = [abs(served[n] - held[n]) for n in near if held[n] is not None]
    agree = sum(abs(one - factor) <= 5e-5 for one in moved)
    stepwise = whole and len(apart) > 3 and statistics.median(apart) <= 5e-5
    if abs(factor) > 5e-5 and (2 * agree > max(2, len(moved)) or stepwise):
        return True
    usual = [abs(held[n]) for n in near if held[n] is not None]
    other = len(apart) > 3 and statistics.median(apart) > max(5e-4, 0.3 * statistics.median(usual))
    return whole and (abs(factor) > _FIFTH or other)


def _mends(changed: list[bool], factor: float, held: list[Any], served: list[Any]) -> bool:
    """Whether what is stored jumps at the borders of the changes, and what came in does not."""
    borders = [changed[n] != (n > 0 and changed[n - 1]) for n in range(len(changed))]
    known = [n for n in range(len(changed)) if held[n] is not None]
    gains = [abs(held[n]) - abs(served[n]) for n in known if borders[n]]
    usual = [abs(held[n]) for n in known if not borders[n]]
    clear = abs(factor) > _FIFTH or (usual and abs(factor) > 5 * statistics.median(usual))
    return bool(clear and gains) and statistics.mean(gains) > abs(factor) / 2


def _move(before: Row | None, row: Row) -> float | None:
    return before and math.log(row["close"] * row["split"] / before["close"])
