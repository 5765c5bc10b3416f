"""docs/reference/commands.md, from the parser of the command line."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, get_args, get_origin, get_type_hints

from typer.models import ArgumentInfo

from marketlake.cli.app import COMMANDS, function_of

from .markdown import item, paragraph

INTRODUCTION: Final = """\
# Commands

```sh
marketlake                      # without a command: the state of the lake, and what to type next
marketlake compare --help       # the same text as on this page
```

This page is written from the parser. Exit codes: 0 all well, 1 nothing worked, 2 usage, 3 partial.
Settings come from flags, then from the [environment and `marketlake.toml`](settings.md).

A terminal also shows colour, sparklines such as `▃█▂▁▅▄` and progress with the time left. A pipe,
`TERM=dumb` and `NO_COLOR` get plain text. `marketlake --install-completion` (bash, zsh or fish)
completes commands, options, instruments and claims with the TAB key in a new shell.

The names `list` and `open` are reserved for later commands.
"""
SHARED: Final = 2
"""An option of so many commands is described once."""


@dataclass(frozen=True)
class Option:
    """One argument or option of a command."""

    flag: str
    takes: str
    default: str
    text: str

    @property
    def name(self) -> str:
        return f"`{self.flag}`{' (required)' if self.takes == 'required' else ''}"

    @property
    def line(self) -> str:
        notes = [text for text in (self.takes, self.default and f"default {self.default}") if text]
        return f"`{self.flag}`{' (' + '; '.join(notes) + ')' if notes else ''}: {self.text}".rstrip(": ")


def page() -> str:
    commands = {name: function_of(name) for name in COMMANDS}
    options = {name: list(options_of(callback)) for name, callback in commands.items()}
    count = Counter(option for own in options.values() for option in own)
    shared = [option for option in count if count[option] >= SHARED]
    lines = [INTRODUCTION, "## Shared options", ""]
    lines += [line for option in shared for line in item(option.line)]
    for name, callback in commands.items():
        lines += ["", *section(name, callback, options[name], set(shared))]
    return "\n".join(lines) + "\n"


def section(
    name: str, callback: Callable[..., Any], options: list[Option], shared: set[Option]
) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield from paragraph(inspect.getdoc(callback) or "")
    yield ""
    for option in options:
        if option not in shared:
            yield from item(option.line)
    if common := [option.name for option in options if option in shared]:
        yield from item(f"Shared: {', '.join(common)}")


def options_of(callback: Callable[..., Any]) -> Iterator[Option]:
    hints = get_type_hints(callback, include_extras=True)
    for name, one in inspect.signature(callback).parameters.items():
        if name in hints:
            yield option(name, hints[name], one.default)


def option(name: str, hint: Any, default: Any) -> Option:
    kind, info = get_args(hint)[:2]
    takes = values_of(kind)
    if isinstance(info, ArgumentInfo):
        flag = name.upper()
    else:
        written = [text for text in (info.default, *(info.param_decls or ())) if str(text).startswith("-")]
        flag = ", ".join(written) or f"--{name.replace('_', '-')}"
        if takes == "yes or no" and not written:
            flag += f" / --no-{name.replace('_', '-')}"
    needed = default is inspect.Parameter.empty
    shown_takes = "" if takes in {"yes or no", "text", "path", "text ..."} else takes
    return Option(flag, "required" if needed else shown_takes, shown(default), (info.help or "").rstrip("."))


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
    if default is inspect.Parameter.empty or default in (None, False, []):
        return ""
    return f"`{default.value if isinstance(default, Enum) else default}`"
