"""How long do whole commands take, and the same questions to an open `Lake`, against a floor?

    python -m benchmarks.latency [--rounds 5] [--home HOME]

The floor is a fresh Python that opens the same database and reads one table. Commands and floor run in
turn, round by round, each in a fresh process; reported are medians and the paired ratio with its range.
The lake is one of 40 instruments x 25 years made for the occasion, or that of HOME, such as `make run`
leaves.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

import marketlake as ml
from marketlake.ingest.build import build
from marketlake.model.layout import DATABASE, yearly
from marketlake.model.schema import REVISION
from marketlake.model.settings import load_settings
from marketlake.store.writer import writer

from .synthetic import BILL, names, write_lake
from .tables import Target, machine, seconds, table
from .timing import Ratio, Timing, in_turn

_READ: Final = "import duckdb, sys; duckdb.connect(sys.argv[1], read_only=True).sql('FROM lake').fetchall()"
_FIRST_TWO: Final = "SELECT instrument_id FROM instrument WHERE asset_class <> 'rate' ORDER BY rowid LIMIT 2"
_PRICES: Final = "import marketlake as ml, sys; ml.open(home=sys.argv[1]).prices(sys.argv[2:]).to_arrow()"
_ENTRY: Final = """\
[[instrument]]
id = "{0}"
asset_class = "{1}"
calendar = "XNYS"
since = 2000-01-03
sources = [{{ source = "yahoo", symbol = "{0}" }}]
"""
INSTRUMENTS, FIRST, LAST = 40, 2000, 2024
NOW: Final = datetime(2025, 1, 2, 12, tzinfo=UTC)
QUESTION, SLOWER, PAGE = Target(3), Target(5), Target(10)
IN_NOTEBOOK: Final = Target(0.05)
"""Seconds."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--home", type=Path)
    asked = parser.parse_args()
    with ExitStack() as stack:
        home = asked.home or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if asked.home is None:
            make_home(home)
        stored = ml.open(home=home).query_rows(_FIRST_TWO).rows
        ids = [name for (name,) in stored]
        print(f"{machine('duckdb')}; {asked.rounds} rounds\n")
        print(of_commands(home, ids, asked.rounds), end="\n\n")
        print(of_notebook(home, ids, asked.rounds))


def of_commands(home: Path, ids: list[str], rounds: int) -> str:
    """The table of whole commands."""
    times = {name: Timing(taken, ()) for name, taken in measured(home, ids, rounds).items()}
    floor = times.pop("floor")
    rows = [["floor", seconds(floor.seconds), "", ""]]
    for name, taken in times.items():
        ratio, target = (
            Ratio.of(taken, floor),
            {"status": SLOWER, "explain": SLOWER, "report": PAGE}.get(name, QUESTION),
        )
        rows.append([f"`{name}`", seconds(taken.seconds), str(ratio), target.judge(ratio.median)])
    return table(["", "median", "times the floor", "target"], rows)


def measured(home: Path, ids: list[str], rounds: int) -> dict[str, tuple[float, ...]]:
    """Seconds of each round; the first one, which reads files and compiles code, does not count."""
    run = commands(home, ids)
    with tempfile.TemporaryDirectory() as compiled:
        # as installed: compiled code is kept, also where the environment forbids to write it
        environment = os.environ | {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
        environment["MARKETLAKE_NOW"] = f"{built_at(home):%Y-%m-%dT%H:%MZ}"
        rounds_taken = [
            {name: process(command, environment) for name, command in run.items()} for _ in range(rounds + 1)
        ]
    return {name: tuple(each[name] for each in rounds_taken[1:]) for name in run}


def commands(home: Path, ids: list[str]) -> dict[str, list[str]]:
    first, second = ids
    lake = load_settings(home=home).lake
    asked = {
        "compare": ids,
        "metrics": ids,
        "matrix": [],
        "portfolio": [f"60 {first}, 40 {second}"],
        "scoreboard": [],
        "returns": ids,
        "status": [],
        "explain": [first, "--since", f"{built_at(home) - timedelta(days=1):%Y-%m-%d}"],
        "report": ["--out", str(home / "report.html")],
    }
    run = {"floor": [sys.executable, "-c", _READ, str(lake / DATABASE)]}
    run |= {
        name: [sys.executable, "-m", "marketlake", name, *words, "--home", str(home)]
        for name, words in asked.items()
    }
    return run | {"prices": [sys.executable, "-c", _PRICES, str(home), *ids]}


def built_at(home: Path) -> datetime:
    (row,) = ml.open(home=home).query_rows("SELECT built_at FROM lake").rows
    moment: datetime = row[0]
    return moment.astimezone(UTC)


def process(command: list[str], environment: Mapping[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - started


def of_notebook(home: Path, ids: list[str], rounds: int) -> str:
    """The table of questions to one open `Lake`."""
    timings = in_turn(questions(ml.open(home=home), ids), rounds)
    rows = [
        [f"`{name}`", f"{1000 * taken.seconds:.0f} ms", IN_NOTEBOOK.judge(taken.seconds)]
        for name, taken in timings.items()
    ]
    return table(["one open `Lake`", "median", "target, seconds"], rows)


def questions(lake: ml.Lake, ids: list[str]) -> Mapping[str, Callable[[], object]]:
    first, second = ids
    return {
        "compare": partial(lake.compare, ids),
        "metrics": partial(lake.metrics, ids),
        "matrix": lake.matrix,
        "portfolio": partial(lake.portfolio, f"60 {first}, 40 {second}"),
        "scoreboard": lake.scoreboard,
        "returns": partial(lake.returns, ids),
        "prices": lambda: lake.prices(ids).to_arrow(),
    }


def make_home(home: Path) -> None:
    """The random walks of `synthetic.py`, built; the last session of each share is restated."""
    entries = [(BILL, "rate"), *((name, "equity") for name in names(INSTRUMENTS))]
    (home / "instruments.toml").write_text("\n".join(_ENTRY.format(*entry) for entry in entries))
    settings = load_settings(home=home, now=NOW.isoformat())
    write_lake(settings.lake, INSTRUMENTS, FIRST, date(LAST + 1, 1, 1))
    with writer(settings.lake, "simulated") as lake:
        stored = lake.read(yearly("bar", "equity", LAST))
        old = stored.filter(pc.equal(stored["session"], pc.max(stored["session"])))
        replaced = pa.array([NOW] * len(old), REVISION.field("superseded_at").type)
        lake.stage(
            yearly("revision", "equity", LAST), old.append_column(REVISION.field("superseded_at"), replaced)
        )
        lake.commit()
    build(settings)


if __name__ == "__main__":
    main()
