"""Run as a program (`python -m tests.concurrency.holder HOME`): holds the lake's lock until it
is killed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from marketlake.store.writer import writer

if __name__ == "__main__":
    with writer(Path(sys.argv[1]) / "data", "simulated") as lake:
        lake.stage("bar/asset_class=equity/year=2024/part.parquet", lake.read("bar/x"))
        (Path(sys.argv[1]) / "held").touch()
        time.sleep(600)
