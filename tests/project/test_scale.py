"""The scale benchmark runs, at a size too small for timings."""

from __future__ import annotations

import pytest
from benchmarks.scale import steps
from benchmarks.scale.homes import LAST_YEAR, Home, Taken, filled, unfilled
from benchmarks.scale.measure import measure
from benchmarks.scale.report import report

from marketlake.store.writer import Writer, open_manifest

YEARS = 11


def in_this_process(step: str, *options: str) -> Taken:
    return {**steps.take(step, *options), "peak_mb": 100.0}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return filled(tmp_path_factory.mktemp("lakes"), 3, YEARS, in_this_process)


def bars(home: Home) -> dict[tuple[str, object], tuple[float, ...]]:
    """Close, dividend, split and volume of every row."""
    lake = Writer(home.folder / "data", open_manifest(home.folder / "data"), {})
    rows = [row for path in lake.manifest.paths("bar") for row in lake.read(path).to_pylist()]
    names = ("close", "dividend", "split", "volume")
    return {(row["instrument_id"], row["session"]): tuple(row[name] for name in names) for row in rows}


def test_generated_raw_responses_match_the_bars(large: Home) -> None:
    before = bars(large)
    with unfilled(large).copied() as copy:
        taken = copy.step("store")
        replayed = bars(copy)
    assert taken["new_rows"] == len(replayed) == len(before) + 4
    assert all(replayed[key] == pytest.approx(values, rel=1e-6, abs=1e-4) for key, values in before.items())


def test_every_step_is_run_and_reported(large: Home) -> None:
    small, shallow = (filled(large.folder.parent, *size, in_this_process) for size in ((2, YEARS), (3, 2)))
    result = measure(small, large, shallow, 1)
    assert result.rounds[str(large), "store"][0]["new_rows"] == 4
    assert result.once[str(large), "one more store"]["new_rows"] > 250 * YEARS
    assert result.once[str(large), "corrected store"]["new_rows"] == 0
    assert (
        result.once[str(large), "whole replay"]["rows"] == result.once[str(large), "whole store"]["new_rows"]
    )
    lines = report(result).splitlines()
    assert len([line for line in lines if line.startswith("|")]) == (2 + 5) + (2 + 8) + (2 + 2)
    assert f"a close of {LAST_YEAR - 10} restated" in report(result)
