"""The years of a comparison as a table, with the words and digits of `marketlake compare`."""

from __future__ import annotations

from datetime import date
from html import escape

from ..query import Comparison, YearRow


def table(c: Comparison) -> str:
    """A line a year."""
    names = ("year", c.a, c.b, "difference", "ahead", "from", "to", "quality")
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(_line(c, row) for row in c.rows)
    return f'<table class="plain years"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _line(c: Comparison, row: YearRow) -> str:
    cells = (
        _percent(row.a_return),
        _percent(row.b_return),
        "" if row.difference is None else f"{row.difference * 100:+,.2f} points",
        row.winner or ("" if row.complete else "incomplete"),
        _both(row.a_from, row.b_from),
        _both(row.a_to, row.b_to),
        row.quality.replace(",", ", "),
    )
    figures = "".join(
        f"<td{' class=num' if n < 3 else ''}>{escape(cell)}</td>" for n, cell in enumerate(cells)
    )
    return f'<tr><th scope="row">{row.year}</th>{figures}</tr>'


def _percent(fraction: float | None) -> str:
    return "" if fraction is None else f"{fraction * 100:+,.2f} %"


def _both(a: date | None, b: date | None) -> str:
    shown = ["" if day is None else f"{day:%Y-%m-%d}" for day in (a, b)]
    return shown[0] if shown[0] == shown[1] else f"{shown[0]} / {shown[1]}"
