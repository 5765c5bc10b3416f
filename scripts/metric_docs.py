"""Write docs/metrics from the headings of the metrics' SQL files and their golden cases.

python scripts/metric_docs.py
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marketlake.engine.metric_sql import METRICS, RELATIONS, SIGNATURE, TABLES
from marketlake.engine.sql_text import Heading, read_heading, statement

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "docs" / "metrics"
GOLDEN = ROOT / "tests" / "metrics" / "golden"
GROUPS = {
    "span": "What the whole window returned",
    "own": "Risk, from the returns of the periods",
    "pair": "Beside a benchmark, on the sessions that both have",
    "table": "More than a figure an instrument",
}
READ = tuple(name for name in RELATIONS if name != "month_period")


def main() -> None:
    PLACE.mkdir(exist_ok=True)
    for name, text in documents().items():
        (PLACE / name).write_text(text, "utf-8")


def documents() -> dict[str, str]:
    """Every page by file name."""
    pages = {f"{name}.md": page(name) for group in groups().values() for name in group}
    return {"README.md": index()} | pages | {"relations.md": relations()}


def groups() -> dict[str, list[str]]:
    """The metrics by what they are about."""
    found: dict[str, list[str]] = {kind: [] for kind in GROUPS}
    for metric in METRICS:
        found[metric.kind].append(metric.name)
    found["table"].extend(TABLES)
    return found


def index() -> str:
    """The introduction with the list of the metrics."""
    lines = []
    for kind, names in groups().items():
        lines += [f"### {GROUPS[kind]}", "", "| metric | what it is | unit |", "|---|---|---|"]
        for name in names:
            head = read_heading(f"metric/{name}")
            lines.append(f"| [{name}]({name}.md) | {head.title} | {head.fields['Unit']} |")
        lines.append("")
    text = (Path(__file__).parent / "metric_index.md").read_text("utf-8")
    tables = ", ".join(f"`{name}`" for name in TABLES)
    for mark, written in (("SIGNATURE", SIGNATURE), ("TABLES", tables), ("METRICS", "\n".join(lines))):
        text = text.replace(f"<{mark}>", written)
    return text


def page(name: str) -> str:
    """The page of one metric."""
    path = f"metric/{name}"
    head = read_heading(path)
    file = f"../../src/marketlake/engine/sql/{path}.sql"
    return "\n".join([
        f"# {name}",
        "",
        f"{head.title}.",
        "",
        *fields(head),
        "",
        "## Worked by hand",
        "",
        *worked(name),
        "",
        "## As SQL",
        "",
        f"[`{name}.sql`]({file}), which reads the [relations](relations.md) named above:",
        "",
        "```sql",
        statement(path),
        "```",
        "",
        f"In `market.duckdb`: `metric_{name}`. Other libraries' definitions: [differences](differences.md). "
        "All metrics: [index](README.md).",
        "",
    ])  # fmt: skip


def relations() -> str:
    """The page of what the metrics read."""
    lines = [
        "# What the metrics read",
        "",
        "The relations in `src/marketlake/engine/sql/metric_input`, each made from those before it. "
        "[Back to the index](README.md).",
        "",
    ]
    for name in READ:
        head = read_heading(f"metric_input/{name}")
        lines += [f"## {name}", "", f"{head.title}.", "", *fields(head), ""]
    return "\n".join(lines)


def fields(head: Heading) -> Iterator[str]:
    """A line a field; what it reads as links."""
    for field, text in head.fields.items():
        yield f"- {field}: {linked(text) if field == 'Source' else text}"


def linked(names: str) -> str:
    """The relations and metrics of a source, each with its page."""
    pages = {name: f"{name}.md" for group in groups().values() for name in group}
    pages |= {name: f"relations.md#{name}" for name in READ} | {"month_period": "relations.md#metric_period"}
    return ", ".join(f"[{n}]({pages[n]})" if n in pages else n for n in names.split(", "))


def worked(name: str) -> Iterator[str]:
    """The golden case: how it is worked out, the closes, what is asked and what comes out."""
    text = (GOLDEN / f"{name}.toml").read_text("utf-8")
    case = tomllib.loads(text)
    yield "; ".join(line[2:] for line in text.splitlines() if line.startswith("# ")) + "."
    yield ""
    closes: dict[str, dict[str, float]] = case["closes"]
    yield from table([
        {"session": day, **{f"close of {name}": held.get(day, "") for name, held in closes.items()}}
        for day in sorted({day for held in closes.values() for day in held})
    ])  # fmt: skip
    yield ""
    yield "Asked for " + ", ".join(f"`{key} = {value}`" for key, value in case["parameters"].items()) + ":"
    yield ""
    yield from table(case["expected"])


def table(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Rows as Markdown, in the columns of them all."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    yield f"| {' | '.join(columns)} |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield f"| {' | '.join(str(row.get(column, '')) for column in columns)} |"


if __name__ == "__main__":
    main()
