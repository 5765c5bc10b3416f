"""Arrow columns as numpy arrays through DLPack; Arrow's own conversion imports pandas: a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..calendars import Days
from .plan import Floats

if TYPE_CHECKING:
    import pyarrow as pa


def days(column: pa.ChunkedArray) -> Days:
    """A column of dates as datetime64[D]."""
    return np.from_dlpack(column.combine_chunks().view("int32")).astype("datetime64[D]")


def days_of_instants(column: pa.ChunkedArray) -> Days:
    """The UTC days of a column of microsecond timestamps as datetime64[D]."""
    instants = np.from_dlpack(column.combine_chunks().view("int64")).astype("datetime64[us]")
    return instants.astype("datetime64[D]")


def floats(column: pa.ChunkedArray) -> Floats:
    """A column of doubles; NaN for null."""
    values = column.combine_chunks()
    if values.null_count:
        values = values.fill_null(float("nan"))
    return np.array(np.from_dlpack(values), dtype=np.float64)


def rows_of(column: pa.ChunkedArray, text: str) -> npt.NDArray[np.intp]:
    """Where a column of texts holds this text."""
    coded = column.combine_chunks().dictionary_encode()
    words = coded.dictionary.to_pylist()
    wanted = words.index(text) if text in words else -1
    return np.flatnonzero(np.from_dlpack(coded.indices) == wanted)
