"""Small lakes for the tests: bars written by the schema, straight into hive folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from marketlake.claims.claim import Claim
from marketlake.claims.tables import fill_claims
from marketlake.engine import build as engine_build
from marketlake.engine.marts import refresh_marts
from marketlake.model import layout, schema
from marketlake.model.instruments import Instrument, SourceRef, Universe
from marketlake.store.disk import sha256
from marketlake.store.manifest import Entry, Manifest, encode
from marketlake.store.writer import Writer

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)

BTC = Instrument(
    id="BTC",
    name="Bitcoin",
    asset_class="crypto",
    calendar="24/7",
    quote_currency="USD",
    return_basis="price",
    since=date(2011, 1, 1),
    sources=(SourceRef("bitstamp", "BTC/USD"), SourceRef("yahoo", "BTC-USD")),
)
NASDAQ = replace(BTC, id="NASDAQ", name="Nasdaq Composite", asset_class="index", calendar="XNYS")
SHARE = replace(BTC, id="SHARE", name="A share", asset_class="equity", calendar="XNYS")
FUND = replace(BTC, id="FUND", name="A fund", asset_class="fund", calendar="XNYS", return_basis="total")
EUR = replace(BTC, id="EUR", name="Euro", asset_class="currency", calendar="TARGET")
CPI = replace(BTC, id="US_CPI", name="Consumer prices", asset_class="inflation", calendar="MONTHLY")
BILL = replace(BTC, id="BILL", name="13-week bill", asset_class="rate", calendar="XNYS")


def bar(instrument: Instrument, session: date | str, close: float, **changed: Any) -> dict[str, Any]:
    """One stored row; known half a day after its session, seen then too, unless told otherwise."""
    day = date.fromisoformat(session) if isinstance(session, str) else session
    known = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=36)
    row = {
        "instrument_id": instrument.id,
        "session": day,
        "open": close,
        "high": close,
        "low": close,
        "close": close,
        "volume": 1000.0,
        "dividend": 0.0,
        "split": 1.0,
        "source": "test",
        "close_at": known,
        "known_at": known,
        "observed_at": known,
        "backfilled": True,
    }
    return row | changed


def year_ends(instrument: Instrument, closes: dict[int, float]) -> list[dict[str, Any]]:
    """A bar on the calendar's last session of each year."""
    return [bar(instrument, last_day(instrument, year), close) for year, close in closes.items()]


def last_day(instrument: Instrument, year: int) -> date:
    """The calendar's last session of a year."""
    if instrument.calendar == "MONTHLY":
        return date(year, 12, 1)
    day = date(year, 12, 31)
    return day if instrument.calendar == "24/7" else day - timedelta(days=max(0, day.weekday() - 4))


def write(
    lake: Path,
    instruments: Sequence[Instrument],
    bars: Iterable[dict[str, Any]],
    revisions: Iterable[dict[str, Any]] = (),
) -> Path:
    """The Parquet files of a lake."""
    classes = {instrument.id: instrument.asset_class for instrument in instruments}
    for table in schema.TABLES:
        parts = "asset_class=none/year=1970" if table in layout.YEARLY else "month=1970-01"
        save(lake / table / parts, schema.TABLES[table].empty_table())
    for table, rows in (("bar", bars), ("revision", revisions)):
        partitions: dict[tuple[str, int], list[dict[str, Any]]] = {}
        for row in rows:
            partitions.setdefault((classes[row["instrument_id"]], row["session"].year), []).append(row)
        for (asset_class, year), part in partitions.items():
            part.sort(key=lambda row: (row["instrument_id"], row["session"]))
            data = pa.Table.from_pylist(part, schema=schema.TABLES[table])
            save(lake / table / f"asset_class={asset_class}" / f"year={year}", data)
    return lake


def save(folder: Path, data: pa.Table) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(data, folder / "part.parquet", compression="zstd")


def build(
    lake: Path, instruments: Sequence[Instrument], claims: Sequence[Claim] = (), now: datetime = NOW
) -> Path | None:
    """The marts and `market.duckdb` over what is stored."""
    stored = {path: entry(lake / path) for table in layout.YEARLY for path in files(lake, table)}
    # waiting for the disk proves nothing here and takes most of the time
    with mock.patch.object(os, "fsync"):
        refresh_marts(Writer(lake, Manifest("live", stored), {}), Universe(tuple(instruments)))
    return build_database(lake, instruments, claims, now)


def build_database(
    lake: Path, instruments: Sequence[Instrument], claims: Sequence[Claim] = (), now: datetime = NOW
) -> Path | None:
    """The manifest of what is stored, and `market.duckdb` without its comments."""
    universe = Universe(tuple(instruments))
    more = fill_claims(claims, universe)
    # a sixth of the time of so small a build; tests/answers/test_database.py builds one with them
    with mock.patch.object(engine_build, "add_comments"):
        return engine_build.build_database(lake, universe, write_manifest(lake), now, more)


def write_manifest(lake: Path) -> Manifest:
    """The manifest of the files that are there, written."""
    manifest = Manifest(
        "live", {path: entry(lake / path) for table in schema.TABLES for path in files(lake, table)}
    )
    (lake / layout.MANIFEST).write_bytes(encode(manifest))
    return manifest


def read_what_is_there(lake: Path) -> None:
    """Other bars for a database that was built before; its own tables stay."""
    manifest = write_manifest(lake)
    with duckdb.connect(str(lake / layout.DATABASE)) as connection:
        for table in layout.PRICES:
            text = engine_build.stored_view(lake.resolve(), manifest, table)
            connection.execute(text.replace("CREATE", "CREATE OR REPLACE", 1))


def files(lake: Path, table: str) -> list[str]:
    return [path.relative_to(lake).as_posix() for path in (lake / table).rglob("part.parquet")]


def entry(path: Path) -> Entry:
    return Entry(sha256(path), pq.read_metadata(path).num_rows, path.stat().st_size)


def make(
    lake: Path,
    instruments: Sequence[Instrument],
    bars: Iterable[dict[str, Any]],
    revisions: Iterable[dict[str, Any]] = (),
    claims: Sequence[Claim] = (),
) -> Path:
    """A whole lake."""
    write(lake, instruments, bars, revisions)
    build(lake, instruments, claims)
    return lake
