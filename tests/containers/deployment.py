"""A checkout deployed as docs/deploy.md says, under another project name."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import requests
from tests.cluster.orchestra import Api

from marketlake.model.calendars import load_calendar
from marketlake.model.instruments import Instrument
from marketlake.model.settings import load_settings

from .engine import HERE, PROJECT, ContainerError, Docker

NAME = "marketlake-test"
"""Of the Compose project; a deployment on the same machine is `marketlake`."""
_COMPOSE = {"COMPOSE_PROJECT_NAME": NAME, "COMPOSE_ANSI": "never"}
IMAGE = "marketlake-airflow:container-test"
NOW = "2026-01-02T12:00Z"
_LAST = np.datetime64("2025-12-31")


@dataclass(frozen=True)
class Deployment:
    """The containers of a copy of the checkout."""

    docker: Docker
    folder: Path
    port: int

    def prepare(self) -> None:
        """Copy the checkout, `make env`, and the market of the shipped instruments."""
        copy_checkout(self.folder)
        self.docker.run(["make", "--silent", "env"], self.folder)
        set_in(
            self.folder / ".env",
            AIRFLOW_PORT=str(self.port),
            MARKETLAKE_SOURCE_URL="http://simulator:8765",
            MARKETLAKE_NOW=NOW,
        )
        shutil.copy(HERE / "override.yml", self.folder / "docker-compose.override.yml")
        write_market(self.folder / "market", load_settings(home=self.folder, environ={}).universe.instruments)

    def compose(self, *arguments: str, stdin: bytes | None = None) -> str:
        """`docker compose` in the copy."""
        return self.docker("compose", *arguments, folder=self.folder, stdin=stdin, environment=_COMPOSE)

    def worker(self, *command: str) -> str:
        """A command in the worker."""
        return self.compose("exec", "-T", "worker", *command)

    def documented(self, page: str, heading: str) -> None:
        """Run the first shell block below a heading of docs/, with this project's names."""
        text = (PROJECT / "docs" / page).read_text()
        match = re.search(rf"^#+ {heading}\n.*?^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        if match is None:
            raise ContainerError(f"docs/{page} has no shell block below {heading!r}")
        commands = re.sub(r"\bmarketlake_(?=\w+\b)", f"{NAME}_", match[1])
        commands = re.sub(r"marketlake-airflow:[\d.]+\d", IMAGE, commands)
        script = ["bash", "-e", "-o", "pipefail", "-c", commands]
        self.docker.run(script, self.folder, environment=_COMPOSE)

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets of .env, by name."""
        found = re.findall(
            r"^(\w+(?:PASSWORD|KEY|SECRET))=(.+)$", (self.folder / ".env").read_text(), re.MULTILINE
        )
        return dict(found)

    @cached_property
    def api(self) -> Api:
        """Airflow's REST API as admin, once somebody can log in."""
        password = self.secrets["ADMIN_PASSWORD"]
        return until(lambda: Api(self.port, password), "Airflow lets the admin log in", 240)

    def containers(self) -> dict[str, dict[str, Any]]:
        """What Docker knows of each running container, by service."""
        ids = self.compose("ps", "--quiet").split()
        each = json.loads(self.docker("inspect", *ids))
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in each}

    def healthy(self) -> bool:
        """Whether every container with a health check is healthy."""
        states = [one["State"] for one in self.containers().values()]
        return all(state["Health"]["Status"] == "healthy" for state in states if "Health" in state)

    def remove(self) -> None:
        """Remove containers, volumes, networks and the image."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")
        label = f"label=com.docker.compose.project={NAME}"
        for kind in ("container", "volume", "network"):
            if left := self.docker(
                kind, "ls", "--quiet", "--filter", label, *["--all"] * (kind == "container")
            ):
                raise ContainerError(f"a {kind} is left: {left}")
        self.docker("image", "rm", "--force", IMAGE)


def until(condition: Callable[[], Any], what: str, within_s: float) -> Any:
    """Poll until the condition is true; `ContainerError` if it is not in time.

    A server that does not answer yet is asked again.
    """
    deadline = time.monotonic() + within_s
    while True:
        with suppress(requests.RequestException):
            if value := condition():
                return value
        if time.monotonic() > deadline:
            raise ContainerError(f"not within {within_s:.0f} s: {what}")
        time.sleep(1)


def copy_checkout(folder: Path) -> None:
    """The files of the working tree that git does not ignore; only a `.venv` there is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name != ".venv":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, folder / name)


def set_in(path: Path, **values: str) -> None:
    """Set these variables of an env file."""
    text = path.read_text()
    for name, value in values.items():
        text, count = re.subn(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
        if count != 1:
            raise ContainerError(f"{path} has {count} lines of {name}")
    path.write_text(text)


def write_market(folder: Path, instruments: tuple[Instrument, ...]) -> None:
    """Made-up prices of every instrument, as files that the simulator serves."""
    folder.mkdir()
    for number, instrument in enumerate(instruments):
        calendar = load_calendar(instrument.calendar, until=_LAST.item())
        days = calendar.sessions(instrument.since, _LAST.item())
        steps = np.random.default_rng(number).normal(0.0002, 0.005, len(days))
        close = np.round(50 * np.exp(np.cumsum(steps)), 2)
        for source in instrument.sources:
            if source.source == "yahoo":
                rows = [f"{day},{x},{x},{x},{x},1000" for day, x in zip(days, close, strict=True)]
                (folder / f"{source.symbol}.csv").write_text(
                    "date,open,high,low,close,volume\n" + "\n".join(rows) + "\n"
                )
            elif source.source == "fred":
                # a month's figure is filed under its first day
                filed = (
                    days.astype("datetime64[M]").astype("datetime64[D]")
                    if calendar.name == "MONTHLY"
                    else days
                )
                rows = [f"{day},{x}" for day, x in zip(filed, close, strict=True)]
                (folder / f"{source.symbol}@fred.csv").write_text(
                    f"observation_date,{source.symbol}\n" + "\n".join(rows) + "\n"
                )
