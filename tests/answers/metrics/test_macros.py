"""In SQL the same figures come out as in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from marketlake.engine.metric_sql import METRICS
from marketlake.engine.reader import DUCKDB
from marketlake.lake import Lake

from .macro import macro_call
from .walks import WINDOW

pytestmark = pytest.mark.slow


def test_macros_equal_python(four: Path) -> None:
    options: dict[str, Any] = {"benchmark": "SHARE", "frequency": "weekly", "sessions": "shared"}
    with DUCKDB.open(four) as connection:
        for number, (more, renamed) in enumerate(
            (({"currency": "EUR"},) * 2, ({"risk_free": "BILL"}, {"bill": "BILL"}))
        ):
            answer = Lake(four).metrics(["BTC"], **WINDOW, **options, **more)
            for metric in METRICS[number::2]:
                text = macro_call(metric.name, ["BTC"], **WINDOW, **options, **renamed)
                macro = connection.execute(f"SELECT * FROM ({text}) WHERE instrument_id = 'BTC'")
                [cells] = macro.fetchall()
                row = dict(zip([column[0] for column in macro.description], cells, strict=True))
                figure = answer.figure("BTC", metric.name)
                assert row["value"] == pytest.approx(figure.value, rel=1e-12)
                assert (row["n"], row["quality"], row["currency"]) == (
                    figure.n, figure.quality, figure.currency,
                )  # fmt: skip
