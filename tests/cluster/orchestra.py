"""Airflow on Celery: its components as processes, and its REST API."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from marketlake.airflow.health import PARTS, health

from .processes import ClusterError, Processes
from .servers import Server, listens

PROJECT = Path(__file__).parents[2]
BIN = PROJECT / ".venv-celery" / "bin"
WORKERS = ("worker-1", "worker-2")
_AFTER_A_LOSS_S = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "3",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": "1000",
    "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "60",
}
"""What docker-compose.yml sets too, but shorter: nobody wants to wait for minutes here."""


@dataclass(frozen=True)
class Orchestra:
    """The components of Airflow and their settings."""

    processes: Processes
    port: int
    environment: Mapping[str, str]
    as_self: bool
    """Whether the account of the servers may not run this interpreter."""
    password: str
    """Of the first user."""

    def migrate(self) -> None:
        """Create tables, pools and the first user, like the `init` service of
        docker-compose.yml."""
        command = [str(BIN / "python"), "-m", "marketlake.airflow.database"]
        environment = {**self.environment, "ADMIN_PASSWORD": self.password}
        self.processes.run("migrate", command, environment, self.as_self)

    def start(self) -> None:
        for name in ("api-server", "scheduler", "dag-processor"):
            self._start(name, [name], self.environment)
        for name in WORKERS:
            # a separate HOME, as on another machine, so that the queues share only Redis
            (home := self.processes.folder / name).mkdir(mode=0o777)
            home.chmod(0o777)
            options = ["--celery-hostname", f"{name}@%h", "--skip-serve-logs", "--without-mingle"]
            command = ["celery", "worker", *options, "--without-gossip"]
            self._start(name, command, {**self.environment, "HOME": str(home)})

    def api(self) -> Api:
        """The REST API, once it responds."""
        self.processes.until(lambda: listens(self.port), "answer of the API server", 120)
        if Api.login(self.port, "not the password").status_code != 401:
            raise ClusterError("Airflow let somebody in with a wrong password")
        return Api(self.port, self.password)

    def healthy(self) -> bool:
        """Run the health checks of docker-compose.yml."""
        server = self.environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
        return all(health(server, part) == "healthy" for part in PARTS)

    def _start(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        whole = [str(BIN / "airflow"), *command]
        self.processes.start(name, whole, environment, as_self=self.as_self)


def orchestra(
    processes: Processes, port: int, postgres: Server, redis: Server, lake: Mapping[str, str]
) -> Orchestra:
    """The settings of docker-compose.yml, on loopback; `lake` has marketlake's settings."""
    folder = processes.folder
    database = f"airflow:{postgres.password}@127.0.0.1:{postgres.port}/postgres"
    broker = f"redis://:{redis.password}@127.0.0.1:{redis.port}"
    (dags := folder / "dags").mkdir()
    (dags / "ingest.py").symlink_to(PROJECT / "dags" / "ingest.py")
    environment = {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CORE__PARALLELISM": "10",
        "AIRFLOW__CORE__FERNET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__MAXIMUM_PAGE_LIMIT": "1000",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(32),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{database}",
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+postgresql://{database}",
        "AIRFLOW__CELERY__BROKER_URL": f"{broker}/0",
        "AIRFLOW__CELERY__WORKER_CONCURRENCY": "4",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
        **_AFTER_A_LOSS_S,
        "PYTHONPYCACHEPREFIX": str(folder / "pycache"),
        "NO_PROXY": "127.0.0.1,localhost",
        "MARKETLAKE_LIMITER_URL": f"{broker}/1",
        "MARKETLAKE_RETRY_SECONDS": "2",
        **lake,
    }
    as_self = not processes.may_run(BIN / "python")
    return Orchestra(processes, port, environment, as_self, secrets.token_urlsafe(32))


class Api:
    """Airflow's REST API, as admin."""

    def __init__(self, port: int, password: str) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._session = requests.Session()
        self._session.trust_env = False
        answer = self.login(port, password)
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    @staticmethod
    def login(port: int, password: str) -> requests.Response:
        words = {"username": "admin", "password": password}
        with requests.Session() as session:
            session.trust_env = False
            return session.post(f"http://127.0.0.1:{port}/auth/token", json=words, timeout=120)

    def runs(self) -> dict[str, str]:
        """State of the latest run by DAG."""
        dag_runs = self._get("/dags/~/dagRuns", order_by="run_after", limit=100)["dag_runs"]
        return {run["dag_id"]: run["state"] for run in dag_runs}

    def tasks(self) -> list[dict[str, Any]]:
        """Every task instance of every run."""
        return list(self._get("/dags/~/dagRuns/~/taskInstances", limit=1000)["task_instances"])

    def trigger(self, dag: str, parameters: Mapping[str, Any]) -> str:
        """Start a run; returns its id."""
        body = {"logical_date": None, "conf": parameters}
        answer = self._session.post(f"{self._base}/api/v2/dags/{dag}/dagRuns", json=body, timeout=120)
        answer.raise_for_status()
        return str(answer.json()["dag_run_id"])

    def import_errors(self) -> list[dict[str, Any]]:
        return list(self._get("/importErrors")["import_errors"])

    def _get(self, path: str, **parameters: Any) -> Any:
        answer = self._session.get(f"{self._base}/api/v2{path}", params=parameters, timeout=120)
        answer.raise_for_status()
        return answer.json()
