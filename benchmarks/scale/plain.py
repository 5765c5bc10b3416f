"""The plain way: a pandas frame per symbol, a file per symbol that is rewritten with each day.

No checks, no revisions, no gaps, no record of the run, nothing that many files would be decided by together.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
import pandas as pd

from marketlake.ingest.job import Job
from marketlake.model.settings import Settings

from ..timing import once
from .vendor import documents, symbols_of


@dataclass(frozen=True)
class Way:
    """How an answer becomes a frame, and how that is put into the symbol's file."""

    frame: Callable[[str, bytes, datetime], pd.DataFrame]
    merge: Callable[[Path, pd.DataFrame], None]


def run(settings: Settings, jobs: list[Job], folder: Path, way: Way) -> dict[str, Any]:
    """Merge answers into files of the whole history; seconds, and rows that came in."""
    shares = [job for job in jobs if job.instrument_id.startswith("S")]
    folder.mkdir()
    since, now = min(i.since for i in settings.universe.instruments), settings.clock.now()
    whole = [Job(job.instrument_id, job.mode, since, job.end) for job in shares]
    symbols = symbols_of(settings)
    for name, document in documents(settings.lake, whole, symbols):
        way.frame(name, document, now).iloc[:-1].to_parquet(folder / name)
    answers = dict(documents(settings.lake, shares, symbols))

    def work() -> int:
        rows = 0
        for name, document in answers.items():
            frame = way.frame(name, document, now)
            way.merge(folder / name, frame)
            rows += len(frame)
        return rows

    work()
    counted: list[int] = []
    timing = once(lambda: counted.append(work()))
    return {
        "seconds": timing.seconds,
        "cpu": timing.cpu_seconds,
        "rows": counted[0],
        "symbols": len(answers),
    }


def _prices(_name: str, document: bytes, _now: datetime) -> pd.DataFrame:
    """Prices, volume and events by day, and no more."""
    chart = orjson.loads(document)["chart"]["result"][0]
    stamps = pd.to_datetime(chart["timestamp"], unit="s", utc=True)
    days = stamps.tz_convert(chart["meta"]["exchangeTimezoneName"]).normalize().tz_localize(None)
    frame = pd.DataFrame(chart["indicators"]["quote"][0], index=days)
    for name, field in (("dividend", "amount"), ("split", "numerator")):
        events = chart["events"][f"{name}s"].values()
        at = pd.to_datetime([event["date"] for event in events], unit="s").normalize()
        frame[name] = pd.Series([event[field] for event in events], index=at, dtype=float).reindex(days)
    return frame


def _merge_by_index(path: Path, frame: pd.DataFrame) -> None:
    together = pd.concat([pd.read_parquet(path), frame])
    together[~together.index.duplicated(keep="last")].sort_index().to_parquet(path)


def _columns(name: str, document: bytes, now: datetime) -> pd.DataFrame:
    """The columns of the table `bar`."""
    frame = _prices(name, document, now).rename_axis("session").reset_index()
    frame.insert(0, "instrument_id", name)
    frame["source"] = "yahoo"
    close = (frame["session"] + pd.Timedelta(hours=16)).dt.tz_localize("America/New_York")
    frame["close_at"] = close.dt.tz_convert("UTC")
    frame["known_at"] = frame["close_at"] + pd.Timedelta(hours=1)
    frame["observed_at"] = pd.Timestamp(now)
    frame["backfilled"] = False
    return frame


def _together(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    key = ["instrument_id", "session"]
    together = pd.concat([pd.read_parquet(path), frame], ignore_index=True)
    return together.drop_duplicates(key, keep="last").sort_values(key)


def _merge_by_key(path: Path, frame: pd.DataFrame) -> None:
    _together(path, frame).to_parquet(path, index=False)


def _merge_safely(path: Path, frame: pd.DataFrame) -> None:
    """Whatever happens, the file is the old one or the new one."""
    new_file = path.with_suffix(".new")
    with new_file.open("wb") as file:
        _together(path, frame).to_parquet(file, index=False)
        os.fsync(file.fileno())
    new_file.replace(path)


WAYS: Final[Mapping[str, Way]] = {
    "prices": Way(_prices, _merge_by_index),
    "columns": Way(_columns, _merge_by_key),
    "safely": Way(_columns, _merge_safely),
}
