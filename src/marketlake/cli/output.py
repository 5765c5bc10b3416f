"""Printing tables: for people in aligned columns, for programs as JSON, CSV or Markdown."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from shutil import get_terminal_size
from textwrap import fill
from typing import Any, Final

from ..redact import printable
from .options import Format
from .table import Column, show
from .terminal import QUIET, draws, sparkline

Row = Mapping[str, Any]
Paint = Callable[[str, Row], str]
"""The style of a row's cell by its column, one of `terminal`'s; empty for none."""
Series = Sequence[float | None]
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_FIGURE: Final = re.compile(r"(?![0-9]{4}$)[+-]?[0-9][0-9,]*(\.[0-9]+)?( %| points)?|-")
_MARKUP: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "\\|", "\\": "\\\\"})


def print_rows(
    rows: Sequence[Row],
    columns: Sequence[str],
    how: Format,
    *,
    paint: Paint = lambda column, row: "",
    trend: Mapping[str, Series] | None = None,
) -> None:
    """Print rows; `columns` gives their order and is the heading even where there are no rows.

    A terminal also shows what `paint` says of a cell and, under a column, the line of its `trend`.
    """
    cells = [[row.get(column) for column in columns] for row in rows]
    if how is Format.json:
        print_json([dict(zip(columns, line, strict=True)) for line in cells])
    elif how is Format.csv:
        sys.stdout.write(_csv(columns, cells))
    elif how is Format.markdown:
        sys.stdout.write(_markdown(columns, cells))
    else:
        _table(columns, cells, [[paint(column, row) for column in columns] for row in rows], trend or {})


def print_json(value: Any) -> None:
    """One JSON value and nothing else."""
    import orjson

    # what JSON has no word for (a DECIMAL, an interval) is written as text
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")


def drawn(how: Format) -> bool:
    """Whether the answer is a table on a terminal that can draw lines in it."""
    return how is Format.table and draws(sys.stdout)


def say(text: str = "") -> None:
    """A line for people, on standard output; a terminal's is broken between words."""
    if sys.stdout.isatty():
        text = "\n".join(_broken(line, get_terminal_size().columns) for line in text.split("\n"))
    sys.stdout.write(text + "\n")


def _broken(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    return fill(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


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


def _table(
    columns: Sequence[str],
    cells: Sequence[Sequence[Any]],
    styles: Sequence[Sequence[str]],
    trend: Mapping[str, Series],
) -> None:
    drawn = bool(trend) and draws(sys.stdout)
    found = []
    for place, name in enumerate(columns):
        values = [line[place] for line in cells]
        under = [(text_of(value), tones[place]) for value, tones in zip(values, styles, strict=True)]
        last = [(sparkline(trend.get(name, ())), QUIET)] if drawn else []
        found.append(Column(_one_line(name), [*under, *last], _is_of_figures(values)))
    show(found)


def _is_of_figures(values: Sequence[Any]) -> bool:
    """Most of them are numbers: a column of figures may end in a date or a word."""
    told = [value for value in values if value not in (None, "")]
    return bool(told) and 2 * sum(map(_is_figure, told)) > len(told)


def _is_figure(value: Any) -> bool:
    if isinstance(value, str):
        return _FIGURE.fullmatch(value) is not None
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


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
