"""Cases in warm processes: everything heavy is imported once, then forked."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from marketlake.calendars import load_calendar
from marketlake.simulator import serve

from .case import Case
from .market import served
from .strike import Result, Site, strike
from .world import SOURCES, world

LONGEST_S = 120
_MEMORY = Path("/dev/shm")


@contextmanager
def site() -> Iterator[Site]:
    """A simulator and a folder, in memory where there is one; no write waits for a disk."""
    place = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="campaign-", dir=place))
    kept_home, kept_sync = os.environ.get("HOME"), os.fsync
    os.environ["HOME"] = str(folder / "case" / "user")
    os.fsync = lambda descriptor: None
    try:
        with serve(served({}), now=datetime(2024, 1, 1, tzinfo=UTC)) as simulator:
            yield Site(simulator, folder)
    finally:
        os.fsync = kept_sync
        if kept_home:
            os.environ["HOME"] = kept_home
        shutil.rmtree(folder, ignore_errors=True)


def judged(case: Case, place: Site) -> Result:
    """The case's result; a crash or a hang of ours is a violation."""
    def out_of_time(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not done after {LONGEST_S} s")

    before = signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(LONGEST_S)
    try:
        return strike(case, place)
    except Exception:
        return Result(case, (), (f"raised: {traceback.format_exc(limit=-6)}",))
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def strike_all(cases: Sequence[Case], workers: int) -> Iterator[Result]:
    """Results as they come, each worker with a share of the cases."""
    _warm()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    shares = [cases[n::workers] for n in range(workers)]
    started = [context.Process(target=_work, args=(share, queue), daemon=True) for share in shares if share]
    for process in started:
        process.start()
    left = len(cases)
    while left:
        yield queue.get(timeout=LONGEST_S * 2)
        left -= 1
    for process in started:
        process.join()


def _work(cases: Sequence[Case], queue: multiprocessing.Queue[Result]) -> None:
    with site() as place:
        for case in cases:
            queue.put(judged(case, place))


def _warm() -> None:
    import ccxt  # noqa: F401
    import yfinance  # noqa: F401

    for name in ("XNYS", "TARGET", "MONTHLY", "24/7"):
        load_calendar(name, datetime(2024, 1, 1, tzinfo=UTC).date())
    for source in SOURCES:
        world(source, 0)
