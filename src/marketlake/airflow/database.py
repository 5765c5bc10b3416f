"""Airflow's own database: its tables, the pools that limit the load on one host, the first user."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ..model.errors import MarketlakeError
from ..sources import NO_SOURCE
from .schedule import first_sources, pool_of

POOL_SLOTS: Final = 2
"""Batches fetched from one host at once; the limiter spaces their requests."""


def migrate(home: Path) -> bool:
    """Create or upgrade the tables unless this version of Airflow did so already.

    Whether it was needed.
    """
    from airflow import __version__

    done = home / f"migrated-{__version__}"
    if done.exists():
        return False
    from airflow.utils.db import initdb

    initdb()
    done.touch()
    return True


def create_pools(sources: Iterable[str]) -> None:
    """Make sure that each source has its pool; a task whose pool is missing would wait forever."""
    from airflow.models.pool import Pool

    for source in sources:
        if source == NO_SOURCE:
            continue
        Pool.create_or_update_pool(
            name=pool_of(source),
            slots=POOL_SLOTS,
            description=f"how many batches are fetched from {source} at once",
            include_deferred=False,
        )


def create_admin(password: str) -> bool:
    """Make Airflow's roles and, while there is no user, the user `admin`.

    Returns whether there was none.

    For the login of Airflow's provider `fab`, which must be the one that is set.
    """
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        security = builder.sm
        security.sync_roles()
        if security.get_all_users():
            return False
        role = security.find_role("Admin")
        if not security.add_user("admin", "Admin", "", "admin@localhost", role, password=password):
            raise MarketlakeError("the user admin could not be made; see Airflow's log above")
        return True


if __name__ == "__main__":
    migrate(Path(os.environ["AIRFLOW_HOME"]))
    create_pools(first_sources())
    if first_password := os.environ.get("ADMIN_PASSWORD"):
        create_admin(first_password)
