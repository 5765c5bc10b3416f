"""Airflow's metrics reach an OpenTelemetry collector with the settings of docker-compose.yml."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from .sinks import served

pytestmark = pytest.mark.xdist_group("airflow")
COMPOSE = (Path(__file__).parents[2] / "docker-compose.yml").read_text()
SENDS = """
from airflow._shared.observability.metrics import stats
from airflow.observability.metrics import stats_utils
stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)
stats.incr("scheduler_heartbeat")
"""


class Collector(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Posted)
        self.bodies = dict[str, bytes]()


class _Posted(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.bodies[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


def container_environment(**values: str) -> dict[str, str]:
    """The environment of a container with these values in .env."""
    lines = re.findall(r"^    (\w*(?:OTEL|METRICS)\w*): \$\{(\w+):-(\w*)\}", COMPOSE, re.MULTILINE)
    return {name: values.get(variable, default) for name, variable, default in lines}


@pytest.mark.parametrize("on", [True, False])
def test_metrics_are_sent_when_switched_on(on: bool) -> None:
    collector = Collector()
    with served(collector) as port:
        place = f"http://127.0.0.1:{port}"
        environment = (
            container_environment(OTEL_ON="True", OTEL_EXPORTER_OTLP_ENDPOINT=place)
            if on
            else container_environment()
        )
        subprocess.run([sys.executable, "-c", SENDS], env={**os.environ, **environment}, check=True)
    assert set(collector.bodies) == ({"/v1/metrics"} if on else set())
    assert all(b"airflow.scheduler_heartbeat" in body for body in collector.bodies.values())
