"""The shared queue is unavailable: no vendor gets requests, every row has the error, the next
run catches up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from marketlake.ingest.run import ingest
from marketlake.simulator.server import Simulator

from .conftest import VirtualSettings


def test_without_redis_no_vendor_gets_a_request_and_nothing_is_lost(
    make: Callable[..., VirtualSettings], simulator: Simulator
) -> None:
    settings = make()
    before = len(simulator.requests)
    failed_rows = replace(settings, limiter_url="redis://:s3cret@127.0.0.1:9/1")
    for row in ingest(failed_rows):
        assert row["outcome"] == "unavailable"
        assert "redis 127.0.0.1:9 does not answer" in row["message"]
        assert "s3cret" not in str(row)
    assert len(simulator.requests) == before
    assert {row["outcome"] for row in ingest(settings)} == {"ok"}
