"""How long does `marketlake compare` take to answer, against the floor?

    python -m benchmarks.compare_latency [--rounds 15]

The floor is a fresh Python that opens the same database and reads one table. Both run in turn, round by
round, in fresh processes, on a lake of 40 instruments x 25 years made for the occasion; reported are medians
and the paired ratio with its range.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from marketlake.engine.build import build_database
from marketlake.model.calendars import load_calendar
from marketlake.model.instruments import Instrument, SourceRef, Universe
from marketlake.model.layout import yearly
from marketlake.model.schema import BAR
from marketlake.store.writer import writer

_READ = "import duckdb, sys; duckdb.connect(sys.argv[1], read_only=True).sql('FROM lake').fetchall()"
INSTRUMENTS, FIRST, LAST = 40, date(2000, 1, 3), date(2024, 12, 31)
NOW = datetime(2025, 1, 2, 12, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        lake = Path(folder)
        rows = make_lake(lake)
        compare = [
            sys.executable,
            "-m",
            "marketlake",
            "compare",
            "I00",
            "I01",
            "--lake",
            folder,
            "--format",
            "json",
        ]
        floor = [sys.executable, "-c", _READ, str(lake / "market.duckdb")]
        times = [(seconds(compare), seconds(floor)) for _ in range(rounds + 1)][1:]
    ratios = sorted(a / b for a, b in times)
    median = [statistics.median(column) for column in zip(*times, strict=True)]
    print(f"{rows:,} bars, {rounds} rounds")
    print(f"marketlake compare  {median[0]:.2f} s (slowest {max(a for a, _ in times):.2f} s)")
    print(f"floor               {median[1]:.2f} s")
    print(f"ratio               {statistics.median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})")


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def make_lake(root: Path) -> int:
    """Random walks on New York's sessions, written and built as a run would."""
    days = load_calendar("XNYS", LAST).sessions(FIRST, LAST)
    names = [f"I{number:02}" for number in range(INSTRUMENTS)]
    with writer(root, "simulated") as lake:
        for year in range(FIRST.year, LAST.year + 1):
            session = days[days.astype("datetime64[Y]") == np.datetime64(str(year))]
            lake.stage(yearly("bar", "equity", year), bars(names, session, np.random.default_rng(year)))
        manifest = lake.commit()
        build_database(root, Universe(tuple(map(instrument, names))), manifest, NOW)
    return manifest.rows("bar")


def instrument(name: str) -> Instrument:
    return Instrument(name, name, "equity", "XNYS", "USD", "price", FIRST, (SourceRef("yahoo", name),))


def bars(names: list[str], session: np.ndarray, random: np.random.Generator) -> pa.Table:
    count = len(names) * len(session)
    close = np.exp(4 + 0.01 * random.standard_normal((len(names), len(session))).cumsum(axis=1)).ravel()
    at = pa.array(np.tile(session + 1, len(names)).astype("datetime64[us]")).cast(BAR.field("close_at").type)
    columns = {name: close for name in ("open", "high", "low", "close")}
    columns |= {
        "instrument_id": np.repeat(names, len(session)),
        "session": np.tile(session, len(names)),
        "volume": np.full(count, 1e6),
        "dividend": np.zeros(count),
        "split": np.ones(count),
        "source": np.repeat("yahoo", count),
        "close_at": at,
        "known_at": at,
        "observed_at": at,
        "backfilled": np.ones(count, dtype=bool),
    }
    return pa.table([columns[name] for name in BAR.names], schema=BAR)


if __name__ == "__main__":
    main()
