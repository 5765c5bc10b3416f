"""Ingest on Celery with one of two workers killed half-way, compared with an undisturbed ingest.

    python -m tests.cluster [--record FILE]

Postgres, Redis, Airflow and the workers are processes without rights on loopback. `make
cluster-test` sets up what is needed and starts it. Exit code 0: nothing lost, nothing doubled, no
host asked more than its limit allows.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .drive import run_cluster
from .orchestra import BIN
from .processes import ClusterError
from .servers import programs


def main() -> int:
    """Print the record; returns 1 when it is not good."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("--record", type=Path, help="write the record to this file as JSON")
    arguments = parser.parse_args()
    if absent := [*programs(), *([] if BIN.exists() else [".venv-celery"])]:
        sys.stderr.write(f"cluster test: there is no {', '.join(absent)} here\n")
        return 2
    try:
        record = run_cluster()
    except ClusterError as error:
        sys.stderr.write(f"cluster test: {error}\n")
        return 1
    sys.stdout.write(record.to_text())
    if arguments.record:
        arguments.record.write_text(json.dumps(record.to_dict(), indent=2) + "\n")
    return 0 if record.good else 1


if __name__ == "__main__":
    sys.exit(main())
