"""The request rate of each host, from the arrival times of its requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WINDOW_S = 5.0
"""A late process bunches what was spaced well, so a window is some seconds long."""


@dataclass(frozen=True)
class Load:
    """The load of one host."""

    requests: int
    busiest: int
    """Requests in the fullest window."""
    allowed: int
    """In a window: as many as fit in it at the limit, both of its ends included."""

    @property
    def over(self) -> int:
        return max(0, self.busiest - self.allowed)

    @property
    def busiest_per_second(self) -> float:
        return self.busiest / WINDOW_S


def loads(moments: Mapping[str, Sequence[float]], limits: Mapping[str, float]) -> dict[str, Load]:
    """The load of each host with a limit, in requests per second."""
    return {
        host: Load(len(moments[host]), busiest(moments[host]), int(limits[host] * WINDOW_S) + 1)
        for host in sorted(moments.keys() & limits.keys())
    }


def busiest(moments: Iterable[float]) -> int:
    """The maximum number of requests in any window of `WINDOW_S`."""
    most, first, ordered = 0, 0, sorted(moments)
    for last, moment in enumerate(ordered):
        while moment - ordered[first] > WINDOW_S:
            first += 1
        most = max(most, last - first + 1)
    return most
