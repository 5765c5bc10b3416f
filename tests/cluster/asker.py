"""A process of another machine: on a signal, sends requests through the limiter and prints when
each was released.

It has its own HOME, as on another machine, and so its own file-based queue without Redis.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from marketlake.model.settings import load_settings
from marketlake.sources.limiter import limiter_for


def main() -> None:
    limiter = limiter_for(load_settings(home=Path(sys.argv[1])))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for _ in range(int(sys.argv[2])):
        limiter.wait("yahoo")
        sys.stdout.write(f"{time.monotonic()}\n")


if __name__ == "__main__":
    main()
