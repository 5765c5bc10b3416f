"""The command line: parse arguments, call the library, print tables.

Exit codes: 0 success, 1 nothing worked, 2 usage, 3 partial.
"""

from __future__ import annotations

import os
import sys

from ..model.errors import MarketlakeError


def main() -> None:
    """Entry point of `marketlake`."""
    from .app import app

    try:
        # explicit name, so that shell completion works however Python was started
        app(prog_name="marketlake")
    except MarketlakeError as error:
        sys.stderr.write(f"marketlake: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("marketlake: interrupted; stored data is kept, run again to continue\n")
        sys.exit(130)
    except BrokenPipeError:
        # the reader of our output has exited, as `head` does; suppress Python's message at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
