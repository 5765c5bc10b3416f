"""Limits of time and memory, an interruption, and standard output that is closed or full."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

import pytest

from marketlake.ingest.build import build
from marketlake.ingest.run import ingest
from marketlake.lake import Lake
from marketlake.model.errors import UsageError

from ..ingest.homes import make_home, serve_rows, settings_of

pytestmark = pytest.mark.slow
ENDLESS = "SELECT count(*) FROM range(100000000000) t(x) WHERE x % 7 = 3"
LARGE = "SELECT list(x) FROM range(100000000) t(x)"
COMMAND = (sys.executable, "-c", "from marketlake.cli import main; main()")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = make_home(tmp_path_factory.mktemp("limits") / "home")
    for name in ("COIN", "METAL"):
        serve_rows(home, name, [float(n) for n in range(100, 400)])
    settings = settings_of(home, "2024-06-01T12:00Z")
    ingest(settings)
    build(settings)
    return home


def run(home: Path, *arguments: str, stdout: int | IO[bytes] = subprocess.PIPE, before: Any = None) -> Any:
    return subprocess.run(
        [*COMMAND, *arguments, "--home", str(home)],
        stdout=stdout,
        stderr=subprocess.PIPE,
        preexec_fn=before,
        timeout=60,
        check=False,
    )


def test_a_query_is_limited_in_time_and_memory(home: Path) -> None:
    lake = Lake(home / "data")
    started = time.monotonic()
    with pytest.raises(UsageError, match=r"longer than 0\.5 s"):
        lake.query_rows(ENDLESS, timeout=0.5)
    assert time.monotonic() - started < 20
    with pytest.raises(UsageError, match="more memory than it may use"):
        lake.query(LARGE, memory="60MB")
    for wrong in ({"timeout": 0.0}, {"timeout": 1e9}, {"memory": "lots"}, {"memory": "1TB; SET x = 1"}):
        with pytest.raises(UsageError, match="must"):
            lake.query_rows("SELECT 1", **wrong)
    assert lake.query_rows("SELECT 1", timeout=60, memory="200MB").rows == ((1,),)
    ended = run(home, "query", ENDLESS, "--timeout", "1", "--memory", "500MB")
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr.startswith(b"marketlake: the query took longer than 1 s")


def test_a_query_can_be_interrupted(home: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "query", ENDLESS, "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    # the first may come while a library is imported that takes it for itself
    for _ in range(10):
        time.sleep(4)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGINT)
    else:
        process.kill()
    _, error = process.communicate(timeout=30)
    assert process.returncode == 130
    assert error.decode().strip() == "marketlake: interrupted; stored data is kept, run again to continue"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("arguments", [("query", "FROM bar"), ("query", "SELECT 1", "--format", "json")])
def test_a_full_output_is_an_error_and_no_traceback(home: Path, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = run(home, *arguments, stdout=full)
    assert ended.returncode == 1
    assert ended.stderr.decode().splitlines() == [
        "marketlake: the output cannot be written (No space left on device); free space or print elsewhere"
    ]


def test_a_closed_output_is_named_and_the_work_is_done(home: Path) -> None:
    shell = '"$@" >&-'
    ended = subprocess.run(
        ["/bin/sh", "-c", shell, "sh", *COMMAND, "status", "--home", str(home)],
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (
        0,
        b"marketlake: standard output is closed, so nothing was printed\n",
    )


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space are Linux's")
def test_too_little_memory_is_a_message(home: Path) -> None:
    import resource

    def within(kib: int, *command: str) -> Any:
        limit = (kib * 1024, kib * 1024)
        return run(home, *command, before=lambda: resource.setrlimit(resource.RLIMIT_AS, limit))

    long = "SELECT range AS n, range * 1.5 AS x, 'text ' || range AS t FROM range(50000)"
    # less than the database library takes; a little more, and the library itself may crash
    ended = within(80_000, "query", "FROM bar")
    assert ended.returncode == 1
    assert ended.stderr.decode().splitlines()[-1].startswith("marketlake: not enough memory")
    assert b"Traceback" not in ended.stderr
    # a long table needs neither a minute nor much memory; for DuckDB 2.0, 900 MB of addresses are too few
    ended = within(1_200_000, "query", long)
    assert (ended.returncode, ended.stdout.count(b"\n")) == (0, 50_002)
