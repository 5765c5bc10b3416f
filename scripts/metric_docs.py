"""Write docs/metrics.md and docs/metrics/inputs.md from the headings of the SQL files and the golden cases.

python scripts/metric_docs.py
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from scripts.reference.markdown import item, paragraph

from marketlake.engine.metric_sql import METRICS, RELATIONS, SIGNATURE, TABLES
from marketlake.engine.sql_text import read_heading

ROOT: Final = Path(__file__).parents[1]
GOLDEN: Final = ROOT / "tests" / "answers" / "metrics" / "golden"
GROUPS: Final = {
    "span": "Return of the whole window",
    "own": "Risk, from the returns of the periods",
    "pair": "Against a benchmark",
    "table": "Tables: several rows per instrument",
}
READ: Final = tuple(name for name in RELATIONS if name != "month_period")


def main() -> None:
    for name, text in documents().items():
        (ROOT / "docs" / name).write_text(text, "utf-8")


def documents() -> dict[str, str]:
    """Every page by its path in docs."""
    return {"metrics.md": metrics(), "metrics/inputs.md": inputs()}


def groups() -> dict[str, list[str]]:
    """The metrics by what they are about."""
    grouped: dict[str, list[str]] = {kind: [] for kind in GROUPS}
    for metric in METRICS:
        grouped[metric.kind].append(metric.name)
    grouped["table"].extend(TABLES)
    return grouped


def metrics() -> str:
    """The introduction, then every metric."""
    lines: list[str] = []
    for kind, names in groups().items():
        lines += [f"## {GROUPS[kind]}", ""]
        for name in names:
            lines += [*metric(name), ""]
    text = (Path(__file__).parent / "metric_index.md").read_text("utf-8")
    marks = {"SIGNATURE": SIGNATURE, "METRICS": "\n".join(lines)}
    for mark, written in marks.items():
        text = text.replace(f"<{mark}>", written)
    return text.rstrip() + "\n"


def metric(name: str) -> Iterator[str]:
    """One metric: title, formula, unit, a worked example, its text."""
    head = read_heading(f"metric/{name}")
    yield f"### {name}"
    yield ""
    yield from paragraph(f"{head.title}. [SQL](../src/marketlake/engine/sql/metric/{name}.sql)")
    yield ""
    yield from item(f"Formula: {head.fields['Formula']}")
    yield from item(
        f"Unit: {head.fields['Unit']}. "
        f"[Worked example](../tests/answers/metrics/golden/{name}.toml){worked(name)}"
    )


def worked(name: str) -> str:
    """The value of the golden case, whose arithmetic is in its file."""
    text = (GOLDEN / f"{name}.toml").read_text("utf-8")
    expected: list[dict[str, Any]] = tomllib.loads(text)["expected"]
    values = [row["value"] for row in expected if "value" in row]
    return f": {values[0]:.6g}" if len(values) == 1 else ""


def inputs() -> str:
    """The relations that the metrics read."""
    lines = [
        "# Inputs of the metrics",
        "",
        "```sql",
        "-- a metric reads relations in which window, frequency, currency and moment are settled",
        "SELECT instrument_id, avg(simple_return) AS value FROM period_return GROUP BY instrument_id",
        "```",
        "",
        *paragraph(
            "This page is written from the headings in `src/marketlake/engine/sql/metric_input`. Each "
            "relation is made from those before it; its file has the formula. "
            "[How to add a metric](../howto/metric.md)."
        ),
    ]
    lines.append("")
    for name in READ:
        head = read_heading(f"metric_input/{name}")
        link = f"../../src/marketlake/engine/sql/metric_input/{name}.sql"
        lines += item(f"[`{name}`]({link}), a row per {head.fields['Grain']}: {head.title}")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
