"""The health check of a container reads the API server's component status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from marketlake.airflow.health import PARTS, health

from .sinks import served


class Monitor(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = {"scheduler": {"status": "healthy"}, "dag_processor": {"status": "unhealthy"}}
        body = json.dumps(parts if self.path == "/api/v2/monitor/health" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    with served(HTTPServer(("127.0.0.1", 0), Monitor)) as port:
        yield f"http://127.0.0.1:{port}/execution/"


def test_component_health_is_read_from_the_api_server(server: str) -> None:
    assert {part: health(server, part) for part in PARTS} == {
        "scheduler": "healthy",
        "dag_processor": "unhealthy",
        "metadatabase": "None",
    }


def test_without_an_api_server_no_component_is_healthy() -> None:
    assert health("http://127.0.0.1:9/execution/", "scheduler").startswith("the API server does not answer")


@pytest.mark.parametrize(("part", "code"), [("scheduler", 0), ("dag_processor", 1)])
def test_exit_code_is_the_container_health(server: str, part: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "marketlake.airflow.health", part],
        env={
            **os.environ,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": server,
            "HTTP_PROXY": "http://127.0.0.1:9",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert "airflow" not in done.stderr.replace("marketlake.airflow", "")


def test_without_an_address_the_variable_is_named() -> None:
    environment = {k: v for k, v in os.environ.items() if k != "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "marketlake.airflow.health", "scheduler"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "AIRFLOW__CORE__EXECUTION_API_SERVER_URL is not set" in done.stderr
    assert "Traceback" not in done.stderr
