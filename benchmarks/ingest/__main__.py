"""How many rows a second are taken in?

    python -m benchmarks.ingest [--symbols 10000] [--rounds 3] [--folder FOLDER]

Lakes of two years are made, to which the answers of a day have come: of five days from the first session of a
year to its last, since the year's file grows with it. Each is stored in a process of its own. The tables come
out as Markdown, what is going on goes to standard error.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from .measure import measure
from .report import report


def main() -> None:
    asked = _parser().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = asked.folder or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        print(report(measure(kept, asked.symbols, asked.rounds)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--symbols", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keeps the lakes for the next time")
    return parser


if __name__ == "__main__":
    main()
