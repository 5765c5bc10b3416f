"""One column of a stored table: its type and, in the Parquet file itself, what it holds."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

UTC_INSTANT: Final = pa.timestamp("us", tz="UTC")


def field(name: str, kind: pa.DataType, description: str, *, nullable: bool = False) -> pa.Field:
    """A column; nulls are refused where it is not `nullable`."""
    return pa.field(name, kind, nullable=nullable, metadata={"description": description})
