"""Putting the parts into `page/template.html`: scripts and styles inlined, everything else escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from string import Template
from typing import TYPE_CHECKING, Any

from . import grid, state, words
from .bundle import page_file, script
from .claim_part import ClaimPart
from .years import table as years_table

if TYPE_CHECKING:
    from ..claims import Entry
    from .document import Content


def fill(content: Content) -> str:
    """The whole page."""
    code, style = script(), page_file("style.css")
    return Template(page_file("template.html")).substitute(
        policy=_policy(code, style),
        style=style,
        script=code,
        data=content.data,
        title=_title(content),
        hero=_hero(content.hero, content.labels) if content.hero else _no_claim(),
        banner=_banner(content),
        left_out=_left_out(content),
        sleeve=_sleeve(content.sleeves),
        conventions="".join(_conventions(content.ledger)),
        state_words=escape(state.summary(content.state)),
        state_table=state.table(content.state),
        snapshot=escape(content.snapshot),
        origin=escape(content.origin),
        built=f"{content.built_at:%Y-%m-%d %H:%M} UTC",
    )


def _policy(code: str, style: str) -> str:
    """Nothing is fetched, from anywhere; only this script and this style are obeyed."""
    return (
        f"default-src 'none'; script-src {_hash(code)}; style-src {_hash(style)}; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _title(content: Content) -> str:
    return escape(content.hero.entry.published.statement if content.hero else "Markets compared")


def _hero(part: ClaimPart, labels: Mapping[str, str]) -> str:
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
        yield (
            f'<div class="verdict"><dt>{when}, {check.first_year}\N{EN DASH}{check.last_year}</dt>'
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


def _no_claim() -> str:
    return (
        '<h1 id="headline">Markets compared</h1>'
        '<p class="lede">No claim about years won can be judged from what is stored.</p>'
        '<figure id="bars" class="figure"></figure>'
    )


def _banner(content: Content) -> str:
    if not content.simulated:
        return ""
    return (
        '<p class="banner"><strong>Simulated data.</strong> Days of this market are made up. Published year '
        "ends are facts; every figure that depends on a made-up day is marked.</p>"
    )


def _left_out(content: Content) -> str:
    """What is not in the page, so that it stays small."""
    said = []
    if content.first_year is not None:
        said.append(f"Prices before {content.first_year} are left out of this page; the commands have them.")
    if content.monthly:
        said.append(
            f"{content.monthly} of {content.instruments} instruments are in it by the ends of months alone: "
            "their years are exact, their risk is taken from monthly returns, and so is then the risk of "
            "everything."
        )
    return f'<p class="aside">{" ".join(said)}</p>' if said else ""


def _sleeve(plans: Sequence[Mapping[str, Any]]) -> str:
    """The place of the charts of a claim about a sleeve; nothing where there is no such claim."""
    if not plans:
        return ""
    share = f"{plans[0]['share'] * 100:g} %"
    return (
        '<section id="sleeve" class="follows" aria-labelledby="sleeve-head">'
        f'<h2 id="sleeve-head">What {share} would do to a retirement plan</h2>'
        '<p class="lede">The plan and what it holds are the claim\'s, not your choice above.</p>'
        '<div class="drawn"></div></section>'
    )


def _conventions(ledger: Sequence[Entry]) -> Iterator[str]:
    if not ledger:
        yield "<p>No claim stands in claims.toml.</p>"
    for entry in ledger:
        yield _claim(entry)


def _claim(entry: Entry) -> str:
    published, rolled = entry.published, entry.rolled
    spans: dict[str, Any] = {"published": published}
    if rolled.first_year != published.first_year:
        spans["rolled"] = rolled
    tables = "".join(
        f'<figure class="reading"><figcaption>{check.first_year}\N{EN DASH}{check.last_year}'
        f"{'' if name == 'published' else ', today'}: <strong>{escape(check.verdict)}</strong></figcaption>"
        f'<div class="scroll" tabindex="0" role="group" aria-label="Readings of {check.first_year} to '
        f'{check.last_year}">{grid.table(entry, name)}</div></figure>'
        for name, check in spans.items()
    )
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
