"""All commands, in the order in which they are needed."""

from __future__ import annotations

import typer

from . import (
    add,
    answer,
    changes,
    check,
    claims,
    compare,
    explain,
    ingest,
    init,
    maintain,
    matrix,
    metrics,
    overview,
    portfolio,
    reconcile,
    report,
    scoreboard,
    simulate,
)

app = typer.Typer(
    name="marketlake",
    help="A market-data lake: daily prices in Parquet, comparative returns in DuckDB.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=(
        "Alone it shows the state of the lake and what can be asked. The TAB key completes commands, "
        "options and ids after `marketlake --install-completion`, in a new shell."
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


@app.callback()
def alone(context: typer.Context) -> None:
    """Without a command: what can be asked, and the state of the lake."""
    if context.invoked_subcommand is None:
        overview.overview()


for command in (
    init.init,
    add.add,
    ingest.run,
    ingest.ingest,
    ingest.build,
    ingest.backfill,
    check.check,
    reconcile.reconcile,
    compare.compare,
    matrix.matrix,
    metrics.metrics,
    scoreboard.scoreboard,
    claims.claims,
    portfolio.portfolio,
    report.report,
    changes.changes,
    explain.explain,
    answer.status,
    answer.query,
    maintain.verify,
    maintain.replay,
    simulate.simulate,
):
    app.command()(command)
