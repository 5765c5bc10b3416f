"""The environment of an Airflow that serves one machine: SQLite, loopback, nothing sent anywhere.

Airflow reads it on import, so it is set before anything of Airflow is imported.
"""

from __future__ import annotations

from pathlib import Path


def airflow_environment(home: Path, dags: Path, port: int = 8080) -> dict[str, str]:
    """The `AIRFLOW_*` variables; `home` holds Airflow's database and logs, `dags` the DAG files."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        # the default is all interfaces
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        # our lines are on the terminal; a proxy must not stand between Airflow's own parts
        "NO_PROXY": "127.0.0.1,localhost",
    }
