"""Refresh the stored marts of each asset class where a digest of their inputs has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..model import layout
from ..model.calendars import Days, is_known, load_calendar
from ..model.errors import CorruptLakeError
from ..model.instruments import Instrument, Universe
from ..model.schema import BAR, MARTS
from ..store.disk import size_of
from ..store.files import read_parquet
from ..store.writer import Writer
from .build import calendar_session_table
from .mart_maker import COMPUTED, Close, DuckMaker, Maker, Members, Sources


@dataclass(frozen=True)
class Inputs:
    """The inputs of one asset class; `years` have bars, `recipe` identifies texts and engine."""

    lake: Writer
    universe: Universe
    asset_class: str
    years: Sequence[int]
    recipe: str

    def bars(self, year: int) -> str:
        """The path of a year's bars."""
        return layout.yearly("bar", self.asset_class, year)

    def bills(self, first: int, last: int) -> list[str]:
        """The files with the yields known in these years; an empty one where there are none."""
        paths = [layout.yearly("bar", "rate", year) for year in range(first - 1, last + 1)]
        stored = [path for path in paths if path in self.lake.manifest.files]
        return stored or [layout.yearly("bar", "none", 1970)]

    @cached_property
    def bill_table(self) -> pa.Table:
        """instrument_id, currency: the first yield of each currency, used as its 13-week bill."""
        rates = [i for i in self.universe.instruments if i.asset_class == "rate"]
        first = {i.quote_currency: i.id for i in reversed(rates)}
        return pa.table(
            {
                "instrument_id": pa.array(list(first.values()), pa.string()),
                "currency": pa.array(list(first), pa.string()),
            }
        )

    def configured(self, ids: Iterable[str]) -> list[Instrument]:
        """The instruments of `ids` that are in the universe."""
        return [self.universe.by_id[name] for name in ids if name in self.universe.by_id]

    def sessions(self, first: int, last: int) -> pa.Table:
        """calendar, session: of every calendar in use, in these years."""
        return calendar_session_table(self.universe.calendars, first, last)

    def digest(self, year: int, previous: str, closes: pa.Table) -> str:
        """A digest of all inputs of the marts of a year; `closes` are the year's own."""
        files = {**self.lake.manifest.files, **self.lake.staged}
        paths = [self.bars(year), previous, *self.bills(year, year)]
        members = self.configured(closes["instrument_id"].to_pylist())
        facts = [(i.id, i.calendar, i.quote_currency, i.return_basis) for i in members]
        calendars = sorted({i.calendar for i in members})
        parts = [[files[path].sha256 for path in paths], self.bill_table.to_pydict(), facts]
        digest = hashlib.sha256(self.recipe.encode())
        digest.update(repr(parts).encode())
        for name in calendars:
            digest.update(self._days(name, year).tobytes())
        return digest.hexdigest()[:32]

    def _days(self, calendar: str, year: int) -> Days:
        until = date(self.years[-1], 12, 31)
        if not is_known(calendar, until):
            return np.empty(0, "datetime64[D]")
        return load_calendar(calendar, until).sessions(date(year, 1, 1), date(year, 12, 31))


_WITHOUT_RETURN: Final = ("none", "rate")
DUCKDB: Final = DuckMaker()


def refresh_marts(
    lake: Writer,
    universe: Universe,
    *,
    full_refresh: bool = False,
    on_plan: Callable[[int], None] = lambda _: None,
    on_year: Callable[[int], None] = lambda _: None,
    maker: Maker = DUCKDB,
) -> int:
    """Update every mart, one commit per asset class; returns how many years were computed.

    `full_refresh` computes all years. `on_plan` receives an upper bound of the number of years,
    which falls with each class inspected; `on_year` each finished year. A different `maker` than before
    computes all years too, because its results differ in the last digits.
    """
    stored = [path for path in lake.manifest.paths("bar") if lake.manifest.files[path].rows]
    with_returns = [path for path in stored if layout.asset_class_of(path) not in _WITHOUT_RETURN]
    computed, uninspected = 0, len(with_returns)
    with maker.last_closes() as closes:
        for asset_class, paths in groupby(sorted(with_returns), layout.asset_class_of):
            years = sorted(layout.year_of(path) for path in paths)
            inputs = Inputs(lake, universe, asset_class, years, maker.recipe())
            due = list(_due(lake, inputs, closes, full_refresh=full_refresh))
            computed, uninspected = computed + len(due), uninspected - len(years)
            on_plan(computed + uninspected)
            _compute(lake, inputs, due, on_year, maker)
            lake.commit()
    obsolete = [path for path in _mart_paths(lake) if _bars_of(path) not in with_returns]
    if obsolete:
        lake.commit(removed=tuple(obsolete))
    return computed


def _mart_paths(lake: Writer) -> Iterator[str]:
    for table in MARTS:
        yield from (path for path in lake.manifest.paths(table) if layout.asset_class_of(path) != "none")


def _bars_of(path: str) -> str:
    return layout.yearly("bar", layout.asset_class_of(path), layout.year_of(path))


def _due(
    lake: Writer, inputs: Inputs, closes: Callable[[Path], pa.Table], *, full_refresh: bool
) -> Iterator[Members]:
    """The years to compute, each with the closes it starts from; stages their own closes."""
    previous = layout.yearly("internal_close", "none", 1970)
    for year in inputs.years:
        path = layout.yearly("internal_close", inputs.asset_class, year)
        if full_refresh or not _is_current(lake, inputs, year, previous):
            carried = lake.read(previous)
            ids = _ids(lake, inputs.bars(year))
            year_closes = _carried_on(carried, closes(lake.root / inputs.bars(year)))
            made_from = inputs.digest(year, previous, year_closes)
            with lake.stage_mart(path, made_from) as add:
                add(year_closes)
            yield Members(year, inputs.configured(ids), _by_id(carried))
        previous = path


def _is_current(lake: Writer, inputs: Inputs, year: int, previous: str) -> bool:
    paths = [layout.yearly(table, inputs.asset_class, year) for table in MARTS]
    if not all(_is_there(lake, path) for path in paths):
        return False
    path = layout.yearly("internal_close", inputs.asset_class, year)
    try:
        return lake.manifest.files[path].made_from == inputs.digest(year, previous, lake.read(path))
    except CorruptLakeError:
        return False


def _is_there(lake: Writer, path: str) -> bool:
    """Whether a mart is listed and has its size, which a reader asks for too."""
    entry = lake.manifest.files.get(path)
    return entry is not None and size_of(lake.root / path) == entry.bytes


def _compute(
    lake: Writer, inputs: Inputs, due: list[Members], on_year: Callable[[int], None], maker: Maker
) -> None:
    """Stage the marts of the years that are due; files are written during the computation."""
    if not due:
        return
    years = [members.year for members in due]
    sources = Sources(
        bars={year: lake.root / inputs.bars(year) for year in years},
        bills=[lake.root / path for path in inputs.bills(years[0], years[-1])],
        bill=inputs.bill_table,
        sessions=inputs.sessions(years[0], years[-1]),
    )
    for year, parts in groupby(maker.marts(sources, due), lambda part: part[0]):
        with ExitStack() as stack:
            paths = {table: layout.yearly(table, inputs.asset_class, year) for table in COMPUTED}
            add = {table: stack.enter_context(lake.stage_mart(path)) for table, path in paths.items()}
            for _, rows in parts:
                for table in COMPUTED:
                    add[table](rows[table])
        on_year(year)


def _ids(lake: Writer, path: str) -> list[str]:
    """The instruments in a file of bars; verifies its digest."""
    bars = read_parquet(lake.root / path, BAR, lake.manifest.files[path].sha256, ["instrument_id"])
    return sorted(bars["instrument_id"].unique().to_pylist())


def _carried_on(before: pa.Table, own: pa.Table) -> pa.Table:
    """The year's closes, and earlier ones that it does not replace."""
    earlier = before.filter(pc.invert(pc.is_in(before["instrument_id"], own["instrument_id"])))
    return pa.concat_tables([earlier, own]).sort_by("instrument_id").combine_chunks()


def _by_id(carried: pa.Table) -> dict[str, Close]:
    columns = (carried[name].to_pylist() for name in ("instrument_id", "session", "close", "known_at"))
    return {name: (session, close, at) for name, session, close, at in zip(*columns, strict=True)}
