"""One request queue per host, in virtual time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from marketlake.model.clock import VirtualClock
from marketlake.model.errors import RateLimitedError
from marketlake.sources.limiter import MachineLimiter

START = datetime(2024, 1, 1, tzinfo=UTC)


def limiter(folder: Path, rate: float = 2.0) -> tuple[MachineLimiter, VirtualClock]:
    clock = VirtualClock(START)
    return MachineLimiter(folder, clock, lambda _: rate), clock


def test_requests_are_spaced(tmp_path: Path) -> None:
    queue, clock = limiter(tmp_path)
    for _ in range(5):
        queue.wait("yahoo")
    assert 4 * 0.5 <= sum(clock.slept) <= 4 * 0.5 * 1.1


def test_two_limiters_of_one_folder_share_the_queue_and_sources_do_not(tmp_path: Path) -> None:
    (first, one), (second, two) = limiter(tmp_path), limiter(tmp_path)
    first.wait("yahoo")
    second.wait("yahoo")
    second.wait("../ecb")
    assert sum(one.slept) == 0
    assert 0.5 <= sum(two.slept) <= 0.55
    assert all(path.parent == tmp_path for path in tmp_path.rglob("*"))


def test_without_limit_there_is_no_wait(tmp_path: Path) -> None:
    queue, clock = limiter(tmp_path, rate=0.0)
    for _ in range(3):
        queue.wait("yahoo")
    assert sum(clock.slept) == 0


def test_hold_is_applied_and_bounded(tmp_path: Path) -> None:
    queue, clock = limiter(tmp_path, rate=0.0)
    queue.hold("yahoo", 30)
    queue.hold("yahoo", 5)
    queue.wait("yahoo")
    assert sum(clock.slept) == pytest.approx(30)
    queue.hold("yahoo", 1e9)
    queue.wait("yahoo")
    assert sum(clock.slept) == pytest.approx(630)


@pytest.mark.parametrize("before", [1.0, 599.0, 601.0, 1e6])
def test_slot_from_before_a_reboot_waits_at_most_ten_minutes(tmp_path: Path, before: float) -> None:
    queue, clock = limiter(tmp_path)
    (tmp_path / "yahoo").write_text(repr(clock.monotonic() + before))
    queue.wait("yahoo")
    assert sum(clock.slept) <= 600


@pytest.mark.parametrize("left", ["", "nonsense", "9e99", "nan"])
def test_stale_or_broken_slot_is_ignored(tmp_path: Path, left: str) -> None:
    (tmp_path / "yahoo").write_text(left)
    queue, clock = limiter(tmp_path)
    queue.wait("yahoo")
    assert sum(clock.slept) == 0


def test_long_hold_raises_for_all_clients_instead_of_waiting(tmp_path: Path) -> None:
    (first, one), (second, two) = limiter(tmp_path), limiter(tmp_path)
    first.shut("yahoo", 1800)
    second.wait("ecb")
    with pytest.raises(RateLimitedError, match="yahoo is rate limited for 1800 s") as refused:
        second.wait("yahoo")
    assert refused.value.retry_after == pytest.approx(1800)
    assert (sum(one.slept), sum(two.slept)) == (0, 0)
    two.sleep(1801)
    second.wait("yahoo")
    first.shut("yahoo", 1e12)
    one.sleep(3601)
    first.wait("yahoo")


def test_simulator_is_not_rate_limited(tmp_path: Path) -> None:
    queue, clock = limiter(tmp_path, rate=0.0)
    queue.shut("yahoo", 1800)
    queue.wait("yahoo")
    assert sum(clock.slept) == 0
