"""The finding in words: what became of a claim, as a headline and its first sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from string import Template
from typing import Final

from ..answers.compare import ComparedYear, Comparison
from ..claims.ledger import Entry
from ..claims.verdict import FAILS, HOLDS, INCONCLUSIVE, LAPSED, Cell, ClaimCheck
from .bars import Span, basis_of, draw
from .bundle import page_file

_HEADLINES: Final[Mapping[tuple[str, str], str]] = {
    (HOLDS, HOLDS): "True when it was said, and still true.",
    (HOLDS, LAPSED): "True when it was said. Not any more.",
    (HOLDS, FAILS): "True when it was said. Not any more.",
    (HOLDS, INCONCLUSIVE): "True when it was said; today it cannot be told.",
    (FAILS, HOLDS): "Not true when it was said. It is now.",
    (FAILS, FAILS): "Not true when it was said, nor since.",
    (FAILS, LAPSED): "Not true when it was said, nor since.",
    (FAILS, INCONCLUSIVE): "Not true when it was said.",
    (INCONCLUSIVE, HOLDS): "True today; of its own years it cannot be told.",
    (INCONCLUSIVE, FAILS): "Not true today.",
    (INCONCLUSIVE, LAPSED): "Not true today.",
}
_SAME: Final[Mapping[str, str]] = {HOLDS: "True", FAILS: "Not true"}
_DIVIDENDS: Final = {"price": "without dividends", "total": "with dividends reinvested"}
_HYPHEN: Final = re.compile(r"(?<=[\s>(])-(?=\d)")
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
    "monthly_max_drawdown": "month-end drawdown",
    "max_drawdown": "daily drawdown",
}

Reading = tuple[str, ...]


@dataclass(frozen=True)
class ClaimPart:
    """A claim with the comparison that it is about."""

    entry: Entry
    comparison: Comparison
    spans: tuple[Span, ...]

    def bars(self, a_label: str, b_label: str) -> str:
        """The first picture."""
        return draw(self.comparison, a_label, b_label, self.spans)


def headline_of(entry: Entry) -> str:
    """What is to be said first."""
    published, rolled = entry.published, entry.rolled
    if published.first_year == rolled.first_year and published.verdict in _SAME:
        return f"{_SAME[published.verdict]}, over the latest {published.of_years} whole years."
    return _HEADLINES.get((published.verdict, rolled.verdict), "It cannot be told from what is stored.")


def readings_of(entry: Entry) -> str:
    """How far the verdict hangs on what is meant by a return."""
    judged = sum(cell.judged for cell in entry.grid)
    count = f"{judged} of {len(entry.grid)} readings can be judged"
    if not judged:
        return f"Under other conventions: none of {len(entry.grid)} readings can be judged."
    if not entry.depends_on:
        return f"Under other conventions: {count}, and none turns the verdict over."
    ways = len(entry.depends_on)
    return f"Under other conventions: {count}; {ways} way{'s' * (ways > 1)} of counting turn it over."


def score_of(check: ClaimCheck) -> str:
    """The figures of a verdict, short: 5 of 6."""
    return check.score or "no figures"


def years_of(check: ClaimCheck) -> str:
    """The span of a check; empty where no years could be found for it."""
    return "" if check.first_year is None else f"{check.first_year}\N{EN DASH}{check.last_year}"


def label_of(name: str, instrument_id: str) -> str:
    """A name short enough for a chart: without what stands in brackets at its end."""
    return name.split(" (", 1)[0].strip() or instrument_id


def years_table(c: Comparison) -> str:
    """A line a year, of two instruments."""
    names = ("year", *c.instruments, "difference", "ahead", "from", "to", "quality")
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(map(_line, c.rows))
    return f'<table class="plain years"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def grid_tables(entry: Entry, span: str, name: str) -> str:
    """The readings of one span; what varies last goes across. Rows without a verdict are collapsed."""
    cells = [cell for cell in entry.grid if cell.span == span]
    varied = [dimension for dimension in entry.dimensions if len(_values(cells, dimension)) > 1]
    across = _across(cells, varied)
    down = [dimension for dimension in varied if dimension not in across]
    places = {(_key(cell, down), _key(cell, across)): cell for cell in cells}
    columns = list(dict.fromkeys(_key(cell, across) for cell in cells))
    heads = "".join(_heads(columns, len(down)))
    judged = dict.fromkeys(_key(cell, down) for cell in cells if cell.judged)
    rows = list(dict.fromkeys(_key(cell, down) for cell in cells))
    shown, others = ([row for row in rows if (row in judged) is wanted] for wanted in (True, False))
    table = _grid(heads, (_row(row, columns, places) for row in shown), name)
    if not others:
        return table
    rest = _grid(heads, (_row(row, columns, places) for row in others), f"{name} without a verdict")
    count = f"{len(others)} row{'s' * (len(others) > 1)} in which nothing can be judged"
    return f"{table}<details><summary>{count}</summary>{rest}</details>"


def _grid(heads: str, rows: Iterable[str], name: str) -> str:
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(name)}"><table class="grid">'
        f"<thead>{heads}</thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def grid_reasons(entry: Entry) -> str:
    """Why readings give no verdict, the commonest first."""
    ordered = sorted(entry.refused.items(), key=lambda pair: -pair[1])
    items = "".join(f"<li><b>{count}</b> {escape(reason)}</li>" for reason, count in ordered)
    return f'<ul class="reasons">{items}</ul>' if items else ""


def hero(entry: Entry, comparison: Comparison) -> ClaimPart:
    """The part, with a bracket for each span that was judged."""
    checks = {"as published": entry.published, "today": entry.rolled}
    if entry.published.first_year == entry.rolled.first_year:
        checks = {"as published, and today": entry.published}
    spans = tuple(_span(when, check) for when, check in checks.items() if judged(check))
    return ClaimPart(entry, comparison, spans)


def judged(check: ClaimCheck) -> bool:
    """Whether it counts years won, and there was one that could be counted."""
    return check.wins is not None and bool(check.years)


def opening(part: ClaimPart, labels: Mapping[str, str]) -> str:
    """The claim, its verdicts, the bars and the table behind them."""
    entry, c = part.entry, part.comparison
    names = [labels[name] for name in c.instruments]
    page = Template(page_file("hero.html")).substitute(
        headline=escape(headline_of(entry)),
        statement=escape(entry.published.statement),
        source=escape(f"{entry.published.source}, {entry.published.published}"),
        verdicts="".join(_verdicts(entry)),
        readings=escape(readings_of(entry)),
        bars_title=_bars_title(*names),
        bars=part.bars(*names),
        caption=escape(_caption(c)),
        terms=escape(_terms(part)),
        years=years_table(c),
    )
    return with_minus(page)


def with_minus(page: str) -> str:
    """HTML whose negative figures have the minus sign of `page/format.js`; attributes stay."""
    return _HYPHEN.sub("\N{MINUS SIGN}", page)


def no_claim() -> str:
    """What the page opens with where no claim can be judged."""
    return (
        '<h1 id="headline">Markets compared</h1>'
        '<p id="claim" class="lede">No claim about years won can be judged from what is stored.</p>'
        '<p id="chosen" class="lede" hidden></p>'
        '<figure id="bars" class="figure"></figure>'
    )


def conventions(ledger: Sequence[Entry]) -> Iterator[str]:
    """Each claim with all its readings."""
    if not ledger:
        yield "<p>claims.toml has no claim about stored instruments.</p>"
    for entry in ledger:
        yield with_minus(_claim(entry))


def _line(row: ComparedYear) -> str:
    a, b = row.returns
    cells = (
        _percent(a.simple_return),
        _percent(b.simple_return),
        "" if row.difference is None else f"{row.difference * 100:+z,.2f} points",
        row.winner or ("" if row.complete else "incomplete"),
        _both(a.start_session, b.start_session),
        _both(a.end_session, b.end_session),
        row.quality.replace(",", ", "),
    )
    figures = "".join(
        f"<td{' class=num' if n < 3 else ''}>{escape(cell)}</td>" for n, cell in enumerate(cells)
    )
    return f'<tr><th scope="row">{row.year}</th>{figures}</tr>'


def _percent(fraction: float | None) -> str:
    return "" if fraction is None else f"{fraction * 100:+z,.2f} %"


def _both(a: date | None, b: date | None) -> str:
    shown = ["" if day is None else f"{day:%Y-%m-%d}" for day in (a, b)]
    return shown[0] if shown[0] == shown[1] else f"{shown[0]} / {shown[1]}"


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
            '<span class="only-read">unavailable</span></td>'
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


def _span(when: str, check: ClaimCheck) -> Span:
    mark = "holds" if check.verdict == HOLDS else "does not hold"
    return Span(check.first_year or 0, check.last_year or 0, f"{when}: {score_of(check)}, {mark}")


def _bars_title(a: str, b: str) -> str:
    names = f'<b class="a-ink">{escape(a)}</b> and <b class="b-ink">{escape(b)}</b>'
    return f"{names}, return by calendar year, in percent"


def _verdicts(entry: Entry) -> Iterator[str]:
    for when, check in (("As published", entry.published), ("Today", entry.rolled)):
        years = years_of(check)
        yield (
            f'<div class="verdict"><dt>{when}{years and ", "}{years}</dt>'
            f"<dd><strong>{escape(check.verdict)}</strong> {escape(check.reason)}</dd></div>"
        )


def _caption(c: Comparison) -> str:
    """The sentence under the bars, as `page/bars.js` has it."""
    words = {name: _DIVIDENDS[basis] for name, basis in c.bases.items()}
    same = len(set(words.values())) == 1
    dividends = next(iter(words.values())) if same else ", ".join(map(" ".join, words.items()))
    what = f"What each gained or lost in every calendar year, in {c.currency}"
    return f"{what}, {dividends}; the fuller bar was ahead."


def _terms(part: ClaimPart) -> str:
    """Basis, window, n and quality of the bars."""
    c = part.comparison
    starts = [one.start_session for row in c.rows for one in row.returns if one.start_session]
    ends = [one.end_session for row in c.rows for one in row.returns if one.end_session]
    quality = ", ".join(dict.fromkeys(q for row in c.rows for q in row.quality.split(",") if q)) or "no flags"
    worth = "real" if c.real else "nominal"
    return (
        f"{basis_of(c)}, {c.currency}, {worth}, {c.convention}, {c.sessions} sessions; "
        f"{min(starts)} to {max(ends)}; n {c.years} of {len(c.rows)} years; quality: {quality}"
        if starts and ends
        else f"{basis_of(c)}, {c.currency}: no figures"
    )


def _readings(entry: Entry, span: str, check: ClaimCheck) -> str:
    """The table of one span; a sentence where none of its marks would say anything."""
    cells = [cell for cell in entry.grid if cell.span == span]
    years = years_of(check)
    head = f"{years}{', today' * (span == 'rolled')}: <strong>{escape(check.verdict)}</strong>"
    if not any(cell.judged for cell in cells):
        return f'<p class="reading">{head}. None of {len(cells)} readings can be judged.</p>'
    return (
        f'<figure class="reading"><figcaption>{head}</figcaption>'
        f"{grid_tables(entry, span, f'Readings of {years}')}</figure>"
    )


def _claim(entry: Entry) -> str:
    published, rolled = entry.published, entry.rolled
    spans: dict[str, ClaimCheck] = {"published": published}
    if rolled.first_year != published.first_year:
        spans["rolled"] = rolled
    tables = "".join(_readings(entry, name, check) for name, check in spans.items())
    flips = "".join(f"<li>{escape(line)}</li>" for line in entry.depends_on)
    depends = f'<p>What turns it over:</p><ul class="flips">{flips}</ul>' if flips else ""
    judged = sum(cell.judged for cell in entry.grid)
    return (
        f'<section class="claim"><h3>\N{LEFT DOUBLE QUOTATION MARK}{escape(published.statement)}'
        f"\N{RIGHT DOUBLE QUOTATION MARK}</h3>"
        f'<p class="terms">{escape(entry.criterion)}. Overall: <strong>{escape(entry.verdict)}</strong>. '
        f"{judged} of {len(entry.grid)} readings can be judged.</p>{tables}{depends}"
        f'<p class="terms">In history, {escape(entry.in_history[0].text)}.</p>'
        f"<details><summary>Unavailable readings, and why</summary>{grid_reasons(entry)}</details></section>"
    )
