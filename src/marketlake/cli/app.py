"""All commands, in the order in which they are needed."""

from __future__ import annotations

import typer

from . import (
    answer,
    changes,
    check,
    claims,
    compare,
    explain,
    ingest,
    maintain,
    matrix,
    metrics,
    portfolio,
    reconcile,
    report,
    scoreboard,
    setup,
)

app = typer.Typer(
    name="marketlake",
    help="A market-data lake: daily prices in Parquet, comparative returns in DuckDB.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    setup.init,
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
    setup.simulate,
):
    app.command()(command)
