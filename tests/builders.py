"""Served rows, windows and bars for the tests of the pure stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from marketlake.ingest.normalise import NORMALISED, Window
from marketlake.model.instruments import Instrument, SourceRef
from marketlake.model.schema import BAR, SERVED

SHARE = Instrument(
    id="SHARE",
    name="A share",
    asset_class="equity",
    calendar="XNYS",
    quote_currency="USD",
    return_basis="price",
    since=date(2000, 1, 3),
    sources=(SourceRef("yahoo", "SHR"),),
)
COIN = replace(SHARE, id="COIN", name="A coin", asset_class="crypto", calendar="24/7")
LATER = datetime(2024, 6, 1, tzinfo=UTC)


def window(
    instrument: Instrument = SHARE,
    start: date = date(2000, 1, 1),
    end: date = date(2030, 1, 1),
    at: datetime = LATER,
    source: str = "test",
) -> Window:
    return Window(instrument, source, start, end, at)


def day(text: str) -> date:
    return date.fromisoformat(text)


def row(session: str | date, close: float | None, **changed: Any) -> dict[str, Any]:
    """One served row of a source that serves as traded."""
    return {
        "instrument_id": "SHARE",
        "session": day(session) if isinstance(session, str) else session,
        "open": close,
        "high": close,
        "low": close,
        "close": close,
        "volume": None if close is None else 1000.0,
        "dividend": 0.0,
        "split": 1.0,
        "currency": "USD",
        "split_adjusted": False,
    } | changed


def served(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=SERVED)


def bar(session: str | date, close: float, **changed: Any) -> dict[str, Any]:
    """One stored row, seen the day after."""
    label = day(session) if isinstance(session, str) else session
    seen = datetime(label.year, label.month, label.day, tzinfo=UTC) + timedelta(days=1, hours=1)
    return {
        **{name: value for name, value in row(label, close).items() if name in BAR.names},
        "source": "test",
        "close_at": seen - timedelta(hours=1),
        "known_at": seen,
        "observed_at": seen,
        "backfilled": False,
    } | changed


def bars(rows: Sequence[dict[str, Any]], schema: pa.Schema = BAR) -> pa.Table:
    order = sorted(rows, key=lambda r: (r["instrument_id"], r["session"]))
    return pa.Table.from_pylist([{n: r[n] for n in schema.names} for r in order], schema=schema)


def normalised(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return bars(rows, NORMALISED)
