"""Apply faults: one small function per kind.

Data faults change the rows before the dialect writes them, reply faults change the finished answer.
Same seed, same requests: same faults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .fault import REFUSALS, Fault
from .market import PRICES, Bars, unfinished
from .reply import Reply, html_reply

_EPOCH: Final = np.datetime64("1970-01-01", "D")
_QUOTA: Final = b"Error: You have run over your hourly request allocation."
_DAYS: Final = 40_000
"""Of another company's path, from the epoch on."""
_MEMORY: Final = 50
"""Days after which a move of that path is over, so that it stays near its level."""


def _too_many(reply: Reply, fault: Fault) -> Reply:
    wait = fault.number("retry_after")
    headers = {"Content-Type": "text/plain", **({"Retry-After": f"{wait:g}"} if wait >= 0 else {})}
    if fault.text("as") == "text":
        return Reply(200, _QUOTA, headers)
    return Reply(429, b"Too Many Requests\r\n", headers)


def _refused(reply: Reply, fault: Fault) -> Reply:
    return html_reply(f"{fault.kind} simulated", int(fault.kind))


def _hang(reply: Reply, fault: Fault) -> Reply:
    return replace(reply, hold_s=fault.number("seconds"))


def _reset(reply: Reply, fault: Fault) -> Reply:
    return replace(reply, reset=True)


def _truncated(reply: Reply, fault: Fault) -> Reply:
    kept = int(len(reply.body) * fault.number("keep"))
    lost = len(reply.body) - kept if fault.text("length") == "declared" else 0
    return replace(reply, body=reply.body[:kept], missing_bytes=lost)


def _html(reply: Reply, fault: Fault) -> Reply:
    return html_reply("Will be right back", 200)


def _empty(reply: Reply, fault: Fault) -> Reply:
    return replace(reply, status=200, body=b"")


def _trickle(reply: Reply, fault: Fault) -> Reply:
    return replace(reply, gap_s=fault.number("seconds"))


def _redirect(reply: Reply, fault: Fault) -> Reply:
    return Reply(302, b"", {"Location": fault.text("location")})


def _huge(reply: Reply, fault: Fault) -> Reply:
    block = b" " * 65536
    blocks = max(2, int(fault.number("bytes")) // len(block))
    return Reply(200, block, {"Content-Type": "application/json"}, repeat=blocks)


def _nulls(bars: Bars, fault: Fault) -> Bars:
    affected = _rows(bars, fault)
    values = {name: getattr(bars, name).copy() for name in (*PRICES, "volume", "adjclose")}
    for column in values.values():
        column[affected] = np.nan
    return replace(bars, **values)


def _duplicates(bars: Bars, fault: Fault) -> Bars:
    return bars.take(np.sort(np.append(np.arange(len(bars)), _rows(bars, fault))))


def _missing(bars: Bars, fault: Fault) -> Bars:
    return bars.take(np.setdiff1d(np.arange(len(bars)), _rows(bars, fault)))


def _history(bars: Bars, fault: Fault) -> Bars:
    """A source that begins later than others, or stopped."""
    first, last = np.datetime64(fault.text("from"), "D"), np.datetime64(fault.text("to"), "D")
    return bars.take((bars.days >= first) & (bars.days <= last))


def _unadjusted(bars: Bars, fault: Fault) -> Bars:
    undone = bars.later.copy()
    if fault.text("scope") == "day":
        eve = np.append(bars.split[1:] != 1, [False])
        undone[~eve] = 1.0
    bars = replace(bars.scaled(undone), volume=bars.volume / undone)
    return bars if fault.text("events") == "kept" else replace(bars, split=np.ones(len(bars)))


def _restated(bars: Bars, fault: Fault) -> Bars:
    first, last = np.datetime64(fault.text("from"), "D"), np.datetime64(fault.text("to"), "D")
    affected = (bars.days >= first) & (bars.days <= last)
    return bars.scaled(np.where(affected, 1 + fault.number("percent") / 100, 1.0))


def _unit(bars: Bars, fault: Fault) -> Bars:
    return replace(bars.scaled(fault.number("factor")), currency=fault.text("label") or bars.currency)


def _unfinished(bars: Bars, fault: Fault) -> Bars:
    # three hours after the opening every session is in progress
    return unfinished(bars, fault.number("fraction"), int(bars.stamps[-1]) + 3 * 3600)


def _spike(bars: Bars, fault: Fault) -> Bars:
    """Wrong prices on a few sessions: all of a bar, or one field."""
    factor = np.ones(len(bars))
    factor[_rows(bars, fault)] = fault.number("factor")
    field = fault.text("field")
    names = PRICES if field == "bar" else (field,)
    return replace(bars, **{name: getattr(bars, name) * factor for name in names})


def _dividends(bars: Bars, fault: Fault) -> Bars:
    """Dividends in another unit, or listed again some sessions later."""
    paid = bars.dividend * fault.number("factor")
    again = int(fault.number("again"))
    if 0 < again < len(paid):
        paid[again:] += paid[:-again].copy()
    return replace(bars, dividend=paid)


def _shifted(bars: Bars, fault: Fault) -> Bars:
    """All dates some days late, as in another time zone."""
    days = int(fault.number("days"))
    return replace(bars, days=bars.days + np.timedelta64(days, "D"), stamps=bars.stamps + days * 86_400)


def _recycled(bars: Bars, fault: Fault) -> Bars:
    """From a day on the symbol names another company: its own path, without splits or dividends."""
    own = bars.days >= np.datetime64(fault.text("from"), "D")
    walk = np.cumsum(np.random.default_rng(fault.seed).normal(0, 0.02, _DAYS))
    place = (bars.days - _EPOCH).astype(int) % (_DAYS - _MEMORY) + _MEMORY
    close = fault.number("level") * np.exp(walk[place] - walk[place - _MEMORY])
    columns: dict[str, Any] = {
        name: np.where(own, close, getattr(bars, name)) for name in (*PRICES, "adjclose")
    }
    none = {"dividend": 0.0, "gain": 0.0, "split": 1.0}
    columns |= {name: np.where(own, value, getattr(bars, name)) for name, value in none.items()}
    return replace(bars, **columns)


def _mislabelled(bars: Bars, fault: Fault) -> Bars:
    """Each session has the figures of so many sessions before it; those without any are missing."""
    distance = int(fault.number("sessions"))
    places = np.arange(len(bars)) - distance
    chosen = (places >= 0) & (places < len(bars))
    return replace(bars.take(places[chosen]), days=bars.days[chosen], stamps=bars.stamps[chosen])


def _reinvested(bars: Bars, fault: Fault) -> Bars:
    """Prices adjusted for every dividend up to now, as of a vendor that serves nothing else."""
    bars = bars.scaled(bars.adjclose / bars.close)
    bars = replace(bars, adjclose=bars.close)
    nothing = np.zeros(len(bars))
    return bars if fault.text("events") == "kept" else replace(bars, dividend=nothing, gain=nothing)


def _zone(bars: Bars, fault: Fault) -> Bars:
    """The same moments under another time zone, where the vendor names one."""
    return replace(bars, zone=fault.text("zone"))


def _rows(bars: Bars, fault: Fault) -> npt.NDArray[np.intp]:
    """The rows of a fault: `count` of them at the head, middle or tail, or random by the seed."""
    total = len(bars)
    count = min(int(fault.number("count")), total)
    if fault.text("where") == "random":
        return np.sort(np.random.default_rng(fault.seed).choice(total, count, replace=False))
    start = {"head": 0, "middle": (total - count) // 2, "tail": total - count}[fault.text("where")]
    return np.arange(start, start + count)


REPLY_FAULTS: Final[Mapping[str, Callable[[Reply, Fault], Reply]]] = {
    "429": _too_many,
    **dict.fromkeys(REFUSALS, _refused),
    "hang": _hang,
    "reset": _reset,
    "truncated": _truncated,
    "html": _html,
    "empty": _empty,
    "trickle": _trickle,
    "redirect": _redirect,
    "huge": _huge,
}
DATA_FAULTS: Final[Mapping[str, Callable[[Bars, Fault], Bars]]] = {
    "nulls": _nulls,
    "duplicates": _duplicates,
    "missing": _missing,
    "history": _history,
    "unadjusted": _unadjusted,
    "restated": _restated,
    "unit": _unit,
    "unfinished": _unfinished,
    "spike": _spike,
    "dividends": _dividends,
    "shifted": _shifted,
    "recycled": _recycled,
    "mislabelled": _mislabelled,
    "reinvested": _reinvested,
    "zone": _zone,
}
