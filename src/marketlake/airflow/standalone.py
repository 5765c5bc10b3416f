"""A standalone Airflow for one machine: SQLite, loopback, nothing sent anywhere.

Airflow reads its environment on import, so it is set before any import of Airflow.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ..model.errors import MarketlakeError, UsageError

_READY_WITHIN_S: Final = 180
_ENDS_WITHIN_S: Final = 15


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
        # no proxy between Airflow's own parts
        "NO_PROXY": "127.0.0.1,localhost",
    }


def main() -> int:
    """Parse the arguments, start Airflow, print its address, wait for Ctrl-C or TERM."""
    parser = argparse.ArgumentParser(prog="python -m marketlake.airflow.standalone")
    parser.add_argument("--airflow-home", type=Path, required=True, help="folder for Airflow's database")
    parser.add_argument("--dags", type=Path, required=True, help="folder with the DAG files")
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()
    home = arguments.airflow_home.resolve()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with airflow(home, arguments.dags.resolve(), arguments.port) as process:
            sys.stdout.write(
                f"Airflow is ready: http://127.0.0.1:{arguments.port}\n"
                f"user admin, password in {password_file(home)}\n"
                f"log: {home / 'standalone.log'}; Ctrl-C ends it\n"
            )
            sys.stdout.flush()
            return process.wait()
    except MarketlakeError as error:
        sys.stderr.write(f"marketlake: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 0


def password_file(home: Path) -> Path:
    """The file with the password that Airflow generated for the user admin."""
    return home / "simple_auth_manager_passwords.json.generated"


@contextmanager
def airflow(home: Path, dags: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A ready Airflow on loopback; all its processes end with the block."""
    _require_free(port)
    home.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, **airflow_environment(home, dags, port)}
    # `airflow` and its children find each other by name
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    _prepare(environment)
    with (home / "standalone.log").open("ab") as log:
        process = subprocess.Popen(
            ["airflow", "standalone"],  # noqa: S607
            env=environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        _wait_until_ready(process, port, home)
        yield process
    finally:
        _end_group(process)


def _prepare(environment: Mapping[str, str]) -> None:
    """Create tables in a separate process, because Airflow reads its environment on import."""
    command = [sys.executable, "-m", "marketlake.airflow.database"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().rsplit("\n", 1)[-1]
        raise MarketlakeError(f"Airflow's database could not be prepared: {last}")


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise UsageError(
                f"port {port} is in use ({error.strerror}); choose another with PORT=..."
            ) from None


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, home: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        if _healthy(port):
            return
        time.sleep(0.5)
    raise MarketlakeError(f"Airflow was not ready within {_READY_WITHIN_S} s; see {home / 'standalone.log'}")


def _healthy(port: int) -> bool:
    """True if the pages answer and every part of Airflow has reported recently."""
    import requests

    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5)
            parts = answer.json()
    except (requests.RequestException, ValueError):
        return False
    names = ("metadatabase", "scheduler", "dag_processor", "triggerer")
    return all(parts.get(name, {}).get("status") == "healthy" for name in names)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    for signum in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _ENDS_WITHIN_S
        try:
            os.killpg(process.pid, signum)
            while time.monotonic() < deadline:
                process.poll()
                os.killpg(process.pid, 0)
                time.sleep(0.2)
        except ProcessLookupError:
            return


if __name__ == "__main__":
    sys.exit(main())
