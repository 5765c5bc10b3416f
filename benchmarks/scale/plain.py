"""The plain way: a pandas frame per symbol, a file per symbol that is rewritten with each day."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import orjson
import pandas as pd

from marketlake.pipeline.plan import Job
from marketlake.settings import Settings

from ..timing import once
from .vendor import documents, symbols_of

_SYMBOLS: Final = 200
"""So many are measured; each costs the same."""


def run(settings: Settings, jobs: list[Job], folder: Path) -> dict[str, Any]:
    """Merge the answers of some jobs into files of the whole history; seconds, and rows that came in."""
    shares = [job for job in jobs if job.instrument_id.startswith("S")][:_SYMBOLS]
    folder.mkdir()
    since = min(i.since for i in settings.universe.instruments)
    whole = [Job(job.instrument_id, job.mode, since, job.end) for job in shares]
    symbols = symbols_of(settings)
    for name, document in documents(settings.lake, whole, symbols):
        _frame(document).iloc[:-1].to_parquet(folder / f"{name}.parquet")
    answers = dict(documents(settings.lake, shares, symbols))
    rows = sum(len(_frame(document)) for document in answers.values())
    timing = once(lambda: [_merge(folder / f"{name}.parquet", body) for name, body in answers.items()])
    return {"seconds": timing.seconds, "cpu": timing.cpu_seconds, "rows": rows, "symbols": len(answers)}


def _frame(document: bytes) -> pd.DataFrame:
    chart = orjson.loads(document)["chart"]["result"][0]
    stamps = pd.to_datetime(chart["timestamp"], unit="s", utc=True)
    days = stamps.tz_convert(chart["meta"]["exchangeTimezoneName"]).normalize().tz_localize(None)
    frame = pd.DataFrame(chart["indicators"]["quote"][0], index=days)
    for name, field in (("dividends", "amount"), ("splits", "numerator")):
        events = chart["events"][name].values()
        at = pd.to_datetime([event["date"] for event in events], unit="s").normalize()
        frame[name] = pd.Series([event[field] for event in events], index=at, dtype=float).reindex(days)
    return frame


def _merge(path: Path, document: bytes) -> None:
    together = pd.concat([pd.read_parquet(path), _frame(document)])
    together[~together.index.duplicated(keep="last")].sort_index().to_parquet(path)
