"""From a lake to the page: everything is gathered, then put into the template."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import combinations
from pathlib import Path
from string import Template
from typing import Any, Final

from ..answers.compare import Comparison, compare
from ..claims.ledger import Entry, read_ledger
from ..engine.reader import About, DuckReader
from ..model.errors import EmptyLakeError, UsageError
from ..model.instruments import PIVOT
from ..model.layout import PAGE
from ..model.terms import Terms
from ..store.disk import write_bytes
from ..store.raw import publish_page
from . import series, state
from .bundle import page_file, script
from .claims import ClaimPart, conventions, hero, judged, label_of, no_claim, opening, with_minus
from .preview import at_address, tags
from .series import Pack
from .sleeve import sleeves

_EPOCH: Final = date(1970, 1, 1)
Row = dict[str, Any]


@dataclass(frozen=True)
class Embedded:
    """The series of the page and what is to be known of them."""

    data: str
    """Base64: what `page/decode.js` reads."""
    labels: Mapping[str, str]
    """Of each instrument, a name for charts."""
    first_year: int | None
    """The year from which prices are embedded; None: all."""
    monthly: int
    """Instruments that are embedded by the ends of months alone."""
    simulated: bool


@dataclass(frozen=True)
class Content:
    """What the template is filled with."""

    hero: ClaimPart | None
    ledger: Sequence[Entry]
    sleeves: Sequence[Row]
    state: Sequence[Row]
    embedded: Embedded
    about: About


def report(reader: DuckReader, *, room: int = series.ROOM) -> str:
    """The page of a lake, as HTML; the same snapshot gives the same page.

    `room`: how many bars are embedded day by day at most, besides those of claims and reference
    rates. Raises `EmptyLakeError` where there are no two instruments to compare.
    """
    about = state.read_state(reader)
    stored = {row["id"] for row in about if row["bars"]}
    claims = read_ledger(reader).claims
    ledger = [entry for entry in claims if stored.issuperset(entry.published.instruments)]
    first = _wins(reader, ledger)
    part = hero(*first) if first else None
    plans = sleeves(reader, ledger)
    named = {name for entry in ledger for name in (entry.published.a, entry.published.b)}
    header = {
        "built": (reader.about.built_at.date() - _EPOCH).days,
        "spans": [vars(span) for span in part.spans] if part else [],
        "sleeves": plans,
    }
    embedded = _embedded(reader, part, named, header, room)
    return fill(Content(part, ledger, plans, about, embedded, reader.about))


def _embedded(
    reader: DuckReader,
    part: ClaimPart | None,
    named: Collection[str],
    header: Mapping[str, Any],
    room: int,
) -> Embedded:
    """What the page computes from; `EmptyLakeError` where there are no two instruments to compare."""
    needed = min((span.first for span in part.spans), default=9999) if part else 9999
    first_year = series.first_year(reader, needed, room)
    start = series.since(first_year)
    listed = series.read_instruments(reader, start)
    if len(listed) < 2:
        raise EmptyLakeError(
            "fewer than two instruments are stored that could be compared; run `marketlake run`"
        )
    labels = {i["id"]: label_of(i["name"], i["id"]) for i in listed}
    pack = Pack()
    instruments = series.embed(reader, pack, listed, series.daily(listed, named, room), start)
    more = {
        "instruments": [i | {"label": labels[i["id"]]} for i in instruments],
        "calendars": series.calendars(reader, pack),
        "first_year": first_year,
        "start": _start(part, instruments),
    }
    return Embedded(
        data=pack.text({**header, **more}),
        labels=labels,
        first_year=first_year,
        monthly=sum("monthly" in i for i in instruments),
        simulated=any(i["synthetic"] != "no" for i in instruments),
    )


def _wins(reader: DuckReader, ledger: Sequence[Entry]) -> tuple[Entry, Comparison] | None:
    """The first claim about years won of which any could be judged: what the page opens with."""
    for entry in ledger:
        spans = [check for check in (entry.published, entry.rolled) if judged(check)]
        if spans:
            first = min(c.first_year or 0 for c in spans)
            last = max(c.last_year or 0 for c in spans)
            check = entry.published
            # a pair that cannot be converted leaves out this claim and no other part of the page
            with suppress(UsageError):
                return entry, compare(reader, Terms.of([check.a, check.b], {"start": first, "end": last}))
    return None


def _start(part: ClaimPart | None, instruments: Sequence[Row]) -> Row:
    """What the reader's choice is at first; without years the page takes what both have."""
    if part is None:
        rates = {PIVOT, *(i["base_currency"] for i in instruments)}
        able = (
            (a["id"], b["id"])
            for a, b in combinations(instruments, 2)
            if a["currency"] == b["currency"] or {a["currency"], b["currency"]} <= rates
        )
        a, b = next(able, (instruments[0]["id"], instruments[1]["id"]))
        return {"a": a, "b": b}
    c = part.comparison
    years = [row.year for row in c.rows]
    a, b = c.instruments
    return {"a": a, "b": b, "first": years[0], "last": years[-1], "currency": c.currency}


def fill(content: Content) -> str:
    """The whole page."""
    code, style = script(), page_file("style.css")
    return Template(page_file("template.html")).substitute(
        policy=_policy(code, style),
        style=style,
        script=code,
        data=content.embedded.data,
        head=tags(content.hero, content.embedded.simulated),
        hero=_opening(content),
        banner=_banner(content.embedded),
        left_out=_left_out(content.embedded),
        sleeve=_sleeve(content.sleeves),
        conventions="".join(conventions(content.ledger)),
        state_words=escape(state.summary(content.state)),
        state_table=with_minus(state.table(content.state)),
        snapshot=escape(content.about.snapshot),
        origin=escape(content.about.origin),
        built=f"{content.about.built_at:%Y-%m-%d %H:%M} UTC",
    )


def _policy(code: str, style: str) -> str:
    """Nothing is fetched, from anywhere; only this script and this style are obeyed."""
    return (
        f"default-src 'none'; script-src {_hash(code)}; style-src {_hash(style)}; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _opening(content: Content) -> str:
    if content.hero is None:
        return no_claim()
    return opening(content.hero, content.embedded.labels)


def _banner(embedded: Embedded) -> str:
    if not embedded.simulated:
        return ""
    return (
        '<p class="banner"><strong>A sample market.</strong> Month-end closes and dividends are published '
        "figures, and this page is of them; days between are simulated, and shown and marked on request.</p>"
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
    shares = {f"{plan['share'] * 100:g} %" for plan in plans}
    share = shares.pop() if len(shares) == 1 else "a sleeve"
    return (
        '<section id="sleeve" class="follows" aria-labelledby="sleeve-head">'
        f'<h2 id="sleeve-head">What {share} would do to a retirement plan</h2>'
        '<p class="lede">The plan and what it holds are the claim\'s, not your choice above.</p>'
        '<div class="drawn"></div></section>'
    )


def publish(lake: Path, page: str, path: Path | None = None, url: str = "") -> Path:
    """Write a page, whole or not at all, to `path` (`<lake>/report.html`); returns where.

    `url` is where the page will be served: previews then find its picture, which is written next to
    it. Raises `LakeWriteError` when the disk refuses.
    """
    if path is None:
        if url:
            raise UsageError("a page for an address is written to a file of its own; name it with --out")
        publish_page(lake, PAGE, page.encode())
        return (lake / PAGE).resolve()
    place = path.resolve()
    if url:
        page, image = at_address(page, url, f"{place.stem}.png")
        if image is not None:
            write_bytes(place.with_suffix(".png"), image)
    write_bytes(place, page.encode())
    return place
