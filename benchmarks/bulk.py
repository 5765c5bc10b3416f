"""How long do bulk reads of `lake.prices` take, against a plain scan of the same Parquet?

    python -m benchmarks.bulk [--symbols 2000] [--years 10] [--rounds 3] [--folder FOLDER]

The scan is polars', of the columns that the answer has. All run in turn, round by round, in fresh processes,
so that peak memory is their own. A lake that FOLDER holds already is used again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import Any, Final

import marketlake as ml

from .lakes import lake
from .processes import peak_mb
from .synthetic import names
from .tables import machine, seconds, table
from .timing import Ratio

_COLUMNS: Final = (
    *("instrument_id", "session", "open", "high", "low", "close", "volume", "dividend", "split"),
    *("source", "known_at", "observed_at"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--symbols", type=int, default=2000)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--read", help="for the fresh processes")
    asked = parser.parse_args()
    if asked.read:
        print(json.dumps(measured(READS[asked.read], asked.folder, asked.symbols)))
        return
    with nullcontext(asked.folder) if asked.folder else tempfile.TemporaryDirectory() as folder:
        made = lake(Path(folder), asked.symbols, asked.years)
        taken = [
            {name: fresh(name, made.job.root, asked.symbols) for name in READS} for _ in range(asked.rounds)
        ]
    print(f"{machine('duckdb', 'polars')}; {asked.rounds} rounds\n")
    print(table(["", "median", "times the scan", "peak memory"], [row(name, taken) for name in READS]))


def row(name: str, taken: list[dict[str, dict[str, float]]]) -> list[str]:
    own, scan = ([each[one]["seconds"] for each in taken] for one in (name, _SCAN))
    peak = max(each[name]["peak_mb"] for each in taken)
    return [name, seconds(median(own)), str(Ratio.between(own, scan)), f"{peak:,.0f} MB"]


def fresh(name: str, root: Path, symbols: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.bulk", "--read", name]
    words = ["--folder", str(root), "--symbols", str(symbols)]
    done = subprocess.run([*command, *words], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measured(read: Callable[[Path, list[str]], Any], root: Path, symbols: int) -> Mapping[str, float]:
    import pandas  # noqa: F401
    import polars  # noqa: F401

    started = time.perf_counter()
    rows = read(root, names(symbols))
    taken = time.perf_counter() - started
    return {"seconds": taken, "peak_mb": peak_mb(), "rows": len(rows)}


def scan(root: Path, ids: list[str]) -> Any:
    import polars as pl

    return pl.scan_parquet(root / "bar" / "asset_class=equity" / "*" / "*.parquet").select(_COLUMNS).collect()


_SCAN: Final = "polars scan"
READS: Final[Mapping[str, Callable[[Path, list[str]], Any]]] = {
    _SCAN: scan,
    "prices, Arrow": lambda root, ids: ml.open(root).prices(ids).to_arrow(),
    "prices, pandas": lambda root, ids: ml.open(root).prices(ids).to_pandas(),
    "prices as of a day, Arrow": lambda root, ids: ml.open(root).prices(ids, as_of="2010-06-30").to_arrow(),
    "total-return index, Arrow": lambda root, ids: ml.open(root).prices(ids, basis="total").to_arrow(),
}


if __name__ == "__main__":
    main()
