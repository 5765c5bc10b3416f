"""Commands around the lake: init writes a configuration, simulate serves a market."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .options import Now
from .output import say

if TYPE_CHECKING:
    from ..simulator import Simulator

_SETTINGS = """\
# Settings of this home. Flags and MARKETLAKE_* variables win over what stands here.

# lake = "data"            # where the Parquet goes; relative to this folder
# batch_size = 50          # instruments fetched by one task
# reverify_days = 30       # once in so many days each whole history is asked for again; 0 is never
# spark_master = "yarn"    # where `--engine spark` runs: a master, or a Spark Connect address sc://host:port

# [requests_per_second]    # per source; 0 does not limit
# yahoo = 2
"""


def init(
    folder: Annotated[Path, typer.Argument(help="The home to write; created when it is not there.")] = Path(),
    sample: Annotated[
        bool, typer.Option("--sample", help="The sample market's universe instead of the live one.")
    ] = False,
) -> None:
    """Write instruments.toml, claims.toml and marketlake.toml; a file that is there stays as it is."""
    from ..shipped import shipped
    from ..simulator.sample import FOLDER

    texts = {
        "instruments.toml": (FOLDER / "instruments.toml").read_text("utf-8")
        if sample
        else shipped("instruments.toml"),
        "claims.toml": shipped("claims.toml"),
        "marketlake.toml": _SETTINGS,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            path = folder / name
            kept = path.exists()
            if not kept:
                path.write_text(text, encoding="utf-8")
            say(f"{'kept' if kept else 'wrote'} {path}")
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}; choose another folder") from error
    if not sample:
        say(f"next: marketlake run --home {folder}")


def simulate(
    market: Annotated[
        str, typer.Option(help="`sample`, or a folder of CSV or Parquet files, one a symbol.")
    ] = "sample",
    now: Now = None,
    port: Annotated[int, typer.Option(help="Port on loopback; 0 takes a free one.")] = 8765,
    port_file: Annotated[
        Path | None, typer.Option(help="Where to write the address once the simulator listens.")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="A fault to inject, such as 429:yahoo:AAPL:times=2,retry_after=1; may be repeated."
        ),
    ] = None,
) -> None:
    """Serve a market on loopback in the vendors' dialects, until interrupted."""
    from ..settings import load_settings
    from ..simulator import load_market, parse_fault, run_forever
    from ..simulator.sample import sample_market
    from ..store.files import write_bytes

    clock = load_settings(now=now).now
    served = sample_market() if market == "sample" else load_market(Path(market))
    faults = [parse_fault(text) for text in fault or []]

    def announce(simulator: Simulator) -> None:
        say(f"serving {market} on {simulator.url} as of {clock or 'now'}; interrupt to stop")
        say(f"point marketlake at it: export MARKETLAKE_SOURCE_URL={simulator.url}")
        sys.stdout.flush()
        if port_file:
            write_bytes(port_file.resolve(), simulator.url.encode())

    run_forever(served, announce, now=clock, faults=faults, port=port)
