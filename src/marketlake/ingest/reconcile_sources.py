"""Compare the answers of further sources with the stored bars, and stage the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..model import layout
from ..model.calendars import load_calendar
from ..model.errors import SourceError
from ..model.instruments import Instrument, Universe
from ..model.schema import BAR, RUN, SERVED
from ..store.writer import Writer
from .gaps import sessions_of
from .job import calendar_error
from .normalise import Window, normalise, spans
from .raw_answers import Answer, parse, window_of
from .reconcile_cause import QUOTE, Subject
from .reconcile_rows import reconcile
from .runs import Counts, append, run_row

_MARGIN: Final = timedelta(days=14)
"""Sessions beyond the window, so that a label at its edge can be moved by one."""
_READABLE: Final = frozenset({"ok", "truncated", "quarantined"})
_KEY: Final = ["instrument_id", "session", "source"]
_CURRENCY: Final = "currency"

_Rates = Mapping[str, Mapping[date, float]]


def source_names(instrument: Instrument) -> list[str]:
    """The sources of an instrument, each once, most trusted first; none whose key is missing."""
    return list(dict.fromkeys(ref.source for ref in instrument.with_keys))


def window_rows(bars: pa.Table, windows: Mapping[str, tuple[date, date]]) -> Iterator[tuple[str, slice]]:
    """Each instrument of sorted bars with the rows that lie in its window."""
    session = bars["session"].to_numpy().astype("datetime64[D]")
    for instrument_id, rows in spans(bars["instrument_id"].to_numpy(zero_copy_only=False)):
        if instrument_id in windows:
            first, last = windows[instrument_id]
            low = rows.start + int(np.searchsorted(session[rows], np.datetime64(first)))
            high = rows.start + int(np.searchsorted(session[rows], np.datetime64(last), side="right"))
            yield instrument_id, slice(low, high)


@dataclass(frozen=True)
class _Served:
    """What one source served for several instruments."""

    quotes: pa.Table
    """Schema `QUOTE`."""
    foreign: Mapping[str, str]
    unanswered: Mapping[str, str]
    runs: Sequence[Mapping[str, Any]]


def compare_sources(lake: Writer, universe: Universe, found: Sequence[Answer]) -> None:
    """Stage the comparison of the answers with what is stored; they are of one reconciliation.

    An instrument that the universe does not list any more is recorded and not compared.
    """
    run_id, at = found[0].run_id, found[0].fetched_at
    served = {
        source: _read_source(universe, [a for a in found if a.source == source]) for source in _sources(found)
    }
    windows = {a.instrument_id: a for a in found if _is_usable(universe, a)}
    stored, later = _stored(lake, universe, windows)
    answered = pa.concat_tables([QUOTE.empty_table(), *(one.quotes for one in served.values())])
    fresh = answered.join(stored.select(_KEY), _KEY, join_type="left anti") if len(stored) else answered
    quotes = pa.concat_tables([stored, fresh.select(QUOTE.names).cast(QUOTE)])
    listed, rates = _listed(universe, windows, stored), _rates(lake, universe, windows)
    subjects = {
        name: _subject(universe.by_id[name], answer, listed[name], later.get(name, 1.0), served, rates)
        for name, answer in windows.items()
    }
    result = reconcile(quotes, subjects, run_id, at)
    append(lake, "reconciliation", result.sessions, at)
    append(lake, "reconciliation_pair", result.pairs, at)
    rows = [row for one in served.values() for row in one.runs]
    append(lake, "run", pa.Table.from_pylist(rows, schema=RUN), at)


def _is_usable(universe: Universe, answer: Answer) -> bool:
    instrument = universe.by_id.get(answer.instrument_id)
    return instrument is not None and not calendar_error(instrument, answer.fetched_at.date())


def _unusable(universe: Universe, found: Iterable[Answer]) -> dict[str, SourceError]:
    """The errors of instruments whose calendar cannot be used."""
    listed = (a for a in found if a.instrument_id in universe.by_id)
    errors = {
        a.instrument_id: calendar_error(universe.by_id[a.instrument_id], a.fetched_at.date()) for a in listed
    }
    return {name: error for name, error in errors.items() if error}


def _sources(found: Sequence[Answer]) -> list[str]:
    return list(dict.fromkeys(answer.source for answer in found))


def _read_source(universe: Universe, found: Sequence[Answer]) -> _Served:
    """Parse and normalise as for storing; what is refused for its currency is read as served."""
    known = [answer for answer in found if _is_usable(universe, answer)]
    windows = {a.instrument_id: window_of(a, universe.by_id[a.instrument_id]) for a in known}
    parsed = parse(a for a in known if a.pages and a.outcome in _READABLE)
    normalised = normalise(parsed.bars, windows)
    foreign = _foreign(parsed.bars, set(normalised.refused), windows)
    as_served = normalise(_without_currency(parsed.bars, foreign), windows)
    quotes = _quotes(pa.concat_tables([normalised.bars, as_served.bars]), stored=False)
    unanswered = {a.instrument_id: _no_quotes(a) for a in known} if known else {}
    for name in pc.unique(quotes["instrument_id"]).to_pylist():
        unanswered.pop(name, None)
    refused = {**_unusable(universe, found), **parsed.failed, **normalised.refused}
    days = sessions_of(normalised.bars)
    runs = [run_row(answer, windows, days, refused, Counts()) for answer in found]
    return _Served(quotes, foreign, unanswered, runs)


def _no_quotes(answer: Answer) -> str:
    if answer.outcome == "ok":
        return "no_new_data: answered without rows"
    return f"{answer.outcome}: {answer.message}"


def _foreign(served: pa.Table, refused: set[str], windows: Mapping[str, Window]) -> dict[str, str]:
    """The instruments served in one currency that is not the declared one."""
    spoken: dict[str, set[str]] = {}
    for name, currency in zip(*(served[n].to_pylist() for n in ("instrument_id", "currency")), strict=True):
        if name in refused:
            spoken.setdefault(name, set()).add(str(currency)[:12])
    return {
        name: f"serves {currencies.pop()!r}, declared in {windows[name].instrument.quote_currency}"
        for name, currencies in spoken.items()
        if len(currencies) == 1
    }


def _without_currency(served: pa.Table, ids: Mapping[str, str]) -> pa.Table:
    rows = served.filter(pc.is_in(served["instrument_id"], pa.array(list(ids), pa.string())))
    place = SERVED.get_field_index("currency")
    return rows.set_column(place, SERVED.field(place), pa.nulls(len(rows), pa.string()))


def _quotes(bars: pa.Table, *, stored: bool) -> pa.Table:
    bars = bars.filter(pc.is_finite(bars["close"]))
    columns = [bars[name] for name in ("instrument_id", "session", "source", "close", "split")]
    return pa.table([*columns, pa.repeat(pa.scalar(stored), len(bars))], schema=QUOTE)


def _stored(
    lake: Writer, universe: Universe, requested: Mapping[str, Answer]
) -> tuple[pa.Table, Mapping[str, float]]:
    """The stored quotes of the windows, and by instrument the product of its splits after them."""
    tables, later = [QUOTE.empty_table()], dict[str, float]()
    if not requested:
        return tables[0], later
    classes = {universe.by_id[name].asset_class for name in requested}
    first = min(answer.requested_from for answer in requested.values()).year
    inside = {name: (answer.requested_from, answer.requested_to) for name, answer in requested.items()}
    after = {name: (answer.requested_to + timedelta(days=1), date.max) for name, answer in requested.items()}
    for path in lake.manifest.paths("bar"):
        if layout.asset_class_of(path) in classes and layout.year_of(path) >= first:
            bars = lake.read(path)
            tables.append(_quotes(_rows(bars, inside), stored=True))
            split = bars["split"].to_numpy()
            for name, rows in window_rows(bars, after):
                later[name] = later.get(name, 1.0) * float(np.prod(split[rows]))
    return pa.concat_tables(tables), later


def _rates(lake: Writer, universe: Universe, requested: Mapping[str, Answer]) -> _Rates:
    """The stored exchange rates of the windows, by instrument and session."""
    rates: dict[str, dict[date, float]] = {}
    years = {y for a in requested.values() for y in range(a.requested_from.year, a.requested_to.year + 1)}
    for year in sorted(years):
        bars = lake.read(layout.yearly("bar", _CURRENCY, year))
        for name, session, close in zip(
            *(bars[n].to_pylist() for n in _KEY[:2]), bars["close"].to_pylist(), strict=True
        ):
            if name in universe.by_id:
                rates.setdefault(name, {})[session] = close
    return rates


def _rows(bars: pa.Table, windows: Mapping[str, tuple[date, date]]) -> pa.Table:
    parts = [bars.slice(rows.start, rows.stop - rows.start) for _, rows in window_rows(bars, windows)]
    return pa.concat_tables([BAR.empty_table(), *parts])


def _listed(universe: Universe, requested: Mapping[str, Answer], stored: pa.Table) -> dict[str, list[str]]:
    """The sources of each instrument, most trusted first; last those that it no longer lists."""
    listed = {name: source_names(universe.by_id[name]) for name in requested}
    pairs = stored.select(["instrument_id", "source"]).group_by(["instrument_id", "source"]).aggregate([])
    for row in pairs.sort_by([("instrument_id", "ascending"), ("source", "ascending")]).to_pylist():
        if row["source"] not in listed[row["instrument_id"]]:
            listed[row["instrument_id"]].append(row["source"])
    return listed


def _subject(
    instrument: Instrument,
    answer: Answer,
    listed: list[str],
    later: float,
    served: Mapping[str, _Served],
    rates: _Rates,
) -> Subject:
    calendar = load_calendar(instrument.calendar, answer.fetched_at.date())
    name = instrument.id
    return Subject(
        asset_class=instrument.asset_class,
        sources=listed,
        start=answer.requested_from,
        end=answer.requested_to,
        calendar=calendar.sessions(answer.requested_from - _MARGIN, answer.requested_to + _MARGIN),
        later_split=later,
        rates={} if instrument.asset_class == _CURRENCY else rates,
        foreign={s: one.foreign[name] for s, one in served.items() if name in one.foreign},
        unanswered={s: one.unanswered[name] for s, one in served.items() if name in one.unanswered},
    )
