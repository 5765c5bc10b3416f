"""A claim under every reading, as a table of marks: filled holds, hollow does not, a dot cannot be had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from ..claims import HOLDS, Cell, Entry

_WIDEST: Final = 12
_WORDS: Final = {
    "own": "own sessions",
    "shared": "shared sessions",
    "year_end": "year end",
    "first_to_last": "first to last",
    "december_average": "Dec. average",
    "over_bill": "over the bill",
    "daily_volatility": "daily vol.",
    "monthly_volatility": "monthly vol.",
    "deepest_fall": "deepest fall",
}

Reading = tuple[str, ...]


def table(entry: Entry, span: str) -> str:
    """The readings of one span; what varies last goes across."""
    cells = [cell for cell in entry.grid if cell.span == span]
    varied = [name for name in entry.dimensions if len(_values(cells, name)) > 1]
    across = _across(cells, varied)
    down = [name for name in varied if name not in across]
    places = {(_key(cell, down), _key(cell, across)): cell for cell in cells}
    columns = list(dict.fromkeys(_key(cell, across) for cell in cells))
    rows = list(dict.fromkeys(_key(cell, down) for cell in cells))
    return (
        f'<table class="grid"><thead>{"".join(_heads(columns, len(down)))}</thead>'
        f"<tbody>{''.join(_row(row, columns, places) for row in rows)}</tbody></table>"
    )


def reasons(entry: Entry) -> str:
    """Why readings give no verdict, the commonest first."""
    ordered = sorted(entry.refused.items(), key=lambda pair: -pair[1])
    items = "".join(f"<li><b>{count}</b> {escape(reason)}</li>" for reason, count in ordered)
    return f'<ul class="reasons">{items}</ul>' if items else ""


def _values(cells: Sequence[Cell], name: str) -> list[str]:
    return list(dict.fromkeys(str(getattr(cell, name)) for cell in cells))


def _across(cells: Sequence[Cell], varied: Sequence[str]) -> list[str]:
    """As many of the last dimensions as make columns that still fit."""
    chosen: list[str] = []
    width = 1
    for name in reversed(varied):
        width *= len(_values(cells, name))
        if width > _WIDEST:
            break
        chosen.insert(0, name)
    return chosen


def _key(cell: Cell, names: Sequence[str]) -> Reading:
    return tuple(str(getattr(cell, name)) for name in names)


def _heads(columns: Sequence[Reading], before: int) -> Iterator[str]:
    """A line a dimension; equal neighbours under the same outer words share a cell."""
    depth = len(columns[0])
    for level in range(depth):
        lead = f'<td colspan="{before}" rowspan="{depth}"></td>' if level == 0 and before else ""
        heads, place = [], 0
        while place < len(columns):
            same = place
            while same < len(columns) and columns[same][: level + 1] == columns[place][: level + 1]:
                same += 1
            scope = "colgroup" if same - place > 1 else "col"
            word = escape(_said(columns[place][level]))
            heads.append(f'<th scope="{scope}" colspan="{same - place}">{word}</th>')
            place = same
        yield f"<tr>{lead}{''.join(heads)}</tr>"


def _row(row: Reading, columns: Sequence[Reading], places: dict[tuple[Reading, Reading], Cell]) -> str:
    names = "".join(f'<th scope="row">{escape(_said(word))}</th>' for word in row)
    return f"<tr>{names}{''.join(_cell(places.get((row, column))) for column in columns)}</tr>"


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "<td></td>"
    if not cell.judged:
        return (
            f'<td class="none" title="{escape(cell.reason)}"><span aria-hidden="true">·</span>'
            '<span class="only-read">cannot be had</span></td>'
        )
    kind = "holds" if cell.verdict == HOLDS else "fails"
    short = (
        str(cell.wins)
        if cell.wins is not None
        else ("\N{CHECK MARK}" if kind == "holds" else "\N{MULTIPLICATION SIGN}")
    )
    head = " headline" if cell.headline else ""
    read = f"{escape(cell.verdict)}, {escape(cell.score)}"
    return (
        f'<td class="{kind}{head}" title="{escape(cell.reason)}">'
        f'<span class="mark" aria-hidden="true">{short}</span><span class="only-read">{read}</span></td>'
    )


def _said(word: str) -> str:
    return _WORDS.get(word, word)
