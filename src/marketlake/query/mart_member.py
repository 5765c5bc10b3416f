"""Members of a mart: one instrument in one year, posing as an instrument of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import pyarrow as pa

from ..instruments import Instrument

Close = tuple[date, float]
"""A session and the close that the next return runs from."""

_COLUMNS: Final = {
    "instrument_id": pa.int64(),
    "name": pa.string(),
    "instrument_key": pa.int64(),
    "year": pa.int32(),
    "first_day": pa.date32(),
    "asset_class": pa.string(),
    "calendar": pa.string(),
    "quote_currency": pa.string(),
    "return_basis": pa.string(),
    "carried_session": pa.date32(),
    "carried_close": pa.float64(),
}


@dataclass(frozen=True)
class Members:
    """The instruments of one year, sorted by id, with the closes that their first returns run from."""

    year: int
    instruments: Sequence[Instrument]
    carried: Mapping[str, Close]

    def __len__(self) -> int:
        return len(self.instruments)

    def cut(self, size: int) -> Iterator[Members]:
        """In parts of at most `size`."""
        for at in range(0, len(self), size):
            yield replace(self, instruments=self.instruments[at : at + size])


def instrument_key(instrument_id: str) -> int:
    """The id as a number of 63 bits, which depends on nothing else."""
    return int.from_bytes(hashlib.blake2b(instrument_id.encode(), digest_size=8).digest(), "big") >> 1


def member_table(parts: Sequence[Members]) -> pa.Table:
    """One row a member, numbered in order; the number is its `instrument_id`."""
    members = [(part, instrument) for part in parts for instrument in part.instruments]
    rows = [_row(place, part, instrument) for place, (part, instrument) in enumerate(members)]
    values = zip(*rows, strict=True)
    arrays = [pa.array(list(column), kind) for column, kind in zip(values, _COLUMNS.values(), strict=True)]
    return pa.Table.from_arrays(arrays, list(_COLUMNS))


def _row(place: int, part: Members, instrument: Instrument) -> tuple[object, ...]:
    session, close = part.carried.get(instrument.id, (None, None))
    return (
        place,
        instrument.id,
        instrument_key(instrument.id),
        part.year,
        date(part.year, 1, 1),
        instrument.asset_class,
        instrument.calendar,
        instrument.quote_currency,
        instrument.return_basis,
        session,
        close,
    )
