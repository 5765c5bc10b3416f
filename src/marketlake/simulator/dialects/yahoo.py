"""Yahoo's chart v8, its search for symbols, a fund's profile, its crumb and its cookie.

Prices and dividends are divided by every later split and volume multiplied, up to the current time,
which is also the time stamp of an unfinished bar. `period1` and `period2` are both included.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from ..ask import Ask
from ..market import PRICES, Bars, Floats, Series
from ..reply import Reply, html_reply, json_reply
from .candles import whole

CRUMB: Final = "simulated.crumb"
_CHART: Final = "/v8/finance/chart/"
_SUMMARY: Final = "/v10/finance/quoteSummary/"
_RANGES: Final = ("1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max")
_COOKIE: Final = "A3=d=simulated&S=simulated; Path=/; Max-Age=31557600; HttpOnly; SameSite=Lax"
_RANGE: Final = re.compile(r"(\d{1,4})(d|mo|y)")
_DAYS: Final = {"mo": 30.4375, "y": 365.25}


def answer(ask: Ask) -> Reply:
    """The chart, the crumb, or the page that hands out the cookie."""
    if ask.path.startswith(_CHART):
        return _chart(ask, ask.path.removeprefix(_CHART))
    if ask.path.startswith(_SUMMARY):
        return _summary(ask, ask.path.removeprefix(_SUMMARY))
    if ask.path == "/v1/finance/search":
        return _search(ask, ask.query.get("q", ""))
    if ask.path == "/v1/test/getcrumb":
        ask.about("crumb")
        return Reply(200, CRUMB.encode(), {"Content-Type": "text/plain;charset=utf-8"})
    ask.about("cookie")
    page = html_reply("Not Found", 404)
    return Reply(404, page.body, {**page.headers, "Set-Cookie": _COOKIE})


def _search(ask: Ask, text: str) -> Reply:
    """Symbols that contain the text, the shortest first."""
    ask.about("search")
    word = text.casefold()
    listed = [series for (source, _), series in ask.market.series.items() if source == "yahoo"]
    matches = [series for series in listed if word and word in series.symbol.casefold() and ask.known(series)]
    matches.sort(key=lambda series: (len(series.symbol), series.symbol))
    return json_reply(
        {"count": len(matches), "quotes": [_quote(series) for series in matches[:8]], "news": []}
    )


def _summary(ask: Ask, symbol: str) -> Reply:
    """The module fundProfile; no other is served, and a crumb is required."""
    ask.about("summary")
    series = ask.market.find("yahoo", symbol)
    if ask.query.get("crumb") != CRUMB:
        error = {"code": "Unauthorized", "description": "Invalid Crumb"}
        return json_reply({"finance": {"result": None, "error": error}}, 401)
    if series is None or ask.query.get("modules") != "fundProfile" or series.expense_ratio is None:
        error = {"code": "Not Found", "description": f"No fundamentals data found for symbol: {symbol[:20]}"}
        return json_reply({"quoteSummary": {"result": None, "error": error}}, 404)
    ratio: Any = series.expense_ratio
    if ask.query.get("formatted") != "false":
        ratio = {"raw": ratio, "fmt": f"{ratio:.2%}"}
    profile = {"feesExpensesInvestment": {"annualReportExpenseRatio": ratio}}
    return json_reply({"quoteSummary": {"result": [{"fundProfile": profile}], "error": None}})


def _quote(series: Series) -> dict[str, Any]:
    venue = series.venue
    named = {"shortname": series.symbol, "longname": series.symbol, "symbol": series.symbol}
    kinds = {"quoteType": venue.kind, "typeDisp": venue.kind.capitalize()}
    return {**named, **kinds, "exchange": venue.exchange, "exchDisp": venue.exchange, "isYahooFinance": True}


def _chart(ask: Ask, symbol: str) -> Reply:
    ask.about(symbol)
    if ask.query.get("crumb") not in {None, "", CRUMB}:
        error = {"code": "Unauthorized", "description": "Invalid Crumb"}
        return json_reply({"finance": {"result": None, "error": error}}, 401)
    interval = ask.query.get("interval", "1d")
    if interval != "1d":
        return _refusal(
            422, "Unprocessable Entity", f"Invalid input - interval={interval[:20]} is not supported"
        )
    series = ask.market.find("yahoo", symbol)
    bars = ask.known(series)
    if bars is None or series is None:
        return _refusal(404, "Not Found", "No data found, symbol may be delisted")
    try:
        first, last = _window(ask, bars)
    except ValueError:
        return _refusal(400, "Bad Request", "Invalid input - period1, period2 or range")
    if first > last:
        return _refusal(400, "Bad Request", "Invalid input - start date cannot be after end date.")
    if last < bars.stamps[0]:
        words = f"Data doesn't exist for startDate = {first}, endDate = {last}"
        return _refusal(400, "Bad Request", words)
    chosen = ask.spoil(bars.take((bars.stamps >= first) & (bars.stamps <= last)))
    return json_reply({"chart": {"result": [_result(ask, series, bars, chosen)], "error": None}})


def _window(ask: Ask, bars: Bars) -> tuple[int, int]:
    period1, period2 = ask.number("period1"), ask.number("period2")
    if period1 is not None or period2 is not None:
        return int(period1 or 0), int(ask.now.timestamp() if period2 is None else period2)
    span = ask.query.get("range", "1d")
    last = int(bars.stamps[-1])
    if span == "max":
        return int(bars.stamps[0]), last
    if span == "ytd":
        year = bars.days[-1].astype("datetime64[Y]").astype("datetime64[D]")
        return int(bars.stamps[np.searchsorted(bars.days, year)]), last
    match = _RANGE.fullmatch(span)
    if match is None:
        raise ValueError(span)
    count, unit = int(match[1]), match[2]
    if unit == "d":
        return int(bars.stamps[-min(max(count, 1), len(bars))]), last
    return last - int(count * _DAYS[unit] * 86_400), last


def _result(ask: Ask, series: Series, bars: Bars, chosen: Bars) -> dict[str, Any]:
    result: dict[str, Any] = {"meta": _meta(ask, series, bars, chosen)}
    if not len(chosen):
        return {**result, "indicators": {"quote": [{}], "adjclose": [{}]}}
    events = _events(chosen, ask.query.get("events", ""))
    quote = {name: getattr(chosen, name) for name in PRICES}
    return {
        **result,
        "timestamp": chosen.stamps,
        **({"events": events} if events else {}),
        "indicators": {
            "quote": [{**quote, "volume": whole(chosen.volume)}],
            "adjclose": [{"adjclose": chosen.adjclose}],
        },
    }


def _events(bars: Bars, wanted: str) -> dict[str, Any]:
    splits = np.flatnonzero(bars.split != 1).tolist()
    listed = {
        "dividends": ("div", _paid(bars, bars.dividend)),
        "capitalGains": ("capitalGain", _paid(bars, bars.gain)),
        "splits": ("split", {str(int(bars.stamps[row])): _split(bars, row) for row in splits}),
    }
    return {name: events for name, (word, events) in listed.items() if word in wanted and events}


def _paid(bars: Bars, amounts: Floats) -> dict[str, Any]:
    rows = np.flatnonzero(amounts > 0)
    paid = [{"amount": float(amounts[row]), "date": int(bars.stamps[row])} for row in rows]
    return {str(event["date"]): event for event in paid}


def _split(bars: Bars, row: int) -> dict[str, Any]:
    ratio = Fraction(float(bars.split[row])).limit_denominator(10_000)
    return {
        "date": int(bars.stamps[row]),
        "numerator": ratio.numerator,
        "denominator": ratio.denominator,
        "splitRatio": f"{ratio.numerator}:{ratio.denominator}",
    }


def _meta(ask: Ask, series: Series, bars: Bars, chosen: Bars) -> dict[str, Any]:
    venue, zone = series.venue, chosen.zone or series.venue.zone
    local = ask.now.astimezone(ZoneInfo(zone))
    offset = local.utcoffset()
    before = bars.close[bars.stamps < chosen.stamps[0]] if len(chosen) else bars.close
    here = {"timezone": local.tzname(), "gmtoffset": int(offset.total_seconds()) if offset else 0}
    start, end = int(venue.open_at(bars.days[-1:])[0]), venue.regular_close(bars.days[-1])
    periods = {"pre": (start, start), "regular": (start, end), "post": (end, end)}
    return {
        "currency": chosen.currency,
        "symbol": series.symbol,
        "exchangeName": venue.exchange,
        "fullExchangeName": venue.exchange,
        "instrumentType": venue.kind,
        "firstTradeDate": int(series.stamps[0]),
        "regularMarketTime": min(int(ask.now.timestamp()), end),
        "hasPrePostMarketData": venue.kind == "EQUITY",
        **here,
        "exchangeTimezoneName": zone,
        "regularMarketPrice": float(bars.close[-1]),
        "shortName": series.symbol,
        "chartPreviousClose": float(before[-1]) if len(before) else None,
        "priceHint": 2,
        "currentTradingPeriod": {n: {**here, "start": a, "end": b} for n, (a, b) in periods.items()},
        "dataGranularity": "1d",
        "range": ask.query.get("range", ""),
        "validRanges": list(_RANGES),
    }


def _refusal(status: int, code: str, description: str) -> Reply:
    return json_reply(
        {"chart": {"result": None, "error": {"code": code, "description": description}}}, status
    )
