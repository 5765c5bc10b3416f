"""The command line: arguments in, tables out; the work is done elsewhere.

Exit codes: 0 all well, 1 nothing worked, 2 usage, 3 partial.
"""

from __future__ import annotations

import os
import sys

from ..model.errors import MarketlakeError


def main() -> None:
    """Entry point of `marketlake`."""
    from .app import app

    try:
        # named, so that completion finds its variable however Python was started
        app(prog_name="marketlake")
    except MarketlakeError as error:
        sys.stderr.write(f"marketlake: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("marketlake: interrupted; what was stored stays, run again to go on\n")
        sys.exit(130)
    except BrokenPipeError:
        # the reader of our output has left, as `head` does; keep Python from saying so at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
