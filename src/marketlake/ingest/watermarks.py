"""What is stored of each instrument, read from the tables `bar` and `run`.

The next fetch begins at the last stored session (`Watermark`), or earlier where a window was not
answered well (`Debt`) or the whole history is due (`Whole`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..engine.duck import connect
from ..engine.sql_text import bound, glob_safe, literal
from ..model import layout
from ..model.schema import ANSWERED_TRIES, CORRECTION_MODE, GOOD_OUTCOMES, RUN
from ..store.files import corrupt
from ..store.manifest import Manifest

_EXTRA: Final = ("backfill", "replace", "reverify")
"""Modes that request more than is due."""
_NO_FETCH: Final = ("reconcile", CORRECTION_MODE)
_WHOLE: Final = ("first_load", "reverify")
_STORED: Final = ("new_rows", "revised_rows", "volume_rows")
_UNANSWERED: Final = ("rate_limited", "unavailable")
_LAST_DAYS: Final = """
SELECT
    instrument_id,
    max(day) FILTER (whole AND answered),
    max(day) FILTER (whole AND good),
    max(day) FILTER (NOT whole AND mode <> $correction OR whole AND answered)
FROM (
    SELECT
        instrument_id,
        mode,
        CAST(started_at AS DATE) AS day,
        list_contains($whole, mode) AS whole,
        list_contains($good, outcome) AS good,
        NOT list_contains($unanswered, outcome) AS answered
    FROM file
)
GROUP BY ALL
"""
"""The days of `Whole`."""
_LAST_RUNS: Final = """
SELECT batch_id, instrument_id, outcome, requested_from, source, message FROM file
WHERE NOT list_contains($no_fetch, mode)
"""


@dataclass(frozen=True)
class Watermark:
    """The last stored session of an instrument and the asset class it is stored under."""

    session: date
    asset_class: str


@dataclass(frozen=True)
class LastRun:
    """How the last fetch of an instrument ended, and the start of its window."""

    outcome: str
    requested_from: date
    source: str
    message: str


def watermarks(root: Path, manifest: Manifest, wanted: set[str]) -> dict[str, Watermark]:
    """By instrument id, for those that have bars.

    Reads the newest years first, until all are found.
    """
    found: dict[str, Watermark] = {}
    text = "SELECT instrument_id, max(session) FROM file GROUP BY ALL"
    paths = sorted(manifest.paths("bar"), key=layout.year_of, reverse=True) if wanted else []
    for path, rows in query_files(root, paths, text):
        asset_class = layout.asset_class_of(path)
        for name, session in rows:
            if name not in found or found[name].session < session:
                found[name] = Watermark(session, asset_class)
        if wanted <= set(found):
            break
    return {key: mark for key, mark in found.items() if key in wanted}


def query_files(
    root: Path, paths: Iterable[str], text: str, **values: object
) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """The rows of a SELECT from `file`, by stored file.

    By DuckDB, and with constants: Arrow and DuckDB load pandas to convert values, half a second of a command.
    `CorruptLakeError` for a file that cannot be read.
    """
    with connect(threads=1) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for path in paths:
            file = f"read_parquet({literal(glob_safe(root / path))}, hive_partitioning = false)"
            try:
                rows = connection.execute(f"WITH file AS (FROM {file}) {bound(text, values)}").fetchall()
            except duckdb.Error as error:
                raise corrupt(root / path, str(error).splitlines()[0][:120]) from error
            yield path, rows


@dataclass(frozen=True)
class Debt:
    """A window that was requested and not answered well since."""

    due_from: date
    requested_to: date
    mode: str
    refused: bool = False
    """The answer was quarantined as a whole; the whole history tells more than a window."""


def owed(root: Path, manifest: Manifest, first_sources: Mapping[str, str]) -> Mapping[str, Debt]:
    """By instrument id. A good answer to the whole window settles it, as far as that had come by
    then.

    A first load that began later because a further source served it is owed, until the first source
    answered or it was requested `ANSWERED_TRIES` times: the first source may have more.

    A failed backfill owes nothing, nor does a whole history that was not served well: it has its
    next turn, and the next run requests what was due that day.
    """
    columns = ["instrument_id", "outcome", "mode", "requested_from", "due_from", "requested_to", "batch_id"]
    columns += ["started_at", "source", "first_session", "quarantined_rows", *_STORED]
    runs = pa.concat_tables(
        [
            RUN.empty_table().select(columns),
            *(read_columns(root / path, columns) for path in _recent(manifest)),
        ]
    )
    runs = runs.filter(pc.invert(pc.is_in(runs["mode"], pa.array(_NO_FETCH))))
    good = pc.is_in(runs["outcome"], pa.array(sorted(GOOD_OUTCOMES)))
    bad = pc.and_(pc.invert(good), pc.invert(pc.is_in(runs["mode"], pa.array(_EXTRA))))
    loads = runs.filter(pc.equal(runs["mode"], _WHOLE[0])).to_pylist()
    ids = {row["instrument_id"] for row in loads if _may_be_short(row, first_sources)}
    ids.update(runs.filter(bad)["instrument_id"].to_pylist())
    concerned = pc.is_in(runs["instrument_id"], pa.array(sorted(ids), pa.string()))
    debts, short, reached = dict[str, Debt](), Counter[str](), dict[str, date]()
    for row in runs.filter(concerned).sort_by("batch_id").to_pylist():
        key, debt = row["instrument_id"], debts.get(row["instrument_id"])
        if row["outcome"] not in GOOD_OUTCOMES:
            refused = row["quarantined_rows"] > 0 and not any(row[name] for name in _STORED)
            if row["mode"] not in _EXTRA:
                debts[key] = Debt(row["due_from"], row["requested_to"], row["mode"], refused)
            elif debt:
                debts[key] = replace(debt, refused=False)
            continue
        if debt and row["due_from"] <= debt.due_from and row["requested_to"] >= _until(debt, row):
            del debts[key]
        if row["source"] == first_sources.get(key):
            reached[key] = min(row["requested_from"], reached.get(key, date.max))
        elif _may_be_short(row, first_sources) and reached.get(key, date.max) > row["requested_from"]:
            short[key] += 1
            if short[key] < ANSWERED_TRIES:
                debts[key] = Debt(row["due_from"], row["requested_to"], row["mode"])
    return debts


def _may_be_short(row: Mapping[str, Any], first_sources: Mapping[str, str]) -> bool:
    """Whether a further source served a first load, and less than was requested."""
    fallback = row["source"] != first_sources.get(row["instrument_id"], row["source"])
    late = row["first_session"] is None or row["first_session"] > row["requested_from"]
    return row["mode"] == _WHOLE[0] and fallback and late


def _until(debt: Debt, row: Mapping[str, Any]) -> date:
    """What a good answer must reach: a clock that ran ahead requested days that are not due yet."""
    started: date = row["started_at"].date()
    return debt.requested_to if debt.requested_to <= started else row["requested_to"]


def last_runs(root: Path, manifest: Manifest) -> Mapping[str, LastRun]:
    """By instrument id, from the newest months with runs."""
    months = query_files(root, _recent(manifest), _LAST_RUNS, no_fetch=list(_NO_FETCH))
    rows = [row for _, runs in months for row in runs]
    return {name: LastRun(*run) for _, name, *run in sorted(rows, key=itemgetter(0))}


@dataclass(frozen=True)
class Served:
    """Under which symbol, and with which time zone, a source served an instrument."""

    symbol: str
    zone: str | None
    """None where it named none."""


def last_served(
    root: Path, manifest: Manifest, wanted: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], Served]:
    """By instrument id and source, the last fetch of which anything was stored.

    Reads the newest months first, until all are found.
    """
    missing, found = set(wanted), dict[tuple[str, str], Served]()
    columns = ["instrument_id", "source", "symbol", "zone", "batch_id", "mode", "outcome"]
    columns += ["new_rows", "revised_rows"]
    for path in reversed(manifest.paths("run")):
        if not missing:
            break
        runs = read_columns(root / path, columns)
        stored = pc.or_(
            pc.is_in(runs["outcome"], pa.array(sorted(GOOD_OUTCOMES))),
            pc.greater(pc.add(runs["new_rows"], runs["revised_rows"]), 0),
        )
        mine = pc.is_in(runs["instrument_id"], pa.array(sorted({name for name, _ in missing}), pa.string()))
        fetched = pc.invert(pc.is_in(runs["mode"], pa.array(_NO_FETCH)))
        runs = runs.filter(pc.and_(pc.and_(mine, fetched), stored)).sort_by("batch_id")
        # of the zones the last that is not null: an answer without one does not forget it
        kept = [("symbol", "last"), ("zone", "last")]
        last = runs.group_by(["instrument_id", "source"], use_threads=False).aggregate(kept)
        for row in last.to_pylist():
            key = row["instrument_id"], row["source"]
            if key in missing:
                missing.remove(key)
                found[key] = Served(row["symbol_last"], row["zone_last"])
    return found


def _recent(manifest: Manifest) -> list[str]:
    """The newest two months with runs: a month's first run must not hide the last one's.

    Runs in a mode of `_NO_FETCH` do not count: they request nothing that is stored.
    """
    return [path for path in manifest.paths("run") if manifest.files[path].rows][-2:]


def read_columns(path: Path, names: list[str]) -> pa.Table:
    """Some columns of a stored file; `CorruptLakeError` where that fails."""
    try:
        return pq.ParquetFile(path).read(columns=names)
    except (pa.ArrowException, OSError) as error:
        raise corrupt(path, str(error).splitlines()[0][:120]) from error


@dataclass(frozen=True)
class Whole:
    """What some months of runs record of one instrument's whole history.

    None where they have nothing.
    """

    answered_on: date | None = None
    """When it was last requested and answered, well or not."""
    verified_on: date | None = None
    """When it was last answered well."""
    run_on: date | None = None
    """When anything was last requested, without whole histories that were not answered."""


def whole_histories(root: Path, manifest: Manifest, since: date) -> Mapping[str, Whole]:
    """By instrument id, from the runs of the month of `since` and those after it."""
    paths = [path for path in manifest.paths("run") if path >= layout.monthly("run", since)]
    modes = {"whole": list(_WHOLE), "unanswered": list(_UNANSWERED), "good": sorted(GOOD_OUTCOMES)}
    found: dict[str, Whole] = {}
    for _, rows in query_files(root, paths, _LAST_DAYS, correction=CORRECTION_MODE, **modes):
        for name, answered, verified, run in rows:
            before = found.get(name, Whole())
            found[name] = Whole(
                answered or before.answered_on, verified or before.verified_on, run or before.run_on
            )
    return found


def first_sessions(root: Path, manifest: Manifest, wanted: set[str]) -> dict[str, date]:
    """The first stored session of each; reads the oldest years first, until all are found."""
    found: dict[str, date] = {}
    text = "SELECT instrument_id, min(session) FROM file GROUP BY ALL"
    paths = sorted(manifest.paths("bar"), key=layout.year_of) if wanted else []
    for _, rows in query_files(root, paths, text):
        for name, session in rows:
            if name in wanted:
                found[name] = min(found.get(name, date.max), session)
        if wanted <= set(found):
            break
    return found
