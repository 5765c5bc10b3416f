"""Run work in forked processes after importing heavy modules once."""

from __future__ import annotations

import multiprocessing
import os
import queue as queues
import shutil
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from marketlake.model.calendars import load_calendar
from marketlake.simulator.market import Market
from marketlake.simulator.server import serve

from .kill import die_with_parent
from .market import served
from .strike import Site

LONGEST_S = 180
"""For one piece of work: what takes longer hangs."""
_MEMORY = Path("/dev/shm")
Evaluate = Callable[[Any, Any], Any]
"""One piece of work at one place; what it came to, with `violations`."""


def in_workers(
    work: Sequence[Any],
    workers: int,
    place: Callable[[], AbstractContextManager[Any]],
    evaluate: Evaluate,
    failed: Callable[[Any, str], Any],
) -> Iterator[Any]:
    """Yield results as they complete; each worker has its own place and every `workers`th piece of
    work.

    `failed` makes a result for a piece that crashed or hung.
    """
    warm()
    context = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[Any] = context.Queue()
    shares = [work[n::workers] for n in range(workers) if work[n::workers]]
    arguments = [(share, results, place, evaluate, failed) for share in shares]
    started = [context.Process(target=_work, args=each) for each in arguments]
    for process in started:
        process.start()
    try:
        for _ in work:
            yield _next(results, started)
    finally:
        for process in started:
            process.terminate()
            process.join()


def _next(results: multiprocessing.Queue[Any], started: Sequence[Any]) -> Any:
    while True:
        with suppress(queues.Empty):
            return results.get(timeout=LONGEST_S + 60)
        if not any(process.is_alive() for process in started):
            raise RuntimeError("a worker died before its work was done")


def _work(
    share: Sequence[Any],
    results: multiprocessing.Queue[Any],
    place: Callable[[], AbstractContextManager[Any]],
    evaluate: Evaluate,
    failed: Callable[[Any, str], Any],
) -> None:
    die_with_parent()
    with place() as here:
        for piece in share:
            results.put(with_timeout(piece, here, evaluate, failed))
    results.close()
    results.join_thread()


def with_timeout(piece: Any, here: Any, evaluate: Evaluate, failed: Callable[[Any, str], Any]) -> Any:
    """The result of one piece; a crash or a timeout is a violation."""

    def on_timeout(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not done after {LONGEST_S} s")

    before = signal.signal(signal.SIGALRM, on_timeout)
    signal.alarm(LONGEST_S)
    try:
        return evaluate(piece, here)
    except Exception:
        return failed(piece, f"raised: {traceback.format_exc(limit=-6)}")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def folder(home: str) -> Iterator[Path]:
    """A folder, in memory where possible; `home` in it is the user's. No write waits for a disk."""
    place = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    path = Path(tempfile.mkdtemp(prefix="campaign-", dir=place))
    kept_home, kept_sync = os.environ.get("HOME"), os.fsync
    os.environ["HOME"] = str(path / home)
    os.fsync = lambda descriptor: None  # a killed process loses no written data
    try:
        yield path
    finally:
        os.fsync = kept_sync
        if kept_home is not None:
            os.environ["HOME"] = kept_home
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def site() -> Iterator[Site]:
    """A simulator in this process whose market changes with each case."""
    with folder("case/user") as path, serve(served({}), now=datetime(2024, 1, 1, tzinfo=UTC)) as simulator:
        yield Site(simulator, path)


@contextmanager
def simulator_process(market: Market, now: datetime) -> Iterator[str]:
    """Start a simulator in a separate process, controlled through its own address; yields the
    address."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(market, now, theirs))
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


def _serve(market: Market, now: datetime, pipe: Any) -> None:
    die_with_parent()
    with serve(market, now=now) as simulator:
        pipe.send(simulator.url)
        signal.pause()


def warm() -> None:
    """Import the slow modules."""
    import ccxt  # noqa: F401
    import yfinance  # noqa: F401

    for name in ("XNYS", "TARGET", "MONTHLY", "24/7"):
        load_calendar(name, datetime(2024, 1, 1, tzinfo=UTC).date())
