"""Tiingo's daily prices: as traded, with a key in a header or the address, finished sessions only.

`adjClose` reinvests a dividend at the close of its ex-date, `adjVolume` is for splits only. Every
share and fund of Yahoo is listed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from ..ask import Ask
from ..market import PRICES, Bars, Floats, Series, later_splits
from ..reply import Reply, json_reply
from ..venue import SHARE
from .candles import whole

_PRICES: Final = "/tiingo/daily/"
_NO_KEY: Final = "Please supply a token"


def answer(ask: Ask) -> Reply:
    """The prices of one ticker from `startDate` to `endDate`."""
    ticker, _, rest = ask.path.removeprefix(_PRICES).partition("/")
    if not ask.path.startswith(_PRICES) or rest != "prices":
        return json_reply({"detail": "Not found."}, 404)
    ask.about(ticker)
    if not ask.key:
        return json_reply({"detail": _NO_KEY}, 403)
    series = ask.market.find("tiingo", ticker) or _share(ask.market.find("yahoo", ticker))
    bars = ask.known(series)
    if series is None or bars is None:
        return json_reply({"detail": f"Error: Ticker '{ticker[:20]}' not found"}, 404)
    try:
        first = np.datetime64(ask.query.get("startDate") or bars.days[-1], "D")
        last = np.datetime64(ask.query.get("endDate") or "2099-12-31", "D")
    except ValueError:
        return json_reply({"detail": "Error: startDate and endDate are dates such as 2024-12-31"}, 400)
    bars = _finished(bars, series, int(ask.now.timestamp()))
    chosen = bars.take((bars.days >= first) & (bars.days <= last))
    return json_reply(_listed(ask.spoil(chosen)))


def _share(series: Series | None) -> Series | None:
    return series if series and series.venue.kind == SHARE.kind else None


def _finished(bars: Bars, series: Series, now: int) -> Bars:
    """As traded, without the session in progress; adjusted for the later splits and dividends."""
    if len(bars) and now < series.venue.close_at(bars.days[-1]):
        bars = bars.take(slice(-1))
    traded = replace(
        bars.scaled(bars.later),
        volume=bars.volume / bars.later,
        dividend=bars.dividend * bars.later,
        later=np.ones(len(bars)),
    )
    return replace(traded, adjclose=traded.close * _factors(traded))


def _factors(bars: Bars) -> Floats:
    """What the later events leave of each close: close / (close + dividend), over the split."""
    paid = np.where(bars.dividend > 0, bars.close / (bars.close + bars.dividend), 1.0) / bars.split
    return np.append(np.cumprod(paid[:0:-1])[::-1], 1.0)[: len(bars)]


def _listed(bars: Bars) -> list[dict[str, Any]]:
    factor, later = bars.adjclose / bars.close, later_splits(bars.split)
    values = {name: getattr(bars, name) for name in ("close", "high", "low", "open")}
    values |= {f"adj{name.capitalize()}": getattr(bars, name) * factor for name in PRICES}
    values |= {"divCash": bars.dividend, "splitFactor": bars.split}
    columns: dict[str, list[Any]] = {name: column.tolist() for name, column in values.items()}
    columns |= {"volume": whole(bars.volume), "adjVolume": whole(bars.volume * later)}
    days = [f"{day}T00:00:00.000Z" for day in bars.days.astype(str)]
    return [
        {"date": day, **dict(zip(columns, row, strict=True))}
        for day, *row in zip(days, *columns.values(), strict=True)
    ]
