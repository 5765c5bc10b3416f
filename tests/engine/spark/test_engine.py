"""Whole questions and whole builds on Spark: what DuckDB answers, and what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from marketlake.engine.marts import refresh_marts
from marketlake.engine.spark.engine import SparkEngine
from marketlake.engine.spark.marts import SparkMaker
from marketlake.engine.spark.session import spark_session
from marketlake.lake import Lake
from marketlake.model.errors import CorruptLakeError, EmptyLakeError, LakeError, UsageError
from marketlake.model.schema import MARTS
from marketlake.store.writer import Writer, open_manifest

from ...answers import lakes
from .both import same
from .market import MARKET, NOW, bars, built
from .scenes import AS_OF, UNIVERSE

Method = Callable[..., Any]
# each takes ten to fifty relations; `compare` of two as it stands is asked in test_command.py
CASES: dict[str, tuple[Method, tuple[Any, ...], dict[str, Any]]] = {
    # three or more come with their metrics
    "compare three, converted, shared, as of": (
        Lake.compare,
        (["BTC", "SHARE", "EURO"],),
        {"currency": "EUR", "sessions": "shared", "basis": "total", "as_of": AS_OF, "risk": True},
    ),
    "returns": (Lake.returns, (["BTC", "OIL"],), {"period": "quarter", "real": True}),
    "scoreboard of days": (
        Lake.scoreboard,
        (["BTC", "OIL", "STALE"],),
        {"start": date(2020, 2, 3), "end": date(2021, 11, 3), "basis": "total"},
    ),
}


@pytest.fixture(scope="module")
def engine(spark: str) -> SparkEngine:
    return SparkEngine(UNIVERSE, NOW, spark)


@pytest.fixture(scope="module")
def bare(lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake without its database, which Spark has no use for."""
    copy = tmp_path_factory.mktemp("bare") / lake.name
    return Path(shutil.copytree(lake, copy, ignore=shutil.ignore_patterns("market.duckdb")))


@pytest.mark.parametrize("case", CASES)
def test_answer_equals_duckdb(lake: Path, bare: Path, engine: SparkEngine, case: str) -> None:
    method, arguments, options = CASES[case]
    duck = method(Lake(lake), *arguments, **options).to_dict()
    spark = method(Lake(bare, engine), *arguments, **options).to_dict()
    assert list(_differences(duck, spark)) == []


def _differences(one: Any, other: Any, at: str = "") -> Iterator[str]:
    if isinstance(one, dict) and list(one) == list(other):
        for name in one:
            yield from _differences(one[name], other[name], f"{at}.{name}")
    elif isinstance(one, list) and len(one) == len(other):
        for place, pair in enumerate(zip(one, other, strict=True)):
            yield from _differences(*pair, f"{at}[{place}]")
    elif not same(one, other):
        yield f"{at} is {one!r} in DuckDB, {other!r} in Spark"


def test_empty_lake_is_reported(spark: str, engine: SparkEngine, tmp_path: Path) -> None:
    with pytest.raises(EmptyLakeError, match="no lake at"):
        Lake(tmp_path, engine).compare(["BTC", "NASDAQ"])


def test_unknown_instrument_is_refused(lake: Path, engine: SparkEngine) -> None:
    with pytest.raises(UsageError, match=r"unknown instrument .*known: BTC"):
        Lake(lake, engine).compare(["BTC", "A'; DROP VIEW bar; --"])


def test_damaged_file_is_named(lake: Path, engine: SparkEngine, tmp_path: Path) -> None:
    broken = tmp_path / "lake"
    shutil.copytree(lake, broken)
    (broken / "bar/asset_class=crypto/year=2020/part.parquet").write_bytes(b"PAR1 no more PAR1")
    with pytest.raises(CorruptLakeError, match=r"asset_class=crypto/year=2020.*marketlake verify"):
        Lake(broken, engine).compare(["BTC", "NASDAQ"])


@pytest.mark.parametrize("table", ["bar", "year_state"])
def test_missing_file_is_named(lake: Path, engine: SparkEngine, tmp_path: Path, table: str) -> None:
    """A folder could be read without it, and the answer would be another."""
    incomplete = tmp_path / "lake"
    shutil.copytree(lake, incomplete)
    (incomplete / table / "asset_class=crypto/year=2020/part.parquet").unlink()
    with pytest.raises(CorruptLakeError, match=f"{table}/asset_class=crypto/year=2020"):
        Lake(incomplete, engine).compare(["BTC", "NASDAQ"])


def test_spark_error_is_one_line(spark: str) -> None:
    from marketlake.engine.spark.reader import SparkTables

    with pytest.raises(LakeError, match=r"Spark failed: .*nowhere") as refused:
        SparkTables(spark_session(spark)).records("SELECT * FROM nowhere")
    assert "\n" not in str(refused.value)


def test_sessions_are_isolated(spark: str, lake: Path, engine: SparkEngine) -> None:
    with engine.open(lake) as one:
        one.hold("mine", "SELECT 1 AS x", {})
        with engine.open(lake) as other, pytest.raises(LakeError, match="mine"):
            other.records("SELECT * FROM mine")


def test_union_of_held_relations_works(spark: str) -> None:
    """Where Spark infers constraints it loses a column of them: "key not found"."""
    from marketlake.engine.spark.reader import SparkTables

    reader = SparkTables(spark_session(spark))
    reader.hold("number", "SELECT id AS a, id % 3 AS b, CAST(id AS DOUBLE) AS c FROM range(10)", {})
    reader.hold("some", "SELECT a, b, sum(c) AS s FROM number WHERE a > 1 AND b = 2 GROUP BY a, b", {})
    doubled = "SELECT x.a, x.b, x.s + y.s AS s FROM some AS x JOIN some AS y ON y.a = x.a WHERE x.s > 0"
    reader.hold("doubled", doubled, {})
    reader.hold("together", "SELECT * FROM some UNION ALL SELECT * FROM doubled", {})
    text = "SELECT * FROM together UNION ALL SELECT * FROM number WHERE c > 8"
    reader.hold("all_of_it", text, {})
    rows = reader.records("SELECT a, s FROM all_of_it")
    assert sorted((row["a"], row["s"]) for row in rows) == [
        (2, 2.0), (2, 4.0), (5, 5.0), (5, 10.0), (8, 8.0), (8, 16.0), (9, 9.0),
    ]  # fmt: skip


def test_marts_equal_duckdb(spark: str, tmp_path: Path) -> None:
    """As near as figures are; marts of the other engine are recomputed to the same bytes."""
    lake = tmp_path / "lake"
    few = [row for row in bars() if row["instrument_id"] in ("BTC", "SHARE", "GAPPY", "OIL", "BILL")]
    built(lakes.write(lake, MARKET, few))
    rows, files = _rows(lake), _bytes(lake)
    maker = SparkMaker(spark)
    assert refresh_marts(_writer(lake), UNIVERSE, maker=maker) == len(rows["year_state"]) - 1
    assert list(_differences(rows, _rows(lake))) == []
    assert refresh_marts(_writer(lake), UNIVERSE, maker=maker) == 0
    refresh_marts(_writer(lake), UNIVERSE)
    assert _bytes(lake) == files


def _writer(root: Path) -> Writer:
    return Writer(root, open_manifest(root), {})


def _rows(root: Path) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """By mart and file."""
    return {
        table: {
            str(path.relative_to(root)): pq.ParquetFile(path).read().to_pylist()
            for path in sorted((root / table).rglob("part.parquet"))
        }
        for table in MARTS
    }


def _bytes(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for table in MARTS
        for path in sorted((root / table).rglob("part.parquet"))
    }
