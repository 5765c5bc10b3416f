"""Airflow's own database: its tables and the pools that bound how hard one host is asked."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from .schedule import first_sources, pool_of

POOL_SLOTS: Final = 2
"""Batches that one host is asked for at once; the limiter spaces the requests among them."""


def migrate(home: Path) -> bool:
    """Create or upgrade the tables unless this version of Airflow did so already; whether it was needed."""
    from airflow import __version__

    done = home / f"migrated-{__version__}"
    if done.exists():
        return False
    from airflow.utils.db import initdb

    initdb()
    done.touch()
    return True


def create_pools(sources: Iterable[str]) -> None:
    """Make sure that each source has its pool; a task whose pool is missing would wait for ever."""
    from airflow.models.pool import Pool

    for source in sources:
        Pool.create_or_update_pool(
            name=pool_of(source),
            slots=POOL_SLOTS,
            description=f"how many batches are fetched from {source} at once",
            include_deferred=False,
        )


if __name__ == "__main__":
    migrate(Path(os.environ["AIRFLOW_HOME"]))
    create_pools(first_sources())
