"""The request limiter: one queue per source for all processes of a machine, or in Redis for
many."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from filelock import FileLock

from ..model.clock import Clock
from ..model.errors import ConfigError, RateLimitedError, UnavailableError
from ..model.settings import Settings

if TYPE_CHECKING:
    from redis import Redis

JITTER: Final = 0.1
"""Random part of a gap, so that machines do not send in step."""
LONGEST_WAIT_S: Final = 600.0
LONGEST_SHUT_S: Final = 3600.0
_ANSWERS_WITHIN_S: Final = 5.0
_NOW: Final = "local t = redis.call('TIME') local now = t[1] * 1000000 + t[2] "
# Microseconds; a key expires soon after its moment has passed.
_SET: Final = """
local function store(key, moment)
  redis.call('SET', key, string.format('%.0f', moment), 'PX', math.ceil((moment - now) / 1000) + 1000)
end
local function moment(key) return tonumber(redis.call('GET', key) or '0') end
"""
_TAKE: Final = f"""{_NOW}{_SET}
local shut = moment(KEYS[2]) - now
if shut > 0 then return {{0, shut}} end
local slot, gap = math.max(now, moment(KEYS[1])), tonumber(ARGV[1])
if gap > 0 then store(KEYS[1], slot + gap) end
return {{1, slot - now}}
"""
_PUT_OFF: Final = f"{_NOW}{_SET} store(KEYS[1], math.max(now + tonumber(ARGV[1]), moment(KEYS[1])))"


class Limiter(Protocol):
    """Schedules the requests to a host."""

    def wait(self, source: str) -> None:
        """Sleep until the source may be requested.

        `RateLimitedError` if it is blocked for longer.
        """

    def hold(self, source: str, seconds: float) -> None:
        """Delay requests to the source, after a Retry-After."""

    def shut(self, source: str, seconds: float) -> None:
        """Refuse requests for a time that is longer than a run should wait.

        A source without a limit is a simulator, which needs none.
        """


def rate_limited(source: str, seconds: float) -> str:
    """The message for a refused request."""
    return f"{source} is rate limited for {seconds:.0f} s more"


@dataclass(frozen=True)
class MachineLimiter:
    """The queue in files; `Limiter` documents its methods."""

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
                raise RateLimitedError(rate_limited(source, left), left)
            slot = max(now, self._next(path))
            if gap:
                path.write_text(repr(slot + gap * (1 + random.uniform(0, JITTER))))
            return slot - now

    def _next(self, path: Path) -> float:
        return self._moment(path, LONGEST_WAIT_S)

    def _moment(self, path: Path, longest: float) -> float:
        """The stored moment; one beyond the longest wait is from before a reboot."""
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
                f"{self.folder} cannot be written ({error.strerror}); set HOME to a writable folder"
            ) from error


def _shut(path: Path) -> Path:
    return path.with_name(f"{path.name}.shut")


@dataclass(frozen=True)
class SharedLimiter:
    """The queue in Redis; `Limiter` documents its methods."""

    url: str
    """redis:// or rediss://, with its password; never printed."""
    origin: str
    """Live and simulated fetches have separate queues."""
    clock: Clock
    rate: Callable[[str], float]
    """Requests a second by source name; 0 is no limit."""

    def __repr__(self) -> str:
        return f"SharedLimiter({self._place})"

    def wait(self, source: str) -> None:
        rate = self.rate(source)
        gap = (1 + random.uniform(0, JITTER)) / rate if rate else 0.0
        free, microseconds = self._run(_TAKE, [self._key(source), self._shut(source)], gap)
        if not free:
            raise RateLimitedError(rate_limited(source, microseconds / 1e6), microseconds / 1e6)
        self.clock.sleep(microseconds / 1e6)

    def hold(self, source: str, seconds: float) -> None:
        self._put_off(self._key(source), min(seconds, LONGEST_WAIT_S))

    def shut(self, source: str, seconds: float) -> None:
        if self.rate(source):
            self._put_off(self._shut(source), min(seconds, LONGEST_SHUT_S))

    def _put_off(self, key: str, seconds: float) -> None:
        # while the queue is unreachable no request is sent, so there is nothing to block
        with suppress(UnavailableError):
            self._run(_PUT_OFF, [key], seconds)

    def _key(self, source: str) -> str:
        return f"marketlake:{self.origin}:{source}"

    def _shut(self, source: str) -> str:
        return f"{self._key(source)}:shut"

    def _run(self, script: str, keys: list[str], seconds: float) -> Any:
        from redis.exceptions import AuthenticationError, AuthorizationError, NoPermissionError, RedisError

        try:
            return self._client.eval(script, len(keys), *keys, str(round(seconds * 1e6)))
        except (AuthenticationError, AuthorizationError, NoPermissionError):
            raise ConfigError(
                f"{self._place} refuses the password in MARKETLAKE_LIMITER_URL; correct it"
            ) from None
        except RedisError as error:
            raise UnavailableError(
                f"the queue of requests at {self._place} does not answer ({type(error).__name__}), so "
                "nothing was requested; restart Redis, the next run catches up"
            ) from None

    @property
    def _place(self) -> str:
        """Host and port, without the password."""
        parts = urlsplit(self.url)
        return f"redis {parts.hostname}:{parts.port or 6379}"

    @cached_property
    def _client(self) -> Redis:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        patience = _ANSWERS_WITHIN_S
        # one immediate retry: a restarted server has dropped the connection
        return Redis.from_url(
            self.url, socket_timeout=patience, socket_connect_timeout=patience, retry=Retry(NoBackoff(), 1)
        )


def limiter_for(settings: Settings) -> Limiter:
    """The queue in Redis where MARKETLAKE_LIMITER_URL names one, else this machine's own."""
    if settings.limiter_url:
        return SharedLimiter(settings.limiter_url, settings.origin, settings.clock, settings.rate)
    folder = Path.home() / ".cache" / "marketlake" / f"limits-{settings.origin}"
    return MachineLimiter(folder, settings.clock, settings.rate)
