"""Stored bars as the answers they might have come from: Yahoo's chart documents, one an instrument."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from marketlake.ingest.normalise import spans

_PRICES: Final = ("open", "high", "low", "close")
_OPEN_S: Final = 14 * 3600 + 1800
"""A bar is stamped with its session's open: half past nine in New York, in winter."""

Column = npt.NDArray[Any]


def charts(bars: pa.Table) -> Iterator[tuple[str, bytes]]:
    """Instrument id and document; `bars` has schema `BAR` and is in order.

    Prices come divided by all later splits, as the vendor serves them.
    """
    columns = {name: bars[name].to_numpy() for name in (*_PRICES, "volume", "dividend", "split")}
    stamps = bars["session"].to_numpy().astype("datetime64[s]").astype(np.int64) + _OPEN_S
    for instrument_id, rows in spans(bars["instrument_id"].to_numpy()):
        own = {name: column[rows] for name, column in columns.items()}
        yield (
            str(instrument_id),
            orjson.dumps(
                {"chart": {"result": [_chart(str(instrument_id), stamps[rows], own)], "error": None}},
                option=orjson.OPT_SERIALIZE_NUMPY,
            ),
        )


def _chart(symbol: str, stamps: Column, own: dict[str, Column]) -> dict[str, Any]:
    later = np.append(np.cumprod(own["split"][::-1])[::-1][1:], 1.0)
    quote = {name: np.ascontiguousarray(own[name] / later) for name in _PRICES}
    return {
        "meta": {
            "currency": "USD",
            "symbol": symbol,
            "instrumentType": "EQUITY",
            "exchangeTimezoneName": "America/New_York",
            "dataGranularity": "1d",
        },
        "timestamp": np.ascontiguousarray(stamps),
        "events": {
            "dividends": _events(stamps, own["dividend"] / later, own["dividend"] != 0, _dividend),
            "splits": _events(stamps, own["split"], own["split"] != 1, _split),
        },
        "indicators": {
            "quote": [{**quote, "volume": (own["volume"] * later).round().astype(np.int64)}],
            "adjclose": [{"adjclose": quote["close"]}],
        },
    }


def _events(stamps: Column, values: Column, there: Column, event: Any) -> dict[str, Any]:
    return {
        str(at): {"date": at, **event(value)}
        for at, value in zip(stamps[there].tolist(), values[there].tolist(), strict=True)
    }


def _dividend(amount: float) -> dict[str, float]:
    return {"amount": amount}


def _split(ratio: float) -> dict[str, float]:
    return {"numerator": ratio, "denominator": 1.0}
