"""Putting the parts into `page/template.html`: scripts and styles inlined, everything else escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from string import Template
from typing import TYPE_CHECKING, Any

from . import claim_html, state
from .bundle import page_file, script

if TYPE_CHECKING:
    from .document import Content, Embedded


def fill(content: Content) -> str:
    """The whole page."""
    code, style = script(), page_file("style.css")
    return Template(page_file("template.html")).substitute(
        policy=_policy(code, style),
        style=style,
        script=code,
        data=content.embedded.data,
        title=_title(content),
        hero=_opening(content),
        banner=_banner(content.embedded),
        left_out=_left_out(content.embedded),
        sleeve=_sleeve(content.sleeves),
        conventions="".join(claim_html.conventions(content.ledger)),
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


def _opening(content: Content) -> str:
    if content.hero is None:
        return claim_html.no_claim()
    return claim_html.opening(content.hero, content.embedded.labels)


def _banner(embedded: Embedded) -> str:
    if not embedded.simulated:
        return ""
    return (
        '<p class="banner"><strong>Simulated data.</strong> Days of this market are made up. Published year '
        "ends are facts; every figure that depends on a made-up day is marked.</p>"
    )


def _left_out(embedded: Embedded) -> str:
    """What is not in the page, so that it stays small."""
    said = []
    if embedded.first_year is not None:
        said.append(f"Prices before {embedded.first_year} are left out of this page; the commands have them.")
    if embedded.monthly:
        said.append(
            f"{embedded.monthly} of {len(embedded.labels)} instruments are in it by the ends of months "
            "alone: their years are exact, their risk is taken from monthly returns, and so is then the risk "
            "of everything."
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
