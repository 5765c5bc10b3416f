"""Random version histories of bars, and the expected changes computed in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from marketlake.model.instruments import Instrument

from ..lakes import BTC, SHARE, bar, make

FIELDS = ("open", "high", "low", "close", "volume", "dividend", "split")
MOMENTS = [datetime(2022, month, 1, tzinfo=UTC) for month in range(1, 9)]
"""Observation times in the generated lakes; sessions lie between December 2019 and 2021."""

Version = dict[str, Any]


@dataclass(frozen=True)
class History:
    """All versions of all sessions of some instruments."""

    instruments: Sequence[Instrument]
    versions: Sequence[Version]

    def write(self, lake: Path) -> Path:
        bars, revisions = [], []
        for versions in self.by_session().values():
            for old, new in pairwise(versions):
                revisions.append(old | {"superseded_at": new["observed_at"]})
            bars.append(versions[-1])
        return make(lake, self.instruments, bars, revisions)

    def by_session(self) -> dict[tuple[str, date], list[Version]]:
        result: dict[tuple[str, date], list[Version]] = {}
        for version in sorted(self.versions, key=lambda v: v["observed_at"]):
            result.setdefault((version["instrument_id"], version["session"]), []).append(version)
        return result

    def held(self, moment: datetime) -> dict[tuple[str, date], Version]:
        """The latest version of each session that had been seen by then."""
        result = {}
        for key, versions in self.by_session().items():
            seen = [v for v in versions if v["observed_at"] <= moment]
            if seen:
                result[key] = seen[-1]
        return result

    def changes(self, since: datetime, until: datetime) -> dict[tuple[str, date], tuple[Any, ...]]:
        """By session: kind, old values, new values."""
        old, new = self.held(since), self.held(until)
        result = {}
        for key, after in new.items():
            before = old.get(key)
            if before is None or values(before) != values(after):
                kind = kind_of(before, after) if before else self._new_kind(key)
                result[key] = (kind, values(before) if before else None, values(after))
        return result

    def _new_kind(self, key: tuple[str, date]) -> str:
        first = {k: v[0]["observed_at"] for k, v in self.by_session().items() if k[0] == key[0]}
        earlier = [k[1] for k, seen in first.items() if seen < first[key]]
        if not any(session > key[1] for session in earlier):
            return "arrived"
        return "gap_fill" if any(session < key[1] for session in earlier) else "history"


def values(version: Version) -> tuple[Any, ...]:
    return tuple(version[name] for name in FIELDS)


def kind_of(before: Version, after: Version) -> str:
    def differs(name: str, relative: float, absolute: float = 0.0) -> bool:
        a, b = before[name], after[name]
        if a is None or b is None:
            return (a is None) != (b is None)
        return abs(a - b) > max(relative * max(abs(a), abs(b)), absolute)

    if differs("split", 1e-9):
        return "split"
    if differs("dividend", 1e-3, 5e-5):
        return "dividend"
    if any(differs(name, 1e-6) for name in ("open", "high", "low", "close")):
        return "vendor_restatement"
    return "volume" if differs("volume", 1e-4) else "rounding"


def made_up(seed: int, sessions: int = 25) -> History:
    """Two instruments whose sessions arrive out of order and are restated, some back to earlier values."""
    random, versions = Random(seed), []
    for instrument in (BTC, SHARE):
        for number in range(sessions):
            session = date(2021, 1, 4) - timedelta(days=3 * number)
            moments = sorted(random.sample(MOMENTS, random.choice([1, 1, 2, 3])))
            now = bar(instrument, session, round(random.uniform(50, 150), 2), observed_at=moments[0])
            versions.append(now)
            for moment in moments[1:]:
                changed = _changed(random, versions[-1])
                back = len(moments) == 3 and moment == moments[2] and random.random() < 0.5
                kept = values(versions[-2]) if back else values(changed)
                seen = {"observed_at": moment, "known_at": moment, "backfilled": False}
                versions.append(changed | dict(zip(FIELDS, kept, strict=True)) | seen)
    return History((BTC, SHARE), versions)


def _changed(random: Random, version: Version) -> Version:
    match random.choice(["close", "dividend", "split", "volume", "open", "rounding"]):
        case "close":
            return version | {"close": round(version["close"] * random.uniform(0.8, 1.2), 2)}
        case "dividend":
            return version | {"dividend": 1.25, "close": version["close"] * (1 + 1e-9)}
        case "split":
            return version | {"split": random.choice([2.0, 0.5]), "dividend": 0.5}
        case "volume":
            return version | {"volume": random.choice([None, 5000.0])}
        case "open":
            return version | {"open": None}
        case _:
            return version | {"close": version["close"] * (1 + 1e-8)}
