"""`lake.scoreboard(...)` and `marketlake scoreboard`: windows, order, formats, refusals."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

import marketlake as ml
from marketlake.model.errors import EmptyLakeError, UsageError
from marketlake.store.writer import open_manifest

from ...answers.lakes import BTC, CPI, bar, make
from ...sample import Run
from .scored import scoreboard


@pytest.fixture
def run(run: Run, lake: Path) -> Run:
    return lambda *arguments: run("scoreboard", *arguments, "--lake", lake)


def test_python_rows_equal_the_macro(lake: Path) -> None:
    answer = ml.open(lake).scoreboard(start="2020-01-01", end=date(2021, 6, 30), basis="total")
    expected = scoreboard(lake, "2020-01-01", "2021-06-30", "total")
    assert [vars(row) for row in answer.rows] == list(expected.values())
    assert (answer.start, answer.end, answer.basis) == (date(2020, 1, 1), date(2021, 6, 30), "total")
    assert (answer.snapshot, answer.origin) == (open_manifest(lake).snapshot, "live")
    assert answer.row("OIL").quality == "no_price"
    with pytest.raises(KeyError, match="no GLOD"):
        answer.row("GLOD")


def test_scoreboard_defaults_to_complete_years(lake: Path) -> None:
    opened = ml.open(lake)
    answer = opened.scoreboard()
    assert (answer.start, answer.end) == (date(2020, 1, 1), date(2022, 12, 31))
    assert opened.scoreboard(ids=["LATE"]).start == date(2022, 1, 1)
    assert opened.scoreboard(start="2021-06-30").end == date(2022, 12, 31)


def test_scoreboard_of_selected_instruments(lake: Path) -> None:
    answer = ml.open(lake).scoreboard(
        start="2021-01-01", end="2021-12-31", ids=["SHARE", "PAUSED", "BTC", "BTC"]
    )
    assert [row.instrument_id for row in answer.rows] == ["BTC", "SHARE"]
    assert answer.notes[-1] == "no return in the window: PAUSED"


def test_notes_describe_mixture_and_missing_prices(lake: Path) -> None:
    notes = ml.open(lake).scoreboard(start="2020-01-01", end="2021-12-31").notes
    assert "a mixture of returns: price (BTC, LATE, OIL, OTHER, PAUSED, SHARE, STALE), total (FUND)" in notes
    assert "no price for some sessions (OIL)" in notes


def test_tables(lake: Path) -> None:
    answer = ml.open(lake).scoreboard()
    table = answer.to_arrow()
    assert isinstance(table, pa.Table)
    assert table.schema.field("first_session").type == pa.date32()
    assert table["n"].to_pylist() == [row.n for row in answer.rows]
    # a column without any figure keeps its type
    day = ml.open(lake).scoreboard(start="2022-03-15", end="2022-03-15")
    assert day.to_arrow().schema == table.schema
    assert list(answer.to_pandas()["sharpe"]) == pytest.approx(
        [row.sharpe if row.sharpe is not None else float("nan") for row in answer.rows], nan_ok=True
    )
    assert json.loads(json.dumps(answer.to_dict()))["rows"][0]["first_session"] == "2019-12-31"


def test_consumer_prices_are_omitted_unless_requested(tmp_path: Path) -> None:
    days = [date(2020, month, 1) for month in range(1, 7)]
    rows = [bar(i, day, 100.0 + day.month) for i in (BTC, CPI) for day in days]
    opened = ml.open(make(tmp_path, [BTC, CPI], rows))
    assert [row.instrument_id for row in opened.scoreboard(start="2020-01-01", end="2020-12-31").rows] == [
        "BTC"
    ]
    [row] = opened.scoreboard(start="2020-01-01", end="2020-12-31", ids=["US_CPI"]).rows
    assert row.n == 5
    with pytest.raises(EmptyLakeError, match="no calendar year is complete"):
        opened.scoreboard()


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"ids": ["SHRE"]}, "did you mean SHARE"),
        ({"ids": ["BILL"]}, "BILL is a yield"),
        ({"basis": "vendor_adjusted"}, "basis 'vendor_adjusted' must be one of price, total"),
        ({"start": "2022-01-01", "end": "2021-01-01"}, "the first day 2022-01-01 is after the last day"),
    ],
)
def test_invalid_arguments_are_usage_errors(lake: Path, terms: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ml.open(lake).scoreboard(**terms)


def test_table_shows_the_top_rows_and_the_total_count(run: Run) -> None:
    code, out, _ = run("--from", "2020", "--to", "2021-06-30", "--top", "3", "--sort", "cagr")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert lines[0] == (
        "instrument total return CAGR volatility maximum drawdown Sharpe Sharpe over bill Sortino n "
        "from to quality"
    )
    assert lines[-1] == "3 of 8 instruments"
    assert lines[6].startswith("2020-01-01 to 2021-06-30: price return, own currency, own sessions, daily;")
    yearly = [float(line.split()[3].replace(",", "")) for line in lines[2:5]]
    assert yearly == sorted(yearly, reverse=True)


def test_names_and_dates_sort_ascending_and_missing_figures_last(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("--sort", "instrument_id", "--format", "csv")[1])))
    assert [row["instrument_id"] for row in rows] == sorted(row["instrument_id"] for row in rows)
    assert len(rows) == 8
    rows = list(csv.DictReader(io.StringIO(run("--sort", "first_session", "--format", "csv")[1])))
    assert rows[-1]["first_session"] == "2021-05-03"
    rows = list(csv.DictReader(io.StringIO(run("--sort", "skew", "--format", "csv")[1])))
    assert (rows[-1]["instrument_id"], rows[-1]["skew"]) == ("STALE", "")


def test_json_and_markdown(run: Run) -> None:
    answer = json.loads(run("BTC", "SHARE", "--from", "2021", "--to", "2021", "--format", "json")[1])
    assert (answer["start"], answer["end"], answer["basis"]) == ("2021-01-01", "2021-12-31", "price")
    assert {row["instrument_id"] for row in answer["rows"]} == {"BTC", "SHARE"}
    assert len(json.loads(run("--top", "2", "--format", "json")[1])["rows"]) == 2
    assert run("--format", "markdown")[1].startswith("| instrument | total return | CAGR |")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--sort", "sharp"), "--sort 'sharp' is unknown; choose one of: instrument, total return"),
        (("--from", "last year"), "'last year' is not a date"),
        (("--top", "0"), "Invalid value for '--top'"),
        (("--basis", "vendor_adjusted"), "Invalid value for '--basis'"),
    ],
)
def test_invalid_command_arguments_are_usage_errors(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())


def test_command_imports_no_heavy_packages(lake: Path) -> None:
    program = (
        "import sys; from marketlake.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: code = end.code\n"
        "print({'pandas', 'pyarrow', 'numpy', 'exchange_calendars'} & set(sys.modules)); sys.exit(code)"
    )
    command = [sys.executable, "-c", program, "scoreboard", "--lake", str(lake)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "set()"
