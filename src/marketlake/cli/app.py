"""All commands, in the order in which they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

from .output import say

COMMANDS: Final = {
    "demo": "ingest",
    "init": "configure",
    "add": "configure",
    "run": "ingest",
    "ingest": "ingest",
    "build": "ingest",
    "backfill": "ingest",
    "check": "check",
    "reconcile": "reconcile",
    "compare": "compare",
    "matrix": "matrix",
    "metrics": "metrics",
    "returns": "metrics",
    "scoreboard": "scoreboard",
    "claims": "claims",
    "portfolio": "portfolio",
    "report": "report",
    "open": "report",
    "changes": "changes",
    "explain": "changes",
    "status": "status",
    "list": "tables",
    "query": "tables",
    "export": "tables",
    "doctor": "maintain",
    "verify": "maintain",
    "replay": "maintain",
    "simulate": "maintain",
    "dags": "configure",
}
"""The module of each command."""
_FUNCTIONS: Final = {"list": "list_instruments", "open": "open_report"}
"""Names that are Python's own."""


class _Commands(click.Group):
    """Loads the module of a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            return command(cmd_name)
        if ctx.resilient_parsing:
            return None  # a completion has nothing to offer
        raise click.NoSuchCommand(cmd_name, possibilities=COMMANDS, ctx=ctx)


def command(name: str) -> click.Command:
    """The command of this name."""
    module = import_module(f".{COMMANDS[name]}", __package__)
    found: click.Command = getattr(module, _FUNCTIONS.get(name, name))
    return found


@click.group(
    "marketlake",
    cls=_Commands,
    invoke_without_command=True,
    epilog=(
        "Without a command it shows the state of the lake and example commands. With `eval "
        '"$(_MARKETLAKE_COMPLETE=bash_source marketlake)"` in ~/.bashrc (zsh_source, fish_source), the TAB '
        "key completes commands, options and ids."
    ),
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 110,
        "show_default": True,
    },
)
@click.option("--version", is_flag=True, help="Print the version and exit.")
@click.pass_context
def app(context: click.Context, version: bool) -> None:
    """A market-data lake: daily prices in Parquet, comparative returns in DuckDB."""
    if version:
        from importlib import metadata

        say(f"marketlake {metadata.version('marketlake')}")
    elif context.invoked_subcommand is None:
        from .status import overview

        overview()
