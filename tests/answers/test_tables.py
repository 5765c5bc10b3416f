"""Answers as tables, and the names that callers of the library may rely on."""

from __future__ import annotations

import inspect
import pydoc
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import marketlake as ml
from marketlake.answers.check import Finding, LakeCheck
from marketlake.answers.result import Answer, Tabular
from marketlake.claims.claim import WinsClaim
from marketlake.model.errors import UsageError

from .lakes import BTC, SHARE, make, year_ends

YEARS = {2019: 1.0, 2020: 2.0, 2021: 3.0}
CLAIM = WinsClaim("C", "a beats b", "us", "2022", 2020, 2021, a="BTC", b="SHARE", at_least=1)
ANSWERS: dict[str, Callable[[ml.Lake], Tabular]] = {
    "prices": lambda lake: lake.prices(["BTC"]),
    "query": lambda lake: lake.query("SELECT instrument_id FROM bar"),
    "instruments": lambda lake: lake.instruments(),
    "compare": lambda lake: lake.compare(["BTC", "SHARE"]),
    "matrix": lambda lake: lake.matrix(["BTC", "SHARE"]),
    "metrics": lambda lake: lake.metrics(["BTC", "SHARE"]),
    "scoreboard": lambda lake: lake.scoreboard(),
    "returns": lambda lake: lake.returns(["BTC"], period="year"),
    "aligned_returns": lambda lake: lake.aligned_returns(["BTC", "SHARE"]),
    "rolling": lambda lake: lake.rolling(["BTC"], benchmark="SHARE", periods=2),
    "changes": lambda lake: lake.changes("2019-06-01"),
    "explain": lambda lake: lake.explain(["BTC"], "2020-06-01"),
    "check": lambda lake: lake.check(),
    "portfolio": lambda lake: lake.portfolio("97 SHARE, 3 BTC", {"sleeve": "BTC"}),
    "claims": lambda lake: lake.claims(),
}

NO_TABLE = {
    "query_rows": "the rows of a query as Python values",
    "reader": "the open lake",
    "report": "a file",
    "report_page": "text",
    "trends": "short series to draw",
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> ml.Lake:
    folder = tmp_path_factory.mktemp("tables")
    make(
        folder,
        [SHARE, BTC],
        [*year_ends(SHARE, YEARS), *year_ends(BTC, {2019: 1.0, 2020: 3.0, 2021: 2.0})],
        claims=[CLAIM],
    )
    return ml.open(folder)


def test_public_names() -> None:
    assert ml.__all__ == ["Lake", "MarketlakeError", "Table", "open"]
    methods = [name for name in dir(ml.Lake) if not name.startswith("_")]
    assert methods == sorted([*ANSWERS, *NO_TABLE])
    for name in methods:
        method = getattr(ml.Lake, name)
        assert re.search(r"\n *>>> .*\blake\.", method.__doc__), f"{name} has no example"
        assert "see `" not in method.__doc__.lower(), name
        signature = inspect.signature(method)
        assert all(one.annotation is not one.empty for one in list(signature.parameters.values())[1:]), name
        assert signature.return_annotation is not signature.empty, name
    with pytest.raises(AttributeError, match="no attribute 'close'"):
        ml.close  # noqa: B018


def test_help_and_dir_list_what_a_user_needs() -> None:
    assert dir(ml) == ml.__all__
    shown = pydoc.render_doc(ml, renderer=pydoc.plaintext)
    for name in set(ANSWERS) | set(NO_TABLE) - {"engine", "reader", "trends", "report_page"}:
        assert re.search(rf"^    .*\b{name}\b", shown[: shown.index("PACKAGE CONTENTS")], re.MULTILINE), name


@pytest.mark.parametrize("name", ANSWERS)
def test_notebook_view_of_an_answer_is_escaped(lake: ml.Lake, name: str) -> None:
    answer: Any = ANSWERS[name](lake)
    assert answer._repr_html_().startswith("<table>")
    if isinstance(answer, Answer):
        hostile = "<script>alert(1)</script>"
        noted = {"notes": (hostile,)} if "notes" in vars(answer) else {}
        shown = replace(answer, origin=hostile, **noted)._repr_html_()
        assert shown.count("&lt;script&gt;") == 1 + len(noted)
        assert "<script" not in shown


def test_notebook_view_has_a_column_per_instrument(lake: ml.Lake) -> None:
    assert (
        "<th>year</th><th>BTC</th><th>SHARE</th><th>winner</th>"
        in lake.compare(["BTC", "SHARE"])._repr_html_()
    )
    assert "<th>metric</th><th>BTC</th><th>SHARE</th>" in lake.metrics(["BTC", "SHARE"])._repr_html_()


def test_text_of_a_vendor_is_escaped_in_the_notebook_view() -> None:
    finding = Finding("warn", "<b>", "X", date(2024, 1, 2), "<img src=x>", "", datetime.now(UTC), "a & b")
    shown = LakeCheck((finding,), "s", "live")._repr_html_()
    assert "&lt;img src=x&gt;" in shown
    assert "a &amp; b" in shown
    assert not {"<b>", "<img"} & set(re.findall("<[a-z]+>?", shown))


@pytest.mark.parametrize("name", ANSWERS)
def test_days_are_datetime64_in_pandas(lake: ml.Lake, name: str) -> None:
    answer = ANSWERS[name](lake)
    frame = answer.to_pandas()
    for field in answer.to_arrow().schema:
        if pa.types.is_date(field.type) or pa.types.is_timestamp(field.type):
            assert frame[field.name].dtype.kind == "M", field.name


@pytest.mark.parametrize("name", ANSWERS)
def test_answer_converts_to_arrow_pandas_and_polars(lake: ml.Lake, name: str) -> None:
    answer = ANSWERS[name](lake)
    arrow, pandas, polars = answer.to_arrow(), answer.to_pandas(), answer.to_polars()
    assert (type(arrow), type(pandas), type(polars)) == (pa.Table, pd.DataFrame, pl.DataFrame)
    assert list(pandas.columns) == polars.columns == arrow.column_names
    assert len(pandas) == len(polars) == arrow.num_rows
    if isinstance(answer, Answer):
        assert arrow.num_rows == len(list(answer.lines()[1]))
    if name != "check":
        assert arrow.num_rows > 0
    assert pa.table(answer) == arrow
    assert pl.DataFrame(answer).equals(polars)


def test_table_rows_equal_the_answer_rows(lake: ml.Lake) -> None:
    answer = lake.compare(["BTC", "SHARE"])
    assert answer.to_arrow().to_pylist()[:2] == [
        vars(one) | {"year": 2020, "year_complete": True, "winner": "BTC", "runner_up": "SHARE", "lead": 1.0}
        for one in answer.rows[0].returns
    ]
    [changed] = lake.changes("2021-06-01", ids=["BTC"]).to_arrow().to_pylist()
    assert changed["fields"][0] == {"name": "open", "old": None, "new": 2.0}


def test_empty_table_has_columns(lake: ml.Lake) -> None:
    none = lake.changes("2024-01-01").to_polars()
    assert (none.height, none.schema["session"]) == (0, pl.Date())


def test_missing_polars_is_reported_with_the_remedy(lake: ml.Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(UsageError, match="pip install polars"):
        lake.instruments().to_polars()


def test_notebook_display_is_truncated_and_escaped(lake: ml.Lake, tmp_path: Path) -> None:
    table: Any = lake.query("SELECT '<b>' || i AS \"a<b\", i / 3 AS third FROM range(30) AS r (i)")
    shown = table._repr_html_()
    assert "30 rows, first 20 shown" in shown
    assert "<th>a&lt;b</th>" in shown
    assert "<td>&lt;b&gt;19</td>" in shown
    assert "<b>" not in shown
    assert '<td style="text-align:right">0.333333</td>' in shown
    assert (len(table), repr(table)) == (30, "<Table of 30 rows: a<b, third>")
