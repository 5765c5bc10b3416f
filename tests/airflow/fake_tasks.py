"""Fake steps of `marketlake.ingest`: follow script.json and record calls in calls.jsonl.

One module replaces every module that the tasks import.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from marketlake.ingest.job import Job
from marketlake.ingest.run import Scope
from marketlake.model import errors
from marketlake.model.settings import Settings

__all__ = ["Scope"]

DAY = date(2024, 1, 2)


def plan(settings: Settings, run_id: str, scope: Scope) -> list[list[Job]]:
    start, end = scope.window or (None, None)
    _note(
        "plan",
        run_id=run_id,
        calendar=scope.calendar,
        source=scope.source,
        instruments=list(scope.ids),
        start=start and start.isoformat(),
        end=end and end.isoformat(),
        only=scope.only,
        replace=scope.replace,
    )
    if message := _script().get("plan"):
        raise errors.ConfigError(message)
    return [[Job(one.id, "daily", DAY, DAY)] for one in scope.select(settings.universe).instruments]


def fetch(settings: Settings, run_id: str, batch: Sequence[Job], on_done: Callable[[Any], None]) -> list[Any]:
    ids = [job.instrument_id for job in batch]
    _note("fetch", run_id=run_id, ids=ids)
    for each in ids:
        if kind := _script().get("fetch", {}).get(each):
            raise getattr(errors, kind)(f"{each}: made to fail")
    fetched = [SimpleNamespace(job=job, outcome="ok", message="") for job in batch]
    for one in fetched:
        on_done(one)
    return fetched


def assert_fetched(fetched: Sequence[Any]) -> None:
    """Do nothing: `fetch` raises itself."""


def store(settings: Settings, run_id: str) -> list[dict[str, Any]]:
    _note("store", run_id=run_id)
    script = _script()
    if "store" in script:
        raise errors.OriginError(script["store"])
    return [{"new_rows": script.get("new", 3), "revised_rows": 0, "volume_rows": 0}]


def open_manifest(root: Path) -> Any:
    return SimpleNamespace(snapshot="s1")


def run_rows(settings: Settings, run_id: str) -> list[dict[str, Any]]:
    _note("check", run_id=run_id)
    return [{}]


def run_findings(settings: Settings, rows: Sequence[Any]) -> list[str]:
    findings: list[str] = _script().get("findings", [])
    return findings


def failed(rows: Iterable[Any]) -> dict[str, str]:
    return {each: f"{kind}: made to fail" for each, kind in _script().get("fetch", {}).items()}


def build(settings: Settings) -> bool:
    _note("build")
    return True


def refresh_report(settings: Settings, rebuilt: bool) -> None:
    """Write no report."""


class Lake:
    """A lake without claims."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def claims(self) -> Any:
        return SimpleNamespace(checks=())


def stale(settings: Settings) -> list[Any]:
    _note("behind")
    if _script().get("empty"):
        raise errors.EmptyLakeError("there is no lake yet")
    behind: dict[str, str] = _script().get("behind", {})
    hopeless = _script().get("hopeless", [])
    outcomes = {name: "not_found" if name in hopeless else "unavailable" for name in behind}
    return [_Stale(name, text, outcomes[name]) for name, text in behind.items()]


class _Stale:
    def __init__(self, instrument_id: str, text: str, outcome: str) -> None:
        self.instrument_id, self._text, self.outcome = instrument_id, text, outcome

    def __str__(self) -> str:
        return self._text


def _script() -> dict[str, Any]:
    path = _home() / "script.json"
    script: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return script


def _note(step: str, **values: object) -> None:
    with (_home() / "calls.jsonl").open("a") as file:
        file.write(json.dumps({"step": step, **values}) + "\n")


def _home() -> Path:
    return Path(os.environ["MARKETLAKE_HOME"])
