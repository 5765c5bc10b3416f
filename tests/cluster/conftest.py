"""A Redis for the tests of this folder, if it is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .processes import Processes, free_ports, unprivileged
from .servers import Server, program, start_redis


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    if program("redis-server") is None:
        pytest.skip("there is no redis-server on this machine")
    with unprivileged() as started:
        yield started


@pytest.fixture(scope="session")
def redis(processes: Processes) -> Server:
    return start_redis(processes, free_ports(1)[0])


@pytest.fixture
def url(redis: Server) -> str:
    return f"redis://:{redis.password}@127.0.0.1:{redis.port}/{1 + os.getpid() % 15}"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "instruments.toml").write_text("")
    return tmp_path
