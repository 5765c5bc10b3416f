"""Crash trials under Airflow: the embedded run of the real DAGs, killed at random with all its
processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import kill
from .crash import Workspace, workspace
from .crash_works import DAILY, FIRST, KINDS, Kind, Scene, due, held

DAGS = Path(__file__).parents[2] / "dags"
NAME = "airflow"


def kind(airflow_home: Path) -> Kind:
    """The embedded run as a kind of work: every `ingest` DAG, then `returns`."""

    def embedded(scene: Scene) -> None:
        os.environ |= scene.environment(DAILY)
        from marketlake.airflow.embedded import airflow_log, run

        with airflow_log(airflow_home / "run.log"):
            code = run(airflow_home, DAGS, lambda line: None)
        if code:
            log = (airflow_home / "run.log").read_text()[-3000:]
            raise RuntimeError(f"the embedded run ended with {code}: {log}")

    return Kind(_one_calendar, embedded, published=True)


def _one_calendar(scene: Scene) -> None:
    """Use one calendar: each calendar is a separate DAG and takes seconds."""
    chosen = [each.entry(FIRST) for each in held() if each.truth.calendar == "24/7"]
    (scene.home / "instruments.toml").write_text("\n".join(chosen))
    due(scene)


@contextmanager
def under_airflow() -> Iterator[Workspace]:
    """A worker's environment with its own Airflow, imported once and with its database created
    once."""
    from marketlake.airflow.standalone import airflow_environment

    with workspace() as here:
        home = here.folder / "airflow-home"
        home.mkdir()
        os.environ |= airflow_environment(home, DAGS) | {
            "MARKETLAKE_RETRY_SECONDS": "0",
            "MARKETLAKE_RETRIES": "2",
        }
        kill.in_child(lambda: _migrate(home))
        _warm()
        here.kinds = {**KINDS, NAME: kind(home)}
        yield here


def _migrate(home: Path) -> None:
    from marketlake.airflow.database import migrate

    migrate(home)


def _warm() -> None:
    """Import what every run needs; nothing may connect to the database before the fork."""
    import airflow.dag_processing.dagbag
    import airflow.models.dagrun
    import airflow.sdk  # noqa: F401
