"""The parts of the page that tell of claims: the one it opens with, and every reading of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from string import Template
from typing import TYPE_CHECKING

from . import grid, words
from .bundle import page_file
from .claim_part import ClaimPart
from .years import table as years_table

if TYPE_CHECKING:
    from ..claims import ClaimCheck, Entry


def opening(part: ClaimPart, labels: Mapping[str, str]) -> str:
    """The claim, its verdicts, the bars and the table behind them."""
    entry, c = part.entry, part.comparison
    return Template(page_file("hero.html")).substitute(
        headline=escape(words.headline(entry)),
        statement=escape(entry.published.statement),
        source=escape(f"{entry.published.source}, {entry.published.published}"),
        verdicts="".join(_verdicts(entry)),
        readings=escape(words.readings(entry)),
        bars_title=_bars_title(labels[c.a], labels[c.b]),
        bars=part.bars(labels[c.a], labels[c.b]),
        terms=escape(_terms(part)),
        years=years_table(c),
    )


def _bars_title(a: str, b: str) -> str:
    names = f'<b class="a-ink">{escape(a)}</b> and <b class="b-ink">{escape(b)}</b>'
    return f"{names}, return by calendar year, in percent"


def _verdicts(entry: Entry) -> Iterator[str]:
    for when, check in (("As published", entry.published), ("Today", entry.rolled)):
        years = words.years(check)
        yield (
            f'<div class="verdict"><dt>{when}{years and ", "}{years}</dt>'
            f"<dd><strong>{escape(check.verdict)}</strong> {escape(check.reason)}</dd></div>"
        )


def _terms(part: ClaimPart) -> str:
    """Basis, window, n and quality of the bars."""
    c = part.comparison
    starts = [d for row in c.rows for d in (row.a_from, row.b_from) if d]
    ends = [d for row in c.rows for d in (row.a_to, row.b_to) if d]
    quality = ", ".join(dict.fromkeys(q for row in c.rows for q in row.quality.split(",") if q)) or "no flags"
    worth = "real" if c.real else "nominal"
    return (
        f"{c.basis} return, {c.currency}, {worth}, {c.convention}, {c.sessions} sessions; "
        f"{min(starts)} to {max(ends)}; n {c.years} of {len(c.rows)} years; quality: {quality}"
        if starts and ends
        else f"{c.basis} return, {c.currency}: no figures"
    )


def no_claim() -> str:
    """What the page opens with where no claim can be judged."""
    return (
        '<h1 id="headline">Markets compared</h1>'
        '<p class="lede">No claim about years won can be judged from what is stored.</p>'
        '<figure id="bars" class="figure"></figure>'
    )


def conventions(ledger: Sequence[Entry]) -> Iterator[str]:
    """Each claim with all its readings."""
    if not ledger:
        yield "<p>No claim stands in claims.toml.</p>"
    for entry in ledger:
        yield _claim(entry)


def _readings(entry: Entry, span: str, check: ClaimCheck) -> str:
    """The table of one span; a sentence where none of its marks would say anything."""
    cells = [cell for cell in entry.grid if cell.span == span]
    years = words.years(check)
    head = f"{years}{', today' * (span == 'rolled')}: <strong>{escape(check.verdict)}</strong>"
    if not any(cell.judged for cell in cells):
        return f'<p class="reading">{head}. None of {len(cells)} readings can be judged.</p>'
    return (
        f'<figure class="reading"><figcaption>{head}</figcaption><div class="scroll" tabindex="0" '
        f'role="group" aria-label="Readings of {years}">{grid.table(entry, span)}</div></figure>'
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
        f'<p class="terms">{escape(entry.asked)}. Over all: <strong>{escape(entry.verdict)}</strong>. '
        f"{judged} of {len(entry.grid)} readings can be judged.</p>{tables}{depends}"
        f'<p class="terms">In history, {escape(str(entry.summaries[0]))}.</p>'
        f"<details><summary>What cannot be had, and why</summary>{grid.reasons(entry)}</details></section>"
    )
