"""The shared queue in a real Redis: spacing, expiry and outage."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from marketlake.model.clock import VirtualClock
from marketlake.model.errors import ConfigError, RateLimitedError, UnavailableError
from marketlake.model.settings import load_settings
from marketlake.sources.limiter import MachineLimiter, SharedLimiter, limiter_for

from .processes import Processes, free_ports
from .servers import start_redis

pytestmark = pytest.mark.xdist_group("redis")
START = datetime(2024, 1, 1, tzinfo=UTC)
HOSTS = (f"host{number}" for number in count())
"""Each test asks hosts of its own, since all share one Redis."""


def limiter(url: str, rate: float = 2.0) -> tuple[SharedLimiter, VirtualClock]:
    clock = VirtualClock(START)
    return SharedLimiter(url, "simulated", clock, lambda _: rate), clock


def test_requests_of_two_machines_are_spaced_whatever_their_clocks(url: str) -> None:
    host = next(HOSTS)
    (first, one), (second, two) = limiter(url), limiter(url)
    one.instant = datetime(2031, 1, 1, tzinfo=UTC)
    first.wait(host)
    second.wait(host)
    first.wait(host)
    second.wait(next(HOSTS))
    assert sum(two.slept) == pytest.approx(0.5, abs=0.1)
    assert sum(one.slept) == pytest.approx(1.0, abs=0.15)


def test_without_limit_there_is_no_wait(url: str) -> None:
    host = next(HOSTS)
    queue, clock = limiter(url, rate=0.0)
    for _ in range(3):
        queue.wait(host)
    queue.shut(host, 1800)
    queue.wait(host)
    assert sum(clock.slept) == 0


def test_hold_applies_to_all_clients_and_is_bounded(url: str) -> None:
    host = next(HOSTS)
    (first, _), (second, clock) = limiter(url, rate=0.0), limiter(url, rate=0.0)
    first.hold(host, 30)
    first.hold(host, 5)
    second.wait(host)
    assert sum(clock.slept) == pytest.approx(30, abs=0.5)
    first.hold(host, 1e9)
    second.wait(host)
    assert sum(clock.slept) == pytest.approx(630, abs=1)


def test_long_hold_raises_for_all_clients_instead_of_waiting(url: str) -> None:
    host = next(HOSTS)
    (first, one), (second, two) = limiter(url), limiter(url)
    first.shut(host, 1e12)
    with pytest.raises(RateLimitedError, match=f"{host} is rate limited for 3[56]") as refused:
        second.wait(host)
    assert refused.value.retry_after == pytest.approx(3600, abs=1)
    assert sum(one.slept) + sum(two.slept) == 0


def test_live_and_simulated_requests_have_separate_queues(url: str) -> None:
    host, clock = next(HOSTS), VirtualClock(START)
    SharedLimiter(url, "live", clock, lambda _: 1.0).wait(host)
    SharedLimiter(url, "simulated", clock, lambda _: 1.0).wait(host)
    assert sum(clock.slept) == 0


def test_expired_slots_leave_no_keys(url: str) -> None:
    from redis import Redis

    host = next(HOSTS)
    limiter(url, rate=100.0)[0].wait(host)
    with Redis.from_url(url) as client:
        assert 0 < client.pttl(f"marketlake:simulated:{host}") <= 1020


def test_without_redis_requests_fail_and_holds_are_dropped(processes: Processes) -> None:
    port = free_ports(1)[0]
    server = start_redis(processes, port, "another")
    queue, _ = limiter(f"redis://:{server.password}@127.0.0.1:{port}")
    queue.wait("yahoo")
    processes.kill_tree("another")
    with pytest.raises(
        UnavailableError, match=r"redis 127.0.0.1:.* does not answer .* nothing was requested"
    ) as gone:
        queue.wait("yahoo")
    assert server.password not in str(gone.value) + repr(queue)
    assert gone.value.__cause__ is None
    queue.hold("yahoo", 5)
    queue.shut("yahoo", 5)


def test_wrong_password_is_reported_without_showing_it(url: str) -> None:
    wrong = url.replace("redis://:", "redis://:wr0ng")
    queue, _ = limiter(wrong)
    with pytest.raises(ConfigError, match="refuses the password in MARKETLAKE_LIMITER_URL") as refused:
        queue.wait("yahoo")
    assert "wr0ng" not in str(refused.value)


def test_address_comes_from_the_environment_and_is_not_shown(home: Path, url: str) -> None:
    settings = load_settings(home=home, environ={"MARKETLAKE_LIMITER_URL": url})
    assert isinstance(limiter_for(settings), SharedLimiter)
    assert isinstance(limiter_for(load_settings(home=home, environ={})), MachineLimiter)
    assert url not in repr(settings)
    with pytest.raises(ConfigError, match="must look like redis://redis:6379/1") as wrong:
        load_settings(home=home, environ={"MARKETLAKE_LIMITER_URL": "memcached://:s3cret@h"})
    assert "s3cret" not in str(wrong.value)


def request_times(home: Path, times: int, limit: float, **environment: str) -> list[float]:
    """Release times of two machines that send requests at the same time."""
    (home / "marketlake.toml").write_text(f"[requests_per_second]\nyahoo = {limit}\n")
    processes = [start_client(home, machine, times, environment) for machine in ("one", "two")]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    return sorted(float(line) for process in processes for line in process.communicate()[0].splitlines())


def start_client(home: Path, machine: str, times: int, environment: dict[str, str]) -> subprocess.Popen[str]:
    (home / machine).mkdir()
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("asker.py")), str(home), str(times)],
        env={"PATH": os.environ["PATH"], "HOME": str(home / machine), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("shared", [True, False])
def test_two_machines_share_the_limit_only_with_a_common_queue(home: Path, url: str, shared: bool) -> None:
    moments = request_times(home, 20, 20.0, **({"MARKETLAKE_LIMITER_URL": url} if shared else {}))
    assert len(moments) == 40
    assert (moments[-1] - moments[0] >= 39 / 20 - 0.1) == shared
