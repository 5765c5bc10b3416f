"""One queue per host, shared by every process of the machine.

A file per host holds the next free moment; taking a slot moves it on under a file lock. Moments are
`clock.monotonic()`, which Linux and macOS count from boot for all processes alike.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from ..clock import Clock
from ..errors import ConfigError, RateLimitedError
from .contract import JITTER, LONGEST_SHUT_S, LONGEST_WAIT_S, left_alone


@dataclass(frozen=True)
class MachineLimiter:
    """The queue in files; `Limiter` says what its methods mean."""

    folder: Path
    clock: Clock
    rate: Callable[[str], float]
    """Requests a second by source name; 0 is no limit."""

    def wait(self, source: str) -> None:
        rate = self.rate(source)
        self.clock.sleep(self._take(source, 1 / rate if rate else 0.0))

    def hold(self, source: str, seconds: float) -> None:
        with self._locked(source) as path:
            until = self.clock.monotonic() + min(seconds, LONGEST_WAIT_S)
            path.write_text(repr(max(until, self._next(path))))

    def shut(self, source: str, seconds: float) -> None:
        if self.rate(source):
            with self._locked(source) as path:
                until = self.clock.monotonic() + min(seconds, LONGEST_SHUT_S)
                _shut(path).write_text(repr(until))

    def _take(self, source: str, gap: float) -> float:
        with self._locked(source) as path:
            now = self.clock.monotonic()
            left = self._moment(_shut(path), LONGEST_SHUT_S) - now
            if left > 0:
                raise RateLimitedError(left_alone(source, left), left)
            slot = max(now, self._next(path))
            if gap:
                path.write_text(repr(slot + gap * (1 + random.uniform(0, JITTER))))
            return slot - now

    def _next(self, path: Path) -> float:
        return self._moment(path, LONGEST_WAIT_S)

    def _moment(self, path: Path, longest: float) -> float:
        """The stored moment; one further away than the longest wait is from before a reboot."""
        try:
            moment = float(path.read_text())
        except (FileNotFoundError, ValueError):
            return 0.0
        return moment if moment <= self.clock.monotonic() + longest else 0.0

    @contextmanager
    def _locked(self, source: str) -> Iterator[Path]:
        path = self.folder / re.sub(r"[^a-z0-9-]", "_", source.lower())
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{path}.lock"):
                yield path
        except OSError as error:
            raise ConfigError(
                f"{self.folder} cannot be written ({error.strerror}); set HOME to a folder that can be"
            ) from error


def _shut(path: Path) -> Path:
    return path.with_name(f"{path.name}.shut")
