"""Printing tables: for people in aligned columns, for programs as JSON, CSV or Markdown."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from ..redact import printable
from .options import Format

Row = Mapping[str, Any]
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_MARKUP: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "\\|", "\\": "\\\\"})


def print_rows(rows: Sequence[Row], columns: Sequence[str], how: Format) -> None:
    """Print rows; `columns` gives their order and is the heading even where there are no rows."""
    cells = [[row.get(column) for column in columns] for row in rows]
    if how is Format.json:
        print_json([dict(zip(columns, line, strict=True)) for line in cells])
    elif how is Format.csv:
        sys.stdout.write(_csv(columns, cells))
    elif how is Format.markdown:
        sys.stdout.write(_markdown(columns, cells))
    else:
        _table(columns, cells)


def print_json(value: Any) -> None:
    """One JSON value and nothing else."""
    import orjson

    # what JSON has no word for (a DECIMAL, an interval) is written as text
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")


def say(text: str = "") -> None:
    """A line for people, on standard output."""
    sys.stdout.write(text + "\n")


def percent(fraction: float | None) -> str:
    """A fraction as a signed percentage, two digits."""
    return "" if fraction is None else f"{fraction * 100:+,.2f} %"


def text_of(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%MZ")
    return value.isoformat() if isinstance(value, date) else _one_line(str(value))


def _one_line(text: str) -> str:
    return printable(text).replace("\n", " ")


def _table(columns: Sequence[str], cells: Sequence[Sequence[Any]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place, column in enumerate(columns):
        values = [line[place] for line in cells if line[place] is not None]
        right = bool(values) and all(_is_figure(value) for value in values)
        table.add_column(Text(_one_line(column)), justify="right" if right else "left", overflow="fold")
    for line in cells:
        # Text, because a vendor's "[red]" is not markup
        table.add_row(*(Text(text_of(value)) for value in line))
    width = None if sys.stdout.isatty() else 200
    Console(width=width, highlight=False).print(table)


def _is_figure(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (isinstance(value, str) and value.endswith(" %"))


def _csv(columns: Sequence[str], cells: Sequence[Sequence[Any]]) -> str:
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([_harmless(column) for column in columns])
    writer.writerows([[_harmless(value) for value in line] for line in cells])
    return target.getvalue()


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is quoted with an apostrophe."""
    if value is None or isinstance(value, bool | int | float | Decimal):
        return value
    text = value.isoformat() if isinstance(value, date) else str(value)
    # the writer quotes no carriage return, behind which a spreadsheet begins a new row
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.startswith(_FORMULA) else text


def _markdown(columns: Sequence[str], cells: Sequence[Sequence[Any]]) -> str:
    lines = [columns, ["---"] * len(columns), *([text_of(value) for value in line] for line in cells)]
    escaped = ([_one_line(cell).translate(_MARKUP) for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)
