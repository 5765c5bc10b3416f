"""What a lake holds of some instruments, now or as of a moment, as numpy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..answers.prices import prices
from ..engine.listing import Listed
from ..engine.reader import DuckReader
from ..engine.sql_text import literal, statement
from ..model.calendars import Days
from ..model.terms import AS_TRADED, Terms
from .plan import Floats

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Series:
    """The values of one instrument by session."""

    days: Days
    values: Floats


@dataclass(frozen=True)
class Published(Series):
    """Values with the day on which each was published."""

    published: Days


@dataclass(frozen=True)
class Known:
    """What is read from a lake: all of it, or what could be known at `as_of` (aware)."""

    reader: DuckReader
    as_of: datetime | None = None
    strict: bool = False
    """What this lake itself held then, instead of what could be known."""

    def closes(self, instrument_id: str) -> Published:
        """Closes as traded."""
        table = self._prices(ids=(instrument_id,), basis=AS_TRADED)
        return Published(
            _days(table["session"]), _floats(table["close"]), published=_days_of_instants(table["known_at"])
        )

    def levels(self, ids: Sequence[str], currency: str | None) -> dict[str, Series]:
        """Total-return levels by instrument, in one currency or (None) each in its own; NaN for
        none."""
        table = self._prices(ids=tuple(ids), basis="total", currency=currency)
        days, values = _days(table["session"]), _floats(table["level"])
        names = table["instrument_id"]
        rows = {name: _rows_with(names, name) for name in ids}
        return {name: Series(days[mine], values[mine]) for name, mine in rows.items()}

    def suspects(self, ids: Sequence[str], currency: str | None) -> dict[str, Days]:
        """By instrument, the sessions whose total return in the currency (None: its own) a check
        doubts; only those that have one."""
        text = (
            f"SELECT instrument_id, session FROM ({statement('query/suspect_session')}) "  # noqa: S608 (our text)
            "WHERE list_contains($wanted, instrument_id) ORDER BY session"
        )
        found = self.reader.arrow(text, {"wanted": list(ids), "currency": currency})
        if not len(found):
            # Arrow imports pandas to make an empty array
            return {}
        days, owners = _days(found["session"]), found["instrument_id"]
        rows = {name: _rows_with(owners, name) for name in ids}
        return {name: days[own] for name, own in rows.items() if len(own)}

    def shared_sessions(self, instruments: Sequence[Listed]) -> Days:
        """The sessions that the calendars of all share, in whole years."""
        calendars = sorted({instrument.calendar for instrument in instruments})
        names = ", ".join(literal(name) for name in calendars)
        found = self.reader.arrow(
            f"SELECT session FROM main.calendar_session WHERE calendar IN ({names}) "  # noqa: S608 (quoted)
            f"GROUP BY session HAVING count(*) = {len(calendars)} ORDER BY session"
        )
        return _days(found["session"])

    @property
    def moment(self) -> str:
        """In words, to go into a sentence; empty where all is read."""
        if self.as_of is None:
            return ""
        return f"{'held by this lake' if self.strict else 'known'} at {self.as_of.isoformat()}"

    def _prices(self, **terms: Any) -> pa.Table:
        return prices(self.reader, Terms(**terms, as_of=self.as_of, strict=self.strict))


def to_date(day: np.datetime64) -> date:
    """A session as a date."""
    value = day.astype("datetime64[D]").item()
    assert isinstance(value, date)
    return value


def _days(column: pa.ChunkedArray) -> Days:
    """A column of dates as datetime64[D]."""
    return np.from_dlpack(column.combine_chunks().view("int32")).astype("datetime64[D]")


def _days_of_instants(column: pa.ChunkedArray) -> Days:
    """The UTC days of a column of microsecond timestamps as datetime64[D]."""
    instants = np.from_dlpack(column.combine_chunks().view("int64")).astype("datetime64[us]")
    return instants.astype("datetime64[D]")


def _floats(column: pa.ChunkedArray) -> Floats:
    """A column of doubles; NaN for null."""
    values = column.combine_chunks()
    if values.null_count:
        values = values.fill_null(float("nan"))
    return np.array(np.from_dlpack(values), dtype=np.float64)


def _rows_with(column: pa.ChunkedArray, text: str) -> npt.NDArray[np.intp]:
    """Where a column of texts holds this text."""
    coded = column.combine_chunks().dictionary_encode()
    words = coded.dictionary.to_pylist()
    wanted = words.index(text) if text in words else -1
    return np.flatnonzero(np.from_dlpack(coded.indices) == wanted)
