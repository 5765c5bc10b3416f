"""Stands in for `marketlake.pipeline.tasks`: does what script.json says, notes calls in calls.jsonl."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from marketlake.model import errors
from marketlake.model.settings import load_settings


def plan(
    run_id: str,
    calendar: str | None,
    source: str | None,
    instruments: list[str],
    start: str | None,
    end: str | None,
) -> list[list[dict[str, str]]]:
    _note(
        "plan", run_id=run_id, calendar=calendar, source=source, instruments=instruments, start=start, end=end
    )
    if message := _script().get("plan"):
        raise errors.ConfigError(message)
    chosen = [
        i
        for i in load_settings().universe.select(instruments).instruments
        if calendar in (None, i.calendar) and i.sources[0].source == source
    ]
    return [[{"instrument_id": i.id}] for i in chosen]


def fetch(run_id: str, batch: list[dict[str, str]]) -> dict[str, Any]:
    ids = [job["instrument_id"] for job in batch]
    _note("fetch", run_id=run_id, ids=ids)
    for each in ids:
        if kind := _script().get("fetch", {}).get(each):
            raise getattr(errors, kind)(f"{each}: made to fail")
    return {"outcomes": dict.fromkeys(ids, "ok")}


def store(run_id: str) -> dict[str, Any]:
    _note("store", run_id=run_id)
    script = _script()
    if "store" in script:
        raise errors.OriginError(script["store"])
    failed = {each: f"{kind}: made to fail" for each, kind in script.get("fetch", {}).items()}
    return {"new": script.get("new", 3), "revised": 0, "volume": 0, "snapshot": "s1", "failed": failed}


def findings(run_id: str) -> list[str]:
    _note("findings", run_id=run_id)
    told: list[str] = _script().get("findings", [])
    return told


def check(run_id: str) -> None:
    _note("check", run_id=run_id)
    if failed := _script().get("fetch"):
        raise errors.MarketlakeError(f"did not end well: {', '.join(failed)}")


def build() -> dict[str, Any]:
    _note("build")
    return {"rebuilt": True}


def behind() -> dict[str, str]:
    _note("behind")
    told: dict[str, str] = _script().get("behind", {})
    return told


def _script() -> dict[str, Any]:
    path = _home() / "script.json"
    script: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return script


def _note(step: str, **values: object) -> None:
    with (_home() / "calls.jsonl").open("a") as file:
        file.write(json.dumps({"step": step, **values}) + "\n")


def _home() -> Path:
    return Path(os.environ["MARKETLAKE_HOME"])
