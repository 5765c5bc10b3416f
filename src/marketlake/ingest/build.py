"""Build what follows from the stored bars: the marts, market.duckdb and the report.

A build also records verdicts on claims: a row of `claim_history` whenever a verdict changed, or the
prices that it follows from.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from ..claims.ledger import Entry
from ..claims.load import load_claims
from ..claims.tables import fill_claims
from ..engine.build import build_database
from ..engine.mart_maker import Maker
from ..engine.marts import DUCKDB, refresh_marts
from ..lake import Lake
from ..model import layout
from ..model.errors import MarketlakeError
from ..model.layout import PAGE
from ..model.location import shown
from ..model.schema import CLAIM_HISTORY
from ..model.settings import Settings
from ..store.verify import assert_whole, database_digest
from ..store.writer import Writer, retry_on_conflict, writer

_TABLE: Final = "claim_history"
_OF_THE_MOMENT: Final = {"change", "recorded_at"}
_log: Final = logging.getLogger(__name__)

Row = dict[str, Any]


def record_verdicts(lake: Writer, ledger: Sequence[Entry], now: datetime) -> None:
    """Stage a row for each claim whose verdict or snapshot is not that of its last row."""
    last = _last_rows(lake)
    found = [_row(entry, last.get(entry.claim_id), now) for entry in ledger]
    fresh = [row for row in found if _matter(row) != _matter(last.get(row["claim_id"], {}))]
    if fresh:
        path = layout.monthly(_TABLE, now.date())
        rows = pa.Table.from_pylist(fresh, schema=CLAIM_HISTORY)
        lake.stage(path, pa.concat_tables([lake.read(path), rows]))


def _last_rows(lake: Writer) -> dict[str, Row]:
    """By claim, the row of its latest change."""
    stored: Iterable[Row] = (
        row for path in lake.manifest.paths(_TABLE) for row in lake.read(path).to_pylist()
    )
    return {row["claim_id"]: row for row in sorted(stored, key=lambda row: row["change"])}


def _row(entry: Entry, last: Row | None, now: datetime) -> Row:
    published, rolled = entry.published, entry.rolled
    return {
        "claim_id": entry.claim_id,
        "change": last["change"] + 1 if last else 1,
        "recorded_at": now,
        "snapshot": published.snapshot,
        "a": published.a,
        "b": published.b,
        "at_least": published.at_least,
        "of_years": published.of_years,
        "verdict": entry.verdict,
        "depends_on": "; ".join(entry.depends_on),
        "published_verdict": published.verdict,
        "published_wins": published.wins,
        "rolled_verdict": rolled.verdict,
        "rolled_last_year": rolled.last_year,
        "rolled_wins": rolled.wins,
    }


def _matter(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in _OF_THE_MOMENT}


def build(
    settings: Settings,
    *,
    full_refresh: bool = False,
    on_plan: Callable[[int], None] = lambda _: None,
    on_year: Callable[[int], None] = lambda _: None,
    maker: Maker = DUCKDB,
) -> bool:
    """Bring the marts up to date, then rebuild market.duckdb; False when all was up to date.

    `full_refresh` computes every mart again. `on_plan` receives the highest number of years that
    may be computed, `on_year` each year that is done; `maker` computes them.
    """
    return retry_on_conflict(lambda: _build(settings, full_refresh, on_plan, on_year, maker))


def _build(
    settings: Settings,
    full_refresh: bool,
    on_plan: Callable[[int], None],
    on_year: Callable[[int], None],
    maker: Maker,
) -> bool:
    with writer(settings.lake, None) as lake:
        assert_whole(settings.lake, lake.manifest)
        refreshed = refresh_marts(
            lake, settings.universe, full_refresh=full_refresh, on_plan=on_plan, on_year=on_year, maker=maker
        )
        wanted = _fingerprint(settings, lake.manifest.snapshot)
        if not refreshed and lake.manifest.built == f"{wanted}-{database_digest(settings.lake)}":
            return False
        now = settings.clock.now()
        build_database(
            settings.lake,
            settings.universe,
            lake.manifest,
            now,
            more=fill_claims(load_claims(settings.home / "claims.toml"), settings.universe),
        )
        record_verdicts(lake, Lake(settings.lake).claims().claims, now)
        lake.commit(built=f"{wanted}-{database_digest(settings.lake)}")
        return True


def _fingerprint(settings: Settings, snapshot: str) -> str:
    """What the database is made from: prices, place, configuration, day and this code's version."""
    parts = [snapshot, shown(settings.lake), version("marketlake"), settings.clock.now().date().isoformat()]
    digest = hashlib.sha256("\n".join(parts).encode())
    for name in ("instruments.toml", "claims.toml"):
        path = settings.home / name
        digest.update(path.read_bytes() if path.exists() else b"")
    return f"{snapshot}-{digest.hexdigest()[:16]}"


def refresh_report(settings: Settings, rebuilt: bool) -> Path | None:
    """Write `report.html` where the database was rebuilt or the page is not there.

    Returns the page's place.

    None where no page can be made, which is logged: bars and database are whole, and no run fails
    for it.
    """
    page = settings.lake / PAGE
    if not rebuilt and page.exists():
        return page
    try:
        return Lake(settings.lake).report()
    except MarketlakeError as error:
        _log.warning("no report: %s", error)
        return None
