"""Kill a process at a disk operation or at any instant.

Each process leads its own group, and the whole group is killed, so no orphan continues.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import select
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

Work = Callable[[], None]
T = TypeVar("T")
DECIDING = ("replace", "unlink")
TOUCHES = (*DECIDING, "open", "mkdir")
"""What of a path touches the disk; flushing a file does so in any case."""
_LONGEST_S = 120
_PARENT_DEATH_SIGNAL = 1


def in_child(work: Work) -> None:
    """Do the whole work in a separate process; `RuntimeError` with what it raised."""
    if _forked(work, lambda child: None):
        raise RuntimeError("the work was killed though nobody meant to")


def killed_at_touch(work: Work, number: int, touching: Sequence[str] = TOUCHES) -> bool:
    """Kill the work at its `number`th disk operation; False when it finished before."""

    def work_until_killed() -> None:
        _at_touch(number, lambda: os.killpg(os.getpid(), signal.SIGKILL), touching)
        work()

    return _forked(work_until_killed, lambda child: None)


def killed_after(work: Work, seconds: float) -> bool:
    """Kill the work after this time; False when it finished before."""

    def kill(child: int) -> None:
        ended = os.pidfd_open(child)
        try:
            if not select.select([ended], [], [], seconds)[0]:
                os.killpg(child, signal.SIGKILL)
        finally:
            os.close(ended)

    return _forked(work, kill)


def touches(work: Work) -> int:
    """Do the work; returns the number of disk operations."""

    def counted() -> int:
        seen = _at_touch(0, lambda: None)
        work()
        return seen[0]

    return answer_of(counted)


def answer_of(compute: Callable[[], T]) -> T:
    """The result of a function run in a separate process."""
    reading, writing = os.pipe()
    received: list[bytes] = []

    def answered() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(compute(), pipe)

    def listen(child: int) -> None:
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            received.append(pipe.read())

    _forked(answered, listen)
    answer: T = pickle.loads(received[0])
    return answer


def _at_touch(number: int, act: Work, touching: Sequence[str] = TOUCHES) -> list[int]:
    """From now on call `act` before the process's `number`th disk operation; returns the
    counter."""
    seen = [0]

    def guarded(touch: Callable[..., object]) -> Callable[..., object]:
        def touched(*arguments: object, **named: object) -> object:
            seen[0] += 1
            if seen[0] == number:
                act()
            return touch(*arguments, **named)

        return touched

    os.fsync = guarded(os.fsync)  # type: ignore[assignment]
    for name in touching:
        setattr(Path, name, guarded(getattr(Path, name)))
    return seen


def _forked(work: Work, meanwhile: Callable[[int], None]) -> bool:
    """Fork; returns whether the child was killed, or raises `RuntimeError` with what it raised."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.close(reading)
        _be_the_child(work, writing)
    os.close(writing)
    try:
        # set in parent and child: the group must exist before it is killed
        os.setpgid(child, child)
        meanwhile(child)
        with os.fdopen(reading) as error_pipe:
            wrong = error_pipe.read()
    finally:
        # never leave the child running
        _end(child)
    _, status = os.waitpid(child, 0)
    if wrong or (not os.WIFSIGNALED(status) and os.WEXITSTATUS(status)):
        raise RuntimeError(wrong or f"exit status {status}")
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
        raise RuntimeError(f"died of signal {os.WTERMSIG(status)}: hung or crashed")
    return os.WIFSIGNALED(status)


def _end(child: int) -> None:
    """Kill the rest of the group, once its leader has ended or we may not wait for it."""
    if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None and sys.exc_info()[0] is None:
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)


def die_with_parent() -> None:
    """From now on this process ends when its parent ends, for any reason (Linux)."""
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def _be_the_child(work: Work, writing: int) -> None:
    """Run the work and exit; never returns. No exit handlers of the parent run, and an alarm
    ends a hang."""
    die_with_parent()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_LONGEST_S)
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        with suppress(OSError):
            os.write(writing, traceback.format_exc(limit=-8).encode()[-60_000:])
    finally:
        os._exit(code)
