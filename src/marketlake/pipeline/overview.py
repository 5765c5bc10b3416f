"""The lake in a few lines, without a calendar: what there is and whether it needs anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ..schema import GOOD_OUTCOMES
from ..settings import Settings
from ..store import raw
from ..store.lake import open_manifest
from ..store.watermark import last_runs, watermarks


@dataclass(frozen=True)
class Overview:
    """`stored` are the instruments with bars, in the order of instruments.toml."""

    origin: str
    bars: int
    known: int
    """How many instruments.toml lists."""
    stored: Sequence[str]
    last_session: date | None
    """The latest of any instrument."""
    failed: Sequence[str]
    """Instruments whose last fetch did not end well."""
    waiting: int
    """Raw batches that are fetched and not stored yet."""
    built: bool
    """Whether market.duckdb was built from what is stored."""


def overview(settings: Settings) -> Overview:
    """Read the state; `EmptyLakeError` where there is no lake, `ConfigError` without instruments.toml."""
    universe = settings.universe
    manifest = open_manifest(settings.lake)
    marks = watermarks(settings.lake, manifest, set(universe.by_id))
    runs = last_runs(settings.lake, manifest)
    return Overview(
        origin=manifest.origin,
        bars=manifest.rows("bar"),
        known=len(universe.instruments),
        stored=[i.id for i in universe.instruments if i.id in marks],
        last_session=max((mark.session for mark in marks.values()), default=None),
        failed=[i for i, run in runs.items() if i in universe.by_id and run.outcome not in GOOD_OUTCOMES],
        waiting=len(raw.pending(settings.lake, manifest)),
        built=manifest.built.startswith(manifest.snapshot),
    )
