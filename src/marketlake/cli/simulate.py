"""The command `simulate`: a market on loopback."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import Now
from .output import say

if TYPE_CHECKING:
    from ..simulator import Simulator


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
    from ..store.disk import write_bytes

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
