"""The ingest benchmark runs, at a size too small for timings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
from benchmarks.ingest.measure import DAYS, measure
from benchmarks.ingest.report import report
from benchmarks.scale import steps
from benchmarks.scale.home import make_home, settings
from benchmarks.scale.homes import LAST_DAY, Taken
from benchmarks.scale.plain import WAYS, run

from marketlake.ingest.plan import plan_daily
from marketlake.model.schema import BAR


def in_this_process(step: str, *options: str) -> Taken:
    return {**steps.take(step, *options), "peak_mb": 100.0}


def test_each_day_stores_its_session_and_is_reported(tmp_path: Path) -> None:
    result = measure(tmp_path, 2, 1, in_this_process)
    # two shares and the bill
    assert [one["new_rows"] for timing in result.days.values() for one in timing] == [3] * DAYS
    assert min(result.days).isoformat() == "2024-01-02"
    assert max(result.days) == LAST_DAY
    assert result.rows == 12 * 2
    lines = [line for line in report(result).splitlines() if line.startswith("|")]
    assert len(lines) == (2 + DAYS) + (2 + len(WAYS))


def test_baseline_stores_the_rows_of_the_table(tmp_path: Path) -> None:
    make_home(tmp_path, 1, 2023, LAST_DAY)
    run_settings = settings(tmp_path, LAST_DAY)
    jobs = plan_daily(replace(run_settings, reverify_days=0), run_settings.universe)
    for name, run_way in WAYS.items():
        timing = run(run_settings, jobs, tmp_path / name, run_way)
        stored = pd.read_parquet(tmp_path / name / "S000000")
        assert (timing["rows"], timing["symbols"], len(stored)) == (12, 1, 502)
    assert set(stored) == set(BAR.names)
