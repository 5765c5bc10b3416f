"""Each metric on a few closes, against a value worked out by hand: `golden/<metric>.toml` says how."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from marketlake import engine
from marketlake.answers.metrics import Metrics
from marketlake.engine.metric_sql import METRICS, TABLES
from marketlake.lake import Lake

from ..lakes import BTC, bar
from .macro import agrees, macro_call
from .walks import ETH, rewrite

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.toml"))
KNOWN = {"BTC": BTC, "ETH": ETH}
FIGURES = {metric.name for metric in METRICS}


def case(desk: Path, path: Path) -> dict[str, Any]:
    golden = tomllib.loads(path.read_text("utf-8"))
    rows = [
        bar(KNOWN[name], date.fromisoformat(day), close)
        for name, closes in golden["closes"].items()
        for day, close in closes.items()
    ]
    rewrite(desk, rows)
    return golden


def test_every_metric_has_a_golden_case() -> None:
    assert {path.stem for path in GOLDEN} == FIGURES | set(TABLES)
    texts = Path(engine.__file__).parent / "sql" / "metric"
    assert {path.stem for path in texts.glob("*.sql")} == FIGURES | set(TABLES)


@pytest.mark.parametrize("path", [p for p in GOLDEN if p.stem in TABLES], ids=lambda path: path.stem)
def test_table_equals_the_golden_case(desk: Path, path: Path) -> None:
    golden = case(desk, path)
    answer = Lake(desk).query_rows(macro_call(path.stem, ["BTC"], **golden["parameters"]))
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    rows = [row for row in rows if row["instrument_id"] == "BTC"]
    assert len(rows) == len(golden["expected"])
    for row, expected in zip(rows, golden["expected"], strict=True):
        assert agrees(row, expected), row


@pytest.fixture(scope="module")
def answers() -> dict[str, Metrics]:
    """What was asked already: many cases share their closes and parameters."""
    return {}


@pytest.mark.parametrize("path", [p for p in GOLDEN if p.stem in FIGURES], ids=lambda path: path.stem)
def test_figure_equals_the_golden_case(desk: Path, answers: dict[str, Metrics], path: Path) -> None:
    golden = case(desk, path)
    [expected] = golden["expected"]
    request = repr((golden["closes"], golden["parameters"]))
    if request not in answers:
        answers[request] = Lake(desk).metrics(["BTC"], **golden["parameters"])
    figure = answers[request].figure("BTC", path.stem)
    assert agrees(asdict(figure), expected), figure
    assert (figure.basis, figure.currency, figure.reason) == ("price", "USD", None)
