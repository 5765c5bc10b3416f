"""How fast are the standard metrics of many instruments, against the floor, polars and the usual libraries?

    python -m benchmarks.returns [--symbols 10000] [--years 20] [--rounds 5] [--lake FOLDER]
                                 [--vectorbt PYTHON]

Two lakes of random walks are made, one of a tenth of the symbols, and everything is measured in turn, round
by round. The tables come out as Markdown, what is going on goes to standard error.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .lakes import lake
from .measure import measure
from .report import report


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        kept = asked.lake or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        small, large = (lake(kept, count, asked.years) for count in (asked.symbols // 10, asked.symbols))
        print(report(measure(small, large, asked.rounds, asked.vectorbt, Path(folder))))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--symbols", type=int, default=10_000)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lake", type=Path, help="a folder that keeps the lakes for the next time")
    parser.add_argument("--vectorbt", default=sys.executable, help="a Python that has vectorbt installed")
    return parser


if __name__ == "__main__":
    main()
