"""`list`, `query`, `export` and `open`."""

from __future__ import annotations

import csv
import io
import json
import webbrowser
from pathlib import Path

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from .conftest import Run


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_list_names_every_instrument(run: Run, sample_home: Path) -> None:
    rows = json.loads(run("list", "--home", sample_home, "--format", "json").out)
    first = rows[0]
    assert (first["instrument_id"], first["asset_class"]) == ("BTC", "crypto")
    assert first["sources"].startswith("bitstamp:BTC/USD, yahoo:BTC-USD")
    assert first["first_session"] < "2015" < "2025-12" < first["last_session"]
    assert len(rows) == len({row["instrument_id"] for row in rows}) > 10


def test_query_reads_standard_input(run: Run, sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 6 * 7 AS answer"))
    assert run("query", "-", "--home", sample_home, "--format", "csv").out == "answer\n42\n"


def test_a_terminal_shows_the_first_rows_and_their_number(
    run: Run, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "SELECT x FROM range(1000, 1100) t(x)"
    assert "1099" in run("query", text, "--home", sample_home).out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    shown = run("query", text, "--home", sample_home)
    assert ("1039" in shown.out, "1040" in shown.out) == (True, False)
    assert "first 40 of 100 rows" in shown.out


def test_export_writes_prices_with_a_table_of_columns(run: Run, sample_home: Path) -> None:
    arguments = ["--from", "2024-01-01", "--to", "2024-01-31", "--home", sample_home]
    result = run("export", "prices", "BTC", "NASDAQ", "--out", "p.parquet", *arguments)
    table = pq.read_table("p.parquet")
    assert result.code == 0
    assert set(table["instrument_id"].to_pylist()) == {"BTC", "NASDAQ"}
    assert len(table) == 31 + 21
    with Path("p.columns.csv").open() as file:
        columns = {row["column"]: row for row in csv.DictReader(file)}
    assert list(columns) == table.column_names
    assert columns["close"]["type"] == "double"
    assert columns["close"]["description"] == "last or settlement price, as traded, never adjusted"


@pytest.mark.parametrize(
    "arguments",
    [
        ["returns", "BTC", "--by", "month"],
        *(
            ["prices", "BTC", "--basis", basis]
            for basis in ("as_traded", "split_adjusted", "adjusted", "total")
        ),
    ],
    ids=lambda arguments: arguments[-1],
)
def test_every_exported_column_is_described(run: Run, sample_home: Path, arguments: list[str]) -> None:
    assert run("export", *arguments, "--from", "2024", "--out", "e.csv", "--home", sample_home).code == 0
    with Path("e.columns.csv").open() as file:
        columns = {row["column"]: row["description"] for row in csv.DictReader(file)}
    assert all(columns.values())
    adjusted = arguments[-1] in {"adjusted", "split_adjusted"}
    assert any("as traded" in text for text in columns.values()) == (arguments[-1] == "as_traded")
    assert ("adjusted for splits" in columns.get("close", "")) == adjusted


def test_export_of_returns_by_year_equals_the_command(run: Run, sample_home: Path) -> None:
    arguments = ["--by", "year", "--from", "2019", "--to", "2021", "--home", sample_home]
    assert run("export", "returns", "BTC", *arguments, "--out", "r.csv").code == 0
    written = pa_csv.read_csv("r.csv")["simple_return"].to_pylist()
    shown = json.loads(run("returns", "BTC", *arguments, "--format", "json").out)
    assert written == [row["simple_return"] for row in shown["rows"]]


def test_export_of_a_statement_is_safe_in_a_spreadsheet(run: Run, sample_home: Path) -> None:
    assert run("export", "SELECT '=1+1' AS cell", "--out", "q.csv", "--home", sample_home).code == 0
    assert Path("q.csv").read_text() == '"cell"\n"\'=1+1"\n'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prices", "--out", "p.xlsx"], "must end in .parquet or .csv"),
        (["SELECT 1", "BTC"], "select them in SQL"),
        (["prices", "--out", "missing/p.csv", "BTC"], "cannot be written"),
        (["DROP TABLE bar"], "read-only"),
    ],
)
def test_what_cannot_be_exported_is_named(
    run: Run, sample_home: Path, arguments: list[str], message: str
) -> None:
    refused = run("export", *arguments, "--home", sample_home)
    assert refused.code in {1, 2}
    assert message in refused.err
    assert not list(Path.cwd().iterdir())


def test_open_shows_the_report(
    run: Run, sample_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or False)
    arguments = ["--home", sample_home, "--lake", tmp_path]
    assert "marketlake report" in run("open", *arguments).err
    (tmp_path / "report.html").write_text("<p>a page</p>")
    result = run("open", *arguments)
    assert opened == [(tmp_path / "report.html").resolve().as_uri()]
    assert "open this file" in result.out
