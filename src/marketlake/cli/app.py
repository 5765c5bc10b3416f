"""All commands, in the order in which they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Annotated, Any, Final

import typer

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


def app(arguments: Sequence[str] = ()) -> typer.Typer:
    """The command line with all commands, or with the one that the arguments call.

    A parser takes longer to make than an answer, so only the parser that is needed is made.
    """
    return _app(arguments[:1] if arguments[:1] and arguments[0] in COMMANDS else COMMANDS)


def _app(names: Iterable[str]) -> typer.Typer:
    made = typer.Typer(
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
    made.callback()(alone)
    for name in names:
        made.command(name)(function_of(name))
    return made


def function_of(name: str) -> Callable[..., Any]:
    """The function of a command."""
    module = import_module(f".{COMMANDS[name]}", __package__)
    function: Callable[..., Any] = getattr(module, _FUNCTIONS.get(name, name))
    return function


def alone(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Without a command: the state of the lake and example commands."""
    if version:
        from importlib import metadata

        say(f"marketlake {metadata.version('marketlake')}")
    elif context.invoked_subcommand is None:
        from .status import overview

        overview()
