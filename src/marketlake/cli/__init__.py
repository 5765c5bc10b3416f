"""The command line: parse arguments, call the library, print tables.

Exit codes: 0 success, 1 nothing worked, 2 usage, 3 partial.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from pathlib import Path

from ..model.errors import MarketlakeError

_OUTPUT = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
"""What a full disk or a closed stream answers when the output is printed."""
_MEMORY = re.compile("start new thread|allocate memory|failed to map segment")
"""In the words of other errors."""


def main() -> None:
    """Entry point of `marketlake`."""
    closed = _reopened()
    try:
        _run()
    except MarketlakeError as error:
        _end(str(error), error.exit_code)
    except BrokenPipeError:
        # the reader of our output has exited, as `head` does
        _discard_output()
        sys.exit(0)
    except (KeyboardInterrupt, MemoryError, RuntimeError, ImportError, OSError) as error:
        _end(*_of_the_machine(error))
    finally:
        if closed:
            _say("standard output is closed, so nothing was printed")


def _run() -> None:
    import click

    from .app import app

    try:
        # explicit name, so that shell completion works however Python was started
        code = app.main(sys.argv[1:], prog_name="marketlake", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    finally:
        sys.stdout.flush()
    sys.exit(code)


def _of_the_machine(error: BaseException) -> tuple[str, int]:
    """The message and exit code of an interruption or of a limit; raises what is neither."""
    # DuckDB raises its own error for an interrupted query
    if isinstance(error, KeyboardInterrupt) or str(error) == "Query interrupted":
        return "interrupted; stored data is kept, run again to continue", 130
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, MemoryError) or number == errno.ENOMEM or _MEMORY.search(str(error)):
        return "not enough memory; stored data is unchanged. Free memory, or ask for less at a time", 1
    if number in _OUTPUT:
        _discard_output()
        return f"the output cannot be written ({os.strerror(number)}); free space or print elsewhere", 1
    raise error


def _end(message: str, code: int) -> None:
    _say(message)
    sys.exit(code)


def _say(message: str) -> None:
    try:
        sys.stderr.write(f"marketlake: {message}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # nobody can be told


def _reopened() -> bool:
    """Open closed standard streams on nothing, before a file of the lake gets their number.

    Returns whether standard output was closed.
    """
    closed = sys.stdout is None
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 (stays open)
    return closed


def _discard_output() -> None:
    """Python writes what is left in its buffer at exit, and would print the error again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
