"""One queue per host, shared by every machine that knows the same Redis.

The next free moment of a host is a key; a script takes a slot and moves it on in one step, by Redis' clock,
so that the machines' own clocks need not agree. Whoever cannot reach the queue asks nobody.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ..clock import Clock
from ..errors import ConfigError, RateLimitedError, UnavailableError
from .contract import JITTER, LONGEST_SHUT_S, LONGEST_WAIT_S, left_alone

if TYPE_CHECKING:
    from redis import Redis

_ANSWERS_WITHIN_S: Final = 5.0
_NOW: Final = "local t = redis.call('TIME') local now = t[1] * 1000000 + t[2] "
# Microseconds; a key expires soon after its moment has passed.
_SET: Final = """
local function keep(key, moment)
  redis.call('SET', key, string.format('%.0f', moment), 'PX', math.ceil((moment - now) / 1000) + 1000)
end
local function moment(key) return tonumber(redis.call('GET', key) or '0') end
"""
_TAKE: Final = f"""{_NOW}{_SET}
local shut = moment(KEYS[2]) - now
if shut > 0 then return {{0, shut}} end
local slot, gap = math.max(now, moment(KEYS[1])), tonumber(ARGV[1])
if gap > 0 then keep(KEYS[1], slot + gap) end
return {{1, slot - now}}
"""
_PUT_OFF: Final = f"{_NOW}{_SET} keep(KEYS[1], math.max(now + tonumber(ARGV[1]), moment(KEYS[1])))"


@dataclass(frozen=True)
class SharedLimiter:
    """The queue in Redis; `Limiter` says what its methods mean."""

    url: str
    """redis:// or rediss://, with its password; never shown."""
    origin: str
    """Live and simulated fetches do not wait for each other."""
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
            raise RateLimitedError(left_alone(source, microseconds / 1e6), microseconds / 1e6)
        self.clock.sleep(microseconds / 1e6)

    def hold(self, source: str, seconds: float) -> None:
        self._put_off(self._key(source), min(seconds, LONGEST_WAIT_S))

    def shut(self, source: str, seconds: float) -> None:
        if self.rate(source):
            self._put_off(self._shut(source), min(seconds, LONGEST_SHUT_S))

    def _put_off(self, key: str, seconds: float) -> None:
        # while the queue is away nobody asks, so there is nobody to be told
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
                "nothing was asked; bring Redis back, the next run catches up"
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
        # once more at once: a server that was started anew has dropped the connection
        return Redis.from_url(
            self.url, socket_timeout=patience, socket_connect_timeout=patience, retry=Retry(NoBackoff(), 1)
        )
