"""Airflow's own database: its tables and the first user."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from ..model.errors import MarketlakeError


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
    if first_password := os.environ.get("ADMIN_PASSWORD"):
        create_admin(first_password)
