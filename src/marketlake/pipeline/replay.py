"""Rebuilding bars and revisions from the answers kept in raw/, without any network.

The rebuilt lake grows beside the old one and takes its place in one commit. The same raw batches give the
same bytes, because absorbing depends on them, their moments and the universe alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..corrections import Corrections
from ..errors import CorruptLakeError, UsageError
from ..schema_correction import CORRECTION_MODE
from ..settings import Settings
from ..store import layout, raw
from ..store.files import rename, sha256
from ..store.lake import Writer, open_manifest, repair_manifest, writer
from .absorb import absorb
from .answers import Answer
from .correct import correct
from .keep import grouped
from .plan import RECONCILE

_SCRATCH: Final = ".replay"


@dataclass(frozen=True)
class Replayed:
    """What a replay did."""

    batches: int
    changed: tuple[str, ...]
    """Paths whose bytes are not what was stored before."""


def replay(settings: Settings, on_group: Callable[[int], None] = lambda _: None) -> Replayed:
    """Rebuild the yearly tables from raw/; the record of runs, quarantine and findings stays as it is."""
    root = settings.lake
    try:
        open_manifest(root)
    except CorruptLakeError:
        repair_manifest(root)
    with writer(root, None) as lake:
        paths = lake.manifest.paths("raw")
        if not paths:
            raise UsageError(f"{root} holds no raw batches, so there is nothing to replay")
        scratch = root / _SCRATCH
        shutil.rmtree(scratch, ignore_errors=True)
        try:
            rebuilt = _rebuild(Writer.scratch(scratch, lake.manifest.origin), settings, paths, on_group)
            changed = _take_over(lake, scratch, rebuilt)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return Replayed(len(paths), changed)


def _rebuild(lake: Writer, settings: Settings, paths: list[str], on_group: Callable[[int], None]) -> Writer:
    universe = settings.universe
    corrections: Corrections = {}
    for group in grouped(raw.read_batches(settings.lake, paths)):
        found = [answer for _, answers in group for answer in answers if answer.mode != RECONCILE]
        if found and found[0].mode == CORRECTION_MODE:
            corrections = correct(lake, universe, found[0], corrections)
            lake.commit()
        elif found:
            _assert_known(found, set(universe.by_id))
            absorb(lake, universe, found, corrections)
            lake.commit()
        on_group(len(group))
    return lake


def _assert_known(found: list[Answer], known: set[str]) -> None:
    gone = sorted({answer.instrument_id for answer in found} - known)
    if gone:
        raise UsageError(
            f"raw/ holds answers for {', '.join(gone[:5])}, which instruments.toml does not list; "
            "add the entries back, or their history would be lost"
        )


def _take_over(lake: Writer, scratch: Path, rebuilt: Writer) -> tuple[str, ...]:
    """Stage the rebuilt yearly files that differ from what is in place, drop those that are gone."""
    before = {path for table in layout.PRICES for path in lake.manifest.paths(table)}
    after = {p: e for t in layout.PRICES for p, e in rebuilt.manifest.files.items() if p.startswith(f"{t}/")}
    for path, entry in after.items():
        if not _same(lake.root / path, entry.sha256):
            target = lake.root / (path + layout.STAGED)
            target.parent.mkdir(parents=True, exist_ok=True)
            rename(scratch / path, target)
        lake.staged[path] = entry
    changed = sorted(p for p in before | set(after) if lake.manifest.files.get(p) != after.get(p))
    lake.commit(removed=tuple(sorted(before - set(after))))
    return tuple(changed)


def _same(path: Path, digest: str) -> bool:
    return path.exists() and sha256(path) == digest
