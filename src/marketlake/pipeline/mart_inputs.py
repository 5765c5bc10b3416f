"""What the marts of one asset class follow from, and a digest of it by which a change is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pyarrow as pa

from ..calendars import Days, load_calendar
from ..instruments import Instrument, Universe
from ..query.tables import calendar_session_table
from ..store import layout
from ..store.lake import Writer


@dataclass(frozen=True)
class Inputs:
    """The inputs of one asset class; `years` are those with bars, in order, `recipe` what they go through."""

    lake: Writer
    universe: Universe
    asset_class: str
    years: Sequence[int]
    recipe: str

    def bars(self, year: int) -> str:
        """The path of a year's bars."""
        return layout.yearly("bar", self.asset_class, year)

    def bills(self, first: int, last: int) -> list[str]:
        """The files with the yields known in these years; one without rows where there are none."""
        paths = [layout.yearly("bar", "rate", year) for year in range(first - 1, last + 1)]
        stored = [path for path in paths if path in self.lake.manifest.files]
        return stored or [layout.yearly("bar", "none", 1970)]

    @cached_property
    def bill_table(self) -> pa.Table:
        """instrument_id, currency: the first yield listed in each currency, taken for its 13-week bill."""
        rates = [i for i in self.universe.instruments if i.asset_class == "rate"]
        first = {i.quote_currency: i.id for i in reversed(rates)}
        return pa.table(
            {
                "instrument_id": pa.array(list(first.values()), pa.string()),
                "currency": pa.array(list(first), pa.string()),
            }
        )

    def configured(self, ids: Iterable[str]) -> list[Instrument]:
        """Those of `ids` that the universe knows."""
        return [self.universe.by_id[name] for name in ids if name in self.universe.by_id]

    def sessions(self, first: int, last: int) -> pa.Table:
        """calendar, session: of every calendar in use, in these years."""
        return calendar_session_table(self.universe.calendars, first, last)

    def digest(self, year: int, previous: str, closes: pa.Table) -> str:
        """Changes when anything does that the marts of a year follow from; `closes` are the year's own."""
        files = {**self.lake.manifest.files, **self.lake.staged}
        paths = [self.bars(year), previous, *self.bills(year, year)]
        members = self.configured(closes["instrument_id"].to_pylist())
        facts = [(i.id, i.calendar, i.quote_currency, i.return_basis) for i in members]
        calendars = sorted({i.calendar for i in members})
        parts = [[files[path].sha256 for path in paths], self.bill_table.to_pydict(), facts]
        found = hashlib.sha256(self.recipe.encode())
        found.update(repr(parts).encode())
        for name in calendars:
            found.update(self._days(name, year).tobytes())
        return found.hexdigest()[:32]

    def _days(self, calendar: str, year: int) -> Days:
        until = date(self.years[-1], 12, 31)
        return load_calendar(calendar, until).sessions(date(year, 1, 1), date(year, 12, 31))
