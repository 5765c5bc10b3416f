"""Output to a terminal that can draw, or to a pipe, which gets plain text."""

from __future__ import annotations

import csv
import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from shutil import get_terminal_size
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO, TypeVar

from ..model.errors import NotFoundError, printable
from .options import Format

if TYPE_CHECKING:
    from rich.console import Console

    from ..answers.result import Answer
    from ..model.instruments import Universe

T = TypeVar("T", bound="Answer")


GOOD, BAD, STALE, QUIET = "green", "bold red", "yellow", "dim"
"""All styles by meaning: won or good, failed, old or doubtful, minor."""

_STEPS: Final = "▁▂▃▄▅▆▇█"
_TREND: Final = ("trend", "dim")
"""The label of the sparklines under a table, as a cell."""
_PIPED_WIDTH: Final = 200


def draws(stream: TextIO) -> bool:
    """True if the stream is a terminal that can move its cursor and print block characters."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and _shows(stream, _STEPS)


def can_ask() -> bool:
    """True if a user can answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def console() -> Console:
    """Standard output: colour only on a terminal, even with FORCE_COLOR, and never with
    NO_COLOR."""
    from rich.console import Console

    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(width=_PIPED_WIDTH, highlight=False, force_terminal=False, no_color=True)


def sparkline(values: Sequence[float | None]) -> str:
    """One block character per value, lowest to highest; a blank for None."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    top = len(_STEPS) - 1
    # a flat series is drawn in the middle
    steps = [None if v is None else round((v - low) / span * top) if span else top // 2 for v in values]
    return "".join(" " if step is None else _STEPS[step] for step in steps)


def _shows(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


Cell = tuple[str, str]
"""Text and its style."""
_GAP: Final = 3
_FOLDED: Final = 24
"""Minimum width of a folded column."""
_LONG: Final = 1000
"""Lines of a table that is drawn."""


@dataclass(frozen=True)
class Column:
    """A heading and its cells."""

    title: str
    cells: Sequence[Cell]
    of_figures: bool = False

    @property
    def width(self) -> int:
        """The width without folding."""
        return max(map(len, (self.title, *(text for text, _ in self.cells))))

    @property
    def least(self) -> int:
        """The minimum width: only text with spaces is folded."""
        folds = not self.of_figures and any(" " in text for text, _ in self.cells)
        return min(self.width, _FOLDED) if folds else self.width

    @property
    def side(self) -> Literal["left", "right"]:
        return "right" if self.of_figures else "left"


def show(columns: Sequence[Column]) -> None:
    """Print the table; a narrow terminal gets as many parts as it needs.

    In a pipe, or where it is long, it is neither folded nor coloured: that takes a millisecond a line.
    """
    if columns and (not sys.stdout.isatty() or len(columns[0].cells) > _LONG):
        _show_plain(columns)
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    target = console()
    for number, part in enumerate(parts(columns, target.width)):
        if number:
            target.print()
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for column in part:
            whole = column.least == column.width
            # Text, because a vendor's "[red]" is not markup
            table.add_column(Text(column.title), justify=column.side, overflow="fold", no_wrap=whole)
        for line in zip(*(column.cells for column in part), strict=True):
            if any(text for text, _ in line[line[0] == _TREND :]):
                table.add_row(*(Text(text, style) for text, style in line))
        target.print(table)


def _show_plain(columns: Sequence[Column]) -> None:
    from rich.cells import cell_len

    texts = [[column.title, *(text for text, _ in column.cells)] for column in columns]
    wide = [max(map(cell_len, own)) for own in texts]
    lines = iter(zip(*texts, strict=True))
    gap, rule = " " * _GAP, "─" * (sum(wide) + _GAP * (len(wide) - 1))
    sides = [column.of_figures for column in columns]

    def padded(line: Sequence[str]) -> str:
        blanks = [" " * (width - cell_len(text)) for width, text in zip(wide, line, strict=True)]
        cells = zip(line, blanks, sides, strict=True)
        return gap.join(blank + text if right else text + blank for text, blank, right in cells) + "\n"

    sys.stdout.write(padded(next(lines)) + rule + "\n")
    sys.stdout.writelines(padded(line) for line in lines if any(line))


def parts(columns: Sequence[Column], room: int) -> list[list[Column]]:
    """Split the columns into parts that fit this width; the first column is in every part.

    If they do not all fit, empty columns are dropped.
    """
    if sum(_GAP + column.least for column in columns) - _GAP <= room:
        return [list(columns)]
    first, *rest = columns
    others = [column for column in rest if any(text for text, _ in column.cells)]
    groups, used = [[first]], first.least
    for column in others:
        need = _GAP + column.least
        if used + need > room and len(groups[-1]) > 1:
            groups.append([first])
            used = first.least
        groups[-1].append(column)
        used += need
    return groups


Row = Mapping[str, Any]
Paint = Callable[[str, Row], str]
"""The style of a cell by its column, such as GOOD; empty for none."""
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
    """Print rows; `columns` gives their order, and the heading even if there are no rows.

    A terminal also shows the style that `paint` returns for a cell and, in a last row, the `trend`
    of columns after the first.
    """
    cells = [[row.get(column) for column in columns] for row in rows]
    if how == "json":
        print_json([dict(zip(columns, line, strict=True)) for line in cells])
    elif how == "csv":
        sys.stdout.write(_csv(columns, cells))
    elif how == "markdown":
        sys.stdout.write(markdown(columns, cells))
    else:
        _table(columns, cells, [[paint(column, row) for column in columns] for row in rows], trend or {})


def print_answer(
    answer: T,
    how: Format,
    table: Callable[[T, Format], None],
    *,
    columns: Sequence[str] = (),
    rows: Iterable[Row] | None = None,
) -> None:
    """Print a whole answer as JSON, its rows as CSV, or what `table` prints of it.

    `columns` and `rows` replace the answer's own lines and their fields in CSV.
    """
    if how == "json":
        print_json(answer.to_dict())
    elif how == "csv":
        kind, lines = answer.lines()
        names = columns or [field.name for field in fields(kind)]
        print_rows(list(map(vars, lines) if rows is None else rows), names, how)
    else:
        table(answer, how)


def print_json(value: Any) -> None:
    """Print one JSON value."""
    sys.stdout.write(json_text(value))


def json_text(value: Any) -> str:
    """One JSON value, indented."""
    import orjson

    # types that JSON lacks (a DECIMAL, an interval) are written as text
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode() + "\n"


def drawn(how: Format) -> bool:
    """True if the answer is a table on a terminal that can draw."""
    return how == "table" and draws(sys.stdout)


def name_skipped(universe: Universe) -> None:
    """Name the sources that are skipped without their key, on standard error."""
    for source, variable in universe.missing_keys.items():
        listed = sum(any(ref.source == source for ref in one.sources) for one in universe.instruments)
        count = f"{listed} instrument{'' if listed == 1 else 's'}"
        sys.stderr.write(f"{source} is skipped for {count}: it needs a key in {variable}\n")


def say(text: str = "") -> None:
    """Print a line; on a terminal, long lines break between words."""
    if sys.stdout.isatty():
        text = "\n".join(_broken(line, get_terminal_size().columns) for line in text.split("\n"))
    sys.stdout.write(text + "\n")


def _broken(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    return fill(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def percent(fraction: float | None, *, plus: bool = True) -> str:
    """A fraction as a percentage with two digits; `plus` adds the plus sign of returns."""
    return "" if fraction is None else f"{fraction * 100:{'+' if plus else ''}z,.2f} %"


def figure_text(metric: str, value: float) -> str:
    """The text of a metric's value."""
    from ..engine.metric_sql import BY_NAME

    known = BY_NAME[metric]
    return percent(value, plus=known.is_return) if known.unit == "fraction" else f"{value:,.2f}"


def text_of(value: Any) -> str:
    """The text of a value."""
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
    drawn = any(map(sparkline, trend.values())) and draws(sys.stdout)
    table = []
    for place, name in enumerate(columns):
        values = [line[place] for line in cells]
        under = [(text_of(value), tones[place]) for value, tones in zip(values, styles, strict=True)]
        last = [(sparkline(trend.get(name, ())), QUIET) if place else _TREND] if drawn else []
        table.append(Column(_one_line(name), [*under, *last], _is_of_figures(values)))
    show(table)


def _is_of_figures(values: Sequence[Any]) -> bool:
    """True if most values are numbers: a column of figures may end in a date or a word."""
    known = [value for value in values if value not in (None, "")]
    return bool(known) and 2 * sum(map(_is_figure, known)) > len(known)


def _is_figure(value: Any) -> bool:
    if isinstance(value, str):
        return _FIGURE.fullmatch(value) is not None
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _csv(columns: Sequence[str], cells: Sequence[Sequence[Any]]) -> str:
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([harmless(column) for column in columns])
    writer.writerows([[harmless(value) for value in line] for line in cells])
    return target.getvalue()


def harmless(value: Any) -> Any:
    """Quote text that a spreadsheet would run as a formula."""
    if value is None or isinstance(value, bool | int | float | Decimal):
        return value
    text = value.isoformat() if isinstance(value, date) else str(value)
    # the csv writer does not quote a carriage return, which starts a new row in a spreadsheet
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    risky = text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)
    # where a tab separates cells, the text after it is a cell of its own
    text = text.replace("\t", " ")
    return f"'{text}" if risky else text


def markdown(columns: Sequence[str], cells: Sequence[Sequence[Any]]) -> str:
    """A table in Markdown; nothing in a cell is markup."""
    lines = [columns, ["---"] * len(columns), *([text_of(value) for value in line] for line in cells)]
    escaped = ([_one_line(cell).translate(_MARKUP) for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


_ODD: Final = frozenset({"never fetched", "delisted", NotFoundError.outcome})


def paint_outcome(column: str, row: Mapping[str, Any]) -> str:
    """Failures in red; never fetched or delisted in yellow."""
    # imported here because the import takes half a second, too long for completion
    from ..model.schema import GOOD_OUTCOMES

    outcome = row["outcome"]
    if column not in {"outcome", "message"} or outcome in GOOD_OUTCOMES:
        return ""
    return STALE if outcome in _ODD else BAD


def paint_verdict(column: str, row: Mapping[str, Any]) -> str:
    """Holds in green, does not hold in red, no longer holds in yellow."""
    word = str(row.get(column) or "").partition(",")[0]
    return {"holds": GOOD, "does not hold": BAD, "no longer holds": STALE}.get(word, "")


def paint_status(column: str, row: Mapping[str, Any]) -> str:
    """As `paint_outcome`; data behind the calendar is stale."""
    if column in {"sessions_due", "last_session"}:
        return STALE if row["sessions_due"] else ""
    return paint_outcome(column, row)
