"""What does a lake cost as it grows?

    python -m benchmarks.scale [--symbols 10000] [--years 20] [--rounds 3] [--folder FOLDER]

Three lakes of random walks are made: of the size asked for, of a tenth of the instruments, and of two years.
Each step runs in a process of its own. The tables come out as Markdown, what is going on goes to standard
error.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from .homes import filled
from .measure import measure
from .report import report


def main() -> None:
    asked = _parser().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = asked.folder or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        sizes = [(asked.symbols // 10, asked.years), (asked.symbols, asked.years), (asked.symbols, 2)]
        small, large, shallow = (filled(kept, *size) for size in sizes)
        print(report(measure(small, large, shallow, asked.rounds)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--symbols", type=int, default=10_000)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keeps the lakes for the next time")
    return parser


if __name__ == "__main__":
    main()
