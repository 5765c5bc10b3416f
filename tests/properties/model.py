"""Model of the lake after any sequence of answers, in dicts and loops, by the documented rules.

Nothing here is the lake's own code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

Row = dict[str, Any]
Key = tuple[str, date]
PRICES = ("open", "high", "low", "close")
LAG = timedelta(minutes=10)
"""Of a market that never closes."""


def as_traded(served: list[Row], at: datetime, start: date, end: date) -> tuple[list[Row], set[date]]:
    """One instrument's rows of one answer as bars, by session, and the sessions told in two ways.

    `served` holds rows in any order, with a price or only with an event; all prices of an answer are restated
    for later splits, or none are.
    """
    days: dict[date, list[Row]] = {}
    for row in sorted(served, key=lambda row: row["session"]):
        days.setdefault(row["session"], []).append(dict(row))
    _undo_splits(days)
    _settle_events(days)
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


def _settle_events(days: dict[date, list[Row]]) -> None:
    """An event on a day without a price belongs to the next one that has one, in all its rows."""
    rows = [row for day in sorted(days) for row in days[day]]
    originals = [dict(row) for row in rows]
    for event in originals:
        if event["close"] is None:
            later = [row for row in originals if row["session"] > event["session"]]
            factor = 1.0
            if not any(row["close"] is not None for row in days[event["session"]]):
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
        self, instrument: str, source: str, live: bool, at: datetime, answer: list[Row], window: Any
    ) -> None:
        """One answer, given at `at`; `live` is one that tells of a new day rather than of history."""
        bars, conflicts = as_traded(answer, at, *window)
        self.quarantined |= {(instrument, day) for day in conflicts}
        if self._rescaled(instrument, source, bars):
            self.quarantined |= {(instrument, row["session"]) for row in bars}
            return
        for row in bars:
            close = _close_of(row["session"])
            seen = {"instrument_id": instrument, "source": source, "observed_at": at, "close_at": close}
            known = at if live else close + LAG
            self._put({**row, **seen, "known_at": known, "backfilled": not live})

    def _rescaled(self, instrument: str, source: str, bars: list[Row]) -> bool:
        """Whether what is stored came back times one factor; a fallback source is judged by a fifth."""
        own, other = [], []
        for row in bars:
            stored = self.bars.get((instrument, row["session"]))
            if stored:
                (own if stored["source"] == source else other).append(row["close"] / stored["close"])
        changed = [ratio for ratio in own if abs(ratio - 1) > 1e-6]
        if len(changed) > 1:
            factor = _median(changed)
            agree = sum(abs(ratio - factor) < 5e-5 * factor for ratio in changed)
            beginning = all(abs(ratio - 1) > 1e-6 for ratio in own[: len(changed)])
            whole = len(changed) == len(own) or (beginning and len(changed) > 11)
            large = abs(factor - 1) > 0.2
            if agree > 1 and (
                (large and 2 * agree > len(changed)) or (whole and 5 * agree >= 4 * len(changed))
            ):
                return True
        return bool(other) and abs(_median(other) - 1) > 0.2

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


def _median(numbers: list[float]) -> float:
    order = sorted(numbers)
    half = len(order) // 2
    return order[half] if len(order) % 2 else (order[half - 1] + order[half]) / 2
