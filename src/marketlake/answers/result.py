"""The base classes of answers: conversion to JSON values and to tables (Arrow, pandas, polars)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date, datetime
from html import escape
from types import NoneType
from typing import TYPE_CHECKING, Any, ClassVar, Final, get_args, get_origin, get_type_hints

from ..model.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


_SHOWN: Final = 20


class Tabular(ABC):
    """Anything that converts to a table; every conversion starts from `to_arrow`."""

    @abstractmethod
    def to_arrow(self) -> pa.Table:
        """As a `pyarrow.Table`."""

    def to_pandas(self) -> pd.DataFrame:
        """As a `pandas.DataFrame`; days are `datetime64`, moments too, in UTC."""
        frame: pd.DataFrame = self.to_arrow().to_pandas(date_as_object=False)
        return frame

    def to_polars(self) -> pl.DataFrame:
        """As a `polars.DataFrame`; `UsageError` where polars is not installed."""
        # imported here because polars is optional
        try:
            import polars as pl
        except ImportError:
            raise UsageError("polars is not installed; run pip install polars, or use to_pandas()") from None
        return pl.DataFrame(self.to_arrow())

    def wide(self, values: str | None = None) -> Table:
        """A panel: one row per session or period, one column per instrument; null where it has no row.

        `values` is the column to show, by default level, close or simple_return. `UsageError` for
        a column that the table does not have.
        """
        return _wide(self.to_arrow(), values)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The Arrow interface: `polars.DataFrame(answer)`, `pyarrow.table(answer)`."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)


@dataclass(frozen=True, eq=False, repr=False)
class Table(Tabular):
    """Rows and named columns, as DuckDB returned them; a notebook shows the first rows.

    >>> lake.query("FROM instrument").to_pandas()
    """

    arrow: pa.Table

    def to_arrow(self) -> pa.Table:
        """As a `pyarrow.Table`."""
        return self.arrow

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self.arrow.column_names)

    def __repr__(self) -> str:
        return f"<Table of {len(self):,} rows: {', '.join(self.columns)}>"

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def _repr_html_(self) -> str:
        """The notebook view: the first rows, and the number of rows."""
        return _html(self.columns, self.arrow.slice(0, _SHOWN).to_pylist(), len(self))


_SHOWN_WIDE: Final = ("level", "close", "simple_return")


def _wide(rows: pa.Table, values: str | None) -> Table:
    """Rows by instrument and session (or period) as a panel: see `Tabular.wide`."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    key = next((name for name in ("period", "session") if name in rows.column_names), None)
    shown = values or next((name for name in _SHOWN_WIDE if name in rows.column_names), None)
    if key is None or shown not in rows.column_names or "instrument_id" not in rows.column_names:
        asked = f"column {values[:40]!r}" if values else "rows by instrument and session with a figure"
        raise UsageError(f"a panel needs {asked}; this table has {', '.join(rows.column_names)}")
    ids, days = rows["instrument_id"].combine_chunks().dictionary_encode(), rows[key].unique().sort()
    place = np.full((len(ids.dictionary), len(days)), -1)
    column, line = ids.indices.to_numpy(), pc.index_in(rows[key], days).to_numpy()
    # backwards, so that the first of two rows stays
    place[column[::-1], line[::-1]] = np.arange(len(rows))[::-1]
    figures = rows[shown].combine_chunks()
    panel = {
        name: figures.take(pa.array(own, mask=own < 0))
        for name, own in zip(ids.dictionary.to_pylist(), place, strict=True)
        if own.max(initial=-1) >= 0
    }
    return Table(pa.table({key: days} | panel))


class Answer(Tabular):
    """An answer: a dataclass with one row per year, instrument, figure, ..."""

    computed: ClassVar[tuple[str, ...]] = ()
    """Properties to include in the JSON values."""
    in_rows: ClassVar[str] = "rows"
    """The field of the answer that holds the rows."""

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON values: dates and moments as ISO text, fractions as numbers."""
        return dict(json_value(self))

    def lines(self) -> tuple[type[Any], Iterable[Any]]:
        """The class of the rows, whose fields are the columns, and the rows."""
        kind = get_type_hints(type(self))[self.in_rows]
        return get_args(kind)[0], getattr(self, self.in_rows)

    def shown(self) -> Sequence[Mapping[str, object]]:
        """The rows of the notebook view: those of the table, without nested values."""
        return [{k: v for k, v in vars(one).items() if not _is_nested(v)} for one in self.lines()[1]]

    def remarks(self) -> Sequence[str]:
        """The lines below the notebook view."""
        return [*getattr(self, "notes", ()), *_origin(self)]

    def _repr_html_(self) -> str:
        """The notebook view: the first rows, without empty columns, then the notes."""
        rows = self.shown()
        columns = [k for k in (rows[0] if rows else ()) if any(row.get(k) not in (None, "") for row in rows)]
        notes = "".join(f"<p>{escape(text)}</p>" for text in self.remarks())
        return _html(columns, rows[:_SHOWN], len(rows)) + notes

    def to_arrow(self) -> pa.Table:
        """One column per field of a row, one row per row of the answer."""
        # imported here because most commands do not need Arrow
        import pyarrow as pa

        kind, lines = self.lines()
        return pa.Table.from_pylist([asdict(line) for line in lines], schema=pa.schema(list(_arrow(kind))))


def json_value(value: Any) -> Any:
    """Convert a value for JSON; a dataclass becomes its fields and its `computed` properties."""
    if is_dataclass(value) and not isinstance(value, type):
        names = (*(field.name for field in fields(value)), *getattr(value, "computed", ()))
        return {name: json_value(getattr(value, name)) for name in names}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: json_value(item) for key, item in value.items()}
    return [json_value(item) for item in value] if isinstance(value, list | tuple) else value


def joined(qualities: Iterable[str]) -> str:
    """The flags of all qualities, each once, joined by commas."""
    return ",".join(dict.fromkeys(flag for text in qualities for flag in text.split(",") if flag))


def _arrow(kind: type[Any]) -> pa.DataType:
    """The Arrow type of a field's annotation; every field is nullable."""
    import pyarrow as pa

    plain = {str: pa.string(), float: pa.float64(), int: pa.int64(), bool: pa.bool_(), date: pa.date32()}
    if kind in plain:
        return plain[kind]
    if kind is datetime:
        return pa.timestamp("us", tz="UTC")
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return pa.struct([(field.name, _arrow(hints[field.name])) for field in fields(kind)])
    inner = [one for one in get_args(kind) if one not in (NoneType, ...)]
    if get_origin(kind) is dict:
        return pa.map_(*map(_arrow, inner))
    return pa.list_(_arrow(inner[0])) if get_origin(kind) is tuple else _arrow(inner[0])


def _is_nested(value: object) -> bool:
    return is_dataclass(value) or isinstance(value, list | tuple | Mapping)


def _origin(answer: Answer) -> Iterator[str]:
    snapshot, origin = getattr(answer, "snapshot", ""), getattr(answer, "origin", "")
    if snapshot:
        yield f"snapshot {snapshot}, {origin} data"


def _html(columns: Sequence[str], rows: Sequence[Mapping[str, object]], count: int) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(_cell(row.get(name)) for name in columns)}</tr>" for row in rows)
    more = f"<caption>{count:,} rows, first {_SHOWN} shown</caption>" * (count > _SHOWN)
    return f"<table>{more}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f'<td style="text-align:right">{value:.6g}</td>'
    return f"<td>{'' if value is None else escape(str(value))}</td>"
