"""The tasks of an `ingest` DAG, called with plain values as Airflow does."""

from __future__ import annotations

import json
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from unittest import mock

from marketlake.airflow import schedule, steps
from marketlake.model.errors import MarketlakeError
from marketlake.model.settings import Settings


class Dag:
    """One run of a DAG, named `ingest.1` by default."""

    def __init__(self, settings: Settings, name: str = "1") -> None:
        self._settings = settings
        self.ti = SimpleNamespace(
            dag_id="ingest",
            run_id=name,
            xcom_push=lambda key, value: self.left.update({key: through_json(value)}),
            task=SimpleNamespace(outlets=[]),
            get_task_states=lambda **_: {},
        )
        self.left: dict[str, Any] = {}
        """What the tasks left for others, by key."""

    @property
    def run_id(self) -> str:
        return steps.run_of(self.ti)

    def plan(
        self, *ids: str, source: str | None = None, calendar: str | None = None, **form: str | bool
    ) -> list[Any]:
        """The batches of one source, or of all sources; `form` has `from_`, `to`, `source_`, `replace`."""
        params = {"instruments": list(ids), **{name.strip("_"): value for name, value in form.items()}}
        with self._environment():
            sources = [source] if source else [None]
            plans = [steps.plan(one, calendar, params, self.ti) for one in sources]
        return through_json([batch for batches in plans for batch in batches])

    def fetch(self, batch: Any) -> Any:
        with self._environment():
            return through_json(steps.fetch(batch, self.ti))

    def store(self) -> Any:
        """The summary, also when the task is skipped without new data."""
        from airflow.sdk.exceptions import AirflowSkipException

        with self._environment(), suppress(AirflowSkipException):
            steps.store(self.ti, {})
        return self.left["summary"]

    def check(self) -> None:
        with self._environment(), mock.patch.object(steps, "_alert"):
            steps.check(self.ti)

    def run(self) -> list[str]:
        """Run every task once, in the DAG's order; returns the errors of failed tasks."""
        errors = []
        with self._environment():
            sources = schedule.lake_schedule(schedule.ScheduledLake(), self._settings).sources
        for source in sources:
            for batch in self.plan(source=source):
                try:
                    self.fetch(batch)
                except MarketlakeError as error:
                    errors.append(f"{type(error).__name__}: {error}")
        self.store()
        try:
            self.check()
        except MarketlakeError as error:
            errors.append(str(error))
        return errors

    def _environment(self) -> Any:
        return mock.patch.object(steps, "load_settings", return_value=self._settings)


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(value))
