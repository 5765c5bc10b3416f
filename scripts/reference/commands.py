"""docs/reference/commands.md, from the parser of the command line."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from typer.models import ArgumentInfo

from marketlake.cli.app import app

from .markdown import table

INTRODUCTION = """\
# Commands

Written from the parser. `marketlake COMMAND --help` says the same in a terminal.

Exit codes: 0 all well, 1 nothing worked, 2 usage, 3 partial. Settings are taken from flags, then from the
[environment and `marketlake.toml`](settings.md).
"""


def page() -> str:
    parts = [INTRODUCTION]
    for command in app.registered_commands:
        assert command.callback is not None
        parts.append("\n".join(section(command.name or command.callback.__name__, command.callback)))
    return "\n".join(parts) + "\n"


def section(name: str, callback: Callable[..., Any]) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield inspect.getdoc(callback) or ""
    yield ""
    hints = get_type_hints(callback, include_extras=True)
    rows = [
        row(n, hints[n], one.default)
        for n, one in inspect.signature(callback).parameters.items()
        if n in hints
    ]
    yield from table(("argument or option", "takes", "default", "what it does"), rows)
    yield ""


def row(name: str, hint: Any, default: Any) -> tuple[str, str, str, str]:
    kind, info = get_args(hint)[:2]
    takes = values_of(kind)
    told = info.help or ""
    needed = default is inspect.Parameter.empty
    if isinstance(info, ArgumentInfo):
        flag = name.upper()
    else:
        written = [text for text in (info.default, *(info.param_decls or ())) if str(text).startswith("-")]
        flag = ", ".join(written) or f"--{name.replace('_', '-')}"
        if takes == "yes or no" and not written:
            flag += f" / --no-{name.replace('_', '-')}"
    return f"`{flag}`", "" if takes == "yes or no" else takes, "needed" if needed else shown(default), told


def values_of(kind: Any) -> str:
    """What may be given, in words."""
    while inner := [one for one in get_args(kind) if one is not type(None)]:
        if get_origin(kind) is list:
            return f"{values_of(inner[0])} ..."
        kind = inner[0]
    if issubclass(kind, Enum):
        return ", ".join(f"`{member.value}`" for member in kind)
    words = {str: "text", int: "whole number", float: "number", bool: "yes or no", Path: "path"}
    return words[kind]


def shown(default: Any) -> str:
    if default is None or default is False or default == []:
        return ""
    return f"`{default.value if isinstance(default, Enum) else default}`"
