"""The API of each vendor: one file and one function from an `Ask` to a `Reply`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ..ask import Ask
from ..dialects import binance, binance_archive, bitstamp, coinbaseexchange, ecb, fred, kraken, tiingo, yahoo
from ..reply import Reply

DIALECTS: Final[Mapping[str, Callable[[Ask], Reply]]] = {
    "yahoo": yahoo.answer,
    "binance": binance.answer,
    "coinbaseexchange": coinbaseexchange.answer,
    "kraken": kraken.answer,
    "bitstamp": bitstamp.answer,
    "binance-archive": binance_archive.answer,
    "fred": fred.answer,
    "tiingo": tiingo.answer,
    "ecb": ecb.answer,
}
"""By source: the first segment of the path."""
