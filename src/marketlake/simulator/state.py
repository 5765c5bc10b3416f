"""The simulator: a market, a clock that can be moved, faults that can be switched, a log of requests."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from ..clock import SystemClock
from ..errors import UsageError
from .ask import Ask
from .dialects import DIALECTS
from .fault import Fault
from .market import Market
from .reply import Reply, json_reply

_LOG_LENGTH: Final = 100_000


@dataclass(frozen=True)
class Served:
    """One answered request."""

    at: float
    """Seconds on the machine's monotonic clock."""
    source: str
    path: str
    """With its query, without the source."""
    status: int


class Simulator:
    """What `serve` hands out; safe to use from any thread."""

    def __init__(self, market: Market, now: datetime | None, faults: Sequence[Fault]) -> None:
        self.market = market
        self.url = ""
        self._clock = SystemClock()
        self._lock = threading.Lock()
        self._now = now
        self._log: deque[Served] = deque(maxlen=_LOG_LENGTH)
        self.set_faults(faults)

    @property
    def now(self) -> datetime:
        """The simulated present; the machine's, unless it was set."""
        return self._now or self._clock.now()

    def set_clock(self, now: datetime | None) -> None:
        """Move time, in either direction; None follows the machine."""
        if now is not None and now.tzinfo is None:
            raise UsageError(f"the simulator's clock needs a time zone: {now.isoformat()}")
        self._now = None if now is None else now.astimezone(UTC)

    @property
    def faults(self) -> tuple[Fault, ...]:
        return self._faults

    def set_faults(self, faults: Sequence[Fault]) -> None:
        """Replace all faults; their counts begin anew."""
        with self._lock:
            self._faults = tuple(faults)
            self._struck: Counter[int] = Counter()
            self._turns: Counter[tuple[int, str, str]] = Counter()

    @property
    def requests(self) -> tuple[Served, ...]:
        """The latest requests (100,000 at most), in order of arrival of their answers."""
        with self._lock:
            return tuple(self._log)

    def answer(self, target: str) -> Reply:
        """The vendor's answer to a request line's target, faults included, and a line in the log."""
        parts = urlsplit(target)
        source, _, path = parts.path.lstrip("/").partition("/")
        dialect = DIALECTS.get(source)
        if dialect is None:
            known = ", ".join(DIALECTS)
            return json_reply({"error": f"the path begins with the source's name, one of {known}"}, 404)
        ask = Ask(
            market=self.market,
            now=self.now,
            path="/" + unquote(path),
            query=dict(parse_qsl(parts.query)),
            draw=lambda names: self._draw(source, names),
        )
        reply = ask.finish(dialect(ask))
        query = f"?{parts.query}" if parts.query else ""
        with self._lock:
            self._log.append(Served(self._clock.monotonic(), source, f"/{path}{query}", reply.status))
        return reply

    def _draw(self, source: str, names: tuple[str, ...]) -> list[Fault]:
        with self._lock:
            return [
                fault
                for number, fault in enumerate(self._faults)
                if self._strikes(number, fault, source, names)
            ]

    def _strikes(self, number: int, fault: Fault, source: str, names: tuple[str, ...]) -> bool:
        if not fault.matches(source, names) or self._struck[number] == fault.times:
            return False
        name = names[-1]
        turn = self._turns[number, source, name]
        self._turns[number, source, name] += 1
        strikes = fault.chance(source, name, turn)
        self._struck[number] += strikes
        return strikes
