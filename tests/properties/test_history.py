"""Any answers, stored in any grouping: the lake holds, and answers at any moment, what the model says."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest
from hypothesis import example, given, settings

from marketlake import sources
from marketlake.engine.sql_text import statement
from marketlake.ingest.batches import store_pending
from marketlake.ingest.replay import replay
from marketlake.model.settings import SIMULATED, Settings, load_settings
from marketlake.store import raw
from marketlake.store.verify import verify
from marketlake.store.writer import claim

from ..campaign_size import times
from ..ingest.homes import rows, stored_bytes
from ..universes import entry
from .model import PRICES, Model, Row
from .vendors import DAYS, FIRST, NAMES, Answer, day, histories, plain_row

_VALUES = (*PRICES, "volume", "dividend", "split")
_FACTS = ("instrument_id", "session", "source", "close_at", "known_at", "observed_at", "backfilled")


APART = Answer(
    "ONE",
    "first",
    "daily",
    datetime(2023, 12, 29, 12, tzinfo=UTC),
    (day(0), day(DAYS)),
    [
        {**row, **dict.fromkeys((*PRICES, "volume"))} if row.get("bare") else row
        for row in (
            plain_row(day(0), 100.0),
            plain_row(day(1), 2.0) | {"split": 50.0, "bare": True},
            plain_row(day(2), 2.0) | {"dividend": 0.005, "bare": True},
            plain_row(day(2), 2.0),
        )
    ],
    True,
)
"""A split on a day without a price, a dividend told apart from the next day's: it was counted twice once."""


@given(histories())
@example([APART])
@settings(max_examples=times(20, 500))
def test_lake_equals_the_model(answers: list[Answer]) -> None:
    model = Model()
    for one in answers:
        model.take(one.instrument_id, one.source, one.mode, one.at, one.rows, one.window)
    with tempfile.TemporaryDirectory() as folder, _files_by_two_names(), mock.patch.object(os, "fsync"):
        home = _home(Path(folder))
        for number, one in enumerate(answers):
            _write_batch(home.lake, number, one)
            if one.stored_after:
                store_pending(home)
        store_pending(home)
        assert _facts(rows(home.lake, "bar")) == _facts(model.bars.values())
        assert _values(rows(home.lake, "bar")) == _close_to(model.bars.values())
        assert _facts(rows(home.lake, "revision")) == _facts(model.revisions)
        assert _values(rows(home.lake, "revision")) == _close_to(model.revisions)
        quarantined = {(row["instrument_id"], row["session"]) for row in rows(home.lake, "quarantine")}
        assert quarantined == model.quarantined
        _assert_as_of(home.lake, model)
        assert verify(home.lake)[1] == []
        before = stored_bytes(home.lake)
        assert replay(home).changed == ()
        assert stored_bytes(home.lake) == before


def _home(folder: Path) -> Settings:
    (folder / "instruments.toml").write_text(
        "".join(entry(name, f"files:{name}", since="2023-12-01") for name in NAMES)
    )
    home = load_settings(home=folder, environ={"MARKETLAKE_SOURCE_URL": "http://127.0.0.1:9"})
    claim(home.lake, SIMULATED)
    return home


def _files_by_two_names() -> Any:
    """Two vendors, both of whom speak in tables."""
    return mock.patch.object(sources, "create", return_value=sources.create("files"))


def _write_batch(lake: Path, number: int, one: Answer) -> None:
    """As a fetch keeps it; two in a row are of one run."""
    raw.write_batch(lake, f"batch{number:02}", FIRST, [_raw(one, number)])


def _raw(one: Answer, number: int) -> dict[str, Any]:
    return {
        "run_id": f"run{number // 2}",
        "origin": SIMULATED,
        "instrument_id": one.instrument_id,
        "source": one.source,
        "symbol": one.instrument_id,
        "mode": one.mode,
        "requested_from": one.window[0],
        "due_from": one.window[0],
        "requested_to": one.window[1],
        "attempt": 1,
        "page": 0,
        "url": "file:x",
        "status": 200,
        "headers": "{}",
        "body": _csv(one.rows).encode(),
        "fetched_at": one.at,
        "duration_s": 0.0,
        "outcome": "ok",
        "message": "",
    }


def _csv(served: list[Row]) -> str:
    adjusted = any(row["split_adjusted"] for row in served)
    lines = [f"date,open,high,low,close,volume,dividend,{'stock splits' if adjusted else 'split'}"]
    for row in served:
        split = "" if row["split"] == 1.0 else repr(row["split"])
        numbers = ["" if row[name] is None else repr(row[name]) for name in (*PRICES, "volume", "dividend")]
        lines.append(",".join([str(row["session"]), *numbers, split]))
    return "\n".join(lines) + "\n"


def _order(records: Any) -> list[Row]:
    return sorted(records, key=lambda row: (row["instrument_id"], row["session"], row["observed_at"]))


def _facts(records: Any) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in (*_FACTS, *_replaced(row))) for row in _order(records)]


def _replaced(row: Row) -> list[str]:
    return ["superseded_at"] if "superseded_at" in row else []


def _values(records: Any) -> list[list[Any]]:
    return [[row[name] for name in _VALUES] for row in _order(records)]


def _close_to(records: Any) -> list[list[Any]]:
    """The same, up to the last bits of a product."""
    exact = _values(records)
    return [[v if v is None else pytest.approx(v, rel=1e-12) for v in row] for row in exact]


def _assert_as_of(lake: Path, model: Model) -> None:
    """Both readings of the past, right before, at and after every moment at which anything changed."""
    versions = [*model.bars.values(), *model.revisions]
    changes = {row[name] for row in versions for name in ("known_at", "observed_at")}
    moments = sorted({moment + timedelta(microseconds=n) for moment in changes for n in (-1, 0)})
    with _views(lake) as connection:
        for moment in moments[:: max(1, len(moments) // 6)]:
            for macro, strict in (("price_as_of", False), ("price_observed_by", True)):
                known = f"{macro}(TIMESTAMPTZ '{moment.isoformat()}')"
                records = connection.execute(f"SELECT instrument_id, session, close FROM {known}").fetchall()
                closes = {(name, session): close for name, session, close in records}
                assert closes == pytest.approx(model.as_of(moment, strict=strict), rel=1e-12), (macro, moment)


@contextmanager
def _views(lake: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The lake's own texts over its files, without a build."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for table in ("bar", "revision"):
            files = f"read_parquet('{lake}/{table}/*/*/part.parquet', hive_partitioning = true)"
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM {files}")
        connection.execute(f"CREATE VIEW bar_version AS {statement('view/bar_version')}")
        for name in ("price_as_of", "price_observed_by"):
            connection.execute(statement(f"macro/{name}"))
        yield connection
