"""The embedded run: every DAG once, with short output and an exit code."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from marketlake.airflow.embedded import airflow_log, run
from marketlake.model.errors import ConfigError

pytestmark = pytest.mark.xdist_group("airflow")

AIRFLOW_HOME = Path(os.environ["AIRFLOW_HOME"])
DAGS = Path(__file__).parents[2] / "dags"


@pytest.fixture
def embedded(pipeline: Any, database: None) -> Callable[[], tuple[int, str]]:
    """Run; returns the exit code and the output without the seconds."""

    def run_once() -> tuple[int, str]:
        lines: list[str] = []
        code = run(AIRFLOW_HOME, DAGS, lines.append)
        return code, re.sub(r" \(\d+\.\d s\)", "", "\n".join(lines))

    return run_once


def test_successful_run_prints_new_rows_and_builds(
    embedded: Callable[[], tuple[int, str]], pipeline: Any
) -> None:
    code, output = embedded()
    assert code == 0
    assert output.splitlines() == [
        "Airflow ...",
        "Airflow: ready",
        "ingest_24_7 ...",
        "ingest_24_7: 1 instrument, 3 new, 0 revised",
        "ingest_xnys ...",
        "ingest_xnys: 2 instruments, 3 new, 0 revised",
        "returns ...",
        "returns: market.duckdb is up to date",
    ]
    assert len(pipeline.calls("build")) == 1


def test_run_without_new_data_prints_that(embedded: Callable[[], tuple[int, str]], pipeline: Any) -> None:
    pipeline.play(new=0)
    code, output = embedded()
    assert code == 0
    assert "ingest_24_7: 1 instrument, nothing new" in output


def test_failed_instrument_is_named_and_the_others_succeed(
    embedded: Callable[[], tuple[int, str]], pipeline: Any
) -> None:
    pipeline.play(fetch={"SPY": "NotFoundError"})
    code, output = embedded()
    assert code == 3
    assert "    SPY: NotFoundError: made to fail" in output.splitlines()


def test_findings_are_printed_and_do_not_fail_the_run(
    embedded: Callable[[], tuple[int, str]], pipeline: Any
) -> None:
    pipeline.play(findings=[f"warn jump: SPY 2024-01-0{n}, from 10 to 30" for n in range(1, 8)])
    code, output = embedded()
    assert code == 0
    lines = output.splitlines()
    assert lines.count("    warn jump: SPY 2024-01-05, from 10 to 30") == 2
    assert not any("2024-01-06" in line for line in lines)
    assert lines.count("    7 findings in total: `marketlake check`") == 2


def test_lake_error_is_printed_with_its_message(
    embedded: Callable[[], tuple[int, str]], pipeline: Any
) -> None:
    pipeline.play(store="this lake holds live data; choose another with --lake")
    code, output = embedded()
    assert code == 1
    assert "    store: this lake holds live data; choose another with --lake" in output.splitlines()


def test_dag_import_error_fails_the_run(embedded: Callable[[], tuple[int, str]], tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("from airflow.sdk import DAG\nimport no_such_module\n")
    with pytest.raises(ConfigError, match=r"broken\.py cannot be imported.*no_such_module"):
        run(AIRFLOW_HOME, tmp_path, lambda line: None)


def test_airflow_logs_go_to_the_file_and_our_output_to_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with airflow_log(tmp_path / "run.log") as say:
        os.write(1, b"from deep inside\n")
        os.write(2, b"and an error\n")
        say("ingest_xnys ...")
    os.write(1, b"afterwards\n")
    assert (tmp_path / "run.log").read_text() == "from deep inside\nand an error\n"
    assert capfd.readouterr().out == "ingest_xnys ...\nafterwards\n"
