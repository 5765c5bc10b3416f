"""How the tests call the table macros and compare rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest


def macro_call(metric: str, ids: Sequence[str], *, start: date, end: date, **options: Any) -> str:
    """The statement that asks `metric_<metric>` of market.duckdb."""
    named = ", ".join(f"{name} := {value!r}" for name, value in options.items())
    listed = ", ".join(repr(name) for name in ids)
    arguments = f"[{listed}], DATE '{start}', DATE '{end}'" + (f", {named}" if named else "")
    return f"FROM metric_{metric}({arguments})"


def agrees(row: dict[str, Any], expected: dict[str, Any], rel: float = 1e-12) -> bool:
    """Whether a row has these values: numbers within `rel`, all else exactly."""
    return all(
        row[name] == (pytest.approx(value, rel=rel, abs=1e-15) if isinstance(value, float) else value)
        for name, value in expected.items()
    )
