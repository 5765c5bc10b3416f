"""The benchmarks run, at a size too small for timings; no test looks at measured times."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest
from benchmarks import agreement, making, processes
from benchmarks.closes import closes, within
from benchmarks.lakes import Lake, lake
from benchmarks.measure import Results, agree, building, variants
from benchmarks.peers import PEERS
from benchmarks.questions import questions, scoreboard
from benchmarks.report import report
from benchmarks.tables import Target
from benchmarks.timing import Ratio, Timing, in_turn
from benchmarks.wide import TIMES, widen

from marketlake.model.layout import MARTS

SYMBOLS, YEARS = 6, 2


def in_this_process(step: str, root: Path, *size: int) -> dict[str, object]:
    return {**making.run(step, making.Job(root, *size)), "peak_mb": 0.0}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return lake(tmp_path_factory.mktemp("lakes"), SYMBOLS, YEARS, make=in_this_process)


@pytest.fixture(scope="module")
def stored(made: Lake) -> pd.DataFrame:
    return closes(made, SYMBOLS)


def test_daily_run_rewrites_the_marts_of_its_year(made: Lake) -> None:
    assert made.made["marts"]["files"] == made.made["marts"]["of_files"] == len(MARTS) * YEARS
    assert made.made["refresh"]["files"] == len(MARTS)
    assert made.made["day"]["bars"] == SYMBOLS + 1


def test_existing_benchmark_lake_is_reused(made: Lake) -> None:
    steps: list[str] = []

    def noted(step: str, root: Path, *size: int) -> dict[str, object]:
        steps.append(step)
        return in_this_process(step, root, *size)

    again = lake(made.job.root.parent, SYMBOLS, YEARS, make=noted)
    assert (steps, again.made) == (["refresh", "database"], made.made)


def test_all_engines_agree(made: Lake, stored: pd.DataFrame) -> None:
    deviations = agree(made, stored, None)
    assert set(deviations) == {"polars", *(peer.package for peer in PEERS)}
    assert max(deviations.values()) <= agreement.TOLERANCE


def test_wrong_figure_is_detected(made: Lake) -> None:
    board = agreement.ours(made, made.any_dates)
    wrong = board[["sharpe", "cagr"]] * [1, 1 + 1e-6] + [0, 1e-8]
    with pytest.raises(agreement.DisagreementError, match="cagr"):
        agreement.worst("someone", wrong, board)


def test_every_variant_runs_and_is_reported(made: Lake, stored: pd.DataFrame, tmp_path: Path) -> None:
    wide = widen(made.database, tmp_path / "wide")
    with variants(made, made, wide, stored, None) as queries:
        timings = in_turn(queries, 1, seconds=0)
    peaks = dict.fromkeys([*questions(made), "wide"], 100.0)
    parts = building(made, made, tmp_path)
    deviations = dict.fromkeys(["polars", *(peer.package for peer in PEERS)], 1e-12)
    text = report(Results(made, made, timings, parts, peaks, deviations, None))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == (2 + 5) + (2 + 1 + len(PEERS) + 1) + (2 + 6)
    assert [rows[at].count("|") for at in (0, 6, 7, -9, -8, -1)] == [10, 10, 10, 10, 9, 9]


def test_lake_of_ten_times_the_symbols(made: Lake, tmp_path: Path) -> None:
    import duckdb

    text = f"SELECT count(*), count(DISTINCT sharpe) FROM ({scoreboard(made.whole_years)})"
    with duckdb.connect(str(widen(made.database, tmp_path / "wide")), read_only=True) as connection:
        assert connection.execute(text).fetchone() == (TIMES * SYMBOLS, SYMBOLS)


def test_fresh_process_reports_its_own_peak_memory(made: Lake) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("peak memory is read from /proc")
    held = bytearray(400_000_000)
    assert 20 < processes.answer(made.database, "SELECT 1")["peak_mb"] < 200 < len(held)


def test_window_begins_with_the_previous_close(stored: pd.DataFrame) -> None:
    begin, end = pd.Timestamp("2005-03-15").date(), pd.Timestamp("2006-10-10").date()
    inside = within(stored, (begin, end))
    assert list(inside.index[[0, 1, -1]].strftime("%F")) == ["2005-03-14", "2005-03-15", "2006-10-10"]


def test_ratios_are_computed_per_round() -> None:
    one, other = Timing((1.0, 4.0, 9.0), ()), Timing((1.0, 2.0, 3.0), ())
    assert Ratio.of(one, other) == Ratio(2.0, 1.0, 3.0)
    assert Target(2.0).judge(2.0).endswith("met")
    assert "missed" in Target(2.0, at_least=True).judge(1.9)
