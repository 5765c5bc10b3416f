"""One request to a simulated vendor."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .fault import UNKNOWN, Fault
from .faults import DATA_FAULTS, REPLY_FAULTS
from .market import Bars, Market, Series
from .reply import Reply


@dataclass
class Ask:
    """A request, and the faults that apply to it."""

    market: Market
    now: datetime
    path: str
    """Without the source's name, beginning with a slash, percent signs resolved."""
    query: Mapping[str, str]
    draw: Callable[[tuple[str, ...]], list[Fault]]
    """The faults that apply to a request for a symbol, given all its spellings."""
    key: str = ""
    """The key that came with the request."""
    faults: list[Fault] = field(default_factory=list)

    def about(self, *names: str) -> None:
        """Set the symbol of the request, so that faults can apply."""
        self.faults.extend(self.draw(names))

    def known(self, series: Series | None) -> Bars | None:
        """The rows that the vendor has of the symbol; None without any, or with a 404 fault."""
        if series is None or any(fault.kind == UNKNOWN for fault in self.faults):
            return None
        bars = series.at(self.now)
        return bars if len(bars) else None

    def spoil(self, bars: Bars) -> Bars:
        """The rows after the data faults."""
        for fault in self.faults:
            change = DATA_FAULTS.get(fault.kind)
            bars = change(bars, fault) if change and len(bars) else bars
        return bars

    def finish(self, reply: Reply) -> Reply:
        """The answer after the reply faults."""
        for fault in self.faults:
            change = REPLY_FAULTS.get(fault.kind)
            reply = change(reply, fault) if change else reply
        return reply

    def number(self, name: str) -> float | None:
        """A numeric parameter; None when it is absent, `ValueError` when it is no number."""
        text = self.query.get(name, "")
        value = float(text) if text else None
        if value is not None and not math.isfinite(value):
            raise ValueError(text)
        return value
