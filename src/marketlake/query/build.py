"""Publish `market.duckdb`: built beside, then renamed over the one of before."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from ..errors import LakeWriteError
from ..instruments import Universe
from ..location import shown
from .claim import Claim
from .connection import DATABASE, point_at_copy, stored_files
from .quiet import connect
from .text import literal

_log: Final = logging.getLogger(__name__)
_ROW_GROUP: Final = 8192
"""Rows read or skipped together: few enough that a block of years is found without its neighbours."""
_MEMORY: Final = "500MB"
"""DuckDB's own part of the memory; it takes no longer with more. Beyond it, it goes on in files."""


def build_database(
    lake: Path,
    universe: Universe,
    *,
    snapshot: str,
    origin: str,
    now: datetime,
    claims: Sequence[Claim] = (),
) -> Path | None:
    """Write `<lake>/market.duckdb` from what is stored, whole or not at all.

    Returns where a foreign write-ahead log was set aside (None when there was none): left where it lay,
    DuckDB would replay it into the new file. Raises `CorruptLakeError` for a stored file that cannot be read,
    `LakeWriteError` when the disk refuses; the database of before is then untouched.
    """
    # imported here: Arrow and the calendars, which no reader needs
    from .content import fill
    from .tables import lake_table

    root = lake.resolve()
    building = root / f".{DATABASE}.building"
    try:
        _discard(building)
        with stored_files(root), connect(memory_limit=_MEMORY) as connection:
            connection.execute(f"SET temp_directory = {literal(_overflow(building))}")
            attached = f"ATTACH {literal(building)} AS building (ROW_GROUP_SIZE {_ROW_GROUP})"
            connection.execute(attached)
            connection.execute("USE building")
            point_at_copy(connection, root)
            about = lake_table(shown(root), snapshot=snapshot, origin=origin, now=now)
            # one transaction: two hundred definitions, one flush
            connection.begin()
            fill(connection, root, universe, claims, about)
            connection.commit()
            # closing does it too, but does not tell when the disk refuses: what is published would be empty
            connection.execute("CHECKPOINT building")
            connection.execute("USE memory")
            connection.execute("DETACH building")
        aside = _set_aside(root / f"{DATABASE}.wal")
        building.replace(root / DATABASE)
    except OSError as error:
        raise LakeWriteError(
            f"{root / DATABASE}: cannot be written ({error}); the one of before stands"
        ) from error
    finally:
        with suppress(OSError):
            _discard(building)
    return aside


def _set_aside(log: Path) -> Path | None:
    if not log.exists():
        return None
    aside = log.with_name(f"{log.name}.set-aside")
    log.replace(aside)
    _log.warning("%s was left by another program and is set aside as %s", log, aside.name)
    return aside


def _overflow(path: Path) -> Path:
    return path.with_name(f"{path.name}.tmp")


def _discard(path: Path) -> None:
    shutil.rmtree(_overflow(path), ignore_errors=True)
    for leftover in (path, path.with_name(f"{path.name}.wal")):
        leftover.unlink(missing_ok=True)
