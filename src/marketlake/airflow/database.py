"""Airflow's own database: its tables, the pools that limit the load on one host, the first user."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ..model.errors import MarketlakeError
from ..sources import NO_SOURCE
from .schedule import first_sources, pool_of

POOL_SLOTS: Final = 2
"""Concurrent batches per host; the limiter spaces their requests."""


def migrate(home: Path) -> bool:
    """Create or upgrade the tables unless this version of Airflow did so already.

    Returns whether it was needed.
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
    """Create a pool for each source; a task whose pool is missing waits forever."""
    from airflow.models.pool import Pool

    for source in sources:
        if source == NO_SOURCE:
            continue
        Pool.create_or_update_pool(
            name=pool_of(source),
            slots=POOL_SLOTS,
            description=f"number of concurrent batches from {source}",
            include_deferred=False,
        )


def create_admin(password: str) -> bool:
    """Create Airflow's roles and, if there is no user, the user `admin`.

    Returns whether there was none. Airflow must use the login of its provider `fab`.
    """
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    # a line for each of several hundred permissions otherwise
    logging.getLogger("airflow.providers.fab").setLevel(logging.WARNING)
    with get_application_builder() as builder:
        security = builder.sm
        security.sync_roles()
        if security.get_all_users():
            return False
        role = security.find_role("Admin")
        if not security.add_user("admin", "Admin", "", "admin@localhost", role, password=password):
            raise MarketlakeError("the user admin could not be created; see Airflow's log above")
        return True


if __name__ == "__main__":
    migrate(Path(os.environ["AIRFLOW_HOME"]))
    create_pools(first_sources())
    if first_password := os.environ.get("ADMIN_PASSWORD"):
        create_admin(first_password)
