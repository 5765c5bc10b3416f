"""All commands, in the order in which they are needed."""

from __future__ import annotations

from importlib import metadata
from typing import Annotated

import typer

from . import (
    changes,
    check,
    claims,
    compare,
    ingest,
    maintain,
    matrix,
    metrics,
    portfolio,
    reconcile,
    report,
    scoreboard,
    tables,
)
from .changes import explain
from .configure import add, dags, init
from .maintain import simulate
from .output import say
from .status import overview, status

app = typer.Typer(
    name="marketlake",
    help="A market-data lake: daily prices in Parquet, comparative returns in DuckDB.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=(
        "Without a command it shows the state of the lake and example commands. After `marketlake "
        "--install-completion`, the TAB key completes commands, options and ids in a new shell."
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


@app.callback()
def alone(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Without a command: the state of the lake and example commands."""
    if version:
        say(f"marketlake {metadata.version('marketlake')}")
    elif context.invoked_subcommand is None:
        overview()


for command in (
    init,
    add,
    ingest.run,
    ingest.ingest,
    ingest.build,
    ingest.backfill,
    check.check,
    reconcile.reconcile,
    compare.compare,
    matrix.matrix,
    metrics.metrics,
    metrics.returns,
    scoreboard.scoreboard,
    claims.claims,
    portfolio.portfolio,
    report.report,
    report.open_report,
    changes.changes,
    explain,
    status,
    tables.list_instruments,
    tables.query,
    tables.export,
    maintain.doctor,
    maintain.verify,
    maintain.replay,
    simulate,
    dags,
):
    # list and open are Python's own names
    app.command(command.__name__.partition("_")[0])(command)
