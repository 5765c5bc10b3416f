"""The result of a cluster run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .compare import Difference
from .meter import WINDOW_S, Load


@dataclass(frozen=True)
class Record:
    """Everything that is judged, and other useful numbers."""

    instruments: int
    account: str
    """Who Airflow and its workers ran as; Postgres and Redis as `nobody` for root."""
    runs: Mapping[str, str]
    """State by DAG."""
    tasks: int
    tasks_not_good: Sequence[str]
    kills: int
    tasks_killed: int
    """Under way on the worker that was lost."""
    tries_again: int
    requests: int
    answers_spoilt: int
    """Requests that a fault struck with a status of its own."""
    loads: Mapping[str, Load]
    difference: Difference
    seconds: Mapping[str, float]

    @property
    def rate_over_limit(self) -> int:
        return sum(load.over for load in self.loads.values())

    @property
    def good(self) -> bool:
        ended = bool(self.runs) and set(self.runs.values()) == {"success"} and not self.tasks_not_good
        return ended and self.tasks_killed > 0 and self.difference.none and not self.rate_over_limit

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "rate_over_limit": self.rate_over_limit, "good": self.good}

    def to_text(self) -> str:
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield f"instruments {self.instruments}, Airflow and its workers as {self.account}"
        yield "runs " + ", ".join(f"{name}: {state}" for name, state in sorted(self.runs.items()))
        yield f"tasks {self.tasks}, of which not good: {', '.join(self.tasks_not_good) or 0}"
        yield f"kills {self.kills}, tasks killed with the worker: {self.tasks_killed}"
        yield f"tasks tried again: {self.tries_again}"
        yield f"requests {self.requests}, refused or broken by a fault: {self.answers_spoilt}"
        yield f"rows stored {self.difference.stored}"
        yield f"rows lost: {self.difference.lost}"
        yield f"rows doubled: {self.difference.doubled}"
        yield f"rows changed: {self.difference.changed}"
        yield from self.difference.damage
        for host, load in self.loads.items():
            yield (
                f"{host}: {load.requests} requests, at most {load.busiest} in {WINDOW_S:.0f} s "
                f"({load.allowed} allowed)"
            )
        yield f"rate over limit: {self.rate_over_limit}"
        yield "seconds " + ", ".join(f"{what}: {spent:.0f}" for what, spent in self.seconds.items())
        yield "GOOD" if self.good else "NOT GOOD"
